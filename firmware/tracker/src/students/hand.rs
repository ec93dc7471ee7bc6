//! A raised hand, look by look.

use ketang_director::Ms;

use super::LOOKS;

/// A hand that goes through the hair is down again sooner.
const LASTS: Ms = Ms(400);

/// A hand up, in several looks. Between looks nothing is known.
#[derive(Debug)]
pub(super) struct Hand {
    pub(super) id: u32,
    pub(super) person: u32,
    since: Option<Ms>,
    looks: u32,
    against: u32,
}

impl Hand {
    pub(super) fn new(id: u32, person: u32) -> Self {
        Self { id, person, since: None, looks: 0, against: 0 }
    }

    pub(super) fn look(&mut self, at: Ms, is: bool) {
        if is {
            self.since.get_or_insert(at);
            (self.looks, self.against) = (self.looks + 1, 0);
        } else {
            self.against += 1;
            if self.against >= LOOKS {
                *self = Self::new(self.id, self.person);
            }
        }
    }

    pub(super) fn lasts(&self, at: Ms) -> bool {
        self.looks >= LOOKS && self.since.is_some_and(|since| at - since >= LASTS)
    }
}
