//! The system around the host: whether its clock can be right and something keeps it so, and whether there is a network. None of
//! these stops a lesson; a wrong clock files it under a wrong day.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use ketang_hal::system::{ClockState, Network, System};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;
use ketang_protocol::system::Clock;

use super::{Host, tell};

/// This program's own year, which no clock that is right is before. Raised by the first release of each year.
const RELEASE_YEAR: i16 = 2026;
/// A clock that was ahead by less and was then put right is not wrong: lessons stay on their day.
const PUT_RIGHT: SignedDuration = SignedDuration::from_hours(1);
/// A start takes so many seconds until a time server has answered, …
const UNSYNCHRONISED_SECONDS: u32 = 300;
/// … and a cable that is plugged in again until it has an address.
const NO_NETWORK_SECONDS: u32 = 30;

/// What the system told last, and for how long it has been out of order.
#[derive(Debug, Default)]
pub(super) struct SystemWatch {
    /// Whether the room has a network at all.
    has_network: bool,
    system: System,
    /// Why the time cannot be right.
    wrong: Option<Sentence>,
    unsynchronised: u32,
    no_network: u32,
}

impl SystemWatch {
    pub(super) fn new(has_network: bool) -> Self {
        Self { has_network, ..Self::default() }
    }

    pub(super) fn told(&mut self, system: System) {
        self.system = system;
    }

    pub(super) fn clock(&self, zone: &TimeZone) -> Clock {
        let ClockState { synchronised, source } = self.system.clock.clone().unwrap_or_default();
        Clock { zone: zone.iana_name().map(str::to_owned), synchronised, source, wrong: self.wrong.clone() }
    }

    pub(super) fn network(&self) -> Option<&Network> {
        self.system.network.as_ref()
    }

