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
        let [(at, title)] = &chapters(&file)[..] else { panic!("one chapter in {}", file.display()) };
        assert!((at - (marked - begins)).abs() < 0.002 && title == "勾股定理", "{at} {title}, marked at {marked}");
    }

    let refused =
        daemon.ctl(&["export", &id.0, "--to", layouts.path().join("x.mp4").to_str().unwrap(), "--track", "hdmi"]);
    assert!(refused.code != 0 && refused.err.contains("programme, sound"), "{refused:?}");
}
