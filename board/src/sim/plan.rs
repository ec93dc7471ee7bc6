//! The plan of the simulated room: what stands where, in metres. One place, so that all cameras see one room.
//!
//! ```text
//!   x = 0 (windows)        blackboard      lectern   screen         x = 9.6 (door)
//!   y = 0 ┌───────────────══════════════───────────═════════───────┐
//!         │  platform                       ▭                      │
//!   1.9   ├────────────────────────────────────────────────────────┤
//!   3.0   │        1 2          │     3 4     │          5 6       │   seats, counted row by row
//!   …     │        7 8        aisle   …       …          …         │
//!   8.8   └────────────────────────────────────────────────────────┘   cameras for the teacher
//! ```

use super::space::{V3, v3};

pub(super) const WIDTH: f32 = 9.6;
pub(super) const DEPTH: f32 = 8.8;
pub(super) const HEIGHT: f32 = 3.4;

pub(super) const PLATFORM_DEPTH: f32 = 1.9;
pub(super) const PLATFORM_HEIGHT: f32 = 0.15;

/// An upright rectangle on a wall.
pub(super) struct Panel {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
    pub(super) top: f32,
}

pub(super) const BLACKBOARD: Panel = Panel { left: 0.75, right: 5.05, bottom: 1.08, top: 2.42 };
/// 2.88 × 1.62 m: 16 to 9.
pub(super) const SCREEN: Panel = Panel { left: 6.12, right: 9.0, bottom: 1.28, top: 2.9 };

pub(super) const LECTERN_LEFT: f32 = 5.18;
pub(super) const LECTERN_RIGHT: f32 = 5.92;
pub(super) const LECTERN_FRONT: f32 = 1.65;
pub(super) const LECTERN_BACK: f32 = 1.2;
/// Above the floor.
pub(super) const LECTERN_TOP: f32 = 1.17;

pub(super) const ROWS: usize = 4;
pub(super) const COLUMNS: [f32; 6] = [1.85, 2.5, 4.47, 5.13, 7.1, 7.75];
pub(super) const SEATS: usize = ROWS * COLUMNS.len();
pub(super) const FIRST_ROW: f32 = 3.0;
pub(super) const ROW_PITCH: f32 = 1.08;
/// A desk's far and near edge before the body that sits at it, and its height.
pub(super) const DESK_NEAR: f32 = 0.2;
pub(super) const DESK_FAR: f32 = 0.66;
pub(super) const DESK_HEIGHT: f32 = 0.75;

/// Where a student (counted from 0) sits, on the floor.
pub(super) fn seat(student: usize) -> V3 {
    let (row, column) = (student / COLUMNS.len(), student % COLUMNS.len());
    v3(COLUMNS[column], FIRST_ROW + row as f32 * ROW_PITCH, 0.0)
}

/// The middle of the aisle between the first two columns of desks.
pub(super) const AISLE: f32 = 3.48;
/// The windows' first edges along the wall x = 0, their width, and their height.
pub(super) const WINDOWS: [f32; 3] = [1.2, 3.75, 6.3];
pub(super) const WINDOW_WIDTH: f32 = 1.75;
pub(super) const WINDOW_BOTTOM: f32 = 0.95;
pub(super) const WINDOW_TOP: f32 = 2.75;

/// The left end of the first letter on the blackboard, the height of a line's base, and the letters' size.
pub(super) const CHALK_LEFT: f32 = 1.15;
pub(super) const CHALK_LINES: [f32; 3] = [1.94, 1.58, 1.22];
pub(super) const CHALK_SIZE: f32 = 0.27;
