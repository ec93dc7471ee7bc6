//! `ketangctl status`: the snapshot as text, once or as it changes.

use console::Term;
use ketang_hal::role::Role;
use ketang_protocol::names;
use ketang_protocol::snapshot::{Attendance, Directing, Job, JobState, LessonState, Snapshot, SoundState, TrackState};
use ketang_protocol::system::{self, Clock};

use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{bytes, clock, level, mode, outcome, role, shot, table};

/// Shows what the host does
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Shows it again at each change, until Ctrl-C
    #[arg(long, short)]
    watch: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    if !args.watch {
        let snapshot: Snapshot = host.client.get("/v1/snapshot").await?;
        return host.show(&snapshot, |lang| text(&snapshot, lang));
    }
    let mut watch = host.client.watch().await?;
    let terminal = Term::stdout();
    loop {
        let snapshot = watch.next().await?;
        if host.json || !terminal.is_term() {
            // A line a snapshot, or a paragraph.
            host.show(&snapshot, |lang| text(&snapshot, lang))?;
        } else {
            terminal
                .clear_screen()
                .and_then(|()| terminal.write_str(&text(&snapshot, host.lang)))
                .map_err(Error::Output)?;
        }
    }
}

fn text(snapshot: &Snapshot, lang: Lang) -> String {
    let mut text = format!(
        "{} · ketangd {} · {} {}\n\n",
        snapshot.host,
        snapshot.version,
        lang.pick("主板", "board"),
        snapshot.board
    );
    text.push_str(&table(&head(snapshot, lang), 0));
    let mut section = |title: (&str, &str), rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n{}", lang.pick(title.0, title.1), table(&rows, 2)));
        }
    };
    section(("画面", "Pictures"), pictures(snapshot, lang));
    section(("声音", "Sounds"), snapshot.sounds.iter().map(|sound| self::sound(sound, lang)).collect());
    let tracks = snapshot.lesson.iter().flat_map(|lesson| &lesson.tracks);
    section(("轨道", "Tracks"), tracks.map(|track| self::track(track, lang)).collect());
    section(("直播", "Live"), snapshot.live.iter().map(|target| super::live::row(target, lang)).collect());
    section(("工作", "Jobs"), snapshot.jobs.iter().map(|job| self::job(job, lang)).collect());
    let alarms = snapshot.alarms.iter().map(|alarm| vec![format!("! {}", lang.pick(&alarm.chinese, &alarm.english))]);
    section(("告警", "Alarms"), alarms.collect());
    text
}

fn head(snapshot: &Snapshot, lang: Lang) -> Vec<Vec<String>> {
    let row = |key: &str, value: String| vec![key.to_owned(), value];
    let mut rows = match &snapshot.lesson {
        Some(lesson) => lesson_rows(lesson, lang),
        None => vec![row(lang.pick("课程", "Lesson"), lang.pick("未在录制", "not recording").into())],
    };
    rows.push(row(lang.pick("节目", "Programme"), shot(&snapshot.programme.shot)));
    rows.push(row(lang.pick("导播", "Directing"), directing(&snapshot.programme.directing, lang)));
    rows.push(row(lang.pick("到课人数", "Attendance"), attendance(&snapshot.attendance, lang)));
    rows.push(row(lang.pick("场景", "Scenes"), snapshot.programme.scenes.join(", ")));
    rows.push(row(lang.pick("布局", "Layouts"), snapshot.programme.layouts.join(", ")));
    let storage = &snapshot.storage;
    let (free, total, left) = (bytes(storage.free_bytes), bytes(storage.total_bytes), storage.lessons_left);
    let room = lang.pick(
        format!("可用 {free} / {total}，还可录 {left} 节课"),
        format!("{free} free of {total}, room for {left} lessons"),
    );
    rows.push(row(lang.pick("存储", "Storage"), room));
    rows.push(row(lang.pick("时间", "Clock"), clock_state(&snapshot.clock, lang)));
    if let Some(network) = &snapshot.network {
        rows.push(row(lang.pick("网络", "Network"), lang.say(system::network(network))));
    }
    if let Some(uploads) = &snapshot.uploads {
        rows.push(row(lang.pick("上传", "Uploads"), lang.say(uploads.told())));
    }
    if snapshot.settings_wait {
        let wait =
            lang.pick("有改动，课程和工作结束后生效", "changed; they hold when the lesson and all work have ended");
        rows.push(row(lang.pick("设置", "Settings"), wait.into()));
    }
    rows
}

