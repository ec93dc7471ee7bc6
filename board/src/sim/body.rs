//! From a posture to solids: the skeleton, its joints and what is round them. A body of 1.72 m, scaled.

use super::looks::{Hair, HeadFrame, Look};
use super::sculpt::{Model, Solid};
use super::space::{V3, v3};

/// Where the joints that matter are, in metres, in the body's frame (x to the left hand, y forward, z up from the ground).
#[derive(Clone, Copy)]
pub(super) struct Pose {
    /// Height of the hips, and how far they are moved from the ground point.
    pub(super) hips: V3,
    /// Forward bend of the back, radians.
    pub(super) bend: f32,
    /// Turn of the head to the left and downwards, radians.
    pub(super) head: (f32, f32),
    /// Left and right wrist.
    pub(super) hands: [V3; 2],
    /// Left and right ankle.
    pub(super) feet: [V3; 2],
    /// Where the elbows point to.
    pub(super) elbows: [V3; 2],
    pub(super) mouth_open: bool,
    pub(super) eyes_shut: bool,
}

impl Pose {
    pub(super) const STANDING: Pose = Pose {
        hips: v3(0.0, 0.0, 0.93),
        bend: 0.02,
        head: (0.0, 0.0),
        hands: [v3(0.25, 0.06, 0.86), v3(-0.25, 0.06, 0.86)],
        feet: [v3(0.10, 0.02, 0.08), v3(-0.10, 0.0, 0.08)],
        elbows: [v3(0.5, -0.8, 0.0), v3(-0.5, -0.8, 0.0)],
        mouth_open: false,
        eyes_shut: false,
    };

    /// A pose between two; faces are those of `self`.
    pub(super) fn towards(&self, to: &Pose, k: f32) -> Pose {
        let both = |a: [V3; 2], b: [V3; 2]| [a[0].lerp(b[0], k), a[1].lerp(b[1], k)];
        Pose {
            hips: self.hips.lerp(to.hips, k),
            bend: self.bend + (to.bend - self.bend) * k,
            head: (self.head.0 + (to.head.0 - self.head.0) * k, self.head.1 + (to.head.1 - self.head.1) * k),
            hands: both(self.hands, to.hands),
            feet: both(self.feet, to.feet),
            elbows: both(self.elbows, to.elbows),
            ..*self
        }
    }
}

/// The middle joint of two bones from `from` towards `to`, bent towards `pole`; and where the end can really be.
fn bend(from: V3, to: V3, upper: f32, lower: f32, pole: V3) -> (V3, V3) {
    let way = to - from;
    let reach = way.length().clamp(0.05, (upper + lower) * 0.995);
    let direction = way.unit();
    let along = (upper * upper - lower * lower + reach * reach) / (2.0 * reach);
    let aside = (upper * upper - along * along).max(0.0).sqrt();
    let pole = (pole - direction * pole.dot(direction)).unit();
    (from + direction * along + pole * aside, from + direction * reach)
}

struct Maker {
    solids: Vec<Solid>,
    scale: f32,
}

const ROUND: (V3, f32) = (v3(0.0, 1.0, 0.0), 1.0);

impl Maker {
    fn add(&mut self, a: V3, b: V3, radius_a: f32, radius_b: f32, flat: (V3, f32), matter: usize) {
        let k = self.scale;
        let (group, melt) = match matter {
            TORSO | SLEEVE => (1, 0.06),
            FACE => (2, 0.020),
            HAIR => (3, 0.05),
            LEGS => (4, 0.05),
            _ => (0, 0.0),
        };
        let (radius_a, radius_b) = (radius_a * k, radius_b * k);
        self.solids.push(Solid { a: a * k, b: b * k, radius_a, radius_b, flat, matter, group, melt });
    }
}

/// Places of the matters in a model.
const TORSO: usize = 0;
const SLEEVE: usize = 1;
const SKIN: usize = 2;
const FACE: usize = 3;
const HAIR: usize = 4;
const LEGS: usize = 5;
const SHOES: usize = 6;
const WHITE: usize = 7;

