//! Judgement as a table: one thing wrong with a good lesson, and the checks that say so.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ketang_hal::figures::{
    AudioFigures, ChannelFigures, Container, FileFigures, Joint, MarkFigures, Slip, SlipKind, Stretch, SyncFigures,
    TrackFigures, VideoFigures,
};
use ketang_hal::role::{PictureRole, Role, SoundRole};
use ketang_protocol::lesson::{
    Check, CheckResult, FORMAT, Gap, GapKind, Lesson, LessonId, Outcome, Part, Track, Verdict,
};
use ketang_protocol::names;
use ketang_protocol::sentence::Sentence;

use super::judge;
use CheckResult::{Explained, Fail, Note, Pass};

const SECONDS: f64 = 600.0;

fn started() -> Timestamp {
    "2026-11-22T08:15:00Z".parse().unwrap()
}

fn video() -> VideoFigures {
    VideoFigures {
        codec: "h264".into(),
        profile: Some("high".into()),
        width: 1920,
        height: 1080,
        pixel_aspect: (1, 1),
        progressive: true,
        fps: 25.0,
        shortest_interval: 0.04,
        longest_interval: 0.04,
        monotone: true,
        ends: SECONDS / 2.0,
        kbit_s: 2500.0,
        key_interval: 2.0,
        frames: 7500,
        decoded: 7500,
        marks: vec![None],
        ..Default::default()
    }
}

fn audio() -> AudioFigures {
    let channel = ChannelFigures { peak_dbfs: -6.0, rms_dbfs: -26.0, ..Default::default() };
    AudioFigures {
        codec: "aac".into(),
        profile: Some("lc".into()),
        rate: 48_000,
        channels: 2,
        ends: SECONDS / 2.0,
        kbit_s: 128.0,
        kbit_s_lowest: 126.0,
        kbit_s_highest: 130.0,
        loudness_lufs: Some(-20.0),
        by_channel: vec![channel.clone(), channel],
        ..Default::default()
    }
}

fn file(video: Option<VideoFigures>, audio: Option<AudioFigures>) -> FileFigures {
    let brands = vec!["isom".into()];
    FileFigures {
        container: Container { mp4: true, brands, index_in_front: true, fragmented: false, truncated: false },
        bytes: 100_000_000,
        seconds: SECONDS / 2.0,
        video,
        audio,
        sync: None,
        key_frames_only: false,
        complaints: Vec::new(),
    }
}

/// A lesson of two parts a track, and what was measured in it.
struct Case {
    lesson: Lesson,
    figures: BTreeMap<String, TrackFigures>,
}

impl Case {
    fn good() -> Self {
        let mut case = Self {
            lesson: Lesson {
                format: FORMAT,
                id: LessonId("20261122-081500-0042".into()),
                host: "room-101".into(),
                title: None,
                teacher: None,
                started: started(),
                ended: Some(started() + SignedDuration::from_secs(SECONDS as i64)),
                planned_seconds: Some(SECONDS as u64),
                outcome: Outcome::Finishing,
                tracks: Vec::new(),
                gaps: Vec::new(),
                verdict: None,
                confirmed_upstream: false,
            },
            figures: BTreeMap::new(),
        };
        case.add("programme", Some(video()), Some(audio()));
        case.add("teacher-panorama", Some(video()), None);
        case.add("hdmi", Some(VideoFigures { kbit_s: 600.0, ..video() }), None);
        case.add("sound", None, Some(audio()));
        case
    }

    fn add(&mut self, name: &str, video: Option<VideoFigures>, audio: Option<AudioFigures>) {
        let part = |number: u32| Part {
            file: format!("{name}-{number}.mp4"),
            begins_at: f64::from(number) * SECONDS / 2.0,
            seconds: SECONDS / 2.0,
            bytes: 100_000_000,
            finished: true,
            ..Part::default()
        };
        self.lesson.tracks.push(Track {
            name: name.into(),
            codec: "h264".into(),
            width: 1920,
            height: 1080,
            kbit_s: 2500,
            parts: vec![part(0), part(1)],
            ..Track::default()
        });
        let file = file(video, audio);
        let joint = Joint { picture_gap: Some(0.0), sound_gap: Some(0.01), frames_missing: None };
        let figures = TrackFigures { parts: vec![Ok(file.clone()), Ok(file)], joints: vec![joint] };
        self.figures.insert(name.into(), figures);
    }

