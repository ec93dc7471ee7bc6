//! The flags that every command has, and the list of the commands.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::client::Client;
use crate::commands::{
    admin_code, chapter, completions, confirm, delete, director, export, extend, inputs, layout, lessons, live, pause,
    ptz, recut, rename, restore, resume, scene, sound, sound_card, start, status, stop, timetable, update, verify,
};
use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;

/// The heading in the help of what every command takes.
const GLOBAL: &str = "Options of every command";

/// The command line of a running classroom host.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The host's Unix socket
    #[arg(long, global = true, help_heading = GLOBAL, env = "KETANG_SOCKET", default_value = "/run/ketang/ketangd.sock", value_name = "FILE")]
    pub(crate) socket: PathBuf,

    /// A host elsewhere, by its pages: https://HOST; needs a token and the certificate's fingerprint
    #[arg(long, global = true, help_heading = GLOBAL, env = "KETANG_HOST", value_name = "URL")]
    pub(crate) host: Option<String>,

    /// A file with a token, made on the page Account of that host
    #[arg(long, global = true, help_heading = GLOBAL, env = "KETANG_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// The SHA-256 of that host's certificate, as its panel and its page Settings show it
    #[arg(long, global = true, help_heading = GLOBAL, env = "KETANG_FINGERPRINT", value_name = "SHA256")]
    pub(crate) fingerprint: Option<String>,

    /// Prints one JSON document instead of text
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,

    /// The language of the text [default: from LANG]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "LANG")]
    lang: Option<Lang>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Start(start::Args),
    Stop(stop::Args),
    Pause(pause::Args),
    Resume(resume::Args),
    Extend(extend::Args),
    Chapter(chapter::Args),
    Scene(scene::Args),
    Layout(layout::Args),
    Director(director::Args),
    Ptz(ptz::Args),
    Sound(sound::Args),
    SoundCard(sound_card::Args),
    Status(status::Args),
    Inputs(inputs::Args),
    Lessons(lessons::Args),
    Timetable(timetable::Args),
    Live(live::Args),
    Verify(verify::Args),
    Export(export::Args),
    Recut(recut::Args),
    Confirm(confirm::Args),
    Rename(rename::Args),
    Delete(delete::Args),
    Restore(restore::Args),
    Update(update::Args),
    AdminCode(admin_code::Args),
    Completions(completions::Args),
}

impl Cli {
    /// The way to the host: to one elsewhere where it is named, to the one here otherwise.
    pub(crate) fn way(&self) -> Result<Client, Error> {
        match (&self.host, &self.token_file, &self.fingerprint) {
            (Some(host), Some(token), Some(fingerprint)) => Client::remote(host, token, fingerprint),
            (Some(_), ..) => Err(Error::HalfRemote),
            _ => Ok(Client::new(self.socket.clone())),
        }
    }
}

impl Command {
    pub(crate) async fn run(self, host: &Host) -> Result<(), Error> {
        match self {
            Self::Start(args) => start::run(args, host).await,
            Self::Stop(args) => stop::run(args, host).await,
            Self::Pause(args) => pause::run(args, host).await,
            Self::Resume(args) => resume::run(args, host).await,
            Self::Extend(args) => extend::run(args, host).await,
            Self::Chapter(args) => chapter::run(args, host).await,
            Self::Scene(args) => scene::run(args, host).await,
            Self::Layout(args) => layout::run(args, host).await,
            Self::Director(args) => director::run(args, host).await,
            Self::Ptz(args) => ptz::run(args, host).await,
            Self::Sound(args) => sound::run(args, host).await,
            Self::SoundCard(args) => sound_card::run(args, host).await,
            Self::Status(args) => status::run(args, host).await,
            Self::Inputs(args) => inputs::run(args, host).await,
            Self::Lessons(args) => lessons::run(args, host).await,
            Self::Timetable(args) => timetable::run(args, host).await,
            Self::Live(args) => live::run(args, host).await,
            Self::Verify(args) => verify::run(args, host).await,
            Self::Export(args) => export::run(args, host).await,
            Self::Recut(args) => recut::run(args, host).await,
            Self::Confirm(args) => confirm::run(args, host).await,
            Self::Rename(args) => rename::run(args, host).await,
            Self::Delete(args) => delete::run(args, host).await,
            Self::Restore(args) => restore::run(args, host).await,
            Self::Update(args) => update::run(args, host).await,
            Self::AdminCode(args) => admin_code::run(args, host),
            Self::Completions(args) => completions::run(&args, host),
        }
    }
}
