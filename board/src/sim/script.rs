//! What happens in the simulated room, as data: a TOML file of happenings, each at its second.
//!
//! ```toml
//! length = 60.0            # seconds; then it begins again
//!
//! [[happening]]
//! at = 3.0
//! do = "teacher-walks"
//! to = "board"
//! ```

use ketang_hal::role::{Role, SoundRole};
use serde::{Deserialize, Serialize};

use super::plan::SEATS;

/// A lively lesson of three minutes that ends as it begins.
const DEFAULT: &str = include_str!("lesson.toml");

/// Where a teacher can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    Podium,
    Board,
    /// Beside the projector screen.
    Screen,
    /// In the aisle among the students.
    Students,
    /// Out of the door, where no camera looks.
    Outside,
}

/// One thing that happens. Students and slides are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Happening {
    TeacherWalks {
        to: Zone,
    },
    /// The teacher goes to the board and writes this as the next line.
    TeacherWrites {
        text: String,
    },
    BoardIsWiped {},
    TeacherSpeaks {},
    TeacherIsSilent {},
    StudentStands {
        student: usize,
    },
    StudentSits {
        student: usize,
    },
    StudentRaisesHand {
        student: usize,
    },
    StudentLowersHand {
        student: usize,
    },
    StudentSpeaks {
        student: usize,
    },
    StudentIsSilent {
        student: usize,
    },
    SlideChanges {
        to: usize,
    },
    LightSwitches {
        on: bool,
    },
    /// The microphone still delivers samples, all of them zero.
    MicrophoneDies {
        role: SoundRole,
    },
    MicrophoneReturns {
        role: SoundRole,
    },
    /// A camera's or microphone's cable is pulled: nothing arrives.
    Unplugged {
        input: Role,
    },
    PluggedIn {
        input: Role,
    },
}

impl Happening {
    /// Whether this concerns equipment rather than people; equipment stays as it is when the script begins again.
    pub(super) fn concerns_equipment(&self) -> bool {
        matches!(
            self,
            Self::LightSwitches { .. }
                | Self::MicrophoneDies { .. }
                | Self::MicrophoneReturns { .. }
                | Self::Unplugged { .. }
                | Self::PluggedIn { .. }
        )
    }

    /// Why this cannot happen in the room, if it cannot.
    fn impossible(&self) -> Option<String> {
        match *self {
            Self::StudentStands { student }
            | Self::StudentSits { student }
            | Self::StudentRaisesHand { student }
            | Self::StudentLowersHand { student }
            | Self::StudentSpeaks { student }
            | Self::StudentIsSilent { student }
                if !(1..=SEATS).contains(&student) =>
            {
                Some(format!("there is no student {student}: use 1 to {SEATS}"))
            }
            Self::SlideChanges { to } if !(1..=super::slides::COUNT).contains(&to) => {
                Some(format!("there is no slide {to}: use 1 to {}", super::slides::COUNT))
            }
            _ => None,
        }
    }
}

/// A happening and its second.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Seconds since the script began.
    pub at: f64,
    pub happening: Happening,
}

/// A list of happenings in the order of their times, again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    length: f64,
    happenings: Vec<Timed>,
}

/// What is wrong with a script.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    #[error("the script is not TOML as it should be: {0}")]
    Form(#[from] toml::de::Error),
    #[error("`length` is {0}: give the script's length in seconds, more than 0")]
    Length(f64),
    #[error("happening {number} of the script: {why}")]
    Happening { number: usize, why: String },
    #[error("this cannot happen: {0}")]
    Impossible(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    length: f64,
    #[serde(default, rename = "happening")]
    happenings: Vec<toml::Table>,
}

impl Default for Script {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the shipped lesson is parsed by a test")
    }
}

