//! `scripts/eval slides CLIP EVENTS.csv`: the computer's picture of a clip watched as the host would, scored against when the
//! slides really changed.

use std::path::{Path, PathBuf};

use ketang_director::Ms;
use ketang_director::observation::Screen;
use ketang_screen::luma::Luma;
use ketang_screen::watcher::{SlideChange, Watcher};
use serde::Serialize;

use crate::clip::{Clip, cpu_seconds};
use crate::tracking::rounded;
use crate::truth::rows;

pub(crate) const HELP: &str = "slides CLIP EVENTS.csv [--fps 10] [--tolerance 1] [--rows]
  CLIP        any film that ffmpeg reads
  EVENTS.csv  t_seconds,type,note: each row of a type change, slide, slide-change, slide-changed, fade, build or animation
              is a slide change and the time at which it began; rows of other types are none
  --fps       at most so many frames a second are looked at
  --tolerance seconds by which the beginning may be off for a change to be found
  --rows      prints every change with what was found, and what the picture did when";

/// Types of rows that are slide changes; what else is named happens, and is none.
const CHANGES: [&str; 7] = ["change", "slide", "slide-change", "slide-changed", "fade", "build", "animation"];

pub(crate) struct Settings {
    pub(crate) clip: PathBuf,
    pub(crate) events: PathBuf,
    per_second: f64,
    tolerance: f64,
    rows: bool,
}

impl Settings {
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut files = Vec::new();
        let (clip, events) = (PathBuf::new(), PathBuf::new());
        let mut settings = Self { clip, events, per_second: 10.0, tolerance: 1.0, rows: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut number = |least: f64, most: f64| {
                let value = arguments.next().and_then(|value| value.parse().ok());
                let wrong = || format!("{argument} needs a number from {least} to {most}");
                value.filter(|value| (least..=most).contains(value)).ok_or_else(wrong)
            };
            match argument.as_str() {
                "--fps" => settings.per_second = number(1.0, 60.0)?,
                "--tolerance" => settings.tolerance = number(0.0, 60.0)?,
                "--rows" => settings.rows = true,
                _ if argument.starts_with("--") => return Err(format!("there is no {argument}")),
                _ => files.push(PathBuf::from(argument)),
            }
        }
        let [clip, events] = files.try_into().map_err(|_| format!("two files are needed: use\n{HELP}"))?;
        Ok(Self { clip, events, ..settings })
    }
}

/// When the slides changed, in seconds, in order.
pub(crate) fn read_events(path: &Path) -> Result<Vec<f64>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let read = rows(&text, |at, fields| fields.first().map(|kind| CHANGES.contains(kind).then_some(at)));
    let events = read.map_err(|wrong| format!("{}:{wrong} is not t_seconds,type,note", path.display()))?;
    let mut changes: Vec<f64> = events.into_iter().flatten().collect();
    changes.sort_by(f64::total_cmp);
    Ok(changes)
}

/// A clip as it was seen.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) changes: Vec<SlideChange>,
    /// What the picture did, and from when on.
    screens: Vec<(f64, Screen)>,
    frames: usize,
    per_second: f64,
    cpu_seconds: f64,
}

pub(crate) fn watch(settings: &Settings) -> Result<Watched, String> {
    let clip = Clip::open(&settings.clip, settings.per_second)?;
    let mut watched = Watched { per_second: clip.per_second, ..Watched::default() };
    let mut watcher = Watcher::default();
    for (at, picture) in clip {
        let before = cpu_seconds();
        let luma = Luma::from_rgb(picture.width, picture.height, &picture.data);
        let seen = watcher.see(Ms::from_seconds_f64(at), luma.as_ref());
        watched.cpu_seconds += cpu_seconds() - before;
        watched.frames += 1;
        watched.changes.extend(seen.change);
        if watched.screens.last().is_none_or(|(_, screen)| *screen != seen.screen) {
            watched.screens.push((at, seen.screen));
        }
    }
    if watched.frames == 0 { Err(format!("{}: no frame was read", settings.clip.display())) } else { Ok(watched) }
}

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    evaluation: &'static str,
    clip: String,
    seconds: f64,
    /// Changes of the truth, and the share of them that was found; `None` where there is none.
    pub(crate) changes: usize,
    pub(crate) found: Option<f64>,
    /// Changes that were none.
    pub(crate) false_changes: usize,
    pub(crate) false_per_10_min: f64,
    /// From a change's beginning to its being told, and by how much its beginning was off.
    delay_s_p95: Option<f64>,
    began_error_s_p95: Option<f64>,
    cpu_ms_per_frame: f64,
    /// Of one core, at the rate at which frames were seen.
    cpu_of_a_core: f64,
}

pub(crate) fn p95(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * 95).div_ceil(100).saturating_sub(1)).copied().map(rounded)
}

pub(crate) fn score(settings: &Settings, watched: &Watched, truths: &[f64]) -> Figures {
    let mut left = watched.changes.clone();
    let (mut delays, mut errors) = (Vec::new(), Vec::new());
    for &truth in truths {
        let off = |change: &SlideChange| (change.began.as_seconds_f64() - truth).abs();
        let nearest = (0..left.len()).min_by(|a, b| off(&left[*a]).total_cmp(&off(&left[*b])));
        let found = nearest.filter(|nearest| off(&left[*nearest]) <= settings.tolerance).map(|n| left.remove(n));
        if settings.rows {
            println!("{truth:7.2} change, found {found:?}");
        }
        if let Some(change) = found {
            errors.push(off(&change));
            delays.push(change.settled.as_seconds_f64() - truth);
        }
    }
    if settings.rows {
        left.iter().for_each(|change| println!("{:7.2} no change, found {change:?}", change.began.as_seconds_f64()));
        watched.screens.iter().for_each(|(at, screen)| println!("{at:7.2} {screen:?}"));
    }
    let seconds = watched.frames as f64 / watched.per_second;
    Figures {
        evaluation: "slides",
        clip: settings.clip.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        seconds: rounded(seconds),
        changes: truths.len(),
        found: (!truths.is_empty()).then(|| rounded(errors.len() as f64 / truths.len() as f64)),
        false_changes: left.len(),
        false_per_10_min: rounded(left.len() as f64 / seconds * 600.0),
        delay_s_p95: p95(delays),
        began_error_s_p95: p95(errors),
        cpu_ms_per_frame: rounded(watched.cpu_seconds * 1000.0 / watched.frames as f64),
        cpu_of_a_core: rounded(watched.cpu_seconds / seconds),
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let settings = Settings::read(arguments)?;
    let truths = read_events(&settings.events)?;
    let figures = score(&settings, &watch(&settings)?, &truths);
    println!("{}", serde_json::to_string(&figures).map_err(|error| error.to_string())?);
    Ok(())
}
