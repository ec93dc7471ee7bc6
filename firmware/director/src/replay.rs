//! Directs a lesson again from its log: the same cuts with the same rules, others with others.

use std::ops::Range;

use ketang_hal::role::PictureRole;

use crate::director::{Decision, Director};
use crate::input::Input;
use crate::rules::Rules;
use crate::time::Ms;

/// The cuts of a lesson that was told these inputs, in the order of their times. Times outside `lesson` are left out.
pub fn replay(
    rules: Rules,
    inputs: &[PictureRole],
    told: impl IntoIterator<Item = Input>,
    lesson: Range<Ms>,
) -> Vec<Decision> {
    let mut director = Director::new(rules, inputs, lesson.start);
    let told = told.into_iter().take_while(|input| input.at < lesson.end);
    let mut cuts: Vec<Decision> = told.flat_map(|input| director.step(input)).collect();
    cuts.extend(director.step(Input::time(lesson.end)));
    cuts
}
