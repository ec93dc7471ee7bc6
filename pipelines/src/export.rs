//! Makes one file, or files below a limit, of a lesson's parts, whole or cut from a time to a time. Nothing is encoded, but by
//! [`alike`], for parts that one file cannot hold as they are: a track that was lowered in mid-lesson has two sizes.
//!
//! A cut begins exactly at the asked time, also between key frames: the file holds the pictures from the key frame before
//! (at most 2 s), and its edit list tells players to decode but not to show them. A player that ignores edit lists begins
//! at that key frame; GStreamer's `qtdemux` (seen with 1.22) begins where it should but may end such a cut too early, by as
//! much as is hidden, because it compares times before and after the edit list. Sound is cut to the sample likewise.
//!
//! Lesson time that no part covers stays in place: the last picture stands still, the sound is silent. Times are lesson time.

mod encoded;

use crate::chapters::Chapter;
use crate::error::MediaError;
use crate::mp4::{Movie, NANOSECONDS, Sample, Track, ordinary, read, rescale};
use crate::record::{PartWritten, sync_folder};
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use encoded::alike;

/// A raw AAC-LC frame of silence, whatever the sampling rate.
const SILENCE_STEREO: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];
const SILENCE_MONO: [u8; 6] = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];
/// Which of the sources is the file of silence.
const SILENCE: usize = 0;

/// Whether the pictures of these parts can lie in one file as they are; [`alike`] makes them so.
pub fn are_alike(parts: &[PathBuf]) -> Result<bool, MediaError> {
    Ok(Sources::read(parts)?.unlike(true).is_none())
}

/// Writes the sound of `parts` alone, as [`one_file`] does.
pub fn sound(parts: &[PathBuf], to: &Path) -> Result<PartWritten, MediaError> {
    let mut sources = Sources::read(parts)?;
    sources.drop_pictures();
    sources.must_be_alike(false)?;
    let movie = sources.joined()?;
    sources.write(&movie, &[], to, &mut |_, _| {})
}

