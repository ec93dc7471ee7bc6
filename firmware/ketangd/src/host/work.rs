//! What jobs do: calls into the media crate, in the lesson's words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ketang_hal::time::{MediaTime, nanoseconds};
use ketang_lesson::verify;
use ketang_pipelines::chapters::Chapter;
use ketang_pipelines::encode::H264Settings;
use ketang_pipelines::finish::{self, Finished};
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_pipelines::{MediaError, export};
use ketang_protocol::command::Export;
use ketang_protocol::lesson::{Lesson, Track, Verdict};
use ketang_protocol::sentence::Sentence;

use super::jobs::Telling;
use crate::folder::Folder;

/// The share of an export that encoding takes, where it is needed: copying is quick.
const ENCODING: f64 = 0.95;

/// Makes every part of every track an ordinary file with the lesson's chapters. A part that cannot be is left as it was recorded, which plays too.
pub(super) fn make_files(folder: &Path, mut tracks: Vec<Track>, progress: &dyn Fn(f64)) -> Vec<Track> {
    let total: u64 = tracks.iter().flat_map(|track| &track.parts).map(|part| part.bytes).sum();
    let (mut before, chapters) = (0, chapters(folder));
    for track in &mut tracks {
        track.parts.retain_mut(|part| {
            let path = folder.join(&part.file);
            let whole = part.bytes;
            let told = |done: u64, of: u64| {
                let share = done as f64 / of.max(1) as f64 * whole as f64;
                progress((before as f64 + share) / total.max(1) as f64);
            };
            let made = finish::part(&path, &chapters, told);
            before += whole;
            match made {
                Ok(Finished::Whole(written)) => {
                    part.seconds = MediaTime(written.duration_ns).seconds();
                    part.bytes = written.bytes;
                    part.finished = true;
                    true
                }
                Ok(Finished::Empty) => false,
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "a part stays as it was recorded");
                    true
                }
            }
        });
    }
    tracks
}

/// The chapters of the lesson in this folder; none where its events cannot be read.
pub(crate) fn chapters(folder: &Path) -> Vec<Chapter> {
    let events = Folder::anywhere(folder).and_then(|folder| folder.events()).unwrap_or_else(|error| {
        tracing::warn!(folder = %folder.display(), %error, "the files get no chapters");
        Default::default()
    });
    let chapter = |chapter: ketang_protocol::chapters::Chapter<'_>| {
        let Sentence { chinese, english } = chapter.title;
        // A file has one list for all who play it.
        let title = if chinese == english { chinese } else { format!("{chinese} · {english}") };
        Chapter { at_ns: nanoseconds(chapter.at), title }
    };
    ketang_protocol::chapters::chapters(&events.list).into_iter().map(chapter).collect()
}

/// The length of a file that was left behind by a crash, in seconds.
pub(super) fn seconds_of(path: &Path) -> Result<f64, String> {
    match finish::part(path, &[], |_, _| {}).map_err(|error| error.to_string())? {
        Finished::Whole(written) => Ok(MediaTime(written.duration_ns).seconds()),
        Finished::Empty => Ok(0.0),
    }
}

/// Measures every track and judges. Every frame of what the audience sees is decoded; of the other tracks, what `others` says.
pub(super) fn verify(
    folder: &Path,
    lesson: &Lesson,
    others: &MeasureSettings,
    now: Timestamp,
    progress: &dyn Fn(f64),
) -> Verdict {
    let programme = MeasureSettings::default();
    let count = lesson.tracks.len().max(1) as f64;
    let mut figures = BTreeMap::new();
    for (index, track) in lesson.tracks.iter().enumerate() {
        let told = |share: f64| progress((index as f64 + share) / count);
        let settings = if track.name == "programme" { &programme } else { others };
        figures.insert(track.name.clone(), measure::track(&files(folder, track), settings, &told));
    }
    verify::judge(lesson, &figures, now)
}

/// How exported files are made.
pub(super) struct Making {
    /// In bytes.
    pub(super) part_limit: u64,
    /// For pictures that no file can hold as they are.
    pub(super) encoder: H264Settings,
}

/// Copies a track out of a lesson.
pub(super) fn copy_out(
    folder: &Path,
    lesson: &Lesson,
    wanted: &Export,
    making: &Making,
    job: &Telling,
) -> Result<(), MediaError> {
    let track = track(lesson, &wanted.track)?;
    let (from, to) = (wanted.from_seconds, wanted.to_seconds);
    let range = (from.is_some() || to.is_some())
        .then(|| nanoseconds(from.unwrap_or(0.0))..nanoseconds(to.unwrap_or(track.ends_at())));
    let (into, name) = stem(&wanted.to)?;
    let (mut sources, mut encoded, mut done) = (files(folder, track), None, 0.0);
    if !export::are_alike(&sources)? {
        sources = of_the_piece(folder, track, from, to);
        if !export::are_alike(&sources)? {
            job.becomes("export-encoded");
            let failed = |source| MediaError::Io { path: into.clone(), source };
            let beside = tempfile::Builder::new().prefix(".export-").tempdir_in(&into).map_err(failed)?;
            let alike = beside.path().join("alike.mp4");
            done = ENCODING;
            export::alike(&sources, &making.encoder, &alike, &|share| job.progress(share * done))?;
            (sources, encoded) = (vec![alike], Some(beside));
        }
    }
    let told = |copied: u64, of: u64| job.progress(done + (1.0 - done) * copied as f64 / of.max(1) as f64);
    let chapters = chapters(folder);
    if wanted.parts {
        export::parts(&sources, range, &chapters, &into, &name, making.part_limit, told)?;
    } else {
        export::one_file(&sources, range, &chapters, &wanted.to, told)?;
    }
    drop(encoded);
    Ok(())
}

/// The parts that a piece of the lesson lies in. What lies between two parts belongs to the one before.
fn of_the_piece(folder: &Path, track: &Track, from: Option<f64>, to: Option<f64>) -> Vec<PathBuf> {
    let (from, to) = (from.unwrap_or(0.0), to.unwrap_or(f64::INFINITY));
    let ends = track.parts.iter().skip(1).map(|part| part.begins_at).chain([f64::INFINITY]);
    let parts = track.parts.iter().zip(ends).filter(|(part, ends)| part.begins_at < to && *ends > from);
    parts.map(|(part, _)| folder.join(&part.file)).collect()
}

fn track<'a>(lesson: &'a Lesson, name: &str) -> Result<&'a Track, MediaError> {
    lesson.tracks.iter().find(|track| track.name == name).ok_or_else(|| {
        let names: Vec<_> = lesson.tracks.iter().map(|track| track.name.as_str()).collect();
        MediaError::Invalid(format!("the lesson has no track `{name}`: use {}", names.join(", ")))
    })
}

fn stem(to: &Path) -> Result<(PathBuf, String), MediaError> {
    let name = to.file_stem().map(|name| name.to_string_lossy().into_owned());
    match (to.parent(), name) {
        (Some(into), Some(name)) if into.as_os_str().is_empty() => Ok((".".into(), name)),
        (Some(into), Some(name)) => Ok((into.to_owned(), name)),
        _ => Err(MediaError::Invalid(format!("{} does not name a file: add a name", to.display()))),
    }
}

pub(crate) fn files(folder: &Path, track: &Track) -> Vec<PathBuf> {
    track.parts.iter().map(|part| folder.join(&part.file)).collect()
}
