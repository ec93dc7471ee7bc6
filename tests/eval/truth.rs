//! Truths beside clips: rows that begin with a time. Written by hand and by programs of many kinds, so what can be meant is
//! taken as meant: comments and empty lines anywhere, a heading, lines that end as another system ends them, rows in any order.

use std::path::Path;

use ketang_tracker::area::Area;

/// Where the person really is at a time; `None`: nobody is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Truth {
    pub(crate) at: f64,
    pub(crate) area: Option<Area>,
}

pub(crate) fn read_truth(path: &Path) -> Result<Vec<Truth>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    truths(&text).map_err(|wrong| format!("{}:{wrong} is not t_seconds,x,y,w,h", path.display()))
}

fn truths(text: &str) -> Result<Vec<Truth>, String> {
    rows(text, |at, fields| {
        let area = match fields.get(..4).unwrap_or(fields) {
            none if none.iter().all(|field| field.is_empty()) => None,
            some => {
                let numbers: Vec<f32> =
                    some.iter().filter_map(|field| number(field)).map(|field| field as f32).collect();
                let &[x, y, width, height] = numbers.as_slice() else { return None };
                (width > 0.0 && height > 0.0).then_some(Area::new(x, y, width, height))
            }
        };
        Some(Truth { at, area })
    })
    .map(|mut truths: Vec<Truth>| {
        truths.sort_by(|a, b| a.at.total_cmp(&b.at));
        truths
    })
}

/// What each row with a time tells. A row without one tells nothing; the error is the line and what stands there.
pub(crate) fn rows<T>(text: &str, mut read: impl FnMut(f64, &[&str]) -> Option<T>) -> Result<Vec<T>, String> {
    let mut told = Vec::new();
    for (line, row) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let row = row.split('#').next().unwrap_or_default().trim();
        let fields: Vec<&str> = row.split(',').map(|field| field.trim().trim_matches('"')).collect();
        let wrong = || format!("{}: `{row}`", line + 1);
        match number(fields[0]) {
            Some(at) => told.push(read(at, &fields[1..]).ok_or_else(wrong)?),
            None if fields[0].is_empty() || told.is_empty() && fields[0].starts_with(char::is_alphabetic) => {}
            None => return Err(wrong()),
        }
    }
    Ok(told)
}

fn number(field: &str) -> Option<f64> {
    field.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(at: f64) -> Truth {
        Truth { at, area: Some(Area::new(0.1, 0.2, 0.3, 0.4)) }
    }

    #[test]
    fn rows_are_read_as_they_are_meant() {
        let nobody = |at| Truth { at, area: None };
        for text in [
            "t_seconds,x,y,w,h\n0,,,,\n1,0.1,0.2,0.3,0.4\n",
            "\u{feff}# by hand\r\n\r\nt_seconds,x,y,w,h\r\n0,,,,\r\n# the teacher comes\r\n1,0.1,0.2,0.3,0.4\r\n",
            "1,0.1,0.2,0.3,0.4,a note\n0,0,0,0,0\n",
            "  0\n 1.0 , 0.1, 0.2, 0.3, 0.4 # here\n,0.5,0.5,0.1,0.1\n",
        ] {
            assert_eq!(truths(text).unwrap(), [nobody(0.0), somebody(1.0)], "{text}");
        }
        assert_eq!(truths("").unwrap(), []);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (text, line) in [
            ("1,0.1,0.2,0.3,0.4\nsoon,,,,", "2: `soon,,,,`"),
            ("1,0.1,0.2", "1: `1,0.1,0.2`"),
            ("# none\n1,a,b,c,d", "2: `1,a,b,c,d`"),
            ("nan,0.1,0.2,0.3,0.4\ninf,,,,\n", ""),
        ] {
            match truths(text) {
                Err(wrong) => assert_eq!(wrong, line),
                Ok(read) => assert!(line.is_empty() && read.is_empty(), "{text}: {read:?}"),
            }
        }
    }
}
