//! What can be done with a file or folder: rename, move, copy, delete.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{files, icon, page};
use crate::files::{FilePath, segments};
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    request: Request,
) -> Result<Markup, Said> {
    let lang = person.lang;
    let path = FilePath::parse(&segments(&request, "/edit/")?)?;
    let entry = site.area.entry(&path)?;
    let (name, parent) = (path.name().unwrap_or_default(), path.parent());
    let folders = site.area.folders();
    let fields = html! {
        input type="hidden" name="path" value=(path);
        // What the reader sees now: if somebody else changes it, nothing is done.
        input type="hidden" name="seen" value=(entry.stamp);
    };
    let target = html! {
        label { (lang.pick("名称", "Name")) input name="name" required maxlength="80" value=(name); }
        label { (lang.pick("文件夹", "Folder"))
            select name="folder" {
                @for folder in folders.iter().filter(|folder| !folder.is_within(&path)) {
                    option value=(folder) selected[*folder == parent] { @if folder.is_top() { (lang.pick("最上层", "The top")) } @else { (folder) } }
                }
            }
        }
    };
    Ok(page(
        &site,
        &person,
        "/files/",
        name,
        "none",
        &html! {
            (files::crumbs(&path, lang))
            div.columns {
                section.card {
                    h2 { (lang.pick("改名或移动", "Rename or move")) }
                    form.fields method="post" action="/do/files/move" { (fields) (target) button.primary #move { (icon(Icon::FolderInput)) (lang.pick("移动", "Move")) } }
                }
                section.card {
                    h2 { (lang.pick("复制", "Copy")) }
                    form.fields method="post" action="/do/files/copy" { (fields) (target) button #copy { (icon(Icon::Copy)) (lang.pick("复制", "Copy")) } }
                }
                section.card {
                    h2 { (lang.pick("删除", "Delete")) }
                    p { (lang.pick("放入回收站，一周内可以恢复。", "Goes to the trash, and can be taken back for a week.")) }
                    form method="post" action="/do/files/delete" { (fields) button.record #delete { (icon(Icon::Trash2)) (lang.pick("删除", "Delete")) } }
                }
            }
        },
    ))
}
