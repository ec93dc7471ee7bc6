//! What the director was told in a lesson, one line of JSON each in `directing.jsonl`: enough to direct it again.
//!
//! ```text
//! {"begins":{"at":81200,"rules":"…","room":null,"inputs":["teacher-panorama","hdmi"],"home":"automatic","known":[…]}}
//! {"goes":{"at":81600,"lesson_ms":0}}
//! {"told":{"at":83010,"seen":{"of":"teacher","zone":"board","sure":92}}}
//! {"rests":{"at":90000}}
//! ```
//! `at` is the host's media time in milliseconds. A lesson that goes on after a power cut has several beginnings.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use ketang_director::observation::{InputState, Observation};
use ketang_director::{Decision, Director, Input, Ms, Order, RuleError, Rules, What};
use ketang_hal::role::PictureRole;
use ketang_hal::time::nanoseconds;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::Lesson;
use serde::{Deserialize, Serialize};

const FILE: &str = "directing.jsonl";
/// A track that ends so much before the others has ended early.
const ENDS_EARLY_MS: u64 = 2000;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Begins(Begins),
    /// From `at` on the lesson is recorded; its time is then `lesson_ms`.
    Goes {
        at: Ms,
        lesson_ms: u64,
    },
    /// Nothing is recorded from `at` on.
    Rests {
        at: Ms,
    },
    Told(Input),
}

/// A director begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begins {
    pub at: Ms,
    /// The text of the rule set, and of the room's own rules that are laid over it.
    pub rules: String,
    pub room: Option<String>,
    pub inputs: Vec<PictureRole>,
    /// The mode that the director returns to.
    pub home: Mode,
    /// What was known and ordered before.
    pub known: Vec<What>,
}

impl Begins {
    /// The director as it was then, with the rules of then.
    pub fn director(&self) -> Result<Director, RuleError> {
        let rules = Rules::read(&self.rules, self.room.as_deref())?;
        let mut director = Director::new(rules, &self.inputs, self.at).at_home_in(self.home);
        self.known.iter().cloned().for_each(|what| director.recall(what));
        Ok(director)
    }
}

/// The inputs of which there are pictures, and until when of the lesson, in milliseconds.
pub type Left = BTreeMap<PictureRole, u64>;

/// What a lesson holds to cut from.
pub fn left(lesson: &Lesson) -> Left {
    let tracks = lesson.tracks.iter().filter(|track| !track.parts.is_empty());
    tracks.filter_map(|track| Some((track.name.parse().ok()?, nanoseconds(track.ends_at()) / 1_000_000))).collect()
}

/// Writes the log of a lesson. Lines are on the disk soon, not at once: what they tell is not needed to keep the lesson.
#[derive(Debug)]
pub struct DirectorLog(File);

impl DirectorLog {
    /// Opens the log in a lesson's folder, behind what is there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self(OpenOptions::new().create(true).append(true).open(folder.join(FILE))?))
    }

    pub fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.0.write_all(&text)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{path}: {source}: a lesson of before this was logged cannot be directed again", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: no director began in it: the lesson cannot be directed again", path = path.display())]
    Empty { path: PathBuf },
    #[error(transparent)]
    Rules(#[from] RuleError),
}

/// One director's stretch of a lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub begins: Begins,
    pub told: Vec<Input>,
    /// Where the lesson was recorded: from when to when, and the lesson's time at its begin.
    pub recorded: Vec<(Range<Ms>, u64)>,
}

/// Reads a lesson's log. A line that a power cut tore ends its segment.
pub fn read(folder: &Path) -> Result<Vec<Segment>, ReplayError> {
    let path = folder.join(FILE);
    let file = File::open(&path).map_err(|source| ReplayError::Read { path: path.clone(), source })?;
    let mut segments: Vec<Segment> = Vec::new();
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    for line in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
        if let Line::Begins(begins) = line {
            segments.push(Segment { begins, told: Vec::new(), recorded: Vec::new() });
            continue;
        }
        let Some(segment) = segments.last_mut() else { continue };
        match line {
            Line::Goes { at, lesson_ms } => segment.recorded.push((at..Ms(u64::MAX), lesson_ms)),
            Line::Rests { at } => segment.rest(at),
            Line::Told(input) => segment.told.push(input),
            Line::Begins(_) => {}
        }
    }
    if segments.is_empty() { Err(ReplayError::Empty { path }) } else { Ok(segments) }
}

