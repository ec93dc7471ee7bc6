//! Cameras that turn, as the owner sees them: who may be told what, and what their news mean for the lesson and the director.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use ketang_director::Ms;
use ketang_director::observation::{CameraState, Observation};
use ketang_hal::board::Board;
use ketang_hal::ptz::{Limits, Span, Steer, View};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Ptz, PtzAction, Refusal, RefusalCode};
use ketang_protocol::lesson::EventKind;
use ketang_protocol::snapshot::PtzState;
use ketang_tracker::follow::Lens;

use super::calibrating::{Calibrating, Deed, tenths};
use super::following::{Following, NEVER, panorama_of};
use super::{Host, Message, tell};
use crate::calibration::Kept;
use crate::closeup::CloseUps;
use crate::config::rule::OrNever;
use crate::config::{Config, PictureInput};
use crate::ptz::{Order, PtzCamera, PtzNews};
use crate::zones::ZonesOf;

const ANY: Span = Span::new(f64::NEG_INFINITY, f64::INFINITY);
/// Whoever calibrates needs a while from point to point.
const CALIBRATING: Ms = Ms::seconds(300);
/// Degrees that a camera at rest may seem to move.
const STILL: f64 = 0.05;
/// The speed at which a camera looks where a person pointed.
const POINTED: f64 = 0.5;

/// One camera, and what is known of it.
pub(super) struct Turning {
    pub(super) camera: PtzCamera,
    pub(super) told: PtzState,
    /// Somebody steers it.
    pub(super) steered: bool,
    /// Orders to go somewhere so far.
    pub(super) goes: u64,
    /// Where it looks, as it told last, and whether it told the same before.
    pub(super) looks: Option<View>,
    pub(super) still: bool,
    /// It is on a way that is not for the audience.
    pub(super) hidden: bool,
    /// Whether it looks at whom it is for.
    pub(super) subject: Option<bool>,
    /// What the director was told of it.
    said: CameraState,
    /// Where a panorama is there to calibrate it by.
    pub(super) calibrating: Option<Calibrating>,
    /// Where the host turns it by itself.
    pub(super) following: Option<Following>,
}

/// Every camera that turns.
#[derive(Default)]
pub(super) struct Cameras(BTreeMap<PictureRole, Turning>);

impl Cameras {
    /// Begins to look for every camera that is configured; waits for none.
    pub(super) fn open(
        config: &Config,
        board: &Arc<dyn Board>,
        closeups: &mut CloseUps,
        zones: ZonesOf,
        news: &Sender<Message>,
    ) -> Self {
        let presets: Vec<String> = config.ptz.presets.keys().map(|name| name.as_str().to_owned()).collect();
        let folder = config.host.data.as_path().join("ptz");
        let number = |name: &str| {
            let found = config.ptz.presets.iter().find(|(known, _)| known.as_str() == name);
            found.map(|(_, number)| number.get() as u8)
        };
        let open = |(role, input): (PictureRole, &PictureInput)| {
            let address = input.ptz.as_ref()?.get().clone();
            let told = PtzState {
                address: address.to_string(),
                detail: "not reached yet".into(),
                presets: presets.clone(),
                ..PtzState::default()
            };
            let memory = folder.join(format!("{role}.toml"));
            let is_fixed =
                |panorama: &PictureRole| config.inputs.picture(*panorama).is_some_and(|whole| whole.ptz.is_none());
            let panorama = panorama_of(role).filter(is_fixed);
            let kept =
                |panorama| Calibrating::new(panorama, Kept::open(&folder.join(format!("{role}-calibration.toml"))));
            let calibrating = panorama.map(kept);
            let following = panorama.filter(|_| input.follow).map(|panorama| {
                let mut following =
                    Following::new(role, panorama, closeups.follow(panorama), lens(input), number, zones.clone());
                following.calibrate(calibrating.as_ref().and_then(|calibrating| calibrating.kept.calibration()));
                following
            });
            let (board, input_of, news) = (board.clone(), input.clone(), news.clone());
            let reach = move || {
                let credentials = input_of.credentials().map_err(|error| ketang_hal::ptz::PtzError::NotThere {
                    address: address.to_string(),
                    why: format!("password-file: {error}"),
                })?;
                board.open_ptz(&address, &credentials, &memory)
            };
            let tell = move |said| drop(news.send(Message::Turning(role, said)));
            let camera = PtzCamera::keep(role.as_str(), limits(input), Box::new(reach), Box::new(tell));
            let said = CameraState { input: role, moving: false, subject: None };
            let turning = Turning {
                camera,
                told,
                steered: false,
                goes: 0,
                looks: None,
                still: false,
                hidden: false,
                subject: None,
                said,
                calibrating,
                following,
            };
            Some((role, turning))
        };
        Self(config.inputs.pictures().filter_map(open).collect())
    }

