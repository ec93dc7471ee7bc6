//! Scenarios: scripts of the simulated room, and what is really the case in them from moment to moment.

use std::path::{Path, PathBuf};

use ketang_board::sim::{Room, RoomSettings, Script, Speaker, Truth};
use ketang_director::Ms;
use ketang_director::observation::{Near, Zone};
use ketang_director::score::Situation;
use ketang_hal::role::{PictureRole, Role};

/// Milliseconds from one look at the room to the next.
pub(crate) const STEP: Ms = Ms(100);
/// The room that scenarios are played in where no other is asked for.
pub(crate) const ROOM: u64 = 1;
/// Of the teacher's outline so much must lie within a picture that it shows the teacher.
const SEEN: f32 = 0.3;

/// Borders on the room's floor, in metres: the platform's edge, the blackboard's right end, the lectern's right end.
const PLATFORM_DEPTH: f32 = 2.0;
const BLACKBOARD_RIGHT: f32 = 5.05;
const LECTERN_RIGHT: f32 = 5.92;
/// So near the wall somebody stands beside the board, in metres.
const BESIDE_BOARD: f32 = 0.95;

/// A scenario that was played through.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) length: Ms,
    pub(crate) room: Room,
    pub(crate) truths: Vec<Truth>,
}

/// The inputs of the simulated room, in which the blackboard has no camera of its own.
pub(crate) const INPUTS: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

/// The shipped scenarios, in the order of their names.
pub(crate) fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/director/scenarios");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

impl Scenario {
    /// Plays the script of a file through in the simulated room that this seed draws.
    pub(crate) fn play(file: &Path, seed: u64) -> Result<Self, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| told(&error))?;
        let script = Script::parse(&text).map_err(|error| told(&error))?;
        let length = Ms::from_seconds_f64(script.length());
        let room = Room::new(RoomSettings { script, seed, ..RoomSettings::default() });
        let times = (0..).map(|step| Ms(step * STEP.0)).take_while(|at| *at < length);
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let truths = times.map(|at| room.truth(at.as_seconds_f64())).collect();
        Ok(Self { name, length, room, truths })
    }

    /// The rule set that the scenario was written for: its name begins with it.
    pub(crate) fn own_rules(&self) -> &'static str {
        let mut names = ketang_director::Rules::names();
        names.find(|rules| self.name.starts_with(rules)).unwrap_or("lecture")
    }

    pub(crate) fn situations(&self) -> Vec<Situation> {
        self.truths.iter().map(situation).collect()
    }
}

pub(crate) fn situation(truth: &Truth) -> Situation {
    Situation {
        at: Ms::from_seconds_f64(truth.seconds),
        teacher: zone(truth),
        at_the_screen: near(truth) == Some(Near::Screen),
        writing: truth.teacher.writing,
        teacher_speaks: truth.speaker == Speaker::Teacher,
        class_speaks: matches!(truth.speaker, Speaker::Student(_)),
        teacher_seen_in: INPUTS.into_iter().filter(|role| shows_teacher(truth, *role)).collect(),
        standing: truth.students.iter().filter(|student| student.standing).count(),
        hands: truth.students.iter().filter(|student| student.hand_raised && !student.standing).count(),
        slide: truth.slide,
        film: truth.film,
        pointing: truth.pointing,
        lost: INPUTS.into_iter().filter(|role| truth.unplugged.contains(&Role::Picture(*role))).collect(),
    }
}

/// Whether the camera shows the teacher.
pub(crate) fn shows_teacher(truth: &Truth, role: PictureRole) -> bool {
    truth.teacher.seen.get(&role).is_some_and(|outline| outline.inside >= SEEN)
}

/// Where the teacher is at this moment, rather than on the way to.
pub(crate) fn zone(truth: &Truth) -> Zone {
    let (x, y) = truth.teacher.place;
    match () {
        () if !INPUTS.into_iter().any(|role| shows_teacher(truth, role)) => Zone::Absent,
        () if y > PLATFORM_DEPTH => Zone::Students,
        () if x < BLACKBOARD_RIGHT => Zone::Board,
        () => Zone::Podium,
    }
}

pub(crate) fn near(truth: &Truth) -> Option<Near> {
    let (x, y) = truth.teacher.place;
    match zone(truth) {
        Zone::Board => (y < BESIDE_BOARD).then_some(Near::Board),
        Zone::Podium => Some(if x > LECTERN_RIGHT { Near::Screen } else { Near::Lectern }),
        Zone::Students | Zone::Absent => None,
    }
}
