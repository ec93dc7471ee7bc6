//! Puts a camera's frames together: the background, the screen and the chalk, and the people from far to near.
//!
//! Sprites are made when they are first needed and then kept, so that a frame costs copies only.

use std::collections::HashMap;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, Role};
use ketang_hal::time::FRAMES_PER_SECOND;
use tiny_skia::{FillRule, Paint, Pixmap, Shader, Transform};

use super::blit::{Clip, Laying, Plate, Sprite, Tone};
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
use super::space::{V3, chance, v3};

/// Sprites of people that one camera keeps, in bytes, before it forgets those not used lately.
const KEPT_BYTES: usize = 96 << 20;
/// Frames after which a sprite counts as not used lately.
const LATELY: u64 = 250;
/// Figures larger than this, in pixels a metre, are made at half the size and doubled: they take most of the time.
const FINE_BELOW: f32 = 330.0;
/// Making sprites ahead gives way to all other work.
const NICENESS: i32 = 19;
/// How many frames beforehand sprites are made.
const AHEAD: u64 = 25;

/// What one camera sees whenever it looks, shared by all who look through it.
pub(super) struct Studio {
    camera: Camera,
    seed: u64,
    bright: Plate,
    dark: OnceLock<Plate>,
    lamps_off: Tone,
    /// Held while a frame is put together.
    gallery: Mutex<Gallery>,
    /// Where the numbers of coming frames go, whose sprites are then made beforehand.
    ahead: OnceLock<SyncSender<u64>>,
}

#[derive(Default)]
struct Gallery {
    people: HashMap<Seen, Kept>,
    bytes: usize,
    slides: HashMap<usize, Plate>,
    chalk: HashMap<(usize, String), Sprite>,
    furniture: HashMap<Furniture, Piece>,
    shadows: HashMap<u16, Sprite>,
    spot: Option<Sprite>,
}

struct Kept {
    sprite: Sprite,
    used: u64,
}

/// What stands in the room so that somebody can be behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Furniture {
    Lectern,
    Desks(usize),
}

/// A piece of furniture, and where its corner lies in the camera's whole picture.
struct Piece {
    sprite: Sprite,
    left: i32,
    top: i32,
}

/// What is laid over the background, from far to near.
enum Layer<'a> {
    Person(&'a Person),
    Furniture(Furniture),
}

/// A frame that is being put together.
struct Shot<'a, 'b> {
    scene: &'a Scene,
    /// The frame's corner in the camera's whole picture.
    window: (i32, i32),
    number: u64,
    /// How what is lit by the lamps is laid.
    laying: Laying<'a>,
    frame: &'a mut Nv12<'b>,
}

fn sprite_of(pixmap: &Pixmap) -> Sprite {
    Sprite::new(pixmap.data(), pixmap.width() as usize, 0, 0)
}

impl Studio {
    /// Paints the background and everybody as they are at the beginning.
    pub(super) fn open(camera: Camera, shared: &Arc<Shared>) -> Arc<Studio> {
        let bright = Plate::new(&scenery::paint(&camera), 1.6);
        let seed = shared.settings.seed;
        let (dark, ahead, lamps_off) = (OnceLock::new(), OnceLock::new(), Tone::lamps_off());
        let studio = Arc::new(Studio { camera, seed, bright, dark, lamps_off, gallery: Mutex::default(), ahead });
        let (scene, window) = studio.look(shared, 0);
        studio.prepare(&scene, window, 0);
        studio.look_ahead(Arc::downgrade(shared));
        studio
    }

    fn look(&self, shared: &Shared, number: u64) -> (Scene, (i32, i32)) {
        let seconds = number as f64 / FRAMES_PER_SECOND as f64;
        shared.with_course(|course| (course.scene(seconds), self.camera.window(course, seconds)))
    }

    /// Starts the thread that makes sprites before they are needed. It ends with the studio; without it frames are the same,
    /// but some take longer.
    fn look_ahead(self: &Arc<Self>, shared: Weak<Shared>) {
        let (sender, numbers) = sync_channel(1);
        let studio = Arc::downgrade(self);
        let look = move || {
            if let Err(error) = rustix::process::nice(NICENESS) {
                tracing::debug!(%error, "looking ahead takes as much of the machine as the rest");
            }
            while let Ok(number) = numbers.recv() {
                let (Some(studio), Some(shared)) = (studio.upgrade(), shared.upgrade()) else { return };
                let (scene, window) = studio.look(&shared, number);
                studio.prepare(&scene, window, number);
            }
        };
        match std::thread::Builder::new().name("sim-ahead".to_owned()).spawn(look) {
            Ok(_) => self.ahead.set(sender).unwrap_or_else(|_| unreachable!("a studio is opened once")),
            Err(error) => tracing::warn!("the simulated room draws without looking ahead: {error}"),
        }
    }

