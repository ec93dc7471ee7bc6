//! The keys of the configuration that the page has a field for, and how what is typed there becomes settings. A field that is
//! left empty takes its key away: what lies below then holds. The host alone decides whether a value is right.

use std::sync::LazyLock;

use ketang_hal::role::{PictureRole, Role, SoundRole};
use lucide_icons::Icon;
use toml::{Table, Value};

use super::change::{Key, key, put};

/// In Chinese and in English.
pub(crate) type Words = (&'static str, &'static str);

/// A value that may be chosen, and its name.
pub(crate) type Choice = (&'static str, Words);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text,
    Number,
    Switch,
    Choice(&'static [Choice]),
    /// All inputs, or some: the list follows its choice.
    Tracks,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) name: Words,
    /// The rule, and what it is good for.
    pub(crate) hint: Words,
    pub(crate) kind: Kind,
}

/// What stands together.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: Words,
    pub(crate) icon: Icon,
    pub(crate) fields: &'static [Field],
}

/// The choice of [`Kind::Tracks`] that a list follows.
pub(crate) const THESE: &str = "these";

const RATE: Words = ("1024–20000 kbit/s", "1024 to 20000 kbit/s");
const OR_NEVER: Words = ("例如 30min；never 表示不限", "Such as 30min; or never");

