//! Touches on the screens as they are drawn, and the commands that come out.

use std::time::Duration;

use embedded_graphics::prelude::*;
use ketang_hal::panel::{Finger, TouchEvent};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_panel::{Action, Door, Effect, Frame, Language, LockState, Screen, Stage, Target, UNDO, draw};
use ketang_protocol::command::{Command, Refusal, RefusalCode, Reply, Shot, Sound, Start};
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::Outcome;
use serde_json::json;

use crate::room::{Room, letters};

pub(crate) const DONE: Reply = Reply::Done { lesson: None, job: None };

/// A person in front of the panel.
pub(crate) struct Hand {
    pub(crate) room: Room,
}

impl Hand {
    pub(crate) fn at(room: Room) -> Option<Self> {
        letters().map(|_| Self { room })
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut frame = Frame::new(1280, 800);
        draw(
            &mut frame,
            letters().expect("the hand is only there with letters"),
            &self.room.seen(&|_| None),
            &self.room.view,
        )
    }

    /// The middle of the target of an action.
    #[track_caller]
    pub(crate) fn place(&self, action: &Action) -> Point {
        let targets = self.targets();
        let found = targets.iter().find(|target| target.action == *action);
        found.unwrap_or_else(|| panic!("{action:?} cannot be touched: {targets:?}")).area.center()
    }

    pub(crate) fn touch(&mut self, event: TouchEvent) -> Vec<Effect> {
        let (targets, room) = (self.targets(), self.room.clone());
        self.room.view.touch(event, &targets, &room.seen(&|_| None))
    }

    pub(crate) fn down(&mut self, finger: u32, at: Point) -> Vec<Effect> {
        self.touch(TouchEvent::Down { finger: Finger(finger), x: at.x, y: at.y })
    }

    pub(crate) fn up(&mut self, finger: u32) -> Vec<Effect> {
        self.touch(TouchEvent::Up { finger: Finger(finger) })
    }

    #[track_caller]
    pub(crate) fn tap(&mut self, action: Action) -> Vec<Effect> {
        let place = self.place(&action);
        let mut effects = self.down(0, place);
        effects.extend(self.up(0));
        effects
    }

    /// The host answers.
    pub(crate) fn answer(&mut self, command: &Command, reply: &Reply) -> Vec<Effect> {
        self.room.view.answered(command, reply, self.room.now)
    }

    pub(crate) fn wait(&mut self, time: Duration) -> Vec<Effect> {
        self.room.now += time;
        self.room.pass()
    }

    pub(crate) fn offers(&self, action: &Action) -> bool {
        self.targets().iter().any(|target| target.action == *action)
    }
}

fn started(title: Option<&str>, teacher: Option<&str>, minutes: u64) -> Vec<Effect> {
    let (title, teacher) = (title.map(Into::into), teacher.map(Into::into));
    vec![Effect::Send(Command::Start(Start { title, teacher, planned_seconds: Some(minutes * 60), open_end: false }))]
}

pub(crate) fn single(role: PictureRole) -> Shot {
    Shot { layout: "single".into(), inputs: vec![role] }
}

#[test]
fn one_tap_starts_a_lesson() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    assert_eq!(hand.tap(Action::Start), started(None, None, 45));
}

#[test]
fn what_spoils_a_lesson_is_told_in_full_by_a_tap_on_its_warning() {
    let Some(mut hand) = Hand::at(Room::recording().broken()) else { return };
    assert_eq!(hand.tap(Action::Open(Screen::Checks)), []);
    // All of it, page by page.
    let mut pages = 1;
    while hand.offers(&Action::Page(pages)) {
        hand.tap(Action::Page(pages));
        pages += 1;
    }
    assert!(pages > 1);
    hand.tap(Action::Open(Screen::Home));
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn two_taps_start_a_lesson_with_a_name() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let name = Action::Name { title: "光的折射".into(), teacher: Some("李雪梅".into()) };
    assert_eq!(hand.tap(name), []);
    assert_eq!(hand.tap(Action::Start), started(Some("光的折射"), Some("李雪梅"), 45));
}

