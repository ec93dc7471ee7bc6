//! Every screen, in both languages, both themes and three sizes, is the picture that was blessed (`scripts/bless`).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::picture;
use ketang_panel::{Action, FINGER, Frame, Language, Letters, Screen, Target, Theme, draw};
use ketang_protocol::command::{Command, Refusal, RefusalCode, Reply};
use ketang_protocol::lesson::Outcome;
use ketang_protocol::live::Feed;
use ketang_protocol::sentence::Sentence;
use serde_json::json;

use crate::room::{Drawn, Room, letters};

/// Width and height.
type Pair = (u32, u32);

const SIZES: [Pair; 3] = [(1024, 600), (1280, 800), (1920, 1080)];
/// The screens that are sold: inches, pixels, millimetres of what is seen.
const SOLD: [(&str, Pair, Pair); 5] = [
    ("7", (1024, 600), (154, 86)),
    ("8", (1280, 800), (172, 107)),
    ("10.1", (1280, 800), (217, 136)),
    ("15.6", (1920, 1080), (344, 194)),
    ("21.5", (1920, 1080), (476, 268)),
];
/// A rare colour may stand for others that differ by no more than this: letters' edges need few, and the files stay small.
const ALIKE: i32 = 20;
/// Colours of so many pixels are not rare.
const COMMON: u32 = 300;
/// So many of 1000 pixels may be another colour of the palette: rounding differs between processors.
const PER_MILLE: usize = 1;

