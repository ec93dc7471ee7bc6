//! What was seen of the teacher, in the director's words: where the teacher is, whether the teacher writes or walks.
//!
//! States change only after they lasted a moment, so that one bad look is no news.

use ketang_director::Ms;
use ketang_director::observation::{Near, Sure, Teacher, Zone};

use crate::area::Area;
use crate::motion::Motion;
use crate::posture::{faces_away, reaches};
use crate::room::{Room, within};
use crate::watcher::{Person, Seen};

/// A zone, and whether somebody is there, is news after so long; leaving after so long.
const ARRIVES: Ms = Ms(600);
const LEAVES: Ms = Ms(1500);
/// Writing begins and ends after so long: the arm drops between words.
const WRITES: Ms = Ms(800);
const STOPS_WRITING: Ms = Ms::seconds(3);
/// Who goes at so many own heights a second walks.
pub(crate) const WALKS: f32 = 0.25;
/// So much of the board's surface around the teacher moves while writing.
const CHALK: f32 = 0.003;
/// A value that must last before it counts.
#[derive(Clone, Copy, Debug)]
struct Lasting<T> {
    value: T,
    next: Option<(T, Ms)>,
}

impl<T: Copy + PartialEq> Lasting<T> {
    fn new(value: T) -> Self {
        Self { value, next: None }
    }

    fn step(&mut self, at: Ms, now: T, after: Ms) -> T {
        self.next = match self.next {
            _ if now == self.value => None,
            Some((next, since)) if next == now => Some((next, since)),
            _ => Some((now, at)),
        };
        if let Some((next, since)) = self.next
            && at - since >= after
        {
            (self.value, self.next) = (next, None);
        }
        self.value
    }
}

/// The teacher, from frame to frame.
#[derive(Debug)]
pub struct TeacherObserver {
    zone: Lasting<Zone>,
    near: Lasting<Option<Near>>,
    writing: Lasting<bool>,
    walking: Lasting<bool>,
}

impl Default for TeacherObserver {
    fn default() -> Self {
        Self {
            zone: Lasting::new(Zone::Absent),
            near: Lasting::new(None),
            writing: Lasting::new(false),
            walking: Lasting::new(false),
        }
    }
}

impl TeacherObserver {
    /// What is to be told after a frame; `closeup` is whether the close-up is on the teacher, if there is one.
    pub fn step(&mut self, seen: &Seen, room: &Room, motion: &Motion, aspect: f32, closeup: Option<bool>) -> Teacher {
        let person = seen.teacher();
        let at = seen.at;
        let zone = person.map_or(Zone::Absent, |person| zone(person, room));
        let zone = self.zone.step(at, zone, if zone == Zone::Absent { LEAVES } else { ARRIVES });
        let near = self.near.step(at, person.and_then(|person| near(person, room)), ARRIVES);
        let writes = person.is_some_and(|person| writes(person, zone, room, motion));
        let writing = self.writing.step(at, writes, if writes { WRITES } else { STOPS_WRITING });
        let walks = person.is_some_and(|person| {
            (person.speed.0 * aspect).hypot(person.speed.1) > WALKS * person.area.height.max(0.05)
        });
        let walking = self.walking.step(at, walks, ARRIVES);
        Teacher {
            zone: Some(zone),
            near,
            writing: Some(writing && zone == Zone::Board),
            walking: Some(walking),
            closeup,
            sure: person.map_or(Sure(60), |person| Sure::from_share(person.sure)),
        }
    }
}

/// Where somebody stands, or the lowest that is seen of them.
pub(crate) fn feet(person: &Person) -> (f32, f32) {
    (person.area.centre().0, person.area.bottom().min(0.999))
}

fn zone(person: &Person, room: &Room) -> Zone {
    let feet = feet(person);
    if within(&room.board, feet) {
        Zone::Board
    } else if !within(&room.podium, feet) && within(&room.students, feet) {
        Zone::Students
    } else {
        Zone::Podium
    }
}

fn near(person: &Person, room: &Room) -> Option<Near> {
    let feet = feet(person);
    let places = [(&room.lectern, Near::Lectern), (&room.screen, Near::Screen), (&room.board, Near::Board)];
    places.iter().find(|(outlines, _)| within(outlines, feet)).map(|(_, near)| *near)
}

/// At the board, the back turned or an arm up, and something moves on the board's surface at arm's length.
fn writes(person: &Person, zone: Zone, room: &Room, motion: &Motion) -> bool {
    let arm = Area::around(
        (person.area.centre().0, person.area.y + 0.25 * person.area.height),
        2.2 * person.area.width,
        0.6 * person.area.height,
    );
    let surface = room.board_surface.is_empty() || room.board_surface.iter().any(|board| board.share_of(&arm) > 0.2);
    let body = faces_away(&person.keypoints) == Some(true) || reaches(&person.keypoints);
    zone == Zone::Board && surface && body && motion.moved(&arm) > CHALK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Keypoints;

    fn seen(at: Ms, area: Option<Area>, keypoints: Keypoints) -> Seen {
        let person = area.map(|area| Person { id: 7, area, speed: (0.0, 0.0), keypoints, sure: 0.9, seen: at });
        Seen {
            at,
            teacher: person.as_ref().map(|person| person.id),
            people: person.into_iter().collect(),
            ..Seen::default()
        }
    }

    fn room() -> Room {
        Room::read(
            "board = [[[0.0, 0.5], [0.5, 0.5], [0.5, 0.7], [0.0, 0.7]]]\n\
             students = [[[0.0, 0.8], [1.0, 0.8], [1.0, 1.0], [0.0, 1.0]]]\n\
             lectern = [[[0.6, 0.5], [0.8, 0.5], [0.8, 0.7], [0.6, 0.7]]]",
        )
        .unwrap()
    }

    #[test]
    fn feet_tell_the_zone_once_they_stay() {
        let mut observer = TeacherObserver::default();
        let mut after = |from: u64, area: Option<Area>| {
            let tell = |at: u64| seen(Ms(from + at * 100), area, Keypoints::default());
            (0..20).map(|at| observer.step(&tell(at), &room(), &Motion::default(), 1.78, None)).last().unwrap()
        };
        let at_board = after(0, Some(Area::new(0.2, 0.2, 0.1, 0.4)));
        assert_eq!((at_board.zone, at_board.near), (Some(Zone::Board), Some(Near::Board)));
        let at_lectern = after(2000, Some(Area::new(0.65, 0.2, 0.1, 0.4)));
        assert_eq!((at_lectern.zone, at_lectern.near), (Some(Zone::Podium), Some(Near::Lectern)));
        assert_eq!(after(4000, Some(Area::new(0.5, 0.4, 0.1, 0.5))).zone, Some(Zone::Students));
        assert_eq!(after(6000, None).zone, Some(Zone::Absent));
    }

    #[test]
    fn one_bad_look_is_no_news() {
        let mut observer = TeacherObserver::default();
        for at in 0..40 {
            let area = (at != 20).then_some(Area::new(0.65, 0.2, 0.1, 0.4));
            let teacher =
                observer.step(&seen(Ms(at * 100), area, Keypoints::default()), &room(), &Motion::default(), 1.78, None);
            assert!(at < 10 || teacher.zone == Some(Zone::Podium), "{at}");
        }
    }
}
