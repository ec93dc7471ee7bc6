//! The empty classroom as each side sees it: walls, windows, lamps, boards, desks. Painted once a camera.

use tiny_skia::Pixmap;

use super::cameras::Camera;
use super::easel::{Easel, Ink, ink, shaded};
use super::plan::{
    BLACKBOARD, COLUMNS, DEPTH, DESK_FAR, DESK_HEIGHT, DESK_NEAR, FIRST_ROW, HEIGHT, LECTERN_BACK, LECTERN_FRONT,
    LECTERN_LEFT, LECTERN_RIGHT, LECTERN_TOP, PLATFORM_DEPTH, PLATFORM_HEIGHT, ROW_PITCH, ROWS, SCREEN, WIDTH,
    WINDOW_BOTTOM, WINDOW_TOP, WINDOW_WIDTH, WINDOWS,
};
use super::space::{chance, v3};

const WALL: Ink = [226, 223, 212, 255];
const DADO: Ink = [150, 182, 172, 255];
const DADO_TOP: f32 = 1.05;
const CEILING: Ink = [232, 232, 228, 255];
const FLOOR: Ink = [176, 160, 140, 255];
const WOOD: Ink = [204, 164, 112, 255];

/// The room without people, slides and chalk.
pub(super) fn paint(camera: &Camera) -> Pixmap {
    let mut easel = Easel::new(camera);
    let far = if camera.turned { DEPTH } else { 0.0 };
    floor(&mut easel, far);
    ceiling(&mut easel, far);
    window_wall(&mut easel);
    door_wall(&mut easel);
    across(&mut easel, far);
    if camera.turned {
        back_wall(&mut easel)
    } else {
        front_wall(&mut easel)
    }
    for row in 0..ROWS {
        for pair in COLUMNS.chunks_exact(2) {
            let y = FIRST_ROW + row as f32 * ROW_PITCH - (DESK_FAR + DESK_NEAR) / 2.0;
            easel.glow(v3((pair[0] + pair[1]) / 2.0, y, 0.0), (0.85, 0.22), [30, 24, 18, 90]);
        }
    }
    // The teacher's cameras see pupils between the rows, so only the first row, which hides nobody, is painted here.
    let rows = if camera.turned { ROWS } else { 1 };
    (0..rows).rev().for_each(|row| desks(&mut easel, row));
    easel.pixmap
}

/// One row of desks by itself, as a picture that is laid over whoever sits behind it.
pub(super) fn desk_row(camera: &Camera, row: usize) -> Pixmap {
    let mut easel = Easel::new(camera);
    desks(&mut easel, row);
    easel.pixmap
}

/// The wall that the camera looks at.
fn across(easel: &mut Easel<'_>, y: f32) {
    let wall = [v3(0.0, y, 0.0), v3(WIDTH, y, 0.0), v3(WIDTH, y, HEIGHT), v3(0.0, y, HEIGHT)];
    easel.blend(&wall, (v3(0.0, y, 1.5), shaded(WALL, 1.04)), (v3(WIDTH, y, 1.5), shaded(WALL, 0.88)));
    let low = [v3(0.0, y, 0.0), v3(WIDTH, y, 0.0), v3(WIDTH, y, DADO_TOP), v3(0.0, y, DADO_TOP)];
    easel.blend(&low, (v3(0.0, y, 1.0), shaded(DADO, 1.05)), (v3(WIDTH, y, 1.0), shaded(DADO, 0.86)));
    easel.panel(0.0, WIDTH, DADO_TOP - 0.02, DADO_TOP, y, shaded(DADO, 0.7));
    let top = [v3(0.0, y, HEIGHT - 0.5), v3(WIDTH, y, HEIGHT - 0.5), v3(WIDTH, y, HEIGHT), v3(0.0, y, HEIGHT)];
    easel.blend(&top, (v3(1.0, y, HEIGHT - 0.5), [60, 60, 70, 0]), (v3(1.0, y, HEIGHT), [60, 60, 70, 46]));
    for x in [0.0, WIDTH] {
        let inward = if x == 0.0 { 0.7 } else { -0.7 };
        let corner = [v3(x, y, 0.0), v3(x + inward, y, 0.0), v3(x + inward, y, HEIGHT), v3(x, y, HEIGHT)];
        easel.blend(&corner, (v3(x, y, 1.0), [50, 50, 60, 52]), (v3(x + inward, y, 1.0), [50, 50, 60, 0]));
    }
    easel.panel(0.0, WIDTH, 0.0, 0.1, y, ink(120, 104, 88));
}

