//! The one function that moves a lesson from each of its states to the next. The states are drawn in [`crate::machine`].

use std::time::Duration;

use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::lesson::{EventKind, GapKind, Outcome};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Alarm;

use crate::machine::{Action, Input, Stage, State, What};
use crate::record::Record;
use crate::settings::Settings;
use crate::timeline::Moment;
use crate::{alarms, outcome};

/// Moves a lesson on. What does not fit the state any more, such as a second stop, does nothing; commands that never
/// fitted it are refused.
pub fn step(settings: &Settings, state: State, input: Input) -> (State, Vec<Action>) {
    let Input { now, what } = input;
    match state {
        State::Idle => idle(now, what),
        State::Recording { record, late } => recording(settings, now, what, record, late),
        State::Paused { record, since, late, nagged } => {
            paused(settings, now, what, Pause { record, since, late, nagged })
        }
        State::Finishing { record, stage, since } => finishing(settings, now, what, Finish { record, stage, since }),
        ended @ State::Ended { .. } => {
            let actions = match what {
                What::Start(_) => {
                    vec![refuse("这节课已经结束：请重新开始一节课", "this lesson has ended: start a new one")]
                }
                What::Pause | What::Resume | What::Extend(_) => vec![Action::Refuse(nothing_recorded())],
                _ => Vec::new(),
            };
            (ended, actions)
        }
    }
}

fn idle(now: Moment, what: What) -> (State, Vec<Action>) {
    match what {
        What::Start(plan) => {
            let record = Box::new(Record::begin(plan, now));
            let actions = vec![Action::Save, note(&record, now, EventKind::Started), Action::OpenTracks];
            (State::Recording { record, late: false }, actions)
        }
        What::Continue(found) | What::Finish(found) if found.lesson.outcome.is_end() => {
            (State::Ended { lesson: Box::new(found.lesson) }, Vec::new())
        }
        What::Continue(found) if found.lesson.outcome != Outcome::Finishing => {
            let was_paused = found.lesson.outcome == Outcome::Paused;
            let mut record = Box::new(Record::found(found, now));
            if was_paused {
                let actions = vec![Action::Save, Action::OpenTracks, Action::PauseTracks];
                let since = record.timeline().turned();
                return (State::Paused { record, since, late: false, nagged: false }, actions);
            }
            record.was_down(now.media);
            record.go(now.media);
            let actions = vec![Action::Save, note(&record, now, EventKind::Continued), Action::OpenTracks];
            (State::Recording { record, late: false }, actions)
        }
        What::Continue(found) | What::Finish(found) => {
            let mut record = Box::new(Record::found(found, now));
            record.end_where_it_stopped(now.media);
            let since = record.timeline().elapsed(now.media);
            (State::Finishing { record, stage: Stage::Making, since }, vec![Action::Save, Action::MakeFiles])
        }
        What::Stop | What::Pause | What::Resume | What::Extend(_) => {
            (State::Idle, vec![Action::Refuse(nothing_recorded())])
        }
        _ => (State::Idle, Vec::new()),
    }
}

fn recording(
    settings: &Settings,
    now: Moment,
    what: What,
    mut record: Box<Record>,
    late: bool,
) -> (State, Vec<Action>) {
    match what {
        What::Stop => stop(record, now, late, false),
        What::Pause => {
            record.hold(now.media);
            record.open_gap(GapKind::Paused, now.media);
            record.set_outcome(Outcome::Paused);
            let since = record.timeline().elapsed(now.media);
            let actions = vec![Action::PauseTracks, note(&record, now, EventKind::Paused), Action::Save];
            (State::Paused { record, since, late, nagged: false }, actions)
        }
        What::Extend(by) => {
            let (late, actions) = extend(settings, &mut record, now, late, by);
            (State::Recording { record, late }, actions)
        }
        What::Tick => match clock(settings, &record, now, late) {
            Clock::Nothing => (State::Recording { record, late }, Vec::new()),
            Clock::Late(alarm) => {
                let actions = raise(&record, now, alarm);
                (State::Recording { record, late: true }, actions)
            }
            Clock::Over(alarm) => stop_by_itself(record, now, late, false, alarm),
        },
        what => match happening(&mut record, now, what) {
            Happened::GoesOn(actions) => (State::Recording { record, late }, actions),
            Happened::NoTrackLeft(actions) => ends_early(record, now, late, false, actions),
        },
    }
}

