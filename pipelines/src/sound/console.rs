//! The mixing console: samples of all microphones in, numbered blocks of all mixes and levels out.
//!
//! ```text
//!  samples ─► drift ─► join ─┬─► meter
//!  (each microphone)         └─► treatment ─► ear ─► mixer ─► mixed, roles, fallback
//! ```
//! The volume that people set is in the mixer, behind all that listens: cards are metered and echo is cancelled as if nobody had
//! touched it. Of a muted microphone nobody is told that somebody speaks.
//!
//! Pure but for `webrtcdsp`: time comes in as a parameter, everything happens in the caller's thread.

use ketang_hal::role::SoundRole;
use ketang_hal::time::{BLOCK_NS, BLOCK_SAMPLES, MediaTime};

use super::drift::Jump;
use super::ear::Ear;
use super::join::{Join, ROLES, Together, place};
use super::levels::{Level, Levels, Meter, PERIOD_BLOCKS};
use super::mix::{Mixer, State};
use super::process::{Chain, DELAY_BLOCKS};
use super::{SoundBlock, SoundSettings, Volume};
use crate::MediaError;

pub(super) struct Console {
    settings: SoundSettings,
    join: Join,
    strips: [Option<Strip>; ROLES],
    mixer: Mixer,
}

/// What a microphone has on the console for itself.
struct Strip {
    meter: Meter,
    chain: Chain,
    ear: Ear,
    speech: bool,
    /// A failing echo canceller is reported once.
    complained: bool,
}

/// What came out of one step.
pub(super) struct Out {
    /// In the order of `Variant::ALL`; `None` in the first 30 ms.
    pub(super) blocks: Option<[SoundBlock; 3]>,
    pub(super) levels: Option<Levels>,
    pub(super) complaint: Option<(SoundRole, MediaError)>,
}

impl Console {
    pub(super) fn new(settings: SoundSettings, now: MediaTime) -> Self {
        let mixer = Mixer::new(&settings);
        Self { settings, join: Join::new(now), strips: Default::default(), mixer }
    }

    /// Adds a microphone, in place of one with the same role. An error is about its echo canceller: it works without.
    pub(super) fn add(&mut self, role: SoundRole) -> Vec<(SoundRole, MediaError)> {
        self.join.add(role);
        let mut complaints = Vec::new();
        // A line-in is what the others' echo cancellers have waited for.
        let changed = if role == SoundRole::LineIn { &SoundRole::ALL[..] } else { &[role] };
        for &role in changed.iter().filter(|&&role| self.join.has(role)) {
            let reference = self.join.has(SoundRole::LineIn) && role != SoundRole::LineIn;
            let (chain, complaint) = Chain::new(self.settings.treatment(role), reference);
            complaints.extend(complaint.map(|error| (role, error)));
            let strip = Strip { meter: Meter::default(), chain, ear: Ear::default(), speech: false, complained: false };
            self.strips[place(role)] = Some(strip);
        }
        complaints
    }

    pub(super) fn remove(&mut self, role: SoundRole) {
        self.join.remove(role);
        self.strips[place(role)] = None;
    }

    pub(super) fn set_volume(&mut self, role: SoundRole, volume: Volume) {
        self.mixer.set_volume(role, volume);
    }

    pub(super) fn hear(&mut self, role: SoundRole, at: MediaTime, samples: &[f32]) -> Option<Jump> {
        self.join.hear(role, at, samples)
    }

    pub(super) fn lose(&mut self, role: SoundRole) {
        self.join.lose(role);
    }

    pub(super) fn deadline(&self) -> MediaTime {
        self.join.deadline()
    }

    /// The next block, if it is time for it.
    pub(super) fn next(&mut self, now: MediaTime) -> Option<Out> {
        let (number, together) = self.join.take(now)?;
        let (blocks, complaint) = self.treat(together);
        let states = SoundRole::ALL.map(|role| State {
            live: self.join.is_live(role),
            speech: self.strips[place(role)].as_ref().is_some_and(|strip| strip.speech),
        });
        // What leaves the limiter is older than what the microphones just delivered, by a whole number of blocks.
        let mixes = self.mixer.mix(number.saturating_sub(DELAY_BLOCKS), blocks, states);
        let levels = (number % PERIOD_BLOCKS == PERIOD_BLOCKS - 1).then(|| self.read(number));
        Some(Out { blocks: (number >= DELAY_BLOCKS).then_some(mixes), levels, complaint })
    }