fn floor(easel: &mut Easel<'_>, far: f32) {
    let near = DEPTH - far;
    let all = [v3(0.0, far, 0.0), v3(WIDTH, far, 0.0), v3(WIDTH, near, 0.0), v3(0.0, near, 0.0)];
    easel.blend(
        &all,
        (v3(4.8, far, 0.0), shaded(FLOOR, 0.92)),
        (v3(4.8, (far + near) / 2.0, 0.0), shaded(FLOOR, 1.06)),
    );
    for row in 0..=(DEPTH / 0.6) as usize {
        for column in 0..(WIDTH / 0.6) as usize {
            let (x, y) = (column as f32 * 0.6, row as f32 * 0.6);
            let tint = (chance(0xf1, (row * 64 + column) as u64) * 18.0) as u8;
            easel.level((x + 0.004, x + 0.596), (y + 0.004, y + 0.596), 0.0, [255, 250, 240, tint]);
        }
        let y = row as f32 * 0.6;
        easel.level((0.0, WIDTH), (y - 0.004, y + 0.004), 0.0, [90, 80, 70, 70]);
    }
    for column in 0..=(WIDTH / 0.6) as usize {
        let x = column as f32 * 0.6;
        easel.level((x - 0.004, x + 0.004), (0.0, DEPTH), 0.0, [90, 80, 70, 70]);
    }
    // Daylight that falls through the windows.
    for start in WINDOWS {
        for (reach, alpha) in [(2.3, 34), (2.1, 30), (1.9, 26)] {
            let (y0, y1) = (start + 0.25 - reach * 0.03, start + WINDOW_WIDTH + 0.25 + reach * 0.03);
            let patch =
                [v3(0.5, y0, 0.0), v3(reach + 0.6, y0 + 0.4, 0.0), v3(reach + 0.6, y1 + 0.4, 0.0), v3(0.5, y1, 0.0)];
            easel.blend(
                &patch,
                (v3(0.5, y0, 0.0), [255, 244, 214, alpha]),
                (v3(reach + 0.6, y0, 0.0), [255, 244, 214, 6]),
            );
        }
    }
    if far == 0.0 {
        easel.block((0.0, WIDTH), (0.0, PLATFORM_DEPTH), (0.0, PLATFORM_HEIGHT), ink(188, 160, 124));
        for board in 0..7 {
            let y = board as f32 * 0.27;
            easel.level((0.0, WIDTH), (y, y + 0.006), PLATFORM_HEIGHT, [96, 72, 48, 90]);
        }
        easel.panel(0.0, WIDTH, PLATFORM_HEIGHT - 0.02, PLATFORM_HEIGHT, PLATFORM_DEPTH, ink(150, 122, 88));
        easel.glow(v3(2.9, 0.3, PLATFORM_HEIGHT), (3.2, 0.12), [40, 30, 20, 70]);
    }
}

fn ceiling(easel: &mut Easel<'_>, far: f32) {
    let near = DEPTH - far;
    let all = [v3(0.0, far, HEIGHT), v3(WIDTH, far, HEIGHT), v3(WIDTH, near, HEIGHT), v3(0.0, near, HEIGHT)];
    easel.blend(
        &all,
        (v3(4.8, far, HEIGHT), shaded(CEILING, 0.84)),
        (v3(4.8, near * 0.6 + far * 0.4, HEIGHT), CEILING),
    );
    for row in 0..=14 {
        let y = row as f32 * 0.6 + 0.2;
        easel.level((0.0, WIDTH), (y, y + 0.012), HEIGHT, [120, 120, 116, 70]);
    }
    for column in 0..=16 {
        let x = column as f32 * 0.6;
        easel.level((x, x + 0.012), (0.0, DEPTH), HEIGHT, [120, 120, 116, 70]);
    }
    for y in [2.0, 4.4, 6.8] {
        for x in [1.8, 4.2, 6.6] {
            easel.level((x - 0.03, x + 1.23), (y - 0.03, y + 0.33), HEIGHT - 0.01, ink(198, 200, 200));
            easel.level((x, x + 1.2), (y, y + 0.3), HEIGHT - 0.02, ink(252, 252, 246));
            easel.glow(v3(x + 0.6, y + 0.15, HEIGHT), (1.3, 0.25), [255, 255, 246, 60]);
        }
    }
}

