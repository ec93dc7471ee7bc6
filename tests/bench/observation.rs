//! What watching costs: one camera on the teacher, one on the students, with the detector of people.

use ketang_tests::{Daemon, HostSettings};

use crate::{Figure, cpu};

/// The eyes are measured over this much of a lesson, in seconds, in which the teacher walks, writes and asks.
const MEASURED: f64 = 60.0;
const BEGINS: f64 = 10.0;

pub(crate) fn measure() -> Vec<Figure> {
    let Ok(models) = std::env::var("KETANG_MODELS") else {
        eprintln!("bench: skipped: the models are missing: run scripts/models");
        return Vec::new();
    };
    let settings = HostSettings::room()
        .set("sim.inputs", "[\"teacher-panorama\", \"students-panorama\", \"teacher-mic\"]")
        .set("recording.tracks", "[]")
        .set("directing.mode", "automatic")
        .set("directing.models", format!("{models:?}"));
    let daemon = Daemon::start(&settings);
    daemon.wait_until_live();
    daemon.start_lesson(&["--for", "1h"]);
    daemon.record_until(BEGINS);
    let before = cpu::of_threads(daemon.pid(), "eye ");
    daemon.record_until(BEGINS + MEASURED);
    let cores = (cpu::of_threads(daemon.pid(), "eye ") - before).as_secs_f64() / MEASURED;
    let how = "CPU of the threads that watch one teacher and one student camera, in cores";
    vec![Figure::at_most("observation_cores", cores, 0.40, format!("{how}; {MEASURED:.0} s of the simulated lesson"))]
}
