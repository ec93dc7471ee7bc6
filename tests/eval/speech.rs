//! `scripts/eval speech WAV LABELS …`: the host's speech detector on recordings, block of 10 ms by block, scored against what people
//! heard.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ketang_hal::time::{BLOCK_SAMPLES, SAMPLE_RATE};
use ketang_pipelines::sound::Ear;
use serde::Serialize;

use crate::clip::cpu_seconds;
use crate::slides::p95;
use crate::tracking::rounded;

pub(crate) const HELP: &str = "speech WAV LABELS [WAV LABELS …] [--rows]
  WAV         any recording that ffmpeg reads, at any sample rate
  LABELS      NAME.scv (name,start,end,label,start,end,label,…), NAME.rttm, or rows start,end,label; label: 1 or speech.
              Where some rows say that there is none, what has no row is not scored; otherwise that is no speech
  --rows      prints each stretch of speech, as labelled and as heard
  With more than one recording there is a line for each, and the last is for all.";

const BLOCK: f64 = BLOCK_SAMPLES as f64 / SAMPLE_RATE as f64;

/// From and to in seconds, and whether somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Label {
    from: f64,
    to: f64,
    speech: bool,
}

pub(crate) fn read_labels(path: &Path) -> Result<Vec<Label>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let kind = path.extension().map(|kind| kind.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut labels = Vec::new();
    for (line, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let read = match kind.as_str() {
            "scv" => read_scv(row),
            "rttm" => read_rttm(row),
            _ => read_row(row).or_else(|| (line == 0).then(Vec::new)),
        };
        labels
            .extend(read.ok_or_else(|| format!("{}:{}: `{row}` is no label: use\n{HELP}", path.display(), line + 1))?);
    }
    Ok(labels)
}

fn label(from: &str, to: &str, speech: &str) -> Option<Label> {
    let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    let speech = match speech.trim().to_lowercase().as_str() {
        "1" | "speech" => true,
        "0" | "none" | "non-speech" | "nonspeech" | "noise" | "silence" => false,
        _ => return None,
    };
    Some(Label { from, to, speech })
}

fn read_scv(row: &str) -> Option<Vec<Label>> {
    let fields: Vec<&str> = row.trim().trim_end_matches(',').split(',').skip(1).collect();
    let (labels, rest) = fields.as_chunks::<3>();
    rest.is_empty().then(|| labels.iter().map(|[from, to, speech]| label(from, to, speech)).collect())?
}

fn read_rttm(row: &str) -> Option<Vec<Label>> {
    let fields: Vec<&str> = row.split_whitespace().collect();
    if fields.first() != Some(&"SPEAKER") {
        return Some(Vec::new());
    }
    let (from, length): (f64, f64) = (fields.get(3)?.parse().ok()?, fields.get(4)?.parse().ok()?);
    Some(vec![Label { from, to: from + length, speech: true }])
}

fn read_row(row: &str) -> Option<Vec<Label>> {
    let fields: Vec<&str> = row.split(',').collect();
    Some(vec![label(fields.first()?, fields.get(1)?, fields.get(2)?)?])
}

/// What is the case at a time; `None`: nobody says.
fn truth(labels: &[Label], at: f64, all_speech: bool) -> Option<bool> {
    let here = labels.iter().filter(|label| (label.from..label.to).contains(&at));
    here.map(|label| label.speech).reduce(|a, b| a | b).or(all_speech.then_some(false))
}

/// A recording as blocks that the host would hear.
fn decode(path: &Path) -> Result<Vec<[f32; BLOCK_SAMPLES]>, String> {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:a:0", "-ac", "1", "-ar", &SAMPLE_RATE.to_string(), "-f", "f32le", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("ffmpeg cannot be run ({error}): run scripts/setup --eval"))?;
    let mut bytes = Vec::new();
    let read = child.stdout.take().map(|mut stdout| stdout.read_to_end(&mut bytes));
    let ended = child.wait();
    if !matches!((read, ended), (Some(Ok(_)), Ok(status)) if status.success()) || bytes.is_empty() {
        return Err(format!("{}: is no recording that can be read", path.display()));
    }
    let samples: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect();
    Ok(samples.as_chunks::<BLOCK_SAMPLES>().0.to_vec())
}

/// What was counted, in blocks of 10 ms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    blocks: usize,
    hits: usize,
    missed: usize,
    alarms: usize,
    quiet: usize,
    onsets: usize,
    delays: Vec<f64>,
    cpu_seconds: f64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.hits += other.hits;
        self.missed += other.missed;
        self.alarms += other.alarms;
        self.quiet += other.quiet;
        self.onsets += other.onsets;
        self.delays.extend(&other.delays);
        self.cpu_seconds += other.cpu_seconds;
    }
}

