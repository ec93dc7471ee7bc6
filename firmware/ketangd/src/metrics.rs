//! The snapshot as Prometheus reads it. Everything is taken from one snapshot at each fetch; nothing is counted here.

use std::sync::atomic::AtomicU64;

use ketang_protocol::lesson::Outcome;
use ketang_protocol::snapshot::{JobState, LessonState, Snapshot};
use ketang_protocol::targets::PushState;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// The metrics of a host in the OpenMetrics text format.
pub fn text(snapshot: &Snapshot) -> String {
    let mut metrics = Metrics(Registry::with_prefix("ketang"));
    let host = [("host", &snapshot.host), ("version", &snapshot.version), ("board", &snapshot.board)];
    metrics.gauge("up", "1, with what the host is", [(host.map(|(key, value)| (key, value.clone())).to_vec(), 1.0)]);
    inputs(&mut metrics, snapshot);
    if let Some(lesson) = &snapshot.lesson {
        tell_lesson(&mut metrics, lesson);
    }
    if let Some(heads) = snapshot.attendance.heads {
        metrics.one(
            "attendance_heads",
            "How many of the class are there; absent while that is not known",
            heads.into(),
        );
    }
    let storage = &snapshot.storage;
    metrics.one("storage_free_bytes", "Free room of the data partition", storage.free_bytes as f64);
    metrics.one("storage_total_bytes", "Size of the data partition", storage.total_bytes as f64);
    metrics.one("storage_lessons_left", "Lessons of usual length that fit", storage.lessons_left as f64);
    if let Some(synchronised) = snapshot.clock.synchronised {
        metrics.one("clock_synchronised", "1 while something corrects the clock", f64::from(synchronised));
    }
    if let Some(network) = &snapshot.network {
        metrics.one("network_up", "1 while others can be reached", f64::from(network.is_up()));
    }
    live(&mut metrics, snapshot);
    let running = snapshot.jobs.iter().filter(|job| job.state == JobState::Running).count();
    metrics.one("jobs_running", "Jobs that run: finish, verify, export", running as f64);
    let alarms = snapshot.alarms.iter().map(|alarm| {
        let input = alarm.input.map(|role| role.to_string()).unwrap_or_default();
        (vec![("alarm", alarm.alarm.clone()), ("input", input)], 1.0)
    });
    metrics.gauge("alarm", "1 for each alarm that is raised", alarms);
    metrics.one("alarms", "How many alarms are raised", snapshot.alarms.len() as f64);
    metrics.text()
}

fn inputs(metrics: &mut Metrics, snapshot: &Snapshot) {
    let pictures = snapshot.pictures.iter().map(|input| (input.role.to_string(), input.live, input.losses));
    let sounds = snapshot.sounds.iter().map(|input| (input.role.to_string(), input.live, input.losses));
    let all: Vec<(String, bool, u64)> = pictures.chain(sounds).collect();
    let live = all.iter().map(|(role, live, _)| (label("input", role), f64::from(*live)));
    metrics.gauge("input_live", "1 while the input delivers", live);
    let losses = all.iter().map(|(role, _, losses)| (label("input", role), *losses));
    metrics.counter("input_losses", "How often the input was lost since the start of the host", losses);

    let sounds = |value: fn(&ketang_protocol::snapshot::SoundState) -> f64| {
        snapshot.sounds.iter().map(move |sound| (label("input", &sound.role.to_string()), value(sound)))
    };
    metrics.gauge("sound_level_dbfs", "Root mean square over 100 ms", sounds(|sound| sound.level_dbfs.into()));
    metrics.gauge("sound_peak_dbfs", "Peak over 100 ms", sounds(|sound| sound.peak_dbfs.into()));
    metrics.gauge("sound_speech", "1 while somebody speaks", sounds(|sound| sound.speech.into()));
    metrics.gauge("sound_gain_db", "The volume that people set", sounds(|sound| sound.gain_db.into()));
    metrics.gauge("sound_muted", "1 while it is muted", sounds(|sound| sound.muted.into()));
}

fn live(metrics: &mut Metrics, snapshot: &Snapshot) {
    let targets = || snapshot.live.iter().map(|target| (label("target", &target.name), target));
    let is_on = targets().map(|(label, target)| (label, f64::from(target.push != PushState::Off)));
    metrics.gauge("live_on", "1 while the programme is to go to the live target", is_on);
    let goes_out = targets().map(|(label, target)| (label, f64::from(matches!(target.push, PushState::Live { .. }))));
    metrics.gauge("live_up", "1 while the live target takes the programme", goes_out);
    metrics.gauge(
        "live_kbit_per_second",
        "What it takes",
        targets().map(|(label, target)| (label, target.kbit_s.into())),
    );
    let dropped = targets().map(|(label, target)| (label, target.dropped));
    metrics.counter("live_dropped_frames", "Frames that it was too slow for, of the push that runs", dropped);
}

fn tell_lesson(metrics: &mut Metrics, lesson: &LessonState) {
    let now = state(&lesson.outcome);
    let states = STATES.map(|state| (label("state", state), f64::from(state == now)));
    metrics.gauge("lesson_state", "1 for the state of the lesson that runs or was last", states);
    metrics.one("lesson_seconds", "Recorded so far, pauses not counted", lesson.seconds);
    metrics.one("lesson_gaps", "Stretches in which something is missing", lesson.gaps.into());

    let tracks = || lesson.tracks.iter().map(|track| (label("track", &track.name), track));
    metrics.gauge("track_running", "1 while the track is written", tracks().map(|(l, t)| (l, f64::from(t.running))));
    metrics.counter("track_frames", "Frames of the track", tracks().map(|(l, t)| (l, t.frames)));
    let repeated = "Frames that the input did not give; the one before stands in their place";
    metrics.counter("track_repeated_frames", repeated, tracks().map(|(l, t)| (l, t.repeated)));
    metrics.counter("track_dropped_frames", "Frames the host could not carry", tracks().map(|(l, t)| (l, t.dropped)));
    metrics.counter("track_bytes", "Bytes of the track", tracks().map(|(l, t)| (l, t.bytes)));
}

const STATES: [&str; 7] = ["recording", "paused", "finishing", "kept", "kept-with-gaps", "nobody-came", "failed"];

fn state(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Recording => "recording",
        Outcome::Paused => "paused",
        Outcome::Finishing => "finishing",
        Outcome::Kept => "kept",
        Outcome::KeptWithGaps => "kept-with-gaps",
        Outcome::NobodyCame => "nobody-came",
        Outcome::Failed { .. } => "failed",
    }
}

fn label(key: &'static str, value: &str) -> Labels {
    vec![(key, value.to_owned())]
}

struct Metrics(Registry);

impl Metrics {
    fn one(&mut self, name: &str, help: &str, value: f64) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    fn gauge(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    /// The name goes without the `_total` that the format adds.
    fn counter(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    fn text(self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.0).expect("writing into a string cannot fail");
        text
    }
}