struct Pause {
    record: Box<Record>,
    since: Duration,
    late: bool,
    nagged: bool,
}

fn paused(settings: &Settings, now: Moment, what: What, pause: Pause) -> (State, Vec<Action>) {
    let Pause { mut record, since, late, nagged } = pause;
    match what {
        What::Stop => stop(record, now, late, nagged),
        What::Resume => resume(record, now, late, nagged),
        What::Extend(by) => {
            let (late, actions) = extend(settings, &mut record, now, late, by);
            (State::Paused { record, since, late, nagged }, actions)
        }
        What::Tick => {
            let waited = record.timeline().elapsed(now.media).saturating_sub(since);
            match clock(settings, &record, now, late) {
                Clock::Over(alarm) => return stop_by_itself(record, now, late, nagged, alarm),
                Clock::Late(alarm) => {
                    let actions = raise(&record, now, alarm);
                    return (State::Paused { record, since, late: true, nagged }, actions);
                }
                Clock::Nothing => {}
            }
            if settings.pause_auto_resume.is_some_and(|limit| waited >= limit) {
                return resume(record, now, late, nagged);
            }
            let nag = !nagged && waited >= settings.pause_nag;
            let actions = if nag { raise(&record, now, alarms::paused(waited.as_secs() / 60)) } else { Vec::new() };
            (State::Paused { record, since, late, nagged: nagged || nag }, actions)
        }
        // Who leaves in a break has been there.
        What::Heads(_) => (State::Paused { record, since, late, nagged }, Vec::new()),
        what => match happening(&mut record, now, what) {
            Happened::GoesOn(actions) => (State::Paused { record, since, late, nagged }, actions),
            Happened::NoTrackLeft(actions) => ends_early(record, now, late, nagged, actions),
        },
    }
}

fn resume(mut record: Box<Record>, now: Moment, late: bool, nagged: bool) -> (State, Vec<Action>) {
    record.close_gaps(now.media, |kind| *kind == GapKind::Paused);
    record.go(now.media);
    record.set_outcome(Outcome::Recording);
    let mut actions = vec![Action::ResumeTracks, note(&record, now, EventKind::Resumed), Action::Save];
    actions.extend(clear(&record, now, nagged, alarms::PAUSED));
    (State::Recording { record, late }, actions)
}

/// Plans the lesson for longer, and says whether it is still late.
fn extend(settings: &Settings, record: &mut Record, now: Moment, late: bool, by: Duration) -> (bool, Vec<Action>) {
    let Some(planned) = record.lesson().planned_seconds else {
        let chinese = "这节课没有计划的下课时间：不需要延长";
        return (late, vec![refuse(chinese, "this lesson has no planned end: it need not be extended")]);
    };
    let elapsed = record.timeline().elapsed(now.media);
    let planned = Duration::from_secs(planned).max(elapsed).saturating_add(by);
    if planned > settings.longest {
        let longest = settings.longest.as_secs() / 60;
        let chinese = format!("一节课最长 {longest} 分钟（`lesson.longest`）：请少延长一些，或调大这个配置项");
        let english =
            format!("a lesson lasts at most {longest} min (`lesson.longest`): extend it by less, or raise that key");
        return (late, vec![refuse(&chinese, &english)]);
    }
    let planned_seconds = planned.as_secs();
    record.lesson_mut().planned_seconds = Some(planned_seconds);
    let mut actions = vec![note(record, now, EventKind::Extended { planned_seconds }), Action::Save];
    actions.extend(clear(record, now, late, alarms::OVERRUN));
    (false, actions)
}

/// Ends the recording: from here on the lesson is not continued after a restart, so it is saved first. Nothing more is recorded
/// meanwhile, for saving waits for the disk.
fn stop(mut record: Box<Record>, now: Moment, late: bool, nagged: bool) -> (State, Vec<Action>) {
    record.end(now);
    let mut actions =
        vec![Action::PauseTracks, Action::Save, note(&record, now, EventKind::Ended), Action::CloseTracks];
    actions.extend(clear(&record, now, late, alarms::OVERRUN));
    actions.extend(clear(&record, now, nagged, alarms::PAUSED));
    let since = record.timeline().elapsed(now.media);
    (State::Finishing { record, stage: Stage::Closing, since }, actions)
}

