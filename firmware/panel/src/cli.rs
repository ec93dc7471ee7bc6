//! The flags of the program.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use ketang_board::linux::panel::DisplayPlace;
use ketang_hal::panel::Rotation;
use ketang_hal::picture::Size;

/// The sizes that a page may have, in pixels: less holds no screen.
const LEAST: u32 = 480;
const MOST: u32 = 4096;

/// The touchscreen of a classroom host.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// The host's Unix socket
    #[arg(long, env = "KETANG_SOCKET", default_value = "/run/ketang/ketangd.sock", value_name = "FILE")]
    pub(crate) socket: PathBuf,

    /// Where the panel is shown: auto, /dev/dri/cardN, /dev/dri/cardN:CONNECTOR or /dev/fbN [default: auto]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) display: Option<DisplayPlace>,

    /// The touchscreen's event device, by its path or name [default: the first touchscreen]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) touch: Option<String>,

    /// How far the picture is turned clockwise, and touches with it: 0, 90, 180 or 270 [default: 0]
    #[arg(long, value_name = "DEGREES", value_parser = rotation)]
    pub(crate) rotate: Option<Rotation>,

    /// A file with the same, and the calibration of the touchscreen
    #[arg(long, default_value = "/etc/ketang/panel.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// Shows the panel in a browser page instead: whoever reaches this address may touch it
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with_all = ["display", "touch", "rotate"])]
    pub(crate) browser: Option<SocketAddr>,

    /// Shows the same panel in a browser page too, for IT to help: whoever reaches this address may touch it
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) assistance: Option<SocketAddr>,

    /// How large the page's panel is
    #[arg(long, default_value = "1280x800", value_name = "WIDTHxHEIGHT", value_parser = size, requires = "browser")]
    pub(crate) size: Size,

    /// Where the teacher's choices are kept
    #[arg(long, default_value = "/var/lib/ketang-panel/settings.toml", value_name = "FILE")]
    pub(crate) settings: PathBuf,

    /// A file with a PIN of 4 to 8 digits; without it there is no lock
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,

    /// A file with another PIN of 4 to 8 digits, for the settings of IT; without it the panel has none of these
    #[arg(long, value_name = "FILE")]
    pub(crate) it_pin_file: Option<PathBuf>,

    /// Where ketang-admin writes the code for IT's first access; where its pages are stands beside it, in `pages.json`
    #[arg(long, default_value = "/run/ketang-admin/pairing.json", value_name = "FILE")]
    pub(crate) pairing: PathBuf,

    /// A Chinese font [default: Noto Sans CJK where the system has it]
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Option<PathBuf>,
}

fn size(text: &str) -> Result<Size, String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let sides = sides.filter(|(width, height)| [width, height].iter().all(|side| (LEAST..=MOST).contains(*side)));
    let (width, height) = sides.ok_or_else(|| format!("write it as 1280x800, each side from {LEAST} to {MOST}"))?;
    Ok(Size { width, height })
}

fn rotation(text: &str) -> Result<Rotation, String> {
    text.parse().ok().and_then(Rotation::from_degrees).ok_or_else(|| "write it as 0, 90, 180 or 270".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers_that_hold_a_screen() {
        assert_eq!(size("1024x600"), Ok(Size { width: 1024, height: 600 }));
        for wrong in ["", "x", "1280", "1280x", "0x0", "1280x-800", "99999x99999", "4294967296x800"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_no_frame_buffer() {
        assert!(Cli::try_parse_from(["ketang-panel", "--browser", "127.0.0.1:0", "--size", "1024x600"]).is_ok());
        assert!(Cli::try_parse_from(["ketang-panel", "--browser", "127.0.0.1:0", "--display", "fb1"]).is_err());
        assert!(Cli::try_parse_from(["ketang-panel", "--browser", "127.0.0.1:0", "--rotate", "90"]).is_err());
        assert!(Cli::try_parse_from(["ketang-panel", "--size", "1024x600"]).is_err());
    }

    #[test]
    fn a_panel_is_turned_by_quarters() {
        let turned = |degrees| Cli::try_parse_from(["ketang-panel", "--rotate", degrees]).map(|cli| cli.rotate);
        assert_eq!(turned("270").unwrap(), Some(Rotation::ThreeQuarters));
        for wrong in ["45", "-90", "left", ""] {
            assert!(turned(wrong).is_err(), "{wrong}");
        }
    }
}
