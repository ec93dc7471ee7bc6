//! A cut's reason as a sentence, in English and in Chinese: for the log, `ketangctl director explain` and screens.

mod chinese;
mod english;
#[cfg(test)]
mod tests;

use ketang_protocol::command::Shot;
use ketang_protocol::directing::Reason;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// What was shown and why. `when` is the time as the reader counts it, such as `10:03:12`, and may be empty.
pub fn explain(when: &str, shot: &Shot, reason: &Reason, language: Language) -> String {
    let sentence = match language {
        Language::English => english::sentence(shot, reason),
        Language::Chinese => chinese::sentence(shot, reason),
    };
    if when.is_empty() { sentence } else { format!("{when} {sentence}") }
}