fn window_wall(easel: &mut Easel<'_>) {
    easel.side(0.0, (0.0, DEPTH), (0.0, HEIGHT), shaded(WALL, 0.80));
    easel.side(0.0, (0.0, DEPTH), (0.0, DADO_TOP), shaded(DADO, 0.82));
    for start in WINDOWS {
        let end = start + WINDOW_WIDTH;
        easel.side(0.0, (start - 0.08, end + 0.08), (WINDOW_BOTTOM - 0.08, WINDOW_TOP + 0.08), ink(244, 244, 240));
        let pane = [
            v3(0.0, start, WINDOW_BOTTOM),
            v3(0.0, end, WINDOW_BOTTOM),
            v3(0.0, end, WINDOW_TOP),
            v3(0.0, start, WINDOW_TOP),
        ];
        easel.blend(
            &pane,
            (v3(0.0, start, WINDOW_TOP), ink(226, 240, 252)),
            (v3(0.0, start, WINDOW_BOTTOM), ink(250, 252, 246)),
        );
        // The yard's trees and a far house, pale in the light.
        let house = start + 0.3 + chance(0x7ef, (start * 10.0) as u64);
        easel.side(0.0, (house, house + 0.42), (WINDOW_BOTTOM, WINDOW_BOTTOM + 0.72), ink(224, 222, 222));
        for tree in 0..9 {
            let at = |place: u64| chance(0x7ee, (start * 10.0) as u64 * 64 + tree * 4 + place);
            let radius = 0.14 + 0.12 * at(0);
            let y = (start + WINDOW_WIDTH * (tree as f32 + at(1)) / 9.0).clamp(start + radius, end - radius);
            let z = WINDOW_BOTTOM + 0.10 + 0.22 * at(2);
            let crown: Vec<_> = (0..24)
                .map(|k| (k as f32 / 24.0 * std::f32::consts::TAU).sin_cos())
                .map(|(s, c)| v3(0.0, y + s * radius, (z + c * radius * 1.2).max(WINDOW_BOTTOM)))
                .collect();
            let pale = (200.0 + 22.0 * at(3)) as u8;
            easel.fill(&crown, [pale - 24, pale + 6, pale - 30, 255]);
        }
        for bar in [start, start + WINDOW_WIDTH / 2.0 - 0.025, end - 0.05] {
            easel.side(0.01, (bar, bar + 0.05), (WINDOW_BOTTOM, WINDOW_TOP), ink(232, 234, 234));
        }
        easel.side(0.01, (start, end), (WINDOW_TOP - 0.62, WINDOW_TOP - 0.57), ink(232, 234, 234));
        easel.side(0.02, (start - 0.08, end + 0.08), (WINDOW_BOTTOM - 0.12, WINDOW_BOTTOM - 0.06), ink(236, 234, 226));
        for (from, to) in [(start - 0.24, start + 0.16), (end - 0.16, end + 0.24)] {
            easel.side(0.05, (from, to), (WINDOW_BOTTOM - 0.3, WINDOW_TOP + 0.16), ink(128, 164, 190));
            for fold in 0..5 {
                let y = from + (to - from) * (fold as f32 + 0.2) / 5.0;
                easel.side(0.05, (y, y + 0.03), (WINDOW_BOTTOM - 0.3, WINDOW_TOP + 0.16), [70, 104, 134, 120]);
            }
        }
    }
    easel.side(0.03, (0.4, DEPTH), (WINDOW_TOP + 0.14, WINDOW_TOP + 0.20), ink(190, 190, 190));
}

fn door_wall(easel: &mut Easel<'_>) {
    easel.side(WIDTH, (0.0, DEPTH), (0.0, HEIGHT), shaded(WALL, 0.90));
    easel.side(WIDTH, (0.0, DEPTH), (0.0, DADO_TOP), shaded(DADO, 0.90));
    for (from, to) in [(0.55, 1.5), (7.4, 8.35)] {
        easel.side(WIDTH, (from - 0.07, to + 0.07), (0.0, 2.22), ink(232, 226, 214));
        easel.side(WIDTH, (from, to), (0.0, 2.15), ink(158, 112, 74));
        easel.side(WIDTH, (from + 0.28, to - 0.28), (1.35, 1.95), ink(206, 224, 232));
        easel.side(WIDTH, (from + 0.08, from + 0.13), (0.98, 1.1), ink(210, 206, 196));
    }
    for (index, start) in [2.2, 3.6, 5.0].into_iter().enumerate() {
        easel.side(WIDTH, (start, start + 1.0), (1.35, 2.35), ink(246, 244, 236));
        let tints = [ink(110, 150, 186), ink(190, 136, 92), ink(120, 160, 120)];
        easel.side(WIDTH, (start + 0.06, start + 0.94), (1.75, 2.29), tints[index]);
        for text in 0..3 {
            let z = 1.66 - 0.09 * text as f32;
            easel.side(WIDTH, (start + 0.08, start + 0.9 - 0.15 * text as f32), (z, z + 0.03), ink(150, 150, 150));
        }
    }
}

