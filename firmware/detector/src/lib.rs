//! Finds people with MoveNet MultiPose on ONNX Runtime. `scripts/models` fetches both; neither is part of the program.
//!
//! The runtime is a shared library that is loaded when it is first needed, so a host without it starts, records, and says
//! what it cannot do. Who is who, and what a person is doing, is `ketang-tracker`'s.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ketang_tracker::decode::Heads;
use ketang_tracker::detector::{Detected, Detector, DetectorError, GRAIN};
use ketang_tracker::picture::Picture;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

/// As `scripts/models` names them.
const MODEL: &str = "movenet-multipose.onnx";
const RUNTIME: &str = "libonnxruntime.so";
/// The runtime knows one environment a process.
static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
/// The heads in the order in which they are read.
const HEADS: [&str; 6] = ["centre", "box_size", "box_offset", "keypoint_heat", "keypoint_place", "keypoint_offset"];

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the detector of people is missing: {0} is not there: run scripts/models")]
    Missing(PathBuf),
    #[error("the detector of people does not start: {0}")]
    Start(String),
}

/// MoveNet MultiPose, on one thread.
pub struct MoveNet {
    session: Session,
    /// Planes of red, green and blue, kept to be filled again.
    input: Vec<f32>,
}

impl MoveNet {
    /// Opens what `scripts/models` put into `folder`. The first folder's runtime serves the whole program.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let file = |name: &str| {
            let path = folder.join(name);
            if path.is_file() { Ok(path) } else { Err(OpenError::Missing(path)) }
        };
        let (runtime, model) = (file(RUNTIME)?, file(MODEL)?);
        let environment = ENVIRONMENT
            .get_or_init(|| {
                let library = ort::init_from(runtime).map_err(|error| error.to_string())?;
                library.with_telemetry(false).build().map_err(|error| error.to_string())
            })
            .as_ref()
            .map_err(|error| OpenError::Start(error.clone()))?;
        let session = Session::builder(environment)
            .and_then(|builder| Ok(builder.with_intra_threads(1)?))
            .and_then(|builder| Ok(builder.with_intra_op_spinning(false)?))
            .and_then(|builder| Ok(builder.with_optimization_level(GraphOptimizationLevel::Level3)?))
            .and_then(|mut builder| builder.commit_from_file(model))
            .map_err(|error| OpenError::Start(error.to_string()))?;
        Ok(Self { session, input: Vec::new() })
    }

    fn run(&mut self, picture: &Picture) -> ort::Result<Vec<Detected>> {
        let (width, height) = (picture.width, picture.height);
        let pixels = width * height;
        self.input.resize(3 * pixels, 0.0);
        let (red, rest) = self.input.split_at_mut(pixels);
        let (green, blue) = rest.split_at_mut(pixels);
        for (index, pixel) in picture.data.chunks_exact(3).enumerate() {
            (red[index], green[index], blue[index]) = (f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2]));
        }
        let input = TensorRef::from_array_view(([1, 3, height, width], self.input.as_slice()))?;
        let outputs = self.session.run(ort::inputs!["picture" => input])?;
        let mut heads = [&[] as &[f32]; HEADS.len()];
        for (head, name) in heads.iter_mut().zip(HEADS) {
            *head = outputs[name].try_extract_tensor::<f32>()?.1;
        }
        let [centre, box_size, box_offset, keypoint_heat, keypoint_place, keypoint_offset] = heads;
        let (rows, columns) = (height / ketang_tracker::decode::CELL, width / ketang_tracker::decode::CELL);
        let heads =
            Heads { rows, columns, centre, box_size, box_offset, keypoint_heat, keypoint_place, keypoint_offset };
        Ok(heads.people())
    }
}

impl Detector for MoveNet {
    fn people(&mut self, picture: &Picture) -> Result<Vec<Detected>, DetectorError> {
        if !picture.width.is_multiple_of(GRAIN) || !picture.height.is_multiple_of(GRAIN) {
            let size = format!("a picture of {} × {} is no multiple of {GRAIN}", picture.width, picture.height);
            return Err(DetectorError(size));
        }
        self.run(picture).map_err(|error| DetectorError(error.to_string()))
    }
}
