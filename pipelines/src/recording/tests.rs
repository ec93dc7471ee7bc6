//! Recordings whose makers change in mid-lesson: real encoders, frames that carry their slot's number, files that are measured.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use gst::prelude::*;
use ketang_hal::figures::TrackFigures;
use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Painted, Painter, PictureSource, Size};
use ketang_hal::role::PictureRole::TeacherPanorama;
use ketang_hal::role::SoundRole::TeacherMic;
use ketang_hal::sound::SoundSource;
use ketang_hal::time::SLOT_NS;

use super::*;
use crate::clock::MediaClock;
use crate::encode::Preset;
use crate::layout::Layouts;
use crate::measure::{self, MeasureSettings};
use crate::programme::{ProgrammeShot, ShotChange};
use crate::sound::SoundSettings;
use crate::studio::StudioSettings;

/// Nothing that these tests wait for takes longer on a machine that works.
const LIMIT: Duration = Duration::from_secs(30);
const CAMERA: TrackName = TrackName::Input(TeacherPanorama);
const FULL: H264Settings = H264Settings {
    kind: EncoderKind::X264,
    preset: Preset::Ultrafast,
    size: Size::FULL_HD,
    kbit_s: 3000,
    floor_kbit_s: Some(1024),
};

/// Grey, with the number of its frame.
struct Marked;

impl Painter for Marked {
    fn size(&self) -> Size {
        Size::FULL_HD
    }

    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>, _before: Option<u64>) -> Painted {
        picture.luma.fill(90);
        picture.chroma.fill(128);
        mark::paint(number, picture);
        Painted::Frame
    }
}

/// The pipelines of all encoders that were opened.
type Pipelines = Arc<Mutex<Vec<gst::glib::WeakRef<gst::Pipeline>>>>;

/// One camera and one microphone, recorded.
struct Stage {
    recording: Option<Recording>,
    events: Receiver<RecordingEvent>,
    encoders: Pipelines,
    desk: SoundDesk,
    studio: Studio,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Records with encoders that may be opened as `may_open` says, of how many before.
    fn record(making: TrackMaking, may_open: impl Fn(EncoderKind, usize) -> bool + Send + Sync + 'static) -> Self {
        crate::init().expect("GStreamer is installed");
        let clock = MediaClock::start();
        let shot = ProgrammeShot { layout: "single".into(), inputs: vec![TeacherPanorama] };
        let first = ShotChange { shot, dissolve_slots: 0, reason: "the test asks".into() };
        let settings = StudioSettings { size: Size::FULL_HD, layouts: Layouts::shipped(), first };
        let mut studio = Studio::open(clock.clone(), settings, Arc::new(|_| {})).expect("a studio opens");
        studio.add(TeacherPanorama, Box::new(|| Ok(PictureSource::Drawn(Box::new(Marked))))).expect("an input opens");
        let microphone: crate::sound::Reopen = Box::new(|| Ok(SoundSource::Tone));
        let desk = SoundDesk::open(&clock, SoundSettings::default(), vec![(TeacherMic, microphone)], |_| {});
        let desk = desk.expect("a desk opens");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let plan = |name, making| TrackPlan { name, making, lowered: None };
        let settings = RecordingSettings {
            folder: folder.path().to_owned(),
            tracks: vec![plan(CAMERA, making), plan(TrackName::Sound, TrackMaking::SoundOnly)],
            encoders: vec![EncoderKind::X264],
            part_limit_bytes: crate::record::PART_LIMIT,
            picture_sound: Variant::Mixed,
            from: Slot(clock.now().slot().0 + LEAD_SLOTS),
            begins_at_ns: 0,
            first_parts: BTreeMap::new(),
        };
        let (tell, events) = mpsc::channel();
        let encoders = Pipelines::default();
        let (made, opened) = (encoders.clone(), AtomicUsize::new(0));
        let opener = move |name: TrackName, settings: &H264Settings| {
            if !may_open(settings.kind, opened.fetch_add(1, Ordering::Relaxed)) {
                return Err(MediaError::Invalid("the test does not let it open".into()));
            }
            let encoder = H264Encoder::open(name.as_str(), &clock, Size::FULL_HD, settings, false)?;
            made.lock().unwrap().push(encoder.pipeline().downgrade());
            Ok(encoder)
        };
        let told = Arc::new(move |event| drop(tell.send(event)));
        let recording = Recording::begin_with(&studio, &desk, settings, told, Arc::new(opener)).expect("it begins");
        Self { recording: Some(recording), events, encoders, desk, studio, _folder: folder }
    }

    /// The camera itself sends H.264 of this size until the encoder is dropped.
    fn camera_sends(&self, size: Size) -> Arc<H264Encoder> {
        let clock = self.studio.clock();
        let settings = H264Settings { size, ..FULL };
        let camera = H264Encoder::open("camera", clock, Size::FULL_HD, &settings, false).expect("it opens");
        let (stream, _) = self.studio.coded_input(TeacherPanorama).expect("there is such an input");
        camera.output.subscribe(Box::new(move |coded, format| {
            stream.publish(coded, format);
            true
        }));
        self.studio.take_input(TeacherPanorama, camera.sink());
        Arc::new(camera)
    }

