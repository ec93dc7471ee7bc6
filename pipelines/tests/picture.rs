//! From sources through lanes to the programme, with frames whose numbers can be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ketang_hal::mark::{self, Mark, Pane};
use ketang_hal::picture::{Nv12, Painted, Painter, PictureSource, Size};
use ketang_hal::role::PictureRole::{self, Hdmi, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_pipelines::clock::MediaClock;
use ketang_pipelines::lane::{Frame, FrameKind, LaneEvent};
use ketang_pipelines::layout::Layouts;
use ketang_pipelines::programme::{ProgrammeShot, ShotChange};
use ketang_pipelines::studio::{Studio, StudioEvent, StudioSettings};

const SIZE: Size = Size::FULL_HD;
/// Nothing that these tests wait for takes longer on a machine that works.
const LIMIT: Duration = Duration::from_secs(30);

/// Grey with a mark; nothing while unplugged.
struct Marked {
    shade: u8,
    unplugged: Arc<AtomicBool>,
}

impl Painter for Marked {
    fn size(&self) -> Size {
        SIZE
    }

    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>, _before: Option<u64>) -> Painted {
        if self.unplugged.load(Ordering::Relaxed) {
            return Painted::Nothing;
        }
        picture.luma.fill(self.shade);
        picture.chroma.fill(128);
        mark::paint(number, picture);
        Painted::Frame
    }
}

struct Room {
    frames: Receiver<Frame>,
    events: Receiver<StudioEvent>,
    studio: Studio,
    unplugged: Arc<AtomicBool>,
}

/// The shade of each role's picture.
fn shade(role: PictureRole) -> u8 {
    40 + 30 * role as u8
}

fn shot(layout: &str, inputs: &[PictureRole]) -> ShotChange {
    ShotChange {
        shot: ProgrammeShot { layout: layout.into(), inputs: inputs.to_vec() },
        dissolve_slots: 0,
        reason: "the test asks".into(),
    }
}

/// A studio with four inputs, of which `unplugged` takes away the teacher's panorama.
fn room(first: ShotChange) -> Room {
    ketang_pipelines::init().expect("GStreamer is installed");
    let (tell, events) = mpsc::channel();
    let settings = StudioSettings { size: SIZE, layouts: Layouts::shipped(), first };
    let told = Arc::new(move |event| {
        let _ = tell.send(event);
    });
    let mut studio = Studio::open(MediaClock::start(), settings, told).expect("a studio opens");
    let unplugged = Arc::new(AtomicBool::new(false));
    for role in [TeacherPanorama, TeacherCloseup, StudentsPanorama, Hdmi] {
        let mine = if role == TeacherPanorama { unplugged.clone() } else { Arc::default() };
        let open = move || Ok(PictureSource::Drawn(Box::new(Marked { shade: shade(role), unplugged: mine.clone() })));
        studio.add(role, Box::new(open)).expect("an input can be added");
    }
    let (give, frames) = mpsc::channel();
    studio.take_programme(Box::new(move |frame| give.send(frame.clone()).is_ok()));
    Room { frames, events, studio, unplugged }
}

impl Room {
    fn next(&self) -> Frame {
        self.frames.recv_timeout(LIMIT).expect("the programme goes on")
    }

    /// Waits for a lane's event that `wanted` knows.
    fn wait_for(&self, wanted: impl Fn(&LaneEvent) -> bool) -> LaneEvent {
        loop {
            match self.events.recv_timeout(LIMIT).expect("the event comes") {
                StudioEvent::Lane(event) if wanted(&event) => return event,
                _ => {}
            }
        }
    }

    fn all_live(&self) {
        for _ in 0..4 {
            self.wait_for(|event| matches!(event, LaneEvent::Back { .. }));
        }
    }
}

fn whole() -> Pane {
    Pane { x: 0, y: 0, width: SIZE.width, height: SIZE.height }
}

fn mark_in(frame: &Frame, pane: Pane) -> Option<Mark> {
    frame.look(SIZE, |luma, _| mark::read(luma, SIZE.width as usize, pane)).expect("a frame can be seen")
}

/// The shade in the middle of a pane.
fn shade_in(frame: &Frame, pane: Pane) -> u8 {
    let (x, y) = ((pane.x + pane.width / 2) as usize, (pane.y + pane.height / 2) as usize);
    frame.look(SIZE, |luma, _| luma[y * SIZE.width as usize + x]).expect("a frame can be seen")
}

