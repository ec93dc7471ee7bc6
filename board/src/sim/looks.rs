//! Who is in the room and how they look: hair, skin, clothes. Chosen from the seed, so that a class is always the same class.

use super::sculpt::Matter;
use super::space::{V3, bits, chance, smooth, v3};

/// Number 0 is the teacher, students follow from 1.
pub(super) const TEACHER: u8 = 0;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hair {
    Short,
    Fringe,
    Bob,
    Ponytail,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Top {
    /// Jacket open over shirt and tie.
    Jacket,
    /// The school's tracksuit: yoke and sleeves in a second colour, zip.
    Tracksuit,
    Hoodie,
    Stripes,
    Plain,
}

/// How one person looks.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Height relative to 1.72 m.
    pub(super) scale: f32,
    pub(super) head: f32,
    pub(super) skin: V3,
    pub(super) hair: Hair,
    pub(super) hair_colour: V3,
    pub(super) top: Top,
    pub(super) colour: V3,
    pub(super) second: V3,
    pub(super) trousers: V3,
    pub(super) glasses: bool,
    /// Shifts the folds of cloth.
    pub(super) folds: f32,
}

const fn rgb(r: u8, g: u8, b: u8) -> V3 {
    v3(r as f32 / 255.0, g as f32 / 255.0, b as f32 / 255.0)
}

const SKINS: [V3; 4] = [rgb(243, 205, 178), rgb(236, 194, 164), rgb(228, 184, 150), rgb(247, 213, 190)];
const HAIRS: [V3; 4] = [rgb(34, 28, 28), rgb(46, 36, 32), rgb(28, 26, 32), rgb(62, 44, 34)];
const CLOTHES: [V3; 10] = [
    rgb(170, 74, 72),
    rgb(214, 180, 104),
    rgb(96, 128, 158),
    rgb(112, 140, 116),
    rgb(206, 204, 202),
    rgb(124, 108, 146),
    rgb(206, 150, 136),
    rgb(64, 72, 92),
    rgb(148, 176, 184),
    rgb(148, 122, 98),
];

impl Look {
    pub(super) fn of(seed: u64, who: u8) -> Look {
        let dice = |place: u64| bits(seed ^ 0x1005, u64::from(who) * 32 + place) as usize;
        let share = |place: u64| chance(seed ^ 0x1006, u64::from(who) * 32 + place);
        if who == TEACHER {
            return Look {
                scale: 1.02,
                head: 1.0,
                skin: SKINS[dice(0) % SKINS.len()],
                hair: Hair::Short,
                hair_colour: HAIRS[0],
                top: Top::Jacket,
                colour: [rgb(52, 62, 88), rgb(84, 80, 84), rgb(96, 76, 60)][dice(1) % 3],
                second: [rgb(206, 222, 240), rgb(240, 240, 240)][dice(2) % 2],
                trousers: rgb(48, 48, 56),
                glasses: true,
                folds: 0.0,
            };
        }
        let top = [Top::Tracksuit, Top::Tracksuit, Top::Hoodie, Top::Stripes, Top::Plain][dice(3) % 5];
        let (colour, second) = match top {
            Top::Tracksuit => (rgb(232, 234, 238), rgb(52, 84, 140)),
            Top::Stripes => (CLOTHES[dice(4) % CLOTHES.len()], rgb(240, 238, 232)),
            _ => (CLOTHES[dice(4) % CLOTHES.len()], CLOTHES[dice(5) % CLOTHES.len()]),
        };
        Look {
            scale: 0.90 + 0.08 * share(6),
            head: 1.06,
            skin: SKINS[dice(0) % SKINS.len()],
            hair: [Hair::Short, Hair::Fringe, Hair::Bob, Hair::Ponytail][dice(7) % 4],
            hair_colour: HAIRS[dice(8) % HAIRS.len()],
            top,
            colour,
            second,
            trousers: rgb(44, 54, 84),
            glasses: share(9) < 0.3,
            folds: share(10) * 20.0,
        }
    }

    /// Folds and weave: a factor near 1.
    fn cloth(self, p: V3) -> f32 {
        let k = self.folds;
        let fold = (p.z * 21.0 + (p.x * 9.0 + k).sin() * 1.7).sin() * (p.x * 17.0 + p.z * 6.0 + k).sin();
        1.0 + 0.07 * fold
    }

