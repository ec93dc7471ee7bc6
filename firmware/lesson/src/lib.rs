//! What a lesson is: its states, its rules, its verdict. Pure: no I/O, no clock.

pub mod verify;
