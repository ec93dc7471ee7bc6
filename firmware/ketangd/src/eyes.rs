//! Who watches: one thread a picture that is looked at, small pictures in, observations for the director out.
//!
//! What is seen in them is `ketang-tracker`'s; who finds people is `ketang-detector`'s. Without its model people are known
//! by what moves, and that is said.

mod failing;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ketang_detector::MoveNet;
use ketang_director::Ms;
use ketang_director::observation::{Computer, Observation, Screen, Students, Sure, Teacher, Zone};
use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_pipelines::glance::{Glance, Glances, SmallPicture};
use ketang_pipelines::priority;
use ketang_pipelines::studio::Studio;
use ketang_screen::luma::Luma;
use ketang_tracker::attendance::Attendance;
use ketang_tracker::detector::Detector;
use ketang_tracker::observe::TeacherObserver;
use ketang_tracker::picture::Picture;
use ketang_tracker::room::Room;
use ketang_tracker::students::StudentsObserver;
use ketang_tracker::watcher::{Seen, Watcher};

use self::failing::Failing;
use crate::closeup::{CloseUps, Followed};
use crate::zones::Zones;

/// What is looked at, in pixels: a person at the back of a class is 40 of them high.
pub const LOOKED_AT: Size = Size { width: 640, height: 360 };
/// Slots from one picture to the next: 8.3 a second where somebody walks, 6.3 where they sit.
pub const TEACHER_EVERY: u64 = 3;
pub const STUDENTS_EVERY: u64 = 4;
pub const SCREEN_EVERY: u64 = 5;
/// And where nobody asks for more of a class than how many are there.
pub const COUNTING_EVERY: u64 = 25;
/// A little less than [`COUNTING_EVERY`], for frames come early and late.
const COUNTING_PACE: Ms = Ms(COUNTING_EVERY * 40 - 100);
/// A slide that was coming has come within so long.
const SLIDE_SETTLES: Ms = Ms::seconds(2);
/// What is unchanged is said again after so long; the director forgets what is not.
const RENEWED_AFTER: Ms = Ms::seconds(1);
/// Recording comes first.
const NICENESS: i32 = 5;
/// How often a thread looks whether its input is still there.
const WAIT: Duration = Duration::from_secs(1);

/// What the eyes tell.
#[derive(Clone, Debug)]
pub enum News {
    Seen(Observation),
    Slide(Slide),
    /// The detector of people goes on failing on this input, and why; or does not any more.
    Failing(PictureRole, Option<String>),
    /// How many of the class are there, as far as that is known.
    Heads(Option<u16>),
}

/// Another slide stands on the computer's picture.
#[derive(Clone, Debug)]
pub struct Slide {
    /// When it began to come.
    pub began: Ms,
    /// The slide, as a PNG file.
    pub png: Vec<u8>,
}

/// Takes what is seen; called on the eyes' threads.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// Eyes that are open. Their threads end with the studio.
#[derive(Debug)]
pub struct Eyes {
    wanted: Arc<AtomicBool>,
    opening: Arc<AtomicBool>,
    /// Why people are known by movement alone, if they are.
    pub blind: Option<String>,
}

