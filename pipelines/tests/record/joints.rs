//! Parts, finishing, joining and cutting: not a frame is lost, repeated or moved.

use crate::content::{
    AAC_SAMPLES, Content, FRAME_NS, HEIGHT, RATE, SECOND_NS, WIDTH, encode, marks, packets, sound_samples,
};
use crate::{begin, count_up, feed, settings};
use ketang_hal::picture::Size;
use ketang_pipelines::encode::{EncoderKind, H264Settings, Preset};
use ketang_pipelines::finish::{self, Finished};
use ketang_pipelines::record::{PART_LIMIT, PartWritten, TrackEvent, TrackSettings};
use ketang_pipelines::{MediaError, export};
use std::fs;
use std::path::{Path, PathBuf};

const LIMIT: u64 = 1_000_000;

fn record(folder: &Path, content: &Content, limit: u64, late: u64) -> Vec<PartWritten> {
    let (writer, log) = begin(settings(folder, content, limit));
    feed(&writer, content, late);
    let written = writer.finish().unwrap();
    let log = log.lock().unwrap();
    assert!(
        !log.iter().any(|event| matches!(event, TrackEvent::Failed { .. } | TrackEvent::Stalled { .. })),
        "{log:?}"
    );
    let closed: Vec<_> = log
        .iter()
        .filter_map(|event| match event {
            TrackEvent::PartClosed(part) => Some(part.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(closed, written);
    written
}

fn files(parts: &[PartWritten]) -> Vec<PathBuf> {
    parts.iter().map(|part| part.file.clone()).collect()
}

fn finish(part: &PartWritten) -> PartWritten {
    match finish::part(&part.file, &[], |_, _| ()).unwrap() {
        Finished::Whole(finished) => finished,
        Finished::Empty => panic!("{} is empty", part.file.display()),
    }
}

#[test]
fn parts_join_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(400, "bframes=0 speed-preset=veryfast", 0);
    for late in [0, SECOND_NS * 3 / 2] {
        let sub = folder.path().join(late.to_string());
        fs::create_dir(&sub).unwrap();
        let parts = record(&sub, &content, LIMIT, late);
        assert!(parts.len() > 2, "{parts:?}");
        for pair in parts.windows(2) {
            assert_eq!(pair[0].begins_at_ns + pair[0].duration_ns, pair[1].begins_at_ns);
        }
        let mut expected = 0;
        for part in &parts {
            assert!(!finish::is_finished(&part.file).unwrap());
            let before = packets(&part.file, "pts,dts,size,flags,data_hash");
            let finished = finish(part);
            assert!(finish::is_finished(&part.file).unwrap());
            assert_eq!(packets(&part.file, "pts,dts,size,flags,data_hash"), before);
            assert!(fs::metadata(&part.file).unwrap().len() == finished.bytes && finished.bytes < LIMIT);
            assert_eq!((finished.begins_at_ns, finished.duration_ns), (part.begins_at_ns, part.duration_ns));
            let frames = part.duration_ns / FRAME_NS;
            assert_eq!(marks(&part.file), count_up(expected, expected + frames));
            expected += frames;
        }
        assert_eq!(expected, 400);
        let joined = sub.join("joined.mp4");
        let whole = export::one_file(&files(&parts), None, &[], &joined, |_, _| ()).unwrap();
        assert_eq!(whole.duration_ns, 400 * FRAME_NS);
        assert_eq!(marks(&joined), count_up(0, 400));
        // The same packets as recorded in one piece, sound to the sample.
        let in_one_piece = tempfile::tempdir().unwrap();
        let once = record(in_one_piece.path(), &content, PART_LIMIT, 0);
        finish(&once[0]);
        assert_eq!(
            packets(&joined, "pts,dts,size,flags,data_hash"),
            packets(&once[0].file, "pts,dts,size,flags,data_hash")
        );
        assert_eq!(sound_samples(&joined), content.sounds.len() as u64 * AAC_SAMPLES);
    }
}

#[test]
fn reordered_pictures_keep_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(300, "bframes=3 b-adapt=false speed-preset=veryfast", 10 * SECOND_NS);
    assert!(content.pictures.iter().any(|picture| picture.dts != picture.pts));
    let parts = record(folder.path(), &content, LIMIT, 0);
    assert!(parts.len() > 1);
    for part in &parts {
        let before = packets(&part.file, "pts,dts,size,flags,data_hash");
        finish(part);
        assert_eq!(packets(&part.file, "pts,dts,size,flags,data_hash"), before);
    }
    assert_eq!(parts[0].begins_at_ns, 10 * SECOND_NS);
    let joined = folder.path().join("joined.mp4");
    export::one_file(&files(&parts), None, &[], &joined, |_, _| ()).unwrap();
    assert_eq!(marks(&joined), count_up(0, 300));
    let times = packets(&joined, "pts");
    let pictures: Vec<i64> = times
        .iter()
        .filter_map(|line| line.strip_prefix("0,"))
        .map(|pts| pts.trim_end_matches(',').parse().unwrap())
        .collect();
    let expected: Vec<i64> =
        content.pictures.iter().map(|picture| ((picture.pts - 10 * SECOND_NS) * 9 / 100_000) as i64).collect();
    assert_eq!(pictures, expected);
}

#[test]
fn a_cut_begins_and_ends_exactly_where_it_was_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    for (x264, begins) in [("bframes=0", 0), ("bframes=3 b-adapt=false", 7 * SECOND_NS)] {
        let content = encode(300, &format!("{x264} speed-preset=veryfast"), begins);
        let sub = folder.path().join(begins.to_string());
        fs::create_dir(&sub).unwrap();
        let parts = record(&sub, &content, LIMIT, 0);
        assert!(parts.len() > 1);
        parts.iter().for_each(|part| drop(finish(part)));
        for (from, to) in [(0, 50), (50, 100), (63, 64), (70, 231), (149, 300)] {
            let target = sub.join(format!("{from}-{to}.mp4"));
            let range = begins + from * FRAME_NS..begins + to * FRAME_NS;
            let cut = export::one_file(&files(&parts), Some(range), &[], &target, |_, _| ()).unwrap();
            assert_eq!((cut.begins_at_ns, cut.duration_ns), (begins + from * FRAME_NS, (to - from) * FRAME_NS));
            assert_eq!(marks(&target), count_up(from, to), "{from} to {to}");
            let (asked, played) = ((to - from) * FRAME_NS * RATE / SECOND_NS, sound_samples(&target));
            assert!(played.abs_diff(asked) <= AAC_SAMPLES, "{from} to {to}: {played} samples of {asked}");
        }
    }
}

