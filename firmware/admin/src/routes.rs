//! Which address leads where, and who may go there. Roles stand here and nowhere else, but for the host's commands (`api.rs`).

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use crate::pages::{
    self, account, cameras, console, edit, enter, files, inputs, lesson, lessons, logs, network, overview, storage,
    targets, time, timetable, update, users, zones as drawn,
};
use crate::said::{NOTICE, Said, worded};
use crate::site::Site;
use crate::store::Role;
use crate::who::{is_our_page, need, only_reads};
use crate::{act, api, assets, bundles, downloads, files as media, live, replaced, settings};

/// The greatest form or command, in bytes; uploads are no forms.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// Scripts, pictures and connections from here and nowhere else, and in no other page's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; \
    media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn router(site: Arc<Site>) -> Router {
    let viewer = Router::new()
        .route("/", get(overview::get))
        .route("/lessons", get(lessons::get))
        .route("/lessons/{id}", get(lesson::get))
        .route("/media/{*path}", get(lesson::file))
        .route("/downloads/{file}", get(downloads::file))
        .route("/files/", get(files::get))
        .route("/files/{*path}", get(files::get))
        .route("/play/{*path}", get(files::play))
        .route("/inputs", get(inputs::get))
        .route("/storage", get(storage::get))
        .route("/timetable", get(timetable::get))
        .route("/timetable/export", get(timetable::export))
        .route("/account", get(account::get))
        .route("/account/password", post(account::set_password))
        .route("/account/token", post(account::add_token))
        .route("/account/token/{id}/remove", post(account::remove_token))
        .route("/sign-out", post(enter::sign_out))
        .route("/live/{page}", get(live::get))
        .merge(api::routes());
    let directing = Router::new()
        .route("/console", get(console::get))
        .route("/sound", get(pages::sound::get))
        .route("/targets", get(targets::get))
        .route("/do/download/{lesson}", post(downloads::make))
        .merge(act::directing_routes());
    let it = Router::new()
        .route("/edit/{*path}", get(edit::get))
        .route("/cameras", get(cameras::get))
        .route("/network", get(network::get))
        .route("/time", get(time::get))
        .route("/settings", get(pages::settings::get))
        .route("/settings/fields", post(settings::save_fields))
        .route("/settings/text", post(settings::save_text))
        .route("/settings/export", get(settings::export))
        .route(api::SETTINGS, get(api::pass).put(settings::put))
        .route("/timetable/add", post(timetable::add))
        .route("/timetable/remove", post(timetable::remove))
        .route("/timetable/off", post(timetable::set_off))
        .route("/timetable/text", post(timetable::set_text))
        .route(api::TIMETABLE, put(replaced::change))
        .route("/targets/save", post(targets::save))
        .route("/targets/remove", post(targets::remove))
        .route(api::TARGETS, get(api::pass).put(replaced::change))
        .route("/zones/{input}", get(drawn::get))
        .route(api::ZONES, get(api::pass).put(replaced::change).delete(replaced::change))
        .route("/update", get(update::get))
        .route("/users", get(users::get))
        .route("/users/add", post(users::add))
        .route("/users/role", post(users::set_role))
        .route("/users/password", post(users::set_password))
        .route("/users/remove", post(users::remove))
        .route("/logs", get(logs::get))
        .route("/logs/bundle", get(logs::bundle))
        .merge(act::it_routes())
        .merge(bundles::it_routes())
        .merge(media::upload_routes());
    let anybody = Router::new()
        .route("/sign-in", get(enter::sign_in_page).post(enter::sign_in))
        .route("/pair", get(enter::pair_page).post(enter::pair))
        .route("/language", post(enter::language))
        .route_layer(from_fn(from_our_page))
        .route("/assets/{file}", get(assets::get));
    let by =
        |role: Role, router: Router<Arc<Site>>| router.route_layer(from_fn_with_state((Arc::clone(&site), role), need));
    anybody
        .merge(by(Role::Viewer, viewer))
        .merge(by(Role::Directing, directing))
        .merge(by(Role::It, it))
        .fallback(async || Said::not_found("没有这个页面", "There is no such page"))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(worded))
        .layer(from_fn(safe))
        .with_state(site)
}

/// Forms of who is not signed in come from our page too: nobody is signed in as somebody else behind their back.
async fn from_our_page(request: Request, next: Next) -> Response {
    if only_reads(request.method()) || is_our_page(&request) {
        return next.run(request).await;
    }
    Said::no(
        StatusCode::FORBIDDEN,
        "other-page",
        "请求不是从本站页面发出的，已拒绝",
        "This did not come from a page of this site, and was refused",
    )
    .into_response()
}

/// What every answer tells the browser.
async fn safe(request: Request, next: Next) -> Response {
    let noticed = crate::who::cookie(request.headers(), NOTICE).is_some();
    let mut response = next.run(request).await;
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages and answers are for the one who asked, and for now.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if noticed && is_page {
        let clear = format!("{NOTICE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
        headers.append(SET_COOKIE, HeaderValue::from_str(&clear).expect("it is plain"));
    }
    response
}
