//! The class, look by look: who of it stands or raises a hand, by number alone.
//!
//! Rows of heads lie so close above each other in the picture that nobody can be told by place alone: who stands has the head where
//! somebody of the row behind has theirs. But who stands is as near to the camera as they were in their seat, and so as broad in the
//! picture; and the head is where none was before. Where a head would be of somebody who has risen from a seat, and something new comes,
//! the next look goes.
//!
//! ```text
//! found in a look ─► the head is where none was, above a seat of somebody as broad: has risen ─► stands, until it is gone from there
//!                └─► else sits ─► a seat
//! ```

mod hand;
#[cfg(test)]
mod tests;

use ketang_director::Ms;
use ketang_director::observation::{Student, Students, Sure};

use self::hand::Hand;
use crate::area::Area;
use crate::detector::{Detected, Part};
use crate::motion::Motion;
use crate::observe::WALKS;
use crate::picture::Picture;
use crate::posture::hand_raised;
use crate::room::Room;
use crate::watcher::{Person, Seen};

/// Who was found with this is believed to be somebody, and shoulders to be where they seem to be.
const SURE: f32 = 0.35;
const SURE_POINT: f32 = 0.2;
/// Two are as broad if neither is so many times as broad as the other; one look may be wrong by so much (a logarithm).
const AS_BROAD: f32 = 1.2;
const DOUBTFUL: f32 = 0.3;
/// Two seats of which this is less (a logarithm) are as far from the camera; one look is less sure.
const SAME: f32 = 0.13;
const LOOKS_SAME: f32 = 0.1;
/// Who has risen has the head above where it was, from so much to so much, and the middle beside it, all in breadths of the shoulders
/// (the simulated class rises by 1.1, and bends over its desks by half a breadth). Who rises is on the way; who sits again has the head
/// so much below its highest.
const RISEN: f32 = 0.75;
const HIGHEST: f32 = 2.2;
const BESIDE: f32 = 0.9;
const RISES: f32 = 0.3;
const RISE: f32 = 1.1;
const SITS_AGAIN: f32 = 0.5;
/// Rising takes no longer; who seemed to rise and did not is looked at again after so long.
const RISING: Ms = Ms(1500);
/// Nobody is up who sat less than this ago.
const RISES_IN: Ms = Ms(300);
const LOOKED_AT_AGAIN: Ms = Ms::seconds(5);
/// What comes above a seat is looked at no oftener than so: somebody of the row behind may be it.
const SUSPECTED_AGAIN: Ms = Ms::seconds(3);
/// A head is where none was if so much of it is new, and is gone from there if less than this is.
const NEW: f32 = 0.4;
const OLD: f32 = 0.35;
/// Who sits in a seat, or has risen still, is as near as this, in widths and in heights.
const NEAR: (f32, f32) = (0.5, 0.35);
/// A seat is one after so many looks, and none when nobody was found there for so long.
const SEAT_LOOKS: u32 = 3;
const FORGOTTEN: Ms = Ms::seconds(90);
/// A seat follows who sits there by so much a look, but by so much down: it is where somebody's head is who sits upright, not who bends.
const FOLLOWS: f32 = 0.2;
const SINKS: f32 = 0.02;
/// Who stands, or raises a hand, is told of after so long and so many looks.
const LASTS: Ms = Ms(400);
const LOOKS: u32 = 2;
/// Who is not found in so many looks that show the place stands no more, nor who was not found for so long. Fewer will do where the
/// head's place looks as before.
const MISSES: u32 = 5;
const MISSES_OLD: u32 = 1;
const UNFOUND: Ms = Ms::seconds(20);
/// Nobody is kept out of what the class looks like for longer.
const KEPT: Ms = Ms::seconds(180);
/// What one look leaves in doubt the next halves, so many times.
const DOUBT: f32 = 0.5;
const DOUBTS: i32 = 3;

/// The class, from picture to picture. Who stands in a students' camera's picture, by number alone.
#[derive(Debug, Default)]
pub struct StudentsObserver {
    /// What the class looks like while everybody sits.
    seated: Motion,
    seats: Vec<Seat>,
    risen: Vec<Risen>,
    hands: Vec<Hand>,
    /// Who may be rising, by the latest look.
    rises: Option<Area>,
    /// Where somebody may have risen, by the latest picture alone.
    suspected: Option<Area>,
    last: Option<Ms>,
    next_id: u32,
    next_seat: u32,
}

