//! The chapters of a lesson in its files, as players list them: the `chpl` box in the movie's user data. No standard has it;
//! Nero brought it, and ffmpeg, VLC, mpv and MP4Box read it.

use mp4_atom::{Chpl, ChplEntry, Udta};

/// The box counts chapters in one byte, and a title's bytes in another.
const MOST: usize = u8::MAX as usize;
/// The box counts time in 100 ns.
const TICK_NS: u64 = 100;

/// Where a chapter of a lesson begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Lesson time, in nanoseconds.
    pub at_ns: u64,
    pub title: String,
}

/// The list of a file that holds the lesson from `begins_at` on for `duration`, both in nanoseconds. A chapter that began before
/// goes on at its beginning. `chapters` are in the order of their time.
pub(crate) fn list(chapters: &[Chapter], begins_at: u64, duration: u64) -> Option<Udta> {
    let goes_on = chapters.iter().rposition(|chapter| chapter.at_ns <= begins_at).unwrap_or_default();
    let here = chapters[goes_on..].iter().take_while(|chapter| chapter.at_ns < begins_at + duration);
    let entry = |chapter: &Chapter| {
        let end = (0..=MOST.min(chapter.title.len())).rfind(|end| chapter.title.is_char_boundary(*end));
        let title = chapter.title[..end.unwrap_or_default()].to_owned();
        ChplEntry { start: chapter.at_ns.saturating_sub(begins_at) / TICK_NS, title }
    };
    let entries: Vec<_> = here.take(MOST).map(entry).collect();
    (!entries.is_empty()).then(|| Udta { chpl: Some(Chpl { entries }), ..Udta::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn told(chapters: &[(u64, &str)], begins_at: u64, duration: u64) -> Vec<(u64, String)> {
        let chapters: Vec<_> =
            chapters.iter().map(|(at, title)| Chapter { at_ns: at * SECOND, title: (*title).to_owned() }).collect();
        let list = list(&chapters, begins_at * SECOND, duration * SECOND).and_then(|udta| udta.chpl);
        list.into_iter().flat_map(|list| list.entries).map(|entry| (entry.start / 10_000_000, entry.title)).collect()
    }

    #[test]
    fn each_part_lists_its_own_chapters_and_the_one_that_goes_on() {
        let chapters = [(5, "a"), (20, "b"), (40, "c")];
        assert_eq!(told(&chapters, 0, 30), [(5, "a".into()), (20, "b".into())]);
        assert_eq!(told(&chapters, 30, 30), [(0, "b".into()), (10, "c".into())]);
        assert_eq!(told(&chapters, 60, 30), [(0, "c".into())]);
        assert_eq!(told(&chapters, 0, 5), []);
        assert_eq!(told(&[], 0, 30), []);
    }

    #[test]
    fn a_list_that_is_too_long_and_titles_that_are_end_where_they_must() {
        let title = "字".repeat(100);
        let chapters: Vec<_> = (0..300).map(|at| (at, title.as_str())).collect();
        let told = told(&chapters, 0, 1000);
        assert_eq!((told.len(), told[0].1.as_str()), (255, "字".repeat(85).as_str()));
    }
}
