//! Uploads by the tus protocol: whole, in pieces, by who vanishes, and of what is not taken.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Answer, Room, Visitor};
use crate::files::FilePath;
use crate::store::Role;

const FILM: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41 and so on";

async fn create(room: &Room, who: &Visitor<'_>, folder: &str, name: &str, length: usize) -> Answer {
    create_for(room, who, "media", folder, name, length).await
}

async fn create_for(room: &Room, who: &Visitor<'_>, purpose: &str, folder: &str, name: &str, length: usize) -> Answer {
    let [name, folder, purpose] = [name, folder, purpose].map(|text| STANDARD.encode(text));
    let request = who.request("POST", "/uploads").header("tus-resumable", "1.0.0").header("upload-length", length);
    let request = request.header("upload-metadata", format!("filename {name},folder {folder},purpose {purpose}"));
    room.ask(request.body(Body::empty()).unwrap()).await
}

async fn patch(room: &Room, who: &Visitor<'_>, place: &str, offset: usize, body: impl Into<Body>) -> Answer {
    let request = who.request("PATCH", place).header("tus-resumable", "1.0.0").header("upload-offset", offset);
    let request = request.header("content-type", "application/offset+octet-stream");
    room.ask(request.body(body.into()).unwrap()).await
}

async fn head(room: &Room, who: &Visitor<'_>, place: &str) -> Answer {
    room.ask(who.request("HEAD", place).header("tus-resumable", "1.0.0").body(Body::empty()).unwrap()).await
}

fn content(room: &Room, path: &str) -> Option<Vec<u8>> {
    std::fs::read(room.site.area.on_disk(&FilePath::parse(path).unwrap())).ok()
}

#[tokio::test]
async fn a_file_comes_in_pieces_and_is_there_when_it_is_whole() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    let options = room.ask(it.request("OPTIONS", "/uploads").body(Body::empty()).unwrap()).await;
    assert_eq!((options.header("tus-version"), options.header("tus-extension")), ("1.0.0", "creation,termination"));

    let created = create(&room, &it, "数学", "课.mp4", FILM.len()).await;
    assert_eq!((created.status, created.header("tus-resumable")), (StatusCode::CREATED, "1.0.0"));
    let place = created.to().to_owned();
    let first = patch(&room, &it, &place, 0, &FILM[..10]).await;
    assert_eq!((first.status, first.header("upload-offset")), (StatusCode::NO_CONTENT, "10"));
    assert_eq!(patch(&room, &it, &place, 0, &FILM[..10]).await.status, StatusCode::CONFLICT);
    assert_eq!(content(&room, "数学/课.mp4"), None);
    let asked = head(&room, &it, &place).await;
    assert_eq!((asked.header("upload-offset"), asked.header("cache-control")), ("10", "no-store"));
    assert_eq!(patch(&room, &it, &place, 10, &FILM[10..]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(content(&room, "数学/课.mp4").unwrap(), FILM);
    assert_eq!(head(&room, &it, &place).await.status, StatusCode::NOT_FOUND);

    // Another of that name stands beside it.
    let place = create(&room, &it, "数学", "课.mp4", FILM.len()).await.to().to_owned();
    patch(&room, &it, &place, 0, FILM).await;
    assert_eq!(content(&room, "数学/课 (2).mp4").unwrap(), FILM);
}

#[tokio::test]
async fn a_browser_that_vanishes_in_mid_upload_goes_on_later() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    let place = create(&room, &it, "", "a.mp4", FILM.len()).await.to().to_owned();
    // Some bytes, then silence on a connection that nobody closes.
    let (to, from) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let hanging = async {
        let hanging = patch(&room, &it, &place, 0, Body::from_stream(ReceiverStream::new(from))).await;
        assert_eq!(hanging.header("upload-offset"), "7", "{hanging:?}");
    };
    let back = async {
        to.send(Ok(Bytes::from_static(&FILM[..7]))).await.unwrap();
        let part = room.folder.path().join(format!("state/files{}.part", place.replace("/uploads", "/.uploads")));
        while std::fs::metadata(&part).unwrap().len() < 7 {
            tokio::task::yield_now().await;
        }
        // The same page again, before anybody knows that the first has gone.
        assert_eq!(head(&room, &it, &place).await.header("upload-offset"), "7");
        patch(&room, &it, &place, 7, &FILM[7..]).await
    };
    let ((), whole) = tokio::join!(hanging, back);
    assert_eq!(whole.status, StatusCode::NO_CONTENT, "{whole:?}");
    assert_eq!(content(&room, "a.mp4").unwrap(), FILM);
}

