//! Words for people, in both languages.

use serde::{Deserialize, Serialize};

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    pub chinese: String,
    pub english: String,
}

impl Sentence {
    pub fn new(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { chinese: chinese.into(), english: english.into() }
    }

    /// Several as one.
    pub fn joined(sentences: &[Self]) -> Self {
        let of =
            |language: fn(&Self) -> &str, between| sentences.iter().map(language).collect::<Vec<_>>().join(between);
        Self { chinese: of(|one| &one.chinese, "；"), english: of(|one| &one.english, "; ") }
    }
}

/// What an operating system or a library says stays as it says it.
impl From<String> for Sentence {
    fn from(said: String) -> Self {
        Self { chinese: said.clone(), english: said }
    }
}

impl From<&str> for Sentence {
    fn from(said: &str) -> Self {
        said.to_owned().into()
    }
}
