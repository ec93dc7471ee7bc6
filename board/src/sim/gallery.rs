//! Sprites that were made: each is made when it is first needed and then kept. Knows how a thing is drawn, not where it is.

use std::collections::HashMap;
use std::sync::Arc;

use tiny_skia::{FillRule, Paint, Pixmap, Shader, Transform};

use super::blit::{Plate, Sprite};
use super::body;
use super::cameras::Seen;
use super::easel::{colour, soft_patch};
use super::lettering;
use super::looks::Look;
use super::plan;
use super::sculpt;
use super::slides;
use super::space::chance;

/// Sprites of people that one camera keeps, in bytes, before it forgets those not used lately. The lesson that is played when
/// no other script is given needs less.
const KEPT_BYTES: usize = 96 << 20;
/// Frames after which a sprite counts as not used lately.
const LATELY: u64 = 250;

/// What one camera has needed so far, besides its background.
#[derive(Default)]
pub(super) struct Gallery {
    people: HashMap<Seen, Kept>,
    bytes: usize,
    pub(super) slides: HashMap<usize, Arc<Plate>>,
    pub(super) chalk: HashMap<(usize, String), Arc<Sprite>>,
    pub(super) furniture: HashMap<Furniture, Stand>,
    pub(super) shadows: HashMap<u16, Arc<Sprite>>,
    pub(super) spot: Option<Arc<Sprite>>,
}

struct Kept {
    sprite: Arc<Sprite>,
    used: u64,
}

/// What stands in the room so that somebody can be behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Furniture {
    Lectern,
    Desks(usize),
}

/// A piece of furniture, and where its corner lies in the camera's whole picture.
#[derive(Clone)]
pub(super) struct Stand {
    pub(super) sprite: Arc<Sprite>,
    pub(super) left: i32,
    pub(super) top: i32,
}

impl Gallery {
    pub(super) fn has(&self, seen: &Seen) -> bool {
        self.people.contains_key(seen)
    }

    /// The sprite of somebody, for frame `number`.
    pub(super) fn person(&mut self, seen: Seen, number: u64) -> Option<Arc<Sprite>> {
        let kept = self.people.get_mut(&seen)?;
        kept.used = kept.used.max(number);
        Some(kept.sprite.clone())
    }

    pub(super) fn keep(&mut self, seen: Seen, sprite: Sprite, number: u64) -> Arc<Sprite> {
        // Two may have made it at the same time.
        let bytes = &mut self.bytes;
        let kept = self.people.entry(seen).or_insert_with(|| {
            *bytes += sprite.bytes();
            Kept { sprite: Arc::new(sprite), used: number }
        });
        kept.sprite.clone()
    }

    /// Makes room when there is too much.
    pub(super) fn forget(&mut self, number: u64) {
        if self.bytes > KEPT_BYTES {
            self.people.retain(|_, kept| number.abs_diff(kept.used) < LATELY);
            self.bytes = self.people.values().map(|kept| kept.sprite.bytes()).sum();
        }
    }
}

pub(super) fn sprite_of(pixmap: &Pixmap) -> Sprite {
    Sprite::new(pixmap.data(), pixmap.width() as usize, 0, 0)
}

/// Draws somebody as a camera sees them.
pub(super) fn figure(seed: u64, seen: &Seen) -> Sprite {
    let look = Look::of(seed, seen.figure.who);
    let model = body::body(look, &seen.figure.pose(look.scale), seen.figure.at_desk() && seen.sees_backs());
    let drawing = sculpt::draw(&model, seen.view());
    let drawing = if seen.doubled() { drawing.doubled() } else { drawing };
    Sprite::new(&drawing.rgba, drawing.width, drawing.left, drawing.top)
}

/// A slide as the projector throws it: a little pale.
pub(super) fn projected(slide: usize, (width, height): (u32, u32)) -> Plate {
    let mut pixmap = slides::draw(slide, width, height);
    let all = tiny_skia::Rect::from_xywh(0.0, 0.0, width as f32, height as f32).expect("a screen has a size");
    let paint = Paint { shader: Shader::SolidColor(colour([236, 240, 246, 26])), ..Paint::default() };
    pixmap.fill_rect(all, &paint, Transform::identity(), None);
    Plate::new(&pixmap, 0.8)
}

/// The soft shadow under somebody's feet.
pub(super) fn shadow(scale: f32) -> Sprite {
    let (wide, high) = ((scale * 0.36) as u32 * 2, (scale * 0.11) as u32 * 2);
    let (wide, high) = (wide.max(2), high.max(2));
    let mut pixmap = Pixmap::new(wide, high).expect("a shadow has a size");
    let (x, y) = (wide as f32 / 2.0, high as f32 / 2.0);
    soft_patch(&mut pixmap, x, y, x, y, [24, 18, 12, 150]);
    Sprite::new(pixmap.data(), wide as usize, -(wide as i32 / 2), -(high as i32 / 2) - (scale * 0.02) as i32)
}

/// A line of writing, its base line's left end the anchor; chalk is thin, crooked and broken.
pub(super) fn chalk(text: &str, line: usize, scale: f32) -> Sprite {
    let size = plan::CHALK_SIZE * scale;
    let width = ((lettering::width(text) * size) as u32 + 8).next_multiple_of(2);
    let (above, below) = ((size * 1.1) as u32 & !1, ((size * 0.35) as u32).next_multiple_of(2));
    let mut pixmap = Pixmap::new(width, above + below).expect("a line has a size");
    let mut x = 0.0;
    for (index, letter) in text.chars().enumerate() {
        let dice = |place: u64| chance(0xc4a1 + line as u64, index as u64 * 4 + place) - 0.5;
        let advance = lettering::advance(letter) * size;
        if let Some(path) = lettering::letter(letter, 0.0, 0.0, size * (0.93 + 0.08 * dice(0)), lettering::Weight::Thin)
        {
            let crooked = Transform::from_row(
                1.0,
                0.05 * dice(1),
                0.06 * dice(2) - 0.08,
                1.0,
                x,
                above as f32 + 0.05 * size * dice(3),
            );
            let paint = Paint {
                shader: Shader::SolidColor(colour([240, 242, 236, 226])),
                anti_alias: true,
                ..Paint::default()
            };
            pixmap.fill_path(&path, &paint, FillRule::Winding, crooked, None);
        }
        x += advance;
    }
    // The board's grain takes chalk here and there only.
    for (index, pixel) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
        let keep = 0.62 + 0.38 * chance(0x9a1, index as u64);
        pixel.iter_mut().for_each(|channel| *channel = (f32::from(*channel) * keep) as u8);
    }
    Sprite::new(pixmap.data(), width as usize, 0, -(above as i32))
}
