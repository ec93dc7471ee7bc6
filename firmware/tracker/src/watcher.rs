//! A camera watched: small frames in, people out. When to look with the detector and where, who is who from look to look,
//! and who is the teacher.
//!
//! The detector costs a hundred times what a frame's motion does, so it looks up to six times a second where somebody moves
//! and once where nobody does; the filter of each track fills the gaps. A teacher's camera follows one with care; a class's
//! is looked over part by part, and at once where something moves that nobody accounts for: somebody gets up there.

use ketang_director::Ms;

use crate::appearance::Appearance;
use crate::area::Area;
use crate::detector::{Detected, Detector, DetectorError, Keypoints};
use crate::motion::Motion;
use crate::picture::Picture;
use crate::room::Room;
use crate::teacher::Choice;
use crate::track::{SURE, Track};
use crate::view::{View, aside};

/// From look to look while somebody moves, and while nobody does; longer in proportion where more pixels are looked at.
const LOOK: Ms = Ms(150);
const LOOK_STILL: Ms = Ms::seconds(1);
const LOOK_PIXELS: usize = 96_000;
/// Somebody moves whose box goes on at so many heights a second, or is stirred within.
const MOVES: f32 = 0.08;
/// So much of the picture moves where somebody may come in.
const SOMETHING: f32 = 0.004;
/// Of a class so much must move beside those who are known that it is looked at, and for so long after it came to rest.
const STRAY: f32 = 0.0005;
const ATTENDS: Ms = Ms(2500);
/// What moves in an outline so alike is what moved there before.
const SAME_STIR: f32 = 0.3;
/// Or so much of the box of somebody who is known: they sit down again, which no one sees beside them.
const SITS_DOWN: f32 = 0.2;
/// Around who is known so much may move, in shares of the box.
const FIDGETS: f32 = 0.1;
/// The detector is asked from here on, and may begin a track from here on.
const SURE_ENOUGH: f32 = 0.2;
const BEGINS: f32 = 0.35;
/// A box of which so much lies in one that is known is a piece of the same person.
const PIECE: f32 = 0.6;
/// Who stirs and is not found for so long is gone, wherever the detector looked; it looks over a class in this time.
const UNSEEN: Ms = Ms::seconds(3);
const UNSEEN_IN_CLASS: Ms = Ms::seconds(20);
/// So long after they were lost people are known again by their clothes, if these are so alike.
const REMEMBERED: Ms = Ms::seconds(30);
const ALIKE: f32 = 0.55;
/// What is found where somebody left so lately may be a shadow.
const LEFT: Ms = Ms::seconds(2);
/// What was furniture before is somebody if the detector is so sure. So many things are remembered.
const DOUBTED: f32 = 0.8;
const FURNITURE: usize = 32;
/// Without a detector whatever stands out and is at least so large is taken for somebody, and this sure.
const PIECE_SIZE: f32 = 0.01;
const BY_MOTION: f32 = 0.5;
/// Nobody is wider than so many times their height, in pixels: that is a curtain, or what a projector lights.
const WIDEST: f32 = 1.5;
/// What one look leaves in doubt the next halves, so many times; each look in vain takes so much of what is known.
const DOUBT: f32 = 0.5;
const DOUBTS: u32 = 3;
const IN_VAIN: f32 = 0.8;
/// Where nobody looked meanwhile, so much is left when the time is over after which who stirs is gone.
const UNLOOKED: f32 = 0.6;

/// Somebody who is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The same as long as this person is followed, and when found again soon after.
    pub id: u32,
    /// The part that is in the picture.
    pub area: Area,
    /// Right and down, in picture widths and heights a second.
    pub speed: (f32, f32),
    /// As they were when this person was detected last.
    pub keypoints: Keypoints,
    /// How sure it is that somebody is here, 0 to 1: grows from look to look, falls with looks in vain and with time.
    pub sure: f32,
    /// When this person was detected last.
    pub seen: Ms,
}

/// What is known after a frame.
#[derive(Debug, Default)]
pub struct Seen {
    pub at: Ms,
    pub people: Vec<Person>,
    /// The teacher's id; whoever this is is among the people.
    pub teacher: Option<u32>,
    /// Most of the picture changed at once.
    pub light_changed: bool,
    /// Whether the detector looked at this frame.
    pub looked: bool,
    /// Where it looked, and whom it found there: in the class, who is who cannot be told from place to place.
    pub(crate) view: Option<View>,
    pub(crate) found: Vec<Detected>,
    /// What went wrong with it; the people are then known by motion and memory alone.
    pub failed: Option<DetectorError>,
}

