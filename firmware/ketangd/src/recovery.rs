//! What to do, at start-up, about lessons that a crash or power cut left behind.
//!
//! Reads folders and returns a plan. It measures no media: the caller does that for parts whose length was never noted
//! ([`Recovered::measure`]), puts the folder in order ([`Recovered::tidy`]) and tells the lesson's machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use ketang_lesson::record::Found;
use ketang_lesson::resume::{self, Decision};
use ketang_lesson::tracks::parse_part_file;
use ketang_lesson::{Settings, What};
use ketang_protocol::command::Command;
use ketang_protocol::lesson::{Event, EventKind, FORMAT, Lesson, LessonId, Outcome, Part, Track};

use crate::folder::{At, DataDir, Folder, PartFile, StoreError};
use crate::ledger::Ledger;

/// What was found.
#[derive(Debug, Default)]
pub struct Plan {
    /// Lessons without an outcome, or without a readable record, oldest first; at most one of them goes on.
    pub lessons: Vec<Recovered>,
    /// Lessons of another host that have no outcome. They are only read here, so they stay as they are.
    pub foreign: Vec<LessonId>,
    /// Folders that are no lessons and cannot be made into one; they stay as they are.
    pub unreadable: Vec<StoreError>,
}

/// One lesson that was left behind.
#[derive(Clone, Debug)]
pub struct Recovered {
    pub folder: Folder,
    pub decision: Decision,
    /// With every part that lies on disk, listed before or not.
    pub lesson: Lesson,
    pub events: Vec<Event>,
    /// The first part number of each track that is free.
    pub next_parts: BTreeMap<String, u32>,
    /// `lesson.json` was unreadable and this record is pieced together.
    pub salvaged: bool,
    dropped: Vec<(String, String, String)>,
    empty_files: Vec<String>,
}

/// Goes over all folders.
pub fn plan(data: &DataDir, ledger: &Ledger, now: Timestamp, settings: &Settings) -> Result<Plan, StoreError> {
    let mut plan = Plan::default();
    for id in data.ids()? {
        let folder = data.folder(&id)?;
        match folder.read() {
            Ok(lesson) if lesson.outcome.is_end() => {}
            Ok(lesson) if lesson.host != ledger.host() => plan.foreign.push(id),
            Ok(lesson) => plan.lessons.push(recover(folder, lesson, now, settings)?),
            Err(error @ (StoreError::HalfWritten { .. } | StoreError::NotALesson { .. })) => {
                match salvage(&folder, ledger)? {
                    Some(lesson) => {
                        let recovered = recover(folder, lesson, now, settings)?;
                        plan.lessons.push(Recovered { salvaged: true, ..recovered });
                    }
                    None => plan.unreadable.push(error),
                }
            }
            Err(error) => plan.unreadable.push(error),
        }
    }
    // Two lessons cannot be recorded at once: the newest goes on.
    let mut newest_seen = false;
    for lesson in plan.lessons.iter_mut().rev().filter(|lesson| lesson.decision == Decision::Continue) {
        if newest_seen || lesson.salvaged {
            lesson.decision = Decision::Finish;
        }
        newest_seen |= lesson.decision == Decision::Continue;
    }
    Ok(plan)
}

impl Recovered {
    /// Fills in the length of every part that was not closed. `seconds_of` reads a file's length in seconds, or says
    /// that it cannot be played; such a part is taken off its track and its file left alone.
    pub fn measure(&mut self, mut seconds_of: impl FnMut(&Path) -> Result<f64, String>) {
        let begun: BTreeMap<String, f64> = self.events.iter().filter_map(begun_part).collect();
        for track in &mut self.lesson.tracks {
            let mut end = 0.0;
            track.parts.retain_mut(|part| {
                if part.seconds <= 0.0 {
                    match seconds_of(&self.folder.path().join(&part.file)) {
                        Ok(seconds) if seconds > 0.0 => part.seconds = seconds,
                        other => {
                            let why = other.err().unwrap_or_else(|| "nothing is in it".to_owned());
                            self.dropped.push((track.name.clone(), part.file.clone(), why));
                            return false;
                        }
                    }
                }
                if part.begins_at < 0.0 {
                    part.begins_at = begun.get(&part.file).copied().unwrap_or(end);
                }
                end = part.ends_at();
                true
            });
        }
    }

