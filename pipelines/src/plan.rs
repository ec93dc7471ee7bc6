//! Before a lesson: what this machine can carry, and what is recorded at which size so that it fits.
//!
//! Pure. The programme is never given up; the other tracks are lowered, the least valuable first, until the work fits.

use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;

use crate::encode::{EncoderKind, EncoderSpeed, H264Settings};
use crate::tracks::{TrackMaking, TrackName, TrackPlan};

/// HB-3's floor for the average rate, in kbit/s.
pub const FLOOR_KBIT_S: u32 = 1024;
/// Share of the free cores that encoding may take; the rest is for writing, sound's encoders and surprises.
const ENCODING_SHARE: f64 = 0.5;
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
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Cores that are idle while everything but recording runs.
    pub cores: f64,
    pub encoder: EncoderSpeed,
}

/// Why a machine cannot carry what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortage {
    pub encoder: EncoderKind,
    /// Cores that one full picture takes, and those that are there for all encoding.
    pub needed: f64,
    pub there: f64,
}

impl Shortage {
    fn of(capacity: Capacity, there: f64) -> Self {
        Self { encoder: capacity.encoder.kind, needed: capacity.encoder.cores_full_hd, there }
    }
}

/// Plans the tracks of a lesson.
pub fn plan(wish: &Wish, capacity: Capacity) -> Vec<TrackPlan> {
    let budget = capacity.cores * ENCODING_SHARE;
    let mut sizes: Vec<(PictureRole, Option<Size>)> = wish
        .inputs
        .iter()
        .filter(|role| !wish.as_it_comes.contains(role))
        .map(|&role| (role, Some(wish.size)))
        .collect();
    let programme_cost = if wish.programme { cost(wish.size, wish.size, capacity) } else { 0.0 };
    let load = |sizes: &[(PictureRole, Option<Size>)]| {
        let tracks: f64 = sizes.iter().filter_map(|(_, size)| *size).map(|size| cost(size, wish.size, capacity)).sum();
        programme_cost + tracks
    };
    // First smaller, from the least valuable up; then, if that is not enough, left out.
    for smaller in [Some(Size::HD), None] {
        for index in (0..sizes.len()).rev() {
            if load(&sizes) > budget {
                sizes[index].1 = smaller;
            }
        }
    }
    let mut tracks = Vec::new();
    if wish.programme {
        let making = encode(capacity, wish.size, wish.programme_kbit_s);
        tracks.push(TrackPlan { name: TrackName::Programme, making, lowered: None });
    }
    for &role in &wish.inputs {
        let name = TrackName::Input(role);
        let planned = sizes.iter().find(|(planned, _)| *planned == role).map(|(_, size)| *size);
        match planned {
            None => tracks.push(TrackPlan { name, making: TrackMaking::AsItComes, lowered: None }),
            Some(Some(size)) => tracks.push(TrackPlan {
                name,
                making: encode(capacity, size, wish.track_kbit_s),
                lowered: (size != wish.size).then(|| Shortage::of(capacity, budget)),
            }),
            Some(None) => {}
        }
    }
    for name in [TrackName::Sound, TrackName::SoundFallback] {
        tracks.push(TrackPlan { name, making: TrackMaking::SoundOnly, lowered: None });
    }
    tracks
}

/// The inputs that were wished for and have no track, with the reason.
pub fn left_out(wish: &Wish, tracks: &[TrackPlan], capacity: Capacity) -> Vec<(PictureRole, Shortage)> {
    let missing = |role: &&PictureRole| !tracks.iter().any(|track| track.name == TrackName::Input(**role));
    let why = Shortage::of(capacity, capacity.cores * ENCODING_SHARE);
    wish.inputs.iter().filter(missing).map(|&role| (role, why)).collect()
}

fn encode(capacity: Capacity, size: Size, kbit_s: u32) -> TrackMaking {
    let kind = capacity.encoder.kind;
    TrackMaking::Encode(H264Settings { kind, size, kbit_s, floor_kbit_s: Some(FLOOR_KBIT_S) })
}

/// Cores that encoding at `size` takes when pictures come at `full` size.
fn cost(size: Size, full: Size, capacity: Capacity) -> f64 {
    if capacity.encoder.kind.is_hardware() {
        return 0.0;
    }
    let pixels = |size: Size| f64::from(size.width) * f64::from(size.height) / (1920.0 * 1080.0);
    let scaling = if size == full { 0.0 } else { SCALING_COST * pixels(full) };
    capacity.encoder.cores_full_hd * (pixels(size) + scaling)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: [PictureRole; 5] = [
        PictureRole::Hdmi,
        PictureRole::TeacherPanorama,
        PictureRole::TeacherCloseup,
        PictureRole::StudentsPanorama,
        PictureRole::StudentsCloseup,
    ];

    fn planned(cores: f64, kind: EncoderKind, as_it_comes: &[PictureRole]) -> Vec<(&'static str, u32)> {
        let wish = Wish {
            programme: true,
            inputs: INPUTS.to_vec(),
            as_it_comes: as_it_comes.to_vec(),
            size: Size::FULL_HD,
            programme_kbit_s: 4000,
            track_kbit_s: 3000,
        };
        let capacity = Capacity { cores, encoder: EncoderSpeed { kind, cores_full_hd: 0.3 } };
        let height = |making: &TrackMaking| match making {
            TrackMaking::Encode(settings) => settings.size.height,
            TrackMaking::AsItComes => 1,
            TrackMaking::SoundOnly => 0,
        };
        plan(&wish, capacity).iter().map(|track| (track.name.as_str(), height(&track.making))).collect()
    }

    #[test]
    fn a_strong_machine_records_everything_at_full_size() {
        let heights: Vec<_> = planned(4.8, EncoderKind::X264, &[]).iter().map(|(_, height)| *height).collect();
        assert_eq!(heights, [1080, 1080, 1080, 1080, 1080, 1080, 0, 0]);
        assert_eq!(planned(0.5, EncoderKind::V4l2M2m, &[])[5], ("students-closeup", 1080));
    }

    #[test]
    fn the_least_valuable_tracks_are_lowered_first_and_the_programme_never() {
        assert_eq!(
            planned(2.4, EncoderKind::X264, &[]),
            [
                ("programme", 1080),
                ("hdmi", 720),
                ("teacher-panorama", 720),
                ("teacher-closeup", 720),
                ("students-panorama", 720),
                ("sound", 0),
                ("sound-fallback", 0)
            ]
        );
        assert_eq!(planned(0.9, EncoderKind::X264, &[]), [("programme", 1080), ("sound", 0), ("sound-fallback", 0)]);
    }

    #[test]
    fn a_camera_that_encodes_costs_nothing() {
        let tracks = planned(1.4, EncoderKind::X264, &INPUTS[1..]);
        assert_eq!(tracks[1..3], [("hdmi", 1080), ("teacher-panorama", 1)]);
    }
}
