//! What is kept of a camera's calibration: the points that it was shown, in a file beside its presets. What follows from them is
//! found anew each time, so that the file stays true when the rule becomes better.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ketang_protocol::sentence::Sentence;
use ketang_tracker::calibration::{Calibration, CalibrationError, LEAST_PAIRS, Pair};
use serde::{Deserialize, Serialize};

use crate::folder::{self, At, StoreError};

const FORMAT: u32 = 1;
/// Points that are off by more than this in the middle, in degrees, do not belong together.
const POOR: f64 = 2.0;
/// A point so near to one that is known replaces it, in shares of the panorama.
const SAME: f64 = 0.02;
/// More points than this make nothing better.
const MOST: usize = 50;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    #[serde(default, rename = "point")]
    points: Vec<Pair>,
}

/// Why there is no calibration, where one should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the calibration in {path} cannot be read ({why}): calibrate the camera again, or put a good file back")]
    Unreadable { path: PathBuf, why: String },
    #[error(
        "the points that the camera was shown are {degrees:.1} degrees off each other: forget them and show it four or more again, none of them while it moves"
    )]
    Poor { degrees: f64 },
    #[error(transparent)]
    NotFound(#[from] CalibrationError),
}

impl Fault {
    pub fn in_words(&self) -> Sentence {
        let chinese = match self {
            Self::Unreadable { path, why } => {
                format!("标定文件 {} 无法读取（{why}）：请重新标定摄像机，或放回完好的文件", path.display())
            }
            Self::Poor { degrees } => {
                format!("标定点之间相差 {degrees:.1}°：请清除后重新标定至少四个点，摄像机停稳后再记录")
            }
            Self::NotFound(CalibrationError::TooFew(points)) => {
                format!("标定点只有 {points} 个：请标定至少 {LEAST_PAIRS} 个，最好 6 个，分布在整个画面上")
            }
            Self::NotFound(CalibrationError::Degenerate) => {
                "这些标定点不能确定摄像机的朝向：请选择不在一条直线上、分布在整个画面上的点".to_owned()
            }
        };
        Sentence::new(chinese, self.to_string())
    }
}

/// A camera's calibration, as it is on disk.
#[derive(Debug)]
pub struct Kept {
    file: PathBuf,
    points: Vec<Pair>,
    found: Result<Calibration, Fault>,
}

impl Kept {
    /// A file that is not there is a camera that was never calibrated.
    pub fn open(file: &Path) -> Self {
        let points = read(file);
        let found = points.clone().and_then(|points| find(&points));
        Self { file: file.to_owned(), points: points.unwrap_or_default(), found }
    }

    pub fn points(&self) -> usize {
        self.points.len()
    }

    pub fn calibration(&self) -> Option<&Calibration> {
        self.found.as_ref().ok()
    }

    /// Why there is none, unless it is only that too few points were shown yet.
    pub fn fault(&self) -> Option<&Fault> {
        self.found.as_ref().err().filter(|fault| !matches!(fault, Fault::NotFound(CalibrationError::TooFew(_))))
    }

    /// Takes one more point, kept before anything else.
    pub fn add(&mut self, point: Pair) -> Result<(), StoreError> {
        let mut points = self.points.clone();
        points.retain(|known| (known.x - point.x).hypot(known.y - point.y) > SAME);
        points.push(point);
        points.drain(..points.len().saturating_sub(MOST));
        self.keep(points)
    }

    pub fn forget(&mut self) -> Result<(), StoreError> {
        self.keep(Vec::new())
    }

    fn keep(&mut self, points: Vec<Pair>) -> Result<(), StoreError> {
        let written = Written { format: FORMAT, points };
        let text = toml::to_string(&written).expect("numbers can be written");
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).at(folder, "cannot make the folder")?;
        }
        if let Err(Fault::Unreadable { .. }) = &self.found {
            // Somebody may want to know what was in it.
            let aside = self.file.with_extension("broken");
            std::fs::rename(&self.file, &aside).at(&aside, "cannot write")?;
        }
        folder::replace(&self.file, text.as_bytes(), 0o644)?;
        self.found = find(&written.points);
        self.points = written.points;
        Ok(())
    }
}

