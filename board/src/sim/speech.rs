//! A voice that sounds as speech does: syllables with tones, vowels of three formants, consonants of noise, breaths between.
//! It says nothing. A pure function of the speaker and the time.

use std::sync::OnceLock;

use super::space::{bits, chance};

/// Somebody who can speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Speaker {
    seed: u64,
    /// Pitch at rest, in hertz.
    pitch: f32,
}

pub(super) fn teacher(seed: u64) -> Speaker {
    Speaker { seed: seed ^ 0x7ea0, pitch: 128.0 }
}

/// A student, counted from 0.
pub(super) fn student(seed: u64, student: usize) -> Speaker {
    let seed = seed ^ 0x5700 ^ ((student as u64) << 20);
    Speaker { seed, pitch: 205.0 + 45.0 * chance(seed, 0) }
}

/// Seconds from one breath to the next.
const BREATH: f64 = 3.4;
const TABLE: usize = 1024;
/// Pitches that vowels are kept at; between them the nearest is taken.
const PITCHES: [f32; 5] = [95.0, 130.0, 175.0, 230.0, 300.0];
/// Formants in hertz: a, e, i, o, u, ü.
const VOWELS: [[f32; 3]; 6] = [
    [820.0, 1280.0, 2650.0],
    [520.0, 1450.0, 2500.0],
    [300.0, 2250.0, 3000.0],
    [520.0, 900.0, 2450.0],
    [350.0, 760.0, 2350.0],
    [300.0, 1850.0, 2400.0],
];

/// One period of each vowel at each pitch, and a second of hiss.
struct Tables {
    vowels: Vec<[f32; TABLE]>,
    hiss: Vec<f32>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let vowels = VOWELS.iter().flat_map(|formants| PITCHES.map(|pitch| period(formants, pitch))).collect();
        let white = |index: u64| chance(0x4155, index) - 0.5;
        Tables { vowels, hiss: (1..=1 << 15).map(|index| white(index) - 0.7 * white(index - 1)).collect() }
    })
}

fn period(formants: &[f32; 3], pitch: f32) -> [f32; TABLE] {
    let mut wave = [0.0; TABLE];
    let mut harmonic = 1.0;
    while harmonic * pitch < 4200.0 {
        let frequency = harmonic * pitch;
        let widths = [90.0, 120.0, 180.0];
        let resonance: f32 = formants
            .iter()
            .zip(widths)
            .zip([1.0, 0.63, 0.32])
            .map(|((formant, width), gain)| gain / (1.0 + ((frequency - formant) / width).powi(2)))
            .sum();
        let loud = (resonance + 0.02) / harmonic.powf(0.55);
        // Phases that spread the energy over the period keep the wave from being one spike.
        let phase = 0.9 * harmonic * harmonic * 0.11;
        for (index, sample) in wave.iter_mut().enumerate() {
            let angle = std::f32::consts::TAU * harmonic * index as f32 / TABLE as f32;
            *sample += loud * (angle + phase).sin();
        }
        harmonic += 1.0;
    }
    let power = wave.iter().map(|x| x * x).sum::<f32>() / TABLE as f32;
    wave.map(|x| x * 0.16 / power.sqrt())
}

#[derive(Clone, Copy)]
enum Consonant {
    None,
    Nasal,
    Stop,
    Hiss,
}

#[derive(Clone, Copy)]
struct Syllable {
    begin: f64,
    length: f64,
    /// The pitch's course: constant, linear and square term over the syllable, in hertz.
    pitch: [f32; 3],
    vowels: [usize; 2],
    consonant: Consonant,
    /// 0 in a pause.
    loudness: f32,
}

