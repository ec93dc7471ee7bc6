//! Keeps one camera that turns, on a thread of its own: reaches it, again for ever when it is lost, carries out orders, and tells
//! where it looks and when it has arrived. Nobody waits for it. What an order means for the lesson is the host's business.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ketang_board::ptz::{Progress, Travel};
use ketang_hal::ptz::{Limits, Ptz, PtzError, PtzState, Steer, View};

/// A camera is asked so often while it moves, and while it rests.
const ASK_MOVING: Duration = Duration::from_millis(100);
const ASK_RESTING: Duration = Duration::from_secs(2);
/// A lost camera is looked for so often.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// Whoever steers says so again within this time; a surface that vanished does not.
const STEER_LASTS: Duration = Duration::from_millis(1500);

/// What a camera is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Steer(Steer),
    Stop,
    Go {
        preset: String,
        number: u8,
    },
    /// Looks there, with a share of its greatest speed; within the room's limits.
    Look {
        view: View,
        speed: f64,
    },
    Set {
        preset: String,
        number: u8,
    },
}

/// What is told of a camera.
#[derive(Clone, Debug, PartialEq)]
pub enum PtzNews {
    /// It answers; what it calls itself.
    Reached(String),
    Lost(String),
    Looks(View),
    /// It rests, at this preset if it was sent there. With the number of orders to go somewhere that it had been given: an order that
    /// is still on its way to the camera is not answered by it.
    Rests {
        preset: Option<String>,
        goes: u64,
        /// By so many degrees it looks elsewhere than it was told to, if it was told to look somewhere.
        strays: Option<f64>,
    },
    /// It did not do what it was told.
    Failed(String),
    Stored(String),
}

/// How to reach a camera; may take some seconds.
pub type Reach = Box<dyn FnMut() -> Result<Box<dyn Ptz>, PtzError> + Send>;
pub type Tell = Box<dyn Fn(PtzNews) + Send>;

/// The way to a camera; dropping it ends the thread, and with it whatever moves.
pub struct PtzCamera {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl PtzCamera {
    /// `limits` are the room's, within which the camera is kept.
    pub fn keep(name: &str, limits: Option<Limits>, reach: Reach, tell: Tell) -> Self {
        let (orders, told) = mpsc::channel();
        let keeper = Keeper {
            orders: told,
            limits,
            reach,
            tell,
            goes: 0,
            travel: None,
            wanted: None,
            steering: None,
            lost: None,
        };
        let thread = std::thread::Builder::new().name(format!("ptz {name}")).spawn(move || keeper.run());
        Self { orders: Some(orders), thread: Some(thread.expect("the system can start a thread")) }
    }

    /// Returns at once.
    pub fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // A thread that ended has panicked, which is logged.
            let _ = orders.send(order);
        }
    }
}

impl Drop for PtzCamera {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why a camera is not attended to any more.
enum End {
    /// The host ends.
    Stopped,
    Lost(PtzError),
}

impl From<PtzError> for End {
    fn from(error: PtzError) -> Self {
        Self::Lost(error)
    }
}

struct Keeper {
    orders: Receiver<Order>,
    limits: Option<Limits>,
    reach: Reach,
    tell: Tell,
    /// Orders to go somewhere so far.
    goes: u64,
    /// On its way, to a preset if it was sent to one. Outlives a loss: the camera goes on.
    travel: Option<(Option<String>, Travel)>,
    /// Where it was told to look.
    wanted: Option<View>,
    /// What somebody wants, what the limits left of it, and until when it lasts.
    steering: Option<(Steer, Steer, Instant)>,
    /// Why, as it was told.
    lost: Option<String>,
}

impl Keeper {
    fn run(mut self) {
        loop {
            let error = match (self.reach)() {
                Err(error) => error,
                Ok(mut camera) => {
                    self.lost = None;
                    (self.tell)(PtzNews::Reached(camera.name().to_owned()));
                    match self.attend(camera.as_mut()) {
                        End::Stopped => return,
                        End::Lost(error) => error,
                    }
                }
            };
            let why = error.to_string();
            if self.lost.as_ref() != Some(&why) {
                (self.tell)(PtzNews::Lost(why.clone()));
                self.lost = Some(why.clone());
            }
            if self.wait(&why).is_err() {
                return;
            }
        }
    }

    /// Waits before the next try; orders given meanwhile fail. An error when the host ends.
    fn wait(&mut self, why: &str) -> Result<(), RecvTimeoutError> {
        let until = Instant::now() + TRY_AGAIN;
        loop {
            match self.orders.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(order) => {
                    self.count(&order);
                    self.fail(&order, why);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.look_at_travel(None);
                    return Ok(());
                }
                Err(end) => return Err(end),
            }
        }
    }

