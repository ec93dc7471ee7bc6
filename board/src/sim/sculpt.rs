//! Makes a sprite of a figure: casts a ray a pixel at rounded cones and shades what it hits. Knows solids, not people.
//!
//! The view is parallel but slanted, as a camera high on the wall sees one body far away. The result is kept, so that this
//! runs once a figure and never once a frame.

use super::space::{V3, lerp, smooth, v3};

/// What a solid is made of: gives the colour (0..1) and the gloss at a place of its surface, or nothing where it is cut away.
/// Place and normal are in the frame that the solid was made in.
pub(super) type Matter = Box<dyn Fn(V3, V3) -> Option<(V3, f32)> + Send + Sync>;

/// Two balls and the cone that joins them, pressed flat along one axis.
pub(super) struct Solid {
    pub(super) a: V3,
    pub(super) b: V3,
    pub(super) radius_a: f32,
    pub(super) radius_b: f32,
    /// A unit axis and the factor of thickness along it (1: round).
    pub(super) flat: (V3, f32),
    pub(super) matter: usize,
}

/// Solids in a frame of their own, and how they stand towards the viewer.
pub(super) struct Model {
    pub(super) solids: Vec<Solid>,
    pub(super) matters: Vec<Matter>,
}

/// How a model is seen. Viewer's frame: x to the right, y towards the viewer, z up.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// Turn about the vertical: 0 faces the viewer, 90° faces right. Radians.
    pub(super) yaw: f32,
    /// How far things nearer to the viewer move to the right and down, per metre.
    pub(super) slant: (f32, f32),
    pub(super) pixels_per_metre: f32,
    /// Direction towards the light, in the viewer's frame.
    pub(super) light: V3,
    /// A desk that hides what is behind it: how far it is before the model, and its height on the screen above the model's
    /// ground point.
    pub(super) desk: Option<(f32, f32)>,
}

/// A drawn figure: premultiplied RGBA, its size even, and where its corner lies from the model's ground point.
pub(super) struct Drawing {
    pub(super) rgba: Vec<u8>,
    pub(super) width: usize,
    pub(super) left: i32,
    pub(super) top: i32,
}

/// A solid made ready for rays of one direction.
struct Target {
    a: V3,
    b: V3,
    radius_a: f32,
    radius_b: f32,
    flat: (V3, f32),
    /// The ray's direction in the flattened space, unit length, and its length before.
    ray: V3,
    stretch: f32,
    matter: usize,
    /// Bounds on the screen, metres: left, right, bottom, top.
    bounds: [f32; 4],
}

#[derive(Clone, Copy)]
struct Hit {
    depth: f32,
    normal: V3,
    target: u16,
}

fn press(v: V3, (axis, factor): (V3, f32)) -> V3 {
    v + axis * (v.dot(axis) * (1.0 / factor - 1.0))
}

impl Target {
    fn new(solid: &Solid, turn: &Turn, slant: (f32, f32)) -> Target {
        let flat = (turn.view(solid.flat.0), solid.flat.1);
        let (a, b) = (turn.view(solid.a), turn.view(solid.b));
        let ray = press(v3(-slant.0, 1.0, slant.1), flat);
        let stretch = ray.length();
        // A ball seen aslant is an ellipse.
        let (wide, high) = ((1.0 + slant.0 * slant.0).sqrt(), (1.0 + slant.1 * slant.1).sqrt());
        let (ra, rb) = (solid.radius_a, solid.radius_b);
        let on_screen = |p: V3| (p.x + slant.0 * p.y, p.z - slant.1 * p.y);
        let ((ax, az), (bx, bz)) = (on_screen(a), on_screen(b));
        let bounds = [
            (ax - ra * wide).min(bx - rb * wide),
            (ax + ra * wide).max(bx + rb * wide),
            (az - ra * high).min(bz - rb * high),
            (az + ra * high).max(bz + rb * high),
        ];
        Target {
            a: press(a, flat),
            b: press(b, flat),
            radius_a: solid.radius_a,
            radius_b: solid.radius_b,
            flat,
            ray: ray * (1.0 / stretch),
            stretch,
            matter: solid.matter,
            bounds,
        }
    }

