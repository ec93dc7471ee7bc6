//! What lies over everything: what the host refused, for some seconds, and that touches do not come, until they do again.

use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use ketang_protocol::command::RefusalCode;
use lucide_icons::Icon;

use crate::area::Cut;
use crate::painter::{Align, Painter};
use crate::view::View;

pub(super) fn draw(p: &mut Painter, whole: Rectangle, view: &View) {
    if let Some((refusal, _)) = &view.notice {
        let head = refused(p, refusal.code);
        card(p, whole, Icon::CircleAlert, head, p.pick(&refusal.chinese, &refusal.english));
    } else if view.untouchable {
        // Nobody can choose a language now.
        let head = "触摸屏没有反应，正在恢复 · Touch does not work, it is being restored";
        let words =
            "录制不受影响，可用墙上的按钮或导播台 · Recording goes on: use the button on the wall or the console";
        card(p, whole, Icon::PointerOff, head, words);
    }
}

fn card(p: &mut Painter, whole: Rectangle, icon: Icon, head: &str, words: &str) {
    let c = p.colours;
    let mut area = whole.inset(p.sizes.pad, p.sizes.pad);
    let place = area.cut_bottom(p.sizes.button * 3 / 2);
    p.rounded(place, p.sizes.radius, c.ink, c.ground);
    let mut inside = place.inset(p.sizes.pad, 0);
    let mark = inside.cut_left(p.sizes.title).center();
    p.icon(mark, icon, p.sizes.title, c.ground, c.ink);
    inside.cut_left(p.sizes.gap);
    let mut block = inside.middle(Size::new(inside.size.width, p.sizes.title * 3 / 2 + p.sizes.small * 3 / 2));
    let row = block.cut_top(p.sizes.title * 3 / 2);
    p.say(row, head, p.bold(p.sizes.title * 7 / 8, c.ground, c.ink), Align::Left);
    p.say(block, words, p.regular(p.sizes.small, c.ground, c.ink), Align::Left);
}

fn refused(p: &Painter, code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::WrongState => p.pick("现在不能这样做", "Not now"),
        RefusalCode::NotFound => p.pick("主机没有这一项", "The host has no such thing"),
        RefusalCode::ChangedMeanwhile => p.pick("刚才有其他人改动了它", "Somebody else has just changed this"),
        RefusalCode::Invalid => p.pick("主机不接受", "The host does not take this"),
        RefusalCode::NoSpace => p.pick("磁盘已满，请联系管理员", "The disk is full: tell your administrator"),
        RefusalCode::Failed => p.pick("没有成功，请重试", "This failed: try again"),
        RefusalCode::Unavailable => p.pick("主机暂时没有响应，请重试", "The host does not answer: try again"),
    }
}
