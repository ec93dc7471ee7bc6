//! The system's updates by RAUC, over D-Bus (<https://rauc.readthedocs.io/en/latest/reference.html#d-bus-api>), and the restart by
//! logind. What both allow is their own rules' matter; no program of ours runs as root for it.
//!
//! ```text
//! de.pengutronix.rauc.Installer   Info (every version has it), InstallBundle, Mark, GetSlotStatus, GetPrimary; Operation, Progress, LastError
//! org.freedesktop.login1.Manager  Reboot
//! ```

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ketang_hal::update::{Activity, Bundle, Installed, Slot, UpdateError, Updater};
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, Proxy, connection, proxy};
use zbus::names::BusName;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedValue, Value};

/// A bundle of the format `plain` is read whole before RAUC answers.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const RAUC: &str = "de.pengutronix.rauc";
const INSTALLER: &str = "de.pengutronix.rauc.Installer";
const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const IDLE: &str = "idle";
const WHOLE: i32 = 100;

/// The slots of `GetSlotStatus`, each with what is known of it.
type Statuses = Vec<(String, HashMap<String, OwnedValue>)>;

pub(super) struct Rauc {
    bus: Connection,
}

impl Rauc {
    /// `None` where the machine has no system bus, or no RAUC on it.
    pub(super) fn find() -> Option<Self> {
        let bus = connection::Builder::system().and_then(|bus| bus.method_timeout(ANSWER_LIMIT).build()).ok()?;
        let names = DBusProxy::new(&bus).ok()?;
        let runs = BusName::try_from(RAUC).is_ok_and(|name| names.name_has_owner(name).unwrap_or(false));
        // The bus starts it when it is asked.
        let can_run = || names.list_activatable_names().is_ok_and(|all| all.iter().any(|name| name.as_str() == RAUC));
        (runs || can_run()).then(|| Self { bus: bus.clone() })
    }

    fn of<'a>(&self, service: &'a str, path: &'a str, interface: &'a str) -> Result<Proxy<'a>, zbus::Error> {
        // What changes is asked for when it is wanted: nothing is remembered here.
        proxy::Builder::new(&self.bus)
            .destination(service)?
            .path(path)?
            .interface(interface)?
            .cache_properties(CacheProperties::No)
            .build()
    }

    fn rauc(&self) -> Result<Proxy<'_>, zbus::Error> {
        self.of(RAUC, "/", INSTALLER)
    }

    fn statuses(&self) -> Result<(String, Statuses, Option<String>), zbus::Error> {
        let rauc = self.rauc()?;
        let statuses = rauc.call("GetSlotStatus", &())?;
        // Not every boot loader tells which one is next.
        let next = rauc.call("GetPrimary", &()).ok();
        Ok((rauc.get_property("Compatible")?, statuses, next))
    }
}

