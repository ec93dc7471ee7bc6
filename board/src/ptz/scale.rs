//! VISCA's numbers and angles. Pan and tilt are even steps; zoom is a curve that each lens has its own of.

use ketang_hal::ptz::{Limits, Span, View, ViscaScale};

use super::visca::ZOOM_TELE;

/// Factors and positions of a 25× lens, as Sony lists them for reference ("Zoom Ratio and Zoom Position", x25 lens).
/// Other lenses follow it closely enough to frame people by.
const CURVE: [(f64, u16); 13] = [
    (1.0, 0x0000),
    (2.0, 0x1781),
    (3.0, 0x213b),
    (4.0, 0x2752),
    (5.0, 0x2bb3),
    (6.0, 0x2f03),
    (8.0, 0x3364),
    (10.0, 0x362c),
    (12.0, 0x386a),
    (15.0, 0x3afa),
    (18.0, 0x3ccb),
    (21.0, 0x3e66),
    (25.0, ZOOM_TELE),
];
const CURVE_LONGEST: f64 = 25.0;

/// What a camera can reach when it does not tell: VISCA has no inquiry for it. Beyond, it stops by itself.
pub(super) fn limits(scale: &ViscaScale) -> Limits {
    Limits { pan: Span::new(-170.0, 170.0), tilt: Span::new(-30.0, 90.0), zoom: Span::new(1.0, scale.zoom) }
}

pub(super) fn steps(scale: &ViscaScale, degrees: f64) -> i16 {
    // Saturates, and makes 0 of what is no number.
    (degrees * scale.steps_per_degree).round() as i16
}

pub(super) fn degrees(scale: &ViscaScale, steps: i16) -> f64 {
    f64::from(steps) / scale.steps_per_degree
}

/// The zoom position of a factor, on the curve bent so that its end is this lens' longest.
pub(super) fn zoom_position(scale: &ViscaScale, factor: f64) -> u16 {
    let on_curve = factor.max(1.0).powf(bend(scale));
    let after = CURVE.iter().position(|(factor, _)| *factor >= on_curve).unwrap_or(CURVE.len() - 1).max(1);
    let ((low, from), (high, to)) = (CURVE[after - 1], CURVE[after]);
    let share = ((on_curve - low) / (high - low)).clamp(0.0, 1.0);
    (f64::from(from) + share * f64::from(to - from)).round() as u16
}

pub(super) fn zoom_factor(scale: &ViscaScale, position: u16) -> f64 {
    let position = position.min(ZOOM_TELE);
    let after = CURVE.iter().position(|(_, at)| *at >= position).unwrap_or(CURVE.len() - 1).max(1);
    let ((low, from), (high, to)) = (CURVE[after - 1], CURVE[after]);
    let on_curve = low + f64::from(position - from) / f64::from(to - from) * (high - low);
    on_curve.powf(1.0 / bend(scale))
}

/// The power that takes this lens' longest factor to the curve's.
fn bend(scale: &ViscaScale) -> f64 {
    CURVE_LONGEST.ln() / scale.zoom.max(1.001).ln()
}

pub(super) fn view(scale: &ViscaScale, (pan, tilt): (i16, i16), zoom: u16) -> View {
    View { pan: degrees(scale, pan), tilt: degrees(scale, tilt), zoom: zoom_factor(scale, zoom) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evi_d70_counts_as_its_manual_says() {
        // "Pan/Tilt Position (Reference values)", page 51.
        let scale = ViscaScale { steps_per_degree: 1.0 / 0.075, zoom: 18.0 };
        for (angle, position) in [(170.0, 0x08db), (90.0, 0x04b0), (30.0, 0x0190), (10.0, 0x0085), (-30.0, -0x0190)] {
            assert_eq!(steps(&scale, angle), position, "{angle}");
            assert!((degrees(&scale, position) - angle).abs() < 0.075);
        }
        assert_eq!(steps(&scale, f64::INFINITY), i16::MAX);
        assert_eq!(steps(&scale, f64::NAN), 0);
    }

    #[test]
    fn zoom_comes_back_and_reaches_both_ends() {
        for longest in [1.0, 10.0, 12.0, 20.0, 25.0, 30.0] {
            let scale = ViscaScale { zoom: longest, ..ViscaScale::default() };
            assert_eq!((zoom_position(&scale, 1.0), zoom_factor(&scale, 0)), (0, 1.0));
            assert!((zoom_factor(&scale, ZOOM_TELE) - longest).abs() < 0.01, "{longest}");
            assert_eq!(zoom_position(&scale, 1e9), ZOOM_TELE);
            for step in 0..=20 {
                let factor = 1.0 + (longest - 1.0) * f64::from(step) / 20.0;
                let again = zoom_factor(&scale, zoom_position(&scale, factor));
                assert!((again / factor - 1.0).abs() < 0.01, "{longest}: {factor} became {again}");
            }
        }
        let scale = ViscaScale { zoom: 25.0, ..ViscaScale::default() };
        assert_eq!(zoom_position(&scale, 10.0), 0x362c);
        assert!(zoom_factor(&scale, u16::MAX) <= 25.001);
    }
}
