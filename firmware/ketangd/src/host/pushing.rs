//! The pushes to the live targets: when they begin and end, what becomes of them, and what people are told of it.
//!
//! A push begins with a lesson where its target says so, or when somebody starts it. All end with the lesson, so that no class goes
//! out unnoticed after it; a lesson that goes on after the host's end goes out as before. Nothing of it is waited for here.

mod kept;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ketang_hal::time::MediaTime;
use ketang_pipelines::encode::{H264Settings, Preset};
use ketang_pipelines::push::{Broadcast, Push, PushEvent, PushProgress, PushTarget};
use ketang_pipelines::tracks::{TrackMaking, TrackName};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::{EventKind, LessonId};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::targets::{PushState, Starts, Target, TargetState};

use super::{Host, Message, tell};
use kept::{GoesOut, Kept};
use words::in_words;

/// A test sends for so long once the server takes it: enough for a figure of its rate.
const TEST: Duration = Duration::from_secs(5);
/// Frames that were let go are an alarm for so long.
const SLOW: Duration = Duration::from_secs(30);

/// What a push tells, with its number.
pub type PushNews = (u64, PushEvent);

/// All of them.
pub(super) struct Pushes {
    broadcast: Broadcast,
    /// By the name of the target.
    of: BTreeMap<String, Pushing>,
    /// Numbers that were given, so that what a push before says is not taken for the next one's.
    given: u64,
    /// The lesson that was recorded or paused at the last look.
    lesson: Option<LessonId>,
    /// Whether a recording made the programme's frames at the last look.
    recorded: bool,
    kept: Kept,
}

/// A target that somebody has pushed to since the host was opened.
struct Pushing {
    number: u64,
    target: Target,
    /// Absent while it is off.
    push: Option<Push>,
    state: PushState,
    /// What the lesson's events say of it.
    told: Told,
    test: Option<Test>,
    tested: Option<Sentence>,
    /// Frames that were let go at the last look, and when that number grew last.
    dropped: u64,
    slow_since: Option<MediaTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Live,
    Lost { was_live: bool },
}

/// A test that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Connecting,
    /// It is over then.
    SendsUntil(MediaTime),
}

impl Pushes {
    pub(super) fn new(broadcast: Broadcast, data: &Path) -> Self {
        Self { broadcast, of: BTreeMap::new(), given: 0, lesson: None, recorded: false, kept: Kept::open(data) }
    }

    fn numbered(&mut self, number: u64) -> Option<&mut Pushing> {
        self.of.values_mut().find(|pushing| pushing.number == number && pushing.push.is_some())
    }

    /// Whether the programme goes anywhere, or is to.
    pub(super) fn any_runs(&self) -> bool {
        self.of.values().any(|pushing| pushing.push.is_some())
    }

    /// Whether frames of the programme are encoded for live alone, which a lesson's recording would do itself.
    pub(super) fn encodes(&self) -> bool {
        !self.recorded && self.any_runs()
    }

    /// Ends all of them, and waits for that within the senders' limits.
    pub(super) fn end(self) {
        let Self { broadcast, of, .. } = self;
        drop(of);
        drop(broadcast);
    }
}

impl Pushing {
    fn off(target: Target) -> Self {
        Self {
            number: 0,
            target,
            push: None,
            state: PushState::Off,
            told: Told::Nothing,
            test: None,
            tested: None,
            dropped: 0,
            slow_since: None,
        }
    }

    /// Whether it is pushed to, for more than a test.
    fn is_on(&self) -> bool {
        self.push.is_some() && self.test.is_none()
    }

    fn progress(&self) -> PushProgress {
        self.push.as_ref().map(Push::progress).unwrap_or_default()
    }

    /// Ends it. Returns whether it was more than a test.
    fn end(&mut self) -> bool {
        let was_on = self.is_on();
        (self.push, self.test) = (None, None);
        (self.state, self.told, self.slow_since) = (PushState::Off, Told::Nothing, None);
        was_on
    }
}

impl Host {
    /// Somebody starts a push, or tests a target.
    pub(super) fn start_live(&mut self, name: &str, test: bool) -> Result<(), Refusal> {
        let target = self.target(name)?;
        // One that is tested is pushed to anew: the test is over then.
        if self.pushes.of.get(name).is_some_and(Pushing::is_on) {
            let chinese = format!("“{name}”已经在直播：要重新连接，请先停止");
            let english = format!("the push to `{name}` runs already: stop it first to begin anew");
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        }
        self.push_to(target, test)?;
        if !test {
            self.keep_what_goes_out();
        }
        Ok(())
    }

