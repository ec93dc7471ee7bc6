//! What can go wrong, in both languages and with the remedy; and the exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use ketang_protocol::command::Refusal;
use serde_json::json;

use crate::lang::Lang;

/// The exit codes, documented in `docs/reference/commands.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    /// The host refused, or what it did failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// No host answers.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[derive(Debug)]
pub(crate) enum Error {
    /// The host says no.
    Refused(Refusal),
    /// There is no socket, or nobody listens on it.
    NotRunning { socket: PathBuf },
    /// This user may not use the socket.
    Denied { socket: PathBuf },
    /// The connection failed or ended, in words.
    Connection { socket: PathBuf, why: String },
    /// The host answers what this program does not understand.
    NotUnderstood { why: String },
    /// Work that the host had begun did not end well.
    JobFailed { why: String },
    /// The host no longer tells of work that it had begun.
    JobLost,
    /// A verdict or lesson was printed, and it is bad: nothing more to say.
    Bad,
    /// A folder that was named is not a lesson.
    NotALesson { folder: PathBuf, why: String },
    /// The host's pages wait for no first access.
    NoCode { file: PathBuf },
    /// The code for the first access cannot be read.
    CodeUnreadable { file: PathBuf, why: String },
    /// A file that was named cannot be read, or is not what it should be.
    FileUnreadable { file: PathBuf, why: String },
    /// Our own output cannot be written.
    Output(std::io::Error),
}

impl Error {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotRunning { .. } | Self::Denied { .. } | Self::Connection { .. } => Exit::Unreachable,
            // Whoever read our output has seen enough, as with `| head`.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Done,
            _ => Exit::Failed,
        }
    }

    /// What a person reads; `None` when all is said.
    pub(crate) fn text(&self, lang: Lang) -> Option<String> {
        Some(match self {
            Self::Refused(refusal) => match lang {
                Lang::Zh => format!("主机拒绝：{}", refusal.chinese),
                Lang::En => format!("refused: {}", refusal.english),
            },
            Self::NotRunning { socket } => {
                let socket = socket.display();
                lang.pick(
                    format!("主机没有运行（{socket} 无人应答）：用 `systemctl start ketangd` 启动；若套接字在别处，用 --socket 指定"),
                    format!("the host is not running (nobody answers on {socket}): start it with `systemctl start ketangd`, or name its socket with --socket"),
                )
            }
            Self::Denied { socket } => {
                let socket = socket.display();
                lang.pick(
                    format!("没有权限使用 {socket}：用 `sudo usermod -aG ketang $USER` 加入 ketang 组后重新登录，或用 sudo 运行"),
                    format!("you may not use {socket}: join the group with `sudo usermod -aG ketang $USER` and log in again, or use sudo"),
                )
            }
            Self::Connection { socket, why } => {
                let socket = socket.display();
                lang.pick(
                    format!("与主机的连接中断（{socket}：{why}）：用 `journalctl -u ketangd` 查看原因"),
                    format!("the connection to the host failed ({socket}: {why}): `journalctl -u ketangd` tells why"),
                )
            }
            Self::NotUnderstood { why } => lang.pick(
                format!("无法理解主机的回答（{why}）：ketangctl 与 ketangd 的版本应当相同"),
                format!(
                    "the host's answer is not understood ({why}): ketangctl and ketangd should be of the same version"
                ),
            ),
            Self::JobFailed { why } => lang.pick(format!("未能完成：{why}"), format!("this did not end well: {why}")),
            Self::JobLost => lang.pick(
                "主机不再报告这项工作：用 `ketangctl lessons ID` 查看结果".into(),
                "the host no longer tells of this work: `ketangctl lessons ID` shows how it ended".into(),
            ),
            Self::NotALesson { folder, why } => {
                let folder = folder.display();
                lang.pick(
                    format!("{folder} 不是课程文件夹（{why}）：请指定含有 lesson.json 的文件夹"),
                    format!("{folder} is not a lesson's folder ({why}): name the folder that holds lesson.json"),
                )
            }
            Self::NoCode { file } => {
                let file = file.display();
                lang.pick(
                    format!("没有配对码（{file}）：已经配对过，请直接登录；否则用 `systemctl start ketang-admin` 启动管理站点"),
                    format!("there is no code ({file}): somebody has an account already, so sign in; or start the pages with `systemctl start ketang-admin`"),
                )
            }
            Self::CodeUnreadable { file, why } => {
                let file = file.display();
                lang.pick(
                    format!("无法读取配对码（{file}：{why}）：请用 ketang 组的用户或 sudo 运行"),
                    format!("the code cannot be read ({file}: {why}): be in the group ketang, or use sudo"),
                )
            }
            Self::FileUnreadable { file, why } => {
                let file = file.display();
                lang.pick(format!("无法读取 {file}：{why}"), format!("{file} cannot be read: {why}"))
            }
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return None,
            Self::Output(error) => {
                lang.pick(format!("无法输出：{error}"), format!("the output cannot be written: {error}"))
            }
            Self::Bad => return None,
        })
    }

    /// The same for a program: `{"code", "chinese", "english"}`.
    pub(crate) fn json(&self) -> Option<String> {
        let code = match self {
            Self::Refused(refusal) => return serde_json::to_string(refusal).ok(),
            Self::NotRunning { .. } | Self::Denied { .. } | Self::Connection { .. } => "unreachable",
            Self::NotUnderstood { .. } => "not-understood",
            Self::JobFailed { .. } | Self::JobLost | Self::Output(_) | Self::Bad => "failed",
            Self::NotALesson { .. } | Self::NoCode { .. } => "not-found",
            Self::CodeUnreadable { .. } => "failed",
            Self::FileUnreadable { .. } => "invalid",
        };
        let (chinese, english) = (self.text(Lang::Zh)?, self.text(Lang::En)?);
        Some(json!({"code": code, "chinese": chinese, "english": english}).to_string())
    }
}
