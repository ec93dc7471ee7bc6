//! Zones and masks of the cameras that are watched: as the host's files have them, or as somebody has drawn them on the pages since.
//!
//! ```text
//! DATA/zones/students-panorama.toml   as drawn: hides the file of the configuration whole; replaced whole, never overwritten
//! ```
//!
//! What is drawn is checked before it is kept, and holds from the camera's next picture on, in a lesson too: the eye takes it up
//! between two looks. No recording and no cut that was made is touched by it. Why so: `firmware/design/seeing.md`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ketang_hal::role::PictureRole;
use ketang_protocol::command::{Refusal, RefusalCode};
use ketang_protocol::snapshot::ZonesState;
use ketang_tracker::room::{Room, RoomError};
use serde::Serialize;

use crate::folder::{self, At, StoreError};
use crate::versioned::{NONE, version_of};

/// The cameras whose pictures are watched for people.
pub const WATCHED: [PictureRole; 2] = [PictureRole::TeacherPanorama, PictureRole::StudentsPanorama];
const MODE: u32 = 0o644;

/// Of all cameras that are watched.
#[derive(Debug)]
pub struct Zones {
    folder: PathBuf,
    cameras: BTreeMap<PictureRole, Camera>,
    /// Held by who replaces them, from the look at what is there until the new ones are.
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Camera {
    /// As the host's files have them.
    file: Room,
    shared: ZonesOf,
}

/// Of one camera, for the eye on it.
#[derive(Clone, Debug, Default)]
pub struct ZonesOf(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    now: Room,
    drawn: bool,
    /// The eye looks by them.
    taken: bool,
}

impl ZonesOf {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, now: Room, drawn: bool) {
        *self.lock() = Shared { now, drawn, taken: false };
    }

    /// Where the board's middle is, as the tracker's rooms have it.
    pub fn board_middle(&self) -> f32 {
        self.lock().now.board_middle()
    }

    /// Those to look by from now on, if they are others than before.
    pub fn newer(&self) -> Option<Room> {
        let mut shared = self.lock();
        (!std::mem::replace(&mut shared.taken, true)).then(|| shared.now.clone())
    }
}

/// What surfaces are told of a camera's zones.
#[derive(Debug, Serialize)]
pub struct Told {
    pub input: PictureRole,
    /// What a change names as what it was made from.
    pub version: String,
    /// Drawn on the pages, rather than the host's file.
    pub drawn: bool,
    pub zones: Room,
}

impl Zones {
    /// Those of a host whose files have `files`; what was drawn and cannot be read any more is put aside and told of.
    pub fn open(data: &Path, files: BTreeMap<PictureRole, Room>) -> (Self, Vec<(PictureRole, PathBuf, String)>) {
        let folder = data.join("zones");
        let (mut cameras, mut broken) = (BTreeMap::new(), Vec::new());
        for (role, file) in files {
            let shared = ZonesOf::default();
            let path = path_of(&folder, role);
            match read(&path) {
                Ok(drawn) => shared.put(drawn.clone().unwrap_or_else(|| file.clone()), drawn.is_some()),
                Err(why) => {
                    shared.put(file.clone(), false);
                    let aside = path.with_extension("toml.broken");
                    match fs::rename(&path, &aside) {
                        Ok(()) => broken.push((role, aside, why)),
                        Err(error) => broken.push((role, path, format!("{why}; {error}"))),
                    }
                }
            }
            cameras.insert(role, Camera { file, shared });
        }
        (Self { folder, cameras, turn: Mutex::new(()) }, broken)
    }

    /// For the eye on a camera.
    pub fn of(&self, input: PictureRole) -> ZonesOf {
        self.cameras.get(&input).map(|camera| camera.shared.clone()).unwrap_or_default()
    }

    /// What the snapshot tells of a camera; `None` where it is not watched.
    pub fn state(&self, input: PictureRole) -> Option<ZonesState> {
        let shared = self.cameras.get(&input)?.shared.lock();
        let count = |outlines: usize| u32::try_from(outlines).unwrap_or(u32::MAX);
        Some(ZonesState {
            zones: count(shared.now.zones()),
            masks: count(shared.now.masks.len()),
            drawn: shared.drawn,
            in_use: shared.taken,
        })
    }

    pub fn told(&self, input: PictureRole) -> Result<Told, Refusal> {
        let (zones, drawn) = {
            let shared = self.camera(input)?.shared.lock();
            (shared.now.clone(), shared.drawn)
        };
        Ok(Told { input, version: self.version(input)?, drawn, zones })
    }

