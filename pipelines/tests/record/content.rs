//! Known content from real encoders, and what a real decoder finds in a file.

use gst::prelude::*;
use ketang_hal::mark::{self, Pane};
use ketang_hal::picture::{Nv12, Size};
use ketang_pipelines::coded::{Coded, CodedFormat};
use std::path::Path;
use std::process::Command;

pub(crate) const WIDTH: usize = 480;
pub(crate) const HEIGHT: usize = 272;
pub(crate) const FRAME_NS: u64 = 40_000_000;
pub(crate) const SECOND_NS: u64 = 1_000_000_000;
/// Of one AAC frame, in samples.
pub(crate) const AAC_SAMPLES: u64 = 1024;
pub(crate) const RATE: u64 = 48_000;

/// A lesson that was encoded: everything in the order in which it left the encoders.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) picture: CodedFormat,
    pub(crate) sound: CodedFormat,
    pub(crate) pictures: Vec<Coded>,
    pub(crate) sounds: Vec<Coded>,
}

/// Frame `number`: its mark, above a texture that moves and is noisy like a camera's, so that encoders have work.
pub(crate) fn frame(number: u64) -> Vec<u8> {
    let mut bytes = vec![128; WIDTH * HEIGHT * 3 / 2];
    let (luma, chroma) = bytes.split_at_mut(WIDTH * HEIGHT);
    for (index, value) in luma.iter_mut().enumerate() {
        let (x, y) = (index % WIDTH + number as usize * 3, index / WIDTH);
        let noise = (index as u64 ^ number << 20).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        *value = 60 + ((x / 8 * 31 + y / 8 * 17) % 97) as u8 + noise as u8;
    }
    let size = Size { width: WIDTH as u32, height: HEIGHT as u32 };
    mark::paint(number, &mut Nv12 { size, stride: WIDTH, luma, chroma });
    bytes
}

/// The encoders as text; `paced` makes them run in real time. Marks are pushed into `marks`.
pub(crate) fn encoders(frames: u64, x264: &str, paced: bool) -> gst::Pipeline {
    ketang_pipelines::init().unwrap();
    let sounds = frames * 2 - frames / 8;
    let text = format!(
        "appsrc name=marks format=time block=true max-buffers=8 max-bytes=0 \
           caps=video/x-raw,format=NV12,width={WIDTH},height={HEIGHT},framerate=25/1 \
         ! x264enc key-int-max=50 bitrate=1500 {x264} ! video/x-h264,stream-format=avc,alignment=au \
         ! appsink name=pictures sync={paced} \
         audiotestsrc num-buffers={sounds} samplesperbuffer=1024 wave=sine freq=440 ! audio/x-raw,rate={RATE},channels=2 \
         ! avenc_aac bitrate=128000 ! audio/mpeg,stream-format=raw ! appsink name=sounds sync={paced}"
    );
    gst::parse::launch(&text).unwrap().downcast().unwrap()
}

pub(crate) fn push_marks(pipeline: &gst::Pipeline, frames: u64) {
    let marks: gst_app::AppSrc = pipeline.by_name("marks").unwrap().downcast().unwrap();
    std::thread::spawn(move || {
        for number in 0..frames {
            let mut buffer = gst::Buffer::from_slice(frame(number));
            let buffer_ref = buffer.make_mut();
            buffer_ref.set_pts(gst::ClockTime::from_nseconds(number * FRAME_NS));
            buffer_ref.set_duration(gst::ClockTime::from_nseconds(FRAME_NS));
            marks.push_buffer(buffer).unwrap();
        }
        marks.end_of_stream().unwrap();
    });
}

/// What an encoder made, on a lesson's time line that the encoding began at `begins`.
pub(crate) fn coded(sample: &gst::Sample, begins: u64) -> Coded {
    let buffer = sample.buffer().unwrap();
    let segment = sample.segment().unwrap().downcast_ref::<gst::ClockTime>().unwrap();
    // Encoders that reorder put their timestamps far ahead, to have room before the first one.
    let lesson = |time: Option<gst::ClockTime>| {
        let start = segment.start().unwrap_or_default().nseconds() as i64;
        (time.unwrap().nseconds() as i64 - start + begins as i64) as u64
    };
    let pts = lesson(buffer.pts());
    let dts = buffer.dts().map_or(pts, |dts| lesson(Some(dts)));
    let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    Coded::new(buffer.map_readable().unwrap().to_vec(), pts, dts, buffer.duration().unwrap().nseconds(), key)
}

pub(crate) fn format(sample: &gst::Sample) -> CodedFormat {
    let caps = sample.caps().unwrap().structure(0).unwrap();
    let config = caps.get::<gst::Buffer>("codec_data").unwrap();
    let config = config.map_readable().unwrap();
    let number = |name| caps.get::<i32>(name).unwrap();
    if caps.name() == "video/x-h264" {
        CodedFormat::avc(number("width") as u16, number("height") as u16, &config)
    } else {
        CodedFormat::aac(number("rate") as u32, number("channels") as u8, &config)
    }
}

/// `frames` pictures at 25 a second and as much sound, encoded as fast as the machine can.
pub(crate) fn encode(frames: u64, x264: &str, begins: u64) -> Content {
    let pipeline = encoders(frames, x264, false);
    push_marks(&pipeline, frames);
    pipeline.set_state(gst::State::Playing).unwrap();
    let collect = |name: &str| {
        let sink: gst_app::AppSink = pipeline.by_name(name).unwrap().downcast().unwrap();
        std::thread::spawn(move || {
            let samples: Vec<gst::Sample> = std::iter::from_fn(|| sink.pull_sample().ok()).collect();
            (format(&samples[0]), samples.iter().map(|sample| coded(sample, begins)).collect::<Vec<_>>())
        })
    };
    let (pictures, sounds) = (collect("pictures"), collect("sounds"));
    let ((picture, pictures), (sound, mut sounds)) = (pictures.join().unwrap(), sounds.join().unwrap());
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(pictures.len() as u64, frames);
    // As the sound graph makes it: frame after frame, to the sample.
    for (number, sound) in (0..).zip(&mut sounds) {
        sound.pts = begins + number * AAC_SAMPLES * SECOND_NS / RATE;
        sound.dts = sound.pts;
    }
    let end = begins + frames * FRAME_NS;
    sounds.retain(|sound| sound.pts < end);
    Content { picture, sound, pictures, sounds }
}

/// The frame numbers in the order in which a player shows them.
pub(crate) fn marks(file: &Path) -> Vec<u64> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let pane = Pane { x: 0, y: 0, width: WIDTH as u32, height: HEIGHT as u32 };
    output.stdout.chunks_exact(WIDTH * HEIGHT).map(|luma| mark::read(luma, WIDTH, pane).unwrap().number).collect()
}

/// How many samples of sound a player plays.
pub(crate) fn sound_samples(file: &Path) -> u64 {
    let mut ffmpeg = Command::new("ffmpeg");
    let output =
        ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-map", "0:a", "-f", "s16le", "-"]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    output.stdout.len() as u64 / 4
}

/// Every packet of a file as ffprobe sees it: stream, times, size, key, hash of the bytes; by stream, as decoded.
pub(crate) fn packets(file: &Path, entries: &str) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_packets", "-show_data_hash", "md5", "-of", "csv=p=0", "-show_entries"])
        .arg(format!("packet=stream_index,{entries}"))
        .arg(file)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect();
    lines.sort_by_key(|line| line.chars().next());
    lines
}
