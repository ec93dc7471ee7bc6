//! Recording end to end: real encoders in, files out, read by a decoder that is not ours.

#![allow(clippy::unwrap_used, reason = "what a test is built on may fail loudly as well")]

mod content;
mod crash;
mod figures;
mod joints;

use content::Content;
use ketang_pipelines::record::{TrackEvent, TrackSettings, TrackWriter};
use std::path::Path;
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<TrackEvent>>>;

fn settings(folder: &Path, content: &Content, part_limit_bytes: u64) -> TrackSettings {
    TrackSettings {
        folder: folder.into(),
        name: "programme".into(),
        first_part: 1,
        part_limit_bytes,
        picture: Some(content.picture.clone()),
        sound: Some(content.sound.clone()),
    }
}

/// A writer, and what it tells.
fn begin(settings: TrackSettings) -> (TrackWriter, Log) {
    let log = Log::default();
    let told = log.clone();
    (TrackWriter::begin(settings, move |event| told.lock().unwrap().push(event)).unwrap(), log)
}

/// Hands everything over in the order of time, the sound `late` nanoseconds behind.
fn feed(writer: &TrackWriter, content: &Content, late: u64) {
    let mut sounds = content.sounds.iter().peekable();
    for picture in &content.pictures {
        while let Some(sound) = sounds.next_if(|sound| sound.pts + late <= picture.dts) {
            writer.sound(sound.clone());
        }
        writer.picture(picture.clone());
    }
    sounds.for_each(|sound| writer.sound(sound.clone()));
}

fn count_up(from: u64, to: u64) -> Vec<u64> {
    (from..to).collect()
}
