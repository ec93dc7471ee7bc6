//! Who asks: by the cookie of a session or the token of a program; and whether they may.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clock;
use crate::lang::Lang;
use crate::pages::Notice;
use crate::said::Said;
use crate::secret;
use crate::site::Site;
use crate::store::{Account, Role};

/// The session's cookie. The prefix makes browsers refuse it from anywhere but this very host, over TLS.
pub(crate) const SESSION: &str = "__Host-ketang";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How somebody proved who they are, as the digest of the secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proof {
    Session(Vec<u8>),
    Token(Vec<u8>),
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) proof: Proof,
    pub(crate) address: IpAddr,
    pub(crate) lang: Lang,
    /// What the page before wants said.
    pub(crate) notice: Option<Notice>,
}

impl Person {
    pub(crate) fn name(&self) -> &str {
        &self.account.name
    }

    pub(crate) fn may(&self, least: Role) -> bool {
        self.account.role >= least
    }

    /// The session's digest; empty for a token.
    pub(crate) fn session(&self) -> &[u8] {
        match &self.proof {
            Proof::Session(digest) => digest,
            Proof::Token(_) => &[],
        }
    }
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The address of who asks.
pub(crate) fn address(request: &Request) -> IpAddr {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    connection.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip().to_canonical())
}

/// Whether a page of this site made the request, so that another page of the same browser cannot (CSRF).
pub(crate) fn is_our_page(request: &Request) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let host = request.uri().authority().map(|authority| authority.as_str()).or_else(|| text(HOST));
    matches!((text(ORIGIN), host), (Some(origin), Some(host)) if origin.strip_prefix("https://") == Some(host))
}

/// Whether a method changes nothing.
pub(crate) fn only_reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Lets those through who have the role at least; handlers find a [`Person`] in the request's extensions.
pub(crate) async fn need(State((site, least)): State<(Arc<Site>, Role)>, mut request: Request, next: Next) -> Response {
    let person = match find(&site, &request) {
        Ok(Some(person)) => person,
        Ok(None) => return sign_in(&site, &request),
        Err(said) => return said.into_response(),
    };
    let by_page = matches!(person.proof, Proof::Session(_));
    if by_page && !only_reads(request.method()) && !is_our_page(&request) {
        return Said::no(
            StatusCode::FORBIDDEN,
            "other-page",
            "请求不是从本站页面发出的，已拒绝",
            "This did not come from a page of this site, and was refused",
        )
        .into_response();
    }
    if !person.may(least) {
        site.note(person.name(), person.address, &format!("{} {}", request.method(), request.uri().path()), false);
        return not_allowed().into_response();
    }
    request.extensions_mut().insert(person);
    next.run(request).await
}

/// What is told to who has not the role.
pub(crate) fn not_allowed() -> Said {
    Said::no(
        StatusCode::FORBIDDEN,
        "not-allowed",
        "您的账号没有这个权限：请找管理员",
        "Your account may not do this: ask your administrator",
    )
}

fn find(site: &Site, request: &Request) -> Result<Option<Person>, Said> {
    let headers = request.headers();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let (account, proof) = if let Some(token) = bearer {
        let digest = secret::digest(token);
        (site.store.account_of_token(&digest)?, Proof::Token(digest))
    } else if let Some(token) = cookie(headers, SESSION) {
        let digest = secret::digest(token);
        // What comes again and again by itself is no sign of a person.
        let asked = !request.uri().path().starts_with("/live/");
        (site.store.account_of_session(&digest, clock::now(), asked)?, Proof::Session(digest))
    } else {
        return Ok(None);
    };
    let (address, lang, notice) = (address(request), Lang::of(headers), Notice::of(headers));
    Ok(account.map(|account| Person { account, proof, address, lang, notice }))
}

/// The way to the sign-in page, or to the pairing page while nobody can sign in.
fn sign_in(site: &Site, request: &Request) -> Response {
    let path = request.uri().path();
    let by_program = request.headers().contains_key(AUTHORIZATION)
        || ["/v1/", "/uploads", "/live/"].iter().any(|start| path.starts_with(start));
    if by_program || !only_reads(request.method()) {
        let said = Said::no(
            StatusCode::UNAUTHORIZED,
            "sign-in",
            "请先登录（或登录已过期）",
            "Sign in first (or again: sessions end)",
        );
        let mut response = if by_program { said } else { said.at("/sign-in") }.into_response();
        response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
        return response;
    }
    if !site.store.is_paired().unwrap_or(true) {
        return Redirect::to("/pair").into_response();
    }
    let to = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let to = utf8_percent_encode(to, NON_ALPHANUMERIC);
    Redirect::to(&format!("/sign-in?to={to}")).into_response()
}

/// A page of this site that somebody may be sent to: never another site.
pub(crate) fn own_page(to: &str) -> &str {
    let ours =
        to.starts_with('/') && !to.starts_with("//") && !to.contains(|sign: char| sign == '\\' || sign.is_control());
    if ours { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::post("/x").body(Body::empty()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        request
    }

    #[test]
    fn only_our_own_page_may_change_anything() {
        let ours = |headers: &[(&str, &str)]| is_our_page(&request(headers));
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("host", "host:8443"), ("origin", "https://host:8443")]));
        assert!(!ours(&[("sec-fetch-site", "same-site"), ("host", "h"), ("origin", "https://h")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("host", "host"), ("origin", "https://evil")]));
        assert!(!ours(&[("host", "host"), ("origin", "http://host")]));
        assert!(!ours(&[("host", "host"), ("origin", "null")]));
        assert!(!ours(&[("host", "host")]));
        assert!(!ours(&[]));
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        for other in ["//evil", "https://evil", "/\\evil", "evil", "", "/a\nb"] {
            assert_eq!(own_page(other), "/", "{other}");
        }
        assert_eq!(own_page("/lessons?q=1"), "/lessons?q=1");
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; lang=en"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-ketang=x=y"));
        assert_eq!(cookie(&headers, "lang"), Some("en"));
        assert_eq!(cookie(&headers, SESSION), Some("x=y"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
