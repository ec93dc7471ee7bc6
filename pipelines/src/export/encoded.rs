//! Parts whose pictures cannot lie in one file become one whose pictures are all of the largest size.
//!
//! ```text
//! decoded frames of all parts, scaled ─► appsrc ▸ encoder ▸ h264parse ▸ appsink ─► ┐
//! sound of all parts, as it was recorded ────────────────────────────────────────► ┴ PartFile
//! ```

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::time::SLOT_NS;

use super::Sources;
use crate::coded::{self, Coded, FrameOrder, avc_caps};
use crate::decoded::{Decoded, DecodedPart};
use crate::encode::{H264Settings, RateFloor, encoder_chain, filled_up};
use crate::error::MediaError;
use crate::graph::{Ended, Graph, nv12_caps};
use crate::mp4::{self, NANOSECONDS, rescale};
use crate::priority;
use crate::record::PartFile;

/// Frames that may wait for the encoder.
const WAITING: u64 = 4;
/// An encoder that gives nothing for so long is stuck.
const STUCK: gst::ClockTime = gst::ClockTime::from_seconds(30);

/// Makes one part of `parts` in the new file `to`: pictures of the largest of their sizes, encoded as `encoder` says of
/// everything else, the sound as it was recorded, times as they were. `progress` is told the share that is done.
/// Gives the size.
pub fn alike(parts: &[PathBuf], encoder: &H264Settings, to: &Path, progress: &dyn Fn(f64)) -> Result<Size, MediaError> {
    let mut sources = Sources::read(parts)?;
    sources.must_be_alike(false)?;
    let size = largest(&sources).ok_or_else(|| MediaError::Invalid("the track has no pictures to encode".into()))?;
    let pictures = pictures(&sources);
    let begins_at = sources.movies[0].begins_at;
    let ends = sources.movies.iter().map(|movie| movie.begins_at + movie.duration()).max().unwrap_or(begins_at);
    sources.drop_pictures();
    let mut file = Joined { sound: Sound::of(sources)?, begins_at, to: to.to_owned(), file: None };

    let mut decoded = Decoded::new("export".into(), pictures, size);
    let encoding = Encoding::open(&H264Settings { size, ..encoder.clone() })?;
    let mut floor = encoder.floor_kbit_s.map(RateFloor::new);
    while let Some((at, frame)) = decoded.next()? {
        encoding.push(frame, at)?;
        while let Some(sample) = encoding.sink.try_pull_sample(gst::ClockTime::ZERO) {
            file.take(sample, floor.as_mut())?;
        }
        progress(at.saturating_sub(begins_at) as f64 / ends.saturating_sub(begins_at).max(1) as f64);
    }
    let _ = encoding.source.end_of_stream();
    while let Some(sample) = encoding.sink.try_pull_sample(STUCK) {
        file.take(sample, floor.as_mut())?;
    }
    if !encoding.sink.is_eos() {
        return Err(encoding.failed("it does not come to its end"));
    }
    file.finish()?;
    Ok(size)
}

fn largest(sources: &Sources) -> Option<Size> {
    let sizes = sources.movies.iter().flat_map(|movie| &movie.tracks).filter_map(|track| match &track.format {
        mp4_atom::Codec::Avc1(avc) => {
            Some(Size { width: u32::from(avc.visual.width), height: u32::from(avc.visual.height) })
        }
        _ => None,
    });
    sizes.max_by_key(|size| size.width * size.height)
}

fn pictures(sources: &Sources) -> Vec<DecodedPart> {
    let parts = sources.names.iter().zip(&sources.movies);
    let with_pictures = parts.filter(|(_, movie)| movie.tracks.iter().any(mp4::Track::is_picture));
    with_pictures.map(|(file, movie)| DecodedPart { file: file.clone(), begins_at_ns: movie.begins_at }).collect()
}

struct Encoding {
    graph: Graph,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
}

