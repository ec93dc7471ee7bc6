//! Pre-flight: whether a lesson would be recorded whole if it began now, and what to do about it where not.

use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_protocol::snapshot::{Alarm, Snapshot};
use ketang_protocol::system;
use lucide_icons::Icon;

use crate::seen::Seen;
use crate::view::View;
use crate::words::{Language, clock};

/// Alarms that an item of its own tells of.
const CLOCK_WRONG: &str = "clock-wrong";
const NO_NETWORK: &str = "no-network";
const UPLOAD_FAILING: &str = "upload-failing";

/// What a teacher has to do with it, in the order that it is listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// A lesson would suffer.
    Bad,
    Good,
    /// No lesson suffers, and no teacher can mend it.
    ForIt,
}

pub(crate) struct Check {
    pub(crate) icon: Icon,
    pub(crate) name: String,
    pub(crate) state: State,
    /// What it is when good, what to do when not.
    pub(crate) words: String,
}

pub(crate) fn picture_icon(role: PictureRole) -> Icon {
    match role {
        PictureRole::TeacherPanorama | PictureRole::TeacherCloseup => Icon::Presentation,
        PictureRole::StudentsPanorama | PictureRole::StudentsCloseup => Icon::Users,
        PictureRole::Hdmi => Icon::Monitor,
        PictureRole::Board => Icon::PenLine,
    }
}

pub(crate) fn picture_name(role: PictureRole, language: Language) -> &'static str {
    language.pick(role.chinese(), role.english())
}

pub(crate) fn sound_name(role: SoundRole, language: Language) -> &'static str {
    language.pick(role.chinese(), role.english())
}

pub(crate) fn alarm_words(alarm: &Alarm, language: Language) -> &str {
    language.pick(&alarm.chinese, &alarm.english)
}

/// What to do about a microphone that is on and gives no sound.
pub(crate) fn silent_words(language: Language) -> &'static str {
    language
        .pick("没有声音：打开话筒开关，换电池，说一句话试试", "No sound: switch it on, change its battery, say a word")
}

/// The alarms that a teacher need know of.
pub(crate) fn troubles(snapshot: &Snapshot) -> impl Iterator<Item = &Alarm> {
    snapshot.alarms.iter().filter(|alarm| !alarm.for_it)
}

/// What only IT need know of, in a line that frightens nobody.
pub(crate) fn for_it(snapshot: &Snapshot, language: Language) -> Option<String> {
    // An item of its own tells of that one.
    let count = snapshot.alarms.iter().filter(|alarm| alarm.for_it && alarm.alarm != UPLOAD_FAILING).count();
    let english = || format!("{count} for IT, lessons are not affected");
    (count > 0).then(|| language.pick(format!("{count} 项待管理员处理，不影响上课"), english()))
}

