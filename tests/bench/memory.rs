//! Whether the host's memory grows in the course of a lesson.

use ketang_tests::{Daemon, HostSettings};

use crate::lesson::{lesson_seconds, recorded};
use crate::{Figure, cpu};

/// Shares of the lesson by which everything that is made once has been made, and in which its end is measured.
const SETTLED: f64 = 0.2;
const AT_THE_END: f64 = 0.1;
/// Memory that comes and goes with caches and threads, in MB.
const NOISE_MB: f64 = 10.0;

/// What the growth is called after an hour, and after less.
pub(crate) const AN_HOUR: &str = "memory_growth_mb_per_hour";
pub(crate) const IN_SHORT: &str = "memory_growth_mb";
/// A lesson of so many seconds shows an hour after it has settled.
pub(crate) const FOR_AN_HOUR: f64 = 4500.0;

/// A lesson of five test patterns and two tones with cuts and layouts every five seconds: the drawn room keeps what it drew and
/// would be measured with the host. `KETANG_BENCH_SECONDS=4500` shows an hour after the first fifth.
pub(crate) fn measure() -> Vec<Figure> {
    let length = lesson_seconds();
    let pictures = ["teacher-panorama", "teacher-closeup", "students-panorama", "students-closeup", "hdmi"];
    let sources = pictures.iter().chain(&["teacher-mic", "room-mic"]);
    let settings = sources
        .fold(HostSettings::generic(), |settings, role| settings.set(format!("inputs.{role}.source"), "pattern"));
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    let id = daemon.start_lesson(&["--for", "3h"]);
    let (mut settled, mut ended): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let dual = ["side-by-side", "teacher-panorama", "hdmi"];
    for turn in 0.. {
        let at = recorded(&daemon);
        if at >= length {
            break;
        }
        match turn % 2 {
            0 => daemon.ctl(&["scene", pictures[turn / 2 % pictures.len()]]),
            _ => daemon.ctl(&[&["layout"][..], &dual].concat()),
        };
        let held = cpu::memory_of(daemon.pid()) as f64 / 1e6;
        if (SETTLED..SETTLED + AT_THE_END).contains(&(at / length)) {
            settled.push(held);
        } else if at / length >= 1.0 - AT_THE_END {
            ended.push(held);
        }
        daemon.record_until((at + 5.0).min(length));
    }
    daemon.ctl(&["stop"]);
    daemon.ended_within(&id, std::time::Duration::from_secs(3600));
    let (settled, ended) = (median(&mut settled), median(&mut ended));
    let how = format!(
        "{settled:.0} MB a fifth into a lesson of {length:.0} s with five 1080p patterns, {ended:.0} MB at its end"
    );
    // What a few minutes show is not what an hour would: it goes by another name.
    let figure = if length >= FOR_AN_HOUR { AN_HOUR } else { IN_SHORT };
    vec![Figure::at_most(figure, ended - settled, NOISE_MB, how)]
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