impl Script {
    /// Reads a script.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let file: File = toml::from_str(text)?;
        let happenings = file
            .happenings
            .into_iter()
            .enumerate()
            .map(|(index, table)| timed(table).map_err(|why| ScriptError::Happening { number: index + 1, why }));
        Self::new(file.length, happenings.collect::<Result<_, _>>()?)
    }

    /// Makes a script of `length` seconds, in which nothing happens at or after its end.
    pub fn new(length: f64, mut happenings: Vec<Timed>) -> Result<Self, ScriptError> {
        if !(length.is_finite() && length > 0.0) {
            return Err(ScriptError::Length(length));
        }
        for (index, timed) in happenings.iter().enumerate() {
            let why = if (0.0..length).contains(&timed.at) {
                timed.happening.impossible()
            } else {
                Some(format!("`at` is {}: use 0 to below the script's length of {length} seconds", timed.at))
            };
            if let Some(why) = why {
                return Err(ScriptError::Happening { number: index + 1, why });
            }
        }
        happenings.sort_by(|a, b| a.at.total_cmp(&b.at));
        Ok(Self { length, happenings })
    }

    /// A room in which nothing happens.
    pub fn nothing() -> Self {
        Self { length: 3600.0, happenings: Vec::new() }
    }

    pub(super) fn check(happening: &Happening) -> Result<(), ScriptError> {
        happening.impossible().map_or(Ok(()), |why| Err(ScriptError::Impossible(why)))
    }

    /// Seconds after which it begins again.
    pub fn length(&self) -> f64 {
        self.length
    }

    pub fn happenings(&self) -> &[Timed] {
        &self.happenings
    }
}

fn timed(mut table: toml::Table) -> Result<Timed, String> {
    let at = match table.remove("at") {
        Some(toml::Value::Float(at)) => at,
        Some(toml::Value::Integer(at)) => at as f64,
        Some(other) => return Err(format!("`at` is {other}: give seconds as a number")),
        None => return Err("`at` is missing: give the second at which it happens".to_owned()),
    };
    let happening = Happening::deserialize(toml::Value::Table(table))
        .map_err(|error| format!("{} (at = {at})", error.to_string().trim()))?;
    Ok(Timed { at, happening })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(happening: &str) -> String {
        Script::parse(&format!("length = 10.0\n[[happening]]\n{happening}")).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_lesson_is_read() {
        let script = Script::default();
        assert!(script.length() >= 150.0);
        assert!(script.happenings().len() > 30);
    }

    #[test]
    fn happenings_are_sorted_by_time() {
        let script = Script::parse(
            "length = 9\n[[happening]]\nat = 5\ndo = 'board-is-wiped'\n[[happening]]\nat = 2.5\ndo = 'slide-changes'\nto = 2",
        )
        .unwrap();
        let expected = [
            Timed { at: 2.5, happening: Happening::SlideChanges { to: 2 } },
            Timed { at: 5.0, happening: Happening::BoardIsWiped {} },
        ];
        assert_eq!(script.happenings(), expected);
    }

    #[test]
    fn a_wrong_happening_is_named_with_what_to_write() {
        let unknown = error("at = 1.0\ndo = 'teacher-flies'");
        assert!(unknown.contains("happening 1") && unknown.contains("teacher-flies"), "{unknown}");
        assert!(unknown.contains("teacher-walks"), "{unknown}");
        let key = error("at = 1.0\ndo = 'teacher-walks'\nto = 'board'\nspeed = 3");
        assert!(key.contains("unknown field `speed`"), "{key}");
        let key = error("at = 1.0\ndo = 'board-is-wiped'\nspeed = 3");
        assert!(key.contains("unknown field `speed`"), "{key}");
        assert!(error("do = 'board-is-wiped'").contains("`at` is missing"));
        assert!(error("at = 'noon'\ndo = 'board-is-wiped'").contains("give seconds"));
        assert!(error("at = 10.0\ndo = 'board-is-wiped'").contains("below the script's length"));
        assert!(error("at = 1\ndo = 'student-stands'\nstudent = 99").contains("no student 99: use 1 to 24"));
        assert!(error("at = 1\ndo = 'slide-changes'\nto = 0").contains("no slide 0"));
        assert!(error("at = 1\ndo = 'unplugged'\ninput = 'webcam'").contains("(at = 1)"));
    }

    #[test]
    fn an_unknown_key_of_the_file_is_refused() {
        let error = Script::parse("length = 9\ncolour = 'red'").unwrap_err().to_string();
        assert!(error.contains("unknown field `colour`"), "{error}");
        assert!(Script::parse("length = 0").unwrap_err().to_string().contains("more than 0"));
    }
}
