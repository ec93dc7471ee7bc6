//! The class, look by look: who of it stands or raises a hand, by number alone.
//!
//! Rows of heads lie so close above each other in the picture that nobody can be told by place alone: who stands has the head where
//! somebody of the row behind has theirs. But who stands is as near to the camera as they were in their seat, and so as broad in the
//! picture; and heads of who sits so near are where the rows say (`rows.rs`). Where a head would be of somebody who has risen from a seat, and
//! something new comes, the look at that very picture goes (`suspicion.rs`).
//!
//! ```text
//! found in a look ─► the head is where none was, clearly above the rows: has risen ─► stands, until it is gone from there
//!                ├─► half-way there: every other look, until rising is over
//!                └─► else sits ─► a seat ─► the rows
//! ```

mod hand;
mod risen;
mod rows;
mod seat;
mod suspicion;
#[cfg(test)]
mod tests;

use ketang_director::Ms;
use ketang_director::observation::{Student, Students, Sure, Zone};

use self::hand::Hand;
use self::risen::Risen;
use self::rows::Rows;
use self::seat::Seat;
use self::suspicion::Suspicion;
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
/// Who has risen has the head above their seat, from so much to so much, and the middle beside it, all in breadths of the shoulders (the
/// simulated class rises by 1.1, and bends over its desks by half a breadth).
const RISES: f32 = 0.3;
const HIGHEST: f32 = 2.2;
const BESIDE: f32 = 0.9;
/// Who stands is so much above the rows, beyond a share of what they are in their seat: who is tall there, by so much at most. Who is
/// above them by less may be rising.
const STANDS: f32 = 0.8;
const TALL: f32 = 0.6;
const OWN: f32 = 0.5;
const HALF: f32 = 0.4;
/// Who was higher by so much stands no more.
const SINKS_TO: f32 = 0.6;
/// Rising takes no longer; who seemed to rise and did not is looked at again after so long.
const RISING: Ms = Ms(1000);
const LOOKED_AT_AGAIN: Ms = Ms::seconds(5);
/// A head is where none was if so much of it is new, and is gone from there if less than this is.
const NEW: f32 = 0.4;
const OLD: f32 = 0.35;
/// Who sits in a seat, or has risen still, is as near as this, in widths and in heights.
const NEAR: (f32, f32) = (0.5, 0.35);
/// A seat is none when nobody was found there for so long.
const FORGOTTEN: Ms = Ms::seconds(90);
/// A seat follows who sits there by so much a look, but by so much down: it is where somebody's head is who sits upright, not who bends.
const FOLLOWS: f32 = 0.2;
const SINKS: f32 = 0.02;
/// A hand is up no longer than so after its student was found last: what is followed meanwhile may be something else.
const HAND_SEEN: Ms = Ms::seconds(3);
/// Who stands is told of after so long and so many looks, who raises a hand after so many.
const LASTS: Ms = Ms(150);
const LOOKS: u32 = 2;
/// Who is not found in so many looks that show the place stands no more, nor who was not found for so long. Fewer will do where the
/// head's place looks as before.
const MISSES: u32 = 5;
const MISSES_OLD: u32 = 1;
const UNFOUND: Ms = Ms::seconds(20);
/// Who stands is looked at so often at least.
const LOOKED_AFTER: Ms = Ms::seconds(1);
/// So many do not rise to answer, and when no more than such a part of them stands, they all sit.
const MANY: usize = 6;
const LEFT_OF_MANY: usize = 3;
/// Nobody is kept out of what the class looks like for longer.
const KEPT: Ms = Ms::seconds(180);