    fn treat(&mut self, together: Together) -> ([[f32; BLOCK_SAMPLES]; ROLES], Option<(SoundRole, MediaError)>) {
        let mut blocks = together.map(|block| block.unwrap_or([0.0; BLOCK_SAMPLES]));
        // As it came, whatever its volume: loudspeakers in the room may play on what is muted here.
        let reference = blocks[place(SoundRole::LineIn)];
        let mut complaint = None;
        for (role, block) in SoundRole::ALL.into_iter().zip(&mut blocks) {
            let Some(strip) = &mut self.strips[place(role)] else { continue };
            strip.meter.add(block);
            if let Err(error) = strip.chain.process(block, &reference)
                && !std::mem::replace(&mut strip.complained, true)
            {
                complaint = Some((role, error));
            }
            strip.speech = strip.ear.hear(block) && !self.mixer.volume(role).muted;
        }
        (blocks, complaint)
    }

    fn read(&mut self, number: u64) -> Levels {
        let level = |role| {
            let strip = self.strips[place(role)].as_mut()?;
            let (rms_db, peak_db) = strip.meter.read();
            let (live, volume) = (self.join.is_live(role), self.mixer.volume(role));
            Some(Level { role, live, rms_db, peak_db, speech: strip.speech, volume })
        };
        let microphones = SoundRole::ALL.into_iter().filter_map(level).collect();
        Levels { at: MediaTime((number + 1) * BLOCK_NS), microphones }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Treatment, Variant};
    use std::f64::consts::TAU;

    /// Treatment that leaves a beep as it is.
    fn plain() -> SoundSettings {
        SoundSettings {
            teacher: Treatment::NONE,
            room: Treatment::NONE,
            line: Treatment::NONE,
            ..SoundSettings::default()
        }
    }

    const BEEP_SECONDS: f64 = 0.02;

    /// A beep of 1 kHz in each whole second of true time.
    fn beep(moment: f64) -> f32 {
        let within = moment - moment.floor();
        if within < BEEP_SECONDS { (0.3 * (within * 1000.0 * TAU).sin()) as f32 } else { 0.0 }
    }

    /// Runs a teacher's microphone whose card is `ppm` off and whose samples come `late(n)` seconds late for `seconds`; worst
    /// distance of a beep from its true second, in seconds, and the longest delay from recording to mix.
    fn worst_beep(ppm: f64, seconds: f64, mut late: impl FnMut() -> f64) -> (f64, f64) {
        let mut console = Console::new(plain(), MediaTime::from_seconds(1.0));
        assert!(console.add(SoundRole::TeacherMic).is_empty());
        let rate = 48_000.0 * (1.0 + ppm * 1e-6);
        let (mut worst, mut slowest): (f64, f64) = (0.0, 0.0);
        let mut quiet = true;
        for chunk in 0.. {
            let at = 1.003 + chunk as f64 * 480.0 / rate;
            if at > seconds {
                break;
            }
            let samples: Vec<f32> = (0..480).map(|i| beep(at + i as f64 / rate)).collect();
            let stamp = at + late();
            assert_eq!(console.hear(SoundRole::TeacherMic, MediaTime::from_seconds(stamp), &samples), None);
            let now = at + 0.0105;
            while let Some(out) = console.next(MediaTime::from_seconds(now)) {
                let Some([mixed, ..]) = out.blocks else { continue };
                slowest = slowest.max(now - mixed.start().seconds());
                for (i, pair) in mixed.samples.chunks_exact(2).enumerate() {
                    assert_eq!(pair[0], pair[1]);
                    let moment = mixed.start().seconds() + i as f64 / 48_000.0;
                    // A beep has begun where it is first heard; it is over after half a second.
                    if quiet && pair[0].abs() > 0.02 && moment > 3.0 {
                        quiet = false;
                        worst = worst.max((moment - moment.round()).abs());
                    } else if moment - moment.floor() > 0.5 && moment - moment.floor() < 0.6 {
                        quiet = true;
                    }
                }
            }
        }
        (worst, slowest)
    }

