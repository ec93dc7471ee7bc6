//! The screens: one file each, and which of them is shown. They draw what is seen and decide nothing.

mod after;
mod assisted;
mod band;
mod cameras;
mod controls;
mod idle;
mod it;
mod keypad;
mod lessons;
mod microphones;
mod notice;
mod pages;
mod pairing;
mod paused;
mod preflight;
mod recording;
mod settings;
mod sound;
mod stopping;
mod tile;
mod unreachable;

use embedded_graphics::prelude::*;

use crate::action::Target;
use crate::frame::Frame;
use crate::letters::Letters;
use crate::lock::Door;
use crate::metrics::Metrics;
use crate::painter::Painter;
use crate::seen::{Seen, Stage};
use crate::view::{Screen, View};

/// Draws the screen whole and tells what can be touched on it.
pub fn draw(frame: &mut Frame, letters: &Letters, seen: &Seen, view: &View) -> Vec<Target> {
    let whole = frame.bounding_box();
    let mut painter = Painter {
        colours: view.settings.theme.colours(),
        sizes: Metrics::of(whole.size, seen.millimetres),
        language: view.settings.language,
        pressed: view.pressed.as_ref(),
        targets: Vec::new(),
        frame,
        letters,
    };
    let p = &mut painter;
    p.fill(whole, p.colours.ground);
    let rest = band::draw(p, whole, seen, view);
    let rest = assisted::draw(p, rest, seen, view);
    let rest = stopping::elsewhere(p, rest, seen, view);
    match (seen.snapshot, view.screen) {
        _ if view.lock.is_shut() => keypad::draw(p, rest, Door::Panel, &view.lock, seen),
        (_, Screen::It) if view.it.is_shut() => keypad::draw(p, rest, Door::It, &view.it, seen),
        (_, Screen::Settings | Screen::Microphones | Screen::Cameras | Screen::It) => {
            settings::draw(p, rest, seen, view)
        }
        (Some(_), Screen::Lessons) => lessons::draw(p, rest, seen, view),
        (Some(_), Screen::Pairing) => pairing::draw(p, rest, seen, view),
        (Some(snapshot), Screen::Checks) => preflight::draw(p, rest, snapshot, seen, view),
        (Some(snapshot), Screen::Home) => match view.stage(seen) {
            Stage::Recording => recording::draw(p, rest, snapshot, seen, view),
            Stage::Paused => paused::draw(p, rest, seen, view),
            Stage::Ended => after::draw(p, rest, snapshot, seen, view),
            Stage::Idle | Stage::Unreachable => idle::draw(p, rest, snapshot, seen, view),
        },
        (None, _) => unreachable::draw(p, rest),
    }
    notice::draw(p, whole, view);
    painter.targets
}
