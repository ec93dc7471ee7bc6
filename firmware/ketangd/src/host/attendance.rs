//! How many of the class are there: from the eyes into the snapshot and the lesson, or why that is not known.

use ketang_hal::role::PictureRole;
use ketang_lesson::What;
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Attendance;

use super::Host;

/// The camera that the class is counted in.
const CAMERA: PictureRole = PictureRole::StudentsPanorama;

impl Host {
    /// What the snapshot tells.
    pub(super) fn attendance(&self) -> Attendance {
        match self.unknown() {
            None => Attendance { heads: self.heads, why: None },
            Some((chinese, english)) => Attendance { heads: None, why: Some(Sentence::new(chinese, english)) },
        }
    }

    /// Once a second: tells the lesson that is recorded.
    pub(super) fn take_attendance(&mut self) {
        if let Some(heads) = self.attendance().heads {
            self.lesson_input(self.clock.now(), What::Heads(heads));
        }
    }

    fn unknown(&self) -> Option<(&'static str, &'static str)> {
        let camera = self.inputs.pictures().find(|(role, _)| *role == CAMERA).map(|(_, input)| input.live);
        match camera {
            None => Some(("没有学生全景摄像机", "there is no camera on the whole class")),
            Some(_) if self.eyes.blind.is_some() => Some((
                "没有识别人的模型：见 `directing.models`",
                "the models that find people are missing: see `directing.models`",
            )),
            Some(false) => Some(("学生全景摄像机没有画面", "the camera on the whole class has no picture")),
            Some(true) if self.heads.is_none() => Some(("正在清点", "the count has not come to rest yet")),
            Some(true) => None,
        }
    }
}
