//! Opens a host: data, board, studio, desk, and the lessons that a crash left behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use ketang_board::linux::{BoardFile, KernelWatchdog, LinuxBoard};
use ketang_board::sim::{Room, RoomSettings, Script, SimBoard};
use ketang_hal::address::Address;
use ketang_hal::board::{Board, Credentials};
use ketang_hal::picture::PictureSettings;
use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_hal::sound::SoundSource;
use ketang_hal::watchdog::Watchdog;
use ketang_lesson::retention::Policy;
use ketang_lesson::settings::Settings;
use ketang_pipelines::clock::MediaClock;
use ketang_pipelines::encode;
use ketang_pipelines::layout::Layouts;
use ketang_pipelines::output::Output;
use ketang_pipelines::programme::{ProgrammeShot, ShotChange};
use ketang_pipelines::push::Broadcast;
use ketang_pipelines::sound::{Reopen, SoundDesk, SoundSettings, Treatment};
use ketang_pipelines::studio::{Studio, StudioSettings};
use ketang_protocol::command::Shot;
use ketang_tracker::room::Room as Outlines;
use tokio::sync::{broadcast, watch};

use super::alarms::Alarms;
use super::clock::Clock;
use super::directing::Directing;
use super::inputs::Inputs;
use super::jobs::Jobs;
use super::lessons::Lessons;
use super::library::Shelf;
use super::machine::Machine;
use super::pushing::Pushes;
use super::receivers::Receivers;
use super::sounds::Sounds;
use super::system::SystemWatch;
use super::timetable::Periods;
use super::turning::Cameras;
use super::updating::Updating;
use super::uploading::Uploading;
use super::{Ended, Host, Message, tell};
use crate::closeup::CloseUps;
use crate::config::rule::{self, OrNever, PictureAddress, Text, TimeSpan};
use crate::config::{self, Config, PictureInput};
use crate::eyes::{Eyes, Tell};
use crate::folder::{DataDir, StoreError};
use crate::ledger::Ledger;
use crate::live::LivePictures;
use crate::notify::ServiceWatchdog;
use crate::settings;
use crate::storage::Storage;
use crate::targets::LiveTargets;
use crate::timetable::Timetables;
use crate::updates::Keeper;
use crate::uploads::{Server, Uploader};
use crate::volumes::Volumes;
use crate::zones::{WATCHED, Zones};

