//! Live targets: the servers that the programme is pushed to, and how a push is doing.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::{Refusal, RefusalCode};
use crate::sentence::Sentence;

/// A host pushes to no more servers: each costs a network that lessons are uploaded by too.
pub const MOST: usize = 4;
/// The longest name of a target, in characters.
const LONGEST_NAME: usize = 60;
/// The longest address or key, in bytes.
const LONGEST: usize = 400;

/// A stream key. Whoever has it may send to the stream, so it is never shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::settings::KEPT)
    }
}

/// When a push begins. Every push ends with the lesson that is recorded, if it is not ended before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// With each lesson.
    WithLessons,
    /// When somebody starts it.
    #[default]
    ByHand,
}

/// A server that the programme is pushed to by RTMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What people call it; no two have the same.
    pub name: String,
    /// `rtmp://HOST[:PORT]/APPLICATION` or `rtmps://…`, without the key.
    pub address: String,
    /// [`KEPT`](crate::settings::KEPT) on every way out; sent back, it means the key that the host knows.
    pub key: Key,
    #[serde(default)]
    pub starts: Starts,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// Them with the name of this very state, which whoever changes them says they saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versioned {
    pub targets: Vec<Target>,
    pub version: String,
}

/// An address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `rtmps` rather than `rtmp`.
    pub tls: bool,
    pub host: String,
    pub port: u16,
    pub application: String,
}

fn invalid<T>(chinese: impl Into<String>, english: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(RefusalCode::Invalid, chinese, english))
}

impl Target {
    /// The parts of its address. What people paste is looked at closely: a key in the address would be seen by everybody.
    pub fn server(&self) -> Result<Server, Refusal> {
        let wrong = || {
            invalid(
                "推流地址的写法是 rtmp://主机/应用 或 rtmps://主机/应用",
                "an address is rtmp://HOST/APPLICATION or rtmps://HOST/APPLICATION",
            )
        };
        let address = self.address.as_str();
        if address.len() > LONGEST || address.contains(|sign: char| sign.is_control() || sign.is_whitespace()) {
            return wrong();
        }
        if address.contains(['?', '#', '@']) {
            return invalid(
                "推流地址里有 ?、# 或 @：请把最后一个 / 之后的内容填进“串流密钥”",
                "the address has a ?, # or @ in it: what stands after its last / belongs into the stream key",
            );
        }
        let (tls, rest) = match (address.strip_prefix("rtmp://"), address.strip_prefix("rtmps://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return wrong(),
        };
        let Some((place, application)) = rest.split_once('/') else { return wrong() };
        let application = application.trim_end_matches('/');
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or("-"))),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let usual = if tls { 443 } else { 1935 };
        let port = port.map_or(Some(usual), |port| port.parse().ok().filter(|port| *port > 0));
        match port {
            Some(port) if !host.is_empty() && !application.is_empty() => {
                Ok(Server { tls, host: host.to_owned(), port, application: application.to_owned() })
            }
            _ => wrong(),
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let name = &self.name;
        if name.trim() != name || name.is_empty() || name.chars().count() > LONGEST_NAME || has_control(name) {
            return invalid(
                format!("直播目标的名称是一行文字，1 到 {LONGEST_NAME} 个字，前后没有空格"),
                format!(
                    "a live target's name is a text of one line of 1 to {LONGEST_NAME} characters, without spaces around it"
                ),
            );
        }
        self.server()?;
        let key = &self.key.0;
        if key.is_empty() || key.len() > LONGEST || has_control(key) || key.contains(char::is_whitespace) {
            return invalid(
                format!("“{name}”的串流密钥是一串不含空格的字符，最长 {LONGEST} 字节"),
                format!("the stream key of `{name}` is made of signs without spaces, at most {LONGEST} bytes long"),
            );
        }
        Ok(())
    }
}

fn has_control(text: &str) -> bool {
    text.contains(char::is_control)
}

impl Targets {
    /// Refuses what makes no sense on any host.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.targets.len() > MOST {
            return invalid(
                format!("最多 {MOST} 个直播目标：请先删除一个"),
                format!("there are {MOST} live targets at the most: remove one first"),
            );
        }
        for (index, target) in self.targets.iter().enumerate() {
            target.check()?;
            if self.targets[..index].iter().any(|other| other.name == target.name) {
                let name = &target.name;
                return invalid(
                    format!("有两个直播目标叫“{name}”：请换一个名称"),
                    format!("two live targets are called `{name}`: give one another name"),
                );
            }
        }
        Ok(())
    }

    pub fn named(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == name)
    }
}

