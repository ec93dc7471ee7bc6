//! What the rules of this crate have to say to people, in Chinese and English.

use ketang_protocol::snapshot::Alarm;

fn alarm(alarm: &str, chinese: String, english: String) -> Alarm {
    Alarm { alarm: alarm.to_owned(), input: None, chinese, english, for_it: false }
}

pub const PAUSED: &str = "paused";
pub const OVERRUN: &str = "overrun";
pub const STOPPED_BY_ITSELF: &str = "stopped-by-itself";
pub const DISK_LOW: &str = "disk-low";
pub const DISK_FULL: &str = "disk-full";
pub const DISK_ENDS_TRACKS: &str = "disk-ends-tracks";

/// The lesson has been paused for long.
pub fn paused(minutes: u64) -> Alarm {
    alarm(
        PAUSED,
        format!("录制已暂停 {minutes} 分钟，请继续或停止"),
        format!("Recording has been paused for {minutes} min: resume or stop it"),
    )
}

/// The planned end is over and nobody stopped.
pub fn overrun(stops_in_minutes: u64) -> Alarm {
    alarm(
        OVERRUN,
        format!("已超过计划下课时间，仍在录制；{stops_in_minutes} 分钟后自动停止"),
        format!("Past the planned end and still recording: stops by itself in {stops_in_minutes} min"),
    )
}

/// Nobody stopped the lesson, so the host did.
pub fn stopped_by_itself(after_minutes: u64) -> Alarm {
    alarm(
        STOPPED_BY_ITSELF,
        format!("录制 {after_minutes} 分钟后无人停止，已自动停止；如需继续请重新开始"),
        format!("Nobody stopped the lesson, so it stopped after {after_minutes} min: start a new one to go on"),
    )
}

/// The lessons of a school day do not all fit.
pub fn disk_low(a_day: u64, fit: u64) -> Alarm {
    alarm(
        DISK_LOW,
        format!("磁盘只够再录 {fit} 节课，不足一天的 {a_day} 节：请上传并确认旧课程，或更换硬盘"),
        format!(
            "room for {fit} lessons, a school day has {a_day}: let old lessons be uploaded and confirmed, or fit a larger disk"
        ),
    )
}

/// Not one more lesson fits.
pub fn disk_full() -> Alarm {
    alarm(
        DISK_FULL,
        "磁盘已满，无法录制新课程：请上传并确认旧课程，或更换硬盘".to_owned(),
        "The disk is full, no lesson can be recorded: let old lessons be uploaded and confirmed, or fit a larger disk"
            .to_owned(),
    )
}

/// The disk fills in mid-lesson, and tracks were ended to keep the rest.
pub fn disk_ends_tracks(tracks: &[String]) -> Alarm {
    let names = tracks.join(", ");
    alarm(
        DISK_ENDS_TRACKS,
        format!("磁盘空间不足，已停止录制：{names}；课程继续录制"),
        format!("The disk runs out of room, so these tracks were ended: {names}. The lesson goes on without them"),
    )
}
