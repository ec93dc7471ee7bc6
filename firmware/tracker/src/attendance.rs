//! How many of a class are there: heads by number, and nobody by name.
//!
//! ```text
//! people found in a look ─► places that somebody holds ─► how many, every second ─► what was usual in some minutes
//! ```
//!
//! A detector that looks round a class knows three of four at a time. Who sits stays where they are, so a place in which somebody
//! was seen is remembered for a while, and counts one however often it is seen. Who walks holds no place: neither does a
//! teacher who goes about among the desks. A teacher who stops there does, and is taken off again.

use std::collections::VecDeque;

use ketang_director::Ms;

use crate::area::Area;
use crate::observe::feet;
use crate::room::{Room, within};
use crate::students::walks;
use crate::watcher::{Person, Seen};

/// A place counts when somebody was found there in so many looks, and the first was so long ago: who passes by leaves sooner.
const LOOKS: u32 = 3;
const HOLDS: Ms = Ms::seconds(8);
/// Where nobody was found for so long there is nobody: the detector has then gone round the class some times.
const REMEMBERED: Ms = Ms::seconds(90);
/// A place and who holds it have their middles so near, in widths, and their heads, in heights; their sizes differ less than by this.
/// Of who sits behind others the head is what every look finds.
const BESIDE: f32 = 0.5;
const HEADS: f32 = 0.45;
const AS_LARGE: f32 = 1.8;
/// A place follows who holds it by so much a look.
const FOLLOWS: f32 = 0.2;
/// What is usual is judged by so long, and told from so long on.
const WINDOW: Ms = Ms::seconds(120);
const ENOUGH: Ms = Ms::seconds(90);
const EVERY: Ms = Ms::seconds(1);
/// The usual is what so large a share of the window's counts do not exceed: people are missed more often than made up.
const USUAL: f64 = 0.75;
/// Without pictures for so long nothing is known any more.
const BLIND: Ms = Ms::seconds(20);

/// Counts a class, look by look.
#[derive(Debug, Default)]
pub struct Attendance {
    places: Vec<Place>,
    /// Since when the teacher is among the class.
    teacher: Option<Ms>,
    counts: VecDeque<(Ms, u16)>,
    last: Option<Ms>,
}

/// Where somebody stays.
#[derive(Clone, Copy, Debug)]
struct Place {
    area: Area,
    /// Who was seen there last.
    id: u32,
    since: Ms,
    seen: Ms,
    looks: u32,
}

impl Place {
    fn counts(&self, at: Ms) -> bool {
        self.looks >= LOOKS && at - self.since >= HOLDS
    }

    /// How far somebody is from here, in their own sizes; `None` where they sit elsewhere.
    fn apart(&self, person: &Person) -> Option<f32> {
        let (here, there) = (&self.area, &person.area);
        let (width, height) = (here.width.max(there.width), here.height.max(there.height));
        let right = (here.centre().0 - there.centre().0).abs() / width;
        let down = (here.y - there.y).abs() / height;
        let larger = (here.width / there.width).max(there.width / here.width);
        (right < BESIDE && down < HEADS && larger < AS_LARGE).then_some(right + down)
    }
}

impl Attendance {
    /// Takes in what was seen of the class, and whether the teacher is known to be among it. Returns how many are there, as far
    /// as that is known by now. Where the room has a zone of students, nobody counts who is elsewhere.
    pub fn step(&mut self, seen: &Seen, room: &Room, teacher_among: bool) -> Option<u16> {
        let at = seen.at;
        if self.last.is_some_and(|last| at - last > BLIND) {
            *self = Self::default();
        }
        self.last = Some(at);
        self.teacher = if teacher_among { self.teacher.or(Some(at)) } else { None };
        self.hold(seen, room);
        self.places.retain(|place| at - place.seen <= REMEMBERED);
        if self.counts.back().is_none_or(|(then, _)| at - *then >= EVERY) {
            self.counts.push_back((at, self.now(at)));
            while self.counts.front().is_some_and(|(then, _)| at - *then > WINDOW) {
                self.counts.pop_front();
            }
        }
        self.usual()
    }

    /// How many places are held at this moment.
    pub fn now(&self, at: Ms) -> u16 {
        let held = || self.places.iter().filter(|place| place.counts(at));
        let teacher = self.teacher.is_some_and(|since| held().any(|place| place.since >= since));
        u16::try_from(held().count()).unwrap_or(u16::MAX).saturating_sub(u16::from(teacher))
    }

    fn usual(&self) -> Option<u16> {
        let (first, last) = (self.counts.front()?.0, self.counts.back()?.0);
        let mut counts: Vec<u16> = self.counts.iter().map(|(_, count)| *count).collect();
        counts.sort_unstable();
        let usual = counts[((counts.len() - 1) as f64 * USUAL).round() as usize];
        (last - first >= ENOUGH).then_some(usual)
    }

