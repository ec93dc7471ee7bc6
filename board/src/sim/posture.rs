//! What bodies do: a small vocabulary of postures, counted in steps so that each is drawn once and then kept.

use super::body::Pose;
use super::plan;
use super::space::{V3, lerp, v3};

/// Steps between one posture and another.
pub(super) const STEPS: u8 = 3;
/// Pictures of one double step of a walk, and its length in metres.
pub(super) const WALK_PHASES: u8 = 8;
pub(super) const DOUBLE_STEP: f32 = 1.24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Gesture {
    Rest,
    Open,
    Both,
    Point,
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Act {
    Listen,
    Write,
    Chin,
    Lean,
}

/// What a body does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Posture {
    /// Standing, `step` of [`STEPS`] on the way from rest to a gesture.
    Stand {
        gesture: Gesture,
        step: u8,
    },
    Walk {
        phase: u8,
    },
    /// At the board: which line, and where the hand is in its little movement.
    Chalk {
        line: u8,
        wiggle: u8,
    },
    Wipe {
        phase: u8,
    },
    /// Behind a desk: `step` on the way from listening to an act, `hand` from the desk to high up, `risen` from sitting to
    /// standing.
    Desk {
        act: Act,
        step: u8,
        hand: u8,
        risen: u8,
    },
}

impl Posture {
    /// A height that no part of the body is above, in metres.
    pub(super) fn reach(&self) -> f32 {
        match self {
            Self::Desk { hand: 0, risen: 0, .. } => 1.5,
            Self::Desk { hand: 1.., .. } | Self::Chalk { .. } | Self::Wipe { .. } => 2.3,
            _ => 1.9,
        }
    }
}

/// One picture of one person: everything that its sprite depends on but size and light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Figure {
    pub(super) who: u8,
    pub(super) posture: Posture,
    /// Turn towards the viewer, in steps of 15°: 0 faces the viewer, 6 faces right.
    pub(super) yaw: i8,
    /// Turn of the head against the body to the left, in steps of 15°.
    pub(super) gaze: i8,
    pub(super) mouth_open: bool,
}

/// Radians a step of yaw or gaze.
pub(super) const TURN_STEP: f32 = std::f32::consts::PI / 12.0;

fn share(step: u8) -> f32 {
    let k = f32::from(step) / f32::from(STEPS);
    k * k * (3.0 - 2.0 * k)
}

fn gesture(gesture: Gesture) -> Pose {
    let hands = match gesture {
        Gesture::Rest => Pose::STANDING.hands,
        Gesture::Open => [v3(0.26, 0.10, 0.90), v3(-0.32, 0.30, 1.22)],
        Gesture::Both => [v3(0.30, 0.30, 1.16), v3(-0.30, 0.32, 1.20)],
        Gesture::Point => [v3(0.62, 0.10, 1.52), v3(-0.24, 0.12, 0.92)],
        Gesture::Read => [v3(0.20, 0.32, 1.08), v3(-0.20, 0.32, 1.08)],
    };
    let head = match gesture {
        Gesture::Point => (0.5, -0.04),
        Gesture::Read => (0.0, 0.38),
        _ => (0.0, 0.02),
    };
    Pose { hands, head, ..Pose::STANDING }
}

fn walking(phase: u8) -> Pose {
    let cycle = f32::from(phase) / f32::from(WALK_PHASES);
    let foot = |cycle: f32, side: f32| {
        let cycle = cycle.rem_euclid(1.0);
        let reach = DOUBLE_STEP / 4.0;
        if cycle < 0.5 {
            v3(0.085 * side, lerp(reach, -reach, cycle * 2.0), 0.08)
        } else {
            let k = (cycle - 0.5) * 2.0;
            v3(0.085 * side, lerp(-reach, reach, k), 0.08 + 0.11 * (k * std::f32::consts::PI).sin())
        }
    };
    let swing = (cycle * std::f32::consts::TAU).cos();
    let bob = (cycle * 2.0 * std::f32::consts::TAU).cos();
    Pose {
        hips: v3(0.0, 0.0, 0.905 - 0.018 * bob),
        bend: 0.05,
        feet: [foot(cycle, 1.0), foot(cycle + 0.5, -1.0)],
        hands: [v3(0.25, 0.05 - 0.22 * swing, 0.90), v3(-0.25, 0.05 + 0.22 * swing, 0.90)],
        ..Pose::STANDING
    }
}

fn at_the_board(height: f32, aside: f32) -> Pose {
    Pose {
        hands: [v3(0.25, 0.08, 0.88), v3(-0.30 - aside, 0.32, height)],
        elbows: [Pose::STANDING.elbows[0], v3(-0.9, -0.1, -0.3)],
        head: (-0.25, -0.12),
        ..Pose::STANDING
    }
}

