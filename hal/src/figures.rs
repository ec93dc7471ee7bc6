//! What was measured in a recorded file: plain figures with units.
//!
//! `ketang-pipelines` measures them and `ketang-lesson` judges them, and neither may know the other; so the words that cross
//! over stand here, below both. Nothing here says what is good: that is the judge's business.
//!
//! Times are seconds on the file's own presentation time line, as a player shows it (edit lists applied), from zero.

use serde::Serialize;

/// The quietest level that is told apart, in dBFS; digital zero reads as this.
pub const DBFS_FLOOR: f64 = -120.0;

/// A stretch of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    pub from: f64,
    pub to: f64,
}

impl Stretch {
    pub fn seconds(self) -> f64 {
        self.to - self.from
    }

    /// The same stretch, later by `seconds`.
    pub fn shifted(self, seconds: f64) -> Self {
        Self { from: self.from + seconds, to: self.to + seconds }
    }
}

/// One track of a lesson: its parts in order, and how they join.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrackFigures {
    /// What was measured in each part, or why it cannot be played.
    pub parts: Vec<Result<FileFigures, String>>,
    /// One fewer than parts.
    pub joints: Vec<Joint>,
}

/// Where one part ends and the next begins, for a player that plays them one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Joint {
    /// Time without a picture, in seconds; negative where pictures overlap. `None` where a side has none.
    pub picture_gap: Option<f64>,
    /// Time without sound, in seconds; negative where sounds overlap. `None` where a side has none.
    pub sound_gap: Option<f64>,
    /// Frames missing by their numbers; negative where they come twice. `None` where they carry no number.
    pub frames_missing: Option<i64>,
}

/// One media file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileFigures {
    pub container: Container,
    pub bytes: u64,
    /// To the end of the longest stream.
    pub seconds: f64,
    pub video: Option<VideoFigures>,
    pub audio: Option<AudioFigures>,
    /// Sound against picture, where flashes and beeps mark the seconds.
    pub sync: Option<SyncFigures>,
    /// Only key frames were decoded; what needs every frame is not known.
    pub key_frames_only: bool,
    /// What the demultiplexer and the decoders complained of, in their words.
    pub complaints: Vec<String>,
}

/// The container, read from its boxes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Container {
    /// An ISO base media file: MP4, or QuickTime, by its brands.
    pub mp4: bool,
    /// Major brand first.
    pub brands: Vec<String>,
    /// The index (`moov`) lies before the media, so that a player can begin while it loads.
    pub index_in_front: bool,
    /// The media lie in fragments (`moof`).
    pub fragmented: bool,
    /// The last box says that it goes on beyond the end of the file, or the index is missing.
    pub truncated: bool,
}

/// The picture stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VideoFigures {
    /// `h264`, `h265` …
    pub codec: String,
    /// `high`, `main`, `constrained-baseline` …
    pub profile: Option<String>,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// Width to height of one pixel.
    pub pixel_aspect: (u32, u32),
    pub progressive: bool,
    /// Average.
    pub fps: f64,
    /// Shortest and longest time from one frame to the next, in seconds.
    pub shortest_interval: f64,
    pub longest_interval: f64,
    /// Timestamps only grow.
    pub monotone: bool,
    /// Where the next frame comes later than it should; the first 1000.
    pub holes: Vec<Stretch>,
    pub begins: f64,
    pub ends: f64,
    /// Average, in kbit/s.
    pub kbit_s: f64,
    /// Longest time from key frame to key frame, in seconds.
    pub key_interval: f64,
    /// Frames are decoded in another order than shown: there are B-frames.
    pub reordered: bool,
    /// Frames in the file, and how many of them came out of the decoder.
    pub frames: u64,
    pub decoded: u64,
    /// Faults that the decoder found in the data, and when the first 100 of them came.
    pub faults: u64,
    pub faults_at: Vec<f64>,
    /// Black pictures.
    pub black: Vec<Stretch>,
    /// Pictures in which nothing but codec noise changes.
    pub frozen: Vec<Stretch>,
    /// The frame numbers of each pane that was asked for, in that order; `None` where the pane carries none.
    pub marks: Vec<Option<MarkFigures>>,
}

/// The frame numbers ([`crate::mark`]) of one pane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkFigures {
    /// Frames with a readable number, and without.
    pub read: u64,
    pub unread: u64,
    /// The first and the last number.
    pub first: u64,
    pub last: u64,
    /// Frames that come after the last one with a number, unread.
    pub after_last: u64,
    pub missing: u64,
    pub repeated: u64,
    /// How often the numbers ran backwards.
    pub backwards: u64,
    /// The first 1000 of these.
    pub slips: Vec<Slip>,
}

/// A place where frame numbers do not follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Slip {
    pub at: f64,
    pub what: SlipKind,
    pub frames: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlipKind {
    Missing,
    Repeated,
    Backwards,
}

/// The sound stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AudioFigures {
    /// `aac`, `mp3` …
    pub codec: String,
    /// `lc` for the AAC that HB-4 means.
    pub profile: Option<String>,
    /// In hertz.
    pub rate: u32,
    pub channels: u32,
    pub begins: f64,
    pub ends: f64,
    /// Average, and the lowest and highest second, in kbit/s.
    pub kbit_s: f64,
    pub kbit_s_lowest: f64,
    pub kbit_s_highest: f64,
    /// Faults that the decoder found in the data, and when the first 100 of them came.
    pub faults: u64,
    pub faults_at: Vec<f64>,
    /// Where blocks of sound are missing; the first 1000.
    pub holes: Vec<Stretch>,
    /// Every channel is silent.
    pub silence: Vec<Stretch>,
    /// Integrated loudness by EBU R 128, in LUFS; `None` where there is nothing to hear.
    pub loudness_lufs: Option<f64>,
    pub by_channel: Vec<ChannelFigures>,
}

/// One channel of the sound.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChannelFigures {
    pub peak_dbfs: f64,
    pub rms_dbfs: f64,
    pub silence: Vec<Stretch>,
    /// Share of samples in runs of three or more at full scale, and the longest such run in samples.
    pub clipped_share: f64,
    pub clipped_longest: u64,
}

/// Beeps against flashes. Positive: the sound comes late.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SyncFigures {
    pub pairs: u64,
    pub median_ms: f64,
    /// The offset that is farthest from zero, and when it was.
    pub worst_ms: f64,
    pub worst_at: f64,
}
