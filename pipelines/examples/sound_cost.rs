//! What the sound desk costs: three microphones and one AAC encoder for some seconds, in percent of one core.
//!
//! `cargo run --release -p ketang-pipelines --example sound_cost [SECONDS]` prints one JSON line for the desk with and without
//! echo cancellation. Not a test: what it prints depends on the machine.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::time::Duration;

use ketang_hal::role::SoundRole;
use ketang_hal::sound::{Heard, SoundSource, Voice};
use ketang_hal::time::BLOCK_SAMPLES;
use ketang_pipelines::clock::MediaClock;
use ketang_pipelines::sound::{SoundDesk, SoundSettings, Variant};

/// The bar, in percent of one core.
const BAR: f64 = 6.0;

/// Hiss whose loudness swells four times a second, as speech does.
struct Babble(u32);

impl Voice for Babble {
    fn fill(&mut self, number: u64, block: &mut [f32; BLOCK_SAMPLES]) -> Heard {
        let swell = ((number % 25) as f32 / 25.0 * std::f32::consts::TAU).sin().max(0.0);
        for sample in block {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (0.01 + 0.2 * swell) * ((self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0);
        }
        Heard::Samples
    }

    fn clock_error_ppm(&self) -> f64 {
        80.0
    }
}

/// Seconds that this process has computed (user and system).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/schedstat")?;
    let own: f64 = stat.split_whitespace().next().ok_or("an empty schedstat")?.parse()?;
    let mut sum = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        sum += stat.split_whitespace().next().ok_or("an empty schedstat")?.parse::<f64>()?;
    }
    Ok(sum.max(own) / 1e9)
}

fn cost(settings: SoundSettings, seconds: u64) -> Result<f64, Box<dyn Error>> {
    let open = |role: SoundRole| -> (SoundRole, ketang_pipelines::sound::Reopen) {
        (role, Box::new(move || Ok(SoundSource::Made(Box::new(Babble(role as u32 + 1))))))
    };
    let desk = SoundDesk::open(&MediaClock::start(), settings, SoundRole::ALL.map(open).into(), |_| {})?;
    let coded = desk.encode(Variant::Mixed)?;
    let begin = coded.next(Duration::from_secs(5))?.pts;
    let before = cpu_seconds()?;
    while coded.next(Duration::from_secs(5))?.pts < begin + seconds * 1_000_000_000 {}
    Ok((cpu_seconds()? - before) / seconds as f64 * 100.0)
}

fn main() -> Result<(), Box<dyn Error>> {
    ketang_pipelines::init()?;
    let seconds = std::env::args().nth(1).map_or(Ok(20), |seconds| seconds.parse())?;
    let mut plain = SoundSettings::default();
    plain.teacher.echo_cancellation = false;
    let mut both = plain.clone();
    both.room.noise_suppression = 0.9;
    for (what, settings) in [
        ("noise suppression on one microphone", plain),
        ("noise suppression on two microphones", both),
        ("noise suppression and echo cancellation on one microphone", SoundSettings::default()),
    ] {
        let percent = cost(settings, seconds)?;
        println!(
            r#"{{"figure": "sound_desk_cpu_percent", "value": {percent:.2}, "bar": {BAR}, "ok": {}, "how": "three microphones, one AAC encoder, {what}"}}"#,
            percent <= BAR
        );
    }
    Ok(())
}