    /// Somebody ends a push.
    pub(super) fn stop_live(&mut self, name: &str) -> Result<(), Refusal> {
        self.target(name)?;
        let Some(pushing) = self.pushes.of.get_mut(name).filter(|pushing| pushing.push.is_some()) else {
            let chinese = format!("“{name}”没有在直播");
            let english = format!("nothing is pushed to `{name}`: there is nothing to stop");
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        };
        if pushing.end() {
            self.note_in_lesson(self.clock.now(), EventKind::LiveEnded { target: name.to_owned() });
            self.keep_what_goes_out();
        }
        Ok(())
    }

    fn target(&self, name: &str) -> Result<Target, Refusal> {
        let targets = self.targets.now();
        targets.named(name).cloned().ok_or_else(|| {
            let known: Vec<_> = targets.targets.iter().map(|target| target.name.as_str()).collect();
            let (chinese, english) = if known.is_empty() {
                let english = "there is no live target yet: IT adds one on the page Live".to_owned();
                ("还没有直播目标：请管理员在“直播”页添加".to_owned(), english)
            } else {
                let english = format!("there is no live target `{name}`: use {}", known.join(", "));
                (format!("没有直播目标“{name}”：可用 {}", known.join("、")), english)
            };
            Refusal::new(RefusalCode::NotFound, chinese, english)
        })
    }

    fn push_to(&mut self, target: Target, test: bool) -> Result<(), Refusal> {
        let server = target.server()?;
        self.tell_who_records();
        let pushes = &mut self.pushes;
        pushes.given += 1;
        let number = pushes.given;
        let news = self.news.clone();
        let told = move |event| {
            let _ = news.send(Message::Push((number, event)));
        };
        let to = PushTarget {
            name: target.name.clone(),
            tls: server.tls,
            host: server.host,
            port: server.port,
            application: server.application,
            key: target.key.0.clone(),
        };
        let push = pushes.broadcast.push(to, Arc::new(told)).map_err(|error| {
            Refusal::new(
                RefusalCode::Failed,
                format!("无法开始直播：{error}"),
                format!("the push cannot be begun: {error}"),
            )
        })?;
        let name = target.name.clone();
        let tested = pushes.of.remove(&name).and_then(|before| before.tested).filter(|_| !test);
        let pushing = Pushing {
            number,
            push: Some(push),
            state: PushState::Connecting,
            test: test.then_some(Test::Connecting),
            tested,
            ..Pushing::off(target)
        };
        pushes.of.insert(name, pushing);
        Ok(())
    }

    /// Tells the pushes whether a recording makes the programme's frames, and how they are to be made where none does.
    fn tell_who_records(&mut self) {
        let otherwise = self.planned_programme();
        self.pushes.broadcast.recorded(self.pushes.recorded, otherwise);
    }

    /// The programme as the lesson that runs has it, or one that begins now would.
    fn planned_programme(&self) -> H264Settings {
        let planned = self.lessons.running().map_or_else(|| self.plan_tracks(), |(_, lesson)| lesson.tracks.clone());
        match planned.into_iter().find(|track| track.name == TrackName::Programme).map(|track| track.making) {
            Some(TrackMaking::Encode(settings)) => settings,
            // It is not recorded; it is pushed all the same.
            _ => H264Settings {
                kind: self.encoders.for_work(),
                preset: Preset::default(),
                size: self.studio.size(),
                kbit_s: self.config.recording.programme_kbit.get(),
                floor_kbit_s: None,
            },
        }
    }

    /// Ten times a second: lessons that began or ended, and who makes the programme's frames.
    pub(super) fn look_at_pushes(&mut self) {
        let lesson = self.lessons.running().map(|(id, _)| id.clone());
        let before = std::mem::replace(&mut self.pushes.lesson, lesson.clone());
        // The end first: nothing is encoded for what ends with it.
        if before.is_some() && before != lesson {
            self.end_with_lesson();
        }
        if let Some(id) = lesson.as_ref().filter(|_| before != lesson) {
            self.begin_with_lesson(id);
        }
        let recorded = self.is_programme_recorded();
        if std::mem::replace(&mut self.pushes.recorded, recorded) != recorded {
            self.tell_who_records();
        }
        self.follow_targets();
        self.end_tests();
        self.look_for_slow_ones();
        self.tell_of_live();
        self.keep_what_goes_out();
    }

