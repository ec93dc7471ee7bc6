//! The host's configuration, shown without its passwords. It is changed in its file: the host has no command for it.

use std::sync::Arc;

use axum::extract::{Extension, State};
use maud::{Markup, html};

use super::page;
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    let lang = person.lang;
    let file = site.cli.config.display().to_string();
    let shown = read(&site.cli.config);
    page(
        &site,
        &person,
        "/settings",
        lang.pick("设置", "Settings"),
        "none",
        &html! {
            section.card {
                p { (lang.pick("录制设置写在 ", "Recording is set in ")) code { (file) } (lang.pick(
                    "。改好后运行 ketangd --check 检查，下课后重启 ketangd 生效。没有写的键取默认值。",
                    ". Change it there, look with ketangd --check, and restart ketangd between lessons. Keys that are absent have their defaults."
                )) }
                @match shown {
                    Ok(text) if text.trim().is_empty() => p.muted { (lang.pick("文件是空的：全部为默认值", "The file is empty: all is default")) },
                    Ok(text) => pre.config { (text) },
                    Err(why) => p.warn { (file) ": " (why) },
                }
            }
            section.card {
                h2 { (lang.pick("本站的证书", "The certificate of this site")) }
                p { (lang.pick("首次打开时，浏览器显示的 SHA-256 指纹应与此相同：", "The SHA-256 fingerprint that a browser shows should be this one:")) }
                p { code.fingerprint { (site.fingerprint) } }
                p.muted { (lang.pick("学校有自己的证书时，用 --certificate 和 --key 指定。", "A school's own certificate is given with --certificate and --key.")) }
            }
        },
    )
}

/// The configuration without its secrets.
pub(crate) fn read(path: &std::path::Path) -> Result<String, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => masked(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error.to_string()),
    }
}

fn masked(text: &str) -> Result<String, String> {
    // Comments go too: a password may stand in one.
    let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    hide(&mut table);
    toml::to_string_pretty(&table).map_err(|error| error.to_string())
}

fn hide(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(inner) => hide(inner),
            // An address may carry a user and a password.
            toml::Value::String(text) => {
                if key.contains("password") && key != "password-file" {
                    *text = "••••••".into();
                } else if let Some((scheme, rest)) = text.split_once("://")
                    && let Some((_, host)) = rest.rsplit_once('@')
                {
                    *text = format!("{scheme}://••••••@{host}");
                }
            }
            toml::Value::Array(list) => list.iter_mut().filter_map(toml::Value::as_table_mut).for_each(hide),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let text = r#"
            # the password is comment-secret
            [inputs.hdmi]
            source = "rtsp://user:address-secret@10.0.0.2/main"
            password = "key-secret"
            password-file = "/etc/ketang/camera"
        "#;
        let shown = masked(text).unwrap();
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("/etc/ketang/camera") && shown.contains("10.0.0.2/main"), "{shown}");
        assert!(masked("a = ").is_err());
    }
}
