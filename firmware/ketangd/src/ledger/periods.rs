//! The periods of the timetable in the ledger: until when all have their outcome, and those that had no lesson. Which lesson was
//! held in a period follows from the lessons' own times.

use jiff::Timestamp;
use ketang_lesson::periods::Held;
use ketang_protocol::lesson::LessonId;
use ketang_protocol::timetable::{Period, PeriodOutcome, PeriodState};
use rusqlite::{OptionalExtension, params};

use super::Ledger;
use crate::folder::StoreError;

pub(super) const MIGRATION: &str = "
    CREATE TABLE periods (begins TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
    CREATE TABLE accounted (until TEXT NOT NULL) STRICT;
";

impl Ledger {
    /// Until when every period has its outcome; absent before the first time.
    pub fn accounted_until(&self) -> Result<Option<Timestamp>, StoreError> {
        let text: Option<String> = self
            .db
            .query_row("SELECT until FROM accounted", [], |row| row.get(0))
            .optional()
            .map_err(|source| self.error(source))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Notes what became of periods that had no lesson, and until when all are accounted for.
    pub fn account(&mut self, missed: &[(Period, PeriodOutcome)], until: Timestamp) -> Result<(), StoreError> {
        let account = |db: &mut rusqlite::Connection| -> rusqlite::Result<()> {
            let change = db.transaction()?;
            for (period, outcome) in missed {
                let state = PeriodState { period: period.clone(), outcome: Some(outcome.clone()) };
                let json = serde_json::to_string(&state).expect("wire types have string keys and no failing part");
                change.execute(
                    "INSERT OR REPLACE INTO periods VALUES (?1, ?2)",
                    params![sortable(period.begins), json],
                )?;
            }
            change.execute("DELETE FROM accounted", [])?;
            change.execute("INSERT INTO accounted VALUES (?1)", [until.to_string()])?;
            change.commit()
        };
        account(&mut self.db).map_err(|source| self.error(source))
    }

    /// The periods without a lesson that began since then, in order.
    pub fn missed_since(&self, since: Timestamp) -> Result<Vec<PeriodState>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<String>> {
            let mut statement =
                self.db.prepare_cached("SELECT json FROM periods WHERE begins >= ?1 ORDER BY begins")?;
            statement.query_map([sortable(since)], |row| row.get(0))?.collect()
        };
        let rows = rows().map_err(|source| self.error(source))?;
        Ok(rows.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
    }

    /// The lessons of this host that started since then, whatever became of them.
    pub fn held_since(&self, since: Timestamp) -> Result<Vec<Held>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
            let mut statement = self.db.prepare_cached(
                "SELECT id, started, ended FROM lessons WHERE host = ?1 AND started >= ?2 ORDER BY started",
            )?;
            statement
                .query_map([&self.host, &since.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        };
        let held = |(id, started, ended): (String, String, Option<String>)| {
            let ended = ended.and_then(|ended| ended.parse().ok());
            Some(Held { lesson: LessonId(id), started: started.parse().ok()?, ended })
        };
        Ok(rows().map_err(|source| self.error(source))?.into_iter().filter_map(held).collect())
    }
}

/// Times of whole seconds, which sort as texts.
fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