/// Where somebody sits, as they are seen there.
#[derive(Clone, Copy, Debug)]
struct Seat {
    number: u32,
    area: Area,
    /// Of who sits there, from shoulder to shoulder in picture widths, once a close look told.
    broad: Option<f32>,
    /// Since when who sits here seems to rise.
    rises: Option<Ms>,
    /// When they were suspected to last.
    suspected: Option<Ms>,
    above: Above,
    since: Ms,
    seen: Ms,
    looks: u32,
}

/// What is where the head would be of who has risen from a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    AsBefore,
    /// Something came.
    New,
    /// Something came, and a look went there.
    LookedAt,
}

/// Somebody who rose from a seat.
#[derive(Clone, Debug)]
struct Risen {
    id: u32,
    found: Detected,
    head: Area,
    /// As it was left.
    seat: Seat,
    /// Where the head was at its highest.
    top: f32,
    since: Ms,
    seen: Ms,
    looks: u32,
    misses: u32,
    /// The head's place looks as before.
    old: bool,
    /// The light changed, and nobody knows what the place looks like without them.
    by_looks_alone: bool,
}

/// How far two middles are apart, in widths of the first, and two heads, in its heights.
fn apart(here: &Area, there: &Area) -> (f32, f32) {
    let right = (here.centre().0 - there.centre().0).abs() / here.width;
    (right, (here.y - there.y).abs() / here.height)
}

fn is_near(here: &Area, there: &Area) -> bool {
    let (right, down) = apart(here, there);
    right < NEAR.0 && down < NEAR.1
}

/// The place of the head, from its top to the shoulders and as broad as they are.
fn head(found: &Detected) -> Option<Area> {
    let [left, right] = [Part::LeftShoulder, Part::RightShoulder].map(|part| found.keypoints.get(part, SURE_POINT));
    let (left, right) = (left?, right?);
    let (broad, middle) = ((left.x - right.x).abs(), (left.x + right.x) / 2.0);
    let height = (left.y + right.y) / 2.0 - found.area.y;
    (broad > 0.0 && height > 0.0).then(|| Area::new(middle - broad / 2.0, found.area.y, broad, height))
}

fn as_broad(here: f32, there: f32) -> bool {
    here < AS_BROAD * there && there < AS_BROAD * here
}

impl Seat {
    /// Whether the head of somebody is above this seat's, by so much at least.
    fn is_above(&self, found: &Area, least: f32, aspect: f32) -> bool {
        let broad = self.breadth();
        let right = (self.area.centre().0 - found.centre().0).abs() / broad;
        right < BESIDE && (least..HIGHEST).contains(&((self.area.y - found.y) / (broad * aspect)))
    }

    /// From shoulder to shoulder; of who was not looked at closely half of the box.
    fn breadth(&self) -> f32 {
        self.broad.unwrap_or(self.area.width / 2.0)
    }

    /// Whether somebody as broad, found there, rose from here.
    fn was_left_by(&self, found: &Area, broad: Option<f32>, aspect: f32) -> bool {
        self.broad.zip(broad).is_some_and(|(own, broad)| as_broad(own, broad)) && self.is_above(found, RISEN, aspect)
    }

    /// By how much somebody so broad is nearer to the camera or farther from it than who sits here; `None` where nobody knows.
    fn differs(&self, broad: f32) -> Option<f32> {
        self.broad.map(|own| (own / broad).ln().abs())
    }

    fn is_one(&self) -> bool {
        self.looks >= SEAT_LOOKS
    }

    /// Where the head of who sits here would be if they rose.
    fn risen_head(&self, aspect: f32) -> Option<Area> {
        let broad = self.broad?;
        let (x, _) = self.area.centre();
        Some(Area::new(x - broad / 2.0, self.area.y - RISE * broad * aspect, broad, broad * aspect / 2.0))
    }
}

impl Risen {
    fn new(id: u32, at: Ms, found: &Detected, head: Area, seat: &Seat) -> Self {
        Self {
            id,
            found: found.clone(),
            head,
            seat: *seat,
            top: found.area.y,
            since: at,
            seen: at,
            looks: 1,
            misses: 0,
            old: false,
            by_looks_alone: false,
        }
    }

