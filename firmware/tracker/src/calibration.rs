//! Where a camera that turns must look to see what stands at a point of a fixed camera's picture (the panorama), found from a few
//! points for which both are known; and how well that is known.
//!
//! The rule is a homography from the panorama's plane to the turning camera's rays. For two cameras at one place it is exact, and for
//! cameras apart it is exact for everything in one plane, such as the heads of those who stand along the board; a lens that bends
//! the panorama's edges has one more number. Fitted by least squares on angles.
//!
//! Pure: it turns no camera and looks at no picture.

use serde::{Deserialize, Serialize};

use crate::area::Area;

/// Points that the rule cannot do without; six or more tell how far it can be trusted, and let the lens be found.
pub const LEAST_PAIRS: usize = 4;
/// From so many on the panorama's lens is found too.
const PAIRS_FOR_LENS: usize = 6;
/// A known point that is off by more than this, in degrees, asks for another calibration, however bad the fit was.
const OFF_AT_LEAST: f64 = 1.0;
/// The same in multiples of what the fit left over.
const OFF_TIMES: f64 = 3.0;
/// JX-5: a person takes so much of the picture's height.
const PERSON: f64 = 2.0 / 3.0;
/// So much of the picture is free above the head; as in the digital close-up.
pub(crate) const HEAD_ROOM: f64 = 0.12;
/// The rule has so many numbers, the lens' with them.
const NUMBERS: usize = 9;
const ROUNDS: usize = 60;

/// A point of the panorama, in shares of its picture, and where the camera looks to have it in the middle, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub x: f64,
    pub y: f64,
    pub pan: f64,
    pub tilt: f64,
}

/// Where a camera looks: degrees right, degrees up, and how many times closer than at its widest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    pub pan: f64,
    pub tilt: f64,
    pub zoom: f64,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    #[error(
        "{0} points are too few to calibrate a camera: show it {LEAST_PAIRS} at least, better 6, over the whole picture"
    )]
    TooFew(usize),
    #[error(
        "these points do not tell where the camera looks: choose some that are not all on one line, over the whole picture"
    )]
    Degenerate,
}

/// What a fit left over, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    pub rms: f64,
    pub worst: f64,
}

/// What a look at known points tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Degrees by which the worst of them is off.
    pub worst: f64,
    /// The middle by which all are off together, right and up: a camera that was pushed.
    pub shift: (f64, f64),
    /// Whether to calibrate again.
    pub again: bool,
}

/// The rule, found. It may be kept in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    numbers: [f64; NUMBERS],
    /// Degrees by which the camera is turned in the rule, so that the points lie before it.
    middle: f64,
    residual: Residual,
}

impl Calibration {
    pub fn fit(pairs: &[Pair]) -> Result<Self, CalibrationError> {
        if pairs.len() < LEAST_PAIRS {
            return Err(CalibrationError::TooFew(pairs.len()));
        }
        let whole = |pair: &Pair| [pair.x, pair.y, pair.pan, pair.tilt].iter().all(|number| number.is_finite());
        if !pairs.iter().all(whole) {
            return Err(CalibrationError::Degenerate);
        }
        let middle = middle(pairs);
        let residual = Residual { rms: 0.0, worst: 0.0 };
        let mut found = Self { numbers: first_guess(pairs, middle)?, middle, residual };
        found.refine(pairs);
        let off: Vec<f64> = pairs.iter().map(|pair| angle(found.aim(pair.x, pair.y), (pair.pan, pair.tilt))).collect();
        let rms = (off.iter().map(|off| off * off).sum::<f64>() / off.len() as f64).sqrt();
        found.residual = Residual { rms, worst: off.into_iter().fold(0.0, f64::max) };
        if rms.is_finite() { Ok(found) } else { Err(CalibrationError::Degenerate) }
    }

    /// What the fit left over: below half a degree is good.
    pub fn residual(&self) -> Residual {
        self.residual
    }

