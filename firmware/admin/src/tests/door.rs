//! Who comes in, and who does not.

use axum::body::Body;
use axum::http::StatusCode;
use ketang_protocol::pairing::Pages;

use super::{PASSWORD, Room};
use crate::store::Role;

const PAIR: [(&str, &str); 3] = [("name", "li"), ("password", PASSWORD), ("again", PASSWORD)];

#[tokio::test]
async fn the_code_of_the_panel_makes_the_first_account() {
    let room = Room::roomy().await;
    let mut visitor = room.stranger();
    assert_eq!(visitor.get("/").await.to(), "/pair");
    assert_eq!(visitor.get("/sign-in").await.to(), "/pair");
    let wrong = visitor.post("/pair", &[&PAIR[..], &[("code", "AAAAAAAA")]].concat()).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::FORBIDDEN, "wrong"));

    let code = room.code();
    let paired = visitor.submit("/pair", &[&PAIR[..], &[("code", &code)]].concat()).await;
    assert_eq!((paired.status, paired.to()), (StatusCode::SEE_OTHER, "/"));
    let cookie = paired.header("set-cookie");
    for word in ["__Host-ketang=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let page = visitor.get("/users").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("data-account=\"li\""), "{}", page.text);
    assert!(!crate::pairing::file(&room.site.cli.runtime).exists(), "the code is gone");
    // Nobody pairs a second time, whatever they know.
    let again = room.stranger().post("/pair", &[&PAIR[..], &[("code", &code)]].concat()).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(room.stranger().get("/pair").await.to(), "/sign-in");
}

