//! The alarms that are raised: by name and input, each once, the oldest first.

use ketang_hal::role::Role;
use ketang_protocol::snapshot::Alarm;

#[derive(Debug, Default)]
pub(super) struct Alarms {
    list: Vec<Alarm>,
}

impl Alarms {
    /// Raises an alarm, or brings its words up to date. Returns whether it is new.
    pub(super) fn raise(&mut self, alarm: Alarm) -> bool {
        let same = |other: &&mut Alarm| other.alarm == alarm.alarm && other.input == alarm.input;
        if let Some(old) = self.list.iter_mut().find(same) {
            *old = alarm;
            return false;
        }
        tracing::warn!(alarm = alarm.alarm, "{}", alarm.english);
        self.list.push(alarm);
        true
    }

    /// Takes an alarm back. Returns whether it was raised.
    pub(super) fn clear(&mut self, name: &str, input: Option<Role>) -> bool {
        let before = self.list.len();
        self.list.retain(|alarm| alarm.alarm != name || alarm.input != input);
        before != self.list.len()
    }

    /// Raises or takes back, as `alarm` says.
    pub(super) fn set(&mut self, name: &str, alarm: Option<Alarm>) {
        match alarm {
            Some(alarm) => {
                self.raise(alarm);
            }
            None => {
                self.clear(name, None);
            }
        }
    }

    pub(super) fn list(&self) -> Vec<Alarm> {
        self.list.clone()
    }
}
