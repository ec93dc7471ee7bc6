//! The Unix socket: one daemon owns it, a dead one's is taken over.
//!
//! Ownership is a lock on `<socket>.lock`, which the kernel releases however its owner dies; a socket that is there while
//! the lock is free is therefore stale.

use std::fs::{File, Permissions, TryLockError};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Owner and group may speak to the host.
const MODE: u32 = 0o660;

#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("another ketangd owns {path}: end that one first (systemctl stop ketangd), or give this one --socket FILE", path = path.display())]
    InUse { path: PathBuf },

    #[error("{path} is there and is not a socket: remove it, or name another with --socket FILE", path = path.display())]
    NotASocket { path: PathBuf },

    #[error("the socket {path}: {what}: {source}; name another with --socket FILE, or let systemd make its directory", path = path.display())]
    Io { path: PathBuf, what: &'static str, source: std::io::Error },
}

/// The socket that the API is served on; the file goes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: Option<UnixListener>,
    /// Held as long as the socket is ours.
    _lock: File,
}

impl Socket {
    /// Binds `path`, whose directory is made if need be. To be called inside the asynchronous runtime.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let io = |what| move |source| SocketError::Io { path: path.into(), what, source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(io("its directory cannot be made"))?;
        }
        let lock = lock(path)?;
        match std::fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => return Err(SocketError::NotASocket { path: path.into() }),
            Ok(_) => std::fs::remove_file(path).map_err(io("a dead host's cannot be removed"))?,
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(io("it cannot be made"))?;
        std::fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(io("its mode cannot be set"))?;
        Ok(Self { path: path.into(), listener: Some(listener), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The listener; an error when it was taken before.
    pub(super) fn take_listener(&mut self) -> std::io::Result<UnixListener> {
        self.listener.take().ok_or_else(|| std::io::Error::other("this socket is served already"))
    }
}

fn lock(path: &Path) -> Result<File, SocketError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let io = |source| SocketError::Io { path: path.into(), what: "its lock cannot be taken", source };
    let file = File::options().create(true).write(true).truncate(false).open(path.with_file_name(name)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SocketError::InUse { path: path.into() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nobody else may have made another meanwhile: the lock is still ours.
        let _ = std::fs::remove_file(&self.path);
    }
}
