//! The computer's picture at the HDMI input: the slide, the pointer, and what moves on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, Role};
use ketang_hal::time::FRAMES_PER_SECOND;

use super::blit::{Laying, Plate, Sprite};
use super::collage::{Album, Collage, Cutting};
use super::room::Shared;
use super::slides;

const POINTER_SIZE: u32 = 36;
const SPOT_SIZE: u32 = 64;

/// The computer's slides, drawn as they are needed.
#[derive(Default)]
pub(super) struct Desktop {
    slides: Mutex<HashMap<usize, Arc<Plate>>>,
}

impl Desktop {
    fn slide(&self, slide: usize) -> Arc<Plate> {
        let Size { width, height } = Size::FULL_HD;
        let mut slides = self.slides.lock().unwrap_or_else(PoisonError::into_inner);
        let draw = || Arc::new(Plate::new(&slides::draw(slide, width, height), 0.0));
        slides.entry(slide).or_insert_with(draw).clone()
    }
}

pub(super) struct Computer {
    shared: Arc<Shared>,
    desktop: Arc<Desktop>,
    pointer: Arc<Sprite>,
    spot: Arc<Sprite>,
    album: Album,
}

impl Computer {
    pub(super) fn new(shared: Arc<Shared>, desktop: Arc<Desktop>) -> Computer {
        let pointer = Sprite::new(slides::pointer_shape(POINTER_SIZE).data(), POINTER_SIZE as usize, 0, 0);
        let half = -(SPOT_SIZE as i32 / 2);
        let spot = Sprite::new(slides::spot_shape(SPOT_SIZE).data(), SPOT_SIZE as usize, half, half);
        Computer { shared, desktop, pointer: Arc::new(pointer), spot: Arc::new(spot), album: Album::default() }
    }
}

impl Painter for Computer {
    fn size(&self) -> Size {
        Size::FULL_HD
    }

    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>, before: Option<u64>) -> Painted {
        self.shared.seen(number);
        let story = self.shared.with_course(|course| course.story(number as f64 / FRAMES_PER_SECOND as f64));
        if story.unplugged.contains(&Role::Picture(PictureRole::Hdmi)) {
            return Painted::Nothing;
        }
        let mut collage = Collage::over(self.desktop.slide(story.slide), 0, 0);
        let since = story.now - story.slide_since;
        let size = picture.size;
        let mut add = |sprite: &Arc<Sprite>, (x, y): (f32, f32)| {
            let (x, y) = ((x * size.width as f32) as i32, (y * size.height as f32) as i32);
            collage.add(Cutting::Sprite(sprite.clone(), Laying::PLAIN), x, y, 0.0);
        };
        if let Some(spot) = slides::spot(story.slide, since) {
            add(&self.spot, spot);
        }
        add(&self.pointer, slides::pointer(story.slide, since));
        self.album.draw(number, collage, before, picture);
        if self.shared.settings.marks {
            mark::paint(number, picture);
        }
        Painted::Frame
    }
}