    pub(super) fn told(&self, role: PictureRole, now: Ms) -> Option<PtzState> {
        let turning = self.0.get(&role)?;
        Some(PtzState {
            calibration: turning.calibrating.as_ref().map(Calibrating::told).unwrap_or_default(),
            returns_in_seconds: turning.following.as_ref().and_then(|following| following.returns_in(now)),
            ..turning.told.clone()
        })
    }

    pub(super) fn get(&mut self, role: PictureRole) -> Option<&mut Turning> {
        self.0.get_mut(&role)
    }

    pub(super) fn roles(&self) -> Vec<PictureRole> {
        self.0.keys().copied().collect()
    }

    /// Whether a command says only that somebody goes on steering, which needs no line in a log.
    pub(super) fn goes_on(&self, command: &Command) -> bool {
        let Command::Ptz(Ptz { input, action: PtzAction::Steer(_) }) = command else { return false };
        self.0.get(input).is_some_and(|turning| turning.steered)
    }
}

/// How far the room lets a camera be steered; `None` where the room says nothing.
fn limits(input: &PictureInput) -> Option<Limits> {
    let all = [input.pan_limits, input.tilt_limits, input.zoom_limits];
    let [pan, tilt, zoom] = all.map(|limit| limit.map_or(ANY, |limit| limit.get()));
    all.iter().any(Option::is_some).then_some(Limits { pan, tilt, zoom })
}

/// What its camera is to whoever aims it.
fn lens(input: &PictureInput) -> Lens {
    let usual = Lens::of_width(input.field_of_view.get().into());
    let Some(Limits { pan, tilt, zoom }) = limits(input) else { return usual };
    let ends = |span: Span| (span.least, span.greatest);
    Lens { pan: ends(pan), tilt: ends(tilt), zoom: ends(zoom), ..usual }
}

impl Host {
    /// Carries out a command to a camera: hands it on and returns.
    pub(super) fn turn(&mut self, Ptz { input, action }: Ptz) -> Result<(), Refusal> {
        let Some(turning) = self.cameras.0.get_mut(&input) else {
            let chinese = format!("{}的摄像机不能转动：如果可以，请写上 `inputs.{input}.ptz`", input.chinese());
            let english = format!("the camera of {input} does not turn: write `inputs.{input}.ptz` if it can");
            return Err(Refusal::new(RefusalCode::NotFound, chinese, english));
        };
        if !turning.told.live {
            let why = turning.told.detail.clone();
            let chinese = format!("{}的摄像机没有应答（{why}）：请检查它的电源和线缆", input.chinese());
            return Err(Refusal::new(RefusalCode::Failed, chinese, why));
        }
        let number = |preset: &str| {
            let found = self.config.ptz.presets.iter().find(|(name, _)| name.as_str() == preset);
            found.map(|(_, number)| number.get() as u8).ok_or_else(|| {
                let chinese = format!("没有预置位 `{preset}`：可用 {}", turning.told.presets.join("、"));
                let english = format!("there is no preset `{preset}`: use {}", turning.told.presets.join(", "));
                Refusal::new(RefusalCode::NotFound, chinese, english)
            })
        };
        let order = match action {
            PtzAction::Steer(steer) => Order::Steer(steer),
            PtzAction::Stop {} => Order::Stop,
            PtzAction::Go { preset } => Order::Go { number: number(&preset)?, preset },
            PtzAction::Set { preset } => Order::Set { number: number(&preset)?, preset },
            PtzAction::Look(point) => Order::Look { view: self.aim(input, point)?, speed: POINTED },
            PtzAction::Calibrate(point) => return self.by_hand(input, Deed::Add(point)),
            PtzAction::Check(point) => return self.by_hand(input, Deed::Check(point)),
            PtzAction::Uncalibrate {} => return self.by_hand(input, Deed::Forget),
            PtzAction::Follow {} => return self.follow_again(input),
        };
        let back_after = match self.config.ptz.hand_back_after {
            OrNever::Never => None,
            OrNever::After(span) => Some(Ms(span.get().as_millis() as u64)),
        };
        let until = back_after.map_or(NEVER, |after| self.director_time() + after);
        let Some(turning) = self.cameras.0.get_mut(&input) else { return Ok(()) };
        if let Some(following) = &mut turning.following {
            following.leave_to_hand(until);
        }
        turning.steered = matches!(order, Order::Steer(steer) if steer != Steer::STILL);
        if !matches!(order, Order::Set { .. }) {
            turning.told.at = None;
            turning.told.follows = false;
            turning.subject = None;
        }
        match &order {
            Order::Go { preset, .. } => {
                turning.goes += 1;
                turning.told.going_to = Some(preset.clone());
                turning.hidden = true;
            }
            // Who points wants to see it, as who steers.
            Order::Look { .. } => turning.goes += 1,
            _ => {}
        }
        // The director is told before the camera, which needs a moment to set out.
        self.tell_of_camera(input);
        if let Some(turning) = self.cameras.0.get(&input) {
            turning.camera.order(order);
        }
        Ok(())
    }