    fn gap(mut self, at: f64, seconds: f64, what: GapKind) -> Self {
        self.lesson.gaps.push(Gap { at, seconds: Some(seconds), what });
        self
    }

    /// Changes what was measured in the second part of a track.
    fn file(mut self, track: &str, change: impl FnOnce(&mut FileFigures)) -> Self {
        change(self.figures.get_mut(track).unwrap().parts[1].as_mut().unwrap());
        self
    }

    fn video(self, track: &str, change: impl FnOnce(&mut VideoFigures)) -> Self {
        self.file(track, |file| change(file.video.as_mut().unwrap()))
    }

    fn audio(self, track: &str, change: impl FnOnce(&mut AudioFigures)) -> Self {
        self.file(track, |file| change(file.audio.as_mut().unwrap()))
    }

    fn joint(mut self, track: &str, joint: Joint) -> Self {
        self.figures.get_mut(track).unwrap().joints[0] = joint;
        self
    }

    fn lesson(mut self, change: impl FnOnce(&mut Lesson)) -> Self {
        change(&mut self.lesson);
        self
    }

    fn lowered(self, track: &str) -> Self {
        self.lesson(|lesson| {
            let track = lesson.tracks.iter_mut().find(|found| found.name == track).unwrap();
            track.lowered = Some("the encoder is busy".into());
        })
    }

    fn judged(&self) -> Verdict {
        judge(&self.lesson, &self.figures, started())
    }

    /// Everything that is not simply right: track, check, clause, result.
    fn found(&self) -> Vec<(String, String, String, CheckResult)> {
        let verdict = self.judged();
        let fails = verdict.checks.iter().any(|check| check.result == Fail);
        assert_eq!(verdict.ok, !fails);
        let wrong = verdict.checks.into_iter().filter(|check| check.result != Pass && check.check != "gaps");
        wrong.map(|Check { track, check, clause, result, .. }| (track, check, clause, result)).collect()
    }

    #[track_caller]
    fn finds(self, expected: &[(&str, &str, &str, CheckResult)]) {
        let found = self.found();
        let found: Vec<_> =
            found.iter().map(|(a, b, c, result)| (a.as_str(), b.as_str(), c.as_str(), *result)).collect();
        // The computer's picture of a good lesson needs few bits: always noted.
        let ordinary = ("hdmi", "bit rate", "HB-3", Note);
        let found: Vec<_> = found.into_iter().filter(|found| *found != ordinary).collect();
        assert_eq!(found, expected);
    }
}

fn lowered_in_mid_lesson_names_both_sizes() {
    let smaller = |video: &mut VideoFigures| (video.width, video.height) = (1280, 720);
    let verdict = Case::good().video("teacher-panorama", smaller).lowered("teacher-panorama").judged();
    let size = verdict.checks.iter().find(|check| check.track == "teacher-panorama" && check.check == "size").unwrap();
    assert_eq!(size.result, Pass);
    let half = SECONDS / 2.0;
    let wanted = format!("1920×1080; from {half:.1} s on 1280×720, 1280×720 or 1920×1080 asked");
    assert_eq!(size.finding.english, wanted);
}

fn stretch(from: f64, to: f64) -> Vec<Stretch> {
    vec![Stretch { from, to }]
}

const TEACHER: GapKind = GapKind::InputLost { input: Role::Picture(PictureRole::TeacherPanorama) };
const MIC: GapKind = GapKind::InputLost { input: Role::Sound(SoundRole::TeacherMic) };

#[test]
fn a_good_lesson_passes() {
    Case::good().finds(&[]);
    let verdict = Case::good().judged();
    assert!(verdict.ok);
    assert_eq!(verdict.figures["programme"]["kbit_s"], 2500.0);
    assert_eq!(verdict.figures["programme"]["seconds"], SECONDS);
    assert_eq!(verdict.figures["sound"]["loudness_lufs"], -20.0);
    let clauses: Vec<&str> = verdict.checks.iter().map(|check| check.clause.as_str()).collect();
    for clause in ["HB-1", "HB-2", "HB-3", "HB-4", "HB-5", "JT-1"] {
        assert!(clauses.contains(&clause), "{clause}");
    }
}