pub(crate) static SECTIONS: [Section; 6] = [
    Section {
        name: ("主机", "Host"),
        icon: Icon::School,
        fields: &[
            Field {
                key: "host.name",
                name: ("主机名称", "Name of the host"),
                hint: (
                    "1–40 个字符，写入每节课。改名后，以前的课在本机只能读取，定下来就不要再改",
                    "1 to 40 characters, written into every lesson. Lessons of another name are only read here: choose once",
                ),
                kind: Kind::Text,
            },
            Field {
                key: "host.network",
                name: ("教室有网络", "The room has a network"),
                hint: ("关：没有网络时不提醒", "Off: nobody is reminded while there is none"),
                kind: Kind::Switch,
            },
        ],
    },
    Section {
        name: ("录制", "Recording"),
        icon: Icon::Video,
        fields: &[
            Field {
                key: "recording.programme",
                name: ("录制节目画面（电影模式）", "The programme is a track"),
                hint: ("", ""),
                kind: Kind::Switch,
            },
            Field {
                key: "recording.tracks",
                name: ("单独录制的画面（资源模式）", "Inputs that are tracks of their own"),
                hint: ("", ""),
                kind: Kind::Tracks,
            },
            Field {
                key: "programme.size",
                name: ("节目画面大小", "Size of the programme"),
                hint: ("", ""),
                kind: Kind::Choice(&[
                    ("1920x1080", ("1920×1080", "1920×1080")),
                    ("1280x720", ("1280×720", "1280×720")),
                ]),
            },
            Field {
                key: "recording.programme-kbit",
                name: ("节目画面码率", "Rate of the programme"),
                hint: RATE,
                kind: Kind::Number,
            },
            Field {
                key: "recording.track-kbit",
                name: ("其他画面码率", "Rate of every other track"),
                hint: RATE,
                kind: Kind::Number,
            },
            Field {
                key: "recording.part-limit-mb",
                name: ("单个文件最大", "Greatest size of a file"),
                hint: ("10–200 MB", "10 to 200 MB"),
                kind: Kind::Number,
            },
            Field {
                key: "recording.sound",
                name: ("声道", "Sound channels"),
                hint: ("", ""),
                kind: Kind::Choice(&[
                    ("split", ("左教师，右教室和电脑", "Teacher left, room and computer right")),
                    ("mixed", ("左右都是混音", "Everything on both")),
                ]),
            },
            Field {
                key: "recording.fit-machine",
                name: ("主机带不动时自动减少轨道", "Fewer tracks where the machine cannot carry all"),
                hint: ("", ""),
                kind: Kind::Switch,
            },
        ],
    },
    Section {
        name: ("课程", "Lessons"),
        icon: Icon::GraduationCap,
        fields: &[
            Field {
                key: "lesson.planned",
                name: ("一节课的时长", "Length of a lesson"),
                hint: ("例如 45min、1h30min", "Such as 45min or 1h30min"),
                kind: Kind::Text,
            },
            Field {
                key: "lesson.longest",
                name: ("最长时长", "Longest that may be planned"),
                hint: ("不少于上一项，最长 24h", "Not less than the length, at most 24h"),
                kind: Kind::Text,
            },
            Field {
                key: "lesson.overrun",
                name: ("拖堂多久后自动结束", "Ends by itself when it runs over by"),
                hint: OR_NEVER,
                kind: Kind::Text,
            },
            Field {
                key: "lesson.pause-nag",
                name: ("暂停多久后告警", "A pause raises an alarm after"),
                hint: OR_NEVER,
                kind: Kind::Text,
            },
            Field {
                key: "lesson.pause-auto-resume",
                name: ("暂停多久后自动继续", "A pause ends by itself after"),
                hint: OR_NEVER,
                kind: Kind::Text,
            },
            Field {
                key: "lesson.resume-within",
                name: (
                    "没有计划下课时间的课，断电后多久之内接着录",
                    "Without a planned end it goes on after a power cut of",
                ),
                hint: ("例如 30min，最长 12h", "Such as 30min, at most 12h"),
                kind: Kind::Text,
            },
        ],
    },
    Section {
        name: ("存储", "Storage"),
        icon: Icon::HardDrive,
        fields: &[
            Field {
                key: "storage.keep-days",
                name: ("课程至少保留", "Lessons are kept for at least"),
                hint: ("0–3650 天", "0 to 3650 days"),
                kind: Kind::Number,
            },
            Field {
                key: "storage.delete-confirmed",
                name: ("空间不足时删除平台已确认的课程", "Lessons that the platform holds may be deleted"),
                hint: ("其他课程绝不会自动删除", "Of itself the host never deletes others"),
                kind: Kind::Switch,
            },
            Field {
                key: "storage.reserve-mb",
                name: ("任何课程都不占用的空间", "Room that no lesson may take"),
                hint: ("0–1000000 MB", "0 to 1000000 MB"),
                kind: Kind::Number,
            },
            Field {
                key: "storage.lesson-length",
                name: ("估算“还能录几节课”的时长", "Usual length, by which free room is counted"),
                hint: ("例如 45min", "Such as 45min"),
                kind: Kind::Text,
            },
        ],
    },
    Section {
        name: ("声音", "Sound"),
        icon: Icon::Mic,
        fields: &[
            Field {
                key: "sound.noise-suppression",
                name: ("降噪", "Noise suppression"),
                hint: ("消除风扇等稳定噪声", "Removes steady noise, such as a fan's"),
                kind: Kind::Switch,
            },
            Field {
                key: "sound.echo-cancellation",
                name: ("回声消除", "Echo cancellation"),
                hint: ("消除话筒里的音箱声", "Removes the room's loudspeakers from the microphones"),
                kind: Kind::Switch,
            },
            Field {
                key: "sound.gain-control",
                name: ("自动增益", "Gain control"),
                hint: ("使教师的音量平稳", "Keeps the teacher's loudness steady"),
                kind: Kind::Switch,
            },
        ],
    },
    Section {
        name: ("导播", "Directing"),
        icon: Icon::SlidersHorizontal,
        fields: &[
            Field {
                key: "directing.mode",
                name: ("开机时的导播方式", "Who directs at start"),
                hint: ("", ""),
                kind: Kind::Choice(&[
                    ("automatic", ("自动", "The host")),
                    ("semi-automatic", ("半自动：人切画面，摄像机跟随", "A person cuts, cameras follow")),
                    ("manual", ("手动", "A person")),
                ]),
            },
            Field {
                key: "directing.rules",
                name: ("导播规则", "Rules"),
                hint: ("", ""),
                kind: Kind::Choice(&[
                    ("lecture", ("讲授", "Lecture")),
                    ("board-work", ("板书", "Board work")),
                    ("discussion", ("讨论", "Discussion")),
                    ("group-work", ("小组活动", "Group work")),
                    ("common", ("通用", "Common")),
                ]),
            },
            Field {
                key: "programme.dissolve-ms",
                name: ("画面过渡", "One shot dissolves into the next in"),
                hint: ("0–2000 毫秒；0 为直接切换", "0 to 2000 ms; 0 cuts"),
                kind: Kind::Number,
            },
        ],
    },
];

/// The roles that an input may have.
pub(crate) fn roles() -> impl Iterator<Item = Role> {
    PictureRole::ALL.into_iter().map(Role::Picture).chain(SoundRole::ALL.into_iter().map(Role::Sound))
}

/// A key of an input.
pub(crate) fn of_input(role: Role, part: &str) -> String {
    format!("inputs.{role}.{part}")
}

/// What holds where nothing is written: the configuration that ships as comments, without its `#`.
pub(crate) fn defaults() -> &'static Table {
    static DEFAULTS: LazyLock<Table> = LazyLock::new(|| {
        let uncommented =
            |line: &'static str| line.strip_prefix('#').filter(|key| !key.starts_with(' ')).unwrap_or(line);
        let lines = include_str!("../../../ketangd/ketangd.toml").lines().map(uncommented);
        lines.collect::<Vec<_>>().join("\n").parse().unwrap_or_default()
    });
    &DEFAULTS
}

