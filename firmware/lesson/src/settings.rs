//! How long a lesson may do what. The keys of the configuration's `[lesson]` table.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact;
use serde::{Deserialize, Serialize};

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// Durations are written as `10m`, `4h` or `1h 30m`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// A lesson that is paused for so long raises an alarm until somebody resumes or stops it.
    #[serde(with = "compact::required")]
    pub pause_nag: Duration,
    /// A lesson that is paused for so long goes on by itself. Absent: it stays paused.
    #[serde(with = "compact::optional", skip_serializing_if = "Option::is_none")]
    pub pause_auto_resume: Option<Duration>,
    /// A planned lesson that nobody stops is stopped so long after its planned end.
    #[serde(with = "compact::required")]
    pub overrun: Duration,
    /// A lesson without a planned end is stopped after so long, pauses counted.
    #[serde(with = "compact::required")]
    pub longest: Duration,
    /// After a power cut a lesson without a planned end goes on if the last sign of it is not older than this.
    #[serde(with = "compact::required")]
    pub resume_within: Duration,
    /// Tracks that have not closed so long after the stop are taken as they lie on disk.
    #[serde(with = "compact::required")]
    pub close_within: Duration,
    /// Finishing and verifying may take so long each, and the lesson's own length on top.
    #[serde(with = "compact::required")]
    pub finish_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pause_nag: minutes(3),
            pause_auto_resume: None,
            overrun: minutes(30),
            longest: minutes(4 * 60),
            resume_within: minutes(10),
            close_within: Duration::from_secs(30),
            finish_within: minutes(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_people_write_them_and_unknown_keys_are_refused() {
        let read = |text: &str| serde_json::from_str::<Settings>(text);
        let wanted = Settings { pause_auto_resume: Some(minutes(5)), longest: minutes(90), ..Settings::default() };
        assert_eq!(read(r#"{"pause-auto-resume": "5m", "longest": "1h 30m"}"#).unwrap(), wanted);
        assert!(read(r#"{"longest": "2 moons"}"#).is_err());
        assert!(read(r#"{"pause-nagg": "5m"}"#).is_err());
        let written = serde_json::to_string(&wanted).unwrap();
        assert_eq!(read(&written).unwrap(), wanted);
    }
}
