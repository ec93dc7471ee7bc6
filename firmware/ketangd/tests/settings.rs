//! Settings over the host's file: what wins, what is refused and where, what becomes of passwords, and of broken ones.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

use std::os::unix::fs::PermissionsExt;

use ketang_hal::role::PictureRole;
use ketang_protocol::command::RefusalCode;
use ketang_protocol::settings::{KEPT, NotTaken, State};
use ketangd::cli::Cli;
use ketangd::config::rule::Tracks;
use ketangd::config::{Config, ConfigError, Layer, load_layers};
use ketangd::settings::Settings;

const FILE: &str = "\
[host]
name = \"room-301\"
[lesson]
planned = \"40min\"
[inputs.hdmi]
source = \"v4l2:/dev/video4\"
[inputs.teacher-panorama]
source = \"rtsp://10.0.0.2/1\"
user = \"it\"
password = \"tiger\"
";

fn layer(path: &str, text: &str) -> Layer {
    Layer { path: path.into(), text: text.into() }
}

fn both(settings: &str, flags: &[&str]) -> Result<Config, ConfigError> {
    let flags: Vec<_> = flags.iter().map(|flag| flag.parse().unwrap()).collect();
    load_layers(&layer("ketangd.toml", FILE), Some(&layer("settings.toml", settings)), &flags)
}

/// Settings on a disk of their own.
struct Host {
    folder: tempfile::TempDir,
    settings: Settings,
}

impl Host {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::beside(folder.path(), layer("ketangd.toml", FILE), Vec::new());
        Self { folder, settings }
    }

    fn version(&self) -> String {
        self.settings.told(false).unwrap().version
    }

    fn replace(&self, text: &str) -> Result<(), NotTaken> {
        self.settings.replace(&self.version(), text.into())
    }

    /// What was saved last, as it lies there.
    fn saved(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("settings.waiting.toml")).unwrap()
    }

    /// The configuration after the next start.
    fn begun_anew(&self) -> Config {
        self.settings.take_up().unwrap();
        let begun = Settings::beside(self.folder.path(), layer("ketangd.toml", FILE), Vec::new());
        assert!(!begun.are_newer());
        begun.config().unwrap()
    }
}

#[test]
fn settings_win_over_the_file_and_flags_over_both() {
    let settings = "[host]\nname = \"room-302\"\n[lesson]\nlongest = \"2h\"\n[recording]\ntracks = [\"hdmi\"]\n";
    let config = both(settings, &[]).unwrap();
    assert_eq!(config.host.name.as_str(), "room-302");
    // What the settings leave out stays as the file has it, in the same section too.
    assert_eq!(config.lesson.planned.get().as_secs(), 40 * 60);
    assert_eq!(config.lesson.longest.get().as_secs(), 2 * 3600);
    assert_eq!(config.recording.tracks, Tracks::Only(vec![PictureRole::Hdmi]));
    assert_eq!(both(settings, &["host.name=lab"]).unwrap().host.name.as_str(), "lab");
    assert_eq!(both("", &[]).unwrap(), load_layers(&layer("ketangd.toml", FILE), None, &[]).unwrap());
}

#[test]
fn an_input_is_taken_as_a_whole() {
    let config = both("[inputs.teacher-panorama]\nsource = \"rtsp://10.0.0.9/1\"", &[]).unwrap();
    let input = config.inputs.teacher_panorama.unwrap();
    assert_eq!(input.source.to_string(), "rtsp://10.0.0.9/1");
    assert!(input.user.is_none() && input.password.is_none(), "a password goes to no other address");
    assert!(config.inputs.hdmi.is_some(), "other inputs stay");
}

#[test]
fn a_mistake_is_told_with_its_file_and_line() {
    for (settings, wanted) in [
        ("[lesson]\nplanned = \"2h\"\nlongest = \"1h\"", "settings.toml, line 2: `lesson.planned`"),
        ("[recording]\n\npart-limit-mb = 500", "settings.toml, line 3: `recording.part-limit-mb`"),
        ("[recording]\nparts = 1", "settings.toml, line 2: `recording.parts`: unknown field"),
        ("[inputs.hdmi]\nuser = \"x\"", "`inputs.hdmi`: missing field `source`"),
        ("[scenes.a]\nlayout = \"single\"\ninputs = [\"board\"]", "settings.toml, line 3: `scenes.a.inputs`"),
        // The file's own plan is too long for the settings' limit: it stands there.
        ("[lesson]\nlongest = \"30min\"", "ketangd.toml, line 4: `lesson.planned`"),
        ("lesson", "settings.toml, line 1: this is not TOML"),
    ] {
        let error = both(settings, &[]).expect_err(settings);
        assert!(error.to_string().contains(wanted), "{settings}\n gives\n{error}");
        assert!(error.chinese().contains('：'), "{}", error.chinese());
    }
}

