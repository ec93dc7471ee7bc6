//! The few files that pages are made of, built into the program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::said::Said;

/// A name, its type, what it is.
type Asset = (&'static str, &'static str, &'static [u8]);

const ALL: [Asset; 5] = [
    ("admin.css", "text/css; charset=utf-8", include_bytes!("assets/admin.css")),
    ("admin.js", "text/javascript; charset=utf-8", include_bytes!("assets/admin.js")),
    ("player.js", "text/javascript; charset=utf-8", include_bytes!("assets/player.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
    ("icons.ttf", "font/ttf", lucide_icons::LUCIDE_FONT_BYTES),
];

/// A file's address, which is another one when the file is another.
pub(crate) fn versioned(name: &str) -> String {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let all: Vec<u8> = ALL.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect();
        crate::secret::fingerprint(&all).replace(':', "")[..12].to_owned()
    });
    format!("/assets/{name}?{}", *VERSION)
}

pub(crate) async fn get(Path(file): Path<String>) -> Result<Response, Said> {
    let found = ALL.iter().find(|(name, _, _)| *name == file);
    let (_, kind, bytes) = found.ok_or_else(|| Said::not_found("没有这个文件", "There is no such file"))?;
    Ok(([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "max-age=31536000, immutable")], *bytes).into_response())
}
