//! A lesson on disk, and what is in its files.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ketang_hal::figures::{AudioFigures, SyncFigures, TrackFigures};
use ketang_hal::mark;
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_protocol::lesson::{CheckResult, Event, EventKind, Gap, GapKind, Lesson, Outcome, Track};

use crate::Share;

/// A lesson's record, events and files.
#[derive(Debug)]
pub struct Kept {
    pub lesson: Lesson,
    pub events: Vec<Event>,
    pub folder: PathBuf,
}

/// One decoded picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Seconds into the lesson.
    pub at: f64,
    /// The frame number in each pane that was asked for.
    pub marks: Vec<Option<u64>>,
    /// The luma of 8 × 8 places, to tell pictures apart.
    pub look: Vec<u8>,
}

impl Frame {
    fn of(luma: &[u8], stride: usize, (width, height): (u32, u32), at: f64, panes: &[Share]) -> Self {
        let number = |pane: &Share| mark::read(luma, stride, pane.on(width, height)).map(|mark| mark.number);
        let place = |n: u32, of: u32| ((2 * n + 1) * of / 16) as usize;
        let look = (0..64).map(|n| luma[place(n / 8, height) * stride + place(n % 8, width)]).collect();
        Self { at, marks: panes.iter().map(number).collect(), look }
    }

    /// The number that all of `panes` show; `None` where one has none or they differ.
    pub fn number(&self, panes: impl IntoIterator<Item = usize>) -> Option<u64> {
        let mut numbers = panes.into_iter().map(|pane| self.marks[pane]);
        let first = numbers.next()??;
        numbers.all(|number| number == Some(first)).then_some(first)
    }

    /// How much another picture differs, as the mean difference of luma.
    pub fn differs(&self, other: &Self) -> f64 {
        let sum: u32 = self.look.iter().zip(&other.look).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / self.look.len() as f64
    }
}

/// The worst offset of sound against picture, in milliseconds, and how many seconds were looked at.
#[derive(Clone, Copy, Debug)]
pub struct Offset {
    pub worst_ms: f64,
    pub pairs: u64,
}

impl Kept {
    /// A lesson's folder, without a host.
    pub fn read(folder: &Path) -> Self {
        let text = std::fs::read(folder.join("lesson.json")).expect("the lesson's record is there");
        let lesson = serde_json::from_slice(&text).expect("the lesson's record is whole");
        let lines = std::fs::read_to_string(folder.join("events.jsonl")).expect("the lesson's events are there");
        let events = lines.lines().map(|line| serde_json::from_str(line).expect("every event is whole")).collect();
        Self { lesson, events, folder: folder.to_owned() }
    }

    pub fn track(&self, name: &str) -> &Track {
        let names = || self.lesson.tracks.iter().map(|track| track.name.as_str()).collect::<Vec<_>>();
        self.lesson.tracks.iter().find(|track| track.name == name).unwrap_or_else(|| panic!("{name}: {:?}", names()))
    }

    pub fn track_names(&self) -> Vec<&str> {
        self.lesson.tracks.iter().map(|track| track.name.as_str()).collect()
    }

    pub fn files(&self, track: &str) -> Vec<PathBuf> {
        self.track(track).parts.iter().map(|part| self.folder.join(&part.file)).collect()
    }

    /// The length of a track, in seconds.
    pub fn seconds(&self, track: &str) -> f64 {
        self.track(track).ends_at()
    }

    /// What is measured in a track; every frame is decoded and every file played whole.
    pub fn figures(&self, track: &str) -> TrackFigures {
        self.figures_but_for(track, 0)
    }

