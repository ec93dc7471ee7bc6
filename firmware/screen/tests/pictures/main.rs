//! Drawn pictures, 10 a second: what is a slide change and when it began, and what is none.

mod draw;

use draw::{blurred, film, mixed, noise, paint, pointer, slide, write};
use ketang_director::Ms;
use ketang_director::observation::Screen;
use ketang_screen::luma::Luma;
use ketang_screen::watcher::{Seen, SlideChange, Watcher};

/// So many seconds of what is drawn for each second.
fn watch(seconds: f64, draw: impl Fn(f64) -> Option<Luma>) -> Vec<Seen> {
    let mut watcher = Watcher::default();
    let frames = (seconds * 10.0) as u64;
    (0..frames).map(|frame| watcher.see(Ms(frame * 100), draw(frame as f64 / 10.0).as_ref())).collect()
}

fn changes(seen: &[Seen]) -> Vec<SlideChange> {
    seen.iter().filter_map(|seen| seen.change).collect()
}

/// When the changes began, and whether they only added.
fn began(seconds: f64, draw: impl Fn(f64) -> Luma) -> Vec<(u64, bool)> {
    changes(&watch(seconds, |at| Some(draw(at)))).iter().map(|change| (change.began.0, change.added)).collect()
}

/// Which of several pictures is there, each from its time on.
fn shown(pictures: &[(f64, Luma)], at: f64) -> &Luma {
    &pictures.iter().rev().find(|(from, _)| *from <= at + 1e-6).unwrap_or(&pictures[0]).1
}

#[test]
fn each_slide_is_a_change_told_soon_and_once() {
    let deck = [(0.0, slide(1, 5)), (3.0, slide(2, 6)), (4.5, slide(3, 2)), (8.0, slide(4, 7)), (8.8, slide(5, 7))];
    let seen = watch(12.0, |at| Some(shown(&deck, at).clone()));
    let told: Vec<_> = changes(&seen).iter().map(|change| (change.began.0, change.settled.0)).collect();
    assert_eq!(told, [(3000, 3400), (4500, 4900), (8000, 8400), (8800, 9200)]);
    for (number, frame) in seen.iter().enumerate() {
        let expected = if [34, 49, 84, 92].contains(&number) { Screen::SlideChanged } else { Screen::Unchanged };
        assert_eq!(frame.screen, expected, "frame {number}");
    }
}

#[test]
fn a_few_words_are_a_slide() {
    let other = |number: u32| {
        let mut picture = slide(1, 0);
        write(&mut picture, 60, 120, 14, number);
        picture
    };
    assert_eq!(began(4.0, |at| other(u32::from(at >= 2.0))), [(2000, false)]);
}

#[test]
fn a_fade_is_one_change_that_began_with_it() {
    let (one, two) = (slide(1, 6), slide(2, 6));
    for length in [0.3, 1.0, 2.0] {
        let found = began(8.0, |at| mixed(&one, &two, (at - 2.95) / length));
        assert!(matches!(found[..], [(3000..=3300, false)]), "{length}: {found:?}");
    }
    let black = Luma::filled(draw::WIDTH, draw::HEIGHT, 0);
    let through_black = began(8.0, |at| {
        if at < 3.4 { mixed(&one, &black, (at - 2.95) / 0.4) } else { mixed(&black, &two, (at - 3.75) / 0.4) }
    });
    assert!(matches!(through_black[..], [(3000..=3200, false)]), "{through_black:?}");
}

#[test]
fn a_slide_that_wipes_in_is_one_change() {
    let (one, two) = (slide(1, 6), slide(2, 6));
    let found = began(8.0, |at| {
        let mut picture = one.clone();
        let edge = ((at - 3.0) / 1.2 * draw::WIDTH as f64).clamp(0.0, draw::WIDTH as f64) as usize;
        for line in 0..draw::HEIGHT {
            let line = line * draw::WIDTH..line * draw::WIDTH + edge;
            picture.data[line.clone()].copy_from_slice(&two.data[line]);
        }
        picture
    });
    assert!(matches!(found[..], [(3000..=3400, false)]), "{found:?}");
}

#[test]
fn lines_that_come_with_a_slide_are_its_animation_and_later_ones_are_additions() {
    let lines = |at: f64| match at {
        at if at < 3.0 => slide(1, 6),
        at if at < 4.0 => slide(2, 1),
        at if at < 5.5 => slide(2, 2),
        at if at < 14.0 => slide(2, 3),
        _ => slide(2, 4),
    };
    assert_eq!(began(17.0, lines), [(3000, false), (14_000, true)]);
}

