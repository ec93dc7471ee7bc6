//! Makes a sprite of a figure: casts a ray a pixel at rounded cones and shades what it hits. Knows solids, not people.
//!
//! The view is parallel but slanted, as a camera high on the wall sees one body far away. The result is kept, so that this
//! runs once a figure and never once a frame.

use super::space::{V3, lerp, smooth, v3};

/// Pixels of the squares that are looked at together.
const TILE: usize = 8;
/// Solids that may lie behind one another at a pixel.
const DEEP: usize = 16;

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
    /// Solids of one group melt into each other where they are nearer than this, in metres.
    pub(super) group: u8,
    pub(super) melt: f32,
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
    /// Nothing is drawn below this height on the screen above the model's ground point.
    pub(super) lowest: Option<f32>,
}

/// A drawn figure: premultiplied RGBA, its size even, and where its corner lies from the model's ground point.
pub(super) struct Drawing {
    pub(super) rgba: Vec<u8>,
    pub(super) width: usize,
    pub(super) left: i32,
    pub(super) top: i32,
}

impl Drawing {
    /// The same drawing at twice the size, smoothed.
    pub(super) fn doubled(&self) -> Drawing {
        let (width, height) = (self.width, self.rgba.len() / 4 / self.width.max(1));
        let mut rgba = vec![0; self.rgba.len() * 4];
        // Each new pixel lies a quarter of an old one from its own old one's middle.
        let near = |new: usize, length: usize| {
            let own = new / 2;
            let other = if new.is_multiple_of(2) { own.saturating_sub(1) } else { (own + 1).min(length - 1) };
            (own, other)
        };
        for y in 0..2 * height {
            let (own_y, other_y) = near(y, height);
            for x in 0..2 * width {
                let (own_x, other_x) = near(x, width);
                let from = |x: usize, y: usize, channel: usize| u32::from(self.rgba[(y * width + x) * 4 + channel]);
                for channel in 0..4 {
                    let sum = 9 * from(own_x, own_y, channel)
                        + 3 * (from(other_x, own_y, channel) + from(own_x, other_y, channel))
                        + from(other_x, other_y, channel);
                    rgba[(y * 2 * width + x) * 4 + channel] = (sum / 16) as u8;
                }
            }
        }
        Drawing { rgba, width: 2 * width, left: 2 * self.left, top: 2 * self.top }
    }
}

/// A solid made ready for rays of one direction.
struct Target {
    a: V3,
    radius_a: f32,
    radius_b: f32,
    flat: (V3, f32),
    /// From one end to the other, in the flattened space.
    axis: V3,
    /// The ray away from the viewer in the flattened space, unit length, and its length before.
    ray: V3,
    stretch: f32,
    /// What the formula of the cone needs and no pixel changes.
    m0: f32,
    m2: f32,
    d2: f32,
    matter: usize,
    group: u8,
    melt: f32,
    /// Ends on the screen, and the radii that cover them.
    ends: [(f32, f32); 2],
    reach: f32,
    /// Bounds on the screen, metres: left, right, bottom, top.
    bounds: [f32; 4],
}

