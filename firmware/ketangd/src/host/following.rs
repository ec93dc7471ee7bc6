//! Cameras that the host turns by itself: a calibrated one follows the teacher, or the student who has the word, as
//! `ketang_tracker::follow` says; another goes to the presets of `ketang_tracker::posts`. A hand has them for a while, and for as long
//! as the director is in the mode manual.

use std::collections::{BTreeMap, BTreeSet};

use ketang_director::Ms;
use ketang_director::observation::Zone;
use ketang_hal::ptz::View;
use ketang_hal::role::PictureRole;
use ketang_tracker::calibration::{Aim, Calibration};
use ketang_tracker::follow::{Follow, Lens, Move};
use ketang_tracker::posts::{self, Posts};
use ketang_tracker::watcher::Person;

use super::Host;
use crate::closeup::Followed;
use crate::ptz::Order;
use crate::zones::ZonesOf;

/// The inputs whose cameras the host turns by itself, and the panorama whose people each of them shows.
const FOLLOWS: [(PictureRole, PictureRole); 2] = [
    (PictureRole::TeacherCloseup, PictureRole::TeacherPanorama),
    (PictureRole::StudentsCloseup, PictureRole::StudentsPanorama),
];

/// The panorama whose people this input's camera shows, if it is for that.
pub(super) fn panorama_of(input: PictureRole) -> Option<PictureRole> {
    FOLLOWS.into_iter().find(|(closeup, _)| *closeup == input).map(|(_, panorama)| panorama)
}

/// How a camera is turned.
enum Way {
    Aimed(Box<Follow>),
    Posted(Posts),
}

/// What a camera is to do next.
enum Next {
    Look(Move),
    Go(&'static str),
}

/// One camera that the host turns by itself.
pub(super) struct Following {
    input: PictureRole,
    panorama: PictureRole,
    followed: Followed,
    lens: Lens,
    way: Way,
    /// Presets that there are, by name.
    presets: BTreeMap<&'static str, u8>,
    /// Presets that the camera does not know.
    unknown: BTreeSet<&'static str>,
    /// Of the panorama; the board stands in one.
    zones: ZonesOf,
    /// A person turns it until then.
    by_hand_until: Option<Ms>,
}

impl Following {
    pub(super) fn new(
        input: PictureRole,
        panorama: PictureRole,
        followed: Followed,
        lens: Lens,
        presets: impl Fn(&str) -> Option<u8>,
        zones: ZonesOf,
    ) -> Self {
        let names =
            [posts::PODIUM, posts::BOARD_LEFT, posts::BOARD_RIGHT, posts::WIDE].into_iter().chain(posts::STUDENTS);
        let presets = names.filter_map(|name| Some((name, presets(name)?))).collect();
        let (unknown, way) = (BTreeSet::new(), posted(input));
        Self { input, panorama, followed, lens, way, presets, unknown, zones, by_hand_until: None }
    }

    /// From now on with this calibration, or without one.
    pub(super) fn calibrate(&mut self, calibration: Option<&Calibration>) {
        self.way = match calibration {
            None => posted(self.input),
            Some(found) if self.input == PictureRole::StudentsCloseup => {
                Way::Aimed(Box::new(Follow::of_students(found.clone(), self.lens)))
            }
            Some(found) => Way::Aimed(Box::new(Follow::new(found.clone(), self.lens))),
        };
    }

    /// A person has it until then.
    pub(super) fn leave_to_hand(&mut self, until: Ms) {
        self.by_hand_until = self.by_hand_until.max(Some(until));
    }

    /// The host has it again.
    pub(super) fn take_over(&mut self) {
        self.by_hand_until = None;
        self.let_go();
    }

    pub(super) fn returns_in(&self, now: Ms) -> Option<u64> {
        // Never is no countdown.
        let until = self.by_hand_until.filter(|until| *until > now && *until != NEVER)?;
        Some((until - now).0.div_ceil(1000))
    }

    pub(super) fn by_hand(&mut self, now: Ms) -> bool {
        if self.by_hand_until.take_if(|until| now >= *until).is_some() {
            self.let_go();
        }
        self.by_hand_until.is_some()
    }