#[test]
fn an_interruption_stays_in_place_as_a_still_and_silence() {
    let folder = tempfile::tempdir().unwrap();
    let before = encode(100, "bframes=0 speed-preset=veryfast", 0);
    let after = encode(100, "bframes=0 speed-preset=veryfast", 9 * SECOND_NS);
    let mut parts = record(folder.path(), &before, PART_LIMIT, 0);
    let (writer, _) = begin(TrackSettings { first_part: 2, ..settings(folder.path(), &after, PART_LIMIT) });
    feed(&writer, &after, 0);
    parts.extend(writer.finish().unwrap());
    let joined = folder.path().join("joined.mp4");
    let whole = export::one_file(&files(&parts), None, &[], &joined, |_, _| ()).unwrap();
    assert_eq!(whole.duration_ns, 13 * SECOND_NS);
    assert_eq!(marks(&joined), [count_up(0, 100), count_up(0, 100)].concat());
    assert!(sound_samples(&joined).abs_diff(13 * RATE) <= 2 * AAC_SAMPLES);
}

#[test]
fn sound_that_stops_for_a_while_does_not_hold_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let mut content = encode(400, "bframes=0 speed-preset=veryfast", 0);
    content.sounds.retain(|sound| !(2 * SECOND_NS..11 * SECOND_NS).contains(&sound.pts));
    let parts = record(folder.path(), &content, LIMIT, 0);
    assert!(parts.len() > 2);
    parts.iter().for_each(|part| drop(finish(part)));
    let shown: Vec<u64> = parts.iter().flat_map(|part| marks(&part.file)).collect();
    assert_eq!(shown, count_up(0, 400));
    let joined = folder.path().join("joined.mp4");
    export::one_file(&files(&parts), None, &[], &joined, |_, _| ()).unwrap();
    assert_eq!(marks(&joined), count_up(0, 400));
    assert!(sound_samples(&joined).abs_diff(16 * RATE) <= 2 * AAC_SAMPLES);
}

