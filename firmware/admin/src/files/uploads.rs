//! Uploads that can be gone on with: the tus protocol 1.0.0 (<https://tus.io/protocols/resumable-upload>) with creation and
//! termination. A browser that vanishes loses nothing of what came.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::timeout;

use super::area::{disk_full, worded};
use super::kind::HEAD;
use super::{Area, FilePath, Kind};
use crate::bundles::{self, Bundles};
use crate::said::Said;
use crate::secret;
use crate::site::Site;
use crate::who::Person;

/// The longest upload, in bytes: a day's lesson in one file.
const LONGEST: u64 = 100_000_000_000;
/// A browser that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);
/// How long the one before may take to let go.
const LET_GO: Duration = Duration::from_secs(5);
/// Open uploads, at most.
const OPEN: usize = 64;

/// What a bundle is uploaded for, in the metadata.
const UPDATE: &str = "update";

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: &str = "1.0.0";
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// What is known of an upload that is not whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Where it goes.
    path: String,
    length: u64,
    who: String,
    /// A bundle of an update, rather than a media file.
    #[serde(default)]
    bundle: bool,
}

/// Who writes to which upload.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    writers: Mutex<HashMap<String, Arc<Writer>>>,
}

#[derive(Debug, Default)]
struct Writer {
    turn: tokio::sync::Mutex<()>,
    /// Changes when somebody else wants to go on: whoever writes ends, at once or after what it is writing.
    leave: watch::Sender<()>,
}

impl Uploads {
    fn writer(&self, id: &str) -> Arc<Writer> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(writers.entry(id.to_owned()).or_default())
    }

    fn forget(&self, id: &str) {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// An upload on disk.
struct Upload {
    record: Record,
    part: PathBuf,
    json: PathBuf,
}

impl Upload {
    fn at(area: &Area, id: &str) -> (PathBuf, PathBuf) {
        (area.uploads().join(format!("{id}.part")), area.uploads().join(format!("{id}.json")))
    }

    fn find(area: &Area, id: &str, person: &Person) -> Result<Self, Said> {
        let gone =
            || Said::not_found("这个上传已不存在：请重新选择文件", "This upload is no more: choose the file again");
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(gone());
        }
        let (part, json) = Self::at(area, id);
        let record: Record =
            fs::read(&json).ok().and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(gone)?;
        if record.who != person.name() {
            return Err(gone());
        }
        Ok(Self { record, part, json })
    }

    /// Bytes that have come.
    fn offset(&self) -> u64 {
        fs::metadata(&self.part).map_or(0, |meta| meta.len())
    }

    fn remove(&self) {
        for file in [&self.json, &self.part] {
            if let Err(error) = fs::remove_file(file)
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!("{}: {error}", file.display());
            }
        }
    }

    /// What came is whole: it gets its name if it is what the name says.
    fn finish(&self, site: &Site) -> Result<Placed, Said> {
        let path = FilePath::parse(&self.record.path)?;
        let name = path.name().unwrap_or_default();
        let mut file = fs::File::open(&self.part).map_err(|error| worded(&error, &path))?;
        let mut head = Vec::with_capacity(HEAD);
        file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| worded(&error, &path))?;
        let fits = if self.record.bundle { Bundles::fits(&head) } else { Kind::wanted(name)?.fits(&head) };
        if !fits {
            self.remove();
            return Err(Said::no(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-media",
                match self.record.bundle {
                    true => format!("“{name}”的内容与扩展名不符，不是更新包，没有保存"),
                    false => format!("“{name}”的内容与扩展名不符，不是可以播放的文件，没有保存"),
                },
                format!("`{name}` is not what its name says, and was not kept"),
            ));
        }
        file.sync_all().map_err(|error| worded(&error, &path))?;
        let placed = match self.record.bundle {
            true => Placed::Bundle(site.bundles.place(&self.part, name)?),
            false => {
                site.area.place(&self.part, &path)?;
                Placed::Media
            }
        };
        self.remove();
        Ok(placed)
    }
}

/// What an upload has become.
enum Placed {
    Media,
    Bundle(PathBuf),
}

/// Bytes that open uploads may still bring, and how many there are.
fn expected(area: &Area) -> (u64, usize) {
    let Ok(found) = fs::read_dir(area.uploads()) else { return (0, 0) };
    let records = found.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "json"));
    let rest = records.filter_map(|entry| {
        let record: Record = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
        let came = fs::metadata(entry.path().with_extension("part")).map_or(0, |meta| meta.len());
        Some(record.length.saturating_sub(came))
    });
    rest.fold((0, 0), |(bytes, count), rest| (bytes + rest, count + 1))
}

/// For IT alone: the middleware asks.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/uploads", post(create).options(options))
        .route("/uploads/{id}", any(one))
        .layer(axum::middleware::map_response(tus))
}

/// What every answer says.
async fn tus(mut response: Response) -> Response {
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(VERSION));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn options() -> impl IntoResponse {
    let headers = [
        ("tus-version", VERSION.to_owned()),
        ("tus-extension", "creation,termination".into()),
        ("tus-max-size", LONGEST.to_string()),
    ];
    (StatusCode::NO_CONTENT, headers)
}

