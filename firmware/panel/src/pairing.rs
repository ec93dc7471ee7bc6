//! The host's pages and the code for IT's first access, as the files of `ketang-admin` tell them: taken when they are such, and
//! nothing otherwise. It opens no file.

use jiff::{SignedDuration, Timestamp};
use ketang_protocol::pairing::{Pages, PairingCode};
use serde::de::DeserializeOwned;

/// No such file is longer, in bytes.
pub const LONGEST: usize = 1024;
/// Another code takes the place of one that has ended within seconds. Where none came for so long, who wrote it is gone.
const LEFT_OVER: SignedDuration = SignedDuration::from_secs(60);

/// The code that a file tells. A file that is broken, or tells what no screen could show, has none: that is no teacher's concern.
pub fn read(file: &[u8]) -> Option<PairingCode> {
    let told: PairingCode = of(file)?;
    let shown = is_plain(&told.code, 16) && is_plain(&told.certificate, 95);
    (shown && lead_here(&told.address, &told.others)).then_some(told)
}

/// Where the pages are, likewise.
pub fn read_pages(file: &[u8]) -> Option<Pages> {
    let told: Pages = of(file)?;
    (is_plain(&told.certificate, 95) && lead_here(&told.address, &told.others)).then_some(told)
}

fn of<T: DeserializeOwned>(file: &[u8]) -> Option<T> {
    if file.len() > LONGEST { None } else { serde_json::from_slice(file).ok() }
}

fn is_plain(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|sign| sign.is_ascii_graphic())
}

fn lead_here(first: &String, others: &[String]) -> bool {
    std::iter::once(first).chain(others).all(|address| is_plain(address, 100) && address.starts_with("https://"))
}

/// Whether the code may still be typed, or the next is about to come.
pub(crate) fn is_current(code: &PairingCode, now: Timestamp) -> bool {
    now.duration_since(code.until) < LEFT_OVER
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        r#"{"code":"ABCD2345","until":"2026-11-23T02:33:00Z","address":"https://room-301/","certificate":"3F:A1:9C"}"#;

    fn code() -> PairingCode {
        read(FILE.as_bytes()).unwrap()
    }

    #[test]
    fn a_code_is_taken_as_it_is_written() {
        assert_eq!((code().in_two().as_str(), code().address.as_str()), ("ABCD-2345", "https://room-301/"));
    }

    #[test]
    fn a_broken_or_overlong_file_has_no_code() {
        for torn in 0..FILE.len() {
            assert_eq!(read(&FILE.as_bytes()[..torn]), None, "{torn} bytes");
        }
        let with = |of: &str, other: &str| FILE.replace(of, other);
        let wrong = [
            String::new(),
            "null".into(),
            "[]".into(),
            "\u{0}".repeat(300),
            "[".repeat(100_000),
            format!("{FILE}{}", " ".repeat(LONGEST)),
            with("ABCD2345", ""),
            with("ABCD2345", "配对码"),
            with("ABCD2345", "ABCD 234\\n"),
            with("ABCD2345", &"A".repeat(17)),
            with("https", "javascript"),
            with("room-301", &"r".repeat(200)),
            with("3F:A1:9C", &"3F:".repeat(90)),
            with("2026-11-23T02:33:00Z", "soon"),
            with("code", "cod"),
            with("\"code\"", "\"others\":[\"javascript:\"],\"code\""),
        ];
        for text in wrong {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(&[0xff; 64]), None);
    }

    #[test]
    fn where_the_pages_are_is_taken_with_the_same_care() {
        let text = r#"{"address":"https://10.0.0.5:8443/","others":["https://room-301/"],"certificate":"3F:A1"}"#;
        assert_eq!(read_pages(text.as_bytes()).unwrap().address, "https://10.0.0.5:8443/");
        for (of, other) in
            [("https://10", "http://10"), ("3F:A1", ""), ("https://room-301/", "room 301"), ("certificate", "code")]
        {
            assert_eq!(read_pages(text.replace(of, other).as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_code_that_nobody_renewed_is_left_over() {
        let at = |time: &str| is_current(&code(), time.parse().unwrap());
        assert!(at("2026-11-23T02:32:59Z") && at("2026-11-23T02:33:59Z"));
        assert!(!at("2026-11-23T02:34:00Z"));
        assert!(is_current(&PairingCode { until: Timestamp::MAX, ..code() }, Timestamp::MIN));
    }
}
