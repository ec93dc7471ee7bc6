//! The host's settings: fields for what schools change, the whole as text for everything else, and the host's own file, which is
//! shown without its passwords. What saving does stands in `settings/`.

use std::sync::Arc;

use axum::extract::{Extension, State};
use ketang_hal::role::{PictureRole, Role};
use ketang_protocol::settings::{KEPT, Settings, State as Running};
use ketang_protocol::snapshot::{FoundInput, Snapshot};
use lucide_icons::Icon;
use maud::{Markup, html};
use toml::{Table, Value};

use super::{icon, page, ready};
use crate::lang::Lang;
use crate::settings::change::{get as at, key};
use crate::settings::fields::{Choice, Field, Kind, SECTIONS, Section, THESE, Words, defaults, of_input, roles};
use crate::settings::{Draft, table};
use crate::site::Site;
use crate::who::Person;

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Markup {
    match site.client.settings().await {
        Ok(now) => drawn(&site, &person, &now, &Draft::of(&now)).await,
        Err(_) => whole(&site, &person, &super::overview::away(person.lang)),
    }
}

/// The page with a draft in its fields.
pub(crate) async fn drawn(site: &Site, person: &Person, now: &Settings, draft: &Draft) -> Markup {
    let found: Vec<FoundInput> = site.client.get("/v1/inputs").await.unwrap_or_default();
    let snapshot = site.snapshots.borrow().clone();
    let form = Form {
        lang: person.lang,
        now,
        draft,
        settings: draft.table(),
        file: table(&now.file),
        snapshot: snapshot.as_deref(),
    };
    whole(site, person, &html! { (form.said()) (form.fields(&found)) (form.text()) })
}

fn whole(site: &Site, person: &Person, settings: &Markup) -> Markup {
    let lang = person.lang;
    let file = site.cli.config.display().to_string();
    page(
        site,
        person,
        "/settings",
        lang.pick("设置", "Settings"),
        "none",
        &html! {
            (settings)
            section.card {
                details {
                    summary { (lang.pick("主机的配置文件", "The host's own file")) " " code { (file) } }
                    p.muted { (lang.pick(
                        "设置优先于这个文件；文件只能在主机上修改，用 ketangd --check 检查，重启 ketangd 后生效。",
                        "Settings win over this file. It is changed on the host alone: look with ketangd --check, and restart ketangd between lessons."
                    )) }
                    @match read(&site.cli.config) {
                        Ok(text) if text.trim().is_empty() => p.muted { (lang.pick("文件是空的：全部为默认值", "The file is empty: all is default")) },
                        Ok(text) => pre.config { (text) },
                        Err(why) => p.warn { (file) ": " (why) },
                    }
                }
            }
            section.card {
                h2 { (lang.pick("本站的证书", "The certificate of this site")) }
                p { (lang.pick("首次打开时，浏览器显示的 SHA-256 指纹应与此相同：", "The SHA-256 fingerprint that a browser shows should be this one:")) }
                p { code.fingerprint { (site.face().fingerprint) } }
                p.muted { (lang.pick("学校有自己的证书时，用 --certificate 和 --key 指定。", "A school's own certificate is given with --certificate and --key.")) }
            }
        },
    )
}

/// What the fields are drawn from.
struct Form<'a> {
    lang: Lang,
    now: &'a Settings,
    draft: &'a Draft,
    settings: Table,
    file: Table,
    snapshot: Option<&'a Snapshot>,
}