#[test]
fn settings_are_replaced_whole_and_what_is_wrong_is_refused() {
    let host = Host::open();
    let told = host.settings.told(false).unwrap();
    assert_eq!((told.text.as_str(), told.version.as_str(), told.state), ("", "none", State::InForce));
    host.replace("# why\n[recording]\ntrack-kbit = 3000").unwrap();
    assert_eq!(host.saved(), "[recording]\ntrack-kbit = 3000\n");
    assert!(host.settings.are_newer());
    assert_eq!(host.settings.told(false).unwrap().state, State::Restarting);
    assert_eq!(host.settings.told(true).unwrap().state, State::Waiting);
    let mode = std::fs::metadata(host.folder.path().join("settings.waiting.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o037, 0, "passwords may stand in it");

    for (text, key, line) in [
        ("[recording]\ntrack-kbit = 1", Some("recording.track-kbit"), Some(2)),
        ("[recording]\ntracks = [\"board\"]", Some("recording.tracks"), Some(2)),
        ("[host]\nname = \"a\"\ndata = \"/elsewhere\"", Some("host.data"), Some(3)),
        ("[host]\nsocket = \"/elsewhere\"", Some("host.socket"), Some(2)),
        ("[lesson]\nlongest = \"30min\"", Some("lesson.planned"), None),
        ("[recording\n", None, Some(1)),
    ] {
        let refused = host.replace(text).unwrap_err();
        assert_eq!((refused.key.as_deref(), refused.line), (key, line), "{text}: {refused:?}");
        assert_eq!(refused.refusal.code, RefusalCode::Invalid);
        assert!(refused.refusal.chinese.contains('：') && !refused.refusal.english.is_empty());
    }
    assert_eq!(host.saved(), "[recording]\ntrack-kbit = 3000\n", "what was refused changed nothing");

    // A host that starts before it was free, as after a power cut, runs by the old ones and still has the new.
    let again = Settings::beside(host.folder.path(), layer("ketangd.toml", FILE), Vec::new());
    assert!(again.are_newer());
    assert_eq!(again.config().unwrap().recording.track_kbit.get(), 2500);
    let version = host.version();
    assert_eq!(host.begun_anew().recording.track_kbit.get(), 3000);
    assert_eq!(host.version(), version, "they are the same ones");
}

#[test]
fn of_two_writers_the_second_is_told() {
    let host = Host::open();
    let seen = host.version();
    host.settings.replace(&seen, "[host]\nname = \"a\"".into()).unwrap();
    let refused = host.settings.replace(&seen, "[host]\nname = \"b\"".into()).unwrap_err();
    assert_eq!(refused.refusal.code, RefusalCode::ChangedMeanwhile);
    assert_eq!(host.saved(), "[host]\nname = \"a\"\n");
    let now = host.version();
    assert_ne!(now, seen);
    host.settings.replace(&now, "[host]\nname = \"a\"".into()).unwrap();
    assert_eq!(host.version(), now, "who saves what is there changes nothing");
}

#[test]
fn passwords_are_kept_and_never_told() {
    let host = Host::open();
    let camera = |address: &str, password: &str| {
        format!("[inputs.teacher-panorama]\nsource = \"{address}\"\nuser = \"it\"\npassword = \"{password}\"\n")
    };
    assert!(!host.settings.told(false).unwrap().file.contains("tiger"));
    // The file's password, for the address that it is for and for no other.
    host.replace(&camera("rtsp://10.0.0.2/1", KEPT)).unwrap();
    assert!(host.saved().contains("password = \"tiger\""), "{}", host.saved());
    let refused = host.replace(&camera("rtsp://evil/1", KEPT)).unwrap_err();
    assert_eq!((refused.key.as_deref(), refused.line), (Some("inputs.teacher-panorama.password"), Some(4)));
    assert!(refused.refusal.chinese.contains("重新输入") && refused.refusal.english.contains("type it again"));

    host.replace(&camera("rtsp://10.0.0.9/1", "lion")).unwrap();
    let told = host.settings.told(false).unwrap();
    let shown = format!("password = \"{KEPT}\"\nsource = \"rtsp://10.0.0.9/1\"\nuser = \"it\"\n");
    assert_eq!(told.text, format!("[inputs.teacher-panorama]\n{shown}"));
    host.replace(&(told.text + "[host]\nname = \"b\"\n")).unwrap();
    assert!(host.saved().contains("password = \"lion\""), "{}", host.saved());
    let refused = host.replace(&camera("rtsp://10.0.0.9/1", "leo\\u0007pard")).unwrap_err();
    assert!(!format!("{refused:?}").contains("pard"), "{refused:?}");
    assert_eq!(host.begun_anew().inputs.teacher_panorama.unwrap().password.unwrap().reveal(), "lion");
}

#[test]
fn broken_settings_are_put_aside_and_kept() {
    let host = Host::open();
    let file = host.folder.path().join("settings.toml");
    for number in 1..=2 {
        std::fs::write(&file, [b"[recording\n", &b"\xff\xfe"[..]].concat()).unwrap();
        assert!(!host.settings.are_empty());
        let error = host.settings.config().unwrap_err().to_string();
        assert!(error.contains("settings.toml, line 1: this is not TOML"), "{error}");
        let aside = host.settings.put_aside().unwrap();
        assert_eq!(aside, host.folder.path().join(format!("settings.broken-{number}.toml")));
        assert!(aside.exists() && !file.exists());
    }
    assert!(host.settings.are_empty());
    assert_eq!(host.settings.config().unwrap().host.name.as_str(), "room-301");
}

#[test]
fn a_host_knows_what_it_is_without_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ketangd.toml");
    std::fs::write(&file, FILE).unwrap();
    let cli = Cli { config: Some(file), data: Some(folder.path().to_owned()), ..Cli::default() };
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[host]\nname = \"room-302\"").unwrap();
    let wanted = cli.load().unwrap();
    let config = wanted.config.unwrap();
    assert_eq!((config.host.name.as_str(), config.host.data.as_path()), ("room-302", folder.path()));
    std::fs::write(&settings, "[host]\nname = 7").unwrap();
    let wanted = cli.load().unwrap();
    let error = wanted.config.unwrap_err().to_string();
    assert!(error.contains("settings.toml, line 2: `host.name`"), "{error}");
    assert_eq!(wanted.without_settings.host.name.as_str(), "room-301");
}
