//! What the host itself has to say to people, in Chinese and English. What follows from a lesson's rules stands in
//! `ketang_lesson::alarms`.

use std::path::Path;

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_hal::sound::CaptureControl;
use ketang_pipelines::sound::Volume;
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;

pub(super) const INPUT_LOST: &str = "input-lost";
pub(super) const PICTURE_BLACK: &str = "picture-black";
pub(super) const MICROPHONE_SILENT: &str = "microphone-silent";
pub(super) const MICROPHONE_MUTED: &str = "microphone-muted";
pub(super) const MICROPHONE_SHUT: &str = "microphone-shut";
pub(super) const DETECTOR_FAILS: &str = "detector-fails";
pub(super) const NO_DETECTOR: &str = "no-detector";
pub(super) const PTZ_LOST: &str = "ptz-lost";
pub(super) const PTZ_OFF: &str = "ptz-off";
pub(super) const SETTINGS_BROKEN: &str = "settings-broken";
pub(super) const NOT_STARTED: &str = "not-started";
pub(super) const TIMETABLE_BROKEN: &str = "timetable-broken";
pub(super) const TOO_SLOW: &str = "too-slow";
pub(super) const ZONES_BROKEN: &str = "zones-broken";

pub(super) fn input_lost(input: Role, why: &str) -> Alarm {
    let (chinese, english) = match input {
        Role::Picture(role) => (role.chinese(), role.english()),
        Role::Sound(role) => (role.chinese(), role.english()),
    };
    Alarm {
        alarm: INPUT_LOST.into(),
        input: Some(input),
        chinese: format!("{chinese}没有信号：请检查线缆和电源（{why}）"),
        english: format!("{english} has no signal: check its cable and power ({why})"),
        for_it: false,
    }
}

pub(super) fn ptz_lost(input: Role, why: &str) -> Alarm {
    let (chinese, english) = match input {
        Role::Picture(role) => (role.chinese(), role.english()),
        Role::Sound(role) => (role.chinese(), role.english()),
    };
    Alarm {
        alarm: PTZ_LOST.into(),
        input: Some(input),
        chinese: format!("{chinese}云台无法控制：请检查电源、控制线和地址（{why}）"),
        english: format!("{english}: its camera cannot be turned: check its power, control cable and address ({why})"),
        for_it: false,
    }
}

pub(super) fn ptz_off(input: PictureRole, why: &Sentence) -> Alarm {
    Alarm {
        alarm: PTZ_OFF.into(),
        input: Some(input.into()),
        chinese: format!("{}云台的朝向与标定不符：请重新标定（{}）", input.chinese(), why.chinese),
        english: format!(
            "{}: its camera does not look where it should: calibrate it again ({})",
            input.english(),
            why.english
        ),
        for_it: true,
    }
}

pub(super) fn detector_fails(input: PictureRole, why: &str) -> Alarm {
    Alarm {
        alarm: DETECTOR_FAILS.into(),
        input: Some(input.into()),
        chinese: format!(
            "{}的人物检测持续出错，暂时看不到人：请删除模型目录，重新运行 scripts/models，并重启主机（{why}）",
            input.chinese()
        ),
        english: format!(
            "{}: nobody is seen, because the detector of people fails: remove the folder of models, run scripts/models again and restart the host ({why})",
            input.english()
        ),
        for_it: true,
    }
}

pub(super) fn no_detector(why: &str) -> Alarm {
    Alarm {
        alarm: NO_DETECTOR.into(),
        input: None,
        chinese: format!(
            "没有人物检测模型，只能凭画面运动导播：请运行 scripts/models，并设置 `directing.models`（{why}）"
        ),
        english: format!(
            "People are known by movement alone, because their detector is missing: run scripts/models and set `directing.models` ({why})"
        ),
        for_it: true,
    }
}

pub(super) fn picture_black(input: Role) -> Alarm {
    Alarm {
        alarm: PICTURE_BLACK.into(),
        input: Some(input),
        chinese: "电脑画面全黑：可能受 HDCP 保护，请关闭受保护的视频，或检查电脑是否休眠".into(),
        english:
            "The computer's picture is black: it may be protected by HDCP; close protected video, or wake the computer"
                .into(),
        for_it: false,
    }
}

pub(super) fn microphone_silent() -> Alarm {
    Alarm {
        alarm: MICROPHONE_SILENT.into(),
        input: Some(Role::Sound(SoundRole::TeacherMic)),
        chinese: "教师话筒没有声音：请检查静音开关、电池和接收机；备用音轨在正常录制".into(),
        english: "The teacher's microphone is silent: check its mute switch, battery and receiver; the fallback track goes on"
            .into(),
        for_it: false,
    }
}