#[derive(Clone, Copy, Default)]
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
        let ray = press(v3(slant.0, -1.0, -slant.1), flat);
        let stretch = ray.length();
        let ray = ray * (1.0 / stretch);
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
        let (a, b) = (press(a, flat), press(b, flat));
        let axis = b - a;
        let taper = ra - rb;
        Target {
            a,
            radius_a: ra,
            radius_b: rb,
            flat,
            axis,
            ray,
            stretch,
            m0: axis.dot(axis),
            m2: axis.dot(ray),
            d2: axis.dot(axis) - taper * taper,
            matter: solid.matter,
            group: solid.group,
            melt: solid.melt,
            ends: [(ax, az), (bx, bz)],
            reach: ra.max(rb) * wide.hypot(high),
            bounds,
        }
    }

    /// Whether any of a square of the screen (middle, half its diagonal) may be covered.
    fn may_cover(&self, x: f32, z: f32, half: f32) -> bool {
        let [left, right, bottom, top] = self.bounds;
        if x + half < left || x - half > right || z + half < bottom || z - half > top {
            return false;
        }
        let [(ax, az), (bx, bz)] = self.ends;
        let (dx, dz) = (bx - ax, bz - az);
        let k = (((x - ax) * dx + (z - az) * dz) / (dx * dx + dz * dz).max(1e-9)).clamp(0.0, 1.0);
        (x - ax - dx * k).hypot(z - az - dz * k) < self.reach + half
    }

    /// The nearest hit of the ray through the screen point (x, z): how far towards the viewer, and the normal.
    fn hit(&self, x: f32, z: f32) -> Option<(f32, V3)> {
        let from_a = press(v3(x, 0.0, z), self.flat) - self.a;
        let taper = self.radius_a - self.radius_b;
        let m1 = self.axis.dot(from_a);
        let m3 = self.ray.dot(from_a);
        let m5 = from_a.dot(from_a);
        if self.d2 > 1e-8 {
            let k2 = self.d2 - self.m2 * self.m2;
            let k1 = self.d2 * m3 - m1 * self.m2 + self.m2 * taper * self.radius_a;
            let k0 =
                self.d2 * m5 - m1 * m1 + m1 * taper * self.radius_a * 2.0 - self.m0 * self.radius_a * self.radius_a;
            let h = k1 * k1 - k0 * k2;
            if h < 0.0 {
                return None;
            }
            let t = (-h.sqrt() - k1) / k2;
            let along = m1 - self.radius_a * taper + t * self.m2;
            if along > 0.0 && along < self.d2 {
                let normal = (from_a + self.ray * t) * self.d2 - self.axis * along;
                return Some((-t / self.stretch, press(normal, self.flat).unit()));
            }
        }
        let ball = |from: V3, radius: f32| {
            let m = self.ray.dot(from);
            let h = m * m - from.dot(from) + radius * radius;
            (h > 0.0).then(|| -m - h.sqrt()).map(|t| (t, from + self.ray * t))
        };
        let (first, second) = (ball(from_a, self.radius_a), ball(from_a - self.axis, self.radius_b));
        let (t, normal) = match (first, second) {
            (Some(first), Some(second)) if second.0 < first.0 => second,
            (Some(first), _) => first,
            (None, second) => second?,
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
    fn by(yaw: f32) -> Turn {
        Turn { sine: yaw.sin(), cosine: yaw.cos() }
    }

    fn view(&self, v: V3) -> V3 {
        v3(v.x * self.cosine + v.y * self.sine, v.y * self.cosine - v.x * self.sine, v.z)
    }

    fn model(&self, v: V3) -> V3 {
        v3(v.x * self.cosine - v.y * self.sine, v.y * self.cosine + v.x * self.sine, v.z)
    }
}

/// What is seen at a point: its shaded colour, and what tells it from its neighbours.
#[derive(Clone, Copy)]
struct Look {
    colour: V3,
    depth: f32,
    matter: u16,
}

struct Sitting<'a> {
    model: &'a Model,
    view: View,
    turn: Turn,
    targets: Vec<Target>,
}

