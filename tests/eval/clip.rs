//! Clips as the host would see them: small frames at an even pace, decoded by ffmpeg; and truths beside them.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ketang_tracker::area::Area;
use ketang_tracker::picture::Picture;
use serde::Deserialize;

/// The small frames that are watched are at most this large.
const SMALL: (f64, f64) = (640.0, 360.0);

/// A clip being decoded.
pub(crate) struct Clip {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) per_second: f64,
    /// The clip's own size, in pixels.
    pub(crate) own_size: (usize, usize),
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
    avg_frame_rate: String,
}

impl Clip {
    /// Every frame of a clip, or as many of them as the host looks at, in small.
    pub(crate) fn open(path: &Path, at_most_per_second: f64) -> Result<Self, String> {
        let failed = |what: &str| format!("{}: {what}", path.display());
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,avg_frame_rate"])
            .args(["-of", "json"])
            .arg(path)
            .output()
            .map_err(|error| format!("ffprobe cannot be run ({error}): run scripts/setup --tests"))?;
        let probe: Probe = serde_json::from_slice(&probe.stdout).map_err(|_| failed("is no clip that can be read"))?;
        let stream = probe.streams.first().ok_or_else(|| failed("has no picture"))?;
        let (numerator, denominator) = stream.avg_frame_rate.split_once('/').unwrap_or((&stream.avg_frame_rate, "1"));
        let rate = numerator.parse::<f64>().unwrap_or(0.0) / denominator.parse::<f64>().unwrap_or(1.0);
        if !rate.is_finite() || rate <= 0.0 {
            return Err(failed("does not tell its frames a second"));
        }
        let scale = (SMALL.0 / stream.width as f64).min(SMALL.1 / stream.height as f64).min(1.0);
        let even = |size: usize| ((size as f64 * scale / 2.0).round() as usize * 2).max(2);
        let (width, height) = (even(stream.width), even(stream.height));
        let per_second = rate.min(at_most_per_second);
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-threads", "1", "-i"])
            .arg(path)
            .arg("-vf")
            .arg(format!("fps={per_second}:start_time=0:round=near,scale={width}:{height}:flags=area"))
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("ffmpeg cannot be run ({error}): run scripts/setup --tests"))?;
        let frames = child.stdout.take().ok_or_else(|| failed("gives no frames"))?;
        Ok(Self { width, height, per_second, own_size: (stream.width, stream.height), child, frames, next: 0 })
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

/// Where the person really is at a time; `None`: nobody is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    pub(crate) at: f64,
    pub(crate) area: Option<Area>,
}

pub(crate) fn read_truth(path: &Path) -> Result<Vec<Truth>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let row = |(line, row): (usize, &str)| {
        let wrong = || format!("{}:{}: `{row}` is not t_seconds,x,y,w,h", path.display(), line + 1);
        let mut fields = row.split(',').map(str::trim);
        let at = fields.next().and_then(|field| field.parse().ok()).ok_or_else(wrong)?;
        let rest: Vec<&str> = fields.filter(|field| !field.is_empty()).collect();
        let numbers: Vec<f32> = rest.iter().filter_map(|field| field.parse().ok()).collect();
        match (rest.len(), numbers.as_slice()) {
            (0, _) => Ok(Truth { at, area: None }),
            (4, [x, y, width, height]) => Ok(Truth { at, area: Some(Area::new(*x, *y, *width, *height)) }),
            _ => Err(wrong()),
        }
    };
    let has_number = |row: &str| row.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    text.lines()
        .enumerate()
        .filter(|(line, row)| !row.trim().is_empty() && (*line > 0 || has_number(row)))
        .map(row)
        .collect()
}

/// CPU time of this process, all its threads, in seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    usage.map_or(0.0, |usage| {
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
        seconds(usage.user_time()) + seconds(usage.system_time())
    })
}
