//! A programme made anew after the lesson, and how it takes the place of the old one.
//!
//! ```text
//! LESSON/.recut/whole.mp4             1  what is made, with the sound of the old programme
//! LESSON/.recut/programme-0001.mp4 …  2  the same in parts below the limit (HB-5), checked as they lie there
//! LESSON/.recut/replaced              3  the names of the old parts, and those that the new ones will have
//! LESSON/programme-0004.mp4 …         4  the new parts, renamed; nobody knows of them yet
//! LESSON/lesson.json                  5  names the new parts: from here on they are the lesson's
//!                                     6  the old parts go, then `.recut`
//! ```
//! A crash before 5 leaves the old programme, a crash after it the new one. What it leaves over is swept away at the next start.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ketang_director::{Decision, RuleError};
use ketang_hal::time::{MediaTime, nanoseconds};
use ketang_lesson::tracks::{parse_part_file, part_file};
use ketang_lesson::verify;
use ketang_pipelines::encode::H264Settings;
use ketang_pipelines::layout::Layouts;
use ketang_pipelines::measure::{self, MeasureSettings};
use ketang_pipelines::programme::ProgrammeShot;
use ketang_pipelines::recut::{DecodedPart, Recut, recut};
use ketang_pipelines::{MediaError, export};
use ketang_protocol::lesson::{Check, CheckResult, Lesson, Part, RecutNote, Track};

use crate::director_log::Segment;
use crate::folder::{self, At, DataDir, Folder, StoreError};
use crate::host::{chapters, files};

const PROGRAMME: &str = "programme";
const BESIDE: &str = ".recut";
const REPLACED: &str = "replaced";
/// Of the work so much is the making; the rest is the check.
const MAKING: f64 = 0.8;

/// Shots from a lesson's time in nanoseconds on.
pub(crate) type Cuts = Vec<(u64, ProgrammeShot)>;

/// What is to be made of a lesson.
pub(crate) struct Anew {
    pub(crate) folder: PathBuf,
    pub(crate) lesson: Lesson,
    pub(crate) cuts: Cuts,
    pub(crate) layouts: Layouts,
    pub(crate) encoder: H264Settings,
}

/// A programme that is whole and checked, and waits beside the old one.
#[derive(Debug)]
pub struct NewProgramme {
    /// Their files lie in [`BESIDE`].
    parts: Vec<Part>,
    size: (u32, u32),
    checks: Vec<Check>,
    figures: BTreeMap<String, f64>,
}

/// The shots of a lesson, as `direct` decides in each of its segments.
pub(crate) fn cuts(
    segments: &[Segment],
    direct: impl Fn(&Segment) -> Result<Vec<Decision>, RuleError>,
) -> Result<Cuts, RuleError> {
    let mut cuts = Vec::new();
    for segment in segments {
        for cut in direct(segment)? {
            if let Some(at) = segment.lesson_ms(cut.at) {
                let shot = ProgrammeShot { layout: cut.shot.layout, inputs: cut.shot.inputs };
                cuts.push((at * 1_000_000, shot));
            }
        }
    }
    Ok(cuts)
}

/// Makes the programme as one file.
pub(crate) fn into_file(anew: &Anew, to: &Path, progress: &dyn Fn(f64)) -> Result<(), MediaError> {
    let lesson = &anew.lesson;
    let parts = |track: &Track| {
        let part =
            |part: &Part| DecodedPart { file: anew.folder.join(&part.file), begins_at_ns: nanoseconds(part.begins_at) };
        track.parts.iter().map(part).collect()
    };
    let of_input = |track: &Track| Some((track.name.parse().ok()?, parts(track)));
    let programme = programme(lesson)?;
    // A sound of one file, gaps and all.
    let failed = |source| MediaError::Io { path: anew.folder.clone(), source };
    let beside = tempfile::Builder::new().prefix(".recut-").tempdir_in(&anew.folder).map_err(failed)?;
    let joined = beside.path().join("sound.mp4");
    export::one_file(&files(&anew.folder, programme), None, &[], &joined, |_, _| {})?;
    let wanted = Recut {
        tracks: lesson.tracks.iter().filter_map(of_input).collect(),
        sound: joined,
        layouts: &anew.layouts,
        cuts: anew.cuts.clone(),
        length_ns: nanoseconds(programme.ends_at()),
        encoder: anew.encoder.clone(),
    };
    recut(&wanted, to, progress)
}