impl Form<'_> {
    fn say(&self, (chinese, english): Words) -> &'static str {
        self.lang.pick(chinese, english)
    }

    /// What there is to say before anything is typed.
    fn said(&self) -> Markup {
        let lang = self.lang;
        html! {
            @if !self.draft.theirs.is_empty() {
                section.card.meanwhile #meanwhile {
                    h2 { (icon(Icon::Users)) " " (lang.pick("刚才有其他人保存了设置", "Somebody else has just saved settings")) }
                    ul.plain { @for change in &self.draft.theirs { li { code { (change.words()) } } } }
                    p { (lang.pick(
                        "您填写的内容还没有保存，都在下面，与对方的改动合在一起。请看过再保存。",
                        "Yours are not saved yet: all that you typed is below, together with theirs. Look at it, and save again."
                    )) }
                }
            }
            @if let Some(fault) = &self.draft.fault {
                section.card.fault #fault {
                    p { (icon(Icon::TriangleAlert)) " " b { (lang.pick("没有保存", "Not saved")) } }
                    p { (lang.refusal(&fault.refusal)) }
                }
            }
            @match self.now.state {
                Running::InForce => {},
                Running::Restarting => p.warn #state { (lang.pick("主机正在按新设置重新启动", "The host is starting itself anew with these settings")) },
                Running::Waiting => p.warn #state { (lang.pick(
                    "已保存的设置等这节课或正在进行的工作结束后生效",
                    "What is saved holds when the lesson, or the work that is in hand, has ended"
                )) },
            }
        }
    }

    /// The state of the settings that a form is made from.
    fn seen(&self) -> Markup {
        html! {
            input type="hidden" name="version" value=(self.draft.version);
            input type="hidden" name="before" value=(self.draft.before);
        }
    }

    fn fields(&self, found: &[FoundInput]) -> Markup {
        let lang = self.lang;
        html! {
            form #fields method="post" action="/settings/fields" autocomplete="off" {
                (self.seen())
                div.columns.settings {
                    @for section in &SECTIONS { (self.section(section)) }
                    section.card.wide #inputs {
                        h2 { (icon(Icon::Cable)) " " (lang.pick("输入", "Inputs")) }
                        p.muted { (lang.pick(
                            "留空表示按配置文件。填写地址后，该输入的用户、密码等全部以这里为准；密码不显示，留空则不变。",
                            "What is left empty stays as the file has it. An input that has an address here is taken from here as a whole. Passwords are not shown; left empty they stay."
                        )) }
                        datalist #addresses { @for device in found { option value=(device.address) { (device.name) } } }
                        @for role in roles() { (self.input(role, found)) }
                    }
                }
                div.save { button.primary #save { (icon(Icon::Save)) (lang.pick("保存", "Save")) }
                    span.muted { (lang.pick(
                        "保存后主机重新启动几秒钟；正在上课时，等下课后自动生效。",
                        "The host then starts itself anew, which takes some seconds; while a lesson runs it waits for its end."
                    )) }
                }
            }
        }
    }

    fn section(&self, section: &Section) -> Markup {
        html! {
            section.card.fields {
                h2 { (icon(section.icon)) " " (self.say(section.name)) }
                @for field in section.fields { (self.field(field)) }
            }
        }
    }

    fn field(&self, field: &Field) -> Markup {
        let value = at(&self.settings, &key(field.key));
        let below = at(&self.file, &key(field.key)).or_else(|| at(defaults(), &key(field.key)));
        let fixed = self.is_fixed(field.key);
        let input = match field.kind {
            Kind::Tracks => return self.tracks(field, value, below, fixed),
            Kind::Switch => self.choose(field.key, &SWITCH, value, below, fixed),
            Kind::Choice(choices) => self.choose(field.key, choices, value, below, fixed),
            Kind::Text | Kind::Number => html! {
                input name=(field.key) value=(written(value)) placeholder=(written(below)) disabled[fixed];
            },
        };
        html! {
            label.bad[self.is_at_fault(field.key)] {
                (self.say(field.name))
                (input)
                (self.below_field(field.key, self.say(field.hint)))
            }
        }
    }

    /// The rule of a field; and why its value was not taken, or cannot be changed here.
    fn below_field(&self, name: &str, hint: &str) -> Markup {
        let lang = self.lang;
        html! {
            @if !hint.is_empty() { small { (hint) } }
            @if self.is_fixed(name) { small.warn { (lang.pick("启动主机的命令行已固定此项", "Fixed by a flag that the host was started with")) } }
            @if let (true, Some(fault)) = (self.is_at_fault(name), &self.draft.fault) { small.warn { (lang.refusal(&fault.refusal)) } }
        }
    }

    fn choose(
        &self,
        name: &str,
        choices: &[Choice],
        now: Option<&Value>,
        below: Option<&Value>,
        fixed: bool,
    ) -> Markup {
        let (now, below) = (written(now), written(below));
        let named =
            choices.iter().find(|(value, _)| *value == below).map_or(below.as_str(), |(_, name)| self.say(*name));
        html! {
            select name=(name) disabled[fixed] {
                option value="" { (self.lang.pick(format!("未设置（{named}）"), format!("Not set ({named})"))) }
                @for (value, name) in choices { option value=(value) selected[*value == now] { (self.say(*name)) } }
            }
        }
    }

    /// All inputs, or some of them.
    fn tracks(&self, field: &Field, now: Option<&Value>, below: Option<&Value>, fixed: bool) -> Markup {
        let lang = self.lang;
        let all = lang.pick("全部", "All");
        let below = match below {
            Some(Value::Array(list)) if list.is_empty() => lang.pick("都不录", "None").to_owned(),
            Some(list @ Value::Array(_)) => written(Some(list)),
            _ => all.to_owned(),
        };
        let listed = now.and_then(Value::as_array);
        let holds =
            |role: PictureRole| listed.is_some_and(|list| list.iter().any(|one| one.as_str() == Some(role.as_str())));
        html! {
            div.field.bad[self.is_at_fault(field.key)] {
                label {
                    (self.say(field.name))
                    select name=(field.key) disabled[fixed] {
                        option value="" { (lang.pick(format!("未设置（{below}）"), format!("Not set ({below})"))) }
                        option value="all" selected[now.and_then(Value::as_str) == Some("all")] { (all) }
                        option value=(THESE) selected[listed.is_some()] { (lang.pick("只录以下勾选的", "Only those that are ticked")) }
                    }
                }
                span.ticks {
                    @for role in PictureRole::ALL {
                        label { input type="checkbox" name=(field.key) value=(role) checked[holds(role)] disabled[fixed]; (lang.picture(role)) }
                    }
                }
                (self.below_field(field.key, self.say(field.hint)))
            }
        }
    }

    fn input(&self, role: Role, found: &[FoundInput]) -> Markup {
        let lang = self.lang;
        let is_picture = matches!(role, Role::Picture(_));
        let running = self.snapshot.and_then(|now| address(now, role)).unwrap_or_default();
        let value = |part: &str| written(at(&self.settings, &key(&of_input(role, part))));
        let below = |part: &str| written(at(&self.file, &key(&of_input(role, part))));
        let or_running = |below: String| if below.is_empty() { running.to_owned() } else { below };
        let or_best =
            |below: String| if below.is_empty() { lang.pick("最合适的", "the best").to_owned() } else { below };
        let modes = format!("modes-{role}");
        let password = value("password");
        // What somebody has just typed is theirs to see again; what is kept is nobody's.
        let (typed, is_kept) =
            if password == KEPT { (String::new(), true) } else { (password, below("password") == KEPT) };
        let field = |part: &str, label: &'static str, input: Markup| {
            let name = of_input(role, part);
            html! { label.bad[self.is_at_fault(&name)] { (label) (input) (self.below_field(&name, "")) } }
        };
        let fixed = |part: &str| self.is_fixed(&of_input(role, part));
        html! {
            fieldset.input data-role=(role) {
                legend { (icon(ready::role_icon(role))) " " (lang.role(role)) }
                (field("source", lang.pick("地址", "Address"), html! {
                    input name=(of_input(role, "source")) value=(value("source")) placeholder=(or_running(below("source"))) list="addresses" disabled[fixed("source")];
                }))
                @if is_picture {
                    (field("mode", lang.pick("模式", "Mode"), html! {
                        input name=(of_input(role, "mode")) value=(value("mode")) placeholder=(or_best(below("mode"))) list=(modes) disabled[fixed("mode")];
                        datalist id=(modes) {
                            @for mode in found.iter().filter(|device| device.address == running).flat_map(|device| &device.modes) { option value=(mode); }
                        }
                    }))
                    (field("user", lang.pick("用户", "User"), html! {
                        input name=(of_input(role, "user")) value=(value("user")) placeholder=(below("user")) disabled[fixed("user")];
                    }))
                    (field("password", lang.pick("密码", "Password"), html! {
                        input type="password" name=(of_input(role, "password")) value=(typed) placeholder=(if is_kept { KEPT } else { "" }) autocomplete="new-password" disabled[fixed("password")];
                    }))
                    (field("ptz", lang.pick("云台", "Turned by"), html! {
                        input name=(of_input(role, "ptz")) value=(value("ptz")) placeholder=(below("ptz")) disabled[fixed("ptz")];
                    }))
                }
            }
        }
    }

    /// The whole as text, to change, to keep and to bring.
    fn text(&self) -> Markup {
        let lang = self.lang;
        let is_text = self.draft.fault.is_some() || !self.draft.theirs.is_empty();
        html! {
            section.card {
                details open[is_text] {
                    summary { (lang.pick("全部设置（TOML 文本），导出和导入", "All settings as text (TOML), export and import")) }
                    p.muted { (lang.pick(
                        "写法与配置文件相同，见 docs/zh/reference/configuration.md；注释不保留。•••••• 表示沿用原来的密码。",
                        "Written as the file is: docs/reference/configuration.md has every key. Comments are not kept. •••••• stands for the password that the host knows."
                    )) }
                    form #text method="post" action="/settings/text" {
                        (self.seen())
                        textarea name="text" rows="16" spellcheck="false" aria-label="TOML" { "\n" (self.draft.text) }
                        div.buttons {
                            button.primary #save-text { (icon(Icon::Save)) (lang.pick("保存文本", "Save the text")) }
                            a.button href="/settings/export" { (icon(Icon::Download)) (lang.pick("导出", "Export")) }
                            label.button { (icon(Icon::Upload)) (lang.pick("导入文件…", "Import a file …")) input #import type="file" accept=".toml" hidden; }
                        }
                    }
                }
            }
        }
    }

    fn is_fixed(&self, name: &str) -> bool {
        self.now.flags.iter().any(|flag| flag == name)
    }

    fn is_at_fault(&self, name: &str) -> bool {
        let fault = self.draft.fault.as_ref().and_then(|fault| fault.key.as_deref());
        // The host names an element of a list with its number.
        fault.is_some_and(|key| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('[')))
    }
}

const SWITCH: [Choice; 2] = [("true", ("开", "On")), ("false", ("关", "Off"))];

/// A value as a person types it; nothing where there is none.
fn written(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().map(|one| written(Some(one))).collect::<Vec<_>>().join(" "),
        Some(value) => value.to_string(),
    }
}

/// What an input is taken from now.
fn address(now: &Snapshot, role: Role) -> Option<&str> {
    match role {
        Role::Picture(role) => now.pictures.iter().find(|one| one.role == role).map(|one| one.address.as_str()),
        Role::Sound(role) => now.sounds.iter().find(|one| one.role == role).map(|one| one.address.as_str()),
    }
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