#[test]
fn a_name_is_taken_back_by_a_second_tap() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let name = || Action::Name { title: "光的折射".into(), teacher: Some("李雪梅".into()) };
    hand.tap(name());
    hand.tap(name());
    assert_eq!(hand.tap(Action::Start), started(None, None, 45));
}

#[test]
fn another_length_is_one_tap_more_and_is_kept() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let kept = hand.tap(Action::Plan(Some(90)));
    assert!(matches!(kept.as_slice(), [Effect::Keep(settings)] if settings.plan_minutes == Some(90)), "{kept:?}");
    assert_eq!(hand.tap(Action::Start), started(None, None, 90));
}

#[test]
fn an_open_lesson_is_open_and_says_when_it_ends_all_the_same() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let kept = hand.tap(Action::Plan(None));
    assert!(matches!(kept.as_slice(), [Effect::Keep(settings)] if settings.plan_minutes.is_none()), "{kept:?}");
    let open = Start { open_end: true, ..Start::default() };
    assert_eq!(hand.tap(Action::Start), [Effect::Send(Command::Start(open))]);
}

#[test]
fn a_lesson_of_the_timetable_has_its_name_and_end_from_the_host() {
    let Some(mut hand) = Hand::at(Room::idle().with_periods()) else { return };
    assert_eq!(hand.tap(Action::Start), [Effect::Send(Command::Start(Start::default()))]);
    let Some(mut hand) = Hand::at(Room::idle().with_periods()) else { return };
    hand.tap(Action::Name { title: "光的折射".into(), teacher: Some("李雪梅".into()) });
    let named = Start { title: Some("光的折射".into()), teacher: Some("李雪梅".into()), ..Start::default() };
    assert_eq!(hand.tap(Action::Start), [Effect::Send(Command::Start(named))]);
}

#[test]
fn a_flood_of_taps_starts_one_lesson() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let sent: Vec<Effect> = (0..50).flat_map(|_| hand.tap(Action::Start)).collect();
    assert_eq!(sent, started(None, None, 45));
}

#[test]
fn a_refused_start_says_so_and_may_be_tried_again() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    hand.tap(Action::Start);
    let refusal = Refusal::new(RefusalCode::NoSpace, "磁盘已满", "the disk is full");
    hand.answer(&Command::Start(Start::default()), &Reply::Refused(refusal));
    assert_eq!(hand.tap(Action::Start), started(None, None, 45));
}

#[test]
fn a_touched_picture_is_cut_to() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let shot = single(PictureRole::TeacherCloseup);
    assert_eq!(hand.tap(Action::Show(shot.clone())), [Effect::Send(Command::Layout(shot))]);
}

/// What the host does with a command about sound, as far as the panel sees.
fn obey(hand: &mut Hand, effects: &[Effect]) {
    let [Effect::Send(Command::Sound(Sound { role, gain_db, muted }))] = effects else { panic!("{effects:?}") };
    let sound = hand.room.state().sounds.iter_mut().find(|sound| sound.role == *role).unwrap();
    sound.gain_db = gain_db.unwrap_or(sound.gain_db);
    sound.muted = muted.unwrap_or(sound.muted);
    let command = Command::Sound(Sound { role: *role, gain_db: *gain_db, muted: *muted });
    hand.answer(&command, &Reply::Done { lesson: None, job: None });
}

#[test]
fn a_touched_level_mutes_its_microphone_and_opens_it_again() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let role = SoundRole::TeacherMic;
    for muted in [true, false] {
        let effects = hand.tap(Action::Mute { role, muted });
        assert_eq!(effects, [Effect::Send(Command::Sound(Sound { role, gain_db: None, muted: Some(muted) }))]);
        obey(&mut hand, &effects);
        assert!(!hand.offers(&Action::Mute { role, muted }), "what is so is not offered again");
    }
}

