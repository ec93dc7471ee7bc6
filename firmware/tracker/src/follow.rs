//! Where a calibrated camera that turns must look to show somebody well, and when it is worth a move: not at all while they are well
//! in frame, else once and no faster than an operator would; the wide view where nobody is sure who is where.
//!
//! The rules are the digital close-up's (`dead_band.rs`), in degrees, with what a motor adds: it sets out late, it cannot be taken back,
//! and a long way is not for the audience. Pure: it says where to look, the host tells the camera.

use ketang_director::Ms;

use crate::area::Area;
use crate::calibration::{Aim, Calibration, angle, around, picture};
use crate::dead_band::{DeadBand, FORESEEN, LEAD, LOST_FOR, Off, SURE_FOR, walks};
use crate::watcher::Person;

/// The head may be off by so much of the height.
const OFF_UPRIGHT: f32 = 0.10;
/// On the way a new target counts not oftener than so.
const RETARGET_AFTER: Ms = Ms(600);
/// Who stands where the one before was seen last is the same, whatever the number says.
const SAME: f32 = 0.3;
/// Looking down more steeply than this on somebody shows the top of a head; back from the wide view at less.
const STEEP: f64 = -30.0;
const NOT_STEEP: f64 = -26.0;
/// Who is so high in the camera's widest picture is too close by to be followed; back from the wide view at less.
const CLOSE_BY: f64 = 0.8;
const NOT_CLOSE_BY: f64 = 0.7;
/// A way of so many widths of the picture, or to so many times its size, is too far to be shown live.
const FAR: f64 = 0.75;
const FAR_SIZE: f64 = 1.7;
/// A live move is no faster than so many widths a second, and takes so long at least, in seconds.
const PACE: f64 = 0.6;
const SHORTEST: f64 = 1.2;
/// No camera turns more slowly, in degrees a second.
const SLOWEST: f64 = 2.0;
/// A move that is not shown has this share of the camera's speed.
const UNSEEN: f64 = 0.8;
/// Seconds for which a camera sets out and brakes.
const INERTIA: f64 = 0.4;
/// Whoever has been out of the picture for so long is not shown by it.
const OUT_FOR: Ms = Ms(800);

/// What the camera is, and how far it may turn.
#[derive(Clone, Copy, Debug)]
pub struct Lens {
    /// The height of its picture at its widest, in degrees.
    pub field: f64,
    /// Degrees a second at its greatest speed.
    pub top_speed: f64,
    /// From when somebody was seen until the camera sets out for that.
    pub latency: Ms,
    /// The least and the greatest, in degrees, degrees and factors.
    pub pan: (f64, f64),
    pub tilt: (f64, f64),
    pub zoom: (f64, f64),
}

/// Width over height of every picture.
const ASPECT: f64 = 16.0 / 9.0;

impl Lens {
    /// For a camera whose widest picture is so many degrees wide.
    pub fn of_width(degrees: f64) -> Self {
        const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
        let field = 2.0 * ((degrees / 2.0).to_radians().tan() / ASPECT).atan().to_degrees();
        Self { field, top_speed: 100.0, latency: Ms(300), pan: ANY, tilt: ANY, zoom: (1.0, f64::INFINITY) }
    }

    fn clamp(&self, aim: Aim) -> Aim {
        let within = |value: f64, (least, greatest): (f64, f64)| value.min(greatest).max(least);
        let zoom = within(aim.zoom, self.zoom).max(1.0);
        Aim { pan: within(aim.pan, self.pan), tilt: within(aim.tilt, self.tilt), zoom }
    }

    /// The width of the picture at a zoom, in degrees.
    fn width(&self, zoom: f64) -> f64 {
        let half = (self.height(zoom) / 2.0).to_radians().tan() * ASPECT;
        2.0 * half.atan().to_degrees()
    }

    fn height(&self, zoom: f64) -> f64 {
        picture(self.field, zoom)
    }
}

/// What the camera is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    pub to: Aim,
    /// As a share of its greatest speed.
    pub speed: f64,
    /// Whether the audience may see it move.
    pub live: bool,
}

#[derive(Clone, Debug)]
struct Somebody {
    id: u32,
    since: Ms,
    seen: Ms,
    area: Area,
    /// Was followed already, before somebody else passed.
    is_back: bool,
}