/// The class, from picture to picture. Who stands in a students' camera's picture, by number alone.
#[derive(Debug, Default)]
pub struct StudentsObserver {
    /// What the class looks like while everybody sits.
    seated: Motion,
    seats: Vec<Seat>,
    risen: Vec<Risen>,
    hands: Vec<Hand>,
    /// Who may be rising, by the latest look, and who seemed to be lately, since when.
    rises: Option<Area>,
    rising: Vec<(Area, Ms)>,
    /// Whether the look before went to them.
    rose: bool,
    /// So many had risen at once since somebody did.
    most: usize,
    last: Option<Ms>,
    next_id: u32,
    next_seat: u32,
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

/// What a look tells by.
#[derive(Clone, Copy, Debug)]
struct Look {
    close: bool,
    rows: Option<Rows>,
    aspect: f32,
}

/// Whether somebody who stands may have left a seat.
fn is_left(seat: &Seat, risen: &[Risen], aspect: f32) -> bool {
    risen.iter().any(|risen| seat.was_left_by(&risen.head, Some(risen.broad), aspect))
}

impl StudentsObserver {
    /// Takes in a picture before anybody looks at it; returns where the look should go, if that matters: to who may have risen, or may
    /// sit again.
    pub fn glance(&mut self, at: Ms, picture: &Picture, room: &Room) -> Option<Area> {
        let seconds = self.last.map_or(0.0, |last| (at - last).as_seconds_f64() as f32);
        self.last = Some(at);
        let kept = self.risen.iter().filter(|risen| at - risen.since <= KEPT);
        let kept: Vec<Area> = kept.map(|risen| risen.head.with(&risen.found.area).grown(0.2, 0.1)).collect();
        self.seated.see(picture, seconds, &kept, |point| room.masked(point));
        if self.seated.light_changed() {
            self.risen.iter_mut().for_each(|risen| risen.by_looks_alone = true);
        }
        for risen in &mut self.risen {
            risen.old = !risen.by_looks_alone && self.seated.foreground(&risen.head) < OLD;
        }
        let doubtful = |risen: &&Risen| risen.is_doubtful(at);
        let unseen = |risen: &&Risen| at - risen.shown >= LOOKED_AFTER;
        let stands = self.risen.iter().find(doubtful);
        let stands = stands.or_else(|| self.risen.iter().filter(unseen).min_by_key(|risen| risen.shown));
        if let Some(place) = stands.map(Risen::place) {
            return Some(place);
        }
        // By turns: who is half-way up may be so for a while, and who is elsewhere is not to wait for it.
        let rises = self.rises;
        let place = match rises.filter(|_| !self.rose) {
            Some(rises) => Some(rises),
            None => self.suspect(at, picture.aspect()).or(rises),
        };
        self.rose = place.is_some() && place == rises;
        place
    }