impl Sitting<'_> {
    fn look(&self, near: &[u16], x: f32, z: f32) -> Option<Look> {
        let mut hits = [Hit::default(); DEEP];
        let mut count = 0;
        for &index in near {
            let Some((depth, normal)) = self.targets[index as usize].hit(x, z) else { continue };
            let hidden = self.view.desk.is_some_and(|(before, height)| depth < before && z < height);
            if !hidden && count < DEEP {
                hits[count] = Hit { depth, normal, target: index };
                count += 1;
            }
        }
        let hits = &mut hits[..count];
        hits.sort_unstable_by(|a, b| b.depth.total_cmp(&a.depth));
        hits.iter().enumerate().find_map(|(order, hit)| {
            let target = &self.targets[hit.target as usize];
            let place = v3(x - self.view.slant.0 * hit.depth, hit.depth, z + self.view.slant.1 * hit.depth);
            let mut normal = hit.normal;
            for behind in &hits[order + 1..] {
                let other = &self.targets[behind.target as usize];
                if other.group == target.group && other.group != 0 {
                    let melt = target.melt.min(other.melt);
                    normal = normal + behind.normal * smooth(melt, 0.0, hit.depth - behind.depth);
                }
            }
            let normal = normal.unit();
            let surface = self.model.matters[target.matter](self.turn.model(place), self.turn.model(normal));
            let (colour, gloss) = surface?;
            Some(Look { colour: self.shade(normal, colour, gloss), depth: hit.depth, matter: target.matter as u16 })
        })
    }

    fn shade(&self, normal: V3, colour: V3, gloss: f32) -> V3 {
        let key = normal.dot(self.view.light).max(0.0);
        let sky = 0.5 + 0.5 * normal.z;
        let facing = normal.y.max(0.0);
        let light = 0.42 + 0.24 * sky + 0.34 * key + 0.10 * facing;
        // Grazing surfaces darken a little: the soft edge that cloth and skin have under lamps.
        let edge = lerp(0.82, 1.0, smooth(0.0, 0.5, facing));
        let half = (self.view.light + v3(0.0, 1.0, 0.0)).unit();
        let shine = gloss * normal.dot(half).max(0.0).powi(24);
        let lit = colour * (light * edge);
        lit + v3(shine, shine, shine)
    }
}

/// The model's bounds as it is seen, in metres from its ground point: left, right, bottom, top.
pub(super) fn bounds(model: &Model, view: &View) -> [f32; 4] {
    let turn = Turn::by(view.yaw);
    let mut all = [f32::MAX, f32::MIN, f32::MAX, f32::MIN];
    for solid in &model.solids {
        let b = Target::new(solid, &turn, view.slant).bounds;
        all = [all[0].min(b[0]), all[1].max(b[1]), all[2].min(b[2]), all[3].max(b[3])];
    }
    if let Some((_, height)) = view.desk {
        // Only hands reach over the desk.
        all[2] = all[2].max(height - 0.12);
    }
    if let Some(lowest) = view.lowest {
        all[2] = all[2].max(lowest).min(all[3]);
    }
    all
}

/// Whether the border between two neighbours shows, so that it must be smoothed.
fn differ(a: Option<Look>, b: Option<Look>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let step = a.colour - b.colour;
            a.matter != b.matter || (a.depth - b.depth).abs() > 0.04 || step.dot(step) > 0.01
        }
        (a, b) => a.is_some() != b.is_some(),
    }
}

/// Pixels from one look to the next where nothing much changes.
fn coarseness(pixels_per_metre: f32) -> usize {
    match pixels_per_metre {
        ..260.0 => 1,
        260.0..700.0 => 2,
        _ => 4,
    }
}

/// Looks at every pixel; within squares of `coarse` pixels whose corners are alike, only at the corners.
fn looks(width: usize, height: usize, coarse: usize, look: impl Fn(usize, usize) -> Option<Look>) -> Vec<Option<Look>> {
    let mut looks: Vec<Option<Look>> = vec![None; width * height];
    if coarse == 1 {
        looks.iter_mut().enumerate().for_each(|(index, at)| *at = look(index % width, index / width));
        return looks;
    }
    let row_of = |y: usize| -> Vec<Option<Look>> {
        (0..=width.div_ceil(coarse)).map(|x| look((x * coarse).min(width - 1), y.min(height - 1))).collect()
    };
    let mut above = row_of(0);
    for top in (0..height).step_by(coarse) {
        let below = row_of(top + coarse);
        for (cell, left) in (0..width).step_by(coarse).enumerate() {
            let corners = [above[cell], above[cell + 1], below[cell], below[cell + 1]];
            let alike = corners.iter().all(|&corner| !differ(corner, corners[0]) && !differ(corner, corners[3]));
            for y in top..(top + coarse).min(height) {
                for x in left..(left + coarse).min(width) {
                    looks[y * width + x] = match corners {
                        [Some(a), Some(b), Some(c), Some(d)] if alike => {
                            let (kx, ky) = ((x - left) as f32 / coarse as f32, (y - top) as f32 / coarse as f32);
                            let colour = a.colour.lerp(b.colour, kx).lerp(c.colour.lerp(d.colour, kx), ky);
                            Some(Look { colour, ..a })
                        }
                        [None, None, None, None] => None,
                        _ => look(x, y),
                    };
                }
            }
        }
        above = below;
    }
    looks
}