/// Follows with one camera, step by step.
#[derive(Debug)]
pub struct Follow {
    calibration: Calibration,
    lens: Lens,
    /// Somebody must have been the same for so long before they are followed.
    sure_for: Ms,
    somebody: Option<Somebody>,
    /// Who was followed last, and where.
    followed: Option<(u32, Area)>,
    band: DeadBand,
    /// Where it was sent, whether that is close, and when it will be there.
    goal: Option<(Aim, bool)>,
    /// Where it looks, as it told last.
    looks: Option<Aim>,
    set_out: Ms,
    arrives: Ms,
    too_close: bool,
    /// When the one who is followed was in the picture last.
    in_picture: Option<Ms>,
    moves: u32,
}

impl Follow {
    pub fn new(calibration: Calibration, lens: Lens) -> Self {
        Self {
            calibration,
            lens,
            sure_for: SURE_FOR,
            somebody: None,
            followed: None,
            band: DeadBand::new(OFF_UPRIGHT, RETARGET_AFTER),
            goal: None,
            looks: None,
            set_out: Ms::ZERO,
            arrives: Ms::ZERO,
            too_close: false,
            in_picture: None,
            moves: 0,
        }
    }

    /// Of students who stand up to answer: at once, because the audience sees another picture until then.
    pub fn of_students(calibration: Calibration, lens: Lens) -> Self {
        Self { sure_for: Ms::ZERO, ..Self::new(calibration, lens) }
    }

    /// How often it set out from rest.
    pub fn moves(&self) -> u32 {
        self.moves
    }

    /// Forgets where it was sent: somebody else turned the camera since.
    pub fn let_go(&mut self) {
        self.goal = None;
        self.in_picture = None;
    }

    /// Whether the camera shows the one it follows closely, as far as it told where it looks.
    pub fn on_subject(&self, at: Ms) -> bool {
        let close = self.goal.is_some_and(|(_, close)| close);
        close && self.in_picture.is_some_and(|seen| at - seen < OUT_FOR)
    }

    /// What the camera is to do at a time, if anything: `person` as seen last, `looks` as the camera told last.
    pub fn step(&mut self, at: Ms, person: Option<&Person>, looks: Option<Aim>) -> Option<Move> {
        self.remember(at, person);
        self.looks = looks.or(self.looks);
        if let (Some(person), Some(looks)) = (person, looks)
            && self.holds(&looks, person)
        {
            self.in_picture = Some(at);
        }
        let is_sure = |somebody: &Somebody| somebody.is_back || at - somebody.since >= self.sure_for;
        let sure = self.somebody.as_ref().is_some_and(is_sure);
        let lost = self.somebody.as_ref().is_none_or(|somebody| at - somebody.seen >= LOST_FOR);
        match person {
            Some(person) if sure => self.follow(at, person),
            // Another one; the one before may still be in the picture for a moment.
            Some(_) if self.goal.is_some_and(|(_, close)| close) && !self.long_another(at) => None,
            None if !lost => None,
            _ => self.open(at),
        }
    }

    /// Whether somebody else has been there for longer than a moment.
    fn long_another(&self, at: Ms) -> bool {
        self.somebody.as_ref().is_some_and(|somebody| at - somebody.since >= LOST_FOR)
    }

    fn remember(&mut self, at: Ms, person: Option<&Person>) {
        let Some(person) = person else {
            if self.somebody.take_if(|somebody| at - somebody.seen >= LOST_FOR).is_some() {
                self.followed = None;
            }
            return;
        };
        let same = |id: u32, area: &Area| id == person.id || area.iou(&person.area) > SAME;
        let new = !self.somebody.as_ref().is_some_and(|known| same(known.id, &known.area));
        match &mut self.somebody {
            Some(known) if !new => (known.id, known.seen, known.area) = (person.id, at, person.area),
            other => {
                let is_back = self.followed.is_some_and(|(id, area)| same(id, &area));
                *other = Some(Somebody { id: person.id, since: at, seen: at, area: person.area, is_back });
            }
        }
        self.band.see(at, person.area.height, new);
    }

    fn walks(&self, person: &Person) -> bool {
        walks(person.speed.0 * ASPECT as f32, person.area.height)
    }

    /// Where to look for a person, before limits.
    fn wanted(&self, person: &Person) -> Aim {
        let mut area = Area { height: self.band.size(), ..person.area };
        let walks = self.walks(person);
        if walks {
            area.x += person.speed.0 * (FORESEEN + self.lens.latency).as_seconds_f64() as f32;
        }
        let aim = self.calibration.frame(&area, self.lens.field);
        let lead =
            if walks { f64::from(LEAD) * self.lens.width(aim.zoom) * f64::from(person.speed.0.signum()) } else { 0.0 };
        Aim { pan: around(aim.pan + lead), ..aim }
    }

