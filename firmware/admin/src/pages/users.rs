//! The accounts, for IT.

use std::sync::Arc;

use axum::extract::{Extension, Form, State};
use lucide_icons::Icon;
use maud::{Markup, html};
use serde::Deserialize;

use super::{enter, icon, page};
use crate::lang::Lang;
use crate::password;
use crate::said::Said;
use crate::site::Site;
use crate::store::{Account, Changed, Role};
use crate::who::Person;

pub(crate) fn role_name(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Viewer => lang.pick("查看", "Viewer"),
        Role::Directing => lang.pick("导播", "Directing"),
        Role::It => lang.pick("管理员（IT）", "IT"),
    }
}

pub(crate) async fn get(State(site): State<Arc<Site>>, Extension(person): Extension<Person>) -> Result<Markup, Said> {
    let lang = person.lang;
    let accounts = site.store.accounts()?;
    Ok(page(
        &site,
        &person,
        "/users",
        lang.pick("用户", "Users"),
        "none",
        &html! {
            section.card {
                ul.rows { @for account in &accounts { (row(account, lang)) } }
            }
            section.card {
                h2 { (lang.pick("新用户", "A new account")) }
                form.fields method="post" action="/users/add" {
                    label { (lang.pick("用户名", "Name")) input name="name" required maxlength="32" autocomplete="off"; }
                    (choose(Role::Directing, lang))
                    (enter::new_password(lang))
                    button.primary { (icon(Icon::UserPlus)) (lang.pick("创建", "Make it")) }
                }
            }
            p.muted { (lang.pick(
                "查看：看状态、课程和文件。导播：还能开始、切换和结束录课。管理员：还能管理文件、用户和日志。",
                "Viewer: sees state, lessons and files. Directing: starts, cuts and stops too. IT: files, accounts and logs too."
            )) }
        },
    ))
}

fn choose(now: Role, lang: Lang) -> Markup {
    html! {
        label { (lang.pick("权限", "Role"))
            select name="role" { @for role in Role::ALL { option value=(role.as_str()) selected[role == now] { (role_name(role, lang)) } } }
        }
    }
}

fn row(account: &Account, lang: Lang) -> Markup {
    let fields = html! {
        input type="hidden" name="name" value=(account.name);
        input type="hidden" name="seen" value=(account.version);
    };
    html! {
        li data-account=(account.name) {
            span.row { (icon(Icon::CircleUser)) span.main { b { (account.name) } small { (role_name(account.role, lang)) } } }
            details {
                summary { (icon(Icon::Pencil)) (lang.pick("修改", "Change")) }
                form.fields method="post" action="/users/role" { (fields) (choose(account.role, lang)) button { (lang.pick("保存权限", "Save the role")) } }
                form.fields method="post" action="/users/password" { (fields) (enter::new_password(lang)) button { (lang.pick("重设密码", "Set the password")) } }
                form method="post" action="/users/remove" { (fields) button.record { (icon(Icon::UserMinus)) (lang.pick("删除用户", "Remove")) } }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Change {
    name: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    role: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

fn role(form: &Change) -> Result<Role, Said> {
    Role::from_str(&form.role).ok_or_else(|| Said::invalid("没有这种权限", "There is no such role"))
}

fn changed(changed: Changed, chinese: &str, english: &str) -> Result<Said, Said> {
    match changed {
        Changed::Done => Ok(Said::done("/users", chinese, english)),
        Changed::Meanwhile => Err(Said::meanwhile().at("/users")),
        Changed::LastIt => Err(Said::no(
            axum::http::StatusCode::CONFLICT,
            "last",
            "至少要保留一名管理员",
            "One IT account has to stay",
        )
        .at("/users")),
    }
}

pub(crate) async fn add(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Form(form): Form<Change>,
) -> Result<Said, Said> {
    let name = form.name.trim().to_owned();
    let role = role(&form)?;
    enter::check_account(&name, &form.password, &form.again).map_err(|said| said.at("/users"))?;
    let added = site.store.add_account(&name, role, &password::hash(form.password).await)?;
    site.note(
        person.name(),
        person.address,
        &format!("made account {name}, {}", role.as_str()),
        added == Changed::Done,
    );
    if added == Changed::Meanwhile {
        return Err(Said::invalid("已有同名用户", "There is an account of that name").at("/users"));
    }
    changed(added, "用户已创建", "The account is made")
}

pub(crate) async fn set_role(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Form(form): Form<Change>,
) -> Result<Said, Said> {
    let role = role(&form)?;
    let done = site.store.set_role(&form.name, form.seen, role)?;
    site.note(
        person.name(),
        person.address,
        &format!("role of {}: {}", form.name, role.as_str()),
        done == Changed::Done,
    );
    changed(done, "权限已保存", "The role is saved")
}

pub(crate) async fn set_password(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Form(form): Form<Change>,
) -> Result<Said, Said> {
    enter::check_account(&form.name, &form.password, &form.again).map_err(|said| said.at("/users"))?;
    let hash = password::hash(form.password).await;
    let done = site.store.set_password(&form.name, form.seen, &hash, person.session())?;
    site.note(person.name(), person.address, &format!("password of {}", form.name), done == Changed::Done);
    changed(done, "密码已重设，该用户需要重新登录", "The password is set; its sessions have ended")
}

pub(crate) async fn remove(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Form(form): Form<Change>,
) -> Result<Said, Said> {
    let done = site.store.remove_account(&form.name, form.seen)?;
    site.note(person.name(), person.address, &format!("removed account {}", form.name), done == Changed::Done);
    changed(done, "用户已删除", "The account is removed")
}