    fn gallery(&self) -> MutexGuard<'_, Gallery> {
        self.gallery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what the frame needs and is not there yet, without keeping others from drawing meanwhile.
    fn prepare(&self, scene: &Scene, window: (i32, i32), number: u64) {
        self.plate(scene.story.light);
        for person in self.people(scene, window) {
            let key = self.camera.view(person, window);
            if !self.gallery().people.contains_key(&key) {
                let sprite = draw_figure(self.seed, &key);
                self.gallery().keep(key, sprite, number);
            }
        }
        if !self.camera.turned && !self.gallery().slides.contains_key(&scene.story.slide) {
            let slide = projected(scene.story.slide, self.screen_size());
            self.gallery().slides.insert(scene.story.slide, slide);
        }
    }

    fn plate(&self, light: bool) -> &Plate {
        if light { &self.bright } else { self.dark.get_or_init(|| self.bright.toned(&self.lamps_off)) }
    }

    /// Who is seen in the frame.
    fn people<'a>(&'a self, scene: &'a Scene, window: (i32, i32)) -> impl Iterator<Item = &'a Person> {
        scene.people.iter().filter(move |person| {
            let (x, y) = self.place(person.at, window);
            let scale = self.camera.scale(person.at.y);
            let (aside, head) = ((scale * 0.7) as i32, y - (scale * person.posture.reach()) as i32);
            let Size { width, height } = Size::FULL_HD;
            self.camera.sees(person) && x > -aside && x < width as i32 + aside && y > 0 && head < height as i32
        })
    }

    fn place(&self, at: V3, window: (i32, i32)) -> (i32, i32) {
        let (u, v) = self.camera.project(at);
        (u.round() as i32 - window.0, v.round() as i32 - window.1)
    }

