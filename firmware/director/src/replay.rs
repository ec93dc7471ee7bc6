//! Directs a lesson again from its log: the same cuts with the same rules, others with others.

use ketang_hal::role::PictureRole;

use crate::director::{Decision, Director};
use crate::input::Input;
use crate::rules::Rules;
use crate::time::Ms;

/// The cuts of a lesson that was told these inputs, in the order of their times, up to and with `end`.
pub fn replay(rules: Rules, inputs: &[PictureRole], told: impl IntoIterator<Item = Input>, end: Ms) -> Vec<Decision> {
    let mut director = Director::new(rules, inputs);
    let told = told.into_iter().take_while(|input| input.at <= end);
    let mut cuts: Vec<Decision> = told.flat_map(|input| director.step(input)).collect();
    cuts.extend(director.step(Input::time(end)));
    cuts
}