/// Makes the body of somebody who looks like `look` in `pose`; a seated one has a chair's back behind.
pub(super) fn body(look: Look, pose: &Pose, chair: bool) -> Model {
    let mut maker = Maker { solids: Vec::with_capacity(40), scale: look.scale };
    let forward = v3(0.0, 1.0, 0.0);
    let up = v3(0.0, pose.bend.sin(), pose.bend.cos());
    let out = v3(0.0, pose.bend.cos(), -pose.bend.sin());
    // A point of the back, by its height above the ground when standing upright.
    let spine = |x: f32, y: f32, z: f32| pose.hips + v3(x, 0.0, 0.0) + out * y + up * (z - 0.93);
    let flat = |k: f32| (out, k);

    maker.add(spine(0.085, 0.0, 0.93), spine(-0.085, 0.0, 0.93), 0.100, 0.100, (forward, 0.92), LEGS);
    maker.add(spine(0.075, 0.0, 1.27), spine(0.060, 0.0, 1.02), 0.112, 0.098, flat(0.88), TORSO);
    maker.add(spine(-0.075, 0.0, 1.27), spine(-0.060, 0.0, 1.02), 0.112, 0.098, flat(0.88), TORSO);
    maker.add(spine(0.0, 0.010, 1.29), spine(0.0, 0.008, 1.00), 0.124, 0.112, flat(0.90), TORSO);
    // Jackets and shirts fall over the hips.
    maker.add(spine(0.070, 0.0, 0.99), spine(-0.070, 0.0, 0.99), 0.113, 0.113, flat(0.92), TORSO);
    maker.add(spine(0.086, 0.0, 0.89), spine(-0.086, 0.0, 0.90), 0.118, 0.118, flat(0.96), TORSO);
    let neck = spine(0.0, -0.004, 1.445);
    for side in [1.0, -1.0] {
        maker.add(spine(0.145 * side, 0.0, 1.385), spine(0.02 * side, -0.01, 1.43), 0.062, 0.062, ROUND, TORSO);
        maker.add(spine(0.150 * side, 0.0, 1.385), spine(0.07 * side, 0.01, 1.26), 0.064, 0.110, flat(0.85), TORSO);
    }

    let (turn, nod) = pose.head;
    let skull = neck + up * 0.04 + v3(0.0, 0.012, 0.0);
    let face_forward = v3(turn.sin() * nod.cos(), turn.cos() * nod.cos(), -nod.sin()).unit();
    let left = v3(turn.cos(), -turn.sin(), 0.0);
    let head_up = left.cross(face_forward).unit();
    let head_up = if head_up.z < 0.0 { head_up * -1.0 } else { head_up };
    let middle = skull + head_up * 0.125 * look.head + face_forward * 0.012;
    let frame = HeadFrame { middle, left, forward: face_forward, up: head_up, size: look.head };
    head(&mut maker, look, &frame, neck);

    for (index, side) in [1.0, -1.0].into_iter().enumerate() {
        let shoulder = spine(0.178 * side, 0.0, 1.372);
        let (elbow, wrist) = bend(shoulder, pose.hands[index], 0.285, 0.255, pose.elbows[index]);
        maker.add(shoulder, elbow, 0.057, 0.046, ROUND, SLEEVE);
        let cuff = elbow.lerp(wrist, 0.9);
        maker.add(elbow, cuff, 0.046, 0.036, ROUND, SLEEVE);
        if look.top == super::looks::Top::Jacket {
            maker.add(elbow.lerp(wrist, 0.9), elbow.lerp(wrist, 0.95), 0.033, 0.033, ROUND, WHITE);
        }
        let along = (wrist - elbow).unit();
        maker.add(wrist, wrist + along * 0.02, 0.026, 0.028, ROUND, SKIN);
        let across = along.cross(v3(0.0, 0.0, 1.0) + forward * 0.3).unit();
        maker.add(wrist + along * 0.03, wrist + along * 0.085, 0.034, 0.030, (across, 0.65), SKIN);
        for finger in [-0.020, -0.006, 0.008, 0.020] {
            let root = wrist + along * 0.09 + across.cross(along) * finger;
            maker.add(root, root + along * 0.055, 0.0105, 0.008, ROUND, SKIN);
        }
        let thumb = wrist + along * 0.045 + across.cross(along) * (0.030 * side);
        maker.add(thumb, thumb + along * 0.035 + across.cross(along) * (0.016 * side), 0.012, 0.009, ROUND, SKIN);

        let hip = pose.hips + v3(0.088 * side, 0.0, -0.03);
        let (knee, ankle) = bend(hip, pose.feet[index], 0.425, 0.43, forward);
        maker.add(hip, knee, 0.092, 0.062, ROUND, LEGS);
        maker.add(knee, ankle.lerp(knee, 0.06), 0.062, 0.048, ROUND, LEGS);
        let toe = v3(0.012 * side, 0.14, -0.045);
        maker.add(ankle + v3(0.0, -0.03, -0.04), ankle + toe, 0.044, 0.036, ROUND, SHOES);
    }
    let mut matters = vec![
        look_at_scale(look.torso(), look.scale, &pose.hips, pose.bend),
        look.sleeve(),
        look.plain(look.skin, 0.05),
        look_scaled(look.face(frame, pose.mouth_open, pose.eyes_shut), look.scale),
        look_scaled(look.hair(frame), look.scale),
        look.plain(look.trousers, 0.0),
        look.plain(v3(0.16, 0.14, 0.14), 0.2),
        look.plain(look.second, 0.0),
    ];
    if chair {
        let back = matters.len();
        matters.push(Box::new(|_| Some((v3(0.30, 0.46, 0.62), 0.08))));
        let k = 1.0 / look.scale;
        maker.add(v3(0.13, -0.22, 0.72) * k, v3(-0.13, -0.22, 0.72) * k, 0.10 * k, 0.10 * k, (forward, 0.16), back);
        maker.add(v3(0.13, -0.22, 0.60) * k, v3(-0.13, -0.22, 0.60) * k, 0.10 * k, 0.10 * k, (forward, 0.16), back);
        for side in [0.17, -0.17] {
            maker.add(v3(side, -0.22, 0.55) * k, v3(side, -0.22, 0.0) * k, 0.014 * k, 0.014 * k, ROUND, SHOES);
        }
    }
    Model { solids: maker.solids, matters }
}

