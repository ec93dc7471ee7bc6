//! Fragmented files, as they are while a lesson is recorded: a head, then fragments that each stand for themselves.

use super::{Durations, FRAGMENT_CRC, Track, edit, mvhd, preface};
use mp4_atom::{Encode, Error, Mfhd, Moof, Moov, Mvex, Stbl, Stco, Tfdt, Tfhd, Traf, Trex, Trun, TrunEntry, Uuid};

/// `sample_depends_on` says that it depends on no other.
pub(super) const KEY: u32 = 0x0200_0000;
/// `sample_depends_on` says that it does, and `sample_is_non_sync_sample`.
const NOT_KEY: u32 = 0x0101_0000;
pub(super) const NON_SYNC_BIT: u32 = 0x0001_0000;

/// What a fragment brings of one track.
pub(crate) struct Run {
    pub(crate) track_id: u32,
    /// When the first is decoded, in ticks of the track.
    pub(crate) begins: u64,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) size: u32,
    pub(crate) duration: u32,
    pub(crate) shown_after: i32,
    pub(crate) key: bool,
}

/// The beginning of a fragmented file. `hidden`: how many ticks of each track come before the first instant shown.
pub(crate) fn head(begins_at: u64, tracks: &[&Track], hidden: &[u64]) -> Result<Vec<u8>, Error> {
    let mut moov = Moov { mvhd: mvhd(0, tracks.len()), mvex: Some(Mvex::default()), ..Moov::default() };
    for ((id, track), &hidden) in (1..).zip(tracks).zip(hidden) {
        let edits = if hidden > 0 { vec![edit(0, Some(hidden))] } else { Vec::new() };
        let tables = Stbl { stco: Some(Stco::default()), ..Stbl::default() };
        moov.trak.push(track.trak(id, Durations::default(), edits, tables));
        let trex = Trex { track_id: id, default_sample_description_index: 1, ..Trex::default() };
        moov.mvex.get_or_insert_default().trex.push(trex);
    }
    let mut bytes = preface(b"iso6", begins_at)?;
    moov.encode(&mut bytes)?;
    Ok(bytes)
}

/// A fragment up to its media bytes, which are to follow in the order of the runs.
pub(crate) fn fragment(sequence: u32, runs: &[Run]) -> Result<Vec<u8>, Error> {
    const MDAT_HEADER: usize = 8;
    let mut moof = Moof { mfhd: Mfhd { sequence_number: sequence }, traf: runs.iter().map(traf).collect() };
    let mut length = Vec::new();
    moof.encode(&mut length)?;
    let mut offset = length.len() + MDAT_HEADER;
    for (traf, run) in moof.traf.iter_mut().zip(runs) {
        for trun in &mut traf.trun {
            trun.data_offset = Some(i32::try_from(offset).map_err(|_| Error::InvalidSize)?);
        }
        offset += run.entries.iter().map(|entry| entry.size as usize).sum::<usize>();
    }
    let media = offset - length.len();
    let mut header = Vec::with_capacity(length.len());
    moof.encode(&mut header)?;
    let mut bytes = Vec::new();
    Uuid::Unknown(FRAGMENT_CRC, crc32fast::hash(&header).to_be_bytes().to_vec()).encode(&mut bytes)?;
    bytes.extend(header);
    bytes.extend_from_slice(&u32::try_from(media).map_err(|_| Error::InvalidSize)?.to_be_bytes());
    bytes.extend_from_slice(b"mdat");
    Ok(bytes)
}

fn traf(run: &Run) -> Traf {
    let plain = run.entries.iter().all(|entry| entry.key && entry.shown_after == 0);
    let entries = run.entries.iter().map(|entry| TrunEntry {
        duration: Some(entry.duration),
        size: Some(entry.size),
        flags: (!plain).then_some(if entry.key { KEY } else { NOT_KEY }),
        cts: (!plain).then_some(i64::from(entry.shown_after)),
    });
    let trun = Trun { data_offset: Some(0), samples: entries.collect::<Vec<_>>().into() };
    let default_sample_flags = plain.then_some(KEY);
    let tfhd = Tfhd { track_id: run.track_id, default_base_is_moof: true, default_sample_flags, ..Tfhd::default() };
    Traf { tfhd, tfdt: Some(Tfdt { base_media_decode_time: run.begins }), trun: vec![trun], ..Traf::default() }
}
