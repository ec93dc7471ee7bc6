//! A network camera that turns by ONVIF: SOAP over HTTP. Requests and replies as text stand in `soap.rs`.
//!
//! Positions are those of ONVIF's generic space, which every camera must have: shares of its way, not angles. They are told here as
//! if a whole way were 360° and 180°, and the zoom 20×. Whoever calibrates works in these angles, whatever they really are.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ketang_hal::board::Credentials;
use ketang_hal::ptz::{Limits, Ptz, PtzError, PtzState, Span, Steer, View};
use ureq::Agent;

use super::soap::{self, Fault, Profile, Token, escape};

/// A camera that has not answered after this will not.
const ANSWER: Duration = Duration::from_secs(2);
/// A request is sent so often before the camera counts as lost.
const TRIES: usize = 2;
/// No reply of interest is longer, in bytes.
const LONGEST_REPLY: u64 = 256 * 1024;
/// Where the device service is when the address does not say.
const DEVICE_SERVICE: &str = "/onvif/device_service";

/// Degrees at 1 in the generic space, and the zoom there.
const PAN: f64 = 180.0;
const TILT: f64 = 90.0;
const ZOOM: f64 = 20.0;
/// A speed of 0 would be none.
const LEAST_SPEED: f64 = 0.02;

const DEVICE_WSDL: &str = "http://www.onvif.org/ver10/device/wsdl";
const MEDIA_WSDL: &str = "http://www.onvif.org/ver10/media/wsdl";
const PTZ_WSDL: &str = "http://www.onvif.org/ver20/ptz/wsdl";
const SCHEMA: &str = "http://www.onvif.org/ver10/schema";

/// The time by the camera's own clock, which its digests are checked against.
struct CameraClock {
    then: Timestamp,
    seen: Instant,
}

