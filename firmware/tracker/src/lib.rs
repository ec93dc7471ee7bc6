//! Who is where in a camera's picture, what they do, and the close-up that follows the teacher: small frames in, people,
//! observations for the director, and crops out.
//!
//! - [`watcher::Watcher`] one camera watched, frame by frame; its parts: [`motion`] · [`appearance`] · [`kalman`] ·
//!   [`room`] zones and masks · [`detector`] what an engine gives · [`decode`] MoveNet's heads made into people.
//! - [`observe`] what is told the director of the teacher and [`students`] what of the class, with [`posture`] · [`attendance`] how many of a class are there ·
//!   [`closeup::CloseUp`] the crop that follows the teacher, moved by [`smooth`] · [`calibration`] where a camera that turns must
//!   look to see a point of the panorama · [`follow`] how such a camera follows somebody · `dead_band` when either is worth a
//!   move · [`posts`] at which preset one stands that is not calibrated.
//!
//! Pure: time comes in with each frame, and the same frames give the same people. It opens no camera and no model, decides
//! no cuts, and knows nobody by name.

pub mod appearance;
pub mod area;
pub mod attendance;
pub mod calibration;
pub mod closeup;
mod dead_band;
pub mod decode;
pub mod detector;
pub mod follow;
pub mod kalman;
pub mod motion;
pub mod observe;
pub mod picture;
pub mod posts;
pub mod posture;
pub mod room;
pub mod smooth;
pub mod students;
mod teacher;
mod track;
mod view;
pub mod watcher;