impl Eyes {
    /// Begins to watch those of the studio's inputs that can be watched.
    pub fn open(studio: &Studio, models: &Path, zones: &Zones, closeups: &CloseUps, tell: &Tell) -> Self {
        let wanted = Arc::new(AtomicBool::new(false));
        let mut blind = None;
        let (zone, opening) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let mut detector = |role| -> Option<Box<dyn Detector + Send>> {
            match MoveNet::open(models) {
                Ok(detector) => {
                    let tell = tell.clone();
                    Some(Box::new(Failing::new(detector, move |why| tell(News::Failing(role, why)))))
                }
                Err(error) => {
                    blind = Some(error.to_string());
                    None
                }
            }
        };
        if let Some(glances) = studio.watch(PictureRole::TeacherPanorama, LOOKED_AT, TEACHER_EVERY) {
            let followed = closeups.of(PictureRole::TeacherPanorama);
            let mut eye = TeacherEye::new(Room::default(), detector(PictureRole::TeacherPanorama), followed.clone());
            let (zone, zones) = (zone.clone(), zones.of(PictureRole::TeacherPanorama));
            let (wanted, follows) = (wanted.clone(), followed.is_some());
            watch("eye teacher", glances, tell, move |at, glance| {
                if let Some(room) = zones.newer() {
                    eye.set_room(room);
                }
                let wanted = wanted.load(Ordering::Relaxed);
                let picture = (wanted || follows).then(|| glance.picture()).flatten().and_then(as_seen);
                let seen = picture.and_then(|picture| eye.look(at, picture));
                *zone.lock().unwrap_or_else(PoisonError::into_inner) = eye.zone().filter(|_| wanted);
                seen.filter(|_| wanted).map(News::Seen).into_iter().collect()
            });
        }
        if let Some(glances) = studio.watch(PictureRole::StudentsPanorama, LOOKED_AT, STUDENTS_EVERY) {
            let followed = closeups.of(PictureRole::StudentsPanorama);
            let mut eye = StudentsEye::new(detector(PictureRole::StudentsPanorama), followed.clone());
            let (wanted, follows, mut next) = (wanted.clone(), followed.is_some(), Ms(0));
            let zones = zones.of(PictureRole::StudentsPanorama);
            watch("eye students", glances, tell, move |at, glance| {
                if let Some(room) = zones.newer() {
                    eye.set_room(room);
                }
                let wanted = wanted.load(Ordering::Relaxed);
                // Who counts alone looks now and then.
                if !wanted && !follows && at < next {
                    return Vec::new();
                }
                next = at + COUNTING_PACE;
                let Some(picture) = glance.picture().and_then(as_seen) else { return Vec::new() };
                // Not held while this eye looks: the teacher's writes it at each picture.
                let teacher = *zone.lock().unwrap_or_else(PoisonError::into_inner);
                let seen = eye.look(at, picture, teacher).filter(|_| wanted).map(News::Seen);
                seen.into_iter().chain(eye.heads_changed().map(News::Heads)).collect()
            });
        }
        if let Some(glances) = studio.watch(PictureRole::Hdmi, LOOKED_AT, SCREEN_EVERY) {
            let mut eye = ScreenEye::new(opening.clone());
            // Slides are chapters, whoever cuts.
            watch("eye screen", glances, tell, move |at, glance| {
                let brightness = glance.brightness().and_then(as_bright);
                eye.look(at, brightness.as_ref(), || glance.picture())
            });
        }
        Self { wanted, opening, blind }
    }

    /// A lesson begins: the slide that is up is its first, or the first that comes up.
    pub fn tell_opening_slide(&self) {
        self.opening.store(true, Ordering::Relaxed);
    }

    /// Whether the director wants to know; eyes that nobody asks, neither it nor a close-up, cost nothing, but that the class is
    /// counted.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }
}

/// Lets `look` see every picture on a thread of its own until the input is gone for good.
fn watch(name: &str, glances: Glances, tell: &Tell, mut look: impl FnMut(Ms, &Glance) -> Vec<News> + Send + 'static) {
    let tell = tell.clone();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
        priority::set(NICENESS);
        while let Ok(glance) = glances.next(WAIT) {
            if let Some(glance) = glance {
                look(Ms(glance.at.0 / 1_000_000), &glance).into_iter().for_each(|news| tell(news));
            }
        }
    });
    if let Err(error) = thread {
        tracing::warn!(name, %error, "nobody watches this input");
    }
}

/// The brightness of a picture of [`LOOKED_AT`].
pub fn as_bright(brightness: Vec<u8>) -> Option<Luma> {
    Luma::new(LOOKED_AT.width as usize, LOOKED_AT.height as usize, brightness)
}

