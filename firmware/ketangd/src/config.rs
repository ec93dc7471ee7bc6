//! The configuration of a host: what may be written, what it means, and what holds where nothing is written.
//!
//! One struct a section; `docs/reference/configuration.md` and `ketangd.toml` name every key and a test keeps them true.
//! Reading it from files and flags stands in `load.rs`.

mod check;
mod load;
pub mod rule;

use std::collections::BTreeMap;

use ketang_hal::picture::PictureSettings;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use serde::{Deserialize, Deserializer};

pub use load::{ConfigError, DEFAULT_FILE, Layer, Override, load, load_layers, load_text};
use rule::{
    AbsolutePath, Count, DirectingMode, Identifier, Listen, LogFilter, Name, OrAuto, OrNever, Output, OutputSound,
    PictureAddress, PowerLine, Ppm, ProgrammeSize, PtzPlace, Range, RecordedSound, Secret, SoundAddress, Text,
    TimeSpan, Tracks, VerifiedTracks, WebAddress,
};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    pub host: Host,
    pub board: Board,
    pub inputs: Inputs,
    pub ptz: Ptz,
    pub programme: Programme,
    /// Beside these, every picture input has a scene of its own name that shows it alone.
    pub scenes: BTreeMap<Name, Scene>,
    pub directing: Directing,
    pub recording: Recording,
    pub lesson: Lesson,
    pub verify: Verify,
    pub storage: Storage,
    pub upload: Upload,
    pub update: Update,
    pub sound: Sound,
    pub sim: Sim,
    pub log: Log,
}

/// `[host]`: the program as a citizen of the system.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Host {
    /// The host's name as people and lessons call it.
    pub name: Name,
    /// The directory of the lessons and the ledger.
    pub data: AbsolutePath,
    /// The Unix socket of the API.
    pub socket: AbsolutePath,
    /// Where Prometheus may fetch `/metrics` over the network, without a password; nowhere where absent.
    pub metrics_listen: Option<Listen>,
    /// Whether the room has a network; without one nothing is said of its absence.
    pub network: bool,
    /// The kernel's watchdog device, which starts a machine anew whose host hangs; not used where absent.
    pub watchdog: Option<AbsolutePath>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            name: Name::of("ketang"),
            data: AbsolutePath::of("/var/lib/ketang"),
            socket: AbsolutePath::of("/run/ketang/ketangd.sock"),
            metrics_listen: None,
            network: true,
            watchdog: None,
        }
    }
}

/// `[board]`: the hardware.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Board {
    /// `generic` for any Linux machine, `sim` for the simulated room, or a board's own name.
    pub name: Identifier,
}

impl Default for Board {
    fn default() -> Self {
        Self { name: Identifier::of("generic") }
    }
}

/// `[inputs.<role>]`: where each picture and sound comes from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inputs {
    pub teacher_panorama: Option<PictureInput>,
    pub teacher_closeup: Option<PictureInput>,
    pub students_panorama: Option<PictureInput>,
    pub students_closeup: Option<PictureInput>,
    pub hdmi: Option<PictureInput>,
    pub board: Option<PictureInput>,
    pub teacher_mic: Option<SoundInput>,
    pub room_mic: Option<SoundInput>,
    pub line_in: Option<SoundInput>,
}

impl Inputs {
    pub fn picture(&self, role: PictureRole) -> Option<&PictureInput> {
        match role {
            PictureRole::TeacherPanorama => self.teacher_panorama.as_ref(),
            PictureRole::TeacherCloseup => self.teacher_closeup.as_ref(),
            PictureRole::StudentsPanorama => self.students_panorama.as_ref(),
            PictureRole::StudentsCloseup => self.students_closeup.as_ref(),
            PictureRole::Hdmi => self.hdmi.as_ref(),
            PictureRole::Board => self.board.as_ref(),
        }
    }

