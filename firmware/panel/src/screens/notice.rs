//! What the host refused, over everything for some seconds.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::command::RefusalCode;
use lucide_icons::Icon;

use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::view::View;

pub(super) fn draw(p: &mut Painter, whole: Rectangle, view: &View) {
    let Some((refusal, _)) = &view.notice else { return };
    let c = p.colours;
    let mut area = whole.inset(p.sizes.pad, p.sizes.pad);
    let place = area.cut_bottom(p.sizes.button * 3 / 2);
    p.rounded(place, p.sizes.radius, c.ink, c.ground);
    let mut inside = place.inset(p.sizes.pad, 0);
    let mark = inside.cut_left(p.sizes.title).center();
    p.icon(mark, Icon::CircleAlert, p.sizes.title, c.ground, c.ink);
    inside.cut_left(p.sizes.gap);
    let head = match refusal.code {
        RefusalCode::WrongState => p.pick("现在不能这样做", "Not now"),
        RefusalCode::NotFound => p.pick("主机没有这一项", "The host has no such thing"),
        RefusalCode::ChangedMeanwhile => p.pick("刚才有其他人改动了它", "Somebody else has just changed this"),
        RefusalCode::Invalid => p.pick("主机不接受", "The host does not take this"),
        RefusalCode::NoSpace => p.pick("磁盘已满，请联系管理员", "The disk is full: tell your administrator"),
        RefusalCode::Failed => p.pick("没有成功，请重试", "This failed: try again"),
        RefusalCode::Unavailable => p.pick("主机暂时没有响应，请重试", "The host does not answer: try again"),
    };
    let mut block = inside.middle(Size::new(inside.size.width, p.sizes.title * 3 / 2 + p.sizes.small * 3 / 2));
    let row = block.cut_top(p.sizes.title * 3 / 2);
    p.say(row, head, p.bold(p.sizes.title * 7 / 8, c.ground, c.ink), Align::Left);
    let words = p.pick(&refusal.chinese, &refusal.english);
    p.say(block, words, p.regular(p.sizes.small, c.ground, c.ink), Align::Left);
}