/// Joins `parts`, in their order, into the new file `to`; with `range`, only that lesson time in nanoseconds.
/// `chapters` are the whole lesson's.
/// `progress` is told bytes done and bytes in all.
pub fn one_file(
    parts: &[PathBuf],
    range: Option<Range<u64>>,
    chapters: &[Chapter],
    to: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<PartWritten, MediaError> {
    let sources = Sources::open(parts)?;
    let movie = sources.joined()?;
    let movie = match range {
        Some(range) => cut(&movie, range)?,
        None => movie,
    };
    sources.write(&movie, chapters, to, &mut progress)
}

/// Like [`one_file`], but `NAME-0001.mp4` and so on in `folder`, each below `limit` bytes, divided at key frames.
pub fn parts(
    parts: &[PathBuf],
    range: Option<Range<u64>>,
    chapters: &[Chapter],
    folder: &Path,
    name: &str,
    limit: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<Vec<PartWritten>, MediaError> {
    let sources = Sources::open(parts)?;
    let movie = sources.joined()?;
    let movie = match range {
        Some(range) => cut(&movie, range)?,
        None => movie,
    };
    let pieces = divided(&movie, limit)?;
    let total: u64 = pieces.iter().map(media_bytes).sum();
    let mut done = 0;
    let mut written = Vec::new();
    for (number, piece) in (1..).zip(&pieces) {
        let to = folder.join(format!("{name}-{number:04}.mp4"));
        match sources.write(piece, chapters, &to, &mut |bytes, _| progress(done + bytes, total)) {
            Ok(part) => written.push(part),
            Err(error) => {
                // Half of what was asked for is of no use to anybody.
                written.iter().for_each(|part: &PartWritten| drop(std::fs::remove_file(&part.file)));
                return Err(error);
            }
        }
        done += media_bytes(piece);
    }
    Ok(written)
}

/// The parts, and before them a file of silence.
struct Sources {
    names: Vec<PathBuf>,
    movies: Vec<Movie>,
    files: Vec<File>,
}

impl Sources {
    /// Parts that one file can hold as they are.
    fn open(parts: &[PathBuf]) -> Result<Self, MediaError> {
        let sources = Self::read(parts)?;
        sources.must_be_alike(true)?;
        sources.must_be_alike(false)?;
        let hides_pictures =
            |movie: &Movie| movie.tracks.iter().any(|track| track.is_picture() && starts_hidden(track));
        if let Some(part) = sources.movies.iter().skip(1).position(hides_pictures) {
            return Err(
                sources.not_joined(part + 1, "it begins between key frames: export from the parts that were recorded")
            );
        }
        Ok(sources)
    }

    fn read(parts: &[PathBuf]) -> Result<Self, MediaError> {
        let temporary = |error| MediaError::io(&std::env::temp_dir(), error);
        let mut silence = tempfile::tempfile().map_err(temporary)?;
        silence.write_all(&SILENCE_STEREO).and_then(|()| silence.write_all(&SILENCE_MONO)).map_err(temporary)?;
        let mut sources = Self { names: Vec::new(), movies: Vec::new(), files: vec![silence] };
        for path in parts {
            // A part with nothing in it takes nothing away from the lesson.
            let Some(recording) = read::read(path)? else { continue };
            let (mut movie, source) = (recording.movie, sources.files.len());
            movie.tracks.iter_mut().flat_map(|track| &mut track.samples).for_each(|sample| sample.source = source);
            sources.names.push(path.clone());
            sources.movies.push(movie);
            sources.files.push(recording.file);
        }
        if sources.movies.is_empty() {
            return Err(MediaError::Invalid("there is nothing to export: no part holds anything".into()));
        }
        Ok(sources)
    }

    /// The first part whose pictures, or whose sound, are of another format than those before.
    fn unlike(&self, pictures: bool) -> Option<usize> {
        let format = |movie: &Movie| {
            let track = movie.tracks.iter().find(|track| track.is_picture() == pictures);
            track.map(|track| track.format.clone())
        };
        let first = self.movies.iter().find_map(format)?;
        self.movies.iter().position(|movie| format(movie).is_some_and(|format| format != first))
    }

    fn must_be_alike(&self, pictures: bool) -> Result<(), MediaError> {
        let what = if pictures { "pictures" } else { "sound" };
        match self.unlike(pictures) {
            None => Ok(()),
            Some(part) => {
                Err(self.not_joined(part, &format!("its {what} differ from the parts before: export it by itself")))
            }
        }
    }

    fn not_joined(&self, part: usize, why: &str) -> MediaError {
        MediaError::Invalid(format!("{} cannot be joined ({why})", self.names[part].display()))
    }

    fn drop_pictures(&mut self) {
        self.movies.iter_mut().for_each(|movie| movie.tracks.retain(|track| !track.is_picture()));
    }

    /// All parts on the time line of the first.
    fn joined(&self) -> Result<Movie, MediaError> {
        let begins_at = self.movies.first().map_or(0, |first| first.begins_at);
        let mut joined = Movie { begins_at, shown_for: None, tracks: Vec::new() };
        for movie in &self.movies {
            let Some(offset) = movie.begins_at.checked_sub(begins_at) else {
                return Err(MediaError::Invalid("the parts are not in the order of their time".into()));
            };
            for part in &movie.tracks {
                let offset = rescale(offset as i64, NANOSECONDS, part.timescale);
                let samples = part.samples.iter().map(|sample| Sample { dts: sample.dts + offset, ..*sample });
                // A part may lack a stream that the others have.
                let place = joined.tracks.iter().position(|track| track.is_picture() == part.is_picture());
                let place = place.unwrap_or_else(|| {
                    joined.tracks.push(Track { samples: Vec::new(), format: part.format.clone(), ..*part });
                    joined.tracks.len() - 1
                });
                if part.is_picture() {
                    append_pictures(&mut joined.tracks[place], samples);
                } else {
                    append_sound(&mut joined.tracks[place], samples);
                }
            }
        }
        if let [only] = self.movies.as_slice() {
            joined.shown_for = only.shown_for;
        }
        Ok(joined)
    }

    /// Writes `movie` to the new file `to`, or nothing.
    fn write(
        &self,
        movie: &Movie,
        chapters: &[Chapter],
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<PartWritten, MediaError> {
        let io = |error| MediaError::io(to, error);
        if to.exists() {
            return Err(MediaError::Invalid(format!(
                "{} exists already: choose another name or remove it",
                to.display()
            )));
        }
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".export-").tempfile_in(folder).map_err(io)?;
        let sources: Vec<&File> = self.files.iter().collect();
        let bytes = ordinary::write(movie, chapters, &sources, file.as_file_mut(), progress).map_err(io)?;
        let readable_by_all = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(readable_by_all).and_then(|()| file.as_file().sync_all()).map_err(io)?;
        file.persist_noclobber(to).map_err(|error| io(error.error))?;
        sync_folder(&folder.join("file")).map_err(io)?;
        Ok(PartWritten { file: to.into(), begins_at_ns: movie.begins_at, duration_ns: movie.duration(), bytes })
    }
}

/// A picture follows the one before when it is decoded; it lasts until the next is.
fn append_pictures(track: &mut Track, samples: impl Iterator<Item = Sample>) {
    for mut sample in samples {
        if let Some(last) = track.samples.last_mut() {
            let pts = sample.pts();
            sample.dts = sample.dts.max(last.dts + 1);
            sample.shown_after = i32::try_from(pts - sample.dts).unwrap_or_default();
            last.duration = u32::try_from(sample.dts - last.dts).unwrap_or(last.duration);
        }
        track.samples.push(sample);
    }
}

/// Sound stays continuous over a joint, silence fills what is missing, what is there already is left out.
fn append_sound(track: &mut Track, samples: impl Iterator<Item = Sample>) {
    let (offset, size) = match &track.format {
        mp4_atom::Codec::Mp4a(aac) if aac.audio.channel_count == 1 => (SILENCE_STEREO.len(), SILENCE_MONO.len()),
        _ => (0, SILENCE_STEREO.len()),
    };
    let (offset, size) = (offset as u64, size as u32);
    // By how much the part's sound is shifted to meet the one before: rounding, or less than half a frame.
    let mut meet = None;
    // All AAC frames of a stream are of one length. One that lasts longer in the file has a gap behind it.
    let mut length = track.samples.last().map(|last| last.duration);
    for sample in samples {
        let length = *length.get_or_insert(sample.duration);
        let frame = i64::from(length.max(1));
        let next = track.samples.last().map(Sample::end);
        let shift = *meet.get_or_insert_with(|| {
            next.map(|next| next - sample.dts).filter(|step| step.abs() < frame / 2).unwrap_or_default()
        });
        let sample = Sample { dts: sample.dts + shift, duration: length, ..sample };
        let mut next = next.unwrap_or(sample.dts);
        if sample.dts < next {
            continue;
        }
        while sample.dts - next >= frame {
            track.samples.push(Sample { source: SILENCE, offset, size, dts: next, ..sample });
            next += frame;
        }
        track.samples.push(sample);
    }
}

/// What of `movie` lies in `range` of lesson time.
fn cut(movie: &Movie, range: Range<u64>) -> Result<Movie, MediaError> {
    let whole = movie.begins_at..movie.begins_at + movie.duration();
    if range.is_empty() || range.start < whole.start || range.end > whole.end {
        let seconds =
            |range: &Range<u64>| format!("{:.3} s to {:.3} s", range.start as f64 / 1e9, range.end as f64 / 1e9);
        return Err(MediaError::Invalid(format!(
            "{} is not within the recording: choose times from {}",
            seconds(&range),
            seconds(&whole)
        )));
    }
    let tracks = movie.tracks.iter().map(|track| {
        let ticks = |time: u64| rescale((time - movie.begins_at) as i64, NANOSECONDS, track.timescale);
        let (from, to) = (ticks(range.start), ticks(range.end));
        let samples = &track.samples;
        let shown = samples.iter().position(|sample| sample.end() > from).unwrap_or(samples.len());
        let first = if track.is_picture() {
            samples[..(shown + 1).min(samples.len())]
                .iter()
                .rposition(|sample| sample.key && sample.pts() <= from)
                .unwrap_or(0)
        } else {
            // A decoder of sound needs the frame before to get the first one right.
            shown.saturating_sub(1)
        };
        let end = samples.iter().rposition(|sample| sample.pts() < to).map_or(0, |last| last + 1);
        let samples = samples.get(first..end.max(first)).unwrap_or_default();
        let samples = samples.iter().map(|sample| Sample { dts: sample.dts - from, ..*sample }).collect();
        Track { samples, format: track.format.clone(), timescale: track.timescale }
    });
    Ok(Movie { begins_at: range.start, shown_for: Some(range.end - range.start), tracks: tracks.collect() })
}

fn starts_hidden(pictures: &Track) -> bool {
    pictures.samples.iter().any(|sample| sample.pts() < 0)
}

fn media_bytes(movie: &Movie) -> u64 {
    movie.tracks.iter().flat_map(|track| &track.samples).map(|sample| u64::from(sample.size)).sum()
}

/// Pieces that are finished files below `limit` bytes.
fn divided(movie: &Movie, limit: u64) -> Result<Vec<Movie>, MediaError> {
    /// Of the index: at most, a frame and in all.
    const INDEX: (u64, u64) = (24, 4096);
    let Some(lead) = movie.tracks.iter().find(|track| !track.samples.is_empty()) else { return Ok(Vec::new()) };
    let time = |sample: &Sample| {
        movie.begins_at + u64::try_from(rescale(sample.pts(), lead.timescale, NANOSECONDS)).unwrap_or_default()
    };
    let ends = movie.begins_at + movie.duration();
    let mut instants: Vec<u64> =
        lead.samples.iter().filter(|sample| sample.key && sample.pts() > 0).map(time).collect();
    instants.retain(|&instant| instant < ends);
    instants.push(ends);
    let finished = |piece: &Movie| {
        let frames = piece.tracks.iter().map(|track| track.samples.len() as u64).sum::<u64>();
        media_bytes(piece) + frames * INDEX.0 + INDEX.1
    };
    let mut pieces = Vec::new();
    let (mut begins, mut fits) = (movie.begins_at, None);
    let mut instants = instants.into_iter().peekable();
    while let Some(&instant) = instants.peek() {
        let piece = cut(movie, begins..instant)?;
        if finished(&piece) < limit {
            fits = Some((instant, piece));
            instants.next();
        } else if let Some((instant, piece)) = fits.take() {
            begins = instant;
            pieces.push(piece);
        } else {
            return Err(MediaError::Invalid(format!("no file below {limit} bytes can hold even 2 s: raise the limit")));
        }
    }
    pieces.extend(fits.map(|(_, piece)| piece));
    Ok(pieces)
}
