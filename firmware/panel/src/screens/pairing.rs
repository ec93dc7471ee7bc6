//! IT's first access: where the host's pages are, how to tell that they are this host's, and the code that opens them.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use qrcode::{Color, QrCode};

use crate::area::Cut;
use crate::painter::{Align, Painter, Type};
use crate::seen::Seen;
use crate::view::View;
use crate::words::{at, clock};

/// So many signs of the certificate's fingerprint are enough to compare: eight bytes.
const FINGERPRINT: usize = 23;
/// The light edge that a QR code must have, in modules.
const QUIET: i32 = 4;

pub(super) fn draw(p: &mut Painter, area: Rectangle, seen: &Seen, view: &View) {
    let Some(code) = view.pairing(seen) else { return };
    let c = p.colours;
    let mut rest = area.inset(p.sizes.pad, 0);
    rest.cut_bottom(p.sizes.pad);
    let head = rest.cut_top(p.sizes.head * 8 / 5);
    let title = p.pick("管理员首次访问", "First access for IT");
    p.say(head, title, p.bold(p.sizes.head * 4 / 5, c.ink, c.ground), Align::Left);
    rest.cut_top(p.sizes.gap / 2);
    p.card(rest, c.surface);
    let mut inside = rest.inset(p.sizes.pad, p.sizes.pad);
    let right = inside.cut_right(inside.size.height.min(inside.size.width / 3));
    inside.cut_right(p.sizes.pad);
    by_phone(p, right, &code.address);

    let good = clock(at(code.until, seen.wall).time());
    let begins: String = code.certificate.chars().take(FINGERPRINT).collect();
    let (title, body) = (p.bold(p.sizes.title, c.ink, c.surface), p.regular(p.sizes.body, c.ink, c.surface));
    let typed = code.in_two();
    let large = fitting(p, &typed, p.bold(p.sizes.clock * 2 / 3, c.ink, c.surface), inside.size.width);
    let (chinese, english) =
        ("2  浏览器如有警告，核对证书指纹（SHA-256）", "2  If the browser warns, compare the certificate (SHA-256)");
    let typing = p.pick(format!("3  输入配对码（{good} 前有效）"), format!("3  Type this code, good until {good}"));
    let opening = match code.others.first() {
        Some(other) => p.pick(format!("1  打开网址（或 {other}）"), format!("1  Open this address (or {other})")),
        None => p.pick("1  打开网址", "1  Open this address").to_owned(),
    };
    let steps = [
        (opening, code.address.clone(), title),
        (p.pick(chinese, english).to_owned(), format!("{begins}…"), body),
        (typing, typed, large),
    ];
    let label = p.regular(p.sizes.small, c.muted, c.surface);
    let high = |how: Type| how.size * 3 / 2;
    let total = steps.iter().map(|(_, _, how)| high(label) + high(*how) + p.sizes.gap).sum::<u32>();
    let mut block = inside.middle(Size::new(inside.size.width, total - p.sizes.gap));
    for (words, value, how) in steps {
        let row = block.cut_top(high(label));
        p.say(row, &words, label, Align::Left);
        let row = block.cut_top(high(how));
        p.say(row, &value, how, Align::Left);
        block.cut_top(p.sizes.gap);
    }
}

/// As large as asked, or as the room allows: a code that ends in dots opens nothing.
fn fitting(p: &Painter, text: &str, how: Type, room: u32) -> Type {
    let size = (1..=how.size).rev().find(|size| p.width(text, Type { size: *size, ..how }) <= room);
    Type { size: size.unwrap_or(1), ..how }
}

/// The address as a QR code: dark on light in both themes, because not every phone reads the opposite.
pub(super) fn by_phone(p: &mut Painter, area: Rectangle, address: &str) {
    let c = p.colours;
    let Ok(code) = QrCode::new(address) else { return };
    let caption = p.sizes.small * 3 / 2;
    let room = area.size.width.min(area.size.height.saturating_sub(caption)) as i32;
    let width = code.width() as i32;
    let module = (room / (width + 2 * QUIET)).max(1);
    let side = (module * (width + 2 * QUIET)) as u32;
    let mut block = area.middle(Size::new(area.size.width, side + caption));
    let place = block.cut_top(side).middle(Size::new_equal(side));
    p.rounded(place, p.sizes.radius, Rgb888::WHITE, c.surface);
    for (index, _) in (0..).zip(code.to_colors()).filter(|(_, colour)| *colour == Color::Dark) {
        let at = place.top_left + Point::new(QUIET + index % width, QUIET + index / width) * module;
        p.fill(Rectangle::new(at, Size::new_equal(module as u32)), Rgb888::BLACK);
    }
    let words = p.pick("扫码打开网址", "The address for a phone");
    p.say(block, words, p.regular(p.sizes.small, c.muted, c.surface), Align::Centre);
}
