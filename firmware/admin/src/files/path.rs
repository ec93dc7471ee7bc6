//! A path inside the folder of media files, as people name things: what could lead out of it, or means something to a
//! system, is no such path.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::said::Said;

/// The longest name, in bytes: file systems take 255, and a number may be added.
const LONGEST: usize = 220;
/// Folders in folders, at most.
const DEEPEST: usize = 8;
/// What does not stand for itself in the path of an address.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// Names from the top of the folder; none for the top itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilePath(Vec<String>);

impl FilePath {
    /// Reads `数学/第一课.mp4`.
    pub(crate) fn parse(text: &str) -> Result<Self, Said> {
        let names: Vec<String> = text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.len() > DEEPEST {
            return Err(Said::invalid("文件夹层数太多", "Too many folders in folders"));
        }
        names.iter().try_for_each(|name| check(name))?;
        Ok(Self(names))
    }

    /// What stands in here by this name.
    pub(crate) fn join(&self, name: &str) -> Result<Self, Said> {
        check(name)?;
        let mut names = self.0.clone();
        names.push(name.to_owned());
        if names.len() > DEEPEST {
            Err(Said::invalid("文件夹层数太多", "Too many folders in folders"))
        } else {
            Ok(Self(names))
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder that this is in; the top's is the top.
    pub(crate) fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Where it lies on disk.
    pub(crate) fn below(&self, top: &Path) -> PathBuf {
        self.0.iter().fold(top.to_owned(), |path, name| path.join(name))
    }

    /// As it stands in an address.
    pub(crate) fn address(&self) -> String {
        utf8_percent_encode(&self.to_string(), ENCODED).to_string()
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// One name: no system's special one, none that is hidden, none that another system could not keep.
fn check(name: &str) -> Result<(), Said> {
    let special = name.starts_with('.') || name.ends_with('.') || name.trim() != name;
    let signs = name.chars().any(|sign| sign.is_control() || r#"/\<>:"|?*"#.contains(sign));
    if name.is_empty() || name.len() > LONGEST || special || signs {
        return Err(Said::invalid(
            format!("“{}”不能作名称：不要以点开头或结尾，不要含 \\ / : * ? \" < > |，不要太长", name.escape_debug()),
            format!(
                "`{}` is no name: no dot at its begin or end, none of \\ / : * ? \" < > |, and not too long",
                name.escape_debug()
            ),
        ));
    }
    Ok(())
}

/// Makes a name of any text, such as a lesson's title.
pub(crate) fn name_of(text: &str) -> String {
    let clean = |sign: char| if sign.is_control() || r#"/\<>:"|?*"#.contains(sign) { '_' } else { sign };
    let text: String = text.chars().map(clean).take(60).collect();
    let text = text.trim_matches(|sign: char| sign == '.' || sign.is_whitespace());
    if text.is_empty() { "_".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        let tricks = [
            "..",
            "../x",
            "a/../../x",
            "a/./b",
            ".trash/x",
            "a/.uploads",
            r"..\x",
            "a\0b",
            "a\nb",
            "C:x",
            "a ",
            "x.",
            "a?b",
            "1/2/3/4/5/6/7/8/9",
        ];
        for trick in tricks {
            assert!(FilePath::parse(trick).is_err(), "{trick:?}");
        }
        let top = FilePath::default();
        for name in ["", "..", "a/b", "/etc", &"课".repeat(100)] {
            assert!(top.join(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn peoples_names_are_taken_as_they_are() {
        let path = FilePath::parse("/数学//第 1 课.mp4/").unwrap();
        assert_eq!(path.names(), ["数学", "第 1 课.mp4"]);
        assert_eq!(path.below(Path::new("/top")), Path::new("/top/数学/第 1 课.mp4"));
        assert_eq!(path.parent().to_string(), "数学");
        assert_eq!(path.address(), "%E6%95%B0%E5%AD%A6/%E7%AC%AC%201%20%E8%AF%BE.mp4");
        assert!(path.is_within(&path.parent()) && !path.parent().is_within(&path));
        assert!(FilePath::parse("/").unwrap().is_top());
    }

    #[test]
    fn any_title_makes_a_name() {
        for title in ["../../etc", "a/b", "  .", "", "一元二次方程：求根公式?"] {
            FilePath::default().join(&name_of(title)).unwrap();
        }
    }
}
