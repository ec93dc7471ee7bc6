//! Who is where in a camera's picture.
pub mod area;
pub mod decode;
pub mod detector;
pub mod picture;
