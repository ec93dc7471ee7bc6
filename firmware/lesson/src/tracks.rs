//! The names of tracks and of their files, and which track is worth least when the disk fills.

/// What a full disk takes first comes first. A name that is not listed goes before all of these.
pub const LOWEST_VALUE_FIRST: [&str; 9] = [
    "students-closeup",
    "students-panorama",
    "teacher-closeup",
    "board",
    "teacher-panorama",
    "hdmi",
    "sound-fallback",
    "sound",
    "programme",
];

/// The file of a track's part; parts are numbered from 1.
pub fn part_file(track: &str, number: u32) -> String {
    format!("{track}-{number:04}.mp4")
}

/// The track and part number of a file's name; `None` for other files.
pub fn parse_part_file(file: &str) -> Option<(&str, u32)> {
    let (track, number) = file.strip_suffix(".mp4")?.rsplit_once('-')?;
    let plain = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|&number| number > 0)?;
    (plain && !track.is_empty()).then_some((track, number))
}

/// Sorts tracks, those of lowest value first. `order` may be shorter or longer than the default.
pub fn by_value<'a>(tracks: impl IntoIterator<Item = &'a str>, order: &[impl AsRef<str>]) -> Vec<&'a str> {
    let rank = |track: &str| order.iter().position(|name| name.as_ref() == track);
    let mut sorted: Vec<&str> = tracks.into_iter().collect();
    sorted.sort_by_key(|track| rank(track));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_read_as_they_are_written() {
        assert_eq!(part_file("teacher-panorama", 7), "teacher-panorama-0007.mp4");
        for (track, number) in [("programme", 1), ("teacher-panorama", 12_345)] {
            assert_eq!(parse_part_file(&part_file(track, number)), Some((track, number)));
        }
        for other in ["hdmi.mp4", "-0001.mp4", "hdmi-1.mp4", "hdmi-0000.mp4", "hdmi-0001.mp4.tmp", "hdmi-+001.mp4", ""]
        {
            assert_eq!(parse_part_file(other), None, "{other}");
        }
    }

    #[test]
    fn the_programme_goes_last_and_the_unknown_first() {
        let tracks = ["programme", "hdmi", "students-closeup", "sound-fallback", "drone", "teacher-panorama"];
        let sorted = by_value(tracks, &LOWEST_VALUE_FIRST);
        assert_eq!(sorted, ["drone", "students-closeup", "teacher-panorama", "hdmi", "sound-fallback", "programme"]);
    }
}