/// Every input, what spoils a lesson most first, then the disk, the clock, the network and uploads, then alarms that belong to none
/// of these.
pub(crate) fn checks(snapshot: &Snapshot, seen: &Seen, view: &View) -> Vec<Check> {
    let language = view.settings.language;
    let alarm = |role: Role| troubles(snapshot).find(|alarm| alarm.input == Some(role));
    let input = |role: Role, live: bool, icon, name: &str, good: String, silent: bool| {
        let words = match alarm(role) {
            Some(alarm) => alarm_words(alarm, language).to_owned(),
            None if !live => language.pick("没有信号：请检查线缆和电源", "No signal: check its cable and power").into(),
            None if silent => silent_words(language).to_owned(),
            None => return Check { icon, name: name.into(), state: State::Good, words: good },
        };
        Check { icon, name: name.into(), state: State::Bad, words }
    };
    let pictures = snapshot.pictures.iter().map(|picture| {
        let (role, name) = (picture.role, picture_name(picture.role, language));
        input(Role::Picture(role), picture.live, picture_icon(role), name, picture.detail.clone(), false)
    });
    let sounds = snapshot.sounds.iter().map(|sound| {
        let heard = match (sound.muted, sound.speech) {
            (true, _) => language.pick("已静音，上课时自动打开", "Muted; opens when class starts"),
            (false, true) => language.pick("听到有人讲话", "Somebody speaks"),
            (false, false) => language.pick("正常", "Works"),
        };
        let silent = view.is_silent(sound.role, seen.now);
        let name = sound_name(sound.role, language);
        let icon = if sound.role == SoundRole::LineIn { Icon::Volume2 } else { Icon::Mic };
        input(Role::Sound(sound.role), sound.live, icon, name, heard.into(), silent)
    });
    let others = troubles(snapshot).filter(|alarm| alarm.input.is_none() && alarm.alarm != CLOCK_WRONG);
    let others = others.map(|alarm| Check {
        icon: if alarm.alarm.starts_with("disk") { Icon::HardDrive } else { Icon::TriangleAlert },
        name: language.pick("主机", "Host").into(),
        state: State::Bad,
        words: alarm_words(alarm, language).to_owned(),
    });
    let left = snapshot.storage.lessons_left;
    let disk = Check {
        icon: Icon::HardDrive,
        name: language.pick("存储空间", "Disk").into(),
        state: if left > 0 { State::Good } else { State::Bad },
        words: match left {
            0 => language.pick("已满：请联系管理员清理", "Full: ask your administrator to make room").into(),
            1 => language.pick("还能录 1 节课".into(), "Room for 1 lesson".into()),
            left => language.pick(format!("还能录 {left} 节课"), format!("Room for {left} lessons")),
        },
    };
    let told = snapshot.alarms.iter().any(|alarm| alarm.alarm.starts_with("disk"));
    let disk = (left > 0 || !told).then_some(disk);
    let system = [time(snapshot, seen, language), network(snapshot, language), uploads(snapshot, language)];
    sounds.chain(pictures).chain(disk).chain(system.into_iter().flatten()).chain(others).collect()
}

/// The clock on the wall, by which lessons are dated; nothing where the host does not know how it is kept.
fn time(snapshot: &Snapshot, seen: &Seen, language: Language) -> Option<Check> {
    let shown = clock(seen.wall.time());
    let told = language.say(snapshot.clock.told());
    let wrong = snapshot.alarms.iter().find(|alarm| alarm.alarm == CLOCK_WRONG);
    let (state, words) = match (wrong, snapshot.clock.synchronised) {
        (Some(alarm), _) => (State::Bad, alarm_words(alarm, language).to_owned()),
        (None, Some(true)) => (State::Good, format!("{told} {shown}")),
        (None, Some(false)) => (State::ForIt, format!("{shown} · {told}")),
        (None, None) => return None,
    };
    Some(Check { icon: Icon::Clock, name: language.pick("时间", "Time").into(), state, words })
}

/// The address, or what is missing for one; nothing where the room has no network.
fn network(snapshot: &Snapshot, language: Language) -> Option<Check> {
    let network = snapshot.network.as_ref()?;
    let missing = snapshot.alarms.iter().any(|alarm| alarm.alarm == NO_NETWORK);
    let state = if network.is_up() { State::Good } else { State::ForIt };
    let words = language.say(system::network(network));
    let check = Check { icon: Icon::Network, name: language.pick("网络", "Network").into(), state, words };
    (network.is_up() || missing).then_some(check)
}

/// What is to be uploaded; nothing where the host uploads nowhere. No lesson suffers by a server that is away.
fn uploads(snapshot: &Snapshot, language: Language) -> Option<Check> {
    let uploads = snapshot.uploads.as_ref()?;
    let state = if uploads.failing.is_none() { State::Good } else { State::ForIt };
    let words = language.say(uploads.told());
    Some(Check { icon: Icon::CloudUpload, name: language.pick("上传", "Uploads").into(), state, words })
}
