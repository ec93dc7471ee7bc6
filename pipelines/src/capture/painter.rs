//! Capture of a drawn source: a thread that paints each slot's frame when its time comes.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use ketang_hal::picture::{Nv12, Painted, Painter};
use ketang_hal::time::{MediaTime, SLOT_NS, Slot};

use super::{CaptureSettings, Order, Stopped, ordered};
use crate::MediaError;
use crate::pool::Canvases;

/// A painter that is this far behind skips frames, as a camera would whose host does not fetch them.
const SKIP_AFTER: u64 = 12;

pub(super) fn run(
    settings: &CaptureSettings,
    mut painter: Box<dyn Painter>,
    inbox: &Receiver<Order>,
) -> Result<Stopped, MediaError> {
    let size = painter.size();
    if size != settings.size {
        return Err(MediaError::Invalid(format!(
            "the painter draws {}×{}, the studio mixes {}×{}",
            size.width, size.height, settings.size.width, settings.size.height
        )));
    }
    let mut canvases = Canvases::new(size);
    // Cameras of a real room are not in phase with each other either; it also spreads the work over the slot.
    let phase = settings.role as u64 * SLOT_NS / 8;
    let mut slot = settings.clock.now().slot().next();
    loop {
        let due = MediaTime(slot.start().0 + phase);
        let wait = due.0.saturating_sub(settings.clock.now().0);
        if let Some(stopped) = ordered(inbox, Duration::from_nanos(wait)) {
            return Ok(stopped);
        }
        let now = settings.clock.now().slot();
        if now - slot > SKIP_AFTER {
            slot = now;
            continue;
        }
        paint(settings, painter.as_mut(), &mut canvases, slot, due)?;
        slot = slot.next();
    }
}

fn paint(
    settings: &CaptureSettings,
    painter: &mut dyn Painter,
    canvases: &mut Canvases,
    slot: Slot,
    due: MediaTime,
) -> Result<(), MediaError> {
    let canvas = canvases.take()?;
    let size = settings.size;
    let stride = size.width as usize;
    let before = canvas.holds;
    let painted = {
        let mut map = canvas.map()?;
        let (luma, chroma) = map.split_at_mut(stride * size.height as usize);
        painter.paint(slot.0, &mut Nv12 { size, stride, luma, chroma }, before)
    };
    if painted == Painted::Frame {
        canvas.holds = Some(slot.0);
        settings.entry.arrived(canvas.frame(), due);
    }
    Ok(())
}
