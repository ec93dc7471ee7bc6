//! Whether a lesson would be recorded whole if it began now, and what to do about it where not.

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::system;
use lucide_icons::Icon;
use maud::{Markup, html};

use super::icon;
use crate::lang::Lang;

/// One thing that a lesson needs.
#[derive(Debug)]
pub(crate) struct Check {
    icon: Icon,
    pub(crate) name: String,
    pub(crate) good: bool,
    /// What it is when good, what to do when not.
    pub(crate) words: String,
}

pub(crate) fn role_icon(role: Role) -> Icon {
    match role {
        Role::Picture(PictureRole::TeacherPanorama | PictureRole::TeacherCloseup) => Icon::Presentation,
        Role::Picture(PictureRole::StudentsPanorama | PictureRole::StudentsCloseup) => Icon::Users,
        Role::Picture(PictureRole::Hdmi) => Icon::Monitor,
        Role::Picture(PictureRole::Board) => Icon::PenLine,
        Role::Sound(SoundRole::LineIn) => Icon::Volume2,
        Role::Sound(_) => Icon::Mic,
    }
}

/// Every input, then the disk, the clock, the network and what is to be uploaded; a network that is missing spoils no lesson, and is an
/// alarm for IT alone.
pub(crate) fn checks(snapshot: &Snapshot, lang: Lang) -> Vec<Check> {
    let input = |role: Role, live: bool, good: String| {
        let alarm = snapshot.alarms.iter().find(|alarm| alarm.input == Some(role) && !alarm.for_it);
        let words = match alarm {
            Some(alarm) => lang.alarm(alarm).to_owned(),
            None if !live => lang.pick("没有信号：请检查线缆和电源", "No signal: check its cable and power").into(),
            None => good,
        };
        Check { icon: role_icon(role), name: lang.role(role).into(), good: live && alarm.is_none(), words }
    };
    let sounds = snapshot.sounds.iter().map(|sound| {
        let heard = match (sound.muted, sound.speech) {
            (true, _) => lang.pick("已静音，上课时自动打开", "Muted; opens when a lesson begins"),
            (false, true) => lang.pick("听到有人讲话", "Somebody speaks"),
            (false, false) => lang.pick("正常", "Works"),
        };
        input(Role::Sound(sound.role), sound.live, heard.into())
    });
    let pictures = snapshot
        .pictures
        .iter()
        .map(|picture| input(Role::Picture(picture.role), picture.live, picture.detail.clone()));
    let left = snapshot.storage.lessons_left;
    let disk = Check {
        icon: Icon::HardDrive,
        name: lang.pick("存储空间", "Disk").into(),
        good: left > 0,
        words: match left {
            0 => lang
                .pick(
                    "已满：确认已上传的课程，或换更大的硬盘",
                    "Full: confirm lessons that are uploaded, or fit a larger disk",
                )
                .into(),
            left => lang.pick(format!("还能录 {left} 节课"), format!("Room for {left} lessons")),
        },
    };
    let clock = &snapshot.clock;
    let clock = (clock.wrong.is_some() || clock.synchronised.is_some()).then(|| Check {
        icon: Icon::Clock,
        name: lang.pick("时间", "Time").into(),
        good: clock.wrong.is_none(),
        words: lang.say(&clock.told()).to_owned(),
    });
    let network = snapshot.network.as_ref().filter(|network| network.is_up()).map(|network| Check {
        icon: Icon::Network,
        name: lang.pick("网络", "Network").into(),
        good: true,
        words: lang.say(&system::network(network)).to_owned(),
    });
    let uploads = snapshot.uploads.as_ref().map(|uploads| Check {
        icon: Icon::CloudUpload,
        name: lang.pick("上传", "Uploads").into(),
        good: uploads.failing.is_none(),
        words: lang.say(&uploads.told()).to_owned(),
    });
    sounds.chain(pictures).chain([disk]).chain(clock).chain(network).chain(uploads).collect()
}

pub(crate) fn drawn(checks: &[Check]) -> Markup {
    html! {
        ul.checks {
            @for check in checks {
                li.good[check.good].bad[!check.good] {
                    (icon(check.icon))
                    div { b { (check.name) } span { (check.words) } }
                    (icon(if check.good { Icon::CircleCheck } else { Icon::CircleAlert }))
                }
            }
        }
    }
}
