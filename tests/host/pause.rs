//! Pause and resume: what is paused is not in the file, everything else is, and the host does not forget that it waits.

use ketang_protocol::lesson::{EventKind, GapKind, Outcome};
use ketang_tests::{HostSettings, Share, TestHost};

#[test]
fn a_paused_stretch_is_missing_and_nothing_else() {
    let settings = HostSettings::simulated(&["teacher-panorama", "teacher-mic", "room-mic"])
        .set("recording.tracks", "[]")
        .set("lesson.pause-nag", "1s")
        .set("lesson.pause-auto-resume", "3s");
    let host = TestHost::open(&settings);
    let id = host.start();
    host.record_for(2.0);

    host.pause();
    let paused = host.wait("the host nags", |now| now.alarms.iter().any(|alarm| alarm.alarm == "paused"));
    let lesson = paused.lesson.clone().unwrap();
    assert_eq!(lesson.outcome, Outcome::Paused);
    assert!(lesson.resumes_in_seconds.is_some_and(|seconds| seconds <= 3), "{lesson:?}");
    host.resume();
    host.wait("the alarm is taken back", |now| now.alarms.is_empty());
    assert!(host.recorded() - lesson.seconds < 1.0, "lesson time stood still");
    host.record_for(2.0);

    host.pause();
    host.wait("it goes on by itself", |now| {
        now.lesson.as_ref().is_some_and(|lesson| lesson.outcome == Outcome::Recording)
    });
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    let gaps = kept.gaps(|gap| *gap == GapKind::Paused);
    assert_eq!((gaps.len(), kept.lesson.gaps.len()), (2, 2), "{:#?}", kept.lesson.gaps);
    assert_eq!(kept.count(|event| *event == EventKind::Resumed), 2);
    // The file's own time runs on without a break, the frame numbers jump where somebody paused.
    let frames = kept.frames("programme", &[Share::WHOLE]);
    for (index, frame) in frames.iter().enumerate() {
        assert!((frame.at - index as f64 * 0.04).abs() < 0.001, "frame {index} is shown at {:.3} s", frame.at);
    }
    let number = |index: usize| frames[index].number([0]).unwrap_or_else(|| panic!("frame {index} has no number"));
    let jumps: Vec<(f64, u64)> = (1..frames.len())
        .map(|index| (frames[index].at, number(index) - number(index - 1) - 1))
        .filter(|(_, missing)| *missing > 0)
        .collect();
    assert_eq!(jumps.len(), gaps.len(), "{jumps:?}");
    for ((at, missing), gap) in jumps.iter().zip(gaps) {
        let told = gap.seconds.unwrap();
        assert!((at - gap.at).abs() < 0.001, "the jump is at {at} s, the gap at {} s", gap.at);
        assert!((*missing as f64 * 0.04 - told).abs() < 0.001, "{missing} frames are missing, {told} s are told of");
    }
    let offset = kept.offset("programme");
    assert!(offset.pairs >= 5 && offset.worst_ms.abs() <= 40.0, "{offset:?}");
}
