//! What finds people in a picture. The engines are elsewhere (`firmware/detector`); this is what they all give.

use crate::area::Area;
use crate::picture::Picture;

/// Finds people in a picture, whose height and width are multiples of [`GRAIN`].
pub trait Detector {
    /// Everybody found, with places in shares of `picture`, each person once.
    fn people(&mut self, picture: &Picture) -> Result<Vec<Detected>, DetectorError>;
}

/// Pictures for a detector have sides that are multiples of this, in pixels.
pub const GRAIN: usize = 32;

#[derive(Debug, thiserror::Error)]
#[error("the detector of people failed: {0}")]
pub struct DetectorError(pub String);

/// Somebody in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    pub area: Area,
    pub keypoints: Keypoints,
    /// How sure, 0 to 1.
    pub score: f32,
}

/// A place of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keypoint {
    pub x: f32,
    pub y: f32,
    /// How sure, 0 to 1.
    pub score: f32,
}

/// The places of the body, by [`Part`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keypoints(pub [Keypoint; Part::COUNT]);

/// The seventeen places of COCO, in its order. Left and right are those of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Nose,
    LeftEye,
    RightEye,
    LeftEar,
    RightEar,
    LeftShoulder,
    RightShoulder,
    LeftElbow,
    RightElbow,
    LeftWrist,
    RightWrist,
    LeftHip,
    RightHip,
    LeftKnee,
    RightKnee,
    LeftAnkle,
    RightAnkle,
}

impl Part {
    pub const COUNT: usize = 17;
}

impl Keypoints {
    /// A place that is at least so sure.
    pub fn get(&self, part: Part, sure: f32) -> Option<Keypoint> {
        Some(self.0[part as usize]).filter(|point| point.score >= sure)
    }

    /// The mean of those of these places that are at least so sure.
    pub fn mean(&self, parts: &[Part], sure: f32) -> Option<(f32, f32)> {
        let known: Vec<_> = parts.iter().filter_map(|part| self.get(*part, sure)).collect();
        let count = known.len() as f32;
        let sum = known.iter().fold((0.0, 0.0), |(x, y), point| (x + point.x, y + point.y));
        (!known.is_empty()).then(|| (sum.0 / count, sum.1 / count))
    }
}

impl Detected {
    /// The same in the picture that `view` was cut from.
    pub(crate) fn within(&self, view: &Area) -> Detected {
        let x = |share: f32| view.x + share * view.width;
        let y = |share: f32| view.y + share * view.height;
        let Area { x: left, y: top, width, height } = self.area;
        let area = Area::new(x(left), y(top), width * view.width, height * view.height);
        let keypoints = self.keypoints.0.map(|point| Keypoint { x: x(point.x), y: y(point.y), ..point });
        Detected { area, keypoints: Keypoints(keypoints), score: self.score }
    }
}
