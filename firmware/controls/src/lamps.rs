//! What the lamps say: a pure rule, and the lamps themselves.

use ketang_board::linux::controls::{GpioLamp, LampPins, Line};
use ketang_hal::HalError;
use ketang_hal::controls::Lamp;
use ketang_protocol::snapshot::Snapshot;

use crate::deed::Stage;

/// Which lamps are lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lit {
    pub(crate) recording: bool,
    pub(crate) paused: bool,
    pub(crate) fault: bool,
}

impl Lit {
    pub(crate) const DARK: Self = Self { recording: false, paused: false, fault: false };

    /// `beat` turns twice a second. An alarm lights the fault lamp; a host that does not answer makes it blink, and what was true a
    /// while ago is not shown.
    pub(crate) fn of(snapshot: Option<&Snapshot>, beat: bool) -> Self {
        let stage = Stage::of(snapshot);
        let fault = snapshot.map_or(beat, |snapshot| snapshot.alarms.iter().any(|alarm| !alarm.for_it));
        Self { recording: stage == Stage::Recording, paused: stage == Stage::Paused, fault }
    }
}

type AnyLamp = Option<Box<dyn Lamp>>;

pub(crate) struct Lamps {
    recording: AnyLamp,
    paused: AnyLamp,
    fault: AnyLamp,
    lit: Lit,
}

impl Lamps {
    pub(crate) fn open(pins: &LampPins) -> Result<Self, HalError> {
        let open = |line: &Option<Line>| -> Result<AnyLamp, HalError> {
            line.as_ref().map(|line| Ok(Box::new(GpioLamp::open(line)?) as Box<dyn Lamp>)).transpose()
        };
        Ok(Self::new(open(&pins.recording)?, open(&pins.paused)?, open(&pins.fault)?))
    }

    pub(crate) fn new(recording: AnyLamp, paused: AnyLamp, fault: AnyLamp) -> Self {
        Self { recording, paused, fault, lit: Lit::DARK }
    }

    /// Sets the lamps that change.
    pub(crate) fn show(&mut self, lit: Lit) -> Result<(), HalError> {
        let before = std::mem::replace(&mut self.lit, lit);
        for (lamp, was, is) in [
            (&mut self.recording, before.recording, lit.recording),
            (&mut self.paused, before.paused, lit.paused),
            (&mut self.fault, before.fault, lit.fault),
        ] {
            if let Some(lamp) = lamp
                && was != is
            {
                lamp.set(is)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ketang_board::sim::controls::SimLamp;

    use super::*;

    #[test]
    fn a_host_that_does_not_answer_blinks_and_shows_nothing_else() {
        for beat in [false, true] {
            assert_eq!(Lit::of(None, beat), Lit { fault: beat, ..Lit::DARK });
        }
    }

    #[test]
    fn only_lamps_that_change_are_set_and_one_that_fails_is_told() {
        let (recording, fault) = (SimLamp::default(), SimLamp::default());
        let mut lamps = Lamps::new(Some(Box::new(recording.clone())), None, Some(Box::new(fault.clone())));
        lamps.show(Lit { recording: true, paused: true, fault: false }).unwrap();
        assert!(recording.is_lit() && !fault.is_lit());
        recording.breaks();
        lamps.show(Lit { recording: true, paused: false, fault: true }).unwrap();
        assert!(fault.is_lit());
        assert!(lamps.show(Lit::DARK).is_err());
    }
}
