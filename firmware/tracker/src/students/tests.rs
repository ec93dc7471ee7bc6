use super::*;
use crate::detector::{Keypoint, Keypoints};
use crate::view::View;

const ASPECT: f32 = 16.0 / 9.0;
const SEAT: Area = Area::new(0.45, 0.5, 0.1, 0.2);
const UP: Area = Area::new(0.45, 0.36, 0.1, 0.34);
const BEHIND: Area = Area::new(0.46, 0.4, 0.07, 0.15);
const BEFORE: Area = Area::new(0.43, 0.62, 0.14, 0.25);

/// Somebody whose shoulders are half as broad as the box.
fn detected(area: &Area) -> Detected {
    let mut keypoints = Keypoints::default();
    let (middle, broad) = (area.centre().0, area.width / 2.0);
    let y = area.y + 0.8 * broad * ASPECT;
    for (part, x) in [(Part::LeftShoulder, middle + broad / 2.0), (Part::RightShoulder, middle - broad / 2.0)] {
        keypoints.0[part as usize] = Keypoint { x, y, score: 0.8 };
    }
    Detected { area: *area, keypoints, score: 0.8 }
}

/// A class of painted people, a picture each 0.25 s.
#[derive(Default)]
struct Class {
    observer: StudentsObserver,
    at: Ms,
    lamp: u8,
    teacher: Option<Zone>,
    /// Where the look at the latest picture should go.
    doubtful: Option<Area>,
}

impl Class {
    /// Of so many pictures with these people the last one's standing students, everybody being found.
    fn looks(&mut self, count: u32, people: &[Area]) -> Vec<u32> {
        self.pictures(count, people, Some(people))
    }

    fn pictures(&mut self, count: u32, people: &[Area], found: Option<&[Area]>) -> Vec<u32> {
        let mut standing = Vec::new();
        for _ in 0..count {
            let picture = self.picture(people);
            let seen = Seen {
                at: self.at,
                looked: found.is_some(),
                view: found.map(|_| View::closely(&Area::new(0.4, 0.4, 0.2, 0.3), ASPECT)),
                found: found.unwrap_or_default().iter().map(detected).collect(),
                ..Seen::default()
            };
            self.doubtful = self.observer.glance(self.at, &picture, &Room::default());
            standing = self.observer.step(&seen, ASPECT, self.teacher).standing.unwrap();
            self.at = self.at + Ms(250);
        }
        standing.iter().map(|student| student.id).collect()
    }

    /// Everybody in other clothes, before a wall, the last ones in front.
    fn picture(&self, people: &[Area]) -> Picture {
        let mut picture = Picture::filled(640, 360, [100 + self.lamp; 3]);
        for (area, shade) in people.iter().zip([20, 150, 60, 200].into_iter().cycle()) {
            picture.paint(area, [shade + self.lamp; 3]);
        }
        picture
    }
}

#[test]
fn who_rises_from_a_seat_stands_until_they_sit() {
    let mut class = Class::default();
    assert_eq!(class.looks(8, &[SEAT]), []);
    assert_eq!(class.looks(1, &[UP]), [], "it must last");
    assert_eq!(class.looks(1, &[UP]), [1]);
    assert_eq!(class.looks(400, &[UP]), [1], "as long as it takes");
    assert_eq!(class.doubtful, None);
    assert_eq!(class.pictures(2, &[SEAT], None), [1], "only a look tells");
    assert_eq!(class.doubtful, Some(UP), "and it is to go there at once");
    assert_eq!(class.looks(1, &[SEAT]), []);
    assert_eq!(class.looks(4, &[UP]), [2]);
    class.pictures(1, &[SEAT], Some(&[]));
    assert_eq!(class.pictures(1, &[SEAT], Some(&[])), [], "the head is not where it was, and nobody is found there");
}

#[test]
fn what_comes_above_a_seat_is_looked_at_some_times() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    class.pictures(1, &[SEAT], None);
    assert_eq!(class.doubtful, None);
    class.pictures(1, &[UP], None);
    let place = class.doubtful.unwrap();
    assert!(place.share_in(&UP.with(&SEAT).grown(0.1, 0.1)) > 0.99 && UP.centre().1 < place.bottom(), "{place:?}");
    class.pictures(1, &[UP], None);
    assert_eq!(class.doubtful, None);
    class.pictures(1, &[UP], None);
    let again = class.doubtful.expect("who had hardly begun is up by now");
    assert!(again != place && again.contains(UP.centre()), "{again:?}");
    class.pictures(12, &[UP], None);
    assert_eq!(class.doubtful, None, "whatever it is, it was looked at");
    class.pictures(12, &[SEAT], None);
    class.pictures(1, &[UP], None);
    assert!(class.doubtful.is_some(), "it came again");
}

