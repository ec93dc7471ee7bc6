//! Who did what, and which alarms came and went.

use jiff::Timestamp;
use ketang_protocol::snapshot::Alarm;
use rusqlite::{Row, params};

use super::{Store, StoreError};

/// So many alarms are kept, and so many lines of what was done.
const KEPT: i64 = 20_000;
/// So many lines of what was refused: it cannot push out what was done.
const REFUSED_KEPT: i64 = 5_000;
/// The oldest are thrown away each so many lines.
const CLEARED_EACH: i64 = 100;

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deed {
    /// Unix time.
    pub(crate) at: i64,
    /// The account's name, as it was given.
    pub(crate) who: String,
    pub(crate) address: String,
    pub(crate) what: String,
    pub(crate) ok: bool,
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlarmLine {
    pub(crate) alarm: Alarm,
    /// Unix times.
    pub(crate) raised: i64,
    pub(crate) cleared: Option<i64>,
}

fn input(alarm: &Alarm) -> &'static str {
    alarm.input.map_or("", ketang_hal::role::Role::as_str)
}

fn same(one: &Alarm, other: &Alarm) -> bool {
    (&one.alarm, one.input) == (&other.alarm, other.input)
}

impl Store {
    pub(crate) fn note(&self, deed: &Deed) -> Result<(), StoreError> {
        let Deed { at, who, address, what, ok } = deed;
        self.with(|db| {
            db.prepare_cached("INSERT INTO deeds (at, who, address, what, ok) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![at, who, address, what, ok])?;
            if db.last_insert_rowid() % CLEARED_EACH != 0 {
                return Ok(());
            }
            let oldest = "DELETE FROM deeds WHERE ok = ?1 AND id <= \
                (SELECT id FROM deeds WHERE ok = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
            for (ok, kept) in [(true, KEPT), (false, REFUSED_KEPT)] {
                db.execute(oldest, params![ok, kept])?;
            }
            Ok(())
        })
    }

    /// The newest lines of the audit log.
    pub(crate) fn deeds(&self, most: u32) -> Result<Vec<Deed>, StoreError> {
        let deed = |row: &Row<'_>| {
            Ok(Deed { at: row.get(0)?, who: row.get(1)?, address: row.get(2)?, what: row.get(3)?, ok: row.get(4)? })
        };
        let sql = "SELECT at, who, address, what, ok FROM deeds ORDER BY id DESC LIMIT ?1";
        self.with(|db| db.prepare_cached(sql)?.query_map([most], deed)?.collect())
    }

    /// Brings the alarms into line with those that are raised now.
    pub(crate) fn see_alarms(&self, now: Timestamp, raised: &[Alarm]) -> Result<(), StoreError> {
        let open: Vec<(i64, Alarm)> = self.with(|db| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, alarm(row)?));
            let sql = "SELECT id, alarm, input, chinese, english FROM alarms WHERE cleared IS NULL";
            db.prepare_cached(sql)?.query_map([], row)?.collect()
        })?;
        let gone = open.iter().filter(|(_, alarm)| !raised.iter().any(|one| same(one, alarm)));
        let new = raised.iter().filter(|alarm| !open.iter().any(|(_, one)| same(one, alarm)));
        let (gone, new): (Vec<_>, Vec<_>) = (gone.collect(), new.collect());
        if gone.is_empty() && new.is_empty() {
            return Ok(());
        }
        self.with(|db| {
            let change = db.transaction()?;
            for (id, _) in gone {
                change.execute("UPDATE alarms SET cleared = ?2 WHERE id = ?1", params![id, now.as_second()])?;
            }
            for alarm in new {
                change.execute(
                    "INSERT INTO alarms (alarm, input, chinese, english, raised) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![alarm.alarm, input(alarm), alarm.chinese, alarm.english, now.as_second()],
                )?;
            }
            change.execute("DELETE FROM alarms WHERE id <= (SELECT max(id) FROM alarms) - ?1", [KEPT])?;
            change.commit()
        })
    }

    /// The newest alarms, raised and cleared.
    pub(crate) fn alarms(&self, most: u32) -> Result<Vec<AlarmLine>, StoreError> {
        let line = |row: &Row<'_>| Ok(AlarmLine { alarm: alarm(row)?, raised: row.get(5)?, cleared: row.get(6)? });
        let sql = "SELECT id, alarm, input, chinese, english, raised, cleared FROM alarms ORDER BY id DESC LIMIT ?1";
        self.with(|db| db.prepare_cached(sql)?.query_map([most], line)?.collect())
    }
}

fn alarm(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    let input: String = row.get(2)?;
    let (chinese, english) = (row.get(3)?, row.get(4)?);
    Ok(Alarm { alarm: row.get(1)?, input: input.parse().ok(), chinese, english, for_it: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::in_memory;

    fn lost(input: &str) -> Alarm {
        let (chinese, english) = ("断".into(), "lost".into());
        Alarm { alarm: "input-lost".into(), input: input.parse().ok(), chinese, english, for_it: false }
    }

    #[test]
    fn alarms_come_and_go() {
        let store = in_memory();
        let at = |second| Timestamp::from_second(second).unwrap();
        store.see_alarms(at(1), &[lost("hdmi")]).unwrap();
        store.see_alarms(at(2), &[lost("hdmi"), lost("board")]).unwrap();
        store.see_alarms(at(3), &[lost("board")]).unwrap();
        let told = store.alarms(10).unwrap();
        let told: Vec<_> = told.iter().map(|line| (input(&line.alarm), line.raised, line.cleared)).collect();
        assert_eq!(told, [("board", 2, None), ("hdmi", 1, Some(3))]);
    }

    #[test]
    fn what_was_refused_does_not_push_out_what_was_done() {
        let store = in_memory();
        let deed = |at, ok| Deed { at, who: "li".into(), address: "::1".into(), what: "x".into(), ok };
        store.note(&deed(0, true)).unwrap();
        (1..=30_000).for_each(|at| store.note(&deed(at, false)).unwrap());
        let all = store.deeds(u32::MAX).unwrap();
        assert_eq!(all.iter().filter(|deed| deed.ok).count(), 1, "it is still there");
        let refused = all.len() - 1;
        assert!((5_000..5_100).contains(&refused), "{refused}");
    }

    #[test]
    fn the_newest_deeds_come_first() {
        let store = in_memory();
        let deed = |at| Deed { at, who: "li".into(), address: "::1".into(), what: "start".into(), ok: true };
        (1..=3).for_each(|at| store.note(&deed(at)).unwrap());
        assert_eq!(store.deeds(2).unwrap(), [deed(3), deed(2)]);
    }
}
