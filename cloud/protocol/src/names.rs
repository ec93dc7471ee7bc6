//! What tracks, checks and jobs are called in front of people.

use ketang_hal::role::Role;

use crate::sentence::Sentence;

/// Of tracks that are no input's.
const TRACKS: [(&str, &str, &str); 4] = [
    ("programme", "节目", "Programme"),
    ("sound", "声音", "Sound"),
    ("sound-fallback", "备用声音", "Fallback sound"),
    ("lesson", "全课", "Lesson"),
];

/// Every check of a verdict, as Chinese calls it. English calls it what it is.
const CHECKS: [(&str, &str); 27] = [
    ("decodes", "可解码"),
    ("container", "封装"),
    ("bytes", "文件大小"),
    ("codec", "视频编码"),
    ("size", "画面尺寸"),
    ("scan", "扫描方式"),
    ("courseware", "课件要求"),
    ("bit rate", "视频码率"),
    ("frame rate", "帧率"),
    ("black", "黑场"),
    ("frozen", "静帧"),
    ("frames", "丢帧重帧"),
    ("sound", "音频编码"),
    ("sound holes", "音频断点"),
    ("sound rate", "音频码率"),
    ("silence", "静音"),
    ("teacher silence", "教师声道静音"),
    ("room silence", "教室声道静音"),
    ("clipping", "削波"),
    ("loudness", "响度"),
    ("sync", "音画同步"),
    ("ends", "音画长度"),
    ("joints", "分段衔接"),
    ("duration", "时长"),
    ("tracks", "轨道"),
    ("gaps", "缺口"),
    ("slot", "课时"),
];

/// Every kind of job.
const JOBS: [(&str, &str, &str); 6] = [
    ("finish", "整理文件", "Finishing"),
    ("verify", "检查", "Verifying"),
    ("export", "导出", "Exporting"),
    ("export-encoded", "导出（重新编码）", "Exporting, encoded anew"),
    ("recut", "重新导播", "Cutting anew"),
    ("recut-into", "重新导播节目", "Cutting the programme anew"),
];

/// A track's name: an input's role, or one of the host's own. What is neither is called what it is.
pub fn track(name: &str) -> Sentence {
    if let Some((_, chinese, english)) = TRACKS.iter().find(|(known, ..)| *known == name) {
        return Sentence::new(*chinese, *english);
    }
    name.parse().map_or_else(|_| name.into(), |role: Role| Sentence::new(role.chinese(), role.english()))
}

/// A check's name.
pub fn check(name: &str) -> Sentence {
    let chinese = CHECKS.iter().find(|(known, _)| *known == name).map_or(name, |(_, chinese)| chinese);
    Sentence::new(chinese, name)
}

/// What a job does.
pub fn job(what: &str) -> Sentence {
    let named = JOBS.iter().find(|(known, ..)| *known == what);
    named.map_or_else(|| what.into(), |(_, chinese, english)| Sentence::new(*chinese, *english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_its_name_and_what_is_not_keeps_its_own() {
        assert_eq!(track("hdmi"), Sentence::new("电脑画面", "Computer"));
        assert_eq!(track("programme").chinese, "节目");
        assert_eq!(track("something"), "something".into());
        assert_eq!(check("sound rate").chinese, "音频码率");
        assert_eq!(job("recut"), Sentence::new("重新导播", "Cutting anew"));
        assert_eq!(job("something"), "something".into());
    }
}
