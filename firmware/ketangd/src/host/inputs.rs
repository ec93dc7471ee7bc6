//! What is known of each input: whether it lives, since when, how often it was lost.

use std::collections::BTreeMap;

use ketang_hal::role::{PictureRole, Role, SoundRole};

/// One input's state.
#[derive(Clone, Debug)]
pub(super) struct InputState {
    pub(super) address: String,
    pub(super) live: bool,
    /// In words: the reason while lost.
    pub(super) detail: String,
    pub(super) losses: u64,
}

/// Every configured input.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    states: BTreeMap<Role, InputState>,
}

impl Inputs {
    pub(super) fn add(&mut self, role: Role, address: String) {
        let state = InputState { address, live: false, detail: "not opened yet".into(), losses: 0 };
        self.states.insert(role, state);
    }

    /// Notes a loss, or another reason for one that is known. Returns whether the input was live until now.
    pub(super) fn lost(&mut self, role: Role, why: &str) -> bool {
        let Some(state) = self.states.get_mut(&role) else { return false };
        state.losses += u64::from(state.live);
        state.detail = why.to_owned();
        std::mem::replace(&mut state.live, false)
    }

    pub(super) fn back(&mut self, role: Role) {
        if let Some(state) = self.states.get_mut(&role) {
            state.live = true;
            state.detail = String::new();
        }
    }

    /// Inputs that are lost now, with the reason.
    pub(super) fn all_lost(&self) -> Vec<(Role, String)> {
        self.states.iter().filter(|(_, state)| !state.live).map(|(role, state)| (*role, state.detail.clone())).collect()
    }

    pub(super) fn pictures(&self) -> impl Iterator<Item = (PictureRole, &InputState)> {
        self.states.iter().filter_map(|(role, state)| match role {
            Role::Picture(role) => Some((*role, state)),
            Role::Sound(_) => None,
        })
    }

    pub(super) fn sounds(&self) -> impl Iterator<Item = (SoundRole, &InputState)> {
        self.states.iter().filter_map(|(role, state)| match role {
            Role::Sound(role) => Some((*role, state)),
            Role::Picture(_) => None,
        })
    }
}
