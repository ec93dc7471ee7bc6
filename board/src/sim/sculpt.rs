//! Makes a sprite of a figure: casts a ray a pixel at rounded cones and shades what it hits. Knows solids, not people.
//!
//! The view is parallel but slanted, as a camera high on the wall sees one body far away. The result is kept, so that this
//! runs once a figure and never once a frame.

use super::drawing::Drawing;
use super::space::{V3, lerp, smooth, v3};

/// Pixels of the squares that are looked at together.
const TILE: usize = 8;
/// Solids that may lie behind one another at a pixel.
const DEEP: usize = 16;

/// What a solid is made of: gives the colour (0..1) and the gloss at a place of its surface, or nothing where it is cut away.
/// The place is in the frame that the solid was made in.
pub(super) type Matter = Box<dyn Fn(V3) -> Option<(V3, f32)> + Send + Sync>;

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

/// A value over the screen that is a plane: what it is at the ground point, and how it grows with x and z.
#[derive(Clone, Copy)]
struct Slope {
    at_zero: f32,
    x: f32,
    z: f32,
}

impl Slope {
    fn at(self, x: f32, z: f32) -> f32 {
        self.at_zero + self.x * x + self.z * z
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
    /// A step to the right and one upwards on the screen, in the flattened space.
    steps: [V3; 2],
    /// How far a ray's beginning lies along the axis and along the ray, from `a`.
    along_axis: Slope,
    along_ray: Slope,
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

/// Where on a solid a ray hits.
#[derive(Clone, Copy, Default)]
enum Part {
    /// The cone, so far along its axis.
    Cone(f32),
    #[default]
    EndA,
    EndB,
}

#[derive(Clone, Copy, Default)]
struct Hit {
    /// Towards the viewer, in metres.
    depth: f32,
    part: Part,
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
        let steps = [press(v3(1.0, 0.0, 0.0), flat), press(v3(0.0, 0.0, 1.0), flat)];
        let slope = |along: V3| Slope { at_zero: -along.dot(a), x: along.dot(steps[0]), z: along.dot(steps[1]) };
        Target {
            a,
            radius_a: ra,
            radius_b: rb,
            flat,
            axis,
            ray,
            stretch,
            steps,
            along_axis: slope(axis),
            along_ray: slope(ray),
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

    /// From `a` to where the ray through the screen point (x, z) begins.
    fn beginning(&self, x: f32, z: f32) -> V3 {
        self.steps[0] * x + self.steps[1] * z - self.a
    }

    /// The nearest hit of the ray through the screen point (x, z): how far towards the viewer, and where on the solid.
    fn hit(&self, x: f32, z: f32) -> Option<(f32, Part)> {
        let from_a = self.beginning(x, z);
        let m1 = self.along_axis.at(x, z);
        let m3 = self.along_ray.at(x, z);
        let m5 = from_a.dot(from_a);
        let (ra, rb) = (self.radius_a, self.radius_b);
        let taper = ra - rb;
        if self.d2 > 1e-8 {
            let k2 = self.d2 - self.m2 * self.m2;
            let k1 = self.d2 * m3 - m1 * self.m2 + self.m2 * taper * ra;
            let k0 = self.d2 * m5 - m1 * m1 + m1 * taper * ra * 2.0 - self.m0 * ra * ra;
            let h = k1 * k1 - k0 * k2;
            if h < 0.0 {
                return None;
            }
            let t = (-h.sqrt() - k1) / k2;
            let along = m1 - ra * taper + t * self.m2;
            if along > 0.0 && along < self.d2 {
                return Some((-t / self.stretch, Part::Cone(along)));
            }
        }
        // The other end's ray begins at from_a - axis.
        let ball = |m: f32, square: f32, radius: f32| {
            let h = m * m - square + radius * radius;
            (h > 0.0).then(|| -m - h.sqrt())
        };
        let first = ball(m3, m5, ra);
        let second = ball(m3 - self.m2, m5 - 2.0 * m1 + self.m0, rb);
        let (t, part) = match (first, second) {
            (Some(first), Some(second)) if second < first => (second, Part::EndB),
            (Some(first), _) => (first, Part::EndA),
            (None, second) => (second?, Part::EndB),
        };
        Some((-t / self.stretch, part))
    }

    /// The normal where the ray through the screen point (x, z) hits.
    fn normal(&self, x: f32, z: f32, hit: Hit) -> V3 {
        let at = self.beginning(x, z) - self.ray * (hit.depth * self.stretch);
        let normal = match hit.part {
            Part::Cone(along) => at * self.d2 - self.axis * along,
            Part::EndA => at,
            Part::EndB => at - self.axis,
        };
        press(normal, self.flat).unit()
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
    /// The normal that mirrors the light into the viewer's eye.
    shiniest: V3,
    targets: Vec<Target>,
}

impl Sitting<'_> {
    fn look(&self, near: &[u16], x: f32, z: f32) -> Option<Look> {
        let mut hits = [Hit::default(); DEEP];
        let mut count = 0;
        for &index in near {
            let Some((depth, part)) = self.targets[index as usize].hit(x, z) else { continue };
            let hidden = self.view.desk.is_some_and(|(before, height)| depth < before && z < height);
            if !hidden && count < DEEP {
                hits[count] = Hit { depth, part, target: index };
                count += 1;
            }
        }
        let mut rest = &mut hits[..count];
        // The nearest whose surface is not cut away there.
        while let Some(nearest) = (0..rest.len()).max_by(|&a, &b| rest[a].depth.total_cmp(&rest[b].depth)) {
            rest.swap(0, nearest);
            let (hit, behind) = (rest[0], &rest[1..]);
            if let Some(look) = self.surface(hit, behind, x, z) {
                return Some(look);
            }
            rest = &mut rest[1..];
        }
        None
    }

    fn surface(&self, hit: Hit, behind: &[Hit], x: f32, z: f32) -> Option<Look> {
        let target = &self.targets[hit.target as usize];
        let place = v3(x - self.view.slant.0 * hit.depth, hit.depth, z + self.view.slant.1 * hit.depth);
        let mut normal = target.normal(x, z, hit);
        for &other_hit in behind {
            let other = &self.targets[other_hit.target as usize];
            let (melt, apart) = (target.melt.min(other.melt), hit.depth - other_hit.depth);
            if other.group == target.group && other.group != 0 && apart < melt {
                normal = normal + other.normal(x, z, other_hit) * smooth(melt, 0.0, apart);
            }
        }
        let surface = self.model.matters[target.matter](self.turn.model(place));
        let (colour, gloss) = surface?;
        Some(Look { colour: self.shade(normal.unit(), colour, gloss), depth: hit.depth, matter: target.matter as u16 })
    }

    fn shade(&self, normal: V3, colour: V3, gloss: f32) -> V3 {
        let key = normal.dot(self.view.light).max(0.0);
        let sky = 0.5 + 0.5 * normal.z;
        let facing = normal.y.max(0.0);
        let light = 0.42 + 0.24 * sky + 0.34 * key + 0.10 * facing;
        // Grazing surfaces darken a little: the soft edge that cloth and skin have under lamps.
        let edge = lerp(0.82, 1.0, smooth(0.0, 0.5, facing));
        let shine = if gloss > 0.0 { gloss * normal.dot(self.shiniest).max(0.0).powi(24) } else { 0.0 };
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

/// The pixels that differ from one of their four neighbours.
fn edges(looks: &[Option<Look>], width: usize) -> Vec<bool> {
    let mut edges = vec![false; looks.len()];
    let mut compare = |a: usize, b: usize| {
        if (looks[a].is_some() || looks[b].is_some()) && differ(looks[a], looks[b]) {
            (edges[a], edges[b]) = (true, true);
        }
    };
    for row in (0..looks.len()).step_by(width) {
        for at in row..row + width {
            if at + 1 < row + width {
                compare(at, at + 1);
            }
            if at + width < looks.len() {
                compare(at, at + width);
            }
        }
    }
    edges
}

/// Pixels from one look to the next where nothing much changes.
fn coarseness(pixels_per_metre: f32) -> usize {
    match pixels_per_metre {
        ..120.0 => 1,
        120.0..500.0 => 2,
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
    let shiniest = (view.light + v3(0.0, 1.0, 0.0)).unit();
    let sitting = Sitting { model, view, turn, shiniest, targets };
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

    let edges = edges(&looks, width);
    let mut rgba = vec![0; width * height * 4];
    for (index, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        let here = looks[index];
        let (colour, coverage) = if edges[index] {
            let (x, y) = (index % width, index / width);
            let near = &tiles[y / TILE * across + x / TILE];
            let found = [(0.875, 0.375), (0.375, 0.875), (0.125, 0.125)].iter().filter_map(|&(dx, dy)| {
                let (x, z) = at(x as f32 + dx, y as f32 + dy);
                sitting.look(near, x, z)
            });
            let found = found.chain(here);
            let (sum, count) = found.fold((V3::default(), 0.0), |(sum, count), look| (sum + look.colour, count + 1.0));
            (sum * 0.25, count * 0.25)
        } else if let Some(look) = here {
            (look.colour, 1.0)
        } else {
            continue;
        };
        let byte = |c: f32| (c * 255.0).clamp(0.0, coverage * 255.0) as u8;
        pixel.copy_from_slice(&[byte(colour.x), byte(colour.y), byte(colour.z), (coverage * 255.0) as u8]);
    }
    Drawing { rgba, width, left: x0, top: y0 }
}
