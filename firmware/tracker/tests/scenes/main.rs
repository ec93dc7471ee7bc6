//! Scenes made of rectangles, and a detector that finds what is painted: who is there, who is the teacher, who is gone.

mod disturbed;

use ketang_director::Ms;
use ketang_tracker::area::Area;
use ketang_tracker::detector::{Detected, Detector, DetectorError, Keypoints};
use ketang_tracker::picture::Picture;
use ketang_tracker::room::Room;
use ketang_tracker::watcher::{Seen, Watcher};

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [30, 30, 200];

/// Finds rectangles of red and blue, each as surely as it is told.
struct Painted {
    sure: f32,
    looks: u32,
}

impl Detector for Painted {
    fn people(&mut self, picture: &Picture) -> Result<Vec<Detected>, DetectorError> {
        self.looks += 1;
        let colours = [|p: [u8; 3]| p[0] > 150 && p[2] < 80, |p: [u8; 3]| p[2] > 150 && p[0] < 80];
        let found = colours.iter().filter_map(|is| {
            let inside = (0..picture.width * picture.height).map(|at| (at % picture.width, at / picture.width));
            let places: Vec<_> = inside.filter(|(x, y)| is(picture.pixel(*x, *y))).collect();
            let (left, right) = (places.iter().map(|p| p.0).min()?, places.iter().map(|p| p.0).max()? + 1);
            let (top, bottom) = (places.iter().map(|p| p.1).min()?, places.iter().map(|p| p.1).max()? + 1);
            let share = |pixels: usize, of: usize| pixels as f32 / of as f32;
            let (width, height) = (picture.width, picture.height);
            let area =
                Area::between(share(left, width), share(top, height), share(right, width), share(bottom, height));
            Some(Detected { area, keypoints: Keypoints::default(), score: self.sure })
        });
        Ok(found.collect())
    }
}

fn person(x: f32) -> Area {
    Area::new(x, 0.3, 0.08, 0.5)
}

/// A scene of 10 frames a second; `who` tells who is where at a second.
fn play(
    watcher: &mut Watcher,
    detector: Option<&mut Painted>,
    frames: std::ops::Range<u64>,
    who: impl Fn(f32) -> Vec<(Area, [u8; 3])>,
) -> Vec<Seen> {
    let mut detector = detector;
    let scene = |frame: u64| {
        let mut picture = Picture::filled(320, 180, [120; 3]);
        who(frame as f32 / 10.0).iter().for_each(|(area, colour)| picture.paint(area, *colour));
        picture
    };
    frames
        .map(|frame| {
            let detector = detector.as_mut().map(|detector| &mut **detector as &mut dyn Detector);
            watcher.see(Ms(frame * 100), &scene(frame), detector)
        })
        .collect()
}

#[test]
fn who_comes_in_walks_and_leaves_is_one_person() {
    let mut watcher = Watcher::new(Room::default());
    let place = |seconds: f32| (2.0..9.0).contains(&seconds).then(|| person(-0.08 + 0.17 * (seconds - 2.0)));
    let mut detector = Painted { sure: 0.9, looks: 0 };
    let seen =
        play(&mut watcher, Some(&mut detector), 0..120, |s| place(s).map(|area| (area, RED)).into_iter().collect());
    for frame in &seen {
        let seconds = frame.at.as_seconds_f64() as f32;
        match place(seconds).map(|area| area.visible()) {
            Some(area) if (3.0..7.0).contains(&seconds) => {
                let teacher = frame.teacher().unwrap();
                assert!(teacher.id == 1 && teacher.area.iou(&area) > 0.6, "{seconds}: {teacher:?} {area:?}");
            }
            None if !(9.0..10.0).contains(&seconds) => assert!(frame.people.is_empty(), "{seconds}: {frame:?}"),
            _ => {}
        }
    }
}

#[test]
fn who_stands_still_costs_few_looks() {
    let mut watcher = Watcher::new(Room::default());
    let mut detector = Painted { sure: 0.9, looks: 0 };
    let seen = play(&mut watcher, Some(&mut detector), 0..300, |_| vec![(person(0.4), RED)]);
    assert!(detector.looks <= 35, "{} looks in 30 s", detector.looks);
    assert!(seen.iter().all(|frame| frame.teacher().is_some_and(|teacher| teacher.area.iou(&person(0.4)) > 0.8)));
}

