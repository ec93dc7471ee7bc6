//! A display through the kernel's mode setting (DRM/KMS): two buffers of plain memory, turned like pages while nothing of them is on
//! its way to the screen, so a picture is seen whole or not at all.
//!
//! ```text
//!  picture ─► back buffer ─► page flip ─(next vertical blank)─► front buffer ─► CRTC ─► connector
//! ```
//!
//! Whoever shows on one display of a card is its master and the only one who can show on any. It draws nothing itself and knows
//! no GPU.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use drm::buffer::{Buffer as _, DrmFourcc};
use drm::control::connector::{self, State};
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{Device as _, Event, Mode, ModeTypeFlags, PageFlipFlags, crtc, framebuffer};
use ketang_hal::HalError;
use ketang_hal::panel::Display;
use ketang_hal::picture::Size;
use nix::libc::{EACCES, EPERM};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::device_error;
use super::light::Light;

/// A page is turned within one picture of the display: 42 ms at 24 Hz.
const FLIP_LIMIT: Duration = Duration::from_secs(1);

/// A card's device node.
struct Card(File);

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

impl Card {
    fn open(path: &Path) -> Result<Self, HalError> {
        let file = File::options().read(true).write(true).open(path);
        file.map(Self).map_err(|error| device_error(path, "cannot open", error))
    }

    /// Its connectors as they are now, after a look at each.
    fn connectors(&self) -> io::Result<Vec<connector::Info>> {
        let handles = self.resource_handles()?;
        handles.connectors().iter().map(|connector| self.get_connector(*connector, true)).collect()
    }

    /// The scan-out engine that a connector has, or a free one that it can have.
    fn crtc_for(&self, connector: &connector::Info) -> io::Result<Option<crtc::Handle>> {
        let handles = self.resource_handles()?;
        let used = |of: &connector::Info| {
            of.current_encoder().and_then(|encoder| self.get_encoder(encoder).ok()).and_then(|encoder| encoder.crtc())
        };
        if let Some(own) = used(connector) {
            return Ok(Some(own));
        }
        let others: Vec<_> =
            handles.connectors().iter().filter_map(|other| used(&self.get_connector(*other, false).ok()?)).collect();
        for encoder in connector.encoders() {
            let possible = handles.filter_crtcs(self.get_encoder(*encoder)?.possible_crtcs());
            if let Some(free) = possible.into_iter().find(|crtc| !others.contains(crtc)) {
                return Ok(Some(free));
            }
        }
        Ok(None)
    }
}

/// The cards of this machine, in the order of their numbers.
pub(super) fn cards() -> Vec<PathBuf> {
    let names = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let mut cards: Vec<(u32, PathBuf)> = names
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix("card")?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    cards.sort();
    cards.into_iter().map(|(_, path)| path).collect()
}

/// The names of the connectors of a card that a display is connected to.
pub(super) fn connected(card: &Path) -> Result<Vec<String>, HalError> {
    let connectors = Card::open(card)?.connectors().map_err(|error| device_error(card, "it has no displays", error))?;
    Ok(connectors.iter().filter(|one| is_connected(one)).map(ToString::to_string).collect())
}

fn is_connected(connector: &connector::Info) -> bool {
    connector.state() == State::Connected && !connector.modes().is_empty()
}

/// The mode that the display prefers, or its first.
fn best_mode(connector: &connector::Info) -> Option<Mode> {
    let preferred = |mode: &&Mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED);
    connector.modes().iter().find(preferred).or(connector.modes().first()).copied()
}

/// Memory that a display can show.
struct Page {
    memory: DumbBuffer,
    shown: framebuffer::Handle,
}

impl Page {
    fn new(card: &Card, size: Size) -> io::Result<Self> {
        let memory = card.create_dumb_buffer((size.width, size.height), DrmFourcc::Xrgb8888, 32)?;
        let shown = card.add_framebuffer(&memory, 24, 32)?;
        Ok(Self { memory, shown })
    }

    fn write(&mut self, card: &Card, picture: &[u32], width: usize) -> io::Result<()> {
        let stride = self.memory.pitch() as usize;
        let mut mapped = card.map_dumb_buffer(&mut self.memory)?;
        for (row, pixels) in mapped.chunks_exact_mut(stride).zip(picture.chunks_exact(width)) {
            for (bytes, pixel) in row.chunks_exact_mut(4).zip(pixels) {
                bytes.copy_from_slice(&pixel.to_le_bytes());
            }
        }
        Ok(())
    }
}

/// A display of a card, whose master this process is while it has it.
pub struct KmsDisplay {
    path: PathBuf,
    card: Card,
    connector: connector::Handle,
    crtc: crtc::Handle,
    mode: Mode,
    size: Size,
    millimetres: Option<Size>,
    pages: [Page; 2],
    /// The page to draw on next.
    back: usize,
    /// A page is being turned.
    turning: bool,
    /// At the last look.
    connected: bool,
    light: Light,
}

