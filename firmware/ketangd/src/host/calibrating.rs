//! A person shows a camera points of the panorama, and asks later whether they are still where they were.

use ketang_hal::ptz::View;
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Point, Refusal, RefusalCode};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::PtzCalibration;
use ketang_tracker::calibration::Pair;

use super::{Host, library, tell};
use crate::calibration::Kept;

/// Degrees by which a camera may stand beside where it was sent.
const STRAYS: f64 = 1.5;
/// So often in a row, before it is told: one time somebody may have pushed its remote control.
const STRAYS_OFTEN: u32 = 2;

/// One camera's calibration, and what was seen of it since.
pub(super) struct Calibrating {
    pub(super) panorama: PictureRole,
    pub(super) kept: Kept,
    /// By so many degrees it was off when it was checked last, and whether that is too much.
    checked: Option<(f64, bool)>,
    /// By so many degrees it stood elsewhere than it was sent, and how often in a row.
    strayed: (f64, u32),
}

impl Calibrating {
    pub(super) fn new(panorama: PictureRole, kept: Kept) -> Self {
        Self { panorama, kept, checked: None, strayed: (0.0, 0) }
    }

    pub(super) fn told(&self) -> PtzCalibration {
        PtzCalibration {
            panorama: Some(self.panorama),
            points: self.kept.points() as u32,
            off_degrees: self.kept.calibration().map(|found| tenths(found.residual().rms)),
            fault: self.kept.fault().map(|fault| fault.in_words()),
            checked_degrees: self.checked.map(|(off, _)| tenths(off)),
        }
    }

    /// Why somebody must look after it.
    fn complaint(&self) -> Option<Sentence> {
        if let Some(fault) = self.kept.fault() {
            return Some(fault.in_words());
        }
        if let Some((off, true)) = self.checked {
            return Some(Sentence::new(
                format!("检查时偏差 {off:.1}°"),
                format!("{off:.1} degrees off when it was checked"),
            ));
        }
        let (off, times) = self.strayed;
        (times >= STRAYS_OFTEN).then(|| {
            Sentence::new(
                format!("停下的位置偏差 {off:.1}°"),
                format!("it stands {off:.1} degrees beside where it was sent"),
            )
        })
    }
}

pub(super) fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// What a person does to a calibration.
pub(super) enum Deed {
    Add(Point),
    Check(Point),
    Forget,
}

impl Host {
    pub(super) fn calibrate(&mut self, input: PictureRole, deed: Deed) -> Result<(), Refusal> {
        let Some(turning) = self.cameras.get(input) else { return Ok(()) };
        let Some(calibrating) = &mut turning.calibrating else { return Err(no_panorama(input)) };
        let looks = turning.looks.filter(|_| turning.still && !turning.steered && turning.told.going_to.is_none());
        let pair = |Point { x, y }: Point| -> Result<Pair, Refusal> {
            let View { pan, tilt, .. } = looks.ok_or_else(|| {
                let english = "the camera moves: wait until it stands, then say what is in the middle of its picture";
                Refusal::new(RefusalCode::WrongState, "摄像机正在转动：请等它停稳，再指出画面中央的位置", english)
            })?;
            Ok(Pair { x, y, pan, tilt })
        };
        match deed {
            Deed::Add(point) => calibrating.kept.add(pair(point)?).map_err(library::refused)?,
            Deed::Forget => calibrating.kept.forget().map_err(library::refused)?,
            Deed::Check(point) => {
                let seen = pair(point)?;
                let found = calibrating.kept.calibration().ok_or_else(|| not_calibrated(input))?;
                let check = found.check(&[seen]);
                calibrating.checked = Some((check.worst, check.again));
                self.look_at_calibration(input);
                return Ok(());
            }
        }
        (calibrating.checked, calibrating.strayed) = (None, (0.0, 0));
        if let Some(following) = &mut turning.following {
            following.calibrate(calibrating.kept.calibration());
        }
        self.look_at_calibration(input);
        Ok(())
    }

    /// Where a camera must look to have a point of the panorama in the middle.
    pub(super) fn aim(&mut self, input: PictureRole, Point { x, y }: Point) -> Result<View, Refusal> {
        let Some(turning) = self.cameras.get(input) else { return Err(not_calibrated(input)) };
        let Some(calibrating) = &turning.calibrating else { return Err(no_panorama(input)) };
        let (pan, tilt) = calibrating.kept.calibration().ok_or_else(|| not_calibrated(input))?.aim(x, y);
        Ok(View { pan, tilt, zoom: turning.looks.map_or(1.0, |looks| looks.zoom) })
    }

    /// A camera that was sent somewhere rests so many degrees beside it.
    pub(super) fn strayed(&mut self, input: PictureRole, off: f64) {
        if let Some(calibrating) = self.cameras.get(input).and_then(|turning| turning.calibrating.as_mut()) {
            let times = if off > STRAYS { calibrating.strayed.1.saturating_add(1) } else { 0 };
            calibrating.strayed = (off, times);
            self.look_at_calibration(input);
        }
    }

    /// Raises the alarm, or takes it back.
    pub(super) fn look_at_calibration(&mut self, input: PictureRole) {
        let calibrating = self.cameras.get(input).and_then(|turning| turning.calibrating.as_ref());
        match calibrating.and_then(Calibrating::complaint) {
            Some(why) => {
                self.alarms.raise(tell::ptz_off(input, &why));
            }
            None => {
                self.alarms.clear(tell::PTZ_OFF, Some(input.into()));
            }
        }
    }
}

fn no_panorama(input: PictureRole) -> Refusal {
    let chinese = format!("{}没有对应的全景画面：只有教师特写、学生特写能按固定的全景画面标定", input.chinese());
    let english = format!(
        "{input} has no panorama to be calibrated by: teacher-closeup and students-closeup have one, where its camera is fixed"
    );
    Refusal::new(RefusalCode::WrongState, chinese, english)
}

fn not_calibrated(input: PictureRole) -> Refusal {
    let chinese = format!("{}的摄像机还没有标定：请先标定至少四个点", input.chinese());
    let english = format!("the camera of {input} is not calibrated: show it four points or more first");
    Refusal::new(RefusalCode::WrongState, chinese, english)
}
