//! Words, figures and columns as a person reads them.

use console::{measure_text_width, pad_str};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ketang_hal::role::Role;
use ketang_protocol::command::Shot;
use ketang_protocol::directing::Mode;
use ketang_protocol::lesson::Outcome;

use crate::lang::Lang;

/// Lays out rows in columns of equal width, whatever the script; `indent` spaces before each.
pub(crate) fn table(rows: &[Vec<String>], indent: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| pad_str(cell, *width, console::Alignment::Left, None));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(&" ".repeat(indent));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `00:12:34`
pub(crate) fn clock(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `412 MB`, of 10⁶ bytes as disks and HB-5 count.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

/// A day and time where the reader is.
pub(crate) fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A level as a small bar, from -60 to 0 dBFS, with the peak as a line in it.
pub(crate) fn level(level_dbfs: f32, peak_dbfs: f32) -> String {
    const CELLS: usize = 12;
    // A level that is no number shows as silence.
    let cells = |dbfs: f32| ((dbfs + 60.0) / 60.0 * CELLS as f32).round().clamp(0.0, CELLS as f32) as usize;
    let (level, peak) = (cells(level_dbfs), cells(peak_dbfs));
    let cell = |index: usize| match index {
        _ if index < level => '█',
        _ if index + 1 == peak => '|',
        _ => '·',
    };
    (0..CELLS).map(cell).collect()
}

pub(crate) fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Picture(role) => lang.pick(role.chinese(), role.english()),
        Role::Sound(role) => lang.pick(role.chinese(), role.english()),
    }
}

/// `side-by-side: teacher-panorama, hdmi`: as it would be typed.
pub(crate) fn mode(mode: Mode, lang: Lang) -> &'static str {
    match mode {
        Mode::Automatic => lang.pick("自动", "automatic"),
        Mode::SemiAutomatic => lang.pick("半自动", "semi-automatic"),
        Mode::Manual => lang.pick("手动", "manual"),
    }
}

pub(crate) fn shot(shot: &Shot) -> String {
    let inputs: Vec<&str> = shot.inputs.iter().map(|role| role.as_str()).collect();
    format!("{}: {}", shot.layout, inputs.join(", "))
}

pub(crate) fn outcome(outcome: &Outcome, lang: Lang) -> String {
    match outcome {
        Outcome::Recording => lang.pick("录制中", "Recording").into(),
        Outcome::Paused => lang.pick("已暂停", "PAUSED").into(),
        Outcome::Finishing => lang.pick("整理中", "Finishing").into(),
        Outcome::Kept => lang.pick("已保存", "Kept").into(),
        Outcome::KeptWithGaps => lang.pick("已保存（有缺口）", "Kept with gaps").into(),
        Outcome::NobodyCame => lang.pick("无人上课", "Nobody came").into(),
        Outcome::Failed { why } => lang.pick(format!("失败：{}", why.chinese), format!("FAILED: {}", why.english)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_straight_in_both_scripts() {
        let rows = [
            vec!["教师全景".to_owned(), "live".to_owned()],
            vec!["Computer".to_owned(), "LOST".to_owned(), "x".to_owned()],
        ];
        assert_eq!(table(&rows, 2), "  教师全景  live\n  Computer  LOST  x\n");
    }

    #[test]
    fn levels_are_bars() {
        assert_eq!(level(-30.0, -10.0), "██████···|··");
        assert_eq!(level(0.0, 0.0), "████████████");
        assert_eq!(level(-120.0, -120.0), "············");
        assert_eq!(level(f32::NAN, f32::NAN), "············");
    }

    #[test]
    fn figures_have_units() {
        assert_eq!(clock(3723.9), "01:02:03");
        assert_eq!([bytes(900_000), bytes(412_000_000), bytes(182_000_000_000)], ["900 kB", "412 MB", "182 GB"]);
    }
}