impl Updater for Rauc {
    fn installed(&mut self) -> Result<Installed, UpdateError> {
        let (compatible, statuses, next) = self.statuses().map_err(away)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
        let mut slots: Vec<Slot> =
            statuses.into_iter().filter_map(|(name, status)| slot(name, &status, next.as_deref())).collect();
        slots.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Installed { compatible, slots, boot })
    }

    fn inspect(&mut self, bundle: &Path) -> Result<Bundle, UpdateError> {
        let told = self.rauc().and_then(|rauc| rauc.call("Info", &(text(bundle),)));
        let (compatible, version) = told.map_err(|error| match said(&error) {
            Some(why) => UpdateError::NotAccepted { bundle: bundle.to_owned(), why },
            None => away(error),
        })?;
        Ok(Bundle { compatible, version })
    }

    fn install(&mut self, bundle: &Path) -> Result<(), UpdateError> {
        let settings: HashMap<&str, Value<'_>> = HashMap::new();
        self.rauc().and_then(|rauc| rauc.call("InstallBundle", &(text(bundle), settings))).map_err(refused)
    }

    fn activity(&mut self) -> Result<Activity, UpdateError> {
        let ask = || -> Result<_, zbus::Error> {
            let rauc = self.rauc()?;
            let operation: String = rauc.get_property("Operation")?;
            let progress: (i32, String, i32) = rauc.get_property("Progress")?;
            Ok((operation, progress, rauc.get_property::<String>("LastError")?))
        };
        let (operation, (percent, step, _), error) = ask().map_err(away)?;
        Ok(activity(&operation, percent, step, error))
    }

    fn mark_good(&mut self) -> Result<(), UpdateError> {
        let marked = self.rauc().and_then(|rauc| rauc.call("Mark", &("good", "booted")));
        marked.map(|(_slot, _message): (String, String)| ()).map_err(refused)
    }

    fn restart(&mut self) -> Result<(), UpdateError> {
        // Nobody is there to be asked for a password.
        let interactive = false;
        let logind = self.of(LOGIND, "/org/freedesktop/login1", MANAGER);
        let told = logind.and_then(|logind| logind.call("Reboot", &(interactive,)));
        told.map_err(|error| UpdateError::NotRestarted { why: said(&error).unwrap_or_else(|| error.to_string()) })
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What the other side itself said, where it said anything.
fn said(error: &zbus::Error) -> Option<String> {
    let zbus::Error::MethodError(name, words, _) = error else { return None };
    // These are the bus's: the other side is not there, or was too slow.
    let of_bus = ["ServiceUnknown", "NoReply", "NameHasNoOwner", "Spawn", "Timeout", "Disconnected"];
    let of_bus =
        of_bus.iter().any(|end| name.strip_prefix("org.freedesktop.DBus.Error.").is_some_and(|is| is.starts_with(end)));
    (!of_bus).then(|| words.clone().unwrap_or_else(|| name.to_string()))
}

fn away(error: zbus::Error) -> UpdateError {
    UpdateError::Away { why: error.to_string() }
}

fn refused(error: zbus::Error) -> UpdateError {
    match said(&error) {
        Some(why) => UpdateError::Refused { why },
        None => away(error),
    }
}

fn activity(operation: &str, percent: i32, step: String, error: String) -> Activity {
    match operation {
        IDLE if !error.is_empty() => Activity::Idle(Some(Err(error))),
        // One that was started anew knows of no installation.
        IDLE => Activity::Idle((percent == WHOLE).then_some(Ok(()))),
        _ => Activity::Installing { percent: u8::try_from(percent.clamp(0, WHOLE)).unwrap_or_default(), step },
    }
}

/// What RAUC tells of a slot; `None` of one that is never booted, such as for data.
fn slot(name: String, status: &HashMap<String, OwnedValue>, next: Option<&str>) -> Option<Slot> {
    let told = |key: &str| status.get(key).and_then(|value| <&str>::try_from(value).ok()).map(str::to_owned);
    told("bootname")?;
    Some(Slot {
        is_booted: told("state").is_some_and(|state| state == "booted"),
        is_next: next == Some(name.as_str()),
        is_good: told("boot-status").map(|status| status == "good"),
        version: told("bundle.version"),
        installed: told("installed.timestamp"),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_has_ended_well_only_where_rauc_says_so() {
        let told = |operation, percent, error: &str| activity(operation, percent, "step".into(), error.into());
        assert_eq!(told("installing", 40, ""), Activity::Installing { percent: 40, step: "step".into() });
        assert_eq!(told("installing", -3, ""), Activity::Installing { percent: 0, step: "step".into() });
        assert_eq!(told("idle", 100, ""), Activity::Idle(Some(Ok(()))));
        assert_eq!(told("idle", 100, "no"), Activity::Idle(Some(Err("no".into()))));
        assert_eq!(told("idle", 0, ""), Activity::Idle(None), "it was started anew meanwhile");
    }

    #[test]
    fn a_slot_is_what_its_status_says() {
        let status = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), OwnedValue::try_from(Value::from(*value)).unwrap()));
            pairs.collect::<HashMap<_, _>>()
        };
        let booted =
            status(&[("bootname", "A"), ("state", "booted"), ("boot-status", "good"), ("bundle.version", "7")]);
        let slot_of = |status: &_| slot("rootfs.0".into(), status, Some("rootfs.1"));
        let expected = Slot {
            name: "rootfs.0".into(),
            is_booted: true,
            is_next: false,
            is_good: Some(true),
            version: Some("7".into()),
            installed: None,
        };
        assert_eq!(slot_of(&booted), Some(expected));
        assert_eq!(slot_of(&status(&[("state", "inactive"), ("class", "data")])), None);
        let odd = HashMap::from([("bootname".to_owned(), OwnedValue::try_from(Value::from(7_u32)).unwrap())]);
        assert_eq!(slot_of(&odd), None, "and no panic");
    }
}