fn front_wall(easel: &mut Easel<'_>) {
    easel.text("团结 勤奋 求实 创新", (BLACKBOARD.left + BLACKBOARD.right) / 2.0, 2.72, 0.01, 0.34, ink(190, 44, 40));
    let b = BLACKBOARD;
    easel.panel(b.left - 0.02, b.right + 0.12, b.bottom - 0.12, b.top + 0.02, 0.005, [40, 36, 30, 60]);
    easel.panel(b.left - 0.07, b.right + 0.07, b.bottom - 0.07, b.top + 0.07, 0.01, ink(176, 178, 178));
    let face =
        [v3(b.left, 0.02, b.bottom), v3(b.right, 0.02, b.bottom), v3(b.right, 0.02, b.top), v3(b.left, 0.02, b.top)];
    easel.blend(&face, (v3(b.left, 0.02, b.top), ink(48, 86, 72)), (v3(b.right, 0.02, b.bottom), ink(30, 62, 52)));
    for smear in 0..26 {
        let at = |place: u64| chance(0xb0a, smear * 4 + place);
        let x = b.left + 0.4 + (b.right - b.left - 0.8) * at(0);
        let z = b.bottom + 0.25 + (b.top - b.bottom - 0.5) * at(1);
        easel.glow(v3(x, 0.02, z), (0.30 + 0.25 * at(2), 0.07 + 0.09 * at(3)), [214, 226, 218, 9]);
    }
    let middle = (b.left + b.right) / 2.0;
    easel.panel(middle - 0.012, middle + 0.012, b.bottom, b.top, 0.02, ink(26, 52, 44));
    easel.block((b.left - 0.05, b.right + 0.05), (0.0, 0.12), (b.bottom - 0.11, b.bottom - 0.07), ink(168, 170, 172));
    for (x, tint) in [(1.6, ink(244, 244, 240)), (1.8, ink(240, 214, 120)), (2.9, ink(244, 244, 240))] {
        easel.panel(x, x + 0.08, b.bottom - 0.07, b.bottom - 0.05, 0.1, tint);
    }
    easel.block((3.5, 3.68), (0.03, 0.09), (b.bottom - 0.07, b.bottom - 0.02), ink(70, 70, 80));

    let s = SCREEN;
    easel.panel(s.left - 0.03, s.right + 0.10, s.bottom - 0.10, s.top - 0.02, 0.005, [40, 36, 30, 56]);
    easel.block((s.left - 0.12, s.right + 0.12), (0.0, 0.14), (s.top + 0.04, s.top + 0.17), ink(236, 236, 236));
    easel.panel(s.left - 0.05, s.right + 0.05, s.bottom - 0.05, s.top + 0.05, 0.03, ink(24, 24, 26));
    easel.panel(s.left, s.right, s.bottom, s.top, 0.03, ink(40, 40, 44));
    easel.block((7.46, 7.66), (0.5, 0.8), (HEIGHT - 0.32, HEIGHT - 0.14), ink(214, 214, 214));

    for x in [0.36, 9.26] {
        easel.block((x - 0.14, x + 0.14), (0.0, 0.2), (2.25, 2.75), ink(52, 52, 56));
        easel.glow(v3(x, 0.21, 2.4), (0.10, 0.10), [20, 20, 20, 200]);
    }
    easel.glow(v3(5.58, 0.02, 2.64), (0.23, 0.23), [40, 30, 20, 70]);
    clock(easel, 5.58, 2.66);
    easel.panel(5.30, 5.86, 1.62, 2.28, 0.02, ink(248, 246, 238));
    easel.text("课程表", 5.58, 2.13, 0.02, 0.10, ink(60, 60, 64));
    for row in 0..6 {
        for column in 0..5 {
            let (x, z) = (5.335 + 0.102 * column as f32, 2.03 - 0.066 * row as f32);
            let tint = 214 - 60 * u8::from(chance(0xca1, row * 5 + column as u64) < 0.4);
            easel.panel(x, x + 0.09, z - 0.05, z, 0.02, ink(tint, tint + 8, 222));
        }
    }
}