impl CameraClock {
    /// As the digest has it: `2026-11-22T08:00:00Z`.
    fn now(&self) -> String {
        let since = i64::try_from(self.seen.elapsed().as_secs()).unwrap_or(0);
        let now = Timestamp::from_second(self.then.as_second().saturating_add(since)).unwrap_or(self.then);
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

pub(super) struct OnvifCamera {
    agent: Agent,
    address: String,
    /// `http://HOST:PORT`.
    origin: String,
    credentials: Credentials,
    clock: CameraClock,
    ptz_path: String,
    profile: Profile,
}

impl OnvifCamera {
    pub(super) fn open(url: &str, address: String, credentials: &Credentials) -> Result<Self, PtzError> {
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let path_at = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
        let (origin, path) = url.split_at(path_at);
        let path = if path.len() > 1 { path } else { DEVICE_SERVICE };
        let agent = Agent::config_builder()
            .timeout_global(Some(ANSWER))
            .http_status_as_error(false)
            .max_redirects(0)
            // A camera may have closed a connection that rested.
            .max_idle_connections(0)
            .proxy(None)
            .build()
            .into();
        let mut camera = Self {
            agent,
            address,
            origin: origin.to_owned(),
            credentials: credentials.clone(),
            clock: CameraClock { then: Timestamp::now(), seen: Instant::now() },
            ptz_path: String::new(),
            profile: Profile { token: String::new(), pan: SHARE, tilt: SHARE, zoom: Span::new(0.0, 1.0) },
        };
        camera.set_clock(path)?;
        let ask = format!("<GetCapabilities xmlns=\"{DEVICE_WSDL}\"><Category>All</Category></GetCapabilities>");
        let (media, ptz) = camera.ask(path, &ask, soap::services)?;
        camera.ptz_path = ptz.ok_or_else(|| camera.cannot("turn"))?;
        let ask = format!("<GetProfiles xmlns=\"{MEDIA_WSDL}\"/>");
        camera.profile = camera.ask(&media, &ask, soap::profile)?.ok_or_else(|| camera.cannot("turn"))?;
        Ok(camera)
    }

    /// The one request that needs no password. A camera without it is taken to have the host's time.
    fn set_clock(&mut self, path: &str) -> Result<(), PtzError> {
        let ask = soap::envelope(&format!("<GetSystemDateAndTime xmlns=\"{DEVICE_WSDL}\"/>"), None);
        match self.exchange(path, &ask).map(|text| soap::read(&text, soap::seconds)) {
            Ok(Ok(second)) => {
                if let Ok(then) = Timestamp::from_second(second) {
                    self.clock = CameraClock { then, seen: Instant::now() };
                }
                Ok(())
            }
            Ok(Err(_)) | Err(PtzError::NotLetIn { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks a service until a reply comes that can be read.
    fn ask<T>(
        &self,
        path: &str,
        body: &str,
        read: impl Fn(roxmltree::Node) -> Option<T> + Copy,
    ) -> Result<T, PtzError> {
        let mut last = PtzError::NoAnswer { address: self.address.clone() };
        for _ in 0..TRIES {
            let token = self.token()?;
            match self.exchange(path, &soap::envelope(body, token.as_ref())) {
                Ok(text) => match soap::read(&text, read) {
                    Ok(found) => return Ok(found),
                    Err(Fault::NotLetIn) => return Err(self.not_let_in()),
                    Err(Fault::Refused(why)) => return Err(PtzError::Refused { address: self.address.clone(), why }),
                    Err(Fault::Nonsense) => {
                        let why = "its reply makes no sense".to_owned();
                        last = PtzError::NotThere { address: self.address.clone(), why };
                    }
                },
                Err(error @ PtzError::NotLetIn { .. }) => return Err(error),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Tells the camera to do something.
    fn tell(&self, name: &str, arguments: &str, answered_by: &'static str) -> Result<(), PtzError> {
        let profile = escape(&self.profile.token);
        let body = format!(
            "<{name} xmlns=\"{PTZ_WSDL}\" xmlns:t=\"{SCHEMA}\"><ProfileToken>{profile}</ProfileToken>{arguments}</{name}>"
        );
        self.ask(&self.ptz_path, &body, move |body| soap::is_there(answered_by)(body))
    }

    fn token(&self) -> Result<Option<Token>, PtzError> {
        let Some(user) = &self.credentials.user else { return Ok(None) };
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| self.not_there(&error))?;
        let password = self.credentials.password.as_deref().unwrap_or_default();
        Ok(Some(Token::new(user, password, &nonce, &self.clock.now())))
    }

    /// Sends a request and gets the text of the reply.
    fn exchange(&self, path: &str, request: &str) -> Result<String, PtzError> {
        let failed = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => PtzError::NoAnswer { address: self.address.clone() },
            error => self.not_there(&error),
        };
        let url = format!("{}{path}", self.origin);
        let request = self.agent.post(url).header("Content-Type", "application/soap+xml; charset=utf-8").send(request);
        let mut response = request.map_err(failed)?;
        // A refusal comes with one of many numbers and says what it is; these come without words.
        if matches!(response.status().as_u16(), 401 | 403) {
            return Err(self.not_let_in());
        }
        response.body_mut().with_config().limit(LONGEST_REPLY).read_to_string().map_err(failed)
    }

    fn not_there(&self, error: &dyn std::fmt::Display) -> PtzError {
        PtzError::NotThere { address: self.address.clone(), why: error.to_string() }
    }

    fn not_let_in(&self) -> PtzError {
        PtzError::NotLetIn { address: self.address.clone() }
    }

    fn cannot(&self, what: &'static str) -> PtzError {
        PtzError::Cannot { address: self.address.clone(), what }
    }

    /// The token of the preset that the host calls by this number, if the camera has it.
    fn preset(&self, number: u8) -> Result<Option<String>, PtzError> {
        let profile = escape(&self.profile.token);
        let body = format!("<GetPresets xmlns=\"{PTZ_WSDL}\"><ProfileToken>{profile}</ProfileToken></GetPresets>");
        let presets = self.ask(&self.ptz_path, &body, soap::presets)?;
        let ours = preset_name(number);
        let by_name = presets.iter().find(|(_, name)| *name == ours);
        // One that was stored on the camera itself has its number as token.
        let found = by_name.or_else(|| presets.iter().find(|(token, _)| *token == number.to_string()));
        Ok(found.map(|(token, _)| token.clone()))
    }
}

const SHARE: Span = Span::new(-1.0, 1.0);

fn preset_name(number: u8) -> String {
    format!("ketang-{number}")
}

impl Ptz for OnvifCamera {
    fn name(&self) -> &str {
        "ONVIF camera"
    }

    fn limits(&self) -> Limits {
        let Profile { pan, tilt, zoom, .. } = &self.profile;
        let scaled = |span: &Span, by: f64| Span::new(span.least * by, span.greatest * by);
        let factor = |share: f64| 1.0 + share * (ZOOM - 1.0);
        Limits {
            pan: scaled(pan, PAN),
            tilt: scaled(tilt, TILT),
            zoom: Span::new(factor(zoom.least), factor(zoom.greatest)),
        }
    }

    fn go(&mut self, view: View, speed: f64) -> Result<(), PtzError> {
        let view = self.limits().clamp(view);
        let (x, y, zoom) = (view.pan / PAN, view.tilt / TILT, (view.zoom - 1.0) / (ZOOM - 1.0));
        let position = format!("<Position><t:PanTilt x=\"{x:.5}\" y=\"{y:.5}\"/><t:Zoom x=\"{zoom:.5}\"/></Position>");
        let speed = speed.clamp(LEAST_SPEED, 1.0);
        let pace = format!("<Speed><t:PanTilt x=\"{speed:.3}\" y=\"{speed:.3}\"/><t:Zoom x=\"{speed:.3}\"/></Speed>");
        self.tell("AbsoluteMove", &(position + &pace), "AbsoluteMoveResponse")
    }

    fn steer(&mut self, steer: Steer) -> Result<(), PtzError> {
        let Steer { pan, tilt, zoom } = steer.bounded();
        if steer == Steer::STILL {
            return self.stop();
        }
        let velocity =
            format!("<Velocity><t:PanTilt x=\"{pan:.3}\" y=\"{tilt:.3}\"/><t:Zoom x=\"{zoom:.3}\"/></Velocity>");
        self.tell("ContinuousMove", &velocity, "ContinuousMoveResponse")
    }

    fn stop(&mut self) -> Result<(), PtzError> {
        self.tell("Stop", "<PanTilt>true</PanTilt><Zoom>true</Zoom>", "StopResponse")
    }

    fn go_preset(&mut self, number: u8) -> Result<(), PtzError> {
        let none = PtzError::NoPreset { address: self.address.clone(), number };
        let token = escape(&self.preset(number)?.ok_or(none)?);
        self.tell("GotoPreset", &format!("<PresetToken>{token}</PresetToken>"), "GotoPresetResponse")
    }

    fn set_preset(&mut self, number: u8) -> Result<(), PtzError> {
        let name = preset_name(number);
        let token = self.preset(number)?.map(|token| format!("<PresetToken>{}</PresetToken>", escape(&token)));
        let preset = format!("<PresetName>{name}</PresetName>{}", token.unwrap_or_default());
        self.tell("SetPreset", &preset, "SetPresetResponse")
    }

    fn state(&mut self) -> Result<PtzState, PtzError> {
        let profile = escape(&self.profile.token);
        let body = format!("<GetStatus xmlns=\"{PTZ_WSDL}\"><ProfileToken>{profile}</ProfileToken></GetStatus>");
        let status =
            self.ask(&self.ptz_path, &body, soap::status)?.ok_or_else(|| self.cannot("tell where it looks"))?;
        let view = View { pan: status.pan * PAN, tilt: status.tilt * TILT, zoom: 1.0 + status.zoom * (ZOOM - 1.0) };
        Ok(PtzState { view, moving: status.moving })
    }
}
