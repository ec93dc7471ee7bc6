//! A drawn figure before it becomes a sprite.

/// A drawn figure: premultiplied RGBA, its size even, and where its corner lies from the model's ground point.
pub(super) struct Drawing {
    pub(super) rgba: Vec<u8>,
    pub(super) width: usize,
    pub(super) left: i32,
    pub(super) top: i32,
}

impl Drawing {
    /// The same drawing at twice the size, smoothed.
    pub(super) fn doubled(&self) -> Drawing {
        let (width, height) = (self.width, self.rgba.len() / 4 / self.width.max(1));
        let mut rgba = Vec::with_capacity(self.rgba.len() * 4);
        let mut mixed = vec![0u16; width * 4];
        for y in 0..2 * height {
            // Each new pixel lies a quarter of an old one from its own old one's middle.
            let other = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(height - 1) };
            let row = |y: usize| &self.rgba[y * width * 4..][..width * 4];
            for ((mixed, &own), &other) in mixed.iter_mut().zip(row(y / 2)).zip(row(other)) {
                *mixed = 3 * u16::from(own) + u16::from(other);
            }
            for x in 0..width {
                let (own, left, right) = (x * 4, x.saturating_sub(1) * 4, (x + 1).min(width - 1) * 4);
                for other in [left, right] {
                    rgba.extend((0..4).map(|channel| ((3 * mixed[own + channel] + mixed[other + channel]) / 16) as u8));
                }
            }
        }
        Drawing { rgba, width: 2 * width, left: 2 * self.left, top: 2 * self.top }
    }
}
