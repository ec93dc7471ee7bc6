//! A camera that pans, tilts and zooms (PTZ): what it may be asked, in degrees and factors, and what can go wrong.
//!
//! What bytes go over which wire is the drivers' business (`ketang-board`); who may turn a camera and when, the host's.

mod address;

use serde::{Deserialize, Serialize};

pub use address::{PtzAddress, ViscaScale};

/// Where a camera looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Degrees from the middle, positive to the right as the camera's own picture shows it.
    pub pan: f64,
    /// Degrees from the horizon, positive upwards.
    pub tilt: f64,
    /// How many times larger than at the wide end; 1 is the widest.
    pub zoom: f64,
}

/// How a person steers: shares of the camera's greatest speed from -1 to 1, right, up and closer being positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Steer {
    pub pan: f64,
    pub tilt: f64,
    pub zoom: f64,
}

impl Steer {
    pub const STILL: Self = Self { pan: 0.0, tilt: 0.0, zoom: 0.0 };

    /// Each part within -1 to 1; what is no number stands still.
    pub fn bounded(self) -> Self {
        let bound = |part: f64| if part.is_nan() { 0.0 } else { part.clamp(-1.0, 1.0) };
        Self { pan: bound(self.pan), tilt: bound(self.tilt), zoom: bound(self.zoom) }
    }
}

/// From the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub least: f64,
    pub greatest: f64,
}

impl Span {
    pub const fn new(least: f64, greatest: f64) -> Self {
        Self { least, greatest }
    }

    /// The nearest value inside; the least for what is no number.
    pub fn clamp(&self, value: f64) -> f64 {
        // Not `f64::clamp`, which panics on a span that a camera reported the wrong way round.
        if value.is_nan() { self.least } else { value.min(self.greatest).max(self.least) }
    }

    /// What both hold; the nearer end of `self` where they do not meet.
    pub fn within(&self, other: &Self) -> Self {
        Self { least: self.clamp(other.least), greatest: self.clamp(other.greatest) }
    }
}

/// How far a camera turns and zooms: degrees, degrees, factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub pan: Span,
    pub tilt: Span,
    pub zoom: Span,
}

impl Limits {
    /// The nearest view inside.
    pub fn clamp(&self, view: View) -> View {
        View { pan: self.pan.clamp(view.pan), tilt: self.tilt.clamp(view.tilt), zoom: self.zoom.clamp(view.zoom) }
    }

    /// What both allow.
    pub fn within(&self, other: &Self) -> Self {
        Self {
            pan: self.pan.within(&other.pan),
            tilt: self.tilt.within(&other.tilt),
            zoom: self.zoom.within(&other.zoom),
        }
    }

    /// What is left of an order to steer at this view: nothing leads further out.
    pub fn hold_back(&self, at: View, steer: Steer) -> Steer {
        let hold = |span: &Span, at: f64, part: f64| {
            if at <= span.least && part < 0.0 || at >= span.greatest && part > 0.0 { 0.0 } else { part }
        };
        Steer {
            pan: hold(&self.pan, at.pan, steer.pan),
            tilt: hold(&self.tilt, at.tilt, steer.tilt),
            zoom: hold(&self.zoom, at.zoom, steer.zoom),
        }
    }
}

/// What a camera tells of itself at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PtzState {
    pub view: View,
    /// Whether it says that it is on its way; `None` where it does not say. Many say so wrongly: see
    /// `ketang_board::ptz::Travel`.
    pub moving: Option<bool>,
}

/// A camera that turns. Every call returns within a few seconds: a camera that does not answer is an error.
pub trait Ptz: Send {
    /// What it calls itself, for people.
    fn name(&self) -> &str;

    fn limits(&self) -> Limits;

    /// Sets out for a view, or the nearest within its limits, with a share of its greatest speed where it can be told one. Does not
    /// wait for the arrival.
    fn go(&mut self, view: View, speed: f64) -> Result<(), PtzError>;