#[test]
fn each_clause_on_the_container() {
    let container = |change: fn(&mut FileFigures)| Case::good().file("programme", change);
    let fault = [("programme", "container", "HB-5", Fail)];
    container(|file| file.container.mp4 = false).finds(&fault);
    container(|file| file.container.index_in_front = false).finds(&fault);
    container(|file| file.container.fragmented = true).finds(&fault);
    container(|file| file.container.truncated = true).finds(&fault);
    container(|file| file.bytes = 200_000_000).finds(&[("programme", "bytes", "HB-5", Fail)]);
    container(|file| file.bytes = 199_999_999).finds(&[]);
}

#[test]
fn each_clause_on_the_picture() {
    let programme = |change: fn(&mut VideoFigures)| Case::good().video("programme", change);
    programme(|video| video.codec = "h265".into()).finds(&[("programme", "codec", "HB-3", Fail)]);
    programme(|video| (video.width, video.height) = (1280, 720)).finds(&[]);
    lowered_in_mid_lesson_names_both_sizes();
    programme(|video| (video.width, video.height) = (1024, 768)).finds(&[("programme", "size", "HB-1", Fail)]);
    programme(|video| video.pixel_aspect = (4, 3)).finds(&[("programme", "size", "HB-1", Fail)]);
    programme(|video| video.progressive = false).finds(&[("programme", "scan", "HB-3", Fail)]);
    // One part of two below: what counts is the average of the track.
    programme(|video| video.kbit_s = 1000.0).finds(&[]);
    let low = Case::good().video("programme", |video| video.kbit_s = 0.0);
    let mut low = low;
    low.figures.get_mut("programme").unwrap().parts[0].as_mut().unwrap().video.as_mut().unwrap().kbit_s = 2000.0;
    low.finds(&[("programme", "bit rate", "HB-3", Fail)]);
    programme(|video| (video.fps, video.shortest_interval, video.longest_interval) = (30.0, 0.033, 0.034)).finds(&[(
        "programme",
        "frame rate",
        "HB-3",
        Fail,
    )]);
    programme(|video| video.longest_interval = 0.06).finds(&[("programme", "frame rate", "HB-3", Fail)]);
    programme(|video| video.monotone = false).finds(&[("programme", "frame rate", "HB-3", Fail)]);
}

#[test]
fn each_clause_on_the_sound() {
    let programme = |change: fn(&mut AudioFigures)| Case::good().audio("programme", change);
    programme(|audio| audio.codec = "mp3".into()).finds(&[("programme", "sound", "HB-4", Fail)]);
    programme(|audio| audio.profile = Some("he-aac".into())).finds(&[("programme", "sound", "HB-4", Fail)]);
    programme(|audio| audio.rate = 44_100).finds(&[("programme", "sound", "HB-4", Fail)]);
    programme(|audio| audio.channels = 1).finds(&[("programme", "sound", "HB-4", Fail)]);
    programme(|audio| audio.kbit_s = 64.0).finds(&[("programme", "sound rate", "HB-4", Fail)]);
    programme(|audio| audio.kbit_s_lowest = 14.0).finds(&[("programme", "sound rate", "HB-4", Fail)]);
    programme(|audio| audio.holes = stretch(3.0, 3.5)).finds(&[("programme", "sound holes", "HB-2", Fail)]);
    let paused = programme(|audio| audio.holes = stretch(3.0, 3.02)).gap(303.0, 1.0, GapKind::Paused);
    paused.finds(&[("programme", "sound holes", "HB-2", Explained)]);
    programme(|audio| audio.by_channel[1].clipped_share = 0.01).finds(&[("programme", "clipping", "HB-2", Fail)]);
    programme(|audio| audio.by_channel[1].clipped_share = 1e-4).finds(&[("programme", "clipping", "HB-2", Note)]);
    programme(|audio| audio.loudness_lufs = Some(-4.0)).finds(&[("programme", "loudness", "HB-2", Note)]);
    Case::good().file("programme", |file| file.audio = None).finds(&[("programme", "sound", "HB-4", Fail)]);
    let sync = |worst_ms| Some(SyncFigures { pairs: 300, median_ms: 5.0, worst_ms, worst_at: 17.0 });
    Case::good().file("programme", |file| file.sync = sync(-39.0)).finds(&[]);
    Case::good().file("programme", |file| file.sync = sync(-60.0)).finds(&[("programme", "sync", "HB-2", Fail)]);
    programme(|audio| audio.ends -= 0.5).finds(&[("programme", "ends", "HB-2", Fail)]);
    let cut_off = programme(|audio| audio.ends -= 0.5).gap(SECONDS, 1.0, GapKind::HostDown);
    cut_off.finds(&[("programme", "ends", "HB-2", Explained)]);
}

