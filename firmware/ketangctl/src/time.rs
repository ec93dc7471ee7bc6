//! Times as a person types them: `90s`, `45min`, `1h30min`, `1:30`, `12:30.5`, `1:02:03`.

/// Reads a time, in seconds.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a time: write 90s, 45min, 1h30min, 1:30, 12:30.5 or 1:02:03");
    if text.contains(':') { clock(text) } else { span(text) }.ok_or_else(wrong)
}

/// Reads a length of at least a second, in whole seconds.
pub(crate) fn whole_seconds(text: &str) -> Result<u64, String> {
    match seconds(text)? {
        seconds if seconds >= 1.0 => Ok(seconds.round() as u64),
        _ => Err(format!("`{text}` is too short: write at least 1s")),
    }
}

/// `12:30.5`: seconds last, the rest in sixties.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split(':').collect();
    let (seconds, upper) = parts.split_last()?;
    let digits = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    if upper.len() > 2
        || whole.len() != 2
        || !digits(whole)
        || !digits(fraction)
        || !upper.iter().all(|part| digits(part))
    {
        return None;
    }
    // Only the first part may be 60 or more.
    let below_sixty = |part: &str| part.parse::<u32>().is_ok_and(|number| number < 60);
    if !parts[1..].iter().all(|part| below_sixty(part.split('.').next().unwrap_or_default())) {
        return None;
    }
    let seconds: f64 = seconds.parse().ok()?;
    upper.iter().try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?)).map(|sum| sum * 60.0 + seconds)
}

fn span(text: &str) -> Option<f64> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    (!span.is_negative()).then(|| span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, wanted) in [
            ("90s", 90.0),
            ("45min", 2700.0),
            ("1h30min", 5400.0),
            ("500ms", 0.5),
            ("1:30", 90.0),
            ("0:00", 0.0),
            ("12:30.5", 750.5),
            ("90:00", 5400.0),
            ("1:02:03", 3723.0),
            ("1:02:03.25", 3723.25),
        ] {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
        assert_eq!(whole_seconds("45min"), Ok(2700));
    }

    #[test]
    fn what_is_not_a_time_says_what_is() {
        for text in [
            "", "90", "x", "1:5", "1:60", "1:60:00", "1:2:3:04", "-1:30", "-90s", "1:3a", ":30", "1:30.", "1:+9",
            "nan:00",
        ] {
            let error = seconds(text).unwrap_err();
            assert!(error.contains("write 90s, 45min"), "{text}: {error}");
        }
        assert!(whole_seconds("0s").unwrap_err().contains("at least 1s"));
    }
}
