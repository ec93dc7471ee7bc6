//! What the frames of the room promise to whoever shows them.

use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::PictureRole;

use super::{Room, RoomSettings};

const ROLES: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

fn paint(painter: &mut dyn Painter, number: u64, memory: &mut [u8], before: Option<u64>) {
    let size = Size::FULL_HD;
    let (luma, chroma) = memory.split_at_mut((size.width * size.height) as usize);
    let mut picture = Nv12 { size, stride: size.width as usize, luma, chroma };
    assert_eq!(painter.paint(number, &mut picture, before), Painted::Frame);
}

fn memory(fill: u8) -> Vec<u8> {
    vec![fill; (Size::FULL_HD.width * Size::FULL_HD.height * 3 / 2) as usize]
}

/// Moments of the lesson: speaking, walking, writing, a pupil standing, the lamps going off, the film.
const SECONDS: [f64; 7] = [5.0, 16.0, 33.0, 66.0, 94.0, 133.4, 140.0];

#[test]
fn a_frame_over_an_earlier_one_is_the_frame() {
    let room = Room::new(RoomSettings { marks: true, ..RoomSettings::default() });
    for role in ROLES {
        let (mut one, mut other) = (room.painter(role), room.painter(role));
        let mut kept = memory(7);
        let mut before = None;
        for second in SECONDS {
            let first = (second * 25.0) as u64;
            for number in [first, first + 1, first + 6] {
                paint(one.as_mut(), number, &mut kept, before);
                before = Some(number);
                let mut fresh = memory(99);
                paint(other.as_mut(), number, &mut fresh, None);
                assert!(kept == fresh, "{role}, frame {number}");
            }
        }
    }
}

#[test]
fn frames_are_the_same_in_whatever_order_and_room_they_are_looked_at() {
    for role in [PictureRole::TeacherCloseup, PictureRole::StudentsCloseup] {
        let numbers = [400, 2375, 3340];
        let frames = |numbers: &mut dyn Iterator<Item = u64>| -> Vec<Vec<u8>> {
            let mut painter = Room::new(RoomSettings::default()).painter(role);
            numbers
                .map(|number| {
                    let mut frame = memory(0);
                    paint(painter.as_mut(), number, &mut frame, None);
                    frame
                })
                .collect()
        };
        let forwards = frames(&mut numbers.into_iter());
        let backwards = frames(&mut numbers.into_iter().rev());
        assert!(forwards.iter().eq(backwards.iter().rev()), "{role}");
    }
}
