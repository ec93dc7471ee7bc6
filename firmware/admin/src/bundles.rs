//! Bundles of updates that were uploaded here, and the buttons of their page. Whether one may be installed, and when, is the
//! host's matter; whether it is genuine is that of the system's updater.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use ketang_protocol::command::Command;
use ketang_protocol::update::UpdateAction;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use serde::Deserialize;

use crate::api::command;
use crate::files::FilePath;
use crate::said::Said;
use crate::site::Site;
use crate::who::Person;

type S = State<Arc<Site>>;
type P = Extension<Person>;

/// What a bundle's name ends with.
const END: &str = ".raucb";
/// What every bundle begins with: it is a file system of this kind.
const SQUASHFS: &[u8] = b"hsqs";
const PAGE: &str = "/update";

/// The folder of bundles.
#[derive(Clone, Debug)]
pub(crate) struct Bundles {
    folder: PathBuf,
}

/// A bundle as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

impl Bundles {
    /// A folder in `state`, which the host and the updater know by its absolute path.
    pub(crate) fn open(state: &Path) -> io::Result<Self> {
        let folder = std::path::absolute(state)?.join("updates");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Refuses a name that is no bundle's, or is taken: nothing is replaced, as the host may be installing it.
    pub(crate) fn is_free(&self, name: &str) -> Result<(), Said> {
        Self::wanted(name)?;
        if self.folder.join(name).exists() { Err(taken(name)) } else { Ok(()) }
    }

    /// Refuses a name that is no bundle's.
    pub(crate) fn wanted(name: &str) -> Result<(), Said> {
        FilePath::default().join(name)?;
        if name.len() > END.len() && name.ends_with(END) {
            return Ok(());
        }
        Err(Said::no(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "no-bundle",
            format!("“{name}”不是更新包：更新包的扩展名是 {END}"),
            format!("`{name}` is no bundle: the name of one ends with {END}"),
        ))
    }

    /// Whether a file begins as bundles do.
    pub(crate) fn fits(head: &[u8]) -> bool {
        head.starts_with(SQUASHFS)
    }

    /// Brings an upload that is whole to its place.
    pub(crate) fn place(&self, from: &Path, name: &str) -> Result<PathBuf, Said> {
        let to = self.folder.join(name);
        match renameat2(AT_FDCWD, from, AT_FDCWD, &to, RenameFlags::RENAME_NOREPLACE) {
            Ok(()) => Ok(to),
            Err(nix::errno::Errno::EEXIST) => Err(taken(name)),
            Err(error) => Err(Said::failed(&format!("{}: {error}", to.display()))),
        }
    }

    /// Whether a path is that of a bundle in here, or of one that was.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        path.parent() == Some(&self.folder)
    }

    pub(crate) fn list(&self) -> Vec<Bundle> {
        let Ok(found) = fs::read_dir(&self.folder) else { return Vec::new() };
        let one = |found: fs::DirEntry| {
            let name = found.file_name().into_string().ok().filter(|name| Self::wanted(name).is_ok())?;
            let meta = found.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Bundle { name, path: found.path(), bytes: meta.len() })
        };
        let mut all: Vec<Bundle> = found.flatten().filter_map(one).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    fn remove(&self, name: &str) -> Result<(), Said> {
        Self::wanted(name)?;
        let gone = |_| Said::not_found(format!("没有更新包“{name}”"), format!("There is no bundle `{name}`"));
        fs::remove_file(self.folder.join(name)).map_err(gone)
    }
}

fn taken(name: &str) -> Said {
    Said::no(
        StatusCode::CONFLICT,
        "taken",
        format!("已经有更新包“{name}”：请先删除它，再上传"),
        format!("There is a bundle `{name}` already: remove it first"),
    )
}

/// Buttons of IT.
pub(crate) fn it_routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/do/update/inspect", post(inspect))
        .route("/do/update/install", post(install))
        .route("/do/update/restart", post(restart))
        .route("/do/update/cancel", post(cancel))
        .route("/do/update/keep", post(keep))
        .route("/do/update/remove", post(remove))
}

/// Has the host look into a bundle that has just come. Where it cannot now, the page has a button for it.
pub(crate) async fn look_into(site: &Site, person: &Person, bundle: PathBuf) {
    if let Err(refused) = order(site, person, UpdateAction::Inspect { bundle }).await {
        tracing::info!(why = refused.text(crate::lang::Lang::English), "a bundle is not looked into yet");
    }
}