    /// Pan and tilt that bring a point of the panorama into the middle, in degrees.
    pub fn aim(&self, x: f64, y: f64) -> (f64, f64) {
        let [right, up, ahead] = ray(&self.numbers, x, y);
        let pan = right.atan2(ahead).to_degrees() + self.middle;
        (around(pan), up.atan2(right.hypot(ahead)).to_degrees())
    }

    /// Where to look so that a person is as high as JX-5 asks, with room above the head. `field` is the height of the camera's field
    /// of view at its widest, in degrees.
    pub fn frame(&self, person: &Area, field: f64) -> Aim {
        let (x, top) = (f64::from(person.x + person.width / 2.0), f64::from(person.y));
        let (head, feet) = (self.aim(x, top), self.aim(x, top + f64::from(person.height)));
        let height = angle(head, feet).max(0.1);
        // Of a picture so high, in degrees; near the middle angles and heights in the picture are alike.
        let picture = (height / PERSON).min(field);
        let down = picture * (0.5 - HEAD_ROOM);
        let along = down / height;
        let (pan, tilt) = (head.0 + around(feet.0 - head.0) * along, head.1 + (feet.1 - head.1) * along);
        Aim { pan: around(pan), tilt, zoom: zoom(field, picture) }
    }

    /// Compares with points at which the camera was seen to look.
    pub fn check(&self, seen: &[Pair]) -> Check {
        let aims = seen.iter().map(|pair| (self.aim(pair.x, pair.y), (pair.pan, pair.tilt)));
        let worst = aims.clone().map(|(aim, at)| angle(aim, at)).fold(0.0, f64::max);
        let count = seen.len().max(1) as f64;
        let sum = aims.fold((0.0, 0.0), |sum, (aim, at)| (sum.0 + around(at.0 - aim.0), sum.1 + at.1 - aim.1));
        let allowed = OFF_AT_LEAST.max(OFF_TIMES * self.residual.rms);
        // What is no number asks for another calibration, and is lost by `max`.
        let again = worst > allowed || !(sum.0 + sum.1).is_finite();
        Check { worst, shift: (sum.0 / count, sum.1 / count), again }
    }

    /// Levenberg and Marquardt's way downhill on the angles that are left.
    fn refine(&mut self, pairs: &[Pair]) {
        let free = if pairs.len() >= PAIRS_FOR_LENS { NUMBERS } else { NUMBERS - 1 };
        let mut left = self.left_over(pairs);
        let mut damping = 1e-3;
        for _ in 0..ROUNDS {
            let Some(step) = self.step(pairs, free, damping) else { return };
            let mut tried = self.clone();
            tried.numbers.iter_mut().zip(&step).for_each(|(number, step)| *number += step);
            let less = tried.left_over(pairs);
            if less < left {
                *self = tried;
                if left - less < 1e-14 {
                    return;
                }
                left = less;
                damping = (damping / 4.0_f64).max(1e-12);
            } else {
                damping *= 6.0;
                if damping > 1e9 {
                    return;
                }
            }
        }
    }

    /// What is off at a pair: right and up, in degrees on the sphere.
    fn off(&self, pair: &Pair) -> [f64; 2] {
        let (pan, tilt) = self.aim(pair.x, pair.y);
        [around(pan - pair.pan) * pair.tilt.to_radians().cos(), tilt - pair.tilt]
    }

    fn left_over(&self, pairs: &[Pair]) -> f64 {
        let sum: f64 = pairs.iter().flat_map(|pair| self.off(pair)).map(|off| off * off).sum();
        if sum.is_nan() { f64::INFINITY } else { sum }
    }

    fn step(&self, pairs: &[Pair], free: usize, damping: f64) -> Option<Vec<f64>> {
        const NUDGE: f64 = 1e-6;
        let (mut square, mut right) = (vec![vec![0.0; free]; free], vec![0.0; free]);
        for pair in pairs {
            let now = self.off(pair);
            let slopes: Vec<[f64; 2]> = (0..free)
                .map(|index| {
                    let mut nudged = self.clone();
                    nudged.numbers[index] += NUDGE;
                    let then = nudged.off(pair);
                    [(then[0] - now[0]) / NUDGE, (then[1] - now[1]) / NUDGE]
                })
                .collect();
            for row in 0..free {
                for column in 0..free {
                    square[row][column] += slopes[row][0] * slopes[column][0] + slopes[row][1] * slopes[column][1];
                }
                right[row] -= slopes[row][0] * now[0] + slopes[row][1] * now[1];
            }
        }
        for (index, row) in square.iter_mut().enumerate() {
            row[index] += damping * row[index].max(1e-9);
        }
        solve(square, right)
    }
}