#[test]
fn a_volume_goes_in_steps_and_not_beyond_its_ends() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let role = SoundRole::RoomMic;
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Open(Screen::Microphones));
    for gain_db in [3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 20.0] {
        let effects = hand.tap(Action::Volume { role, gain_db });
        assert_eq!(effects, [Effect::Send(Command::Sound(Sound { role, gain_db: Some(gain_db), muted: None }))]);
        obey(&mut hand, &effects);
    }
    assert!(
        !hand.offers(&Action::Volume { role, gain_db: 23.0 }) && !hand.offers(&Action::Volume { role, gain_db: 20.0 })
    );
    assert!(hand.offers(&Action::Volume { role, gain_db: 17.0 }));
}

/// Whether the screen tells, after so many seconds, of a microphone that gave this all the time: whether it is another picture than
/// of one that gives it since this moment.
fn is_told_after(seconds: u64, level_dbfs: f32, gain_db: f32, muted: bool) -> Option<bool> {
    let give = |hand: &mut Hand| {
        let sound = &mut hand.room.state().sounds[1];
        (sound.level_dbfs, sound.gain_db, sound.muted) = (level_dbfs, gain_db, muted);
    };
    let [mut always, mut now] =
        [Hand::at(Room::recording().with_volumes())?, Hand::at(Room::recording().with_volumes())?];
    give(&mut always);
    for hand in [&mut always, &mut now] {
        hand.wait(Duration::from_millis(1));
        hand.wait(Duration::from_secs(seconds));
    }
    give(&mut now);
    Some(shown(&always) != shown(&now))
}

#[test]
fn a_microphone_is_called_silent_unless_it_was_muted_or_turned_down() {
    let Some(silent) = is_told_after(60, -70.0, 0.0, false) else { return };
    assert!(silent);
    for (seconds, level, gain, muted) in [(5, -70.0, 0.0, false), (60, -70.0, -30.0, false), (60, -70.0, 0.0, true)] {
        assert_eq!(is_told_after(seconds, level, gain, muted), Some(false), "{seconds} {level} {gain} {muted}");
    }
}

#[test]
fn a_layout_keeps_what_is_on_air_in_front() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let inputs = vec![PictureRole::Hdmi, PictureRole::TeacherCloseup];
    let shot = Shot { layout: "picture-in-picture".into(), inputs };
    assert_eq!(hand.tap(Action::Show(shot.clone())), [Effect::Send(Command::Layout(shot))]);
}

#[test]
fn a_stop_is_sent_when_nobody_takes_it_back() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    assert_eq!(hand.tap(Action::Stop), []);
    assert_eq!(hand.wait(UNDO - Duration::from_millis(1)), []);
    assert_eq!(hand.wait(Duration::from_millis(1)), [Effect::Send(Command::Stop {})]);
    assert_eq!(hand.wait(UNDO), [], "once");
}

#[test]
fn a_stop_that_is_taken_back_never_happened() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Stop);
    hand.wait(Duration::from_secs(4));
    assert_eq!(hand.tap(Action::GoOn), []);
    assert_eq!(hand.wait(UNDO * 2), []);
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn a_stop_can_be_taken_back_on_every_screen_as_long_as_it_counts() {
    for away in [Action::Open(Screen::Settings), Action::Open(Screen::Lessons), Action::Lock] {
        let Some(mut hand) = Hand::at(Room::recording()) else { return };
        hand.tap(Action::Stop);
        hand.tap(away.clone());
        hand.wait(Duration::from_secs(4));
        assert!(hand.offers(&Action::GoOn), "{away:?} hides it");
        assert_eq!(hand.tap(Action::GoOn), []);
        assert_eq!(hand.wait(UNDO), []);
    }
}

