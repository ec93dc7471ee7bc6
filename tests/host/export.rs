//! A layout that is only data, and exports of a lesson: through the real programs, shown by ffmpeg.

use std::path::Path;
use std::process::Command;

use ketang_protocol::lesson::{EventKind, Outcome};
use ketang_tests::{Daemon, HostSettings, Share, assert_consecutive, shown_by_ffmpeg};
use serde_json::Value;

/// The computer fills the picture but for a band with the camera in it.
const LECTURE: &str = r#"
[layouts.lecture]
chinese = "讲座"
english = "Lecture"
panes = [
    { x = 0.0, y = 0.0, width = 0.75, height = 0.75 },
    { x = 0.6, y = 0.6, width = 0.4, height = 0.4 },
]
"#;
const PANES: [Share; 2] = [Share::new(0.0, 0.0, 0.75), Share::new(0.6, 0.6, 0.4)];

/// The chapters of a file as ffprobe lists them: seconds and title.
fn chapters(file: &Path) -> Vec<(f64, String)> {
    let command = ["-v", "error", "-show_chapters", "-of", "json"];
    let output = Command::new("ffprobe").args(command).arg(file).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let chapter = |chapter: &Value| {
        let at = chapter["start_time"].as_str().unwrap().parse().unwrap();
        (at, chapter["tags"]["title"].as_str().unwrap().to_owned())
    };
    told["chapters"].as_array().unwrap().iter().map(chapter).collect()
}

#[test]
fn a_layout_of_ones_own_is_recorded_and_exported_frame_by_frame() {
    let layouts = tempfile::tempdir().unwrap();
    std::fs::write(layouts.path().join("lecture.toml"), LECTURE).unwrap();
    let settings = HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("recording.tracks", "[]")
        .set("programme.layouts-dir", format!("{:?}", layouts.path()));
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    assert!(daemon.snapshot().programme.layouts.contains(&"lecture".to_owned()));
    let shown = daemon.ctl(&["layout", "lecture", "hdmi", "teacher-panorama"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    daemon.wait("the layout is on air", |now| now.programme.shot.layout == "lecture");
    let id = daemon.start_lesson(&[]);
    daemon.record_until(2.0);
    assert_eq!(daemon.ctl(&["chapter", "勾股定理"]).code, 0);
    daemon.record_until(6.0);
    assert_eq!(daemon.ctl(&["stop", "--wait"]).code, 0);
    let kept = daemon.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    let frames = kept.frames("programme", &PANES);
    let numbers: Vec<_> = frames.iter().map(|frame| frame.number([0, 1])).collect();
    assert_consecutive(&numbers);

    let export = |args: &[&str], name: &str| {
        let to = layouts.path().join(name);
        let ran = daemon.ctl(&[&["export", &id.0, "--wait", "--to", to.to_str().unwrap()], args].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        shown_by_ffmpeg(&to, &PANES).iter().map(|frame| frame.number([0, 1])).collect::<Vec<_>>()
    };
    assert_eq!(export(&[], "whole.mp4"), numbers);
    // From a frame between key frames to another.
    assert_eq!(export(&["--from", "0:01.52", "--until", "0:04.2"], "cut.mp4"), numbers[38..105]);

    // Files list the chapters, each by its own time.
    let marked = kept.when(|event| matches!(event, EventKind::Chapter { .. }));
    let recorded = kept.files("programme").remove(0);
    for (file, begins) in
        [(recorded, 0.0), (layouts.path().join("whole.mp4"), 0.0), (layouts.path().join("cut.mp4"), 1.52)]
    {
        // The slide that was up when the lesson began is one too.
        let all = chapters(&file);
        let at: Vec<f64> = all.iter().filter(|(_, title)| title == "勾股定理").map(|(at, _)| *at).collect();
        assert!(at.len() == 1 && (at[0] - (marked - begins)).abs() < 0.002, "{all:?}, marked at {marked}");
    }

    let refused =
        daemon.ctl(&["export", &id.0, "--to", layouts.path().join("x.mp4").to_str().unwrap(), "--track", "hdmi"]);
    assert!(refused.code != 0 && refused.err.contains("programme, sound"), "{refused:?}");
}

/// A track that was lowered in mid-lesson has parts of two sizes, which no one file can hold.
#[test]
fn parts_of_two_sizes_are_exported_as_one_file_of_the_larger() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic"]);
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "10min"]);
    daemon.record_until(3.0);
    let folder = daemon.kill();
    // The lesson goes on with the tracks that its record tells of: this one at a smaller size.
    let record = folder.path().join("data/lessons").join(&id.0).join("lesson.json");
    let mut lesson: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    let tracks = lesson["tracks"].as_array_mut().unwrap();
    let track = tracks.iter_mut().find(|track| track["name"] == "teacher-panorama").unwrap();
    (track["width"], track["height"]) = (1280.into(), 720.into());
    std::fs::write(&record, serde_json::to_vec(&lesson).unwrap()).unwrap();
    let daemon = Daemon::start_in(folder, &settings);
    daemon.record_until(6.0);
    assert_eq!(daemon.ctl(&["stop", "--wait"]).code, 0);
    let kept = daemon.ended(&id);
    let [before, after] = &kept.track("teacher-panorama").parts[..] else { panic!("two parts") };
    let sizes: Vec<_> = kept
        .figures("teacher-panorama")
        .parts
        .into_iter()
        .map(|part| {
            let video = part.unwrap().video.unwrap();
            (video.width, video.height)
        })
        .collect();
    assert_eq!(sizes, [(1920, 1080), (1280, 720)]);

    let to = tempfile::tempdir().unwrap();
    let export = |name: &str, args: &[&str]| {
        let file = to.path().join(name);
        let fixed = ["export", &id.0, "--wait", "--track", "teacher-panorama", "--to", file.to_str().unwrap()];
        let job: Value = daemon.json(&[&fixed, args].concat());
        let numbers: Vec<_> = shown_by_ffmpeg(&file, &[Share::WHOLE]).iter().map(|frame| frame.number([0])).collect();
        (job["what"].as_str().unwrap().to_owned(), numbers)
    };
    let numbers = kept.numbers("teacher-panorama");
    assert_eq!(export("whole.mp4", &[]), ("export-encoded".into(), numbers.clone()));
    // A piece of one size is copied as it is.
    let first = (before.seconds / 0.04).round() as usize;
    // Between two frames, whatever the rounding.
    let from = format!("0:{:05.2}", after.begins_at + 0.98);
    assert_eq!(
        export("before.mp4", &["--from", "0:00.40", "--until", "0:02"]),
        ("export".into(), numbers[10..50].to_vec())
    );
    let (what, piece) = export("after.mp4", &["--from", &from]);
    assert_eq!((what.as_str(), &piece[..]), ("export", &numbers[first + 25..]));
    // Whoever exports reads what was done.
    let file = to.path().join("told.mp4");
    let told = daemon.ctl(&["export", &id.0, "--wait", "--track", "teacher-panorama", "--to", file.to_str().unwrap()]);
    assert!(told.code == 0 && told.out.contains("encoded anew"), "{told:?}");
}
