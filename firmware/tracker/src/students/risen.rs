//! Somebody of a class who has risen, as long as looks find them so.

use ketang_director::Ms;

use super::{AS_BROAD, BESIDE, FOLLOWS, HIGHEST, LASTS, LOOKS, Look, RISING, as_broad, head, is_near};
use crate::area::Area;
use crate::detector::Detected;
use crate::view::aside;
use crate::watcher::Person;

/// Nobody is told of who was never so much above the rows, in breadths of the shoulders.
const CLEARLY: f32 = 0.9;
/// Who sits again has the head so much below its highest, in the same.
const SITS_AGAIN: f32 = 0.5;
/// In a look at the whole picture shoulders are narrower, down to this share.
const NARROWER: f32 = 0.6;
/// What one look leaves in doubt the next halves, so many times.
const DOUBT: f32 = 0.5;
const DOUBTS: i32 = 3;

/// Somebody who rose from a seat.
#[derive(Clone, Debug)]
pub(super) struct Risen {
    pub(super) id: u32,
    pub(super) found: Detected,
    pub(super) head: Area,
    /// From shoulder to shoulder, in picture widths.
    pub(super) broad: f32,
    /// The middle of who rose there.
    pub(super) x: f32,
    /// When a close look showed the place last.
    pub(super) shown: Ms,
    /// By how much the head was above the rows at most.
    pub(super) above: f32,
    /// Where the head was at its highest.
    pub(super) top: f32,
    pub(super) since: Ms,
    pub(super) seen: Ms,
    pub(super) looks: u32,
    pub(super) misses: u32,
    /// The head's place looks as before.
    pub(super) old: bool,
    /// The light changed, and nobody knows what the place looks like without them.
    pub(super) by_looks_alone: bool,
}

impl Risen {
    pub(super) fn new(id: u32, at: Ms, found: &Detected, head: Area, above: f32) -> Self {
        Self {
            id,
            found: found.clone(),
            head,
            broad: head.width,
            x: head.centre().0,
            top: found.area.y,
            since: at,
            seen: at,
            shown: at,
            above,
            looks: 1,
            misses: 0,
            old: false,
            by_looks_alone: false,
        }
    }

    /// Only a close look tells who it is, and so where they are.
    pub(super) fn found(&mut self, at: Ms, found: &Detected, look: Look) {
        if look.close {
            self.shown = at;
            self.head = head(found).unwrap_or(self.head);
            self.above = look.rows.map_or(self.above, |rows| rows.above(&self.head).max(self.above));
            self.broad += FOLLOWS * (self.head.width - self.broad);
            self.top = self.top.min(found.area.y);
            self.found = found.clone();
        }
        self.seen = at;
        self.looks += 1;
        self.misses = 0;
    }

    pub(super) fn lasts(&self, at: Ms) -> bool {
        self.looks >= LOOKS && at - self.since >= LASTS && self.above >= CLEARLY
    }

    /// Whether the next look is to tell if they are there; who is not told of when rising is over waits with the others.
    pub(super) fn is_doubtful(&self, at: Ms) -> bool {
        self.old || self.misses > 0 || !self.lasts(at) && at - self.since <= RISING
    }

    /// Whether somebody found is where this one stands.
    pub(super) fn is_still(&self, found: &Detected, aspect: f32) -> bool {
        let sinks = (found.area.y - self.top) / (self.broad * aspect);
        is_near(&self.found.area, &found.area) && self.is_beside(&found.area) && sinks < SITS_AGAIN
    }

    /// Whether a head is where this one's would be who sat down again.
    pub(super) fn would_sit(&self, head: &Area, aspect: f32) -> bool {
        let sunk = (head.y - self.top) / (self.broad * aspect);
        as_broad(self.broad, head.width) && self.is_beside(head) && (SITS_AGAIN..HIGHEST).contains(&sunk)
    }

    /// Whether a head may be this one's in a look at the whole, where shoulders come out too narrow.
    pub(super) fn looks_as_broad(&self, head: &Area) -> bool {
        (NARROWER * self.broad..AS_BROAD * self.broad).contains(&head.width)
    }

    /// Where to look for this one.
    pub(super) fn place(&self) -> Area {
        aside(&self.found.area, self.misses)
    }

    /// Who stands goes nowhere.
    pub(super) fn is_beside(&self, place: &Area) -> bool {
        (self.x - place.centre().0).abs() < BESIDE * self.broad
    }

    pub(super) fn person(&self) -> Person {
        let doubt = (1.0 - self.found.score) * DOUBT.powi((self.looks as i32 - 1).min(DOUBTS));
        Person {
            id: self.id,
            area: self.found.area,
            speed: (0.0, 0.0),
            keypoints: self.found.keypoints.clone(),
            sure: 1.0 - doubt,
            seen: self.seen,
        }
    }
}