fn stop_by_itself(record: Box<Record>, now: Moment, late: bool, nagged: bool, why: Alarm) -> (State, Vec<Action>) {
    let noted = raise(&record, now, why);
    let (state, mut actions) = stop(record, now, late, nagged);
    actions.extend(noted);
    (state, actions)
}

fn ends_early(record: Box<Record>, now: Moment, late: bool, nagged: bool, noted: Vec<Action>) -> (State, Vec<Action>) {
    let (state, mut actions) = stop(record, now, late, nagged);
    actions.splice(2..2, noted.into_iter().filter(|action| *action != Action::Save));
    (state, actions)
}

enum Happened {
    GoesOn(Vec<Action>),
    NoTrackLeft(Vec<Action>),
}

/// What is noted of a lesson whether it is recorded or paused.
fn happening(record: &mut Record, now: Moment, what: What) -> Happened {
    let event = match what {
        What::Start(_) => {
            return Happened::GoesOn(vec![refuse(
                "正在录制课程：请先停止",
                "a lesson is being recorded: stop it first",
            )]);
        }
        What::InputLost { input, why } => {
            record.open_gap(GapKind::InputLost { input }, now.media);
            EventKind::InputLost { input, why }
        }
        What::InputBack { input } => {
            record.close_gaps(now.media, |kind| *kind == GapKind::InputLost { input });
            EventKind::InputBack { input }
        }
        What::PartBegun { track, file, size } => {
            record.part_begun(&track, file.clone(), size, now.media);
            EventKind::PartBegun { track, file }
        }
        What::PartClosed { track, file, seconds, bytes } => {
            record.part_closed(&track, &file, seconds, bytes);
            return Happened::GoesOn(vec![Action::Save]);
        }
        What::TrackLowered { track, why } => {
            if let Some(lowered) = record.lesson_mut().tracks.iter_mut().find(|other| other.name == track) {
                lowered.lowered = Some(why.clone());
            }
            EventKind::TrackLowered { track, why }
        }
        What::TrackEnded { track, why } => {
            if !record.running_tracks().contains(&track) {
                return Happened::GoesOn(Vec::new());
            }
            record.open_gap(GapKind::TrackEnded { track: track.clone(), why: why.clone() }, now.media);
            let noted = vec![note(record, now, EventKind::TrackEnded { track, why }), Action::Save];
            let any_left = !record.running_tracks().is_empty();
            return if any_left { Happened::GoesOn(noted) } else { Happened::NoTrackLeft(noted) };
        }
        What::TracksFailed { why } => {
            let mut noted = Vec::new();
            for track in record.running_tracks() {
                record.open_gap(GapKind::TrackEnded { track: track.clone(), why: why.clone() }, now.media);
                noted.push(note(record, now, EventKind::TrackEnded { track, why: why.clone() }));
            }
            return Happened::NoTrackLeft(noted);
        }
        What::FramesDropped { track, frames } => {
            record.drop_frames(&track, frames, now.media);
            return Happened::GoesOn(vec![Action::Save]);
        }
        What::Heads(heads) => {
            let told = record.heads(heads, now.media);
            let news = told.news.then(|| note(record, now, EventKind::Attendance { heads }));
            return Happened::GoesOn(news.into_iter().chain(told.save.then_some(Action::Save)).collect());
        }
        What::Note(kind) => return Happened::GoesOn(vec![note(record, now, kind)]),
        _ => return Happened::GoesOn(Vec::new()),
    };
    Happened::GoesOn(vec![note(record, now, event), Action::Save])
}

struct Finish {
    record: Box<Record>,
    stage: Stage,
    since: Duration,
}

