//! Keeps the system's updater, on a thread of its own: asks it for what is installed, has it look into bundles, install, keep the
//! image that runs and start the machine anew, and tells what came of each. Nobody waits for it. When any of that may be is the
//! host's business.

mod record;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use ketang_hal::update::{Activity, Bundle, Installed, UpdateError, Updater};

pub use record::{Fate, Installing, Record, Trial};

/// How often the updater is asked while it installs, and while it rests.
const ASK_WORKING: Duration = Duration::from_millis(250);
const ASK_RESTING: Duration = Duration::from_secs(5);
/// Each so many of the latter, what is installed: it asks the boot loader, which only an administrator changes beside us.
const SLOTS_EVERY: u32 = 60;
/// What a disk is tried with.
const PROBE: &str = ".update-probe";
const PROBE_BYTES: usize = 1 << 20;

/// What the updater is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Inspect(PathBuf),
    /// Looks into it first.
    Install(PathBuf),
    /// Keeps the image that runs, if this folder can be written to.
    Keep(PathBuf),
    Restart,
}

/// What is told of the updater.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateNews {
    Installed(Installed),
    Away(UpdateError),
    Activity(Activity),
    Inspected(PathBuf, Result<Bundle, UpdateError>),
    /// An installation has begun, or not.
    Begun(PathBuf, Result<(), UpdateError>),
    Kept(Result<(), UpdateError>),
    Restarts(Result<(), UpdateError>),
}

pub type Tell = Box<dyn Fn(UpdateNews) + Send>;

/// The way to the updater; dropping it ends the thread. An installation goes on without it.
pub struct Keeper {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub fn keep(updater: Box<dyn Updater>, tell: Tell) -> Self {
        let (orders, told) = mpsc::channel();
        let keeper = Kept { updater, orders: told, tell, activity: None, compatible: String::new() };
        let thread = std::thread::Builder::new().name("updates".into()).spawn(move || keeper.run());
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

impl Drop for Keeper {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Kept {
    updater: Box<dyn Updater>,
    orders: Receiver<Order>,
    tell: Tell,
    /// As it was told last; absent while the updater does not answer.
    activity: Option<Activity>,
    compatible: String,
}

impl Kept {
    fn run(mut self) {
        let mut rests = SLOTS_EVERY;
        loop {
            let thoroughly = rests >= SLOTS_EVERY;
            rests = if thoroughly { 0 } else { rests };
            self.look(thoroughly);
            let works = matches!(self.activity, Some(Activity::Installing { .. }));
            match self.orders.recv_timeout(if works { ASK_WORKING } else { ASK_RESTING }) {
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => rests += u32::from(!works),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Tells what has changed; what is installed first, so that whoever hears of an end knows what it led to.
    fn look(&mut self, thoroughly: bool) {
        let activity = match self.updater.activity() {
            Ok(activity) => activity,
            Err(error) => {
                self.activity = None;
                return (self.tell)(UpdateNews::Away(error));
            }
        };
        let changed = self.activity.as_ref() != Some(&activity);
        let is_idle = matches!(activity, Activity::Idle(_));
        if is_idle && (thoroughly || changed) {
            self.look_at_slots();
        }
        if changed {
            self.activity = Some(activity.clone());
            (self.tell)(UpdateNews::Activity(activity));
        }
    }

    fn look_at_slots(&mut self) {
        match self.updater.installed() {
            Ok(installed) => {
                self.compatible.clone_from(&installed.compatible);
                (self.tell)(UpdateNews::Installed(installed));
            }
            Err(error) => (self.tell)(UpdateNews::Away(error)),
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            // What is found is told.
            Order::Inspect(bundle) => drop(self.inspect(&bundle)),
            Order::Install(bundle) => {
                let begun = self.install(&bundle);
                if begun.is_ok() {
                    // One that ends before the next look has ended all the same.
                    self.activity = Some(Activity::Installing { percent: 0, step: String::new() });
                }
                (self.tell)(UpdateNews::Begun(bundle, begun));
            }
            Order::Keep(folder) => {
                let kept = probe(&folder).and_then(|()| self.updater.mark_good());
                self.look_at_slots();
                (self.tell)(UpdateNews::Kept(kept));
            }
            Order::Restart => {
                let restarts = self.updater.restart();
                (self.tell)(UpdateNews::Restarts(restarts));
            }
        }
    }

    fn inspect(&mut self, bundle: &Path) -> Result<Bundle, UpdateError> {
        let found = self.updater.inspect(bundle);
        (self.tell)(UpdateNews::Inspected(bundle.to_owned(), found.clone()));
        found
    }

    fn install(&mut self, bundle: &Path) -> Result<(), UpdateError> {
        let Bundle { compatible, .. } = self.inspect(bundle)?;
        if compatible != self.compatible {
            return Err(UpdateError::ForOthers {
                bundle: bundle.to_owned(),
                compatible,
                ours: self.compatible.clone(),
            });
        }
        self.updater.install(bundle)
    }
}

/// Writes to a folder's disk, for good.
fn probe(folder: &Path) -> Result<(), UpdateError> {
    let path = folder.join(PROBE);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&vec![0x5a; PROBE_BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written.and(removed).map_err(|error| UpdateError::NotWritable { why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    /// What an updater that only pretends was told, and what it answers.
    #[derive(Debug, Default)]
    struct Script {
        calls: Vec<&'static str>,
        /// It does not answer.
        is_away: bool,
        ended: Option<Result<(), String>>,
        bundle: &'static str,
    }

    struct Twin(Arc<Mutex<Script>>);

    impl Twin {
        fn call(&self, what: &'static str) -> Result<(), UpdateError> {
            let mut script = self.0.lock().unwrap();
            script.calls.push(what);
            if script.is_away { Err(UpdateError::Away { why: "gone".into() }) } else { Ok(()) }
        }
    }

    impl Updater for Twin {
        fn installed(&mut self) -> Result<Installed, UpdateError> {
            self.call("installed").map(|()| Installed { compatible: "ours".into(), ..Installed::default() })
        }

        fn inspect(&mut self, _bundle: &Path) -> Result<Bundle, UpdateError> {
            self.call("inspect")?;
            Ok(Bundle { compatible: self.0.lock().unwrap().bundle.into(), version: "2".into() })
        }

        fn install(&mut self, _bundle: &Path) -> Result<(), UpdateError> {
            self.call("install")?;
            // It is over before anybody looks.
            self.0.lock().unwrap().ended = Some(Ok(()));
            Ok(())
        }

        fn activity(&mut self) -> Result<Activity, UpdateError> {
            let script = self.0.lock().unwrap();
            if script.is_away {
                return Err(UpdateError::Away { why: "gone".into() });
            }
            Ok(Activity::Idle(script.ended.clone()))
        }

        fn mark_good(&mut self) -> Result<(), UpdateError> {
            self.call("mark-good")
        }

        fn restart(&mut self) -> Result<(), UpdateError> {
            self.call("restart")
        }
    }

    /// A keeper of a twin, after its first words.
    fn kept(bundle: &'static str) -> (Keeper, Arc<Mutex<Script>>, Receiver<UpdateNews>) {
        let script = Arc::new(Mutex::new(Script { bundle, ..Script::default() }));
        let (tell, told) = mpsc::channel();
        let tell = Box::new(move |news| tell.send(news).unwrap());
        let keeper = Keeper::keep(Box::new(Twin(Arc::clone(&script))), tell);
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Installed(_))));
        assert_eq!(told.recv_timeout(LIMIT), Ok(UpdateNews::Activity(Activity::Idle(None))));
        (keeper, script, told)
    }

    #[test]
    fn an_installation_that_is_over_before_the_next_look_is_told_and_what_it_led_to_before() {
        let (keeper, _, told) = kept("ours");
        keeper.order(Order::Install("/a".into()));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Inspected(_, Ok(_)))));
        assert_eq!(told.recv_timeout(LIMIT), Ok(UpdateNews::Begun("/a".into(), Ok(()))));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Installed(_))));
        assert_eq!(told.recv_timeout(LIMIT), Ok(UpdateNews::Activity(Activity::Idle(Some(Ok(()))))));
    }