/// How many times closer than at its widest a camera must be for a picture so high; both in degrees.
pub fn zoom(field: f64, picture: f64) -> f64 {
    let half = |degrees: f64| (degrees.clamp(0.01, 170.0) / 2.0).to_radians().tan();
    (half(field) / half(picture)).max(1.0)
}

/// The height of a picture at a zoom, in degrees, where it is so high at its widest: [`zoom`] the other way.
pub fn picture(field: f64, zoom: f64) -> f64 {
    let half = (field.clamp(0.01, 170.0) / 2.0).to_radians().tan();
    2.0 * (half / zoom.max(1.0)).atan().to_degrees()
}

/// The ray of a point: right, up, ahead. The last of the numbers is the lens': how its edges bend.
fn ray(numbers: &[f64; NUMBERS], x: f64, y: f64) -> [f64; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let bent = 1.0 + numbers[8] * (x * x + y * y);
    let (x, y) = (x * bent, y * bent);
    let row = |at: usize, last: f64| numbers[at] * x + numbers[at + 1] * y + last;
    [row(0, numbers[2]), row(3, numbers[5]), row(6, 1.0)]
}

/// The middle of the pans, as an angle.
fn middle(pairs: &[Pair]) -> f64 {
    let sum = |part: fn(f64) -> f64| pairs.iter().map(|pair| part(pair.pan.to_radians())).sum::<f64>();
    sum(f64::sin).atan2(sum(f64::cos)).to_degrees()
}

/// The rule without its lens, from linear equations: every point's ray is along its homography.
fn first_guess(pairs: &[Pair], middle: f64) -> Result<[f64; NUMBERS], CalibrationError> {
    const LINEAR: usize = NUMBERS - 1;
    let (mut square, mut right) = (vec![vec![0.0; LINEAR]; LINEAR], vec![0.0; LINEAR]);
    let mut add = |row: [f64; LINEAR], wanted: f64| {
        for one in 0..LINEAR {
            for other in 0..LINEAR {
                square[one][other] += row[one] * row[other];
            }
            right[one] += row[one] * wanted;
        }
    };
    for pair in pairs {
        let (x, y) = (pair.x - 0.5, pair.y - 0.5);
        let pan = around(pair.pan - middle).to_radians();
        if pan.cos() < 0.05 || pair.tilt.abs() > 85.0 {
            // No picture shows what is beside and behind it.
            return Err(CalibrationError::Degenerate);
        }
        let (u, v) = (pan.tan(), pair.tilt.to_radians().tan() / pan.cos());
        add([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u);
        add([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v);
    }
    let solved = solve(square, right).ok_or(CalibrationError::Degenerate)?;
    let mut numbers = [0.0; NUMBERS];
    numbers[..LINEAR].copy_from_slice(&solved);
    Ok(numbers)
}

/// Solves linear equations by elimination; `None` where they have no single answer.
fn solve(mut square: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    let greatest = square.iter().flatten().fold(0.0_f64, |greatest, number| greatest.max(number.abs()));
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| square[*a][column].abs().total_cmp(&square[*b][column].abs()))?;
        let height = square[pivot][column].abs();
        if height.is_nan() || height <= greatest * 1e-13 {
            return None;
        }
        square.swap(column, pivot);
        right.swap(column, pivot);
        let (above, below) = square.split_at_mut(column + 1);
        let known = &above[column];
        for (row, wanted) in below.iter_mut().zip(column + 1..) {
            let share = row[column] / known[column];
            row.iter_mut().zip(known).skip(column).for_each(|(number, above)| *number -= share * above);
            right[wanted] -= share * right[column];
        }
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|at| square[row][at] * right[at]).sum();
        right[row] = (right[row] - known) / square[row][row];
    }
    right.iter().all(|number| number.is_finite()).then_some(right)
}

