//! What the coded stream tells before it is decoded: codec, rate, order, timestamps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ketang_hal::figures::Stretch;

use super::decode::Unit;

/// H.264 reorders over 16 frames at most.
const MOST_REORDERED: usize = 16;
/// So many intervals tell how far apart frames should be.
const INTERVALS_TO_LEARN: usize = 25;
/// A hole begins where the next unit comes later than this many units.
const HOLE: f64 = 1.5;
const MOST_HOLES: usize = 1000;
/// AAC blocks of 1024 samples in about a second, over which the rate is called constant or not.
const WINDOW_NS: u64 = 1_000_000_000;

pub(super) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// Codec and profile as this project names them.
pub(super) fn codec(caps: &gst::CapsRef) -> (String, Option<String>) {
    let Some(structure) = caps.structure(0) else { return (String::new(), None) };
    let version = structure.get::<i32>("mpegversion").unwrap_or(0);
    let name = match (structure.name().as_str(), version) {
        ("audio/mpeg", 2 | 4) => "aac",
        ("audio/mpeg", _) => match structure.get::<i32>("layer") {
            Ok(3) => "mp3",
            _ => "mpeg-audio",
        },
        ("video/mpeg", 4) => "mpeg4",
        ("video/mpeg", _) => "mpeg2",
        (name, _) => name.split_once('/').map_or(name, |(_, name)| name.trim_start_matches("x-")),
    };
    (name.to_owned(), structure.get::<String>("profile").ok())
}

/// Timestamps of one stream, put into the order in which they are shown.
#[derive(Default)]
pub(super) struct Timing {
    waiting: BinaryHeap<Reverse<u64>>,
    latest: Option<u64>,
    shown: Option<u64>,
    decode_at: Option<u64>,
    learning: Vec<(u64, u64)>,
    /// How far apart units are, in nanoseconds, once it is known.
    nominal: Option<u64>,
    pub(super) first: Option<u64>,
    pub(super) last: Option<u64>,
    pub(super) shortest: Option<u64>,
    pub(super) longest: Option<u64>,
    pub(super) reordered: bool,
    pub(super) out_of_order: bool,
    pub(super) holes: Vec<Stretch>,
}

impl Timing {
    pub(super) fn see(&mut self, unit: &Unit<'_>) {
        self.out_of_order |= matches!((self.decode_at, unit.decode_at), (Some(last), Some(now)) if now < last);
        self.decode_at = unit.decode_at.or(self.decode_at);
        let Some(at) = unit.at else { return };
        self.reordered |= self.latest.is_some_and(|latest| at < latest);
        self.latest = self.latest.max(Some(at));
        self.waiting.push(Reverse(at));
        if self.waiting.len() > MOST_REORDERED {
            self.show();
        }
    }

    fn show(&mut self) {
        let Some(Reverse(at)) = self.waiting.pop() else { return };
        self.first.get_or_insert(at);
        if let Some(before) = self.shown {
            self.out_of_order |= at <= before;
            let interval = at.saturating_sub(before);
            self.shortest = Some(self.shortest.map_or(interval, |shortest| shortest.min(interval)));
            self.longest = self.longest.max(Some(interval));
            match self.nominal {
                Some(nominal) => self.hole(before, at, nominal),
                None => {
                    self.learning.push((before, at));
                    if self.learning.len() == INTERVALS_TO_LEARN {
                        self.learn();
                    }
                }
            }
        }
        self.shown = self.shown.max(Some(at));
        self.last = self.shown;
    }

    fn learn(&mut self) {
        let mut intervals: Vec<u64> = self.learning.iter().map(|(before, at)| at.saturating_sub(*before)).collect();
        intervals.sort_unstable();
        let Some(&nominal) = intervals.get(intervals.len() / 2) else { return };
        self.nominal = Some(nominal);
        for (before, at) in std::mem::take(&mut self.learning) {
            self.hole(before, at, nominal);
        }
    }

