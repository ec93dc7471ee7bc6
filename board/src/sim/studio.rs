//! Puts a camera's frames together: the background, the screen and the chalk, and the people from far to near.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use ketang_hal::mark;
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::{PictureRole, Role};
use ketang_hal::time::FRAMES_PER_SECOND;

use super::blit::{LAMPS_OFF, Laying, Plate};
use super::cameras::Camera;
use super::collage::{Album, Collage, Cutting};
use super::gallery::{self, Furniture, Gallery, Stand, sprite_of};
use super::looks::TEACHER;
use super::plan::{self, SCREEN};
use super::room::Shared;
use super::scene::{Person, Scene};
use super::scenery;
use super::slides;
use super::space::{V3, v3};

/// Making sprites ahead gives way to all other work.
const NICENESS: i32 = 19;
/// How many frames beforehand sprites are made.
const AHEAD: u64 = 25;

/// What one camera sees whenever it looks, shared by all who look through it.
pub(super) struct Studio {
    camera: Camera,
    seed: u64,
    bright: Arc<Plate>,
    dark: OnceLock<Arc<Plate>>,
    /// Held while a frame is put together.
    gallery: Mutex<Gallery>,
    /// Where the numbers of coming frames go, whose sprites are then made beforehand.
    ahead: OnceLock<SyncSender<u64>>,
}

/// A moment as the camera sees it.
struct Shot {
    scene: Scene,
    /// The frame's corner in the camera's whole picture.
    window: (i32, i32),
    number: u64,
}

impl Studio {
    /// Paints the background and everybody as they are at the beginning.
    pub(super) fn open(camera: Camera, shared: &Arc<Shared>) -> Arc<Studio> {
        let bright = Arc::new(Plate::new(&scenery::paint(&camera), 1.6));
        let seed = shared.settings.seed;
        let (dark, ahead) = (OnceLock::new(), OnceLock::new());
        let studio = Arc::new(Studio { camera, seed, bright, dark, gallery: Mutex::default(), ahead });
        studio.prepare(&studio.look(shared, 0));
        studio.look_ahead(Arc::downgrade(shared));
        studio
    }