    /// The nearest hit of the ray through the screen point (x, z): how far towards the viewer, and the normal.
    fn hit(&self, x: f32, z: f32) -> Option<(f32, V3)> {
        let origin = press(v3(x, 0.0, z), self.flat);
        // Rays run from the viewer, so the formulas of a ray that goes away are used with the direction turned round.
        let direction = self.ray * -1.0;
        let (axis, from_a, from_b) = (self.b - self.a, origin - self.a, origin - self.b);
        let taper = self.radius_a - self.radius_b;
        let m0 = axis.dot(axis);
        let m1 = axis.dot(from_a);
        let m2 = axis.dot(direction);
        let m3 = direction.dot(from_a);
        let m5 = from_a.dot(from_a);
        let m6 = direction.dot(from_b);
        let m7 = from_b.dot(from_b);
        let d2 = m0 - taper * taper;
        if d2 > 1e-8 {
            let k2 = d2 - m2 * m2;
            let k1 = d2 * m3 - m1 * m2 + m2 * taper * self.radius_a;
            let k0 = d2 * m5 - m1 * m1 + m1 * taper * self.radius_a * 2.0 - m0 * self.radius_a * self.radius_a;
            let h = k1 * k1 - k0 * k2;
            if h < 0.0 {
                return None;
            }
            let t = (-h.sqrt() - k1) / k2;
            let along = m1 - self.radius_a * taper + t * m2;
            if along > 0.0 && along < d2 {
                let normal = (from_a + direction * t) * d2 - axis * along;
                return Some((-t / self.stretch, press(normal, self.flat).unit()));
            }
        }
        let ball = |from: V3, m: f32, radius: f32, square: f32| {
            let h = m * m - square + radius * radius;
            (h > 0.0).then(|| -m - h.sqrt()).map(|t| (t, from + direction * t))
        };
        let first = ball(from_a, m3, self.radius_a, m5);
        let second = ball(from_b, m6, self.radius_b, m7);
        let (t, normal) = match (first, second) {
            (Some(first), Some(second)) => {
                if first.0 < second.0 {
                    first
                } else {
                    second
                }
            }
            (first, second) => first.or(second)?,
        };
        Some((-t / self.stretch, press(normal, self.flat).unit()))
    }
}

/// A turn about the vertical.
struct Turn {
    sine: f32,
    cosine: f32,
}

impl Turn {
    fn view(&self, v: V3) -> V3 {
        v3(v.x * self.cosine + v.y * self.sine, v.y * self.cosine - v.x * self.sine, v.z)
    }

    fn model(&self, v: V3) -> V3 {
        v3(v.x * self.cosine - v.y * self.sine, v.y * self.cosine + v.x * self.sine, v.z)
    }
}

struct Sitting<'a> {
    model: &'a Model,
    view: View,
    turn: Turn,
    targets: Vec<Target>,
}

impl Sitting<'_> {
    /// Colour and nearest hit at a point of the screen.
    fn look(&self, near: &[u16], x: f32, z: f32) -> Option<(Hit, V3, f32)> {
        let mut best: Option<(Hit, V3, f32)> = None;
        for &index in near {
            let target = &self.targets[index as usize];
            let [left, right, bottom, top] = target.bounds;
            if x < left || x > right || z < bottom || z > top {
                continue;
            }
            let Some((depth, normal)) = target.hit(x, z) else { continue };
            let hidden = self.view.desk.is_some_and(|(before, height)| depth < before && z < height);
            if hidden || best.is_some_and(|(hit, ..)| hit.depth >= depth) {
                continue;
            }
            let place = v3(x - self.view.slant.0 * depth, depth, z + self.view.slant.1 * depth);
            let surface = self.model.matters[target.matter](self.turn.model(place), self.turn.model(normal));
            if let Some((colour, gloss)) = surface {
                best = Some((Hit { depth, normal, target: index }, colour, gloss));
            }
        }
        best
    }

    fn shade(&self, (hit, colour, gloss): (Hit, V3, f32)) -> V3 {
        let normal = hit.normal;
        let key = normal.dot(self.view.light).max(0.0);
        let sky = 0.5 + 0.5 * normal.z;
        let facing = normal.y.max(0.0);
        let light = 0.40 + 0.24 * sky + 0.36 * key + 0.10 * facing;
        // Grazing surfaces darken a little: the soft edge that cloth and skin have under lamps.
        let edge = lerp(0.80, 1.0, smooth(0.0, 0.55, facing));
        let half = (self.view.light + v3(0.0, 1.0, 0.0)).unit();
        let shine = gloss * normal.dot(half).max(0.0).powi(24);
        let lit = colour * (light * edge);
        lit + v3(shine, shine, shine)
    }
}

