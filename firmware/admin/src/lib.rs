//! The host's own pages for IT staff and for directing, over HTTPS.
//!
//! It knows the host through its socket alone: commands go there, snapshots come from there; lessons are read from disk
//! and never written. What is its own lies in one folder: accounts, certificate, and the media files that people manage.
//! Nothing here decides about recording. Reference: `docs/reference/admin.md`.

mod act;
mod api;
mod assets;
mod bundles;
mod cli;
mod clock;
mod downloads;
mod files;
mod lang;
mod limits;
mod live;
mod network;
mod openapi;
mod pages;
mod pairing;
mod password;
mod refusals;
mod replaced;
mod routes;
mod said;
mod secret;
mod settings;
mod site;
mod store;
mod tls;
mod watch;
mod who;

pub use cli::Cli;
pub use files::FilesError;
pub use site::{OpenError, Opened, open};
pub use store::StoreError;
pub use tls::TlsError;

#[cfg(test)]
mod tests;