    /// Only a close look tells who it is, and so where they are.
    fn found(&mut self, at: Ms, found: &Detected, close: bool) {
        if close {
            self.head = head(found).unwrap_or(self.head);
            self.top = self.top.min(found.area.y);
            self.found = found.clone();
        }
        self.seen = at;
        self.looks += 1;
        self.misses = 0;
    }

    fn lasts(&self, at: Ms) -> bool {
        self.looks >= LOOKS && at - self.since >= LASTS
    }

    /// Whether somebody found is where this one stands.
    fn is_still(&self, found: &Detected, aspect: f32) -> bool {
        let sinks = (found.area.y - self.top) / (self.seat.breadth() * aspect);
        is_near(&self.found.area, &found.area) && sinks < SITS_AGAIN && self.seat.is_above(&found.area, RISES, aspect)
    }

    fn person(&self) -> Person {
        let doubt = (1.0 - self.found.score) * DOUBT.powi((self.looks as i32 - 1).min(DOUBTS));
        Person {
            id: self.id,
            area: self.found.area,
            speed: (0.0, 0.0),
            keypoints: self.found.keypoints.clone(),
            sure: 1.0 - doubt,
            seen: self.seen,
        }
    }
}

impl StudentsObserver {
    /// Takes in a picture and what was seen in it.
    pub fn step(&mut self, seen: &Seen, picture: &Picture, room: &Room) -> Students {
        let at = seen.at;
        let seconds = self.last.map_or(0.0, |last| (at - last).as_seconds_f64() as f32);
        self.last = Some(at);
        let kept = self.risen.iter().filter(|risen| at - risen.since <= KEPT);
        let kept: Vec<Area> = kept.map(|risen| risen.head.with(&risen.found.area).grown(0.2, 0.1)).collect();
        self.seated.see(picture, seconds, &kept, |point| room.masked(point));
        if self.seated.light_changed() {
            self.risen.iter_mut().for_each(|risen| risen.by_looks_alone = true);
        }
        if seen.looked {
            self.look(seen, picture.aspect());
        }
        self.sit_down(at);
        self.suspect(at, picture.aspect());
        let standing =
            self.risen.iter().filter(|risen| risen.lasts(at)).map(|risen| student(&risen.person())).collect();
        let hands = self.hands(seen);
        Students { standing: Some(standing), hands: Some(hands), heads: u16::try_from(seen.people.len()).ok() }
    }

    /// Who was told of by this number, as they were found last.
    pub fn person(&self, id: u32, seen: &Seen) -> Option<Person> {
        let stands = self.risen.iter().find(|risen| risen.id == id).map(Risen::person);
        let hand = || self.hands.iter().find(|hand| hand.id == id);
        let raises = |hand: &Hand| seen.people.iter().find(|person| person.id == hand.person).cloned();
        stands.or_else(|| hand().and_then(raises).map(|person| Person { id, ..person }))
    }

    /// Where the next look should go: to who may have risen, or may sit again.
    pub fn doubtful(&self, at: Ms) -> Option<Area> {
        let doubtful = |risen: &&Risen| risen.old || !risen.lasts(at);
        self.risen.iter().find(doubtful).map(|risen| risen.found.area).or(self.rises).or(self.suspected)
    }

    /// Something new came where a head would be of who has risen from a seat: of several that which was suspected the longest ago.
    fn suspect(&mut self, at: Ms, aspect: f32) {
        for seat in &mut self.seats {
            let new = |head: Area| head.y >= 0.0 && self.seated.foreground(&head) >= NEW;
            let new = seat.is_one() && seat.risen_head(aspect).is_some_and(new);
            seat.above = match (new, seat.above) {
                (false, _) => Above::AsBefore,
                (true, Above::AsBefore) => Above::New,
                (true, above) => above,
            };
        }
        let risen = &self.risen;
        let may = |seat: &&mut Seat| {
            let left = risen.iter().any(|risen| risen.seat.number == seat.number);
            let lately = seat.suspected.is_some_and(|then| at - then < SUSPECTED_AGAIN);
            seat.above == Above::New && !left && !lately
        };
        let seat = self.seats.iter_mut().filter(may).min_by_key(|seat| seat.suspected);
        self.suspected = seat.and_then(|seat| {
            (seat.suspected, seat.above) = (Some(at), Above::LookedAt);
            Some(seat.risen_head(aspect)?.with(&seat.area))
        });
    }