    /// Once a second: its alarms, with those that hold. A board without a clock of its own has none that is wrong.
    fn look(&mut self, now: &Zoned, recorded_until: Option<Timestamp>) -> [(&'static str, Option<Alarm>); 3] {
        let System { clock, network } = &self.system;
        self.wrong = clock.as_ref().and_then(|_| why_wrong(now, recorded_until));
        let unsynchronised = clock.as_ref().is_some_and(|clock| clock.synchronised == Some(false));
        self.unsynchronised = counted(self.unsynchronised, unsynchronised);
        let down = network.as_ref().filter(|network| self.has_network && !network.is_up());
        self.no_network = counted(self.no_network, down.is_some());
        let down = down.filter(|_| self.no_network > NO_NETWORK_SECONDS);
        [
            (tell::CLOCK_WRONG, self.wrong.as_ref().map(tell::clock_wrong)),
            (
                tell::CLOCK_UNSYNCHRONISED,
                (self.unsynchronised > UNSYNCHRONISED_SECONDS).then(tell::clock_unsynchronised),
            ),
            (tell::NO_NETWORK, down.map(tell::no_network)),
        ]
    }
}

impl Host {
    /// Once a second.
    pub(super) fn look_at_system(&mut self) {
        let now = self.clock.wall().to_zoned(self.clock.zone());
        let recorded_until = self.lessons.ledger.recorded_until().unwrap_or_else(|error| {
            tracing::warn!(%error, "the clock is not compared with the lessons");
            None
        });
        for (name, alarm) in self.system.look(&now, recorded_until) {
            self.alarms.set(name, alarm);
        }
    }
}

fn counted(seconds: u32, lasts: bool) -> u32 {
    if lasts { seconds.saturating_add(1) } else { 0 }
}

fn why_wrong(now: &Zoned, recorded_until: Option<Timestamp>) -> Option<Sentence> {
    if now.year() < RELEASE_YEAR {
        return Some(Sentence::new(
            format!("早于本程序发布的 {RELEASE_YEAR} 年"),
            format!("before {RELEASE_YEAR}, the year of this program"),
        ));
    }
    let newest = recorded_until.filter(|until| until.duration_since(now.timestamp()) > PUT_RIGHT)?;
    let newest = newest.to_zoned(now.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string();
    Some(Sentence::new(format!("早于最近一节课 {newest}"), format!("before the newest lesson, {newest}")))
}

#[cfg(test)]
mod tests {
    use ketang_hal::system::Interface;

    use super::*;

    const NOON: &str = "2026-11-23T12:00:00+08:00[Asia/Shanghai]";

    fn system(synchronised: bool, address: Option<&str>) -> System {
        let addresses = address.iter().map(|address| address.parse().unwrap()).collect();
        let eth0 = Interface { name: "eth0".into(), up: true, carrier: true, addresses };
        System {
            clock: Some(ClockState { synchronised: Some(synchronised), source: None }),
            network: Some(Network { interfaces: vec![eth0], ..Network::default() }),
        }
    }

    /// The alarms after so many seconds.
    fn alarms(watch: &mut SystemWatch, seconds: u32, now: &str, recorded_until: Option<&str>) -> Vec<String> {
        let (now, until) = (now.parse().unwrap(), recorded_until.map(|until| until.parse().unwrap()));
        let looks = (0..seconds).map(|_| watch.look(&now, until));
        looks.last().into_iter().flatten().filter_map(|(_, alarm)| Some(alarm?.alarm)).collect()
    }

    #[test]
    fn a_clock_before_the_newest_lesson_or_the_programs_own_year_is_wrong_at_once() {
        for (now, recorded_until, wrong) in [
            (NOON, None, false),
            (NOON, Some("2026-11-23T03:59:00Z"), false),
            (NOON, Some("2026-11-23T04:59:00Z"), false),
            (NOON, Some("2026-11-23T05:01:00Z"), true),
            ("1970-01-01T08:00:00+08:00[Asia/Shanghai]", None, true),
            ("2025-12-31T23:59:59+08:00[Asia/Shanghai]", None, true),
        ] {
            let mut watch = SystemWatch::new(true);
            watch.told(system(true, Some("192.168.1.20")));
            let told = alarms(&mut watch, 1, now, recorded_until);
            assert_eq!(told == ["clock-wrong"], wrong, "{now}, {recorded_until:?}: {told:?}");
            assert_eq!(watch.clock(&TimeZone::UTC).wrong.is_some(), wrong);
        }
    }

    #[test]
    fn a_clock_that_is_set_right_is_wrong_no_more() {
        let mut watch = SystemWatch::new(true);
        watch.told(system(true, Some("192.168.1.20")));
        let newest = Some("2026-11-23T04:00:00Z");
        assert_eq!(alarms(&mut watch, 1, "2026-11-20T12:00:00+08:00[Asia/Shanghai]", newest), ["clock-wrong"]);
        assert_eq!(alarms(&mut watch, 1, NOON, newest), [""; 0]);
        assert_eq!(watch.clock(&TimeZone::UTC).wrong, None);
    }

    #[test]
    fn who_was_just_started_or_plugged_in_is_waited_for() {
        let mut watch = SystemWatch::new(true);
        watch.told(system(false, None));
        assert_eq!(alarms(&mut watch, 30, NOON, None), [""; 0]);
        assert_eq!(alarms(&mut watch, 1, NOON, None), ["no-network"]);
        assert_eq!(alarms(&mut watch, 269, NOON, None), ["no-network"]);
        assert_eq!(alarms(&mut watch, 1, NOON, None), ["clock-unsynchronised", "no-network"]);
        watch.told(system(true, Some("192.168.1.20")));
        assert_eq!(alarms(&mut watch, 1, NOON, None), [""; 0], "both are taken back at once");
        watch.told(system(true, None));
        assert_eq!(alarms(&mut watch, 30, NOON, None), [""; 0], "and waited for anew");
    }

    #[test]
    fn a_room_without_a_network_is_not_told_of() {
        let mut watch = SystemWatch::new(false);
        watch.told(system(true, None));
        assert_eq!(alarms(&mut watch, 1000, NOON, None), [""; 0]);
    }

    #[test]
    fn a_board_that_tells_nothing_raises_nothing() {
        let mut watch = SystemWatch::new(true);
        let told = alarms(&mut watch, 1000, "1970-01-01T08:00:00+08:00[Asia/Shanghai]", Some("2026-11-23T04:00:00Z"));
        assert_eq!(told, [""; 0]);
        assert_eq!(watch.clock(&TimeZone::UTC), Clock { zone: Some("UTC".into()), ..Clock::default() });
    }
}
