//! The picture that stands in for a lost input: "无信号 · No signal" and the input's name in both languages.
//!
//! `gst-launch-1.0 videotestsrc num-buffers=1 pattern=solid-color ! textoverlay text=… ! videoconvert ! appsink`

use gst::prelude::*;
use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;

use crate::MediaError;
use crate::graph::{Graph, make, nv12_caps};

const BACKGROUND_ARGB: u32 = 0xff1c_2733;
const DRAWN_WITHIN: gst::ClockTime = gst::ClockTime::from_seconds(20);

/// Draws the slate of `role`.
pub(crate) fn draw(role: PictureRole, size: Size) -> Result<gst::Buffer, MediaError> {
    let graph = Graph::new(format!("slate {role}"));
    let source = make("videotestsrc")?;
    source.set_property_from_str("pattern", "solid-color");
    source.set_property("foreground-color", BACKGROUND_ARGB);
    source.set_property("num-buffers", 1);
    let wanted = make("capsfilter")?;
    wanted.set_property("caps", nv12_caps(size));
    let headline = text("无信号 · No signal", "Noto Sans CJK SC Bold 44", -0.06)?;
    let name = text(&format!("{} · {}", role.chinese(), role.english()), "Noto Sans CJK SC 26", 0.06)?;
    let convert = make("videoconvert")?;
    let sink = gst_app::AppSink::builder().caps(&nv12_caps(size)).sync(false).build();
    graph.chain([&source, &wanted, &headline, &name, &convert, sink.upcast_ref()])?;
    graph.play()?;
    sink.try_pull_sample(DRAWN_WITHIN)
        .and_then(|sample| sample.buffer_owned())
        .ok_or_else(|| graph.failed("nothing was drawn"))
}

/// A line of text in the middle of the picture, moved by `down` of its height.
fn text(words: &str, font: &str, down: f64) -> Result<gst::Element, MediaError> {
    let overlay = make("textoverlay")?;
    overlay.set_property("text", words);
    overlay.set_property("font-desc", font);
    overlay.set_property_from_str("halignment", "center");
    overlay.set_property_from_str("valignment", "position");
    overlay.set_property("xpos", 0.5f64);
    overlay.set_property("ypos", 0.5 + down);
    overlay.set_property("draw-outline", false);
    Ok(overlay)
}
