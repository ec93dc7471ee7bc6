//! `scripts/run` as a newcomer types it, with the programs of this build.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use ketang_protocol::lesson::{Lesson, Outcome};
use ketang_tests::{Kept, alone, film, program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn scripts_run() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(root.join("scripts/run"));
    command.env("KETANG_BIN", program("ketangd").parent().unwrap()).stdin(Stdio::null());
    command.args(["--set", "sim.inputs=[\"teacher-panorama\", \"teacher-mic\"]"]);
    command
}

#[test]
fn a_lesson_without_a_person_is_kept_verified_and_told() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let (out, clip) =
        (folder.path().join("out"), film(folder.path(), "bars.mp4", "smptehdbars=size=1280x720:rate=25:duration=2"));
    let mut run = scripts_run();
    run.args(["--lesson", "3s", "--json", "--clip", &format!("hdmi={}", clip.display()), "--out"]).arg(&out);
    let ran = run.output().unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let told: Lesson = serde_json::from_slice(&ran.stdout).expect("the lesson's record");
    let lessons: Vec<_> = std::fs::read_dir(out.join("lessons")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [lesson] = &lessons[..] else { panic!("one lesson: {lessons:?}") };
    let kept = Kept::read(lesson);
    kept.assert_outcome(Outcome::Kept);
    assert_eq!(told, kept.lesson);
    for track in ["programme", "teacher-panorama", "hdmi"] {
        assert!(kept.seconds(track) >= 3.0, "{track}: {:?}", kept.track(track));
        kept.figures(track);
    }
}

#[test]
fn what_it_cannot_understand_is_said_before_anything_is_started() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["--lesson", "soon"][..], "write a length such as 30s"),
        (&["--clip", "hdmi=/nowhere.mp4"], "/nowhere.mp4 cannot be read"),
        (&["--clip", "film.mp4"], "--clip ROLE=FILE"),
        (&["--set", "recording.colour=blue"], "recording.colour"),
        (&["--set", "inputs.blackboard.source=pattern"], "blackboard"),
        (&["--colour"], "where lessons go"),
    ] {
        let mut run = scripts_run();
        // Were it to start after all, it would end by itself.
        if !arguments.contains(&"--lesson") {
            run.args(["--lesson", "1s"]);
        }
        let out = folder.path().join("out");
        let ran = run.args(arguments).arg("--out").arg(&out).output().unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && err.contains(said), "{arguments:?}: {ran:?}");
        assert!(!out.join("lessons").exists(), "{arguments:?}");
    }
}

#[test]
fn who_starts_it_is_told_where_to_look_and_what_to_type() {
    let _turn = alone();
    let mut run = scripts_run();
    let data = tempfile::tempdir().unwrap();
    let mut running = run.arg("--out").arg(data.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = Vec::new();
    let mut after = |words: &str| {
        let line = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it says {words}: {told:#?}"));
            told.push(line.clone());
            if line.contains(words) {
                break line;
            }
        };
        line.split_once(words).unwrap().1.trim().split(' ').next().unwrap().to_owned()
    };
    let panel = after("The touchscreen:");
    let pages = after("For IT and directing:");
    let socket = after("export KETANG_SOCKET=");
    after("Ctrl-C ends the host.");

    let page = ureq::get(&panel).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("<canvas"), "{page}");
    let address = pages.strip_prefix("https://").expect("a page of its own certificate").trim_end_matches('/');
    TcpStream::connect(address).expect("the pages are served");
    let status = Command::new(program("ketangctl")).args(["status"]).env("KETANG_SOCKET", &socket).output().unwrap();
    assert!(status.status.success(), "{status:?}");

    kill(Pid::from_raw(running.id().cast_signed()), Signal::SIGINT).unwrap();
    assert!(running.wait().unwrap().success());
    assert!(!Path::new(&socket).exists() && TcpStream::connect(address).is_err(), "nothing is left running");
}
