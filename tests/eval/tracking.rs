//! `scripts/eval tracking CLIP TRUTH.csv`: the tracker on a clip, frame by frame as the host would see it, scored against
//! where the person really is.

use std::path::{Path, PathBuf};

use ketang_detector::MoveNet;
use ketang_director::Ms;
use ketang_tracker::area::Area;
use ketang_tracker::detector::Detector;
use ketang_tracker::room::Room;
use ketang_tracker::watcher::{Seen, Watcher};
use serde::Serialize;

use crate::clip::{Clip, cpu_seconds};
use crate::truth::{Truth, read_truth};

pub(crate) const HELP: &str = "tracking CLIP TRUTH.csv [--room ROOM.toml] [--fps 10] [--without-detector] [--rows]
  CLIP        any film that ffmpeg reads
  TRUTH.csv   t_seconds,x,y,w,h: the box in shares of the picture, from its top left corner; empty or of no size: nobody is
              visible; # begins a comment
  --room      zones and masks of the room
  --fps       at most so many frames a second are looked at
  --without-detector   by motion alone, as without the models
  --rows      prints every row of the truth with what was found";

/// How a clip is watched.
pub(crate) struct Settings {
    pub(crate) clip: PathBuf,
    pub(crate) truth: PathBuf,
    pub(crate) room: Room,
    pub(crate) per_second: f64,
    pub(crate) detector: bool,
    pub(crate) rows: bool,
    pub(crate) video: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut files = Vec::new();
        let (clip, truth) = (PathBuf::new(), PathBuf::new());
        let mut settings =
            Self { clip, truth, room: Room::default(), per_second: 10.0, detector: true, rows: false, video: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--room" => {
                    let path = value()?;
                    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
                    settings.room = Room::read(&text).map_err(|error| format!("{path}: {error}"))?;
                }
                "--fps" => {
                    let rate = value()?.parse().ok().filter(|rate| (1.0..=60.0).contains(rate));
                    settings.per_second = rate.ok_or("--fps needs a number from 1 to 60")?;
                }
                "--video" => settings.video = Some(value()?.into()),
                "--without-detector" => settings.detector = false,
                "--rows" => settings.rows = true,
                _ if argument.starts_with("--") => return Err(format!("there is no {argument}")),
                _ => files.push(PathBuf::from(argument)),
            }
        }
        let [clip, truth] = files.try_into().map_err(|_| format!("two files are needed: use\n{HELP}"))?;
        Ok(Self { clip, truth, ..settings })
    }
}

/// Where the models are: as `scripts/eval` says.
pub(crate) fn models() -> PathBuf {
    std::env::var_os("KETANG_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("models"),
        PathBuf::from,
    )
}

pub(crate) fn open_detector(folder: &Path) -> Result<MoveNet, String> {
    MoveNet::open(folder).map_err(|error| error.to_string())
}

/// A clip as it was seen.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) seen: Vec<Seen>,
    /// Width over height of the clip.
    pub(crate) aspect: f64,
    pub(crate) per_second: f64,
    /// CPU time of seeing alone, decoding left out.
    pub(crate) cpu_seconds: f64,
}

impl Watched {
    /// What was known at a time: the latest frame until then. A frame counts for the moment it was taken.
    pub(crate) fn at(&self, seconds: f64) -> Option<&Seen> {
        let until = Ms::from_seconds_f64(seconds + 0.5 / self.per_second);
        self.seen.iter().rev().find(|seen| seen.at < until)
    }

    pub(crate) fn teacher_at(&self, seconds: f64) -> Option<Area> {
        self.at(seconds)?.teacher().map(|person| person.area)
    }
}

