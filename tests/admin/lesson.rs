//! A lesson of several parts, as real ones are: played whole in the page, found by its week, downloaded as one file.

use std::io::Read;
use std::path::Path;

use jiff::ToSpan;
use ketang_protocol::lesson::{EventKind, LessonId};
use ketang_tests::{Admin, Daemon, HostSettings, Kept, NOISE, film};
use serde_json::Value;

use super::chromium::Chromium;
use super::pair;

/// With the smallest parts that may be configured, and a picture that fills them soon; its film lies in `folder`.
fn settings(folder: &Path) -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"])
        .set("inputs.hdmi.source", format!("file:{}", film(folder, "noise.mp4", NOISE).display()))
        .beside_others()
        .set("recording.tracks", "[]")
        .set("recording.part-limit-mb", 10)
        .set("recording.programme-kbit", 20_000)
}

/// Records a lesson of three parts at least, with a chapter in the last of them.
fn of_three_parts(daemon: &Daemon) -> (LessonId, Kept) {
    assert_eq!(daemon.ctl(&["layout", "side-by-side", "teacher-panorama", "hdmi"]).code, 0);
    let id = daemon.start_lesson(&["--title", "光的折射"]);
    daemon.wait("two parts are full", |now| {
        let tracks = now.lesson.iter().flat_map(|lesson| &lesson.tracks);
        tracks.map(|track| track.bytes).max().unwrap_or_default() > 22_000_000
    });
    assert_eq!(daemon.ctl(&["chapter", "练习"]).code, 0);
    let seconds = daemon.snapshot().lesson.unwrap().seconds;
    daemon.record_until(seconds + 1.5);
    daemon.ctl(&["stop"]);
    let kept = daemon.ended(&id);
    assert!(kept.track("programme").parts.len() >= 3, "{:#?}", kept.track("programme"));
    (id, kept)
}

#[test]
fn a_lesson_of_several_parts_is_played_and_searched_in_its_own_time() {
    let film = tempfile::tempdir().unwrap();
    let settings = settings(film.path());
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    let (id, kept) = of_three_parts(&daemon);
    let parts = &kept.track("programme").parts;
    let chapter = kept.when(|event| matches!(event, EventKind::Chapter { .. }));
    let holds = parts.iter().rfind(|part| part.begins_at <= chapter).unwrap();
    assert!(holds.begins_at > 0.0, "the chapter lies in a later part");
    pair(&admin, &browser);
    browser.go(&format!("/lessons/{id}"));
    browser.wait("it can be played", "document.querySelector('#player').readyState >= 2");
    let plays = |file: &str| format!("document.querySelector('#player').currentSrc.endsWith('/{file}')");
    let at = || browser.evaluate("document.querySelector('#player').currentTime").as_f64().unwrap();

    // The chapter, in the part that holds it and at its place there.
    browser.click(&format!("[data-seek='{chapter}']"));
    let offset = chapter - holds.begins_at;
    browser.wait(
        "the chapter's part plays",
        &format!("{} && document.querySelector('#player').readyState >= 2", plays(&holds.file)),
    );
    browser.wait("it plays on", &format!("document.querySelector('#player').currentTime > {offset}"));
    assert!(at() < offset + 5.0, "it plays from the chapter on, which lies at {offset}, not {}", at());

    // Anywhere along the lesson; and over the end of a part into the next, in the lesson's time.
    let near_end = parts[0].ends_at() - 1.0;
    browser.evaluate(&format!(
        "const along = document.querySelector('#along'); along.value = {near_end}; along.onchange(); true"
    ));
    browser.wait("the first part plays", &plays(&parts[0].file));
    browser.wait("the second follows", &plays(&parts[1].file));
    let second = parts[1].begins_at;
    browser.wait("the place is the lesson's", &format!("Number(document.querySelector('#along').value) > {second}"));
    assert!(at() < parts[1].seconds, "the player has its own time");
    let shown = browser.evaluate("document.querySelector('#place').textContent");
    let clock = |seconds: f64| format!("00:{:02}:{:02}", seconds as u64 / 60, seconds as u64 % 60);
    assert!(shown.as_str().unwrap() >= clock(second).as_str(), "{shown} is shown, {second} is where the part begins");
    browser.picture("lesson-parts");
}