    fn part_begins(&self) -> Option<Size> {
        self.wait_for("a part begins", |event| match event {
            RecordingEvent::Track { track: CAMERA, event: TrackEvent::PartBegun { size, .. } } => Some(*size),
            _ => None,
        })
    }

    fn recording(&self) -> &Recording {
        self.recording.as_ref().expect("it runs")
    }

    fn wait_for<T>(&self, what: &str, wanted: impl Fn(&RecordingEvent) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(LIMIT).unwrap_or_else(|error| panic!("{what}: {error}"));
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    /// Waits until so many bytes of this part of the camera's track are on the disk.
    fn written(&self, part: u32, bytes: u64) {
        let name = format!("{CAMERA}-{part:04}.mp4");
        self.wait_for("more is written", |event| match event {
            RecordingEvent::Track { track: CAMERA, event: TrackEvent::Synced { file, bytes: there, .. } } => {
                (file.ends_with(&name) && *there > bytes).then_some(())
            }
            _ => None,
        });
    }

    fn replaced(&self, wanted: TrackName) -> (String, &'static str, Range<u64>) {
        self.wait_for("another maker goes on", |event| match event {
            RecordingEvent::MakerReplaced { track, why, by, missing } if *track == wanted => {
                Some((why.clone(), *by, missing.clone()))
            }
            _ => None,
        })
    }

    /// The encoder that was opened last gives an error instead of its next frame, and nothing after it.
    fn break_encoder(&self) {
        let pipeline = self.encoders.lock().unwrap().last().and_then(|pipeline| pipeline.upgrade()).expect("it runs");
        let is_encoder = |element: &gst::Element| element.factory().is_some_and(|factory| factory.name() == "x264enc");
        let encoder = pipeline.iterate_elements().into_iter().flatten().find(is_encoder).expect("it has an encoder");
        let broken = encoder.downgrade();
        encoder.static_pad("sink").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            if let Some(encoder) = broken.upgrade() {
                gst::element_error!(encoder, gst::StreamError::Encode, ["the test breaks it"]);
            }
            gst::PadProbeReturn::Drop
        });
    }

    /// Ends, and gives every track's parts and the lesson's length in slots.
    fn end(&mut self) -> (BTreeMap<TrackName, Vec<PartWritten>>, u64) {
        self.recording().end(self.studio.clock().now().slot().next());
        let ended = self.wait_for("everything is on the disk", |event| match event {
            RecordingEvent::Ended { tracks, lesson_ns } => Some((tracks.clone(), lesson_ns / SLOT_NS)),
            _ => None,
        });
        drop(self.recording.take());
        ended
    }
}

fn measured(parts: &[PartWritten]) -> TrackFigures {
    let files: Vec<PathBuf> = parts.iter().map(|part| part.file.clone()).collect();
    for file in &files {
        crate::finish::part(file, &[], |_, _| {}).expect("it can be finished");
    }
    measure::track(&files, &MeasureSettings::default(), &|_| {})
}

/// Height and number of frames of each part.
fn pictures(figures: &TrackFigures) -> Vec<(u32, u64)> {
    let videos = figures.parts.iter().map(|part| part.as_ref().expect("it plays").video.clone().expect("a picture"));
    videos.map(|video| (video.height, video.decoded)).collect()
}

#[test]
fn a_track_is_lowered_without_a_slot_that_is_missing_or_there_twice() {
    let mut stage = Stage::record(TrackMaking::Encode(FULL), |_, _| true);
    stage.written(1, 200_000);
    stage.recording().remake_track(CAMERA, H264Settings { size: Size::HD, ..FULL });
    let settings = stage.wait_for("it is lowered", |event| match event {
        RecordingEvent::TrackRemade { track: CAMERA, settings } => Some(settings.clone()),
        _ => None,
    });
    assert_eq!(settings.size, Size::HD);
    assert_eq!(stage.part_begins(), Some(Size::HD));
    stage.written(2, 200_000);
    let dropped = stage.recording().progress()[&CAMERA].counts.dropped;
    let (tracks, slots) = stage.end();

    assert_eq!(dropped, 0, "this machine carries one track");
    let parts = &tracks[&CAMERA];
    let figures = measured(parts);
    let [(1080, before), (720, after)] = pictures(&figures)[..] else { panic!("{:?}", pictures(&figures)) };
    assert_eq!(before + after, slots, "a frame for every slot");
    assert_eq!(parts[0].begins_at_ns + before * SLOT_NS, parts[1].begins_at_ns, "the parts join");
    assert_eq!(figures.joints[0].frames_missing, Some(0));
    assert_eq!(tracks[&TrackName::Sound].len(), 1, "the other track knows nothing of it");
}