    /// The same where so many frames may be damaged, as the last before a network camera was cut off in the middle of one.
    pub fn figures_but_for(&self, track: &str, damaged: u64) -> TrackFigures {
        ketang_pipelines::init().expect("GStreamer is installed");
        let figures = measure::track(&self.files(track), &MeasureSettings::default(), &|_| {});
        assert!(!figures.parts.is_empty(), "{track} has no part");
        for (part, figures) in self.track(track).parts.iter().zip(&figures.parts) {
            let figures = figures.as_ref().unwrap_or_else(|why| panic!("{} does not play: {why}", part.file));
            if let Some(video) = &figures.video {
                let good = video.faults <= damaged && video.frames - video.decoded <= damaged;
                assert!(good, "{}: {video:?}, {:?}", part.file, figures.complaints);
            }
            let sound_faults = figures.audio.as_ref().map_or(0, |audio| audio.faults);
            assert_eq!(sound_faults, 0, "{}: {:?}, {:?}", part.file, figures.audio, figures.complaints);
        }
        figures
    }

    /// What is heard in the one part of a track, where half a second below -60 dBFS counts as silence.
    pub fn sound(&self, track: &str) -> AudioFigures {
        self.sound_above(track, -60.0)
    }

    /// The same with another limit: noise suppression leaves a quiet room at about -60 dBFS, and a lost microphone leaves nothing
    /// but what the encoder lets through from the other channel.
    pub fn sound_above(&self, track: &str, silence_dbfs: f64) -> AudioFigures {
        let [file] = &self.files(track)[..] else { panic!("one part: {:?}", self.track(track)) };
        ketang_pipelines::init().expect("GStreamer is installed");
        let settings = MeasureSettings { silence_seconds: 0.5, silence_dbfs, ..MeasureSettings::default() };
        let figures = measure::file(file, &settings, &|_| {}).unwrap_or_else(|error| panic!("{track}: {error}"));
        figures.audio.unwrap_or_else(|| panic!("{track} has no sound"))
    }

    /// Beeps against flashes, over all parts of a track.
    pub fn offset(&self, track: &str) -> Offset {
        let figures = self.figures(track);
        let parts = figures.parts.iter().flatten().filter_map(|part| part.sync);
        let worse = |worst: Offset, sync: SyncFigures| Offset {
            worst_ms: if sync.worst_ms.abs() > worst.worst_ms.abs() { sync.worst_ms } else { worst.worst_ms },
            pairs: worst.pairs + sync.pairs,
        };
        parts.fold(Offset { worst_ms: 0.0, pairs: 0 }, worse)
    }

    /// Every picture of a track, with the frame numbers that its panes show.
    pub fn frames(&self, track: &str, panes: &[Share]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for part in &self.track(track).parts {
            frames.extend(frames_of(&self.folder.join(&part.file), part.begins_at, panes));
        }
        frames
    }

    /// The frame numbers of a track whose picture is shown whole.
    pub fn numbers(&self, track: &str) -> Vec<Option<u64>> {
        self.frames(track, &[Share::WHOLE]).iter().map(|frame| frame.number([0])).collect()
    }

    /// The cuts, as second, layout and reason; of those before the first frame the last, which alone is seen.
    pub fn cuts(&self) -> Vec<(f64, String, String)> {
        let cut = |event: &Event| match &event.what {
            EventKind::Cut { shot, reason, .. } => Some((event.at, shot.layout.clone(), reason.clone())),
            _ => None,
        };
        let mut cuts: Vec<_> = self.events.iter().filter_map(cut).collect();
        let seen = cuts.iter().rposition(|(at, ..)| *at <= 0.0).unwrap_or_default();
        cuts.split_off(seen)
    }

    /// The second of the first event that `is` picks.
    pub fn when(&self, is: impl Fn(&EventKind) -> bool) -> f64 {
        let found = self.events.iter().find(|event| is(&event.what));
        found.unwrap_or_else(|| panic!("there is no such event among {:#?}", self.events)).at
    }