    #[test]
    fn beeps_stay_at_their_true_seconds_on_a_card_that_is_off() {
        let mut seed = 5u32;
        let mut jitter = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24) * 2e-3
        };
        for ppm in [100.0, -500.0] {
            let (exact, delay) = worst_beep(ppm, 600.0, || 0.0);
            let (jittered, _) = worst_beep(ppm, 120.0, &mut jitter);
            println!(
                "{ppm} ppm: beeps {:.2} ms off at worst, {:.2} ms with jitter; {:.0} ms from sound to mix",
                exact * 1e3,
                jittered * 1e3,
                delay * 1e3
            );
            assert!(exact < 1e-3 && jittered < 2e-3, "{exact} {jittered}");
            assert!(delay < 0.1);
        }
    }

    /// Every sample of the mixes after a second in which each microphone had a wave of its own.
    fn heard(console: &mut Console, seconds: std::ops::Range<u64>) -> ([Vec<f32>; 3], Levels) {
        let (mut heard, mut levels) = (<[Vec<f32>; 3]>::default(), Levels::default());
        for chunk in seconds.start * 100..seconds.end * 100 {
            for role in SoundRole::ALL {
                let samples = std::array::from_fn::<_, BLOCK_SAMPLES, _>(|i| 0.1 * (i as f32 * 0.13).sin());
                console.hear(role, MediaTime(chunk * BLOCK_NS), &samples);
            }
            while let Some(out) = console.next(MediaTime((chunk + 1) * BLOCK_NS)) {
                levels = out.levels.unwrap_or(levels);
                for (heard, block) in heard.iter_mut().zip(out.blocks.iter().flatten()) {
                    heard.extend(block.samples);
                }
            }
        }
        (heard, levels)
    }

    #[test]
    fn what_is_muted_is_in_no_mix_and_its_level_says_so() {
        let mut console = Console::new(plain(), MediaTime(0));
        for role in [SoundRole::TeacherMic, SoundRole::RoomMic] {
            console.add(role);
        }
        heard(&mut console, 0..1);
        for role in SoundRole::ALL {
            console.set_volume(role, Volume { gain_db: 20.0, muted: true });
        }
        // 0.1 s for the glide, and what the limiter holds back.
        heard(&mut console, 1..2);
        let (mixes, levels) = heard(&mut console, 2..3);
        assert!(mixes.iter().all(|mix| !mix.is_empty() && mix.iter().all(|sample| *sample == 0.0)));
        for level in levels.microphones {
            assert!(level.live && level.volume.muted && !level.speech && level.heard_db() == (-100.0, -100.0));
            assert!(level.rms_db > -30.0, "what the card delivers is known all the same");
        }
        console.set_volume(SoundRole::TeacherMic, Volume { gain_db: -6.0, muted: false });
        heard(&mut console, 3..4);
        let ([mixed, ..], levels) = heard(&mut console, 4..5);
        let peak = mixed.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((peak - 0.05).abs() < 0.001, "{peak}");
        let teacher = levels.microphones[0];
        assert!((teacher.heard_db().1 - (-26.0)).abs() < 0.3, "{teacher:?}");
    }

    #[test]
    fn a_volume_outlives_its_microphone() {
        let mut console = Console::new(plain(), MediaTime(0));
        console.set_volume(SoundRole::TeacherMic, Volume { gain_db: -6.0, muted: false });
        console.add(SoundRole::TeacherMic);
        console.remove(SoundRole::TeacherMic);
        console.add(SoundRole::TeacherMic);
        heard(&mut console, 0..1);
        let ([mixed, ..], _) = heard(&mut console, 1..2);
        let peak = mixed.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((peak - 0.05).abs() < 0.001, "{peak}");
    }

    #[test]
    fn three_microphones_come_out_together_in_the_order_of_the_variants() {
        let mut console = Console::new(plain(), MediaTime(0));
        for role in SoundRole::ALL {
            console.add(role);
        }
        let mut levels = None;
        let mut last = None;
        for chunk in 0..100u64 {
            for (role, amplitude) in SoundRole::ALL.into_iter().zip([0.1, 0.2, 0.4]) {
                let tone = |i| amplitude * ((i as f32) * std::f32::consts::TAU / 48.0).sin();
                let samples: [f32; BLOCK_SAMPLES] = std::array::from_fn(tone);
                console.hear(role, MediaTime(chunk * BLOCK_NS), &samples);
            }
            while let Some(out) = console.next(MediaTime((chunk + 1) * BLOCK_NS)) {
                levels = out.levels.or(levels);
                last = out.blocks.or(last);
            }
        }
        let levels = levels.expect("levels after a second");
        let expected = [(0.1f32, -20.0), (0.2, -14.0), (0.4, -8.0)];
        for (level, (_, peak)) in levels.microphones.iter().zip(expected) {
            assert!(level.live && !level.speech);
            assert!((level.peak_db - peak).abs() < 0.2 && (level.rms_db - (peak - 3.0)).abs() < 0.2, "{level:?}");
        }
        let blocks = last.expect("blocks after a second");
        let peak = |variant: Variant, channel: usize| {
            let samples = blocks[variant as usize].samples.iter().skip(channel).step_by(2);
            samples.fold(0.0f32, |peak, sample| peak.max(sample.abs()))
        };
        let line = 0.4 * 10f32.powf(-3.0 / 20.0);
        assert!((peak(Variant::Roles, 0) - 0.1).abs() < 0.005);
        assert!((peak(Variant::Roles, 1) - (0.2 + line)).abs() < 0.01);
        assert!((peak(Variant::Fallback, 0) - 0.2).abs() < 0.005);
    }
}
