//! What disturbs: people who cross, screens that move, projectors, curtains, a class that the detector looks at in parts.

use super::*;

fn who(seen: &Seen, at: &Area) -> Option<u32> {
    let there = |person: &&ketang_tracker::watcher::Person| person.area.iou(at) > 0.5;
    seen.people.iter().find(there).map(|person| person.id)
}

#[test]
fn who_cross_and_who_meet_and_turn_back_stay_who_they_are() {
    let cross = |s: f32| (0.1 + 0.08 * s, 0.8 - 0.08 * s);
    let turn_back = |s: f32| (0.1 + 0.075 * (5.0 - (s - 5.0).abs()), 0.85 - 0.075 * (5.0 - (s - 5.0).abs()));
    for places in [&cross as &dyn Fn(f32) -> (f32, f32), &turn_back] {
        let mut watcher = Watcher::new(Room::default());
        let mut detector = Painted { sure: 0.9, looks: 0 };
        let both = |s: f32| (person(places(s).0), person(places(s).1));
        let scene = |s: f32| vec![(both(s).0, RED), (both(s).1, BLUE)];
        let seen = play(&mut watcher, Some(&mut detector), 0..100, scene);
        let ids = |frame: usize| {
            let (red, blue) = both(frame as f32 / 10.0);
            (who(&seen[frame], &red), who(&seen[frame], &blue))
        };
        assert!(ids(20).0.is_some() && ids(20).1.is_some(), "{:?}", seen[20]);
        assert_eq!(ids(20), ids(99), "{:?}", seen[99]);
        let teachers: std::collections::BTreeSet<_> = seen[20..].iter().filter_map(|frame| frame.teacher).collect();
        assert_eq!(teachers.len(), 1, "one of them is the teacher all the time: {teachers:?}");
    }
}

/// A screen on which something else is seen in every frame.
fn film(seconds: f32) -> Vec<(Area, [u8; 3])> {
    let shade = |block: u32| [((seconds * 970.0) as u32 * (block + 3) * 37 % 200) as u8; 3];
    (0..12).map(|block| (Area::new(0.35 + 0.025 * block as f32, 0.1, 0.025, 0.3), shade(block))).collect()
}

#[test]
fn a_screen_that_moves_is_nobody_and_hides_nobody() {
    let place = |s: f32| person(0.15 + 0.06 * s);
    let scene = |s: f32| {
        let mut scene = film(s);
        scene.push((place(s), RED));
        scene
    };
    let mut detector = Painted { sure: 0.9, looks: 0 };
    let seen = play(&mut Watcher::new(Room::default()), Some(&mut detector), 0..100, scene);
    for frame in &seen[10..] {
        let teacher = frame.teacher().unwrap_or_else(|| panic!("{frame:?}"));
        let place = place(frame.at.as_seconds_f64() as f32);
        assert!(teacher.id == 1 && frame.people.len() == 1 && teacher.area.iou(&place) > 0.6, "{frame:?}");
    }
    let masks = "masks = [[[0.34, 0.09], [0.66, 0.09], [0.66, 0.41], [0.34, 0.41]]]";
    let alone = |s: f32| if s < 3.0 { film(s) } else { scene(s - 3.0) };
    let seen = play(&mut Watcher::new(Room::read(masks).unwrap()), None, 0..100, alone);
    assert!(seen[..30].iter().all(|frame| frame.people.is_empty()), "by movement alone a masked screen is nobody");
    assert!(seen.last().unwrap().teacher().is_some());
}

#[test]
fn what_a_projector_lights_and_what_a_curtain_lets_in_is_nobody() {
    let lit = |s: f32| (s >= 3.0).then_some((Area::new(0.3, 0.1, 0.5, 0.4), [240; 3]));
    let open = |s: f32| (s >= 3.0).then_some((Area::new(0.0, 0.05, 0.08 * (s - 3.0).min(4.0), 0.6), [230; 3]));
    let lecturer = person(0.6);
    for light in [&lit as &dyn Fn(f32) -> Option<(Area, [u8; 3])>, &open] {
        let scene = |s: f32| light(s).into_iter().chain([(lecturer, RED)]).collect();
        let mut detector = Painted { sure: 0.9, looks: 0 };
        let seen = play(&mut Watcher::new(Room::default()), Some(&mut detector), 0..120, scene);
        let still =
            |frame: &Seen| frame.people.len() == 1 && frame.teacher().is_some_and(|one| one.area.iou(&lecturer) > 0.8);
        assert!(seen.iter().all(still), "{:?}", seen.iter().find(|frame| !still(frame)));
    }
    let empty = |s: f32| lit(s).into_iter().collect();
    let seen = play(&mut Watcher::new(Room::default()), None, 0..120, empty);
    assert!(seen.iter().all(|frame| frame.people.is_empty()), "by movement alone too");
}

#[test]
fn who_is_there_stays_sure_between_looks() {
    // Two in a class who never sit still; the detector sees them as surely as it sees real classes.
    let mut detector = Painted { sure: 0.55, looks: 0 };
    let sways = |x: f32, s: f32| Area { x: x + 0.012 * (s * 4.0).sin(), ..Area::new(x, 0.3, 0.06, 0.3) };
    let seen = play(&mut Watcher::of_class(Room::default()), Some(&mut detector), 0..300, |s| {
        vec![(sways(0.1, s), RED), (sways(0.8, s), BLUE)]
    });
    for frame in &seen[50..] {
        assert!(frame.people.len() == 2 && frame.people.iter().all(|person| person.sure >= 0.5), "{frame:?}");
    }
    // By movement alone: half sure, no more and no less.
    let walk = |s: f32| if s < 1.0 { vec![] } else { vec![(person(0.1 + 0.05 * s), RED)] };
    let seen = play(&mut Watcher::new(Room::default()), None, 0..100, walk);
    assert!(
        seen[20..].iter().all(|frame| frame.teacher().is_some_and(|teacher| teacher.sure == 0.5)),
        "{:?}",
        seen[60]
    );
}