    /// Forgets where the camera was sent: somebody else turned it.
    pub(super) fn let_go(&mut self) {
        match &mut self.way {
            Way::Aimed(follow) => follow.let_go(),
            Way::Posted(posts) => posts.let_go(),
        }
    }

    /// The camera did not go to a preset: it is not asked again until one is stored there.
    pub(super) fn refused(&mut self, preset: &str) {
        if let Some((name, _)) = self.presets.get_key_value(preset) {
            self.unknown.insert(name);
        }
    }

    pub(super) fn stored(&mut self, preset: &str) {
        self.unknown.remove(preset);
    }

    fn step(&mut self, now: Ms, person: Option<&Person>, zone: Option<Zone>, looks: Option<View>) -> Option<Next> {
        let knows = |preset: &str| self.presets.contains_key(preset) && !self.unknown.contains(preset);
        match &mut self.way {
            Way::Aimed(follow) => {
                let looks = looks.map(|View { pan, tilt, zoom }| Aim { pan, tilt, zoom });
                follow.step(now, person, looks).map(Next::Look)
            }
            Way::Posted(posts) => {
                let x = person.map(|person| person.area.centre().0);
                let wanted = match self.input {
                    PictureRole::StudentsCloseup if !posts::STUDENTS.into_iter().any(knows) => return None,
                    PictureRole::StudentsCloseup => x.map_or(posts::WIDE, posts::of_student),
                    _ => posts::of_teacher(zone, x, self.zones.board_middle(), posts.now()),
                };
                let wanted = if knows(wanted) { wanted } else { posts::WIDE };
                posts.step(now, wanted).filter(|post| knows(post)).map(Next::Go)
            }
        }
    }

    /// Whether the camera shows the one whom it is for.
    fn on_subject(&self, now: Ms) -> bool {
        match &self.way {
            Way::Aimed(follow) => follow.on_subject(now),
            Way::Posted(posts) => posts.on_subject(),
        }
    }
}

/// The end of a countdown that has none.
pub(super) const NEVER: Ms = Ms(u64::MAX);

fn posted(input: PictureRole) -> Way {
    Way::Posted(if input == PictureRole::StudentsCloseup { Posts::of_students() } else { Posts::default() })
}

impl Host {
    /// Time passes for the cameras that the host turns by itself.
    pub(super) fn follow_with_cameras(&mut self) {
        FOLLOWS.into_iter().for_each(|(input, _)| self.follow_with(input));
    }

    fn follow_with(&mut self, input: PictureRole) {
        let now = self.director_time();
        let allowed = self.directing.is_watching();
        let Some(turning) = self.cameras.get(input) else { return };
        let Some(following) = &mut turning.following else { return };
        let by_hand = following.by_hand(now);
        if !allowed || by_hand || !turning.told.live {
            if turning.told.follows {
                following.let_go();
            }
            turning.told.follows = false;
            turning.subject = None;
            return self.tell_of_camera(input);
        }
        turning.told.follows = true;
        // What was seen in a picture that is lost is no news.
        let live = self.inputs.pictures().any(|(role, state)| role == following.panorama && state.live);
        let person = following.followed.person().filter(|_| live);
        let zone = self.directing.teacher_zone().filter(|_| live);
        let next = following.step(now, person.as_ref(), zone, turning.looks);
        turning.subject = Some(following.on_subject(now));
        let order = next.map(|next| match next {
            Next::Look(Move { to: Aim { pan, tilt, zoom }, speed, live }) => {
                turning.hidden |= !live;
                Order::Look { view: View { pan, tilt, zoom }, speed }
            }
            Next::Go(preset) => {
                turning.hidden = true;
                turning.told.going_to = Some(preset.to_owned());
                Order::Go {
                    preset: preset.to_owned(),
                    number: following.presets.get(preset).copied().unwrap_or_default(),
                }
            }
        });
        if order.is_some() {
            turning.told.at = None;
            turning.goes += 1;
        }
        // The director is told before the camera, which needs a moment to set out.
        self.tell_of_camera(input);
        if let (Some(order), Some(turning)) = (order, self.cameras.get(input)) {
            turning.camera.order(order);
        }
    }
}