#[tokio::test]
async fn what_is_no_media_is_refused_by_name_and_by_content() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    for name in ["setup.exe", "page.html", "a.svg", "noend", ""] {
        let answer = create(&room, &it, "", name, 5).await;
        assert!(answer.status.is_client_error(), "{name}: {answer:?}");
    }
    let place = create(&room, &it, "", "a.mp4", 5).await.to().to_owned();
    let lie = patch(&room, &it, &place, 0, "MZ\x01\x02\x03").await;
    assert_eq!((lie.status, lie.code().as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-media"));
    assert_eq!(head(&room, &it, &place).await.status, StatusCode::NOT_FOUND, "nothing of it is kept");
    assert!(room.site.area.list(&FilePath::default()).unwrap().is_empty());
    assert_eq!(create(&room, &it, "", "a.mp4", 0).await.code(), "invalid");
}

#[tokio::test]
async fn a_bundle_of_an_update_is_taken_for_that_and_for_nothing_else() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    assert_eq!(create(&room, &it, "", "a.raucb", 8).await.code(), "not-media");
    for name in ["a.mp4", "../a.raucb", ".raucb", ""] {
        let answer = create_for(&room, &it, "update", "", name, 8).await;
        assert!(answer.status.is_client_error(), "{name}: {answer:?}");
    }
    let place = create_for(&room, &it, "update", "", "a.raucb", 8).await.to().to_owned();
    assert_eq!(patch(&room, &it, &place, 0, "MZ\x01\x02\x03\x04\x05\x06").await.code(), "not-media");
    let place = create_for(&room, &it, "update", "", "a.raucb", 8).await.to().to_owned();
    // No host answers here: it is looked into later.
    assert_eq!(patch(&room, &it, &place, 0, "hsqs1234").await.status, StatusCode::NO_CONTENT);
    let told: Vec<_> = room.site.bundles.list().into_iter().map(|one| one.name).collect();
    assert_eq!(told, ["a.raucb"]);
    assert!(room.site.area.list(&FilePath::default()).unwrap().is_empty());
    assert_eq!(create_for(&room, &it, "update", "", "a.raucb", 8).await.code(), "taken");
    assert!(it.get("/update").await.status.is_success());
    assert_eq!(
        it.post("/do/update/remove", &[("name", "../admin.sqlite")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(it.post("/do/update/remove", &[("name", "a.raucb")]).await.code(), "done");
    assert!(room.site.bundles.list().is_empty());
}

#[tokio::test]
async fn nothing_goes_where_it_should_not() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    for (folder, name) in
        [("..", "a.mp4"), ("", "../a.mp4"), (".trash", "a.mp4"), ("a/../../b", "a.mp4"), ("", "a/b.mp4")]
    {
        let answer = create(&room, &it, folder, name, 5).await;
        assert_eq!(answer.code(), "invalid", "{folder} {name}");
    }
    let place = create(&room, &it, "", "a.mp4", 5).await.to().to_owned();
    let more = patch(&room, &it, &place, 0, "more than five").await;
    assert_eq!(more.status, StatusCode::PAYLOAD_TOO_LARGE);
    let other = room.person("other", Role::It).await;
    assert_eq!(patch(&room, &other, &place, 0, "mine!").await.status, StatusCode::NOT_FOUND);
    for place in ["/uploads/..%2fx", "/uploads/x.json", "/uploads/unknown"] {
        assert!(head(&room, &it, place).await.status.is_client_error(), "{place}");
    }
    let plain = it.request("POST", "/uploads").header("upload-length", 5).body(Body::empty()).unwrap();
    assert_eq!(room.ask(plain).await.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_gone() {
    let room = Room::roomy().await;
    let it = room.person("it", Role::It).await;
    let place = create(&room, &it, "", "a.mp4", 50).await.to().to_owned();
    patch(&room, &it, &place, 0, "some").await;
    let request = it.request("DELETE", &place).header("tus-resumable", "1.0.0").body(Body::empty()).unwrap();
    assert_eq!(room.ask(request).await.status, StatusCode::NO_CONTENT);
    assert_eq!(head(&room, &it, &place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(std::fs::read_dir(room.folder.path().join("state/files/.uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn uploads_leave_the_room_of_lessons() {
    let room = Room::open(&["--keep-free-mb=1000000000"]).await;
    let it = room.person("it", Role::It).await;
    let answer = create(&room, &it, "", "a.mp4", 5).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INSUFFICIENT_STORAGE, "no-space"));
}
