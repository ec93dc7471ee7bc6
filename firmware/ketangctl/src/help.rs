//! Help and complaints about the command line, in the reader's language. clap speaks English; here is the Chinese.

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{Command, CommandFactory};

use crate::cli::Cli;
use crate::error::Exit;
use crate::lang::Lang;

/// Chinese for each command, and for each of its arguments as `command.argument`.
const CHINESE: &[(&str, &str)] = &[
    ("", "课堂录播主机的命令行工具"),
    ("socket", "主机的 Unix 套接字"),
    ("host", "另一台主机的管理网址 https://主机，还需要令牌和证书指纹"),
    ("token_file", "存有令牌的文件，令牌在那台主机的“账号”页创建"),
    ("fingerprint", "那台主机证书的 SHA-256 指纹，见它的触摸屏或“设置”页"),
    ("json", "只输出一个 JSON 文档"),
    ("lang", "文字的语言，默认取自 LANG"),
    ("help", "显示帮助"),
    ("version", "显示版本"),
    ("start", "开始录制一节课"),
    ("start.title", "课程标题"),
    ("start.teacher", "任课教师"),
    ("start.planned", "计划时长，如 45min"),
    ("start.open", "不限时：到有人停止，或到主机的最长时长为止"),
    ("stop", "结束本节课"),
    ("stop.wait", "等到整理和检查完成，并输出报告"),
    ("pause", "暂停录制"),
    ("resume", "继续录制"),
    ("extend", "延长本节课的计划时间"),
    ("extend.minutes", "延长几分钟"),
    ("chapter", "标记新的一章从这里开始"),
    ("chapter.title", "章节标题"),
    ("scene", "节目画面切到一个场景"),
    ("scene.name", "场景名，`ketangctl status` 可列出"),
    ("layout", "按布局显示若干输入"),
    ("layout.layout", "布局名，如 single 或 side-by-side，`ketangctl status` 可列出"),
    ("layout.inputs", "各窗格的输入"),
    ("director", "设定导播方式，或说明一节课的画面为何这样切换"),
    ("director.mode", "设定由谁切换：主机、人，或只由人"),
    (
        "director.mode.mode",
        "automatic：按规则自动切换；semi-automatic：摄像机跟踪，人来切换；manual：摄像机不动，人来切换",
    ),
    ("director.explain", "逐句说明一节课的每次切换，或某一时刻的画面"),
    ("director.explain.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("director.explain.time", "课中的时间，如 12:30"),
    ("ptz", "转动云台摄像机，调用或保存预置位"),
    ("ptz.input", "该摄像机所属的输入"),
    ("ptz.go", "转到预置位，途中画面不会播出"),
    ("ptz.go.preset", "预置位名，`ketangctl inputs` 可列出"),
    ("ptz.set", "把当前位置保存为预置位"),
    ("ptz.set.preset", "预置位名，`ketangctl inputs` 可列出"),
    ("ptz.steer", "转动约一秒半，重复此命令可继续"),
    ("ptz.steer.pan", "向右的速度，-1 至 1，负数向左"),
    ("ptz.steer.tilt", "向上的速度，-1 至 1，负数向下"),
    ("ptz.steer.zoom", "推近的速度，-1 至 1，负数拉远"),
    ("ptz.stop", "立即停止转动"),
    ("sound", "设定话筒在所有混音中的音量，或静音"),
    ("sound.role", "话筒"),
    ("sound.gain", "分贝，-60 至 20，0 为主机默认音量"),
    ("sound.mute", "静音：直到取消静音、下一节课开始或主机重启"),
    ("sound.unmute", "取消静音"),
    ("sound-card", "设定话筒所接声卡的录音控制项"),
    ("sound-card.role", "话筒"),
    ("sound-card.control", "声卡上的名字，如 Mic，`ketangctl inputs` 可列出"),
    ("sound-card.volume", "占全程的百分比"),
    ("sound-card.on", "打开"),
    ("sound-card.off", "关闭"),
    ("ptz.look", "转动摄像机，让全景画面中的一点位于画面中央（须已标定）"),
    ("ptz.look.x", "距全景画面左边缘的宽度份额，0 至 1"),
    ("ptz.look.y", "距上边缘的高度份额，0 至 1"),
    ("ptz.follow", "立即恢复由主机自动转动"),
    ("ptz.calibrate", "说明画面中央现在对应全景画面中的哪一点，四个点以上即完成标定"),
    ("ptz.calibrate.x", "距全景画面左边缘的宽度份额，0 至 1"),
    ("ptz.calibrate.y", "距上边缘的高度份额，0 至 1"),
    ("ptz.check", "同样指出一点，但只检查标定在该点偏差多少"),
    ("ptz.check.x", "距全景画面左边缘的宽度份额，0 至 1"),
    ("ptz.check.y", "距上边缘的高度份额，0 至 1"),
    ("ptz.uncalibrate", "清除全部标定点"),
    ("status", "显示主机状态"),
    ("status.watch", "有变化就重新显示，Ctrl-C 结束"),
    ("inputs", "列出已配置的输入和找到的设备"),
    ("lessons", "列出主机上的课程，或显示一节课的全部信息"),
    ("lessons.lesson", "课程编号"),
    ("lessons.deleted", "列出回收站里可以恢复的课程"),
    ("timetable", "显示或设置本教室的课表"),
    ("timetable.today", "显示今天的课时及其结果"),
    ("timetable.set", "用这个 TOML 文件的课表替换现有课表"),
    ("timetable.toml", "以 TOML 输出，可用 --set 读回"),
    ("update", "更新主机的系统，显示已安装的版本"),
    ("update.inspect", "检查主机上的更新包，`ketangctl update` 显示结果"),
    ("update.inspect.bundle", "更新包，主机上的文件"),
    ("update.install", "在没有课时安装主机上的更新包"),
    ("update.install.bundle", "更新包，主机上的文件"),
    ("update.install.wait", "等到没有课时"),
    ("update.install.restart", "装好后在没有课时重新启动"),
    ("update.restart", "在没有课时重新启动主机"),
    ("update.restart.wait", "等到没有课时"),
    ("update.cancel", "取消等待"),
    ("update.keep", "缺少输入时也保留试运行中的系统"),
    ("live", "列出直播目标，或开始、停止直播"),
    ("live.list", "列出直播目标及其状态"),
    ("live.start", "开始向一个目标直播，直到停止或下课"),
    ("live.start.name", "目标的名称"),
    ("live.stop", "停止向一个目标直播"),
    ("live.stop.name", "目标的名称"),
    ("verify", "按 HB-1 至 HB-5 检查一节课：用编号，或用其他主机的课程文件夹"),
    ("verify.lesson", "课程编号，或课程文件夹"),
    ("verify.wait", "等待并输出检查结果"),
    ("export", "导出一节课的一条轨道或其中一段"),
    ("export.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("export.track", "轨道，如 programme 或 hdmi"),
    ("export.to", "要写的文件；与 --parts 同用时为文件名前缀"),
    ("export.from", "起点，如 12:30"),
    ("export.until", "终点，如 14:00"),
    ("export.parts", "分成多个不超过上限（HB-5）的文件"),
    ("export.wait", "等到文件写完"),
    ("recut", "为已结束的课程重新导播，替换课程的节目或写成文件"),
    ("recut.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("recut.rules", "自带的规则集，如 discussion，或规则文件；不写则按这节课当时的导播"),
    ("recut.to", "要写的文件；不写则替换课程的节目"),
    ("recut.without_room_rules", "不用本教室自己的规则"),
    ("recut.wait", "等到完成"),
    ("confirm", "确认平台已有完整的一节课，需要空间时主机可以删除它"),
    ("confirm.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("rename", "修改已结束课程的标题或教师"),
    ("rename.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("rename.title", "新标题；写 \"\" 则去掉标题"),
    ("rename.teacher", "任课教师；写 \"\" 则去掉"),
    ("delete", "删除已结束的课程，7 天内可以恢复"),
    ("delete.lesson", "课程编号，`ketangctl lessons` 可列出"),
    ("delete.unconfirmed", "平台没有确认收到也要删除"),
    ("restore", "恢复已删除的课程"),
    ("restore.lesson", "课程编号，`ketangctl lessons --deleted` 可列出"),
    ("admin-code", "显示首次打开管理站点（ketang-admin）用的配对码"),
    ("admin-code.file", "ketang-admin 写配对码的文件"),
    ("completions", "输出命令补全脚本，如：ketangctl completions bash > /etc/bash_completion.d/ketangctl"),
    ("completions.shell", "哪种 shell"),
];

fn chinese(key: &str) -> Option<&'static str> {
    CHINESE.iter().find(|(name, _)| *name == key).map(|(_, text)| *text)
}

/// The command line with its help in `lang`.
pub(crate) fn command(lang: Lang) -> Command {
    let mut command = Cli::command();
    if lang == Lang::Zh {
        command.build();
        command = in_chinese(command, "");
    }
    command
}

/// What `CHINESE` calls a command or argument below the one called `above`.
fn key(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

fn in_chinese(mut command: Command, name: &str) -> Command {
    if let Some(text) = chinese(name) {
        command = command.about(text).long_about(None::<&str>);
    }
    let command = command.subcommand_help_heading("命令").mut_subcommands(|sub| {
        let name = key(name, sub.get_name());
        in_chinese(sub, &name)
    });
    command.help_template("{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}").mut_args(|arg| {
        let id = arg.get_id().to_string();
        let text = chinese(&key(name, &id)).or_else(|| chinese(&id));
        let heading = match arg.get_help_heading() {
            _ if arg.is_positional() => "参数",
            Some(_) => "通用选项",
            None => "选项",
        };
        // Positional arguments keep their order below a heading of their own.
        let order = arg.get_index().unwrap_or(usize::MAX);
        let arg = arg.help_heading(heading).display_order(order).long_help(None::<&str>);
        match text {
            Some(text) => arg.help(text),
            None => arg,
        }
    })
}

/// Prints clap's help, version or complaint; a complaint as JSON where `json` is asked for.
pub(crate) fn explain(error: &clap::Error, lang: Lang, json: bool) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if json && !asked {
        let (chinese, english) = match error.kind() {
            // What clap says then is its help.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => (
                "缺少命令，可用的见 `ketangctl --help`".to_owned(),
                "a command is missing: see `ketangctl --help`".to_owned(),
            ),
            _ => {
                let said = error.render().to_string();
                // The first paragraph is the complaint, the rest is how the command is used.
                let english = said.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ").trim();
                (complaint(error).unwrap_or_else(|| english.to_owned()), english.to_owned())
            }
        };
        let told = serde_json::json!({"code": "usage", "chinese": chinese, "english": english});
        let _ = writeln!(std::io::stdout(), "{told}");
        return Exit::Usage.into();
    }
    match complaint(error).filter(|_| lang == Lang::Zh) {
        // Nobody is left to be told if these fail.
        Some(text) => drop(writeln!(std::io::stderr(), "错误：{text}\n\n详见 `ketangctl --help`")),
        None => drop(error.print()),
    }
    if asked { Exit::Done } else { Exit::Usage }.into()
}

/// The complaint in Chinese; `None` for what is no complaint or too rare to translate.
fn complaint(error: &clap::Error) -> Option<String> {
    let context = |kind| error.get(kind).map(ToString::to_string);
    let arg = || context(ContextKind::InvalidArg);
    let value = || context(ContextKind::InvalidValue);
    Some(match error.kind() {
        ErrorKind::UnknownArgument => format!("没有参数 {}", arg()?),
        ErrorKind::InvalidSubcommand => format!("没有命令 {}", context(ContextKind::InvalidSubcommand)?),
        ErrorKind::MissingRequiredArgument => format!("缺少参数 {}", arg()?),
        ErrorKind::InvalidValue if value()?.is_empty() => format!("参数 {} 缺少值", arg()?),
        ErrorKind::InvalidValue => {
            let valid = context(ContextKind::ValidValue)?;
            format!("{} 的值“{}”无效，可用的值：{valid}", arg()?, value()?)
        }
        // All other values with a rule of their own are times.
        ErrorKind::ValueValidation if is_a_number(error) => format!("{} 的值“{}”不是它能用的数字", arg()?, value()?),
        ErrorKind::ValueValidation => {
            let (arg, value) = (arg()?, value()?);
            format!("{arg} 的值“{value}”不是时间：写作 90s、45min、1h30min、1:30、12:30.5 或 1:02:03")
        }
        _ => return None,
    })
}

/// Whether the argument that was wrong wants a number.
fn is_a_number(error: &clap::Error) -> bool {
    const NUMBERS: [&str; 5] = ["--gain", "--volume", "--pan", "--tilt", "--zoom"];
    let arg = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    NUMBERS.iter().any(|number| arg.starts_with(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCES: [(&str, &str); 2] = [
        ("docs/reference/commands.md", include_str!("../../../docs/reference/commands.md")),
        ("docs/zh/reference/commands.md", include_str!("../../../docs/zh/reference/commands.md")),
    ];

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        command(Lang::Zh).debug_assert();
    }

    #[test]
    fn a_wrong_number_is_not_called_a_wrong_time() {
        let said = |line: &str| complaint(&Cli::command().try_get_matches_from(line.split(' ')).unwrap_err()).unwrap();
        assert!(said("ketangctl sound room-mic --gain loud").contains("不是它能用的数字"));
        assert!(said("ketangctl sound-card room-mic Mic --volume 300").contains("不是它能用的数字"));
        assert!(said("ketangctl start --for soon").contains("不是时间"));
    }

    /// Each command and argument below one, as `CHINESE` names it.
    fn keys(command: &Command, name: &str) -> Vec<String> {
        let mut keys: Vec<_> = command.get_arguments().map(|arg| key(name, arg.get_id().as_str())).collect();
        for sub in command.get_subcommands() {
            let name = key(name, sub.get_name());
            keys.extend(self::keys(sub, &name));
            keys.push(name);
        }
        keys
    }

    #[test]
    fn every_command_and_argument_has_its_chinese() {
        let known = keys(&Cli::command(), "");
        for key in &known {
            assert!(chinese(key).is_some(), "{key} has no Chinese");
        }
        for (key, _) in CHINESE {
            let there = known.iter().any(|known| known == key);
            assert!(there || ["", "help", "version"].contains(key), "{key} is no argument");
        }
    }

    #[test]
    fn the_references_name_every_command_and_flag() {
        for (file, text) in REFERENCES {
            for sub in Cli::command().get_subcommands() {
                let name = sub.get_name();
                let heading = format!("## `ketangctl {name}");
                let (_, part) = text.split_once(&heading).unwrap_or_else(|| panic!("{file} lacks {heading}"));
                let part = part.split("\n## ").next().unwrap();
                for flag in sub.get_arguments().filter_map(|arg| arg.get_long()) {
                    assert!(part.contains(&format!("--{flag}")), "{file} lacks {name} --{flag}");
                }
            }
            for flag in ["--socket", "--json", "--lang"] {
                assert!(text.contains(flag), "{file} lacks {flag}");
            }
        }
    }
}
