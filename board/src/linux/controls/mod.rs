//! A button, lamps and remote controls on Linux: GPIO lines through the character device, keys through evdev.
//!
//! `gpiocdev` rather than `rppal`: it works on every board whose kernel has the lines, a Raspberry Pi 5 among them (lines of
//! `pinctrl-rp1`), owns a line so that no other program can, debounces in the kernel, and is tested against `gpio-sim`. `rppal` writes
//! the chip's registers behind the kernel's back and is no longer maintained (since July 2025).

mod pins;
mod remote;

pub use pins::{Active, Bias, GpioButton, GpioLamp, LampPins, Line, Pins};
pub use remote::{RemoteControls, is_key};