#[test]
fn straightening_up_is_not_standing() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    let upright = Area::new(0.45, 0.46, 0.1, 0.24);
    assert_eq!(class.looks(20, &[upright]), []);
    assert_eq!(class.looks(20, &[Area::new(0.45, 0.42, 0.1, 0.28)]), [], "it is from there that they would rise");
}

#[test]
fn who_bends_and_straightens_up_rises_from_nowhere() {
    // Nearer to the camera, and so a little broader.
    let bent = Area::new(0.446, 0.55, 0.104, 0.2);
    let others = [0.1, 0.8].map(|x| Area::new(x, 0.5, 0.1, 0.2));
    let standing = |up: Area| {
        let mut class = Class::default();
        class.looks(12, &[bent, others[0], others[1]]);
        class.looks(8, &[up, others[0], others[1]]).len()
    };
    assert_eq!(standing(SEAT), 0, "it is where everybody's head is who sits so near");
    assert_eq!(standing(UP), 1);
}

#[test]
fn of_rows_that_climb_who_sits_behind_is_not_above_who_sits_in_front() {
    let rows = (0..6).rev().flat_map(|row| [0.2, 0.4, 0.6].map(|x| (row as f32, x)));
    let seats: Vec<Area> = rows.map(|(row, x)| Area::new(x, 0.6 - 0.05 * row, 0.1 - 0.01 * row, 0.12)).collect();
    let mut class = Class::default();
    class.looks(8, &seats);
    let mut up = seats.clone();
    // Nobody is in this one's way.
    up[1] = Area::new(0.4, 0.27, 0.05, 0.25);
    assert_eq!(class.looks(4, &up).len(), 1);
    // This one's head is now where the head of somebody of the row behind was.
    let mut up = seats.clone();
    up[13] = Area::new(0.4, 0.45, 0.09, 0.3);
    assert_eq!(class.looks(8, &up).len(), 1);
    assert_eq!(class.looks(8, &seats).len(), 0);
}

#[test]
fn a_look_at_the_whole_class_tells_that_somebody_stands_and_not_where() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    assert_eq!(class.looks(4, &[UP]), [1]);
    let whole = View::of_class(None, ASPECT, 0);
    assert!(!whole.is_close());
    // The shoulders of the neighbour behind are as good as these there.
    let neighbour = Area::new(0.44, 0.42, 0.1, 0.3);
    let picture = class.picture(&[UP]);
    let found = vec![detected(&neighbour)];
    let seen = Seen { at: class.at, looked: true, view: Some(whole), found, ..Seen::default() };
    class.observer.glance(class.at, &picture, &Room::default());
    let standing = class.observer.step(&seen, ASPECT, None).standing.unwrap();
    assert_eq!(standing.len(), 1);
    assert_eq!(class.observer.person(1, &seen).unwrap().area, UP);
}

#[test]
fn who_stood_at_first_is_known_to_rise_later() {
    let mut class = Class::default();
    assert_eq!(class.looks(8, &[UP]), [], "nobody was seen to stand up");
    assert_eq!(class.looks(100, &[SEAT]), []);
    assert_eq!(class.looks(4, &[UP]), [1]);
}

#[test]
fn who_sits_in_the_row_behind_does_not_stand_in_the_row_before() {
    let mut class = Class::default();
    assert_eq!(class.looks(8, &[BEHIND, SEAT]), []);
    // The detector finds one at a time.
    for _ in 0..5 {
        assert_eq!(class.pictures(3, &[BEHIND, SEAT], Some(&[BEHIND])), []);
        assert_eq!(class.pictures(3, &[BEHIND, SEAT], Some(&[SEAT])), []);
    }
    assert_eq!(class.looks(4, &[BEHIND, UP]), [1], "and who stands before them does");
}

#[test]
fn one_who_stands_is_told_of_once_whoever_is_found_besides() {
    let mut class = Class::default();
    class.looks(8, &[BEHIND, SEAT, BEFORE]);
    // Who sits in front is not found at first.
    assert_eq!(class.pictures(4, &[BEHIND, UP, BEFORE], Some(&[BEHIND, UP])), [1]);
    assert_eq!(class.looks(8, &[BEHIND, UP, BEFORE]), [1]);
}

