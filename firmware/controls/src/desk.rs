//! From presses to commands. Pure: events and the time go in, orders come out.

use std::collections::BTreeMap;
use std::time::Duration;

use ketang_hal::controls::KeyEvent;
use ketang_protocol::command::Command;
use ketang_protocol::turning::Turning;

use crate::config::KeyMap;
use crate::deed::{Deed, Stage};
use crate::press::{Press, Pressed};

/// Where an order comes from, as the lesson's events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Button,
    Remote,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) from: Surface,
    pub(crate) command: Command,
}

#[derive(Debug)]
pub(crate) struct Desk {
    map: KeyMap,
    button: Press,
    /// Of the keys whose deed can be held.
    keys: BTreeMap<String, Press>,
    /// The key that turns a camera.
    turns: Option<String>,
    turning: Turning,
}

impl Desk {
    pub(crate) fn new(map: KeyMap) -> Self {
        Self { map, button: Press::default(), keys: BTreeMap::new(), turns: None, turning: Turning::default() }
    }

    /// The button was pressed or let go of.
    pub(crate) fn button(&mut self, down: bool, now: Duration, stage: Stage) -> Option<Order> {
        if down {
            self.button.down(now);
            return None;
        }
        order(Surface::Button, &Deed::StartStop, self.button.up()?, stage)
    }

    pub(crate) fn key(&mut self, event: KeyEvent, now: Duration, stage: Stage) -> Option<Order> {
        match event {
            KeyEvent::Down { key } => {
                let deed = self.map.get(&key)?;
                if let Deed::Turn { input, way } = deed {
                    self.turning.hold(Some((*input, *way)));
                    self.turns = Some(key);
                    return self.turn(now);
                }
                if !deed.can_be_held() {
                    return order(Surface::Remote, deed, Pressed::Short, stage);
                }
                self.keys.entry(key).or_default().down(now);
                None
            }
            KeyEvent::Up { key } if self.turns.as_ref() == Some(&key) => {
                self.let_go();
                self.turn(now)
            }
            KeyEvent::Up { key } => {
                let pressed = self.keys.remove(&key)?.up()?;
                order(Surface::Remote, self.map.get(&key)?, pressed, stage)
            }
            KeyEvent::Lost => {
                self.keys.clear();
                self.let_go();
                self.turn(now)
            }
        }
    }

    /// The host answered what turns a camera; a camera that it does not turn is let go of.
    pub(crate) fn turned(&mut self, done: bool) {
        self.turning.answered();
        if !done {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        self.turning.hold(None);
        self.turns = None;
    }

    fn turn(&mut self, now: Duration) -> Option<Order> {
        let ptz = self.turning.due(now)?;
        Some(Order { from: Surface::Remote, command: Command::Ptz(ptz) })
    }

    /// What time alone brings about; to be called some times a second.
    pub(crate) fn pass(&mut self, now: Duration, stage: Stage) -> Vec<Order> {
        let mut orders: Vec<Order> = self.turn(now).into_iter().collect();
        if let Some(pressed) = self.button.pass(now) {
            orders.extend(order(Surface::Button, &Deed::StartStop, pressed, stage));
        }
        for (key, press) in &mut self.keys {
            if let (Some(pressed), Some(deed)) = (press.pass(now), self.map.get(key)) {
                orders.extend(order(Surface::Remote, deed, pressed, stage));
            }
        }
        orders
    }
}

fn order(from: Surface, deed: &Deed, pressed: Pressed, stage: Stage) -> Option<Order> {
    let command = deed.command(pressed, stage);
    if command.is_none() && *deed != Deed::Nothing {
        tracing::info!(
            "{from:?}: {deed:?} does nothing now ({pressed:?}, {stage:?}); what stops a lesson must be held"
        );
    }
    Some(Order { from, command: command? })
}

#[cfg(test)]
mod tests {
    use ketang_hal::role::PictureRole;
    use ketang_protocol::command::{Ptz, PtzAction, Shot, Start};
    use ketang_protocol::turning::Way;

    use super::*;
    use crate::press::HOLD;

