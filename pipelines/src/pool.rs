//! Memory for NV12 frames that is used again.

use gst::prelude::*;
use ketang_hal::picture::Size;

use crate::MediaError;

/// Bytes of an NV12 frame without padding.
pub(crate) fn nv12_bytes(size: Size) -> usize {
    (size.width * size.height * 3 / 2) as usize
}

/// Frames of one size; a frame's memory returns here when its last user drops it.
#[derive(Debug)]
pub(crate) struct FramePool {
    pool: gst::BufferPool,
}

impl FramePool {
    pub(crate) fn new(size: Size) -> Result<Self, MediaError> {
        let pool = gst::BufferPool::new();
        let mut config = pool.config();
        config.set_params(Some(&crate::graph::nv12_caps(size)), nv12_bytes(size) as u32, 0, 0);
        pool.set_config(config).map_err(no_memory)?;
        pool.set_active(true).map_err(no_memory)?;
        Ok(Self { pool })
    }

    /// A frame whose content is whatever was there before.
    pub(crate) fn take(&self) -> Result<gst::Buffer, MediaError> {
        self.pool.acquire_buffer(None).map_err(no_memory)
    }
}

impl Drop for FramePool {
    fn drop(&mut self) {
        let _ = self.pool.set_active(false);
    }
}

/// Frames of one painter that tell which of its frames they still hold. The oldest memory is used last, so that what a new
/// frame must change is little.
#[derive(Debug)]
pub(crate) struct Canvases {
    size: Size,
    canvases: Vec<Canvas>,
}

/// Memory that is lent out as copies of `frame`, which share it.
#[derive(Debug)]
pub(crate) struct Canvas {
    frame: gst::Buffer,
    /// The number of the frame that it holds, unaltered.
    pub(crate) holds: Option<u64>,
}

impl Canvases {
    pub(crate) fn new(size: Size) -> Self {
        Self { size, canvases: Vec::new() }
    }

    /// A canvas that nobody looks at any more.
    pub(crate) fn take(&mut self) -> Result<&mut Canvas, MediaError> {
        let free = self.canvases.iter().enumerate().filter(|(_, canvas)| canvas.is_free());
        let index = match free.max_by_key(|(_, canvas)| canvas.holds) {
            Some((index, _)) => index,
            None => {
                let frame = gst::Buffer::with_size(nv12_bytes(self.size)).map_err(no_memory)?;
                self.canvases.push(Canvas { frame, holds: None });
                self.canvases.len() - 1
            }
        };
        Ok(&mut self.canvases[index])
    }
}

impl Canvas {
    /// Whoever has a copy shares its memory, so nobody else may write there, and it can be seen whether anybody has one.
    fn is_free(&self) -> bool {
        self.frame.is_all_memory_writable()
    }

    /// The canvas's memory, for writing.
    pub(crate) fn map(&mut self) -> Result<gst::BufferMap<'_, gst::buffer::Writable>, MediaError> {
        self.frame.get_mut().expect("copies alone are given away").map_writable().map_err(no_memory)
    }

    /// What the canvas holds now.
    pub(crate) fn frame(&self) -> gst::Buffer {
        self.frame.copy()
    }
}

fn no_memory(error: impl ToString) -> MediaError {
    MediaError::Invalid(format!("no memory for frames: {}", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canvas_returns_with_what_it_holds_when_its_last_user_is_done() {
        gst::init().unwrap();
        let mut canvases = Canvases::new(Size { width: 64, height: 48 });
        let draw = |canvases: &mut Canvases, number: u8| {
            let canvas = canvases.take().unwrap();
            let before = canvas.holds.replace(number.into());
            canvas.map().unwrap().fill(number);
            (canvas.frame(), before)
        };
        let (first, nothing) = draw(&mut canvases, 1);
        let (second, nothing_either) = draw(&mut canvases, 2);
        assert_eq!((nothing, nothing_either), (None, None));
        // Others give the frame times of their own and pass it on.
        let mut passed_on = first.clone();
        passed_on.make_mut().set_pts(gst::ClockTime::SECOND);
        drop((first, second));
        let (third, before) = draw(&mut canvases, 3);
        assert_eq!(before, Some(2));
        assert!(passed_on.map_readable().unwrap().iter().all(|&byte| byte == 1));
        drop((passed_on, third));
        assert_eq!(canvases.take().unwrap().holds, Some(3));
        assert_eq!(canvases.canvases.len(), 2);
    }
}
