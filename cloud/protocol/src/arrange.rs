//! The layouts that surfaces offer: their picture on a button, and which inputs fill them. A layout that is not in this list,
//! such as a school's own, is not offered: the snapshot does not tell how many panes it has. A scene of the configuration
//! shows it.

use ketang_hal::role::PictureRole;

use crate::command::Shot;
use crate::snapshot::Snapshot;

/// A pane: left, top, width and height in percent of the picture.
pub type Pane = (u32, u32, u32, u32);

/// A layout: what it is called, and its panes, drawn as icons are: without borders.
#[derive(Debug)]
pub struct Arrangement {
    /// As `pipelines/src/layouts.toml` has it.
    pub name: &'static str,
    pub chinese: &'static str,
    pub english: &'static str,
    pub panes: &'static [Pane],
}

const ALL: [Arrangement; 7] = [
    Arrangement { name: "single", chinese: "单画面", english: "Single", panes: &[(0, 0, 100, 100)] },
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

/// Those that comes after what is shown, in the order in which a lesson wants them.
const NEXT: [PictureRole; 6] = [
    PictureRole::Hdmi,
    PictureRole::TeacherCloseup,
    PictureRole::StudentsPanorama,
    PictureRole::Board,
    PictureRole::TeacherPanorama,
    PictureRole::StudentsCloseup,
];

/// The layouts that the host has and that its inputs fill, with the shot that each would show: what is shown now stays in
/// front, live inputs follow.
pub fn offered(snapshot: &Snapshot) -> Vec<(&'static Arrangement, Shot)> {
    let has = |role: &PictureRole| snapshot.pictures.iter().any(|picture| picture.role == *role);
    let live = |role: &PictureRole| snapshot.pictures.iter().any(|picture| picture.role == *role && picture.live);
    let mut order: Vec<PictureRole> = snapshot.programme.shot.inputs.iter().copied().filter(has).collect();
    for role in NEXT.iter().filter(|role| live(role)).chain(NEXT.iter().filter(|role| has(role))) {
        if !order.contains(role) {
            order.push(*role);
        }
    }
    let known = ALL.iter().filter(|one| snapshot.programme.layouts.iter().any(|name| name == one.name));
    let filled = known.filter(|one| one.panes.len() <= order.len());
    filled.map(|one| (one, Shot { layout: one.name.into(), inputs: order[..one.panes.len()].to_vec() })).collect()
}