    fn desk() -> Desk {
        Desk::new(KeyMap::shipped().unwrap())
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn down(key: &str) -> KeyEvent {
        KeyEvent::Down { key: key.into() }
    }

    fn up(key: &str) -> KeyEvent {
        KeyEvent::Up { key: key.into() }
    }

    #[test]
    fn the_button_starts_when_pressed_and_stops_when_held() {
        let mut desk = desk();
        assert_eq!(desk.button(true, at(0), Stage::Idle), None);
        let start = Order { from: Surface::Button, command: Command::Start(Start::default()) };
        assert_eq!(desk.button(false, at(200), Stage::Idle), Some(start));
        // A bump, in the lesson.
        desk.button(true, at(1000), Stage::Recording);
        assert_eq!(desk.button(false, at(1100), Stage::Recording), None);
        desk.button(true, at(2000), Stage::Recording);
        assert_eq!(desk.pass(at(2000) + HOLD / 2, Stage::Recording), []);
        let stop = Order { from: Surface::Button, command: Command::Stop {} };
        assert_eq!(desk.pass(at(2000) + HOLD, Stage::Recording), [stop]);
        // Still held when the lesson is over: not a start.
        assert_eq!(desk.pass(at(9000), Stage::Idle), []);
        assert_eq!(desk.button(false, at(9000), Stage::Idle), None);
    }

    #[test]
    fn keys_cut_at_once_and_stop_when_held() {
        let mut desk = desk();
        let shot = Shot { layout: "single".into(), inputs: vec![ketang_hal::role::PictureRole::Hdmi] };
        let cut = Order { from: Surface::Remote, command: Command::Layout(shot) };
        assert_eq!(desk.key(down("KEY_NUMERIC_1"), at(0), Stage::Recording), Some(cut));
        assert_eq!(desk.key(up("KEY_NUMERIC_1"), at(50), Stage::Recording), None);
        assert_eq!(desk.key(down("KEY_STOP"), at(100), Stage::Recording), None);
        assert_eq!(desk.key(up("KEY_STOP"), at(200), Stage::Recording), None);
        desk.key(down("KEY_RECORD"), at(300), Stage::Recording);
        let stop = Order { from: Surface::Remote, command: Command::Stop {} };
        assert_eq!(desk.pass(at(300) + HOLD, Stage::Recording), [stop]);
        assert_eq!(desk.key(down("KEY_A"), at(9000), Stage::Recording), None, "nobody knows what it does");
    }

    fn ptz(action: PtzAction) -> Order {
        Order { from: Surface::Remote, command: Command::Ptz(Ptz { input: PictureRole::TeacherCloseup, action }) }
    }

    #[test]
    fn a_camera_turns_as_long_as_its_key_is_held() {
        let mut desk = desk();
        let (left, stop) = (ptz(PtzAction::Steer(Way::Left.steer())), ptz(PtzAction::Stop {}));
        assert_eq!(desk.key(down("KEY_LEFT"), at(0), Stage::Idle), Some(left.clone()));
        assert_eq!(desk.pass(at(600), Stage::Idle), [], "the host has not answered yet");
        desk.turned(true);
        assert_eq!(desk.pass(at(650), Stage::Idle), [left]);
        assert_eq!(desk.key(up("KEY_RIGHT"), at(660), Stage::Idle), None, "another key");
        assert_eq!(desk.key(up("KEY_LEFT"), at(700), Stage::Idle), None, "a stop overtakes nothing");
        desk.turned(true);
        assert_eq!(desk.pass(at(750), Stage::Idle), [stop]);
    }

    #[test]
    fn a_camera_does_not_turn_on_when_the_remote_vanishes_or_the_host_refuses() {
        for vanishes in [true, false] {
            let mut desk = desk();
            assert!(desk.key(down("KEY_CHANNELUP"), at(0), Stage::Recording).is_some());
            desk.turned(vanishes);
            let at_once = vanishes.then(|| desk.key(KeyEvent::Lost, at(100), Stage::Recording)).flatten();
            let orders: Vec<Order> = at_once.into_iter().chain(desk.pass(at(2000), Stage::Recording)).collect();
            assert_eq!(orders, [ptz(PtzAction::Stop {})]);
            desk.turned(true);
            assert_eq!(desk.pass(at(4000), Stage::Recording), []);
        }
    }

    #[test]
    fn a_remote_that_vanishes_with_a_key_down_stops_nothing() {
        let mut desk = desk();
        desk.key(down("KEY_STOP"), at(0), Stage::Recording);
        desk.key(KeyEvent::Lost, at(100), Stage::Recording);
        assert_eq!(desk.pass(at(100) + HOLD * 2, Stage::Recording), []);
        assert_eq!(desk.key(up("KEY_STOP"), at(9000), Stage::Recording), None);
    }
}
