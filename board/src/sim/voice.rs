//! What each microphone of the simulated room hears. Knows sound, not pictures.
//!
//! Sample `k` of a card whose clock is `e` parts per million fast is what the room sounds like at k / (48000 (1 + e/10⁶))
//! seconds: the room is right, the card is not.

use std::sync::Arc;

use ketang_hal::role::{Role, SoundRole};
use ketang_hal::sound::{Heard, Voice};
use ketang_hal::time::{BLOCK_SAMPLES, SAMPLE_RATE};

use super::room::Shared;
use super::slides;
use super::space::chance;
use super::speech::{self, Mouth};
use super::story::Story;

/// The beep of each full second: 1 kHz, 40 ms, −12 dBFS.
const BEEP_HERTZ: f64 = 1000.0;
const BEEP_SECONDS: f64 = 0.040;
const BEEP_AMPLITUDE: f32 = 0.251;
/// What is heard besides, while there are beeps.
const BESIDE_BEEPS: f32 = 0.25;
/// Echoes of the room: seconds later, and how loud.
const ECHOES: [(f64, f32); 3] = [(0.009, 1.0), (0.031, 0.55), (0.067, 0.3)];

pub(super) struct Microphone {
    shared: Arc<Shared>,
    role: SoundRole,
    /// The teacher close by, or the teacher's echoes.
    mouths: Vec<(Mouth, f64, f32)>,
    /// The student who speaks, by number.
    pupil: Option<(usize, Mouth)>,
    /// A few seconds of the room's own noise.
    air: Vec<f32>,
}

impl Microphone {
    pub(super) fn new(shared: Arc<Shared>, role: SoundRole) -> Microphone {
        let speaker = speech::teacher(shared.settings.seed);
        let mouths = match role {
            SoundRole::TeacherMic => vec![(Mouth::new(speaker), 0.0, 1.0)],
            SoundRole::RoomMic => ECHOES.map(|(later, loud)| (Mouth::new(speaker), later, loud * 0.14)).into(),
            SoundRole::LineIn => Vec::new(),
        };
        let level = match role {
            SoundRole::TeacherMic => 0.0012,
            SoundRole::RoomMic => 0.006,
            SoundRole::LineIn => 0.0001,
        };
        Microphone { air: air(shared.settings.seed ^ role as u64, level), shared, role, mouths, pupil: None }
    }

    /// The sound in the room at a moment, heard from here.
    fn hear(&mut self, story: &Story, seconds: f64) -> f32 {
        let air = self.air[(seconds * f64::from(SAMPLE_RATE)) as usize % self.air.len()];
        let mut sum = air;
        if story.teacher.speaking {
            sum += self.mouths.iter_mut().map(|(mouth, later, loud)| mouth.at(seconds - *later) * *loud).sum::<f32>();
        }
        if let Some((_, mouth)) = &mut self.pupil {
            sum += mouth.at(seconds) * if self.role == SoundRole::RoomMic { 0.55 } else { 0.03 };
        }
        match self.role {
            SoundRole::RoomMic => {
                for &noise in &story.noises {
                    let since = (seconds - noise) as f32;
                    if (0.0..0.35).contains(&since) {
                        // A chair's scrape: rough and short.
                        let rough = (since * 900.0).sin() * (since * 61.0).sin();
                        sum += 0.10 * rough * (1.0 - since / 0.35) * (since * 60.0).min(1.0) + air * 5.0;
                    }
                }
                sum
            }
            SoundRole::LineIn if slides::plays(story.slide) => sum + slides::music(seconds - story.slide_since),
            _ => sum,
        }
    }
}

impl Voice for Microphone {
    fn fill(&mut self, number: u64, block: &mut [f32; BLOCK_SAMPLES]) -> Heard {
        let rate = f64::from(SAMPLE_RATE) * (1.0 + self.clock_error_ppm() * 1e-6);
        let first = number * BLOCK_SAMPLES as u64;
        let begin = first as f64 / rate;
        self.shared.seen_seconds(begin);
        let story = self.shared.with_course(|course| course.story(begin));
        if story.unplugged.contains(&Role::Sound(self.role)) {
            return Heard::Nothing;
        }
        let speaking = story.students.iter().position(|student| student.speaking);
        if speaking != self.pupil.as_ref().map(|(student, _)| *student) {
            let seed = self.shared.settings.seed;
            self.pupil = speaking.map(|student| (student, Mouth::new(speech::student(seed, student))));
        }
        let dead = story.dead.contains(&self.role);
        let beeps = self.shared.settings.beeps;
        for (index, sample) in block.iter_mut().enumerate() {
            let seconds = (first + index as u64) as f64 / rate;
            *sample = if dead { 0.0 } else { self.hear(&story, seconds) };
            if beeps && !dead {
                *sample = *sample * BESIDE_BEEPS + beep(seconds);
            }
            *sample = sample.clamp(-1.0, 1.0);
        }
        Heard::Samples
    }

    fn clock_error_ppm(&self) -> f64 {
        self.shared.settings.sound_clock_ppm
    }
}

/// The beep at a moment; silent but for the first 40 ms of each second.
fn beep(seconds: f64) -> f32 {
    // A sample that lies on the second up to rounding belongs to it.
    let into = seconds - (seconds + 1e-9).floor();
    if into >= BEEP_SECONDS {
        return 0.0;
    }
    BEEP_AMPLITUDE * (std::f64::consts::TAU * BEEP_HERTZ * into).cos() as f32
}

/// Air conditioning and far traffic: low noise with a little hum, looped without a seam.
fn air(seed: u64, level: f32) -> Vec<f32> {
    let length = 3 * SAMPLE_RATE as usize;
    let white: Vec<f32> = (0..length as u64).map(|index| chance(seed, index) - 0.5).collect();
    let mut low = 0.0;
    let mut lower = 0.0;
    let mut noise = vec![0.0; length];
    for round in 0..2 {
        for (index, out) in noise.iter_mut().enumerate() {
            low += 0.08 * (white[index] - low);
            lower += 0.02 * (white[index] - lower);
            if round == 1 {
                let hum = (std::f32::consts::TAU * 100.0 * index as f32 / SAMPLE_RATE as f32).sin();
                *out = level * (low * 4.0 + lower * 6.0 + white[index] * 0.25 + 0.15 * hum);
            }
        }
    }
    noise
}