    /// Takes in what was seen in the picture, and where the teacher is, if anybody knows: one who stands among the class may be the
    /// teacher.
    pub fn step(&mut self, seen: &Seen, aspect: f32, teacher: Option<Zone>) -> Students {
        let at = seen.at;
        if seen.looked {
            self.look(seen, aspect, teacher);
        }
        self.risen.retain(|risen| {
            let misses = if risen.old { MISSES_OLD } else { MISSES };
            risen.misses < misses && at - risen.seen <= UNFOUND
        });
        self.most = if self.risen.is_empty() { 0 } else { self.most.max(self.risen.len()) };
        if self.most >= MANY && self.risen.len() * LEFT_OF_MANY <= self.most {
            // The class greeted and sits again: who is left over was hidden before, and what it looks like is seen anew.
            (self.seated, self.most) = (Motion::default(), 0);
            self.risen.clear();
        }
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

    /// Where something new came that would be the head of who has risen from a seat: of several such places that which was suspected
    /// the longest ago.
    fn suspect(&mut self, at: Ms, aspect: f32) -> Option<Area> {
        for seat in &mut self.seats {
            let head = seat.risen_head(aspect).filter(|head| seat.is_one() && head.y >= 0.0);
            let new = head.is_some_and(|head| self.seated.foreground(&head) >= NEW);
            seat.suspicion.see(at, new, head.map_or(0.0, |head| self.seated.moved(&head)));
        }
        let risen = &self.risen;
        let due = |seat: &&mut Seat| seat.suspicion.is_due(at, seat.seen) && !is_left(seat, risen, aspect);
        let seat = self.seats.iter_mut().filter(due).min_by_key(|seat| seat.suspicion.looked)?;
        let area = seat.risen_head(aspect)?.with(&seat.area);
        Some(seat.suspicion.look(at, &area))
    }

    fn look(&mut self, seen: &Seen, aspect: f32, teacher: Option<Zone>) {
        let at = seen.at;
        self.rises = None;
        let close = seen.view.is_some_and(|view| view.is_close());
        let alone = matches!(teacher, Some(Zone::Podium | Zone::Board));
        let look = Look { close, rows: Rows::of(&self.seats, aspect), aspect };
        let mut found: Vec<&Detected> = seen.found.iter().filter(|found| found.score >= SURE).collect();
        for risen in &mut self.risen {
            let apart = |found: &Detected| {
                let (right, down) = apart(&risen.found.area, &found.area);
                right + down
            };
            let still = |found: &Detected| {
                let broad = head(found).is_none_or(|head| match look.rows.filter(|_| close) {
                    Some(rows) => as_broad(risen.broad, head.width) && rows.above(&head) > risen.above - SINKS_TO,
                    None => risen.looks_as_broad(&head),
                });
                // Somebody of the row behind, when the place looks as it did with them alone.
                let behind = risen.old && !close;
                broad && !behind && risen.is_still(found, aspect)
            };
            let near = (0..found.len()).filter(|index| still(found[*index]));
            match near.min_by(|a, b| apart(found[*a]).total_cmp(&apart(found[*b]))) {
                Some(index) => risen.found(at, found.swap_remove(index), look),
                None if seen.shows(&risen.found.area) => {
                    risen.misses += 1;
                    risen.shown = if close { at } else { risen.shown };
                }
                None => (),
            }
        }
        // Who sits comes first: nobody has left the seat that they sit in.
        found.sort_by(|a, b| b.area.y.total_cmp(&a.area.y));
        for found in found {
            // Whoever else is found there is hidden by who stands, or a piece of them.
            if !self.risen.iter().any(|risen| risen.is_still(found, aspect)) {
                let head = head(found);
                let above = head.map_or(0.0, |head| self.above(&head, look));
                match head {
                    Some(head) if close && above >= STANDS && self.may_stand(at, &head, look, alone) => {
                        self.next_id += 1;
                        let above = look.rows.map_or(0.0, |rows| rows.above(&head));
                        self.risen.push(Risen::new(self.next_id, at, found, head, above));
                    }
                    // The teacher among them, or somebody whom nobody saw sit.
                    Some(_) if close && above >= STANDS => {}
                    Some(_) if above >= if close { HALF } else { STANDS } && self.rises(at, found) => {}
                    _ => {
                        let head = head.filter(|_| close);
                        self.risen.retain(|risen| {
                            risen.seen == at || !head.is_some_and(|head| risen.would_sit(&head, aspect))
                        });
                        self.sits(at, found, head.map(|head| head.width), aspect);
                    }
                }
            }
        }
        let risen = &self.risen;
        self.seats.retain(|seat| at - seat.seen <= FORGOTTEN || is_left(seat, risen, aspect));
    }

    /// By how many breadths a head is above where it would be of somebody who sits; 0 where nothing is new.
    fn above(&self, head: &Area, look: Look) -> f32 {
        let Some(rows) = look.rows.filter(|_| self.seated.foreground(head) >= NEW) else { return 0.0 };
        // Who is tall in their seat, or broad for how near they are, is so in every look.
        let differs = |seat: &&Seat| seat.differs(head.width).unwrap_or(f32::INFINITY);
        let own = self.seats.iter().filter(|seat| seat.is_one() && seat.is_above(head, -RISES, look.aspect));
        let own = own.filter(|seat| differs(seat) < DOUBTFUL).min_by(|a, b| differs(a).total_cmp(&differs(b)));
        let sat = own.and_then(Seat::head).map_or(0.0, |sat| rows.above(&sat)).max(0.0);
        rows.above(head) - OWN * sat.min(TALL)
    }

    /// Whether who is above the rows is one of the class. Unless the teacher is elsewhere, somebody must have left a seat.
    fn may_stand(&self, at: Ms, head: &Area, look: Look, alone: bool) -> bool {
        let alike = |seat: &&Seat| seat.is_one() && seat.broad.is_some_and(|own| as_broad(own, head.width));
        let left = |seat: &Seat| seat.seen < at && seat.is_above(head, RISES, look.aspect);
        let mut seats = self.seats.iter().filter(alike);
        if alone { seats.next().is_some() } else { seats.any(left) }
    }

    /// Whether somebody who is half-way up may be rising: that takes a moment, and who is there for longer sits so.
    fn rises(&mut self, at: Ms, found: &Detected) -> bool {
        self.rising.retain(|(_, since)| at - *since < LOOKED_AT_AGAIN);
        let since = self.rising.iter().find(|(area, _)| apart(area, &found.area).0 < NEAR.0).map(|(_, since)| *since);
        let since = since.unwrap_or_else(|| {
            self.rising.push((found.area, at));
            at
        });
        let may = at - since <= RISING;
        if may {
            self.rises = self.rises.or(Some(found.area));
        }
        may
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
                suspicion: Suspicion::default(),
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
        (seat.seen, seat.looks) = (at, seat.looks + 1);
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
            if hand.lasts(seen.at) && seen.at - person.seen <= HAND_SEEN && !stands {
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