    /// Who was found holds the nearest place that nobody else holds now, or a new one.
    fn hold(&mut self, seen: &Seen, room: &Room) {
        let sits = |person: &&Person| room.students.is_empty() || within(&room.students, feet(person));
        let found = || seen.people.iter().filter(|person| person.seen == seen.at && !walks(person)).filter(sits);
        let mut pairs: Vec<(f32, usize, u32)> = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            pairs.extend(found().filter_map(|person| {
                let same = if place.id == person.id { 0.0 } else { 1.0 };
                Some((place.apart(person)? + same, index, person.id))
            }));
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut held = vec![false; self.places.len()];
        let mut placed: Vec<u32> = Vec::new();
        for (_, index, id) in pairs {
            if !held[index] && !placed.contains(&id) {
                held[index] = true;
                placed.push(id);
                if let Some(person) = found().find(|person| person.id == id) {
                    self.places[index].found(person);
                }
            }
        }
        for person in found().filter(|person| !placed.contains(&person.id)) {
            let (area, id, at) = (person.area, person.id, seen.at);
            self.places.push(Place { area, id, since: at, seen: at, looks: 1 });
        }
    }
}

impl Place {
    fn found(&mut self, person: &Person) {
        let towards = |old: f32, new: f32| old + FOLLOWS * (new - old);
        let (old, new) = (self.area, person.area);
        self.area = Area::new(
            towards(old.x, new.x),
            towards(old.y, new.y),
            towards(old.width, new.width),
            towards(old.height, new.height),
        );
        self.id = person.id;
        self.seen = person.seen;
        self.looks += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Keypoints;

    /// Three rows of four seats.
    fn seat(number: u32) -> Area {
        Area::new(0.1 + 0.2 * (number % 4) as f32, 0.3 + 0.2 * (number / 4) as f32, 0.08, 0.18)
    }

    fn person(id: u32, area: Area, at: Ms, speed: f32) -> Person {
        Person { id, area, speed: (speed, 0.0), keypoints: Keypoints::default(), sure: 0.8, seen: at }
    }

    /// A class of twelve, of whom a look finds every third, in turn; `more` are found besides.
    struct Class {
        attendance: Attendance,
        at: Ms,
        teacher_among: bool,
    }

    impl Class {
        fn new() -> Self {
            Self { attendance: Attendance::default(), at: Ms(0), teacher_among: false }
        }

        fn goes_on(&mut self, seconds: u64, there: u32, more: impl Fn(Ms) -> Vec<Person>) -> Option<u16> {
            let mut told = None;
            for _ in 0..2 * seconds {
                self.at = self.at + Ms(500);
                let at = self.at;
                let turn = (at.0 / 500) as u32;
                // Who is not found now may be known by another number the next time.
                let found = (0..there).filter(|number| (number + turn).is_multiple_of(3));
                let mut people: Vec<Person> =
                    found.map(|number| person(1000 * (turn / 90) + number, seat(number), at, 0.0)).collect();
                people.extend(more(at));
                let seen = Seen { at, people, looked: true, ..Seen::default() };
                told = self.attendance.step(&seen, &Room::default(), self.teacher_among);
            }
            told
        }
    }

    #[test]
    fn a_class_is_counted_whole_though_a_look_finds_a_third_of_it() {
        let mut class = Class::new();
        assert_eq!(class.goes_on(50, 12, |_| vec![]), None, "too early to tell");
        assert_eq!(class.goes_on(70, 12, |_| vec![]), Some(12));
        let late = |at| vec![person(77, seat(13), at, 0.0)];
        assert_eq!(class.goes_on(200, 12, late), Some(13), "somebody came late");
        assert_eq!(class.goes_on(300, 11, |_| vec![]), Some(11), "two have left");
    }

    #[test]
    fn who_walks_by_and_the_teacher_among_the_desks_are_not_counted() {
        let mut class = Class::new();
        class.goes_on(120, 12, |_| vec![]);
        let walks = |at: Ms| vec![person(50, Area::new((at.0 % 4000) as f32 / 4000.0, 0.2, 0.1, 0.5), at, 0.3)];
        assert_eq!(class.goes_on(200, 12, walks), Some(12));
        class.teacher_among = true;
        let stops = |at| vec![person(51, Area::new(0.42, 0.1, 0.1, 0.5), at, 0.0)];
        assert_eq!(class.goes_on(300, 12, stops), Some(12), "the teacher bends over a desk for minutes");
    }

    #[test]
    fn nobody_counts_outside_the_students_zone_and_nothing_is_known_after_a_blackout() {
        let room = Room::read("students = [[[0.0, 0.0], [1.0, 0.0], [1.0, 0.6], [0.0, 0.6]]]").unwrap();
        let mut attendance = Attendance::default();
        let look = |attendance: &mut Attendance, from: u64, until: u64| {
            let mut told = None;
            for second in from..until {
                let at = Ms::seconds(second);
                let people = vec![person(1, seat(0), at, 0.0), person(2, seat(8), at, 0.0)];
                told = attendance.step(&Seen { at, people, ..Seen::default() }, &room, false);
            }
            told
        };
        assert_eq!(look(&mut attendance, 0, 100), Some(1));
        assert_eq!(look(&mut attendance, 130, 140), None, "the camera was away for half a minute");
    }
}