#[test]
fn a_stop_does_not_outlive_the_host_that_it_was_meant_for() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Stop);
    let told = hand.room.snapshot.take();
    assert_eq!(hand.wait(Duration::from_secs(1)), []);
    assert!(!hand.offers(&Action::GoOn));
    hand.room.snapshot = told;
    assert_eq!(hand.wait(UNDO), [], "nobody saw it count");
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn a_stop_is_forgotten_when_the_lesson_ended_otherwise() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Stop);
    hand.room.state().lesson.as_mut().unwrap().outcome = Outcome::Finishing;
    assert_eq!(hand.wait(Duration::from_secs(1)), []);
    hand.room.state().lesson.as_mut().unwrap().outcome = Outcome::Recording;
    assert_eq!(hand.wait(UNDO), [], "the next lesson is not ended by it");
}

#[test]
fn a_pause_goes_on_with_one_tap() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    assert_eq!(hand.tap(Action::Pause), [Effect::Send(Command::Pause {})]);
    let mut hand = Hand { room: Room::paused() };
    assert_eq!(hand.tap(Action::Resume), [Effect::Send(Command::Resume {})]);
}

#[test]
fn a_finger_that_slides_off_does_nothing() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let place = hand.place(&Action::Start);
    hand.down(0, place);
    hand.touch(TouchEvent::Move { finger: Finger(0), x: 5, y: 300 });
    assert_eq!(hand.up(0), []);
}

#[test]
fn only_the_first_of_ten_fingers_counts() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let (start, plan) = (hand.place(&Action::Start), hand.place(&Action::Plan(Some(90))));
    hand.down(0, start);
    (1..10).for_each(|finger| assert_eq!(hand.down(finger, plan), []));
    (1..10).for_each(|finger| assert_eq!(hand.up(finger), []));
    assert_eq!(hand.up(0), started(None, None, 45));
}

#[test]
fn touches_outside_and_lost_ones_are_harmless() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    for place in [Point::new(-5, -5), Point::new(99_999, 10), Point::new(i32::MIN, i32::MAX)] {
        hand.down(0, place);
        assert_eq!(hand.up(0), []);
    }
    let place = hand.place(&Action::Start);
    hand.down(0, place);
    hand.touch(TouchEvent::Lost);
    assert_eq!(hand.up(0), []);
    assert_eq!(hand.tap(Action::Start), started(None, None, 45));
}

#[test]
fn a_button_that_is_gone_under_the_finger_is_not_pressed() {
    let Some(mut hand) = Hand::at(Room::idle()) else { return };
    let place = hand.place(&Action::Start);
    hand.down(0, place);
    hand.room.snapshot = Room::recording().snapshot;
    hand.room.pass();
    assert_eq!(hand.up(0), []);
}

#[test]
fn a_locked_panel_takes_only_its_pin() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Lock);
    let allowed = |action: &Action| matches!(action, Action::Digit(_) | Action::Erase | Action::Speak(_));
    assert!(hand.targets().iter().all(|target| allowed(&target.action)));
    [2, 4, 6].into_iter().for_each(|digit| assert_eq!(hand.tap(Action::Digit(digit)), []));
    assert_eq!(hand.tap(Action::Digit(8)), [Effect::KeepLock(Door::Panel, LockState { shut: false, wrong: 0 })]);
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn locking_and_each_wrong_pin_are_kept_and_told() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let kept = |shut, wrong| vec![Effect::KeepLock(Door::Panel, LockState { shut, wrong })];
    assert_eq!(hand.tap(Action::Lock), kept(true, 0));
    for wrong in 1..=2 {
        (0..3).for_each(|_| assert_eq!(hand.tap(Action::Digit(1)), []));
        assert_eq!(hand.tap(Action::Digit(1)), kept(true, wrong));
    }
}

