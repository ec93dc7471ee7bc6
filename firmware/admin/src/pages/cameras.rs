//! Cameras that turn: how each is calibrated. A person turns it until something is in the middle of its picture, and clicks that on the
//! panorama's.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::role::PictureRole;
use ketang_protocol::snapshot::{PtzState, Snapshot};
use maud::{Markup, html};

use super::{Fragment, console, live_picture, page, place};
use crate::lang::Lang;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let cameras: Vec<_> = snapshot.iter().flat_map(|now| calibrated_by(now)).collect();
    let deeds = [
        ("calibrate", lang.pick("标定：画面中央是这一点", "Calibrate: this point is in the middle")),
        ("check", lang.pick("检查：画面中央是这一点", "Check: this point is in the middle")),
        ("look", lang.pick("转向这一点", "Turn to this point")),
    ];
    page(
        &site,
        &person,
        "/cameras",
        lang.pick("摄像机标定", "Calibrate cameras"),
        "cameras",
        &html! {
            @if cameras.is_empty() {
                p.muted { (lang.pick(
                    "没有可以标定的摄像机：为教师特写或学生特写配置 ptz，并配置固定的全景画面",
                    "No camera to calibrate: write the ptz of teacher-closeup or students-closeup, and have its fixed panorama",
                )) }
            }
            @for (role, panorama, _) in &cameras {
                section.card.calibrate data-camera=(role) {
                    h2 { (lang.picture(*role)) }
                    p { (lang.pick(
                        "转动摄像机，让全景画面中也能看到的东西（黑板角、讲台、椅子）对准十字，停稳后在全景画面上点击它。四个点以上，分布在教师活动范围的四角。",
                        "Turn the camera until something that the panorama shows too (a corner of the board, the lectern, a chair) is under the cross. When it stands, click that on the panorama. Four points or more, at the corners of where the teacher goes.",
                    )) }
                    div.two {
                        div.aim { (live_picture(role.as_str(), lang.picture(*role))) }
                        div.aim.point data-point=(role) { (live_picture(panorama.as_str(), lang.picture(*panorama))) }
                    }
                    (console::pad(lang))
                    div.deeds {
                        @for (deed, words) in deeds {
                            label { input type="radio" name={ "deed-" (role) } value=(deed) checked[deed == "calibrate"]; " " (words) }
                        }
                    }
                }
            }
            (place(&fragment(&person, snapshot.as_deref())))
        },
    )
}

/// The cameras that can be calibrated, and by which panorama.
fn calibrated_by(snapshot: &Snapshot) -> impl Iterator<Item = (PictureRole, PictureRole, &PtzState)> {
    snapshot.pictures.iter().filter_map(|picture| {
        let ptz = picture.ptz.as_ref()?;
        Some((picture.role, ptz.calibration.panorama?, ptz))
    })
}

/// How well each is known, and the way to begin anew.
pub(crate) fn fragment(person: &Person, snapshot: Option<&Snapshot>) -> Fragment {
    let lang = person.lang;
    let content = html! {
        @for (role, _, ptz) in snapshot.iter().flat_map(|now| calibrated_by(now)) {
            section.card data-calibrated=(ptz.calibration.points) {
                h2 { (lang.picture(role)) " · " (lang.pick("标定结果", "What is known")) }
                (known(ptz, lang))
                form method="post" action={ "/do/ptz/" (role) } data-quiet {
                    input type="hidden" name="do" value="uncalibrate";
                    button { (lang.pick("清除全部标定点", "Forget all points")) }
                }
                form method="post" action={ "/do/ptz/" (role) } data-quiet {
                    input type="hidden" name="do" value="follow";
                    button { (lang.pick("恢复由主机转动", "Let the host turn it again")) }
                }
            }
        }
    };
    ("cameras-known", content)
}

fn known(ptz: &PtzState, lang: Lang) -> Markup {
    let calibration = &ptz.calibration;
    let points = calibration.points;
    html! {
        @if !ptz.live { p.warn { (ptz.detail) } }
        p {
            (lang.pick(format!("{points} 个点"), format!("{points} points")))
            @if let Some(off) = calibration.off_degrees { (lang.pick(format!("，已标定，偏差 {off}°"), format!(", calibrated, off by {off}°"))) }
            @else { (lang.pick("，未标定", ", not calibrated")) }
            @if let Some(off) = calibration.checked_degrees { (lang.pick(format!("；检查时偏差 {off}°"), format!("; off by {off}° when it was checked"))) }
        }
        @if let Some(fault) = &calibration.fault { p.warn { (lang.pick(&fault.chinese, &fault.english)) } }
        (console::who_turns(ptz, lang))
    }
}
