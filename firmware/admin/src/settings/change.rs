//! Settings as tables: what differs between two of them, and one person's changes laid over another's.

use std::collections::BTreeSet;

use ketang_protocol::settings::KEPT;
use toml::{Table, Value};

/// The parts of a key, such as `recording` and `tracks`.
pub(crate) type Key = Vec<String>;

/// A key that differs between two states of the settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    key: Key,
    before: Option<Value>,
    after: Option<Value>,
}

impl Change {
    /// Such as `recording.track-kbit: 2500 → 3000`. A password is never told.
    pub(crate) fn words(&self) -> String {
        let is_password = self.key.last().is_some_and(|part| part == "password");
        let words = |value: &Option<Value>| match value {
            None => "–".to_owned(),
            Some(_) if is_password => KEPT.to_owned(),
            Some(value) => value.to_string(),
        };
        format!("{}: {} → {}", self.key.join("."), words(&self.before), words(&self.after))
    }
}

/// The parts of a key that is written with dots, none of which stands in a part.
pub(crate) fn key(dotted: &str) -> Key {
    dotted.split('.').map(str::to_owned).collect()
}

pub(crate) fn get<'a>(table: &'a Table, key: &[String]) -> Option<&'a Value> {
    let (first, rest) = key.split_first()?;
    let value = table.get(first)?;
    if rest.is_empty() { Some(value) } else { get(value.as_table()?, rest) }
}

/// Sets a key, or takes it away with the sections that are empty without it.
pub(crate) fn put(table: &mut Table, key: &[String], value: Option<Value>) {
    let Some((first, rest)) = key.split_first() else { return };
    match value {
        Some(value) if rest.is_empty() => {
            table.insert(first.clone(), value);
        }
        None if rest.is_empty() => {
            table.remove(first);
        }
        value => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { return };
            put(inner, rest, value);
            if inner.is_empty() {
                table.remove(first);
            }
        }
    }
}

/// The keys that have a value which is no table.
fn keys(table: &Table) -> Vec<Key> {
    let below = |(part, value): (&String, &Value)| -> Vec<Key> {
        match value {
            Value::Table(inner) => keys(inner).into_iter().map(|rest| [vec![part.clone()], rest].concat()).collect(),
            _ => vec![vec![part.clone()]],
        }
    };
    table.iter().flat_map(below).collect()
}

/// What became of `before` in `after`.
pub(crate) fn changes(before: &Table, after: &Table) -> Vec<Change> {
    let all: BTreeSet<Key> = keys(before).into_iter().chain(keys(after)).collect();
    let change = |key: Key| Change { before: get(before, &key).cloned(), after: get(after, &key).cloned(), key };
    all.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

/// What one person made of `before`, laid over what another has made of it.
pub(crate) fn laid_over(before: &Table, mine: &Table, theirs: &Table) -> Table {
    let mut both = theirs.clone();
    for change in changes(before, mine) {
        put(&mut both, &change.key, change.after);
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    const BEFORE: &str = "[host]\nname = \"a\"\n[recording]\ntrack-kbit = 2500\ntracks = [\"hdmi\"]\n";

    #[test]
    fn changes_are_told_key_by_key() {
        let after = "[recording]\ntrack-kbit = 3000\ntracks = [\"hdmi\"]\n[scenes.\"板书\"]\nlayout = \"single\"";
        let told: Vec<String> = changes(&table(BEFORE), &table(after)).iter().map(Change::words).collect();
        assert_eq!(
            told,
            ["host.name: \"a\" → –", "recording.track-kbit: 2500 → 3000", "scenes.板书.layout: – → \"single\""]
        );
        assert!(changes(&table(BEFORE), &table(BEFORE)).is_empty());
    }

    #[test]
    fn a_password_is_not_told() {
        let camera = |password: &str| table(&format!("[inputs.hdmi]\npassword = \"{password}\""));
        let [change] = &changes(&camera(KEPT), &camera("tiger"))[..] else { panic!("one change") };
        assert_eq!(change.words(), format!("inputs.hdmi.password: {KEPT} → {KEPT}"));
    }

    #[test]
    fn nothing_of_two_people_is_lost() {
        let mine = table("[host]\nname = \"mine\"\n[recording]\ntrack-kbit = 2500\ntracks = [\"hdmi\"]\n");
        let theirs = table("[host]\nname = \"theirs\"\n[recording]\ntrack-kbit = 3000\n[sound]\ngain-control = false");
        let both = laid_over(&table(BEFORE), &mine, &theirs);
        let wanted = "[host]\nname = \"mine\"\n[recording]\ntrack-kbit = 3000\n[sound]\ngain-control = false";
        assert_eq!(both, table(wanted));
        // What one took away stays away.
        let without = table("[recording]\ntrack-kbit = 2500\ntracks = [\"hdmi\"]\n");
        assert!(get(&laid_over(&table(BEFORE), &without, &theirs), &key("host.name")).is_none());
    }

    #[test]
    fn a_key_is_set_and_taken_away() {
        let mut settings = Table::new();
        put(&mut settings, &key("lesson.planned"), Some("40min".into()));
        assert_eq!(get(&settings, &key("lesson.planned")).and_then(Value::as_str), Some("40min"));
        put(&mut settings, &key("lesson.longest"), None);
        put(&mut settings, &key("lesson.planned"), None);
        assert!(settings.is_empty(), "{settings}");
    }
}