/// A network camera's own stream begins with a key frame, and goes on with one after the camera was lost.
#[test]
fn what_comes_from_a_camera_may_wait_for_its_key_frame() {
    let late = |from_camera: bool| {
        let mut case = Case::good();
        let name = "teacher-panorama";
        case.lesson.tracks[1].as_it_comes = from_camera;
        for part in case.figures.get_mut(name).unwrap().parts.iter_mut().flatten() {
            part.audio = Some(audio());
        }
        case.figures.get_mut(name).unwrap().parts[0].as_mut().unwrap().video.as_mut().unwrap().begins += 1.5;
        case
    };
    late(true).finds(&[("teacher-panorama", "ends", "HB-2", Note)]);
    late(false).finds(&[("teacher-panorama", "ends", "HB-2", Fail)]);

    let lost = |from_camera: bool| {
        let hole = vec![Stretch { from: 3.0, to: 9.5 }];
        let case = Case::good().gap(
            SECONDS / 2.0 + 3.4,
            1.0,
            GapKind::InputLost { input: PictureRole::TeacherPanorama.into() },
        );
        let mut case = case.file("teacher-panorama", |file| {
            let video = file.video.as_mut().unwrap();
            (video.holes, video.longest_interval) = (hole.clone(), 6.5);
        });
        case.lesson.tracks[1].as_it_comes = from_camera;
        case
    };
    lost(true).finds(&[("teacher-panorama", "frame rate", "HB-3", Explained)]);
    lost(false).finds(&[("teacher-panorama", "frame rate", "HB-3", Fail)]);
}

#[test]
fn silence_is_a_fault_where_it_lasts() {
    let programme = |silence: Vec<Stretch>| Case::good().audio("programme", |audio| audio.silence = silence);
    programme(stretch(20.0, 25.0)).finds(&[]);
    programme(stretch(20.0, 40.0)).finds(&[("programme", "silence", "HB-2", Note)]);
    programme(stretch(20.0, 90.0)).finds(&[("programme", "silence", "HB-2", Fail)]);
    programme(stretch(20.0, 90.0)).gap(319.0, 72.0, MIC).finds(&[("programme", "silence", "HB-2", Explained)]);
    programme(stretch(20.0, 90.0)).gap(319.0, 72.0, TEACHER).finds(&[("programme", "silence", "HB-2", Fail)]);
    let teacher = Case::good().audio("sound", |audio| audio.by_channel[0].silence = stretch(0.0, 300.0));
    teacher.finds(&[("sound", "teacher silence", "HB-2", Fail)]);
    let room = Case::good().audio("sound", |audio| audio.by_channel[1].silence = stretch(0.0, 300.0));
    room.finds(&[("sound", "room silence", "HB-2", Note)]);
    let mut fallback = Case::good();
    fallback.add("sound-fallback", None, Some(AudioFigures { channels: 1, ..audio() }));
    fallback.finds(&[("sound-fallback", "sound", "HB-4", Note)]);
}