impl Segment {
    fn rest(&mut self, at: Ms) {
        if let Some((range, _)) = self.recorded.last_mut() {
            range.end = range.end.min(at);
        }
    }

    /// The latest that is known of.
    fn end(&self) -> Ms {
        let last_told = self.told.last().map_or(self.begins.at, |input| input.at);
        let ends = self.recorded.iter().map(|(range, _)| if range.end == Ms(u64::MAX) { last_told } else { range.end });
        ends.max().unwrap_or(last_told).max(last_told)
    }

    /// The cuts as they were made then.
    pub fn direct_again(&self) -> Result<Vec<Decision>, RuleError> {
        Ok(self.run(self.begins.director()?, self.told.iter()))
    }

    /// The cuts as they were made then, as far as there are pictures for them.
    pub fn direct_with(&self, left: &Left) -> Result<Vec<Decision>, RuleError> {
        let rules = Rules::read(&self.begins.rules, self.begins.room.as_deref())?;
        let inputs = self.inputs(left);
        let director = Director::new(rules, &inputs, self.begins.at).at_home_in(self.begins.home);
        // Whoever showed by hand what was not recorded gets the first picture that was.
        let as_left = |what: &What| match what {
            What::Told(Order::Show { shot, from }) if !shot.inputs.iter().all(|input| inputs.contains(input)) => {
                let shot = Shot { layout: "single".into(), inputs: inputs.first().copied().into_iter().collect() };
                Some(What::Told(Order::Show { shot, from: from.clone() }))
            }
            what => Some(what.clone()),
        };
        Ok(self.run_with(director, left, as_left))
    }

    /// The cuts by other rules, which decide alone: what people wanted then is left out.
    pub fn direct_by(&self, rules: &Rules, left: &Left) -> Vec<Decision> {
        let director = Director::new(rules.clone(), &self.inputs(left), self.begins.at);
        self.run_with(director, left, |what| (!matches!(what, What::Told(_))).then(|| what.clone()))
    }

    /// The inputs that there are pictures of. What a director does not know of it does not show.
    fn inputs(&self, left: &Left) -> Vec<PictureRole> {
        let begins = self.recorded.first().map_or(0, |(_, lesson_ms)| *lesson_ms);
        let has = |role: &&PictureRole| left.get(role).is_some_and(|ends| *ends > begins);
        self.begins.inputs.iter().filter(has).copied().collect()
    }

    /// What was told, as `of` makes it of what there is left.
    fn run_with(&self, mut director: Director, left: &Left, of: impl Fn(&What) -> Option<What>) -> Vec<Decision> {
        self.begins.known.iter().filter_map(&of).for_each(|what| director.recall(what));
        let ended = self.ended(left);
        let is_back = |input: &Input| match &input.what {
            What::Seen(Observation::Input(InputState { input: role, live: true })) => {
                ended.iter().any(|(at, other)| other == role && input.at >= *at)
            }
            _ => false,
        };
        let lost = ended
            .iter()
            .map(|(at, input)| Input::seen(*at, Observation::Input(InputState { input: *input, live: false })));
        let told = self.told.iter().filter(|input| !is_back(input));
        let told = told.filter_map(|input| Some(Input { at: input.at, what: of(&input.what)? }));
        let mut told: Vec<Input> = told.chain(lost).collect();
        told.sort_by_key(|input| input.at);
        self.run(director, told.iter())
    }

    /// The tracks that end long before the others, within this segment: their inputs are lost from then on.
    fn ended(&self, left: &Left) -> Vec<(Ms, PictureRole)> {
        let whole = left.values().max().copied().unwrap_or(0);
        let early = left.iter().filter(|(_, ends)| **ends + ENDS_EARLY_MS < whole);
        early.filter_map(|(role, ends)| Some((self.at_lesson_ms(*ends)?, *role))).collect()
    }

    fn at_lesson_ms(&self, lesson_ms: u64) -> Option<Ms> {
        self.recorded.iter().find_map(|(range, begins)| {
            let into = lesson_ms.checked_sub(*begins)?;
            let at = range.start + Ms(into);
            (at < range.end).then_some(at)
        })
    }

