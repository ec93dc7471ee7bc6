//! What a cut of the power costs: the test of it, in the guest of `scripts/devices` that is killed while a lesson is written to its disk.

use std::process::{Command, Stdio};

use crate::Figure;

/// A line of that test a track: `NAME: 0.12 s of 8.10 s were lost by the power cut`.
const LINE: &str = "were lost by the power cut";

pub(crate) fn measure() -> Vec<Figure> {
    let mut devices = Command::new("scripts/devices");
    devices.args(["--guest", "disk", "power"]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ran = devices.output().expect("scripts/bench runs this beside scripts/devices");
    let said = String::from_utf8_lossy(&ran.stdout);
    if let Some(why) = said.lines().find(|line| line.starts_with("skipped")) {
        eprintln!("bench: {why}");
        return Vec::new();
    }
    let lines: Vec<_> = said.lines().filter(|line| line.contains(LINE)).collect();
    let lost = lines.iter().filter_map(|line| line.split_whitespace().nth(1)?.parse().ok());
    let worst = lost.fold(0.0, f64::max);
    let how = format!("each track, from the last that the host had told of: {}", lines.join("; "));
    vec![Figure::at_most("lost_by_power_cut_s", worst, 1.0, how).if_only(ran.status.success() && !lines.is_empty())]
}