    #[test]
    fn a_bundle_for_others_does_not_reach_the_updater() {
        let (keeper, script, told) = kept("others");
        keeper.order(Order::Install("/a".into()));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Inspected(_, Ok(_)))));
        let begun = told.recv_timeout(LIMIT).unwrap();
        assert!(matches!(begun, UpdateNews::Begun(_, Err(UpdateError::ForOthers { .. }))), "{begun:?}");
        assert!(!script.lock().unwrap().calls.contains(&"install"));
    }

    #[test]
    fn nothing_is_kept_by_a_host_that_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let (keeper, script, told) = kept("ours");
        keeper.order(Order::Keep(folder.path().join("no-such-folder")));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Installed(_))));
        let answer = told.recv_timeout(LIMIT).unwrap();
        assert!(matches!(answer, UpdateNews::Kept(Err(UpdateError::NotWritable { .. }))), "{answer:?}");
        assert!(!script.lock().unwrap().calls.contains(&"mark-good"));
        keeper.order(Order::Keep(folder.path().into()));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Installed(_))));
        assert_eq!(told.recv_timeout(LIMIT), Ok(UpdateNews::Kept(Ok(()))));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "and nothing is left of the trial");
    }

    #[test]
    fn an_updater_that_comes_back_is_asked_for_everything_again() {
        let (keeper, script, told) = kept("ours");
        script.lock().unwrap().is_away = true;
        keeper.order(Order::Restart);
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Restarts(Err(UpdateError::Away { .. })))));
        assert!(matches!(told.recv_timeout(LIMIT), Ok(UpdateNews::Away(_))));
        script.lock().unwrap().is_away = false;
        keeper.order(Order::Restart);
        let mut news = Vec::new();
        while !news.contains(&UpdateNews::Activity(Activity::Idle(None))) {
            news.push(told.recv_timeout(LIMIT).unwrap());
        }
        assert!(news.iter().any(|news| matches!(news, UpdateNews::Installed(_))), "{news:?}");
    }
}