#[tokio::test]
async fn a_loop_on_the_network_neither_finds_the_code_nor_ends_it() {
    let room = Room::roomy().await;
    let code = room.code();
    let from = |last: u8, code: &str| {
        let form = format!("name=li&password={PASSWORD}&again={PASSWORD}&code={code}");
        let request = room.stranger().request("POST", "/pair").header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(form)).unwrap();
        let address = std::net::SocketAddr::from(([192, 168, 1, last], 40_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        room.ask(request)
    };
    for _ in 0..5 {
        assert_eq!(from(66, "22222222").await.code(), "wrong");
    }
    for _ in 0..50 {
        assert_eq!(from(66, "22222222").await.code(), "too-many-tries");
    }
    assert_eq!(from(66, &code).await.code(), "too-many-tries", "not even the right one");
    assert_eq!(room.site.store.deeds(1000).unwrap().len(), 6, "of a flood the beginning is written down");
    room.site.sum_up_refusals(crate::clock::now() + jiff::SignedDuration::from_mins(10));
    let deeds = room.site.store.deeds(1000).unwrap();
    assert_eq!((deeds.len(), deeds[0].what.as_str()), (7, "refused 50 times more in 10 min"));
    assert_eq!(room.code(), code, "it is the code that the panel shows still");
    assert_eq!(from(20, &code).await.status, StatusCode::SEE_OTHER, "IT comes in");
    assert!(room.site.store.is_paired().unwrap());
}

#[tokio::test]
async fn a_host_with_another_address_shows_it_and_has_it_in_its_certificate() {
    let mut room = Room::open(&["--keep-free-mb=0", "--listen=0.0.0.0:0"]).await;
    let site = std::sync::Arc::clone(&room.site);
    let now = crate::clock::now();
    let mut last = String::new();
    for address in ["10.1.2.3", "10.1.2.4"] {
        room.door.look_after(&site, vec![address.parse().unwrap()], false, now).await.unwrap();
        site.look_after_pairing();
        let told = room.told();
        assert!(told.address.starts_with(&format!("https://{address}:")), "{told:?}");
        assert_ne!(told.certificate, last, "and what it is known by is the certificate that is served now");
        let pages: Pages =
            serde_json::from_slice(&std::fs::read(crate::pairing::pages_file(&site.cli.runtime)).unwrap()).unwrap();
        assert_eq!(
            (&pages.address, &pages.certificate),
            (&told.address, &told.certificate),
            "after the first access too"
        );
        last = told.certificate;
        assert_eq!(last, crate::tls::Pair::of_host(&site.cli.state).fingerprint().unwrap());
        assert_eq!(site.face().fingerprint, last, "as the page of the settings says too");
    }
}

#[tokio::test]
async fn wrong_passwords_are_limited_and_written_down() {
    let room = Room::roomy().await;
    room.person("li", Role::It).await;
    let visitor = room.stranger();
    let try_it = async |password: &str| visitor.post("/sign-in", &[("name", "li"), ("password", password)]).await;
    for _ in 0..5 {
        assert_eq!(try_it("not the password").await.status, StatusCode::UNAUTHORIZED);
    }
    let limited = try_it(PASSWORD).await;
    assert_eq!((limited.status, limited.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too-many-tries"));
    let deeds = room.site.store.deeds(10).unwrap();
    assert_eq!(deeds.len(), 6, "{deeds:?}");
    assert!(deeds.iter().all(|deed| !deed.ok && deed.who == "li"));
    assert!(deeds[0].what.contains("too many tries"), "{deeds:?}");
    // Whoever is in already stays in.
    assert_eq!(room.person("li", Role::It).await.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_learns_which_accounts_there_are() {
    let room = Room::roomy().await;
    room.person("li", Role::It).await;
    let visitor = room.stranger();
    let known = visitor.post("/sign-in", &[("name", "li"), ("password", "not the password")]).await;
    let unknown = visitor.post("/sign-in", &[("name", "wang"), ("password", "not the password")]).await;
    assert_eq!((known.status, known.text), (unknown.status, unknown.text));
}

#[tokio::test]
async fn signing_in_leads_on_and_signing_out_ends_it() {
    let room = Room::roomy().await;
    room.person("li", Role::Viewer).await;
    room.person("it", Role::It).await;
    let mut visitor = room.stranger();
    assert_eq!(visitor.get("/lessons?q=1").await.to(), "/sign-in?to=%2Flessons%3Fq%3D1");
    let form = [("name", "Li"), ("password", PASSWORD), ("to", "/account")];
    assert_eq!(visitor.submit("/sign-in", &form).await.to(), "/account");
    assert_eq!(visitor.get("/account").await.status, StatusCode::OK);
    visitor.submit("/sign-out", &[]).await;
    assert_eq!(visitor.get("/account").await.status, StatusCode::SEE_OTHER);
    let form = [("name", "li"), ("password", PASSWORD), ("to", "https://evil.example/")];
    assert_eq!(visitor.submit("/sign-in", &form).await.to(), "/");
}

#[tokio::test]
async fn each_role_goes_where_it_may_and_no_further() {
    let room = Room::roomy().await;
    let it_only = ["/users", "/logs", "/logs/bundle", "/settings", "/network", "/time", "/update", "/edit/x"];
    for (role, refused) in [
        (Role::Viewer, [&["/console", "/sound", "/targets"][..], &it_only].concat()),
        (Role::Directing, it_only.to_vec()),
    ] {
        let person = room.person(role.as_str(), role).await;
        for path in ["/", "/files/", "/inputs", "/storage", "/account"] {
            assert_eq!(person.get(path).await.status, StatusCode::OK, "{path}");
        }
        for path in refused {
            assert_eq!(person.get(path).await.status, StatusCode::FORBIDDEN, "{role:?} {path}");
        }
        let lesson =
            ["/do/confirm/20261122-081500-0001", "/do/delete/20261122-081500-0001", "/do/restore/20261122-081500-0001"];
        let acts = [
            &["/do/files/folder", "/do/update/restart", "/do/update/remove", "/users/add", "/uploads"][..],
            &["/targets/save", "/targets/remove", "/do/live-test"],
            &lesson,
        ];
        for path in acts.concat() {
            assert_eq!(person.post(path, &[]).await.code(), "not-allowed", "{role:?} {path}");
        }
    }
    let viewer = room.person("viewer", Role::Viewer).await;
    for path in ["/do/start", "/do/stop", "/do/cut/hdmi", "/do/mode/manual", "/do/mute/room-mic/true", "/do/live-start"]
    {
        assert_eq!(viewer.post(path, &[]).await.code(), "not-allowed", "{path}");
    }
    for page in ["/live/console", "/live/sound", "/live/network", "/live/time", "/live/update", "/live/targets"] {
        assert_eq!(viewer.get(page).await.code(), "not-allowed");
    }
    assert_eq!(viewer.post("/do/rename/20261122-081500-0001", &[]).await.code(), "not-allowed");
    let command = viewer.request("POST", "/v1/commands").body(Body::from(r#"{"from":"x","command":{"name":"stop"}}"#));
    assert_eq!(room.ask(command.unwrap()).await.code(), "not-allowed");
    let stranger = room.stranger();
    for path in ["/v1/snapshot", "/v1/openapi.json", "/live/overview", "/uploads/x"] {
        assert_eq!(stranger.get(path).await.code(), "sign-in", "{path}");
    }
}

#[tokio::test]
async fn another_page_of_the_same_browser_changes_nothing() {
    let room = Room::roomy().await;
    let person = room.person("it", Role::It).await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let mut request = person.request("POST", "/do/files/folder").header("accept", "application/json");
        let headers = request.headers_mut().unwrap();
        headers.remove("sec-fetch-site");
        headers.insert(name, value.parse().unwrap());
        headers.insert("host", "room".parse().unwrap());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = room.ask(request.body(Body::from("folder=&name=x")).unwrap()).await;
        assert_eq!(answer.code(), "other-page", "{name}");
    }
    assert!(room.site.area.list(&crate::files::FilePath::default()).unwrap().is_empty());
}

#[tokio::test]
async fn a_token_has_the_rights_of_its_account_until_it_is_revoked() {
    let room = Room::roomy().await;
    let person = room.person("li", Role::Viewer).await;
    let page = person.post("/account/token", &[("label", "laptop")]).await;
    let token = page.text.split("<code id=\"token\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let ask = async |method: &str, path: &str| {
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {token}"));
        room.ask(request.body(Body::from(r#"{"from":"x","command":{"name":"stop"}}"#)).unwrap()).await
    };
    assert_eq!(ask("GET", "/v1/openapi.json").await.status, StatusCode::OK);
    assert_eq!(ask("POST", "/v1/commands").await.code(), "not-allowed");
    // No host runs here, and this is said.
    assert_eq!(ask("GET", "/v1/snapshot").await.code(), "unavailable");
    let id = room.site.store.tokens("li").unwrap()[0].id;
    person.post(&format!("/account/token/{id}/remove"), &[]).await;
    assert_eq!(ask("GET", "/v1/openapi.json").await.code(), "sign-in");
}

#[tokio::test]
async fn every_page_says_what_the_browser_may_do() {
    let room = Room::roomy().await;
    let page = room.stranger().get("/pair").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("首次使用") && page.text.contains("lang=\"zh-CN\""));
    assert!(!page.text.contains("style=\"") && !page.text.contains("<script>"), "nothing that the policy forbids");
    let english = room.stranger().request("GET", "/pair").header("cookie", "lang=en").body(Body::empty()).unwrap();
    assert!(room.ask(english).await.text.contains("The first access"));
}