#[test]
fn black_and_frozen_are_faults_unless_a_gap_explains_them() {
    let programme = |change: fn(&mut VideoFigures)| Case::good().video("programme", change);
    programme(|video| video.black = stretch(10.0, 11.5)).finds(&[]);
    programme(|video| video.black = stretch(10.0, 15.0)).finds(&[("programme", "black", "", Fail)]);
    programme(|video| video.frozen = stretch(10.0, 19.0)).finds(&[]);
    programme(|video| video.frozen = stretch(10.0, 30.0)).finds(&[("programme", "frozen", "", Fail)]);
    programme(|video| video.frozen = stretch(10.0, 30.0)).gap(310.5, 19.0, TEACHER).finds(&[(
        "programme",
        "frozen",
        "",
        Explained,
    )]);
    // The gap is over long before the picture moves again.
    programme(|video| video.frozen = stretch(10.0, 30.0)).gap(310.5, 9.0, TEACHER).finds(&[(
        "programme",
        "frozen",
        "",
        Fail,
    )]);
    // Another camera's loss explains nothing of this one.
    let hdmi = GapKind::InputLost { input: Role::Picture(PictureRole::Hdmi) };
    let camera = || Case::good().video("teacher-panorama", |video| video.frozen = stretch(10.0, 30.0));
    camera().gap(310.0, 20.0, hdmi).finds(&[("teacher-panorama", "frozen", "", Fail)]);
    camera().gap(310.0, 20.0, TEACHER).finds(&[("teacher-panorama", "frozen", "", Explained)]);
    // A lost microphone is no excuse for a picture.
    camera().gap(310.0, 20.0, MIC).finds(&[("teacher-panorama", "frozen", "", Fail)]);
    // Slides stand still, and so does a programme that shows them.
    let slides = Case::good().video("hdmi", |video| video.frozen = stretch(5.0, 90.0));
    slides.video("programme", |video| video.frozen = stretch(10.0, 80.0)).finds(&[("programme", "frozen", "", Note)]);
    Case::good().video("hdmi", |video| video.black = stretch(5.0, 90.0)).finds(&[("hdmi", "black", "", Note)]);
}

#[test]
fn damage_and_what_cannot_be_played() {
    let programme = |change: fn(&mut VideoFigures)| Case::good().video("programme", change);
    programme(|video| video.faults = 3).finds(&[("programme", "decodes", "", Fail)]);
    programme(|video| video.decoded = 7499).finds(&[("programme", "decodes", "", Fail)]);
    let mut keys = programme(|video| video.decoded = 150).file("programme", |file| file.key_frames_only = true);
    keys.figures.get_mut("programme").unwrap().parts.truncate(2);
    keys.finds(&[("programme", "frozen", "", Note)]);
    Case::good()
        .file("sound", |file| file.complaints = vec!["This file is corrupt".into()])
        .finds(&[("sound", "decodes", "", Fail)]);
    let mut gone = Case::good();
    gone.figures.remove("teacher-panorama");
    gone.finds(&[("teacher-panorama", "decodes", "", Fail)]);
    let mut broken = Case::good();
    broken.figures.get_mut("sound").unwrap().parts = vec![Err("no index".into()), Err("empty".into())];
    broken.finds(&[("sound", "decodes", "", Fail)]);
    Case::good().lesson(|lesson| lesson.tracks.clear()).finds(&[("lesson", "tracks", "", Fail)]);
}

#[test]
fn a_lowered_track_answers_to_the_lesser_clause() {
    let small = |video: &mut VideoFigures| (video.width, video.height, video.kbit_s) = (854, 480, 700.0);
    let camera = || Case::good().video("teacher-panorama", small);
    camera().finds(&[("teacher-panorama", "size", "HB-1", Fail)]);
    camera().lowered("teacher-panorama").finds(&[("teacher-panorama", "size", "HB-1", Note)]);
    Case::good().video("programme", small).lowered("programme").finds(&[("programme", "size", "HB-1", Fail)]);
    let tiny = |video: &mut VideoFigures| (video.width, video.height) = (640, 360);
    let camera = Case::good().video("teacher-panorama", tiny).lowered("teacher-panorama");
    camera.finds(&[("teacher-panorama", "size", "HB-1", Note), ("teacher-panorama", "courseware", "JT-1", Fail)]);
}

