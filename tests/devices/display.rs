//! The panel's display through KMS. What is shown is what the display engine composes and sums up itself, picture by picture.

use std::fs;
use std::path::Path;

use ketang_board::linux::panel::{DisplayPlace, KmsDisplay};
use ketang_hal::HalError;
use ketang_hal::panel::{Display, Rotation};
use ketang_hal::picture::Size;

use crate::gear::{CARD, CheckSums, check_sum, soon};
use crate::inside_the_guest;

const CONNECTOR: &str = "Virtual-1";

fn open() -> KmsDisplay {
    KmsDisplay::open(Path::new(CARD), None).unwrap()
}

/// A picture that differs in every row from the others of its kind.
fn picture(size: Size, seed: u32) -> Vec<u32> {
    let pixel = |at: u32| (at ^ (at / size.width) << 8).wrapping_mul(2_654_435_761).wrapping_add(seed) & 0x00FF_FFFF;
    (0..size.width * size.height).map(pixel).collect()
}

#[test]
fn a_picture_is_seen_whole_or_not_at_all() {
    if !inside_the_guest() {
        return;
    }
    let mut display = open();
    let pictures = [picture(display.size(), 1), picture(display.size(), 99)];
    let sums = pictures.each_ref().map(|picture| check_sum(picture));
    display.show(&pictures[0]).unwrap();
    let mut shown = CheckSums::begin();
    shown.until(sums[0]);
    // While it is looked at, one picture after the other is drawn.
    let drawing = std::thread::spawn(move || {
        for picture in pictures.iter().cycle().take(40) {
            display.show(picture).unwrap();
        }
        display
    });
    let mut seen = [0; 2];
    while !drawing.is_finished() {
        let sum = shown.next();
        let which = sums.iter().position(|one| *one == sum);
        seen[which.expect("parts of two pictures were shown together")] += 1;
    }
    drop(drawing.join().unwrap());
    assert!(seen[0] > 0 && seen[1] > 0, "each was seen: {seen:?}");
}

#[test]
fn a_connector_is_chosen_by_its_name() {
    if !inside_the_guest() {
        return;
    }
    let place: DisplayPlace = format!("{CARD}:{CONNECTOR}").parse().unwrap();
    let size = place.open(Rotation::None).unwrap().size();
    let other = KmsDisplay::open(Path::new(CARD), Some("HDMI-A-1")).err().unwrap().to_string();
    let told = format!("no display at {CARD} ({CONNECTOR} shows {}×{})", size.width, size.height);
    assert!(other.starts_with(&told), "{other}");
    assert!(matches!(KmsDisplay::open(Path::new("/dev/dri/card9"), None), Err(HalError::NotThere { .. })));
}

#[test]
fn a_card_is_shown_on_by_one_program_and_the_frame_buffer_takes_its_place() {
    if !inside_the_guest() {
        return;
    }
    let first = open();
    let error = KmsDisplay::open(Path::new(CARD), None).err().unwrap();
    assert!(matches!(&error, HalError::Busy { path } if path == Path::new(CARD)), "{error}");
    let mut second = DisplayPlace::Auto.open(Rotation::None).unwrap();
    let drawn = picture(second.size(), 3);
    second.show(&drawn).unwrap();
    assert!(in_frame_buffer(second.size()) == drawn, "the frame buffer holds what was shown");
    drop(first);
    // The kernel gives the card away when the last one lets go of it.
    soon("the card is free", || KmsDisplay::open(Path::new(CARD), None).ok());
}

/// What the kernel's first frame buffer holds now, read from the device as any program may.
fn in_frame_buffer(size: Size) -> Vec<u32> {
    let told = fs::read_to_string("/sys/class/graphics/fb0/stride").unwrap();
    let stride: usize = told.trim().parse().unwrap();
    let bytes = fs::read("/dev/fb0").unwrap();
    let rows = bytes.chunks_exact(stride).take(size.height as usize);
    let pixel = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap()) & 0x00FF_FFFF;
    rows.flat_map(|row| row[..size.width as usize * 4].chunks_exact(4).map(pixel)).collect()
}

#[test]
fn the_choice_that_is_left_open_falls_on_the_card_and_a_turned_picture_lies_on_its_side() {
    if !inside_the_guest() {
        return;
    }
    let Size { width, height } = open().size();
    for (rotation, from) in [
        // Where the pixel at (x, y) of the display comes from in the picture.
        (Rotation::None, (|x, y, _, _| (x, y)) as fn(u32, u32, u32, u32) -> (u32, u32)),
        (Rotation::Quarter, |x, y, width, _| (y, width - 1 - x)),
        (Rotation::Half, |x, y, width, height| (width - 1 - x, height - 1 - y)),
        (Rotation::ThreeQuarters, |x, y, _, height| (height - 1 - y, x)),
    ] {
        let mut display = DisplayPlace::Auto.open(rotation).unwrap();
        let size = display.size();
        assert_eq!(size, rotation.size(Size { width, height }), "{rotation:?}");
        let drawn = picture(size, 7);
        display.show(&drawn).unwrap();
        let places = (0..height).flat_map(|y| (0..width).map(move |x| from(x, y, width, height)));
        let turned: Vec<u32> = places.map(|(x, y)| drawn[(y * size.width + x) as usize]).collect();
        CheckSums::begin().until(check_sum(&turned));
    }
}

/// The cable of the display, which this pulls out; dropping it lets the kernel look again.
struct Cable;

impl Cable {
    fn set(&self, state: &str) {
        fs::write(format!("/sys/class/drm/card0-{CONNECTOR}/status"), state).unwrap();
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.set("detect");
    }
}

#[test]
fn a_display_whose_cable_is_pulled_shows_again_when_it_is_back() {
    if !inside_the_guest() {
        return;
    }
    let mut display = open();
    let (first, second) = (picture(display.size(), 1), picture(display.size(), 2));
    let cable = Cable;
    cable.set("off");
    let error = KmsDisplay::open(Path::new(CARD), None).err().unwrap().to_string();
    assert!(error.contains(&format!("({CONNECTOR} has no display)")), "{error}");
    display.show(&first).unwrap();
    cable.set("on");
    display.show(&second).unwrap();
    CheckSums::begin().until(check_sum(&second));
}
