//! Writes an ordinary file, its index in front, from samples that lie in other files. Nothing is encoded.

use super::{Durations, Movie, NANOSECONDS, PICTURE_TIMESCALE, Sample, Track, edit, mvhd, preface, rescale};
use crate::chapters::{self, Chapter};
use mp4_atom::{
    Co64, Ctts, CttsEntry, Encode, Error, Moov, Stbl, Stco, Stsc, StscEntry, Stss, Stsz, StszSamples, Stts, SttsEntry,
    Udta,
};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Chunks are cut at this many bytes, so that players that read chunk by chunk find sound and picture close together.
const CHUNK: u64 = 512 << 10;
/// A `mdat` header with a 64-bit length, which every length fits.
const MDAT_HEADER: u64 = 16;

/// Samples of one track that follow each other in the source and in the file to be written.
struct Chunk {
    track: usize,
    samples: u32,
    source: usize,
    offset: u64,
    length: u64,
}

/// Writes `movie`, with those of the lesson's chapters that lie in it, to `target`, which is empty. Returns its length in bytes; the caller syncs it.
pub(crate) fn write(
    movie: &Movie,
    chapters: &[Chapter],
    sources: &[&File],
    target: &mut File,
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<u64> {
    let (chunks, list) = (chunks(movie), chapters::list(chapters, movie.begins_at, movie.duration()));
    let media: u64 = chunks.iter().map(|chunk| chunk.length).sum();
    let mut head = index(movie, &list, &chunks, 0, media).map_err(io::Error::other)?;
    // The offsets in the index depend on its length, which does not depend on them.
    head = index(movie, &list, &chunks, head.len() as u64 + MDAT_HEADER, media).map_err(io::Error::other)?;
    head.extend_from_slice(&1u32.to_be_bytes());
    head.extend_from_slice(b"mdat");
    head.extend_from_slice(&(media + MDAT_HEADER).to_be_bytes());
    target.write_all(&head)?;
    let mut done = 0;
    for chunk in &chunks {
        let mut source = sources[chunk.source];
        source.seek(SeekFrom::Start(chunk.offset))?;
        let copied = io::copy(&mut source.take(chunk.length), target)?;
        if copied != chunk.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        done += copied;
        progress(done, media);
    }
    Ok(head.len() as u64 + media)
}

/// In the order of the sources, which is that of time and has sound and picture interleaved. Within a track the order is
/// that of its samples: what lies further ahead in the sources than the chunk before it (silence) stays behind that one.
fn chunks(movie: &Movie) -> Vec<Chunk> {
    let mut chunks: Vec<((usize, u64), Chunk)> = Vec::new();
    for (track, samples) in movie.tracks.iter().map(|track| &track.samples).enumerate() {
        let mut open: Option<Chunk> = None;
        let mut place = (0, 0);
        let mut close = |chunk: Option<Chunk>| {
            let chunk = chunk?;
            place = place.max((chunk.source, chunk.offset));
            Some((place, chunk))
        };
        for sample in samples {
            let size = u64::from(sample.size);
            match &mut open {
                Some(chunk) if follows(chunk, sample) => {
                    chunk.samples += 1;
                    chunk.length += size;
                }
                _ => chunks.extend(close(open.replace(Chunk {
                    track,
                    samples: 1,
                    source: sample.source,
                    offset: sample.offset,
                    length: size,
                }))),
            }
        }
        chunks.extend(close(open));
    }
    chunks.sort_by_key(|(place, _)| *place);
    chunks.into_iter().map(|(_, chunk)| chunk).collect()
}

fn follows(chunk: &Chunk, sample: &Sample) -> bool {
    chunk.source == sample.source && chunk.offset + chunk.length == sample.offset && chunk.length < CHUNK
}

fn index(
    movie: &Movie,
    chapters: &Option<Udta>,
    chunks: &[Chunk],
    media_begins: u64,
    media: u64,
) -> Result<Vec<u8>, Error> {
    let mut traks = Vec::new();
    let mut longest = 0;
    let wide = media + (64 << 20) > u64::from(u32::MAX);
    for (number, track) in movie.tracks.iter().enumerate() {
        let Some((first, last)) = track.shown() else { continue };
        let limit = movie.shown_for.map(|limit| rescale(limit as i64, NANOSECONDS, track.timescale));
        let last = limit.map_or(last, |limit| limit.min(last));
        let decoding_begins = track.samples.first().map_or(0, |sample| sample.dts);
        let ticks = |ticks: i64| u64::try_from(rescale(ticks, track.timescale, PICTURE_TIMESCALE)).unwrap_or_default();
        let mut edits = Vec::new();
        if first > 0 {
            edits.push(edit(ticks(first), None));
        }
        edits.push(edit(ticks(last - first), Some(u64::try_from(first - decoding_begins).unwrap_or_default())));
        let shown = ticks(first) + ticks(last - first);
        longest = longest.max(shown);
        let media = track.samples.last().map_or(0, |last| last.dts + i64::from(last.duration) - decoding_begins);
        let durations = Durations { shown, media: u64::try_from(media).unwrap_or_default() };
        let id = traks.len() as u32 + 1;
        traks.push(track.trak(id, durations, edits, tables(track, number, chunks, media_begins, wide)));
    }
    let moov = Moov { mvhd: mvhd(longest, traks.len()), trak: traks, udta: chapters.clone(), ..Moov::default() };
    let mut bytes = preface(b"isom", movie.begins_at)?;
    moov.encode(&mut bytes)?;
    Ok(bytes)
}

fn tables(track: &Track, number: usize, chunks: &[Chunk], media_begins: u64, wide: bool) -> Stbl {
    let samples = &track.samples;
    let mut stts: Vec<SttsEntry> = Vec::new();
    let mut ctts: Vec<CttsEntry> = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let next = samples.get(index + 1);
        let duration = next.and_then(|next| u32::try_from(next.dts - sample.dts).ok()).unwrap_or(sample.duration);
        match stts.last_mut().filter(|entry| entry.sample_delta == duration) {
            Some(entry) => entry.sample_count += 1,
            None => stts.push(SttsEntry { sample_count: 1, sample_delta: duration }),
        }
        let sample_offset = i64::from(sample.shown_after);
        match ctts.last_mut().filter(|entry| entry.sample_offset == sample_offset) {
            Some(entry) => entry.sample_count += 1,
            None => ctts.push(CttsEntry { sample_count: 1, sample_offset }),
        }
    }
    let keys = (1..).zip(samples).filter(|(_, sample)| sample.key).map(|(ordinal, _)| ordinal).collect::<Vec<u32>>();
    let mut stsc: Vec<StscEntry> = Vec::new();
    let mut offsets = Vec::new();
    let mut position = media_begins;
    for chunk in chunks {
        if chunk.track == number {
            offsets.push(position);
            if stsc.last().is_none_or(|entry| entry.samples_per_chunk != chunk.samples) {
                let first_chunk = offsets.len() as u32;
                stsc.push(StscEntry { first_chunk, samples_per_chunk: chunk.samples, sample_description_index: 1 });
            }
        }
        position += chunk.length;
    }
    let narrow = || offsets.iter().map(|&offset| offset as u32).collect();
    Stbl {
        stts: Stts { entries: stts },
        ctts: ctts.iter().any(|entry| entry.sample_offset != 0).then_some(Ctts { entries: ctts }),
        stss: (keys.len() < samples.len()).then_some(Stss { entries: keys }),
        stsc: Stsc { entries: stsc },
        stsz: Stsz { samples: StszSamples::Different { sizes: samples.iter().map(|sample| sample.size).collect() } },
        stco: (!wide).then(|| Stco { entries: narrow() }),
        co64: wide.then(|| Co64 { entries: offsets.clone() }),
        ..Stbl::default()
    }
}
