//! What the touchscreen costs while a lesson is recorded, and how soon it answers a finger: the real panel with a page open.

use std::time::{Duration, Instant};

use embedded_graphics::prelude::Point;
use ketang_panel::{Action, Screen};
use ketang_tests::{Daemon, HostSettings, Panel};

use crate::{Figure, cpu};

/// Over this much of a lesson, in seconds.
const MEASURED: Duration = Duration::from_secs(30);
const TOUCHES: usize = 50;

pub(crate) fn measure() -> Vec<Figure> {
    let daemon = Daemon::start(&HostSettings::room());
    daemon.wait_until_live();
    crate::peers::settle();
    let mut panel = Panel::start(&daemon);
    panel.tap(Action::Start);
    panel.find(&Action::Stop);
    let (begun, before, mut pictures) = (Instant::now(), cpu::of(panel.pid()), 0);
    while begun.elapsed() < MEASURED {
        pictures += u32::from(panel.look());
    }
    let share = (cpu::of(panel.pid()) - before).as_secs_f64() / begun.elapsed().as_secs_f64();

    // A button that looks the same until it is touched.
    let button = panel.find(&Action::Open(Screen::Settings));
    let mut delays: Vec<Duration> = (0..TOUCHES).map(|_| touch(&mut panel, button)).collect();
    delays.sort_unstable();
    let [half, p95] = [TOUCHES / 2, TOUCHES * 95 / 100].map(|at| delays[at].as_secs_f64() * 1000.0);
    let a_second = f64::from(pictures) / MEASURED.as_secs_f64();
    vec![
        Figure::at_most(
            "panel_cpu",
            share,
            0.15,
            format!(
                "of one core while five inputs are recorded, {a_second:.1} pictures a second to one page of 1280×800"
            ),
        ),
        Figure::at_most(
            "panel_latency_p95_ms",
            p95,
            100.0,
            format!(
                "from a touch to the picture of it in the page, {TOUCHES} touches while recording; half within {half:.1}"
            ),
        ),
    ]
}

/// From a finger that comes down to the picture of the button under it; then the finger slides off, which does nothing.
fn touch(panel: &mut Panel, button: embedded_graphics::primitives::Rectangle) -> Duration {
    panel.down(0, button.center());
    let delay = panel.until_changed(&button);
    panel.slide(0, Point::new(-1, -1));
    panel.up(0);
    panel.until_changed(&button);
    delay
}
