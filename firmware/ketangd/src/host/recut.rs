//! Cuts a lesson that is over anew: into a file, or into the lesson, where the new programme takes the place of the old one.

use std::collections::BTreeMap;
use std::path::Path;

use ketang_director::Rules;
use ketang_pipelines::encode::{H264Settings, Preset};
use ketang_protocol::command::{Recut, Refusal, RefusalCode};
use ketang_protocol::lesson::{Lesson, LessonId, RecutNote};
use ketang_protocol::names;

use super::commands::Began;
use super::jobs::Brought;
use super::{Host, library};
use crate::director_log::{self, Left, Segment};
use crate::folder::StoreError;
use crate::recut::{self, Anew, NewProgramme};

/// The job that replaces a lesson's programme; while it runs nothing else works on the lesson.
pub(super) const INTO: &str = "recut-into";

impl Host {
    pub(super) fn recut(&mut self, wanted: Recut, from: &str) -> Result<Began, Refusal> {
        let folder = self.lessons.data.lesson(&wanted.lesson).map_err(library::refused)?;
        let lesson = folder.read().map_err(library::refused)?;
        if !lesson.outcome.is_end() {
            let (id, state) = (&lesson.id, lesson.outcome.as_str());
            let chinese = format!("课程 {id} 还没有结束（{state}）：结束后再重新导播");
            let english = format!("lesson {id} is {state}: cut it anew when it has ended");
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        }
        if wanted.to.is_none() {
            self.is_ours(&lesson)?;
            self.is_free(&lesson.id, |_| true)?;
        }
        let segments = director_log::read(folder.path()).map_err(|error| invalid(&error))?;
        let left = director_log::left(&lesson);
        if left.is_empty() {
            return Err(invalid(&"no track of an input was recorded with this lesson: there is nothing to cut from"));
        }
        let cuts = self.cuts(&wanted, &segments, &left)?;
        let encoder = H264Settings {
            kind: self.encoders.for_work(),
            preset: Preset::default(),
            size: self.studio.size(),
            kbit_s: self.config.recording.programme_kbit.get(),
            floor_kbit_s: None,
        };
        let (id, path, now) = (wanted.lesson.clone(), folder.path().to_owned(), self.clock.wall());
        let anew = Anew { folder: path, lesson, cuts, layouts: self.layouts.clone(), encoder };
        let job = match wanted.to {
            Some(to) => self.jobs.begin("recut", id.clone(), move |job| {
                let progress = |share| job.progress(share);
                recut::into_file(&anew, &to, &progress).map(|()| Brought::Exported).map_err(|error| error.to_string())
            }),
            None => {
                let limit = u64::from(self.config.recording.part_limit_mb.get()) * 1_000_000;
                let room_rules = wanted.rules.is_none() || !wanted.without_room_rules;
                let note = RecutNote { time: now, from: from.to_owned(), rules: wanted.rules, room_rules };
                self.jobs.begin(INTO, id.clone(), move |job| {
                    let progress = |share| job.progress(share);
                    recut::beside_lesson(&anew, limit, now, &progress).map(|new| Brought::Recut(new, note))
                })
            }
        };
        Ok(Began { lesson: Some(id), job: Some(job) })
    }

    /// The cuts of a lesson by the rules that are wanted, by its time in nanoseconds.
    fn cuts(&self, wanted: &Recut, segments: &[Segment], left: &Left) -> Result<recut::Cuts, Refusal> {
        let Some(name) = &wanted.rules else {
            return recut::cuts(segments, |segment| segment.direct_with(left)).map_err(|error| invalid(&error));
        };
        let text = match Path::new(name) {
            file if file.is_absolute() => std::fs::read_to_string(file)
                .map_err(|error| invalid(&format!("{}: {error}: name a file that can be read", file.display())))?,
            _ => Rules::shipped_text(name).map_err(|error| invalid(&error))?.to_owned(),
        };
        let mut read = BTreeMap::new();
        for segment in segments {
            // The room's own rules of that day: they tell what the room is like.
            let room = segment.begins.room.as_deref().filter(|_| !wanted.without_room_rules);
            let rules = Rules::read(&text, room).map_err(|error| invalid(&error))?;
            rules
                .check_layouts(|name| self.layouts.get(name).map(|layout| layout.panes.len()))
                .map_err(|error| invalid(&error))?;
            read.insert(segment.begins.at, rules);
        }
        recut::cuts(segments, |segment| Ok(segment.direct_by(&read[&segment.begins.at], left)))
            .map_err(|error| invalid(&error))
    }

    /// Puts the new programme into its lesson. Until the record names it the old one is the lesson's.
    pub(super) fn keep_recut(&mut self, id: &LessonId, new: NewProgramme, note: RecutNote) -> Result<(), StoreError> {
        let folder = self.lessons.data.lesson(id)?;
        let lesson = recut::take_place(&folder, new, note)?;
        self.lessons.ledger.save(&lesson, folder.bytes())?;
        self.changed(lesson);
        Ok(())
    }

    fn is_ours(&self, lesson: &Lesson) -> Result<(), Refusal> {
        if lesson.host == self.config.host.name.as_str() {
            return Ok(());
        }
        Err(library::refused(StoreError::Foreign { id: lesson.id.clone(), host: lesson.host.clone() }))
    }

    /// Refuses where a job that `hinders` works on the lesson.
    pub(super) fn is_free(&self, id: &LessonId, hinders: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        let Some(job) = self.jobs.running_on(id).filter(|job| hinders(&job.what)) else { return Ok(()) };
        let (number, what) = (job.id, names::job(&job.what));
        let chinese = format!("课程 {id} 正在使用（{}，工作 {number}）：请等它完成", what.chinese);
        let english = format!("lesson {id} is in use ({}, job {number}): wait until that has ended", what.english);
        Err(Refusal::new(RefusalCode::WrongState, chinese, english))
    }
}

fn invalid(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(RefusalCode::Invalid, format!("不能重新导播：{error}"), error.to_string())
}
