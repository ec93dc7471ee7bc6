//! The media files: folders to go through, files to play, download and upload; copies under way; the trash.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, icon, page, place};
use crate::files::{Deleted, Entry, FilePath, Kind, Medium, WorkState, segments, send};
use crate::lang::{Lang, bytes, local};
use crate::said::Said;
use crate::site::Site;
use crate::store::Role;
use crate::who::Person;

/// A folder as a page, or a file as it is.
pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    request: Request,
) -> Result<Response, Said> {
    let path = FilePath::parse(&segments(&request, "/files/")?)?;
    if path.is_top() || site.area.entry(&path)?.is_folder {
        return Ok(folder(&site, &person, &path)?.into_response());
    }
    send(&site.area.on_disk(&path), path.name().unwrap_or_default(), request).await
}

/// A page that plays a file.
pub(crate) async fn play(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    request: Request,
) -> Result<Markup, Said> {
    let lang = person.lang;
    let path = FilePath::parse(&segments(&request, "/play/")?)?;
    let entry = site.area.entry(&path)?;
    let name = path.name().unwrap_or_default();
    let kind = Kind::of_name(name).filter(|_| !entry.is_folder);
    let source = format!("/files/{}", path.address());
    Ok(page(
        &site,
        &person,
        "/files/",
        name,
        "none",
        &html! {
            (crumbs(&path, lang))
            section.card {
                @match kind.map(|kind| kind.medium) {
                    Some(Medium::Film) => video #player controls autoplay playsinline src=(source) {},
                    Some(Medium::Sound) => audio #player controls autoplay src=(source) {},
                    Some(Medium::Picture) => img.whole src=(source) alt=(name);,
                    _ => p { a href=(source) { (lang.pick("打开", "Open")) " " (name) } },
                }
                div.buttons {
                    a.button href={ (source) "?download" } download { (icon(Icon::Download)) (lang.pick("下载", "Download")) " · " (bytes(entry.bytes)) }
                    @if person.may(Role::It) { a.button href={ "/edit/" (path.address()) } { (icon(Icon::Pencil)) (lang.pick("改名、移动、复制、删除", "Rename, move, copy, delete")) } }
                }
            }
        },
    ))
}

fn folder(site: &Site, person: &Person, path: &FilePath) -> Result<Markup, Said> {
    let lang = person.lang;
    let entries = site.area.list(path)?;
    let it = person.may(Role::It);
    Ok(page(
        site,
        person,
        "/files/",
        lang.pick("媒体文件", "Media files"),
        "files",
        &html! {
            (crumbs(path, lang))
            section.card {
                @if it { (upload(path, lang)) }
                @if entries.is_empty() { p.muted { (lang.pick("这个文件夹是空的", "This folder is empty")) } }
                ul.rows {
                    @for entry in &entries { (row(entry, it, lang)) }
                }
                @if it {
                    form.inline method="post" action="/do/files/folder" {
                        input type="hidden" name="folder" value=(path);
                        input name="name" required maxlength="80" placeholder=(lang.pick("新文件夹名称", "Name of a new folder")) aria-label=(lang.pick("新文件夹名称", "Name of a new folder"));
                        button { (icon(Icon::FolderPlus)) (lang.pick("新建文件夹", "Make a folder")) }
                    }
                }
                (place(&works(site, lang)))
            }
            @if it && path.is_top() { (trash(&site.area.deleted(), lang)) }
            p.muted { (lang.pick(
                "课程在“课程”页，主机自己管理，这里放从课程复制来的和上传的文件。",
                "Lessons are on their own page and are the host's; here is what was copied from them or uploaded."
            )) }
        },
    ))
}

pub(crate) fn crumbs(path: &FilePath, lang: Lang) -> Markup {
    let mut at = FilePath::default();
    let mut links = vec![(lang.pick("媒体文件", "Media files").to_owned(), "/files/".to_owned())];
    for name in path.names() {
        let Ok(next) = at.join(name) else { break };
        at = next;
        links.push((name.clone(), format!("/files/{}", at.address())));
    }
    let last = links.len() - 1;
    html! {
        nav.crumbs aria-label=(lang.pick("位置", "Where")) {
            @for (index, (name, to)) in links.iter().enumerate() {
                @if index == last { b { (name) } } @else { a href=(to) { (name) } span.muted { "/" } }
            }
        }
    }
}