/// The timetable wants a lesson that the host refuses to start.
pub(super) fn not_started(title: &str, chinese: &str, english: &str) -> Alarm {
    Alarm {
        alarm: NOT_STARTED.into(),
        input: None,
        chinese: format!("课表上的“{title}”没有自动开始：{chinese}"),
        english: format!("“{title}” of the timetable did not start by itself: {english}"),
        for_it: false,
    }
}

pub(super) fn timetable_broken(file: &Path, why: &str) -> Alarm {
    let file = file.display();
    Alarm {
        alarm: TIMETABLE_BROKEN.into(),
        input: None,
        chinese: format!("课表文件无法读取，已另存为 {file}，目前没有课表：请重新设置课表（{why}）"),
        english: format!(
            "The timetable could not be read and was put aside as {file}: there is none until you set it again ({why})"
        ),
        for_it: true,
    }
}

/// People closed it themselves: by a touch, or by turning it all the way down.
pub(super) fn microphone_muted(volume: Volume) -> Alarm {
    let (chinese, english) = if volume.muted {
        (
            "教师话筒已静音超过 1 分钟，课程里听不到老师：请在屏幕上点教师话筒恢复声音".to_owned(),
            "The teacher's microphone has been muted for a minute: touch its level on the screen to open it".to_owned(),
        )
    } else {
        let gain = volume.gain_db;
        (
            format!("教师话筒的音量只有 {gain:.0} dB，课程里几乎听不到老师：请在屏幕的“设置”里调高"),
            format!("The teacher's microphone is turned down to {gain:.0} dB: turn it up in the screen's settings"),
        )
    };
    let input = Some(Role::Sound(SoundRole::TeacherMic));
    Alarm { alarm: MICROPHONE_MUTED.into(), input, chinese, english, for_it: false }
}

pub(super) fn microphone_shut(role: SoundRole, control: &CaptureControl) -> Alarm {
    let name = &control.name;
    let (chinese, english) = match control.on {
        Some(false) => ("已关闭", "is switched off"),
        _ => ("音量为 0", "has its volume at 0"),
    };
    Alarm {
        alarm: MICROPHONE_SHUT.into(),
        input: Some(Role::Sound(role)),
        chinese: format!("{}的声卡不录声音（{name} {chinese}）：请在管理站点的“声音”页打开并调高", role.chinese()),
        english: format!(
            "The sound card of {} records nothing ({name} {english}): switch it on and turn it up on the page Sound",
            role.english()
        ),
        for_it: false,
    }
}

pub(super) fn settings_broken(file: &Path, why: &str) -> Alarm {
    let file = file.display();
    Alarm {
        alarm: SETTINGS_BROKEN.into(),
        input: None,
        chinese: format!(
            "管理站点上的设置无法使用，已另存为 {file}（{why}）：主机目前只按配置文件运行，请改正后在“设置”页重新导入"
        ),
        english: format!(
            "The settings cannot be used and were put aside as {file} ({why}): the host runs by its file alone; mend them and import them on the page Settings"
        ),
        for_it: false,
    }
}

pub(super) fn zones_broken(input: PictureRole, file: &Path, why: &str) -> Alarm {
    let file = file.display();
    Alarm {
        alarm: ZONES_BROKEN.into(),
        input: Some(input.into()),
        chinese: format!(
            "在页面上画的区域无法读取，已另存为 {file}（{why}）：目前按配置文件的区域，请在“输入”页重新画"
        ),
        english: format!(
            "The zones that were drawn cannot be read and were put aside as {file} ({why}): those of the host's file are used; draw them again on the page Inputs"
        ),
        for_it: true,
    }
}

pub(super) fn too_slow_lowered(track: &str) -> Alarm {
    Alarm {
        alarm: TOO_SLOW.into(),
        input: None,
        chinese: format!("主机负荷过高，已降低 {track} 轨的画质，保证主画面不丢帧"),
        english: format!("The host is overloaded: track {track} was lowered so that the programme loses no frame"),
        for_it: false,
    }
}

pub(super) fn too_slow(track: &str) -> Alarm {
    Alarm {
        alarm: TOO_SLOW.into(),
        input: None,
        chinese: format!("主机负荷过高，已停止录制 {track} 轨，保证主画面不丢帧"),
        english: format!("The host is overloaded: track {track} was ended so that the programme loses no frame"),
        for_it: false,
    }
}