    pub fn sound(&self, role: SoundRole) -> Option<&SoundInput> {
        match role {
            SoundRole::TeacherMic => self.teacher_mic.as_ref(),
            SoundRole::RoomMic => self.room_mic.as_ref(),
            SoundRole::LineIn => self.line_in.as_ref(),
        }
    }

    /// The configured pictures, in the order of the roles.
    pub fn pictures(&self) -> impl Iterator<Item = (PictureRole, &PictureInput)> {
        PictureRole::ALL.into_iter().filter_map(|role| Some((role, self.picture(role)?)))
    }

    /// The configured sounds, in the order of the roles.
    pub fn sounds(&self) -> impl Iterator<Item = (SoundRole, &SoundInput)> {
        SoundRole::ALL.into_iter().filter_map(|role| Some((role, self.sound(role)?)))
    }
}

/// One camera or computer picture.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PictureInput {
    pub source: PictureAddress,
    /// One of the modes that `ketangctl inputs --json` lists, for a camera that is not to be used in its best.
    pub mode: Option<Text>,
    /// The user of a network camera.
    pub user: Option<Text>,
    pub password: Option<Secret>,
    /// A file that holds the password instead, so that this one may be shown around.
    pub password_file: Option<AbsolutePath>,
    /// How its camera is turned, where it turns.
    pub ptz: Option<PtzPlace>,
    /// How far it may be turned, in degrees and factors, where that is less than it can.
    pub pan_limits: Option<Range>,
    pub tilt_limits: Option<Range>,
    pub zoom_limits: Option<Range>,
    /// Whether the host turns it by itself, where it turns.
    #[serde(default = "yes")]
    pub follow: bool,
    /// How wide its picture is at the wide end of the zoom, in degrees, where it turns.
    #[serde(default = "usual_field")]
    pub field_of_view: Count<5, 120>,
    #[serde(default)]
    pub picture: Picture,
}

/// `[inputs.<role>.picture]`: how a USB or built-in camera makes its picture; what is absent is left to the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Picture {
    /// This and the next ones in per cent of what the camera can.
    pub brightness: Option<Count<0, 100>>,
    pub contrast: Option<Count<0, 100>>,
    pub saturation: Option<Count<0, 100>>,
    pub sharpness: Option<Count<0, 100>>,
    pub backlight: Option<Count<0, 100>>,
    pub gain: Option<OrAuto<Count<0, 100>>>,
    /// In kelvins.
    pub white_balance: Option<OrAuto<Count<1000, 20_000>>>,
    /// In microseconds; a frame lasts 40 000.
    pub exposure: Option<OrAuto<Count<100, 40_000>>>,
    pub focus: Option<OrAuto<Count<0, 100>>>,
    pub power_line: Option<PowerLine>,
}

impl Picture {
    pub fn settings(self) -> PictureSettings {
        let percent = |count: Count<0, 100>| count.get() as u8;
        PictureSettings {
            brightness: self.brightness.map(percent),
            contrast: self.contrast.map(percent),
            saturation: self.saturation.map(percent),
            sharpness: self.sharpness.map(percent),
            backlight: self.backlight.map(percent),
            gain: self.gain.map(|gain| gain.map(percent)),
            white_balance: self.white_balance.map(|kelvins| kelvins.map(Count::get)),
            exposure: self.exposure.map(|microseconds| microseconds.map(Count::get)),
            focus: self.focus.map(|focus| focus.map(percent)),
            power_line: self.power_line.map(PowerLine::into),
        }
    }
}

pub(crate) fn yes() -> bool {
    true
}

/// That of most cameras with a 20× lens.
pub(crate) fn usual_field() -> Count<5, 120> {
    Count::new(60)
}

/// `[ptz]`: cameras that turn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ptz {
    /// The names of presets, and the numbers by which a camera keeps them. What is written is laid over the usual ones.
    #[serde(deserialize_with = "presets")]
    pub presets: BTreeMap<Name, Count<0, 127>>,
    /// How long after the last order of a person the host turns a camera by itself again.
    pub hand_back_after: OrNever<TimeSpan<1, { 12 * HOUR }>>,
}