    /// Somebody calibrates a camera, and needs it for a while.
    fn by_hand(&mut self, input: PictureRole, deed: Deed) -> Result<(), Refusal> {
        let until = self.director_time() + CALIBRATING;
        if let Some(following) = self.cameras.get(input).and_then(|turning| turning.following.as_mut()) {
            following.leave_to_hand(until);
        }
        self.calibrate(input, deed)
    }

    /// The host has the camera again, before its countdown ends.
    fn follow_again(&mut self, input: PictureRole) -> Result<(), Refusal> {
        let Some(following) = self.cameras.get(input).and_then(|turning| turning.following.as_mut()) else {
            let chinese = format!(
                "主机不会自动转动{}的摄像机：请设置 `inputs.{input}.follow`，并配置固定的全景画面",
                input.chinese()
            );
            let english = format!(
                "the host does not turn the camera of {input} by itself: set `inputs.{input}.follow`, and have a fixed panorama"
            );
            return Err(Refusal::new(RefusalCode::WrongState, chinese, english));
        };
        following.take_over();
        Ok(())
    }

    /// Tells the director what is new of a camera.
    pub(super) fn tell_of_camera(&mut self, input: PictureRole) {
        let Some(turning) = self.cameras.get(input) else { return };
        let state = CameraState { input, moving: turning.hidden, subject: turning.subject };
        if std::mem::replace(&mut turning.said, state) != state {
            self.seen(Observation::Camera(state));
        }
    }

    /// At the start: what is known of the calibrations may need somebody.
    pub(super) fn look_at_calibrations(&mut self) {
        self.cameras.roles().into_iter().for_each(|input| self.look_at_calibration(input));
    }

    /// What a camera tells.
    pub(super) fn turning_news(&mut self, input: PictureRole, news: PtzNews) {
        let Some(turning) = self.cameras.0.get_mut(&input) else { return };
        let told = &mut turning.told;
        match news {
            PtzNews::Reached(name) => {
                (told.live, told.detail) = (true, name);
                if self.alarms.clear(tell::PTZ_LOST, Some(input.into())) {
                    let kind = EventKind::Alarm { alarm: tell::PTZ_LOST.into(), raised: false };
                    self.note_in_lesson(self.clock.now(), kind);
                }
            }
            PtzNews::Lost(why) => {
                (told.live, told.detail) = (false, why.clone());
                turning.steered = false;
                if self.alarms.raise(tell::ptz_lost(input.into(), &why)) {
                    let kind = EventKind::Alarm { alarm: tell::PTZ_LOST.into(), raised: true };
                    self.note_in_lesson(self.clock.now(), kind);
                }
            }
            PtzNews::Looks(view) => {
                let View { pan, tilt, zoom } = view;
                let before = turning.looks.replace(view);
                turning.still = before.is_some_and(|before| (before.pan - pan).hypot(before.tilt - tilt) < STILL);
                (told.pan, told.tilt, told.zoom) = (Some(tenths(pan)), Some(tenths(tilt)), Some(tenths(zoom)));
            }
            PtzNews::Stored(preset) => {
                if let Some(following) = &mut turning.following {
                    following.stored(&preset);
                }
                told.at = Some(preset);
            }
            // One that was sent elsewhere meanwhile does not rest.
            PtzNews::Rests { goes, .. } if goes != turning.goes => {}
            PtzNews::Rests { preset, strays, .. } => {
                turning.steered = false;
                turning.hidden = false;
                told.going_to = None;
                if let Some(preset) = preset {
                    told.at = Some(preset.clone());
                    self.note_in_lesson(self.clock.now(), EventKind::CameraArrived { input, preset });
                }
                self.tell_of_camera(input);
                if let Some(off) = strays {
                    self.strayed(input, off);
                }
            }
            PtzNews::Failed(why) => {
                if let (Some(following), Some(preset), true) = (&mut turning.following, &told.going_to, told.follows) {
                    following.refused(preset);
                }
                tracing::warn!(%input, why, "a camera did not do what it was told");
                self.note_in_lesson(self.clock.now(), EventKind::CameraFailed { input, why });
            }
        }
    }
}