#[test]
fn every_slot_of_the_programme_carries_its_own_frame_also_over_cuts() {
    let room = room(shot("single", &[TeacherPanorama]));
    room.all_live();
    while !room.next().is_fresh() {}
    let mut last = room.next();
    let order = [Hdmi, TeacherCloseup, TeacherPanorama, StudentsPanorama];
    for round in 0..40 {
        let role = order[round % order.len()];
        room.studio.show(shot("single", &[role])).unwrap();
        for _ in 0..3 {
            let frame = room.next();
            assert_eq!(frame.slot, last.slot.next(), "no slot is missing or repeated");
            assert_eq!(frame.kind, FrameKind::Fresh);
            assert_eq!(mark_in(&frame, whole()).map(|mark| mark.number), Some(frame.slot.0));
            last = frame;
        }
    }
}

#[test]
fn every_layout_shows_every_input_in_its_pane_and_in_step() {
    let room = room(shot("single", &[Hdmi]));
    room.all_live();
    let all = [TeacherPanorama, TeacherCloseup, StudentsPanorama, Hdmi, TeacherPanorama];
    let layouts = Layouts::shipped();
    for name in layouts.names() {
        let panes: Vec<_> = layouts.get(name).unwrap().panes.iter().map(|pane| pane.on(SIZE)).collect();
        let inputs = &all[..panes.len()];
        room.studio.show(shot(name, inputs)).unwrap();
        let shows = |frame: &Frame| {
            panes.iter().zip(inputs).all(|(&pane, &role)| {
                // GStreamer's scaler counts with taps of 6 bits, so a small pane may be brighter by 1/64.
                shade_in(frame, pane).abs_diff(shade(role)) <= 4
            })
        };
        let frame = (0..50).map(|_| room.next()).find(shows).unwrap_or_else(|| panic!("`{name}` is shown"));
        let numbers: Vec<_> = panes.iter().map(|&pane| mark_in(&frame, pane).map(|mark| mark.number)).collect();
        assert_eq!(numbers, vec![Some(frame.slot.0); panes.len()], "{name}");
    }
}

#[test]
fn a_lost_input_becomes_a_slate_and_comes_back_while_the_others_go_on() {
    let room = room(shot("side-by-side", &[TeacherPanorama, Hdmi]));
    room.all_live();
    let layouts = Layouts::shipped();
    let panes: Vec<_> = layouts.get("side-by-side").unwrap().panes.iter().map(|pane| pane.on(SIZE)).collect();
    while mark_in(&room.next(), panes[0]).is_none() {}

    room.unplugged.store(true, Ordering::Relaxed);
    let last_seen = loop {
        let frame = room.next();
        if mark_in(&frame, panes[0]).is_none_or(|mark| mark.number != frame.slot.0) {
            break frame.slot.0 - 1;
        }
    };
    let slate = loop {
        let frame = room.next();
        assert_eq!(mark_in(&frame, panes[1]).map(|mark| mark.number), Some(frame.slot.0), "the other input goes on");
        if mark_in(&frame, panes[0]).is_none() {
            break frame.slot.0;
        }
    };
    assert!(slate - last_seen <= 13, "a slate within 0.5 s, that is 12.5 slots: {}", slate - last_seen);
    room.wait_for(|event| matches!(event, LaneEvent::Lost { role: TeacherPanorama, .. }));

    room.unplugged.store(false, Ordering::Relaxed);
    room.wait_for(|event| matches!(event, LaneEvent::Back { role: TeacherPanorama, .. }));
    let back = (0..125)
        .map(|_| room.next())
        .find(|frame| mark_in(frame, panes[0]).is_some_and(|mark| mark.number == frame.slot.0));
    assert!(back.is_some(), "the input is seen again within 5 s");
}

#[test]
fn a_dissolve_lasts_as_long_as_asked_and_loses_no_slot() {
    let room = room(shot("single", &[TeacherPanorama]));
    room.all_live();
    while !room.next().is_fresh() {}
    room.studio.show(ShotChange { dissolve_slots: 5, ..shot("single", &[Hdmi]) }).unwrap();
    let (from, to) = (shade(TeacherPanorama), shade(Hdmi));
    let mut last: Option<Frame> = None;
    let mut between = 0;
    loop {
        let frame = room.next();
        assert!(last.is_none_or(|last| frame.slot == last.slot.next()));
        let seen = shade_in(&frame, whole());
        between += u32::from(seen > from && seen < to);
        last = Some(frame);
        if seen == to {
            break;
        }
    }
    assert_eq!(between, 5);
}

