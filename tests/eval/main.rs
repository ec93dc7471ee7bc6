//! `scripts/eval NAME …`: how well the host sees, hears and directs, in figures. Each evaluation ends with one JSON object on the last line.
//!
//! Nothing here fails a build but the tests, which hold the bars that are promised.

#![allow(clippy::print_stdout, reason = "figures are what this program is for")]

mod attendance;
mod clip;
mod closeup;
mod directing;
mod eyes;
mod scenario;
#[cfg(test)]
mod seen;
mod slides;
mod speech;
#[cfg(test)]
mod tests;
mod told;
mod tracking;
mod truth;
mod watching;

/// An evaluation by its name.
struct Evaluation {
    name: &'static str,
    run: fn(&[String]) -> Result<(), String>,
    help: &'static str,
}

const EVALUATIONS: [Evaluation; 6] = [
    Evaluation { name: "directing", run: directing::run, help: directing::HELP },
    Evaluation { name: "attendance", run: attendance::run, help: attendance::HELP },
    Evaluation { name: "closeup", run: closeup::run, help: closeup::HELP },
    Evaluation { name: "tracking", run: tracking::run, help: tracking::HELP },
    Evaluation { name: "slides", run: slides::run, help: slides::HELP },
    Evaluation { name: "speech", run: speech::run, help: speech::HELP },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map(String::as_str).unwrap_or_default();
    let Some(evaluation) = EVALUATIONS.iter().find(|evaluation| evaluation.name == wanted) else {
        let all: Vec<_> = EVALUATIONS.iter().map(|evaluation| format!("eval {}", evaluation.help)).collect();
        eprintln!("eval: there is no evaluation `{wanted}`: use\n{}", all.join("\n"));
        std::process::exit(2);
    };
    if let Err(error) = (evaluation.run)(&arguments[1..]) {
        eprintln!("eval {wanted}: {error}");
        std::process::exit(2);
    }
}
