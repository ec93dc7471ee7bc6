//! What this machine can carry: before a lesson, what is recorded by which encoder at which size so that it fits; in a lesson, what
//! gives way where it does not.
//!
//! Pure. The programme is never given up; the other tracks are lowered, the least valuable first, until the work fits.

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;

use crate::encode::{EncoderKind, Encoders, H264Settings, Preset};
use crate::tracks::{TrackMaking, TrackName, TrackPlan};

/// HB-3's floor for the average rate, in kbit/s.
pub const FLOOR_KBIT_S: u32 = 1024;
/// Share of the free cores that encoding may take; the rest is for writing, sound's encoders and surprises.
const ENCODING_SHARE: f64 = 0.5;
/// Cores are plentiful where encoding, with better presets too, takes no more than this share of the free ones.
const PLENTY_SHARE: f64 = 0.25;
/// An encoder has one thread: one that takes more than this of a core on average falls behind in lively scenes.
const THREAD_SHARE: f64 = 0.6;
/// What scaling a frame down costs, in shares of encoding it at full size.
const SCALING_COST: f64 = 0.25;

/// What a lesson should have.
#[derive(Clone, Debug)]
pub struct Wish {
    pub programme: bool,
    /// Inputs with a track of their own, the most valuable first.
    pub inputs: Vec<PictureRole>,
    /// Inputs whose camera gives H.264 that meets HB-3.
    pub as_it_comes: Vec<PictureRole>,
    pub size: Size,
    pub programme_kbit_s: u32,
    pub track_kbit_s: u32,
}

/// What a machine can do.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Cores that are idle while everything but recording runs; `None`: whatever it takes is taken to be there.
    pub cores: Option<f64>,
    pub encoders: Encoders,
}

/// Why a machine cannot carry what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shortage {
    /// Cores that one full picture takes, and those that are there for all encoding.
    Cores { encoder: EncoderKind, needed: f64, there: f64 },
    /// Full pictures that the encoder in hardware carries, and no encoder in software works.
    Hardware { encoder: EncoderKind, pictures: f64 },
}

/// A track that the host encodes.
#[derive(Clone, Copy)]
struct Job {
    name: TrackName,
    /// `None`: left out.
    size: Option<Size>,
    kbit_s: u32,
}

/// Which encoder each job has, and whether that is more than the machine has.
struct Placed {
    encoders: Vec<EncoderKind>,
    cores: f64,
    fits: bool,
}

impl Capacity {
    fn budget(&self) -> f64 {
        self.cores.map_or(f64::INFINITY, |cores| cores * ENCODING_SHARE)
    }

    fn shortage(&self) -> Shortage {
        match (self.encoders.software, self.encoders.hardware) {
            (Some(software), _) => {
                Shortage::Cores { encoder: software.kind, needed: software.cores_full_hd, there: self.budget() }
            }
            (None, Some(hardware)) => Shortage::Hardware { encoder: hardware.kind, pictures: hardware.pictures },
            (None, None) => Shortage::Cores { encoder: self.encoders.for_work(), needed: 0.0, there: 0.0 },
        }
    }

    /// Hardware goes to the most valuable tracks, as far as it carries them; the rest is encoded in software.
    fn place(&self, jobs: &[Job], full: Size) -> Placed {
        let mut left = self.encoders.hardware.map_or(0.0, |hardware| hardware.pictures);
        let mut placed = Placed { encoders: Vec::new(), cores: 0.0, fits: true };
        for job in jobs {
            let pictures = job.size.map_or(0.0, pictures);
            let kind = match (self.encoders.hardware, self.encoders.software) {
                (Some(hardware), _) if pictures <= left => {
                    left -= pictures;
                    hardware.kind
                }
                (_, Some(software)) => {
                    placed.cores += software.cores_full_hd * job.size.map_or(0.0, |size| work(size, full));
                    software.kind
                }
                (_, None) => {
                    placed.fits = false;
                    self.encoders.for_work()
                }
            };
            placed.encoders.push(kind);
        }
        placed.fits &= placed.cores <= self.budget();
        placed
    }

