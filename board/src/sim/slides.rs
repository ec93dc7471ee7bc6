//! The computer's slides: a physics lesson on refraction. Drawn at any size, for the HDMI input and for the projector screen.

use tiny_skia::{
    FillRule, GradientStop, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point, Rect, Shader, SpreadMode, Stroke,
    Transform,
};

use super::easel::{Ink, colour, ink, soft_patch};
use super::lettering;

/// How many there are; they are counted from 1.
pub(super) const COUNT: usize = 8;
/// The slide that shows a film with sound.
const FILM: usize = 6;

const NAVY: Ink = [22, 48, 92, 255];
const BLUE: Ink = [36, 104, 190, 255];
const ORANGE: Ink = [232, 120, 36, 255];
const GREY: Ink = [90, 98, 110, 255];
const PAPER: Ink = [250, 251, 253, 255];

/// Whether a slide plays sound.
pub(super) fn plays(slide: usize) -> bool {
    slide == FILM
}

/// The film's music, `since` seconds after it began: plucked chords.
pub(super) fn music(since: f64) -> f32 {
    const CHORDS: [[f64; 3]; 4] =
        [[261.6, 329.6, 392.0], [220.0, 261.6, 329.6], [174.6, 220.0, 261.6], [196.0, 246.9, 293.7]];
    let beat = (since * 2.5).floor();
    let into = since - beat / 2.5;
    let chord = CHORDS[(beat / 8.0) as usize % 4];
    let note = chord[beat as usize % 3] * if beat as usize % 4 == 3 { 2.0 } else { 1.0 };
    let angle = std::f64::consts::TAU * note * into;
    let bass = std::f64::consts::TAU * chord[0] / 2.0 * since;
    let pluck = (angle.sin() + 0.4 * (2.0 * angle).sin() + 0.2 * (3.0 * angle).sin())
        * (-into * 5.0).exp()
        * (into * 400.0).min(1.0);
    (0.16 * pluck + 0.04 * bass.sin()) as f32
}

/// What moves on a slide: the middle of a bright spot as shares of width and height.
pub(super) fn spot(slide: usize, since: f64) -> Option<(f32, f32)> {
    (slide == FILM).then(|| {
        let share = (since / 2.4).fract() as f32;
        // Down to the water's surface, and bent there.
        let bend = (0.5, 0.52);
        if share < 0.5 {
            let k = share * 2.0;
            (0.22 + (bend.0 - 0.22) * k, 0.14 + (bend.1 - 0.14) * k)
        } else {
            let k = share * 2.0 - 1.0;
            (bend.0 + 0.135 * k, bend.1 + 0.33 * k)
        }
    })
}

/// The teacher first points at a slide so many seconds after it came, then so often, each time for so long.
const FIRST_POINTS: f64 = 5.0;
const POINTS_EVERY: f64 = 16.0;
const POINTS_FOR: f64 = 3.0;

/// Whether the pointer moves, `since` seconds after its slide came.
pub(super) fn points(since: f64) -> bool {
    since >= FIRST_POINTS && (since - FIRST_POINTS) % POINTS_EVERY < POINTS_FOR
}

/// Where the computer's pointer is, as shares of width and height. It rests where it pointed last.
pub(super) fn pointer(slide: usize, since: f64) -> (f32, f32) {
    let rounds = (since - FIRST_POINTS).max(0.0) / POINTS_EVERY;
    let moved = POINTS_FOR * rounds.floor() + (rounds.fract() * POINTS_EVERY).min(POINTS_FOR);
    let phase = moved * 0.5 + slide as f64;
    ((0.62 + 0.16 * (phase * 0.9).sin()) as f32, (0.60 + 0.12 * (phase * 1.3).cos()) as f32)
}

/// A sheet of 1600 × 900 units.
struct Sheet {
    pixmap: Pixmap,
    scale: f32,
}

