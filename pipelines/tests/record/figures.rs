//! What recording costs; printed, not judged. `cargo test -p ketang-pipelines --test record -- --ignored --nocapture figures`

use crate::content::{self, Content, FRAME_NS, SECOND_NS, encode, encoders, push_marks};
use crate::{begin, feed, settings};
use gst::prelude::*;
use ketang_pipelines::coded::Coded;
use ketang_pipelines::finish;
use ketang_pipelines::record::{PART_LIMIT, TrackEvent, TrackWriter};
use nix::sys::resource::{UsageWho, getrusage};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// CPU that this process took so far, in seconds.
fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6).iter().sum()
}

#[test]
#[ignore = "prints figures"]
fn figures_of_muxing_and_finishing() {
    // Frames of a 1080p25 stream of 6 Mbit/s; nothing decodes them.
    let formats = encode(50, "bframes=0", 0);
    let lesson = 260 * SECOND_NS;
    let picture = |number: u64| {
        Coded::new(
            vec![number as u8; 30_000],
            number * FRAME_NS,
            number * FRAME_NS,
            FRAME_NS,
            number.is_multiple_of(50),
        )
    };
    let sound = |number: u64| {
        let at = number * 1024 * SECOND_NS / 48_000;
        Coded::new(vec![number as u8; 341], at, at, 21_333_333, true)
    };
    let content = Content {
        pictures: (0..lesson / FRAME_NS).map(picture).collect(),
        sounds: (0..lesson * 3 / 64_000_000).map(sound).collect(),
        ..formats
    };
    let folder = tempfile::tempdir().unwrap();
    let (writer, _) = begin(settings(folder.path(), &content, PART_LIMIT));
    let before = cpu();
    feed(&writer, &content, 0);
    let parts = writer.finish().unwrap();
    let spent = cpu() - before;
    println!("muxing: {:.3} % of a core for one track in real time", 100.0 * spent / (lesson / SECOND_NS) as f64);
    let (before, started) = (cpu(), Instant::now());
    finish::part(&parts[0].file, &[], |_, _| ()).unwrap();
    let (spent, took, bytes) = (cpu() - before, started.elapsed().as_secs_f64(), parts[0].bytes as f64 / 1e6);
    println!("finishing {bytes:.0} MB: {took:.2} s, {:.0} MB/s, {spent:.2} s of CPU", bytes / took);
}

#[test]
#[ignore = "prints figures"]
fn figures_of_latency() {
    const FRAMES: u64 = 500;
    let pipeline = encoders(FRAMES, "bframes=0 tune=zerolatency speed-preset=ultrafast", true);
    push_marks(&pipeline, FRAMES);
    pipeline.set_state(gst::State::Playing).unwrap();
    let sink = |name: &str| -> gst_app::AppSink { pipeline.by_name(name).unwrap().downcast().unwrap() };
    let (pictures, sounds) = (sink("pictures"), sink("sounds"));
    let preroll = |sink: &gst_app::AppSink| content::format(&sink.pull_preroll().unwrap());
    let (picture, sound) = (preroll(&pictures), preroll(&sounds));
    let content = Content { picture, sound, pictures: Vec::new(), sounds: Vec::new() };
    let handed = Arc::new(Mutex::new(BTreeMap::new()));
    let delays = Arc::new(Mutex::new(Vec::new()));
    let (handed_then, delays_then) = (handed.clone(), delays.clone());
    let folder = tempfile::tempdir().unwrap();
    let events = move |event| {
        if let TrackEvent::Synced { until_ns, .. } = event {
            let mut handed: std::sync::MutexGuard<'_, BTreeMap<u64, Instant>> = handed_then.lock().unwrap();
            let later = handed.split_off(&(until_ns + 1));
            let safe = std::mem::replace(&mut *handed, later);
            delays_then.lock().unwrap().extend(safe.into_values().map(|at| at.elapsed().as_secs_f64() * 1e3));
        }
    };
    let writer = TrackWriter::begin(settings(folder.path(), &content, PART_LIMIT), events).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(sample) = sounds.pull_sample() {
                writer.sound(content::coded(&sample, 0));
            }
        });
        while let Ok(sample) = pictures.pull_sample() {
            let picture = content::coded(&sample, 0);
            handed.lock().unwrap().insert(picture.pts + picture.duration, Instant::now());
            writer.picture(picture);
        }
    });
    writer.finish().unwrap();
    let mut delays = std::mem::take(&mut *delays.lock().unwrap());
    delays.sort_by(f64::total_cmp);
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!(
        "handed over to safe, {} pictures: median {:.0} ms, 99 % {:.0} ms, most {:.0} ms",
        delays.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
