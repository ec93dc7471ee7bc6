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
    Connection { place: String, why: String },
    /// A host elsewhere was named without the token or the fingerprint.
    HalfRemote,
    /// What was named is no host's address.
    NoAddress { host: String },
    /// What was named is no fingerprint.
    NoFingerprint,
    /// The file with the token cannot be read, or holds none.
    TokenUnreadable { file: PathBuf, why: String },
    /// Nobody answers at the address of a host elsewhere.
    NobodyThere { host: String, why: String },
    /// A host elsewhere shows another certificate than was named.
    OtherCertificate { host: String, shown: String },
    /// A host elsewhere does not take the token, or its account may not do this.
    NotLetIn { chinese: String, english: String },
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
    /// Our own output cannot be written.
    Output(std::io::Error),
}

impl Error {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotRunning { .. }
            | Self::Denied { .. }
            | Self::Connection { .. }
            | Self::NobodyThere { .. }
            | Self::OtherCertificate { .. } => Exit::Unreachable,
            Self::HalfRemote | Self::NoAddress { .. } | Self::NoFingerprint => Exit::Usage,
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
            Self::Connection { place, why } => lang.pick(
                format!("与主机的连接中断（{place}：{why}）：用 `journalctl -u ketangd` 查看原因"),
                format!("the connection to the host failed ({place}: {why}): `journalctl -u ketangd` tells why"),
            ),
            Self::HalfRemote => lang.pick(
                "--host 还需要 --token-file 和 --fingerprint：令牌在那台主机的“账号”页创建，指纹见它的触摸屏或“设置”页".into(),
                "--host needs --token-file and --fingerprint: make a token on that host's page Account, and take the fingerprint from its touchscreen or its page Settings".into(),
            ),
            Self::NoAddress { host } => lang.pick(
                format!("`{host}` 不是主机的网址：请写成 https://192.168.1.20 或 https://主机名:端口"),
                format!("`{host}` is no host's address: write https://192.168.1.20 or https://NAME:PORT"),
            ),
            Self::NoFingerprint => lang.pick(
                "--fingerprint 是证书的 SHA-256，64 位十六进制数字，可带冒号：见主机的触摸屏、“设置”页或 `ketangctl admin-code`".into(),
                "--fingerprint is the certificate's SHA-256, 64 hexadecimal digits with or without colons: the host's touchscreen, its page Settings and `ketangctl admin-code` show it".into(),
            ),
            Self::TokenUnreadable { file, why } => {
                let file = file.display();
                lang.pick(
                    format!("无法使用令牌文件 {file}（{why}）：在主机的“账号”页创建令牌，整行存入这个文件"),
                    format!("the token in {file} cannot be used ({why}): make one on the host's page Account and put it into that file, on one line"),
                )
            }
            Self::NobodyThere { host, why } => lang.pick(
                format!("{host} 无人应答（{why}）：请核对地址，并在那台主机上看 `systemctl status ketang-admin`"),
                format!("nobody answers at {host} ({why}): check the address, and `systemctl status ketang-admin` on that host"),
            ),
            Self::OtherCertificate { host, shown } => lang.pick(
                format!("{host} 的证书与指纹不符（它出示的是 {shown}）：请在那台主机的触摸屏或“设置”页核对；相同才可改用新指纹"),
                format!("{host} shows another certificate ({shown}): compare it with that host's touchscreen or page Settings, and name it with --fingerprint only where they are the same"),
            ),
            Self::NotLetIn { chinese, english } => lang.pick(
                format!("主机不接受这个令牌（{chinese}）：请换一个令牌，或让管理员调整账号的角色"),
                format!("the host does not take this token ({english}): use another one, or have its account given another role"),
            ),
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
            Self::NotRunning { .. } | Self::Denied { .. } | Self::Connection { .. } | Self::NobodyThere { .. } => {
                "unreachable"
            }
            Self::OtherCertificate { .. } => "other-certificate",
            Self::NotLetIn { .. } => "not-let-in",
            Self::HalfRemote | Self::NoAddress { .. } | Self::NoFingerprint => "usage",
            Self::TokenUnreadable { .. } => "failed",
            Self::NotUnderstood { .. } => "not-understood",
            Self::JobFailed { .. } | Self::JobLost | Self::Output(_) | Self::Bad => "failed",
            Self::NotALesson { .. } | Self::NoCode { .. } => "not-found",
            Self::CodeUnreadable { .. } => "failed",
        };
        let (chinese, english) = (self.text(Lang::Zh)?, self.text(Lang::En)?);
        Some(json!({"code": code, "chinese": chinese, "english": english}).to_string())
    }
}
