//! A lesson as one file to download: a whole track, or a piece of it, which the host joins from the lesson's parts and keeps
//! for a day. Here are the files' names, what is there, and what is asked of the host.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Extension, Form, Path as Segment, Request, State};
use axum::response::Response;
use ketang_protocol::command::{Command, Export};
use ketang_protocol::lesson::{Lesson, LessonId, Track};
use serde::Deserialize;

use crate::api::carry_out;
use crate::files::{name_of, send};
use crate::lang::{Lang, local};
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

/// The folder in the host's data that it looks after.
const FOLDER: &str = "exports";

/// What one file holds. Its name on the disk tells it: `ID_TRACK.mp4`, or `ID_TRACK_FROM-UNTIL.mp4` with whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) lesson: LessonId,
    pub(crate) track: String,
    /// Seconds of the lesson, where it is not all of it.
    pub(crate) range: Option<(u64, u64)>,
}

impl Piece {
    fn file(&self) -> String {
        let Self { lesson, track, range } = self;
        match range {
            None => format!("{lesson}_{track}.mp4"),
            Some((from, until)) => format!("{lesson}_{track}_{from}-{until}.mp4"),
        }
    }

    /// `None` where it is no such name.
    fn parse(file: &str) -> Option<Self> {
        let mut words = file.strip_suffix(".mp4")?.split('_');
        let lesson = LessonId::try_from(words.next()?.to_owned()).ok()?;
        let track = words.next().filter(|track| is_a_name(track))?.to_owned();
        let range = match words.next() {
            None => None,
            Some(range) => {
                let (from, until) = range.split_once('-')?;
                Some((from.parse().ok()?, until.parse().ok()?))
            }
        };
        let piece = Self { lesson, track, range };
        // One name for one thing.
        (piece.file() == file).then_some(piece)
    }

    /// What it is called where it is kept by whoever downloads it.
    fn title(&self, lesson: &Lesson, lang: Lang) -> String {
        let title = lesson.title.as_deref().unwrap_or_else(|| lang.pick("课程", "Lesson"));
        let day = local(lesson.started).replace([':', ' '], "-");
        let piece = self.range.map(|(from, until)| format!(" {}-{}", clock(from), clock(until))).unwrap_or_default();
        format!("{} {day} {}{piece}.mp4", name_of(title), lang.track(&self.track))
    }
}

fn is_a_name(track: &str) -> bool {
    !track.is_empty() && track.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Minutes and seconds in a file's name, which has no colon.
fn clock(seconds: u64) -> String {
    format!("{}m{:02}s", seconds / 60, seconds % 60)
}

/// A file that is made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) piece: Piece,
    pub(crate) bytes: u64,
}

impl Made {
    /// Where it is downloaded.
    pub(crate) fn address(&self) -> String {
        format!("/downloads/{}", self.piece.file())
    }
}

/// The files of a lesson that are made.
pub(crate) fn made(data: &Path, lesson: &LessonId) -> Vec<Made> {
    let Ok(found) = fs::read_dir(data.join(FOLDER)) else { return Vec::new() };
    let one = |found: fs::DirEntry| {
        let piece = Piece::parse(found.file_name().to_str()?)?;
        Some(Made { piece, bytes: found.metadata().ok()?.len() })
    };
    let mut made: Vec<Made> = found.flatten().filter_map(one).filter(|made| made.piece.lesson == *lesson).collect();
    made.sort_by_key(|made| made.piece.file());
    made
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    track: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// Has the host make a file.
pub(crate) async fn make(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Segment(id): Segment<String>,
    Form(asked): Form<Asked>,
) -> Result<Said, Said> {
    let lesson = LessonId::try_from(id).map_err(|_| Said::not_found("没有这节课", "There is no such lesson"))?;
    let there = format!("/lessons/{lesson}#downloads");
    if !is_a_name(&asked.track) {
        return Err(Said::not_found("没有这一轨", "There is no such track").at(there));
    }
    let record: Lesson = site.client.get(&format!("/v1/lessons/{lesson}")).await?;
    let range = range(&asked.from, &asked.until, length(&record, &asked.track)).map_err(|said| said.at(&there))?;
    let piece = Piece { lesson, track: asked.track, range };
    if made(&site.cli.data, &piece.lesson).iter().any(|made| made.piece == piece) {
        return Ok(Said::done(there, "文件已经做好，可以下载", "The file is there: download it"));
    }
    let data = std::path::absolute(&site.cli.data).map_err(|error| Said::failed(&error))?;
    let export = Export {
        lesson: piece.lesson.clone(),
        track: piece.track.clone(),
        to: data.join(FOLDER).join(piece.file()),
        from_seconds: range.map(|(from, _)| from as f64),
        to_seconds: range.map(|(_, until)| until as f64),
        parts: false,
    };
    // The host writes to its own folder, under a name that is made here: that needs no right of IT's.
    carry_out(&site, &person, Command::Export(export)).await.map_err(|said| said.at(&there))?;
    Ok(Said::done(there, "正在合成一个文件", "One file is made of it"))
}

/// Where a track ends, in seconds of the lesson.
fn length(lesson: &Lesson, track: &str) -> f64 {
    lesson.tracks.iter().find(|one| one.name == track).map_or(0.0, Track::ends_at)
}

/// From and until as people write them; nothing where both are left empty.
fn range(from: &str, until: &str, length: f64) -> Result<Option<(u64, u64)>, Said> {
    let (from, until) = (from.trim(), until.trim());
    if from.is_empty() && until.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        Said::invalid(
            "时间写成 分:秒 或 时:分:秒，例如 12:30，并且开始要早于结束",
            "Times are minutes:seconds or hours:minutes:seconds, such as 12:30, and the beginning comes first",
        )
    };
    let end = length.ceil() as u64;
    let from = if from.is_empty() { 0 } else { seconds(from).ok_or_else(wrong)? };
    let until = if until.is_empty() { end } else { seconds(until).ok_or_else(wrong)?.min(end) };
    if from < until { Ok(Some((from, until))) } else { Err(wrong()) }
}