impl Encoding {
    fn open(settings: &H264Settings) -> Result<Self, MediaError> {
        let graph = Graph::new("export");
        priority::of_graph(&graph.pipeline, priority::WORK_NICENESS);
        let source = gst_app::AppSrc::builder()
            .caps(&nv12_caps(settings.size))
            .format(gst::Format::Time)
            .block(true)
            .max_buffers(WAITING)
            .build();
        let sink = gst_app::AppSink::builder().caps(&avc_caps()).sync(false).build();
        let chain = encoder_chain(settings, settings.size)?;
        graph.chain([source.upcast_ref()].into_iter().chain(&chain).chain([sink.upcast_ref()]))?;
        graph.play()?;
        Ok(Self { graph, source, sink })
    }

    fn push(&self, mut frame: gst::Buffer, at: u64) -> Result<(), MediaError> {
        {
            let frame = frame.make_mut();
            frame.set_pts(gst::ClockTime::from_nseconds(at));
            frame.set_dts(gst::ClockTime::NONE);
            frame.set_duration(gst::ClockTime::from_nseconds(SLOT_NS));
        }
        self.source.push_buffer(frame).map(drop).map_err(|error| self.failed(&error.to_string()))
    }

    fn failed(&self, why: &str) -> MediaError {
        match self.graph.ended() {
            Some(Ended::Error(why)) => self.graph.failed(why),
            _ => self.graph.failed(why),
        }
    }
}

/// The sound of all parts as one, block by block.
struct Sound {
    sources: Sources,
    track: Option<mp4::Track>,
    begins_at: u64,
    next: usize,
}

impl Sound {
    fn of(sources: Sources) -> Result<Self, MediaError> {
        let movie = sources.joined()?;
        Ok(Self { sources, begins_at: movie.begins_at, track: movie.tracks.into_iter().next(), next: 0 })
    }

    /// The next block, if it begins before this lesson time.
    fn before(&mut self, end: u64) -> Result<Option<Coded>, MediaError> {
        let Some((track, sample)) = self.track.as_ref().and_then(|track| Some((track, track.samples.get(self.next)?)))
        else {
            return Ok(None);
        };
        let ns = |ticks: i64| rescale(ticks, track.timescale, NANOSECONDS);
        let at = u64::try_from(self.begins_at as i64 + ns(sample.pts())).unwrap_or_default();
        if at >= end {
            return Ok(None);
        }
        self.next += 1;
        let mut bytes = vec![0; sample.size as usize];
        let unreadable = |error| MediaError::io(&std::env::temp_dir(), error);
        self.sources.files[sample.source].read_exact_at(&mut bytes, sample.offset).map_err(unreadable)?;
        let lasts = u64::try_from(ns(i64::from(sample.duration))).unwrap_or_default();
        Ok(Some(Coded::new(bytes, at, at, lasts, true)))
    }
}

/// The file that is made.
struct Joined {
    sound: Sound,
    begins_at: u64,
    to: PathBuf,
    /// From the first picture on.
    file: Option<PartFile>,
}

impl Joined {
    fn take(&mut self, sample: gst::Sample, floor: Option<&mut RateFloor>) -> Result<(), MediaError> {
        let sample = match floor {
            Some(floor) => filled_up(sample, floor),
            None => sample,
        };
        let Some((picture, format)) = coded::of_sample(&sample, FrameOrder::AsShown) else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let empty = |track: &mp4::Track| mp4::Track { samples: Vec::new(), ..track.clone() };
                let sound = self.sound.track.as_ref().map(empty);
                let formats: Vec<_> = [Some(mp4::Track::of(&format)?), sound].into_iter().flatten().collect();
                none.insert(PartFile::new(self.to.clone(), self.begins_at, &formats))
            }
        };
        while let Some(sound) = self.sound.before(picture.end())? {
            file.sound(sound)?;
        }
        file.picture(picture)
    }

    fn finish(mut self) -> Result<(), MediaError> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        while let Some(sound) = self.sound.before(u64::MAX)? {
            file.sound(sound)?;
        }
        file.finish().map(drop)
    }
}
