//! What the pages' buttons do: forms in, commands and changes out. One function a button.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Form, Path, State};
use axum::routing::post;
use ketang_hal::ptz::Steer;
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_protocol::arrange;
use ketang_protocol::command::{Command, Point, Ptz, PtzAction, Rename, Shot, Sound, SoundCard, Start};
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::{Lesson, LessonId};
use serde::Deserialize;

use crate::api::command;
use crate::clock;
use crate::files::{FilePath, begin_copy};
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

type S = State<Arc<Site>>;
type P = Extension<Person>;

/// Buttons of those who direct.
pub(crate) fn directing_routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/do/start", post(start))
        .route("/do/stop", post(stop))
        .route("/do/pause", post(pause))
        .route("/do/resume", post(resume))
        .route("/do/extend/{minutes}", post(extend))
        .route("/do/chapter", post(chapter))
        .route("/do/ptz/{role}", post(ptz))
        .route("/do/volume", post(volume))
        .route("/do/mute/{role}/{muted}", post(mute))
        .route("/do/sound-card/{role}", post(sound_card))
        .route("/do/cut/{role}", post(cut))
        .route("/do/scene", post(scene))
        .route("/do/layout/{layout}", post(layout))
        .route("/do/mode/{mode}", post(mode))
        .route("/do/live-start", post(live_start))
        .route("/do/live-stop", post(live_stop))
        .route("/do/verify/{lesson}", post(verify))
        .route("/do/rename/{lesson}", post(rename))
}

/// Buttons of IT.
pub(crate) fn it_routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/do/confirm/{lesson}", post(confirm))
        .route("/do/keep/{lesson}", post(keep))
        .route("/do/live-test", post(live_test))
        .route("/do/delete/{lesson}", post(delete))
        .route("/do/restore/{lesson}", post(restore))
        .route("/do/files/folder", post(make_folder))
        .route("/do/files/move", post(move_file))
        .route("/do/files/copy", post(copy_file))
        .route("/do/files/delete", post(delete_file))
        .route("/do/files/restore/{id}", post(restore_file))
        .route("/do/files/empty-trash", post(empty_trash))
}

/// In the place of minutes: without a planned end.
pub(crate) const OPEN: &str = "open";

#[derive(Debug, Deserialize)]
struct StartForm {
    #[serde(default)]
    title: String,
    #[serde(default)]
    teacher: String,
    #[serde(default)]
    minutes: String,
}

