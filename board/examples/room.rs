//! Looks at the simulated room without a host: writes frames as PNG, or measures what drawing them costs.
//!
//! ```text
//! cargo run --release -p ketang-board --example room -- shoot DIR SECOND…
//! cargo run --release -p ketang-board --example room -- bench
//! ```
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::path::Path;
use std::time::Instant;

use ketang_board::sim::{Room, RoomSettings};
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::sound::Heard;
use ketang_hal::time::BLOCK_SAMPLES;

const SIZE: Size = Size::FULL_HD;
const CAMERAS: [PictureRole; 5] = [
    PictureRole::TeacherPanorama,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::StudentsCloseup,
    PictureRole::Hdmi,
];

struct Frame {
    luma: Vec<u8>,
    chroma: Vec<u8>,
}

impl Frame {
    fn new() -> Frame {
        let pixels = (SIZE.width * SIZE.height) as usize;
        Frame { luma: vec![0; pixels], chroma: vec![0; pixels / 2] }
    }

    fn paint(&mut self, painter: &mut dyn Painter, number: u64) -> Painted {
        let stride = SIZE.width as usize;
        painter.paint(number, &mut Nv12 { size: SIZE, stride, luma: &mut self.luma, chroma: &mut self.chroma })
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
    let mut frame = Frame::new();
    for role in CAMERAS {
        let mut painter = room.painter(role);
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
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux system");
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

/// CPU seconds of the whole program so far.
fn all_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("a Linux system");
    let ticks = text.rsplit(')').next().expect("a name").split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The first round makes the sprites, the second finds them made.
fn bench() {
    let room = Room::new(RoomSettings { marks: true, beeps: true, ..RoomSettings::default() });
    let frames = room.length() as u64 * 25;
    let mut frame = Frame::new();
    for role in CAMERAS {
        let (begin, begin_cpu) = (Instant::now(), cpu());
        let mut painter = room.painter(role);
        let (ready, ready_cpu) = (begin.elapsed().as_secs_f64(), cpu() - begin_cpu);
        println!("{role:18} ready in {ready:.2} s ({ready_cpu:.2} s of CPU)");
        for round in 1..=2 {
            let begin_all = all_cpu();
            let mut times: Vec<f64> = (0..frames)
                .map(|number| {
                    let begin = cpu();
                    frame.paint(painter.as_mut(), number);
                    (cpu() - begin) * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            let all = (all_cpu() - begin_all) * 1e3 / times.len() as f64;
            let share = |k: f64| times[(k * (times.len() - 1) as f64) as usize];
            println!(
                "    round {round}: CPU ms a frame: mean {mean:.2}  median {:.2}  99 % {:.2}  worst {:.1}  with look-ahead {all:.2}",
                share(0.5),
                share(0.99),
                share(1.0)
            );
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