    /// Better presets for the most valuable tracks in software, as far as cores are plentiful.
    fn presets(&self, jobs: &[Job], placed: &Placed) -> Vec<Preset> {
        let plenty = self.cores.map_or(0.0, |cores| cores * PLENTY_SHARE);
        let mut spare = plenty - placed.cores;
        let fastest = self.encoders.software.map_or(0.0, |software| software.cores_full_hd);
        let preset = |(job, kind): (&Job, &EncoderKind)| {
            let one = fastest * job.size.map_or(0.0, pictures);
            let fits = |preset: &Preset| {
                *kind == EncoderKind::X264
                    && one * preset.cost() <= THREAD_SHARE
                    && one * (preset.cost() - 1.0) <= spare
            };
            let best = [Preset::Veryfast, Preset::Superfast].into_iter().find(fits).unwrap_or_default();
            spare -= one * (best.cost() - 1.0);
            best
        };
        jobs.iter().zip(&placed.encoders).map(preset).collect()
    }
}

/// Plans the tracks of a lesson.
pub fn plan(wish: &Wish, capacity: &Capacity) -> Vec<TrackPlan> {
    let programme = wish.programme.then_some((TrackName::Programme, wish.programme_kbit_s));
    let encoded = wish.inputs.iter().filter(|role| !wish.as_it_comes.contains(role));
    let inputs = encoded.map(|&role| (TrackName::Input(role), wish.track_kbit_s));
    let mut jobs: Vec<Job> =
        programme.into_iter().chain(inputs).map(|(name, kbit_s)| Job { name, size: Some(wish.size), kbit_s }).collect();
    // First smaller, from the least valuable up; then, if that is not enough, left out.
    for smaller in [Some(Size::HD), None] {
        for index in (0..jobs.len()).rev().filter(|&index| index > 0 || !wish.programme) {
            if !capacity.place(&jobs, wish.size).fits {
                jobs[index].size = smaller;
            }
        }
    }
    let placed = capacity.place(&jobs, wish.size);
    let presets = capacity.presets(&jobs, &placed);
    let settings = |size, kbit_s, kind, preset| {
        let floor_kbit_s = Some(FLOOR_KBIT_S);
        H264Settings { kind, preset, size, kbit_s, floor_kbit_s }
    };
    let mut tracks = Vec::new();
    for ((job, &kind), &preset) in jobs.iter().zip(&placed.encoders).zip(&presets) {
        let Some(size) = job.size else { continue };
        let lowered = (size != wish.size).then(|| capacity.shortage());
        let making = TrackMaking::Encode(settings(size, job.kbit_s, kind, preset));
        tracks.push(TrackPlan { name: job.name, making, lowered });
    }
    for &role in &wish.as_it_comes {
        // Whatever the machine has left then: nobody has planned for it.
        let otherwise = settings(Size::HD, wish.track_kbit_s, capacity.encoders.for_work(), Preset::Ultrafast);
        let making = TrackMaking::AsItComes(otherwise);
        tracks.push(TrackPlan { name: TrackName::Input(role), making, lowered: None });
    }
    let value = |name| wish.inputs.iter().position(|&role| TrackName::Input(role) == name).map_or(0, |index| index + 1);
    tracks.sort_by_key(|track| value(track.name));
    for name in [TrackName::Sound, TrackName::SoundFallback] {
        tracks.push(TrackPlan { name, making: TrackMaking::SoundOnly, lowered: None });
    }
    tracks
}

/// The inputs that were wished for and have no track, with the reason.
pub fn left_out(wish: &Wish, tracks: &[TrackPlan], capacity: &Capacity) -> Vec<(PictureRole, Shortage)> {
    let missing = |role: &&PictureRole| !tracks.iter().any(|track| track.name == TrackName::Input(**role));
    wish.inputs.iter().filter(missing).map(|&role| (role, capacity.shortage())).collect()
}

/// What a machine that is too slow does for the programme's sake.
#[derive(Clone, Debug, PartialEq)]
pub enum GivesWay {
    /// The track is made like this from now on.
    Lowered(TrackName, H264Settings),
    Ended(TrackName),
}

/// What gives way next: the least valuable track that can be lowered; where none can, the least valuable one ends. `tracks` are those
/// that the host encodes, without the programme, the least valuable first.
pub fn gives_way(tracks: &[(TrackName, H264Settings)]) -> Option<GivesWay> {
    let lower = |(name, settings): &(TrackName, H264Settings)| Some(GivesWay::Lowered(*name, lowered(settings)?));
    let least = || tracks.first().map(|(name, _)| GivesWay::Ended(*name));
    tracks.iter().find_map(lower).or_else(least)
}

