//! `scripts/eval closeup CLIP TRUTH.csv`: the digital close-up of a clip, scored by whether the teacher is in it and how
//! steadily it moves; beside a crop that is plainly smoothed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ketang_director::Ms;
use ketang_tracker::area::Area;
use ketang_tracker::closeup::{CloseUp, Frame};
use ketang_tracker::watcher::Person;
use serde::Serialize;

use crate::clip::{Clip, STUDIO};
use crate::tracking::{Settings, Watched, rounded, watch};
use crate::truth::{Truth, read_truth};

pub(crate) const HELP: &str = "closeup CLIP TRUTH.csv [--video OUT.mp4] [--room ROOM.toml] [--fps 10]
  as tracking; the clip is a camera of the host, which makes it 1920x1080 and shows half of that at least, and
  --video     writes the picture with boxes and crop drawn, and the close-up below it";

/// Frames a second of a programme: so often the crop is asked for.
const PROGRAMME: f64 = 25.0;
/// The plain crop follows the box with this time constant, in seconds.
const PLAIN: f64 = 0.5;
/// The teacher stands still where the truth's centre stays within so much of the teacher's height for this time.
const STILL: f32 = 0.06;
const STILL_FOR: f64 = 4.0;
/// The head is so much of the box, from the top, and so wide in its middle.
const HEAD_HIGH: f32 = 0.12;
const HEAD_WIDE: f32 = 0.3;
/// The picture and the close-up are so large in a film that is written.
const DRAWN: (usize, usize) = (1280, 720);
/// A close-up that is higher than this shows the whole picture.
const WHOLE: f32 = 0.97;
/// Pixels of slack of a truth drawn by hand, in shares of the picture.
const SLACK: f32 = 0.01;

#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    evaluation: &'static str,
    clip: String,
    /// Seconds with somebody, of which the head and the middle of the body were in the close-up in every row.
    seconds_somebody: usize,
    pub(crate) head_inside_seconds: Option<f64>,
    /// Of the rows with somebody, those in which it was closer than the whole picture, which has every head in it.
    close: Option<f64>,
    /// Seconds in which it was closer in every row, and the same of them.
    seconds_close: usize,
    head_inside_seconds_close: Option<f64>,
    /// Of the crop's centre, 95th percentile, in picture widths a second³; the plain one smoothed with 0.5 s.
    pub(crate) jerk_p95: f64,
    pub(crate) jerk_p95_plain: f64,
    plain_over_ours: Option<f64>,
    moves: u32,
    still_minutes: f64,
    moves_per_minute_still: Option<f64>,
    /// The teacher's height in the close-up, the median of rows where it is close.
    teacher_height: Option<f64>,
    cpu_ms_per_frame: f64,
}

/// The crop at each frame of the programme.
pub(crate) struct Planned {
    at: Vec<f64>,
    crops: Vec<Area>,
    plain: Vec<(f64, f64)>,
    /// When it set out.
    set_out: Vec<f64>,
    moves: u32,
}

/// A place in a clip's picture as it is in the host's, which has bars beside or above pictures of another shape.
struct InStudio {
    width: f32,
    height: f32,
}

impl InStudio {
    fn of(clip_aspect: f64) -> Self {
        let ratio = clip_aspect as f32 * STUDIO.1 as f32 / STUDIO.0 as f32;
        Self { width: ratio.min(1.0), height: (1.0 / ratio).min(1.0) }
    }

    fn area(&self, area: &Area) -> Area {
        let x = (1.0 - self.width) / 2.0 + area.x * self.width;
        let y = (1.0 - self.height) / 2.0 + area.y * self.height;
        Area::new(x, y, area.width * self.width, area.height * self.height)
    }

    fn person(&self, person: &Person) -> Person {
        let speed = (person.speed.0 * self.width, person.speed.1 * self.height);
        Person { area: self.area(&person.area), speed, ..person.clone() }
    }
}