fn as_seen(picture: SmallPicture) -> Option<Picture> {
    Picture::new(picture.size.width as usize, picture.size.height as usize, picture.rgb)
}

fn complain(seen: &Seen) {
    if let Some(error) = &seen.failed {
        tracing::debug!(%error, "the detector of people failed");
    }
}

/// Says what changed at once, and what did not now and then.
#[derive(Debug)]
struct Said<T> {
    last: Option<(Ms, T)>,
}

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self { last: None }
    }
}

impl<T: Clone> Said<T> {
    fn news(&mut self, at: Ms, now: T, same: impl Fn(&T, &T) -> bool) -> Option<T> {
        let old = self.last.as_ref();
        if old.is_some_and(|(said, old)| same(old, &now) && at - *said < RENEWED_AFTER) {
            return None;
        }
        self.last = Some((at, now.clone()));
        Some(now)
    }
}

/// Who the teacher is and what the teacher does.
pub struct TeacherEye {
    watcher: Watcher,
    observer: TeacherObserver,
    detector: Option<Box<dyn Detector + Send>>,
    followed: Option<Followed>,
    zone: Option<Zone>,
    said: Said<Teacher>,
}

impl TeacherEye {
    pub fn new(zones: Room, detector: Option<Box<dyn Detector + Send>>, followed: Option<Followed>) -> Self {
        let watcher = Watcher::new(zones);
        Self { watcher, observer: TeacherObserver::default(), detector, followed, zone: None, said: Said::default() }
    }

    /// What is news after a picture.
    pub fn look(&mut self, at: Ms, picture: Picture) -> Option<Observation> {
        let detector = self.detector.as_deref_mut().map(|detector| detector as &mut dyn Detector);
        let seen = self.watcher.see(at, &picture, detector);
        complain(&seen);
        if let Some(followed) = &self.followed {
            followed.see(seen.teacher().cloned());
        }
        let closeup = self.followed.as_ref().and_then(Followed::is_close);
        // Who stands still does not move: without a detector nobody is surely away.
        let teacher = if self.detector.is_none() && seen.teacher().is_none() {
            Teacher::default()
        } else {
            self.observer.step(&seen, self.watcher.room(), self.watcher.motion(), picture.aspect(), closeup)
        };
        self.zone = teacher.zone;
        let same = |old: &Teacher, now: &Teacher| {
            Teacher { sure: Sure(0), ..old.clone() } == Teacher { sure: Sure(0), ..now.clone() }
        };
        self.said.news(at, teacher, same).map(Observation::Teacher)
    }

    pub fn set_room(&mut self, room: Room) {
        self.watcher.set_room(room);
    }

    /// Where the teacher was when this eye looked last.
    pub fn zone(&self) -> Option<Zone> {
        self.zone
    }
}

/// Who of the class stands or raises a hand, and how many are there.
pub struct StudentsEye {
    watcher: Watcher,
    observer: StudentsObserver,
    attendance: Attendance,
    heads: Option<u16>,
    told: Option<u16>,
    detector: Option<Box<dyn Detector + Send>>,
    followed: Option<Followed>,
    said: Said<Students>,
}

impl StudentsEye {
    pub fn new(detector: Option<Box<dyn Detector + Send>>, followed: Option<Followed>) -> Self {
        Self {
            watcher: Watcher::of_class(Room::default()),
            observer: StudentsObserver::default(),
            attendance: Attendance::default(),
            heads: None,
            told: None,
            detector,
            followed,
            said: Said::default(),
        }
    }

    pub fn set_room(&mut self, room: Room) {
        self.watcher.set_room(room);
    }

    /// How many are there, if that is another number than when this was asked before.
    pub fn heads_changed(&mut self) -> Option<Option<u16>> {
        let changed = self.heads != self.told;
        self.told = self.heads;
        changed.then_some(self.heads)
    }