/// Every screen that there is, by the name of its pictures.
fn screens() -> Vec<(&'static str, Room)> {
    let at = |mut room: Room, screen| {
        room.view.screen = screen;
        room
    };
    let gaps = json!([
        {"at": 754.0, "seconds": 5.2, "what": {"kind": "input-lost", "input": "students-closeup"}},
        {"at": 1421.0, "seconds": 252.0, "what": {"kind": "paused"}},
    ]);
    let why = Sentence::new(
        "教师话筒全程没有声音（programme: silence, 2702 s）",
        "the teacher's microphone was silent all the time (programme: silence, 2702 s)",
    );
    let failed = Outcome::Failed { why };
    let locked = |mut room: Room| {
        room.view.lock.shut();
        room
    };
    let at_it = |room: Room| {
        let room = at(room, Screen::It);
        [1, 3, 5, 7, 9].into_iter().fold(room, |room, digit| tapped(room, Action::Digit(digit)))
    };
    let mut lost = Room::recording().with_cameras_that_turn();
    let turns = lost.state().pictures[1].ptz.as_mut().unwrap();
    (turns.live, turns.detail) =
        (false, "no answer from 192.168.1.64:52381 within 1 s: check its power and its address".into());
    let mut unreachable = Room::idle();
    unreachable.snapshot = None;
    let open = |mut room: Room| {
        room.view.settings.plan_minutes = None;
        if let Some(lesson) = &mut room.state().lesson {
            lesson.planned_seconds = None;
        }
        room
    };
    let mut overtime = Room::recording();
    overtime.state().lesson.as_mut().unwrap().seconds = 2911.0;
    let mut for_it = Room::idle();
    let alarm = |name: &str| json!({"alarm": name, "input": null, "chinese": "x", "english": "x", "for_it": true});
    let alarms = json!([alarm("no-network"), alarm("clock-unsynchronised")]);
    for_it.state().alarms = serde_json::from_value(alarms).unwrap();
    for_it.state().clock.synchronised = Some(false);
    for_it.state().network.as_mut().unwrap().interfaces[0].carrier = false;
    let mut wrong_clock = Room::idle();
    wrong_clock.state().alarms = serde_json::from_value(json!([{
        "alarm": "clock-wrong", "input": null,
        "chinese": "主机时间不对，课程会记错日期：请联系管理员校准（早于最近一节课 2026-11-24 16:40）",
        "english": "The time is wrong, so lessons get a wrong day: ask your administrator to set it \
                    (before the newest lesson, 2026-11-24 16:40)",
    }]))
    .unwrap();
    let mut untouchable = Room::recording();
    untouchable.view.touch(TouchEvent::Away, &[], &untouchable.clone().seen(&|_| None));
    let mut no_lessons = Room::idle();
    no_lessons.lessons.clear();
    let away = Sentence::new(
        "连不上上传服务器（timeout）：请检查网络和 `upload.address`",
        "the server cannot be reached (timeout): check the network and `upload.address`",
    );
    let mut refused = Room::idle();
    let full = Refusal::new(
        RefusalCode::NoSpace,
        "磁盘已满：请等课程上传并确认，或更换更大的磁盘",
        "the disk is full: let lessons be uploaded and confirmed, or fit a larger disk",
    );
    refused.view.answered(&Command::Pause {}, &Reply::Refused(full), refused.now);
    let guessed = |tries: usize| {
        (0..4 * tries).fold(locked(Room::recording()), |room, _| {
            let mut room = tapped(room, Action::Digit(1));
            room.now -= AFTER_A_TAP;
            room
        })
    };
    vec![
        ("starting", tapped(Room::idle(), Action::Start)),
        ("refused", refused),
        ("untouchable", untouchable),
        ("preflight-good", at(for_it, Screen::Checks)),
        ("preflight-clock", at(wrong_clock, Screen::Checks)),
        ("layouts", tapped(Room::recording(), Action::Layouts(1))),
        ("overtime", overtime),
        ("stopping-locked", locked(tapped(Room::recording(), Action::Stop))),
        ("nobody-came", Room::ended(Outcome::NobodyCame, json!([]))),
        ("no-lessons", at(no_lessons, Screen::Lessons)),
        ("wrong-pin", guessed(1)),
        ("pin-waits", guessed(3)),
        ("idle-open", open(Room::idle())),
        ("recording-open", open(Room::recording())),
        ("idle", Room::idle()),
        ("idle-period", Room::idle().with_periods()),
        ("lessons-periods", at(Room::idle().with_periods(), Screen::Lessons)),
        ("idle-trouble", Room::idle().with_trouble()),
        ("preflight", at(Room::idle().with_trouble(), Screen::Checks)),
        ("preflight-broken", at(Room::idle().broken(), Screen::Checks)),
        ("preflight-broken-on", tapped(at(Room::idle().broken(), Screen::Checks), Action::Page(1))),
        ("recording-broken", Room::recording().broken()),
        ("recording-checks", at(Room::recording().broken(), Screen::Checks)),
        ("uploading", Room::ended(Outcome::Kept, json!([])).with_uploads(2, None)),
        ("lessons-uploaded", at(Room::idle().with_uploads(0, None), Screen::Lessons)),
        ("preflight-upload-fails", at(Room::idle().with_uploads(3, Some(away)), Screen::Checks)),
        ("idle-locked", locked(Room::idle())),
        ("paused-locked", locked(Room::paused())),
        ("recording", Room::recording()),
        ("recording-trouble", Room::recording().with_trouble()),
        ("recording-muted", Room::recording().with_volumes()),
        ("recording-live", Room::recording().live()),
        ("recording-live-fails", Room::recording().live_fails()),
        ("idle-live", Room::idle().live()),
        ("by-hand", Room::recording().by_hand(75)),
        ("more", tapped(Room::recording(), Action::More(true))),
        ("stopping", tapped(Room::recording(), Action::Stop)),
        ("paused", Room::paused()),
        ("finishing", Room::ended(Outcome::Finishing, json!([]))),
        ("kept", Room::ended(Outcome::Kept, json!([]))),
        ("gaps", Room::ended(Outcome::KeptWithGaps, gaps)),
        ("failed", Room::ended(failed, json!([]))),
        ("lessons", at(Room::idle(), Screen::Lessons)),
        ("settings", at(Room::idle(), Screen::Settings)),
        ("microphones", at(Room::idle().with_volumes(), Screen::Microphones)),
        ("cameras", at(Room::recording().with_cameras_that_turn(), Screen::Cameras)),
        ("cameras-lost", at(lost, Screen::Cameras)),
        ("assisted-cameras", at(Room::idle().with_cameras_that_turn().assisted(), Screen::Cameras)),
        ("more-cameras", tapped(Room::recording().with_cameras_that_turn(), Action::More(true))),
        ("locked", locked(Room::recording())),
        ("it-pin", at(Room::idle().of_it(), Screen::It)),
        ("it", at_it(Room::idle().of_it())),
        ("it-first-access", at_it(Room::idle().of_it().before_first_access())),
        ("assisted-it", at_it(Room::recording().of_it().assisted())),
        ("unreachable", unreachable),
        ("first-access", Room::idle().before_first_access()),
        ("pairing", at(Room::idle().before_first_access(), Screen::Pairing)),
        ("assisted", Room::recording().assisted()),
        ("assisted-idle", Room::idle().before_first_access().assisted()),
        ("assisted-trouble", Room::recording().with_trouble().assisted()),
        ("assisted-paused", Room::paused().assisted()),
        ("assisted-settings", at(Room::idle().assisted(), Screen::Settings)),
        ("assisted-locked", locked(Room::recording().assisted())),
    ]
}

