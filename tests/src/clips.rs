//! Clips that stand in for what no simulated input shows.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Noise on every pixel, which costs so many bits that the smallest part is full in some seconds: for half a picture (`side-by-side`).
pub const NOISE: &str = "color=gray:size=960x540:rate=25:duration=4,noise=alls=60:allf=t";

/// Makes a film of what a source of ffmpeg's (`lavfi`) shows.
pub fn film(folder: &Path, name: &str, source: &str) -> PathBuf {
    let file = folder.join(name);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast"]);
    ffmpeg.args(["-pix_fmt", "yuv420p"]).arg(&file).stdin(Stdio::null());
    assert!(ffmpeg.status().expect("ffmpeg is installed (`scripts/setup --tests` does)").success(), "{source}");
    file
}