#[test]
fn the_pointer_is_no_slide_wherever_it_rests() {
    let seen = watch(12.0, |at| {
        let mut picture = slide(1, 6);
        let place = if at < 7.0 { at.max(2.0) } else { 7.0 };
        pointer(&mut picture, 60 + (place * 60.0) as usize, 80 + (place * 25.0) as usize);
        Some(picture)
    });
    assert_eq!(changes(&seen), []);
    let told = |from: usize, to: usize| seen[from..to].iter().map(|seen| seen.screen).collect::<Vec<_>>();
    assert_eq!(told(0, 20), [Screen::Unchanged; 20]);
    assert_eq!(told(25, 70), [Screen::Pointer; 45]);
    assert_eq!(told(81, 120), [Screen::Unchanged; 39]);
}

#[test]
fn a_slide_is_seen_under_a_moving_pointer() {
    let found = began(8.0, |at| {
        let mut picture = slide(1 + u32::from(at >= 4.0), 6);
        pointer(&mut picture, 60 + (at * 50.0) as usize, 90 + (at * 25.0) as usize);
        picture
    });
    assert!(matches!(found[..], [(4000, false)]), "{found:?}");
}

#[test]
fn what_blinks_is_neither_slide_nor_pointer() {
    let seen = watch(10.0, |at| {
        let mut picture = slide(1, 6);
        if ((at * 2.0) as u64).is_multiple_of(2) {
            paint(&mut picture, 300, 200, 2, 14, 0);
        }
        Some(picture)
    });
    assert!(seen.iter().all(|seen| *seen == Seen { screen: Screen::Unchanged, change: None }));
}

#[test]
fn typing_and_handwriting_are_no_slides() {
    let typed = began(20.0, |at| {
        let mut picture = slide(1, 2);
        let letters = ((at - 2.0) * 7.0).max(0.0) as usize;
        for line in 0..letters.div_ceil(60) {
            write(&mut picture, 60, 150 + 20 * line, (letters - 60 * line).min(60), 90 + line as u32);
        }
        picture
    });
    assert_eq!(typed, []);
    let drawn = began(12.0, |at| {
        let mut picture = slide(1, 2);
        // A pen at 150 pixels a second, up and down.
        for step in 0..((at - 2.0) * 150.0).max(0.0) as usize {
            let height = 40.0 * (step as f64 / 15.0).sin();
            paint(&mut picture, 60 + step / 3, (250.0 + height) as usize, 3, 3, 60);
        }
        picture
    });
    assert_eq!(drawn, []);
}

#[test]
fn a_film_in_a_window_is_a_film_and_the_slide_after_it_a_slide() {
    let window = |at: f64, number: u32| {
        let mut picture = slide(number, 3);
        film(&mut picture, 330, 180, 240, 140, (at * 10.0) as u64);
        picture
    };
    let seen = watch(24.0, |at| {
        Some(match at {
            at if at < 3.0 => slide(1, 6),
            // The film shows something else altogether now and then.
            at if at < 16.0 => window(at + 100.0 * (at / 4.0).floor(), 2),
            _ => slide(3, 5),
        })
    });
    let found: Vec<_> = changes(&seen).iter().map(|change| change.began.0).collect();
    assert_eq!(found, [3000, 16_000]);
    let other: Vec<_> = (65..160).filter(|frame| seen[*frame].screen != Screen::Video).collect();
    assert_eq!(other, [93], "the slide around the film is told when it is known what the film is");
    assert!(seen[195..].iter().all(|seen| seen.screen == Screen::Unchanged));
}

#[test]
fn slides_fade_to_a_film_in_a_window_and_back() {
    let (one, three) = (slide(1, 6), slide(3, 5));
    let found = began(24.0, |at| {
        let mut window = slide(2, 3);
        film(&mut window, 330, 180, 240, 140, (at * 10.0) as u64);
        if at < 10.0 { mixed(&one, &window, at - 2.95) } else { mixed(&window, &three, at - 15.95) }
    });
    assert!(matches!(found[..], [(3000..=3200, false), (16_000..=16_300, false)]), "{found:?}");
}

