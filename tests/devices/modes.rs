//! Every raw format that a lesson may use, at both sizes, through the kernel and the capture graph: the same picture each time.

use std::sync::Arc;
use std::sync::mpsc;

use ketang_hal::picture::{PictureSource, Size, V4l2Format};
use ketang_hal::role::PictureRole::TeacherPanorama;
use ketang_pipelines::clock::MediaClock;
use ketang_pipelines::layout::{Layouts, SINGLE};
use ketang_pipelines::programme::{ProgrammeShot, ShotChange};
use ketang_pipelines::studio::{Studio, StudioSettings};
use ketang_tests::LIMIT;

use crate::{CAMERA, inside_the_guest, v4l2_ctl};

/// Places of the colour bars, in eighths of the width: luma and chroma of each.
type Look = Vec<(u8, u8, u8)>;
/// What rounding between colour spaces may change.
const ROUNDING: u8 = 6;

/// The first fresh picture of the camera in a mode, as it is mixed.
fn picture(format: V4l2Format, size: Size) -> Look {
    let shot = ProgrammeShot { layout: SINGLE.into(), inputs: vec![TeacherPanorama] };
    let first = ShotChange { shot, dissolve_slots: 0, reason: String::new() };
    let settings = StudioSettings { size, layouts: Layouts::shipped(), first };
    let mut studio = Studio::open(MediaClock::start(), settings, Arc::new(|_| {})).unwrap();
    let open = move || Ok(PictureSource::V4l2 { device: CAMERA.into(), format, size, fps: (25, 1) });
    studio.add(TeacherPanorama, Box::new(open)).unwrap();
    let (told, seen) = mpsc::channel();
    studio.take_input(
        TeacherPanorama,
        Box::new(move |frame| {
            if frame.is_fresh() {
                let _ = told.send(frame.look(size, |luma, chroma| look(size, luma, chroma)));
            }
            true
        }),
    );
    let one = || seen.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("{format:?} {size:?}: no picture")).unwrap();
    // Not just one picture: they go on.
    for _ in 0..4 {
        one();
    }
    one()
}

fn look(size: Size, luma: &[u8], chroma: &[u8]) -> Look {
    let (width, row) = (size.width as usize, size.height as usize / 2);
    let at = |bar: usize| {
        // The middle of a bar, on an even column.
        let column = (2 * bar + 1) * width / 16 / 2 * 2;
        let chroma = &chroma[row / 2 * width + column..];
        (luma[row * width + column], chroma[0], chroma[1])
    };
    (0..8).map(at).collect()
}

#[test]
fn every_raw_mode_gives_the_same_picture() {
    if !inside_the_guest() {
        return;
    }
    ketang_pipelines::init().unwrap();
    // Both YCbCr and RGB are then what NV12 is at these sizes.
    v4l2_ctl(CAMERA, "colorspace=1");
    let same = |a: &Look, b: &Look| {
        let near = |a: u8, b: u8| a.abs_diff(b) <= ROUNDING;
        a.iter().zip(b).all(|(a, b)| near(a.0, b.0) && near(a.1, b.1) && near(a.2, b.2))
    };
    for size in [Size::HD, Size::FULL_HD] {
        let expected = picture(V4l2Format::Nv12, size);
        assert!(expected.iter().any(|bar| bar.0 > 150) && expected.iter().any(|bar| bar.1 > 150), "{expected:?}");
        use V4l2Format::{Bgr3, I420, Rgb3, Uyvy, Yuyv};
        for format in [Yuyv, Uyvy, I420, Rgb3, Bgr3] {
            let seen = picture(format, size);
            assert!(same(&seen, &expected), "{format:?} {size:?}: {seen:?}, as NV12 {expected:?}");
        }
    }
    v4l2_ctl(CAMERA, "colorspace=2");
}
