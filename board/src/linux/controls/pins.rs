//! GPIO lines by chip and name: which ones a board has for its button and lamps, and these themselves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gpiocdev::chip::Chip;
use gpiocdev::line::{self, EdgeDetection, EdgeKind, Offset, Value};
use gpiocdev::request::{Builder, Request};
use ketang_hal::HalError;
use ketang_hal::controls::{Button, Lamp};
use serde::Deserialize;

use super::super::device_error;

/// So long the contacts of a button must rest: far longer than they bounce, and shorter than anybody notices.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// As the kernel names the owner of a line (`gpioinfo` shows it).
const CONSUMER: &str = "ketang";

/// The lines that a board has for its button and lamps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pins {
    /// Starts a lesson; held, stops it.
    pub button: Option<Line>,
    pub lamps: LampPins,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LampPins {
    pub recording: Option<Line>,
    pub paused: Option<Line>,
    pub fault: Option<Line>,
}

impl Pins {
    pub fn is_empty(&self) -> bool {
        let LampPins { recording, paused, fault } = &self.lamps;
        [&self.button, recording, paused, fault].into_iter().all(Option::is_none)
    }
}

/// One line of a GPIO chip.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The chip's label or device, such as `pinctrl-rp1` or `gpiochip0`; any chip where it is missing.
    #[serde(default)]
    pub chip: Option<String>,
    /// The line's name, such as `GPIO17`, or its number on the chip.
    pub line: String,
    #[serde(default)]
    pub active: Active,
    #[serde(default)]
    pub bias: Bias,
}

/// The level at which a button is pressed or a lamp lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Active {
    #[default]
    High,
    Low,
}

/// The chip's own resistor at a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bias {
    /// As it is.
    #[default]
    None,
    PullUp,
    PullDown,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.chip {
            Some(chip) => write!(f, "{chip}:{}", self.line),
            None => f.write_str(&self.line),
        }
    }
}

impl Line {
    /// Its chip and its number there.
    fn find(&self) -> Result<(PathBuf, Offset), HalError> {
        let chips = gpiocdev::chip::chips().unwrap_or_default();
        let mut denied = None;
        for path in chips {
            let chip = match Chip::from_path(&path) {
                Ok(chip) => chip,
                Err(error) => {
                    denied = Some(self.error("cannot open its chip", error));
                    continue;
                }
            };
            let Ok(about) = chip.info() else { continue };
            let device = path.to_string_lossy();
            let named = |name: &String| {
                *name == about.label
                    || *name == about.name
                    || Path::new(name) == path
                    || device.ends_with(&format!("/{name}"))
            };
            if self.chip.as_ref().is_some_and(|name| !named(name)) {
                continue;
            }
            // A bare number means nothing without a chip.
            let number = self.line.parse().ok().filter(|number| self.chip.is_some() && *number < about.num_lines);
            let numbered = || chip.line_info(number?).ok();
            if let Some(line) = chip.find_line_info(&self.line).or_else(numbered) {
                return if line.used {
                    Err(HalError::LineInUse { line: self.to_string(), by: line.consumer })
                } else {
                    Ok((path, line.offset))
                };
            }
        }
        Err(denied.unwrap_or_else(|| HalError::NoLine { line: self.to_string() }))
    }

    fn request(&self, set_up: impl FnOnce(&mut Builder)) -> Result<(Request, Offset), HalError> {
        let (chip, offset) = self.find()?;
        let mut builder = Request::builder();
        builder.on_chip(&chip).with_consumer(CONSUMER).with_line(offset);
        match self.active {
            Active::High => builder.as_active_high(),
            Active::Low => builder.as_active_low(),
        };
        set_up(&mut builder);
        match self.bias {
            Bias::None => {}
            Bias::PullUp => {
                builder.with_bias(line::Bias::PullUp);
            }
            Bias::PullDown => {
                builder.with_bias(line::Bias::PullDown);
            }
        }
        let request = builder.request().map_err(|error| self.error("cannot take the line", error))?;
        Ok((request, offset))
    }

    fn error(&self, what: &'static str, error: gpiocdev::Error) -> HalError {
        let name = format!("gpio:{self}");
        let source = match error {
            gpiocdev::Error::Os(error) => std::io::Error::from_raw_os_error(error.0),
            other => std::io::Error::other(other),
        };
        device_error(Path::new(&name), what, source)
    }
}

/// A push button at a line.
pub struct GpioButton {
    line: Line,
    request: Request,
}

impl GpioButton {
    pub fn open(line: &Line) -> Result<Self, HalError> {
        let (request, _) = line.request(|builder| {
            builder.as_input().with_edge_detection(EdgeDetection::BothEdges).with_debounce_period(DEBOUNCE);
        })?;
        Ok(Self { line: line.clone(), request })
    }
}

impl Button for GpioButton {
    fn next(&mut self, limit: Duration) -> Result<Option<bool>, HalError> {
        let read = || {
            let edge = self.request.wait_edge_event(limit)?.then(|| self.request.read_edge_event()).transpose()?;
            Ok(edge.map(|edge| edge.kind == EdgeKind::Rising))
        };
        read().map_err(|error| self.line.error("cannot be read", error))
    }
}

/// A lamp at a line.
pub struct GpioLamp {
    line: Line,
    request: Request,
    offset: Offset,
}

impl GpioLamp {
    pub fn open(line: &Line) -> Result<Self, HalError> {
        let (request, offset) = line.request(|builder| {
            builder.as_output(Value::Inactive);
        })?;
        Ok(Self { line: line.clone(), request, offset })
    }
}

impl Lamp for GpioLamp {
    fn set(&mut self, lit: bool) -> Result<(), HalError> {
        let value = if lit { Value::Active } else { Value::Inactive };
        self.request.set_value(self.offset, value).map_err(|error| self.line.error("cannot be set", error))
    }
}