impl Default for Ptz {
    fn default() -> Self {
        let usual = [("podium", 1), ("board-left", 2), ("board-right", 3), ("wide", 4)];
        Self {
            presets: usual.into_iter().map(|(name, number)| (Name::of(name), Count::new(number))).collect(),
            hand_back_after: OrNever::After(TimeSpan::seconds(30)),
        }
    }
}

/// One microphone or sound line.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SoundInput {
    pub source: SoundAddress,
}

fn presets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Name, Count<0, 127>>, D::Error> {
    let written = BTreeMap::deserialize(deserializer)?;
    Ok(Ptz::default().presets.into_iter().chain(written).collect())
}

/// `[programme]`: the mixed picture.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Programme {
    pub size: ProgrammeSize,
    /// The scene at start; the first picture input where absent.
    pub scene: Option<Name>,
    /// How long one shot dissolves into the next, in milliseconds; 0 cuts.
    pub dissolve_ms: Count<0, 2000>,
    pub output: Output,
    pub output_sound: OutputSound,
    /// A directory of further layouts, one TOML file each.
    pub layouts_dir: Option<AbsolutePath>,
}

/// `[scenes.<name>]`: a shot with a name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scene {
    pub layout: Identifier,
    /// The inputs, one a pane.
    #[serde(deserialize_with = "rule::roles")]
    pub inputs: Vec<PictureRole>,
}

/// `[directing]`: who cuts, and by which rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Directing {
    /// The mode at start, to which the host returns after a countdown.
    pub mode: DirectingMode,
    /// A rule set that ships.
    pub rules: Identifier,
    /// The room's own rules, laid over the set.
    pub room_rules: Option<AbsolutePath>,
    /// Zones and masks of the teacher's panorama.
    pub zones: Option<AbsolutePath>,
    /// Zones and masks of the students' panorama.
    pub students_zones: Option<AbsolutePath>,
    /// The folder of the models that find people.
    pub models: AbsolutePath,
}

impl Default for Directing {
    fn default() -> Self {
        Self {
            mode: DirectingMode::Automatic,
            rules: Identifier::of("lecture"),
            room_rules: None,
            zones: None,
            students_zones: None,
            models: AbsolutePath::of("/usr/share/ketang/models"),
        }
    }
}

/// `[recording]`: what is written, and how well.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recording {
    /// The programme as a track.
    pub programme: bool,
    pub tracks: Tracks,
    /// A file's greatest size, in MB of 10⁶ bytes (HB-5).
    pub part_limit_mb: Count<10, 200>,
    /// The programme's average rate, in kbit/s (HB-3).
    pub programme_kbit: Count<1024, 20_000>,
    /// The average rate of every other track, in kbit/s (HB-3).
    pub track_kbit: Count<1024, 20_000>,
    pub sound: RecordedSound,
    /// Whether tracks are made smaller, or left out, where the machine cannot carry them all.
    pub fit_machine: bool,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            programme: true,
            tracks: Tracks::All,
            part_limit_mb: Count::new(200),
            programme_kbit: Count::new(4000),
            track_kbit: Count::new(2500),
            sound: RecordedSound::Split,
            fit_machine: true,
        }
    }
}

/// `[lesson]`: how long things last.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lesson {
    /// The planned length of a lesson that is started without one.
    pub planned: TimeSpan<10, { 24 * HOUR }>,
    /// The longest plan that is accepted, and when a lesson without a planned end ends by itself.
    pub longest: TimeSpan<10, { 24 * HOUR }>,
    /// How long a lesson may run past its plan before the host ends it.
    pub overrun: OrNever<TimeSpan<0, { 12 * HOUR }>>,
    /// An alarm is raised when a pause lasts this long.
    pub pause_nag: OrNever<TimeSpan<1, { 12 * HOUR }>>,
    /// Recording goes on by itself when a pause lasts this long.
    pub pause_auto_resume: OrNever<TimeSpan<1, { 12 * HOUR }>>,
    /// After a power cut a lesson without a planned end goes on if the host is back within this time; others go on until that end.
    pub resume_within: TimeSpan<0, { 12 * HOUR }>,
}

