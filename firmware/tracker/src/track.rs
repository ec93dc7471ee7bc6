//! One person followed: when somebody is believed to be there, and when to be gone.

use ketang_director::Ms;

use crate::appearance::Appearance;
use crate::area::Area;
use crate::detector::{Detected, Keypoints};
use crate::kalman::Moving;
use crate::motion::Motion;
use crate::picture::Picture;

/// Somebody is believed at once when the detector is so sure, even where nothing moves.
const SURE_AT_ONCE: f32 = 0.8;
/// Or so sure, where so much of the box was not there before.
const SURE_WITH_FOREGROUND: f32 = 0.45;
const FOREGROUND: f32 = 0.35;
/// Else at the second look, if so much of the box moved or stands out: furniture never does,
const STIRS: f32 = 0.04;
const STANDS_OUT: f32 = 0.2;
/// A place is bare where no more differs from the background.
const BARE: f32 = 0.08;
/// Nothing else than noise, below this.
const STILL: f32 = 0.02;
/// and the detector was so sure once; less will do at the border, where people come in piece by piece.
pub(crate) const SURE: f32 = 0.5;
/// What never stirs in so many looks and so long is furniture.
const FURNITURE_LOOKS: u32 = 4;
const FURNITURE_AFTER: Ms = Ms(1500);
/// How many looks in a row somebody may be missed by: when nothing stirred, in the open, at the picture's border, and
/// behind somebody.
const MISSES_STILL: u32 = 6;
const MISSES: u32 = 4;
const MISSES_AT_BORDER: u32 = 2;
const MISSES_BEHIND: u32 = 15;
/// A border is so near, in shares of the picture.
const BORDER: f32 = 0.02;
/// How far back travelling is measured.
const TRAVEL: Ms = Ms::seconds(2);

#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) id: u32,
    pub(crate) moving: Moving,
    pub(crate) appearance: Option<Appearance>,
    pub(crate) keypoints: Keypoints,
    /// How sure the detector was lately, 0 to 1.
    pub(crate) score: f32,
    /// Believed to be somebody.
    pub(crate) confirmed: bool,
    pub(crate) since: Ms,
    pub(crate) seen: Ms,
    /// Something in the box moved since it was seen last.
    pub(crate) stirred: bool,
    lively: bool,
    /// The greatest height seen.
    tallest: f32,
    /// Differed from the background when seen last.
    stood_out: bool,
    hits: u32,
    misses: u32,
    behind: bool,
    /// Began where somebody left a moment ago: may be a shadow or a coat.
    pub(crate) doubted: bool,
    /// Where the head was, lately.
    path: Vec<(Ms, (f32, f32))>,
}

impl Track {
    pub(crate) fn new(id: u32, at: Ms, found: &Detected, picture: &Picture, motion: &Motion) -> Self {
        let mut track = Self {
            id,
            moving: Moving::new(&found.area),
            appearance: Appearance::of(picture, &found.area),
            keypoints: found.keypoints.clone(),
            score: found.score,
            confirmed: false,
            since: at,
            seen: at,
            stirred: false,
            lively: false,
            tallest: found.area.height,
            stood_out: false,
            hits: 1,
            misses: 0,
            behind: false,
            doubted: false,
            path: Vec::new(),
        };
        track.watch(motion);
        let stands_out = motion.foreground(&found.area) >= FOREGROUND;
        track.confirmed = found.score >= SURE_AT_ONCE || found.score >= SURE_WITH_FOREGROUND && stands_out;
        track.step(at);
        track
    }

    pub(crate) fn area(&self) -> Area {
        self.moving.area()
    }

    fn head(&self) -> (f32, f32) {
        let area = self.area();
        (area.centre().0, area.y)
    }

    /// Goes on to a new frame.
    pub(crate) fn predict(&mut self, at: Ms, seconds: f32, motion: &Motion) {
        self.moving.predict(seconds);
        self.watch(motion);
        self.step(at);
    }

    fn watch(&mut self, motion: &Motion) {
        let area = self.area().visible();
        let moved = motion.moved(&area);
        self.stirred |= moved > STILL;
        self.lively |= moved > STIRS || motion.foreground(&area) > STANDS_OUT;
    }

    fn step(&mut self, at: Ms) {
        self.path.push((at, self.head()));
        self.path.retain(|(then, _)| at - *then <= TRAVEL);
    }

    pub(crate) fn found(&mut self, at: Ms, found: &Detected, appearance: Option<Appearance>, motion: &Motion) {
        self.stood_out = motion.foreground(&found.area) > STANDS_OUT;
        self.moving.measure(&found.area);
        self.keypoints = found.keypoints.clone();
        self.score += (found.score - self.score) * 0.3;
        match (&mut self.appearance, appearance) {
            (Some(own), Some(newer)) => own.follow(&newer, 0.1),
            (own @ None, newer) => *own = newer,
            _ => {}
        }
        self.tallest = self.tallest.max(found.area.height);
        self.hits += 1;
        self.misses = 0;
        self.seen = at;
        self.stirred = false;
        let sure = found.score >= SURE || self.at_border() && !self.doubted;
        self.confirmed |= self.lively && self.hits >= 2 && sure || found.score >= SURE_AT_ONCE;
    }

    /// A look at where this one should be did not find it; `behind` somebody else who was found.
    pub(crate) fn missed(&mut self, behind: bool, motion: &Motion) {
        // The background shows again where this one stood out from it: that is as good as a second look.
        let bare = self.stood_out && motion.foreground(&self.area().visible()) < BARE;
        self.misses += if bare { 2 } else { 1 };
        self.behind = behind;
    }

    /// Whether nobody is believed to be here any more. Who stirs must be seen again before `unseen` is over.
    pub(crate) fn is_gone(&self, at: Ms, unseen: Ms) -> bool {
        let out = !Area::WHOLE.contains(self.area().centre());
        let limit = match (self.confirmed, self.stirred) {
            (false, _) => 1,
            _ if self.behind => MISSES_BEHIND,
            (true, false) if !self.at_border() => MISSES_STILL,
            // Who is half out of the picture has left it.
            (true, true) if self.at_border() && self.area().visible().height < 0.5 * self.tallest => 1,
            (true, true) if self.at_border() => MISSES_AT_BORDER,
            _ => MISSES,
        };
        out || self.misses >= limit || self.stirred && at - self.seen > unseen
    }

    pub(crate) fn at_border(&self) -> bool {
        let area = self.area();
        area.x < BORDER || area.right() > 1.0 - BORDER || area.bottom() > 1.0 - BORDER && area.height < 0.3
    }

    /// Whether this is a thing that looks like somebody.
    pub(crate) fn is_furniture(&self, at: Ms) -> bool {
        !self.confirmed && !self.lively && self.hits >= FURNITURE_LOOKS && at - self.since >= FURNITURE_AFTER
    }

    /// A track so young may still be growing into the picture.
    pub(crate) fn is_young(&self) -> bool {
        self.hits < 4
    }

    /// How often it was found, and how often in vain looked for since.
    pub(crate) fn hits(&self) -> u32 {
        self.hits
    }

    pub(crate) fn misses(&self) -> u32 {
        self.misses
    }

    /// How far it is to be believed, having been missed lately.
    pub(crate) fn steadiness(&self) -> f32 {
        1.0 / (1.0 + self.misses as f32)
    }

    /// From where this one was two seconds ago, in picture widths and heights.
    pub(crate) fn travelled(&self) -> (f32, f32) {
        let now = self.head();
        self.path.first().map_or((0.0, 0.0), |(_, then)| (now.0 - then.0, now.1 - then.1))
    }
}
