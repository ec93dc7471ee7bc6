//! Capture of V4L2 devices and of the test pattern.
//!
//! `gst-launch-1.0 v4l2src device=/dev/video0 ! image/jpeg,width=1920,height=1080 ! jpegdec ! videoconvertscale !
//! video/x-raw,format=NV12,width=1920,height=1080 ! appsink`

use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use gst::prelude::*;
use ketang_hal::picture::{Size, V4l2Format};
use ketang_hal::time::MediaTime;

use super::{CaptureSettings, LOOK_EVERY, Order, Stopped, ordered};
use crate::MediaError;
use crate::graph::{Ended, Graph, make, nv12_caps};

pub(super) struct V4l2 {
    pub(super) device: PathBuf,
    pub(super) format: V4l2Format,
    pub(super) size: Size,
    pub(super) fps: (u32, u32),
}

pub(super) fn v4l2(settings: &CaptureSettings, camera: &V4l2, inbox: &Receiver<Order>) -> Result<Stopped, MediaError> {
    let graph = Graph::new(format!("capture {}", settings.role));
    let source = make("v4l2src")?;
    source.set_property("device", camera.device.to_string_lossy().as_ref());
    let filter = make("capsfilter")?;
    filter.set_property("caps", device_caps(camera));
    graph.chain([&source, &filter])?;
    let last = decoded(&graph, camera.format, filter)?;
    into_lane(settings, &graph, &last)?;
    run(settings, &graph, inbox)
}

/// What gives raw pictures: a decoder behind `coded`, or `coded` itself where it already does.
fn decoded(graph: &Graph, format: V4l2Format, coded: gst::Element) -> Result<gst::Element, MediaError> {
    let decoder = match format {
        V4l2Format::Mjpeg => make("jpegdec")?,
        V4l2Format::H264 => make("avdec_h264")?,
        _ => return Ok(coded),
    };
    graph.chain([&coded, &decoder])?;
    Ok(decoder)
}

pub(super) fn pattern(settings: &CaptureSettings, inbox: &Receiver<Order>) -> Result<Stopped, MediaError> {
    let graph = Graph::new(format!("capture {}", settings.role));
    let source = make("videotestsrc")?;
    source.set_property("is-live", true);
    source.set_property_from_str("pattern", "smpte75");
    let filter = make("capsfilter")?;
    filter.set_property("caps", nv12_caps(settings.size));
    graph.chain([&source, &filter])?;
    into_lane(settings, &graph, &filter)?;
    run(settings, &graph, inbox)
}

fn device_caps(camera: &V4l2) -> gst::Caps {
    let size = camera.size;
    let fps = gst::Fraction::new(camera.fps.0 as i32, camera.fps.1.max(1) as i32);
    let raw = |format: &str| gst::Caps::builder("video/x-raw").field("format", format);
    let caps = match camera.format {
        V4l2Format::Nv12 => raw("NV12"),
        V4l2Format::Yuyv => raw("YUY2"),
        V4l2Format::Uyvy => raw("UYVY"),
        V4l2Format::I420 => raw("I420"),
        V4l2Format::Bgr3 => raw("BGR"),
        V4l2Format::Rgb3 => raw("RGB"),
        V4l2Format::Mjpeg => gst::Caps::builder("image/jpeg"),
        V4l2Format::H264 => gst::Caps::builder("video/x-h264"),
    };
    let caps = caps.field("width", size.width as i32).field("height", size.height as i32);
    // HDMI receivers tell a rate that need not be the one of the list; what comes is put on the grid anyway.
    if camera.fps.0 == 0 { caps.build() } else { caps.field("framerate", fps).build() }
}

/// Ends the graph: from `last`, which gives raw pictures of any kind, into the lane.
pub(super) fn into_lane(settings: &CaptureSettings, graph: &Graph, last: &gst::Element) -> Result<(), MediaError> {
    let queue = make("queue")?;
    queue.set_property("max-size-buffers", 3u32);
    queue.set_property_from_str("leaky", "downstream");
    // Progressive pictures go through it untouched; of the others one field a picture is left, which is 25 of the 50.
    let deinterlace = make("deinterlace")?;
    deinterlace.set_property_from_str("mode", "auto");
    deinterlace.set_property_from_str("fields", "top");
    deinterlace.set_property_from_str("method", "linear");
    let convert = make("videoconvertscale")?;
    convert.set_property("add-borders", true);
    let sink = frame_sink(settings);
    graph.chain([last, &queue, &deinterlace, &convert, sink.upcast_ref()])
}

fn frame_sink(settings: &CaptureSettings) -> gst_app::AppSink {
    let entry = settings.entry.clone();
    let clock = settings.clock.clone();
    let arrived = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        let running = sample
            .segment()
            .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
            .and_then(|segment| segment.to_running_time(buffer.pts()));
        let pts = running.map_or_else(|| clock.now(), |time| MediaTime(time.nseconds()));
        entry.arrived(buffer, pts);
        Ok(gst::FlowSuccess::Ok)
    };
    gst_app::AppSink::builder()
        .caps(&any_rate(settings.size))
        .sync(false)
        .max_buffers(2)
        .callbacks(gst_app::AppSinkCallbacks::builder().new_sample(arrived).build())
        .build()
}

/// NV12 at the studio's size and at whatever rate the source has.
pub(super) fn any_rate(size: Size) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::Nv12)
        .width(size.width as i32)
        .height(size.height as i32)
        .pixel_aspect_ratio(gst::Fraction::new(1, 1))
        .build()
}

/// Runs a live graph until it fails or is told otherwise.
pub(super) fn run(settings: &CaptureSettings, graph: &Graph, inbox: &Receiver<Order>) -> Result<Stopped, MediaError> {
    settings.clock.drive(&graph.pipeline);
    graph.play()?;
    loop {
        if let Some(stopped) = ordered(inbox, LOOK_EVERY) {
            return Ok(stopped);
        }
        match graph.ended() {
            None => {}
            Some(Ended::EndOfStream) => return Err(graph.failed("the source ended")),
            Some(Ended::Error(why)) => return Err(graph.failed(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel's test cameras give neither, so the graph begins with what encodes in their place.
    #[test]
    fn what_a_usb_camera_encodes_becomes_pictures() {
        gst::init().unwrap();
        const SIZE: Size = Size { width: 320, height: 180 };
        for (format, encoder) in [
            (V4l2Format::Mjpeg, "jpegenc"),
            (
                V4l2Format::H264,
                "x264enc tune=zerolatency ! capsfilter caps=video/x-h264,stream-format=byte-stream,alignment=au",
            ),
        ] {
            let camera =
                format!("videotestsrc num-buffers=5 ! video/x-raw,format=I420,width=320,height=180 ! {encoder}");
            let camera = gst::parse::bin_from_description(&camera, true).unwrap();
            let graph = Graph::new("a camera that encodes");
            let filter = make("capsfilter").unwrap();
            let camera_caps = device_caps(&V4l2 { device: "/dev/video0".into(), format, size: SIZE, fps: (0, 1) });
            filter.set_property("caps", camera_caps);
            let convert = make("videoconvertscale").unwrap();
            let sink = gst_app::AppSink::builder().caps(&any_rate(SIZE)).sync(false).build();
            graph.chain([camera.upcast_ref(), &filter]).unwrap();
            let last = decoded(&graph, format, filter).unwrap();
            graph.chain([&last, &convert, sink.upcast_ref()]).unwrap();
            graph.play().unwrap();
            let pictures = std::iter::from_fn(|| sink.pull_sample().ok()).count();
            assert_eq!(pictures, 5, "{format:?}: {:?}", graph.ended());
        }
    }
}