/// The model's bounds as it is seen, in metres from its ground point: left, right, bottom, top.
pub(super) fn bounds(model: &Model, view: &View) -> [f32; 4] {
    let turn = Turn { sine: view.yaw.sin(), cosine: view.yaw.cos() };
    let mut all = [f32::MAX, f32::MIN, f32::MAX, f32::MIN];
    for solid in &model.solids {
        let b = Target::new(solid, &turn, view.slant).bounds;
        all = [all[0].min(b[0]), all[1].max(b[1]), all[2].min(b[2]), all[3].max(b[3])];
    }
    if let Some((_, height)) = view.desk {
        // Only hands reach over the desk.
        all[2] = all[2].max(height - 0.12);
    }
    all
}

/// Draws a model.
pub(super) fn draw(model: &Model, view: View) -> Drawing {
    let turn = Turn { sine: view.yaw.sin(), cosine: view.yaw.cos() };
    let targets: Vec<Target> = model.solids.iter().map(|solid| Target::new(solid, &turn, view.slant)).collect();
    let [left, right, bottom, top] = bounds(model, &view);
    let scale = view.pixels_per_metre;
    let even = |x: f32| (x / 2.0).floor() as i32 * 2;
    let (x0, y0) = (even(left * scale) - 2, even(-top * scale) - 2);
    let width = (even(right * scale) + 4 - x0) as usize;
    let height = (even(-bottom * scale) + 4 - y0).max(2) as usize;
    let sitting = Sitting { model, view, turn, targets };
    let at = |x: f32, y: f32| ((x0 as f32 + x) / scale, -(y0 as f32 + y) / scale);

    let mut looks: Vec<Option<(Hit, V3, f32)>> = Vec::with_capacity(width * height);
    let mut rows: Vec<Vec<u16>> = Vec::with_capacity(height);
    let margin = 1.5 / scale;
    for y in 0..height {
        let (_, z) = at(0.0, y as f32 + 0.5);
        let crosses = |target: &Target| z > target.bounds[2] - margin && z < target.bounds[3] + margin;
        let near: Vec<u16> =
            (0..sitting.targets.len() as u16).filter(|&i| crosses(&sitting.targets[i as usize])).collect();
        looks.extend((0..width).map(|x| {
            let (x, z) = at(x as f32 + 0.5, y as f32 + 0.5);
            sitting.look(&near, x, z)
        }));
        rows.push(near);
    }

    let key = |look: &Option<(Hit, V3, f32)>| look.map_or((u16::MAX, 0.0), |(hit, ..)| (hit.target, hit.depth));
    let mut rgba = vec![0; width * height * 4];
    for y in 0..height {
        for x in 0..width {
            let index = y * width + x;
            let here = key(&looks[index]);
            let differs = |other: usize| {
                let there = key(&looks[other]);
                there.0 != here.0 || (there.1 - here.1).abs() > 0.04
            };
            let edge = (x > 0 && differs(index - 1))
                || (x + 1 < width && differs(index + 1))
                || (y > 0 && differs(index - width))
                || (y + 1 < height && differs(index + width));
            let (colour, coverage) = if edge {
                let points = [(0.125, 0.375), (0.375, 0.875), (0.625, 0.125), (0.875, 0.625)];
                let found = points.iter().filter_map(|&(dx, dy)| {
                    let (x, z) = at(x as f32 + dx, y as f32 + dy);
                    sitting.look(&rows[y], x, z).map(|look| sitting.shade(look))
                });
                let (sum, count) = found.fold((V3::default(), 0.0), |(sum, count), c| (sum + c, count + 1.0));
                (sum * 0.25, count * 0.25)
            } else {
                looks[index].map_or((V3::default(), 0.0), |look| (sitting.shade(look), 1.0))
            };
            let byte = |c: f32| (c * 255.0).clamp(0.0, coverage * 255.0) as u8;
            rgba[index * 4..index * 4 + 4].copy_from_slice(&[
                byte(colour.x),
                byte(colour.y),
                byte(colour.z),
                (coverage * 255.0) as u8,
            ]);
        }
    }
    Drawing { rgba, width, left: x0, top: y0 }
}
