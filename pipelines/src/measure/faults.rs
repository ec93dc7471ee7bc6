//! Counts the faults that libav finds while it decodes.
//!
//! libav conceals damage and hands out the frame as if it were whole; GStreamer passes on neither a flag nor a message. The one
//! place where it says what it found is its log, which GStreamer takes over as category `libav`. Our decoders run in the
//! thread that feeds them (`max-threads` 1), so a line belongs to the decoder that this thread fed last.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};

const MOST_TIMES: usize = 100;

/// What one decoder found.
#[derive(Default)]
pub(super) struct Faults(Mutex<Found>);

#[derive(Clone, Default)]
pub(super) struct Found {
    pub(super) count: u64,
    /// Seconds at which the first ones came.
    pub(super) at: Vec<f64>,
    now: f64,
}

impl Faults {
    pub(super) fn found(&self) -> Found {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

thread_local! {
    static MINE: RefCell<Option<Arc<Faults>>> = const { RefCell::new(None) };
}

/// Says that this thread now decodes what is shown `at` seconds, on behalf of `faults`.
pub(super) fn decoding(faults: &Arc<Faults>, at: Option<f64>) {
    if let Some(at) = at {
        faults.lock().now = at;
    }
    MINE.with_borrow_mut(|mine| {
        if !mine.as_ref().is_some_and(|mine| Arc::ptr_eq(mine, faults)) {
            *mine = Some(faults.clone());
        }
    });
}

/// Listens to libav from now on.
pub(super) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Raising the threshold would also print every line; whoever set GST_DEBUG wants that, nobody else does.
        if std::env::var_os("GST_DEBUG").is_none() {
            gst::log::remove_default_log_function();
        }
        gst::log::add_log_function(|category, level, _, _, _, _, _| {
            if level == gst::DebugLevel::Error && category.name() == "libav" {
                MINE.with_borrow(|mine| {
                    if let Some(faults) = mine {
                        note(faults);
                    }
                });
            }
        });
        let loud_enough =
            gst::DebugCategory::get("libav").is_some_and(|category| category.threshold() >= gst::DebugLevel::Error);
        if !loud_enough {
            gst::log::set_threshold_for_name("libav", gst::DebugLevel::Error);
        }
    });
}

fn note(faults: &Faults) {
    let mut found = faults.lock();
    found.count += 1;
    let now = found.now;
    if found.at.len() < MOST_TIMES && found.at.last() != Some(&now) {
        found.at.push(now);
    }
}
