//! What a test's host is to be: a configuration file with the keys that the test is about.

use std::path::{Path, PathBuf};

use ketangd::config::{self, Config, Layer, Override};
use ketangd::settings::Settings;

use crate::{Turn, alone, beside_others};

const SIMULATED: &str = "[board]\nname = \"sim\"\n[sim]\nmarks = true\nbeeps = true\n";
/// A teacher at the podium who talks all the time: nothing changes in the picture by itself but people's small movements.
const TALK: &str = "length = 3600.0\n[[happening]]\nat = 0.1\ndo = \"teacher-speaks\"\n";
/// No screen, nobody who cuts but the test, and so little in reserve that any machine's temporary folder has it.
const PLACES: &str = "[programme]\noutput = \"none\"\n[directing]\nmode = \"manual\"\n[storage]\nreserve-mb = 16\n";

/// The configuration of a host on the simulated room, with frame numbers in every picture and a beep and flash in each second.
#[derive(Clone, Debug)]
pub struct HostSettings {
    base: String,
    keys: Vec<(String, String)>,
    script: Option<&'static str>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) boot_id: Option<PathBuf>,
    beside_others: bool,
}

impl HostSettings {
    /// A room with these inputs and no others, in which a teacher stands and talks. A machine with two cores carries one or two
    /// pictures in a test build.
    pub fn simulated(inputs: &[&str]) -> Self {
        Self { script: Some(TALK), ..Self::room() }.set("sim.inputs", format!("{inputs:?}"))
    }

    /// The whole room as it ships: five pictures and three sounds, with frame numbers and beeps.
    pub fn room() -> Self {
        let base = format!("{SIMULATED}{PLACES}");
        Self { base, keys: Vec::new(), script: None, environment: Vec::new(), boot_id: None, beside_others: false }
    }

    /// A Linux machine without any input yet.
    pub fn generic() -> Self {
        let base = format!(
            "[board]
name = \"generic\"
{PLACES}"
        );
        Self { base, keys: Vec::new(), script: None, environment: Vec::new(), boot_id: None, beside_others: false }
    }

    /// What happens in the room, instead of that talk.
    pub fn script(self, script: &'static str) -> Self {
        Self { script: Some(script), ..self }
    }

    /// Sets one more key; the value is TOML, or a bare string.
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.keys.push((key.into(), value.to_string()));
        self
    }

    /// Sets a variable of the daemon's environment.
    pub fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// The daemon reads the number of the machine's start in this file. Needs root.
    pub fn with_boot_id(mut self, file: PathBuf) -> Self {
        self.boot_id = Some(file);
        self
    }

    /// Another such host may run at the same time: nothing that the test asserts depends on how fast this one runs.
    pub fn beside_others(mut self) -> Self {
        self.beside_others = true;
        self
    }

    /// Waits until the machine has room for such a host.
    pub(crate) fn turn(&self) -> Turn {
        if self.beside_others { beside_others() } else { alone() }
    }

    /// The configuration as `ketangd` reads it, with its data and its socket in `folder`.
    pub fn config(&self, folder: &Path) -> Config {
        let overrides: Vec<Override> = self
            .overrides(folder)
            .iter()
            .map(|set| set.parse().expect("a key and a value with = between them"))
            .collect();
        config::load_text(Path::new("test.toml"), &self.base, &overrides).expect("the test's configuration is right")
    }

    /// The settings that lie in `folder`, over this configuration.
    pub(crate) fn saved(&self, folder: &Path) -> Settings {
        let flags = self.overrides(folder).iter().map(|set| set.parse().expect("a key and a value")).collect();
        let file = Layer { path: "test.toml".into(), text: self.base.clone() };
        Settings::beside(self.config(folder).host.data.as_path(), file, flags)
    }

    /// The part that stands in a file.
    pub(crate) fn file(&self) -> &str {
        &self.base
    }

    /// The part that is given with `--set`.
    pub(crate) fn overrides(&self, folder: &Path) -> Vec<String> {
        let own = |key: &str| self.keys.iter().any(|(other, _)| other == key);
        let mut places = vec![
            ("host.name", "test-room".to_owned()),
            ("host.data", place(folder, "data")),
            ("host.socket", place(folder, "socket")),
        ];
        if let Some(script) = self.script {
            let file = folder.join("script.toml");
            std::fs::write(&file, script).expect("the script can be written");
            places.push(("sim.script", format!("{file:?}")));
        }
        let places = places.into_iter().filter(|(key, _)| !own(key)).map(|(key, value)| format!("{key}={value}"));
        places.chain(self.keys.iter().map(|(key, value)| format!("{key}={value}"))).collect()
    }
}

fn place(folder: &Path, name: &str) -> String {
    format!("{:?}", folder.join(name))
}