#[test]
fn a_film_over_everything_is_no_slide_and_what_is_there_afterwards_counts() {
    let full = |at: f64| {
        let mut picture = Luma::filled(draw::WIDTH, draw::HEIGHT, 16);
        film(&mut picture, 0, 0, draw::WIDTH, draw::HEIGHT, (at * 10.0) as u64);
        picture
    };
    let with = |paused: f64, after: u32| {
        began(24.0, |at| match at {
            at if at < 3.0 => slide(1, 6),
            // There are cuts in the film.
            at if at < 12.0 => full(at + 100.0 * (at / 3.0).floor()),
            at if at < 12.0 + paused => full(311.9),
            _ => slide(after, 6),
        })
    };
    assert_eq!(with(0.0, 1), [], "the slide of before");
    assert_eq!(with(0.0, 2), [(12_000, false)]);
    assert_eq!(with(20.0, 1), [], "paused");
    let short = began(20.0, |at| if (3.0..7.0).contains(&at) { full(at) } else { slide(1 + u32::from(at > 5.0), 6) });
    assert_eq!(short, [(7000, false)]);
}

#[test]
fn without_signal_nothing_changes_and_the_same_slide_is_the_same() {
    let black = || Some(Luma::filled(draw::WIDTH, draw::HEIGHT, 16));
    let gone = |none: Option<Luma>, after: u32| {
        watch(14.0, |at| {
            if (3.0..8.0).contains(&at) { none.clone() } else { Some(slide(1 + after * u32::from(at > 5.0), 5)) }
        })
    };
    for nothing in [None, black()] {
        let same = gone(nothing.clone(), 0);
        assert_eq!(changes(&same), []);
        assert!(same[40..80].iter().all(|seen| seen.screen == Screen::NoSignal));
        assert!(same[80..].iter().all(|seen| seen.screen == Screen::Unchanged));
        let other = gone(nothing.clone(), 1);
        assert_eq!(changes(&other), [SlideChange { began: Ms(8000), settled: Ms(8400), added: false }]);
        let late = watch(5.0, |at| if at < 2.0 { nothing.clone() } else { Some(slide(1, 5)) });
        assert_eq!(late[0].screen, Screen::NoSignal);
        assert_eq!(changes(&late), [SlideChange { began: Ms(2000), settled: Ms(2400), added: false }]);
    }
}

#[test]
fn noise_and_a_codec_s_breath_are_no_slides() {
    for most in [3, 8] {
        let seen = watch(12.0, |at| {
            let mut picture = slide(1 + u32::from(at >= 6.0), 5);
            noise(&mut picture, most, (at * 10.0) as u32);
            Some(picture)
        });
        let found: Vec<_> = changes(&seen).iter().map(|change| change.began.0).collect();
        assert_eq!(found, [6000], "noise of {most}");
        assert!(seen.iter().all(|seen| seen.screen != Screen::Video), "noise of {most}");
    }
    // Each key frame is sharp; what follows loses some of it.
    let (sharp, soft) = (slide(1, 8), blurred(&slide(1, 8), 1));
    assert_eq!(began(20.0, |at| if (at / 2.0).fract() < 0.2 { sharp.clone() } else { soft.clone() }), []);
}

#[test]
fn the_same_frames_give_the_same_and_any_size_is_taken() {
    let deck = [(0.0, slide(1, 5)), (3.0, slide(2, 6))];
    let draw = |at: f64| Some(shown(&deck, at).clone());
    assert_eq!(watch(6.0, draw), watch(6.0, draw));
    let mut watcher = Watcher::default();
    for (frame, size) in [(320, 180), (320, 180), (1, 1), (640, 480), (0, 0)].into_iter().enumerate() {
        watcher.see(Ms(frame as u64 * 100), Some(&Luma::filled(size.0, size.1, 100)));
    }
}

#[test]
fn half_the_size_and_half_the_pace_will_do() {
    let half = |picture: &Luma| {
        let data = (0..180 * 320).map(|at| {
            let (x, y) = (at % 320 * 2, at / 320 * 2);
            let at = |x: usize, y: usize| u32::from(picture.data[y * draw::WIDTH + x]);
            ((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4) as u8
        });
        Luma::new(320, 180, data.collect()).unwrap()
    };
    let mut watcher = Watcher::default();
    let deck = [(0.0, slide(1, 5)), (3.0, slide(2, 6)), (6.0, slide(3, 2))];
    let found: Vec<_> = (0..50)
        .filter_map(|frame| watcher.see(Ms(frame * 200), Some(&half(shown(&deck, frame as f64 * 0.2)))).change)
        .map(|change| change.began.0)
        .collect();
    assert_eq!(found, [3000, 6000]);
}
