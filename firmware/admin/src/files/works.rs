//! Copying, which takes long: beside the pages, one at a time, at low priority, and never into the room of lessons.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::area::{tree_bytes, worded};
use super::{FilePath, Kind};
use crate::lang::Lang;
use crate::said::Said;
use crate::secret;
use crate::site::Site;
use crate::who::Person;

/// So many are told of.
const TOLD: usize = 20;
/// So many may wait.
const WAITING: usize = 16;
/// Copied in one go; after each the room is looked at.
const PIECE: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WorkState {
    Running,
    Done,
    Failed { chinese: String, english: String },
}

/// A copy under way or ended.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) id: String,
    /// What is copied.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) done: u64,
    pub(crate) state: WorkState,
}

/// The newest works, the newest first.
#[derive(Debug)]
pub(crate) struct Works {
    list: Mutex<VecDeque<Work>>,
    turn: Semaphore,
}

impl Default for Works {
    fn default() -> Self {
        Self { list: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Works {
    fn list(&self) -> MutexGuard<'_, VecDeque<Work>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn told(&self) -> Vec<Work> {
        self.list().iter().cloned().collect()
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Work)) {
        if let Some(work) = self.list().iter_mut().find(|work| work.id == id) {
            change(work);
        }
    }

    fn add(&self, name: &str, bytes: u64) -> Result<String, Said> {
        let mut list = self.list();
        if list.iter().filter(|work| work.state == WorkState::Running).count() >= WAITING {
            return Err(Said::no(
                axum::http::StatusCode::TOO_MANY_REQUESTS,
                "busy",
                "还有许多文件正在复制：请等它们完成",
                "Many copies are under way: wait for them",
            ));
        }
        let id = secret::name();
        list.push_front(Work { id: id.clone(), name: name.into(), bytes, done: 0, state: WorkState::Running });
        while list.len() > TOLD && list.back().is_some_and(|work| work.state != WorkState::Running) {
            list.pop_back();
        }
        Ok(id)
    }
}

/// Begins to copy a file or folder to `to`, or beside what is there. `only` says which files of a folder are taken.
pub(crate) fn begin_copy(
    site: &Arc<Site>,
    person: &Person,
    from: PathBuf,
    to: FilePath,
    only: fn(&str) -> bool,
) -> Result<(), Said> {
    let bytes = if from.is_dir() { tree_bytes(&from) } else { fs::metadata(&from).map_or(0, |meta| meta.len()) };
    site.area.has_room(bytes)?;
    let name = to.to_string();
    let id = site.works.add(&name, bytes)?;
    let (site, who) = (Arc::clone(site), person.clone());
    tokio::spawn(async move {
        let _turn = site.works.turn.acquire().await.expect("it is never closed");
        let copying = (Arc::clone(&site), id.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&copying.0, &copying.1, &from, &to, only)).await;
        let ended = copied.unwrap_or_else(|error| Err(Said::failed(&error)));
        site.note(who.name(), who.address, &format!("copied {name}"), ended.is_ok());
        site.works.change(&id, |work| {
            work.state = match &ended {
                Ok(_) => WorkState::Done,
                Err(said) => WorkState::Failed {
                    chinese: said.text(Lang::Chinese).to_owned(),
                    english: said.text(Lang::English).to_owned(),
                },
            };
        });
    });
    Ok(())
}

fn copy(site: &Site, id: &str, from: &Path, to: &FilePath, only: fn(&str) -> bool) -> Result<FilePath, Said> {
    let folder = site.area.works().join(id);
    let copied = fs::create_dir(&folder)
        .map_err(|error| worded(&error, to))
        .and_then(|()| tree(site, id, from, &folder.join("thing"), only))
        .and_then(|()| site.area.place(&folder.join("thing"), to));
    // What is half copied is nobody's.
    let _ = fs::remove_dir_all(&folder);
    copied
}

fn tree(site: &Site, id: &str, from: &Path, to: &Path, only: fn(&str) -> bool) -> Result<(), Said> {
    let failed = |error: std::io::Error| worded(&error, &FilePath::default());
    if from.is_file() {
        return file(site, id, from, to);
    }
    fs::create_dir(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let name = entry.file_name();
        let Some(text) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        if kind.is_dir() {
            tree(site, id, &entry.path(), &to.join(text), only)?;
        } else if kind.is_file() && Kind::of_name(text).is_some() && only(text) {
            file(site, id, &entry.path(), &to.join(text))?;
        }
    }
    Ok(())
}

fn file(site: &Site, id: &str, from: &Path, to: &Path) -> Result<(), Said> {
    let failed = |error: std::io::Error| worded(&error, &FilePath::default());
    let (mut from, mut to) = (File::open(from).map_err(failed)?, File::create_new(to).map_err(failed)?);
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return to.sync_all().map_err(failed);
        }
        site.area.has_room(read as u64)?;
        to.write_all(&piece[..read]).map_err(failed)?;
        site.works.change(id, |work| work.done += read as u64);
    }
}