    /// The torso, in body metres (scale 1).
    pub(super) fn torso(self) -> Matter {
        Box::new(move |p| {
            let side = p.x.abs();
            let front = p.y > 0.0;
            if p.z < if self.top == Top::Jacket { 0.81 } else { 0.86 } {
                return None;
            }
            let mut colour = match self.top {
                Top::Jacket | Top::Plain | Top::Hoodie => self.colour,
                Top::Tracksuit if p.z > 1.30 - side * 0.25 => self.second,
                Top::Tracksuit => self.colour,
                Top::Stripes if (p.z * 16.0).rem_euclid(1.0) < 0.45 => self.second,
                Top::Stripes => self.colour,
            };
            let mut shade = self.cloth(p);
            if front {
                match self.top {
                    Top::Jacket => {
                        let open = 0.012 + (p.z - 1.08).max(0.0) * 0.30;
                        if side < open.min(0.11) && p.z > 1.08 {
                            colour = self.second;
                            shade = 1.0 - 0.12 * smooth(open - 0.02, open, side);
                            if side < 0.020 + (1.40 - p.z) * 0.03 {
                                colour = rgb(128, 36, 44);
                            }
                        } else if side < open + 0.035 && p.z > 1.16 {
                            shade *= 0.84;
                        } else if side < 0.004 {
                            shade *= 0.6;
                        }
                        if (side - 0.012).abs() < 0.007 && ((p.z - 1.02).abs() < 0.007 || (p.z - 0.94).abs() < 0.007) {
                            colour = rgb(24, 24, 26);
                        }
                    }
                    Top::Tracksuit => {
                        if side < 0.006 {
                            shade *= 0.55;
                        } else if p.z > 1.40 && side < 0.05 {
                            colour = self.colour;
                        }
                        if (p.z - (1.285 - side * 0.25)).abs() < 0.010 {
                            colour = rgb(214, 60, 60);
                        }
                    }
                    Top::Hoodie => {
                        if (side - 0.035 - (1.40 - p.z) * 0.05).abs() < 0.006 && p.z > 1.22 {
                            colour = rgb(240, 240, 236);
                        }
                        if (p.z - 1.05).abs() < 0.004 && side < 0.10 {
                            shade *= 0.7;
                        }
                    }
                    Top::Plain if p.z > 1.41 - (0.06 - side).max(0.0) => colour = self.second,
                    _ => {}
                }
            }
            // Under the chin and the arms it is darker.
            shade *= lerp_under_chin(p, front);
            Some((colour * shade, 0.0))
        })
    }

    /// A sleeve or trouser leg.
    pub(super) fn sleeve(self) -> Matter {
        let colour = if self.top == Top::Tracksuit { self.second } else { self.colour };
        Box::new(move |p| {
            let stripes = self.top == Top::Stripes && (p.z * 16.0).rem_euclid(1.0) < 0.45;
            Some(((if stripes { self.second } else { colour }) * self.cloth(p * 1.3), 0.0))
        })
    }

    pub(super) fn plain(self, colour: V3, gloss: f32) -> Matter {
        Box::new(move |p| Some((colour * (1.0 + (self.cloth(p * 0.7) - 1.0) * 0.6), gloss)))
    }
}

fn lerp_under_chin(p: V3, front: bool) -> f32 {
    if front { 1.0 - 0.25 * smooth(1.36, 1.44, p.z) * smooth(0.10, 0.02, p.x.abs()) } else { 1.0 }
}

/// A head's own axes in the body, and its middle.
#[derive(Clone, Copy)]
pub(super) struct HeadFrame {
    pub(super) middle: V3,
    pub(super) left: V3,
    pub(super) forward: V3,
    pub(super) up: V3,
    pub(super) size: f32,
}

impl HeadFrame {
    fn local(&self, p: V3) -> V3 {
        let d = (p - self.middle) * (1.0 / self.size);
        v3(d.dot(self.left), d.dot(self.forward), d.dot(self.up))
    }

    pub(super) fn at(&self, x: f32, y: f32, z: f32) -> V3 {
        self.middle + (self.left * x + self.forward * y + self.up * z) * self.size
    }
}

