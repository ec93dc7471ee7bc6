//! Values that are one of a few words.

use ketang_hal::picture::{self, Size};
use ketang_protocol::directing::Mode;

use super::{Rule, read_by_rule};

read_by_rule! {
    DirectingMode;
    PowerLine;
    ProgrammeSize;
    RecordedSound;
    VerifiedTracks;
}

/// Types that are one of a few words.
macro_rules! choices {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $type {
            $($(#[$variant_doc])* $variant),*
        }

        impl Rule for $type {
            fn expected() -> String {
                format!("one of {}", [$(concat!("\"", $word, "\"")),*].join(", "))
            }
            fn from_text(text: &str) -> Result<Self, Option<String>> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(None),
                }
            }
        }
    )*};
}

choices! {
    /// The sizes that HB-3 allows.
    ProgrammeSize {
        #[default]
        FullHd = "1920x1080",
        Hd = "1280x720",
    }

    /// The mains, whose lamps flicker.
    PowerLine {
        #[default]
        Hz50 = "50hz",
        Hz60 = "60hz",
        Auto = "auto",
        Off = "off",
    }

    /// Who cuts (JX-6).
    DirectingMode {
        #[default]
        Automatic = "automatic",
        SemiAutomatic = "semi-automatic",
        Manual = "manual",
    }

    /// What lies on the two sound channels of the tracks.
    RecordedSound {
        /// The teacher on channel 1, the room and the computer on channel 2 (HB-2).
        #[default]
        Split = "split",
        /// Everything on both (HB-4).
        Mixed = "mixed",
    }

    /// What is decoded of the tracks beside the programme when a lesson is checked after its stop.
    VerifiedTracks {
        /// Every frame, as long as the next lesson does not need the machine.
        #[default]
        Whole = "whole",
        KeyFrames = "key-frames",
    }
}

impl From<DirectingMode> for Mode {
    fn from(mode: DirectingMode) -> Mode {
        match mode {
            DirectingMode::Automatic => Mode::Automatic,
            DirectingMode::SemiAutomatic => Mode::SemiAutomatic,
            DirectingMode::Manual => Mode::Manual,
        }
    }
}

impl From<PowerLine> for picture::PowerLine {
    fn from(mains: PowerLine) -> Self {
        match mains {
            PowerLine::Hz50 => Self::Hz50,
            PowerLine::Hz60 => Self::Hz60,
            PowerLine::Auto => Self::Auto,
            PowerLine::Off => Self::Off,
        }
    }
}

impl From<ProgrammeSize> for Size {
    fn from(size: ProgrammeSize) -> Size {
        match size {
            ProgrammeSize::FullHd => Size::FULL_HD,
            ProgrammeSize::Hd => Size::HD,
        }
    }
}
