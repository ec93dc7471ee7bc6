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

fn no_memory(error: impl ToString) -> MediaError {
    MediaError::Invalid(format!("no memory for frames: {}", error.to_string()))
}