#[test]
fn furniture_that_looks_like_somebody_is_nobody() {
    let mut watcher = Watcher::new(Room::default());
    let mut detector = Painted { sure: 0.6, looks: 0 };
    let seen = play(&mut watcher, Some(&mut detector), 0..200, |_| vec![(person(0.4), RED)]);
    assert!(seen.iter().all(|frame| frame.people.is_empty()));
    let seen = play(&mut watcher, Some(&mut detector), 200..260, |s| {
        vec![(person(0.4), RED), (person(0.1 + 0.05 * (s - 20.0)), BLUE)]
    });
    let last = seen.last().unwrap();
    assert_eq!(last.people.len(), 1, "who comes in is somebody: {last:?}");
}

#[test]
fn a_student_who_walks_by_is_not_the_teacher() {
    let mut watcher = Watcher::new(Room::default());
    let mut detector = Painted { sure: 0.9, looks: 0 };
    let seen = play(&mut watcher, Some(&mut detector), 0..600, |s| {
        let mut people = vec![(person(0.6), RED)];
        if s >= 45.0 {
            people.push((Area::new(0.1 * (s - 45.0) - 0.08, 0.3, 0.08, 0.55), BLUE));
        }
        people
    });
    let teachers: Vec<_> = seen.iter().filter_map(|frame| frame.teacher).collect();
    assert!(teachers.iter().all(|id| *id == teachers[0]), "{teachers:?}");
    assert!(seen.iter().any(|frame| frame.people.len() == 2), "the student was seen");
}

#[test]
fn who_sits_in_the_front_row_is_not_the_teacher_either_when_nobody_else_is_there() {
    let room = "board = [[[0.0, 0.5], [0.5, 0.5], [0.5, 0.8], [0.0, 0.8]]]
        lectern = [[[0.5, 0.5], [0.7, 0.5], [0.7, 0.8], [0.5, 0.8]]]
        students = [[[0.0, 0.8], [1.0, 0.8], [1.0, 1.0], [0.0, 1.0]]]";
    let mut watcher = Watcher::new(Room::read(room).unwrap());
    let mut detector = Painted { sure: 0.9, looks: 0 };
    // Behind the lectern, and gone after 8 s; the other's box ends above the desk as often as below it.
    let lectern = Area::new(0.56, 0.4, 0.08, 0.28);
    let seen = play(&mut watcher, Some(&mut detector), 0..300, |s| {
        let height = if ((s * 1.3) as u32).is_multiple_of(2) { 0.18 } else { 0.3 };
        let student = (Area::new(0.1, 0.58, 0.1, height), BLUE);
        [student].into_iter().chain((s < 8.0).then_some((lectern, RED))).collect()
    });
    for frame in &seen {
        let (seconds, teacher) = (frame.at.as_seconds_f64(), frame.teacher());
        let right = match teacher {
            Some(teacher) => seconds < 12.0 && teacher.area.iou(&lectern) > 0.5,
            None => !(1.0..8.0).contains(&seconds),
        };
        assert!(right, "{seconds}: {teacher:?}");
    }
    assert!(seen.iter().skip(150).all(|frame| frame.people.len() == 1), "the student is seen");
}

#[test]
fn a_teacher_who_was_taken_for_somebody_new_is_not_waited_for() {
    let mut watcher = Watcher::new(Room::default());
    let mut detector = Painted { sure: 0.9, looks: 0 };
    // Farther than anybody goes from look to look, and smaller: somebody new is seen before the teacher is given up, and is no rival.
    let walks = |seconds: f32| Area::new(0.6 - 0.06 * (seconds - 35.0), 0.3, 0.06, 0.2);
    let place = |seconds: f32| if seconds < 40.0 { person(0.6) } else { walks(seconds) };
    let seen = play(&mut watcher, Some(&mut detector), 0..450, |s| vec![(place(s), RED)]);
    let seconds = |frame: &Seen| frame.at.as_seconds_f64() as f32;
    for frame in seen.iter().filter(|frame| !(40.0..42.0).contains(&seconds(frame))) {
        let teacher = frame.teacher().map(|teacher| teacher.area);
        assert!(teacher.is_some_and(|area| area.iou(&place(seconds(frame))) > 0.6), "{}: {teacher:?}", seconds(frame));
    }
}