/// The syllable or pause that a moment lies in.
fn syllable(speaker: Speaker, seconds: f64) -> Syllable {
    let breath = (seconds / BREATH).floor();
    let into = seconds - breath * BREATH;
    let place = (breath as i64 as u64).wrapping_mul(64);
    let share = |index: u64| chance(speaker.seed, place.wrapping_add(index));
    let count = 10 + (bits(speaker.seed, place) % 5) as usize;
    let length = 0.205 + 0.03 * f64::from(share(1));
    let index = (into / length) as usize;
    if index >= count {
        let begin = breath * BREATH + count as f64 * length;
        let consonant = Consonant::None;
        return Syllable { begin, length: 9.0, pitch: [100.0, 0.0, 0.0], vowels: [0, 0], consonant, loudness: 0.0 };
    }
    let dice = bits(speaker.seed ^ 0x5711, place.wrapping_add(index as u64 + 8)) as usize;
    // The whole sentence sinks; each syllable has one of the four tones.
    let base = speaker.pitch * (1.14 - 0.24 * index as f32 / count as f32);
    let pitch = match dice % 4 {
        0 => [base * 1.18, 0.0, 0.0],
        1 => [base * 0.95, base * 0.30, 0.0],
        2 => [base * 0.95, -base * 0.5, base * 0.45],
        _ => [base * 1.30, -base * 0.50, 0.0],
    };
    let consonant = [Consonant::None, Consonant::Nasal, Consonant::Stop, Consonant::Hiss][dice / 4 % 4];
    let first = dice / 16 % 6;
    let vowels = [first, if (dice / 96).is_multiple_of(2) { first } else { dice / 192 % 6 }];
    let loudness = 0.75 + 0.35 * share(index as u64 + 30);
    Syllable { begin: breath * BREATH + index as f64 * length, length, pitch, vowels, consonant, loudness }
}

/// Whether the lips are apart.
pub(super) fn mouth_open(speaker: Speaker, seconds: f64) -> bool {
    let syllable = syllable(speaker, seconds);
    let share = (seconds - syllable.begin) / syllable.length;
    syllable.loudness > 0.0 && (0.25..0.8).contains(&share)
}

/// Speaks, sample by sample; remembers the syllable that it is in.
pub(super) struct Mouth {
    speaker: Speaker,
    current: Syllable,
}

impl Mouth {
    pub(super) fn new(speaker: Speaker) -> Mouth {
        Mouth { speaker, current: syllable(speaker, 0.0) }
    }

    /// The sound pressure at a moment, about −20 dBFS in the mean.
    pub(super) fn at(&mut self, seconds: f64) -> f32 {
        let syllable = &self.current;
        let into = seconds - syllable.begin;
        if !(0.0..syllable.length).contains(&into) || syllable.loudness == 0.0 {
            self.current = self::syllable(self.speaker, seconds);
        }
        let syllable = &self.current;
        if syllable.loudness == 0.0 {
            return 0.0;
        }
        let tables = tables();
        let share = ((seconds - syllable.begin) / syllable.length) as f32;
        let [p0, p1, p2] = syllable.pitch;
        let turns = syllable.length as f32 * share * (p0 + share * (p1 / 2.0 + share * p2 / 3.0));
        let index = (turns.fract() * TABLE as f32) as usize % TABLE;
        let near = |vowel: usize| {
            let pitch = PITCHES.iter().position(|&pitch| pitch * 1.15 > p0).unwrap_or(PITCHES.len() - 1);
            tables.vowels[vowel * PITCHES.len() + pitch][index]
        };
        let glide = ((share - 0.35) * 2.5).clamp(0.0, 1.0);
        let vowel = near(syllable.vowels[0]) * (1.0 - glide) + near(syllable.vowels[1]) * glide;
        let hiss = tables.hiss[(seconds * 48_000.0) as usize % tables.hiss.len()];
        let ramp = |from: f32, to: f32| ((share - from) / (to - from)).clamp(0.0, 1.0);
        let fall = 1.0 - ramp(0.72, 1.0);
        let (voiced, noise) = match syllable.consonant {
            Consonant::None => (ramp(0.0, 0.12), 0.0),
            Consonant::Nasal => (0.35 * ramp(0.0, 0.1) + 0.65 * ramp(0.2, 0.32), 0.0),
            Consonant::Stop => (ramp(0.16, 0.26), 0.35 * ramp(0.08, 0.1) * (1.0 - ramp(0.12, 0.24))),
            Consonant::Hiss => (ramp(0.28, 0.42), 0.16 * ramp(0.0, 0.12) * (1.0 - ramp(0.3, 0.42))),
        };
        syllable.loudness * fall * (vowel * voiced + hiss * (noise + 0.012 * voiced))
    }
}
