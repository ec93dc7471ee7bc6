//! A host that is cut off after each of its steps, and started again.

use std::fs;
use std::path::Path;

use ketang_hal::time::MediaTime;
use ketang_lesson::outcome::Content;
use ketang_lesson::record::Plan;
use ketang_lesson::tracks::part_file;
use ketang_lesson::{Action, Input, LessonMachine, Moment, Settings, State, What};
use ketang_protocol::lesson::{EventKind, GapKind, Lesson, LessonId, Outcome, Verdict};
use ketangd::folder::{DataDir, Folder};
use ketangd::ledger::Ledger;
use ketangd::recovery;

use crate::{HOST, after, data, start, track};

/// The power is cut.
struct Cut;

/// Carries actions out as the daemon does; its files grow a byte a second.
struct Host<'a> {
    data: &'a DataDir,
    ledger: Ledger,
    machine: LessonMachine,
    folder: Option<Folder>,
    now: Moment,
    /// Steps until the power is cut.
    left: usize,
    recording: bool,
    next_part: u32,
}

const TRACKS: [&str; 2] = ["programme", "hdmi"];

impl<'a> Host<'a> {
    fn boot(data: &'a DataDir, seconds: i64, left: usize) -> Self {
        let (ledger, _) = Ledger::open(data, HOST, after(seconds)).unwrap();
        let now = Moment { wall: after(seconds), media: MediaTime(0) };
        let machine = LessonMachine::new(Settings::default());
        Self { data, ledger, machine, folder: None, now, left, recording: false, next_part: 1 }
    }

    fn step(&mut self) -> Result<(), Cut> {
        self.left = self.left.checked_sub(1).ok_or(Cut)?;
        Ok(())
    }

