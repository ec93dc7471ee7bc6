//! The chapters of a lesson: each slide of the computer's picture, and what somebody marked.

use crate::lesson::{Event, EventKind};
use crate::sentence::Sentence;

/// Where a chapter begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter<'a> {
    /// Seconds into the lesson.
    pub at: f64,
    pub title: Sentence,
    /// A picture of it in the lesson's folder.
    pub picture: Option<&'a str>,
}

/// Those of a lesson, in the order of their time.
pub fn chapters(events: &[Event]) -> Vec<Chapter<'_>> {
    let (mut slides, mut marks) = (0, 0);
    let mut chapters = Vec::new();
    for event in events {
        let (title, picture) = match &event.what {
            EventKind::Slide { picture } => {
                slides += 1;
                (Sentence::new(format!("幻灯片 {slides}"), format!("Slide {slides}")), picture.as_deref())
            }
            EventKind::Chapter { title: Some(title) } => (title.as_str().into(), None),
            EventKind::Chapter { title: None } => {
                marks += 1;
                (Sentence::new(format!("标记 {marks}"), format!("Mark {marks}")), None)
            }
            _ => continue,
        };
        chapters.push(Chapter { at: event.at, title, picture });
    }
    // A slide is told of after it began to come.
    chapters.sort_by(|a, b| a.at.total_cmp(&b.at));
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_and_marks_are_counted_and_in_order() {
        let event = |at, what| Event { at, time: jiff::Timestamp::UNIX_EPOCH, what };
        let events = [
            event(0.0, EventKind::Started),
            event(9.0, EventKind::Chapter { title: None }),
            event(8.5, EventKind::Slide { picture: Some("slide-1.png".into()) }),
            event(20.0, EventKind::Chapter { title: Some("勾股定理".into()) }),
            event(30.0, EventKind::Slide { picture: None }),
        ];
        let told: Vec<_> = chapters(&events).into_iter().map(|c| (c.at, c.title.chinese, c.title.english)).collect();
        let titles = [
            (8.5, "幻灯片 1", "Slide 1"),
            (9.0, "标记 1", "Mark 1"),
            (20.0, "勾股定理", "勾股定理"),
            (30.0, "幻灯片 2", "Slide 2"),
        ];
        assert_eq!(told, titles.map(|(at, chinese, english)| (at, chinese.to_owned(), english.to_owned())));
    }
}