    /// Before whoever asked is answered: what was told to them holds over a crash.
    fn keep_what_goes_out(&mut self) {
        let on = self.pushes.of.iter().filter(|(_, pushing)| pushing.is_on()).map(|(name, _)| name.clone());
        let lesson = self.lessons.running().map(|(id, _)| id.clone());
        let goes_out = lesson.map(|lesson| GoesOut { lesson, targets: on.collect() });
        self.pushes.kept.keep(goes_out);
    }

    fn is_programme_recorded(&self) -> bool {
        let Some((_, lesson)) = self.lessons.running().filter(|_| self.lessons.is_recording()) else { return false };
        let progress = lesson.recording.as_ref().map(|recording| recording.progress()).unwrap_or_default();
        progress.get(&TrackName::Programme).is_some_and(|programme| programme.running)
    }

    fn begin_with_lesson(&mut self, id: &LessonId) {
        let before = self.pushes.kept.of(id).cloned();
        let begins = |target: &Target| match &before {
            Some(targets) => targets.contains(&target.name),
            None => target.starts == Starts::WithLessons,
        };
        for target in &self.targets.now().targets {
            match self.pushes.of.get(&target.name).filter(|pushing| pushing.is_on()) {
                // It went out before; the lesson is told what goes out of it.
                Some(Pushing { state: PushState::Live { .. }, .. }) => {
                    self.note_in_lesson(self.clock.now(), EventKind::LiveBegan { target: target.name.clone() });
                }
                Some(_) => {}
                None if begins(target) => self.push_anew(target),
                None => {}
            }
        }
    }

    fn end_with_lesson(&mut self) {
        self.pushes.of.values_mut().for_each(|pushing| {
            pushing.end();
        });
    }

    /// A target that was taken away is pushed to no more, and one that lies elsewhere now is pushed to anew.
    fn follow_targets(&mut self) {
        let targets = self.targets.now();
        let names: Vec<_> = self.pushes.of.keys().cloned().collect();
        for name in names {
            let (Some(pushing), now) = (self.pushes.of.get_mut(&name), targets.named(&name)) else { continue };
            let is_there = |now: &&Target| now.address == pushing.target.address && now.key == pushing.target.key;
            if let Some(now) = now.filter(is_there) {
                pushing.target = now.clone();
                continue;
            }
            let was_on = pushing.end();
            self.pushes.of.remove(&name);
            match now {
                Some(now) if was_on => self.push_anew(now),
                None if was_on => self.note_in_lesson(self.clock.now(), EventKind::LiveEnded { target: name }),
                _ => {}
            }
        }
    }

    /// Where nobody waits for an answer.
    fn push_anew(&mut self, target: &Target) {
        if let Err(refusal) = self.push_to(target.clone(), false) {
            tracing::error!(live = target.name, why = refusal.english, "a push did not begin");
        }
    }

    fn end_tests(&mut self) {
        let now = self.clock.media().now();
        for pushing in self.pushes.of.values_mut() {
            if matches!(pushing.test, Some(Test::SendsUntil(until)) if now >= until) {
                let PushProgress { kbit_s, dropped } = pushing.progress();
                pushing.tested = Some(if dropped == 0 {
                    Sentence::new(
                        format!("测试成功：服务器已接收，{kbit_s} kbit/s"),
                        format!("the test went well: the server took {kbit_s} kbit/s"),
                    )
                } else {
                    Sentence::new(
                        format!("服务器已接收，但网络太慢：丢了 {dropped} 帧"),
                        format!("the server took it, but the network is too slow: {dropped} frames were let go"),
                    )
                });
                pushing.end();
            }
        }
    }

    fn look_for_slow_ones(&mut self) {
        let now = self.clock.media().now();
        for pushing in self.pushes.of.values_mut() {
            let dropped = pushing.progress().dropped;
            if dropped > pushing.dropped {
                pushing.slow_since = Some(now);
            }
            pushing.dropped = dropped;
            if pushing.slow_since.is_some_and(|since| now.0.saturating_sub(since.0) > SLOW.as_nanos() as u64) {
                pushing.slow_since = None;
            }
        }
    }

