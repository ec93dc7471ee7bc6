//! Clips as the host would see them: frames at an even pace, upright and with square pixels, decoded by ffmpeg.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ketang_tracker::picture::Picture;
use serde::Deserialize;

/// The small frames that are watched are at most this large.
const SMALL: (usize, usize) = (640, 360);
/// The host makes every camera's picture so large, with bars beside it where its shape is another.
pub(crate) const STUDIO: (usize, usize) = (1920, 1080);

/// A clip being decoded.
pub(crate) struct Clip {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) per_second: f64,
    /// Width over height, as it is shown.
    pub(crate) aspect: f64,
    child: Child,
    frames: ChildStdout,
    next: usize,
}

#[derive(Deserialize)]
struct Probe {
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    width: usize,
    height: usize,
    /// Width over height of a pixel, as `4:3`; `0:1` or nothing where it is not told.
    #[serde(default)]
    sample_aspect_ratio: String,
    /// Frames a second, as `30/1`: what they are at most, and what they are on average.
    #[serde(default)]
    r_frame_rate: String,
    #[serde(default)]
    avg_frame_rate: String,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize)]
struct SideData {
    /// By so many degrees the picture is to be turned.
    #[serde(default)]
    rotation: f64,
}

impl Stream {
    /// Its size as it is shown, in square pixels.
    fn shown(&self) -> (f64, f64) {
        let pixel = ratio(&self.sample_aspect_ratio, ':').unwrap_or(1.0);
        let (width, height) = (self.width as f64 * pixel, self.height as f64);
        let turned = |data: &SideData| (data.rotation / 90.0).round().rem_euclid(2.0) == 1.0;
        if self.side_data_list.iter().any(turned) { (height, width) } else { (width, height) }
    }

    /// Its frames a second; where they come unevenly, those of the densest.
    fn rate(&self) -> Option<f64> {
        let rates = [&self.r_frame_rate, &self.avg_frame_rate].map(|rate| ratio(rate, '/'));
        rates.into_iter().flatten().max_by(f64::total_cmp)
    }
}

/// `A/B` as a number, if it is one that means something.
fn ratio(text: &str, by: char) -> Option<f64> {
    let (above, below) = text.split_once(by).unwrap_or((text, "1"));
    let value = above.trim().parse::<f64>().ok()? / below.trim().parse::<f64>().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

fn probe(path: &Path) -> Result<Stream, String> {
    let failed = |what: &str| format!("{}: {what}", path.display());
    let wanted = "stream=width,height,sample_aspect_ratio,r_frame_rate,avg_frame_rate:stream_side_data=rotation";
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", wanted, "-of", "json"])
        .arg(path)
        .output()
        .map_err(|error| format!("ffprobe cannot be run ({error}): run scripts/setup --eval"))?;
    let probe: Probe = serde_json::from_slice(&probe.stdout).map_err(|_| failed("is no clip that can be read"))?;
    let stream = probe.streams.into_iter().next().ok_or_else(|| failed("has no picture"))?;
    if stream.width > 0 && stream.height > 0 { Ok(stream) } else { Err(failed("does not tell how large it is")) }
}

impl Clip {
    /// Every frame of a clip, or as many of them as the host looks at, in small.
    pub(crate) fn open(path: &Path, at_most_per_second: f64) -> Result<Self, String> {
        let stream = probe(path)?;
        let shown = stream.shown();
        let scale = (SMALL.0 as f64 / shown.0).min(SMALL.1 as f64 / shown.1).min(1.0);
        let even = |size: f64, most: usize| (((size * scale / 2.0).round() as usize) * 2).clamp(2, most);
        let size = (even(shown.0, SMALL.0), even(shown.1, SMALL.1));
        let per_second = stream.rate().map_or(at_most_per_second, |rate| rate.min(at_most_per_second));
        Self::decode(path, shown, size, per_second, &format!("scale={}:{}:flags=area", size.0, size.1))
    }

    /// The clip as the host shows it, so many frames a second.
    pub(crate) fn open_large(path: &Path, per_second: f64) -> Result<Self, String> {
        let shown = probe(path)?.shown();
        let scale = (STUDIO.0 as f64 / shown.0).min(STUDIO.1 as f64 / shown.1);
        let within = |size: f64, most: usize| ((size * scale).round() as usize).clamp(1, most);
        let (width, height) = (within(shown.0, STUDIO.0), within(shown.1, STUDIO.1));
        let filter = format!("scale={width}:{height},pad={}:{}:-1:-1", STUDIO.0, STUDIO.1);
        Self::decode(path, shown, STUDIO, per_second, &filter)
    }

    fn decode(
        path: &Path,
        shown: (f64, f64),
        (width, height): (usize, usize),
        per_second: f64,
        filter: &str,
    ) -> Result<Self, String> {
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-threads", "1", "-i"])
            .arg(path)
            .args(["-map", "0:v:0", "-vf", &format!("fps={per_second}:start_time=0:round=near,{filter}")])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("ffmpeg cannot be run ({error}): run scripts/setup --eval"))?;
        let frames = child.stdout.take().ok_or_else(|| format!("{}: gives no frames", path.display()))?;
        Ok(Self { width, height, per_second, aspect: shown.0 / shown.1, child, frames, next: 0 })
    }
}

/// Each frame and its time, in seconds.
impl Iterator for Clip {
    type Item = (f64, Picture);

    fn next(&mut self) -> Option<(f64, Picture)> {
        let mut data = vec![0; self.width * self.height * 3];
        self.frames.read_exact(&mut data).ok()?;
        let at = self.next as f64 / self.per_second;
        self.next += 1;
        Some((at, Picture::new(self.width, self.height, data)?))
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of this process, all its threads, in seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    usage.map_or(0.0, |usage| {
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
        seconds(usage.user_time()) + seconds(usage.system_time())
    })
}