impl Kind {
    /// The value that was typed or chosen; what the host cannot read is sent as text, so that it says why.
    fn value(self, typed: &[&str]) -> Option<Value> {
        let (first, rest) = typed.split_first().filter(|(first, _)| !first.is_empty())?;
        let text = || Value::from(*first);
        Some(match (self, *first) {
            (Self::Number, number) => number.parse().map_or_else(|_| text(), Value::Integer),
            (Self::Switch, switch) => switch.parse().map_or_else(|_| text(), Value::Boolean),
            (Self::Tracks, THESE) => Value::Array(rest.iter().map(|role| Value::from(*role)).collect()),
            (Self::Text | Self::Choice(_) | Self::Tracks, _) => text(),
        })
    }
}

/// What a form makes of the settings. What is not in the form stays as it is.
pub(crate) fn typed(before: &Table, form: &[(String, String)]) -> Table {
    let mut settings = before.clone();
    for field in SECTIONS.iter().flat_map(|section| section.fields) {
        let typed: Vec<&str> =
            form.iter().filter(|(name, _)| name == field.key).map(|(_, value)| value.trim()).collect();
        if !typed.is_empty() {
            put(&mut settings, &key(field.key), field.kind.value(&typed));
        }
    }
    for role in roles() {
        type_input(&mut settings, role, form);
    }
    settings
}

fn type_input(settings: &mut Table, role: Role, form: &[(String, String)]) {
    let typed = |part: &str| {
        let name = of_input(role, part);
        form.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    };
    let at = |part: &str| -> Key { key(&of_input(role, part)) };
    match typed("source").map(str::trim) {
        None => return,
        // Without an address there is no input.
        Some("") => return put(settings, &key(&format!("inputs.{role}")), None),
        Some(_) => {}
    }
    for part in ["source", "mode", "user", "ptz"] {
        if let Some(text) = typed(part).map(str::trim) {
            put(settings, &at(part), Some(text).filter(|text| !text.is_empty()).map(Value::from));
        }
    }
    match typed("password") {
        Some("") if typed("user").is_some_and(|user| user.trim().is_empty()) => put(settings, &at("password"), None),
        // The page does not show a password: what is left empty stays.
        None | Some("") => {}
        Some(password) => put(settings, &at("password"), Some(password.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::get;
    use super::*;

    fn settings(before: &str, form: &[(&str, &str)]) -> String {
        let form: Vec<_> = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        typed(&before.parse().unwrap(), &form).to_string()
    }

    #[test]
    fn every_field_has_a_default_that_the_host_ships() {
        for field in SECTIONS.iter().flat_map(|section| section.fields) {
            let default = get(defaults(), &key(field.key)).unwrap_or_else(|| panic!("{}", field.key));
            if let Kind::Choice(choices) = field.kind {
                assert!(choices.iter().any(|(value, _)| default.as_str() == Some(*value)), "{}", field.key);
            }
        }
    }

    #[test]
    fn what_is_typed_becomes_settings_and_the_rest_stays() {
        let before = "[recording]\npart-limit-mb = 100\ntrack-kbit = 3000\n[scenes.a]\nlayout = \"single\"\n";
        let form = [
            ("recording.track-kbit", ""),
            ("recording.programme-kbit", " 5000 "),
            ("recording.fit-machine", "false"),
            ("recording.tracks", THESE),
            ("recording.tracks", "hdmi"),
            ("lesson.planned", "40min"),
            ("storage.keep-days", "soon"),
            ("unknown", "x"),
        ];
        let wanted = "[lesson]\nplanned = \"40min\"\n\n[recording]\nfit-machine = false\npart-limit-mb = 100\n\
            programme-kbit = 5000\ntracks = [\"hdmi\"]\n\n[scenes.a]\nlayout = \"single\"\n\n[storage]\nkeep-days = \"soon\"\n";
        assert_eq!(settings(before, &form), wanted);
        assert_eq!(settings("", &[("recording.tracks", THESE)]), "[recording]\ntracks = []\n");
        assert_eq!(settings("", &[("recording.tracks", "all")]), "[recording]\ntracks = \"all\"\n");
        assert_eq!(settings("", &[("recording.tracks", "")]), "");
    }

    #[test]
    fn a_camera_keeps_its_password_until_another_is_typed() {
        let before =
            "[inputs.hdmi]\npan-limits = [-60, 60]\npassword = \"••••••\"\nsource = \"rtsp://a/1\"\nuser = \"it\"\n";
        let form = |user, password| {
            [("inputs.hdmi.source", "rtsp://a/1"), ("inputs.hdmi.user", user), ("inputs.hdmi.password", password)]
        };
        assert_eq!(settings(before, &form("it", "")), before);
        assert_eq!(settings(before, &form("it", " tiger")), before.replace("••••••", " tiger"));
        assert!(!settings(before, &form("", "")).contains("password"));
        assert_eq!(settings(before, &[("inputs.hdmi.source", " ")]), "");
        assert_eq!(settings("", &[("inputs.hdmi.user", "it")]), "");
    }
}
