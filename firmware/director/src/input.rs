//! What the director is told: observations and orders, each with its time. One line of the lesson's log each.

use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;
use serde::{Deserialize, Serialize};

use crate::observation::Observation;
use crate::time::Ms;

/// Something that the director is told, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// When the director is told, not when it was seen: times never go back.
    pub at: Ms,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Seen(Observation),
    Told(Order),
    /// Nothing but that it is now so late. Need not be logged: a replay does without.
    Time {},
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// A cut by hand. The same shot again cuts nothing and begins the countdown anew.
    Show {
        shot: Shot,
        /// The surface it comes from, such as `panel`.
        from: String,
    },
    /// Who cuts from now on. `automatic` also ends a countdown.
    Mode { mode: Mode, from: String },
}

impl Input {
    pub fn seen(at: Ms, observation: Observation) -> Self {
        Self { at, what: What::Seen(observation) }
    }

    pub fn told(at: Ms, order: Order) -> Self {
        Self { at, what: What::Told(order) }
    }

    pub fn time(at: Ms) -> Self {
        Self { at, what: What::Time {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Computer, Screen};

    #[test]
    fn an_input_is_one_short_line() {
        let seen = Input::seen(Ms(1240), Observation::Computer(Computer { screen: Some(Screen::Video) }));
        let line = serde_json::to_string(&seen).unwrap();
        assert_eq!(line, r#"{"at":1240,"seen":{"of":"computer","screen":"video"}}"#);
        assert_eq!(serde_json::from_str::<Input>(&line).unwrap(), seen);
        let order = Input::told(Ms(3), Order::Mode { mode: Mode::SemiAutomatic, from: "panel".into() });
        let line = serde_json::to_string(&order).unwrap();
        assert_eq!(line, r#"{"at":3,"told":{"order":"mode","mode":"semi-automatic","from":"panel"}}"#);
        assert_eq!(serde_json::from_str::<Input>(&line).unwrap(), order);
    }
}
