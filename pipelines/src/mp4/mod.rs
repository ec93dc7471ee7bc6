//! The little of ISO/IEC 14496-12 that recordings are made of: one picture track, one sound track, each of one format.
//!
//! `mp4-atom` knows the bytes of a box; this module knows which boxes. It writes fragments while a lesson runs
//! ([`fragment`]), reads files of ours whether whole, cut off or finished ([`read`]), and writes ordinary files with the
//! index in front ([`ordinary`]). It is not a general demultiplexer.
//!
//! Times inside a [`Movie`] are ticks of the track's time scale from the instant at which the movie begins to be shown;
//! what comes before that instant is decoded but not shown. In files an edit list says so.

pub(crate) mod fragment;
pub(crate) mod ordinary;
pub(crate) mod read;

use crate::coded::CodedFormat;
use crate::error::MediaError;
use ketang_hal::picture::Size;
use mp4_atom::{
    Audio, Avc1, Avcc, Codec, Decode, Dinf, Dref, Edts, Elst, ElstEntry, Encode, Esds, ExtendedType, FourCC, Ftyp,
    Hdlr, Mdhd, Mdia, Minf, Mp4a, Mvhd, Smhd, Stbl, Stsd, Tkhd, Trak, Url, Uuid, Visual, Vmhd, esds,
};

pub(crate) const NANOSECONDS: u32 = 1_000_000_000;
/// Of pictures, and of what is said about the file as a whole: ticks a second.
pub(crate) const PICTURE_TIMESCALE: u32 = 90_000;
/// Box that holds the lesson time at which a file begins: eight bytes, nanoseconds, big-endian. Players skip it.
const BEGINS_AT: ExtendedType = ExtendedType::new(b"ketang/begins-at");
/// Box before each fragment: the CRC-32 (IEEE 802.3) of its `moof`, big-endian. A time or length that a disk has spoilt is
/// not to be told from a true one otherwise. Players skip it.
const FRAGMENT_CRC: ExtendedType = ExtendedType::new(b"ketang/moof-crc!");

/// One access unit, and where its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Which of the files that the movie is made from.
    pub(crate) source: usize,
    pub(crate) offset: u64,
    pub(crate) size: u32,
    pub(crate) dts: i64,
    /// From decoding to showing; negative where an encoder says so.
    pub(crate) shown_after: i32,
    pub(crate) duration: u32,
    pub(crate) key: bool,
}

impl Sample {
    pub(crate) fn pts(&self) -> i64 {
        self.dts + i64::from(self.shown_after)
    }

    pub(crate) fn end(&self) -> i64 {
        self.pts() + i64::from(self.duration)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) format: Codec,
    pub(crate) timescale: u32,
    pub(crate) samples: Vec<Sample>,
}

impl Track {
    pub(crate) fn is_picture(&self) -> bool {
        matches!(self.format, Codec::Avc1(_))
    }

    /// Of pictures.
    pub(crate) fn size(&self) -> Option<Size> {
        let Codec::Avc1(avc) = &self.format else { return None };
        Some(Size { width: avc.visual.width.into(), height: avc.visual.height.into() })
    }

    /// An empty track for what an encoder says it makes.
    pub(crate) fn of(format: &CodedFormat) -> Result<Self, MediaError> {
        let wrong = |what: &str| MediaError::Invalid(format!("cannot record {}: {what}", format.caps));
        let caps = format.caps.structure(0).ok_or_else(|| wrong("the stream has no format"))?;
        let number = |name: &str| caps.get::<i32>(name).ok().filter(|&value| value > 0);
        let config = caps.get::<gst::Buffer>("codec_data").map_err(|_| wrong("no codec_data"))?;
        let config = config.map_readable().map_err(|_| wrong("unreadable codec_data"))?.to_vec();
        let side = |name| number(name).and_then(|side| u16::try_from(side).ok());
        match caps.name().as_str() {
            "video/x-h264" => {
                let (Some(width), Some(height)) = (side("width"), side("height")) else {
                    return Err(wrong("no picture size"));
                };
                let record = mp4_atom::Atom::decode_body(&mut config.as_slice());
                let avcc: Avcc = record.map_err(|error| wrong(&format!("its codec_data is not AVC ({error})")))?;
                let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
                let format =
                    Avc1 { visual, avcc, btrt: None, colr: None, pasp: None, taic: None, fiel: None, spatial: None };
                Ok(Self { format: format.into(), timescale: PICTURE_TIMESCALE, samples: Vec::new() })
            }
            "audio/mpeg" => {
                let (Some(rate), Some(channels)) = (number("rate"), side("channels")) else {
                    return Err(wrong("no sampling rate"));
                };
                Ok(Self { format: aac(rate as u32, channels, config), timescale: rate as u32, samples: Vec::new() })
            }
            _ => Err(wrong("only H.264 pictures and AAC sound are recorded")),
        }
    }

    /// The time shown: from the first instant to the last, in ticks.
    fn shown(&self) -> Option<(i64, i64)> {
        let first = self.samples.iter().map(Sample::pts).min()?.max(0);
        let last = self.samples.iter().map(Sample::end).max()?;
        Some((first, last))
    }

