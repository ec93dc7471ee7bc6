//! Reads a file of ours: an ordinary one, or a fragmented one that may be cut off or spoilt anywhere behind its head.

use super::fragment::NON_SYNC_BIT;
use super::{Movie, NANOSECONDS, Note, Sample, Track, rescale};
use crate::error::MediaError;
use mp4_atom::{Codec, Decode, Elst, Moof, Moov, Stbl, StszSamples, Traf, Trak};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// No index or fragment header of ours is larger, in bytes; a spoilt length must not exhaust the memory.
const LARGEST_INDEX: u64 = 256 << 20;
/// No recording lasts as many ticks; times beyond are spoilt, and sums with them would overflow.
const LONGEST: i64 = 1 << 48;

/// A file that was opened and understood.
pub(crate) struct Recording {
    pub(crate) movie: Movie,
    pub(crate) file: File,
    /// Ordinary, with its index in front.
    pub(crate) finished: bool,
}

/// A box of the outermost level, whole within the file.
struct Outer {
    kind: [u8; 4],
    begins: u64,
    body: u64,
    ends: u64,
}

/// Opens `path`; `None` when recording ended before anything was in it.
pub(crate) fn read(path: &Path) -> Result<Option<Recording>, MediaError> {
    let io = |source| MediaError::io(path, source);
    let strange = |why: &str| MediaError::NotPlayable { path: path.into(), why: why.into() };
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut head = [0; 8];
    if length >= 8 {
        file.read_exact_at(&mut head, 0).map_err(io)?;
    }
    if head == [0; 8] {
        return Ok(None);
    }
    if &head[4..] != b"ftyp" {
        return Err(strange("it does not begin like one"));
    }
    let (mut found, mut position, mut lesson_time, mut media_seen) = (None::<Reader>, 0, 0, false);
    let mut checksum = None;
    while let Some(next) = outer(&file, position, length).map_err(io)? {
        match &next.kind {
            b"uuid" => match Note::read(&bytes(&file, &next).map_err(io)?) {
                Some(Note::BeginsAt(time)) if found.is_none() => lesson_time = time,
                Some(Note::FragmentCrc(crc)) => checksum = Some(crc),
                _ => {}
            },
            b"moov" if found.is_none() => {
                let moov = Moov::decode(&mut bytes(&file, &next).map_err(io)?.as_slice());
                let moov = moov.map_err(|error| strange(&format!("its index is spoilt: {error}")))?;
                let reader = Reader::of(moov, lesson_time, media_seen).map_err(|why| strange(&why))?;
                found = Some(reader);
            }
            b"moof" => {
                // A fragment without all of its media is cut off. A spoilt one is passed over, for others may follow.
                let media = outer(&file, next.ends, length).map_err(io)?.filter(|media| &media.kind == b"mdat");
                let reader = found.as_mut().filter(|reader| !reader.finished);
                let header = bytes(&file, &next).map_err(io)?;
                if let (Some(reader), Some(media)) = (reader, media)
                    && checksum.take() == Some(crc32fast::hash(&header))
                    && let Ok(moof) = Moof::decode(&mut header.as_slice())
                {
                    reader.fragment(&moof, next.begins, &media);
                }
            }
            b"mdat" => media_seen = true,
            _ => {}
        }
        position = next.ends;
    }
    match found {
        None if media_seen => Err(strange("it has no index")),
        None => Ok(None),
        Some(reader) if reader.fragments == 0 && !reader.finished => Ok(None),
        Some(reader) => {
            let movie = reader.movie;
            let mut samples = movie.tracks.iter().flat_map(|track| &track.samples).peekable();
            if samples.peek().is_none() {
                return Err(strange("its index is empty"));
            }
            if samples.any(|sample| sample.offset.saturating_add(u64::from(sample.size)) > length) {
                return Err(strange("it is cut off"));
            }
            Ok(Some(Recording { movie, file, finished: reader.finished && reader.index_in_front }))
        }
    }
}