    /// Puts the folder in order: notes dropped parts, removes empty files, moves an unreadable record aside.
    pub fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut log = self.folder.log()?;
        let at = self.lesson.recorded_seconds();
        for (track, file, why) in self.dropped.clone() {
            log.append(&Event { at, time: now, what: EventKind::PartDropped { track, file, why } })?;
        }
        for file in &self.empty_files {
            let path = self.folder.path().join(file);
            std::fs::remove_file(&path).at(&path, "cannot remove")?;
        }
        if self.salvaged {
            self.folder.put_record_aside()?;
            self.folder.write(&self.lesson)?;
        }
        Ok(())
    }

    /// What to tell the lesson's machine.
    pub fn what(self) -> What {
        let recorded = Duration::try_from_secs_f64(self.lesson.recorded_seconds()).unwrap_or_default();
        let found = Found { lesson: self.lesson, events: self.events, recorded };
        match self.decision {
            Decision::Continue => What::Continue(found),
            Decision::Finish | Decision::Leave => What::Finish(found),
        }
    }
}

/// A part whose beginning is not known until the ones before it are measured.
const UNKNOWN: f64 = -1.0;

fn recover(folder: Folder, mut lesson: Lesson, now: Timestamp, settings: &Settings) -> Result<Recovered, StoreError> {
    let files = folder.parts()?;
    let events = folder.events()?.list;
    let (mut dropped, mut empty_files) = (Vec::new(), Vec::new());
    let mut next_parts: BTreeMap<String, u32> = lesson.tracks.iter().map(|track| (track.name.clone(), 1)).collect();
    let listed = lesson.tracks.iter().flat_map(|track| &track.parts).filter_map(|part| parse_part_file(&part.file));
    for (track, number) in listed.chain(files.iter().map(|file| (file.track.as_str(), file.number))) {
        let next = next_parts.entry(track.to_owned()).or_insert(1);
        *next = (*next).max(number.saturating_add(1));
    }
    for track in &mut lesson.tracks {
        track.parts.retain(|part| {
            let there = files.iter().any(|file| file.file == part.file);
            if !there {
                dropped.push((track.name.clone(), part.file.clone(), "it is not there any more".to_owned()));
            }
            there
        });
    }
    for file in &files {
        if file.bytes == 0 {
            empty_files.push(file.file.clone());
            dropped.push((file.track.clone(), file.file.clone(), "it is empty".to_owned()));
            lesson.tracks.iter_mut().for_each(|track| track.parts.retain(|part| part.file != file.file));
        } else {
            list_part(&mut lesson, file);
        }
    }
    let signs = events.iter().map(|event| event.time).chain(files.iter().filter_map(|file| file.written));
    let last_sign = signs.max().unwrap_or(lesson.started);
    let decision = resume::decide(&lesson, last_sign, now, settings);
    Ok(Recovered { folder, decision, lesson, events, next_parts, salvaged: false, dropped, empty_files })
}

/// Makes sure that a file which lies on disk is listed, in order of its number.
fn list_part(lesson: &mut Lesson, file: &PartFile) {
    let index = lesson.tracks.iter().position(|track| track.name == file.track).unwrap_or_else(|| {
        lesson.tracks.push(Track { name: file.track.clone(), ..Track::default() });
        lesson.tracks.len() - 1
    });
    let parts = &mut lesson.tracks[index].parts;
    match parts.iter_mut().find(|part| part.file == file.file) {
        Some(part) => part.bytes = file.bytes,
        None => {
            let part = Part {
                file: file.file.clone(),
                begins_at: UNKNOWN,
                seconds: 0.0,
                bytes: file.bytes,
                finished: false,
                ..Part::default()
            };
            parts.push(part);
            parts.sort_by_key(|part| parse_part_file(&part.file).map(|(_, number)| number));
        }
    }
}

fn begun_part(event: &Event) -> Option<(String, f64)> {
    match &event.what {
        EventKind::PartBegun { file, .. } => Some((file.clone(), event.at)),
        _ => None,
    }
}

/// A record in the place of one that cannot be read: the ledger's, or one from the folder's name, events and files.
fn salvage(folder: &Folder, ledger: &Ledger) -> Result<Option<Lesson>, StoreError> {
    if let Some(row) = ledger.row(folder.id())? {
        return Ok((!row.foreign).then_some(row.lesson));
    }
    let events = folder.events()?.list;
    let Some(started) = folder.id().started() else { return Ok(None) };
    if events.is_empty() && folder.parts()?.is_empty() {
        return Ok(None);
    }
    let start = events.iter().find_map(|event| match &event.what {
        EventKind::Command { command: Command::Start(start), .. } => Some(start.clone()),
        _ => None,
    });
    let start = start.unwrap_or_default();
    Ok(Some(Lesson {
        format: FORMAT,
        id: folder.id().clone(),
        host: ledger.host().to_owned(),
        title: start.title,
        teacher: start.teacher,
        started,
        ended: None,
        planned_seconds: start.planned_seconds,
        outcome: Outcome::Recording,
        tracks: Vec::new(),
        gaps: Vec::new(),
        verdict: None,
        confirmed_upstream: false,
        attendance: None,
        recuts: Vec::new(),
    }))
}