#[test]
fn the_language_changes_with_one_tap_anywhere() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Speak(Language::English));
    assert_eq!(hand.room.view.settings.language, Language::English);
    hand.tap(Action::Open(Screen::Settings));
    hand.tap(Action::Lock);
    hand.tap(Action::Speak(Language::Chinese));
    assert_eq!(hand.room.view.settings.language, Language::Chinese);
}

#[test]
fn settings_give_way_to_the_lesson_when_nobody_touches_them() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    hand.tap(Action::Open(Screen::Settings));
    hand.wait(Duration::from_secs(119));
    assert!(!hand.offers(&Action::Stop));
    hand.wait(Duration::from_secs(1));
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn a_report_is_closed_by_a_tap_or_by_time() {
    let Some(mut hand) = Hand::at(Room::ended(Outcome::Kept, json!([]))) else { return };
    let id = hand.room.state().lesson.as_ref().unwrap().id.clone();
    let stage = |room: &Room| room.view.stage(&room.seen(&|_| None));
    assert_eq!(stage(&hand.room), Stage::Ended);
    hand.tap(Action::Seen(id));
    assert_eq!(stage(&hand.room), Stage::Idle);
    let mut hand = Hand { room: Room::ended(Outcome::Kept, json!([])) };
    hand.wait(Duration::from_secs(600));
    assert_eq!(stage(&hand.room), Stage::Idle);
}

#[test]
fn a_lesson_that_was_over_before_the_panel_began_is_not_reported() {
    let mut room = Room::idle();
    room.snapshot = Room::ended(Outcome::Kept, json!([])).snapshot;
    room.pass();
    assert_eq!(room.view.stage(&room.seen(&|_| None)), Stage::Idle);
}

#[test]
fn nothing_can_be_sent_while_the_host_does_not_answer() {
    let mut room = Room::recording();
    room.snapshot = None;
    let Some(hand) = Hand::at(room) else { return };
    let sends = |action: &Action| matches!(action, Action::Start | Action::Stop | Action::Pause | Action::Show(_));
    assert!(!hand.targets().iter().any(|target| sends(&target.action)));
}

#[test]
fn who_cuts_is_changed_by_one_touch_and_handed_back_by_another() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let direct = |mode| vec![Effect::Send(Command::Direct { mode })];
    assert_eq!(hand.tap(Action::Direct(Mode::SemiAutomatic)), direct(Mode::SemiAutomatic));
    let Some(mut hand) = Hand::at(Room::recording().by_hand(75)) else { return };
    assert_eq!(hand.tap(Action::Direct(Mode::Automatic)), direct(Mode::Automatic), "a countdown is cut short");
}

#[test]
fn a_lesson_is_extended_and_a_chapter_marked_with_two_touches() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    assert!(!hand.offers(&Action::Chapter));
    for (action, command) in
        [(Action::Extend(10), Command::Extend { minutes: 10 }), (Action::Chapter, Command::Chapter { title: None })]
    {
        assert_eq!(hand.tap(Action::More(true)), []);
        assert_eq!(hand.tap(action), [Effect::Send(command.clone())]);
        hand.answer(&command, &DONE);
        assert!(hand.offers(&Action::More(true)), "the row is as before");
    }
    hand.tap(Action::More(true));
    hand.wait(Duration::from_secs(11));
    assert!(hand.offers(&Action::Pause), "nobody chose anything");
}

/// Whether the first access is offered on the screen as it is now.
fn offers_pairing(room: &Room) -> bool {
    Hand { room: room.clone() }.offers(&Action::Open(Screen::Pairing))
}

