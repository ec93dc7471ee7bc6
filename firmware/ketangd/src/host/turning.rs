//! Cameras that turn, as the owner sees them: who may be told what, and what their news mean for the lesson and the director.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use ketang_director::observation::{CameraState, Observation};
use ketang_hal::board::Board;
use ketang_hal::ptz::{Limits, Span, Steer, View};
use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Command, Ptz, PtzAction, Refusal, RefusalCode};
use ketang_protocol::lesson::EventKind;
use ketang_protocol::snapshot::PtzState;

use super::{Host, Message, tell};
use crate::config::{Config, PictureInput};
use crate::ptz::{Order, PtzCamera, PtzNews};

const ANY: Span = Span::new(f64::NEG_INFINITY, f64::INFINITY);

/// One camera, and what is known of it.
struct Turning {
    camera: PtzCamera,
    told: PtzState,
    /// Somebody steers it.
    steered: bool,
    /// Orders to go somewhere so far.
    goes: u64,
}

/// Every camera that turns.
#[derive(Default)]
pub(super) struct Cameras(BTreeMap<PictureRole, Turning>);

impl Cameras {
    /// Begins to look for every camera that is configured; waits for none.
    pub(super) fn open(config: &Config, board: &Arc<dyn Board>, news: &Sender<Message>) -> Self {
        let presets: Vec<String> = config.ptz.presets.keys().map(|name| name.as_str().to_owned()).collect();
        let open = |(role, input): (PictureRole, &PictureInput)| {
            let address = input.ptz.as_ref()?.get().clone();
            let told = PtzState {
                address: address.to_string(),
                detail: "not reached yet".into(),
                presets: presets.clone(),
                ..PtzState::default()
            };
            let memory = config.host.data.as_path().join("ptz").join(format!("{role}.toml"));
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
            Some((role, Turning { camera, told, steered: false, goes: 0 }))
        };
        Self(config.inputs.pictures().filter_map(open).collect())
    }

    pub(super) fn told(&self, role: PictureRole) -> Option<PtzState> {
        self.0.get(&role).map(|turning| turning.told.clone())
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
        };
        turning.steered = matches!(order, Order::Steer(steer) if steer != Steer::STILL);
        if !matches!(order, Order::Set { .. }) {
            turning.told.at = None;
        }
        if let Order::Go { preset, .. } = &order {
            turning.goes += 1;
            turning.told.going_to = Some(preset.clone());
            // The director is told before the camera, which needs a moment to set out.
            self.seen(Observation::Camera(CameraState { input, moving: true }));
        }
        if let Some(turning) = self.cameras.0.get(&input) {
            turning.camera.order(order);
        }
        Ok(())
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
            PtzNews::Looks(View { pan, tilt, zoom }) => {
                let tenths = |number: f64| Some((number * 10.0).round() / 10.0);
                (told.pan, told.tilt, told.zoom) = (tenths(pan), tenths(tilt), tenths(zoom));
            }
            PtzNews::Stored(preset) => told.at = Some(preset),
            // One that was sent elsewhere meanwhile does not rest.
            PtzNews::Rests { goes, .. } if goes != turning.goes => {}
            PtzNews::Rests { preset, .. } => {
                turning.steered = false;
                let was_going = told.going_to.take().is_some();
                if let Some(preset) = preset {
                    told.at = Some(preset.clone());
                    self.note_in_lesson(self.clock.now(), EventKind::CameraArrived { input, preset });
                }
                if was_going {
                    self.seen(Observation::Camera(CameraState { input, moving: false }));
                }
            }
            PtzNews::Failed(why) => {
                tracing::warn!(%input, why, "a camera did not do what it was told");
                self.note_in_lesson(self.clock.now(), EventKind::CameraFailed { input, why });
            }
        }
    }
}