/// Makes the programme beside the old one, in parts, and checks it; in words why not where it cannot be shown to anybody.
pub(crate) fn beside_lesson(
    anew: &Anew,
    limit: u64,
    now: Timestamp,
    progress: &dyn Fn(f64),
) -> Result<NewProgramme, String> {
    let beside = anew.folder.join(BESIDE);
    let made = make_beside(anew, &beside, limit, now, progress);
    if made.is_err() {
        let _ = fs::remove_dir_all(&beside);
    }
    made
}

fn make_beside(
    anew: &Anew,
    beside: &Path,
    limit: u64,
    now: Timestamp,
    progress: &dyn Fn(f64),
) -> Result<NewProgramme, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let folder = Folder::anywhere(&anew.folder).map_err(|error| told(&error))?;
    sweep(&folder, &anew.lesson).map_err(|error| told(&error))?;
    fs::create_dir(beside).map_err(|error| format!("{}: {error}", beside.display()))?;
    let whole = beside.join("whole.mp4");
    into_file(anew, &whole, &|share| progress(share * MAKING)).map_err(|error| told(&error))?;
    let chapters = chapters(&anew.folder);
    let written = export::parts(std::slice::from_ref(&whole), None, &chapters, beside, PROGRAMME, limit, |_, _| {});
    let written = written.map_err(|error| told(&error))?;
    fs::remove_file(&whole).map_err(|error| format!("{}: {error}", whole.display()))?;
    let part = |part: &ketang_pipelines::record::PartWritten| Part {
        file: format!("{BESIDE}/{}", part.file.file_name().unwrap_or_default().to_string_lossy()),
        begins_at: MediaTime(part.begins_at_ns).seconds(),
        seconds: MediaTime(part.duration_ns).seconds(),
        bytes: part.bytes,
        finished: true,
        size: None,
    };
    let parts: Vec<Part> = written.iter().map(part).collect();
    let size = (anew.encoder.size.width, anew.encoder.size.height);
    let old = programme(&anew.lesson).map_err(|error| told(&error))?;
    let track = Track { parts: parts.clone(), width: size.0, height: size.1, lowered: None, ..old.clone() };
    let check = |share: f64| progress(MAKING + share * (1.0 - MAKING));
    let measured = measure::track(&files(&anew.folder, &track), &MeasureSettings::default(), &check);
    let lesson = Lesson { tracks: vec![track], ..anew.lesson.clone() };
    let mut verdict = verify::judge(&lesson, &BTreeMap::from([(PROGRAMME.to_owned(), measured)]), now);
    verdict.checks.retain(|check| check.track == PROGRAMME);
    // A lesson that was silent is so by any rules.
    let before = |check: &Check| {
        let mut old = anew.lesson.verdict.iter().flat_map(|verdict| &verdict.checks);
        old.any(|old| (&old.track, &old.check, old.result) == (&check.track, &check.check, CheckResult::Fail))
    };
    if let Some(failed) = verdict.checks.iter().find(|check| check.result == CheckResult::Fail && !before(check)) {
        let (check, finding) = (&failed.check, &failed.finding.english);
        return Err(format!(
            "the new programme did not pass its check ({check}: {finding}): the lesson stays as it is"
        ));
    }
    let figures = verdict.figures.remove(PROGRAMME).unwrap_or_default();
    Ok(NewProgramme { parts, size, checks: verdict.checks, figures })
}