fn clock(easel: &mut Easel<'_>, x: f32, z: f32) {
    let disc = |radius: f32| -> Vec<_> {
        (0..40)
            .map(|k| (k as f32 / 40.0 * std::f32::consts::TAU).sin_cos())
            .map(|(s, c)| v3(x + s * radius, 0.03, z + c * radius))
            .collect()
    };
    easel.fill(&disc(0.19), ink(44, 48, 56));
    easel.fill(&disc(0.165), ink(250, 250, 248));
    for hour in 0..12 {
        let (s, c) = (hour as f32 / 12.0 * std::f32::consts::TAU).sin_cos();
        easel.line(
            v3(x + s * 0.13, 0.04, z + c * 0.13),
            v3(x + s * 0.155, 0.04, z + c * 0.155),
            0.008,
            ink(40, 40, 44),
        );
    }
    easel.line(v3(x, 0.04, z), v3(x + 0.07, 0.04, z + 0.05), 0.014, ink(30, 30, 34));
    easel.line(v3(x, 0.04, z), v3(x - 0.03, 0.04, z + 0.12), 0.010, ink(30, 30, 34));
}

fn back_wall(easel: &mut Easel<'_>) {
    let y = DEPTH - 0.01;
    // The class's own board, as every Chinese classroom has one.
    easel.panel(2.3, 7.3, 1.10, 2.45, y, ink(168, 132, 88));
    easel.panel(2.36, 7.24, 1.16, 2.39, y, ink(44, 80, 70));
    easel.text("学习园地", 4.8, 2.12, y, 0.24, ink(250, 226, 130));
    let papers = [ink(248, 244, 232), ink(250, 226, 190), ink(208, 228, 244), ink(226, 240, 208), ink(250, 214, 214)];
    for index in 0..8u64 {
        let x = 2.55 + 0.58 * index as f32;
        let z = 1.28 + 0.05 * chance(0xbac, index);
        easel.panel(x, x + 0.44, z, z + 0.62, y, papers[index as usize % papers.len()]);
        for row in 0..6 {
            let width = 0.34 * (0.6 + 0.4 * chance(0xbad, index * 8 + row));
            let z = z + 0.54 - 0.085 * row as f32;
            easel.panel(x + 0.05, x + 0.05 + width, z - 0.02, z, y, ink(140, 138, 134));
        }
    }
    for (x, text) in [(1.3, "静"), (8.35, "勤")] {
        easel.panel(x - 0.33, x + 0.33, 1.5, 2.2, y, ink(150, 52, 44));
        easel.panel(x - 0.29, x + 0.29, 1.54, 2.16, y, ink(250, 242, 226));
        easel.text(text, x, 1.66, y, 0.46, ink(50, 40, 36));
    }
    for x in [0.3, 1.0, 8.0, 8.7] {
        easel.block((x, x + 0.62), (DEPTH - 0.45, DEPTH), (0.0, 1.1), ink(206, 208, 204));
        easel.panel(x + 0.3, x + 0.315, 0.08, 1.04, DEPTH - 0.46, ink(150, 152, 150));
        easel.panel(x + 0.24, x + 0.27, 0.5, 0.64, DEPTH - 0.46, ink(120, 122, 124));
    }
    easel.block((4.1, 5.5), (DEPTH - 0.25, DEPTH), (2.72, 3.08), ink(244, 244, 244));
    easel.panel(4.15, 5.45, 2.74, 2.80, DEPTH - 0.26, ink(206, 208, 210));
}

/// A row of desks for two.
fn desks(easel: &mut Easel<'_>, row: usize) {
    let y = FIRST_ROW + row as f32 * ROW_PITCH;
    for pair in COLUMNS.chunks_exact(2) {
        let number = (row * 3) as u64 + (pair[0] * 7.0) as u64;
        desk(easel, (pair[0] - 0.32, pair[1] + 0.32), (y - DESK_FAR, y - DESK_NEAR), number);
    }
}