    fn trak(&self, id: u32, duration: Durations, edits: Vec<ElstEntry>, tables: Stbl) -> Trak {
        let mut tkhd =
            Tkhd { track_id: id, enabled: true, in_movie: true, duration: duration.shown, ..Tkhd::default() };
        let mut minf =
            Minf { stbl: Stbl { stsd: Stsd { codecs: vec![self.format.clone()] }, ..tables }, ..Minf::default() };
        minf.dinf = Dinf { dref: Dref { entries: vec![mp4_atom::DrefEntry::Url(Url::default())] } };
        let (handler, name) = match &self.format {
            Codec::Avc1(avc) => {
                (tkhd.width, tkhd.height) = (avc.visual.width.into(), avc.visual.height.into());
                minf.vmhd = Some(Vmhd::default());
                (b"vide", "picture")
            }
            _ => {
                (tkhd.volume, tkhd.alternate_group) = (1.into(), 1);
                minf.smhd = Some(Smhd::default());
                (b"soun", "sound")
            }
        };
        let mdhd =
            Mdhd { timescale: self.timescale, duration: duration.media, language: "und".into(), ..Mdhd::default() };
        let hdlr = Hdlr { handler: FourCC::new(handler), name: name.into() };
        let edts = (!edits.is_empty()).then_some(Edts { elst: Some(Elst { entries: edits }) });
        Trak { tkhd, edts, mdia: Mdia { mdhd, hdlr, minf }, ..Trak::default() }
    }
}

/// Of a track: on the file's time scale, and on its own.
#[derive(Clone, Copy, Default)]
struct Durations {
    shown: u64,
    media: u64,
}

/// What one or several files hold.
#[derive(Clone, Debug)]
pub(crate) struct Movie {
    /// Lesson time at which the movie begins, in nanoseconds.
    pub(crate) begins_at: u64,
    /// Nothing after this is shown, in nanoseconds from the beginning.
    pub(crate) shown_for: Option<u64>,
    pub(crate) tracks: Vec<Track>,
}

impl Movie {
    /// How long it is shown, in nanoseconds: as long as its pictures, or where there are none its sound.
    pub(crate) fn duration(&self) -> u64 {
        let lead = self.tracks.iter().find(|track| track.is_picture() && !track.samples.is_empty());
        let whole = lead.or(self.tracks.iter().find(|track| !track.samples.is_empty())).and_then(|track| {
            let (_, last) = track.shown()?;
            u64::try_from(rescale(last, track.timescale, NANOSECONDS)).ok()
        });
        let whole = whole.unwrap_or_default();
        self.shown_for.map_or(whole, |limit| limit.min(whole))
    }
}

/// `ticks` of one time scale in another, to the nearest.
pub(crate) fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let (ticks, from, to) = (i128::from(ticks), i128::from(from.max(1)), i128::from(to));
    i64::try_from((ticks * to + from / 2).div_euclid(from)).unwrap_or(i64::MAX)
}

fn aac(rate: u32, channels: u16, config: Vec<u8>) -> Codec {
    const AAC: u8 = 0x40;
    const AUDIO_STREAM: u8 = 5;
    let specific = esds::DecoderSpecific { raw: config, ..esds::DecoderSpecific::default() };
    let dec_config = esds::DecoderConfig {
        object_type_indication: AAC,
        stream_type: AUDIO_STREAM,
        dec_specific: Some(specific),
        ..esds::DecoderConfig::default()
    };
    let sample_rate = u16::try_from(rate).unwrap_or_default().into();
    let audio = Audio { data_reference_index: 1, channel_count: channels, sample_size: 16, sample_rate };
    let es_desc = esds::EsDescriptor { es_id: 1, dec_config, ..esds::EsDescriptor::default() };
    Mp4a { audio, esds: Esds { es_desc }, btrt: None, taic: None }.into()
}

fn mvhd(duration: u64, tracks: usize) -> Mvhd {
    Mvhd {
        timescale: PICTURE_TIMESCALE,
        duration,
        rate: 1.into(),
        volume: 1.into(),
        next_track_id: tracks as u32 + 1,
        ..Mvhd::default()
    }
}

/// What stands before the index in every file of ours.
fn preface(brand: &[u8; 4], begins_at: u64) -> Result<Vec<u8>, mp4_atom::Error> {
    let brands = [brand, b"iso6", b"mp41", b"avc1"].map(FourCC::new);
    let mut bytes = Vec::new();
    Ftyp { major_brand: brands[0], minor_version: 512, compatible_brands: brands.to_vec() }.encode(&mut bytes)?;
    Uuid::Unknown(BEGINS_AT, begins_at.to_be_bytes().to_vec()).encode(&mut bytes)?;
    Ok(bytes)
}

/// What a `uuid` box of ours says.
enum Note {
    /// Lesson time at which the file begins, in nanoseconds.
    BeginsAt(u64),
    /// Checksum of the `moof` that follows.
    FragmentCrc(u32),
}

impl Note {
    fn read(bytes: &[u8]) -> Option<Self> {
        match Uuid::decode(&mut &*bytes) {
            Ok(Uuid::Unknown(BEGINS_AT, time)) => time.try_into().ok().map(u64::from_be_bytes).map(Self::BeginsAt),
            Ok(Uuid::Unknown(FRAGMENT_CRC, crc)) => crc.try_into().ok().map(u32::from_be_bytes).map(Self::FragmentCrc),
            _ => None,
        }
    }
}

/// Shows the media from `media_time` on.
fn edit(duration: u64, media_time: Option<u64>) -> ElstEntry {
    ElstEntry { segment_duration: duration, media_time, media_rate: 1.into() }
}