    fn look(&self, shared: &Shared, number: u64) -> Shot {
        let seconds = number as f64 / FRAMES_PER_SECOND as f64;
        let (scene, window) = shared.with_course(|course| (course.scene(seconds), self.camera.window(course, seconds)));
        Shot { scene, window, number }
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
                studio.prepare(&studio.look(&shared, number));
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
    fn prepare(&self, shot: &Shot) {
        let story = &shot.scene.story;
        self.plate(story.light);
        for person in self.people(shot) {
            let seen = self.camera.view(person, shot.window);
            if !self.gallery().has(&seen) {
                let sprite = gallery::figure(self.seed, &seen);
                self.gallery().keep(seen, sprite, shot.number);
            }
        }
        if !self.camera.turned && !self.gallery().slides.contains_key(&story.slide) {
            let slide = gallery::projected(story.slide, self.screen_size());
            self.gallery().slides.insert(story.slide, Arc::new(slide));
        }
    }

    fn plate(&self, light: bool) -> &Arc<Plate> {
        if light { &self.bright } else { self.dark.get_or_init(|| Arc::new(self.bright.toned(&LAMPS_OFF))) }
    }

    /// Who is seen in the frame.
    fn people<'a>(&'a self, shot: &'a Shot) -> impl Iterator<Item = &'a Person> {
        shot.scene.people.iter().filter(move |person| {
            let (x, y) = self.place(person.at, shot.window);
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

    /// Lays out a frame.
    fn compose(&self, shot: &Shot) -> Collage {
        let lit = Laying { lamps_off: !shot.scene.story.light, ..Laying::PLAIN };
        let mut collage = Collage::over(self.plate(shot.scene.story.light).clone(), -shot.window.0, -shot.window.1);
        let mut gallery = self.gallery();
        if !self.camera.turned {
            self.add_screen(&mut gallery, shot, &mut collage);
            self.add_chalk(&mut gallery, shot, lit, &mut collage);
        }
        for person in self.people(shot) {
            self.add_person(&mut gallery, person, shot, lit, &mut collage);
        }
        if !self.camera.turned {
            let desks =
                (1..plan::ROWS).map(|row| (plan::FIRST_ROW + plan::ROW_PITCH * row as f32 - plan::DESK_NEAR, row));
            let desks = desks.map(|(y, row)| (y, Furniture::Desks(row)));
            for (y, furniture) in desks.chain([(plan::LECTERN_BACK, Furniture::Lectern)]) {
                let Stand { sprite, left, top } =
                    gallery.furniture.entry(furniture).or_insert_with(|| self.stand(furniture)).clone();
                let (x, top) = (left - shot.window.0, top - shot.window.1);
                collage.add(Cutting::Sprite(sprite, lit), x, top, self.camera.distance(y));
            }
        }
        gallery.forget(shot.number);
        collage.sort();
        collage
    }

    fn add_person(&self, gallery: &mut Gallery, person: &Person, shot: &Shot, lit: Laying, collage: &mut Collage) {
        let (x, y) = self.place(person.at, shot.window);
        let distance = self.camera.distance(person.at.y);
        if person.who == TEACHER {
            let size = self.camera.scale(person.at.y) as u16 / 8 * 8;
            let make = || Arc::new(gallery::shadow(f32::from(size)));
            let shadow = gallery.shadows.entry(size).or_insert_with(make).clone();
            collage.add(Cutting::Sprite(shadow, Laying::PLAIN), x, y, distance);
        }
        let seen = self.camera.view(person, shot.window);
        let sprite = match gallery.person(seen, shot.number) {
            Some(sprite) => sprite,
            None => gallery.keep(seen, gallery::figure(self.seed, &seen), shot.number),
        };
        let laying = Laying { zoom: self.camera.zoom(person), ..lit };
        collage.add(Cutting::Sprite(sprite, laying), x, y, distance);
    }

    /// Draws a piece of furniture on as much of the camera's whole picture as it may take.
    fn stand(&self, furniture: Furniture) -> Stand {
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
        Stand { sprite: Arc::new(sprite_of(&pixmap)), left, top }
    }

    /// The projector screen in pixels.
    fn screen_size(&self) -> (u32, u32) {
        let scale = self.camera.scale(0.03);
        let even = |metres: f32| ((metres * scale).round() as u32).next_multiple_of(2);
        (even(SCREEN.right - SCREEN.left), even(SCREEN.top - SCREEN.bottom))
    }

    fn add_screen(&self, gallery: &mut Gallery, shot: &Shot, collage: &mut Collage) {
        let wall = self.camera.distance(0.0);
        let (left, top) = self.place(v3(SCREEN.left, 0.03, SCREEN.top), shot.window);
        let (width, height) = self.screen_size();
        let story = &shot.scene.story;
        let make = || Arc::new(gallery::projected(story.slide, (width, height)));
        let slide = gallery.slides.entry(story.slide).or_insert_with(make).clone();
        collage.add(Cutting::Plate(slide), left, top, wall);
        if let Some((x, y)) = slides::spot(story.slide, story.now - story.slide_since) {
            let across = (width / 30).next_multiple_of(2);
            let make = || Arc::new(sprite_of(&slides::spot_shape(across)));
            let spot = gallery.spot.get_or_insert_with(make).clone();
            let half = across as f32 / 2.0;
            let at = |from: i32, length: u32, share: f32| from + (length as f32 * share - half) as i32;
            let (x, y) = (at(left, width, x), at(top, height, y));
            collage.add(Cutting::Sprite(spot, Laying::PLAIN), x, y, wall);
        }
    }

    fn add_chalk(&self, gallery: &mut Gallery, shot: &Shot, lit: Laying, collage: &mut Collage) {
        let scale = self.camera.scale(0.02);
        for (index, line) in shot.scene.story.board.iter().enumerate() {
            let width = line.width(shot.scene.story.now);
            let (left, base) = self.place(v3(plan::CHALK_LEFT, 0.02, plan::CHALK_LINES[index]), shot.window);
            if width > 0.0 {
                let make = || Arc::new(gallery::chalk(&line.text, index, scale));
                let sprite = gallery.chalk.entry((index, line.text.clone())).or_insert_with(make).clone();
                let written = Laying { right: left + (width * scale) as i32, ..lit };
                collage.add(Cutting::Sprite(sprite, written), left, base, self.camera.distance(0.0));
            }
        }
    }
}

/// Somebody looking through a camera.
pub(super) struct Shooting {
    shared: Arc<Shared>,
    studio: Arc<Studio>,
    role: PictureRole,
    album: Album,
}

impl Shooting {
    pub(super) fn new(shared: Arc<Shared>, studio: Arc<Studio>, role: PictureRole) -> Shooting {
        Shooting { shared, studio, role, album: Album::default() }
    }
}

impl Painter for Shooting {
    fn size(&self) -> Size {
        Size::FULL_HD
    }

    fn paint(&mut self, number: u64, picture: &mut Nv12<'_>, before: Option<u64>) -> Painted {
        self.shared.seen(number);
        let shot = self.studio.look(&self.shared, number);
        if shot.scene.story.unplugged.contains(&Role::Picture(self.role)) {
            return Painted::Nothing;
        }
        self.album.draw(number, self.studio.compose(&shot), before, picture);
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
