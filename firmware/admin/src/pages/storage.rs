//! The disk: what is free, in lessons, and who takes how much.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_protocol::snapshot::{DeletedLesson, LessonSummary};
use maud::{Markup, html};

use super::{overview, page};
use crate::lang::bytes;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let lessons: Vec<LessonSummary> = site.client.get("/v1/lessons").await.unwrap_or_default();
    let trash: Vec<DeletedLesson> = site.client.get("/v1/trash").await.unwrap_or_default();
    let used = |confirmed: bool| {
        lessons.iter().filter(|one| one.confirmed_upstream == confirmed).map(|one| one.bytes).sum::<u64>()
    };
    let count = |confirmed: bool| lessons.iter().filter(|one| one.confirmed_upstream == confirmed).count();
    let area = Arc::clone(&site);
    let files = tokio::task::spawn_blocking(move || area.area.bytes()).await.unwrap_or_default();
    let rows = [
        (
            lang.pick(
                "课程，平台尚未确认（主机不会自行删除）",
                "Lessons that the platform has not confirmed (the host never deletes them of itself)",
            ),
            Some(count(false)),
            used(false),
        ),
        (
            lang.pick(
                "课程，平台已确认（需要时自动删除）",
                "Lessons that the platform holds (deleted when room is needed)",
            ),
            Some(count(true)),
            used(true),
        ),
        (
            lang.pick(
                "已删除的课程（一周内可恢复，需要空间时最先清除）",
                "Deleted lessons (kept for a week, the first to go when room is needed)",
            ),
            Some(trash.len()),
            trash.iter().map(|one| one.lesson.bytes).sum(),
        ),
        (lang.pick("媒体文件和回收站", "Media files and trash"), None, files),
    ];
    page(
        &site,
        &person,
        "/storage",
        lang.pick("存储", "Storage"),
        "none",
        &html! {
            section.card {
                @match snapshot.as_deref().map(|now| &now.storage) {
                    None => (overview::away(lang)),
                    Some(storage) => {
                        div.big { (lang.pick(format!("还能录 {} 节课", storage.lessons_left), format!("Room for {} lessons", storage.lessons_left))) }
                        meter.disk min="0" max=(storage.total_bytes.max(1)) value=(storage.total_bytes.saturating_sub(storage.free_bytes)) {}
                        p { (lang.pick("可用 ", "Free: ")) (bytes(storage.free_bytes)) " / " (bytes(storage.total_bytes)) }
                    },
                }
                table {
                    @for (name, count, used) in rows {
                        tr { td { (name) } td.number { @if let Some(count) = count { (count) } } td.number { (bytes(used)) } }
                    }
                }
                p.muted { (lang.pick(
                    "主机自行删除的，只有平台已确认、且超过保留天数的课程。上传和复制绝不占用为录课保留的空间。",
                    "Of itself the host deletes only lessons that the platform holds and that are old enough. Uploads and copies never take the room kept for lessons."
                )) }
            }
        },
    )
}