    pub fn count(&self, is: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| is(&event.what)).count()
    }

    /// The gaps that `is` picks.
    pub fn gaps(&self, is: impl Fn(&GapKind) -> bool) -> Vec<&Gap> {
        self.lesson.gaps.iter().filter(|gap| is(&gap.what)).collect()
    }

    /// What verification found fault with.
    pub fn faults(&self) -> Vec<String> {
        let checks = self.lesson.verdict.iter().flat_map(|verdict| &verdict.checks);
        let faults = checks.filter(|check| check.result == CheckResult::Fail);
        faults.map(|check| format!("{} {}: {}", check.track, check.check, check.finding.english)).collect()
    }

    /// The lesson is good: it has this outcome and its verdict found no fault.
    pub fn assert_outcome(&self, outcome: Outcome) {
        assert_eq!(self.faults(), Vec::<String>::new(), "{:#?}\ngaps: {:#?}", self.lesson.tracks, self.lesson.gaps);
        assert_eq!(self.lesson.outcome, outcome, "gaps: {:#?}", self.lesson.gaps);
        assert!(self.lesson.verdict.as_ref().is_some_and(|verdict| verdict.ok), "it was verified");
    }

    /// The lesson has this outcome, whatever its verdict says.
    pub fn assert_ended(&self, outcome: Outcome) {
        assert_eq!(self.lesson.outcome, outcome, "faults: {:?}, gaps: {:#?}", self.faults(), self.lesson.gaps);
    }

    /// Sizes of all files in the folder, by name.
    pub fn sizes(&self) -> BTreeMap<String, u64> {
        let entries = std::fs::read_dir(&self.folder).expect("the folder can be read");
        entries
            .map(|entry| entry.expect("the folder can be read"))
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), entry.metadata().map_or(0, |meta| meta.len()))
            })
            .collect()
    }
}

/// Every picture of a file that begins `begins_at` seconds into the lesson.
pub fn frames_of(file: &Path, begins_at: f64, panes: &[Share]) -> Vec<Frame> {
    ketang_pipelines::init().expect("GStreamer is installed");
    let mut frames = Vec::new();
    let shown = measure::luma_frames(file, |_, luma| {
        let at = begins_at + luma.pts_ns as f64 / 1e9;
        frames.push(Frame::of(luma.data, luma.stride, (luma.width, luma.height), at, panes));
        ControlFlow::Continue(())
    });
    shown.unwrap_or_else(|error| panic!("{} does not play: {error}", file.display()));
    frames
}

/// As [`frames_of`], through ffmpeg: another program's view of the file, whatever its size.
pub fn shown_by_ffmpeg(file: &Path, panes: &[Share]) -> Vec<Frame> {
    const WIDTH: u32 = 1920;
    const HEIGHT: u32 = 1080;
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-map", "0:v", "-fps_mode", "passthrough"]);
    ffmpeg.args(["-vf", &format!("scale={WIDTH}:{HEIGHT}")]);
    ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "gray", "-"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut ffmpeg = ffmpeg.spawn().expect("ffmpeg is installed (`scripts/setup --tests` does)");
    let mut pictures = ffmpeg.stdout.take().expect("it was piped");
    let mut picture = vec![0; (WIDTH * HEIGHT) as usize];
    let mut frames = Vec::new();
    while pictures.read_exact(&mut picture).is_ok() {
        frames.push(Frame::of(&picture, WIDTH as usize, (WIDTH, HEIGHT), frames.len() as f64 * 0.04, panes));
    }
    assert!(ffmpeg.wait().is_ok_and(|status| status.success()), "ffmpeg cannot play {}", file.display());
    frames
}

/// Asserts that numbers follow each other: none missing, none repeated, all readable.
#[track_caller]
pub fn assert_consecutive(numbers: &[Option<u64>]) {
    assert!(!numbers.is_empty(), "there is no frame");
    let slips: Vec<_> = numbers
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| !matches!(pair, [Some(before), Some(after)] if *after == before + 1))
        .map(|(frame, pair)| (frame, pair[0], pair[1]))
        .collect();
    assert_eq!(slips, [], "frame numbers do not follow each other in {} frames", numbers.len());
}