    fn attend(&mut self, camera: &mut dyn Ptz) -> End {
        loop {
            let moves = self.travel.is_some() || self.steering.is_some();
            let carried_out = match self.orders.recv_timeout(if moves { ASK_MOVING } else { ASK_RESTING }) {
                Ok(order) => self.carry_out_newest(camera, order),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    if self.steering.is_some() {
                        // It is not to turn on for ever. If it does not hear, nobody can help.
                        let _ = camera.stop();
                    }
                    return End::Stopped;
                }
            };
            if let Err(end) = carried_out.and_then(|()| self.look(camera)) {
                return end;
            }
        }
    }

    /// Counts orders to go somewhere.
    fn count(&mut self, order: &Order) {
        self.goes += u64::from(matches!(order, Order::Go { .. } | Order::Look { .. }));
    }

    /// Of orders to steer or to look somewhere that have piled up only the last counts.
    fn carry_out_newest(&mut self, camera: &mut dyn Ptz, mut order: Order) -> Result<(), End> {
        while let Ok(next) = self.orders.try_recv() {
            match (&order, &next) {
                (Order::Steer(_), Order::Steer(_) | Order::Stop) => {}
                (Order::Look { .. }, Order::Look { .. }) => self.count(&order),
                _ => self.carry_out(camera, order)?,
            }
            order = next;
        }
        self.carry_out(camera, order)
    }

    fn carry_out(&mut self, camera: &mut dyn Ptz, order: Order) -> Result<(), End> {
        self.count(&order);
        if !matches!(order, Order::Set { .. }) {
            self.wanted = None;
        }
        let done = match &order {
            Order::Steer(steer) if *steer != Steer::STILL => {
                let until = Instant::now() + STEER_LASTS;
                match &mut self.steering {
                    // The same again: the camera does it already.
                    Some((wanted, _, lasts)) if wanted == steer => {
                        *lasts = until;
                        Ok(())
                    }
                    _ => {
                        if self.travel.is_some() {
                            // Who steers wants to see it.
                            self.rest(None);
                        }
                        self.steering = Some((*steer, *steer, until));
                        camera.steer(*steer)
                    }
                }
            }
            Order::Steer(_) | Order::Stop => {
                self.steering = None;
                // Its picture is not shown before it really rests.
                self.travel = self.travel.take().map(|(_, travel)| (None, travel)).or_else(|| self.set_out(None));
                camera.stop()
            }
            Order::Go { preset, number } => {
                self.steering = None;
                self.travel = self.set_out(Some(preset.clone()));
                camera.go_preset(*number)
            }
            Order::Look { view, speed } => {
                let can = camera.limits();
                let view = self.limits.map_or(can, |room| can.within(&room)).clamp(*view);
                self.steering = None;
                self.wanted = Some(view);
                self.travel = self.set_out(None);
                camera.go(view, *speed)
            }
            Order::Set { preset, number } => {
                let stored = camera.set_preset(*number);
                if stored.is_ok() {
                    (self.tell)(PtzNews::Stored(preset.clone()));
                }
                stored
            }
        };
        match done {
            Ok(()) => Ok(()),
            Err(error) => {
                self.fail(&order, &error.to_string());
                if error.is_lost() { Err(error.into()) } else { Ok(()) }
            }
        }
    }

    fn set_out(&self, preset: Option<String>) -> Option<(Option<String>, Travel)> {
        Some((preset, Travel::begin(Instant::now())))
    }

    /// An order is not carried out.
    fn fail(&mut self, order: &Order, why: &str) {
        (self.tell)(PtzNews::Failed(why.to_owned()));
        match order {
            Order::Set { .. } => {}
            // What was begun may be under way all the same: it is watched until it rests.
            Order::Go { .. } | Order::Look { .. } | Order::Stop => {
                self.wanted = None;
                self.travel = self.travel.take().map(|(_, travel)| (None, travel)).or_else(|| self.set_out(None));
            }
            Order::Steer(_) => self.steering = None,
        }
    }

    /// Asks the camera, tells what it tells, and does what follows from it.
    fn look(&mut self, camera: &mut dyn Ptz) -> Result<(), End> {
        let told = match camera.state() {
            Ok(told) => Some(told),
            Err(error) if error.is_lost() => return Err(error.into()),
            // It may be in its menu; it is asked again.
            Err(_) => None,
        };
        if let Some(told) = told {
            (self.tell)(PtzNews::Looks(told.view));
        }
        self.look_at_travel(told);
        self.look_at_steering(camera, told)
    }

    fn look_at_travel(&mut self, told: Option<PtzState>) {
        let Some((preset, travel)) = &mut self.travel else { return };
        match travel.hear(Instant::now(), told) {
            Progress::OnTheWay => {}
            Progress::Arrived => {
                let preset = preset.take();
                self.arrive(preset, told.map(|told| told.view));
            }
            Progress::GivenUp => {
                (self.tell)(PtzNews::Failed("it was not seen to arrive: look at where it is".into()));
                self.rest(None);
            }
        }
    }

    fn rest(&mut self, preset: Option<String>) {
        self.arrive(preset, None);
    }

    fn arrive(&mut self, preset: Option<String>, at: Option<View>) {
        let strays = self.wanted.zip(at).map(|(wanted, at)| (wanted.pan - at.pan).hypot(wanted.tilt - at.tilt));
        self.travel = None;
        (self.tell)(PtzNews::Rests { preset, goes: self.goes, strays });
    }

    /// Keeps it within its limits, and stops it when nobody steers any more.
    fn look_at_steering(&mut self, camera: &mut dyn Ptz, told: Option<PtzState>) -> Result<(), End> {
        let Some((wanted, allowed, until)) = self.steering else { return Ok(()) };
        if Instant::now() >= until {
            return self.carry_out(camera, Order::Stop);
        }
        let (Some(told), Some(limits)) = (told, &self.limits) else { return Ok(()) };
        let left = limits.hold_back(told.view, wanted);
        if left == allowed {
            return Ok(());
        }
        self.steering = Some((wanted, left, until));
        match camera.steer(left) {
            Err(error) if error.is_lost() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
