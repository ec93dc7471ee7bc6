//! What was seen, in the director's words: where the teacher is, whether the teacher writes or walks, which students stand.
//!
//! States change only after they lasted a moment, so that one bad look is no news.

use ketang_director::Ms;
use ketang_director::observation::{Near, Student, Students, Sure, Teacher, Zone};

use crate::area::Area;
use crate::motion::Motion;
use crate::posture::{faces_away, hand_raised, reaches};
use crate::room::{Room, within};
use crate::watcher::{Person, Seen};

/// A zone, and whether somebody is there, is news after so long; leaving after so long.
const ARRIVES: Ms = Ms(600);
const LEAVES: Ms = Ms(1500);
/// Writing begins and ends after so long: the arm drops between words.
const WRITES: Ms = Ms(800);
const STOPS_WRITING: Ms = Ms::seconds(3);
/// Who goes at so many own heights a second walks.
const WALKS: f32 = 0.25;
/// So much of the board's surface around the teacher moves while writing.
const CHALK: f32 = 0.003;
/// Students stand or raise a hand for this long, and in so many looks, before it is told.
const STANDS: Ms = Ms(500);
const LOOKS: u32 = 2;
/// Who sits or stands at a seat is seen down to where that is: the middle is so near, in its widths, and the lower end, in its heights;
/// those of the row behind end higher, of the row before lower. Who stands has the head so much higher.
const BESIDE: f32 = 0.5;
const DOWN_TO: f32 = 0.5;
const RISEN: f32 = 0.35;
/// From look to look a seat follows who is lower by so much, and who is higher by so much: people slump and stretch.
const SINKS: f32 = 0.1;
const DRIFTS: f32 = 0.1;
/// A seat in which nobody was seen for so long is none.
const FORGOTTEN: Ms = Ms::seconds(60);

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

/// The class, from frame to frame. Who stands in a students' camera's picture, by number alone.
///
/// Desks hide hips and knees, so a posture tells little here. Who stands up is above the place where they sat.
#[derive(Debug, Default)]
pub struct StudentsObserver {
    seats: Vec<Seat>,
    known: Vec<Known>,
}

/// What somebody of the class does.
#[derive(Debug, Default)]
struct Known {
    id: u32,
    stands: Repeated,
    hand: Repeated,
}

/// What was seen in several looks. Between looks a box is a guess and tells nothing.
#[derive(Debug, Default)]
struct Repeated {
    since: Option<Ms>,
    looks: u32,
    against: u32,
}

impl Repeated {
    fn look(&mut self, at: Ms, is: bool) {
        if is {
            self.since.get_or_insert(at);
            (self.looks, self.against) = (self.looks + 1, 0);
        } else {
            self.against += 1;
            if self.against >= LOOKS {
                *self = Self::default();
            }
        }
    }

    fn lasts(&self, at: Ms) -> bool {
        self.looks >= LOOKS && self.since.is_some_and(|since| at - since >= STANDS)
    }
}

/// Where somebody sits.
#[derive(Clone, Copy, Debug)]
struct Seat {
    /// As somebody who sits there is seen.
    area: Area,
    seen: Ms,
}

impl Seat {
    fn is_of(&self, person: &Person) -> bool {
        let (right, down) = self.apart(&person.area);
        right < BESIDE && down < DOWN_TO
    }

    /// How far the middle is to the left or right, in its widths, and the lower end above or below, in its heights.
    fn apart(&self, person: &Area) -> (f32, f32) {
        let right = (self.area.centre().0 - person.centre().0).abs() / self.area.width;
        (right, (self.area.bottom() - person.bottom()).abs() / self.area.height)
    }

    /// How far somebody's head is above where it is when they sit, in heights of who sits there.
    fn rise(&self, person: &Person) -> f32 {
        (self.area.y - person.area.y) / self.area.height
    }
}

impl StudentsObserver {
    pub fn step(&mut self, seen: &Seen) -> Students {
        self.known.retain(|known| seen.people.iter().any(|person| person.id == known.id));
        let risen: Vec<bool> = seen.people.iter().map(|person| self.has_risen(person, seen)).collect();
        let (mut standing, mut hands) = (Vec::new(), Vec::new());
        for (person, risen) in seen.people.iter().zip(risen) {
            let index = self.known.iter().position(|known| known.id == person.id).unwrap_or_else(|| {
                self.known.push(Known { id: person.id, ..Known::default() });
                self.known.len() - 1
            });
            let known = &mut self.known[index];
            if person.seen == seen.at {
                known.stands.look(seen.at, risen);
                known.hand.look(seen.at, hand_raised(person) == Some(true));
            }
            if known.stands.lasts(seen.at) {
                standing.push(student(person));
            } else if known.hand.lasts(seen.at) {
                hands.push(student(person));
            }
        }
        self.learn(seen);
        let heads = u16::try_from(seen.people.len()).ok();
        Students { standing: Some(standing), hands: Some(hands), heads }
    }

    /// Whether somebody is above their seat, and it is not somebody else who walks by.
    fn has_risen(&self, person: &Person, seen: &Seen) -> bool {
        let sits = |seat: &Seat, other: &Person| other.id != person.id && seat.is_of(other) && seat.rise(other) < RISEN;
        self.seat_of(person).is_some_and(|seat| {
            let seat = &self.seats[seat];
            seat.rise(person) >= RISEN && !walks(person) && !seen.people.iter().any(|other| sits(seat, other))
        })
    }