fn speaks_tus(headers: &HeaderMap) -> Result<(), Said> {
    if headers.get(RESUMABLE).is_some_and(|version| version == VERSION) {
        return Ok(());
    }
    let code = StatusCode::PRECONDITION_FAILED;
    Err(Said::no(code, "invalid", "上传使用 tus 1.0.0 协议", "Uploads speak the tus protocol, 1.0.0"))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Said> {
    let number = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    number.ok_or_else(|| {
        let status = StatusCode::BAD_REQUEST;
        Said::no(status, "invalid", format!("缺少 {name}"), format!("`{name}` is missing or no number"))
    })
}

/// A value of `Upload-Metadata: key base64,key base64`.
fn metadata(headers: &HeaderMap, key: &str) -> Option<String> {
    let all = headers.get(METADATA)?.to_str().ok()?;
    let (_, value) = all.split(',').filter_map(|pair| pair.trim().split_once(' ')).find(|(name, _)| *name == key)?;
    String::from_utf8(STANDARD.decode(value).ok()?).ok()
}

async fn create(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
) -> Result<Response, Said> {
    speaks_tus(&headers)?;
    let length = number(&headers, &LENGTH)?;
    let name = metadata(&headers, "filename").unwrap_or_default();
    let path = FilePath::parse(&metadata(&headers, "folder").unwrap_or_default())?.join(&name)?;
    let bundle = metadata(&headers, "purpose").is_some_and(|purpose| purpose == UPDATE);
    if bundle { site.bundles.is_free(&name) } else { Kind::wanted(&name).map(drop) }?;
    if length == 0 {
        return Err(Said::invalid(format!("“{name}”是空文件"), format!("`{name}` is empty")));
    }
    let (coming, open) = expected(&site.area);
    if length > LONGEST {
        return Err(site.area.full());
    }
    site.area.has_room(coming.saturating_add(length))?;
    if open >= OPEN {
        return Err(Said::no(StatusCode::TOO_MANY_REQUESTS, "busy", "正在上传的文件太多", "Too many uploads are open"));
    }
    let id = secret::name();
    let (part, json) = Upload::at(&site.area, &id);
    let record = Record { path: path.to_string(), length, who: person.name().to_owned(), bundle };
    let record = serde_json::to_vec(&record).expect("it has string keys and no failing part");
    fs::File::create_new(&part).and_then(|_| fs::write(&json, record)).map_err(|error| worded(&error, &path))?;
    let location = HeaderValue::from_str(&format!("/uploads/{id}")).expect("it is made of letters");
    Ok((StatusCode::CREATED, [(LOCATION, location)]).into_response())
}

async fn one(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Said> {
    speaks_tus(request.headers())?;
    let upload = Upload::find(&site.area, &id, &person)?;
    let writer = site.uploads.writer(&id);
    match request.method().as_str() {
        "HEAD" => {
            // Who asks wants to go on: a connection that died must not stand in the way.
            writer.leave.send_replace(());
            let _turn = timeout(LET_GO, writer.turn.lock()).await;
            let headers = [(OFFSET, upload.offset()), (LENGTH, upload.record.length)];
            Ok((StatusCode::OK, headers.map(|(name, number)| (name, HeaderValue::from(number)))).into_response())
        }
        "PATCH" => {
            let Ok(_turn) = writer.turn.try_lock() else {
                return Err(Said::no(
                    StatusCode::LOCKED,
                    "busy",
                    "这个文件正在上传",
                    "This upload is being written to",
                ));
            };
            let offset = write(&site, &writer, &upload, request).await?;
            if offset == upload.record.length {
                let finished = upload.finish(&site);
                site.uploads.forget(&id);
                site.note(person.name(), person.address, &format!("uploaded {}", upload.record.path), finished.is_ok());
                if let Placed::Bundle(path) = finished? {
                    bundles::look_into(&site, &person, path).await;
                }
            }
            Ok((StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(offset))]).into_response())
        }
        "DELETE" => {
            writer.leave.send_replace(());
            let _turn = timeout(LET_GO, writer.turn.lock()).await;
            upload.remove();
            site.uploads.forget(&id);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => {
            Err(Said::no(StatusCode::METHOD_NOT_ALLOWED, "invalid", "不支持", "An upload takes HEAD, PATCH and DELETE"))
        }
    }
}

/// Writes what comes; gives how much there is now. What came before an end is kept.
async fn write(site: &Site, writer: &Writer, upload: &Upload, request: Request) -> Result<u64, Said> {
    let (parts, body) = request.into_parts();
    if parts.headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/offset+octet-stream") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Said::no(
            status,
            "invalid",
            "上传使用 tus 1.0.0 协议",
            "A piece is application/offset+octet-stream",
        ));
    }
    let mut offset = upload.offset();
    if number(&parts.headers, &OFFSET)? != offset {
        let status = StatusCode::CONFLICT;
        return Err(Said::no(
            status,
            "offset",
            "上传位置不符：重新询问后继续",
            "Another offset: ask and go on from there",
        ));
    }
    let path = FilePath::parse(&upload.record.path)?;
    let file = tokio::fs::File::options().append(true).open(&upload.part).await;
    let mut file = file.map_err(|error| worded(&error, &path))?;
    let (mut body, mut leave) = (Body::new(body), writer.leave.subscribe());
    loop {
        let frame = tokio::select! {
            frame = timeout(SILENCE, body.frame()) => frame,
            _ = leave.changed() => break,
        };
        // Gone or silent: it may go on later.
        let Ok(Some(Ok(frame))) = frame else { break };
        let Ok(data) = frame.into_data() else { continue };
        if offset + data.len() as u64 > upload.record.length {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return Err(Said::no(status, "invalid", "内容比声明的长", "More came than was announced"));
        }
        site.area.has_room(data.len() as u64)?;
        let written = file.write_all(&data).await;
        // `write_all` hands on to a thread; what it met is told here.
        let written = match written {
            Ok(()) => file.flush().await,
            failed => failed,
        };
        match written {
            Ok(()) => offset += data.len() as u64,
            Err(error) if error.kind() == ErrorKind::StorageFull => return Err(disk_full()),
            Err(error) => return Err(worded(&error, &path)),
        }
    }
    Ok(offset)
}