#[test]
fn a_shot_that_cannot_be_shown_is_refused_with_what_there_is() {
    let room = room(shot("single", &[Hdmi]));
    for (change, expected) in [
        (shot("triptych", &[Hdmi]), "there is no layout `triptych`: use one-and-four"),
        (shot("side-by-side", &[Hdmi]), "has 2 panes and 1 inputs were given"),
        (shot("single", &[PictureRole::Board]), "no input `board`: use teacher-panorama"),
    ] {
        let error = room.studio.show(change).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Runs the test of this name in a process of its own, where nobody else's threads are counted; `true` inside of it.
fn in_a_process_of_its_own(test: &str) -> bool {
    if std::env::var_os("KETANG_ALONE").is_some() {
        return true;
    }
    let mut run = std::process::Command::new(std::env::current_exe().expect("a test is a file"));
    let run = run.args(["--exact", test, "--nocapture"]).env("KETANG_ALONE", "1").output().expect("a test can be run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    false
}

#[test]
fn studios_open_and_close_without_leaving_threads() {
    if !in_a_process_of_its_own("studios_open_and_close_without_leaving_threads") {
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let once = || {
        let room = room(shot("single", &[Hdmi]));
        room.all_live();
    };
    once();
    let before = threads();
    for _ in 0..5 {
        once();
    }
    assert!(threads() <= before + 2, "{} threads before, {} after", before, threads());
}

/// A picture of one luma, which the test sets; nothing at 0.
struct Plain(Arc<AtomicU8>);

impl Painter for Plain {
    fn size(&self) -> Size {
        SIZE
    }

    fn paint(&mut self, _number: u64, picture: &mut Nv12<'_>, _before: Option<u64>) -> Painted {
        match self.0.load(Ordering::Relaxed) {
            0 => Painted::Nothing,
            luma => {
                picture.luma.fill(luma);
                picture.chroma.fill(128);
                Painted::Frame
            }
        }
    }
}

#[test]
fn a_picture_that_is_black_though_frames_come_is_noticed() {
    const BLACK: u8 = 16;
    const DIM: u8 = 28;
    ketang_pipelines::init().unwrap();
    let settings = StudioSettings { size: SIZE, layouts: Layouts::shipped(), first: shot("single", &[Hdmi]) };
    let mut studio = Studio::open(MediaClock::start(), settings, Arc::new(|_| ())).unwrap();
    let luma = Arc::new(AtomicU8::new(DIM));
    let mine = luma.clone();
    let open = move || Ok(PictureSource::Drawn(Box::new(Plain(mine.clone()))));
    studio.add(Hdmi, Box::new(open)).unwrap();
    let (give, frames) = mpsc::channel();
    studio.take_programme(Box::new(move |frame| give.send(frame.clone()).is_ok()));
    // Slots that pass until the picture is black, or is not any more; as many as `most` at most.
    let slots_until = |black: bool, most: u64| {
        (0..most).find(|_| {
            frames.recv_timeout(LIMIT).unwrap();
            studio.is_black(Hdmi) == black
        })
    };
    let shown = |kind: FrameKind| while frames.recv_timeout(LIMIT).unwrap().kind != kind {};

    shown(FrameKind::Fresh);
    assert_eq!(slots_until(true, 150), None, "a dark picture is not black");
    luma.store(BLACK, Ordering::Relaxed);
    let noticed = slots_until(true, 250).expect("it is noticed");
    assert!(noticed > 50, "a fade of less than two seconds is none: {noticed} slots");
    luma.store(DIM, Ordering::Relaxed);
    slots_until(false, 150).expect("it is taken back");
    luma.store(BLACK, Ordering::Relaxed);
    slots_until(true, 250).expect("it is noticed again");
    luma.store(0, Ordering::Relaxed);
    shown(FrameKind::Slate);
    slots_until(false, 100).expect("a slate is not black");
    assert_eq!(slots_until(true, 150), None, "a signal that is lost is lost, not black");
}