    pub(super) fn push_news(&mut self, (number, event): PushNews) {
        let now = self.clock.now();
        let (wall, media) = (now.wall, self.clock.media().now());
        let Some(pushing) = self.pushes.numbered(number) else { return };
        let event = match (event, pushing.test) {
            (PushEvent::Live, Some(_)) => {
                pushing.state = PushState::Live { since: wall };
                pushing.test = Some(Test::SendsUntil(MediaTime(media.0 + TEST.as_nanos() as u64)));
                return;
            }
            (PushEvent::Failing(fault), Some(_)) => {
                let why = in_words(&fault);
                pushing.end();
                pushing.tested = Some(Sentence::new(
                    format!("测试失败：{}", why.chinese),
                    format!("the test failed: {}", why.english),
                ));
                return;
            }
            (PushEvent::Live, None) => pushing.is_live(wall),
            (PushEvent::Failing(fault), None) => pushing.is_failing(wall, in_words(&fault)),
        };
        if let Some(event) = event {
            self.note_in_lesson(now, event);
        }
    }

    /// Raises and takes back the alarms.
    fn tell_of_live(&mut self) {
        let on = || self.pushes.of.values().filter(|pushing| pushing.is_on());
        let failing = on().filter_map(|pushing| match &pushing.state {
            PushState::Failing { why, .. } => Some((pushing.target.name.clone(), why.clone())),
            _ => None,
        });
        let failing: Vec<_> = failing.collect();
        let slow: Vec<_> =
            on().filter(|pushing| pushing.slow_since.is_some()).map(|slow| slow.target.name.clone()).collect();
        self.alarms.set(tell::LIVE_FAILING, (!failing.is_empty()).then(|| tell::live_failing(&failing)));
        self.alarms.set(tell::LIVE_SLOW, (!slow.is_empty()).then(|| tell::live_slow(&slow)));
    }

    pub(super) fn live_states(&self) -> Vec<TargetState> {
        let state = |target: &Target| {
            let off = Pushing::off(target.clone());
            let pushing = self.pushes.of.get(&target.name).unwrap_or(&off);
            let PushProgress { kbit_s, dropped } = pushing.progress();
            TargetState {
                name: target.name.clone(),
                address: target.address.clone(),
                starts: target.starts,
                push: pushing.state.clone(),
                kbit_s,
                dropped,
                is_slow: pushing.slow_since.is_some(),
                tested: pushing.tested.clone(),
            }
        };
        self.targets.now().targets.iter().map(state).collect()
    }
}

impl Pushing {
    /// The server takes it: what the lesson is told of that.
    fn is_live(&mut self, wall: Timestamp) -> Option<EventKind> {
        let target = self.target.name.clone();
        self.state = PushState::Live { since: wall };
        match std::mem::replace(&mut self.told, Told::Live) {
            Told::Lost { was_live: true } => Some(EventKind::LiveBack { target }),
            Told::Live => None,
            _ => Some(EventKind::LiveBegan { target }),
        }
    }

    /// It does not, or no more: once for each time that it was lost.
    fn is_failing(&mut self, wall: Timestamp, why: Sentence) -> Option<EventKind> {
        let since = match &self.state {
            PushState::Failing { since, .. } => *since,
            _ => wall,
        };
        self.state = PushState::Failing { since, why: why.clone() };
        if matches!(self.told, Told::Lost { .. }) {
            return None;
        }
        self.told = Told::Lost { was_live: self.told == Told::Live };
        Some(EventKind::LiveLost { target: self.target.name.clone(), why })
    }
}

#[cfg(test)]
mod tests {
    use ketang_protocol::targets::Key;

    use super::*;

    #[test]
    fn a_lesson_is_told_once_of_each_change() {
        let target = Target {
            name: "a".into(),
            address: "rtmp://a.example/live".into(),
            key: Key("k".into()),
            starts: Starts::ByHand,
        };
        let why = || Sentence::new("甲", "a");
        let now = Timestamp::UNIX_EPOCH;
        let target_name = || "a".to_owned();
        let (began, back) =
            (EventKind::LiveBegan { target: target_name() }, EventKind::LiveBack { target: target_name() });
        let lost = EventKind::LiveLost { target: target_name(), why: why() };

        let mut pushing = Pushing::off(target);
        assert_eq!(pushing.is_failing(now, why()), Some(lost.clone()));
        assert_eq!(pushing.is_failing(now, why()), None);
        assert_eq!(pushing.is_live(now), Some(began), "it was never live before");
        assert_eq!(pushing.is_failing(now, why()), Some(lost));
        assert_eq!(pushing.is_failing(now, why()), None);
        assert_eq!(pushing.is_live(now), Some(back));
        pushing.end();
        assert_eq!((pushing.state, pushing.told), (PushState::Off, Told::Nothing));
    }
}