/// A host that hangs is started anew with its machine after this long; starting takes less.
const WATCHDOG_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
/// Events that a slow reader may be behind before it misses some.
const EVENTS_KEPT: usize = 256;
/// Shares of the part limit and rates by which a lesson's size is guessed before any was recorded.
const BITS_A_BYTE: u64 = 8;
/// Below this many reserves a running lesson begins to give up tracks.
const DEGRADE_AT_RESERVES: u64 = 3;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] ketang_pipelines::MediaError),
    #[error(transparent)]
    Hal(#[from] ketang_hal::HalError),
    #[error("no thread for uploads: {0}")]
    Uploader(#[source] std::io::Error),
    #[error("`host.watchdog`: {0}")]
    Watchdog(#[source] ketang_hal::HalError),
    #[error("`board.name`: {0}")]
    Board(#[from] ketang_board::linux::BoardFileError),
    #[error("`sim.script`: {0}")]
    Script(#[from] ketang_board::sim::ScriptError),
    #[error("`sim.script`: {path}: {source}: name a file that can be read", path = path.display())]
    ScriptFile { path: std::path::PathBuf, source: std::io::Error },
    #[error("`directing.rules`, `directing.room-rules`: {0}")]
    Rules(#[from] ketang_director::RuleError),
    #[error("`{key}`: {source}")]
    Zones { key: &'static str, source: ketang_tracker::room::RoomError },
    #[error("`directing`: {path}: {source}: name a file that can be read", path = path.display())]
    DirectingFile { path: std::path::PathBuf, source: std::io::Error },
    #[error("no picture input is configured: write one below [inputs.teacher-panorama], or use board.name = \"sim\"")]
    NoInput,
}

/// A host that is ready to run. The receivers' watchers live beside it and end after it.
pub struct Opened {
    pub host: Host,
    /// The simulated room, where the board is one: for tests and demonstrations to tell what happens in it.
    pub room: Option<Room>,
    _receivers: Receivers,
    _output: Output,
    watchdog: Option<Box<dyn Watchdog>>,
}

impl Opened {
    /// Runs until it is told to stop, then closes everything in order.
    pub fn run(mut self) -> Ended {
        let service = ServiceWatchdog::from_environment().map(|watchdog| Box::new(watchdog) as Box<dyn Watchdog>);
        let watchdogs = self.watchdog.take().into_iter().chain(service).collect();
        self.host.run(watchdogs)
    }
}

/// Opens everything; `config` is with the settings, unless they are broken. Nothing is left half-started where it fails.
pub fn open(config: Config, settings: Arc<settings::Settings>) -> Result<Opened, OpenError> {
    ketang_pipelines::init()?;
    let data = DataDir::open(config.host.data.as_path())?;
    let clock = Clock::new(MediaClock::start());
    let storage = Storage::open(&data, policy(&config))?;
    let (mut ledger, report) = Ledger::open(&data, config.host.name.as_str(), clock.wall())?;
    storage.settle(&mut ledger)?;
    let (timetables, put_aside) = Timetables::open(config.host.data.as_path())?;
    let (targets, targets_aside) = LiveTargets::open(config.host.data.as_path())?;
    let periods = Periods::new(ledger.accounted_until()?, clock.wall());

    let (board, room) = board(&config)?;
    let encoders = encode::probe(&board.encoders())?;
    if let Some(hardware) = encoders.hardware {
        tracing::info!(encoder = hardware.kind.element(), pictures = hardware.pictures, "an encoder in hardware works");
    }
    if let Some(software) = encoders.software {
        tracing::info!(
            encoder = software.kind.element(),
            cores = software.cores_full_hd,
            "an encoder in software works"
        );
    }

    tracing::info!(encoder = ketang_pipelines::sound::probe()?, "sound will be encoded");

    let (news, inbox) = mpsc::channel();
    let mut layouts = Layouts::shipped();
    for file in layout_files(&config)? {
        layouts.add_file(&file)?;
    }
    let room_rules = config.directing.room_rules.as_ref().map(|file| text_of(file.as_path())).transpose()?;
    let (zones, broken_zones) = Zones::open(data.root(), zones(&config)?);
    let scene = config.initial_scene().and_then(|name| config.scenes.get(name)).ok_or(OpenError::NoInput)?;
    let shot = ProgrammeShot { layout: scene.layout.as_str().to_owned(), inputs: scene.inputs.clone() };
    let directing = Directing::new(
        &config.directing,
        room_rules,
        config.inputs.pictures().map(|(role, _)| role).collect(),
        |name| layouts.get(name).map(|layout| layout.panes.len()),
        clock.media().now(),
        Shot { layout: shot.layout.clone(), inputs: shot.inputs.clone() },
    )?;
    let first = ShotChange { shot: shot.clone(), dissolve_slots: 0, reason: "the scene at start".into() };
    let of_programme = layouts.clone();
    let told = news.clone();
    let mut studio = Studio::open(
        clock.media().clone(),
        StudioSettings { size: board.programme_size(), layouts, first },
        Arc::new(move |event| {
            let _ = told.send(Message::Studio(event));
        }),
    )?;
    let mut inputs = Inputs::default();
    let (mut cameras, mut parts) = (Vec::new(), Vec::new());
    for (role, input) in config.inputs.pictures() {
        inputs.add(Role::Picture(role), input.source.to_string());
        match &input.source {
            PictureAddress::Board(address) => cameras.push((role, address.clone(), input.clone())),
            PictureAddress::CloseUp(of) => parts.push((role, *of)),
        }
    }
    for (role, address, input) in &cameras {
        studio.add(*role, open_picture(&board, *role, address.clone(), input.clone(), &news))?;
    }
    let mut closeups = CloseUps::default();
    for (role, of) in parts {
        studio.add_part(role, of, closeups.plan(of, studio.size()))?;
    }
    let cameras_that_turn =
        Cameras::open(&config, &board, &mut closeups, zones.of(PictureRole::TeacherPanorama), &news);
    let news_of_eyes = news.clone();
    let tell: Tell = Arc::new(move |seen| drop(news_of_eyes.send(Message::Seen(seen))));
    let eyes = Eyes::open(&studio, config.directing.models.as_path(), &zones, &closeups, &tell);
    eyes.want(directing.is_watching());
    let live = Arc::new(LivePictures::open(&studio));
    let desk = desk(&config, &clock, &board, &mut inputs, &news)?;
    let sounds = Sounds::new(Volumes::open(data.root()));
    for role in SoundRole::ALL {
        desk.set_volume(role, sounds.volume(role));
    }
    let addresses = cameras.into_iter().map(|(role, address, _)| (role, address)).collect();
    let receivers = Receivers::watch(&board, addresses, &news);
    let output = output(&config, board.as_ref(), &studio, &desk);
    let pushes = Pushes::new(Broadcast::open(&studio, &desk, &encoders.ranked)?, data.root());

    let mut alarms = Alarms::default();
    for alarm in report.alarms() {
        alarms.raise(alarm);
    }
    if let Some(put_aside) = put_aside {
        alarms.raise(tell::timetable_broken(&put_aside.file, &put_aside.why));
    }
    if let Some(put_aside) = targets_aside {
        alarms.raise(tell::targets_broken(&put_aside.file, &put_aside.why));
    }
    if let Some(why) = eyes.blind.as_ref().filter(|_| directing.is_watching() || !closeups.is_empty()) {
        alarms.raise(tell::no_detector(why));
    }
    for (input, file, why) in broken_zones {
        alarms.raise(tell::zones_broken(input, &file, &why));
    }
    let system = SystemWatch::new(config.host.network);
    let news_of_updates = news.clone();
    let tell_of_updates = Box::new(move |told| drop(news_of_updates.send(Message::Update(told))));
    let keeper = board.updater().map(|updater| Keeper::keep(updater, tell_of_updates));
    let updating = Updating::new(keeper, data.root());
    let uploading = Uploading::new(uploader(&config, &news)?);
    let library = Arc::new(Shelf { data: data.clone(), board: board.clone() });
    let lessons = Lessons::new(data, ledger, storage, lesson_settings(&config));
    let mut host = Host {
        snapshots: watch::channel(Arc::new(super::snapshot::empty(&config, board.name()))).0,
        events: broadcast::channel(EVENTS_KEPT).0,
        jobs: Jobs::new(news.clone()),
        config,
        clock,
        board,
        studio,
        desk,
        encoders,
        machine: Machine::default(),
        layouts: of_programme,
        shot,
        directing,
        eyes,
        heads: None,
        inputs,
        cameras: cameras_that_turn,
        lessons,
        alarms,
        microphones: Default::default(),
        sounds,
        system,
        updating,
        uploading,
        peaks: Default::default(),
        news,
        inbox,
        library,
        live,
        settings,
        pushes,
        targets: Arc::new(targets),
        timetables: Arc::new(timetables),
        periods,
        zones: zones.into(),
        free_seconds: 0,
    };
    host.look_at_calibrations();
    host.take_up_lessons()?;
    // Last, because it waits for its food from now on and what came before may take minutes after a crash.
    let watchdog = kernel_watchdog(&host.config)?;
    Ok(Opened { host, room, _receivers: receivers, _output: output, watchdog })
}

fn uploader(config: &Config, news: &Sender<Message>) -> Result<Option<(Server, Uploader)>, OpenError> {
    /// Bytes a second in a Mbit/s.
    const MBIT: u64 = 125_000;
    let Some(address) = &config.upload.address else { return Ok(None) };
    let server = Server {
        address: address.get().clone(),
        key_file: config.upload.key_file.as_ref().map(|file| file.as_path().to_owned()),
        limit: Some(u64::from(config.upload.limit_mbit.get()) * MBIT).filter(|limit| *limit > 0),
        host: config.host.name.as_str().to_owned(),
    };
    let news = news.clone();
    let uploader = Uploader::start(server.clone(), Box::new(move |told| drop(news.send(Message::Upload(told)))));
    Ok(Some((server, uploader.map_err(OpenError::Uploader)?)))
}

fn kernel_watchdog(config: &Config) -> Result<Option<Box<dyn Watchdog>>, OpenError> {
    let Some(path) = &config.host.watchdog else { return Ok(None) };
    let watchdog = KernelWatchdog::open(path.as_path(), WATCHDOG_LIMIT).map_err(OpenError::Watchdog)?;
    Ok(Some(Box::new(watchdog)))
}

fn board(config: &Config) -> Result<(Arc<dyn Board>, Option<Room>), OpenError> {
    if !config.simulated() {
        let board = LinuxBoard::new(BoardFile::named(config.board.name.as_str())?);
        return Ok((Arc::new(board), None));
    }
    let script = match &config.sim.script {
        None => Script::default(),
        Some(path) => {
            let path = path.as_path();
            let text = std::fs::read_to_string(path)
                .map_err(|source| OpenError::ScriptFile { path: path.to_owned(), source })?;
            Script::parse(&text)?
        }
    };
    let room = Room::new(RoomSettings {
        seed: config.sim.seed.get().into(),
        marks: config.sim.marks,
        beeps: config.sim.beeps,
        sound_clock_ppm: config.sim.sound_clock_ppm.get().into(),
        script,
    });
    Ok((Arc::new(SimBoard::new(room.clone())), Some(room)))
}

fn text_of(path: &std::path::Path) -> Result<String, OpenError> {
    std::fs::read_to_string(path).map_err(|source| OpenError::DirectingFile { path: path.to_owned(), source })
}

/// Zones and masks of the cameras that are watched, as the host's files have them; the simulated room brings its own of the teacher.
fn zones(config: &Config) -> Result<BTreeMap<PictureRole, Outlines>, OpenError> {
    let mut zones = BTreeMap::new();
    for role in WATCHED.into_iter().filter(|role| config.inputs.picture(*role).is_some()) {
        let (key, file) = match role {
            PictureRole::StudentsPanorama => ("directing.students-zones", &config.directing.students_zones),
            _ => ("directing.zones", &config.directing.zones),
        };
        let text = match file {
            Some(file) => text_of(file.as_path())?,
            None if config.simulated() && role == PictureRole::TeacherPanorama => ketang_board::sim::ZONES.to_owned(),
            None => String::new(),
        };
        let room = Outlines::read(&text).map_err(|source| OpenError::Zones { key, source })?;
        zones.insert(role, room);
    }
    Ok(zones)
}

fn open_picture(
    board: &Arc<dyn Board>,
    role: PictureRole,
    address: Address,
    input: PictureInput,
    news: &Sender<Message>,
) -> ketang_pipelines::capture::OpenPicture {
    let (board, news) = (board.clone(), news.clone());
    let settings = input.picture.settings();
    Box::new(move || {
        let credentials: Credentials = input.credentials().map_err(|error| format!("password-file: {error}"))?;
        let source = board
            .open_picture(role, &address, &credentials, input.mode.as_ref().map(Text::as_str))
            .map_err(|error| error.to_string())?;
        // A camera that was without power has forgotten them.
        let set = match settings == PictureSettings::default() {
            true => Ok(()),
            false => board.set_picture(&address, &settings).map_err(|error| error.to_string()),
        };
        // The host may have ended meanwhile.
        let _ = news.send(Message::PictureSet(role, set));
        Ok(source)
    })
}

fn desk(
    config: &Config,
    clock: &Clock,
    board: &Arc<dyn Board>,
    inputs: &mut Inputs,
    news: &Sender<Message>,
) -> Result<SoundDesk, OpenError> {
    let mut microphones: Vec<(SoundRole, Reopen)> = Vec::new();
    for (role, input) in config.inputs.sounds() {
        let address = input.source.get().clone();
        inputs.add(Role::Sound(role), address.to_string());
        let board = board.clone();
        let news = news.clone();
        let open = move || -> Result<SoundSource, String> {
            let source = board.open_sound(role, &address).map_err(|error| error.to_string())?;
            let controls = board.capture_controls(&address).unwrap_or_else(|error| {
                tracing::warn!(input = %role, %error, "its capture volume is not known");
                Vec::new()
            });
            // The host may have ended meanwhile.
            let _ = news.send(Message::Card(role, controls));
            Ok(source)
        };
        microphones.push((role, Box::new(open)));
    }
    let news = news.clone();
    let told = move |event| {
        let _ = news.send(Message::Sound(event));
    };
    Ok(SoundDesk::open(clock.media(), sound_settings(&config.sound), microphones, told)?)
}

fn sound_settings(config: &config::Sound) -> SoundSettings {
    let wanted = |treatment: Treatment| Treatment {
        noise_suppression: if config.noise_suppression { treatment.noise_suppression } else { 0.0 },
        echo_cancellation: config.echo_cancellation && treatment.echo_cancellation,
        steady: config.gain_control && treatment.steady,
        ..treatment
    };
    let shipped = SoundSettings::default();
    SoundSettings {
        teacher: wanted(shipped.teacher),
        room: wanted(shipped.room),
        line: wanted(shipped.line),
        ..shipped
    }
}

fn output(config: &Config, board: &dyn Board, studio: &Studio, desk: &SoundDesk) -> Output {
    use ketang_hal::board::DisplayOutput;
    let display = match &config.programme.output {
        rule::Output::Board => board.display(),
        rule::Output::Kms(driver) => DisplayOutput::Kms { driver: driver.clone(), connector: None },
        rule::Output::Window => DisplayOutput::Window,
        rule::Output::None => DisplayOutput::None,
    };
    let sound = match &config.programme.output_sound {
        rule::OutputSound::Board => board.display_sound(),
        rule::OutputSound::None => None,
        rule::OutputSound::Alsa(device) => Some(device.clone()),
    };
    Output::open(studio, desk, display, sound)
}

fn layout_files(config: &Config) -> Result<Vec<std::path::PathBuf>, OpenError> {
    let Some(dir) = &config.programme.layouts_dir else { return Ok(Vec::new()) };
    let dir = dir.as_path();
    let read = |source| ketang_pipelines::MediaError::Io { path: dir.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn lesson_settings(config: &Config) -> Settings {
    let lesson = &config.lesson;
    let longest = lesson.longest.get();
    Settings {
        pause_nag: after(lesson.pause_nag).unwrap_or(longest),
        pause_auto_resume: after(lesson.pause_auto_resume),
        overrun: after(lesson.overrun).unwrap_or(longest),
        longest,
        resume_within: lesson.resume_within.get(),
        ..Settings::default()
    }
}

fn after<const MIN: u64, const MAX: u64>(limit: OrNever<TimeSpan<MIN, MAX>>) -> Option<std::time::Duration> {
    match limit {
        OrNever::Never => None,
        OrNever::After(span) => Some(span.get()),
    }
}

fn policy(config: &Config) -> Policy {
    let storage = &config.storage;
    let recording = &config.recording;
    let tracks = config.inputs.pictures().filter(|(role, _)| recording.tracks.holds(*role)).count() as u64;
    let kbit = u64::from(recording.programme_kbit.get()) + tracks * u64::from(recording.track_kbit.get());
    let reserve = u64::from(storage.reserve_mb.get()) * 1_000_000;
    Policy {
        keep_days: if storage.delete_confirmed { storage.keep_days.get() } else { u32::MAX },
        reserve,
        degrade_below: reserve * DEGRADE_AT_RESERVES,
        usual_lesson: kbit * 1000 / BITS_A_BYTE * storage.lesson_length.get().as_secs(),
        ..Policy::default()
    }
}