fn outer(file: &File, begins: u64, length: u64) -> std::io::Result<Option<Outer>> {
    if length.saturating_sub(begins) < 8 {
        return Ok(None);
    }
    let mut header = [0; 16];
    let known = (length - begins).min(16) as usize;
    file.read_exact_at(&mut header[..known], begins)?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = header;
    let (size, body) = match u32::from_be_bytes([a, b, c, d]) {
        1 if known == 16 => (u64::from_be_bytes(rest), 16),
        size => (u64::from(size), 8),
    };
    let ends = begins.checked_add(size).filter(|&ends| size >= body && ends <= length);
    Ok(ends.map(|ends| Outer { kind: [e, f, g, h], begins, body: begins + body, ends }))
}

fn bytes(file: &File, of: &Outer) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; (of.ends - of.begins).min(LARGEST_INDEX) as usize];
    file.read_exact_at(&mut bytes, of.begins)?;
    Ok(bytes)
}

/// What is known of a file so far.
struct Reader {
    movie: Movie,
    ids: Vec<u32>,
    /// Of each track: what to add to a time of decoding in the file to have it from the first instant shown.
    shifts: Vec<i64>,
    finished: bool,
    index_in_front: bool,
    fragments: usize,
}

impl Reader {
    fn of(moov: Moov, begins_at: u64, media_seen: bool) -> Result<Self, String> {
        let finished = moov.mvex.is_none();
        let mut reader = Self {
            movie: Movie { begins_at, shown_for: None, tracks: Vec::new() },
            ids: Vec::new(),
            shifts: Vec::new(),
            finished,
            index_in_front: !media_seen,
            fragments: 0,
        };
        for trak in &moov.trak {
            let Some(format) = trak.mdia.minf.stbl.stsd.codecs.first().filter(|format| ours(format)) else {
                return Err("it holds something else than H.264 and AAC".into());
            };
            let mut track =
                Track { format: format.clone(), timescale: trak.mdia.mdhd.timescale.max(1), samples: Vec::new() };
            let (shift, shown) = edits(trak, moov.mvhd.timescale, track.timescale);
            if finished {
                track.samples = samples(&trak.mdia.minf.stbl, shift).ok_or("its index contradicts itself")?;
                let end = track.shown().map_or(0, |(_, end)| end);
                if let Some(shown) = shown.filter(|&shown| track.is_picture() && shown < end) {
                    let limit = rescale(shown, track.timescale, NANOSECONDS);
                    reader.movie.shown_for = u64::try_from(limit).ok();
                }
            }
            reader.movie.tracks.push(track);
            reader.ids.push(trak.tkhd.track_id);
            reader.shifts.push(shift);
        }
        Ok(reader)
    }

    /// Takes in a fragment; nothing of one that is spoilt.
    fn fragment(&mut self, moof: &Moof, begins: u64, media: &Outer) {
        let mut fresh = Vec::new();
        for traf in &moof.traf {
            let Some(index) = self.ids.iter().position(|&id| id == traf.tfhd.track_id) else { return };
            let Some(samples) = run(traf, begins, media, self.shifts[index]) else { return };
            fresh.push((index, samples));
        }
        for (index, samples) in fresh {
            let known = &mut self.movie.tracks[index].samples;
            if let (Some(last), Some(first)) = (known.last_mut(), samples.first()) {
                // Only now is it known how long the last one of the fragment before lasts.
                last.duration = u32::try_from(first.dts - last.dts).unwrap_or(last.duration);
            }
            known.extend(samples);
        }
        self.fragments += 1;
    }
}

fn ours(format: &Codec) -> bool {
    matches!(format, Codec::Avc1(_) | Codec::Mp4a(_))
}

/// What a track's edit list says: what to add to times of decoding, and until when it is shown, in ticks of the track.
fn edits(trak: &Trak, movie_scale: u32, track_scale: u32) -> (i64, Option<i64>) {
    let (mut shift, mut shown) = (0, None);
    if let Some(Elst { entries }) = trak.edts.as_ref().and_then(|edts| edts.elst.as_ref()) {
        for entry in entries {
            let duration = rescale(i64::try_from(entry.segment_duration).unwrap_or_default(), movie_scale, track_scale);
            match entry.media_time {
                None => shift = duration.clamp(0, LONGEST),
                Some(time) => {
                    shown = (duration > 0).then_some(duration.saturating_add(shift));
                    shift -= i64::try_from(time).unwrap_or_default().min(LONGEST);
                    break;
                }
            }
        }
    }
    (shift, shown)
}