    /// Whether somebody is in the picture of a camera that looks there: their middle, and their head.
    fn holds(&self, looks: &Aim, person: &Person) -> bool {
        let (x, y) = (f64::from(person.area.centre().0), f64::from(person.area.y));
        let head = self.calibration.aim(x, y);
        let (width, height) = (self.lens.width(looks.zoom), self.lens.height(looks.zoom));
        let aside = around(head.0 - looks.pan).abs() * looks.tilt.to_radians().cos();
        aside < width / 2.0 && (head.1 - looks.tilt).abs() < height / 2.0
    }

    fn is_too_close(&mut self, wanted: &Aim, person: &Person) -> bool {
        let (x, top) = (f64::from(person.area.centre().0), f64::from(person.area.y));
        let high = angle(self.calibration.aim(x, top), self.calibration.aim(x, top + f64::from(self.band.size())));
        let (steep, close_by) = if self.too_close { (NOT_STEEP, NOT_CLOSE_BY) } else { (STEEP, CLOSE_BY) };
        self.too_close = wanted.tilt < steep || high > close_by * self.lens.field;
        self.too_close
    }

    fn follow(&mut self, at: Ms, person: &Person) -> Option<Move> {
        self.followed = Some((person.id, person.area));
        let wanted = self.wanted(person);
        if self.is_too_close(&wanted, person) {
            return self.open(at);
        }
        let size = self.lens.clamp(wanted).zoom;
        let Some((goal, true)) = self.goal else { return self.go(at, self.at_zoom(&wanted, size), true) };
        let zooms = self.band.zooms(at, (size / goal.zoom) as f32);
        let to = self.at_zoom(&wanted, if zooms { size } else { goal.zoom });
        let sideways = around(to.pan - goal.pan).abs() * goal.tilt.to_radians().cos() / self.lens.width(goal.zoom);
        let upright = (to.tilt - goal.tilt).abs() / self.lens.height(goal.zoom);
        let off = Off { sideways: sideways as f32, upright: upright as f32 };
        let under_way = (at < self.arrives).then_some(self.set_out);
        let due = self.band.is_due(at, off, zooms, self.walks(person), under_way);
        if due { self.go(at, to, true) } else { None }
    }

    /// The same head room at another zoom.
    fn at_zoom(&self, wanted: &Aim, zoom: f64) -> Aim {
        // The head stays where it is: the middle moves by the difference of what is below it.
        let change = (self.lens.height(wanted.zoom) - self.lens.height(zoom)) * HEAD_ABOVE_MIDDLE;
        self.lens.clamp(Aim { tilt: wanted.tilt + change, zoom, ..*wanted })
    }

    /// To the wide view: the middle of the panorama.
    fn open(&mut self, at: Ms) -> Option<Move> {
        self.band.sets_out();
        if matches!(self.goal, Some((_, false))) {
            return None;
        }
        let (pan, tilt) = self.calibration.aim(0.5, 0.5);
        let wide = self.lens.clamp(Aim { pan, tilt, zoom: 1.0 });
        self.go(at, wide, false)
    }

    fn go(&mut self, at: Ms, to: Aim, close: bool) -> Option<Move> {
        let from = self.goal;
        let way = from.map_or(180.0, |(goal, _)| angle((goal.pan, goal.tilt), (to.pan, to.tilt)));
        let width = self.lens.width(from.map_or(to.zoom, |(goal, _)| goal.zoom.min(to.zoom)));
        let live = from.is_some_and(|(goal, was_close)| {
            was_close && close && way <= FAR * width && (to.zoom / goal.zoom).ln().abs() <= FAR_SIZE.ln()
        });
        // On the way already it may be far behind its goal.
        let left = self.looks.map_or(way, |looks| angle((looks.pan, looks.tilt), (to.pan, to.tilt)));
        let speed = if live { (left / SHORTEST).min(PACE * width).max(SLOWEST) } else { UNSEEN * self.lens.top_speed };
        let takes = Ms(((left / speed + INERTIA) * 1000.0) as u64) + self.lens.latency;
        self.moves += u32::from(at >= self.arrives);
        (self.goal, self.set_out, self.arrives) = (Some((to, close)), at, at + takes);
        self.band.sets_out();
        Some(Move { to, speed: (speed / self.lens.top_speed).min(1.0), live })
    }
}

/// The head is so much of the picture's height above its middle: half of it less the head room.
const HEAD_ABOVE_MIDDLE: f64 = 0.5 - crate::calibration::HEAD_ROOM;

#[cfg(test)]
mod tests;