/// Lets a new programme take the place of the old one, and returns the lesson as it is then.
pub(crate) fn take_place(folder: &Folder, new: NewProgramme, note: RecutNote) -> Result<Lesson, StoreError> {
    let (path, mut lesson) = (folder.path(), folder.read()?);
    let last = folder.parts()?.iter().filter(|part| part.track == PROGRAMME).map(|part| part.number).max();
    let mut parts = Vec::new();
    for (number, part) in (last.unwrap_or(0) + 1..).zip(new.parts) {
        parts.push((path.join(&part.file), Part { file: part_file(PROGRAMME, number), ..part }));
    }
    let old = lesson.tracks.iter().filter(|track| track.name == PROGRAMME).flat_map(|track| &track.parts);
    let names: Vec<&str> =
        old.map(|part| part.file.as_str()).chain(parts.iter().map(|(_, part)| part.file.as_str())).collect();
    folder::replace(&path.join(BESIDE).join(REPLACED), names.join("\n").as_bytes(), 0o666)?;
    for (from, part) in &parts {
        fs::rename(from, path.join(&part.file)).at(from, "cannot rename")?;
    }
    folder::sync_dir(path)?;
    for track in lesson.tracks.iter_mut().filter(|track| track.name == PROGRAMME) {
        track.parts = parts.iter().map(|(_, part)| part.clone()).collect();
        (track.width, track.height) = new.size;
        track.lowered = None;
    }
    if let Some(verdict) = &mut lesson.verdict {
        let others = verdict.checks.drain(..).filter(|check| check.track != PROGRAMME);
        verdict.checks = new.checks.into_iter().chain(others.collect::<Vec<_>>()).collect();
        verdict.figures.insert(PROGRAMME.into(), new.figures);
        verdict.checked = note.time;
        verdict.ok = !verdict.checks.iter().any(|check| check.result == CheckResult::Fail);
    }
    lesson.recuts.push(note);
    // What the platform holds is another programme.
    lesson.confirmed_upstream = false;
    folder.write(&lesson)?;
    if let Err(error) = sweep(folder, &lesson) {
        tracing::warn!(lesson = %lesson.id, %error, "the old programme's files are still there: they go at the next start");
    }
    Ok(lesson)
}

/// Removes what a programme that was made anew has left over: the old parts, or the new ones where they did not become the lesson's.
fn sweep(folder: &Folder, lesson: &Lesson) -> Result<(), StoreError> {
    let beside = folder.path().join(BESIDE);
    let replaced = beside.join(REPLACED);
    let names = match fs::read_to_string(&replaced) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        names => names.at(&replaced, "cannot read")?,
    };
    let listed = |name: &str| lesson.tracks.iter().flat_map(|track| &track.parts).any(|part| part.file == name);
    let of_programme = |name: &&str| parse_part_file(name).is_some_and(|(track, _)| track == PROGRAMME);
    for name in names.lines().filter(of_programme).filter(|name| !listed(name)) {
        let path = folder.path().join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.at(&path, "cannot delete")?,
        }
    }
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.at(&beside, "cannot delete"),
    }
}

/// At start: sweeps where a crash came between.
pub(crate) fn sweep_all(data: &DataDir) -> Result<(), StoreError> {
    for id in data.ids()? {
        let folder = data.folder(&id)?;
        if folder.path().join(BESIDE).is_dir()
            && let Err(error) = folder.read().and_then(|lesson| sweep(&folder, &lesson))
        {
            tracing::warn!(lesson = %id, %error, "what a recut has left over stays");
        }
    }
    Ok(())
}

fn programme(lesson: &Lesson) -> Result<&Track, MediaError> {
    let found = lesson.tracks.iter().find(|track| track.name == PROGRAMME && !track.parts.is_empty());
    found.ok_or_else(|| MediaError::Invalid("the lesson has no programme, whose sound a new one takes".into()))
}
