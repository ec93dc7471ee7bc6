//! Lessons on their way to a real tus server, which comes and goes.

use std::path::Path;

use ketang_protocol::lesson::LessonId;
use ketang_protocol::snapshot::Snapshot;
use ketang_protocol::uploads::Uploads;
use ketang_tests::{Daemon, HostSettings, TusServer};

fn uploads(now: &Snapshot) -> &Uploads {
    now.uploads.as_ref().expect("the host uploads")
}

fn settings(server: &TusServer, key: &Path) -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .beside_others()
        .set("upload.address", format!("{:?}", server.address()))
        .set("upload.key-file", format!("{key:?}"))
}

fn record(daemon: &Daemon, seconds: f64) -> LessonId {
    daemon.wait_until_live();
    let id = daemon.start_lesson(&[]);
    daemon.record_until(seconds);
    daemon.ctl(&["stop"]);
    daemon.ended(&id);
    id
}

fn is_confirmed(daemon: &Daemon, id: &LessonId) -> bool {
    daemon.lessons().iter().any(|lesson| lesson.id == *id && lesson.confirmed_upstream)
}

/// What lies in the lesson's folder, hidden files left out.
fn lies_here(daemon: &Daemon, id: &LessonId) -> Vec<(String, Vec<u8>)> {
    let folder = daemon.folder().path().join("data/lessons").join(&id.0);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    files.sort();
    files
}

#[test]
fn a_lesson_goes_on_where_it_was_when_its_server_comes_back_and_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, key) = (folder.path().join("store"), folder.path().join("key"));
    let Some(server) = TusServer::start(&store, true) else { return };
    std::fs::write(&key, format!("{}\n", server.key())).unwrap();
    // Slow enough to be caught on the way.
    let daemon = Daemon::start(&settings(&server, &key).set("upload.limit-mbit", 8));
    let id = record(&daemon, 12.0);
    daemon.wait("it is on its way", |now| uploads(now).progress_of(&id).is_some_and(|share| share > 0.2));
    let port = server.port();
    drop(server);
    daemon.wait("nothing goes", |now| uploads(now).failing.is_some());
    assert_eq!(uploads(&daemon.snapshot()).waiting, 1);

    let server = TusServer::start_on(port, &store, true).unwrap();
    daemon.wait("it goes on", |now| uploads(now).failing.is_none());
    daemon.wait("all is there", |now| uploads(now).waiting == 0);
    assert!(is_confirmed(&daemon, &id));
    let there = server.files(&id.0);
    for (name, bytes) in lies_here(&daemon, &id) {
        let copies = &there[&name];
        assert_eq!(copies.len(), 1, "{name} was begun once");
        // The record says since that the platform has it.
        assert!(copies[0] == bytes || name == "lesson.json", "{name} is another there");
    }
}

#[test]
fn who_does_not_compare_confirms_nothing_and_a_wrong_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (store, key) = (folder.path().join("store"), folder.path().join("key"));
    let Some(server) = TusServer::start(&store, false) else { return };
    std::fs::write(&key, "another-key").unwrap();
    let daemon = Daemon::start(&settings(&server, &key));
    let id = record(&daemon, 2.0);
    let told = daemon.wait("the key is told of", |now| uploads(now).failing.is_some());
    assert!(uploads(&told).failing.as_ref().unwrap().english.contains("`upload.key-file`"), "{told:?}");
    assert!(server.files(&id.0).is_empty());

    std::fs::write(&key, server.key()).unwrap();
    daemon.wait("all is there", |now| uploads(now).waiting == 0 && uploads(now).failing.is_none());
    assert_eq!(server.files(&id.0).len(), lies_here(&daemon, &id).len());
    assert!(!is_confirmed(&daemon, &id), "nobody compared it");
}
