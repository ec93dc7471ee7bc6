//! The bars of seeing, held on the clips where they are. They are no part of the project: without them, or without the
//! models, the tests say so and pass.

use std::path::{Path, PathBuf};

use crate::tracking::{Settings, models, score, watch};
use crate::truth::read_truth;
use crate::{closeup, slides, tracking};

fn media() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::env::var_os("KETANG_MEDIA").map_or_else(|| root.join("shared/media"), PathBuf::from)
}

/// A clip and how it is watched, or `None` and why not.
fn clip(name: &str) -> Option<Settings> {
    let folder = media();
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
    let planned = closeup::plan(&watched);
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

/// A recording of a computer's picture and its events, or `None` and why not.
fn screen(name: &str) -> Option<slides::Settings> {
    let folder = media();
    let events = folder.join(format!("{}.events.csv", name.split('.').next().unwrap()));
    if !folder.join(name).is_file() || !events.is_file() {
        println!("skipped: {} is not there: set KETANG_MEDIA to the folder of the clips", folder.join(name).display());
        return None;
    }
    Some(slides::Settings::read(&[folder.join(name), events].map(|path| path.to_string_lossy().into_owned())).unwrap())
}

#[test]
fn the_slides_of_the_recordings_are_found_and_nothing_else() {
    for name in ["slides_slidechanges.mp4", "slides_xquery_speech.mov", "slides_galicaster_still.mp4"] {
        let Some(settings) = screen(name) else { continue };
        let figures = slides::score(
            &settings,
            &slides::watch(&settings).unwrap(),
            &slides::read_events(&settings.events).unwrap(),
        );
        assert!(figures.found.is_none_or(|found| found >= 0.95), "{figures:?}");
        assert_eq!(figures.false_changes, 0, "{figures:?}");
    }
}

/// The same slides as a stingy encoder leaves them, and with fades between them and a film in a window: made of the recordings.
#[test]
fn slides_are_found_after_a_stingy_encoder_in_fades_and_around_a_film() {
    let Some(settings) = screen("slides_slidechanges.mp4") else { return };
    let film = settings.clip.with_file_name("multi_vtest_a.mp4");
    let folder = tempfile::tempdir().unwrap();
    // Stills of the four slides; each fades into the next within 1 s. From 11 s on a film runs in a window: that it opens is a
    // change, what it shows is none.
    let still = |(number, (at, seconds)): (usize, (u32, u32))| {
        let still =
            format!("trim={at}:{at}.05,setpts=PTS-STARTPTS,tpad=stop_mode=clone:stop_duration={seconds},fps=24");
        format!("[0]{still},scale=640:480[s{number}]")
    };
    let stills: Vec<_> = [(2, 4), (9, 4), (16, 4), (23, 12)].into_iter().enumerate().map(still).collect();
    let fade =
        |from: &str, to: &str, at: u32, name: &str| format!("[{from}][{to}]xfade=duration=1:offset={at}[{name}]");
    let fades = [fade("s0", "s1", 3, "a"), fade("a", "s2", 6, "b"), fade("b", "s3", 9, "c")].join(";");
    let window = "[1]fps=24,scale=240:180[w];[c][w]overlay=380:120:enable='gte(t,11)':shortest=1";
    let cases = [
        ("stingy.mp4", "[0]scale=1280:960".to_owned(), "150k", vec![7.34, 14.24, 21.27]),
        ("fades.mp4", format!("{};{fades};{window}", stills.join(";")), "800k", vec![3.0, 6.0, 9.0, 11.0]),
    ];
    for (name, filter, rate, truths) in cases {
        let clip = folder.path().join(name);
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .args([&settings.clip, Path::new("-i"), &film])
            .args(["-filter_complex", &filter, "-an", "-c:v", "libx264", "-preset", "ultrafast"])
            .args(["-b:v", rate, "-g", "500", "-pix_fmt", "yuv420p"])
            .arg(&clip)
            .status();
        assert!(made.unwrap().success(), "{name}");
        let arguments = [&clip, &settings.events].map(|path| path.to_string_lossy().into_owned());
        let settings = slides::Settings::read(&arguments).unwrap();
        let figures = slides::score(&settings, &slides::watch(&settings).unwrap(), &truths);
        assert_eq!((figures.found, figures.false_changes), (Some(1.0), 0), "{name}: {figures:?}");
    }
}