    fn draw(&self, shot: &mut Shot<'_, '_>) {
        self.plate(shot.scene.story.light).fill(shot.window.0 as usize, shot.window.1 as usize, shot.frame);
        let mut gallery = self.gallery();
        let mut layers: Vec<(f32, Layer<'_>)> =
            self.people(shot.scene, shot.window).map(|person| (person.at.y, Layer::Person(person))).collect();
        if self.camera.turned {
            layers.sort_by(|a, b| b.0.total_cmp(&a.0));
        } else {
            self.draw_screen(&mut gallery, shot);
            self.draw_chalk(&mut gallery, shot);
            layers.push((plan::LECTERN_BACK, Layer::Furniture(Furniture::Lectern)));
            let desks =
                (1..plan::ROWS).map(|row| (plan::FIRST_ROW + plan::ROW_PITCH * row as f32 - plan::DESK_NEAR, row));
            layers.extend(desks.map(|(y, row)| (y, Layer::Furniture(Furniture::Desks(row)))));
            layers.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        for (_, layer) in layers {
            match layer {
                Layer::Person(person) => self.draw_person(&mut gallery, person, shot),
                Layer::Furniture(furniture) => self.draw_furniture(&mut gallery, furniture, shot),
            }
        }
        gallery.forget(shot.number);
    }

    fn draw_person(&self, gallery: &mut Gallery, person: &Person, shot: &mut Shot<'_, '_>) {
        let (x, y) = self.place(person.at, shot.window);
        if person.who == TEACHER {
            let size = self.camera.scale(person.at.y) as u16 / 8 * 8;
            let shadow = gallery.shadows.entry(size).or_insert_with(|| shadow(f32::from(size)));
            shadow.lay(x, y, Laying::PLAIN, shot.frame);
        }
        let key = self.camera.view(person, shot.window);
        if !gallery.people.contains_key(&key) {
            gallery.keep(key, draw_figure(self.seed, &key), shot.number);
        }
        if let Some(kept) = gallery.people.get_mut(&key) {
            kept.used = kept.used.max(shot.number);
            let laying = Laying { shrink: self.camera.shrink(person), ..shot.laying };
            kept.sprite.lay(x, y, laying, shot.frame);
        }
    }

    fn draw_furniture(&self, gallery: &mut Gallery, furniture: Furniture, shot: &mut Shot<'_, '_>) {
        let piece = gallery.furniture.entry(furniture).or_insert_with(|| self.piece(furniture));
        piece.sprite.lay(piece.left - shot.window.0, piece.top - shot.window.1, shot.laying, shot.frame);
    }

    /// Draws a piece of furniture on as much of the camera's whole picture as it may take.
    fn piece(&self, furniture: Furniture) -> Piece {
        let (far, near) = match furniture {
            Furniture::Lectern => (
                v3(plan::LECTERN_LEFT - 0.15, plan::LECTERN_FRONT, plan::LECTERN_TOP + 0.45),
                v3(plan::LECTERN_RIGHT + 0.15, plan::LECTERN_FRONT, -0.05),
            ),
            Furniture::Desks(row) => {
                let y = plan::FIRST_ROW + plan::ROW_PITCH * row as f32;
                (v3(0.0, y - plan::DESK_FAR, plan::DESK_HEIGHT + 0.3), v3(plan::WIDTH, y - plan::DESK_NEAR, -0.1))
            }
        };
        let (whole_width, whole_height) = self.camera.whole;
        let inside = |x: f32, whole: u32| (x.clamp(0.0, whole as f32) as i32) & !1;
        let ((left, top), (right, bottom)) = (self.camera.project(far), self.camera.project(near));
        // Nearer edges reach further to the sides.
        let (left, right) = match furniture {
            Furniture::Lectern => (inside(left, whole_width), inside(right, whole_width)),
            Furniture::Desks(_) => (0, whole_width as i32),
        };
        let (top, bottom) = (inside(top, whole_height), inside(bottom, whole_height));
        let size = ((right - left).max(2) as u32, (bottom - top).max(2) as u32);
        let part = self.camera.part((left, top), size);
        let pixmap = match furniture {
            Furniture::Lectern => scenery::lectern(&part),
            Furniture::Desks(row) => scenery::desk_row(&part, row),
        };
        Piece { sprite: sprite_of(&pixmap), left, top }
    }

    /// The projector screen in pixels.
    fn screen_size(&self) -> (u32, u32) {
        let scale = self.camera.scale(0.03);
        let even = |metres: f32| ((metres * scale).round() as u32).next_multiple_of(2);
        (even(SCREEN.right - SCREEN.left), even(SCREEN.top - SCREEN.bottom))
    }

    fn draw_screen(&self, gallery: &mut Gallery, shot: &mut Shot<'_, '_>) {
        let (left, top) = self.place(v3(SCREEN.left, 0.03, SCREEN.top), shot.window);
        let (width, height) = self.screen_size();
        let story = &shot.scene.story;
        gallery
            .slides
            .entry(story.slide)
            .or_insert_with(|| projected(story.slide, (width, height)))
            .lay(left, top, shot.frame);
        if let Some((x, y)) = slides::spot(story.slide, story.now - story.slide_since) {
            let across = (width / 30).next_multiple_of(2);
            let spot = gallery.spot.get_or_insert_with(|| sprite_of(&slides::spot_shape(across)));
            let half = across as f32 / 2.0;
            let at = |from: i32, length: u32, share: f32| from + (length as f32 * share - half) as i32;
            spot.lay(at(left, width, x), at(top, height, y), Laying::PLAIN, shot.frame);
        }
    }

    fn draw_chalk(&self, gallery: &mut Gallery, shot: &mut Shot<'_, '_>) {
        let scale = self.camera.scale(0.02);
        for (index, line) in shot.scene.story.board.iter().enumerate() {
            let width = line.width(shot.scene.story.now);
            let (left, base) = self.place(v3(plan::CHALK_LEFT, 0.02, plan::CHALK_LINES[index]), shot.window);
            if width > 0.0 {
                let draw = || chalk(&line.text, index, scale);
                let sprite = gallery.chalk.entry((index, line.text.clone())).or_insert_with(draw);
                let clip = Clip { right: left + (width * scale) as i32, ..Clip::NONE };
                sprite.lay(left, base, Laying { clip, ..shot.laying }, shot.frame);
            }
        }
    }
}

impl Gallery {
    fn keep(&mut self, key: Seen, sprite: Sprite, number: u64) {
        self.bytes += sprite.bytes();
        self.people.insert(key, Kept { sprite, used: number });
    }

    fn forget(&mut self, number: u64) {
        if self.bytes > KEPT_BYTES {
            eprintln!("EVICT {} {} {}", self.people.len(), self.bytes, number);
            self.people.retain(|_, kept| number.abs_diff(kept.used) < LATELY);
            self.bytes = self.people.values().map(|kept| kept.sprite.bytes()).sum();
        }
    }
}

fn draw_figure(seed: u64, seen: &Seen) -> Sprite {
    let look = Look::of(seed, seen.figure.who);
    let model = body::body(look, &seen.figure.pose(look.scale), seen.figure.at_desk() && seen.sees_backs());
    let view = seen.view();
    let drawing = if view.pixels_per_metre > FINE_BELOW {
        sculpt::draw(&model, sculpt::View { pixels_per_metre: view.pixels_per_metre / 2.0, ..view }).doubled()
    } else {
        sculpt::draw(&model, view)
    };
    Sprite::new(&drawing.rgba, drawing.width, drawing.left, drawing.top)
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
    Sprite::new(pixmap.data(), wide as usize, -(wide as i32 / 2), -(high as i32 / 2) - (scale * 0.02) as i32)
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
        let (scene, window) = self.studio.look(&self.shared, number);
        if scene.story.unplugged.contains(&Role::Picture(self.role)) {
            return Painted::Nothing;
        }
        let tone = (!scene.story.light).then_some(&self.studio.lamps_off);
        let laying = Laying { tone, ..Laying::PLAIN };
        self.studio.draw(&mut Shot { scene: &scene, window, number, laying, frame: picture });
        if let Some(ahead) = self.studio.ahead.get() {
            // Where the thread is still busy, the next frame asks again.
            let _ = ahead.try_send(number + AHEAD);
        }
        if self.shared.settings.marks {
            mark::paint(number, picture);
        }
        Painted::Frame
    }
}
