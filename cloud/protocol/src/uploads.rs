//! How far the uploading of lessons is.

use serde::{Deserialize, Serialize};

use crate::lesson::LessonId;
use crate::sentence::Sentence;

/// What the host has to upload; absent from a snapshot where it uploads nowhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Uploads {
    /// Lessons that the server does not hold whole yet, that which is on its way among them.
    pub waiting: u32,
    /// Their size on the host's disk; what the server holds already of the one on its way is taken off.
    pub bytes: u64,
    /// The lesson that is on its way.
    pub now: Option<Uploading>,
    /// Why nothing goes; the host tries again by itself.
    pub failing: Option<Sentence>,
}

/// A lesson on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Uploading {
    pub lesson: LessonId,
    /// From 0 to 1.
    pub progress: f64,
}

impl Uploads {
    /// In words, for who looks after the host.
    pub fn told(&self) -> Sentence {
        let size = size(self.bytes);
        let waiting = match self.waiting {
            0 => return Sentence::new("课程都已上传", "All lessons are uploaded"),
            1 => Sentence::new(format!("1 节课待上传（{size}）"), format!("1 lesson to upload ({size})")),
            count => {
                Sentence::new(format!("{count} 节课待上传（{size}）"), format!("{count} lessons to upload ({size})"))
            }
        };
        match (&self.failing, &self.now) {
            (Some(why), _) => Sentence::new(
                format!("{}：{}", waiting.chinese, why.chinese),
                format!("{}: {}", waiting.english, why.english),
            ),
            (None, Some(now)) => {
                let percent = (now.progress * 100.0).floor();
                Sentence::new(
                    format!("{}，正在上传 {percent} %", waiting.chinese),
                    format!("{}, {percent} % of one done", waiting.english),
                )
            }
            (None, None) => waiting,
        }
    }

    /// How far a lesson is: absent where it is not on its way.
    pub fn progress_of(&self, lesson: &LessonId) -> Option<f64> {
        self.now.as_ref().filter(|now| now.lesson == *lesson).map(|now| now.progress)
    }
}

fn size(bytes: u64) -> String {
    match bytes as f64 / 1e9 {
        gigabytes if gigabytes >= 0.95 => format!("{gigabytes:.1} GB"),
        gigabytes => format!("{:.0} MB", (gigabytes * 1000.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_is_told_in_words() {
        let mut uploads = Uploads::default();
        assert_eq!(uploads.told().english, "All lessons are uploaded");
        (uploads.waiting, uploads.bytes) = (2, 3_140_000_000);
        assert_eq!(uploads.told().chinese, "2 节课待上传（3.1 GB）");
        uploads.now = Some(Uploading { lesson: LessonId("a".into()), progress: 0.478 });
        assert_eq!(uploads.told().english, "2 lessons to upload (3.1 GB), 47 % of one done");
        (uploads.waiting, uploads.bytes) = (1, 12_300_000);
        uploads.failing = Some(Sentence::new("甲", "the server is away"));
        assert_eq!(uploads.told().english, "1 lesson to upload (13 MB): the server is away");
        assert_eq!(uploads.progress_of(&LessonId("a".into())), Some(0.478));
        assert_eq!(uploads.progress_of(&LessonId("b".into())), None);
    }
}