    fn look(&mut self, seen: &Seen, aspect: f32) {
        let at = seen.at;
        self.rises = None;
        let close = seen.view.is_some_and(|view| view.is_close());
        let mut found: Vec<&Detected> = seen.found.iter().filter(|found| found.score >= SURE).collect();
        for risen in &mut self.risen {
            let apart = |found: &Detected| {
                let (right, down) = apart(&risen.found.area, &found.area);
                right + down
            };
            let still = |found: &Detected| {
                let broad = risen
                    .seat
                    .broad
                    .filter(|_| close)
                    .zip(head(found))
                    .is_none_or(|(own, head)| as_broad(own, head.width));
                // Somebody of the row behind, when the place looks as it did with them alone.
                let behind = risen.old && !close;
                broad && !behind && risen.is_still(found, aspect)
            };
            let near = (0..found.len()).filter(|index| still(found[*index]));
            match near.min_by(|a, b| apart(found[*a]).total_cmp(&apart(found[*b]))) {
                Some(index) => risen.found(at, found.swap_remove(index), close),
                None if seen.shows(&risen.found.area) => risen.misses += 1,
                None => (),
            }
        }
        for found in found {
            // Whoever else is found there is hidden by who stands, or a piece of them.
            if !self.risen.iter().any(|risen| risen.is_still(found, aspect)) {
                let head = head(found);
                match head.and_then(|head| Some((head, *self.left_by(at, found, &head, close, aspect)?))) {
                    Some((head, seat)) => {
                        let broad = Some(head.width).filter(|_| close);
                        if seat.was_left_by(&head, broad, aspect) && at - seat.seen >= RISES_IN {
                            self.next_id += 1;
                            self.risen.push(Risen::new(self.next_id, at, found, head, &seat));
                        } else {
                            let measured = broad.zip(seat.broad).is_some_and(|(broad, own)| as_broad(broad, own));
                            self.rises(at, found, seat.number, measured);
                        }
                    }
                    None => self.sits(at, found, head.filter(|_| close).map(|head| head.width), aspect),
                }
            }
        }
        let is_left = |seat: &Seat| self.risen.iter().any(|risen| risen.seat.number == seat.number);
        self.seats.retain(|seat| at - seat.seen <= FORGOTTEN || is_left(seat));
    }

    /// The seat that somebody rises from: their head is where none was, nobody sits there now, and no one as broad sits where they are
    /// found. Only a close look tells how broad somebody is.
    fn left_by(&self, at: Ms, found: &Detected, head: &Area, close: bool, aspect: f32) -> Option<&Seat> {
        if self.seated.foreground(head) < NEW {
            return None;
        }
        let differs = |seat: &&Seat| seat.differs(head.width).unwrap_or(f32::INFINITY);
        let nearest = |a: &&Seat, b: &&Seat| differs(a).total_cmp(&differs(b));
        let as_broad = |seat: &&Seat| !close || differs(seat) < DOUBTFUL;
        let above = |seat: &&Seat| seat.is_one() && seat.seen < at && seat.is_above(head, RISES, aspect);
        let left = self.seats.iter().filter(above).filter(as_broad).min_by(nearest)?;
        if self.is_where_somebody_bends(left, head.width, aspect) {
            return None;
        }
        let mut own = self.seats.iter().filter(|seat| seat.is_one() && is_near(&seat.area, &found.area));
        let is_own = |own: &Seat| own.number != left.number && differs(&own) <= differs(&left);
        (!close || !own.any(is_own)).then_some(left)
    }

    /// Whether a seat lies below another of somebody as far away who is seen there more often, and who is found now is no nearer: that
    /// one bends down to it.
    fn is_where_somebody_bends(&self, seat: &Seat, found: f32, aspect: f32) -> bool {
        let bends = |other: &Seat| {
            let differs = |broad: Option<f32>| broad.and_then(|broad| other.differs(broad)).unwrap_or(f32::INFINITY);
            let same = differs(seat.broad) < SAME && differs(Some(found)) < LOOKS_SAME;
            same && other.looks > seat.looks && seat.is_above(&other.area, RISES, aspect)
        };
        self.seats.iter().any(|other| other.number != seat.number && bends(other))
    }

