//! What the computer's picture does: small frames in; slide changes and observations for the director out.
//!
//! - [`watcher::Watcher`] the picture watched, frame by frame; its parts: [`luma`] small pictures · `cells` what differs between
//!   two of them · `mask` which cells hang together · `film` what plays · `pointer` what is small and travels · `decide` whether
//!   what differs is another slide.
//!
//! Pure: time comes in with each frame, and the same frames give the same changes. It reads no text, makes no thumbnails and
//! knows no lesson.

mod cells;
mod decide;
mod film;
pub mod luma;
mod mask;
mod pointer;
pub mod watcher;
