//! Layouts are data: panes as shares of the picture, read from TOML. A new layout needs no code.

use std::collections::BTreeMap;
use std::path::Path;

use ketang_hal::mark::Pane;
use ketang_hal::picture::Size;
use serde::Deserialize;

use crate::MediaError;

/// The layouts that ketang ships.
const SHIPPED: &str = include_str!("layouts.toml");

/// The layout that shows one input alone, without copying it.
pub const SINGLE: &str = "single";

/// How an input of another shape fills its pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Whole, with borders.
    #[default]
    Contain,
    /// Filling the pane; what juts out is cut off.
    Cover,
}

/// A place for one input, as shares of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutPane {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    #[serde(default)]
    pub fit: Fit,
}

impl LayoutPane {
    /// The pane in pixels, on even borders as NV12 needs them.
    pub fn on(&self, size: Size) -> Pane {
        let even = |share: f64, whole: u32| ((share * f64::from(whole) / 2.0).round() as u32) * 2;
        let (x, y) = (even(self.x, size.width), even(self.y, size.height));
        Pane {
            x,
            y,
            width: even(self.x + self.width, size.width).min(size.width) - x,
            height: even(self.y + self.height, size.height).min(size.height) - y,
        }
    }
}

/// A layout: its name on screens, and its panes from back to front.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub chinese: String,
    pub english: String,
    pub panes: Vec<LayoutPane>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    layouts: BTreeMap<String, Layout>,
}

/// Every layout by its name.
#[derive(Clone, Debug)]
pub struct Layouts {
    layouts: BTreeMap<String, Layout>,
}

impl Layouts {
    /// The shipped layouts.
    pub fn shipped() -> Self {
        let mut layouts = Self { layouts: BTreeMap::new() };
        layouts.add(SHIPPED, "the shipped layouts").expect("the shipped layouts are tested");
        layouts
    }

    /// Adds the layouts of a file; a name that exists is replaced.
    pub fn add_file(&mut self, path: &Path) -> Result<(), MediaError> {
        let text = std::fs::read_to_string(path).map_err(|source| MediaError::Io { path: path.to_owned(), source })?;
        self.add(&text, &path.display().to_string())
    }

    fn add(&mut self, text: &str, from: &str) -> Result<(), MediaError> {
        let file: File = toml::from_str(text).map_err(|error| MediaError::Invalid(format!("{from}: {error}")))?;
        for (name, layout) in file.layouts {
            check(&layout).map_err(|why| MediaError::Invalid(format!("{from}: layout `{name}`: {why}")))?;
            self.layouts.insert(name, layout);
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&Layout> {
        self.layouts.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.layouts.keys().map(String::as_str)
    }
}

fn check(layout: &Layout) -> Result<(), String> {
    if layout.panes.is_empty() {
        return Err("it has no pane: give at least one".into());
    }
    for (index, pane) in layout.panes.iter().enumerate() {
        let inside = |start: f64, length: f64| start >= 0.0 && length > 0.0 && start + length <= 1.0 + 1e-4;
        if !inside(pane.x, pane.width) || !inside(pane.y, pane.height) {
            return Err(format!("pane {} does not lie inside the picture: use shares between 0 and 1", index + 1));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_layouts_are_those_of_the_requirement() {
        let layouts = Layouts::shipped();
        let panes: Vec<_> = layouts.layouts.iter().map(|(name, layout)| (name.as_str(), layout.panes.len())).collect();
        assert_eq!(
            panes,
            [
                ("one-and-four", 5),
                ("one-and-three", 4),
                ("one-and-two", 3),
                ("picture-in-picture", 2),
                ("side-by-side", 2),
                ("single", 1),
                ("two-by-two", 4)
            ]
        );
    }

    #[test]
    fn panes_are_even_and_inside_at_every_size() {
        for layout in Layouts::shipped().layouts.values() {
            for size in [Size::FULL_HD, Size::HD] {
                for pane in layout.panes.iter().map(|pane| pane.on(size)) {
                    assert!(pane.x + pane.width <= size.width && pane.y + pane.height <= size.height);
                    assert_eq!((pane.x | pane.y | pane.width | pane.height) % 2, 0);
                }
            }
        }
    }

    #[test]
    fn a_wrong_layout_says_which_and_why() {
        let outside = "[layouts.odd]\nchinese='x'\nenglish='x'\npanes=[{x=0.5,y=0.0,width=0.6,height=1.0}]";
        let unknown = "[layouts.odd]\nchinese='x'\nenglish='x'\ncolour=1\npanes=[]";
        let empty = "[layouts.odd]\nchinese='x'\nenglish='x'\npanes=[]";
        for (text, expected) in [(outside, "pane 1 does not lie inside"), (unknown, "colour"), (empty, "no pane")] {
            let error = Layouts::shipped().add(text, "odd.toml").unwrap_err().to_string();
            assert!(error.contains("odd.toml") && error.contains(expected), "{error}");
        }
    }
}
