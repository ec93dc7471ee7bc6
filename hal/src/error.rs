//! What can go wrong with hardware, in words that name the remedy.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum HalError {
    #[error("no device at {path}: check the cable, or list what is there with `ketangctl inputs`")]
    NotThere { path: PathBuf },

    #[error("{path} is in use by another program: end that program, or choose another device")]
    Busy { path: PathBuf },

    #[error(
        "{path} offers no mode that a lesson can use ({why}): choose another device or set the camera to 1920×1080 at 25 fps"
    )]
    NoUsableMode { path: PathBuf, why: String },

    #[error("{path} has no mode `{mode}`: choose one of {modes}, or leave `mode` out for the best")]
    NotAMode { path: PathBuf, mode: String, modes: String },

    #[error("no signal at {path} ({why}): switch the computer on, check its cable, or choose 1920×1080 on it")]
    NoSignal { path: PathBuf, why: String },

    #[error("{path} gets an interlaced picture: choose a progressive picture on the computer, such as 1080p")]
    Interlaced { path: PathBuf },

    #[error("no display at {path} ({connectors}): check its cable and power, or choose another connector")]
    NoDisplay { path: PathBuf, connectors: String },

    #[error("no touchscreen{which} is there: check its cable, or choose a device that `evtest` lists")]
    NoTouchscreen { which: String },

    #[error("no GPIO line `{line}` is there: `gpioinfo` lists the chips and the names of their lines")]
    NoLine { line: String },

    #[error("the GPIO line `{line}` is used by `{by}`: choose another line, or end what uses it")]
    LineInUse { line: String, by: String },

    #[error(
        "`{address}` is not an input address ({why}): use v4l2:/dev/videoN, rtsp://…, alsa:hw:N, file:/…, pattern or sim"
    )]
    BadAddress { address: String, why: String },

    #[error("this board has no {what}: use an address that it has (`ketangctl inputs` lists them)")]
    Absent { what: String },

    #[error("{device} cannot set its {what}: leave that to the camera")]
    NotSettable { device: String, what: String },

    #[error("{device}: {what}: {source}")]
    Io { device: String, what: &'static str, source: std::io::Error },
}