fn text(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

async fn start(State(site): S, Extension(person): P, Form(form): Form<StartForm>) -> Result<Said, Said> {
    let planned_seconds = match form.minutes.trim() {
        "" | OPEN => None,
        minutes => {
            let minutes = minutes.parse::<u64>().ok().filter(|minutes| (1..=1440).contains(minutes));
            let minutes =
                minutes.ok_or_else(|| Said::invalid("时长是 1 到 1440 分钟", "A length is 1 to 1440 minutes"))?;
            Some(minutes * 60)
        }
    };
    let start = Start {
        title: text(&form.title),
        teacher: text(&form.teacher),
        planned_seconds,
        open_end: form.minutes.trim() == OPEN,
    };
    command(&site, &person, Command::Start(start)).await?;
    Ok(Said::done("/console", "已开始录制", "Recording"))
}

async fn stop(State(site): S, Extension(person): P) -> Result<Said, Said> {
    command(&site, &person, Command::Stop {}).await?;
    Ok(Said::done("/", "已结束：正在整理和检查", "Stopped: it is finished and checked now"))
}

async fn pause(State(site): S, Extension(person): P) -> Result<Said, Said> {
    command(&site, &person, Command::Pause {}).await?;
    Ok(Said::done("/console", "已暂停", "Paused"))
}

async fn resume(State(site): S, Extension(person): P) -> Result<Said, Said> {
    command(&site, &person, Command::Resume {}).await?;
    Ok(Said::done("/console", "继续录制", "Recording goes on"))
}

async fn extend(State(site): S, Extension(person): P, Path(minutes): Path<u32>) -> Result<Said, Said> {
    command(&site, &person, Command::Extend { minutes }).await?;
    Ok(Said::done("/console", format!("延长 {minutes} 分钟"), format!("{minutes} min longer")))
}

#[derive(Debug, Deserialize)]
struct ChapterForm {
    #[serde(default)]
    title: String,
}

async fn chapter(State(site): S, Extension(person): P, Form(form): Form<ChapterForm>) -> Result<Said, Said> {
    command(&site, &person, Command::Chapter { title: text(&form.title) }).await?;
    Ok(Said::done("/console", "已标记章节", "A chapter begins here"))
}

/// What a camera that turns is to do, flat as forms are.
#[derive(Debug, Deserialize)]
struct PtzForm {
    #[serde(rename = "do")]
    deed: String,
    #[serde(default)]
    preset: String,
    #[serde(default)]
    pan: f64,
    #[serde(default)]
    tilt: f64,
    #[serde(default)]
    zoom: f64,
    #[serde(default)]
    x: f64,
    #[serde(default)]
    y: f64,
}

async fn ptz(
    State(site): S,
    Extension(person): P,
    Path(role): Path<String>,
    Form(form): Form<PtzForm>,
) -> Result<Said, Said> {
    let input = picture_role(&role)?;
    let PtzForm { deed, preset, pan, tilt, zoom, x, y } = form;
    let (chinese, english) = match deed.as_str() {
        "go" => (format!("转到 {preset}"), format!("Goes to {preset}")),
        "set" => (format!("已存为 {preset}"), format!("Stored as {preset}")),
        "calibrate" => ("已记下标定点".into(), "The point is noted".into()),
        "check" => ("已检查".into(), "Checked".into()),
        "uncalibrate" => ("已清除标定".into(), "It is not calibrated any more".into()),
        "follow" => ("恢复由主机转动".into(), "The host turns it again".into()),
        _ => ("已转动".into(), "Turned".into()),
    };
    let action = match deed.as_str() {
        "go" => PtzAction::Go { preset },
        "set" => PtzAction::Set { preset },
        "steer" => PtzAction::Steer(Steer { pan, tilt, zoom }),
        "stop" => PtzAction::Stop {},
        "calibrate" => PtzAction::Calibrate(Point { x, y }),
        "check" => PtzAction::Check(Point { x, y }),
        "look" => PtzAction::Look(Point { x, y }),
        "uncalibrate" => PtzAction::Uncalibrate {},
        "follow" => PtzAction::Follow {},
        _ => return Err(Said::not_found("云台没有这个动作", "A camera cannot do this")),
    };
    command(&site, &person, Command::Ptz(Ptz { input, action })).await?;
    Ok(Said::done("/console", chinese, english))
}

fn sound_role(role: &str) -> Result<SoundRole, Said> {
    role.parse().map_err(|_| Said::not_found("没有这个话筒", "There is no such microphone"))
}

/// One field, named after its microphone.
async fn volume(State(site): S, Extension(person): P, Form(form): Form<HashMap<String, f32>>) -> Result<Said, Said> {
    let one = form.into_iter().next();
    let (role, gain) = one.ok_or_else(|| Said::invalid("没有写音量", "There is no volume in it"))?;
    let role = sound_role(&role)?;
    command(&site, &person, Command::Sound(Sound { role, gain_db: Some(gain), muted: None })).await?;
    let (chinese, english) = (role.chinese(), role.english());
    Ok(Said::done("/sound", format!("{chinese}：{gain:+} dB"), format!("{english}: {gain:+} dB")))
}

async fn mute(State(site): S, Extension(person): P, Path((role, muted)): Path<(String, bool)>) -> Result<Said, Said> {
    let role = sound_role(&role)?;
    command(&site, &person, Command::Sound(Sound { role, gain_db: None, muted: Some(muted) })).await?;
    let (chinese, english) = if muted { ("已静音", "muted") } else { ("已取消静音", "heard again") };
    Ok(Said::done("/sound", format!("{}{chinese}", role.chinese()), format!("{}: {english}", role.english())))
}

#[derive(Debug, Deserialize)]
struct SoundCardForm {
    control: String,
    percent: Option<u8>,
    on: Option<bool>,
}

async fn sound_card(
    State(site): S,
    Extension(person): P,
    Path(role): Path<String>,
    Form(form): Form<SoundCardForm>,
) -> Result<Said, Said> {
    let SoundCardForm { control, percent, on } = form;
    let done = Said::done("/sound", format!("声卡 {control} 已设置"), format!("{control} of the sound card is set"));
    let card = SoundCard { role: sound_role(&role)?, control, percent, on };
    command(&site, &person, Command::SoundCard(card)).await?;
    Ok(done)
}

fn picture_role(role: &str) -> Result<PictureRole, Said> {
    role.parse().map_err(|_| Said::not_found("没有这路画面", "There is no such picture"))
}

async fn cut(State(site): S, Extension(person): P, Path(role): Path<String>) -> Result<Said, Said> {
    let role = picture_role(&role)?;
    command(&site, &person, Command::Layout(Shot { layout: "single".into(), inputs: vec![role] })).await?;
    Ok(Said::done("/console", format!("切到{}", role.chinese()), format!("Cut to {}", role.english())))
}

#[derive(Debug, Deserialize)]
struct SceneForm {
    scene: String,
}

async fn scene(State(site): S, Extension(person): P, Form(form): Form<SceneForm>) -> Result<Said, Said> {
    let said = Said::done("/console", format!("场景：{}", form.scene), format!("Scene: {}", form.scene));
    command(&site, &person, Command::Scene { scene: form.scene }).await?;
    Ok(said)
}

async fn layout(State(site): S, Extension(person): P, Path(layout): Path<String>) -> Result<Said, Said> {
    let snapshot = site.snapshots.borrow().clone().ok_or_else(Said::host_away)?;
    let offered = arrange::offered(&snapshot).into_iter().find(|(one, _)| one.name == layout);
    let (one, shot) =
        offered.ok_or_else(|| Said::not_found("没有足够的画面填满这个布局", "Too few pictures for this layout"))?;
    command(&site, &person, Command::Layout(shot)).await?;
    Ok(Said::done("/console", one.chinese, one.english))
}

async fn mode(State(site): S, Extension(person): P, Path(mode): Path<String>) -> Result<Said, Said> {
    let (mode, chinese, english) = match mode.as_str() {
        "automatic" => (Mode::Automatic, "自动导播", "The host directs"),
        "semi-automatic" => (Mode::SemiAutomatic, "半自动导播", "You cut, cameras follow"),
        "manual" => (Mode::Manual, "手动导播", "You direct"),
        _ => return Err(Said::not_found("没有这种导播方式", "There is no such mode")),
    };
    command(&site, &person, Command::Direct { mode }).await?;
    Ok(Said::done("/console", chinese, english))
}

#[derive(Debug, Deserialize)]
struct LiveForm {
    target: String,
}

async fn live_start(State(site): S, Extension(person): P, Form(form): Form<LiveForm>) -> Result<Said, Said> {
    let said = Said::done("/targets", format!("正在连接“{}”", form.target), format!("Connecting to {}", form.target));
    command(&site, &person, Command::LiveStart { target: form.target }).await?;
    Ok(said)
}

async fn live_stop(State(site): S, Extension(person): P, Form(form): Form<LiveForm>) -> Result<Said, Said> {
    let (chinese, english) =
        (format!("已停止直播到“{}”", form.target), format!("Nothing goes to {} any more", form.target));
    command(&site, &person, Command::LiveStop { target: form.target }).await?;
    Ok(Said::done("/targets", chinese, english))
}

async fn live_test(State(site): S, Extension(person): P, Form(form): Form<LiveForm>) -> Result<Said, Said> {
    command(&site, &person, Command::LiveTest { target: form.target }).await?;
    Ok(Said::done(
        "/targets",
        "正在测试：画面会播出几秒，结果显示在本页",
        "Testing: the programme goes out for some seconds, and this page shows the result",
    ))
}

fn lesson_id(id: String) -> Result<LessonId, Said> {
    LessonId::try_from(id).map_err(|_| Said::not_found("没有这节课", "There is no such lesson"))
}

async fn verify(State(site): S, Extension(person): P, Path(id): Path<String>) -> Result<Said, Said> {
    let lesson = lesson_id(id)?;
    let to = format!("/lessons/{lesson}");
    command(&site, &person, Command::Verify { lesson }).await?;
    Ok(Said::done(to, "正在重新检查：结果稍后显示在本页", "It is checked again: this page will show the result"))
}

async fn confirm(State(site): S, Extension(person): P, Path(id): Path<String>) -> Result<Said, Said> {
    let lesson = lesson_id(id)?;
    let to = format!("/lessons/{lesson}");
    command(&site, &person, Command::Confirm { lesson }).await?;
    Ok(Said::done(to, "已确认：需要空间时主机可以删除它", "Confirmed: the host may delete it when room is needed"))
}

#[derive(Debug, Deserialize)]
struct RenameForm {
    title: String,
    teacher: String,
}

async fn rename(
    State(site): S,
    Extension(person): P,
    Path(id): Path<String>,
    Form(form): Form<RenameForm>,
) -> Result<Said, Said> {
    let lesson = lesson_id(id)?;
    let to = format!("/lessons/{lesson}");
    let rename = Rename { lesson, title: Some(form.title), teacher: Some(form.teacher) };
    command(&site, &person, Command::Rename(rename)).await?;
    Ok(Said::done(to, "已改名", "Renamed"))
}

#[derive(Debug, Deserialize)]
struct DeleteForm {
    /// Ticked where the platform does not hold the lesson.
    unconfirmed: Option<String>,
}

async fn delete(
    State(site): S,
    Extension(person): P,
    Path(id): Path<String>,
    Form(form): Form<DeleteForm>,
) -> Result<Said, Said> {
    let lesson = lesson_id(id)?;
    let to = format!("/lessons?deleted={lesson}");
    command(&site, &person, Command::Delete { lesson, unconfirmed: form.unconfirmed.is_some() }).await?;
    Ok(Said::done(to, "已删除：一周内可以恢复", "Deleted: for a week it can be taken back"))
}

async fn restore(State(site): S, Extension(person): P, Path(id): Path<String>) -> Result<Said, Said> {
    let lesson = lesson_id(id)?;
    let to = format!("/lessons/{lesson}");
    command(&site, &person, Command::Restore { lesson }).await?;
    Ok(Said::done(to, "已恢复", "It is back"))
}

/// Copies a lesson that is over into the media files.
async fn keep(State(site): S, Extension(person): P, Path(id): Path<String>) -> Result<Said, Said> {
    let id = lesson_id(id)?;
    let lesson: Lesson = site.client.get(&format!("/v1/lessons/{id}")).await?;
    if !lesson.outcome.is_end() {
        return Err(Said::no(
            axum::http::StatusCode::CONFLICT,
            "wrong-state",
            "课还没有整理完",
            "The lesson is not finished yet",
        ));
    }
    let name = lesson.title.as_deref().map_or_else(|| id.to_string(), |title| format!("{title} {id}"));
    let to = FilePath::default().join(&crate::files::name_of(&name))?;
    begin_copy(&site, &person, site.cli.data.join("lessons").join(&id.0), to, |_| true)?;
    Ok(Said::done("/files/", "正在复制到媒体文件", "It is copied to the media files"))
}

#[derive(Debug, Deserialize)]
struct FolderForm {
    folder: String,
    name: String,
}

fn page_of(folder: &FilePath) -> String {
    format!("/files/{}", folder.address())
}

async fn make_folder(State(site): S, Extension(person): P, Form(form): Form<FolderForm>) -> Result<Said, Said> {
    let folder = FilePath::parse(&form.folder)?;
    let path = folder.join(form.name.trim())?;
    let made = site.area.make_folder(&path);
    site.note(person.name(), person.address, &format!("made folder {path}"), made.is_ok());
    made?;
    Ok(Said::done(page_of(&folder), format!("已新建“{path}”"), format!("Made {path}")))
}

/// A file as it was seen, and where it is to go.
#[derive(Debug, Deserialize)]
struct FileForm {
    path: String,
    seen: String,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    name: String,
}

impl FileForm {
    fn from(&self) -> Result<FilePath, Said> {
        FilePath::parse(&self.path)
    }

    fn to(&self) -> Result<FilePath, Said> {
        FilePath::parse(&self.folder)?.join(self.name.trim())
    }
}

async fn move_file(State(site): S, Extension(person): P, Form(form): Form<FileForm>) -> Result<Said, Said> {
    let (from, to) = (form.from()?, form.to()?);
    let moved = site.area.rename(&from, &form.seen, &to);
    site.note(person.name(), person.address, &format!("moved {from} to {to}"), moved.is_ok());
    moved?;
    Ok(Said::done(page_of(&to.parent()), format!("已移到“{to}”"), format!("Moved to {to}")))
}

async fn copy_file(State(site): S, Extension(person): P, Form(form): Form<FileForm>) -> Result<Said, Said> {
    let (from, to) = (form.from()?, form.to()?);
    let entry = site.area.still(&from, &form.seen)?;
    if entry.is_folder && to.is_within(&from) {
        return Err(Said::invalid("文件夹不能复制到它自己里面", "A folder cannot be copied into itself"));
    }
    if !entry.is_folder {
        crate::files::Kind::wanted(to.name().unwrap_or_default())?;
    }
    let on_disk = site.area.on_disk(&from);
    begin_copy(&site, &person, on_disk, to.clone(), |_| true)?;
    Ok(Said::done(page_of(&to.parent()), "正在复制", "It is copied"))
}

async fn delete_file(State(site): S, Extension(person): P, Form(form): Form<FileForm>) -> Result<Said, Said> {
    let path = form.from()?;
    let deleted = site.area.delete(&path, &form.seen, person.name(), clock::now());
    site.note(person.name(), person.address, &format!("deleted {path}"), deleted.is_ok());
    deleted?;
    let to = page_of(&path.parent());
    Ok(Said::done(to, format!("已删除“{path}”：可在下方回收站恢复"), format!("Deleted {path}: the trash below has it")))
}

async fn restore_file(State(site): S, Extension(person): P, Path(id): Path<String>) -> Result<Said, Said> {
    let restored = site.area.restore(&id);
    let what = restored.as_ref().map_or_else(|_| id.clone(), ToString::to_string);
    site.note(person.name(), person.address, &format!("restored {what}"), restored.is_ok());
    let path = restored?;
    Ok(Said::done(page_of(&path.parent()), format!("已恢复“{path}”"), format!("{path} is back")))
}

async fn empty_trash(State(site): S, Extension(person): P) -> Result<Said, Said> {
    let emptied = site.area.empty_trash();
    site.note(person.name(), person.address, "emptied the trash", emptied.is_ok());
    emptied.map_err(|error| Said::failed(&error))?;
    Ok(Said::done("/files/", "回收站已清空", "The trash is empty"))
}
