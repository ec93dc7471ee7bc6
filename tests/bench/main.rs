//! `scripts/bench [NAME …]`: the project's figures, one JSON line each.
//!
//! A figure is a ratio or a count taken in one run of the real programs on the simulated room; nothing here fails a build.

mod cpu;
mod lesson;
mod memory;
mod observation;
mod panel;
mod peers;
mod power;

use serde::Serialize;

/// One line of output.
#[derive(Serialize)]
struct Figure {
    figure: &'static str,
    value: f64,
    bar: f64,
    ok: bool,
    how: String,
}

impl Figure {
    fn at_most(figure: &'static str, value: f64, bar: f64, how: impl Into<String>) -> Self {
        Self { figure, value, bar, ok: value <= bar, how: how.into() }
    }

    fn at_least(figure: &'static str, value: f64, bar: f64, how: impl Into<String>) -> Self {
        Self { figure, value, bar, ok: value >= bar, how: how.into() }
    }

    /// Nothing is shown by a run in which this is not so, whatever the value.
    fn if_only(self, shown: bool) -> Self {
        Self { ok: self.ok && shown, ..self }
    }
}

/// A run of the programs that gives several figures.
struct Run {
    figures: &'static [&'static str],
    measure: fn() -> Vec<Figure>,
}

const RUNS: [Run; 7] = [
    Run { figures: &["host_over_encoders", "ffmpeg_over_host"], measure: peers::measure },
    Run {
        figures: &["frames_wrong", "sound_offset_ms", "encode_delay_p99_ms", "cut_frames"],
        measure: lesson::measure,
    },
    Run { figures: &[memory::AN_HOUR, memory::IN_SHORT], measure: memory::measure },
    Run { figures: &["lost_by_kill_s"], measure: lesson::measure_kill },
    Run { figures: &["lost_by_power_cut_s"], measure: power::measure },
    Run { figures: &["observation_cores"], measure: observation::measure },
    Run { figures: &["panel_cpu", "panel_latency_p95_ms"], measure: panel::measure },
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let known: Vec<_> = RUNS.iter().flat_map(|run| run.figures).collect();
    if let Some(unknown) = wanted.iter().find(|name| !known.iter().any(|figure| *figure == name)) {
        eprintln!("bench: there is no figure `{unknown}`: use {known:?}");
        std::process::exit(2);
    }
    if wanted.iter().any(|name| name == memory::AN_HOUR) && lesson::lesson_seconds() < memory::FOR_AN_HOUR {
        eprintln!(
            "bench: {} needs more than an hour: set KETANG_BENCH_SECONDS={}",
            memory::AN_HOUR,
            memory::FOR_AN_HOUR
        );
        std::process::exit(2);
    }
    let is_wanted = |figure: &str| wanted.is_empty() || wanted.iter().any(|name| name == figure);
    for run in RUNS.iter().filter(|run| run.figures.iter().any(|figure| is_wanted(figure))) {
        for figure in (run.measure)().into_iter().filter(|figure| is_wanted(figure.figure)) {
            say(&figure);
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
fn say(figure: &Figure) {
    println!("{}", serde_json::to_string(figure).expect("a figure is plain data"));
}
