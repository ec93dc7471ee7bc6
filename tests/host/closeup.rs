//! The digital close-up (JX-5): of a camera that does not turn, found, framed, and lost with it.

use std::path::{Path, PathBuf};

use ketang_board::sim::Happening::{PluggedIn, Unplugged};
use ketang_client::{Client, Picture};
use ketang_detector::MoveNet;
use ketang_hal::role::PictureRole::{StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_protocol::lesson::Outcome;
use ketang_protocol::live::Feed;
use ketang_protocol::snapshot::Snapshot;
use ketang_tests::{Daemon, HostSettings, LIMIT, TestHost, assert_consecutive};
use ketang_tracker::area::Area;
use ketang_tracker::detector::Detector;
use ketang_tracker::picture;

/// Pictures by which the teacher must be framed: half a minute of them.
const MANY: usize = 375;

fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("KETANG_MODELS").map(PathBuf::from);
    let folder = folder.filter(|folder| MoveNet::open(folder).is_ok());
    if folder.is_none() {
        eprintln!("skipped: no detector of people: run scripts/models and set KETANG_MODELS");
    }
    folder
}

/// The one whose head is highest in a picture, where the others sit.
fn standing(detector: &mut MoveNet, shown: &Picture) -> Option<Area> {
    // The detector wants multiples of 32; a live picture of an input is 320 × 180.
    let (width, height, above) = (shown.width as usize, 160, 10);
    let lines = &shown.pixels[above * width..(above + height) * width];
    let colours = lines.iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1)).collect();
    let people = detector.people(&picture::Picture::new(width, height, colours).unwrap()).unwrap();
    let sure = people.into_iter().filter(|person| person.score > 0.3).map(|person| person.area);
    let highest = sure.min_by(|a, b| a.y.total_cmp(&b.y))?;
    let (scale, from) = (height as f32 / shown.height as f32, above as f32 / shown.height as f32);
    Some(Area { y: from + highest.y * scale, height: highest.height * scale, ..highest })
}

/// The teacher comes out from behind the lectern and stands beside the screen.
const OUT: &str = "length = 3600.0\n[[happening]]\nat = 0.1\ndo = \"teacher-walks\"\nto = \"screen\"\n";

fn teacher_closeup(models: &Path, script: &Path) -> HostSettings {
    HostSettings::simulated(&["teacher-panorama", "teacher-mic"])
        .set("inputs.teacher-closeup.source", "closeup:teacher-panorama")
        .set("directing.models", format!("{models:?}"))
        .set("sim.script", format!("{script:?}"))
        .set("sim.marks", false)
        .set("sim.beeps", false)
}

#[tokio::test]
async fn the_teacher_stands_in_it_two_thirds_high() {
    let Some(models) = models() else { return };
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), OUT).unwrap();
    let daemon = Daemon::start(&teacher_closeup(&models, script.path()));
    daemon.wait_until_live();
    let mut detector = MoveNet::open(&models).unwrap();
    let client = Client::new(daemon.socket(), "test", LIMIT);
    let mut panorama = client.pictures(Feed::Input(TeacherPanorama)).await.unwrap();
    let whole = standing(&mut detector, &panorama.next().await.unwrap()).expect("a teacher in the room");
    assert!(whole.height < 0.45, "{whole:?}");
    drop(panorama);

    let mut closeup = client.pictures(Feed::Input(TeacherCloseup)).await.unwrap();
    let mut last = None;
    for _ in 0..MANY {
        last = standing(&mut detector, &closeup.next().await.unwrap());
        // What the detector calls somebody's box differs by a tenth from look to look.
        let framed =
            |area: &Area| (0.55..0.8).contains(&area.height) && area.y > 0.02 && (area.centre().0 - 0.5).abs() < 0.15;
        if last.as_ref().is_some_and(framed) {
            return;
        }
    }
    panic!("not framed within {MANY} pictures: {whole:?} in the room, {last:?} in the close-up");
}

#[test]
fn it_is_lost_and_comes_back_with_its_panorama_frame_by_frame() {
    // Without a detector nobody stands up, and the close-up is the whole picture: every frame of it can be told.
    let settings = HostSettings::simulated(&["students-panorama", "teacher-mic"])
        .set("inputs.students-closeup.source", "closeup:students-panorama")
        .set("directing.models", "/nowhere")
        .set("recording.programme", false)
        .set("recording.fit-machine", false);
    let host = TestHost::open(&settings);
    let id = host.start();
    host.record_for(2.0);
    let live = |now: &Snapshot, live: bool| {
        let mut both =
            now.pictures.iter().filter(|picture| [StudentsPanorama, StudentsCloseup].contains(&picture.role));
        both.all(|picture| picture.live == live)
    };
    host.tell(Unplugged { input: StudentsPanorama.into() });
    let lost = host.wait("both are lost", |now| live(now, false));
    let closeup = lost.pictures.iter().find(|picture| picture.role == StudentsCloseup).unwrap();
    assert!(closeup.detail.contains("students-panorama"), "{closeup:?}");
    host.tell(PluggedIn { input: StudentsPanorama.into() });
    host.wait("both are back", |now| live(now, true));
    host.record_for(2.0);
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::KeptWithGaps);
    let (whole, part) = (kept.numbers("students-panorama"), kept.numbers("students-closeup"));
    assert_eq!(whole.len(), part.len());
    assert_eq!(whole[..40], part[..40], "each frame in its slot");
    assert_consecutive(&part[..40]);
    assert!(part.contains(&None), "its slate");
    assert!(part.last().unwrap().is_some(), "it is back");
}