fn run(traf: &Traf, begins: u64, media: &Outer, shift: i64) -> Option<Vec<Sample>> {
    let mut dts = i64::try_from(traf.tfdt.as_ref()?.base_media_decode_time).ok()?.checked_add(shift)?;
    let mut samples = Vec::new();
    for trun in &traf.trun {
        let mut offset = begins.checked_add_signed(i64::from(trun.data_offset?))?;
        for entry in trun.samples.iter().take(traf_limit(media)) {
            let size = entry.size.or(traf.tfhd.default_sample_size)?;
            let duration = entry.duration.or(traf.tfhd.default_sample_duration)?;
            let flags = entry.flags.or(traf.tfhd.default_sample_flags).unwrap_or_default();
            let end = offset.checked_add(u64::from(size))?;
            if offset < media.body || end > media.ends {
                return None;
            }
            let shown_after = i32::try_from(entry.cts.unwrap_or_default()).ok()?;
            if dts.unsigned_abs() > LONGEST.unsigned_abs() {
                return None;
            }
            samples.push(Sample {
                source: 0,
                offset,
                size,
                dts,
                shown_after,
                duration,
                key: flags & NON_SYNC_BIT == 0,
            });
            (offset, dts) = (end, dts.checked_add(i64::from(duration))?);
        }
    }
    Some(samples)
}

/// No fragment of ours has more samples than bytes.
fn traf_limit(media: &Outer) -> usize {
    (media.ends - media.body) as usize
}

/// The samples that the tables of an ordinary file list.
fn samples(tables: &Stbl, shift: i64) -> Option<Vec<Sample>> {
    let StszSamples::Different { sizes } = &tables.stsz.samples else { return None };
    let mut durations = tables.stts.entries.iter().flat_map(|entry| repeat(entry.sample_count, entry.sample_delta));
    let offsets = tables.ctts.as_ref().map(|ctts| ctts.entries.as_slice()).unwrap_or_default();
    let mut shown_after = offsets.iter().flat_map(|entry| repeat(entry.sample_count, entry.sample_offset));
    let chunks: Vec<u64> = match (&tables.co64, &tables.stco) {
        (Some(wide), _) => wide.entries.clone(),
        (None, Some(narrow)) => narrow.entries.iter().map(|&offset| u64::from(offset)).collect(),
        (None, None) => return None,
    };
    let mut keys = tables.stss.as_ref().map(|stss| stss.entries.iter().copied().peekable());
    let mut samples = Vec::with_capacity(sizes.len());
    let mut sizes = sizes.iter().copied();
    let mut dts = shift;
    let mut layout = tables.stsc.entries.iter().peekable();
    let mut in_chunk = 0;
    for (number, &chunk) in (1u32..).zip(&chunks) {
        while let Some(entry) = layout.next_if(|entry| entry.first_chunk <= number) {
            in_chunk = entry.samples_per_chunk;
        }
        let mut offset = chunk;
        for size in sizes.by_ref().take(in_chunk as usize) {
            let duration = durations.next()?;
            let shown_after = i32::try_from(shown_after.next().unwrap_or_default()).ok()?;
            if dts.unsigned_abs() > LONGEST.unsigned_abs() {
                return None;
            }
            let ordinal = samples.len() as u32 + 1;
            let key = keys.as_mut().is_none_or(|keys| keys.next_if_eq(&ordinal).is_some());
            samples.push(Sample { source: 0, offset, size, dts, shown_after, duration, key });
            offset = offset.checked_add(u64::from(size))?;
            dts = dts.checked_add(i64::from(duration))?;
        }
    }
    sizes.next().is_none().then_some(samples)
}

fn repeat<T: Copy>(count: u32, value: T) -> impl Iterator<Item = T> {
    std::iter::repeat_n(value, count as usize)
}
