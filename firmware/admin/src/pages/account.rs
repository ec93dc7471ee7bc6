//! One's own account: password, tokens for programs, and the way out.

use std::sync::Arc;

use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use lucide_icons::Icon;
use maud::{Markup, html};
use serde::Deserialize;

use super::{enter, icon, page, users};
use crate::lang::local;
use crate::said::Said;
use crate::site::Site;
use crate::store::Changed;
use crate::who::Person;
use crate::{clock, password, secret};

type S = State<Arc<Site>>;
type P = Extension<Person>;

pub(crate) async fn get(State(site): S, Extension(person): P) -> Result<Markup, Said> {
    shown(&site, &person, None)
}

/// The page; with a token that was made just now, which is shown this once.
fn shown(site: &Site, person: &Person, new: Option<&str>) -> Result<Markup, Said> {
    let lang = person.lang;
    let tokens = site.store.tokens(person.name())?;
    Ok(page(
        site,
        person,
        "/account",
        person.name(),
        "none",
        &html! {
            p.muted { (users::role_name(person.account.role, lang)) }
            form method="post" action="/sign-out" { button #sign-out { (icon(Icon::LogOut)) (lang.pick("退出登录", "Sign out")) } }
            div.columns {
                section.card {
                    h2 { (lang.pick("修改密码", "Another password")) }
                    form.fields method="post" action="/account/password" {
                        label { (lang.pick("现在的密码", "The present password")) input type="password" name="present" required autocomplete="current-password" maxlength="256"; }
                        (enter::new_password(lang))
                        button { (lang.pick("修改密码", "Change it")) }
                    }
                }
                section.card {
                    h2 { (lang.pick("程序用的令牌", "Tokens for programs")) }
                    p.muted { (lang.pick("请求头 Authorization: Bearer 令牌，访问 /v1/…；权限与本账号相同。接口说明：", "The header Authorization: Bearer TOKEN opens /v1/… with the rights of this account. Description: ")) a href="/v1/openapi.json" { "OpenAPI" } }
                    @if let Some(token) = new { p { (lang.pick("只显示这一次：", "Shown this once: ")) code #token { (token) } } }
                    ul.rows {
                        @for token in &tokens {
                            li {
                                span.row { (icon(Icon::KeyRound)) span.main { (token.label) small { (Timestamp::from_second(token.made).map(local).unwrap_or_default()) } } }
                                form method="post" action={ "/account/token/" (token.id) "/remove" } { button.plain title=(lang.pick("作废", "Revoke")) { (icon(Icon::Trash2)) } }
                            }
                        }
                    }
                    form.inline method="post" action="/account/token" {
                        input name="label" required maxlength="60" placeholder=(lang.pick("用途，如“备课电脑”", "What for"));
                        button { (lang.pick("新建令牌", "Make a token")) }
                    }
                }
            }
        },
    ))
}

#[derive(Deserialize)]
pub(crate) struct Passwords {
    present: String,
    password: String,
    again: String,
}

pub(crate) async fn set_password(
    State(site): S,
    Extension(person): P,
    Form(form): Form<Passwords>,
) -> Result<Said, Said> {
    let (name, now) = (person.name(), clock::now());
    // Whoever finds a signed-in browser guesses no more often than at the door.
    let allowed = site.limits().may_try(name, person.address, now);
    if allowed.is_err() {
        return Err(Said::no(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-tries",
            "试错次数太多：请稍后再试",
            "Too many wrong tries: wait",
        )
        .at("/account"));
    }
    site.limits().tried(name, person.address, now);
    if !password::verify(form.present, Some(person.account.password.clone())).await {
        site.note(name, person.address, "own password, wrong present one", false);
        return Err(Said::no(StatusCode::FORBIDDEN, "wrong", "现在的密码不对", "That is not the present password")
            .at("/account"));
    }
    site.limits().was_right(name, person.address);
    enter::check_account(name, &form.password, &form.again).map_err(|said| said.at("/account"))?;
    let hash = password::hash(form.password).await;
    let done = site.store.set_password(name, person.account.version, &hash, person.session())?;
    site.note(name, person.address, "own password", done == Changed::Done);
    match done {
        Changed::Done => Ok(Said::done(
            "/account",
            "密码已修改，其他登录已退出",
            "Changed; all other sessions and tokens have ended",
        )),
        _ => Err(Said::meanwhile().at("/account")),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewToken {
    label: String,
}

pub(crate) async fn add_token(
    State(site): S,
    Extension(person): P,
    Form(form): Form<NewToken>,
) -> Result<Markup, Said> {
    const MOST: usize = 20;
    let label: String = form.label.trim().chars().filter(|sign| !sign.is_control()).take(60).collect();
    if label.is_empty() || site.store.tokens(person.name())?.len() >= MOST {
        return Err(Said::invalid(
            "请写明用途；一个账号最多 20 个令牌",
            "Say what it is for; an account has at most 20",
        )
        .at("/account"));
    }
    let token = format!("kt_{}", secret::token());
    site.store.add_token(person.name(), &secret::digest(&token), &label, clock::now().as_second())?;
    site.note(person.name(), person.address, &format!("made token {label}"), true);
    shown(&site, &person, Some(&token))
}

pub(crate) async fn remove_token(State(site): S, Extension(person): P, Path(id): Path<i64>) -> Result<Said, Said> {
    site.store.remove_token(person.name(), id)?;
    site.note(person.name(), person.address, &format!("revoked token {id}"), true);
    Ok(Said::done("/account", "令牌已作废", "Revoked"))
}