/// Makes a lesson of today one of last week.
fn a_week_ago(lessons: &Path, id: &LessonId) -> LessonId {
    let file = lessons.join(&id.0).join("lesson.json");
    let mut lesson: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let earlier = |time: &Value| {
        let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
        time - (7 * 24).hours()
    };
    let started = earlier(&lesson["started"]);
    let then = LessonId::new(started, 1);
    (lesson["ended"], lesson["started"]) = (earlier(&lesson["ended"]).to_string().into(), started.to_string().into());
    lesson["id"] = then.0.clone().into();
    std::fs::write(&file, serde_json::to_vec(&lesson).unwrap()).unwrap();
    std::fs::rename(lessons.join(&id.0), lessons.join(&then.0)).unwrap();
    then
}

#[test]
fn last_weeks_lesson_is_found_and_downloaded_as_one_file() {
    let film = tempfile::tempdir().unwrap();
    let settings = settings(film.path());
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let (id, kept) = of_three_parts(&daemon);
    let lessons = daemon.data().join("lessons");
    let folder = daemon.kill();
    let id = a_week_ago(&lessons, &id);
    let daemon = Daemon::start_in(folder, &settings);
    daemon.wait_until_live();
    // The latest lesson is not the one that is looked for.
    let newer = daemon.start_lesson(&["--title", "今天的课"]);
    daemon.record_until(1.0);
    daemon.ctl(&["stop"]);
    daemon.ended(&newer);
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    let downloads = tempfile::tempdir().unwrap();
    browser.keep_downloads_in(downloads.path());

    browser.follow(".menu a[href='/lessons']");
    browser.follow("[data-when=last-week]");
    browser.see_no(&format!("a[href='/lessons/{newer}']"));
    browser.picture("lessons-last-week");
    browser.follow(&format!("a[href='/lessons/{id}']"));
    browser.follow("#download button");
    browser.click("[data-made=programme]");
    let file = browser.downloaded(downloads.path());
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("光的折射 ") && name.ends_with(".mp4"), "{name}");
    let whole = kept.seconds("programme");
    let length = length_by_ffprobe(&file);
    assert!((length - whole).abs() < 1.0, "{length} s were downloaded of {whole} s");
    browser.picture("lesson-downloaded");

    // A download that broke off goes on where it was: the page's own session asks for the rest.
    let address = browser.evaluate("document.querySelector('[data-made=programme]').getAttribute('href')");
    let rest = browser.evaluate(&format!(
        "fetch({address}, {{ headers: {{ Range: 'bytes=1000000-' }} }}).then(async (answer) => \
         [answer.status, (await answer.arrayBuffer()).byteLength])"
    ));
    let size = file.metadata().unwrap().len();
    assert_eq!(rest, serde_json::json!([206, size - 1_000_000]));

    // A piece of it.
    browser.click("#piece summary");
    browser.fill("#piece [name=from]", "0:01");
    browser.fill("#piece [name=until]", "0:03");
    browser.follow("#piece button");
    browser.see("[data-made=programme][href*='_1-3.mp4']");
    let piece = daemon.data().join("exports").join(format!("{id}_programme_1-3.mp4"));
    let length = length_by_ffprobe(&piece);
    assert!((length - 2.0).abs() < 0.1, "{length} s");
}

fn length_by_ffprobe(file: &Path) -> f64 {
    let args = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"];
    let mut probe = std::process::Command::new("ffprobe");
    let mut probe = probe.args(args).arg(file).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    probe.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(probe.wait().unwrap().success(), "{} can be read", file.display());
    said.trim().parse().unwrap()
}
