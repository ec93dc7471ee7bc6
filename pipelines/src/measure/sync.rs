//! Pairs each flash with its beep.

use ketang_hal::figures::SyncFigures;

/// Flashes are a second apart: a beep farther away belongs to another.
const FARTHEST: f64 = 0.5;

/// Whether no other flash is so near that their beeps could be taken for each other, as where a pause was cut out.
fn stands_alone(flashes: &[f64], index: usize) -> bool {
    let apart = |other: Option<&f64>| other.is_none_or(|other| (other - flashes[index]).abs() > FARTHEST);
    apart(index.checked_sub(1).and_then(|before| flashes.get(before))) && apart(flashes.get(index + 1))
}

/// `None` where most flashes have no beep: then nothing beeps, and what was found are sounds of the room.
pub(super) fn pair(flashes: &[f64], beeps: &[f64]) -> Option<SyncFigures> {
    let mut offsets: Vec<(f64, f64)> = Vec::new();
    let mut rest = beeps;
    for (_, &flash) in flashes.iter().enumerate().filter(|(index, _)| stands_alone(flashes, *index)) {
        let early = rest.iter().take_while(|&&beep| beep < flash - FARTHEST).count();
        rest = &rest[early..];
        let near = rest.iter().take_while(|&&beep| beep <= flash + FARTHEST);
        let nearest = near.map(|beep| beep - flash).min_by(|a, b| a.abs().total_cmp(&b.abs()));
        offsets.extend(nearest.map(|offset| (offset * 1e3, flash)));
    }
    if offsets.is_empty() || offsets.len() * 2 < flashes.len() {
        return None;
    }
    offsets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median_ms, _) = offsets[offsets.len() / 2];
    let ends = [offsets[0], offsets[offsets.len() - 1]];
    let [low, high] = ends;
    let (worst_ms, worst_at) = if low.0.abs() > high.0.abs() { low } else { high };
    Some(SyncFigures { pairs: offsets.len() as u64, median_ms, worst_ms, worst_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flash_finds_its_own_beep() {
        let sync = pair(&[0.0, 1.0, 2.0, 3.0], &[0.01, 1.01, 1.97, 3.01]).unwrap();
        assert_eq!((sync.pairs, sync.worst_at), (4, 2.0));
        assert!((sync.worst_ms + 30.0).abs() < 1e-6 && (sync.median_ms - 10.0).abs() < 1e-6, "{sync:?}");
    }

    #[test]
    fn flashes_that_a_cut_brought_together_are_left_out() {
        let sync = pair(&[0.0, 1.0, 1.09, 2.09], &[0.0, 1.0, 2.09]).unwrap();
        assert_eq!((sync.pairs, sync.worst_ms), (2, 0.0));
    }

    #[test]
    fn without_beeps_nothing_is_known() {
        assert_eq!(pair(&[0.0, 1.0, 2.0], &[]), None);
        assert_eq!(pair(&[], &[0.5]), None);
        assert_eq!(pair(&[0.0, 1.0, 2.0], &[1.2]), None);
    }
}
