//! The daemon of the classroom recording host, as a library for its program and its tests.

pub mod folder;
pub mod ledger;
pub mod recovery;
pub mod storage;