    /// Somebody may rise from a seat, or is just a little above it. Rising takes a moment; who is there for longer, as close looks tell,
    /// sat bent before and straightened up.
    fn rises(&mut self, at: Ms, found: &Detected, number: u32, measured: bool) {
        let Some(seat) = self.seats.iter_mut().find(|seat| seat.number == number) else { return };
        let since = seat.rises.filter(|since| at - *since < LOOKED_AT_AGAIN).unwrap_or(at);
        seat.rises = Some(since);
        if at - since <= RISING {
            self.rises = self.rises.or(Some(found.area));
        } else if measured {
            (seat.area.y, seat.seen, seat.rises) = (found.area.y, at, None);
        }
    }

    /// Somebody was found in a seat, or in what is one from now on.
    fn sits(&mut self, at: Ms, found: &Detected, broad: Option<f32>, aspect: f32) {
        let area = found.area;
        let apart = |seat: &Seat| {
            let (right, down) = apart(&seat.area, &area);
            right + down
        };
        let seats = self.seats.iter_mut().filter(|seat| is_near(&seat.area, &area));
        let Some(seat) = seats.min_by(|a, b| apart(a).total_cmp(&apart(b))) else {
            self.next_seat += 1;
            self.seats.push(Seat {
                number: self.next_seat,
                area,
                broad,
                rises: None,
                suspected: None,
                above: Above::AsBefore,
                since: at,
                seen: at,
                looks: 1,
            });
            return;
        };
        // Somebody nearer or farther, whose seat this is not.
        if seat.is_one() && seat.broad.zip(broad).is_some_and(|(own, other)| !as_broad(own, other)) {
            return;
        }
        self.risen.retain(|risen| risen.seat.number != seat.number);
        let towards = |old: f32, new: f32| old + FOLLOWS * (new - old);
        let share = if area.y > seat.area.y { SINKS } else { FOLLOWS };
        seat.area = Area::new(
            towards(seat.area.x, area.x),
            seat.area.y + share * (area.y - seat.area.y),
            towards(seat.area.width, area.width),
            towards(seat.area.height, area.height),
        );
        seat.broad = match (seat.broad, broad) {
            (Some(own), Some(newer)) => Some(towards(own, newer)),
            (own, newer) => own.or(newer),
        };
        (seat.seen, seat.looks, seat.rises) = (at, seat.looks + 1, None);
        let seat = *seat;
        // Who seemed to sit above was this one, standing.
        let stood = |other: &Seat| {
            seat.is_one()
                && other.looks < seat.looks
                && other.seen < seat.since
                && seat.was_left_by(&other.area, other.broad, aspect)
        };
        self.seats.retain(|other| other.number == seat.number || !stood(other));
    }

    /// Lets go of who stands no more.
    fn sit_down(&mut self, at: Ms) {
        for risen in &mut self.risen {
            risen.old = !risen.by_looks_alone && self.seated.foreground(&risen.head) < OLD;
        }
        self.risen.retain(|risen| {
            let misses = if risen.old { MISSES_OLD } else { MISSES };
            risen.misses < misses && at - risen.seen <= UNFOUND
        });
    }

    fn hands(&mut self, seen: &Seen) -> Vec<Student> {
        self.hands.retain(|hand| seen.people.iter().any(|person| person.id == hand.person));
        let mut up = Vec::new();
        for person in &seen.people {
            let index = self.hands.iter().position(|hand| hand.person == person.id).unwrap_or_else(|| {
                self.next_id += 1;
                self.hands.push(Hand::new(self.next_id, person.id));
                self.hands.len() - 1
            });
            let hand = &mut self.hands[index];
            if person.seen == seen.at {
                hand.look(seen.at, hand_raised(person) == Some(true));
            }
            let stands = self.risen.iter().any(|risen| is_near(&risen.found.area, &person.area));
            if hand.lasts(seen.at) && !stands {
                up.push(Student { id: hand.id, ..student(person) });
            }
        }
        up
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