    fn seat_of(&self, person: &Person) -> Option<usize> {
        let apart = |seat: &usize| {
            let (right, down) = self.seats[*seat].apart(&person.area);
            right + down
        };
        let near = |a: &usize, b: &usize| apart(a).total_cmp(&apart(b));
        (0..self.seats.len()).filter(|seat| self.seats[*seat].is_of(person)).min_by(near)
    }

    /// Everybody who stays in a place sits there, until they are seen lower: nobody stands for a whole lesson.
    fn learn(&mut self, seen: &Seen) {
        for person in seen.people.iter().filter(|person| person.seen == seen.at && !walks(person)) {
            let area = person.area;
            match self.seat_of(person).map(|seat| &mut self.seats[seat]) {
                Some(seat) if seat.rise(person) >= RISEN => seat.seen = seen.at,
                Some(seat) => {
                    let share = if area.y > seat.area.y { SINKS } else { DRIFTS };
                    let towards = |old: f32, new: f32| old + share * (new - old);
                    seat.area = Area::new(
                        towards(seat.area.x, area.x),
                        towards(seat.area.y, area.y),
                        towards(seat.area.width, area.width),
                        towards(seat.area.height, area.height),
                    );
                    seat.seen = seen.at;
                }
                None => self.seats.push(Seat { area, seen: seen.at }),
            }
        }
        self.seats.retain(|seat| seen.at - seat.seen <= FORGOTTEN);
    }
}

pub(crate) fn walks(person: &Person) -> bool {
    person.speed.0.abs() > WALKS * person.area.height
}

fn student(person: &Person) -> Student {
    let thousandths = |share: f32| (share.clamp(0.0, 1.0) * 1000.0) as u16;
    let (x, y) = (thousandths(person.area.centre().0), thousandths(person.area.y));
    Student { id: person.id, x, y, sure: Sure::from_share(person.sure) }
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

    fn class(at: u64, people: &[(u32, Area, f32)]) -> Seen {
        let person = |(id, area, pace): &(u32, Area, f32)| Person {
            id: *id,
            area: *area,
            speed: (*pace, 0.0),
            keypoints: Keypoints::default(),
            sure: 0.9,
            seen: Ms(at),
        };
        Seen { at: Ms(at), people: people.iter().map(person).collect(), ..Seen::default() }
    }

    /// Who stands at the last of so many looks, one each 0.25 s.
    fn standing(observer: &mut StudentsObserver, from: u64, looks: u64, people: &[(u32, Area, f32)]) -> Vec<u32> {
        let look = |look| observer.step(&class(from + 250 * look, people)).standing.unwrap();
        (0..looks).map(look).last().unwrap().iter().map(|student| student.id).collect()
    }

    #[test]
    fn who_rises_from_a_seat_stands_and_who_sits_does_not() {
        let seat = Area::new(0.45, 0.5, 0.1, 0.2);
        let up = Area::new(0.45, 0.36, 0.1, 0.34);
        let mut observer = StudentsObserver::default();
        assert_eq!(standing(&mut observer, 0, 8, &[(7, seat, 0.0)]), []);
        assert_eq!(standing(&mut observer, 2000, 2, &[(7, up, 0.0)]), [], "it must last");
        assert_eq!(standing(&mut observer, 2500, 2, &[(7, up, 0.0)]), [7]);
        assert_eq!(
            standing(&mut observer, 3000, 40, &[(9, up, 0.0)]),
            [9],
            "whatever number it has, and as long as it takes"
        );
        assert_eq!(standing(&mut observer, 13_000, 2, &[(9, seat, 0.0)]), []);
        // Straightening up is not standing.
        let straight = Area::new(0.45, 0.46, 0.1, 0.24);
        assert_eq!(standing(&mut observer, 14_000, 8, &[(9, straight, 0.0)]), []);
    }

    #[test]
    fn who_stood_at_first_is_known_to_sit_later() {
        let (up, seat) = (Area::new(0.45, 0.36, 0.1, 0.34), Area::new(0.45, 0.5, 0.1, 0.2));
        let mut observer = StudentsObserver::default();
        assert_eq!(standing(&mut observer, 0, 8, &[(7, up, 0.0)]), [], "nobody was seen to stand up");
        assert_eq!(standing(&mut observer, 2000, 20, &[(7, seat, 0.0)]), []);
        assert_eq!(standing(&mut observer, 7000, 4, &[(7, up, 0.0)]), [7]);
    }

    #[test]
    fn who_sits_in_the_row_behind_does_not_stand_in_the_row_before() {
        let (seat, behind) = (Area::new(0.45, 0.5, 0.1, 0.2), Area::new(0.46, 0.38, 0.08, 0.15));
        let mut observer = StudentsObserver::default();
        assert_eq!(standing(&mut observer, 0, 8, &[(7, seat, 0.0)]), []);
        assert_eq!(standing(&mut observer, 2000, 8, &[(8, behind, 0.0)]), []);
    }

    #[test]
    fn the_teacher_who_walks_by_or_stands_behind_is_no_student() {
        let (seat, tall) = (Area::new(0.45, 0.5, 0.1, 0.2), Area::new(0.44, 0.3, 0.12, 0.5));
        let mut observer = StudentsObserver::default();
        standing(&mut observer, 0, 8, &[(7, seat, 0.0)]);
        assert_eq!(standing(&mut observer, 2000, 8, &[(1, tall, 0.3)]), [], "walks by in front");
        assert_eq!(
            standing(&mut observer, 4000, 8, &[(7, seat, 0.0), (1, tall, 0.0)]),
            [],
            "stands there, and the student sits"
        );
    }
}