fn desk(easel: &mut Easel<'_>, x: (f32, f32), y: (f32, f32), number: u64) {
    let middle = (x.0 + x.1) / 2.0;
    let metal = ink(132, 140, 148);
    for leg in [x.0 + 0.04, middle - 0.03, middle + 0.03, x.1 - 0.06] {
        for at in [y.0 + 0.03, y.1 - 0.05] {
            easel.block((leg, leg + 0.025), (at, at + 0.025), (0.0, DESK_HEIGHT - 0.03), metal);
        }
    }
    if easel.camera.turned {
        // The front panel, towards the board.
        easel.block((x.0 + 0.02, x.1 - 0.02), (y.0, y.0 + 0.02), (0.28, DESK_HEIGHT - 0.03), ink(112, 146, 176));
        easel.panel(middle - 0.006, middle + 0.006, 0.28, DESK_HEIGHT - 0.03, y.0, ink(80, 108, 134));
    } else {
        easel.block(
            (x.0 + 0.03, x.1 - 0.03),
            (y.0 + 0.05, y.1),
            (DESK_HEIGHT - 0.16, DESK_HEIGHT - 0.03),
            ink(120, 126, 130),
        );
    }
    easel.block(x, y, (DESK_HEIGHT - 0.03, DESK_HEIGHT), WOOD);
    easel.level((middle - 0.004, middle + 0.004), y, DESK_HEIGHT + 0.001, shaded(WOOD, 0.6));
    let gloss =
        [v3(x.0, y.0, DESK_HEIGHT), v3(x.1, y.0, DESK_HEIGHT), v3(x.1, y.1, DESK_HEIGHT), v3(x.0, y.1, DESK_HEIGHT)];
    easel.blend(
        &gloss,
        (v3(x.0, y.0, DESK_HEIGHT), [255, 250, 236, 60]),
        (v3(x.1, y.1, DESK_HEIGHT), [80, 50, 20, 40]),
    );
    for (index, left) in [x.0, middle].into_iter().enumerate() {
        let at = |place: u64| chance(0xde5c, number * 16 + index as u64 * 8 + place);
        let (bx, by) = (left + 0.08 + 0.16 * at(0), y.0 + 0.05 + 0.05 * at(1));
        let covers = [ink(70, 120, 180), ink(196, 84, 74), ink(236, 196, 90), ink(96, 156, 120), ink(240, 238, 230)];
        let cover = covers[(at(2) * 4.99) as usize];
        easel.block((bx, bx + 0.19), (by, by + 0.26), (DESK_HEIGHT, DESK_HEIGHT + 0.02 + 0.04 * at(3)), cover);
        if at(4) < 0.6 {
            let px = left + 0.30 + 0.1 * at(5);
            easel.level((px, px + 0.2), (y.0 + 0.14, y.0 + 0.40), DESK_HEIGHT + 0.003, ink(248, 248, 244));
        }
        if at(6) < 0.4 {
            let px = left + 0.5 + 0.08 * at(7);
            easel.block(
                (px, px + 0.07),
                (y.0 + 0.04, y.0 + 0.10),
                (DESK_HEIGHT, DESK_HEIGHT + 0.2),
                ink(150, 200, 214),
            );
        }
    }
}

/// The lectern with its monitor, as a picture of its own: the teacher stands behind it.
pub(super) fn lectern(camera: &Camera) -> Pixmap {
    let mut easel = Easel::new(camera);
    let ground = if camera.turned { 0.0 } else { PLATFORM_HEIGHT };
    let (x, y) = ((LECTERN_LEFT, LECTERN_RIGHT), (LECTERN_BACK, LECTERN_FRONT));
    easel.glow(v3(5.55, LECTERN_FRONT, ground), (0.6, 0.09), [30, 24, 18, 110]);
    easel.block((x.0 + 0.03, x.1 - 0.03), (y.0, y.1 - 0.04), (ground, LECTERN_TOP - 0.05), ink(150, 108, 70));
    easel.panel(x.0 + 0.10, x.1 - 0.10, ground + 0.12, LECTERN_TOP - 0.16, y.1 - 0.04, ink(138, 98, 62));
    easel.glow(v3(5.55, y.1 - 0.04, 0.80), (0.16, 0.16), [214, 178, 110, 210]);
    easel.block(x, y, (LECTERN_TOP - 0.05, LECTERN_TOP), ink(174, 130, 88));
    easel.block((x.0 + 0.08, x.0 + 0.46), (y.0 + 0.18, y.0 + 0.20), (LECTERN_TOP, LECTERN_TOP + 0.13), ink(40, 42, 46));
    easel.line(
        v3(x.1 - 0.12, y.0 + 0.2, LECTERN_TOP),
        v3(x.1 - 0.2, y.0 + 0.1, LECTERN_TOP + 0.3),
        0.012,
        ink(40, 40, 44),
    );
    easel.glow(v3(x.1 - 0.2, y.0 + 0.1, LECTERN_TOP + 0.31), (0.028, 0.028), [24, 24, 26, 255]);
    easel.pixmap
}
