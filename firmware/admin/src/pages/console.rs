//! The directing console: the programme, every input to cut to, layouts, who directs, cameras that turn, and sound. Keys 1 to
//! 9 cut.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::ptz::Steer;
use ketang_hal::role::{PictureRole, Role as InputRole};
use ketang_protocol::arrange::{self, Arrangement};
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::{PtzState, Snapshot};
use ketang_protocol::turning::Way;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::{Fragment, icon, live_picture, overview, page, place, ready, sound};
use crate::act::OPEN;
use crate::lang::{Lang, counter};
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let snapshot = site.snapshots.borrow().clone();
    let fragments = fragments(&person, snapshot.as_deref());
    let [lesson, shot, keys, layouts, directing, cameras, sounds] = &fragments;
    let pictures: Vec<PictureRole> = snapshot.iter().flat_map(|now| now.pictures.iter().map(|one| one.role)).collect();
    page(
        &site,
        &person,
        "/console",
        lang.pick("导播台", "Console"),
        "console",
        &html! {
            div.console {
                div {
                    section.card {
                        div.stage {
                            (live_picture("programme", lang.pick("节目画面", "Programme")))
                            (place(shot))
                        }
                        (place(lesson))
                    }
                    section.card {
                        h2 { (lang.pick("声音", "Sound")) }
                        (place(sounds))
                    }
                }
                div {
                    section.card {
                        h2 { (lang.pick("切换画面", "Cut to")) }
                        div.wall {
                            @for role in &pictures {
                                div.under data-role=(role) { (live_picture(role.as_str(), lang.picture(*role))) }
                            }
                        }
                        (place(keys))
                    }
                    section.card {
                        h2 { (lang.pick("导播方式", "Who directs")) }
                        (place(directing))
                        h2 { (lang.pick("布局", "Layouts")) }
                        (place(layouts))
                    }
                    (place(cameras))
                }
            }
        },
    )
}

pub(crate) fn fragments(person: &Person, snapshot: Option<&Snapshot>) -> [Fragment; 7] {
    let lang = person.lang;
    let Some(snapshot) = snapshot else {
        let nothing = || html! {};
        return [
            ("console-lesson", overview::away(lang)),
            ("console-shot", nothing()),
            ("console-keys", nothing()),
            ("console-layouts", nothing()),
            ("console-directing", nothing()),
            ("console-cameras", nothing()),
            ("console-sounds", nothing()),
        ];
    };
    [
        ("console-lesson", lesson(snapshot, lang)),
        ("console-shot", shot(snapshot, lang)),
        ("console-keys", keys(snapshot, lang)),
        ("console-layouts", layouts(snapshot, lang)),
        ("console-directing", directing(snapshot, lang)),
        ("console-cameras", cameras(snapshot, lang)),
        ("console-sounds", sounds(snapshot, lang)),
    ]
}

/// A button that sends a form and stays on the page.
fn button(action: &str, class: &str, content: &Markup) -> Markup {
    html! { form method="post" action=(action) data-quiet { button class=(class) { (content) } } }
}