#[test]
fn one_who_was_hidden_in_their_seat_stands_if_it_cannot_be_the_teacher() {
    let others = [0.1, 0.8].map(|x| Area::new(x, 0.5, 0.1, 0.2));
    let standing = |teacher: Option<Zone>| {
        let mut class = Class { teacher, ..Class::default() };
        class.looks(8, &others);
        class.looks(4, &[others[0], others[1], UP]).len()
    };
    assert_eq!([Some(Zone::Podium), Some(Zone::Board)].map(standing), [1, 1]);
    assert_eq!([Some(Zone::Students), Some(Zone::Absent), None].map(standing), [0, 0, 0]);
}

#[test]
fn the_teacher_who_walks_by_or_stands_behind_is_no_student() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    for step in 0..10_u8 {
        let tall = Area::new(0.2 + 0.06 * f32::from(step), 0.36, 0.1, 0.5);
        assert_eq!(class.looks(1, &[SEAT, tall]), [], "walks by in front");
    }
    let tall = Area::new(0.44, 0.36, 0.1, 0.5);
    assert_eq!(class.looks(8, &[tall, SEAT]), [], "stands there, and the student sits");
}

#[test]
fn who_stands_when_the_lamp_goes_on_stands_on() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    assert_eq!(class.looks(4, &[UP]), [1]);
    class.lamp = 100;
    assert_eq!(class.looks(20, &[UP]), [1]);
    assert_eq!(class.looks(6, &[SEAT]), []);
}

#[test]
fn when_a_class_that_greeted_sits_again_nobody_is_left_over() {
    let seats: Vec<Area> = (0..8_u8).map(|seat| Area::new(0.02 + 0.12 * f32::from(seat), 0.5, 0.1, 0.2)).collect();
    let up: Vec<Area> = seats.iter().map(|seat| Area::new(seat.x, 0.36, 0.1, 0.34)).collect();
    let mut class = Class::default();
    class.looks(8, &seats);
    assert_eq!(class.looks(4, &up).len(), 8);
    // Two of them seem to stand on.
    let mostly: Vec<Area> = up[..2].iter().chain(&seats[2..]).copied().collect();
    assert_eq!(class.looks(4, &mostly).len(), 0);
    class.looks(8, &seats);
    let mut one = seats.clone();
    one[4] = up[4];
    assert_eq!(class.looks(4, &one).len(), 1, "and who rises then is seen");
}

#[test]
fn who_goes_to_the_board_stands_no_more() {
    let mut class = Class::default();
    class.looks(8, &[SEAT]);
    assert_eq!(class.looks(4, &[UP]), [1]);
    for step in 0..8_u8 {
        class.looks(1, &[Area::new(0.45 + 0.03 * f32::from(step), 0.36, 0.1, 0.34)]);
    }
    assert_eq!(class.looks(1, &[Area::new(0.7, 0.36, 0.1, 0.34)]), []);
}

#[test]
fn a_hand_that_is_up_for_some_looks_is_told_of_by_a_number_of_its_own() {
    let mut observer = StudentsObserver::default();
    let mut look = |at: u64, hand: f32| {
        let Detected { area, mut keypoints, .. } = detected(&SEAT);
        for (part, y) in [(Part::Nose, 0.53), (Part::RightWrist, hand)] {
            keypoints.0[part as usize] = Keypoint { x: 0.5, y, score: 0.8 };
        }
        let person = Person { id: 7, area, speed: (0.0, 0.0), keypoints, sure: 0.9, seen: Ms(at) };
        let seen = Seen { at: Ms(at), people: vec![person], looked: true, ..Seen::default() };
        let hands = observer.step(&seen, ASPECT, None).hands.unwrap();
        let up: Vec<u32> = hands.iter().map(|student| student.id).collect();
        let who: Vec<_> = up.iter().filter_map(|id| observer.person(*id, &seen)).map(|person| person.area).collect();
        (up, who)
    };
    assert_eq!(look(0, 0.7), (vec![], vec![]));
    look(250, 0.45);
    assert_eq!(look(500, 0.45), (vec![], vec![]), "it must last");
    assert_eq!(look(750, 0.45), (vec![1], vec![SEAT]));
    look(1000, 0.7);
    assert_eq!(look(1250, 0.7), (vec![], vec![]));
}
