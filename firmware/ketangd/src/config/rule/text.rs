//! Names, paths, passwords and other strings.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ureq::http::Uri;

use super::{Rule, read_by_rule};

read_by_rule! {
    Name;
    Identifier;
    Text;
    Secret;
    AbsolutePath;
    Listen;
    WebAddress;
    LogFilter;
}

/// Types that hold a string which keeps a rule.
macro_rules! text_rules {
    ($($(#[$doc:meta])* $type:ident, $expected:literal, $keeps:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Rule for $type {
            fn expected() -> String {
                $expected.into()
            }
            fn from_text(text: &str) -> Result<Self, Option<String>> {
                let keeps: fn(&str) -> bool = $keeps;
                if keeps(text) { Ok(Self(text.to_owned())) } else { Err(None) }
            }
        }
    )*};
}

text_rules! {
    /// A name that people read: of a host, of a scene.
    Name, "a name of 1 to 40 characters on one line, without spaces at its ends", |text| {
        (1..=40).contains(&text.chars().count()) && text.trim() == text && !text.contains(char::is_control)
    };
    /// The name of a board or a layout.
    Identifier, "a name of small letters, digits and hyphens", |text| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    /// Any text of one line.
    Text, "a text of one line", |text| !text.is_empty() && !text.contains(char::is_control);
    /// Which log lines are written.
    LogFilter, "off, error, warn, info, debug or trace, or a list such as \"info,ketang_pipelines=debug\"", |text| {
        text.split(',').all(|part| {
            let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
            !level.is_empty() && level.parse::<tracing_subscriber::filter::LevelFilter>().is_ok()
        })
    };
}

impl Name {
    /// For defaults and for names that are made of roles.
    pub(in crate::config) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Identifier {
    pub(in crate::config) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".into())
    }
}

/// A password. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Rule for Secret {
    fn expected() -> String {
        "a password of one line".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        // A reason of its own, lest the error shows the password.
        let keeps = !text.is_empty() && !text.contains(char::is_control);
        if keeps { Ok(Self(text.to_owned())) } else { Err(Some("empty or not of one line".into())) }
    }
}

/// A path that means the same in every working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsolutePath(PathBuf);

impl AbsolutePath {
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// For flags, where a path may be relative to where the program was started.
    pub fn resolve(path: &Path) -> std::io::Result<Self> {
        std::path::absolute(path).map(Self)
    }

    pub(in crate::config) fn of(text: &str) -> Self {
        Self(text.into())
    }
}

impl Rule for AbsolutePath {
    fn expected() -> String {
        "an absolute path, such as /var/lib/ketang".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        if text.starts_with('/') && !text.contains(char::is_control) { Ok(Self(text.into())) } else { Err(None) }
    }
}

/// Where to listen on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(SocketAddr);

impl Listen {
    pub fn get(self) -> SocketAddr {
        self.0
    }
}

impl Rule for Listen {
    fn expected() -> String {
        "an address with a port, such as \"127.0.0.1:9150\"".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        text.parse().map(Self).map_err(|_| None)
    }
}

/// Where a server is reached by HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress(Uri);

impl WebAddress {
    pub fn get(&self) -> &Uri {
        &self.0
    }
}

impl Rule for WebAddress {
    fn expected() -> String {
        "an address of a server, such as \"https://platform.example/files/\"".into()
    }
    fn from_text(text: &str) -> Result<Self, Option<String>> {
        let uri: Uri = text.parse().map_err(|_| None)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(Some("a user and password do not belong into it".into()));
        }
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        if is_web && uri.host().is_some_and(|host| !host.is_empty()) { Ok(Self(uri)) } else { Err(None) }
    }
}
