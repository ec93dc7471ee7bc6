//! `ketangctl lessons`: the lessons on the host, one of them in full, or the deleted ones.

use ketang_protocol::lesson::{Lesson, LessonId};
use ketang_protocol::snapshot::{DeletedLesson, LessonSummary};

use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;
use crate::print::{bytes, clock, local, outcome, table};
use crate::report;

/// Lists the lessons on the host, or tells all about one
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lesson's id
    lesson: Option<String>,
    /// Lists the deleted lessons that can be taken back
    #[arg(long, conflicts_with = "lesson")]
    deleted: bool,
}

pub(crate) async fn run(args: Args, host: &Host) -> Result<(), Error> {
    if let Some(id) = args.lesson {
        let id = LessonId(id);
        id.check().map_err(Error::Refused)?;
        let lesson: Lesson = host.client.get(&format!("/v1/lessons/{id}")).await?;
        return host.show(&lesson, |lang| report::lesson(&lesson, lang));
    }
    if args.deleted {
        let trash: Vec<DeletedLesson> = host.client.get("/v1/trash").await?;
        return host.show(&trash, |lang| match trash.as_slice() {
            [] => lang.pick("没有已删除的课程", "No lesson was deleted").into(),
            trash => table(&trash.iter().map(|one| deleted_row(one, lang)).collect::<Vec<_>>(), 0),
        });
    }
    let lessons: Vec<LessonSummary> = host.client.get("/v1/lessons").await?;
    host.show(&lessons, |lang| match lessons.as_slice() {
        [] => lang.pick("还没有课程：`ketangctl start` 开始录制", "No lesson yet: `ketangctl start` begins one").into(),
        lessons => table(&lessons.iter().map(|lesson| row(lesson, lang)).collect::<Vec<_>>(), 0),
    })
}

fn deleted_row(one: &DeletedLesson, lang: Lang) -> Vec<String> {
    let until = local(one.until);
    [row(&one.lesson, lang), vec![lang.pick(format!("可恢复至 {until}"), format!("kept until {until}"))]].concat()
}

fn row(lesson: &LessonSummary, lang: Lang) -> Vec<String> {
    let verified = match lesson.verified {
        Some(true) => lang.pick("合格", "good"),
        Some(false) => lang.pick("不合格", "NOT GOOD"),
        None => lang.pick("未检查", "not verified"),
    };
    let title = [&lesson.title, &lesson.teacher].into_iter().flatten().map(String::as_str).collect::<Vec<_>>();
    vec![
        lesson.id.to_string(),
        local(lesson.started),
        clock(lesson.seconds),
        bytes(lesson.bytes),
        outcome(&lesson.outcome, lang),
        verified.into(),
        lesson.heads.map(|heads| lang.pick(format!("{heads} 人"), format!("{heads} there"))).unwrap_or_default(),
        if lesson.confirmed_upstream { lang.pick("已上传", "confirmed") } else { "" }.into(),
        title.join(" · "),
    ]
}