/// Pupils' bodies are drawn smaller than 1.72 m: what touches the desk is moved up in their own measure.
fn at_desk(act: Act, scale: f32) -> Pose {
    let desk = plan::DESK_HEIGHT / scale + 0.035;
    let folded = [v3(0.06, 0.36, desk), v3(-0.06, 0.33, desk + 0.01)];
    let seated = Pose {
        hips: v3(0.0, -0.04, 0.50 / scale),
        bend: 0.14,
        head: (0.0, 0.02),
        hands: folded,
        feet: [v3(0.12, 0.40, 0.08), v3(-0.12, 0.36, 0.08)],
        elbows: [v3(0.7, -0.5, -0.8), v3(-0.7, -0.5, -0.8)],
        mouth_open: false,
        eyes_shut: false,
    };
    match act {
        Act::Listen => seated,
        Act::Write => Pose {
            bend: 0.34,
            head: (0.08, 0.55),
            hands: [v3(0.16, 0.38, desk), v3(-0.14, 0.40, desk + 0.02)],
            ..seated
        },
        Act::Chin => Pose {
            bend: 0.22,
            head: (-0.10, 0.04),
            hands: [v3(0.085, 0.24, seated.hips.z + 0.525), v3(-0.10, 0.34, desk)],
            elbows: [v3(0.9, 0.2, -0.8), seated.elbows[1]],
            ..seated
        },
        Act::Lean => Pose {
            hips: seated.hips + v3(0.02, -0.03, 0.0),
            bend: -0.04,
            head: (0.30, 0.0),
            hands: [v3(0.22, 0.30, desk), v3(-0.20, 0.30, desk)],
            ..seated
        },
    }
}

impl Figure {
    /// Leaves out what a pupil does for pastime.
    pub(super) fn keep_still(&mut self) {
        if let Posture::Desk { act, step, .. } = &mut self.posture {
            (*act, *step, self.gaze) = (Act::Listen, 0, 0);
        }
    }

    /// Leaves out the way from one pastime to another.
    pub(super) fn keep_steady(&mut self) {
        if let Posture::Desk { step: step @ 1.., .. } = &mut self.posture {
            *step = STEPS;
        }
    }

    /// Whether the legs are behind a desk and a chair's back behind the body.
    pub(super) fn at_desk(&self) -> bool {
        matches!(self.posture, Posture::Desk { .. })
    }

    /// The pose of this figure, for somebody of this scale.
    pub(super) fn pose(&self, scale: f32) -> Pose {
        let mut pose = match self.posture {
            Posture::Stand { gesture: to, step } => gesture(Gesture::Rest).towards(&gesture(to), share(step)),
            Posture::Walk { phase } => walking(phase),
            Posture::Chalk { line, wiggle } => {
                let height =
                    plan::CHALK_LINES[usize::from(line)] + 0.5 * plan::CHALK_SIZE - plan::PLATFORM_HEIGHT - 0.13
                        + [0.0, 0.035, 0.0, -0.03][usize::from(wiggle % 4)];
                at_the_board(height / scale, [0.0, 0.01, 0.025, 0.01][usize::from(wiggle % 4)])
            }
            Posture::Wipe { phase } => {
                let swing = (f32::from(phase) / 8.0 * std::f32::consts::TAU).sin();
                at_the_board(1.5 + 0.1 * swing.abs(), 0.10 + 0.22 * swing)
            }
            Posture::Desk { act, step, hand, risen } => {
                let seated = at_desk(Act::Listen, scale).towards(&at_desk(act, scale), share(step));
                let standing = Pose {
                    hips: v3(0.0, -0.08, 0.93),
                    feet: Pose::STANDING.feet.map(|foot| foot + v3(0.0, -0.08, 0.0)),
                    ..Pose::STANDING
                };
                let mut pose = seated.towards(&standing, share(risen));
                let top = pose.hips + v3(-0.20, 0.12, 0.90);
                let raised: V3 = pose.hands[1].lerp(top, share(hand));
                pose.hands[1] = raised + v3(-0.12, 0.0, 0.0) * (share(hand) * (1.0 - share(hand)) * 4.0);
                pose.elbows[1] = pose.elbows[1].lerp(v3(-1.0, 0.3, 0.2), share(hand));
                pose.eyes_shut = act == Act::Write && step == STEPS && risen == 0;
                pose
            }
        };
        pose.head.0 += f32::from(self.gaze) * TURN_STEP;
        pose.mouth_open = self.mouth_open;
        pose
    }
}
