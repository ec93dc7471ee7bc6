//! The brush: what all screens are made of (text, buttons, cards, pictures), with the sizes, colours and language of the moment.
//! Whatever can be touched is noted as it is drawn, so that a target is always where its picture is.

use std::convert::Infallible;

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;
use tiny_skia::{Path, PathBuilder, Rect};

use crate::action::{Action, Target};
use crate::area::Cut;
use crate::frame::Frame;
use crate::letters::{Face, Letters, Line};
use crate::metrics::Metrics;
use crate::seen::Picture;
use crate::shape::{Filled, Rounded, mix};
use crate::theme::Colours;
use crate::words::Language;

/// How text looks.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) face: Face,
    pub(crate) size: u32,
    pub(crate) ink: Rgb888,
    /// The colour that it lies on.
    pub(crate) ground: Rgb888,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How a button looks.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) fill: Rgb888,
    pub(crate) ink: Rgb888,
    pub(crate) ground: Rgb888,
}

pub(crate) struct Painter<'a> {
    pub(crate) frame: &'a mut Frame,
    pub(crate) letters: &'a Letters,
    pub(crate) colours: &'static Colours,
    pub(crate) sizes: Metrics,
    pub(crate) language: Language,
    pub(crate) pressed: Option<&'a Action>,
    pub(crate) targets: Vec<Target>,
}