async fn order(site: &Site, person: &Person, action: UpdateAction) -> Result<(), Said> {
    command(site, person, Command::Update { action }).await.map(|_| ())
}

#[derive(Debug, Deserialize)]
struct BundleForm {
    bundle: PathBuf,
    #[serde(default)]
    wait: bool,
    #[serde(default)]
    restart: bool,
}

async fn inspect(State(site): S, Extension(person): P, Form(form): Form<BundleForm>) -> Result<Said, Said> {
    order(&site, &person, UpdateAction::Inspect { bundle: form.bundle }).await?;
    Ok(Said::done(PAGE, "正在检查更新包", "The bundle is being looked into"))
}

async fn install(State(site): S, Extension(person): P, Form(form): Form<BundleForm>) -> Result<Said, Said> {
    let BundleForm { bundle, wait, restart } = form;
    order(&site, &person, UpdateAction::Install { bundle, wait, restart }).await?;
    Ok(match wait {
        true => {
            Said::done(PAGE, "没有课时安装：进度见本页", "It is installed when no lesson is near: this page shows it")
        }
        false => Said::done(PAGE, "正在安装：进度见本页", "It is being installed: this page shows how far"),
    })
}

#[derive(Debug, Deserialize)]
struct RestartForm {
    #[serde(default)]
    wait: bool,
}

async fn restart(State(site): S, Extension(person): P, Form(form): Form<RestartForm>) -> Result<Said, Said> {
    order(&site, &person, UpdateAction::Restart { wait: form.wait }).await?;
    Ok(match form.wait {
        true => Said::done(PAGE, "没有课时重新启动", "It starts anew when no lesson is near"),
        false => Said::done(
            PAGE,
            "正在重新启动：一两分钟后再打开本页",
            "It starts anew: open this page again in a minute or two",
        ),
    })
}

async fn cancel(State(site): S, Extension(person): P) -> Result<Said, Said> {
    order(&site, &person, UpdateAction::Cancel {}).await?;
    Ok(Said::done(PAGE, "已取消等待", "Nothing waits any longer"))
}

async fn keep(State(site): S, Extension(person): P) -> Result<Said, Said> {
    order(&site, &person, UpdateAction::Keep {}).await?;
    Ok(Said::done(PAGE, "正在保留", "It is being kept"))
}

#[derive(Debug, Deserialize)]
struct NameForm {
    name: String,
}

async fn remove(State(site): S, Extension(person): P, Form(form): Form<NameForm>) -> Result<Said, Said> {
    let removed = site.bundles.remove(&form.name);
    site.note(person.name(), person.address, &format!("removed the bundle {}", form.name), removed.is_ok());
    removed?;
    Ok(Said::done(PAGE, format!("已删除“{}”", form.name), format!("Removed {}", form.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bundles_are_taken_and_none_is_replaced() {
        let state = tempfile::tempdir().unwrap();
        let bundles = Bundles::open(state.path()).unwrap();
        for name in ["a.mp4", ".raucb", "../a.raucb", "a/b.raucb", ".a.raucb", "", "a.raucb.sh"] {
            assert!(Bundles::wanted(name).is_err(), "{name}");
            assert!(bundles.remove(name).is_err() && bundles.is_free(name).is_err(), "{name}");
        }
        assert!(Bundles::fits(b"hsqs\x07\0\0\0") && !Bundles::fits(b"\x7fELF") && !Bundles::fits(b""));
        let upload = state.path().join("part");
        for (content, status) in [("one", None), ("two", Some(StatusCode::CONFLICT))] {
            fs::write(&upload, content).unwrap();
            let placed = bundles.place(&upload, "ketang 2.raucb");
            assert_eq!(placed.err().map(|said| said.status()), status);
        }
        let told: Vec<_> = bundles.list().into_iter().map(|one| (one.name, one.bytes)).collect();
        assert_eq!(told, [("ketang 2.raucb".to_owned(), 3)]);
        assert_eq!(fs::read(&bundles.list()[0].path).unwrap(), b"one");
        bundles.remove("ketang 2.raucb").unwrap();
        assert_eq!(bundles.remove("ketang 2.raucb").unwrap_err().status(), StatusCode::NOT_FOUND);
    }
}
