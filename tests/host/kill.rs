//! `kill -9` in mid-lesson: at most a second is lost, the same lesson goes on, and its record says what happened.

use std::sync::Arc;
use std::time::Instant;

use ketang_hal::role::PictureRole::TeacherPanorama;
use ketang_protocol::lesson::{EventKind, GapKind, LessonId, Outcome};
use ketang_tests::{Daemon, HostSettings, Kept, Share, assert_consecutive, frames_of};

fn settings() -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
}

/// Begins a lesson of `planned`, kills the daemon in it, and tells how many seconds had been recorded for certain.
fn killed_in_mid_lesson(planned: &str) -> (Arc<tempfile::TempDir>, LessonId, f64) {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", planned, "--title", "光的折射"]);
    daemon.record_until(5.0);
    let told = daemon.snapshot().lesson.unwrap().seconds;
    let since = Instant::now();
    let recorded = told + since.elapsed().as_secs_f64();
    (daemon.kill(), id, recorded)
}

/// Every part of a track plays, and no frame is missing or repeated in it. What goes on after a kill begins with a slate,
/// for as long as the record says that the input was not open yet.
fn assert_parts_whole(kept: &Kept, track: &str) {
    let unopened = kept.gaps(|gap| *gap == GapKind::InputLost { input: TeacherPanorama.into() });
    for part in &kept.track(track).parts {
        let frames = frames_of(&kept.folder.join(&part.file), part.begins_at, &[Share::WHOLE]);
        let numbers: Vec<_> = frames.iter().map(|frame| frame.number([0])).collect();
        let slates = numbers.iter().take_while(|number| number.is_none()).count();
        assert_consecutive(&numbers[slates..]);
        let told = unopened.iter().find(|gap| (gap.at - part.begins_at).abs() < 0.1).and_then(|gap| gap.seconds);
        let told = told.unwrap_or_default();
        assert!((slates as f64 * 0.04 - told).abs() < 0.1, "{slates} slates in {part:?}, {told} s are told of");
        assert!((part.seconds - frames.len() as f64 * 0.04).abs() < 0.1, "{part:?} has {} frames", frames.len());
    }
}

#[test]
fn who_is_asked_to_end_in_mid_lesson_closes_it_whole_and_goes_on_later() {
    let daemon = Daemon::start(&settings());
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "10min"]);
    daemon.record_until(3.0);
    let (folder, recorded) = (daemon.folder(), daemon.snapshot().lesson.unwrap().seconds);
    assert!(daemon.terminate().success());
    let daemon = Daemon::start_in(folder, &settings());
    daemon.record_until(recorded + 3.0);
    assert_eq!(daemon.ctl(&["stop"]).code, 0);
    let kept = daemon.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.gaps(|gap| *gap == GapKind::HostDown).len(), 1, "{:#?}", kept.lesson.gaps);
    assert_eq!(kept.count(|event| *event == EventKind::Continued), 1);
    for track in ["programme", "teacher-panorama", "sound", "sound-fallback"] {
        let [before, _] = &kept.track(track).parts[..] else { panic!("{track}: {:#?}", kept.track(track)) };
        // Sound is in packets of 21 ms.
        let ends = before.ends_at();
        assert!(ends >= recorded - 0.022, "{track}: {ends:.3} s of {recorded:.3} s are left");
        kept.figures(track);
    }
    assert_parts_whole(&kept, "teacher-panorama");
}

#[test]
fn inside_its_time_the_same_lesson_goes_on() {
    let (folder, id, recorded) = killed_in_mid_lesson("10min");
    // What the next lesson would record is another matter: this one keeps its tracks.
    let daemon = Daemon::start_in(folder, &settings().set("recording.tracks", "[]"));
    daemon.record_until(recorded + 4.0);
    let now = daemon.snapshot().lesson.unwrap();
    assert_eq!((now.id, now.title.as_deref()), (id.clone(), Some("光的折射")));
    assert_eq!(daemon.ctl(&["stop"]).code, 0);
    let kept = daemon.ended(&id);

    assert_eq!(daemon.lessons().len(), 1, "it is one lesson");
    kept.assert_outcome(Outcome::KeptWithGaps);
    let [gap] = kept.gaps(|gap| *gap == GapKind::HostDown)[..] else { panic!("one gap: {:#?}", kept.lesson.gaps) };
    assert_eq!(kept.count(|event| *event == EventKind::Continued), 1);
    for track in ["programme", "teacher-panorama", "sound", "sound-fallback"] {
        let [before, after] = &kept.track(track).parts[..] else { panic!("{track}: {:#?}", kept.track(track)) };
        assert!(before.seconds >= recorded - 1.0, "{track}: {:.2} s of {recorded:.2} s are left", before.seconds);
        let joint = after.begins_at - before.seconds;
        // Tracks are synced in turns, half a second each; the lesson goes on where the longest ends.
        assert!((-0.1..1.0).contains(&joint), "{track} goes on {joint:.3} s after what is left of it");
        assert!(before.finished && after.finished);
    }
    assert!((gap.at - kept.track("programme").parts[0].seconds).abs() < 1.0, "{gap:?}");
    assert_parts_whole(&kept, "programme");
    assert_parts_whole(&kept, "teacher-panorama");
    let offset = kept.offset("programme");
    assert!(offset.pairs >= 7 && offset.worst_ms.abs() <= 40.0, "{offset:?}");
}

#[test]
fn past_its_time_the_lesson_is_finished_and_checked() {
    let (folder, id, recorded) = killed_in_mid_lesson("10s");
    // The power comes back after the lesson's planned end: as far as the host can tell, by the clock on the wall.
    set_back(&folder, &id);
    let daemon = Daemon::start_in(folder, &settings());
    let kept = daemon.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    assert_eq!(kept.lesson.gaps.iter().map(|gap| &gap.what).collect::<Vec<_>>(), [&GapKind::HostDown]);
    for track in ["programme", "teacher-panorama", "sound", "sound-fallback"] {
        let [part] = &kept.track(track).parts[..] else { panic!("{track}: {:#?}", kept.track(track)) };
        assert!(part.finished && part.seconds >= recorded - 1.0, "{track}: {part:?} of {recorded:.2} s");
    }
    assert_parts_whole(&kept, "programme");
    let next = daemon.start_lesson(&[]);
    assert_ne!(next, id, "the host is free for the next lesson");
}

/// Makes a lesson lie a minute in the past.
fn set_back(folder: &tempfile::TempDir, id: &LessonId) {
    let lesson = folder.path().join("data/lessons").join(&id.0);
    let mut kept = Kept::read(&lesson);
    kept.lesson.started -= jiff::SignedDuration::from_secs(60);
    std::fs::write(lesson.join("lesson.json"), serde_json::to_vec(&kept.lesson).unwrap()).unwrap();
    let mut lines = String::new();
    for event in &mut kept.events {
        event.time -= jiff::SignedDuration::from_secs(60);
        lines.push_str(&(serde_json::to_string(event).unwrap() + "\n"));
    }
    std::fs::write(lesson.join("events.jsonl"), lines).unwrap();
}
