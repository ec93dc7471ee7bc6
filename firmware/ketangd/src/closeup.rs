//! The close-ups: the eyes say who is to be followed; a plan says which part of the panorama shows them well, where the close-up is
//! digital. Where a camera turns for it, `host/following.rs` asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ketang_director::Ms;
use ketang_hal::picture::Size;
use ketang_hal::role::PictureRole;
use ketang_pipelines::crop::{Part, PlanPart};
use ketang_tracker::closeup::{CloseUp, Frame};
use ketang_tracker::watcher::Person;

/// Whom the close-up of a panorama follows. The eye on the panorama writes it, the close-up's plan reads it.
#[derive(Clone, Debug, Default)]
pub struct Followed(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// As seen last; `None` while nobody is to be shown closely.
    person: Mutex<Option<Person>>,
    /// Whether a digital close-up shows somebody, rather than everything; `None` where there is none.
    close: Mutex<Option<bool>>,
}

impl Followed {
    pub fn see(&self, person: Option<Person>) {
        *self.0.person.lock().unwrap_or_else(PoisonError::into_inner) = person;
    }

    /// Who was to be followed when the eye looked last.
    pub fn person(&self) -> Option<Person> {
        self.0.person.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the digital close-up shows somebody, rather than everything; `None` where there is none.
    pub fn is_close(&self) -> Option<bool> {
        *self.0.close.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The close-ups that are configured, digital or by a camera that turns, by the panorama whose people they show.
#[derive(Debug, Default)]
pub struct CloseUps(BTreeMap<PictureRole, Followed>);

impl CloseUps {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whom the close-up of this panorama follows, if there is one.
    pub fn of(&self, panorama: PictureRole) -> Option<Followed> {
        self.0.get(&panorama).cloned()
    }

    /// Whom a camera that turns is to follow; its eye looks from now on.
    pub fn follow(&mut self, panorama: PictureRole) -> Followed {
        self.0.entry(panorama).or_default().clone()
    }

    /// The plan of a close-up of this panorama, whose pictures are of this size.
    pub fn plan(&mut self, panorama: PictureRole, size: Size) -> PlanPart {
        let followed = self.0.entry(panorama).or_default().clone();
        let frame = Frame::for_camera(size.width as usize, size.height as usize);
        let mut closeup = match panorama {
            PictureRole::StudentsPanorama => CloseUp::of_students(frame),
            _ => CloseUp::new(frame),
        };
        Box::new(move |at| {
            let part = closeup.step(Ms(at.0 / 1_000_000), followed.person().as_ref());
            *followed.0.close.lock().unwrap_or_else(PoisonError::into_inner) = Some(closeup.is_close());
            let [x, y, width, height] = [part.x, part.y, part.width, part.height].map(f64::from);
            Part { x, y, width, height }
        })
    }
}
