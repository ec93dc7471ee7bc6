//! Puts a camera's frames together: the background, the screen and the chalk, and the people from far to near.
//!
//! Sprites are made when they are first needed and then kept, so that a frame costs copies only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, Role};
use ketang_hal::time::FRAMES_PER_SECOND;
use tiny_skia::{FillRule, Paint, Pixmap, Shader, Transform};

use super::blit::{Clip, Plate, Sprite, Tone};
use super::body;
use super::cameras::{Camera, Seen};
use super::easel::{colour, soft_patch};
use super::lettering;
use super::looks::{Look, TEACHER};
use super::plan::{self, SCREEN};
use super::room::Shared;
use super::scene::{Person, Scene};
use super::scenery;
use super::sculpt;
use super::slides;
use super::space::{chance, v3};

/// Sprites of people that one camera keeps, in bytes, before it forgets those not used lately.
const KEPT_BYTES: usize = 160 << 20;
/// Frames after which a sprite counts as not used lately.
const LATELY: u64 = 250;

/// What one camera sees whenever it looks, shared by all who look through it.
pub(super) struct Studio {
    camera: Camera,
    bright: Plate,
    dark: OnceLock<Plate>,
    /// Held while a frame is drawn.
    gallery: Mutex<Gallery>,
}

#[derive(Default)]
struct Gallery {
    people: HashMap<(Seen, bool), Kept>,
    bytes: usize,
    chalk: HashMap<(usize, String), Sprite>,
    slides: HashMap<usize, Plate>,
    lectern: HashMap<bool, Sprite>,
    shadow: HashMap<u16, Sprite>,
    spot: Option<Sprite>,
}

struct Kept {
    sprite: Sprite,
    used: u64,
}

/// Cuts a pixmap to what is painted of it and makes it a sprite whose anchor is the pixmap's top left corner.
fn sprite_of(pixmap: &Pixmap, tone: Option<&Tone>) -> Sprite {
    Sprite::new(pixmap.data(), pixmap.width() as usize, 0, 0, tone)
}

impl Studio {
    pub(super) fn new(camera: Camera) -> Studio {
        let bright = Plate::new(&scenery::paint(&camera), 1.6);
        Studio { camera, bright, dark: OnceLock::new(), gallery: Mutex::default() }
    }

    fn plate(&self, light: bool) -> &Plate {
        if light { &self.bright } else { self.dark.get_or_init(|| self.bright.toned(&Tone::lamps_off())) }
    }

    fn draw(&self, seed: u64, scene: &Scene, window: (i32, i32), number: u64, frame: &mut Nv12<'_>) {
        let story = &scene.story;
        self.plate(story.light).fill(window.0 as usize, window.1 as usize, frame);
        let mut gallery = self.gallery.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.camera.turned {
            self.draw_screen(&mut gallery, scene, window, frame);
            self.draw_chalk(&mut gallery, scene, window, frame);
        }
        let mut people: Vec<&Person> = scene.people.iter().filter(|person| self.camera.sees(person)).collect();
        let depth = |person: &Person| if self.camera.turned { -person.at.y } else { person.at.y };
        people.sort_by(|a, b| depth(a).total_cmp(&depth(b)));
        let mut lectern = !self.camera.turned;
        for person in people {
            if lectern && person.at.y > plan::LECTERN_BACK {
                self.draw_lectern(&mut gallery, story.light, window, frame);
                lectern = false;
            }
            self.draw_person(&mut gallery, seed, person, story.light, window, number, frame);
        }
        gallery.forget(number);
    }