#[test]
fn the_first_access_is_offered_between_lessons_alone() {
    let Some(mut hand) = Hand::at(Room::idle().before_first_access()) else { return };
    assert!(offers_pairing(&hand.room) && hand.offers(&Action::Start), "the big button stays");
    hand.tap(Action::Open(Screen::Pairing));
    assert_eq!(hand.room.view.screen, Screen::Pairing);
    assert!(hand.offers(&Action::Open(Screen::Home)), "and there is a way back");
    for room in [Room::recording(), Room::paused(), Room::ended(Outcome::Finishing, json!([]))] {
        assert!(!offers_pairing(&room.before_first_access()));
    }
    let mut locked = Room::idle().before_first_access();
    locked.view.lock.shut();
    assert!(!offers_pairing(&locked), "nor to who does not know the PIN");
}

#[test]
fn the_code_goes_by_itself_when_the_first_account_is_made() {
    let Some(mut hand) = Hand::at(Room::idle().before_first_access()) else { return };
    hand.tap(Action::Open(Screen::Pairing));
    hand.room.pairing = None;
    hand.wait(Duration::from_millis(80));
    assert!(hand.offers(&Action::Start) && !offers_pairing(&hand.room));
}

#[test]
fn a_lesson_that_begins_takes_the_place_of_the_code() {
    let Some(mut hand) = Hand::at(Room::idle().before_first_access()) else { return };
    hand.tap(Action::Open(Screen::Pairing));
    hand.room.snapshot = Room::recording().snapshot;
    hand.wait(Duration::from_millis(80));
    assert!(hand.offers(&Action::Stop));
}

#[test]
fn a_code_that_ended_long_ago_was_left_over_by_somebody_who_is_gone() {
    let mut room = Room::idle().before_first_access();
    // It is 10:23:07 in the room.
    room.pairing.as_mut().unwrap().until = "2026-11-23T02:22:08Z".parse().unwrap();
    let Some(mut hand) = Hand::at(room) else { return };
    assert!(offers_pairing(&hand.room), "another is about to come");
    hand.room.pairing.as_mut().unwrap().until = "2026-11-23T02:22:07Z".parse().unwrap();
    assert!(!offers_pairing(&hand.room));
}

#[test]
fn whoever_stands_at_the_panel_ends_the_assistance_with_one_tap() {
    for room in [Room::idle(), Room::recording(), Room::paused(), Room::ended(Outcome::Kept, json!([]))] {
        let Some(mut hand) = Hand::at(room.assisted()) else { return };
        assert_eq!(hand.tap(Action::EndAssistance), [Effect::EndAssistance]);
        hand.room.assisted = false;
        assert!(!hand.offers(&Action::EndAssistance));
    }
}

#[test]
fn a_locked_panel_tells_of_the_assistance_and_lets_no_pupil_end_it() {
    let Some(mut hand) = Hand::at(Room::recording().assisted()) else { return };
    hand.tap(Action::Lock);
    assert!(!hand.offers(&Action::EndAssistance));
    let effects: Vec<Effect> = [2, 4, 6, 8].into_iter().flat_map(|digit| hand.tap(Action::Digit(digit))).collect();
    assert_eq!(effects, [Effect::KeepLock(Door::Panel, LockState { shut: false, wrong: 0 })]);
    assert!(hand.offers(&Action::EndAssistance));
}

/// The picture as it is now.
fn shown(hand: &Hand) -> Frame {
    let mut frame = Frame::new(1280, 800);
    draw(
        &mut frame,
        letters().expect("the hand is only there with letters"),
        &hand.room.seen(&|_| None),
        &hand.room.view,
    );
    frame
}

#[test]
fn a_touchscreen_that_does_not_work_is_told_until_it_does() {
    let Some(mut hand) = Hand::at(Room::recording()) else { return };
    let well = shown(&hand);
    let stop = hand.place(&Action::Stop);
    hand.down(0, stop);
    hand.touch(TouchEvent::Away);
    assert_eq!(hand.up(0), [], "what was held is not pressed");
    assert!(shown(&hand) != well);
    hand.touch(TouchEvent::Here);
    assert!(shown(&hand) == well);
    hand.tap(Action::Stop);
    assert!(hand.offers(&Action::GoOn));
}