fn read(file: &Path) -> Result<Vec<Pair>, Fault> {
    let unreadable = |why: String| Fault::Unreadable { path: file.to_owned(), why };
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| unreadable(error.to_string()))?,
    };
    let one_line = |error: toml::de::Error| unreadable(error.message().replace('\n', " "));
    let written: Written = toml::from_str(&text).map_err(one_line)?;
    if written.format != FORMAT {
        return Err(unreadable(format!("its format is {}, this host knows {FORMAT}", written.format)));
    }
    Ok(written.points)
}

fn find(points: &[Pair]) -> Result<Calibration, Fault> {
    let found = Calibration::fit(points)?;
    let degrees = found.residual().rms;
    if degrees > POOR { Err(Fault::Poor { degrees }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic anywhere")]

    use super::*;

    /// A camera beside the panorama, whose picture is 60° wide.
    fn pair(x: f64, y: f64) -> Pair {
        let half = 30.0_f64.to_radians().tan();
        let (right, up) = ((x - 0.5) * 2.0 * half, (0.5 - y) * 2.0 * half * 9.0 / 16.0);
        Pair { x, y, pan: right.atan().to_degrees(), tilt: up.atan2(right.hypot(1.0)).to_degrees() }
    }

    const PLACES: [(f64, f64); 4] = [(0.1, 0.2), (0.9, 0.2), (0.9, 0.8), (0.1, 0.8)];

    #[test]
    fn four_points_are_a_calibration_that_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ptz/teacher-closeup-calibration.toml");
        let mut kept = Kept::open(&file);
        for (shown, (x, y)) in PLACES.into_iter().enumerate() {
            assert!(kept.calibration().is_none() && kept.fault().is_none() && kept.points() == shown);
            kept.add(pair(x, y)).unwrap();
        }
        // The same point again replaces what was known of it.
        kept.add(pair(0.105, 0.2)).unwrap();
        let again = Kept::open(&file);
        assert_eq!((again.points(), again.calibration()), (4, kept.calibration()));
        let (pan, tilt) = again.calibration().unwrap().aim(0.5, 0.5);
        assert!(pan.abs() < 0.01 && tilt.abs() < 0.01, "{pan} {tilt}");
        kept.forget().unwrap();
        assert_eq!(Kept::open(&file).points(), 0);
    }

    #[test]
    fn points_that_contradict_each_other_are_no_calibration() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::open(&folder.path().join("x.toml"));
        PLACES.iter().for_each(|(x, y)| kept.add(pair(*x, *y)).unwrap());
        kept.add(pair(0.5, 0.5)).unwrap();
        assert!(kept.calibration().is_some());
        kept.add(Pair { pan: 25.0, ..pair(0.3, 0.5) }).unwrap();
        kept.add(Pair { pan: -25.0, ..pair(0.7, 0.5) }).unwrap();
        assert!(matches!(kept.fault(), Some(Fault::Poor { .. })), "{:?}", kept.fault());
        assert!(kept.fault().unwrap().in_words().chinese.contains("重新标定"));
    }

    #[test]
    fn a_broken_file_is_told_of_and_put_aside_by_the_next_point() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.toml");
        for broken in ["format = 2", "format = 1\nmood = 3", "format = 1\n[[point]]\nx = 0.5", "\u{0}"] {
            std::fs::write(&file, broken).unwrap();
            let mut kept = Kept::open(&file);
            assert!(kept.fault().unwrap().to_string().contains("cannot be read"), "{broken}");
            kept.add(pair(0.5, 0.5)).unwrap();
            assert!(kept.fault().is_none() && Kept::open(&file).points() == 1);
            assert_eq!(std::fs::read_to_string(file.with_extension("broken")).unwrap(), broken);
        }
    }
}
