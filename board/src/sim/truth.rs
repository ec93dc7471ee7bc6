//! What is really the case in the simulated room: the answer sheet for whatever looks at its pictures and listens to it.

use std::collections::BTreeMap;

use ketang_hal::picture::Size;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use serde::{Deserialize, Serialize};

use super::cameras::Camera;
use super::posture::Posture;
use super::scene::{Course, Person};
use super::script::Zone;
use super::slides;

/// The room at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    pub seconds: f64,
    pub teacher: TeacherTruth,
    /// In the order of their seats.
    pub students: Vec<StudentTruth>,
    /// Counted from 1.
    pub slide: usize,
    /// A film plays on the slide.
    pub film: bool,
    /// The computer's pointer moves.
    pub pointing: bool,
    /// The blackboard's lines, as far as they are written.
    pub board: Vec<String>,
    pub light: bool,
    pub speaker: Speaker,
    pub unplugged: Vec<Role>,
    /// Microphones that deliver silence.
    pub dead: Vec<SoundRole>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    Nobody,
    Teacher,
    /// Counted from 1.
    Student(usize),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherTruth {
    /// Where the teacher is, or is on the way to.
    pub zone: Zone,
    pub walking: bool,
    pub writing: bool,
    pub speaking: bool,
    /// Metres from the window wall and from the blackboard's wall.
    pub place: (f32, f32),
    /// Where each camera shows the teacher; a camera that does not is left out.
    pub seen: BTreeMap<PictureRole, Outline>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentTruth {
    /// Counted from 1.
    pub student: usize,
    pub standing: bool,
    pub hand_raised: bool,
    pub speaking: bool,
    pub seen: BTreeMap<PictureRole, Outline>,
}

/// A box in a camera's picture, 0..1 from its top left corner, cut at the picture's borders. Desks cut it too; other people
/// may hide a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
    /// The share of the whole outline that lies within the picture.
    pub inside: f32,
}

impl Outline {
    fn cut([left, top, right, bottom]: [f32; 4]) -> Option<Outline> {
        let Size { width, height } = Size::FULL_HD;
        let (wide, high) = (width as f32, height as f32);
        let (x0, x1) = (left.clamp(0.0, wide), right.clamp(0.0, wide));
        let (y0, y1) = (top.clamp(0.0, high), bottom.clamp(0.0, high));
        let inside = (x1 - x0) * (y1 - y0) / ((right - left) * (bottom - top)).max(1.0);
        (inside > 0.0).then(|| Outline {
            x: x0 / wide,
            y: y0 / high,
            width: (x1 - x0) / wide,
            height: (y1 - y0) / high,
            inside,
        })
    }
}

pub(super) fn truth(course: Course<'_>, seconds: f64) -> Truth {
    let scene = course.scene(seconds);
    let story = &scene.story;
    let cameras: Vec<_> = PictureRole::ALL
        .into_iter()
        .filter_map(Camera::of)
        .map(|camera| {
            let window = camera.window(course, seconds);
            (camera, window)
        })
        .collect();
    let seen = |person: &Person| {
        cameras
            .iter()
            .filter(|(camera, _)| camera.sees(person))
            .filter_map(|(camera, window)| {
                Some((camera.role(), Outline::cut(camera.outline(course.seed, person, *window))?))
            })
            .collect()
    };
    let teacher = &scene.people[0];
    let students = story.students.iter().enumerate().map(|(index, student)| StudentTruth {
        student: index + 1,
        standing: student.stands(),
        hand_raised: student.raises_hand(),
        speaking: student.speaking,
        seen: seen(&scene.people[index + 1]),
    });
    let speaking = story.students.iter().position(|student| student.speaking);
    Truth {
        seconds,
        teacher: TeacherTruth {
            zone: story.teacher.zone,
            walking: matches!(teacher.posture, Posture::Walk { .. }),
            writing: story.writing().is_some(),
            speaking: story.teacher.speaking,
            place: (teacher.at.x, teacher.at.y),
            seen: seen(teacher),
        },
        students: students.collect(),
        slide: story.slide,
        film: slides::plays(story.slide),
        pointing: slides::points(story.now - story.slide_since),
        board: story
            .board
            .iter()
            .map(|line| line.text.chars().take(line.letters(seconds) as usize).collect())
            .collect(),
        light: story.light,
        speaker: match (speaking, story.teacher.speaking) {
            (Some(student), _) => Speaker::Student(student + 1),
            (None, true) => Speaker::Teacher,
            (None, false) => Speaker::Nobody,
        },
        unplugged: story.unplugged.clone(),
        dead: story.dead.clone(),
    }
}
