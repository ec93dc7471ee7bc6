//! From the kernel's touch events to fingers (multi-touch protocol B, and screens of one finger). It reads no device.

use std::collections::BTreeMap;

use ketang_hal::panel::{Finger, TouchEvent};

use super::surface::Surface;

// Types and codes of linux/input-event-codes.h.
pub(super) const SYN: u16 = 0;
pub(super) const KEY: u16 = 1;
pub(super) const ABS: u16 = 3;
pub(super) const SYN_REPORT: u16 = 0;
pub(in crate::linux) const SYN_DROPPED: u16 = 3;
pub(super) const BTN_TOUCH: u16 = 0x14a;
pub(super) const ABS_X: u16 = 0;
pub(super) const ABS_Y: u16 = 1;
pub(super) const MT_SLOT: u16 = 0x2f;
pub(super) const MT_X: u16 = 0x35;
pub(super) const MT_Y: u16 = 0x36;
pub(super) const MT_ID: u16 = 0x39;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    down: bool,
    was_down: bool,
    moved: bool,
    /// As the device tells it.
    at: (i32, i32),
}

#[derive(Debug)]
pub(super) struct Contacts {
    surface: Surface,
    multi: bool,
    slot: i32,
    slots: BTreeMap<i32, Slot>,
    /// Events were lost: what comes until the next report is not whole.
    lost: bool,
}

impl Contacts {
    /// `multi`: the device tells fingers apart.
    pub(super) fn new(surface: Surface, multi: bool) -> Self {
        Self { surface, multi, slot: 0, slots: BTreeMap::new(), lost: false }
    }

    /// What the kernel remembers of each finger: which one it tells of next, and where each was last. It tells only what
    /// changes, so a finger that comes down where one was before has no place otherwise. Fingers that are down are not taken over.
    pub(super) fn remember(&mut self, slot: i32, places: impl IntoIterator<Item = (i32, i32)>) {
        self.slot = slot;
        self.slots = (0..).zip(places.into_iter().map(|at| Slot { at, ..Slot::default() })).collect();
    }

    /// Takes one event of the kernel; a report gives what fingers did since the last.
    pub(super) fn take(&mut self, kind: u16, code: u16, value: i32) -> Vec<TouchEvent> {
        match (kind, code) {
            (SYN, SYN_DROPPED) => self.lost = true,
            (SYN, SYN_REPORT) if self.lost => {
                self.lost = false;
                self.slots.clear();
                return vec![TouchEvent::Lost];
            }
            (SYN, SYN_REPORT) => return self.report(),
            _ if self.lost => {}
            (ABS, MT_SLOT) if self.multi => self.slot = value,
            (ABS, MT_ID) if self.multi => self.now().down = value >= 0,
            (KEY, BTN_TOUCH) if !self.multi => self.now().down = value != 0,
            (ABS, MT_X) if self.multi => self.place(Some(value), None),
            (ABS, MT_Y) if self.multi => self.place(None, Some(value)),
            (ABS, ABS_X) if !self.multi => self.place(Some(value), None),
            (ABS, ABS_Y) if !self.multi => self.place(None, Some(value)),
            _ => {}
        }
        Vec::new()
    }

    fn now(&mut self) -> &mut Slot {
        self.slots.entry(self.slot).or_default()
    }

    fn place(&mut self, x: Option<i32>, y: Option<i32>) {
        let slot = self.now();
        (slot.at, slot.moved) = ((x.unwrap_or(slot.at.0), y.unwrap_or(slot.at.1)), true);
    }

    fn report(&mut self) -> Vec<TouchEvent> {
        let mut events = Vec::new();
        for (number, slot) in &mut self.slots {
            let finger = Finger(u32::try_from(*number).unwrap_or(0));
            let (x, y) = self.surface.pixel(slot.at);
            match (slot.was_down, slot.down) {
                (false, true) => events.push(TouchEvent::Down { finger, x, y }),
                (true, true) if slot.moved => events.push(TouchEvent::Move { finger, x, y }),
                (true, false) => events.push(TouchEvent::Up { finger }),
                _ => {}
            }
            (slot.was_down, slot.moved) = (slot.down, false);
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use ketang_hal::panel::Rotation;
    use ketang_hal::picture::Size;

    use super::super::surface::{Axis, Calibration};
    use super::*;

    fn contacts(multi: bool) -> Contacts {
        let axis = Axis { least: 0, most: 4095 };
        let (calibration, rotation) = (Calibration::default(), Rotation::None);
        let surface = Surface { x: axis, y: axis, calibration, rotation, size: Size { width: 1280, height: 800 } };
        Contacts::new(surface, multi)
    }

    fn told(contacts: &mut Contacts, events: &[(u16, u16, i32)]) -> Vec<TouchEvent> {
        events.iter().flat_map(|(kind, code, value)| contacts.take(*kind, *code, *value)).collect()
    }

    const REPORT: (u16, u16, i32) = (SYN, SYN_REPORT, 0);

    #[test]
    fn two_fingers_are_told_apart() {
        let mut contacts = contacts(true);
        let down = told(&mut contacts, &[(ABS, MT_ID, 7), (ABS, MT_X, 0), (ABS, MT_Y, 4095), REPORT]);
        assert_eq!(down, [TouchEvent::Down { finger: Finger(0), x: 0, y: 799 }]);
        let second = [(ABS, MT_SLOT, 1), (ABS, MT_ID, 8), (ABS, MT_X, 2048), (ABS, MT_Y, 0), REPORT];
        assert_eq!(told(&mut contacts, &second), [TouchEvent::Down { finger: Finger(1), x: 640, y: 0 }]);
        assert_eq!(told(&mut contacts, &[REPORT]), []);
        let up = told(&mut contacts, &[(ABS, MT_SLOT, 0), (ABS, MT_ID, -1), REPORT]);
        assert_eq!(up, [TouchEvent::Up { finger: Finger(0) }]);
    }

    #[test]
    fn a_screen_of_one_finger_works_too() {
        let mut contacts = contacts(false);
        let down = told(&mut contacts, &[(ABS, ABS_X, 100), (ABS, ABS_Y, 100), (KEY, BTN_TOUCH, 1), REPORT]);
        assert_eq!(down, [TouchEvent::Down { finger: Finger(0), x: 31, y: 19 }]);
        assert_eq!(told(&mut contacts, &[(KEY, BTN_TOUCH, 0), REPORT]), [TouchEvent::Up { finger: Finger(0) }]);
    }

    #[test]
    fn after_lost_events_no_finger_is_down() {
        let mut contacts = contacts(true);
        told(&mut contacts, &[(ABS, MT_ID, 7), (ABS, MT_X, 5), REPORT]);
        assert_eq!(told(&mut contacts, &[(SYN, SYN_DROPPED, 0), (ABS, MT_X, 9), REPORT]), [TouchEvent::Lost]);
        assert_eq!(told(&mut contacts, &[(ABS, MT_ID, -1), REPORT]), []);
    }

    #[test]
    fn a_finger_that_comes_down_where_one_was_is_there() {
        let mut contacts = contacts(true);
        contacts.remember(1, [(0, 0), (2048, 4095)]);
        let down = told(&mut contacts, &[(ABS, MT_ID, 9), REPORT]);
        assert_eq!(down, [TouchEvent::Down { finger: Finger(1), x: 640, y: 799 }]);
    }
}