    /// Replaces the zones that were `seen`, where they are still the same; those of the host's file take their place with `None`.
    pub fn replace(&self, input: PictureRole, seen: &str, zones: Option<Room>) -> Result<(), Refusal> {
        let camera = self.camera(input)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.version(input)? != seen {
            return Err(meanwhile());
        }
        let path = path_of(&self.folder, input);
        match zones {
            Some(zones) => {
                zones.check().map_err(|error| invalid(&error))?;
                let text = zones.write().map_err(|error| invalid(&error))?;
                fs::create_dir_all(&self.folder).at(&self.folder, "cannot make the folder").map_err(failed)?;
                folder::replace(&path, text.as_bytes(), MODE).map_err(failed)?;
                camera.shared.put(zones, true);
            }
            None => {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    removed => removed.at(&path, "cannot delete").map_err(failed)?,
                }
                folder::sync_dir(&self.folder).map_err(failed)?;
                camera.shared.put(camera.file.clone(), false);
            }
        }
        Ok(())
    }

    fn camera(&self, input: PictureRole) -> Result<&Camera, Refusal> {
        self.cameras.get(&input).ok_or_else(|| {
            let watched: Vec<_> = self.cameras.keys().map(|role| role.as_str()).collect();
            let chinese = format!("主机不在 {input} 的画面里找人：可用 {}", watched.join("、"));
            let english = format!("nobody watches the picture of {input}: use {}", watched.join(", "));
            Refusal::new(RefusalCode::NotFound, chinese, english)
        })
    }

    fn version(&self, input: PictureRole) -> Result<String, Refusal> {
        let path = path_of(&self.folder, input);
        match fs::metadata(&path) {
            Ok(meta) => Ok(version_of(&meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(NONE.into()),
            Err(source) => Err(failed(StoreError::Io { path, what: "cannot read", source })),
        }
    }
}

fn path_of(folder: &Path, input: PictureRole) -> PathBuf {
    folder.join(format!("{input}.toml"))
}

fn read(path: &Path) -> Result<Option<Room>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Room::read(&text).map(Some).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn invalid(error: &RoomError) -> Refusal {
    Refusal::new(RefusalCode::Invalid, format!("区域没有保存：{}", error.chinese()), error.to_string())
}

fn failed(error: StoreError) -> Refusal {
    let code = match &error {
        StoreError::Full { .. } => RefusalCode::NoSpace,
        _ => RefusalCode::Failed,
    };
    Refusal::new(code, error.chinese(), error.to_string())
}

fn meanwhile() -> Refusal {
    let chinese = "刚才有其他人改动了这台摄像机的区域：请重新读取，看过再保存";
    let english =
        "somebody else has just changed the zones of this camera: read them again, look, and save yours again";
    Refusal::new(RefusalCode::ChangedMeanwhile, chinese, english)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: PictureRole = PictureRole::StudentsPanorama;

    fn room(text: &str) -> Room {
        Room::read(text).unwrap()
    }

    fn open(data: &Path) -> (Zones, Vec<(PictureRole, PathBuf, String)>) {
        let file = room("masks = [[[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]]");
        Zones::open(data, BTreeMap::from([(CLASS, file)]))
    }

    #[test]
    fn what_is_drawn_hides_the_file_and_is_taken_up_between_two_looks() {
        let data = tempfile::tempdir().unwrap();
        let (zones, broken) = open(data.path());
        assert_eq!(broken, []);
        let eye = zones.of(CLASS);
        assert_eq!(eye.newer().map(|room| room.masks.len()), Some(1), "those of the file");
        assert_eq!(eye.newer(), None);
        let drawn = room("students = [[[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]]");
        zones.replace(CLASS, NONE, Some(drawn.clone())).unwrap();
        let state = |zones: &Zones| zones.state(CLASS).map(|it| (it.zones, it.masks, it.drawn, it.in_use));
        assert_eq!(state(&zones), Some((1, 0, true, false)));
        assert_eq!(eye.newer(), Some(drawn.clone()));
        assert_eq!(state(&zones), Some((1, 0, true, true)));

        let (again, _) = open(data.path());
        let told = again.told(CLASS).unwrap();
        assert_eq!((told.zones, told.drawn), (drawn, true), "after a start too");
        again.replace(CLASS, &told.version, None).unwrap();
        let told = again.told(CLASS).unwrap();
        assert_eq!((told.zones.masks.len(), told.drawn, told.version.as_str()), (1, false, NONE), "the file again");
    }

    #[test]
    fn the_second_of_two_people_is_told_and_what_is_wrong_is_not_kept() {
        let data = tempfile::tempdir().unwrap();
        let (zones, _) = open(data.path());
        let mask = || Some(room("masks = [[[0.5, 0.5], [0.9, 0.5], [0.9, 0.9]]]"));
        zones.replace(CLASS, NONE, mask()).unwrap();
        let refused = |refused: Result<(), Refusal>| refused.unwrap_err().code;
        assert_eq!(refused(zones.replace(CLASS, NONE, mask())), RefusalCode::ChangedMeanwhile);
        let version = zones.told(CLASS).unwrap().version;
        let many = Room { masks: vec![mask().unwrap().masks[0].clone(); 1000], ..Room::default() };
        assert_eq!(refused(zones.replace(CLASS, &version, Some(many))), RefusalCode::Invalid);
        assert_eq!(refused(zones.replace(PictureRole::Hdmi, NONE, None)), RefusalCode::NotFound);
        assert_eq!(zones.told(CLASS).unwrap().version, version);
    }

    #[test]
    fn broken_ones_are_put_aside() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("zones")).unwrap();
        fs::write(data.path().join("zones/students-panorama.toml"), "masks = [[[").unwrap();
        let (zones, broken) = open(data.path());
        assert_eq!(broken.len(), 1);
        assert!(broken[0].1.exists() && broken[0].1.ends_with("students-panorama.toml.broken"), "{broken:?}");
        assert!(!zones.told(CLASS).unwrap().drawn);
    }
}
