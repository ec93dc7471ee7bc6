//! Attendance by number: of what the host counts while a lesson is recorded, what is worth writing down.

use std::time::Duration;

use ketang_protocol::lesson::Attendance;

/// From one number of the curve to the next, in the lesson's time.
const EVERY: Duration = Duration::from_secs(300);
/// Another number is news when it was told for so long: who went out for a moment is back.
const LASTS: Duration = Duration::from_secs(60);

/// What was told of a lesson so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Roll {
    noted: Option<u16>,
    /// Another number, and since when it is told.
    next: Option<(u16, Duration)>,
}

/// What is to be done about a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// It has lasted, and is another one than before.
    pub(crate) news: bool,
    /// The record has changed in a way that a crash must not undo.
    pub(crate) save: bool,
}

impl Roll {
    /// Takes in that so many are there `at` a time of the lesson.
    pub(crate) fn heads(&mut self, record: &mut Option<Attendance>, heads: u16, at: Duration) -> Told {
        let every_seconds = EVERY.as_secs() as u32;
        let record = record.get_or_insert_with(|| Attendance { heads, every_seconds, curve: Vec::new() });
        let every = Duration::from_secs(u64::from(record.every_seconds.max(1)));
        let place = (at.as_secs() / every.as_secs()) as usize;
        let begins = place >= record.curve.len();
        if begins {
            record.curve.resize(place + 1, None);
        }
        record.curve[place] = record.curve[place].max(Some(heads));
        record.heads = record.heads.max(heads);
        let news = self.is_news(heads, at);
        Told { news, save: news || begins }
    }

    fn is_news(&mut self, heads: u16, at: Duration) -> bool {
        self.next = match self.next {
            _ if self.noted == Some(heads) => None,
            Some((next, since)) if next == heads => Some((next, since)),
            _ => Some((heads, at)),
        };
        // The first number has settled before it was told.
        let settled = self.next.filter(|(_, since)| self.noted.is_none() || at.saturating_sub(*since) >= LASTS);
        if let Some((heads, _)) = settled {
            (self.noted, self.next) = (Some(heads), None);
        }
        settled.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_lasts_is_news_and_the_highest_of_five_minutes_is_kept() {
        let (mut roll, mut record) = (Roll::default(), None);
        let mut noted = Vec::new();
        let told = [(0, 22), (30, 24), (50, 23), (80, 23), (115, 23), (120, 22), (299, 22), (905, 22), (906, 24)];
        for (at, heads) in told {
            if roll.heads(&mut record, heads, Duration::from_secs(at)).news {
                noted.push((at, heads));
            }
        }
        assert_eq!(noted, [(0, 22), (115, 23), (299, 22)]);
        let curve = vec![Some(24), None, None, Some(24)];
        assert_eq!(record, Some(Attendance { heads: 24, every_seconds: 300, curve }));
    }

    #[test]
    fn what_begins_five_minutes_is_saved() {
        let (mut roll, mut record) = (Roll::default(), None);
        let mut saves = |at| roll.heads(&mut record, 20, Duration::from_secs(at)).save;
        assert_eq!([0, 1, 299, 300, 301, 660].map(&mut saves), [true, false, false, true, false, true]);
    }
}