/// Draws a model.
pub(super) fn draw(model: &Model, view: View) -> Drawing {
    let turn = Turn::by(view.yaw);
    let targets: Vec<Target> = model.solids.iter().map(|solid| Target::new(solid, &turn, view.slant)).collect();
    let [left, right, bottom, top] = bounds(model, &view);
    let scale = view.pixels_per_metre;
    let even = |x: f32| (x / 2.0).floor() as i32 * 2;
    let (x0, y0) = (even(left * scale) - 2, even(-top * scale) - 2);
    let width = (even(right * scale) + 4 - x0) as usize;
    let height = (even(-bottom * scale) + 4 - y0).max(2) as usize;
    let sitting = Sitting { model, view, turn, targets };
    let at = |x: f32, y: f32| ((x0 as f32 + x) / scale, -(y0 as f32 + y) / scale);

    let across = width.div_ceil(TILE);
    let half = (TILE as f32 * 0.71 + 1.0) / scale;
    let tiles: Vec<Vec<u16>> = (0..across * height.div_ceil(TILE))
        .map(|tile| {
            let (x, z) = at((tile % across * TILE + TILE / 2) as f32, (tile / across * TILE + TILE / 2) as f32);
            let covers = |index: &u16| sitting.targets[*index as usize].may_cover(x, z, half);
            (0..sitting.targets.len() as u16).filter(covers).collect()
        })
        .collect();
    let look = |x: usize, y: usize| {
        let near = &tiles[y / TILE * across + x / TILE];
        let (px, pz) = at(x as f32 + 0.5, y as f32 + 0.5);
        if near.is_empty() { None } else { sitting.look(near, px, pz) }
    };
    let looks = looks(width, height, coarseness(scale), look);

    let mut rgba = vec![0; width * height * 4];
    for (index, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        let (x, y) = (index % width, index / width);
        if tiles[y / TILE * across + x / TILE].is_empty() {
            continue;
        }
        let here = looks[index];
        let edge = (x > 0 && differ(here, looks[index - 1]))
            || (x + 1 < width && differ(here, looks[index + 1]))
            || (y > 0 && differ(here, looks[index - width]))
            || (y + 1 < height && differ(here, looks[index + width]));
        let (colour, coverage) = if edge {
            let near = &tiles[y / TILE * across + x / TILE];
            let found =
                [(0.125, 0.375), (0.375, 0.875), (0.625, 0.125), (0.875, 0.625)].iter().filter_map(|&(dx, dy)| {
                    let (x, z) = at(x as f32 + dx, y as f32 + dy);
                    sitting.look(near, x, z)
                });
            let (sum, count) = found.fold((V3::default(), 0.0), |(sum, count), look| (sum + look.colour, count + 1.0));
            (sum * 0.25, count * 0.25)
        } else {
            here.map_or((V3::default(), 0.0), |look| (look.colour, 1.0))
        };
        let byte = |c: f32| (c * 255.0).clamp(0.0, coverage * 255.0) as u8;
        pixel.copy_from_slice(&[byte(colour.x), byte(colour.y), byte(colour.z), (coverage * 255.0) as u8]);
    }
    Drawing { rgba, width, left: x0, top: y0 }
}