fn directing(directing: &Directing, lang: Lang) -> String {
    let mut text = mode(directing.mode, lang).to_owned();
    if let Some(seconds) = directing.returns_in_seconds {
        text.push_str(&lang.pick(format!("，{seconds} 秒后恢复"), format!(", again in {seconds} s")));
    }
    if let Some(why) = &directing.why {
        text.push_str(&format!(" · {}", lang.pick(&why.chinese, &why.english)));
    }
    text
}

fn attendance(attendance: &Attendance, lang: Lang) -> String {
    match (attendance.heads, &attendance.why) {
        (Some(heads), _) => lang.pick(format!("{heads} 人"), format!("{heads} there")),
        (None, None) => lang.pick("未知", "not known").into(),
        (None, Some(why)) => lang.pick(format!("未知：{}", why.chinese), format!("not known: {}", why.english)),
    }
}

/// How it is kept, and where it is.
fn clock_state(clock: &Clock, lang: Lang) -> String {
    let told = [Some(lang.say(clock.told())), clock.source.clone(), clock.zone.clone()];
    told.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn lesson_rows(lesson: &LessonState, lang: Lang) -> Vec<Vec<String>> {
    let mut time = clock(lesson.seconds);
    if let Some(planned) = lesson.planned_seconds {
        time.push_str(&format!(" / {}", clock(planned as f64)));
    }
    if let Some(seconds) = lesson.resumes_in_seconds {
        time.push_str(&lang.pick(format!("，{seconds} 秒后自动继续"), format!(", goes on by itself in {seconds} s")));
    }
    if lesson.gaps > 0 {
        time.push_str(&lang.pick(format!("，{} 处缺口", lesson.gaps), format!(", {} gaps", lesson.gaps)));
    }
    let name = [Some(lesson.id.to_string()), lesson.title.clone()].into_iter().flatten().collect::<Vec<_>>();
    let row = |key: &str, value: String| vec![key.to_owned(), value];
    vec![
        row(lang.pick("课程", "Lesson"), name.join(" · ")),
        row(lang.pick("状态", "State"), format!("{}  {time}", outcome(&lesson.outcome, lang))),
    ]
}

fn state(live: bool, lang: Lang) -> String {
    if live { lang.pick("正常", "live") } else { lang.pick("丢失", "LOST") }.into()
}

fn losses(losses: u64, lang: Lang) -> String {
    match losses {
        0 => String::new(),
        losses => lang.pick(format!("丢失 {losses} 次"), format!("lost {losses}×")),
    }
}

fn pictures(snapshot: &Snapshot, lang: Lang) -> Vec<Vec<String>> {
    let row = |input: &ketang_protocol::snapshot::PictureState| {
        let name = role(Role::from(input.role), lang).to_owned();
        vec![name, state(input.live, lang), input.detail.clone(), input.address.clone(), losses(input.losses, lang)]
    };
    snapshot.pictures.iter().map(row).collect()
}

fn sound(sound: &SoundState, lang: Lang) -> Vec<String> {
    let heard = match sound.live {
        true => format!("{} {:>4.0} dBFS", level(sound.level_dbfs, sound.peak_dbfs), sound.level_dbfs),
        false => sound.detail.clone(),
    };
    let speech = match sound {
        SoundState { muted: true, .. } => lang.pick("已静音", "MUTED"),
        SoundState { speech: true, .. } => lang.pick("有人讲话", "speech"),
        _ => "",
    };
    let gain = if sound.gain_db == 0.0 { String::new() } else { format!("{:+} dB", sound.gain_db) };
    let name = role(Role::from(sound.role), lang).to_owned();
    vec![name, state(sound.live, lang), heard, sound.address.clone(), speech.into(), gain, losses(sound.losses, lang)]
}

fn track(track: &TrackState, lang: Lang) -> Vec<String> {
    let state = if track.running { lang.pick("写入中", "writing") } else { lang.pick("已结束", "ended") };
    vec![
        track.name.clone(),
        format!("{}×{}", track.width, track.height),
        state.into(),
        bytes(track.bytes),
        lang.pick(
            format!("{} 帧，丢 {} 帧", track.frames, track.dropped),
            format!("{} frames, {} dropped", track.frames, track.dropped),
        ),
    ]
}

fn job(job: &Job, lang: Lang) -> Vec<String> {
    let state = match &job.state {
        JobState::Running => format!("{:.0} %", job.progress * 100.0),
        JobState::Done => lang.pick("完成", "done").into(),
        JobState::Failed { why } => lang.pick(format!("失败：{why}"), format!("FAILED: {why}")),
    };
    vec![job.id.to_string(), lang.say(names::job(&job.what)), job.lesson.to_string(), state]
}
