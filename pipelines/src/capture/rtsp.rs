//! Capture of network cameras over RTSP (JX-12: the host has a PoE switch).
//!
//! `gst-launch-1.0 rtspsrc location=rtsp://camera/stream latency=100 ! rtph264depay ! h264parse ! tee name=t
//! t. ! queue ! avdec_h264 ! videoconvertscale ! appsink   t. ! queue ! appsink`
//!
//! The second branch offers the camera's own H.264, so that it can be recorded as it comes.

use std::sync::mpsc::Receiver;

use gst::prelude::*;

use super::{CaptureSettings, Order, Stopped, live};
use crate::MediaError;
use crate::coded::{CodedBus, FrameOrder};
use crate::graph::{Graph, exists, make};

/// Room for packets that come late or in the wrong order, in milliseconds. On the host's own switch this is plenty.
const JITTER_MS: u32 = 100;
/// A camera that does not answer for this long is tried anew, in microseconds.
const SILENT_LIMIT_US: u64 = 3_000_000;

pub(super) struct Camera {
    pub(super) url: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

pub(super) fn run(settings: &CaptureSettings, camera: &Camera, inbox: &Receiver<Order>) -> Result<Stopped, MediaError> {
    let graph = Graph::new(format!("capture {}", settings.role));
    let source = make("rtspsrc")?;
    source.set_property("location", &camera.url);
    source.set_property("latency", JITTER_MS);
    source.set_property("timeout", SILENT_LIMIT_US);
    source.set_property("tcp-timeout", SILENT_LIMIT_US);
    source.set_property_from_str("protocols", "tcp");
    if let Some(user) = &camera.user {
        source.set_property("user-id", user);
    }
    if let Some(password) = &camera.password {
        source.set_property("user-pw", password);
    }
    graph.pipeline.add(&source).map_err(|error| graph.failed(error))?;

    // What follows the depayloader is built before the codec is known: parsebin finds it.
    let parse = make("parsebin")?;
    let tee = make("tee")?;
    tee.set_property("allow-not-linked", true);
    let decode = make("decodebin")?;
    let join = make("identity")?;
    graph.chain([&parse])?;
    let queue = make("queue")?;
    graph.chain([&tee, &queue, &decode])?;
    graph.chain([&join])?;
    live::into_lane(settings, &graph, &join)?;

    link_when_added(&source, &parse, "application/x-rtp", Some("video"));
    link_when_added(&parse, &tee, "video/", None);
    link_when_added(&decode, &join, "video/", None);
    if exists("h264parse") {
        offer_h264(settings, &graph, &parse, &tee)?;
    }
    live::run(settings, &graph, inbox)
}

/// Links the first pad of `from` whose caps begin with `kind` to `to`.
fn link_when_added(from: &gst::Element, to: &gst::Element, kind: &'static str, media: Option<&'static str>) {
    let to = to.downgrade();
    from.connect_pad_added(move |_, pad| {
        let Some(to) = to.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(structure) = caps.structure(0) else { return };
        let right_media = media.is_none_or(|media| structure.get::<&str>("media").is_ok_and(|have| have == media));
        let free = to.static_pad("sink").is_some_and(|sink| !sink.is_linked());
        if structure.name().starts_with(kind)
            && right_media
            && free
            && let Some(sink) = to.static_pad("sink")
            && let Err(error) = pad.link(&sink)
        {
            tracing::warn!(%error, pad = %pad.name(), "a camera's stream cannot be linked");
        }
    });
}

/// When the camera sends H.264, offers it encoded as it is.
fn offer_h264(
    settings: &CaptureSettings,
    graph: &Graph,
    parse: &gst::Element,
    tee: &gst::Element,
) -> Result<(), MediaError> {
    let pipeline = graph.pipeline.downgrade();
    let tee = tee.downgrade();
    let coded = settings.coded.clone();
    parse.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(tee)) = (pipeline.upgrade(), tee.upgrade()) else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        if caps.structure(0).is_none_or(|structure| structure.name() != "video/x-h264") {
            return;
        }
        if let Err(error) = offer_branch(&pipeline, &tee, &coded) {
            tracing::warn!(%error, "a camera's H.264 cannot be offered for recording; it will be encoded again");
        }
    });
    Ok(())
}

fn offer_branch(pipeline: &gst::Pipeline, tee: &gst::Element, coded: &CodedBus) -> Result<(), MediaError> {
    let queue = make("queue")?;
    let parser = make("h264parse")?;
    let coded = coded.clone();
    let arrived = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        coded.publish_sample(&sample, FrameOrder::AsSent);
        Ok(gst::FlowSuccess::Ok)
    };
    let sink = gst_app::AppSink::builder()
        .caps(&crate::coded::avc_caps())
        .sync(false)
        .callbacks(gst_app::AppSinkCallbacks::builder().new_sample(arrived).build())
        .build();
    let failed = |what: String| MediaError::Graph { graph: "network camera".into(), why: what };
    let elements = [&queue, &parser, sink.upcast_ref()];
    pipeline.add_many(elements).map_err(|error| failed(error.to_string()))?;
    gst::Element::link_many([tee, &queue, &parser, sink.upcast_ref()]).map_err(|error| failed(error.to_string()))?;
    for element in elements {
        element.sync_state_with_parent().map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}