pub(crate) fn plan(watched: &Watched) -> Planned {
    let studio = InStudio::of(watched.aspect);
    let mut closeup = CloseUp::new(Frame::for_camera(STUDIO.0, STUDIO.1));
    let end = watched.seen.last().map_or(0.0, |seen| seen.at.as_seconds_f64());
    let mut planned = Planned { at: Vec::new(), crops: Vec::new(), plain: Vec::new(), set_out: Vec::new(), moves: 0 };
    let mut plain = (0.5, 0.5);
    let mut seen = watched.seen.iter().peekable();
    let mut latest = None;
    for index in 0..=(end * PROGRAMME) as usize {
        let at = index as f64 / PROGRAMME;
        while let Some(next) = seen.next_if(|next| next.at <= Ms::from_seconds_f64(at)) {
            latest = Some(next);
        }
        let teacher = latest.and_then(|seen| seen.teacher()).map(|person| studio.person(person));
        planned.crops.push(closeup.step(Ms::from_seconds_f64(at), teacher.as_ref()));
        if let Some(person) = teacher {
            let (x, y) = person.area.centre();
            let share = 1.0 - (-1.0 / PROGRAMME / PLAIN).exp();
            plain = (plain.0 + (f64::from(x) - plain.0) * share, plain.1 + (f64::from(y) - plain.1) * share);
        }
        planned.plain.push(plain);
        if closeup.moves() > planned.moves {
            planned.set_out.push(at);
            planned.moves = closeup.moves();
        }
        planned.at.push(at);
    }
    planned
}

/// The 95th percentile of the third difference of a path, a second³.
fn jerk_p95(path: impl Iterator<Item = (f64, f64)>) -> f64 {
    let path: Vec<_> = path.collect();
    let third = |a: f64, b: f64, c: f64, d: f64| (d - 3.0 * c + 3.0 * b - a) * PROGRAMME.powi(3);
    let mut jerks: Vec<f64> = path
        .windows(4)
        .map(|p| third(p[0].0, p[1].0, p[2].0, p[3].0).hypot(third(p[0].1, p[1].1, p[2].1, p[3].1)))
        .collect();
    jerks.sort_by(f64::total_cmp);
    jerks.get(jerks.len() * 95 / 100).copied().unwrap_or(0.0)
}

impl Planned {
    fn at(&self, seconds: f64) -> Option<&Area> {
        let index = ((seconds * PROGRAMME).round() as usize).min(self.crops.len().saturating_sub(1));
        self.crops.get(index)
    }
}

/// Whether the head and the middle of somebody are in a crop.
fn shows(crop: &Area, person: &Area) -> bool {
    let middle = person.centre();
    let head = Area::new(
        middle.0 - person.width * HEAD_WIDE / 2.0,
        person.y,
        person.width * HEAD_WIDE,
        person.height * HEAD_HIGH,
    );
    let crop = crop.grown(SLACK / crop.width, SLACK / crop.height);
    crop.contains(middle) && head.visible().share_in(&crop) > 0.99
}

/// Times in which somebody stands still, from and to.
fn still(truths: &[Truth]) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for (first, truth) in truths.iter().enumerate() {
        let Some(here) = truth.area else { continue };
        let near = |other: &&Truth| {
            other.area.is_some_and(|area| {
                let (a, b) = (here.centre(), area.centre());
                (a.0 - b.0).abs().max((a.1 - b.1).abs()) < STILL * here.height
            })
        };
        let Some(last) = truths[first..].iter().take_while(near).last() else { continue };
        if last.at - truth.at >= STILL_FOR && spans.last().is_none_or(|span| span.1 < truth.at) {
            // What the close-up does in the first seconds answers to the walk before, and in the last to the next.
            spans.push((truth.at + STILL_FOR / 2.0, last.at - STILL_FOR / 4.0));
        }
    }
    spans
}