/// Start, pause, stop, and what a lesson is given on its way.
fn lesson(snapshot: &Snapshot, lang: Lang) -> Markup {
    let outcome = snapshot.lesson.as_ref().map(|lesson| &lesson.outcome);
    let planned = snapshot.lesson.as_ref().is_some_and(|lesson| lesson.planned_seconds.is_some());
    html! {
        div.transport {
            @match outcome {
                Some(Outcome::Recording | Outcome::Paused) => {
                    @if outcome == Some(&Outcome::Recording) {
                        (button("/do/pause", "", &html! { (icon(Icon::Pause)) (lang.pick("暂停", "Pause")) }))
                    } @else {
                        (button("/do/resume", "primary", &html! { (icon(Icon::Play)) (lang.pick("继续录制", "Go on")) }))
                    }
                    form.chapter method="post" action="/do/chapter" data-quiet {
                        button #chapter { (icon(Icon::Bookmark)) (lang.pick("标记章节", "Chapter")) }
                        input name="title" maxlength="100" placeholder=(lang.pick("章节名（可不填）", "Its title (optional)")) aria-label=(lang.pick("章节名", "Title of the chapter"));
                    }
                    @if planned {
                        div.segments {
                            @for minutes in [5, 10, 15] {
                                form method="post" action={ "/do/extend/" (minutes) } data-quiet {
                                    button data-extend=(minutes) { (lang.pick(format!("+{minutes} 分钟"), format!("+{minutes} min"))) }
                                }
                            }
                        }
                    }
                    form method="post" action="/do/stop" data-quiet data-undo=(lang.pick("秒后结束录制", "s until the lesson stops")) data-undo-word=(lang.pick("撤销", "Take back")) {
                        button.record #stop { (icon(Icon::Square)) (lang.pick("下课，结束录制", "Stop the lesson")) }
                    }
                },
                Some(Outcome::Finishing) => p.muted { (lang.pick("正在整理上一节课，可以马上开始下一节", "The last lesson is being finished; the next may begin")) },
                _ => {},
            }
        }
        @if !matches!(outcome, Some(Outcome::Recording | Outcome::Paused)) {
            form.start method="post" action="/do/start" data-quiet {
                input name="title" maxlength="100" placeholder=(lang.pick("课程名称（可不填）", "Title (optional)")) aria-label=(lang.pick("课程名称", "Title"));
                input name="teacher" maxlength="60" placeholder=(lang.pick("教师（可不填）", "Teacher (optional)")) aria-label=(lang.pick("教师", "Teacher"));
                select name="minutes" aria-label=(lang.pick("时长", "Length")) {
                    option value="" { (lang.pick("默认时长", "Usual length")) }
                    @for minutes in [20, 40, 45, 90, 120] { option value=(minutes) { (lang.pick(format!("{minutes} 分钟"), format!("{minutes} min"))) } }
                    option value=(OPEN) { (open(snapshot, lang)) }
                }
                button.primary #start { (icon(Icon::Circle)) (lang.pick("开始上课", "Start a lesson")) }
            }
        }
    }
}

/// A lesson without a planned end, and when it ends all the same.
fn open(snapshot: &Snapshot, lang: Lang) -> String {
    let longest = lang.length(snapshot.longest_seconds as f64);
    match snapshot.longest_seconds {
        0 => lang.pick("不限时", "Open end").into(),
        _ => lang.pick(format!("不限时（最长 {longest}）"), format!("Open end ({longest} at most)")),
    }
}

/// What is on air, and why.
fn shot(snapshot: &Snapshot, lang: Lang) -> Markup {
    let programme = &snapshot.programme;
    let names: Vec<&str> = programme.shot.inputs.iter().map(|role| lang.picture(*role)).collect();
    let recording = snapshot.lesson.as_ref().filter(|lesson| lesson.outcome == Outcome::Recording);
    html! {
        div.shot {
            @if let Some(lesson) = recording { span.pill.recording { span.dot {} (counter(lesson.seconds)) } }
            b #on-air data-shot=(programme.shot.inputs.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")) { (names.join(" + ")) }
            @if let Some(why) = &programme.directing.why { span.muted { (lang.pick(&why.chinese, &why.english)) } }
        }
    }
}

fn keys(snapshot: &Snapshot, lang: Lang) -> Markup {
    let on_air = |role: PictureRole| snapshot.programme.shot.inputs.contains(&role);
    html! {
        div.keys {
            @for (number, picture) in (1..).zip(&snapshot.pictures) {
                form method="post" action={ "/do/cut/" (picture.role) } data-quiet {
                    button.key.on[on_air(picture.role)].lost[!picture.live] data-key=(number) data-cut=(picture.role) {
                        kbd { (number) }
                        (icon(ready::role_icon(InputRole::Picture(picture.role))))
                        span { (lang.picture(picture.role)) }
                        @if !picture.live { small { (lang.pick("无信号", "No signal")) } }
                    }
                }
            }
        }
        @let own: Vec<&String> = snapshot.programme.scenes.iter().filter(|scene| scene.parse::<PictureRole>().is_err()).collect();
        @if !own.is_empty() {
            div.scenes {
                @for scene in own {
                    form method="post" action="/do/scene" data-quiet {
                        input type="hidden" name="scene" value=(scene);
                        button { (scene) }
                    }
                }
            }
        }
    }
}

fn layouts(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        div.layouts {
            @for (one, shot) in arrange::offered(snapshot).into_iter().filter(|(one, _)| one.panes.len() > 1) {
                form method="post" action={ "/do/layout/" (one.name) } data-quiet {
                    button.on[snapshot.programme.shot.layout == shot.layout] data-layout=(one.name) {
                        (drawn(one)) span { (lang.pick(one.chinese, one.english)) }
                    }
                }
            }
        }
    }
}

