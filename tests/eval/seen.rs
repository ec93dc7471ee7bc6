//! The bars of seeing, held on the clips where they are. They are no part of the project: without them, or without the
//! models, the tests say so and pass.

use std::path::{Path, PathBuf};

use ketang_tracker::closeup::Frame;

use crate::clip::read_truth;
use crate::tracking::{Settings, models, score, watch};
use crate::{closeup, tracking};

/// A clip and how it is watched, or `None` and why not.
fn clip(name: &str) -> Option<Settings> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folder = std::env::var_os("KETANG_MEDIA").map_or_else(|| root.join("shared/media"), PathBuf::from);
    let file = |end: &str| folder.join(format!("{name}.{end}"));
    if !file("mp4").is_file() || !file("csv").is_file() {
        println!("skipped: {} is not there: set KETANG_MEDIA to the folder of the clips", file("mp4").display());
        return None;
    }
    if tracking::open_detector(&models()).is_err() {
        println!("skipped: no detector in {}: run scripts/models and set KETANG_MODELS", models().display());
        return None;
    }
    let arguments = [file("mp4"), file("csv")].map(|path| path.to_string_lossy().into_owned());
    Some(Settings::read(&arguments).unwrap())
}

#[test]
fn the_pacing_lecturer_is_followed_and_framed() {
    let Some(settings) = clip("semi_lecturer_pacing") else { return };
    let (watched, truths) = (watch(&settings).unwrap(), read_truth(&settings.truth).unwrap());
    let figures = score(&settings, &watched, &truths);
    assert!(figures.centre_inside.unwrap() >= 0.95 && figures.mean_iou.unwrap() >= 0.6, "{figures:?}");
    assert!(figures.false_somebody.unwrap() <= 0.02, "{figures:?}");
    let planned = closeup::plan(&watched, Frame::for_camera(watched.own_size.0, watched.own_size.1));
    let figures = closeup::score(&settings, &watched, &planned, &truths);
    assert!(figures.head_inside_seconds.unwrap() >= 0.98, "{figures:?}");
    assert!(figures.jerk_p95 * 3.0 <= figures.jerk_p95_plain, "{figures:?}");
}

#[test]
fn one_after_the_other_comes_and_goes() {
    let Some(settings) = clip("track_onebyone_a") else { return };
    let figures = score(&settings, &watch(&settings).unwrap(), &read_truth(&settings.truth).unwrap());
    assert!(figures.centre_inside.unwrap() >= 0.95 && figures.mean_iou.unwrap() >= 0.6, "{figures:?}");
    assert!(figures.false_somebody.unwrap() <= 0.02, "{figures:?}");
}