#[test]
fn a_lamp_makes_nobody_come_or_go() {
    let mut watcher = Watcher::new(Room::default());
    let mut detector = Painted { sure: 0.9, looks: 0 };
    play(&mut watcher, Some(&mut detector), 0..50, |_| vec![(person(0.4), RED)]);
    let seen = play(&mut watcher, Some(&mut detector), 50..120, |_| vec![(Area::WHOLE, [210; 3]), (person(0.4), RED)]);
    assert!(seen[0].light_changed);
    assert!(seen.iter().all(|frame| frame.people.len() == 1 && frame.people[0].id == 1), "{seen:?}");
}

#[test]
fn without_a_detector_what_moves_is_followed_and_said_to_be_unsure() {
    let mut watcher = Watcher::new(Room::default());
    let place = |s: f32| person(0.2 + 0.05 * (s - 1.0).max(0.0));
    let seen = play(&mut watcher, None, 0..80, |s| if s < 1.0 { vec![] } else { vec![(place(s), RED)] });
    let last = seen.last().unwrap().teacher().unwrap();
    assert!(last.area.iou(&place(7.9)) > 0.4 && last.sure <= 0.5, "{last:?}");
}

#[test]
fn the_same_frames_give_the_same_people() {
    let run = || {
        let mut watcher = Watcher::new(Room::default());
        let mut detector = Painted { sure: 0.9, looks: 0 };
        let walk = |s: f32| vec![(person(0.1 + 0.05 * s), RED), (person(0.8 - 0.05 * s), BLUE)];
        let seen = play(&mut watcher, Some(&mut detector), 0..100, walk);
        seen.into_iter().map(|frame| (frame.teacher, frame.people)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

struct Broken;

impl Detector for Broken {
    fn people(&mut self, _: &Picture) -> Result<Vec<Detected>, DetectorError> {
        Err(DetectorError("no memory".to_owned()))
    }
}

#[test]
fn a_detector_that_fails_is_told_of_and_survived() {
    let mut watcher = Watcher::new(Room::default());
    let seen = watcher.see(Ms::ZERO, &Picture::filled(64, 36, [90; 3]), Some(&mut Broken));
    assert!(seen.failed.is_some() && seen.people.is_empty());
    assert!(watcher.see(Ms(100), &Picture::filled(64, 36, [90; 3]), None).failed.is_none());
}

/// Finds nobody who is shown smaller than the network needs.
struct Shortsighted(Painted);

impl Detector for Shortsighted {
    fn people(&mut self, picture: &Picture) -> Result<Vec<Detected>, DetectorError> {
        let found = self.0.people(picture)?;
        Ok(found.into_iter().filter(|person| person.area.height * picture.height as f32 >= 45.0).collect())
    }
}

#[test]
fn who_gets_up_at_the_back_of_a_class_is_looked_at_at_once() {
    let seat = Area::new(0.8, 0.2, 0.03, 0.1);
    let up = Area::new(0.8, 0.12, 0.03, 0.18);
    let (rises, front) = (20.0, Area::new(0.2, 0.5, 0.2, 0.45));
    let scene = |seconds: f32| {
        let mut picture = Picture::filled(640, 360, [120; 3]);
        // Somebody in front never sits still.
        picture.paint(&Area { x: front.x + 0.01 * (seconds * 3.0).sin(), ..front }, BLUE);
        picture.paint(if seconds < rises { &seat } else { &up }, RED);
        picture
    };
    let mut watcher = Watcher::of_class(Room::default());
    let mut detector = Shortsighted(Painted { sure: 0.9, looks: 0 });
    let back = |seen: &Seen| seen.people.iter().find(|person| person.area.x > 0.5).map(|person| person.area);
    let mut found = None;
    for frame in 0..125_u64 {
        let seconds = frame as f32 / 5.0;
        let seen = watcher.see(Ms(frame * 200), &scene(seconds), Some(&mut detector));
        assert_eq!(seen.teacher, None);
        if seconds > 12.0 {
            assert!(back(&seen).is_some(), "{seconds}: who sits still far away stays known");
        }
        if seconds >= rises && found.is_none() && back(&seen).is_some_and(|area| area.iou(&up) > 0.7) {
            found = Some(seconds - rises);
        }
    }
    assert!(found.is_some_and(|after| after <= 0.8), "{found:?}");
    assert!(detector.0.looks < 110, "{} looks at 125 pictures", detector.0.looks);
}
