//! The pages before one is signed in: the first access with the code, and the sign-in; and out again.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Extension, Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Notice, bare};
use crate::clock;
use crate::lang::Lang;
use crate::pairing::Tried;
use crate::said::Said;
use crate::site::Site;
use crate::store::{Changed, Role};
use crate::who::{Person, SESSION, own_page};
use crate::{password, secret};

type S = State<Arc<Site>>;
/// Absent where a test asks without a connection.
type From = Option<Extension<ConnectInfo<SocketAddr>>>;

fn address(from: From) -> IpAddr {
    from.map_or(IpAddr::from([0, 0, 0, 0]), |Extension(ConnectInfo(address))| address.ip().to_canonical())
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct To {
    #[serde(default)]
    to: String,
}

pub(crate) async fn sign_in_page(
    State(site): S,
    headers: HeaderMap,
    Query(asked): Query<To>,
) -> Result<Response, Said> {
    if !site.store.is_paired()? {
        return Ok(Redirect::to("/pair").into_response());
    }
    let lang = Lang::of(&headers);
    let title = lang.pick("登录", "Sign in");
    let page = bare(
        lang,
        "/sign-in",
        title,
        Notice::of(&headers).as_ref(),
        &html! {
            form.fields method="post" action="/sign-in" {
                input type="hidden" name="to" value=(own_page(&asked.to));
                label { (lang.pick("用户名", "Name")) input name="name" required autocomplete="username" autofocus maxlength="48"; }
                label { (lang.pick("密码", "Password")) input type="password" name="password" required autocomplete="current-password" maxlength="256"; }
                button.primary { (title) }
            }
        },
    );
    Ok(page.into_response())
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

fn wait(left: SignedDuration) -> Said {
    let seconds = left.as_secs().max(1);
    Said::no(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-tries",
        format!("试错次数太多：请 {seconds} 秒后再试"),
        format!("Too many wrong tries: wait {seconds} s"),
    )
}

pub(crate) async fn sign_in(State(site): S, from: From, Form(form): Form<SignIn>) -> Result<Response, Said> {
    let (name, from, now) = (form.name.trim().to_owned(), address(from), clock::now());
    let allowed = {
        let mut limits = site.limits();
        let allowed = limits.may_try(&name, from, now);
        if allowed.is_ok() {
            limits.tried(&name, from, now);
        }
        allowed
    };
    if let Err(left) = allowed {
        site.note_refused(&name, from, "sign-in, too many tries", now);
        return Err(wait(left).at("/sign-in"));
    }
    let account = site.store.account(&name)?;
    let right = password::verify(form.password, account.as_ref().map(|account| account.password.clone())).await;
    let Some(account) = account.filter(|_| right) else {
        site.note_refused(&name, from, "sign-in, wrong password", now);
        let said = Said::no(StatusCode::UNAUTHORIZED, "wrong", "用户名或密码不对", "Wrong name or password");
        return Err(said.at("/sign-in"));
    };
    site.limits().was_right(&name, from);
    site.note(&account.name, from, "signed in", true);
    begin(&site, &account.name, from, own_page(&form.to))
}

/// Begins a session and leads to a page.
fn begin(site: &Site, account: &str, from: IpAddr, to: &str) -> Result<Response, Said> {
    let token = secret::token();
    site.store.begin_session(account, &secret::digest(&token), from, clock::now())?;
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(SET_COOKIE, session_cookie(&token, crate::store::LONGEST));
    Ok(response)
}

fn session_cookie(token: &str, seconds: i64) -> HeaderValue {
    let cookie = format!("{SESSION}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&cookie).expect("it is made of letters and digits")
}

pub(crate) async fn sign_out(State(site): S, Extension(person): Extension<Person>) -> Result<Response, Said> {
    site.store.end_session(person.session())?;
    site.note(person.name(), person.address, "signed out", true);
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().append(SET_COOKIE, session_cookie("", 0));
    Ok(response)
}

pub(crate) async fn pair_page(State(site): S, headers: HeaderMap) -> Result<Response, Said> {
    if site.store.is_paired()? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let lang = Lang::of(&headers);
    let page = bare(
        lang,
        "/pair",
        lang.pick("首次使用", "The first access"),
        Notice::of(&headers).as_ref(),
        &html! {
            p { (lang.pick(
                "请输入主机触摸屏上显示的配对码，或在主机上运行 ",
                "Type the code that the host's touchscreen shows, or that this prints on the host: "
            )) code { "ketangctl admin-code" } }
            form.fields method="post" action="/pair" {
                label { (lang.pick("配对码", "Code")) input.code name="code" required autocomplete="one-time-code" autofocus maxlength="16" spellcheck="false"; }
                label { (lang.pick("管理员用户名", "Name of the first IT account")) input name="name" required autocomplete="username" maxlength="32"; }
                (new_password(lang))
                button.primary { (lang.pick("创建账号", "Make the account")) }
            }
        },
    );
    Ok(page.into_response())
}

/// Fields for a password that is set.
pub(crate) fn new_password(lang: Lang) -> Markup {
    html! {
        label { (lang.pick("密码（至少 10 个字符，可以是一句话）", "Password (10 characters or more; a sentence will do)"))
            input type="password" name="password" required minlength=(password::SHORTEST) maxlength="256" autocomplete="new-password"; }
        label { (lang.pick("再输一遍密码", "The password again"))
            input type="password" name="again" required minlength=(password::SHORTEST) maxlength="256" autocomplete="new-password"; }
    }
}

#[derive(Deserialize)]
pub(crate) struct Pair {
    code: String,
    name: String,
    password: String,
    again: String,
}

pub(crate) async fn pair(State(site): S, from: From, Form(form): Form<Pair>) -> Result<Response, Said> {
    let (name, from) = (form.name.trim().to_owned(), address(from));
    if site.store.is_paired()? {
        return Err(Said::no(
            StatusCode::CONFLICT,
            "wrong-state",
            "已经配对过：请登录",
            "This is done already: sign in",
        )
        .at("/sign-in"));
    }
    check_account(&name, &form.password, &form.again).map_err(|said| said.at("/pair"))?;
    let now = clock::now();
    let allowed = site.limits().may_pair(from, now);
    if let Err(left) = allowed {
        site.note_refused(&name, from, "pairing, too many tries", now);
        return Err(wait(left).at("/pair"));
    }
    let tried = site.pairing().try_code(&form.code, now);
    if tried != Tried::Right {
        site.limits().tried_to_pair(from, now);
        site.note_refused(&name, from, "pairing, wrong code", now);
        let (chinese, english) = match tried {
            Tried::Wrong => ("配对码不对：请看主机触摸屏上现在显示的", "Wrong code: look at the one that is shown now"),
            _ => ("配对码已失效：请看新显示的配对码", "That code has ended: another one is shown by now"),
        };
        site.look_after_pairing();
        return Err(Said::no(StatusCode::FORBIDDEN, "wrong", chinese, english).at("/pair"));
    }
    let hash = password::hash(form.password).await;
    // Of two who pair at the same time one is first.
    if site.store.is_paired()? || site.store.add_account(&name, Role::It, &hash)? != Changed::Done {
        return Err(Said::meanwhile().at("/sign-in"));
    }
    site.look_after_pairing();
    site.note(&name, from, "paired, first account", true);
    begin(&site, &name, from, "/")
}

/// Refuses names and passwords that make no account.
pub(crate) fn check_account(name: &str, password: &str, again: &str) -> Result<(), Said> {
    let signs = name.chars().all(|sign| sign.is_alphanumeric() || "._-@".contains(sign));
    if name.is_empty() || name.len() > 48 || !signs {
        return Err(Said::invalid(
            "用户名由文字、数字和 . _ - @ 组成，不超过 48 字节",
            "A name is made of letters, digits and . _ - @, at most 48 bytes",
        ));
    }
    if let Some((chinese, english)) = password::objection(password, name) {
        return Err(Said::invalid(chinese, english));
    }
    if password != again {
        return Err(Said::invalid("两次输入的密码不同", "The two passwords differ"));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    to: String,
    #[serde(default)]
    back: String,
}

/// Chooses the language, for a year.
pub(crate) async fn language(Form(form): Form<Choice>) -> Response {
    let lang = if form.to == "en" { Lang::English } else { Lang::Chinese };
    let cookie =
        format!("{}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict", crate::lang::COOKIE, lang.code());
    let mut response = Redirect::to(own_page(&form.back)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