#[test]
fn an_encoder_that_dies_is_replaced_and_what_is_missing_is_told() {
    let mut stage = Stage::record(TrackMaking::Encode(FULL), |_, _| true);
    stage.written(1, 200_000);
    stage.break_encoder();
    let (why, by, missing) = stage.replaced(CAMERA);
    assert!(why.contains("x264enc"), "{why}");
    assert_eq!(by, "x264enc", "the same kind is tried first");
    stage.written(2, 200_000);
    let (tracks, slots) = stage.end();

    let figures = measured(&tracks[&CAMERA]);
    let frames: u64 = pictures(&figures).iter().map(|(_, frames)| frames).sum();
    assert_eq!(pictures(&figures).len(), 2, "what comes after is a new part");
    assert_eq!(frames + (missing.end - missing.start) / SLOT_NS, slots, "{missing:?}");
    let sound = &figures.parts.iter().map(|part| part.as_ref().unwrap().audio.clone().unwrap()).collect::<Vec<_>>();
    let heard: f64 = sound.iter().map(|audio| audio.ends - audio.begins).sum();
    assert!((heard - slots as f64 * 0.04).abs() < 0.1, "the sound goes on: {heard} s of {slots} slots");
}

#[test]
fn an_encoder_that_cannot_be_opened_gives_way_to_the_next() {
    let mut stage =
        Stage::record(TrackMaking::Encode(H264Settings { kind: EncoderKind::OpenH264, ..FULL }), |kind, _| {
            kind == EncoderKind::X264
        });
    stage.written(1, 100_000);
    assert_eq!(stage.recording().progress()[&CAMERA].encoding.as_ref().map(|made| made.kind), Some(EncoderKind::X264));
    let (tracks, _) = stage.end();
    assert_eq!(tracks[&CAMERA].len(), 1);
}

#[test]
fn where_no_encoder_goes_on_the_track_has_failed_and_the_others_go_on() {
    let mut stage = Stage::record(TrackMaking::Encode(FULL), |_, before| before == 0);
    stage.written(1, 100_000);
    stage.break_encoder();
    let why = stage.wait_for("the track has failed", |event| match event {
        RecordingEvent::TrackFailed { track: CAMERA, why } => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("no encoder is left"), "{why}");
    stage.wait_for("the sound goes on", |event| match event {
        RecordingEvent::Track { track: TrackName::Sound, event: TrackEvent::Synced { .. } } => Some(()),
        _ => None,
    });
    let (tracks, slots) = stage.end();
    assert!(tracks[&CAMERA][0].duration_ns > 0, "what was recorded of it is kept");
    let heard = tracks[&TrackName::Sound][0].duration_ns / SLOT_NS;
    assert!(heard.abs_diff(slots) <= 2, "{heard} of {slots} slots");
}

#[test]
fn a_sound_encoder_that_dies_is_replaced_and_what_is_missing_is_told() {
    let mut stage = Stage::record(TrackMaking::Encode(FULL), |_, _| true);
    stage.written(1, 100_000);
    stage.desk.break_encoder(Variant::Roles);
    let (why, by, missing) = stage.replaced(TrackName::Sound);
    assert!(why.contains("encode"), "{why}");
    assert_eq!(by, "voaacenc");
    assert!(missing.end - missing.start < LIMIT.as_nanos() as u64, "{missing:?}");
    stage.wait_for("the sound goes on", |event| match event {
        RecordingEvent::Track { track: TrackName::Sound, event: TrackEvent::Synced { until_ns, .. } } => {
            (*until_ns > missing.end).then_some(())
        }
        _ => None,
    });
    let (tracks, slots) = stage.end();
    let heard = tracks[&TrackName::Sound].iter().map(|part| part.duration_ns).sum::<u64>() / SLOT_NS;
    assert!(heard.abs_diff(slots) <= 2, "{heard} of {slots} slots");
    assert_eq!(tracks[&CAMERA].len(), 1, "the camera's track has another mix");
}

#[test]
fn a_camera_that_encodes_in_another_way_is_recorded_on_where_it_may_be_and_encoded_where_not() {
    let mut stage = Stage::record(TrackMaking::AsItComes(H264Settings { size: Size::HD, ..FULL }), |_, _| true);
    let camera = stage.camera_sends(Size::FULL_HD);
    assert_eq!(stage.part_begins(), Some(Size::FULL_HD));
    stage.written(1, 200_000);
    drop(camera);
    let camera = stage.camera_sends(Size::HD);
    assert_eq!(stage.part_begins(), Some(Size::HD));
    stage.written(2, 200_000);
    drop(camera);
    let _camera = stage.camera_sends(Size { width: 640, height: 360 });
    let (why, by, _) = stage.replaced(CAMERA);
    assert!(why.contains("neither 1920×1080 nor 1280×720"), "{why}");
    assert_eq!(by, "x264enc");
    assert_eq!(stage.part_begins(), Some(Size::HD), "the host encodes it");
    stage.written(3, 200_000);
    let (tracks, _) = stage.end();
    let heights: Vec<u32> = pictures(&measured(&tracks[&CAMERA])).iter().map(|(height, _)| *height).collect();
    assert_eq!(heights, [1080, 720, 720]);
}
