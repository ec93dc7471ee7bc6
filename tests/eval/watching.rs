//! The host's own eyes on the pictures of the simulated room. What is heard and what is lost is told as it is.

use std::path::Path;

use ketang_director::observation::Observation;
use ketang_director::{Input, Ms};
use ketang_hal::picture::{Nv12, Painted, Painter, Size};
use ketang_hal::role::PictureRole;
use ketang_pipelines::glance::{self, SmallPicture};
use ketang_screen::luma::Luma;
use ketang_tracker::detector::Detector;
use ketang_tracker::picture::Picture;
use ketang_tracker::room::Room as Zones;
use ketangd::eyes::{
    LOOKED_AT, News, SCREEN_EVERY, STUDENTS_EVERY, ScreenEye, StudentsEye, TEACHER_EVERY, TeacherEye, as_bright,
};

use crate::eyes::Eyes;
use crate::scenario::Scenario;
use crate::tracking::open_detector;

/// Slots a second.
pub(crate) const SLOTS: u64 = 25;
/// From a picture's being taken to its having been looked at.
const LOOKING: Ms = Ms(120);

/// A camera of the room, and the memory that it paints into.
pub(crate) struct Camera {
    painter: Box<dyn Painter>,
    nv12: Vec<u8>,
    holds: Option<u64>,
}

impl Camera {
    pub(crate) fn new(scenario: &Scenario, role: PictureRole) -> Self {
        let painter = scenario.room.painter(role);
        let size = painter.size();
        Self { painter, nv12: vec![0; (size.width * size.height * 3 / 2) as usize], holds: None }
    }

    pub(crate) fn shoot(&mut self, slot: u64) -> Option<SmallPicture> {
        self.takes(slot).then(|| self.picture())
    }

    /// Whether there is a picture.
    fn takes(&mut self, slot: u64) -> bool {
        let size = self.painter.size();
        let (luma, chroma) = self.nv12.split_at_mut((size.width * size.height) as usize);
        let stride = size.width as usize;
        let painted = self.painter.paint(slot, &mut Nv12 { size, stride, luma, chroma }, self.holds);
        if painted == Painted::Frame {
            self.holds = Some(slot);
        }
        painted == Painted::Frame
    }

    fn picture(&self) -> SmallPicture {
        let size = self.painter.size();
        let (luma, chroma) = self.nv12.split_at((size.width * size.height) as usize);
        SmallPicture::of(luma, chroma, size, LOOKED_AT)
    }

    fn brightness(&self) -> Option<Luma> {
        as_bright(glance::brightness(&self.nv12, self.painter.size(), LOOKED_AT))
    }
}

pub(crate) fn seen(picture: SmallPicture) -> Option<Picture> {
    let Size { width, height } = picture.size;
    Picture::new(width as usize, height as usize, picture.rgb)
}

/// What the director is told of a scenario, in the order of its times.
pub(crate) fn watch(scenario: &Scenario, models: &Path) -> Result<Vec<Input>, String> {
    let detector = || open_detector(models).map(|detector| Some(Box::new(detector) as Box<dyn Detector + Send>));
    let zones = Zones::read(ketang_board::sim::ZONES).map_err(|error| error.to_string())?;
    let (mut teacher, mut students) = (TeacherEye::new(zones, detector()?, None), StudentsEye::new(detector()?, None));
    let mut screen = ScreenEye::default();
    let camera = |role| Camera::new(scenario, role);
    let (mut front, mut class) = (camera(PictureRole::TeacherPanorama), camera(PictureRole::StudentsPanorama));
    let mut computer = camera(PictureRole::Hdmi);

    let perfect = Eyes { delay: LOOKING, mistakes: 0, seed: 1 };
    let by_others = |told: &Input| {
        use ketang_director::What::Seen;
        matches!(&told.what, Seen(Observation::Speech(_) | Observation::Input(_)))
    };
    let mut told: Vec<_> = perfect.watch(&scenario.truths).into_iter().filter(by_others).collect();
    for slot in 0..scenario.length.0 * SLOTS / 1000 {
        let at = Ms(slot * 1000 / SLOTS);
        let mut news = Vec::new();
        if slot.is_multiple_of(TEACHER_EVERY) {
            news.extend(front.shoot(slot).and_then(seen).and_then(|picture| teacher.look(at, picture)));
        }
        if slot.is_multiple_of(STUDENTS_EVERY) {
            news.extend(
                class.shoot(slot).and_then(seen).and_then(|picture| students.look(at, picture, teacher.zone())),
            );
        }
        if slot.is_multiple_of(SCREEN_EVERY) {
            let bright = computer.takes(slot).then(|| computer.brightness()).flatten();
            news.extend(screen.look(at, bright.as_ref(), || Some(computer.picture())).into_iter().filter_map(|news| {
                match news {
                    News::Seen(observation) => Some(observation),
                    News::Slide(_) | News::Heads(_) | News::Failing(..) => None,
                }
            }));
        }
        told.extend(news.into_iter().map(|observation| Input::seen(at + LOOKING, observation)));
    }
    told.sort_by_key(|input| input.at);
    Ok(told)
}
