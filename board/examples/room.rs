//! Looks at the simulated room without a host: writes frames as PNG, or measures what drawing them costs.
//!
//! ```text
//! cargo run --release -p ketang-board --example room -- shoot DIR SECOND…
//! cargo run --release -p ketang-board --example room -- bench
//! ```
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::Path;

use ketang_board::sim::{Room, RoomSettings};
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::Heard;
use ketang_hal::time::BLOCK_SAMPLES;
use rustix::time::{ClockId, clock_gettime};

const SIZE: Size = Size::FULL_HD;
const CAMERAS: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

/// Frames of one picture that are on their way through a host at once.
const ON_THEIR_WAY: usize = 8;

struct Frame {
    luma: Vec<u8>,
    chroma: Vec<u8>,
    holds: Option<u64>,
}

impl Frame {
    fn new() -> Frame {
        let pixels = (SIZE.width * SIZE.height) as usize;
        Frame { luma: vec![0; pixels], chroma: vec![0; pixels / 2], holds: None }
    }

    fn paint(&mut self, painter: &mut dyn Painter, number: u64) -> Painted {
        let stride = SIZE.width as usize;
        let mut picture = Nv12 { size: SIZE, stride, luma: &mut self.luma, chroma: &mut self.chroma };
        let painted = painter.paint(number, &mut picture, self.holds);
        if painted == Painted::Frame {
            self.holds = Some(number);
        }
        painted
    }

    fn save(&self, path: &Path) {
        let width = SIZE.width as usize;
        let mut pixmap = tiny_skia::Pixmap::new(SIZE.width, SIZE.height).expect("a frame has a size");
        for (index, rgba) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (index % width, index / width);
            let chroma = &self.chroma[y / 2 * width + x / 2 * 2..];
            let luma = (f32::from(self.luma[index]) - 16.0) * 255.0 / 219.0;
            let (u, v) =
                ((f32::from(chroma[0]) - 128.0) / 224.0 * 255.0, (f32::from(chroma[1]) - 128.0) / 224.0 * 255.0);
            let rgb = [luma + 1.5748 * v, luma - 0.1873 * u - 0.4681 * v, luma + 1.8556 * u];
            rgba.copy_from_slice(&[rgb[0] as u8, rgb[1] as u8, rgb[2] as u8, 255]);
        }
        pixmap.save_png(path).expect("the folder can be written");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((what, rest)) if what == "shoot" && rest.len() > 1 => shoot(Path::new(&rest[0]), &rest[1..]),
        Some((what, _)) if what == "bench" => bench(),
        _ => println!("usage: room shoot DIR SECOND…  or  room bench"),
    }
}

fn shoot(folder: &Path, seconds: &[String]) {
    let room = Room::new(RoomSettings::default());
    for role in CAMERAS {
        let mut painter = room.painter(role);
        let mut frame = Frame::new();
        for text in seconds {
            let number = (text.parse::<f64>().expect("SECOND is a number") * 25.0) as u64;
            if frame.paint(painter.as_mut(), number) == Painted::Frame {
                frame.save(&folder.join(format!("{role}-{text}.png")));
            }
        }
    }
}

/// CPU seconds of this thread so far.
fn cpu() -> f64 {
    seconds_of(ClockId::ThreadCPUTime)
}

/// CPU seconds of the whole program so far.
fn all_cpu() -> f64 {
    seconds_of(ClockId::ProcessCPUTime)
}

fn seconds_of(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The first round makes the sprites, the second finds them made. All five pictures are drawn in turn, as a host has them
/// drawn, but faster than in real time.
fn bench() {
    let room = Room::new(RoomSettings { beeps: true, ..RoomSettings::default() });
    let frames = room.length() as u64 * 25;
    let begin = all_cpu();
    let mut pictures = CAMERAS.map(|role| (room.painter(role), [(); ON_THEIR_WAY].map(|()| Frame::new())));
    println!("ready after {:.2} s of CPU", all_cpu() - begin);
    for round in 1..=2 {
        let begin = all_cpu();
        let mut times = [const { Vec::new() }; CAMERAS.len()];
        for number in 0..frames {
            for ((painter, ring), times) in pictures.iter_mut().zip(&mut times) {
                let begin = cpu();
                ring[number as usize % ON_THEIR_WAY].paint(painter.as_mut(), (round - 1) * frames + number);
                times.push((cpu() - begin) * 1e3);
            }
        }
        let all = (all_cpu() - begin) / room.length();
        println!("round {round}: {all:.3} of a core with all its threads; CPU ms a frame:");
        for (role, times) in CAMERAS.iter().zip(&mut times) {
            times.sort_by(f64::total_cmp);
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            let share = |k: f64| times[(k * (times.len() - 1) as f64) as usize];
            let (half, most, worst) = (share(0.5), share(0.99), share(1.0));
            println!("    {role:18} mean {mean:.2}  median {half:.2}  99 % {most:.2}  worst {worst:.1}");
        }
    }
    for role in SoundRole::ALL {
        let mut voice = room.voice(role);
        let mut block = [0.0; BLOCK_SAMPLES];
        let begin = cpu();
        let heard = (0..18_000).filter(|&number| voice.fill(number, &mut block) == Heard::Samples).count();
        println!("{role:18} {:.2} CPU ms a second ({heard} blocks)", (cpu() - begin) * 1e3 / 180.0);
    }
}
