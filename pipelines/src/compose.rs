//! Draws several inputs into one picture, on GStreamer's own scaler.

use gst_video::{VideoConverter, VideoConverterConfig, VideoFrameRef, VideoInfo};
use ketang_hal::mark::Pane;
use ketang_hal::picture::Size;

use crate::MediaError;
use crate::graph::nv12_caps;
use crate::layout::{Fit, Layout};
use crate::pool::FramePool;

const BLACK_LUMA: u8 = 16;
const NEUTRAL_CHROMA: u8 = 128;

/// Draws pictures of one layout. Made anew when the layout changes.
pub(crate) struct Composer {
    size: Size,
    info: VideoInfo,
    panes: Vec<VideoConverter>,
    pool: FramePool,
}

impl Composer {
    pub(crate) fn new(layout: &Layout, size: Size) -> Result<Self, MediaError> {
        let info = VideoInfo::from_caps(&nv12_caps(size)).map_err(|error| MediaError::Invalid(error.to_string()))?;
        let panes = layout
            .panes
            .iter()
            .map(|pane| converter(&info, pane.on(size), pane.fit))
            .collect::<Result<_, MediaError>>()?;
        Ok(Self { size, info, panes, pool: FramePool::new(size)? })
    }

    /// Draws `inputs`, one a pane, into a new frame.
    pub(crate) fn compose(&self, inputs: &[gst::Buffer]) -> Result<gst::Buffer, MediaError> {
        let mut picture = self.pool.take()?;
        {
            let buffer = picture.get_mut().expect("a buffer fresh from the pool has one owner");
            blacken(buffer, self.size)?;
            let mut target = VideoFrameRef::from_buffer_ref_writable(buffer, &self.info).map_err(unmappable)?;
            for (converter, input) in self.panes.iter().zip(inputs) {
                let source = VideoFrameRef::from_buffer_ref_readable(input, &self.info).map_err(unmappable)?;
                converter.frame_ref(&source, &mut target);
            }
        }
        Ok(picture)
    }
}

fn unmappable(error: impl ToString) -> MediaError {
    MediaError::Invalid(format!("a frame cannot be mapped: {}", error.to_string()))
}

fn blacken(buffer: &mut gst::BufferRef, size: Size) -> Result<(), MediaError> {
    let mut map = buffer.map_writable().map_err(unmappable)?;
    let (luma, chroma) = map.split_at_mut((size.width * size.height) as usize);
    luma.fill(BLACK_LUMA);
    chroma.fill(NEUTRAL_CHROMA);
    Ok(())
}

/// Scales an input of the studio's size into `pane` and leaves the rest of the picture alone.
fn converter(info: &VideoInfo, pane: Pane, fit: Fit) -> Result<VideoConverter, MediaError> {
    let mut config = VideoConverterConfig::new();
    config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_fill_border(false);
    config.set_threads(1);
    let (source, target) = match fit {
        Fit::Contain => (whole(info), inside(info, pane)),
        Fit::Cover => (inside_out(info, pane), pane),
    };
    config.set_src_x(source.x as i32);
    config.set_src_y(source.y as i32);
    config.set_src_width(Some(source.width as i32));
    config.set_src_height(Some(source.height as i32));
    config.set_dest_x(target.x as i32);
    config.set_dest_y(target.y as i32);
    config.set_dest_width(Some(target.width as i32));
    config.set_dest_height(Some(target.height as i32));
    VideoConverter::new(info, info, Some(config)).map_err(|error| MediaError::Invalid(error.to_string()))
}

fn whole(info: &VideoInfo) -> Pane {
    Pane { x: 0, y: 0, width: info.width(), height: info.height() }
}

/// The largest part of `pane` that has the input's shape.
fn inside(info: &VideoInfo, pane: Pane) -> Pane {
    shaped(pane, info.width(), info.height())
}

/// The largest part of the input that has the pane's shape.
fn inside_out(info: &VideoInfo, pane: Pane) -> Pane {
    shaped(whole(info), pane.width, pane.height)
}

/// The largest rectangle of the shape `width`:`height` in the middle of `room`, on even borders.
fn shaped(room: Pane, width: u32, height: u32) -> Pane {
    let scale = f64::min(f64::from(room.width) / f64::from(width), f64::from(room.height) / f64::from(height));
    let even = |length: f64| ((length / 2.0).round() as u32) * 2;
    let (wide, high) =
        (even(f64::from(width) * scale).min(room.width), even(f64::from(height) * scale).min(room.height));
    Pane {
        x: room.x + (room.width - wide) / 4 * 2,
        y: room.y + (room.height - high) / 4 * 2,
        width: wide,
        height: high,
    }
}

/// Mixes `share` (0 to 256) of `b` into `a`, byte by byte, as a dissolve needs it.
pub(crate) fn dissolve(
    a: &gst::Buffer,
    b: &gst::Buffer,
    share: u16,
    pool: &FramePool,
) -> Result<gst::Buffer, MediaError> {
    let mut picture = pool.take()?;
    {
        let buffer = picture.get_mut().expect("a buffer fresh from the pool has one owner");
        let mut target = buffer.map_writable().map_err(unmappable)?;
        let (from, to) = (a.map_readable().map_err(unmappable)?, b.map_readable().map_err(unmappable)?);
        for ((target, &from), &to) in target.iter_mut().zip(from.iter()).zip(to.iter()) {
            *target = ((u16::from(from) * (256 - share) + u16::from(to) * share) >> 8) as u8;
        }
    }
    Ok(picture)
}