impl Sheet {
    fn paint(&mut self, path: Option<Path>, ink: Ink) {
        if let Some(path) = path {
            let paint = Paint { shader: Shader::SolidColor(colour(ink)), anti_alias: true, ..Paint::default() };
            let scale = Transform::from_scale(self.scale, self.scale);
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, scale, None);
        }
    }

    fn rect(&mut self, x: f32, y: f32, w: f32, h: f32, ink: Ink) {
        self.paint(Rect::from_xywh(x, y, w, h).map(PathBuilder::from_rect), ink);
    }

    fn fade(&mut self, x: f32, y: f32, w: f32, h: f32, from: Ink, to: Ink) {
        let stops = vec![GradientStop::new(0.0, colour(from)), GradientStop::new(1.0, colour(to))];
        let (start, end) = (Point::from_xy(x, y), Point::from_xy(x + w * 0.3, y + h));
        let shader = LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity());
        if let (Some(shader), Some(rect)) = (shader, Rect::from_xywh(x, y, w, h)) {
            let paint = Paint { shader, ..Paint::default() };
            self.pixmap.fill_rect(rect, &paint, Transform::from_scale(self.scale, self.scale), None);
        }
    }

    fn text(&mut self, text: &str, x: f32, y: f32, size: f32, ink: Ink) {
        self.paint(lettering::line(text, x, y, size), ink);
    }

    fn centred(&mut self, text: &str, x: f32, y: f32, size: f32, ink: Ink) {
        self.text(text, x - lettering::width(text) * size / 2.0, y, size, ink);
    }

    fn line(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        let mut path = PathBuilder::new();
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let paint = Paint { shader: Shader::SolidColor(colour(ink)), anti_alias: true, ..Paint::default() };
        let stroke = Stroke { width, ..Stroke::default() };
        if let Some(path) = path.finish() {
            let scale = Transform::from_scale(self.scale, self.scale);
            self.pixmap.stroke_path(&path, &paint, &stroke, scale, None);
        }
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, ink: Ink) {
        self.paint(PathBuilder::from_circle(x, y, radius), ink);
    }

    fn arrow(&mut self, from: (f32, f32), to: (f32, f32), width: f32, ink: Ink) {
        self.line(&[from, to], width, ink);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1.0);
        let (dx, dy) = (dx / length * 26.0, dy / length * 26.0);
        let mut path = PathBuilder::new();
        path.move_to(to.0 + dx * 0.6, to.1 + dy * 0.6);
        path.line_to(to.0 - dx * 0.4 - dy * 0.5, to.1 - dy * 0.4 + dx * 0.5);
        path.line_to(to.0 - dx * 0.4 + dy * 0.5, to.1 - dy * 0.4 - dx * 0.5);
        path.close();
        self.paint(path.finish(), ink);
    }

    fn heading(&mut self, text: &str, number: usize) {
        self.rect(0.0, 0.0, 1600.0, 900.0, PAPER);
        self.fade(0.0, 0.0, 1600.0, 128.0, NAVY, BLUE);
        self.rect(0.0, 128.0, 1600.0, 8.0, ORANGE);
        self.text(text, 80.0, 92.0, 66.0, PAPER);
        self.text(&format!("{number} / {COUNT}"), 1460.0, 868.0, 30.0, GREY);
        self.text("高中物理 · 光的折射", 80.0, 868.0, 30.0, GREY);
    }

    /// Air above, water below, a ray that is bent.
    fn rays(&mut self, x: f32, y: f32, size: f32, light: Ink, text: Ink) {
        let up = (x - 0.62 * size, y - 0.8 * size);
        let down = (x + 0.34 * size, y + 0.8 * size);
        self.line(&[(x, y - size), (x, y + size)], 3.0, text);
        self.arrow(up, ((up.0 + x) / 2.0, (up.1 + y) / 2.0), 9.0, light);
        self.line(&[up, (x, y)], 9.0, light);
        self.arrow((x, y), down, 9.0, light);
        self.text("θ₁", x - 0.26 * size, y - 0.46 * size, 0.17 * size, text);
        self.text("θ₂", x + 0.06 * size, y + 0.52 * size, 0.17 * size, text);
    }
}

/// Draws a slide (counted from 1) `width` pixels wide, 16 to 9.
pub(super) fn draw(slide: usize, width: u32, height: u32) -> Pixmap {
    let pixmap = Pixmap::new(width, height).expect("a slide has a size");
    let mut sheet = Sheet { pixmap, scale: width as f32 / 1600.0 };
    // The sheet may be a row higher than 16 to 9 by rounding.
    sheet.pixmap.fill(colour(PAPER));
    match slide {
        1 => title(&mut sheet),
        2 => aims(&mut sheet),
        3 => law(&mut sheet),
        4 => table(&mut sheet),
        5 => graph(&mut sheet),
        FILM => film(&mut sheet),
        7 => exercise(&mut sheet),
        _ => summary(&mut sheet),
    }
    sheet.pixmap
}