fn finishing(settings: &Settings, now: Moment, what: What, finish: Finish) -> (State, Vec<Action>) {
    let Finish { mut record, stage, since } = finish;
    let elapsed = record.timeline().elapsed(now.media);
    let waited = elapsed.saturating_sub(since);
    let limit = settings.finish_within + Duration::from_secs_f64(record.lesson().recorded_seconds().min(1e6));
    match (stage, what) {
        (Stage::Closing, What::TracksClosed) => making(record, elapsed),
        (Stage::Closing, What::Tick) if waited >= settings.close_within => making(record, elapsed),
        (Stage::Closing, What::PartClosed { track, file, seconds, bytes }) => {
            record.part_closed(&track, &file, seconds, bytes);
            (State::Finishing { record, stage, since }, Vec::new())
        }
        (Stage::Making, What::FilesMade { tracks }) => {
            record.lesson_mut().tracks = tracks;
            let actions = vec![Action::Save, note(&record, now, EventKind::Finished), Action::Verify];
            (State::Finishing { record, stage: Stage::Verifying, since: elapsed }, actions)
        }
        (Stage::Verifying, What::Verified { verdict, content }) => {
            let outcome = outcome::decide(record.lesson(), &verdict, content);
            record.lesson_mut().verdict = Some(verdict);
            ended(*record, outcome)
        }
        (Stage::Making | Stage::Verifying, What::FinishFailed { why }) => {
            let (chinese, english) =
                if stage == Stage::Making { ("收尾", "finished") } else { ("校验", "verified") };
            let chinese = format!("无法完成{chinese}：{}；文件保持录制时的样子", why.chinese);
            let english = format!("it could not be {english}: {}; its files are as they were recorded", why.english);
            ended(*record, Outcome::Failed { why: Sentence::new(chinese, english) })
        }
        (Stage::Making | Stage::Verifying, What::Tick) if waited >= limit => {
            let minutes = limit.as_secs() / 60;
            let chinese = format!("收尾超过了 {minutes} 分钟；文件保持录制时的样子");
            let english = format!("finishing it took more than {minutes} min; its files are as they were recorded");
            ended(*record, Outcome::Failed { why: Sentence::new(chinese, english) })
        }
        (_, What::Note(kind)) => {
            let actions = vec![note(&record, now, kind)];
            (State::Finishing { record, stage, since }, actions)
        }
        (_, What::Start(_)) => (
            State::Finishing { record, stage, since },
            vec![refuse("这节课正在收尾：请重新开始一节课", "this lesson is being finished: start a new one")],
        ),
        (_, What::Pause | What::Resume | What::Extend(_)) => {
            (State::Finishing { record, stage, since }, vec![Action::Refuse(nothing_recorded())])
        }
        _ => (State::Finishing { record, stage, since }, Vec::new()),
    }
}

fn making(record: Box<Record>, since: Duration) -> (State, Vec<Action>) {
    (State::Finishing { record, stage: Stage::Making, since }, vec![Action::Save, Action::MakeFiles])
}

fn ended(record: Record, outcome: Outcome) -> (State, Vec<Action>) {
    (State::Ended { lesson: Box::new(record.into_lesson(outcome)) }, vec![Action::Save])
}

enum Clock {
    Nothing,
    /// The planned end is over.
    Late(Alarm),
    /// The limit is reached.
    Over(Alarm),
}

fn clock(settings: &Settings, record: &Record, now: Moment, late: bool) -> Clock {
    let elapsed = record.timeline().elapsed(now.media);
    let planned = record.lesson().planned_seconds.map(Duration::from_secs);
    let limit = planned.map_or(settings.longest, |planned| planned.saturating_add(settings.overrun));
    if elapsed >= limit {
        return Clock::Over(alarms::stopped_by_itself(elapsed.as_secs() / 60));
    }
    if !late && planned.is_some_and(|planned| elapsed >= planned) {
        return Clock::Late(alarms::overrun((limit - elapsed).as_secs().div_ceil(60)));
    }
    Clock::Nothing
}

fn note(record: &Record, now: Moment, what: EventKind) -> Action {
    Action::Note(record.event(now, what))
}

fn raise(record: &Record, now: Moment, alarm: Alarm) -> Vec<Action> {
    let noted = EventKind::Alarm { alarm: alarm.alarm.clone(), raised: true };
    vec![note(record, now, noted), Action::Raise(alarm)]
}

fn clear(record: &Record, now: Moment, raised: bool, alarm: &'static str) -> Vec<Action> {
    let noted = EventKind::Alarm { alarm: alarm.to_owned(), raised: false };
    if raised { vec![note(record, now, noted), Action::Clear(alarm)] } else { Vec::new() }
}

fn refuse(chinese: &str, english: &str) -> Action {
    Action::Refuse(Refusal::new(RefusalCode::WrongState, chinese, english))
}

/// What a command is answered that only a running lesson can take.
pub fn nothing_recorded() -> Refusal {
    let chinese = "没有在录制的课程：请先用 `ketangctl start` 开始";
    Refusal::new(RefusalCode::WrongState, chinese, "no lesson is being recorded: begin one with `ketangctl start`")
}
