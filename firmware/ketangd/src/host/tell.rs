//! What the host itself has to say to people, in Chinese and English. What follows from a lesson's rules stands in
//! `ketang_lesson::alarms`.

use std::path::Path;

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_hal::sound::CaptureControl;
use ketang_hal::system::Network;
use ketang_pipelines::sound::Volume;
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;
use ketang_protocol::system;
use ketang_protocol::uploads::Uploads;

pub(super) const CLOCK_UNSYNCHRONISED: &str = "clock-unsynchronised";
pub(super) const CLOCK_WRONG: &str = "clock-wrong";
pub(super) const INPUT_LOST: &str = "input-lost";
pub(super) const PICTURE_BLACK: &str = "picture-black";
pub(super) const LIVE_FAILING: &str = "live-failing";
pub(super) const LIVE_SLOW: &str = "live-slow";
pub(super) const MICROPHONE_SILENT: &str = "microphone-silent";
pub(super) const MICROPHONE_MUTED: &str = "microphone-muted";
pub(super) const MICROPHONE_SHUT: &str = "microphone-shut";
pub(super) const PICTURE_NOT_SET: &str = "picture-not-set";
pub(super) const DETECTOR_FAILS: &str = "detector-fails";
pub(super) const NO_DETECTOR: &str = "no-detector";
pub(super) const NO_NETWORK: &str = "no-network";
pub(super) const PTZ_LOST: &str = "ptz-lost";
pub(super) const PTZ_OFF: &str = "ptz-off";
pub(super) const SETTINGS_BROKEN: &str = "settings-broken";
pub(super) const NOT_STARTED: &str = "not-started";
pub(super) const TARGETS_BROKEN: &str = "targets-broken";
pub(super) const TIMETABLE_BROKEN: &str = "timetable-broken";
pub(super) const TOO_SLOW: &str = "too-slow";
pub(super) const UPDATE_FELL_BACK: &str = "update-fell-back";
pub(super) const UPDATE_NOT_KEPT: &str = "update-not-kept";
pub(super) const UPLOAD_FAILING: &str = "upload-failing";
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

/// Lessons wait for a server that does not take them. No lesson suffers before the disk is full, which has an alarm of its own.
pub(super) fn upload_failing(why: &Sentence, uploads: &Uploads) -> Alarm {
    let waiting = uploads.waiting;
    Alarm {
        alarm: UPLOAD_FAILING.into(),
        input: None,
        chinese: format!("有 {waiting} 节课没能上传：{}", why.chinese),
        english: format!("Lessons that are not uploaded: {waiting}; {}", why.english),
        for_it: true,
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

/// By the names of the targets, with why each of them does not get the programme.
pub(super) fn live_failing(targets: &[(String, Sentence)]) -> Alarm {
    let each: Vec<_> = targets
        .iter()
        .map(|(name, why)| Sentence::new(format!("“{name}”{}", why.chinese), format!("`{name}`: {}", why.english)))
        .collect();
    let Sentence { chinese, english } = Sentence::joined(&each);
    Alarm {
        alarm: LIVE_FAILING.into(),
        input: None,
        chinese: format!("直播没有播出，主机会一直重试，录制不受影响：{chinese}"),
        english: format!(
            "Live does not go out; the host goes on trying, and lessons are recorded all the same: {english}"
        ),
        for_it: true,
    }
}

pub(super) fn live_slow(targets: &[String]) -> Alarm {
    let names = targets.join("、");
    Alarm {
        alarm: LIVE_SLOW.into(),
        input: None,
        chinese: format!(
            "直播网络太慢，观众看到的画面有跳跃（{names}）：请检查上行带宽，或降低 `recording.programme-kbit`"
        ),
        english: format!(
            "The network is too slow for live, so viewers see jumps ({}): check its upload bandwidth, or lower `recording.programme-kbit`",
            targets.join(", ")
        ),
        for_it: true,
    }
}

pub(super) fn targets_broken(file: &Path, why: &str) -> Alarm {
    let file = file.display();
    Alarm {
        alarm: TARGETS_BROKEN.into(),
        input: None,
        chinese: format!("直播目标无法读取，已另存为 {file}，目前没有直播目标：请在“直播”页重新添加（{why}）"),
        english: format!(
            "The live targets could not be read and were put aside as {file}: there are none until you add them again on the page Live ({why})"
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

pub(super) fn picture_not_set(role: PictureRole, why: &str) -> Alarm {
    Alarm {
        alarm: PICTURE_NOT_SET.into(),
        input: Some(Role::Picture(role)),
        chinese: format!("{}的画面设置没有全部生效（{why}）：请改正配置中的 [inputs.{role}.picture]", role.chinese()),
        english: format!(
            "Not all picture settings of {} took effect ({why}): correct [inputs.{role}.picture] in the configuration",
            role.english()
        ),
        for_it: true,
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

pub(super) fn clock_wrong(why: &Sentence) -> Alarm {
    Alarm {
        alarm: CLOCK_WRONG.into(),
        input: None,
        chinese: format!("主机时间不对，课程会记错日期：请联系管理员校准（{}）", why.chinese),
        english: format!(
            "The time is wrong, so lessons get a wrong day: ask your administrator to set it ({})",
            why.english
        ),
        for_it: false,
    }
}

pub(super) fn clock_unsynchronised() -> Alarm {
    Alarm {
        alarm: CLOCK_UNSYNCHRONISED.into(),
        input: None,
        chinese: "主机时间没有与时间服务器同步，会慢慢走偏：请按管理站点“时间”页设置时间服务器".into(),
        english: "No time server keeps the host's clock, which will drift: name one as the page Time says".into(),
        for_it: true,
    }
}

pub(super) fn no_network(network: &Network) -> Alarm {
    let Sentence { chinese, english } = system::network(network);
    Alarm {
        alarm: NO_NETWORK.into(),
        input: None,
        chinese: format!("主机没有网络，课程照常录制。{chinese}"),
        english: format!("The host has no network; lessons are recorded all the same. It is {english}"),
        for_it: true,
    }
}

pub(super) fn update_fell_back() -> Alarm {
    Alarm {
        alarm: UPDATE_FELL_BACK.into(),
        input: None,
        chinese: "更新后的系统没有启动成功，已自动退回原来的系统，录课不受影响：请把日志交给供应方".into(),
        english: "The updated system did not start and the machine went back to the one before; lessons are recorded as before: give the log to your supplier".into(),
        for_it: true,
    }
}

pub(super) fn update_not_kept(why: &Sentence) -> Alarm {
    Alarm {
        alarm: UPDATE_NOT_KEPT.into(),
        input: None,
        chinese: format!("更新后的系统还在试运行，没有保留（{}）：请接好输入，或在“更新”页选择保留", why.chinese),
        english: format!(
            "The updated system is still on trial and not kept ({}): mend the input, or keep it on the page Update",
            why.english
        ),
        for_it: true,
    }
}
