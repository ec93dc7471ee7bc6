//! The whole site but for the network: requests in, answers out. No host answers here; what needs one is in `tests/admin`.

mod door;
mod files;
mod settings;
mod uploads;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use clap::Parser;
use http_body_util::BodyExt;
use ketang_protocol::pairing::PairingCode;
use tower::ServiceExt;

use crate::site::{Door, Site};
use crate::store::Role;
use crate::{Cli, pairing, password, routes, secret};

pub(crate) const PASSWORD: &str = "晴天去操场看同学们打篮球";

/// A site on a folder of its own.
pub(crate) struct Room {
    pub(crate) site: Arc<Site>,
    router: Router,
    pub(crate) door: Door,
    pub(crate) folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let said: serde_json::Value =
            serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        said["code"].as_str().unwrap().to_owned()
    }
}

/// Somebody with a browser, signed in or not.
pub(crate) struct Visitor<'a> {
    room: &'a Room,
    cookie: Option<String>,
}

impl Room {
    pub(crate) async fn open(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut cli = vec!["ketang-admin".to_owned()];
        if !flags.iter().any(|flag| flag.starts_with("--listen")) {
            cli.push("--listen=127.0.0.1:0".into());
        }
        for (flag, name) in
            [("socket", "socket"), ("state", "state"), ("runtime", "run"), ("data", "data"), ("config", "config")]
        {
            cli.extend([format!("--{flag}"), path(name)]);
        }
        cli.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let (site, door) = crate::open(Cli::parse_from(cli)).await.unwrap().into_parts();
        Self { router: routes::router(Arc::clone(&site)), site, door, folder }
    }

    /// With room for everything: the machine's disk may be small.
    pub(crate) async fn roomy() -> Self {
        Self::open(&["--keep-free-mb=0"]).await
    }

    pub(crate) fn stranger(&self) -> Visitor<'_> {
        Visitor { room: self, cookie: None }
    }

    /// Somebody who is signed in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Visitor<'_> {
        if self.site.store.account(name).unwrap().is_none() {
            let hash = password::hash(PASSWORD.into()).await;
            self.site.store.add_account(name, role, &hash).unwrap();
        }
        let token = secret::token();
        let here = std::net::IpAddr::from([127, 0, 0, 1]);
        self.site.store.begin_session(name, &secret::digest(&token), here, crate::clock::now()).unwrap();
        Visitor { room: self, cookie: Some(format!("{}={token}", crate::who::SESSION)) }
    }

    /// What the panel would show to whoever comes for the first time.
    pub(crate) fn told(&self) -> PairingCode {
        serde_json::from_slice(&std::fs::read(pairing::file(&self.site.cli.runtime)).unwrap()).unwrap()
    }

    /// The code of it.
    pub(crate) fn code(&self) -> String {
        self.told().code
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

impl Visitor<'_> {
    /// A request as a page of this site makes it.
    pub(crate) fn request(&self, method: &str, path: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.room.ask(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form, as the script of a page does: the answer is in JSON.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header("accept", "application/json");
        self.room.ask(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body(form)).unwrap()).await
    }

    /// Sends a form as a browser without script does, and goes on with the cookies that come.
    pub(crate) async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.room.ask(request.body(body(form)).unwrap()).await;
        for set in answer.headers.get_all(SET_COOKIE) {
            let cookie = set.to_str().unwrap().split(';').next().unwrap();
            if cookie.starts_with(crate::who::SESSION) {
                self.cookie = Some(cookie.to_owned());
            }
        }
        answer
    }
}

fn body(form: &[(&str, &str)]) -> Body {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    Body::from(pairs.join("&"))
}