fn seconds(text: &str) -> Option<u64> {
    let fields: Vec<u64> = text.replace('：', ":").split(':').map(|field| field.parse().ok()).collect::<Option<_>>()?;
    match fields[..] {
        [minutes, seconds] if seconds < 60 => minutes.checked_mul(60)?.checked_add(seconds),
        [hours, minutes, seconds] if minutes < 60 && seconds < 60 => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)
        }
        _ => None,
    }
}

/// Sends a file that is made, whole or from where a download broke off.
pub(crate) async fn file(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Segment(file): Segment<String>,
    request: Request,
) -> Result<Response, Said> {
    let gone = || {
        Said::not_found(
            "这个文件已清除：请在课程页重新生成",
            "This file was cleared away: have it made again on the lesson's page",
        )
    };
    let piece = Piece::parse(&file).ok_or_else(gone)?;
    // What was deleted is not to be had by a way around.
    let lesson: Lesson = site.client.get(&format!("/v1/lessons/{}", piece.lesson)).await?;
    let path = site.cli.data.join(FOLDER).join(piece.file());
    if !path.is_file() {
        return Err(gone());
    }
    send(&path, &piece.title(&lesson, person.lang), request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(track: &str, range: Option<(u64, u64)>) -> Piece {
        Piece { lesson: LessonId("20261122-081500-0042".into()), track: track.into(), range }
    }

    #[test]
    fn a_file_says_by_its_name_what_it_holds_and_leads_nowhere_else() {
        for one in [piece("programme", None), piece("teacher-panorama", Some((0, 95)))] {
            assert_eq!(Piece::parse(&one.file()), Some(one));
        }
        for other in [
            "",
            ".mp4",
            "../20261122-081500-0042_programme.mp4",
            "20261122-081500-0042_../x.mp4",
            "20261122-081500-0042_programme_1-2_3.mp4",
            "20261122-081500-0042_programme_01-2.mp4",
            "20261122-081500-0042_programme_1-.mp4",
            "20261122-081500-0042_.mp4",
            ".export-x",
        ] {
            assert_eq!(Piece::parse(other), None, "{other}");
        }
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        let of = |from, until| range(from, until, 2700.4).map_err(|said| said.status());
        assert_eq!(of(" ", ""), Ok(None));
        assert_eq!(of("5:00", "12:30"), Ok(Some((300, 750))));
        assert_eq!(of("", "1：00"), Ok(Some((0, 60))));
        assert_eq!(of("0:44:00", ""), Ok(Some((2640, 2701))));
        assert_eq!(of("0:00", "9:00:00"), Ok(Some((0, 2701))), "no longer than the lesson");
        for (from, until) in [
            ("5", ""),
            ("x", ""),
            ("1:60", ""),
            ("2:00", "1:00"),
            ("50:00", ""),
            ("-1:00", ""),
            ("99999999999999999999:0", ""),
        ] {
            assert!(of(from, until).is_err(), "{from} {until}");
        }
    }
}