    /// Turns on until something else is asked. Standing still is [`Self::stop`].
    fn steer(&mut self, steer: Steer) -> Result<(), PtzError>;

    /// Ends every movement.
    fn stop(&mut self) -> Result<(), PtzError>;

    /// Sets out for a view that was kept under this number.
    fn go_preset(&mut self, number: u8) -> Result<(), PtzError>;

    /// Keeps the present view under this number.
    fn set_preset(&mut self, number: u8) -> Result<(), PtzError>;

    fn state(&mut self) -> Result<PtzState, PtzError>;
}

/// What can go wrong between a host and a camera that turns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PtzError {
    #[error(
        "`{address}` is not the address of a camera that turns ({why}): use visca:/dev/ttyUSB0, visca-udp:HOST, visca-tcp:HOST, onvif:http://…, uvc:/dev/videoN or sim"
    )]
    BadAddress { address: String, why: String },

    #[error("no camera to turn at {address} ({why}): check its power, its cable and the address")]
    NotThere { address: String, why: String },

    #[error(
        "no answer from the camera at {address}: check its power and cable, and that its control protocol is switched on"
    )]
    NoAnswer { address: String },

    #[error(
        "no access to the camera at {address}: check `user` and `password`, and choose WS-UsernameToken for ONVIF in its settings"
    )]
    NotLetIn { address: String },

    #[error("the camera refused this ({why}; {address}): it may be in its menu, in standby or at its limit; try again")]
    Refused { address: String, why: String },

    #[error(
        "there is no preset {number} in the camera at {address}: turn it where it should look and store the preset"
    )]
    NoPreset { address: String, number: u8 },

    #[error("this camera cannot {what} ({address}): use a camera that can, or do it on the camera itself")]
    Cannot { address: String, what: &'static str },
}

impl PtzError {
    /// Whether the camera is not to be reached, as opposed to not willing.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::NotThere { .. } | Self::NoAnswer { .. } | Self::NotLetIn { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { pan: Span::new(-90.0, 90.0), tilt: Span::new(-20.0, 60.0), zoom: Span::new(1.0, 12.0) };

    #[test]
    fn a_view_beyond_the_limits_is_brought_to_the_nearest() {
        let beyond = View { pan: 170.0, tilt: -90.0, zoom: f64::NAN };
        assert_eq!(LIMITS.clamp(beyond), View { pan: 90.0, tilt: -20.0, zoom: 1.0 });
        let inside = View { pan: -3.0, tilt: 4.0, zoom: 5.0 };
        assert_eq!(LIMITS.clamp(inside), inside);
    }

    #[test]
    fn a_rooms_limits_never_widen_the_cameras() {
        let room = Limits { pan: Span::new(-30.0, 400.0), tilt: Span::new(-90.0, 0.0), zoom: Span::new(2.0, 4.0) };
        let both = Limits { pan: Span::new(-30.0, 90.0), tilt: Span::new(-20.0, 0.0), zoom: Span::new(2.0, 4.0) };
        assert_eq!(LIMITS.within(&room), both);
        let backwards = Span::new(5.0, -5.0);
        assert!(!backwards.clamp(0.0).is_nan());
    }

    #[test]
    fn at_a_limit_it_steers_only_back() {
        let out = Steer { pan: 0.5, tilt: -0.5, zoom: 1.0 };
        let at = View { pan: 90.0, tilt: -21.0, zoom: 3.0 };
        assert_eq!(LIMITS.hold_back(at, out), Steer { zoom: 1.0, ..Steer::STILL });
        let back = Steer { pan: -0.5, tilt: 0.5, zoom: 1.0 };
        assert_eq!(LIMITS.hold_back(at, back), back);
        assert_eq!(Steer { pan: f64::NAN, tilt: 9.0, zoom: -9.0 }.bounded(), Steer { pan: 0.0, tilt: 1.0, zoom: -1.0 });
    }
}
