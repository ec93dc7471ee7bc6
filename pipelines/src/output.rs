//! The programme on a screen in the room (JX-13).
//!
//! `gst-launch-1.0 appsrc is-live=true ! queue leaky=downstream ! videoconvertscale ! kmssink`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gst::prelude::*;
use ketang_hal::board::DisplayOutput;

use crate::MediaError;
use crate::graph::{Graph, make, nv12_caps};
use crate::studio::Studio;

/// Frames that may wait for the display; older ones are let go, so that the room sees what is now.
const WAITING_FRAMES: u32 = 2;

/// A running output; dropping it ends it.
pub struct Output {
    // Goes to `Null` when dropped.
    _graph: Graph,
    open: Arc<AtomicBool>,
}

impl Output {
    /// Shows the programme on `display`; `None` where there is none.
    pub fn open(studio: &Studio, display: &DisplayOutput) -> Result<Option<Self>, MediaError> {
        let sink = match display {
            DisplayOutput::None => return Ok(None),
            DisplayOutput::Window => make("autovideosink")?,
            DisplayOutput::Kms { driver, connector } => {
                let sink = make("kmssink")?;
                if let Some(driver) = driver {
                    sink.set_property("driver-name", driver);
                }
                if let Some(connector) = connector {
                    sink.set_property("connector-id", connector);
                }
                sink.set_property("sync", false);
                sink
            }
        };
        let graph = Graph::new("programme out");
        let source =
            gst_app::AppSrc::builder().caps(&nv12_caps(studio.size())).format(gst::Format::Time).is_live(true).build();
        let queue = make("queue")?;
        queue.set_property("max-size-buffers", WAITING_FRAMES);
        queue.set_property("max-size-bytes", 0u32);
        queue.set_property_from_str("leaky", "downstream");
        let convert = make("videoconvertscale")?;
        graph.chain([source.upcast_ref(), &queue, &convert, &sink])?;
        studio.clock().drive(&graph.pipeline);
        graph.play()?;
        let open = Arc::new(AtomicBool::new(true));
        let goes_on = open.clone();
        studio.take_programme(Box::new(move |frame| {
            let mut buffer = frame.buffer.copy();
            buffer.make_mut().set_pts(gst::ClockTime::from_nseconds(frame.slot.start().0));
            // A display that fails must not end the subscription of the others; its own ends with it.
            goes_on.load(Ordering::Relaxed) && source.push_buffer(buffer).is_ok()
        }));
        Ok(Some(Self { _graph: graph, open }))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.open.store(false, Ordering::Relaxed);
    }
}
