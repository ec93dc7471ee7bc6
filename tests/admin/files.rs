//! Media files in the browser: upload, play, rename, copy, delete, take back; a disk that is full; a copied lesson.

use std::path::Path;
use std::process::Command;

use ketang_tests::{Admin, Daemon};

use super::chromium::Chromium;
use super::{daemon, pair};

/// A film of some seconds that a browser plays, of about this many bytes or more.
fn film(folder: &Path, name: &str, megabits: u32) -> std::path::PathBuf {
    let path = folder.join(name);
    let rate = format!("{megabits}M");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=4"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-b:v", &rate, "-minrate", &rate, "-maxrate", &rate])
        .args(["-bufsize", &rate, "-x264-params", "nal-hrd=cbr", "-pix_fmt", "yuv420p", "-movflags", "+faststart"])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

fn row(name: &str) -> String {
    format!("[data-name={name:?}]")
}

#[test]
fn a_film_is_uploaded_played_renamed_copied_deleted_and_taken_back() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &["--keep-free-mb", "0"]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    let folder = tempfile::tempdir().unwrap();
    // More than one piece of the page's uploads.
    let film = film(folder.path(), "film.mp4", 20);
    let bytes = std::fs::read(&film).unwrap();
    assert!(bytes.len() > 9_000_000, "{}", bytes.len());
    // The browser vanishes after the first piece; the same file goes on from there.
    browser.go("/files/");
    browser.evaluate(
        "window.pieces = 0; window.sent = fetch; window.fetch = (place, how) => how?.method === 'PATCH' && \
         window.pieces++ === 1 ? new Promise(() => {}) : window.sent(place, how); true",
    );
    browser.choose("#files", &film);
    browser.wait("the second piece is to come", "window.pieces === 2");
    browser.go("/lessons");
    browser.go("/files/");
    browser.see_no(&row("film.mp4"));
    browser.evaluate(
        "window.sent = fetch; window.fetch = (place, how) => { if (how?.method === 'PATCH') \
         sessionStorage.from ??= how.headers['Upload-Offset']; return window.sent(place, how); }; true",
    );
    browser.choose("#files", &film);
    browser.see(&row("film.mp4"));
    assert_eq!(browser.evaluate("sessionStorage.from"), (8 << 20).to_string());
    assert_eq!(std::fs::read(admin.state().join("files/film.mp4")).unwrap(), bytes);

    browser.follow(&format!("{} a.row", row("film.mp4")));
    browser.wait("it plays", "document.querySelector('#player').currentTime > 0.5");
    browser.go("/edit/film.mp4");
    browser.fill("form[action$=move] [name=name]", "lesson.mp4");
    browser.follow("#move");
    browser.see(&row("lesson.mp4"));
    browser.go("/edit/lesson.mp4");
    browser.fill("form[action$=copy] [name=name]", "copy.mp4");
    browser.follow("#copy");
    browser.see("[data-work='copy.mp4'] [data-done]");
    browser.go("/files/");
    browser.see(&row("copy.mp4"));
    browser.picture("files");
    browser.follow(&format!("{} form button", row("copy.mp4")));
    browser.see_no(&row("copy.mp4"));
    browser.see("#trash");
    browser.follow("#trash form[action*=restore] button");
    browser.see(&row("copy.mp4"));
    assert_eq!(std::fs::read(admin.state().join("files/copy.mp4")).unwrap(), bytes);

    // What is no film, whatever its name says.
    let lie = folder.path().join("lie.mp4");
    std::fs::write(&lie, "MZ and some other program").unwrap();
    browser.choose("#files", &lie);
    browser.read("不是可以播放的文件");
    browser.see_no(&row("lie.mp4"));
}

/// A small disk in memory, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path());
        let mounted = nix::unistd::geteuid().is_root() && mount.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("skipped: mounting a small disk needs root");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_that_fills_in_mid_upload_is_told_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount() else { return };
    let daemon = daemon();
    let admin = Admin::start_in(&daemon, disk.0.path(), &["--keep-free-mb", "0"]);
    let Some(browser) = Chromium::open(&admin) else { return };
    pair(&admin, &browser);
    let folder = tempfile::tempdir().unwrap();
    let large = film(folder.path(), "large.mp4", 20);
    browser.go("/files/");
    // Told before a byte is sent.
    browser.choose("#files", &large);
    browser.read("磁盘空间不足");
    // It fits when it begins, and then somebody else takes the room.
    let film = film(folder.path(), "film.mp4", 8);
    let length = std::fs::metadata(&film).unwrap().len();
    assert!((3_000_000..6_000_000).contains(&length), "{length}");
    browser.evaluate(
        "window.sent = fetch; window.fetch = async (place, how) => { if (how?.method === 'PATCH') \
         await new Promise((go) => { window.go = go; }); return window.sent(place, how); }; true",
    );
    browser.choose("#files", &film);
    browser.wait("it is about to send", "typeof window.go === 'function'");
    let filler = disk.0.path().join("filler");
    std::fs::write(&filler, vec![0; 6_000_000]).unwrap();
    browser.evaluate("window.go(); true");
    browser.read("film.mp4: 磁盘");
    assert!(!admin.state().join("files/film.mp4").exists());
    // The site itself lives on, and so does the upload.
    std::fs::remove_file(&filler).unwrap();
    browser.go("/files/");
    browser.choose("#files", &film);
    browser.see(&row("film.mp4"));
    assert_eq!(std::fs::read(admin.state().join("files/film.mp4")).unwrap(), std::fs::read(&film).unwrap());
}

#[test]
fn a_lesson_is_copied_to_the_media_files_and_stays_what_it_was() {
    let daemon = daemon();
    let admin = Admin::start(&daemon, &["--keep-free-mb", "0"]);
    let Some(browser) = Chromium::open(&admin) else { return };
    let id = daemon.start_lesson(&["--title", "数学"]);
    daemon.record_until(3.0);
    daemon.ctl(&["stop"]);
    let kept = daemon.ended(&id);
    let before = files_of(&daemon, &id.0);
    pair(&admin, &browser);
    browser.go(&format!("/lessons/{id}"));
    browser.follow("form[action^='/do/keep'] button");
    browser.see(&format!("[data-work='数学 {id}'] [data-done]"));
    let copied = admin.state().join(format!("files/数学 {id}"));
    for part in kept.lesson.tracks.iter().flat_map(|track| &track.parts) {
        let copy = std::fs::metadata(copied.join(&part.file)).unwrap();
        assert_eq!(copy.len(), part.bytes, "{}", part.file);
    }
    assert_eq!(files_of(&daemon, &id.0), before);
}

fn files_of(daemon: &Daemon, id: &str) -> Vec<(String, u64, std::time::SystemTime)> {
    let found = std::fs::read_dir(daemon.data().join("lessons").join(id)).unwrap();
    let one = |entry: std::fs::DirEntry| {
        let meta = entry.metadata().unwrap();
        (entry.file_name().into_string().unwrap(), meta.len(), meta.modified().unwrap())
    };
    let mut all: Vec<_> = found.map(|entry| one(entry.unwrap())).collect();
    all.sort();
    all
}
