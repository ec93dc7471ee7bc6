//! Measures recorded files: what they are, whether they decode, and what is in them.
//!
//! One pass, as fast as the file decodes, in bounded memory. [`track`] measures the parts of a track and their joints,
//! [`file()`] one file, [`luma_frames`] shows the pictures of a file to whoever wants to read them. Nothing here judges: the
//! figures go to `ketang-lesson`'s `verify`.

mod beep;
mod boxes;
mod coded;
mod decode;
mod faults;
mod picture;
mod sound;
mod stretches;
mod sync;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ketang_hal::figures::{AudioFigures, FileFigures, Joint, TrackFigures, VideoFigures};
use ketang_hal::mark::Pane;

use crate::MediaError;
use coded::Coded;
use decode::{Go, Kind, Played, Tap, Unit, Want};
use gst_video::prelude::*;
pub use picture::Luma;
use picture::Pictures;
use sound::Sounds;

/// Asks a measurement that runs to be done soon: from there on it decodes key frames alone.
#[derive(Clone, Debug, Default)]
pub struct Hurry(Arc<AtomicBool>);

impl Hurry {
    pub fn up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct MeasureSettings {
    /// Where frame numbers are read, in pixels; the whole picture where empty.
    pub panes: Vec<Pane>,
    /// Black pictures count from this many seconds on.
    pub black_seconds: f64,
    /// Pictures that stand still count from this many seconds on.
    pub frozen_seconds: f64,
    /// Silence counts from this many seconds on.
    pub silence_seconds: f64,
    /// What is silent, in dBFS (RMS over 10 ms).
    pub silence_dbfs: f64,
    /// Decodes key frames alone: some twenty times cheaper, but frame numbers, frozen pictures and sync are not known, and
    /// damage between key frames is not seen. Timestamps, rates and sound are measured in full.
    pub key_frames_only: bool,
    /// Turns the rest of a file, and the files after it, into the above.
    pub hurry: Hurry,
}

impl Default for MeasureSettings {
    fn default() -> Self {
        Self {
            panes: Vec::new(),
            black_seconds: 1.0,
            frozen_seconds: 5.0,
            silence_seconds: 5.0,
            silence_dbfs: -60.0,
            key_frames_only: false,
            hurry: Hurry::default(),
        }
    }
}

/// Measures the parts of a track in order, and how they join. A part that cannot be played does not hide the others.
pub fn track(parts: &[PathBuf], settings: &MeasureSettings, progress: &dyn Fn(f64)) -> TrackFigures {
    let share = |done: usize, of_this: f64| (done as f64 + of_this) / parts.len().max(1) as f64;
    let measure = |(done, path): (usize, &PathBuf)| {
        file(path, settings, &|of_this| progress(share(done, of_this))).map_err(|error| error.to_string())
    };
    let parts: Vec<_> = parts.iter().enumerate().map(measure).collect();
    let joints = parts.windows(2).map(|pair| match pair {
        [Ok(before), Ok(after)] => join(before, after),
        _ => Joint::default(),
    });
    TrackFigures { joints: joints.collect(), parts }
}

fn join(before: &FileFigures, after: &FileFigures) -> Joint {
    // A player begins the next part when the longer of the two streams has ended.
    let gap = |ends: f64, begins: f64| before.seconds - ends + begins;
    let video = before.video.as_ref().zip(after.video.as_ref());
    let audio = before.audio.as_ref().zip(after.audio.as_ref());
    let marks = video.and_then(|(before, after)| {
        before.marks.iter().zip(&after.marks).find_map(|(before, after)| before.as_ref().zip(after.as_ref()))
    });
    Joint {
        picture_gap: video.map(|(before, after)| gap(before.ends, after.begins)),
        sound_gap: audio.map(|(before, after)| gap(before.ends, after.begins)),
        frames_missing: marks
            .filter(|(before, after)| before.after_last == 0 && after.unread == 0)
            .map(|(before, after)| after.first as i64 - before.last as i64 - 1),
    }
}

/// Measures one file. `progress` is called now and then with the share that is done, 0 to 1.
pub fn file(path: &Path, settings: &MeasureSettings, progress: &dyn Fn(f64)) -> Result<FileFigures, MediaError> {
    let (container, bytes) = container(path)?;
    let meter = Arc::new(Meter::new(settings));
    let played = decode::play(path, container.mp4, Want::Everything, &meter, progress)?;
    Ok(meter.figures(container, bytes, played))
}

/// Shows every picture of a file in the order of presentation, until `visit` breaks off: the frame's count from zero, and its luma.
pub fn luma_frames(path: &Path, mut visit: impl FnMut(u64, &Luma<'_>) -> ControlFlow<()>) -> Result<(), MediaError> {
    let (container, _) = container(path)?;
    std::thread::scope(|scope| {
        let (pictures, shown) = sync_channel::<OwnedLuma>(2);
        let playing = scope.spawn(move || {
            let hand = Arc::new(Hand(Mutex::new(Some(pictures))));
            let played = decode::play(path, container.mp4, Want::Pictures, &hand, &|_| {});
            hand.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            played.map(drop)
        });
        for (number, picture) in shown.iter().enumerate() {
            if visit(number as u64, &picture.luma()).is_break() {
                break;
            }
        }
        drop(shown);
        playing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn container(path: &Path) -> Result<(ketang_hal::figures::Container, u64), MediaError> {
    let io = |source| MediaError::Io { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io)?;
    let bytes = file.metadata().map_err(io)?.len();
    Ok((boxes::walk(&mut file).map_err(io)?, bytes))
}

fn luma<'a>(frame: &'a gst_video::VideoFrameRef<&gst::BufferRef>, at: u64) -> Option<Luma<'a>> {
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let data = frame.plane_data(0).ok()?;
    Some(Luma { pts_ns: at, data, stride, width: frame.width(), height: frame.height() })
}

/// Hands pictures over to another thread.
struct Hand(Mutex<Option<SyncSender<OwnedLuma>>>);

struct OwnedLuma {
    pts_ns: u64,
    data: Vec<u8>,
    stride: usize,
    width: u32,
    height: u32,
}

impl OwnedLuma {
    fn luma(&self) -> Luma<'_> {
        let Self { pts_ns, stride, width, height, .. } = *self;
        Luma { pts_ns, data: &self.data, stride, width, height }
    }
}

impl Tap for Hand {
    fn coded(&self, _: Kind, _: &Unit<'_>) -> bool {
        true
    }

    fn picture(&self, frame: &gst_video::VideoFrameRef<&gst::BufferRef>, at: u64) -> Go {
        let Some(Luma { pts_ns, data, stride, width, height }) = luma(frame, at) else { return Go::On };
        let owned = OwnedLuma { pts_ns, data: data.to_vec(), stride, width, height };
        let pictures = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match pictures.map(|pictures| pictures.send(owned)) {
            Some(Ok(())) => Go::On,
            _ => Go::Stop,
        }
    }

    fn sound(&self, _: &gst_audio::AudioInfo, _: &[f32], _: u64) -> Go {
        Go::On
    }
}

/// Measures everything. Each lock is taken for itself, never within another.
struct Meter {
    key_frames_only: AtomicBool,
    hurry: Hurry,
    coded_picture: Mutex<Coded>,
    coded_sound: Mutex<Coded>,
    pictures: Mutex<(Pictures, Shape)>,
    sounds: Mutex<Sounds>,
}

/// What a decoded picture says of itself.
#[derive(Default)]
struct Shape {
    width: u32,
    height: u32,
    pixel_aspect: (u32, u32),
    interlaced: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tap for Meter {
    fn coded(&self, kind: Kind, unit: &Unit<'_>) -> bool {
        match kind {
            Kind::Picture => lock(&self.coded_picture).see(unit),
            Kind::Sound => {
                lock(&self.coded_sound).see(unit);
                return true;
            }
        }
        if self.hurry.is_up() {
            self.key_frames_only.store(true, Ordering::Relaxed);
        }
        unit.key || !self.key_frames_only.load(Ordering::Relaxed)
    }

    fn picture(&self, frame: &gst_video::VideoFrameRef<&gst::BufferRef>, at: u64) -> Go {
        let (pictures, shape) = &mut *lock(&self.pictures);
        let info = frame.info();
        let aspect = info.par();
        shape.width = info.width();
        shape.height = info.height();
        shape.pixel_aspect = (aspect.numer().max(1) as u32, aspect.denom().max(1) as u32);
        shape.interlaced |= info.is_interlaced() || frame.flags().contains(gst_video::VideoFrameFlags::INTERLACED);
        if let Some(luma) = luma(frame, at) {
            pictures.see(&luma, !self.key_frames_only.load(Ordering::Relaxed));
        }
        Go::On
    }

    fn sound(&self, info: &gst_audio::AudioInfo, samples: &[f32], at: u64) -> Go {
        lock(&self.sounds).hear(info.rate(), info.channels(), samples, coded::seconds(at));
        Go::On
    }
}

impl Meter {
    fn new(settings: &MeasureSettings) -> Self {
        Self {
            key_frames_only: settings.key_frames_only.into(),
            hurry: settings.hurry.clone(),
            coded_picture: Mutex::default(),
            coded_sound: Mutex::default(),
            pictures: Mutex::new((Pictures::new(settings), Shape::default())),
            sounds: Mutex::new(Sounds::new(settings)),
        }
    }

    fn figures(&self, container: ketang_hal::figures::Container, bytes: u64, played: Played) -> FileFigures {
        let empty = MeasureSettings::default();
        let (pictures, shape) =
            std::mem::replace(&mut *lock(&self.pictures), (Pictures::new(&empty), Shape::default()));
        let sounds = std::mem::replace(&mut *lock(&self.sounds), Sounds::new(&empty));
        let coded_picture = std::mem::take(&mut *lock(&self.coded_picture));
        let coded_sound = std::mem::take(&mut *lock(&self.coded_sound));
        let flashes = pictures.flashes.clone();
        let (audio, beeps) = audio(coded_sound, sounds, &played).unzip();
        let video = video(coded_picture, pictures, shape, &played);
        let ends = |begin: f64, end: Option<f64>| end.map_or(begin, |end| begin.max(end));
        FileFigures {
            container,
            bytes,
            seconds: ends(ends(0.0, video.as_ref().map(|video| video.ends)), audio.as_ref().map(|audio| audio.ends)),
            sync: beeps.and_then(|beeps: Vec<f64>| sync::pair(&flashes, &beeps)),
            video,
            audio,
            key_frames_only: self.key_frames_only.load(Ordering::Relaxed),
            complaints: played.complaints,
        }
    }
}

fn video(mut coded: Coded, mut pictures: Pictures, shape: Shape, played: &Played) -> Option<VideoFigures> {
    if coded.units == 0 && pictures.decoded == 0 {
        return None;
    }
    let (begins, ends) = coded.span();
    pictures.finish(ends);
    let timing = &coded.timing;
    let apart = timing.last.zip(timing.first).map_or(0.0, |(last, first)| coded::seconds(last - first));
    Some(VideoFigures {
        codec: coded.codec.clone(),
        profile: coded.profile.clone(),
        width: shape.width,
        height: shape.height,
        pixel_aspect: shape.pixel_aspect,
        progressive: !shape.interlaced && !coded.interlaced,
        fps: if apart > 0.0 { coded.units.saturating_sub(1) as f64 / apart } else { 0.0 },
        shortest_interval: timing.shortest.map_or(0.0, coded::seconds),
        longest_interval: timing.longest.map_or(0.0, coded::seconds),
        monotone: !timing.out_of_order,
        holes: timing.holes.clone(),
        begins,
        ends,
        kbit_s: coded.kbit_s(ends - begins),
        key_interval: coded.key_interval(ends),
        reordered: timing.reordered,
        frames: coded.units,
        decoded: pictures.decoded,
        faults: played.picture_faults.count,
        faults_at: played.picture_faults.at.clone(),
        marks: pictures.marks(),
        black: pictures.black.finish(ends),
        frozen: pictures.frozen.finish(ends),
    })
}

fn audio(mut coded: Coded, sounds: Sounds, played: &Played) -> Option<(AudioFigures, Vec<f64>)> {
    if coded.units == 0 && sounds.rate == 0 {
        return None;
    }
    let (begins, ends) = coded.span();
    let kbit_s = coded.kbit_s(ends - begins);
    let (kbit_s_lowest, kbit_s_highest) = coded.kbit_s_range(kbit_s);
    let (rate, channels) = (sounds.rate, sounds.channels());
    let heard = sounds.finish();
    let figures = AudioFigures {
        codec: coded.codec,
        profile: coded.profile,
        rate,
        channels,
        begins,
        ends,
        kbit_s,
        kbit_s_lowest,
        kbit_s_highest,
        faults: played.sound_faults.count,
        faults_at: played.sound_faults.at.clone(),
        holes: coded.timing.holes,
        silence: heard.silence,
        loudness_lufs: heard.loudness_lufs,
        by_channel: heard.by_channel,
    };
    Some((figures, heard.beeps))
}