impl Seen {
    pub fn teacher(&self) -> Option<&Person> {
        self.people.iter().find(|person| Some(person.id) == self.teacher)
    }

    /// Whether the detector looked where somebody of a class would be found in this area.
    pub(crate) fn shows(&self, area: &Area) -> bool {
        self.view.is_some_and(|view| view.shows(area))
    }
}

/// Who was lost lately: since when, where, and in what clothes.
#[derive(Debug)]
struct Lost {
    since: Ms,
    id: u32,
    area: Area,
    appearance: Appearance,
}

/// Where something moved in a class, when last, and when the detector looked there.
#[derive(Debug)]
struct Stir {
    area: Area,
    began: Ms,
    moved: Ms,
    looked: Option<Ms>,
    /// How often the detector looked.
    looks: u32,
}

/// Whom a camera watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    Teacher,
    Class,
}

#[derive(Debug)]
pub struct Watcher {
    whom: Whom,
    room: Room,
    motion: Motion,
    tracks: Vec<Track>,
    lost: Vec<Lost>,
    /// Things that look like people, and where; the newest last.
    furniture: Vec<Area>,
    choice: Choice,
    stirs: Vec<Stir>,
    /// Where the next look at a class goes before all others.
    attends: Option<Area>,
    last: Option<Ms>,
    looked: Option<Ms>,
    looks: u32,
    next_id: u32,
}

impl Watcher {
    /// Of a camera on the teacher.
    pub fn new(room: Room) -> Self {
        Self::of(Whom::Teacher, room)
    }

    /// Of a camera on the class: nobody is the teacher.
    pub fn of_class(room: Room) -> Self {
        Self::of(Whom::Class, room)
    }

    fn of(whom: Whom, room: Room) -> Self {
        Self {
            whom,
            room,
            motion: Motion::default(),
            tracks: Vec::new(),
            lost: Vec::new(),
            furniture: Vec::new(),
            choice: Choice::default(),
            stirs: Vec::new(),
            attends: None,
            last: None,
            looked: None,
            looks: 0,
            next_id: 1,
        }
    }

    /// Looks by other zones and masks from the next frame on.
    pub fn set_room(&mut self, room: Room) {
        self.room = room;
    }

    /// The next picture of a class is looked at here, whatever else moves.
    pub fn attend(&mut self, area: Option<Area>) {
        self.attends = area;
    }

    pub fn room(&self) -> &Room {
        &self.room
    }

    /// What moved with the latest frame.
    pub fn motion(&self) -> &Motion {
        &self.motion
    }

    /// Takes in the frame of a time, the frames in their order. Without a detector people are what stands out.
    pub fn see(&mut self, at: Ms, picture: &Picture, detector: Option<&mut dyn Detector>) -> Seen {
        let by_motion = detector.is_none();
        let seconds = self.last.map_or(0.0, |last| (at - last).as_seconds_f64() as f32);
        self.last = Some(at);
        let kept: Vec<Area> = self.tracks.iter().map(|track| track.area().grown(0.2, 0.1)).collect();
        self.motion.see(picture, seconds, &kept, |point| self.room.masked(point));
        for track in &mut self.tracks {
            track.predict(at, seconds, &self.motion);
        }
        let mut seen = Seen { at, light_changed: self.motion.light_changed(), ..Seen::default() };
        let stir = self.stir(at);
        let attends = self.attends.take();
        let view = match (self.whom, attends) {
            (Whom::Class, Some(area)) => View::closely(&area, picture.aspect()),
            (Whom::Teacher, _) => View::of(self.subject().map(|track| track.area()), picture.aspect(), self.looks),
            (Whom::Class, None) => View::of_class(stir, picture.aspect(), self.looks),
        };
        if attends.is_some() || self.is_due(at, &view, stir.is_some()) {
            self.looked = Some(at);
            self.looks = self.looks.wrapping_add(1);
            let also = attends.map(|area| View::widely(&area, picture.aspect()));
            let looked = match detector {
                Some(detector) => view.look_also(also, picture, detector),
                None => Ok(self.pieces(picture.aspect())),
            };
            match looked {
                Ok(found) => seen.found = self.looked_at(at, picture, &view, found),
                Err(error) => seen.failed = Some(error),
            }
            (seen.looked, seen.view) = (true, Some(view));
            for stir in self.stirs.iter_mut().filter(|stir| view.is_close() && view.area.contains(stir.area.centre())) {
                (stir.looked, stir.looks) = (Some(at), stir.looks + 1);
            }
        }
        self.forget(at);
        if self.whom == Whom::Teacher {
            seen.teacher = self.choice.step(at, &self.tracks, &self.room, picture.aspect());
        }
        let there = self.tracks.iter().filter(|track| track.confirmed);
        seen.people = there.map(|track| person(track, self.sure(track, at, by_motion))).collect();
        seen
    }

