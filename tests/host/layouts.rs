//! Every layout that ships, in the recorded programme: each pane is where it belongs and misses nothing.

use ketang_hal::role::PictureRole::{Hdmi, StudentsCloseup, StudentsPanorama, TeacherCloseup, TeacherPanorama};
use ketang_protocol::lesson::Outcome;
use ketang_tests::{HostSettings, Share, TestHost, assert_consecutive, panes};

const SLOT: f64 = 0.04;
/// Each layout is on air for so long, in seconds.
const SHOWN: f64 = 1.2;

#[test]
fn every_shipped_layout_is_recorded_pane_by_pane() {
    let inputs = [TeacherPanorama, Hdmi, TeacherCloseup, StudentsPanorama, StudentsCloseup];
    let names: Vec<_> = inputs.iter().map(|role| role.as_str()).chain(["teacher-mic"]).collect();
    // Frame numbers in the smallest pane are three pixels a cell: they need a picture of good quality.
    let settings = HostSettings::simulated(&names)
        .set("recording.tracks", "[]")
        .set("recording.programme-kbit", 20_000)
        .set("recording.fit-machine", false);
    let host = TestHost::open(&settings);
    let layouts = host.snapshot().programme.layouts.clone();
    let id = host.start();
    host.record_for(SHOWN);
    for layout in &layouts {
        host.show(layout, &inputs[..panes(layout).len()]);
        host.record_for(SHOWN);
    }
    host.stop();
    let kept = host.ended(&id);

    kept.assert_outcome(Outcome::Kept);
    // The places of all panes of all layouts, and which of them are whose.
    let places: Vec<Share> = layouts.iter().flat_map(|layout| panes(layout)).collect();
    let frames = kept.frames("programme", &places);
    let cuts = kept.cuts();
    assert_eq!(cuts.len(), layouts.len() + 1, "one each, and what the lesson began with: {cuts:?}");
    let ends = cuts.iter().skip(2).map(|cut| cut.0).chain([f64::INFINITY]);
    let mut place = 0;
    for ((layout, (from, on_air, _)), to) in layouts.iter().zip(&cuts[1..]).zip(ends) {
        assert_eq!(on_air, layout);
        let own = place..place + panes(layout).len();
        place = own.end;
        let shown = frames.iter().filter(|frame| frame.at > from - SLOT / 2.0 && frame.at < to - SLOT / 2.0);
        let numbers: Vec<_> = shown.map(|frame| frame.number(own.clone())).collect();
        assert!(numbers.len() as f64 * SLOT >= SHOWN - 2.0 * SLOT, "{layout}: {} frames", numbers.len());
        eprintln!("{layout}: {} frames, numbers of {} panes", numbers.len(), own.len());
        assert_consecutive(&numbers);
    }
}