pub(crate) fn watch(settings: &Settings) -> Result<Watched, String> {
    let mut detector = if settings.detector { Some(open_detector(&models())?) } else { None };
    let clip = Clip::open(&settings.clip, settings.per_second)?;
    let mut watched = Watched { aspect: clip.aspect, per_second: clip.per_second, ..Watched::default() };
    let mut watcher = Watcher::new(settings.room.clone());
    for (at, picture) in clip {
        let before = cpu_seconds();
        let detector = detector.as_mut().map(|detector| detector as &mut dyn Detector);
        let seen = watcher.see(Ms::from_seconds_f64(at), &picture, detector);
        watched.cpu_seconds += cpu_seconds() - before;
        if let Some(error) = &seen.failed {
            return Err(error.to_string());
        }
        watched.seen.push(seen);
    }
    if watched.seen.is_empty() { Err(format!("{}: no frame was read", settings.clip.display())) } else { Ok(watched) }
}

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) evaluation: &'static str,
    pub(crate) clip: String,
    pub(crate) seconds: f64,
    /// Rows of the truth with somebody, and with nobody.
    pub(crate) rows_somebody: usize,
    pub(crate) rows_nobody: usize,
    /// Of rows with somebody: the truth's centre lies in the estimated box.
    pub(crate) centre_inside: Option<f64>,
    pub(crate) mean_iou: Option<f64>,
    /// Of rows with nobody: somebody was reported.
    pub(crate) false_somebody: Option<f64>,
    /// Changes from one teacher to another.
    pub(crate) teacher_changes: usize,
    pub(crate) looks_per_s: f64,
    pub(crate) cpu_ms_per_frame: f64,
    /// Of one core, at the rate at which frames were seen.
    pub(crate) cpu_of_a_core: f64,
}

pub(crate) fn score(settings: &Settings, watched: &Watched, truths: &[Truth]) -> Figures {
    let end = watched.seen.last().map_or(0.0, |seen| seen.at.as_seconds_f64());
    let (mut somebody, mut nobody, mut inside, mut wrong, mut iou) = (0, 0, 0, 0, 0.0);
    for truth in truths.iter().filter(|truth| truth.at <= end + 1.0 / watched.per_second) {
        let found = watched.teacher_at(truth.at);
        let overlap = truth.area.zip(found).map_or(0.0, |(truth, found)| truth.iou(&found));
        if settings.rows {
            print_row(truth, watched.at(truth.at), overlap);
        }
        match truth.area {
            Some(area) => {
                somebody += 1;
                iou += f64::from(overlap);
                inside += usize::from(found.is_some_and(|found| found.contains(area.centre())));
            }
            None => {
                nobody += 1;
                wrong += usize::from(found.is_some());
            }
        }
    }
    let share = |part: f64, of: usize| (of > 0).then(|| rounded(part / of as f64));
    let teachers: Vec<u32> = watched.seen.iter().filter_map(|seen| seen.teacher).collect();
    let frames = watched.seen.len() as f64;
    Figures {
        evaluation: "tracking",
        clip: settings.clip.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        seconds: rounded(frames / watched.per_second),
        rows_somebody: somebody,
        rows_nobody: nobody,
        centre_inside: share(inside as f64, somebody),
        mean_iou: share(iou, somebody),
        false_somebody: share(wrong as f64, nobody),
        teacher_changes: teachers.windows(2).filter(|pair| pair[0] != pair[1]).count(),
        looks_per_s: rounded(
            watched.seen.iter().filter(|seen| seen.looked).count() as f64 / frames * watched.per_second,
        ),
        cpu_ms_per_frame: rounded(watched.cpu_seconds * 1000.0 / frames),
        cpu_of_a_core: rounded(watched.cpu_seconds / frames * watched.per_second),
    }
}

/// A line for people: the truth, and everybody who was found, the teacher marked.
fn print_row(truth: &Truth, seen: Option<&Seen>, overlap: f32) {
    let show = |area: &Area| format!("({:.2} {:.2} {:.2} {:.2})", area.x, area.y, area.width, area.height);
    let truth_area = truth.area.map_or("nobody".to_owned(), |area| show(&area));
    let people = seen.map_or(&[][..], |seen| &seen.people).iter().map(|person| {
        let mark = if seen.is_some_and(|seen| seen.teacher == Some(person.id)) { "*" } else { "" };
        format!("{mark}{} {} {:.0} %", person.id, show(&person.area), person.sure * 100.0)
    });
    println!("{:7.2} {truth_area} iou {overlap:.2} found {}", truth.at, people.collect::<Vec<_>>().join(", "));
}

pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let settings = Settings::read(arguments)?;
    let truths = read_truth(&settings.truth)?;
    let figures = score(&settings, &watch(&settings)?, &truths);
    println!("{}", serde_json::to_string(&figures).map_err(|error| error.to_string())?);
    Ok(())
}
