//! The commands, one file each.

pub(crate) mod admin_code;
pub(crate) mod chapter;
pub(crate) mod completions;
pub(crate) mod confirm;
pub(crate) mod delete;
pub(crate) mod director;
pub(crate) mod export;
pub(crate) mod extend;
pub(crate) mod inputs;
pub(crate) mod layout;
pub(crate) mod lessons;
pub(crate) mod live;
pub(crate) mod pause;
pub(crate) mod ptz;
pub(crate) mod recut;
pub(crate) mod rename;
pub(crate) mod restore;
pub(crate) mod resume;
pub(crate) mod scene;
pub(crate) mod sound;
pub(crate) mod sound_card;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod timetable;
pub(crate) mod update;
pub(crate) mod verify;

use ketang_protocol::command::{Command, Reply};

use crate::client::Begun;
use crate::error::Error;
use crate::host::Host;
use crate::lang::Lang;

/// Sends a command that is done at once, and says so.
async fn simple(host: &Host, command: Command, text: impl FnOnce(Lang) -> String) -> Result<(), Error> {
    let begun = host.client.command(command).await?;
    host.show(&reply(begun), text)
}

/// What was begun, as the API says it.
fn reply(begun: Begun) -> Reply {
    Reply::Done { lesson: begun.lesson, job: begun.job }
}

/// The text about work that goes on in the host.
fn goes_on(begun: &Begun, lang: Lang) -> String {
    let job = begun.job.unwrap_or_default();
    lang.pick(
        format!("主机正在处理（工作 {job}）：`ketangctl status` 可查看进度"),
        format!("The host is at it (job {job}): `ketangctl status` shows how far"),
    )
}
