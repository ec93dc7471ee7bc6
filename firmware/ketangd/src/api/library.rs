//! What is read from disk and devices: lessons, their events, and the inputs that can be seen.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::{Event, Lesson, LessonId};
use ketang_protocol::snapshot::{DeletedLesson, FoundInput, LessonSummary};

use super::Api;
use super::answer::Refused;

/// Reads lessons and looks for inputs. Its functions may block; they are called outside the asynchronous tasks.
pub trait Library: Send + Sync + 'static {
    /// All lessons, the newest first.
    fn lessons(&self) -> Result<Vec<LessonSummary>, Refusal>;

    /// The deleted lessons that can be taken back, those deleted last first.
    fn trash(&self) -> Result<Vec<DeletedLesson>, Refusal>;

    /// The `lesson.json` of one; refuses with `NotFound` where there is none.
    fn lesson(&self, id: &LessonId) -> Result<Lesson, Refusal>;

    /// The `events.jsonl` of one; refuses with `NotFound` where there is no such lesson.
    fn events(&self, id: &LessonId) -> Result<Vec<Event>, Refusal>;

    /// Every input that can be seen now.
    fn inputs(&self) -> Result<Vec<FoundInput>, Refusal>;
}

type Answer<T> = Result<Json<T>, Refused>;
type Id = Result<Path<LessonId>, PathRejection>;

pub(super) async fn inputs(State(api): State<Api>) -> Answer<Vec<FoundInput>> {
    read(api, |library| library.inputs()).await
}

pub(super) async fn lessons(State(api): State<Api>) -> Answer<Vec<LessonSummary>> {
    read(api, |library| library.lessons()).await
}

pub(super) async fn trash(State(api): State<Api>) -> Answer<Vec<DeletedLesson>> {
    read(api, |library| library.trash()).await
}

pub(super) async fn lesson(State(api): State<Api>, id: Id) -> Answer<Lesson> {
    let id = lesson_id(id)?;
    read(api, move |library| library.lesson(&id)).await
}

pub(super) async fn events(State(api): State<Api>, id: Id) -> Answer<Vec<Event>> {
    let id = lesson_id(id)?;
    read(api, move |library| library.events(&id)).await
}

fn lesson_id(id: Id) -> Result<LessonId, Refused> {
    let Path(id) = id.map_err(|rejection| {
        let why = rejection.body_text();
        Refusal::new(RefusalCode::NotFound, format!("没有这节课：{why}"), format!("there is no such lesson: {why}"))
    })?;
    id.check()?;
    Ok(id)
}

async fn read<T: Send + 'static>(
    api: Api,
    what: impl FnOnce(&dyn Library) -> Result<T, Refusal> + Send + 'static,
) -> Answer<T> {
    let library = Arc::clone(&api.host.library);
    match tokio::task::spawn_blocking(move || what(library.as_ref())).await {
        Ok(answer) => Ok(Json(answer?)),
        Err(error) => {
            tracing::error!("reading the library panicked: {error}");
            let (chinese, english) = ("主机读取失败：原因见日志", "the host could not read this: its log tells why");
            Err(Refusal::new(RefusalCode::Failed, chinese, english).into())
        }
    }
}
