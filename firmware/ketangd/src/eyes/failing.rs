//! A detector that says so when it goes on failing, and when it is well again. One look that went wrong is no news.

use ketang_tracker::detector::{Detected, Detector, DetectorError};
use ketang_tracker::picture::Picture;

/// So many looks in a row.
const TOLD_AFTER: u32 = 3;

pub(super) struct Failing<D, T> {
    detector: D,
    /// Takes why it fails, or that it does not any more.
    tell: T,
    failed: u32,
}

impl<D: Detector, T: Fn(Option<String>)> Failing<D, T> {
    pub(super) fn new(detector: D, tell: T) -> Self {
        Self { detector, tell, failed: 0 }
    }
}

impl<D: Detector, T: Fn(Option<String>)> Detector for Failing<D, T> {
    fn people(&mut self, picture: &Picture) -> Result<Vec<Detected>, DetectorError> {
        let found = self.detector.people(picture);
        match &found {
            Ok(_) if self.failed >= TOLD_AFTER => (self.tell)(None),
            Err(error) if self.failed + 1 == TOLD_AFTER => (self.tell)(Some(error.to_string())),
            _ => {}
        }
        self.failed = if found.is_ok() { 0 } else { self.failed.saturating_add(1) };
        found
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Script(Vec<bool>);

    impl Detector for Script {
        fn people(&mut self, _: &Picture) -> Result<Vec<Detected>, DetectorError> {
            if self.0.remove(0) { Ok(Vec::new()) } else { Err(DetectorError("no memory".into())) }
        }
    }

    #[test]
    fn only_what_lasts_is_told_and_once_each() {
        let told = RefCell::new(Vec::new());
        let looks = [true, false, false, true, false, false, false, false, true, true, false];
        let mut failing = Failing::new(Script(looks.to_vec()), |why| told.borrow_mut().push(why));
        for look in looks {
            assert_eq!(failing.people(&Picture::filled(32, 32, [0; 3])).is_ok(), look);
        }
        assert_eq!(*told.borrow(), [Some("the detector of people failed: no memory".to_owned()), None]);
    }
}
