//! What the API reads from disk and devices without asking the owner.

use std::sync::Arc;

use ketang_hal::board::Board;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::{Event, Lesson, LessonId};
use ketang_protocol::snapshot::{DeletedLesson, FoundInput, LessonSummary};

use crate::api::Library;
use crate::folder::{DataDir, StoreError, Trashed};

pub(super) struct Shelf {
    pub(super) data: DataDir,
    pub(super) board: Arc<dyn Board>,
}

impl Library for Shelf {
    fn lessons(&self) -> Result<Vec<LessonSummary>, Refusal> {
        let ids = self.data.ids().map_err(refused)?;
        // A folder that cannot be read has its alarm; it does not hide the others.
        let lesson = |id: &LessonId| self.data.folder(id).ok()?.read().ok();
        Ok(ids.iter().rev().filter_map(lesson).map(|lesson| LessonSummary::from(&lesson)).collect())
    }

    fn trash(&self) -> Result<Vec<DeletedLesson>, Refusal> {
        let trash = self.data.trash().map_err(refused)?;
        let deleted = |trashed: &Trashed| {
            let lesson = LessonSummary::from(&trashed.folder.read().ok()?);
            Some(DeletedLesson { lesson, deleted: trashed.deleted, until: trashed.until() })
        };
        Ok(trash.iter().rev().filter_map(deleted).collect())
    }

    fn lesson(&self, id: &LessonId) -> Result<Lesson, Refusal> {
        self.data.lesson(id).and_then(|folder| folder.read()).map_err(refused)
    }

    fn events(&self, id: &LessonId) -> Result<Vec<Event>, Refusal> {
        let events = self.data.lesson(id).and_then(|folder| folder.events()).map_err(refused)?;
        Ok(events.list)
    }

    fn inputs(&self) -> Result<Vec<FoundInput>, Refusal> {
        Ok(self.board.find_inputs().into_iter().map(FoundInput::from).collect())
    }
}

/// A store's error in a surface's words.
pub(super) fn refused(error: StoreError) -> Refusal {
    let code = match &error {
        StoreError::Unknown { .. } | StoreError::InTrash { .. } | StoreError::NotInTrash { .. } => {
            RefusalCode::NotFound
        }
        StoreError::NotAllowed { .. }
        | StoreError::Foreign { .. }
        | StoreError::NotEnded { .. }
        | StoreError::OnlyCopy { .. } => RefusalCode::WrongState,
        _ => RefusalCode::Failed,
    };
    Refusal::new(code, error.chinese(), error.to_string())
}