const AFTER_A_TAP: std::time::Duration = std::time::Duration::from_millis(1200);

/// The room after a tap.
fn tapped(mut room: Room, action: Action) -> Room {
    let (seen, mut view) = (room.clone(), room.view.clone());
    let area =
        embedded_graphics::primitives::Rectangle::new(Default::default(), embedded_graphics::prelude::Size::new(9, 9));
    let targets = [Target { area, action }];
    view.touch(TouchEvent::Down { finger: Finger(0), x: 1, y: 1 }, &targets, &seen.seen(&|_| None));
    view.touch(TouchEvent::Up { finger: Finger(0) }, &targets, &seen.seen(&|_| None));
    room.view = view;
    room.now += AFTER_A_TAP;
    room
}

fn picture_of(room: &Room, letters: &Letters, (width, height): (u32, u32)) -> (Frame, Vec<Target>) {
    let mut frame = Frame::new(width, height);
    let live: HashMap<Feed, Drawn> = ketang_hal::role::PictureRole::ALL
        .into_iter()
        .map(Feed::Input)
        .chain([Feed::Programme])
        .map(|feed| (feed, Drawn::of(feed)))
        .collect();
    let thumbnails = |feed| live.get(&feed).map(Drawn::picture);
    let targets = draw(&mut frame, letters, &room.seen(&thumbnails), &room.view);
    (frame, targets)
}

#[test]
fn every_screen_is_the_picture_that_was_blessed() {
    let Some(letters) = letters() else { return };
    let bless = std::env::var_os("KETANG_BLESS").is_some();
    let (mut wrong, mut names) = (Vec::new(), HashSet::new());
    for_every_picture(|name, room, size| {
        names.insert(golden(name));
        let (frame, _) = picture_of(room, letters, size);
        let path = golden(name);
        // What is the same picture stays the same file.
        let Err(why) = compare(&path, size, &frame) else { return };
        if bless {
            write(&path, size, &frame);
        } else {
            let seen = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
            write(&seen, size, &frame);
            wrong.push(format!("{name}: {why}; as it is now: {}", seen.display()));
        }
    });
    let there = std::fs::read_dir(golden("").parent().unwrap()).unwrap().flatten().map(|entry| entry.path());
    for of_no_screen in there.filter(|path| !names.contains(path)) {
        if bless {
            std::fs::remove_file(&of_no_screen).unwrap();
        } else {
            wrong.push(format!("{}: no screen has this name", of_no_screen.display()));
        }
    }
    assert!(wrong.is_empty(), "look at them, then scripts/bless:\n{}", wrong.join("\n"));
}

#[test]
fn every_target_is_as_large_as_a_finger_on_every_screen_that_is_sold() {
    let Some(letters) = letters() else { return };
    let mut small = Vec::new();
    for (inches, pixels, (width, height)) in SOLD {
        let millimetres = picture::Size { width, height };
        // Whether the display tells its size or, like a frame buffer, does not; 8 inches are unusual and must.
        let known = [Some(millimetres)].into_iter().chain((inches != "8").then_some(None));
        for told in known {
            for (screen, room) in screens() {
                for language in [Language::Chinese, Language::English] {
                    for assisted in [false, true] {
                        let mut room = if assisted { room.clone().assisted() } else { room.clone() };
                        (room.view.settings.language, room.millimetres) = (language, told);
                        let targets = picture_of(&room, letters, pixels).1;
                        small.extend(targets.into_iter().filter_map(|Target { area, action }| {
                            let across = area.size.width * width * 10 / pixels.0;
                            let down = area.size.height * height * 10 / pixels.1;
                            let least = across.min(down);
                            (least < FINGER * 10).then(|| {
                                format!(
                                    "{inches} in, {screen} {language:?} {told:?} {assisted}: {action:?} is {}.{} mm",
                                    least / 10,
                                    least % 10
                                )
                            })
                        }));
                    }
                }
            }
        }
    }
    assert!(small.is_empty(), "{}", small.join("\n"));
}

#[test]
fn every_target_lies_on_the_screen() {
    let Some(letters) = letters() else { return };
    for_every_picture_and_assisted(|name, room, size| {
        for Target { area, action } in picture_of(room, letters, size).1 {
            let end = area.bottom_right().unwrap();
            let inside = area.top_left.x >= 0 && area.top_left.y >= 0 && end.x < size.0 as i32 && end.y < size.1 as i32;
            assert!(inside, "{name}: {action:?} lies at {area:?}");
        }
    });
}