    fn run<'a>(&self, mut director: Director, told: impl Iterator<Item = &'a Input>) -> Vec<Decision> {
        let mut cuts: Vec<Decision> = told.cloned().flat_map(|input| director.step(input)).collect();
        cuts.extend(director.step(Input::time(self.end())));
        cuts
    }

    /// The lesson's time of a moment, in milliseconds; that of the next moment that was recorded where it was not itself.
    pub fn lesson_ms(&self, at: Ms) -> Option<u64> {
        let next = self.recorded.iter().find(|(range, _)| at < range.end)?;
        Some(next.1 + at.0.saturating_sub(next.0.start.0))
    }
}

#[cfg(test)]
mod tests {
    use ketang_director::observation::{Computer, InputState, Observation, Screen};

    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path()), Err(ReplayError::Read { .. })));
        let begins = Begins {
            at: Ms(1000),
            rules: Rules::shipped_text("lecture").unwrap().to_owned(),
            room: None,
            inputs: vec![PictureRole::TeacherPanorama, PictureRole::Hdmi],
            home: Mode::Automatic,
            known: vec![What::Seen(Observation::Input(InputState {
                input: PictureRole::TeacherPanorama,
                live: false,
            }))],
        };
        let told = Input::seen(Ms(2500), Observation::Computer(Computer { screen: Some(Screen::Unchanged) }));
        let mut log = DirectorLog::open(folder.path()).unwrap();
        for line in [
            Line::Begins(begins.clone()),
            Line::Goes { at: Ms(1400), lesson_ms: 0 },
            Line::Told(told.clone()),
            Line::Rests { at: Ms(4000) },
            Line::Goes { at: Ms(9000), lesson_ms: 2600 },
        ] {
            log.write(&line).unwrap();
        }
        log.0.write_all(b"{\"told\":{\"at\":95").unwrap();
        let [segment] = &read(folder.path()).unwrap()[..] else { panic!("one segment") };
        assert_eq!((&segment.begins, &segment.told), (&begins, &vec![told]));
        let times = [1000, 1400, 3000, 5000, 9500].map(|at| segment.lesson_ms(Ms(at)));
        assert_eq!(times, [Some(0), Some(0), Some(1600), Some(2600), Some(3100)]);
        let cuts = segment.direct_again().unwrap();
        assert_eq!(cuts[0].at, Ms(1000), "{cuts:?}");
        assert_eq!(cuts[0].shot.inputs, [PictureRole::Hdmi], "what was known counts at once");
    }

    #[test]
    fn what_was_not_recorded_or_ended_early_is_not_shown() {
        use PictureRole::{Hdmi, StudentsPanorama, TeacherPanorama};
        let begins = Begins {
            at: Ms(1000),
            rules: "[rules.computer]\npriority = 9\nshow = [\"hdmi\"]\n[rules.class]\npriority = 1\nshow = [\"students-panorama\"]\n".into(),
            room: None,
            inputs: vec![TeacherPanorama, StudentsPanorama, Hdmi],
            home: Mode::Automatic,
            known: Vec::new(),
        };
        let segment = Segment { begins, told: Vec::new(), recorded: vec![(Ms(1000)..Ms(61_000), 0)] };
        let shown = |left: &[(PictureRole, u64)]| {
            let cuts = segment.direct_with(&left.iter().copied().collect()).unwrap();
            cuts.iter().map(|cut| (cut.at, cut.shot.inputs[0])).collect::<Vec<_>>()
        };
        let all = [(TeacherPanorama, 60_000), (StudentsPanorama, 60_000), (Hdmi, 60_000)];
        assert_eq!(shown(&all), [(Ms(1000), Hdmi)]);
        assert_eq!(shown(&all[..2]), [(Ms(1000), StudentsPanorama)], "no track of the computer");
        let early = shown(&[all[0], all[1], (Hdmi, 20_000)]);
        assert_eq!(early.last().map(|cut| cut.1), Some(StudentsPanorama), "{early:?}");
        assert!((Ms(21_000)..Ms(23_000)).contains(&early[1].0), "{early:?}");
    }
}