impl Default for Lesson {
    fn default() -> Self {
        Self {
            planned: TimeSpan::seconds(45 * MINUTE),
            longest: TimeSpan::seconds(4 * HOUR),
            overrun: OrNever::After(TimeSpan::seconds(30 * MINUTE)),
            pause_nag: OrNever::After(TimeSpan::seconds(2 * MINUTE)),
            pause_auto_resume: OrNever::Never,
            resume_within: TimeSpan::seconds(30 * MINUTE),
        }
    }
}

/// `[verify]`: the check of a lesson after its stop.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Verify {
    /// How much is decoded of the tracks beside the programme.
    pub tracks: VerifiedTracks,
}

/// `[storage]`: the disk, counted in lessons.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Storage {
    /// Room that no lesson may take, in MB of 10⁶ bytes: what finishing the open files needs.
    pub reserve_mb: Count<0, 1_000_000>,
    /// Whether the host deletes confirmed lessons when room is needed. Of itself it never deletes others.
    pub delete_confirmed: bool,
    /// Days for which even confirmed lessons are kept.
    pub keep_days: Count<0, 3650>,
    /// The usual length of a lesson, by which free room is counted.
    pub lesson_length: TimeSpan<60, { 24 * HOUR }>,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            reserve_mb: Count::new(2000),
            delete_confirmed: true,
            keep_days: Count::new(30),
            lesson_length: TimeSpan::seconds(45 * MINUTE),
        }
    }
}

/// `[upload]`: where lessons go once they are checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Upload {
    /// The server, which speaks tus 1.0.0; nothing is uploaded where absent.
    pub address: Option<WebAddress>,
    /// A file that holds the key which the server lets the host in by.
    pub key_file: Option<AbsolutePath>,
    /// No more than so many Mbit/s; 0 is as fast as it goes.
    pub limit_mbit: Count<0, 10_000>,
}

/// `[update]`: updates of the system around the host, where it is one that is updated whole.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Update {
    /// Nothing is installed and the machine not started anew where a lesson of the timetable begins within this time.
    pub before_lesson: TimeSpan<{ 5 * MINUTE }, { 12 * HOUR }>,
}

impl Default for Update {
    fn default() -> Self {
        Self { before_lesson: TimeSpan::seconds(30 * MINUTE) }
    }
}

/// `[sound]`: what is done to the microphones.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sound {
    pub noise_suppression: bool,
    pub echo_cancellation: bool,
    pub gain_control: bool,
}

impl Default for Sound {
    fn default() -> Self {
        Self { noise_suppression: true, echo_cancellation: true, gain_control: true }
    }
}

/// `[sim]`: the simulated room; without meaning on other boards.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sim {
    /// The inputs that the room provides where `[inputs]` says nothing.
    #[serde(deserialize_with = "rule::roles")]
    pub inputs: Vec<Role>,
    /// The same seed draws the same room.
    pub seed: Count<0, { u32::MAX }>,
    /// Draws a frame number that a machine can read into every picture.
    pub marks: bool,
    /// A beep and a flash in every second.
    pub beeps: bool,
    /// How fast the sound cards' clock runs against the host's.
    pub sound_clock_ppm: Ppm,
    /// The script of what happens in the room; the built-in lesson where absent.
    pub script: Option<AbsolutePath>,
}

impl Default for Sim {
    fn default() -> Self {
        let pictures = PictureRole::ALL.into_iter().filter(|role| *role != PictureRole::Board).map(Role::Picture);
        let sounds = SoundRole::ALL.into_iter().map(Role::Sound);
        Self {
            inputs: pictures.chain(sounds).collect(),
            seed: Count::new(1),
            marks: false,
            beeps: false,
            sound_clock_ppm: Ppm::default(),
            script: None,
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// Which lines are written, as `tracing` filters them.
    pub level: LogFilter,
}