pub(crate) fn score(settings: &Settings, watched: &Watched, planned: &Planned, truths: &[Truth]) -> Figures {
    let end = planned.at.last().copied().unwrap_or(0.0);
    let mut seconds = std::collections::BTreeMap::<u64, bool>::new();
    let mut seconds_close = std::collections::BTreeMap::<u64, bool>::new();
    let (mut close, mut rows, mut heights) = (0, 0, Vec::new());
    let studio = InStudio::of(watched.aspect);
    for truth in truths.iter().filter(|truth| (0.0..=end + 0.1).contains(&truth.at)) {
        if let (Some(area), Some(crop)) = (truth.area.map(|area| studio.area(&area)), planned.at(truth.at)) {
            let inside = shows(crop, &area);
            if settings.rows && !inside {
                println!("{:7.2} truth {area:?} is not in {crop:?}", truth.at);
            }
            *seconds.entry(truth.at as u64).or_insert(true) &= inside;
            *seconds_close.entry(truth.at as u64).or_insert(true) &= crop.height < WHOLE;
            rows += 1;
            if crop.height < WHOLE {
                close += 1;
                heights.push(f64::from(area.height / crop.height));
            }
        }
    }
    heights.sort_by(f64::total_cmp);
    let spans = still(truths);
    let still_seconds: f64 = spans.iter().map(|(from, to)| to - from).sum();
    let within = |at: &&f64| spans.iter().any(|(from, to)| (from..to).contains(at));
    if settings.rows {
        println!("sets out at {:.1?}; stands still in {spans:.1?}", planned.set_out);
    }
    let moves_still = planned.set_out.iter().filter(within).count() as f64;
    let ours = jerk_p95(planned.crops.iter().map(|crop| (f64::from(crop.centre().0), f64::from(crop.centre().1))));
    let plain = jerk_p95(planned.plain.iter().copied());
    let inside = seconds.values().filter(|inside| **inside).count();
    let inside_close: Vec<bool> =
        seconds.iter().filter(|(second, _)| seconds_close[*second]).map(|(_, inside)| *inside).collect();
    let of = |count: usize, all: usize| (all > 0).then(|| rounded(count as f64 / all as f64));
    Figures {
        evaluation: "closeup",
        clip: settings.clip.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        seconds_somebody: seconds.len(),
        head_inside_seconds: of(inside, seconds.len()),
        close: of(close, rows),
        seconds_close: inside_close.len(),
        head_inside_seconds_close: of(inside_close.iter().filter(|inside| **inside).count(), inside_close.len()),
        jerk_p95: rounded(ours),
        jerk_p95_plain: rounded(plain),
        plain_over_ours: (ours > 0.0).then(|| rounded(plain / ours)),
        moves: planned.moves,
        still_minutes: rounded(still_seconds / 60.0),
        moves_per_minute_still: (still_seconds > 0.0).then(|| rounded(moves_still / still_seconds * 60.0)),
        teacher_height: heights.get(heights.len() / 2).map(|height| rounded(*height)),
        cpu_ms_per_frame: rounded(watched.cpu_seconds * 1000.0 / watched.seen.len() as f64),
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let settings = Settings::read(arguments)?;
    let truths = read_truth(&settings.truth)?;
    let watched = watch(&settings)?;
    let planned = plan(&watched);
    if let Some(video) = &settings.video {
        draw(&settings, &watched, &planned, &truths, video)?;
    }
    let figures = score(&settings, &watched, &planned, &truths);
    println!("{}", serde_json::to_string(&figures).map_err(|error| error.to_string())?);
    Ok(())
}

/// Truth green, people blue, the teacher yellow, the crop white; below them the close-up.
fn draw(settings: &Settings, watched: &Watched, planned: &Planned, truths: &[Truth], to: &Path) -> Result<(), String> {
    let clip = Clip::open_large(&settings.clip, PROGRAMME)?;
    let studio = InStudio::of(clip.aspect);
    let (width, height) = DRAWN;
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-s", &format!("{width}x{}", 2 * height), "-r", &clip.per_second.to_string(), "-i", "-"])
        .args(["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "23"])
        .arg(to)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("ffmpeg cannot be run ({error}): run scripts/setup --eval"))?;
    let mut pipe = child.stdin.take().ok_or("ffmpeg takes no frames")?;
    for (at, large) in clip {
        let crop = planned.at(at).copied().unwrap_or(Area::WHOLE);
        let closeup = large.view(&crop, width, height);
        let mut picture = large.view(&Area::WHOLE, width, height);
        let seen = watched.at(at);
        for person in seen.map_or(&[][..], |seen| &seen.people) {
            let teacher = seen.is_some_and(|seen| seen.teacher == Some(person.id));
            outline(&mut picture, &studio.area(&person.area), if teacher { [255, 220, 0] } else { [0, 120, 255] });
        }
        let truth = truths.iter().rev().find(|truth| truth.at <= at + 0.02).and_then(|truth| truth.area);
        if let Some(area) = truth {
            outline(&mut picture, &studio.area(&area), [0, 220, 0]);
        }
        outline(&mut picture, &crop, [255, 255, 255]);
        let frames = pipe.write_all(&picture.data).and_then(|()| pipe.write_all(&closeup.data));
        frames.map_err(|error| format!("{}: {error}", to.display()))?;
    }
    drop(pipe);
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("{}: ffmpeg could not write it", to.display())) }
}

fn outline(picture: &mut ketang_tracker::picture::Picture, area: &Area, colour: [u8; 3]) {
    let (x, y) = (2.0 / picture.width as f32, 2.0 / picture.height as f32);
    let Area { x: left, y: top, width, height } = *area;
    for side in [
        Area::new(left, top, width, y),
        Area::new(left, area.bottom() - y, width, y),
        Area::new(left, top, x, height),
        Area::new(area.right() - x, top, x, height),
    ] {
        picture.paint(&side, colour);
    }
}