/// A target, and how its push is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetState {
    pub name: String,
    /// Without its key.
    pub address: String,
    pub starts: Starts,
    #[serde(flatten)]
    pub push: PushState,
    /// What the server took in the last second or two.
    pub kbit_s: u32,
    /// Frames that were let go since the push began, because the server or the network was too slow.
    pub dropped: u64,
    /// Whether frames were let go within the last half minute.
    #[serde(default)]
    pub is_slow: bool,
    /// What the last test of it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Sentence>,
}

/// How far a push is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PushState {
    #[default]
    Off,
    Connecting,
    /// The server takes the programme.
    Live {
        since: Timestamp,
    },
    /// It does not; the host tries again by itself.
    Failing {
        since: Timestamp,
        why: Sentence,
    },
}

impl PushState {
    /// The name of the state, as it is written.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Live { .. } => "live",
            Self::Failing { .. } => "failing",
        }
    }

    /// In words.
    pub fn told(&self) -> Sentence {
        match self {
            Self::Off => Sentence::new("未直播", "off"),
            Self::Connecting => Sentence::new("正在连接", "connecting"),
            Self::Live { .. } => Sentence::new("直播中", "live"),
            Self::Failing { why, .. } => {
                Sentence::new(format!("没有播出：{}", why.chinese), format!("NOT LIVE: {}", why.english))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str) -> Target {
        Target { name: "校园网".into(), address: address.into(), key: Key("k".into()), starts: Starts::ByHand }
    }

    #[test]
    fn addresses_are_taken_apart() {
        let server = |tls, host: &str, port, application: &str| {
            Some(Server { tls, host: host.into(), port, application: application.into() })
        };
        let table = [
            ("rtmp://a.example/live", server(false, "a.example", 1935, "live")),
            ("rtmps://a.example/live/", server(true, "a.example", 443, "live")),
            ("rtmp://10.0.0.7:19350/app/instance", server(false, "10.0.0.7", 19350, "app/instance")),
            ("rtmp://[fd00::7]:1936/live", server(false, "fd00::7", 1936, "live")),
            ("rtmp://[fd00::7]/live", server(false, "fd00::7", 1935, "live")),
            ("http://a.example/live", None),
            ("rtmp://a.example", None),
            ("rtmp://a.example/", None),
            ("rtmp:///live", None),
            ("rtmp://a.example:0/live", None),
            ("rtmp://a.example:http/live", None),
            ("rtmp://[fd00::7]x/live", None),
            ("rtmp://a example/live", None),
            ("", None),
        ];
        for (address, parts) in table {
            assert_eq!(target(address).server().ok(), parts, "{address}");
        }
        for address in ["rtmp://a.example/live/k?secret=1", "rtmp://user:word@a.example/live"] {
            assert!(target(address).server().unwrap_err().english.contains("stream key"), "{address}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let good = target("rtmp://a.example/live");
        let of = |targets: Vec<Target>| Targets { targets }.check().map_err(|refusal| refusal.english);
        assert_eq!(of(vec![good.clone()]), Ok(()));
        assert!(of(vec![good.clone(), good.clone()]).unwrap_err().contains("another name"));
        let many = (0..=MOST).map(|number| Target { name: number.to_string(), ..good.clone() }).collect();
        assert!(of(many).unwrap_err().contains("remove one"));
        for name in ["", " a", "a\nb", &"长".repeat(61)] {
            assert!(of(vec![Target { name: name.into(), ..good.clone() }]).is_err(), "{name:?}");
        }
        for key in ["", "a b", "a\n", &"k".repeat(401)] {
            assert!(of(vec![Target { key: Key(key.into()), ..good.clone() }]).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_key_is_not_in_what_logs_show() {
        let target = Target { key: Key("s3cret".into()), ..target("rtmp://a.example/live") };
        assert!(!format!("{target:?}").contains("s3cret"));
    }

    #[test]
    fn a_state_is_written_flat() {
        let state = TargetState {
            name: "a".into(),
            address: "rtmp://a.example/live".into(),
            starts: Starts::WithLessons,
            push: PushState::Failing { since: Timestamp::UNIX_EPOCH, why: Sentence::new("甲", "a") },
            kbit_s: 0,
            dropped: 3,
            is_slow: true,
            tested: None,
        };
        let value = serde_json::to_value(&state).unwrap();
        assert_eq!((&value["state"], &value["why"]["english"]), (&"failing".into(), &"a".into()));
        assert_eq!(serde_json::from_value::<TargetState>(value).unwrap(), state);
    }
}