impl KmsDisplay {
    /// Shows black on a connector of the card: the one of this name, such as `HDMI-A-1`, or the first that a display is connected to.
    pub fn open(path: &Path, name: Option<&str>) -> Result<Self, HalError> {
        let failed = |what| move |error| device_error(path, what, error);
        let card = Card::open(path)?;
        let connectors = card.connectors().map_err(failed("it has no displays"))?;
        let wanted = |one: &&connector::Info| name.is_none_or(|name| one.to_string() == name) && is_connected(one);
        let Some(connector) = connectors.iter().find(wanted) else {
            return Err(HalError::NoDisplay { path: path.into(), connectors: tell(&connectors) });
        };
        let mode = best_mode(connector).expect("what is connected has modes");
        let size = Size { width: mode.size().0.into(), height: mode.size().1.into() };
        let crtc = card.crtc_for(connector).map_err(failed("cannot be asked"))?;
        let crtc = crtc.ok_or_else(|| HalError::Busy { path: path.into() })?;
        let page = || Page::new(&card, size).map_err(failed("it has no memory for pictures"));
        let pages = [page()?, page()?];
        let millimetres = connector.size().map(|(width, height)| Size { width, height });
        let connector = connector.handle();
        let light = Light::first();
        let display = Self {
            path: path.into(),
            card,
            connector,
            crtc,
            mode,
            size,
            millimetres,
            pages,
            back: 0,
            turning: false,
            connected: true,
            light,
        };
        display.set_mode(display.pages[1].shown)?;
        Ok(display)
    }

    fn set_mode(&self, page: framebuffer::Handle) -> Result<(), HalError> {
        let set = self.card.set_crtc(self.crtc, Some(page), (0, 0), &[self.connector], Some(self.mode));
        set.map_err(|error| match error.raw_os_error() {
            // The node could be opened, so what is missing is the mastery of the card, which another process has.
            Some(EACCES | EPERM) => HalError::Busy { path: self.path.clone() },
            _ => device_error(&self.path, "cannot show", error),
        })
    }

    /// Waits until the page that was turned last is seen.
    fn settle(&mut self) -> io::Result<()> {
        while self.turning {
            let limit = PollTimeout::try_from(FLIP_LIMIT).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.card.as_fd(), PollFlags::POLLIN)], limit) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => {
                    let mut events = self.card.receive_events()?;
                    self.turning = !events.any(|event| matches!(event, Event::PageFlip(_)));
                }
                Err(nix::errno::Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Looks whether the display's cable is in; true when it has come back, so that its mode must be set anew.
    fn has_come_back(&mut self) -> Result<bool, HalError> {
        let connector = self.card.get_connector(self.connector, false);
        let connector = connector.map_err(|error| device_error(&self.path, "cannot be asked", error))?;
        let before = std::mem::replace(&mut self.connected, connector.state() != State::Disconnected);
        let back = self.connected && !before;
        if back && !connector.modes().contains(&self.mode) {
            // Another display: everything is drawn for its size from the start.
            return Err(HalError::NoDisplay { path: self.path.clone(), connectors: tell(&[connector]) });
        }
        Ok(back)
    }
}

/// Connectors in words.
fn tell(connectors: &[connector::Info]) -> String {
    let state = |one: &connector::Info| match best_mode(one) {
        Some(mode) if is_connected(one) => format!("{one} shows {}×{}", mode.size().0, mode.size().1),
        _ => format!("{one} has no display"),
    };
    connectors.iter().map(state).collect::<Vec<_>>().join(", ")
}

impl Display for KmsDisplay {
    fn size(&self) -> Size {
        self.size
    }

    fn millimetres(&self) -> Option<Size> {
        self.millimetres
    }

    /// Returns when the picture is on its way; the next waits until it is seen.
    fn show(&mut self, picture: &[u32]) -> Result<(), HalError> {
        self.settle().map_err(|error| device_error(&self.path, "the display does not turn its pages", error))?;
        let back = self.has_come_back()?;
        let page = &mut self.pages[self.back];
        let written = page.write(&self.card, picture, self.size.width as usize);
        written.map_err(|error| device_error(&self.path, "cannot draw", error))?;
        let page = page.shown;
        if back || self.card.page_flip(self.crtc, page, PageFlipFlags::EVENT, None).is_err() {
            // The engine was switched off meanwhile, or cannot turn pages: this does both, if less smoothly.
            self.set_mode(page)?;
        } else {
            self.turning = true;
        }
        self.back = 1 - self.back;
        Ok(())
    }

    fn set_brightness(&mut self, percent: u8) -> Result<(), HalError> {
        self.light.set(percent)
    }
}
