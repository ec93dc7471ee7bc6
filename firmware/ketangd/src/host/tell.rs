//! What the host itself has to say to people, in Chinese and English. What follows from a lesson's rules stands in
//! `ketang_lesson::alarms`.

use std::path::Path;

use ketang_hal::role::{Role, SoundRole};
use ketang_protocol::snapshot::Alarm;

pub(super) const INPUT_LOST: &str = "input-lost";
pub(super) const PICTURE_BLACK: &str = "picture-black";
pub(super) const MICROPHONE_SILENT: &str = "microphone-silent";
pub(super) const NO_DETECTOR: &str = "no-detector";
pub(super) const PTZ_LOST: &str = "ptz-lost";
pub(super) const SETTINGS_BROKEN: &str = "settings-broken";
pub(super) const TOO_SLOW: &str = "too-slow";

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

pub(super) fn too_slow(track: &str) -> Alarm {
    Alarm {
        alarm: TOO_SLOW.into(),
        input: None,
        chinese: format!("主机负荷过高，已停止录制 {track} 轨，保证主画面不丢帧"),
        english: format!("The host is overloaded: track {track} was ended so that the programme loses no frame"),
        for_it: false,
    }
}