/// Degrees between two directions.
pub(crate) fn angle(one: (f64, f64), other: (f64, f64)) -> f64 {
    let [pan, one, other] = [one.0 - other.0, one.1, other.1].map(f64::to_radians);
    // Haversine: exact for small angles, unlike a cosine.
    let half = ((one - other) / 2.0).sin().powi(2) + one.cos() * other.cos() * (pan / 2.0).sin().powi(2);
    2.0 * half.sqrt().min(1.0).asin().to_degrees()
}

/// The same angle within -180 to 180.
pub(crate) fn around(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A room, in metres: right, up, ahead. The panorama looks ahead from the origin.
    #[derive(Clone, Copy)]
    struct Rig {
        /// Where the turning camera hangs.
        place: [f64; 3],
        /// Degrees by which its zero is turned.
        turned: f64,
        /// The panorama's field of view, in degrees, and how its lens bends.
        field: f64,
        bend: f64,
        /// Degrees by which pan and tilt are read wrongly, at random.
        noise: f64,
    }

    const RIG: Rig = Rig { place: [0.0; 3], turned: 0.0, field: 80.0, bend: 0.0, noise: 0.0 };

    impl Rig {
        fn pair(&self, point: [f64; 3], seed: usize) -> Pair {
            let half = (self.field / 2.0).to_radians().tan();
            let (x, y) = (point[0] / point[2] / half / 2.0, -point[1] / point[2] / half / 2.0 * 16.0 / 9.0);
            let bent = 1.0 + self.bend * (x * x + y * y);
            let [right, up, ahead] = [0, 1, 2].map(|axis| point[axis] - self.place[axis]);
            let shake = |salt: usize| (((seed * 7919 + salt * 104_729) % 1000) as f64 / 500.0 - 1.0) * self.noise;
            Pair {
                x: 0.5 + x * bent,
                y: 0.5 + y * bent,
                pan: around(right.atan2(ahead).to_degrees() + self.turned + shake(1)),
                tilt: up.atan2(right.hypot(ahead)).to_degrees() + shake(2),
            }
        }

        /// Points on the board's wall, 6 m away: columns by rows.
        fn wall(&self, columns: usize, rows: usize) -> Vec<Pair> {
            let spread = |index: usize, count: usize, half: f64| -half + 2.0 * half * index as f64 / (count - 1) as f64;
            (0..columns * rows)
                .map(|index| {
                    let (column, row) = (index % columns, index / columns);
                    self.pair([spread(column, columns, 4.0), spread(row, rows, 1.2), 6.0], index)
                })
                .collect()
        }
    }

    /// The worst angle by which a calibration is off on the wall, between the points that it was made of.
    fn worst(calibration: &Calibration, rig: &Rig) -> f64 {
        calibration.check(&Rig { noise: 0.0, ..*rig }.wall(9, 5)).worst
    }

    #[test]
    fn cameras_at_one_place_and_apart_are_found_exactly() {
        let apart = Rig { place: [1.5, 0.8, 0.3], ..RIG };
        let turned = Rig { turned: 175.0, ..apart };
        for rig in [RIG, apart, turned] {
            let calibration = Calibration::fit(&rig.wall(2, 2)).unwrap();
            assert!(worst(&calibration, &rig) < 0.01, "{}", worst(&calibration, &rig));
            assert!(calibration.residual().worst < 0.01);
        }
    }

    #[test]
    fn a_lens_that_bends_is_found_with_enough_points() {
        let rig = Rig { place: [0.5, 0.2, 0.0], bend: -0.15, ..RIG };
        let calibration = Calibration::fit(&rig.wall(4, 3)).unwrap();
        assert!(worst(&calibration, &rig) < 0.25, "{}", worst(&calibration, &rig));
        let few = Calibration::fit(&rig.wall(2, 2)).unwrap();
        assert!(worst(&few, &rig) > worst(&calibration, &rig));
    }

    #[test]
    fn readings_that_shake_are_evened_out_and_told() {
        let rig = Rig { place: [0.5, 0.2, 0.0], noise: 0.3, ..RIG };
        let calibration = Calibration::fit(&rig.wall(4, 3)).unwrap();
        assert!((0.05..0.4).contains(&calibration.residual().rms), "{:?}", calibration.residual());
        assert!(worst(&calibration, &rig) < 0.6, "{}", worst(&calibration, &rig));
    }

    #[test]
    fn a_camera_that_was_pushed_asks_to_be_calibrated_again() {
        let rig = Rig { noise: 0.1, ..RIG };
        let calibration = Calibration::fit(&rig.wall(3, 3)).unwrap();
        let known = rig.wall(2, 2);
        assert!(!calibration.check(&known).again);
        let pushed = Rig { turned: 3.0, ..rig };
        let check = calibration.check(&pushed.wall(2, 2));
        assert!(check.again && (check.shift.0 - 3.0).abs() < 0.3 && check.shift.1.abs() < 0.3, "{check:?}");
        assert!(!calibration.check(&[]).again);
        let nonsense = Pair { pan: f64::NAN, ..known[0] };
        assert!(calibration.check(&[nonsense]).again);
    }

    #[test]
    fn points_that_tell_nothing_are_refused() {
        let wall = RIG.wall(3, 3);
        assert_eq!(Calibration::fit(&wall[..3]), Err(CalibrationError::TooFew(3)));
        let line: Vec<Pair> = (0..6).map(|step| RIG.pair([f64::from(step) - 3.0, 0.0, 6.0], 0)).collect();
        assert_eq!(Calibration::fit(&line), Err(CalibrationError::Degenerate));
        assert_eq!(Calibration::fit(&[wall[0]; 8]), Err(CalibrationError::Degenerate));
        let nonsense = Pair { x: f64::INFINITY, ..wall[0] };
        assert_eq!(Calibration::fit(&[&wall[1..], &[nonsense]].concat()), Err(CalibrationError::Degenerate));
        let behind: Vec<Pair> =
            wall.iter().enumerate().map(|(at, pair)| Pair { pan: at as f64 * 40.0, ..*pair }).collect();
        assert_eq!(Calibration::fit(&behind), Err(CalibrationError::Degenerate));
    }

    #[test]
    fn a_teacher_takes_two_thirds_of_the_picture() {
        let calibration = Calibration::fit(&RIG.wall(4, 3)).unwrap();
        // 1.7 m high, 6 m away, right of the middle: head and feet as the panorama sees them.
        let (head, feet) = (RIG.pair([2.0, 0.6, 6.0], 0), RIG.pair([2.0, -1.1, 6.0], 0));
        let (x, y) = (head.x as f32, head.y as f32);
        let person = Area::new(x - 0.03, y, 0.06, feet.y as f32 - y);
        let field = 35.0;
        let aim = calibration.frame(&person, field);
        // The picture that this gives: its height in degrees, and where head and feet are in it.
        let picture = 2.0 * ((field / 2.0_f64).to_radians().tan() / aim.zoom).atan().to_degrees();
        let height = angle((head.pan, head.tilt), (feet.pan, feet.tilt));
        assert!((height / picture - PERSON).abs() < 0.02, "{}", height / picture);
        let above = (aim.tilt + picture / 2.0 - head.tilt) / picture;
        assert!((above - HEAD_ROOM).abs() < 0.03, "head room {above}");
        assert!((aim.pan - head.pan).abs() < 0.5, "{aim:?}, {head:?}");
        // Somebody who is closer than the picture is high.
        assert_eq!(calibration.frame(&Area::new(0.4, 0.0, 0.2, 1.0), 20.0).zoom, 1.0);
    }

    #[test]
    fn zoom_follows_the_tangent() {
        assert_eq!(zoom(40.0, 40.0), 1.0);
        assert!((zoom(60.0, 30.0) - 2.1547).abs() < 0.001);
        assert_eq!(zoom(40.0, 90.0), 1.0, "no lens is wider than its widest");
        assert!(zoom(40.0, 0.0).is_finite());
    }
}
