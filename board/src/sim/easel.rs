//! Paints flat things of the room in perspective: polygons, boxes, soft light, letters on walls. Knows no classroom.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, PathBuilder, Pixmap, Point, Shader, SpreadMode, Stroke,
    Transform,
};

use super::cameras::Camera;
use super::lettering;
use super::space::{V3, v3};

/// Red, green, blue and opacity, 0..255.
pub(super) type Ink = [u8; 4];

pub(super) fn ink(r: u8, g: u8, b: u8) -> Ink {
    [r, g, b, 255]
}

pub(super) fn colour([r, g, b, a]: Ink) -> Color {
    Color::from_rgba8(r, g, b, a)
}

/// The same ink, lighter (above 1) or darker.
pub(super) fn shaded([r, g, b, a]: Ink, k: f32) -> Ink {
    let [r, g, b] = [r, g, b].map(|c| (f32::from(c) * k).min(255.0) as u8);
    [r, g, b, a]
}

pub(super) struct Easel<'a> {
    pub(super) pixmap: Pixmap,
    pub(super) camera: &'a Camera,
}

/// Points nearer to the camera than this are not drawn.
const NEAREST: f32 = 0.25;

impl<'a> Easel<'a> {
    pub(super) fn new(camera: &'a Camera) -> Easel<'a> {
        let (width, height) = camera.whole;
        Easel { pixmap: Pixmap::new(width, height).expect("a camera's picture has a size"), camera }
    }

    fn depth(&self, p: V3) -> f32 {
        if self.camera.turned { p.y - self.camera.at.y } else { self.camera.at.y - p.y }
    }

    /// The polygon's part before the camera, on the screen.
    fn outline(&self, corners: &[V3]) -> Option<tiny_skia::Path> {
        let mut seen = Vec::with_capacity(corners.len() + 1);
        for (index, &to) in corners.iter().enumerate() {
            let from = corners[(index + corners.len() - 1) % corners.len()];
            let (near, far) = (self.depth(from), self.depth(to));
            if (near < NEAREST) != (far < NEAREST) {
                seen.push(from.lerp(to, (NEAREST - near) / (far - near)));
            }
            if far >= NEAREST {
                seen.push(to);
            }
        }
        let mut path = PathBuilder::new();
        for (index, p) in seen.iter().enumerate() {
            let (x, y) = self.camera.project(*p);
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        path.finish()
    }

    pub(super) fn fill(&mut self, corners: &[V3], ink: Ink) {
        self.shade(corners, Shader::SolidColor(colour(ink)));
    }

    fn shade(&mut self, corners: &[V3], shader: Shader<'_>) {
        if let Some(path) = self.outline(corners) {
            let paint = Paint { shader, anti_alias: true, ..Paint::default() };
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
        }
    }

    /// Fills with inks that change along the line from one point of the room to another.
    pub(super) fn blend(&mut self, corners: &[V3], from: (V3, Ink), to: (V3, Ink)) {
        let point = |p: V3| {
            let (x, y) = self.camera.project(p);
            Point::from_xy(x, y)
        };
        let stops = vec![GradientStop::new(0.0, colour(from.1)), GradientStop::new(1.0, colour(to.1))];
        let (start, end) = (point(from.0), point(to.0));
        if let Some(shader) = LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity()) {
            self.shade(corners, shader);
        }
    }

    /// An upright rectangle across the room.
    pub(super) fn panel(&mut self, left: f32, right: f32, bottom: f32, top: f32, y: f32, ink: Ink) {
        self.fill(&[v3(left, y, bottom), v3(right, y, bottom), v3(right, y, top), v3(left, y, top)], ink);
    }

    /// A level rectangle.
    pub(super) fn level(&mut self, (left, right): (f32, f32), (front, back): (f32, f32), z: f32, ink: Ink) {
        self.fill(&[v3(left, front, z), v3(right, front, z), v3(right, back, z), v3(left, back, z)], ink);
    }

    /// A rectangle on a wall along the room.
    pub(super) fn side(&mut self, x: f32, (front, back): (f32, f32), (bottom, top): (f32, f32), ink: Ink) {
        self.fill(&[v3(x, front, bottom), v3(x, back, bottom), v3(x, back, top), v3(x, front, top)], ink);
    }

    /// A box, its visible faces shaded.
    pub(super) fn block(&mut self, x: (f32, f32), y: (f32, f32), z: (f32, f32), ink: Ink) {
        let eye = self.camera.at;
        if eye.x < x.0 {
            self.side(x.0, y, z, shaded(ink, 0.86));
        }
        if eye.x > x.1 {
            self.side(x.1, y, z, shaded(ink, 0.72));
        }
        let facing = if self.camera.turned { y.0 } else { y.1 };
        self.panel(x.0, x.1, z.0, z.1, facing, shaded(ink, 0.80));
        if eye.z > z.1 {
            self.level(x, y, z.1, ink);
        }
    }

    /// A line between two points of the room, `width` metres thick where it begins.
    pub(super) fn line(&mut self, from: V3, to: V3, width: f32, ink: Ink) {
        if self.depth(from) < NEAREST || self.depth(to) < NEAREST {
            return;
        }
        let mut path = PathBuilder::new();
        let ((x0, y0), (x1, y1)) = (self.camera.project(from), self.camera.project(to));
        path.move_to(x0, y0);
        path.line_to(x1, y1);
        let paint = Paint { shader: Shader::SolidColor(colour(ink)), anti_alias: true, ..Paint::default() };
        let stroke = Stroke { width: (width * self.camera.scale(from.y)).max(0.6), ..Stroke::default() };
        if let Some(path) = path.finish() {
            self.pixmap.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// Text on a wall across the room, centred, its base line at (`x`, `z`).
    pub(super) fn text(&mut self, text: &str, x: f32, z: f32, y: f32, size: f32, ink: Ink) {
        let scale = self.camera.scale(y);
        let (u, v) = self.camera.project(v3(x, y, z));
        let left = u - lettering::width(text) * size * scale / 2.0;
        if let Some(path) = lettering::line(text, left, v, size * scale) {
            let paint = Paint { shader: Shader::SolidColor(colour(ink)), anti_alias: true, ..Paint::default() };
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A soft round patch of light or shade on the screen, about a point of the room.
    pub(super) fn glow(&mut self, at: V3, radius: (f32, f32), ink: Ink) {
        let (x, y) = self.camera.project(at);
        let scale = self.camera.scale(at.y);
        soft_patch(&mut self.pixmap, x, y, radius.0 * scale, radius.1 * scale, ink);
    }
}

/// An ellipse that fades towards its border.
pub(super) fn soft_patch(pixmap: &mut Pixmap, x: f32, y: f32, radius_x: f32, radius_y: f32, ink: Ink) {
    let clear = [ink[0], ink[1], ink[2], 0];
    let half = [ink[0], ink[1], ink[2], ink[3] / 2];
    let stops = vec![
        GradientStop::new(0.0, colour(ink)),
        GradientStop::new(0.5, colour(half)),
        GradientStop::new(1.0, colour(clear)),
    ];
    let flat = Transform::from_row(1.0, 0.0, 0.0, radius_y / radius_x, x, y);
    let origin = Point::from_xy(0.0, 0.0);
    let shader = tiny_skia::RadialGradient::new(origin, 0.0, origin, radius_x, stops, SpreadMode::Pad, flat);
    let oval = tiny_skia::Rect::from_ltrb(x - radius_x, y - radius_y, x + radius_x, y + radius_y)
        .and_then(PathBuilder::from_oval);
    if let (Some(shader), Some(oval)) = (shader, oval) {
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        pixmap.fill_path(&oval, &paint, FillRule::Winding, Transform::identity(), None);
    }
}