fn upload(path: &FilePath, lang: Lang) -> Markup {
    html! {
        div.upload #upload data-folder=(path)
            data-sending=(lang.pick("正在上传", "Uploading")) data-waiting=(lang.pick("连接中断，自动继续…", "Connection lost, going on…"))
            data-stop=(lang.pick("取消", "Cancel")) {
            label.button.primary { (icon(Icon::Upload)) (lang.pick("上传文件", "Upload files")) input type="file" multiple #files; }
            span.muted { (lang.pick("或把文件拖到这里；断线后重新选择同一文件会接着传", "or drop files here; the same file goes on where it stopped")) }
            ul #sending {}
        }
    }
}

fn row(entry: &Entry, it: bool, lang: Lang) -> Markup {
    let name = entry.path.name().unwrap_or_default();
    let address = entry.path.address();
    let kind = Kind::of_name(name);
    let (to, sign) = match kind {
        _ if entry.is_folder => (format!("/files/{address}"), Icon::Folder),
        Some(kind) => (format!("/play/{address}"), kind.icon()),
        None => (format!("/play/{address}"), Icon::File),
    };
    let changed = Timestamp::from_second(entry.changed).map(local).unwrap_or_default();
    html! {
        li data-name=(name) {
            a.row href=(to) {
                (icon(sign))
                span.main { (name) small { (changed) @if !entry.is_folder { " · " (bytes(entry.bytes)) } } }
            }
            @if !entry.is_folder { a.button.plain href={ "/files/" (address) "?download" } download title=(lang.pick("下载", "Download")) { (icon(Icon::Download)) } }
            @if it {
                a.button.plain href={ "/edit/" (address) } title=(lang.pick("改名、移动、复制", "Rename, move, copy")) { (icon(Icon::Pencil)) }
                form method="post" action="/do/files/delete" {
                    input type="hidden" name="path" value=(entry.path);
                    input type="hidden" name="seen" value=(entry.stamp);
                    button.plain title=(lang.pick("删除", "Delete")) { (icon(Icon::Trash2)) }
                }
            }
        }
    }
}

pub(crate) fn works(site: &Site, lang: Lang) -> Fragment {
    let works = site.works.told();
    let content = html! {
        @if !works.is_empty() { h2 { (lang.pick("复制", "Copies")) } }
        ul.jobs {
            @for work in &works {
                li data-work=(work.name) {
                    span { (work.name) }
                    @match &work.state {
                        WorkState::Running => { progress max=(work.bytes.max(1)) value=(work.done) {} span.muted { (bytes(work.done)) " / " (bytes(work.bytes)) } },
                        WorkState::Done => span.muted data-done { (lang.pick("完成", "Done")) " · " (bytes(work.bytes)) },
                        WorkState::Failed { chinese, english } => span.warn { (lang.pick(chinese, english)) },
                    }
                }
            }
        }
    };
    ("works", content)
}

fn trash(deleted: &[Deleted], lang: Lang) -> Markup {
    html! {
        @if !deleted.is_empty() {
            section.card #trash {
                h2 { (lang.pick("回收站", "Trash")) }
                p.muted { (lang.pick("保留一周，然后自动清除。", "Kept for a week.")) }
                ul.rows {
                    @for one in deleted {
                        li {
                            span.row { (icon(Icon::Trash)) span.main { (one.path) small { (local(one.when)) " · " (one.who) } } }
                            form method="post" action={ "/do/files/restore/" (one.id) } { button { (icon(Icon::Undo2)) (lang.pick("恢复", "Take back")) } }
                        }
                    }
                }
                form method="post" action="/do/files/empty-trash" { button.record { (icon(Icon::Trash2)) (lang.pick("清空回收站，不可恢复", "Empty the trash for good")) } }
            }
        }
    }
}