impl Painter<'_> {
    pub(crate) fn draw(&mut self, what: &impl Drawable<Color = Rgb888>) {
        let drawn: Result<_, Infallible> = what.draw(self.frame);
        let Ok(_) = drawn;
    }

    pub(crate) fn fill(&mut self, area: Rectangle, colour: Rgb888) {
        let Ok(()) = self.frame.fill_solid(&area, colour);
    }

    pub(crate) fn rounded(&mut self, area: Rectangle, radius: u32, ink: Rgb888, ground: Rgb888) {
        self.draw(&Rounded { area, radius, ink, ground });
    }

    /// A card on the ground.
    pub(crate) fn card(&mut self, area: Rectangle, fill: Rgb888) {
        self.rounded(area, self.sizes.radius, fill, self.colours.ground);
    }

    /// A card with an edge of `edge`, `width` pixels wide.
    pub(crate) fn edged(&mut self, area: Rectangle, width: u32, edge: Rgb888, look: Look) {
        self.rounded(area, self.sizes.radius, edge, look.ground);
        let radius = self.sizes.radius.saturating_sub(width);
        self.rounded(area.inset(width, width), radius, look.fill, edge);
    }

    pub(crate) fn pick<T>(&self, chinese: T, english: T) -> T {
        self.language.pick(chinese, english)
    }

    pub(crate) fn regular(&self, size: u32, ink: Rgb888, ground: Rgb888) -> Type {
        Type { face: Face::Regular, size, ink, ground }
    }

    pub(crate) fn bold(&self, size: u32, ink: Rgb888, ground: Rgb888) -> Type {
        Type { face: Face::Bold, size, ink, ground }
    }

    pub(crate) fn width(&self, text: &str, how: Type) -> u32 {
        self.letters.width(text, how.face, how.size)
    }

    /// One line in the middle of the height; what does not fit ends in dots. Returns its length.
    pub(crate) fn say(&mut self, area: Rectangle, text: &str, how: Type, align: Align) -> u32 {
        let text = self.shortened(text, how, area.size.width);
        let width = self.width(&text, how);
        let free = area.size.width.saturating_sub(width) as i32;
        let x = match align {
            Align::Left => 0,
            Align::Centre => free / 2,
            Align::Right => free,
        };
        let at = area.top_left + Point::new(x, area.size.height as i32 / 2);
        let Type { face, size, ink, ground } = how;
        let letters = self.letters;
        self.draw(&Line { letters, text: &text, at, face, size, ink, ground });
        width
    }

    fn shortened(&self, text: &str, how: Type, room: u32) -> String {
        if self.width(text, how) <= room {
            return text.to_owned();
        }
        let mut kept: String = text.to_owned();
        while kept.pop().is_some() {
            let shorter = format!("{}…", kept.trim_end());
            if self.width(&shorter, how) <= room {
                return shorter;
            }
        }
        String::new()
    }

    /// Several lines from the top, `most` at the most. Returns the height used.
    pub(crate) fn paragraph(&mut self, area: Rectangle, text: &str, how: Type, align: Align, most: usize) -> u32 {
        let height = how.size * 3 / 2;
        let mut lines = wrap(text, |piece| self.width(piece, how) <= area.size.width);
        if lines.len() > most {
            lines.truncate(most.max(1));
            if let Some(last) = lines.last_mut() {
                // Too long by itself now, so that it ends in dots.
                last.push_str(&"…".repeat(area.size.width as usize / how.size.max(1) as usize));
            }
        }
        let mut rest = area;
        for line in &lines {
            let row = rest.cut_top(height);
            self.say(row, line, how, align);
        }
        height * lines.len() as u32
    }

    /// So high would the paragraph be.
    pub(crate) fn height(&self, text: &str, how: Type, width: u32, most: usize) -> u32 {
        let lines = wrap(text, |piece| self.width(piece, how) <= width).len();
        how.size * 3 / 2 * lines.min(most) as u32
    }

    pub(crate) fn icon(&mut self, centre: Point, icon: Icon, size: u32, ink: Rgb888, ground: Rgb888) {
        if let Some(path) = filled(icon, centre, size as f32) {
            return self.draw(&Filled { path: Some(path), ink, ground });
        }
        let text = char::from(icon).to_string();
        let at = centre - Point::new(size as i32 / 2, 0);
        let letters = self.letters;
        self.draw(&Line { letters, text: &text, at, face: Face::Icon, size, ink, ground });
    }

    pub(crate) fn disc(&mut self, centre: Point, radius: f32, ink: Rgb888, ground: Rgb888) {
        self.draw(&Filled::disc(centre, radius, ink, ground));
    }

    /// Notes that `area` can be touched; tells whether a finger lies on it.
    pub(crate) fn target(&mut self, area: Rectangle, action: Action) -> bool {
        let pressed = self.pressed == Some(&action);
        self.targets.push(Target { area, action });
        pressed
    }

    /// The colours of an ordinary button on `ground`.
    pub(crate) fn quiet(&self, ground: Rgb888) -> Look {
        let fill = if ground == self.colours.surface { self.colours.raised } else { self.colours.surface };
        Look { fill, ink: self.colours.ink, ground }
    }

    pub(crate) fn primary(&self, ground: Rgb888) -> Look {
        Look { fill: self.colours.accent, ink: self.colours.on_accent, ground }
    }

    /// A button with an icon, words or both. Returns its fill as drawn.
    pub(crate) fn button(&mut self, area: Rectangle, action: Action, look: Look, icon: Option<Icon>, words: &str) {
        let size = if area.size.height > self.sizes.button { self.sizes.title } else { self.sizes.body };
        self.button_of(area, action, look, icon, words, size);
    }

    pub(crate) fn button_of(
        &mut self,
        area: Rectangle,
        action: Action,
        look: Look,
        icon: Option<Icon>,
        words: &str,
        size: u32,
    ) {
        let fill = if self.target(area, action) { mix(look.ink, look.fill, 48) } else { look.fill };
        self.rounded(area, self.sizes.radius, fill, look.ground);
        let how = self.bold(size, look.ink, fill);
        self.label(area, icon, words, how);
    }

    /// An icon and words in the middle.
    fn label(&mut self, area: Rectangle, icon: Option<Icon>, words: &str, how: Type) {
        let Type { size, ink, ground, .. } = how;
        let side = if icon.is_some() { size * 5 / 4 } else { 0 };
        let gap = if icon.is_some() && !words.is_empty() { size / 2 } else { 0 };
        let room = area.size.width.saturating_sub(side + gap + size / 2);
        let width = self.width(words, how).min(room);
        let mut inside = area.middle(Size::new(side + gap + width, area.size.height));
        if let Some(icon) = icon {
            let place = inside.cut_left(side).center();
            self.icon(place, icon, side, ink, ground);
            inside.cut_left(gap);
        }
        self.say(inside, words, how, Align::Left);
    }

    /// A card that can be touched. Returns its fill as drawn.
    pub(crate) fn touchable(&mut self, area: Rectangle, action: Action, look: Look) -> Rgb888 {
        let fill = if self.target(area, action) { mix(look.ink, look.fill, 32) } else { look.fill };
        self.rounded(area, self.sizes.radius, fill, look.ground);
        fill
    }

    /// One of several: the chosen one has the accent's tint and edge.
    pub(crate) fn choice(
        &mut self,
        area: Rectangle,
        action: Action,
        chosen: bool,
        icon: Option<Icon>,
        words: &str,
        ground: Rgb888,
    ) {
        let c = self.colours;
        if !chosen {
            let look = self.quiet(ground);
            return self.button_of(area, action, look, icon, words, self.sizes.body);
        }
        let how = self.bold(self.sizes.body, c.ink, c.accent_soft);
        let look = Look { fill: c.accent_soft, ink: c.ink, ground };
        self.target(area, action);
        self.edged(area, 3, c.accent, look);
        self.label(area, icon, words, how);
    }

    /// A moving picture, or where there is none yet, a quiet place for it with an icon.
    pub(crate) fn picture(&mut self, area: Rectangle, picture: Option<Picture>, icon: Icon, ground: Rgb888) {
        let radius = self.sizes.radius * 2 / 3;
        match picture.filter(|picture| picture.width > 1 && picture.height > 1) {
            Some(picture) => {
                let Ok(()) = self.frame.fill_contiguous(&area, stretched(picture, area.size, radius, ground));
            }
            None => {
                self.rounded(area, radius, self.colours.raised, ground);
                let size = (area.size.height / 3).min(self.sizes.state);
                self.icon(area.center(), icon, size, self.colours.muted, self.colours.raised);
            }
        }
    }
}

