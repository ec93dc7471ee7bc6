//! What every command is given: the way to the host, and the way to the person.

use std::io::Write;

use serde::Serialize;

use crate::client::Client;
use crate::error::Error;
use crate::lang::Lang;

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) client: Client,
    pub(crate) lang: Lang,
    pub(crate) json: bool,
}

impl Host {
    pub(crate) fn new(client: Client, lang: Lang, json: bool) -> Self {
        Self { client, lang, json }
    }

    /// Prints `value` for a program or `text` for a person.
    pub(crate) fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(Lang) -> String) -> Result<(), Error> {
        if self.json {
            self.say(&serde_json::to_string(value).expect("wire types have string keys and no failing part"))
        } else {
            self.say(&text(self.lang))
        }
    }

    /// Prints one text, with a line's end.
    pub(crate) fn say(&self, text: &str) -> Result<(), Error> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()).map_err(Error::Output)
    }

    /// Prints an error: for a person where errors belong, for a program where it reads.
    pub(crate) fn say_error(&self, error: &Error) {
        if self.json {
            if let Some(json) = error.json() {
                // Nobody is left to be told.
                let _ = self.say(&json);
            }
        } else if let Some(text) = error.text(self.lang) {
            let _ = writeln!(std::io::stderr(), "{}{text}", self.lang.pick("错误：", "error: "));
        }
    }
}
