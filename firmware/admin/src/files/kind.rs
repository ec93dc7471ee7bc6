//! What kinds of files are kept: pictures, sound, films, and what goes with a lesson. Known by name and by content; all else
//! is refused, so that no page of a stranger is ever served from here.

use lucide_icons::Icon;

use crate::said::Said;

/// So much of a file tells its kind.
pub(crate) const HEAD: usize = 8192;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    Film,
    Sound,
    Picture,
    Document,
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) medium: Medium,
    pub(crate) mime: &'static str,
}

impl Kind {
    /// The kind that a name promises.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        let (medium, mime) = match end.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" => (Medium::Film, "video/mp4"),
            "mov" => (Medium::Film, "video/quicktime"),
            "mkv" => (Medium::Film, "video/x-matroska"),
            "webm" => (Medium::Film, "video/webm"),
            "m4a" => (Medium::Sound, "audio/mp4"),
            "mp3" => (Medium::Sound, "audio/mpeg"),
            "wav" => (Medium::Sound, "audio/wav"),
            "flac" => (Medium::Sound, "audio/flac"),
            "ogg" | "oga" | "opus" => (Medium::Sound, "audio/ogg"),
            "jpg" | "jpeg" => (Medium::Picture, "image/jpeg"),
            "png" => (Medium::Picture, "image/png"),
            "webp" => (Medium::Picture, "image/webp"),
            "pdf" => (Medium::Document, "application/pdf"),
            "vtt" => (Medium::Text, "text/vtt; charset=utf-8"),
            "srt" | "txt" => (Medium::Text, "text/plain; charset=utf-8"),
            // A lesson's own records, when it is copied here.
            "json" | "jsonl" => (Medium::Text, "application/json"),
            _ => return None,
        };
        Some(Self { medium, mime })
    }

    /// The same, with words where there is none.
    pub(crate) fn wanted(name: &str) -> Result<Self, Said> {
        Self::of_name(name).ok_or_else(|| {
            Said::no(
                axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-media",
                format!("“{name}”不是媒体文件：可以是 mp4 mov mkv webm、mp3 m4a wav flac ogg、jpg png webp、pdf、srt vtt txt"),
                format!("`{name}` is no media file: take mp4 mov mkv webm, mp3 m4a wav flac ogg, jpg png webp, pdf, srt vtt txt"),
            )
        })
    }

    /// Whether a file that begins with `head` is what its name promises.
    pub(crate) fn fits(self, head: &[u8]) -> bool {
        use infer::MatcherType::{Audio, Image, Video};
        let found = infer::get(head).map(|found| (found.matcher_type(), found.mime_type()));
        match (self.medium, found) {
            // MP4 with sound alone and film without sound differ in a brand that nobody minds.
            (Medium::Film | Medium::Sound, Some((Video | Audio, _))) | (Medium::Picture, Some((Image, _))) => true,
            (Medium::Document, Some((_, mime))) => mime == "application/pdf",
            (Medium::Text, _) => is_text(head),
            // Fragmented files begin with a box that not every table knows.
            (Medium::Film | Medium::Sound, None) => matches!(head.get(4..8), Some(b"ftyp" | b"styp" | b"moov")),
            _ => false,
        }
    }

    pub(crate) fn icon(self) -> Icon {
        match self.medium {
            Medium::Film => Icon::Clapperboard,
            Medium::Sound => Icon::Music,
            Medium::Picture => Icon::Image,
            Medium::Document | Medium::Text => Icon::FileText,
        }
    }
}

/// Text, which may be cut in the middle of a character.
fn is_text(head: &[u8]) -> bool {
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() >= HEAD,
    };
    whole && !head.iter().any(|byte| *byte < 0x20 && !b"\t\r\n\x0c".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41\0\0\0\x08free";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn only_media_are_taken_by_their_name() {
        for name in ["a.exe", "a.html", "a.svg", "a.mp4.js", "mp4", "a.", "a"] {
            assert!(Kind::wanted(name).is_err(), "{name}");
        }
        assert_eq!(Kind::of_name("课.MP4").unwrap().mime, "video/mp4");
    }

    #[test]
    fn only_media_are_taken_by_their_content() {
        let fits = |name: &str, head: &[u8]| Kind::of_name(name).unwrap().fits(head);
        assert!(
            fits("a.mp4", MP4)
                && fits("a.png", PNG)
                && fits("a.pdf", b"%PDF-1.7\n")
                && fits("a.srt", "你好".as_bytes())
        );
        assert!(!fits("a.mp4", b"MZ\x90\0\x03") && !fits("a.mp4", b"<html>") && !fits("a.mp4", b""));
        assert!(!fits("a.png", MP4) && !fits("a.pdf", PNG) && !fits("a.txt", b"\x7fELF\x02\x01"));
    }
}
