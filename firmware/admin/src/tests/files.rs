//! Media files: what can be done with them, and what cannot.

use axum::body::Body;
use axum::http::StatusCode;

use super::{Answer, Room, Visitor};
use crate::files::FilePath;
use crate::store::Role;

const FILM: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41 and so on";

fn put(room: &Room, path: &str) -> String {
    let path = FilePath::parse(path).unwrap();
    let at = room.site.area.on_disk(&path);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::fs::write(at, FILM).unwrap();
    room.site.area.entry(&path).unwrap().stamp
}

fn exists(room: &Room, path: &str) -> bool {
    room.site.area.entry(&FilePath::parse(path).unwrap()).is_ok()
}

async fn piece(visitor: &Visitor<'_>, room: &Room, path: &str, range: &str) -> Answer {
    room.ask(visitor.request("GET", path).header("range", range).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn files_are_renamed_moved_copied_deleted_and_taken_back() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    let seen = put(&room, "a.mp4");
    assert_eq!(it.post("/do/files/folder", &[("folder", ""), ("name", "数学")]).await.status, StatusCode::OK);
    let form = [("path", "a.mp4"), ("seen", &seen), ("folder", "数学"), ("name", "第一课.mp4")];
    assert_eq!(it.post("/do/files/move", &form).await.status, StatusCode::OK);
    assert!(exists(&room, "数学/第一课.mp4") && !exists(&room, "a.mp4"));
    // Of two who look at the same page the second is told.
    assert_eq!(it.post("/do/files/move", &form).await.code(), "changed-meanwhile");
    let gone = it.post("/do/files/delete", &[("path", "a.mp4"), ("seen", &seen)]).await;
    assert_eq!(gone.code(), "changed-meanwhile");

    let delete = [("path", "数学/第一课.mp4"), ("seen", seen.as_str())];
    assert_eq!(it.post("/do/files/delete", &delete).await.status, StatusCode::OK);
    let page = it.get("/files/").await.text;
    assert!(page.contains("id=\"trash\"") && page.contains("数学/第一课.mp4"), "{page}");
    let id = room.site.area.deleted()[0].id.clone();
    assert_eq!(it.post(&format!("/do/files/restore/{id}"), &[]).await.status, StatusCode::OK);
    assert!(exists(&room, "数学/第一课.mp4"));
    assert_eq!(it.post(&format!("/do/files/restore/{id}"), &[]).await.status, StatusCode::NOT_FOUND);
    let told: Vec<String> = room.site.store.deeds(9).unwrap().into_iter().map(|deed| deed.what).collect();
    assert!(told.contains(&"deleted 数学/第一课.mp4".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_film_is_sent_whole_in_pieces_and_to_keep() {
    let room = Room::roomy().await;
    let viewer = room.person("viewer", Role::Viewer).await;
    put(&room, "数学/第 1 课.mp4");
    let address = "/files/%E6%95%B0%E5%AD%A6/%E7%AC%AC%201%20%E8%AF%BE.mp4";
    let whole = viewer.get(address).await;
    assert_eq!((whole.status, whole.header("content-type")), (StatusCode::OK, "video/mp4"));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let some = piece(&viewer, &room, address, "bytes=4-11").await;
    assert_eq!((some.status, some.text.as_str()), (StatusCode::PARTIAL_CONTENT, "ftypisom"));
    assert_eq!(some.header("content-range"), format!("bytes 4-11/{}", FILM.len()));
    let beyond = piece(&viewer, &room, address, "bytes=9999-").await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let kept = viewer.get(&format!("{address}?download")).await;
    assert!(kept.header("content-disposition").starts_with("attachment; filename*=UTF-8''%E7"), "{kept:?}");
    let page = viewer.get(&address.replace("/files/", "/play/")).await;
    assert!(page.text.contains("<video"), "{}", page.text);
}

#[tokio::test]
async fn no_address_leads_out_of_the_folders() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    let lessons = room.folder.path().join("data/lessons/20261122-081500-0001");
    std::fs::create_dir_all(&lessons).unwrap();
    std::fs::write(lessons.join("programme-0001.mp4"), FILM).unwrap();
    std::fs::write(room.folder.path().join("secret"), "nobody reads this").unwrap();
    std::os::unix::fs::symlink(room.folder.path().join("secret"), lessons.join("link.mp4")).unwrap();
    let good = it.get("/media/20261122-081500-0001/programme-0001.mp4").await;
    assert_eq!(good.status, StatusCode::OK);
    for trick in [
        "/files/..%2f..%2fsecret",
        "/files/%2e%2e/secret",
        "/files/../../secret",
        "/files/.trash",
        "/files/%2e%74rash/x",
        "/files/a%00b",
        "/files/%ff%fe",
        "/play/..%2fadmin.sqlite",
        "/edit/%2e%2e/admin.sqlite",
        "/media/../state/admin.sqlite",
        "/media/20261122-081500-0001/..%2f..%2f..%2fsecret",
        "/media/20261122-081500-0001/%2e%2e/x",
        "/media/20261122-081500-0001/link.mp4",
        "/media/..%2f..%2fsecret",
        "/media/%2e%2e/secret",
        "/lessons/..%2f..%2fsecret",
        "/assets/..%2f..%2fCargo.toml",
    ] {
        let answer = it.get(trick).await;
        assert!(answer.status.is_client_error(), "{trick}: {answer:?}");
        assert!(!answer.text.contains("nobody reads this"), "{trick}");
    }
    let seen = put(&room, "a.mp4");
    for (folder, name) in
        [("..", "a.mp4"), ("", "../a.mp4"), ("", ".hidden.mp4"), (".uploads", "a.mp4"), ("", "a.html"), ("", "")]
    {
        let form = [("path", "a.mp4"), ("seen", seen.as_str()), ("folder", folder), ("name", name)];
        for what in ["move", "copy"] {
            let answer = it.post(&format!("/do/files/{what}"), &form).await;
            assert!(answer.status.is_client_error(), "{what} {folder} {name}: {answer:?}");
        }
    }
    assert!(exists(&room, "a.mp4"));
}

#[tokio::test]
async fn a_copy_that_would_take_the_room_of_lessons_is_refused() {
    let room = Room::open(&["--keep-free-mb=1000000000"]).await;
    let it = room.person("it", Role::It).await;
    let seen = put(&room, "a.mp4");
    let form = [("path", "a.mp4"), ("seen", seen.as_str()), ("folder", ""), ("name", "b.mp4")];
    let answer = it.post("/do/files/copy", &form).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INSUFFICIENT_STORAGE, "no-space"));
    assert!(!exists(&room, "b.mp4"));
}
