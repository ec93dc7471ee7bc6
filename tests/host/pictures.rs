//! The live small pictures that panels and pages show, asked of a running host.

use std::time::Duration;

use http_body_util::BodyExt;
use ketang_client::{Client, Picture, Pictures};
use ketang_hal::role::PictureRole::{Hdmi, TeacherPanorama};
use ketang_protocol::live::Feed;
use ketang_tests::{Daemon, HostSettings, LIMIT};

/// Pictures by which a change must be seen: four seconds of them.
const MANY: usize = 50;

/// Mean difference of two pictures of one shape, in steps of a colour; of a larger one its every second pixel is looked at.
fn difference(a: &Picture, b: &Picture) -> f64 {
    let (width, height) = (a.width.min(b.width), a.height.min(b.height));
    let at =
        |of: &Picture, x: u32, y: u32| of.pixels[(y * of.height / height * of.width + x * of.width / width) as usize];
    let colours = |pixel: u32| pixel.to_be_bytes().map(i32::from);
    let mut sum = 0;
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let (a, b) = (colours(at(a, x, y)), colours(at(b, x, y)));
        sum += a.iter().zip(b).map(|(a, b)| (a - b).unsigned_abs()).sum::<u32>();
    }
    f64::from(sum) / f64::from(3 * width * height)
}

/// The first of the next pictures that `is` as it should be.
async fn awaited(pictures: &mut Pictures, what: &str, is: impl Fn(&Picture) -> bool) -> Picture {
    for _ in 0..MANY {
        let picture = pictures.next().await.unwrap();
        if is(&picture) {
            return picture;
        }
    }
    panic!("{what}: not within {MANY} pictures");
}

#[tokio::test]
async fn the_pictures_are_live_follow_the_cuts_and_show_the_slate() {
    let script = tempfile::NamedTempFile::new().unwrap();
    let unplugged = "length = 3600.0\n[[happening]]\nat = 12.0\ndo = \"unplugged\"\ninput = \"teacher-panorama\"\n";
    std::fs::write(script.path(), unplugged).unwrap();
    let settings = HostSettings::simulated(&["teacher-panorama", "hdmi", "teacher-mic"]);
    let daemon = Daemon::start(&settings.set("sim.script", format!("{:?}", script.path())));
    daemon.wait_until_live();
    let client = Client::new(daemon.socket(), "test", LIMIT);

    let mut programme = client.pictures(Feed::Programme).await.unwrap();
    let mut teacher = client.pictures(Feed::Input(TeacherPanorama)).await.unwrap();
    let mut computer = client.pictures(Feed::Input(Hdmi)).await.unwrap();
    let (room, screen) = (teacher.next().await.unwrap(), computer.next().await.unwrap());
    assert_eq!((room.width, room.height), (320, 180));
    // Frame numbers and people move: no two are the same.
    awaited(&mut teacher, "the room moves", |picture| *picture != room).await;
    let shows = |of: &'_ Picture, other: &'_ Picture| {
        let (of, other) = (of.clone(), other.clone());
        move |picture: &Picture| difference(picture, &of) < difference(picture, &other) / 4.0
    };
    let first = awaited(&mut programme, "the teacher is on air", shows(&room, &screen)).await;
    assert_eq!((first.width, first.height), (640, 360));
    assert_eq!(daemon.ctl(&["scene", "hdmi"]).code, 0);
    awaited(&mut programme, "the computer is on air", shows(&screen, &room)).await;

    // A slate is the same from picture to picture, and comes as often.
    daemon.wait("the cable is out", |now| now.pictures.iter().any(|picture| !picture.live));
    awaited(&mut teacher, "the slate is shown", |picture| difference(picture, &room) > 20.0).await;
    let slate = teacher.next().await.unwrap();
    assert_eq!(teacher.next().await.unwrap(), slate);
}

#[tokio::test]
async fn browsers_get_jpegs_and_a_picture_that_is_not_there_is_refused_in_words() {
    let daemon = Daemon::start(&HostSettings::simulated(&["teacher-panorama", "teacher-mic"]));
    daemon.wait_until_live();
    let client = Client::new(daemon.socket(), "test", LIMIT);
    let answer = client.ask("/v1/pictures/programme").await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("multipart/x-mixed-replace"));
    let mut body = answer.into_body();
    let mut begin = Vec::new();
    while begin.len() < 2000 {
        let frame = tokio::time::timeout(Duration::from_secs(30), body.frame()).await;
        begin.extend_from_slice(frame.expect("pictures come").unwrap().unwrap().data_ref().unwrap());
    }
    let text = String::from_utf8_lossy(&begin);
    let (header, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(header.to_lowercase().contains("content-type: image/jpeg"), "{header}");
    assert_eq!(begin[header.len() + 4..][..2], [0xff, 0xd8], "it begins as a JPEG does");

    for (path, told) in [("hdmi", "teacher-panorama"), ("nonsense", "programme")] {
        let answer = client.ask(&format!("/v1/pictures/{path}")).await.unwrap();
        assert_eq!(answer.status(), 404);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let refusal: ketang_protocol::command::Refusal = serde_json::from_slice(&body).unwrap();
        for words in [&refusal.chinese, &refusal.english] {
            assert!(words.contains(path) && words.contains(told), "{words}");
        }
    }
}