fn head(maker: &mut Maker, look: Look, frame: &HeadFrame, neck: V3) {
    let s = frame.size;
    let wide = |k: f32| (frame.left, k);
    maker.add(neck, frame.at(0.0, -0.012, -0.085), 0.056, 0.054, ROUND, SKIN);
    maker.add(frame.at(0.0, -0.018, 0.018), frame.at(0.0, -0.002, -0.008), 0.095 * s, 0.090 * s, wide(0.85), FACE);
    maker.add(frame.at(0.0, 0.018, -0.030), frame.at(0.0, 0.036, -0.076), 0.077 * s, 0.042 * s, wide(0.95), FACE);
    maker.add(frame.at(0.0, 0.089, -0.004), frame.at(0.0, 0.096, -0.030), 0.007 * s, 0.0125 * s, ROUND, FACE);
    for side in [1.0, -1.0] {
        maker.add(
            frame.at(0.076 * side, -0.012, 0.008),
            frame.at(0.072 * side, -0.006, -0.022),
            0.022 * s,
            0.014 * s,
            wide(0.55),
            SKIN,
        );
    }
    maker.add(frame.at(0.0, -0.020, 0.026), frame.at(0.0, -0.014, 0.006), 0.102 * s, 0.100 * s, wide(0.87), HAIR);
    match look.hair {
        Hair::Bob => {
            maker.add(
                frame.at(0.0, -0.030, 0.0),
                frame.at(0.0, -0.040, -0.110),
                0.098 * s,
                0.088 * s,
                wide(0.98),
                HAIR,
            );
        }
        Hair::Ponytail => {
            maker.add(frame.at(0.0, -0.125, 0.03), frame.at(0.0, -0.150, -0.13), 0.036 * s, 0.022 * s, ROUND, HAIR);
        }
        Hair::Fringe => {
            maker.add(frame.at(0.0, 0.0, 0.052), frame.at(0.0, 0.020, 0.040), 0.080 * s, 0.080 * s, wide(0.95), HAIR);
        }
        Hair::Short => {
            maker.add(frame.at(0.02, 0.02, 0.062), frame.at(-0.02, -0.03, 0.056), 0.068 * s, 0.076 * s, ROUND, HAIR);
        }
    }
}

/// Matter that was written for a body of full size.
fn look_scaled(matter: super::sculpt::Matter, scale: f32) -> super::sculpt::Matter {
    Box::new(move |p| matter(p * (1.0 / scale)))
}

/// The torso's matter is written for an upright back: undo the bend and the place of the hips.
fn look_at_scale(matter: super::sculpt::Matter, scale: f32, hips: &V3, bend: f32) -> super::sculpt::Matter {
    let (hips, sine, cosine) = (*hips, bend.sin(), bend.cos());
    Box::new(move |p| {
        let d = p * (1.0 / scale) - hips;
        let upright = v3(d.x, d.y * cosine - d.z * sine, d.y * sine + d.z * cosine + 0.93);
        matter(upright)
    })
}