impl Look {
    /// Skin with eyes, brows, mouth: painted on whatever solid of the head is hit.
    pub(super) fn face(self, frame: HeadFrame, mouth_open: bool, eyes_shut: bool) -> Matter {
        Box::new(move |p| {
            let q = frame.local(p);
            let (side, up) = (q.x.abs(), q.z);
            let mut colour = self.skin;
            let gloss = 0.05;
            if q.y < 0.0 {
                return Some((colour, gloss));
            }
            let cheek = smooth(0.030, 0.0, ((side - 0.040).powi(2) + (up + 0.040).powi(2)).sqrt());
            colour = colour.lerp(v3(0.92, 0.55, 0.50), cheek * 0.22);
            // Eye sockets and the sides of the nose lie in a soft shade.
            let socket = smooth(0.026, 0.006, ((side - 0.031).powi(2) + (up - 0.010).powi(2) * 1.6).sqrt());
            colour = colour * (1.0 - 0.10 * socket);
            colour = colour * (1.0 - 0.12 * smooth(0.016, 0.004, ((side - 0.014).abs() + (up + 0.035).abs()) * 0.8));
            let dark = v3(0.13, 0.09, 0.09);
            let (ex, ez) = ((side - 0.031) / 0.0160, (up - 0.006) / 0.0080);
            let eye = ex * ex + ez * ez;
            if eyes_shut {
                if (ez + 0.3 - ex * ex * 0.4).abs() < 0.35 && ex.abs() < 1.0 {
                    colour = dark;
                }
            } else if eye < 1.0 {
                let iris = (side - 0.031).hypot(up - 0.0065);
                colour = if iris < 0.0028 {
                    v3(0.03, 0.02, 0.02)
                } else if iris < 0.0068 {
                    v3(0.20, 0.12, 0.08)
                } else {
                    v3(0.93, 0.92, 0.90)
                };
                colour = colour * lerp_lid(ez);
            } else if eye < 1.35 && ez > 0.2 {
                colour = dark;
            }
            let brow = 0.0325 - (side - 0.030).max(0.0).powi(2) * 12.0;
            if (up - brow).abs() < 0.0034 - 0.03 * (side - 0.034).abs() && (0.015..0.052).contains(&side) {
                colour = self.hair_colour.lerp(colour, 0.30);
            }
            let lips = v3(0.78, 0.42, 0.40);
            let smile = 0.004 * (q.x / 0.024).powi(2);
            let (mx, mz) = (q.x / 0.024, (up + 0.067 - smile) / if mouth_open { 0.0130 } else { 0.0062 });
            let mouth = mx * mx + mz * mz;
            if mouth_open && mouth < 0.55 {
                colour = if mz > 0.25 { v3(0.93, 0.91, 0.88) } else { v3(0.35, 0.12, 0.12) };
            } else if mouth < 1.0 {
                colour = colour.lerp(lips, 0.85);
                if !mouth_open && mz.abs() < 0.22 {
                    colour = lips * 0.6;
                }
            }
            if self.glasses {
                let ring = (((side - 0.031) / 0.0225).powi(2) + ((up - 0.004) / 0.0175).powi(2)).sqrt();
                let bridge = side < 0.010 && (up - 0.010).abs() < 0.0022;
                let arm = side > 0.053 && (up - 0.009).abs() < 0.0024;
                if (ring - 1.0).abs() < 0.10 || bridge || arm {
                    colour = v3(0.10, 0.10, 0.12);
                } else if ring < 1.0 {
                    colour = colour.lerp(v3(0.95, 0.97, 1.0), 0.08);
                }
            }
            // The shadow of the hair on the forehead, and of the jaw.
            colour = colour * (1.0 - 0.16 * smooth(0.030, 0.060, up)) * (1.0 - 0.14 * smooth(-0.085, -0.125, up));
            Some((colour, gloss))
        })
    }

    /// The cap of hair: cut away where the face and the neck are.
    pub(super) fn hair(self, frame: HeadFrame) -> Matter {
        Box::new(move |p| {
            let q = frame.local(p);
            let side = q.x.abs();
            let (front, behind) = match self.hair {
                Hair::Short => (0.060 - 0.25 * (q.x - 0.02).abs(), -0.050),
                Hair::Fringe => (0.040 + 0.006 * (q.x * 190.0).sin(), -0.055),
                Hair::Bob => (0.048 - 0.10 * (q.x + 0.02).abs(), -0.150),
                Hair::Ponytail => (0.060 - 0.30 * side, -0.045),
            };
            let covered = if q.y > 0.018 {
                // Before the ears: above the hairline, and the sideburns.
                let burn = match self.hair {
                    Hair::Bob => -0.150,
                    Hair::Short => -0.005,
                    _ => 0.000,
                };
                let edge = if self.hair == Hair::Bob { 0.058 } else { 0.068 };
                q.z > front || (side > edge && q.z > burn && q.y < 0.06)
            } else if q.y > -0.022 && self.hair != Hair::Bob {
                q.z > -0.012 + 0.2 * (q.y + 0.022)
            } else {
                q.z > behind
            };
            if !covered {
                return None;
            }
            let strand = (q.x * 260.0 + (q.z * 40.0).sin() * 2.0).sin() * 0.10 + (q.x * 90.0 + q.y * 60.0).sin() * 0.07;
            Some((self.hair_colour * (1.0 + strand), 0.16))
        })
    }
}

fn lerp_lid(ez: f32) -> f32 {
    1.0 - 0.35 * smooth(0.2, 1.0, ez)
}