fn title(sheet: &mut Sheet) {
    sheet.fade(0.0, 0.0, 1600.0, 900.0, ink(18, 40, 84), ink(44, 118, 196));
    for (index, tint) in [
        ink(230, 70, 60),
        ink(240, 150, 50),
        ink(246, 214, 80),
        ink(110, 190, 110),
        ink(80, 150, 230),
        ink(140, 100, 210),
    ]
    .into_iter()
    .enumerate()
    {
        let y = 470.0 + 36.0 * index as f32;
        sheet.line(&[(1170.0, 440.0 + 6.0 * index as f32), (1620.0, y + 90.0)], 22.0, tint);
    }
    sheet.line(&[(700.0, 620.0), (1060.0, 452.0)], 12.0, PAPER);
    let mut prism = PathBuilder::new();
    prism.move_to(1110.0, 250.0);
    prism.line_to(1310.0, 600.0);
    prism.line_to(910.0, 600.0);
    prism.close();
    sheet.paint(prism.finish(), [214, 236, 255, 190]);
    sheet.text("光的折射", 110.0, 380.0, 168.0, PAPER);
    sheet.rect(116.0, 430.0, 420.0, 10.0, ORANGE);
    sheet.text("高中物理  选择性必修第一册", 116.0, 520.0, 46.0, ink(214, 230, 250));
    sheet.text("第四章  第一节", 116.0, 590.0, 46.0, ink(214, 230, 250));
}

fn aims(sheet: &mut Sheet) {
    sheet.heading("学习目标", 2);
    let aims = ["认识光的折射现象", "掌握折射定律", "理解折射率的物理意义", "会用折射定律解决问题"];
    for (index, aim) in aims.iter().enumerate() {
        let y = 280.0 + 140.0 * index as f32;
        sheet.dot(150.0, y - 22.0, 42.0, BLUE);
        sheet.centred(&(index + 1).to_string(), 150.0, y - 1.0, 56.0, PAPER);
        sheet.text(aim, 240.0, y, 64.0, NAVY);
    }
    sheet.rays(1270.0, 500.0, 280.0, ORANGE, GREY);
    sheet.rect(1010.0, 500.0, 520.0, 250.0, [90, 170, 230, 70]);
}

fn law(sheet: &mut Sheet) {
    sheet.heading("折射定律", 3);
    sheet.rect(90.0, 500.0, 760.0, 320.0, [96, 176, 236, 110]);
    sheet.line(&[(90.0, 500.0), (850.0, 500.0)], 5.0, BLUE);
    sheet.rays(470.0, 500.0, 320.0, ORANGE, NAVY);
    sheet.text("空气 n₁", 660.0, 470.0, 46.0, GREY);
    sheet.text("水 n₂", 660.0, 580.0, 46.0, GREY);
    sheet.text("n₁ sin θ₁ = n₂ sin θ₂", 920.0, 360.0, 62.0, NAVY);
    sheet.text("入射光线、折射光线", 920.0, 500.0, 50.0, GREY);
    sheet.text("与法线在同一平面内，", 920.0, 580.0, 50.0, GREY);
    sheet.text("分别位于法线的两侧。", 920.0, 660.0, 50.0, GREY);
}

fn table(sheet: &mut Sheet) {
    sheet.heading("几种介质的折射率", 4);
    let rows = [
        ("介质", "折射率 n", "光速 (10⁸ m/s)"),
        ("空气", "1.0003", "2.997"),
        ("水", "1.33", "2.25"),
        ("酒精", "1.36", "2.20"),
        ("玻璃", "1.5", "2.00"),
        ("金刚石", "2.42", "1.24"),
    ];
    for (index, (a, b, c)) in rows.into_iter().enumerate() {
        let y = 190.0 + 104.0 * index as f32;
        let (back, text) = if index == 0 {
            (BLUE, PAPER)
        } else if index % 2 == 0 {
            (ink(228, 236, 246), NAVY)
        } else {
            (PAPER, NAVY)
        };
        sheet.rect(140.0, y, 1320.0, 100.0, back);
        for (x, cell) in [(340.0, a), (760.0, b), (1210.0, c)] {
            sheet.centred(cell, x, y + 70.0, 54.0, text);
        }
    }
}

fn graph(sheet: &mut Sheet) {
    sheet.heading("实验数据", 5);
    let at = |x: f32, y: f32| (220.0 + x * 900.0, 780.0 - y * 560.0);
    for k in 0..=10 {
        let s = k as f32 / 10.0;
        sheet.line(&[at(s, 0.0), at(s, 1.0)], 2.0, ink(222, 226, 232));
        sheet.line(&[at(0.0, s), at(1.0, s)], 2.0, ink(222, 226, 232));
    }
    sheet.arrow(at(0.0, 0.0), at(1.08, 0.0), 5.0, NAVY);
    sheet.arrow(at(0.0, 0.0), at(0.0, 1.06), 5.0, NAVY);
    sheet.line(&[at(0.0, 0.0), at(0.66, 0.99)], 7.0, BLUE);
    for (x, y) in [(0.11, 0.17), (0.23, 0.34), (0.33, 0.50), (0.43, 0.64), (0.51, 0.77), (0.575, 0.87)] {
        let (x, y) = at(x, y);
        sheet.dot(x, y, 13.0, ORANGE);
    }
    sheet.text("sin θ₂", 1120.0, 846.0, 40.0, NAVY);
    sheet.text("sin θ₁", 60.0, 230.0, 40.0, NAVY);
    sheet.text("斜率 k = n = 1.5", 1080.0, 420.0, 52.0, NAVY);
    sheet.text("sin θ₁ 与 sin θ₂", 1080.0, 520.0, 48.0, GREY);
    sheet.text("成正比", 1080.0, 590.0, 48.0, ORANGE);
}