#[test]
fn missing_frames_and_joints() {
    let marks = |missing, at| {
        let slips = vec![Slip { at, what: SlipKind::Missing, frames: missing }];
        let (read, last) = (7500, 7499 + missing);
        let marks = MarkFigures {
            read,
            unread: 0,
            first: 0,
            last,
            after_last: 0,
            missing,
            repeated: 0,
            backwards: 0,
            slips: if missing > 0 { slips } else { Vec::new() },
        };
        move |video: &mut VideoFigures| video.marks = vec![Some(marks)]
    };
    Case::good().video("programme", marks(0, 0.0)).finds(&[]);
    Case::good().video("programme", marks(50, 40.0)).finds(&[("programme", "frames", "", Fail)]);
    let pause = |case: Case| {
        let case = case.gap(340.0, 2.0, GapKind::Paused);
        case.lesson(|lesson| lesson.ended = Some(started() + SignedDuration::from_secs(SECONDS as i64 + 2)))
    };
    pause(Case::good().video("programme", marks(50, 40.0))).finds(&[("programme", "frames", "", Explained)]);

    let joint = |picture_gap, frames_missing| Joint { picture_gap: Some(picture_gap), frames_missing, sound_gap: None };
    Case::good().joint("programme", joint(0.02, Some(0))).finds(&[]);
    Case::good().joint("programme", joint(0.08, None)).finds(&[("programme", "joints", "HB-5", Fail)]);
    Case::good().joint("programme", joint(0.0, Some(2))).finds(&[("programme", "joints", "HB-5", Fail)]);
    let crashed = Case::good().joint("programme", joint(0.0, Some(75))).gap(300.0, 3.0, GapKind::HostDown);
    let crashed =
        crashed.lesson(|lesson| lesson.ended = Some(started() + SignedDuration::from_secs(SECONDS as i64 + 3)));
    crashed.finds(&[("programme", "joints", "HB-5", Explained)]);
}

#[test]
fn duration_against_the_lesson_and_the_slot() {
    let longer = |seconds| {
        Case::good().lesson(|lesson| {
            lesson.ended = Some(started() + SignedDuration::from_secs_f64(SECONDS + seconds));
            lesson.tracks.truncate(1);
        })
    };
    longer(1.5).finds(&[]);
    longer(10.0).finds(&[("programme", "duration", "", Fail)]);
    longer(-10.0).finds(&[("programme", "duration", "", Fail)]);
    longer(10.0).gap(300.0, 10.0, GapKind::Paused).finds(&[]);
    // Cut off for good with half of its time still to come.
    longer(0.0).gap(SECONDS, SECONDS, GapKind::HostDown).finds(&[]);
    let ended = GapKind::TrackEnded { track: "programme".into(), why: "the disk is full".into() };
    longer(100.0).gap(600.0, 100.0, ended).finds(&[("programme", "duration", "", Explained)]);
    longer(0.0).lesson(|lesson| lesson.planned_seconds = Some(900)).finds(&[("lesson", "slot", "", Note)]);
    longer(0.0).lesson(|lesson| lesson.ended = None).finds(&[("programme", "duration", "", Note)]);
}

#[test]
fn findings_and_names_of_checks_exist_in_both_languages() {
    let case = Case::good().audio("programme", |audio| audio.channels = 1).gap(12.0, 3.5, TEACHER);
    let verdict = case.judged();
    let finding = |track: &str, check: &str| {
        let found = verdict.checks.iter().find(|found| found.track == track && found.check == check);
        found.unwrap().finding.clone()
    };
    let sound = Sentence::new(
        "aac（lc），48000 Hz，1 声道；要求 AAC、48000 Hz、2 声道",
        "aac (lc), 48000 Hz, 1 channels; AAC, 48000 Hz, 2 asked",
    );
    assert_eq!(finding("programme", "sound"), sound);
    let gaps = Sentence::new("12.0 秒起 3.5 秒：教师全景信号丢失", "teacher-panorama lost at 12.0 s for 3.5 s");
    assert_eq!(finding("lesson", "gaps"), gaps);
    for check in &verdict.checks {
        let name = names::check(&check.check);
        assert_ne!(name.chinese, name.english, "{} has no Chinese name", check.check);
    }
}
