//! The real program against the real API with an owner that only keeps the rules: what it prints, asks and returns.
#![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

#[path = "../../ketangd/tests/fake/mod.rs"]
mod fake;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use fake::{DELETED, Fake, NEW, OLD};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{self, Export, Rename, Shot, Start};
use ketang_protocol::lesson::LessonId;
use ketang_protocol::update::{BundleState, Found, SlotState, UpdateAction, UpdateActivity, UpdateState};
use serde_json::{Value, json};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn program(socket: &Path, args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ketangctl"));
    program.args(args).env_clear().env("TZ", "UTC").env("LANG", "C.UTF-8").env("KETANG_SOCKET", socket);
    program
}

fn run_at(socket: &Path, args: &[&str]) -> Ran {
    finish(&mut program(socket, args))
}

fn finish(program: &mut Command) -> Ran {
    let output = program.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn run(fake: &Fake, args: &[&str]) -> Ran {
    run_at(&fake.socket, args)
}

/// Runs what must end well, and gives what it printed.
fn done(fake: &Fake, args: &[&str]) -> String {
    let ran = run(fake, args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}: {}", ran.out);
    ran.out
}

fn json(fake: &Fake, args: &[&str]) -> Value {
    serde_json::from_str(&done(fake, args)).unwrap()
}

#[test]
fn live_targets_are_listed_started_and_stopped() {
    let fake = Fake::start();
    for args in [&["live"][..], &["live", "list"]] {
        let out = done(&fake, args);
        for part in ["校园网", "rtmp://live.example/live", "with lessons", "live since", "4210 kbit/s", "50 frames"]
        {
            assert!(out.contains(part), "{part} is not in\n{out}");
        }
    }
    assert_eq!(json(&fake, &["--json", "live"])[0]["state"], "live");
    assert!(done(&fake, &["live", "start", "校园网"]).starts_with("Connecting"));
    assert!(done(&fake, &["live", "stop", "校园网"]).starts_with("Nothing goes to"));
    let target = || "校园网".to_owned();
    let wanted = [command::Command::LiveStart { target: target() }, command::Command::LiveStop { target: target() }];
    assert_eq!(fake.commands(), wanted);
}

#[test]
fn a_lesson_from_start_to_report() {
    let fake = Fake::start();
    let out = done(&fake, &["start", "--title", "分数", "--teacher", "李老师", "--for", "45min"]);
    assert!(out.contains(NEW) && out.contains("ketangctl stop"), "{out}");
    assert!(done(&fake, &["pause"]).starts_with("Paused"));
    assert!(done(&fake, &["resume"]).starts_with("Recording goes on"));
    done(&fake, &["scene", "hdmi"]);
    done(&fake, &["layout", "side-by-side", "teacher-panorama", "hdmi"]);
    let report = done(&fake, &["stop", "--wait"]);
    for part in ["Kept with gaps", "HB-5", "Computer was lost", "Verified: good", NEW] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    let shot = Shot { layout: "side-by-side".into(), inputs: vec![PictureRole::TeacherPanorama, PictureRole::Hdmi] };
    let wanted = [
        command::Command::Start(Start {
            title: Some("分数".into()),
            teacher: Some("李老师".into()),
            planned_seconds: Some(2700),
            open_end: false,
        }),
        command::Command::Pause {},
        command::Command::Resume {},
        command::Command::Scene { scene: "hdmi".into() },
        command::Command::Layout(shot),
        command::Command::Stop {},
    ];
    assert_eq!(fake.commands(), wanted);
    assert!(fake.requests.lock().unwrap().iter().all(|request| request.from == "ketangctl"));
}

#[test]
fn a_refusal_is_told_and_ends_with_1() {
    let fake = Fake::start();
    let ran = run(&fake, &["stop"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (1, "", "error: refused: no lesson is being recorded\n")
    );
    let ran = run(&fake, &["stop", "--json"]);
    let wanted =
        json!({"code": "wrong-state", "chinese": "没有在录制的课程", "english": "no lesson is being recorded"});
    assert_eq!((ran.code, serde_json::from_str::<Value>(&ran.out).unwrap(), ran.err.as_str()), (1, wanted, ""));
    let ran = run(&fake, &["stop", "--lang", "zh"]);
    assert!(ran.code == 1 && ran.err.starts_with("错误：主机拒绝：没有在录制的课程"), "{}", ran.err);
    let ran = run(&fake, &["lessons", "../x"]);
    assert!(ran.code == 1 && ran.err.contains("is not a lesson's id"), "{}", ran.err);
}

#[test]
fn a_host_that_is_not_there_ends_with_3_and_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("none.sock");
    let dead = directory.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    for socket in [&missing, &dead] {
        let ran = run_at(socket, &["status"]);
        assert!(ran.code == 3 && ran.err.contains("systemctl start ketangd"), "{} {}", ran.code, ran.err);
        let ran = run_at(socket, &["status", "--lang=zh"]);
        assert!(ran.code == 3 && ran.err.contains("主机没有运行"), "{}", ran.err);
        let ran = run_at(socket, &["status", "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["code"], "unreachable");
    }
}

#[test]
fn a_socket_of_others_names_the_group() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let fake = Fake::start();
    let run = |program: &mut Command| {
        let ran = finish(program);
        assert!(ran.code == 3 && ran.err.contains("usermod -aG ketang"), "{} {} {}", ran.code, ran.out, ran.err);
    };
    let mut program = program(&fake.socket, &["status"]);
    // Root may use any socket, so it takes the shape of nobody, who may get as far as the socket.
    let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&fake.socket).unwrap()) == 0;
    if root {
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(fake.directory.path(), open.clone()).unwrap();
        std::fs::set_permissions(fake.socket.parent().unwrap(), open).unwrap();
        // A copy, for nobody may not be let into the build directory.
        let copy = fake.directory.path().join("ketangctl");
        // By another program: a file that this one has open for writing could not be run while a sibling test forks.
        assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_ketangctl")).arg(&copy).status().unwrap().success());
        let mut nobody = Command::new(copy);
        nobody.arg("status").env_clear().env("KETANG_SOCKET", &fake.socket).uid(65534).gid(65534);
        run(&mut nobody);
    } else {
        std::fs::set_permissions(&fake.socket, std::fs::Permissions::from_mode(0o000)).unwrap();
        run(&mut program);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_in_the_readers_language() {
    let fake = Fake::start();
    for (args, english, chinese) in [
        (&["begin"][..], "unrecognized subcommand 'begin'", "没有命令 begin"),
        (&["stop", "--now"], "unexpected argument '--now'", "没有参数 --now"),
        (&["scene"], "<NAME>", "缺少参数 <NAME>"),
        (&["start", "--for", "90"], "write 90s, 45min", "写作 90s"),
        (&["export", "x", "--to", "/a", "--from", "1:99"], "is not a time", "不是时间"),
        (&["layout", "single", "desk"], "teacher-panorama", "可用的值：teacher-panorama"),
    ] {
        let ran = run(&fake, args);
        assert!(ran.code == 2 && ran.err.contains(english), "{args:?}: {}", ran.err);
        let ran = run(&fake, &[args, &["--lang", "zh"]].concat());
        assert!(ran.code == 2 && ran.err.contains(chinese), "{args:?}: {}", ran.err);
    }
    assert_eq!(fake.commands(), []);
}

#[test]
fn help_is_in_the_readers_language() {
    let fake = Fake::start();
    assert!(done(&fake, &["--help"]).contains("Begins a lesson"));
    let zh = finish(program(&fake.socket, &["--help"]).env("LANG", "zh_CN.UTF-8"));
    for part in ["用法：ketangctl", "命令:", "开始录制一节课", "选项:", "显示帮助"] {
        assert!(zh.code == 0 && zh.out.contains(part), "{part} is not in\n{}", zh.out);
    }
    let zh = finish(program(&fake.socket, &["export", "--help", "--lang", "zh"]).env("LC_ALL", "en_GB"));
    assert!(zh.out.contains("用法：ketangctl export") && zh.out.contains("起点，如 12:30"), "{}", zh.out);
}

#[test]
fn status_tells_all_in_both_languages() {
    let fake = Fake::start();
    fake.change(|snapshot| {
        let mut lesson = fake::lesson_state();
        (lesson.title, lesson.planned_seconds) = (Some("分数".into()), Some(2700));
        snapshot.lesson = Some(lesson);
        // It tells a time of the day, which differs with the machine.
        snapshot.live.clear();
    });
    let wanted = format!(
        "\
301 教室 · ketangd 0.1.0 · board sim

Lesson      {NEW} · 分数
State       Recording  00:12:34 / 00:45:00
Programme   single: hdmi
Directing   automatic
Attendance  38 there
Scenes      hdmi
Layouts     single, side-by-side
Storage     182 GB free of 240 GB, room for 41 lessons
Clock       synchronised · chrony · Asia/Shanghai
Network     192.168.1.20 (eth0)

Pictures
  Teacher panorama  live  1920×1080 25 fps  rtsp://10.0.0.11/1
  Computer          LOST  no signal         v4l2:/dev/video4    lost 1×

Sounds
  Teacher microphone  live  ███████··|··  -24 dBFS  alsa:hw:1,0  speech

Tracks
  programme  1920×1080  writing  412 MB  18855 frames, 0 dropped

Alarms
  ! The computer gives no signal: check the HDMI cable
"
    );
    assert_eq!(done(&fake, &["status"]), wanted);
    let zh = done(&fake, &["status", "--lang", "zh"]);
    for part in ["录制中", "电脑画面  丢失", "有人讲话", "还可录 41 节课", "检查 HDMI 线"] {
        assert!(zh.contains(part), "{part} is not in\n{zh}");
    }
    assert_eq!(json(&fake, &["status", "--json"]), serde_json::to_value(&**fake.snapshots.borrow()).unwrap());
}

#[test]
fn status_watch_follows_the_host_until_it_stops() {
    let mut fake = Fake::start();
    let mut program = program(&fake.socket, &["status", "--watch", "--json"]);
    let mut watching = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert!(next()["lesson"].is_null());
    fake.change(|snapshot| snapshot.lesson = Some(fake::lesson_state()));
    assert_eq!(next()["lesson"]["outcome"]["state"], "recording");
    fake.stop();
    assert_eq!(next()["code"], "unreachable");
    assert_eq!(watching.wait().unwrap().code(), Some(3));
}

#[test]
fn inputs_and_lessons_are_listed() {
    let fake = Fake::start();
    let inputs = done(&fake, &["inputs"]);
    for part in ["hdmi              Computer", "no signal", "v4l2:/dev/video4  HDMI 采集", "(and 1 more)", "USB Audio"]
    {
        assert!(inputs.contains(part), "{part} is not in\n{inputs}");
    }
    assert_eq!(json(&fake, &["inputs", "--json"])["found"][1]["address"], "alsa:hw:1,0");
    let lessons = done(&fake, &["lessons"]);
    let wanted =
        format!("{OLD}  2026-11-21 08:00  00:06:12  186 MB  Kept with gaps  good  37 there    分数的意义 · 李老师\n");
    assert_eq!(lessons, wanted);
    assert_eq!(json(&fake, &["lessons", "--json"])[0]["id"], OLD);
    let lesson = done(&fake, &["lessons", OLD, "--lang", "zh"]);
    assert!(
        lesson.contains("电脑画面丢失") && lesson.contains("37（每 5 分钟：37 –）") && lesson.ends_with("合格\n"),
        "{lesson}"
    );
    assert_eq!(json(&fake, &["lessons", OLD, "--json"]), serde_json::to_value(fake::lesson_on_disk()).unwrap());
}

#[test]
fn verify_takes_an_id_or_a_folder() {
    let fake = Fake::start();
    assert!(done(&fake, &["verify", OLD]).contains("job 1"));
    let verdict = done(&fake, &["verify", OLD, "--wait"]);
    assert!(verdict.contains("explained  programme  black") && verdict.ends_with("Verified: good\n"), "{verdict}");
    let folder = fake::folder(fake.directory.path());
    let path = folder.to_str().unwrap();
    assert_eq!(json(&fake, &["verify", path, "--wait", "--json"])["ok"], true);
    let verify = || command::Command::Verify { lesson: LessonId(OLD.into()) };
    assert_eq!(fake.commands(), [verify(), verify(), command::Command::VerifyFolder { folder: folder.clone() }]);

    let mut lesson = fake::lesson_on_disk();
    lesson.verdict.as_mut().unwrap().ok = false;
    std::fs::write(folder.join("lesson.json"), serde_json::to_vec(&lesson).unwrap()).unwrap();
    let ran = run(&fake, &["verify", path, "--wait"]);
    assert!(ran.code == 1 && ran.out.ends_with("NOT GOOD\n") && ran.err.is_empty(), "{} {}", ran.out, ran.err);
    std::fs::write(folder.join("lesson.json"), "{}").unwrap();
    let ran = run(&fake, &["verify", path, "--wait"]);
    assert!(ran.code == 1 && ran.err.contains("is not a lesson's folder"), "{}", ran.err);
}

#[test]
fn export_sends_times_and_an_absolute_path() {
    let fake = Fake::start();
    let directory = fake.directory.path().to_owned();
    let args = [
        "export", OLD, "--track", "hdmi", "--to", "a.mp4", "--from", "12:30", "--until", "14:00.5", "--parts", "--wait",
    ];
    let ran = finish(program(&fake.socket, &args).current_dir(&directory));
    assert!(ran.code == 0 && ran.out.contains("a.mp4"), "{} {}", ran.out, ran.err);
    let export = Export {
        lesson: LessonId(OLD.into()),
        track: "hdmi".into(),
        to: directory.join("a.mp4"),
        from_seconds: Some(750.0),
        to_seconds: Some(840.5),
        parts: true,
    };
    assert_eq!(fake.commands(), [command::Command::Export(export)]);
    let ran = run(&fake, &["export", OLD, "--to", "/full/a.mp4"]);
    assert!(ran.code == 1 && ran.err.contains("free 200 MB"), "{}", ran.err);
    done(&fake, &["confirm", OLD]);
}

#[test]
fn updates_are_asked_for_and_shown() {
    let fake = Fake::start();
    assert!(done(&fake, &["update"]).contains("use its own packages"));
    let slot = |name: &str, booted, version: Option<&str>| SlotState {
        name: name.into(),
        booted,
        next: !booted,
        good: Some(booted),
        version: version.map(str::to_owned),
        installed: None,
    };
    let update = UpdateState {
        slots: vec![slot("rootfs.0", true, None), slot("rootfs.1", false, Some("2"))],
        activity: UpdateActivity::Installing { percent: 40, step: "Copying image".into() },
        bundles: vec![BundleState { bundle: "/a.raucb".into(), found: Found::Fits { version: "2".into() } }],
        trial: Some("no signal yet".into()),
        ..UpdateState::default()
    };
    fake.snapshots.send_modify(|now| Arc::make_mut(now).update = Some(update));
    let told = "rootfs.0 · runs now\nrootfs.1 · 2 · starts next · is not bootable\nInstalling: 40 % Copying image\n\
                /a.raucb: version 2\nOn trial: no signal yet\n";
    assert_eq!(done(&fake, &["update"]), told);
    assert_eq!(json(&fake, &["update", "--json"])["slots"][1]["version"], "2");
    done(&fake, &["update", "install", "/a.raucb", "--wait"]);
    done(&fake, &["update", "restart"]);
    done(&fake, &["update", "keep"]);
    let ran = run(&fake, &["update", "install", "--wait"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let update = |action| command::Command::Update { action };
    let install = UpdateAction::Install { bundle: "/a.raucb".into(), wait: true, restart: false };
    let wanted = [install, UpdateAction::Restart { wait: false }, UpdateAction::Keep {}].map(update);
    assert_eq!(fake.commands(), wanted);
}

#[test]
fn a_lesson_is_renamed_deleted_and_taken_back() {
    let fake = Fake::start();
    let id = || LessonId(OLD.into());
    done(&fake, &["rename", OLD, "--title", "分数（二）", "--teacher", ""]);
    let rename = Rename { lesson: id(), title: Some("分数（二）".into()), teacher: Some(String::new()) };
    let ran = run(&fake, &["delete", OLD]);
    assert!(ran.code == 1 && ran.err.contains("insist with `--unconfirmed`"), "{}", ran.err);
    assert!(
        done(&fake, &["delete", OLD, "--unconfirmed"]).contains(&format!("`ketangctl restore {OLD}` takes it back"))
    );
    assert_eq!(json(&fake, &["restore", OLD, "--json"])["done"]["lesson"], OLD);
    let delete = |unconfirmed| command::Command::Delete { lesson: id(), unconfirmed };
    let restore = command::Command::Restore { lesson: id() };
    assert_eq!(fake.commands(), [command::Command::Rename(rename), delete(false), delete(true), restore]);
    let deleted = done(&fake, &["lessons", "--deleted"]);
    assert!(deleted.starts_with(DELETED) && deleted.ends_with("kept until 2026-11-29 10:00\n"), "{deleted}");
    assert_eq!(json(&fake, &["lessons", "--deleted", "--json"])[0]["lesson"]["id"], DELETED);
    // Nothing to rename, and two things to list at once, are no command lines.
    for args in [&["rename", OLD][..], &["lessons", OLD, "--deleted"]] {
        assert_eq!(run(&fake, args).code, 2, "{args:?}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_told_in_json_too() {
    let fake = Fake::start();
    for (args, told) in [
        (&["--json", "stopp"][..], "stopp"),
        (&["start", "--for", "soon", "--json"], "--for"),
        (&["export", "--json"], "<LESSON>"),
        (&["status", "--nonsense", "--json"], "--nonsense"),
        (&["--json"], "a command is missing"),
    ] {
        let ran = run(&fake, args);
        assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{args:?}");
        let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(said["code"], "usage", "{args:?}");
        let english = said["english"].as_str().unwrap();
        assert!(english.contains(told) && !english.contains("Usage"), "{english}");
        assert!(!said["chinese"].as_str().unwrap().is_empty());
    }
    assert!(run(&fake, &["--json", "--help"]).out.contains("ketangctl"), "help is for people");
}

#[test]
fn completions_need_no_host() {
    // Not every shell is given the values of positional arguments.
    for (shell, word) in [
        ("bash", "teacher-panorama"),
        ("zsh", "teacher-panorama"),
        ("fish", "export"),
        ("elvish", "export"),
        ("powershell", "export"),
    ] {
        let ran = run_at(Path::new("/nonexistent"), &["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains(word), "{shell}: {}", ran.err);
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let fake = Fake::start();
    let mut watching =
        program(&fake.socket, &["status", "--watch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(watching.stdout.take());
    for free in 0..3 {
        fake.change(|snapshot| snapshot.storage.free_bytes = free);
    }
    let output = watching.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