fn film(sheet: &mut Sheet) {
    sheet.fade(0.0, 0.0, 1600.0, 900.0, ink(30, 32, 40), ink(14, 16, 22));
    sheet.fade(180.0, 468.0, 1240.0, 350.0, ink(24, 92, 128), ink(10, 50, 80));
    sheet.line(&[(180.0, 130.0), (180.0, 818.0), (1420.0, 818.0), (1420.0, 130.0)], 10.0, ink(190, 210, 220));
    sheet.line(&[(180.0, 468.0), (1420.0, 468.0)], 5.0, ink(150, 214, 240));
    sheet.line(&[(352.0, 126.0), (800.0, 468.0), (1016.0, 765.0)], 5.0, [230, 60, 50, 150]);
    sheet.rect(300.0, 90.0, 90.0, 46.0, ink(120, 126, 136));
    sheet.text("演示实验：激光射入水中", 480.0, 90.0, 54.0, ink(226, 232, 240));
    sheet.rect(180.0, 852.0, 1240.0, 10.0, ink(70, 74, 84));
    sheet.rect(180.0, 852.0, 420.0, 10.0, ink(230, 70, 60));
}

fn exercise(sheet: &mut Sheet) {
    sheet.heading("课堂练习", 7);
    sheet.text("光从空气射入某种玻璃，入射角为 60°，", 100.0, 260.0, 54.0, NAVY);
    sheet.text("折射角为 30°，则该玻璃的折射率为（   ）", 100.0, 345.0, 54.0, NAVY);
    for (index, answer) in ["A.  √2", "B.  √3", "C.  1.5", "D.  2"].into_iter().enumerate() {
        let (x, y) = (130.0 + 700.0 * (index % 2) as f32, 440.0 + 170.0 * (index / 2) as f32);
        sheet.rect(x, y, 600.0, 130.0, ink(230, 238, 248));
        sheet.rect(x, y, 12.0, 130.0, BLUE);
        sheet.text(answer, x + 60.0, y + 86.0, 60.0, NAVY);
    }
}

fn summary(sheet: &mut Sheet) {
    sheet.heading("课堂小结", 8);
    for (index, (head, body)) in [
        ("现象", "光在界面上改变方向"),
        ("定律", "n₁ sin θ₁ = n₂ sin θ₂"),
        ("意义", "n = c / v"),
        ("作业", "课本第 86 页 1、3、5 题"),
    ]
    .into_iter()
    .enumerate()
    {
        let y = 190.0 + 156.0 * index as f32;
        sheet.rect(110.0, y, 1380.0, 130.0, ink(232, 240, 248));
        sheet.fade(110.0, y, 250.0, 130.0, BLUE, NAVY);
        sheet.centred(head, 235.0, y + 86.0, 60.0, PAPER);
        sheet.text(body, 420.0, y + 86.0, 58.0, NAVY);
    }
}

/// The pointer's arrow, its tip at the top left corner.
pub(super) fn pointer_shape(size: u32) -> Pixmap {
    let mut sheet = Sheet { pixmap: Pixmap::new(size, size).expect("a pointer has a size"), scale: size as f32 / 32.0 };
    let arrow = |grow: f32| {
        let mut path = PathBuilder::new();
        path.move_to(2.0 - grow, 1.0 - grow * 2.0);
        path.line_to(2.0 - grow, 24.0 + grow * 2.0);
        path.line_to(8.0, 19.0);
        path.line_to(12.5, 28.0 + grow);
        path.line_to(16.0 + grow, 26.5);
        path.line_to(12.0, 17.5);
        path.line_to(19.5 + grow * 2.0, 17.0 + grow);
        path.close();
        path.finish()
    };
    sheet.paint(arrow(0.8), ink(20, 20, 20));
    sheet.paint(arrow(-0.2), ink(255, 255, 255));
    sheet.pixmap
}

/// The bright spot of the film, in the middle of its picture.
pub(super) fn spot_shape(size: u32) -> Pixmap {
    let mut pixmap = Pixmap::new(size, size).expect("a spot has a size");
    let half = size as f32 / 2.0;
    soft_patch(&mut pixmap, half, half, half, half, ink(255, 70, 50));
    soft_patch(&mut pixmap, half, half, half * 0.5, half * 0.5, ink(255, 236, 220));
    pixmap
}