#[test]
fn parts_of_different_formats_are_joined_by_encoding_them() {
    let folder = tempfile::tempdir().unwrap();
    let one = encode(100, "bframes=0 speed-preset=veryfast", 0);
    let other = encode(50, "bframes=3 speed-preset=slow", 4 * SECOND_NS);
    let mut parts = record(folder.path(), &one, PART_LIMIT, 0);
    let (writer, _) = begin(TrackSettings { first_part: 2, ..settings(folder.path(), &other, PART_LIMIT) });
    feed(&writer, &other, 0);
    parts.extend(writer.finish().unwrap());
    let parts = files(&parts);
    assert!(export::are_alike(&parts[..1]).unwrap() && !export::are_alike(&parts).unwrap());
    let target = folder.path().join("joined.mp4");
    let error = export::one_file(&parts, None, &[], &target, |_, _| ()).unwrap_err();
    assert!(error.to_string().contains("its pictures differ"), "{error}");
    assert!(!target.exists());

    let size = Size { width: WIDTH as u32, height: HEIGHT as u32 };
    // The size is that of the parts, whatever is asked for.
    let encoder = H264Settings {
        kind: EncoderKind::X264,
        preset: Preset::default(),
        size: Size::HD,
        kbit_s: 1500,
        floor_kbit_s: None,
    };
    let alike = folder.path().join("alike.mp4");
    let reached = std::cell::Cell::new(0.0);
    let told = |share: f64| {
        assert!(share >= reached.get() && share <= 1.0);
        reached.set(share);
    };
    assert_eq!(export::alike(&parts, &encoder, &alike, &told).unwrap(), size);
    assert!(reached.get() > 0.9);
    let alike = [alike];
    let whole = export::one_file(&alike, None, &[], &target, |_, _| ()).unwrap();
    assert_eq!((whole.begins_at_ns, whole.duration_ns), (0, 6 * SECOND_NS));
    let mut numbers = count_up(0, 100);
    numbers.extend(0..50);
    assert_eq!(marks(&target), numbers);
    // The sound is that of the parts to the byte.
    let hashes = |file: &Path| -> Vec<String> {
        let packets = packets(file, "data_hash");
        packets.into_iter().filter(|packet| packet.starts_with('1')).collect()
    };
    let recorded: Vec<_> = parts.iter().flat_map(|part| hashes(part)).collect();
    let joined = hashes(&target);
    assert!(recorded.len() - joined.len() <= 1 && joined.iter().all(|packet| recorded.contains(packet)));
    let sound = folder.path().join("sound.mp4");
    export::sound(&parts, &sound).unwrap();
    assert!(sound_samples(&sound).abs_diff(6 * RATE) <= 2 * AAC_SAMPLES);
}

#[test]
fn exported_parts_stay_below_their_limit() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(400, "bframes=0 speed-preset=veryfast", 0);
    let recorded = record(folder.path(), &content, PART_LIMIT, 0);
    let smaller = export::parts(&files(&recorded), None, &[], folder.path(), "for-upload", LIMIT, |_, _| ()).unwrap();
    assert!(smaller.len() > 2);
    let shown: Vec<u64> = smaller.iter().flat_map(|part| marks(&part.file)).collect();
    assert_eq!(shown, count_up(0, 400));
    assert!(smaller.iter().all(|part| part.bytes < LIMIT && fs::metadata(&part.file).unwrap().len() == part.bytes));
}

#[test]
fn tracks_of_one_stream_are_recorded_too() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(200, "bframes=0 speed-preset=veryfast", 0);
    let silent = TrackSettings { name: "camera".into(), sound: None, ..settings(folder.path(), &content, LIMIT / 2) };
    let dark = TrackSettings { name: "mic".into(), picture: None, ..settings(folder.path(), &content, 50_000) };
    for settings in [silent, dark] {
        let (writer, _) = begin(settings.clone());
        feed(&writer, &content, 0);
        let parts = writer.finish().unwrap();
        assert!(parts.len() > 1, "{parts:?}");
        assert!(parts.iter().all(|part| finish(part).bytes < settings.part_limit_bytes));
        let joined = folder.path().join(format!("{}.mp4", settings.name));
        export::one_file(&files(&parts), None, &[], &joined, |_, _| ()).unwrap();
        match settings.picture {
            Some(_) => assert_eq!(marks(&joined), count_up(0, 200)),
            None => assert_eq!(sound_samples(&joined), content.sounds.len() as u64 * AAC_SAMPLES),
        }
    }
}

#[test]
fn what_cannot_be_exported_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let content = encode(100, "bframes=0 speed-preset=veryfast", 0);
    let parts = files(&record(folder.path(), &content, PART_LIMIT, 0));
    let entries = || fs::read_dir(folder.path()).unwrap().count();
    let known = entries();
    let target = folder.path().join("cut.mp4");
    for range in [0..5 * SECOND_NS, 3 * SECOND_NS..3 * SECOND_NS, 9 * SECOND_NS..10 * SECOND_NS] {
        let error = export::one_file(&parts, Some(range), &[], &target, |_, _| ()).unwrap_err();
        assert!(error.to_string().contains("choose times from 0.000 s to 4.000 s"), "{error}");
    }
    let error = export::one_file(&parts, None, &[], &parts[0], |_, _| ()).unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");
    let error = export::one_file(&parts, None, &[], Path::new("/proc/cut.mp4"), |_, _| ()).unwrap_err();
    assert!(matches!(error, MediaError::Io { .. }), "{error}");
    let strange = folder.path().join("strange.mp4");
    fs::write(&strange, b"this is not a recording").unwrap();
    let error = export::one_file(std::slice::from_ref(&strange), None, &[], &target, |_, _| ()).unwrap_err();
    assert!(matches!(error, MediaError::NotPlayable { .. }), "{error}");
    fs::remove_file(strange).unwrap();
    assert_eq!(entries(), known);
}
