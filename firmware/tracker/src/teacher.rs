//! Which of the people is the teacher. Whoever has long been is hard to replace; who is lost is not replaced at once.

use ketang_director::Ms;

use crate::room::{Room, within};
use crate::track::Track;

/// A challenger must be better by this factor against a teacher just chosen, and by this against one who long was.
const BETTER_FIRST: f32 = 1.1;
const BETTER_LATER: f32 = 2.5;
/// Long is so long.
const LONG: Ms = Ms::seconds(30);
/// And must be better for so long.
const INSISTS: Ms = Ms(400);
/// Who was already there when the teacher was lost waits so long: the teacher may come back.
const WAITS: Ms = Ms::seconds(3);
/// Who goes somewhere counts for so much more, at so many own heights in two seconds.
const GOING: f32 = 0.6;
const FAR: f32 = 0.35;
/// Feet where the teacher belongs, and among students.
const AT_HOME: f32 = 2.0;
const AMONG_STUDENTS: f32 = 0.4;
/// Of who stands behind a lectern so much may be hidden, in shares of what is seen; of who is not so much higher than wide, the first is not all.
const HIDDEN: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const UPRIGHT: f32 = 1.9;
/// Who sits among students goes nowhere: who has gone less far is not chosen, nor for so long after: boxes end now above a
/// desk, now below, and tremble.
const SITS: f32 = 0.5;
const SAT: Ms = Ms::seconds(10);

#[derive(Debug, Default)]
pub(crate) struct Choice {
    teacher: Option<u32>,
    /// Who was the teacher last.
    last: Option<u32>,
    since: Ms,
    /// Who would be better, and since when.
    challenger: Option<(u32, Ms)>,
    /// When the teacher was found last, and when lost.
    seen: Ms,
    lost: Option<Ms>,
    /// Who sat among the students lately, and when.
    sat: Vec<(u32, Ms)>,
}

impl Choice {
    pub(crate) fn teacher(&self) -> Option<u32> {
        self.teacher
    }

    pub(crate) fn step(&mut self, at: Ms, tracks: &[Track], room: &Room, aspect: f32) -> Option<u32> {
        let people = || tracks.iter().filter(|track| track.confirmed);
        self.remember_who_sits(at, people(), room, aspect);
        let sits = |track: &Track| self.sat.iter().any(|(id, _)| *id == track.id);
        let worth = |track: &Track| worth(track, room, aspect);
        let best = |of: &mut dyn Iterator<Item = &Track>| {
            of.max_by(|a, b| worth(a).total_cmp(&worth(b))).map(|track| (track.id, worth(track)))
        };
        let Some(current) = people().find(|track| Some(track.id) == self.teacher) else {
            if self.teacher.take().is_some() {
                self.lost = Some(at);
            }
            self.challenger = None;
            // Who came up since the teacher was found last and goes somewhere is the teacher; what leavers leave behind does not go.
            let anew = |track: &Track| track.since > self.seen && going(track, aspect) >= SITS && !track.at_border();
            let waited =
                |track: &Track| self.lost.is_none_or(|lost| track.since >= lost || at - lost >= WAITS || anew(track));
            let may = |track: &&Track| Some(track.id) == self.last || waited(track) && !sits(track);
            if let Some((id, _)) = best(&mut people().filter(may)) {
                (self.teacher, self.last, self.since, self.lost) = (Some(id), Some(id), at, None);
            }
            return self.teacher;
        };
        self.seen = current.seen;
        let held = (at - self.since).as_seconds_f64() / LONG.as_seconds_f64();
        let margin = BETTER_FIRST + (BETTER_LATER - BETTER_FIRST) * held.min(1.0) as f32;
        let others = || people().filter(|track| track.id == current.id || !sits(track));
        let better = best(&mut others()).filter(|(id, value)| *id != current.id && *value > margin * worth(current));
        self.challenger = match (better, self.challenger) {
            (Some((id, _)), Some((same, since))) if id == same && at - since >= INSISTS => {
                (self.teacher, self.last, self.since) = (Some(id), Some(id), at);
                None
            }
            (Some((id, _)), Some((same, since))) if id == same => Some((id, since)),
            (Some((id, _)), _) => Some((id, at)),
            (None, _) => None,
        };
        self.teacher
    }

    fn remember_who_sits<'a>(&mut self, at: Ms, people: impl Iterator<Item = &'a Track>, room: &Room, aspect: f32) {
        self.sat.retain(|(_, since)| at - *since <= SAT);
        for track in people {
            if place(track, room, aspect) == AMONG_STUDENTS && going(track, aspect) < SITS {
                self.sat.retain(|(id, _)| *id != track.id);
                self.sat.push((track.id, at));
            }
        }
    }
}

/// How much somebody looks like the teacher: large, going about, and where the teacher belongs.
fn worth(track: &Track, room: &Room, aspect: f32) -> f32 {
    let going = 1.0 + GOING * going(track, aspect);
    track.area().visible().height * going * place(track, room, aspect) * (0.3 + track.score) * track.steadiness()
}

/// How far somebody has gone lately: 0 for nowhere, 1 for far.
fn going(track: &Track, aspect: f32) -> f32 {
    let (right, down) = track.travelled();
    ((right * aspect).hypot(down) / track.area().visible().height.max(0.05) / FAR).min(1.0)
}

/// What the place that somebody stands at is worth: where the feet are, or would be below what hides them.
fn place(track: &Track, room: &Room, aspect: f32) -> f32 {
    let area = track.area().visible();
    let home = [&room.podium, &room.board, &room.lectern, &room.screen];
    let hidden = &HIDDEN[usize::from(area.height < UPRIGHT * area.width * aspect)..];
    let places = hidden.iter().find_map(|hidden| {
        let feet = (area.centre().0, (area.bottom() + hidden * area.height).min(0.999));
        if home.into_iter().any(|zone| within(zone, feet)) {
            Some(AT_HOME)
        } else {
            within(&room.students, feet).then_some(AMONG_STUDENTS)
        }
    });
    places.unwrap_or(1.0)
}
