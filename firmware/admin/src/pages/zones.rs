//! Zones and masks of a camera, drawn on its picture. The drawing itself is `assets/zones.js`.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use ketang_hal::role::PictureRole;
use ketang_protocol::snapshot::Snapshot;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{icon, live_picture, page};
use crate::assets::versioned;
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

/// A kind of outline as the host calls it, in Chinese, in English, and what it is for.
type Kind = (&'static str, &'static str, &'static str, &'static str, &'static str);

const MASKS: Kind = (
    "masks",
    "遮挡",
    "Mask",
    "屏幕、窗户、玻璃门：里面的动静和人影不算人",
    "Screens, windows, glass doors: what moves in there is nobody",
);
const STUDENTS: Kind = (
    "students",
    "学生",
    "Students",
    "学生坐的地方；画了以后只数这里的人",
    "Where students sit; once it is drawn, nobody elsewhere is counted",
);
/// Those of the camera on the teacher.
const TEACHER: [Kind; 7] = [
    ("podium", "讲台", "Podium", "讲课时站的地方（按脚的位置）", "Where lecturing is done: by where the feet are"),
    ("board", "板书", "Board", "写板书时站的地方", "The floor in front of the board"),
    ("board-surface", "板面", "Board surface", "黑板本身", "What is written on"),
    ("screen", "屏幕", "Screen", "大屏或投影旁边站的地方", "Beside the screen or the large display"),
    ("lectern", "讲桌", "Lectern", "讲桌旁边", "Beside the lectern"),
    (
        STUDENTS.0,
        STUDENTS.1,
        STUDENTS.2,
        "学生坐的地方：站在这里的人最后才当作教师",
        "Among the students: who stands here is taken for the teacher last",
    ),
    MASKS,
];
const CLASS: [Kind; 2] = [MASKS, STUDENTS];

/// The cameras whose pictures are watched, as far as the host tells.
pub(crate) fn watched(snapshot: Option<&Snapshot>) -> Vec<PictureRole> {
    let pictures = snapshot.iter().flat_map(|now| &now.pictures);
    pictures.filter(|picture| picture.zones.is_some()).map(|picture| picture.role).collect()
}

pub(crate) async fn get(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path(input): Path<String>,
) -> Result<Markup, Said> {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let role = input.parse().ok().filter(|role| watched(snapshot.as_deref()).contains(role));
    let role: PictureRole = role.ok_or_else(|| {
        Said::not_found("主机不在这台摄像机的画面里找人", "The host watches no camera of this name for people")
    })?;
    let kinds: &[Kind] = if role == PictureRole::StudentsPanorama { &CLASS } else { &TEACHER };
    let title = lang.pick(format!("{}：区域和遮挡", role.chinese()), format!("{}: zones and masks", role.english()));
    Ok(page(
        &site,
        &person,
        "/inputs",
        &title,
        "none",
        &html! {
            section.card #zones data-input=(role.as_str()) {
                div.canvas {
                    (live_picture(role.as_str(), lang.picture(role)))
                    svg #drawing viewBox="0 0 1600 900" role="application" aria-label=(title) {}
                }
                div.kinds role="group" aria-label=(lang.pick("画什么", "What to draw")) {
                    @for (name, chinese, english, _, _) in kinds {
                        button type="button" data-kind=(name) { i class={ "swatch " (name) } {} (lang.pick(*chinese, *english)) }
                    }
                }
                p #zones-say.muted aria-live="polite" {
                    (lang.pick("选一种，在画面上拖出一块；拖角或边的中点改形状，拖中间移动。", "Choose a kind and drag on the picture; drag a corner or the middle of an edge to shape it, the inside to move it."))
                }
                div.buttons {
                    button.primary #zones-save type="button" disabled { (icon(Icon::Save)) (lang.pick("保存", "Save")) }
                    button #zone-undo type="button" disabled { (icon(Icon::Undo2)) (lang.pick("撤销", "Undo")) }
                    button #corner-delete type="button" disabled { (lang.pick("去掉这个角", "Remove the corner")) }
                    button #zone-delete type="button" disabled { (icon(Icon::Trash2)) (lang.pick("删除这一块", "Delete the outline")) }
                    button #zones-file type="button" hidden { (lang.pick("恢复为配置文件的区域", "Back to those of the host's file")) }
                    a.button href="/inputs" { (lang.pick("返回", "Back")) }
                }
                ul.plain {
                    @for (name, chinese, english, zh, en) in kinds {
                        li { i class={ "swatch " (name) } {} b { (lang.pick(*chinese, *english)) } " — " (lang.pick(*zh, *en)) }
                    }
                }
                p.muted { (lang.pick("保存后从下一幅画面起生效，正在录的课不受影响。", "What is saved holds from the next picture on; a lesson that is recorded does not notice.")) }
            }
            script src=(versioned("zones.js")) defer {}
        },
    ))
}