pub(crate) fn listen(recording: &Path, labels: &[Label], rows: bool) -> Result<Counts, String> {
    let blocks = decode(recording)?;
    let mut ear = Ear::default();
    let before = cpu_seconds();
    let heard: Vec<bool> = blocks.iter().map(|block| ear.hear(block)).collect();
    let mut counts = Counts { blocks: heard.len(), cpu_seconds: cpu_seconds() - before, ..Counts::default() };
    let all_speech = labels.iter().all(|label| label.speech);
    let truths: Vec<_> = (0..heard.len()).map(|n| truth(labels, (n as f64 + 0.5) * BLOCK, all_speech)).collect();
    for (heard, truth) in heard.iter().zip(&truths) {
        match (truth, heard) {
            (Some(true), true) => counts.hits += 1,
            (Some(true), false) => counts.missed += 1,
            (Some(false), true) => counts.alarms += 1,
            (Some(false), false) => counts.quiet += 1,
            (None, _) => {}
        }
    }
    // An onset is where somebody begins to speak; a block is heard when it is over.
    for (first, last) in stretches(truths.iter().map(|truth| *truth == Some(true))) {
        counts.onsets += 1;
        let delay = (first..=last).find(|block| heard[*block]).map(|block| block - first);
        counts.delays.extend(delay.map(|blocks| if blocks == 0 { 0.0 } else { (blocks + 1) as f64 * BLOCK }));
    }
    if rows {
        let seconds =
            |(first, last): (usize, usize)| format!("{:.2}-{:.2}", first as f64 * BLOCK, (last + 1) as f64 * BLOCK);
        let line = |stretches: Vec<(usize, usize)>| stretches.into_iter().map(seconds).collect::<Vec<_>>().join(" ");
        println!("labelled {}", line(stretches(truths.iter().map(|truth| *truth == Some(true)))));
        println!("heard    {}", line(stretches(heard.iter().copied())));
    }
    Ok(counts)
}

/// First and last of each run of what is so.
fn stretches(is: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in is.enumerate().filter(|(_, is)| *is) {
        match runs.last_mut() {
            Some(last) if last.1 + 1 == at => last.1 = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    evaluation: &'static str,
    recording: String,
    seconds: f64,
    speech_s: f64,
    non_speech_s: f64,
    pub(crate) precision: Option<f64>,
    pub(crate) recall: Option<f64>,
    pub(crate) f1: Option<f64>,
    /// Of the time without speech, and of that with.
    pub(crate) false_alarm_share: Option<f64>,
    missed_share: Option<f64>,
    /// Stretches of speech, those of which nothing was heard, and how long the others took to be heard.
    onsets: usize,
    onsets_missed: usize,
    onset_delay_s_p95: Option<f64>,
    cpu_of_a_core: f64,
}

impl Figures {
    pub(crate) fn of(recording: String, counts: &Counts) -> Self {
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let seconds = |blocks: usize| rounded(blocks as f64 * BLOCK);
        let (speech, pauses) = (counts.hits + counts.missed, counts.alarms + counts.quiet);
        let precision = share(counts.hits, counts.hits + counts.alarms);
        let recall = share(counts.hits, speech);
        let f1 = precision.zip(recall).filter(|(p, r)| p + r > 0.0).map(|(p, r)| 2.0 * p * r / (p + r));
        Self {
            evaluation: "speech",
            recording,
            seconds: seconds(counts.blocks),
            speech_s: seconds(speech),
            non_speech_s: seconds(pauses),
            precision: precision.map(rounded),
            recall: recall.map(rounded),
            f1: f1.map(rounded),
            false_alarm_share: share(counts.alarms, pauses).map(rounded),
            missed_share: share(counts.missed, speech).map(rounded),
            onsets: counts.onsets,
            onsets_missed: counts.onsets - counts.delays.len(),
            onset_delay_s_p95: p95(counts.delays.clone()),
            cpu_of_a_core: rounded(counts.cpu_seconds / (counts.blocks as f64 * BLOCK)),
        }
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let rows = arguments.iter().any(|argument| argument == "--rows");
    let files: Vec<PathBuf> = arguments.iter().filter(|argument| *argument != "--rows").map(PathBuf::from).collect();
    if let Some(unknown) = files.iter().find(|file| file.to_string_lossy().starts_with("--")) {
        return Err(format!("there is no {}", unknown.display()));
    }
    let (pairs, rest) = files.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(format!("two files are needed: use\n{HELP}"));
    }
    let print = |figures: &Figures| {
        serde_json::to_string(figures).map(|line| println!("{line}")).map_err(|error| error.to_string())
    };
    let mut total = Counts::default();
    for [recording, labels] in pairs {
        let counts = listen(recording, &read_labels(labels)?, rows)?;
        let name = recording.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        print(&Figures::of(name, &counts))?;
        total.add(&counts);
    }
    if pairs.len() > 1 { print(&Figures::of(format!("all {}", pairs.len()), &total)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_all_three_kinds_are_read() {
        let folder = std::env::temp_dir().join(format!("ketang-labels-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let read = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            read_labels(&path)
        };
        let speech = Label { from: 0.5, to: 1.25, speech: true };
        let none = Label { from: 0.0, to: 0.5, speech: false };
        assert_eq!(read("a.scv", "name,0.000,0.5,0,0.5,1.25,1\n"), Ok(vec![none, speech]));
        assert_eq!(read("a.rttm", ";; words\nSPEAKER a 1 0.5 0.75 <NA> <NA> x <NA> <NA>\n"), Ok(vec![speech]));
        assert_eq!(read("a.csv", "start,end,label\n0,0.5,0\n0.5,1.25,speech\n"), Ok(vec![none, speech]));
        assert!(read("b.csv", "0,0.4,0\n0.4,much,1\n").is_err());
        assert!(read("b.scv", "name,0.000,0.4\n").is_err());
        let all =
            |labels: &[Label]| [0.2, 0.6, 2.0].map(|at| truth(labels, at, labels.iter().all(|label| label.speech)));
        assert_eq!(all(&[none, speech]), [Some(false), Some(true), None]);
        assert_eq!(all(&[speech]), [Some(false), Some(true), Some(false)]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn stretches_are_runs() {
        assert_eq!(stretches([false, true, true, false, true].into_iter()), [(1, 2), (4, 4)]);
        assert_eq!(stretches([].into_iter()), []);
    }
}