#[test]
fn no_two_targets_share_a_place() {
    let Some(letters) = letters() else { return };
    for_every_picture_and_assisted(|name, room, size| {
        let targets = picture_of(room, letters, size).1;
        for (index, one) in targets.iter().enumerate() {
            for other in &targets[index + 1..] {
                assert!(one.area.intersection(&other.area).is_zero_sized(), "{name}: {one:?} and {other:?}");
            }
        }
    });
}

fn for_every_picture(mut what: impl FnMut(&str, &Room, (u32, u32))) {
    for (screen, mut room) in screens() {
        for (language, of_language) in [(Language::Chinese, "zh"), (Language::English, "en")] {
            for (theme, of_theme) in [(Theme::Day, "day"), (Theme::Night, "night")] {
                for size in SIZES {
                    (room.view.settings.language, room.view.settings.theme) = (language, theme);
                    what(&format!("{screen}-{of_language}-{of_theme}-{}", size.0), &room, size);
                }
            }
        }
    }
}

/// Each also as it is when IT looks on, which leaves it less room.
fn for_every_picture_and_assisted(mut what: impl FnMut(&str, &Room, (u32, u32))) {
    for_every_picture(|name, room, size| {
        what(name, room, size);
        what(&format!("{name}, assisted"), &room.clone().assisted(), size);
    });
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.png"))
}

fn distance(a: u32, b: u32) -> i32 {
    [16, 8, 0].map(|shift| ((a >> shift & 255) as i32 - (b >> shift & 255) as i32).abs()).into_iter().max().unwrap_or(0)
}

/// The palette of a picture: its common colours, and of the rare ones those that are like none before.
fn palette_of(frame: &Frame) -> Vec<u32> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    frame.pixels().iter().for_each(|pixel| *counts.entry(*pixel).or_default() += 1);
    let mut by_count: Vec<(u32, u32)> = counts.into_iter().map(|(colour, count)| (count, colour)).collect();
    by_count.sort_unstable_by(|a, b| b.cmp(a));
    let mut palette: Vec<u32> = Vec::new();
    for (count, colour) in by_count {
        let new = count >= COMMON || palette.iter().all(|of| distance(*of, colour) > ALIKE);
        if new && palette.len() < 256 {
            palette.push(colour);
        }
    }
    palette
}

/// The picture in the nearest colours of a palette.
fn indices(frame: &Frame, palette: &[u32]) -> Vec<u8> {
    let mut nearest: HashMap<u32, u8> = HashMap::new();
    let find = |pixel: u32| (0..palette.len()).min_by_key(|index| distance(palette[*index], pixel)).unwrap_or(0) as u8;
    frame.pixels().iter().map(|pixel| *nearest.entry(*pixel).or_insert_with(|| find(*pixel))).collect()
}

fn write(path: &Path, (width, height): (u32, u32), frame: &Frame) {
    let palette = palette_of(frame);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).unwrap()), width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.iter().flat_map(|pixel| pixel.to_be_bytes()[1..].to_vec()).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().unwrap().write_image_data(&indices(frame, &palette)).unwrap();
}

fn compare(path: &Path, (width, height): (u32, u32), frame: &Frame) -> Result<(), String> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().map_err(|error| error.to_string())?;
    let mut blessed = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut blessed).map_err(|error| error.to_string())?;
    if (info.width, info.height, info.bit_depth) != (width, height, png::BitDepth::Eight) {
        return Err(format!("{}×{} was blessed", info.width, info.height));
    }
    let palette = reader.info().palette.as_ref().ok_or("it has no palette")?;
    let palette: Vec<u32> = palette.chunks_exact(3).map(|c| u32::from_be_bytes([0, c[0], c[1], c[2]])).collect();
    let other = indices(frame, &palette).iter().zip(&blessed).filter(|(now, then)| now != then).count();
    if other * 1000 <= blessed.len() * PER_MILLE { Ok(()) } else { Err(format!("{other} pixels differ")) }
}

#[test]
fn a_changed_colour_or_word_is_found() {
    let Some(letters) = letters() else { return };
    let (size, mut room) = ((1280, 800), Room::idle());
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), size, &picture_of(&room, letters, size).0);
    assert_eq!(compare(file.path(), size, &picture_of(&room, letters, size).0), Ok(()));
    room.view.settings.plan_minutes = Some(40);
    assert!(compare(file.path(), size, &picture_of(&room, letters, size).0).is_err());
}
