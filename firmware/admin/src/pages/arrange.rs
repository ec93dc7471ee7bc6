//! The layouts that the pages offer: their picture on a button, and which inputs fill them. One that is not in this list, such
//! as a school's own, is not offered: the snapshot does not tell how many panes it has. A scene of the configuration shows it.

use ketang_hal::role::PictureRole;
use ketang_protocol::command::Shot;
use ketang_protocol::snapshot::Snapshot;
use maud::{Markup, html};

/// A layout: its name, and its panes as left, top, width and height in percent, drawn as icons are.
#[derive(Debug)]
pub(crate) struct Arrangement {
    pub(crate) name: &'static str,
    pub(crate) chinese: &'static str,
    pub(crate) english: &'static str,
    panes: &'static [(u32, u32, u32, u32)],
}

const ALL: [Arrangement; 6] = [
    Arrangement {
        name: "picture-in-picture",
        chinese: "画中画",
        english: "Inset",
        panes: &[(0, 0, 100, 100), (58, 54, 36, 38)],
    },
    Arrangement {
        name: "side-by-side",
        chinese: "左右",
        english: "Split",
        panes: &[(0, 0, 48, 100), (52, 0, 48, 100)],
    },
    Arrangement {
        name: "one-and-two",
        chinese: "一大两小",
        english: "1 + 2",
        panes: &[(0, 0, 62, 100), (66, 0, 34, 47), (66, 53, 34, 47)],
    },
    Arrangement {
        name: "two-by-two",
        chinese: "四画面",
        english: "2 × 2",
        panes: &[(0, 0, 48, 47), (52, 0, 48, 47), (0, 53, 48, 47), (52, 53, 48, 47)],
    },
    Arrangement {
        name: "one-and-three",
        chinese: "一大三小",
        english: "1 + 3",
        panes: &[(0, 0, 66, 100), (70, 0, 30, 30), (70, 35, 30, 30), (70, 70, 30, 30)],
    },
    Arrangement {
        name: "one-and-four",
        chinese: "一大四小",
        english: "1 + 4",
        panes: &[(0, 0, 70, 100), (74, 0, 26, 21), (74, 26, 26, 21), (74, 53, 26, 21), (74, 79, 26, 21)],
    },
];

/// What comes after what is shown, in the order in which a lesson wants it.
const NEXT: [PictureRole; 6] = [
    PictureRole::Hdmi,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::Board,
    PictureRole::TeacherPanorama,
    PictureRole::StudentsCloseup,
];

/// The layouts that the host has and its inputs fill, with the shot that each shows: what is shown now stays in front.
pub(crate) fn offered(snapshot: &Snapshot) -> Vec<(&'static Arrangement, Shot)> {
    let has = |role: PictureRole, live: bool| {
        snapshot.pictures.iter().any(|picture| picture.role == role && (picture.live || !live))
    };
    let shown = snapshot.programme.shot.inputs.iter().copied().filter(|role| has(*role, false));
    let live = NEXT.into_iter().filter(|role| has(*role, true));
    let lost = NEXT.into_iter().filter(|role| has(*role, false));
    let mut order: Vec<PictureRole> = Vec::new();
    for role in shown.chain(live).chain(lost) {
        if !order.contains(&role) {
            order.push(role);
        }
    }
    let known = ALL.iter().filter(|one| snapshot.programme.layouts.iter().any(|name| name == one.name));
    let filled = known.filter(|one| one.panes.len() <= order.len());
    filled.map(|one| (one, Shot { layout: one.name.into(), inputs: order[..one.panes.len()].to_vec() })).collect()
}

/// Its picture on a button.
pub(crate) fn drawn(one: &Arrangement) -> Markup {
    html! {
        svg.arrangement viewBox="-3 -3 106 106" preserveAspectRatio="none" aria-hidden="true" {
            @for (x, y, width, height) in one.panes {
                rect x=(x) y=(y) width=(width) height=(height) rx="5" {}
            }
        }
    }
}
