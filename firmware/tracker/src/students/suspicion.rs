//! Something new above a seat, where the head would be of who has risen from it.

use ketang_director::Ms;

use crate::area::Area;
use crate::view::aside;

/// Looks at it are so long apart, for who rises has hardly begun at first.
const APART: Ms = Ms(450);
/// Somebody of the row behind may be it, if who sits there is found there: then so many looks will do, else so many.
const ENOUGH: u32 = 2;
const PATIENT: u32 = 6;
/// It came again where so much of the place moves so long after the last look.
const STIRS: f32 = 0.25;
const AGAIN: Ms = Ms::seconds(3);
/// The looks at what came above a seat.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Suspicion {
    /// Since when it is there.
    came: Option<Ms>,
    pub(super) looked: Option<Ms>,
    /// Since it came.
    looks: u32,
}

impl Suspicion {
    /// Takes in a picture: whether anything is new there, and how much of the place moved.
    pub(super) fn see(&mut self, at: Ms, new: bool, moved: f32) {
        let long_ago = self.looked.is_none_or(|looked| at - looked >= AGAIN);
        if new && long_ago && (self.came.is_none() || moved >= STIRS) {
            (self.came, self.looks) = (Some(at), 0);
        }
        self.came = self.came.or(Some(at)).filter(|_| new);
    }

    /// Whether a look is due; `sat` says when somebody was found in the seat last.
    pub(super) fn is_due(&self, at: Ms, sat: Ms) -> bool {
        let enough = |came: Ms| if sat >= came { ENOUGH } else { PATIENT };
        self.came.is_some_and(|came| self.looks < enough(came)) && self.looked.is_none_or(|looked| at - looked >= APART)
    }

    /// A look goes there: to which part of the picture, where `area` has who would be standing.
    pub(super) fn look(&mut self, at: Ms, area: &Area) -> Area {
        let place = aside(area, self.looks);
        self.looks += 1;
        self.looked = Some(at);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(suspicion: &mut Suspicion, from: u64, to: u64, moved: f32, sat: u64) -> usize {
        let area = Area::new(0.4, 0.4, 0.1, 0.2);
        (from..to)
            .step_by(160)
            .filter(|at| {
                suspicion.see(Ms(*at), true, moved);
                let due = suspicion.is_due(Ms(*at), Ms(sat));
                if due {
                    suspicion.look(Ms(*at), &area);
                }
                due
            })
            .count()
    }

    #[test]
    fn an_empty_seat_is_looked_at_longer_than_one_that_somebody_sits_in() {
        assert_eq!(looks(&mut Suspicion::default(), 1000, 9000, 0.0, 5000), 2);
        assert_eq!(looks(&mut Suspicion::default(), 1000, 9000, 0.0, 500), 6);
    }

    #[test]
    fn what_comes_again_is_looked_at_again_and_what_flickers_is_not() {
        let mut suspicion = Suspicion::default();
        assert_eq!(looks(&mut suspicion, 1000, 3000, 0.0, 9000), 2);
        suspicion.see(Ms(3000), false, 0.0);
        assert_eq!(looks(&mut suspicion, 3200, 4400, 0.9, 9000), 0, "too soon");
        assert_eq!(looks(&mut suspicion, 4800, 7000, 0.9, 9000), 2, "it moves");
        suspicion.see(Ms(12_000), false, 0.0);
        assert_eq!(looks(&mut suspicion, 12_160, 13_000, 0.0, 99_000), 2, "it came");
    }
}
