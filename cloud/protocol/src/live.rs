//! Live small pictures: which there are, as paths, streams and screens name them.

use std::fmt;
use std::str::FromStr;

use ketang_hal::role::PictureRole;

/// A picture that moves on panels and pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    Programme,
    Input(PictureRole),
}

impl Feed {
    /// `programme`, or the role of an input.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Input(role) => role.as_str(),
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Feed {
    type Err = <PictureRole as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "programme" { Ok(Self::Programme) } else { text.parse().map(Self::Input) }
    }
}