fn directing(snapshot: &Snapshot, lang: Lang) -> Markup {
    let directing = &snapshot.programme.directing;
    let modes = [
        (Mode::Automatic, "automatic", "自动", "Automatic"),
        (Mode::SemiAutomatic, "semi-automatic", "半自动", "Semi-automatic"),
        (Mode::Manual, "manual", "手动", "Manual"),
    ];
    html! {
        div.segments {
            @for (mode, name, chinese, english) in modes {
                form method="post" action={ "/do/mode/" (name) } data-quiet {
                    button.on[directing.mode == mode] data-mode=(name) { (lang.pick(chinese, english)) }
                }
            }
        }
        @if let Some(seconds) = directing.returns_in_seconds {
            p.countdown { (icon(Icon::Timer)) (lang.pick(format!("{seconds} 秒后恢复自动"), format!("The host directs again in {seconds} s"))) }
        }
    }
}

/// What turns a camera as long as it is held: a stick for any direction and speed, and buttons.
pub(crate) fn pad(lang: Lang) -> Markup {
    let pad = [
        (Icon::ArrowUp, lang.pick("向上", "Up"), Way::Up),
        (Icon::ArrowLeft, lang.pick("向左", "Left"), Way::Left),
        (Icon::ArrowRight, lang.pick("向右", "Right"), Way::Right),
        (Icon::ArrowDown, lang.pick("向下", "Down"), Way::Down),
        (Icon::ZoomIn, lang.pick("推近", "Closer"), Way::Closer),
        (Icon::ZoomOut, lang.pick("拉远", "Wider"), Way::Wider),
    ];
    let stick = lang.pick("摇杆：拖动，或按方向键", "Stick: drag it, or use the arrow keys");
    html! {
        div.turn {
            div.stick data-stick tabindex="0" role="application" aria-label=(stick) title=(stick) { span {} }
            div.pad {
                @for (sign, label, way) in pad {
                    @let Steer { pan, tilt, zoom } = way.steer();
                    button type="button" aria-label=(label) title=(label) data-steer={ (pan) " " (tilt) " " (zoom) } { (icon(sign)) }
                }
            }
        }
    }
}

/// Whether the host turns a camera by itself, and when again.
pub(crate) fn who_turns(ptz: &PtzState, lang: Lang) -> Markup {
    html! {
        @if ptz.follows { p.muted { (lang.pick("由主机转动", "The host turns it")) } }
        @if let Some(seconds) = ptz.returns_in_seconds {
            p.countdown { (icon(Icon::Timer)) (lang.pick(format!("{seconds} 秒后由主机转动"), format!("The host turns it again in {seconds} s"))) }
        }
    }
}

/// Cameras that turn: presets, and what turns them by hand.
fn cameras(snapshot: &Snapshot, lang: Lang) -> Markup {
    let cameras = snapshot.pictures.iter().filter_map(|picture| Some((picture.role, picture.ptz.as_ref()?)));
    html! {
        @for (role, ptz) in cameras {
            section.card.camera data-camera=(role) {
                h2 { (lang.picture(role)) " · " (lang.pick("云台", "Camera that turns")) }
                @if !ptz.live { p.warn { (ptz.detail) } }
                @if let Some(preset) = &ptz.going_to { p.muted { (lang.pick(format!("正在转到 {preset}"), format!("On its way to {preset}"))) } }
                div.presets.keys {
                    @for preset in &ptz.presets {
                        form method="post" action={ "/do/ptz/" (role) } data-quiet {
                            input type="hidden" name="do" value="go";
                            input type="hidden" name="preset" value=(preset);
                            button.on[ptz.at.as_ref() == Some(preset)] data-preset=(preset) { (preset) }
                        }
                    }
                }
                (who_turns(ptz, lang))
                (pad(lang))
                form.chapter method="post" action={ "/do/ptz/" (role) } data-quiet {
                    input type="hidden" name="do" value="set";
                    button { (lang.pick("把现在的位置存为", "Store where it looks as")) }
                    select name="preset" aria-label=(lang.pick("预置位", "Preset")) {
                        @for preset in &ptz.presets { option { (preset) } }
                    }
                }
            }
        }
    }
}

fn sounds(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! { div.sounds { @for one in &snapshot.sounds { (sound::strip(one, lang)) } } }
}

/// A layout's picture on a button.
fn drawn(one: &Arrangement) -> Markup {
    html! {
        svg.arrangement viewBox="-3 -3 106 106" preserveAspectRatio="none" aria-hidden="true" {
            @for (x, y, width, height) in one.panes {
                rect x=(x) y=(y) width=(width) height=(height) rx="5" {}
            }
        }
    }
}