    /// Who is followed with the greatest care: the teacher, or else the largest.
    fn subject(&self) -> Option<&Track> {
        let chosen = self.tracks.iter().find(|track| Some(track.id) == self.choice.teacher());
        let larger = |a: &&Track, b: &&Track| a.area().height.total_cmp(&b.area().height);
        chosen.or_else(|| self.tracks.iter().filter(|track| track.confirmed).max_by(larger))
    }

    /// Where something moves in a class that nobody who is known accounts for, or somebody sits down; or did a moment ago. Of several such
    /// places that which was looked at the longest ago: somebody always fidgets in the first row.
    fn stir(&mut self, at: Ms) -> Option<Area> {
        if self.whom == Whom::Teacher {
            return None;
        }
        let there = || self.tracks.iter().filter(|track| track.confirmed);
        let known: Vec<Area> = there().map(|track| track.area().grown(FIDGETS, FIDGETS)).collect();
        let stray = self.motion.moved_beside(&known, STRAY);
        let stirred = there().map(|track| track.area().visible()).filter(|area| self.motion.moved(area) > SITS_DOWN);
        for area in stray.into_iter().chain(stirred) {
            match self.stirs.iter_mut().find(|stir| stir.area.iou(&area) > SAME_STIR) {
                Some(stir) => (stir.area, stir.moved) = (area, at),
                None => self.stirs.push(Stir { area, began: at, moved: at, looked: None, looks: 0 }),
            }
        }
        self.stirs.retain(|stir| at - stir.moved <= ATTENDS);
        self.stirs.iter().min_by_key(|stir| (stir.looked, stir.began)).map(|stir| aside(&stir.area, stir.looks))
    }

    fn is_due(&self, at: Ms, view: &View, attends: bool) -> bool {
        let moves = |track: &Track| {
            let (speed, height) = (track.moving.speed(), track.area().height);
            !track.confirmed || track.stirred || speed.0.hypot(speed.1) > MOVES * height
        };
        let busy = attends || self.tracks.iter().any(moves) || self.motion.moved(&Area::WHOLE) > SOMETHING;
        let longer = view.pixels().max(LOOK_PIXELS) as u64;
        let pace = if busy { Ms(LOOK.0 * longer / LOOK_PIXELS as u64) } else { LOOK_STILL };
        self.looked.is_none_or(|looked| at - looked >= pace)
    }

    /// What stands out, as if it were people.
    fn pieces(&self, aspect: f32) -> Vec<Detected> {
        let somebody = |area: &Area| area.width * aspect <= WIDEST * area.height;
        let pieces = self.motion.pieces(PIECE_SIZE).into_iter().filter(somebody).take(3);
        pieces.map(|area| Detected { area, keypoints: Keypoints::default(), score: BY_MOTION }).collect()
    }

    /// Takes in whom a look found; returns who of them may be somebody.
    fn looked_at(&mut self, at: Ms, picture: &Picture, view: &View, mut found: Vec<Detected>) -> Vec<Detected> {
        found.retain(|person| {
            person.score >= SURE_ENOUGH && !self.room.hides(&person.area) && !self.is_furniture(person)
        });
        let pairs = self.pairs(picture, &found);
        let mut matched = vec![false; self.tracks.len()];
        for &(track, index) in &pairs {
            matched[track] = true;
            let alone = |other: &Detected| found[index] == *other || found[index].area.iou(&other.area) < 0.1;
            let look = found.iter().all(alone).then(|| Appearance::of(picture, &found[index].area)).flatten();
            self.tracks[track].found(at, &found[index], look, &self.motion);
        }
        let known: Vec<Area> = pairs.iter().map(|(_, index)| found[*index].area).collect();
        for (track, _) in self.tracks.iter_mut().zip(&matched).filter(|(_, matched)| !**matched) {
            let area = track.area().visible();
            let would_be_found = match self.whom {
                Whom::Teacher => view.covers(&area),
                Whom::Class => view.shows(&area),
            };
            if would_be_found && !self.motion.light_changed() {
                track.missed(known.iter().any(|other| area.share_in(other) > 0.4), &self.motion);
            }
        }
        for (index, person) in found.iter().enumerate() {
            let new = !pairs.iter().any(|(_, paired)| *paired == index) && person.score >= BEGINS;
            if new && !known.iter().any(|other| person.area.share_in(other) > PIECE) {
                self.begin(at, picture, person);
            }
        }
        found
    }

