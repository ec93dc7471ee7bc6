//! Nobody answers: the panel knows nothing, and says that a recording does not depend on it.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use lucide_icons::Icon;

use crate::area::Cut;
use crate::painter::{Align, Painter};

pub(super) fn draw(p: &mut Painter, area: Rectangle) {
    let c = p.colours;
    let area = area.inset(p.sizes.pad, p.sizes.pad);
    let icon = p.sizes.clock;
    let mut block = area.middle(Size::new(area.size.width, icon + p.sizes.head * 2 + p.sizes.title * 4));
    let place = block.cut_top(icon).center();
    p.icon(place, Icon::RefreshCw, icon / 2, c.muted, c.ground);
    let row = block.cut_top(p.sizes.head * 2);
    let words = p.pick("正在连接录播主机…", "Looking for the host…");
    p.say(row, words, p.bold(p.sizes.head, c.ink, c.ground), Align::Centre);
    let words = p.pick(
        "录制由主机完成，不靠这块屏幕：正在录的课会继续录。一分钟后仍是这样，请告诉管理员。",
        "The host records without this screen: a lesson that runs goes on. If this stays for a minute, tell your administrator.",
    );
    let text = block.middle(Size::new(area.size.width * 4 / 5, block.size.height));
    p.paragraph(text, words, p.regular(p.sizes.title * 4 / 5, c.muted, c.ground), Align::Centre, 3);
}