    /// What is news after a picture; `teacher` is where the teacher is known to be.
    pub fn look(&mut self, at: Ms, picture: Picture, teacher: Option<Zone>) -> Option<Observation> {
        // Who sits still does not move: without a detector there is nothing to be told of a class.
        let detector = self.detector.as_deref_mut()? as &mut dyn Detector;
        let doubtful = self.observer.glance(at, &picture, self.watcher.room());
        self.watcher.attend(doubtful);
        let seen = self.watcher.see(at, &picture, Some(detector));
        complain(&seen);
        let students = self.observer.step(&seen, picture.aspect(), teacher);
        self.heads = self.attendance.step(&seen, self.watcher.room(), teacher == Some(Zone::Students));
        if let Some(followed) = &self.followed {
            let id = answering(&students, followed.person().map(|person| person.id));
            followed.see(id.and_then(|id| self.observer.person(id, &seen)));
        }
        let ids = |students: &Students| {
            let of = |some: &Option<Vec<_>>| {
                some.as_ref().map(|some| {
                    some.iter().map(|student: &ketang_director::observation::Student| student.id).collect::<Vec<_>>()
                })
            };
            (of(&students.standing), of(&students.hands))
        };
        self.said.news(at, students, |old, now| ids(old) == ids(now)).map(Observation::Students)
    }
}

/// Who has the word: one who stands, else one with a hand up; the same as long as that lasts.
fn answering(students: &Students, before: Option<u32>) -> Option<u32> {
    let all = [&students.standing, &students.hands].into_iter().flatten().find(|all| !all.is_empty())?;
    let mut ids = all.iter().map(|student| student.id);
    ids.clone().find(|id| Some(*id) == before).or_else(|| ids.next())
}

/// What the computer's picture does.
#[derive(Default)]
pub struct ScreenEye {
    watcher: ketang_screen::watcher::Watcher,
    said: Said<Screen>,
    /// Whether the slide that is up is to be told of.
    wanted: Arc<AtomicBool>,
    /// That slide, until it is known not to be the half of one that was coming.
    opening: Option<Slide>,
}

impl ScreenEye {
    /// Tells of the slide that is up once `wanted` becomes true.
    pub fn new(wanted: Arc<AtomicBool>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// What is news after a picture, or after none. The picture itself, with its colours, is asked for only where it is a slide.
    pub fn look(&mut self, at: Ms, brightness: Option<&Luma>, picture: impl Fn() -> Option<SmallPicture>) -> Vec<News> {
        let seen = self.watcher.see(at, brightness);
        let screen = self.said.news(at, seen.screen, |old, now| old == now);
        let observed = screen.map(|screen| News::Seen(Observation::Computer(Computer { screen: Some(screen) })));
        let there = seen.screen != Screen::NoSignal;
        let slide = |began: Ms| picture().and_then(|picture| png(&picture)).map(|png| Slide { began, png });
        if there && self.wanted.swap(false, Ordering::Relaxed) {
            self.opening = slide(at);
        }
        let change = seen.change.filter(|change| there && !change.added);
        let slide = change.and_then(|change| slide(change.began));
        let opening = self.opening(at, slide.as_ref());
        observed.into_iter().chain(opening.into_iter().chain(slide).map(News::Slide)).collect()
    }

    /// The slide that was up, once it is known to have been one; `next` is another that has come.
    fn opening(&mut self, at: Ms, next: Option<&Slide>) -> Option<Slide> {
        let opening = self.opening.take()?;
        match next {
            Some(next) => (next.began > opening.began).then_some(opening),
            None if at - opening.began >= SLIDE_SETTLES => Some(opening),
            None => {
                self.opening = Some(opening);
                None
            }
        }
    }
}

/// A picture as a PNG file.
fn png(picture: &SmallPicture) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.size.width, picture.size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&picture.rgb));
    match written {
        Ok(()) => Some(file),
        Err(error) => {
            tracing::warn!(%error, "a slide could not be made a picture");
            None
        }
    }
}