    /// Whether this is a thing that was taken for somebody before, and nobody stands there now.
    fn is_furniture(&self, person: &Detected) -> bool {
        let people = || self.tracks.iter().filter(|track| track.confirmed);
        person.score < DOUBTED
            && self.furniture.iter().any(|thing| thing.iou(&person.area) > 0.5)
            && !people().any(|track| track.area().visible().iou(&person.area) > 0.4)
    }

    /// Which track was found where: the likeliest pairs first, by place and clothes.
    fn pairs(&self, picture: &Picture, found: &[Detected]) -> Vec<(usize, usize)> {
        let looks: Vec<_> = found.iter().map(|person| Appearance::of(picture, &person.area)).collect();
        let mut likely = Vec::new();
        for (t, track) in self.tracks.iter().enumerate() {
            let area = track.area().visible();
            for (f, person) in found.iter().enumerate() {
                let (a, b) = (area.centre(), person.area.centre());
                let apart = ((a.0 - b.0) * picture.aspect()).hypot(a.1 - b.1) / area.height.max(person.area.height);
                let iou = area.iou(&person.area);
                let reach = if track.is_young() { 0.8 } else { 0.35 };
                let sure = person.score >= SURE || track.is_young() && person.score >= BEGINS;
                let near = if sure { iou > 0.15 || apart < reach } else { iou > 0.3 };
                if near {
                    let alike = track.appearance.as_ref().zip(looks[f].as_ref()).map_or(0.0, |(a, b)| a.like(b));
                    likely.push((iou - apart + 0.7 * alike + 0.3 * person.score, t, f));
                }
            }
        }
        likely.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (_, t, f) in likely {
            if !pairs.iter().any(|(track, index)| *track == t || *index == f) {
                pairs.push((t, f));
            }
        }
        pairs
    }

    fn begin(&mut self, at: Ms, picture: &Picture, person: &Detected) {
        let mut track = Track::new(self.next_id, at, person, picture, &self.motion);
        let look = track.appearance.clone();
        let alike = |lost: &Lost| look.as_ref().map_or(0.0, |look| look.like(&lost.appearance));
        let left_here = |lost: &Lost| at - lost.since <= LEFT && lost.area.grown(0.5, 0.2).iou(&person.area) > 0.0;
        track.doubted = self.lost.iter().any(left_here);
        let best = (0..self.lost.len()).max_by(|a, b| alike(&self.lost[*a]).total_cmp(&alike(&self.lost[*b])));
        match best.filter(|best| alike(&self.lost[*best]) >= ALIKE) {
            Some(best) => track.id = self.lost.swap_remove(best).id,
            None => self.next_id += 1,
        }
        self.tracks.push(track);
    }

    fn forget(&mut self, at: Ms) {
        let (things, people) =
            std::mem::take(&mut self.tracks).into_iter().partition::<Vec<_>, _>(|t| t.is_furniture(at));
        self.furniture.extend(things.iter().map(Track::area));
        self.furniture.drain(..self.furniture.len().saturating_sub(FURNITURE));
        let unseen = self.patience();
        let (gone, there) = people.into_iter().partition::<Vec<_>, _>(|track| track.is_gone(at, unseen));
        self.tracks = there;
        self.lost.retain(|lost| at - lost.since <= REMEMBERED);
        let known = gone.into_iter().filter(|track| track.confirmed);
        let lost = |track: Track| {
            Some(Lost { since: at, id: track.id, area: track.area().visible(), appearance: track.appearance? })
        };
        self.lost.extend(known.filter_map(lost));
    }

    /// Who stirs and is not found for so long is gone.
    fn patience(&self) -> Ms {
        match self.whom {
            Whom::Teacher => UNSEEN,
            Whom::Class => UNSEEN_IN_CLASS,
        }
    }

    /// A look's score says how well it saw; that somebody is there is surer the oftener they were found.
    fn sure(&self, track: &Track, at: Ms, by_motion: bool) -> f32 {
        if by_motion {
            return track.score.min(BY_MOTION);
        }
        let doubt = (1.0 - track.score) * DOUBT.powi(track.hits().min(DOUBTS + 1) as i32 - 1);
        let unlooked = ((at - track.seen).as_seconds_f64() / self.patience().as_seconds_f64()).min(1.0) as f32;
        let fades = if track.stirred { 1.0 - (1.0 - UNLOOKED) * unlooked } else { 1.0 };
        (1.0 - doubt) * fades * IN_VAIN.powi(track.misses() as i32)
    }
}

fn person(track: &Track, sure: f32) -> Person {
    Person {
        id: track.id,
        area: track.area().visible(),
        speed: track.moving.speed(),
        keypoints: track.keypoints.clone(),
        sure,
        seen: track.seen,
    }
}