    fn tell(&mut self, what: What) -> Result<(), Cut> {
        let mut inputs = vec![what];
        while let Some(what) = inputs.pop() {
            for action in self.machine.step(Input { now: self.now, what }) {
                self.step()?;
                inputs.extend(self.carry_out(action)?);
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, action: Action) -> Result<Option<What>, Cut> {
        let lesson = self.machine.state().lesson().unwrap().clone();
        match action {
            Action::Save => {
                let folder = self.data.save(&lesson).unwrap();
                self.step()?; // cut between the folder and the row
                self.ledger.save(&lesson, folder.bytes()).unwrap();
                self.folder = Some(folder);
            }
            Action::Note(event) => self.folder().log().unwrap().append(&event).unwrap(),
            Action::OpenTracks => {
                self.recording = true;
                for name in TRACKS {
                    let file = part_file(name, self.next_part);
                    fs::write(self.folder().path().join(&file), b"").unwrap();
                    self.step()?; // cut with a file that nobody knows of
                    self.tell(What::PartBegun { track: name.into(), file, size: None })?;
                }
            }
            Action::PauseTracks => self.recording = false,
            Action::ResumeTracks => self.recording = true,
            Action::CloseTracks => {
                self.recording = false;
                for name in TRACKS {
                    let file = part_file(name, self.next_part);
                    let bytes = fs::metadata(self.folder().path().join(&file)).unwrap().len();
                    self.tell(What::PartClosed { track: name.into(), file, seconds: bytes as f64, bytes })?;
                    self.step()?;
                }
                return Ok(Some(What::TracksClosed));
            }
            Action::MakeFiles => {
                let mut tracks = lesson.tracks;
                tracks.iter_mut().flat_map(|track| &mut track.parts).for_each(|part| part.finished = true);
                return Ok(Some(What::FilesMade { tracks }));
            }
            Action::Verify => {
                let verdict = Verdict { checked: self.now.wall, ok: true, checks: vec![], figures: Default::default() };
                return Ok(Some(What::Verified { verdict, content: Content::default() }));
            }
            Action::Raise(_) | Action::Clear(_) => {}
            Action::Refuse(refusal) => panic!("{}", refusal.english),
        }
        Ok(None)
    }

    fn folder(&self) -> &Folder {
        self.folder.as_ref().expect("`Save` comes before everything that needs the folder")
    }

    fn wait(&mut self, seconds: u64) -> Result<(), Cut> {
        for _ in 0..seconds {
            self.now.wall += std::time::Duration::from_secs(1);
            self.now.media.0 += 1_000_000_000;
            if self.recording {
                for name in TRACKS {
                    let path = self.folder().path().join(part_file(name, self.next_part));
                    let mut content = fs::read(&path).unwrap();
                    content.push(b'f');
                    fs::write(&path, content).unwrap();
                }
            }
            self.step()?;
            self.tell(What::Tick)?;
        }
        Ok(())
    }

    /// Takes up what was left behind.
    fn recover(&mut self) -> Result<(), Cut> {
        let plan = recovery::plan(self.data, &self.ledger, self.now.wall, &Settings::default()).unwrap();
        assert!(plan.unreadable.is_empty(), "{:?}", plan.unreadable);
        for mut found in plan.lessons {
            self.step()?;
            found.measure(|path: &Path| {
                fs::metadata(path).map(|meta| meta.len() as f64).map_err(|error| error.to_string())
            });
            found.tidy(self.now.wall).unwrap();
            self.step()?;
            self.next_part = found.next_parts.values().copied().max().unwrap_or(1);
            self.folder = Some(found.folder.clone());
            self.machine = LessonMachine::new(Settings::default());
            self.tell(found.what())?;
        }
        Ok(())
    }

    fn lesson_of_nine_seconds(&mut self) -> Result<(), Cut> {
        let tracks = TRACKS.map(|name| track(name, &[])).to_vec();
        let id = LessonId::new(start(), self.ledger.next_number().unwrap());
        let (title, teacher, planned_seconds) = (None, None, Some(60));
        self.tell(What::Start(Plan { id, host: HOST.into(), title, teacher, planned_seconds, tracks }))?;
        self.wait(3)?;
        self.tell(What::Pause)?;
        self.wait(2)?;
        self.tell(What::Resume)?;
        self.wait(6)?;
        self.tell(What::Stop)
    }
}

/// The one lesson on disk; `None` where it never came to be.
fn on_disk(data: &DataDir) -> Option<Lesson> {
    let ids = data.ids().unwrap();
    assert!(ids.len() <= 1, "one lesson was started: {ids:?}");
    ids.first().map(|id| data.folder(id).unwrap().read().unwrap())
}

/// Whatever happened: one outcome, explained, the same in folder and ledger, with every byte that was recorded listed.
fn assert_explained(data: &DataDir, what: &str) {
    let Some(lesson) = on_disk(data) else { return };
    assert!(lesson.outcome.is_end(), "{what}: {:?}", lesson.outcome);
    let folder = data.folder(&lesson.id).unwrap();
    let listed: Vec<&str> =
        lesson.tracks.iter().flat_map(|track| &track.parts).map(|part| part.file.as_str()).collect();
    for file in folder.parts().unwrap() {
        assert!(listed.contains(&file.file.as_str()), "{what}: {} is not listed", file.file);
    }
    for track in &lesson.tracks {
        let in_order =
            track.parts.windows(2).all(|pair| pair[0].begins_at + pair[0].seconds <= pair[1].begins_at + 1e-6);
        assert!(in_order, "{what}: parts overlap: {:?}", track.parts);
    }
    let host_down = lesson.gaps.iter().any(|gap| gap.what == GapKind::HostDown);
    match &lesson.outcome {
        Outcome::Failed { why } => {
            let nothing = lesson.tracks.iter().all(|track| track.parts.iter().all(|part| part.seconds == 0.0));
            assert!(nothing && why.english.starts_with("nothing was recorded"), "{what}: {why:?}");
        }
        Outcome::KeptWithGaps => assert!(!lesson.gaps.is_empty(), "{what}"),
        other => panic!("{what}: there was a pause, so this is not {other:?} (host down: {host_down})"),
    }
    assert!(lesson.gaps.iter().all(|gap| gap.seconds.is_some()), "{what}: {:?}", lesson.gaps);
    let (ledger, report) = Ledger::open(data, HOST, after(9999)).unwrap();
    assert!(report.moved_aside.is_none() && report.unreadable.is_empty(), "{what}");
    assert_eq!(ledger.row(&lesson.id).unwrap().unwrap().lesson, lesson, "{what}");
    // Another start finds nothing to do.
    let plan = recovery::plan(data, &ledger, after(9999), &Settings::default()).unwrap();
    assert!(plan.lessons.is_empty(), "{what}");
}

/// Runs a lesson that is cut off after `steps`; returns whether it was.
fn cut_after(data: &DataDir, steps: usize) -> bool {
    Host::boot(data, 0, steps).lesson_of_nine_seconds().is_err()
}

fn was_stopped(data: &DataDir) -> bool {
    let events = |id| data.folder(id).unwrap().events().unwrap().list;
    data.ids().unwrap().iter().flat_map(events).any(|event| event.what == EventKind::Ended)
}

const FOR_EVER: usize = usize::MAX;

#[test]
fn cut_off_at_any_step_and_found_after_the_slot() {
    for steps in 0.. {
        let (_dir, data) = data();
        let cut = cut_after(&data, steps);
        let _ = Host::boot(&data, 3600, FOR_EVER).recover();
        assert_explained(&data, &format!("cut after {steps} steps"));
        if !cut {
            assert!(steps > 40, "the lesson has many steps: {steps}");
            break;
        }
    }
}

#[test]
fn cut_off_at_any_step_and_found_inside_the_slot() {
    for steps in 0.. {
        let (_dir, data) = data();
        let cut = cut_after(&data, steps);
        let was = on_disk(&data);
        let mut host = Host::boot(&data, 20, FOR_EVER);
        let _ = host.recover();
        let goes_on = matches!(host.machine.state(), State::Recording { .. } | State::Paused { .. });
        let was_running = was.is_some_and(|lesson| matches!(lesson.outcome, Outcome::Recording | Outcome::Paused));
        assert_eq!(goes_on, was_running, "cut after {steps} steps");
        assert!(!goes_on || !was_stopped(&data), "cut after {steps} steps: somebody had stopped it");
        if goes_on {
            let _ = host.tell(What::Resume);
            let _ = host.wait(5);
            let _ = host.tell(What::Stop);
            let lesson = on_disk(&data).unwrap();
            let longest = lesson.tracks[0].parts.iter().map(|part| part.seconds).sum::<f64>();
            assert!(longest >= 5.0, "cut after {steps} steps: it was recorded on: {:?}", lesson.tracks);
        }
        assert_explained(&data, &format!("cut after {steps} steps"));
        if !cut {
            break;
        }
    }
}

#[test]
fn cut_off_again_and_again_while_recovering() {
    for steps in (0..46).step_by(5) {
        for again in 0..25 {
            let (_dir, data) = data();
            cut_after(&data, steps);
            let _ = Host::boot(&data, 15, again).recover();
            let _ = Host::boot(&data, 30, again / 2).recover();
            let _ = Host::boot(&data, 3600, again).recover();
            let _ = Host::boot(&data, 3700, FOR_EVER).recover();
            assert_explained(&data, &format!("cut after {steps}, then {again} steps"));
        }
    }
}

#[test]
fn events_tell_the_story_of_a_power_cut() {
    let (_dir, data) = data();
    let mut host = Host::boot(&data, 0, FOR_EVER);
    let tracks = TRACKS.map(|name| track(name, &[])).to_vec();
    let (id, planned_seconds) = (LessonId::new(start(), 1), Some(60));
    let _ = host.tell(What::Start(Plan { id, host: HOST.into(), title: None, teacher: None, planned_seconds, tracks }));
    let _ = host.wait(4);
    drop(host);
    let mut host = Host::boot(&data, 20, FOR_EVER);
    let _ = host.recover();
    let _ = host.wait(2);
    let _ = host.tell(What::Stop);
    let lesson = on_disk(&data).unwrap();
    let story: Vec<(f64, EventKind)> = (data.folder(&lesson.id).unwrap().events().unwrap().list.into_iter())
        .filter(|event| !matches!(event.what, EventKind::PartBegun { .. }))
        .map(|event| (event.at, event.what))
        .collect();
    let wanted =
        [(0.0, EventKind::Started), (4.0, EventKind::Continued), (6.0, EventKind::Ended), (6.0, EventKind::Finished)];
    assert_eq!(story, wanted);
    let gap = &lesson.gaps[0];
    assert_eq!((gap.at, gap.seconds, &gap.what), (4.0, Some(16.0), &GapKind::HostDown));
    let begins: Vec<f64> = lesson.tracks[0].parts.iter().map(|part| part.begins_at).collect();
    assert_eq!(begins, [0.0, 4.0]);
}