/// The next step down: the fastest preset, then 720p.
fn lowered(settings: &H264Settings) -> Option<H264Settings> {
    match settings {
        H264Settings { preset, .. } if *preset != Preset::Ultrafast => {
            Some(H264Settings { preset: Preset::Ultrafast, ..settings.clone() })
        }
        H264Settings { size, .. } if size.height > Size::HD.height => {
            Some(H264Settings { size: Size::HD, ..settings.clone() })
        }
        _ => None,
    }
}

/// In full pictures.
fn pictures(size: Size) -> f64 {
    f64::from(size.width) * f64::from(size.height) / (1920.0 * 1080.0)
}

/// What encoding at `size` takes when pictures come at `full` size, in shares of encoding a full picture.
fn work(size: Size, full: Size) -> f64 {
    pictures(size) + if size == full { 0.0 } else { SCALING_COST * pictures(full) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Hardware, Software};
    use PictureRole::{Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama};

    const INPUTS: [PictureRole; 5] = [Hdmi, TeacherPanorama, TeacherCloseup, StudentsPanorama, StudentsCloseup];
    const X264: Software = Software { kind: EncoderKind::X264, cores_full_hd: 0.3 };

    fn v4l2(pictures: f64) -> Option<Hardware> {
        Some(Hardware { kind: EncoderKind::V4l2M2m, pictures })
    }

    fn wish(size: Size, as_it_comes: &[PictureRole]) -> Wish {
        Wish {
            programme: true,
            inputs: INPUTS.to_vec(),
            as_it_comes: as_it_comes.to_vec(),
            size,
            programme_kbit_s: 4000,
            track_kbit_s: 3000,
        }
    }

    fn capacity(cores: impl Into<Option<f64>>, hardware: Option<Hardware>, software: Option<Software>) -> Capacity {
        Capacity { cores: cores.into(), encoders: Encoders { ranked: Vec::new(), hardware, software } }
    }

    /// Each picture's track, in a word: `1080` lines, `v` in hardware or `x` in software, its preset where that is better.
    fn in_words(tracks: &[TrackPlan]) -> Vec<String> {
        let word = |making: &TrackMaking| match making {
            TrackMaking::Encode(H264Settings { kind, preset, size, .. }) => {
                let encoder = if kind.is_hardware() { "v" } else { "x" };
                let preset = if *preset == Preset::Ultrafast { "" } else { preset.as_str() };
                format!("{}{encoder} {preset}", size.height).trim_end().to_owned()
            }
            TrackMaking::AsItComes(_) => "as it comes".to_owned(),
            TrackMaking::SoundOnly => "sound".to_owned(),
        };
        tracks.iter().map(|track| word(&track.making)).filter(|word| word != "sound").collect()
    }

    fn planned(capacity: &Capacity, as_it_comes: &[PictureRole]) -> Vec<String> {
        in_words(&plan(&wish(Size::FULL_HD, as_it_comes), capacity))
    }

    #[test]
    fn every_machine_carries_what_it_can_and_the_programme_always() {
        let table: [(Capacity, &[&str]); 9] = [
            // In software: enough cores, few, very few.
            (capacity(4.8, None, Some(X264)), &["1080x", "1080x", "1080x", "1080x", "1080x", "1080x"]),
            (capacity(2.4, None, Some(X264)), &["1080x", "720x", "720x", "720x", "720x"]),
            (capacity(0.9, None, Some(X264)), &["1080x"]),
            (capacity(0.1, None, Some(X264)), &["1080x"]),
            // Nobody has measured: as much as is asked, at the least cost.
            (capacity(None, None, Some(X264)), &["1080x", "1080x", "1080x", "1080x", "1080x", "1080x"]),
            // Hardware without a limit needs no cores.
            (capacity(0.1, v4l2(f64::INFINITY), None), &["1080v", "1080v", "1080v", "1080v", "1080v", "1080v"]),
            // The programme in hardware, tracks in software at a lower size as far as cores go.
            (capacity(1.6, v4l2(1.2), Some(X264)), &["1080v", "720x", "720x", "720x"]),
            // Hardware for the most valuable, and nothing else: what it carries, lowered before it is left out.
            (capacity(8.0, v4l2(2.0), None), &["1080v", "720v", "720v"]),
            (capacity(8.0, v4l2(0.5), None), &["1080v"]),
        ];
        for (capacity, wanted) in table {
            assert_eq!(planned(&capacity, &[]), wanted, "{capacity:?}");
        }
        // A Raspberry Pi 4: 720p programme, hardware for 1080p30.
        let tracks = plan(&wish(Size::HD, &[]), &capacity(2.0, v4l2(1.2), Some(X264)));
        assert_eq!(in_words(&tracks), ["720v", "720v", "720x", "720x", "720x", "720x"]);
    }

    #[test]
    fn plentiful_cores_go_to_better_presets_the_programme_first() {
        let cheap = Some(Software { cores_full_hd: 0.18, ..X264 });
        let table: [(Capacity, &[&str]); 5] = [
            (capacity(4.0, None, cheap), &["1080x", "1080x", "1080x", "1080x", "1080x", "1080x"]),
            (capacity(5.0, None, cheap), &["1080x superfast", "1080x", "1080x", "1080x", "1080x", "1080x"]),
            (
                capacity(8.0, None, cheap),
                &["1080x veryfast", "1080x veryfast", "1080x superfast", "1080x", "1080x", "1080x"],
            ),
            // However many cores: an encoder has one thread, and must keep up in lively scenes.
            (
                capacity(64.0, None, Some(X264)),
                &[
                    "1080x superfast",
                    "1080x superfast",
                    "1080x superfast",
                    "1080x superfast",
                    "1080x superfast",
                    "1080x superfast",
                ],
            ),
            // Hardware and other encoders in software have no presets.
            (
                capacity(64.0, None, Some(Software { kind: EncoderKind::OpenH264, cores_full_hd: 0.2 })),
                &["1080x", "1080x", "1080x", "1080x", "1080x", "1080x"],
            ),
        ];
        for (capacity, wanted) in table {
            assert_eq!(planned(&capacity, &[]), wanted, "{capacity:?}");
        }
    }

    #[test]
    fn a_camera_that_encodes_costs_nothing() {
        assert_eq!(
            planned(&capacity(1.4, None, Some(X264)), &INPUTS[1..]),
            ["1080x", "1080x", "as it comes", "as it comes", "as it comes", "as it comes"]
        );
    }

    #[test]
    fn what_is_lowered_or_left_out_says_why() {
        let few = capacity(2.4, None, Some(X264));
        let tracks = plan(&wish(Size::FULL_HD, &[]), &few);
        let why = Shortage::Cores { encoder: EncoderKind::X264, needed: 0.3, there: 1.2 };
        let lowered: Vec<_> =
            tracks.iter().filter(|track| track.lowered == Some(why)).map(|track| track.name).collect();
        assert_eq!(lowered, INPUTS[..4].iter().map(|&role| TrackName::Input(role)).collect::<Vec<_>>());
        assert_eq!(left_out(&wish(Size::FULL_HD, &[]), &tracks, &few), [(StudentsCloseup, why)]);
        let hardware = capacity(8.0, v4l2(1.0), None);
        let tracks = plan(&wish(Size::FULL_HD, &[]), &hardware);
        let why = Shortage::Hardware { encoder: EncoderKind::V4l2M2m, pictures: 1.0 };
        assert_eq!(left_out(&wish(Size::FULL_HD, &[]), &tracks, &hardware), INPUTS.map(|role| (role, why)));
    }

    #[test]
    fn in_a_lesson_tracks_are_lowered_before_one_ends_the_least_valuable_first() {
        let made = |preset, size| H264Settings {
            kind: EncoderKind::X264,
            preset,
            size,
            kbit_s: 3000,
            floor_kbit_s: Some(FLOOR_KBIT_S),
        };
        let (students, hdmi) = (TrackName::Input(StudentsPanorama), TrackName::Input(Hdmi));
        let mut tracks =
            vec![(students, made(Preset::Ultrafast, Size::FULL_HD)), (hdmi, made(Preset::Superfast, Size::FULL_HD))];
        let mut steps = Vec::new();
        while let Some(step) = gives_way(&tracks) {
            match &step {
                GivesWay::Lowered(name, settings) => {
                    tracks.iter_mut().filter(|(other, _)| other == name).for_each(|(_, made)| *made = settings.clone());
                }
                GivesWay::Ended(name) => tracks.retain(|(other, _)| other != name),
            }
            steps.push(step);
        }
        let wanted = [
            GivesWay::Lowered(students, made(Preset::Ultrafast, Size::HD)),
            GivesWay::Lowered(hdmi, made(Preset::Ultrafast, Size::FULL_HD)),
            GivesWay::Lowered(hdmi, made(Preset::Ultrafast, Size::HD)),
            GivesWay::Ended(students),
            GivesWay::Ended(hdmi),
        ];
        assert_eq!(steps, wanted);
    }
}
