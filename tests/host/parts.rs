//! Parts: files below the limit that join without a gap (HB-5).

use ketang_hal::role::PictureRole::{Hdmi, TeacherPanorama};
use ketang_protocol::command::{Command, Export};
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::JobState;
use ketang_tests::{Frame, HostSettings, NOISE, TestHost, assert_consecutive, film, panes, shown_by_ffmpeg};

/// The smallest limit that may be configured, in bytes.
const LIMIT: u64 = 10_000_000;

#[test]
fn parts_stay_below_the_limit_and_join_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let settings = HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic", "room-mic"])
        .set("inputs.hdmi.source", format!("file:{}", film(folder.path(), "noise.mp4", NOISE).display()))
        .set("recording.tracks", "[]")
        .set("recording.part-limit-mb", 10)
        .set("recording.programme-kbit", 20_000);
    let host = TestHost::open(&settings);
    host.show("side-by-side", &[TeacherPanorama, Hdmi]);
    let camera = &panes("side-by-side")[..1];
    let numbers = |frames: Vec<Frame>| frames.iter().map(|frame| frame.number([0])).collect::<Vec<_>>();
    let id = host.start();
    host.wait("two parts are full", |now| {
        let tracks = now.lesson.iter().flat_map(|lesson| &lesson.tracks);
        tracks.map(|track| track.bytes).max().unwrap_or_default() > 2 * LIMIT
    });
    host.record_for(1.0);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    let parts = &kept.track("programme").parts;
    assert!(parts.len() >= 3, "{parts:#?}");
    assert!(parts.iter().all(|part| part.bytes < LIMIT), "{parts:#?}");
    let recorded = numbers(kept.frames("programme", camera));
    assert_consecutive(&recorded);
    for joint in kept.figures("programme").joints {
        assert!(joint.picture_gap.unwrap().abs() < 0.025 && joint.sound_gap.unwrap().abs() < 0.025, "{joint:?}");
    }
    assert_eq!(kept.track("sound").parts.len(), 1, "sound alone is far from the limit");

    // What is exported in parts keeps the limit too, and every frame of the piece that was asked for.
    for (name, from, to) in [("whole", None, None), ("piece", Some(1.0), Some(kept.seconds("programme") - 0.4))] {
        let folder = host.folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        let export = Export {
            lesson: id.clone(),
            track: "programme".into(),
            to: folder.join("physics.mp4"),
            from_seconds: from,
            to_seconds: to,
            parts: true,
        };
        let done = host.done(Command::Export(export));
        assert_eq!(host.job(done.job), JobState::Done);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let names: Vec<_> = (1..=files.len()).map(|number| folder.join(format!("physics-{number:04}.mp4"))).collect();
        assert!(files == names && files.len() >= 3, "{files:?}");
        assert!(files.iter().all(|file| std::fs::metadata(file).unwrap().len() < LIMIT));
        let exported = numbers(files.iter().flat_map(|file| shown_by_ffmpeg(file, camera)).collect());
        let first = from.map_or(0, |from| (from / 0.04).round() as usize);
        let last = recorded.len() - to.map_or(0, |_| 10);
        assert_eq!(exported, recorded[first..last], "{name}");
    }
}
