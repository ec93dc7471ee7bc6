//! The conditions of rules: one question each about what is known. Unknown never meets a condition.

use serde::Deserialize;

use crate::known::Known;
use crate::observation::{Near, Screen, Student, Sure, Teacher, Zone};

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    None,
    One,
    /// One or more.
    Some,
    /// Two or more.
    Several,
}

impl Count {
    fn fits(self, number: usize) -> bool {
        match self {
            Self::None => number == 0,
            Self::One => number == 1,
            Self::Some => number >= 1,
            Self::Several => number >= 2,
        }
    }
}

/// One line of a rule's `when`. Lists are met by each of their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Whether it can be told where the teacher is.
    TeacherKnown(bool),
    TeacherZone(Vec<Zone>),
    TeacherNear(Vec<Near>),
    TeacherWriting(bool),
    TeacherWalking(bool),
    TeacherSpeaks(bool),
    /// Somebody but the teacher speaks.
    RoomSpeaks(bool),
    StudentsStanding(Count),
    HandsRaised(Count),
    Computer(Vec<Screen>),
}

/// What met a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    /// The value as rules write it.
    pub(crate) is: String,
    pub(crate) sure: Option<Sure>,
}

impl Met {
    fn plain(is: impl Into<String>) -> Self {
        Self { is: is.into(), sure: None }
    }
}

impl Condition {
    /// Every key of `when`.
    pub const KEYS: [&str; 10] = [
        "teacher-known",
        "teacher-zone",
        "teacher-near",
        "teacher-writing",
        "teacher-walking",
        "teacher-speaks",
        "room-speaks",
        "students-standing",
        "hands-raised",
        "computer",
    ];

    pub fn key(&self) -> &'static str {
        match self {
            Self::TeacherKnown(_) => "teacher-known",
            Self::TeacherZone(_) => "teacher-zone",
            Self::TeacherNear(_) => "teacher-near",
            Self::TeacherWriting(_) => "teacher-writing",
            Self::TeacherWalking(_) => "teacher-walking",
            Self::TeacherSpeaks(_) => "teacher-speaks",
            Self::RoomSpeaks(_) => "room-speaks",
            Self::StudentsStanding(_) => "students-standing",
            Self::HandsRaised(_) => "hands-raised",
            Self::Computer(_) => "computer",
        }
    }

    /// Reads a line of `when`; `None` where there is no such key, an error in words where the value does not fit.
    pub(crate) fn read(key: &str, value: toml::Value) -> Option<Result<Self, String>> {
        Some(match key {
            "teacher-known" => read(value).map(Self::TeacherKnown),
            "teacher-zone" => read_list(value).map(Self::TeacherZone),
            "teacher-near" => read_list(value).map(Self::TeacherNear),
            "teacher-writing" => read(value).map(Self::TeacherWriting),
            "teacher-walking" => read(value).map(Self::TeacherWalking),
            "teacher-speaks" => read(value).map(Self::TeacherSpeaks),
            "room-speaks" => read(value).map(Self::RoomSpeaks),
            "students-standing" => read(value).map(Self::StudentsStanding),
            "hands-raised" => read(value).map(Self::HandsRaised),
            "computer" => read_list(value).map(Self::Computer),
            _ => return None,
        })
    }

    /// Whether it can be met for a moment only, never for a while.
    pub(crate) fn is_momentary(&self) -> bool {
        matches!(self, Self::Computer(screens) if screens.iter().all(|screen| *screen == Screen::SlideChanged))
    }

    /// What meets it now, if anything does.
    pub(crate) fn met(&self, known: &Known) -> Option<Met> {
        let teacher = known.sure_teacher();
        match self {
            Self::TeacherKnown(wanted) => {
                let is = teacher.is_some_and(|teacher| teacher.zone.is_some());
                (is == *wanted).then(|| Met::plain(is.to_string()))
            }
            Self::TeacherZone(zones) => {
                let zone = teacher?.zone.filter(|zone| zones.contains(zone))?;
                Some(Met { is: zone.as_str().into(), sure: teacher.map(|teacher| teacher.sure) })
            }
            Self::TeacherNear(things) => {
                let near = teacher?.near.filter(|near| things.contains(near))?;
                Some(Met { is: near.as_str().into(), sure: teacher.map(|teacher| teacher.sure) })
            }
            Self::TeacherWriting(wanted) => seen(teacher?, teacher?.writing, *wanted),
            Self::TeacherWalking(wanted) => seen(teacher?, teacher?.walking, *wanted),
            Self::TeacherSpeaks(wanted) => heard(known.speech()?.teacher, *wanted),
            Self::RoomSpeaks(wanted) => heard(known.speech()?.room, *wanted),
            Self::StudentsStanding(count) => {
                counted(known.students()?.standing.as_deref()?, *count, known.unsure_below())
            }
            Self::HandsRaised(count) => counted(known.students()?.hands.as_deref()?, *count, known.unsure_below()),
            Self::Computer(screens) => {
                let screen = known.screen().filter(|screen| screens.contains(screen))?;
                Some(Met::plain(screen.as_str()))
            }
        }
    }
}

fn seen(teacher: &Teacher, value: Option<bool>, wanted: bool) -> Option<Met> {
    (value == Some(wanted)).then(|| Met { is: wanted.to_string(), sure: Some(teacher.sure) })
}

fn heard(value: Option<bool>, wanted: bool) -> Option<Met> {
    (value == Some(wanted)).then(|| Met::plain(wanted.to_string()))
}

/// Those that are sure enough are counted; the least sure of them tells how sure the count is.
fn counted(students: &[Student], count: Count, unsure_below: Sure) -> Option<Met> {
    let sure = students.iter().map(|student| student.sure).filter(|sure| *sure >= unsure_below);
    let number = sure.clone().count();
    count.fits(number).then(|| Met { is: number.to_string(), sure: sure.min() })
}

/// The words of serde for a value that does not fit, which name what may stand there.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(value: toml::Value) -> Result<T, String> {
    let told = value.to_string();
    T::deserialize(value).map_err(|error| format!("`{told}` cannot stand here: {}", error.to_string().trim()))
}

fn read_list<T: for<'de> Deserialize<'de>>(value: toml::Value) -> Result<Vec<T>, String> {
    match value {
        toml::Value::Array(values) if values.is_empty() => {
            Err("an empty list is never met: name a value, or take the line out".into())
        }
        list @ toml::Value::Array(_) => read(list),
        single => read(single).map(|value| vec![value]),
    }
}

impl Zone {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Podium => "podium",
            Self::Board => "board",
            Self::Students => "students",
            Self::Absent => "absent",
        }
    }
}

impl Near {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lectern => "lectern",
            Self::Board => "board",
            Self::Screen => "screen",
        }
    }
}

impl Screen {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::SlideChanged => "slide-changed",
            Self::Video => "video",
            Self::Pointer => "pointer",
            Self::NoSignal => "no-signal",
        }
    }
}