/// The icons of a recorder, which everybody knows filled: the set has them as outlines.
fn filled(icon: Icon, centre: Point, size: f32) -> Option<Path> {
    let (x, y, half) = (centre.x as f32, centre.y as f32, size * 0.34);
    let mut path = PathBuilder::new();
    match icon {
        Icon::Square => path.push_rect(Rect::from_ltrb(x - half, y - half, x + half, y + half)?),
        Icon::Pause => {
            path.push_rect(Rect::from_ltrb(x - half, y - half, x - half / 3.0, y + half)?);
            path.push_rect(Rect::from_ltrb(x + half / 3.0, y - half, x + half, y + half)?);
        }
        Icon::Play => {
            path.move_to(x - half * 0.8, y - half * 1.1);
            path.line_to(x + half * 1.1, y);
            path.line_to(x - half * 0.8, y + half * 1.1);
            path.close();
        }
        _ => return None,
    }
    path.finish()
}

/// A picture in another size, row by row, each pixel mixed from the four nearest; where the shape differs its edges are left
/// out. Its corners are round on `ground`.
fn stretched(picture: Picture<'_>, to: Size, radius: u32, ground: Rgb888) -> impl Iterator<Item = Rgb888> + '_ {
    let (wide, high) = (picture.width * to.height, picture.height * to.width);
    let (width, height) = match wide > high {
        true => (high / to.height.max(1), picture.height),
        false => (picture.width, wide / to.width.max(1)),
    };
    let (left, top) = ((picture.width - width) / 2, (picture.height - height) / 2);
    let step = |from: u32, to: u32| (from.saturating_sub(1) << 8) / to.saturating_sub(1).max(1);
    let (across, down) = (step(width, to.width), step(height, to.height));
    let at = move |x: u32, y: u32| {
        let index = (top + y).min(picture.height - 1) * picture.width + (left + x).min(picture.width - 1);
        picture.pixels.get(index as usize).copied().unwrap_or(0)
    };
    (0..to.height).flat_map(move |row| {
        let (y, fy) = ((row * down) >> 8, (row * down) & 255);
        (0..to.width).map(move |column| {
            let (x, fx) = ((column * across) >> 8, (column * across) & 255);
            let near = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
            let part = |shift: u32| {
                let [a, b, c, d] = near.map(|pixel| pixel >> shift & 255);
                let (above, below) = (a * (256 - fx) + b * fx, c * (256 - fx) + d * fx);
                ((above * (256 - fy) + below * fy) >> 16) as u8
            };
            let colour = Rgb888::new(part(16), part(8), part(0));
            let inside = |at: u32, of: u32| radius.saturating_sub(at.min(of - 1 - at));
            match (inside(column, to.width), inside(row, to.height)) {
                (0, _) | (_, 0) => colour,
                (x, y) => {
                    let beyond = (x as f32 - 0.5).hypot(y as f32 - 0.5) - radius as f32;
                    mix(colour, ground, ((0.5 - beyond).clamp(0.0, 1.0) * 255.0) as u8)
                }
            }
        })
    })
}

/// Breaks a text into lines that fit: between Chinese letters anywhere, but not before a mark that closes; between words else.
fn wrap(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let line = lines.last_mut().expect("there is always one");
        let longer = format!("{line}{word}");
        if line.is_empty() || fits(longer.trim_end()) {
            *line = longer;
        } else {
            lines.push(word.trim_start().to_owned());
        }
    }
    lines
}

/// Pieces that stay together.
fn words(text: &str) -> Vec<String> {
    let wide = |c: char| c > '\u{2e7f}';
    let closes = |c: char| "，。：；！？、）》”’…".contains(c);
    let opens = |c: char| "（《“‘".contains(c);
    let mut pieces: Vec<String> = Vec::new();
    let mut last = ' ';
    for letter in text.chars() {
        let joins = !pieces.is_empty()
            && (closes(letter) || opens(last) || letter == ' ' || (!wide(letter) && !wide(last) && last != ' '));
        match pieces.last_mut() {
            Some(piece) if joins => piece.push(letter),
            _ => pieces.push(letter.to_string()),
        }
        last = letter;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_before_a_closing_mark() {
        let wrapped = |text| wrap(text, |piece| piece.chars().count() <= 6);
        assert_eq!(wrapped("check the cable"), ["check ", "the ", "cable"]);
        assert_eq!(wrapped("请检查线缆和电源"), ["请检查线缆和", "电源"]);
        assert_eq!(wrapped("请检查线缆和，电源"), ["请检查线缆", "和，电源"]);
        assert_eq!(wrapped("用 HDMI 线"), ["用 HDMI ", "线"]);
    }

    #[test]
    fn a_stretched_picture_keeps_its_corners() {
        let picture = Picture { width: 2, height: 2, pixels: &[0xff_00_00, 0x00_ff_00, 0x00_00_ff, 0xff_ff_ff] };
        let big: Vec<_> = stretched(picture, Size::new(5, 5), 0, Rgb888::new(0, 0, 0)).collect();
        assert_eq!(big.len(), 25);
        assert_eq!((big[0], big[24]), (Rgb888::new(255, 0, 0), Rgb888::new(255, 255, 255)));
        assert_eq!(big[2], Rgb888::new(127, 127, 0));
    }
}