    fn place(&self, at: super::space::V3, window: (i32, i32)) -> (i32, i32) {
        let (u, v) = self.camera.project(at);
        (u.round() as i32 - window.0, v.round() as i32 - window.1)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one frame")]
    fn draw_person(
        &self,
        gallery: &mut Gallery,
        seed: u64,
        person: &Person,
        light: bool,
        window: (i32, i32),
        number: u64,
        frame: &mut Nv12<'_>,
    ) {
        let (x, y) = self.place(person.at, window);
        let scale = self.camera.scale(person.at.y);
        let reach = (scale * 1.0) as i32;
        if x < -reach
            || x > frame.size.width as i32 + reach
            || y < -8
            || y - (scale * 2.3) as i32 > frame.size.height as i32
        {
            return;
        }
        if person.who == TEACHER {
            let shadow =
                gallery.shadow.entry(scale as u16 / 8 * 8).or_insert_with_key(|&scale| shadow(f32::from(scale)));
            shadow.lay(x, y, Clip::NONE, frame);
        }
        let seen = self.camera.view(person);
        let Gallery { people, bytes, .. } = gallery;
        let kept = people.entry((seen, light)).or_insert_with(|| {
            let sprite = draw_figure(seed, &seen, light);
            *bytes += sprite.bytes();
            Kept { sprite, used: number }
        });
        kept.used = number;
        kept.sprite.lay(x, y, Clip::NONE, frame);
    }

    fn draw_lectern(&self, gallery: &mut Gallery, light: bool, window: (i32, i32), frame: &mut Nv12<'_>) {
        let (left, top) =
            self.camera.project(v3(plan::LECTERN_LEFT - 0.15, plan::LECTERN_FRONT, plan::LECTERN_TOP + 0.45));
        let (right, bottom) = self.camera.project(v3(plan::LECTERN_RIGHT + 0.15, plan::LECTERN_FRONT, -0.05));
        let (left, top) = (left as i32 & !1, top as i32 & !1);
        let size = ((right as i32 - left) as u32 & !1, (bottom as i32 - top) as u32 & !1);
        let sprite = gallery.lectern.entry(light).or_insert_with(|| {
            let pixmap = scenery::lectern(&self.camera.part((left, top), size));
            sprite_of(&pixmap, (!light).then(Tone::lamps_off).as_ref())
        });
        sprite.lay(left - window.0, top - window.1, Clip::NONE, frame);
    }

    fn draw_screen(&self, gallery: &mut Gallery, scene: &Scene, window: (i32, i32), frame: &mut Nv12<'_>) {
        let (left, top) = self.place(v3(SCREEN.left, 0.03, SCREEN.top), window);
        let (right, bottom) = self.place(v3(SCREEN.right, 0.03, SCREEN.bottom), window);
        if right <= 0 || left >= frame.size.width as i32 || bottom <= 0 {
            return;
        }
        let size = (((right - left) as u32).next_multiple_of(2), ((bottom - top) as u32).next_multiple_of(2));
        let story = &scene.story;
        let slide = gallery.slides.entry(story.slide).or_insert_with(|| projected(story.slide, size));
        slide.lay(left, top, frame);
        if let Some((x, y)) = slides::spot(story.slide, story.now - story.slide_since) {
            let across = (size.0 / 30).next_multiple_of(2);
            let spot = gallery.spot.get_or_insert_with(|| sprite_of(&slides::spot_shape(across), None));
            let half = across as f32 / 2.0;
            let at = |from: i32, length: u32, share: f32| from + (length as f32 * share - half) as i32;
            spot.lay(at(left, size.0, x), at(top, size.1, y), Clip::NONE, frame);
        }
    }

    fn draw_chalk(&self, gallery: &mut Gallery, scene: &Scene, window: (i32, i32), frame: &mut Nv12<'_>) {
        let scale = self.camera.scale(0.02);
        for (index, line) in scene.story.board.iter().enumerate() {
            let width = line.width(scene.story.now);
            let (left, base) = self.place(v3(plan::CHALK_LEFT, 0.02, plan::CHALK_LINES[index]), window);
            if width <= 0.0 || base < 0 || left > frame.size.width as i32 {
                continue;
            }
            let sprite =
                gallery.chalk.entry((index, line.text.clone())).or_insert_with(|| chalk(&line.text, index, scale));
            let right = left + (width * scale) as i32;
            sprite.lay(left, base, Clip { right, ..Clip::NONE }, frame);
        }
    }
}

impl Gallery {
    fn forget(&mut self, number: u64) {
        if self.bytes > KEPT_BYTES {
            self.people.retain(|_, kept| number.abs_diff(kept.used) < LATELY);
            self.bytes = self.people.values().map(|kept| kept.sprite.bytes()).sum();
        }
    }
}

fn draw_figure(seed: u64, seen: &Seen, light: bool) -> Sprite {
    let look = Look::of(seed, seen.figure.who);
    let model = body::body(look, &seen.figure.pose(look.scale), seen.figure.at_desk() && seen.from_behind());
    let drawing = sculpt::draw(&model, seen.view());
    let tone = (!light).then(Tone::lamps_off);
    Sprite::new(&drawing.rgba, drawing.width, drawing.left, drawing.top, tone.as_ref())
}

/// A slide as the projector throws it: a little pale.
fn projected(slide: usize, (width, height): (u32, u32)) -> Plate {
    let mut pixmap = slides::draw(slide, width, height);
    let all = tiny_skia::Rect::from_xywh(0.0, 0.0, width as f32, height as f32).expect("a screen has a size");
    let paint = Paint { shader: Shader::SolidColor(colour([236, 240, 246, 26])), ..Paint::default() };
    pixmap.fill_rect(all, &paint, Transform::identity(), None);
    Plate::new(&pixmap, 0.8)
}

/// The soft shadow under somebody's feet.
fn shadow(scale: f32) -> Sprite {
    let (wide, high) = ((scale * 0.36) as u32 * 2, (scale * 0.11) as u32 * 2);
    let (wide, high) = (wide.max(2), high.max(2));
    let mut pixmap = Pixmap::new(wide, high).expect("a shadow has a size");
    let (x, y) = (wide as f32 / 2.0, high as f32 / 2.0);
    soft_patch(&mut pixmap, x, y, x, y, [24, 18, 12, 150]);
    Sprite::new(pixmap.data(), wide as usize, -(wide as i32 / 2), -(high as i32 / 2) - (scale * 0.02) as i32, None)
}

/// A line of writing, its base line's left end the anchor; chalk is thin, crooked and broken.
fn chalk(text: &str, line: usize, scale: f32) -> Sprite {
    let size = plan::CHALK_SIZE * scale;
    let width = ((lettering::width(text) * size) as u32 + 8).next_multiple_of(2);
    let (above, below) = ((size * 1.1) as u32 & !1, ((size * 0.35) as u32).next_multiple_of(2));
    let mut pixmap = Pixmap::new(width, above + below).expect("a line has a size");
    let mut x = 0.0;
    for (index, letter) in text.chars().enumerate() {
        let dice = |place: u64| chance(0xc4a1 + line as u64, index as u64 * 4 + place) - 0.5;
        let advance = lettering::advance(letter) * size;
        if let Some(path) = lettering::letter(letter, 0.0, 0.0, size * (0.93 + 0.08 * dice(0))) {
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
    Sprite::new(pixmap.data(), width as usize, 0, -(above as i32), None)
}

/// Somebody looking through a camera.
pub(super) struct Shooting {
    shared: Arc<Shared>,
    studio: Arc<Studio>,
    role: PictureRole,
}

impl Shooting {
    pub(super) fn new(shared: Arc<Shared>, studio: Arc<Studio>, role: PictureRole) -> Shooting {
        Shooting { shared, studio, role }
    }
}

impl Painter for Shooting {
    fn size(&self) -> Size {
        Size::FULL_HD
    }

    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>) -> Painted {
        self.shared.seen(number);
        let seconds = number as f64 / FRAMES_PER_SECOND as f64;
        let (scene, window) =
            self.shared.with_course(|course| (course.scene(seconds), self.studio.camera.window(course, seconds)));
        if scene.story.unplugged.contains(&Role::Picture(self.role)) {
            return Painted::Nothing;
        }
        self.studio.draw(self.shared.settings.seed, &scene, window, number, picture);
        if self.shared.settings.marks {
            mark::paint(number, picture);
        }
        Painted::Frame
    }
}
