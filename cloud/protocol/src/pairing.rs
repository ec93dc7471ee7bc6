//! What `ketang-admin` tells whoever stands at the host: where its pages are, and how to come in while nobody may make accounts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the host's pages are; `pages.json` in the runtime directory of `ketang-admin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Such as `https://192.168.1.20/`: an address that needs no name service, where there is one.
    pub address: String,
    /// Where they are too, such as `https://room-302/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// SHA-256 of the certificate, to compare with what the browser shows: `AB:CD:…`.
    pub certificate: String,
}

/// The code that makes the first account; `pairing.json` in the runtime directory of `ketang-admin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairingCode {
    pub code: String,
    /// When the code ends.
    pub until: Timestamp,
    /// As in [`Pages`].
    pub address: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    pub certificate: String,
}

impl PairingCode {
    /// The code as a person reads it, such as `ABCD-2345`. It may be typed with or without the hyphen.
    pub fn in_two(&self) -> String {
        let half = self.code.chars().count().div_ceil(2);
        let first: String = self.code.chars().take(half).collect();
        let second: String = self.code.chars().skip(half).collect();
        format!("{first}-{second}")
    }
}