    fn hole(&mut self, before: u64, at: u64, nominal: u64) {
        if at.saturating_sub(before) as f64 > nominal as f64 * HOLE && self.holes.len() < MOST_HOLES {
            self.holes.push(Stretch { from: seconds(before + nominal), to: seconds(at) });
        }
    }

    /// No more comes: what waits is shown. Returns the usual distance of units, in nanoseconds.
    pub(super) fn finish(&mut self) -> Option<u64> {
        while !self.waiting.is_empty() {
            self.show();
        }
        if self.nominal.is_none() {
            self.learn();
        }
        self.nominal
    }
}

/// One coded stream.
#[derive(Default)]
pub(super) struct Coded {
    pub(super) codec: String,
    pub(super) profile: Option<String>,
    pub(super) units: u64,
    pub(super) timing: Timing,
    bytes: u64,
    last_duration: u64,
    last_key: Option<u64>,
    key_interval: u64,
    window: Window,
    /// The parser says that fields alternate.
    pub(super) interlaced: bool,
}

/// The rate second by second.
#[derive(Default)]
struct Window {
    bytes: u64,
    ns: u64,
    count: u64,
    lowest: Option<f64>,
    highest: Option<f64>,
}

impl Window {
    fn see(&mut self, bytes: u64, ns: u64) {
        self.bytes += bytes;
        self.ns += ns;
        if self.ns >= WINDOW_NS {
            let kbit_s = self.bytes as f64 * 8e6 / self.ns as f64;
            // An encoder that has just begun has saved up bits; its first second says nothing.
            if self.count > 0 {
                self.lowest = Some(self.lowest.map_or(kbit_s, |lowest| lowest.min(kbit_s)));
                self.highest = Some(self.highest.map_or(kbit_s, |highest| highest.max(kbit_s)));
            }
            (self.bytes, self.ns, self.count) = (0, 0, self.count + 1);
        }
    }
}

impl Coded {
    pub(super) fn see(&mut self, unit: &Unit<'_>) {
        if self.codec.is_empty() {
            (self.codec, self.profile) = codec(unit.caps);
        }
        if let Some(mode) = unit.caps.structure(0).and_then(|caps| caps.get::<&str>("interlace-mode").ok()) {
            self.interlaced |= mode != "progressive";
        }
        self.timing.see(unit);
        let Some(at) = unit.at else { return };
        self.units += 1;
        self.bytes += unit.bytes;
        self.last_duration = unit.duration.unwrap_or(self.last_duration);
        self.window.see(unit.bytes, self.last_duration);
        if unit.key {
            self.key_interval = self.key_interval.max(at.saturating_sub(self.last_key.unwrap_or(at)));
            self.last_key = Some(at);
        }
    }

    /// Begin and end of what is shown, in seconds. To be asked once nothing more comes.
    pub(super) fn span(&mut self) -> (f64, f64) {
        let last_lasts = self.timing.finish().unwrap_or(self.last_duration);
        let begins = self.timing.first.map_or(0.0, seconds);
        (begins, self.timing.last.map_or(begins, |last| seconds(last + last_lasts)))
    }

    pub(super) fn kbit_s(&self, lasts: f64) -> f64 {
        if lasts > 0.0 { self.bytes as f64 * 8e-3 / lasts } else { 0.0 }
    }

    /// The lowest and highest second, in kbit/s; the average where it lasted too short to tell.
    pub(super) fn kbit_s_range(&self, average: f64) -> (f64, f64) {
        (self.window.lowest.unwrap_or(average), self.window.highest.unwrap_or(average))
    }

    /// Longest stretch from key frame to key frame, the last one to the end.
    pub(super) fn key_interval(&self, ends: f64) -> f64 {
        let open = self.last_key.map_or(0.0, |last| ends - seconds(last));
        seconds(self.key_interval).max(open)
    }
}
