//! A classroom in the middle of a school day, as a host tells of it, and its pictures, drawn flat.

use std::net::SocketAddr;
use std::time::Duration;

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, PrimitiveStyle, Rectangle};
use jiff::Zoned;
use ketang_hal::role::PictureRole;
use ketang_panel::{Frame, LastCut, Letters, Lock, Picture, Seen, Settings, View};
use ketang_protocol::command::Shot;
use ketang_protocol::lesson::{Lesson, Outcome};
use ketang_protocol::live::Feed;
use ketang_protocol::pairing::{Pages, PairingCode};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::{LessonState, LessonSummary, Snapshot};
use ketang_protocol::uploads::{Uploading, Uploads};
use serde_json::json;

/// The system's typeface; `None`, with a word why, where there is none.
pub(crate) fn letters() -> Option<&'static Letters> {
    thread_local! {
        static LETTERS: Option<&'static Letters> = match Letters::of_system() {
            Ok(letters) => Some(Box::leak(Box::new(letters))),
            Err(error) => {
                eprintln!("skipped: {error}");
                None
            }
        };
    }
    LETTERS.with(|letters| *letters)
}

/// What is seen, owned.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) lessons: Vec<LessonSummary>,
    pub(crate) ended: Option<Lesson>,
    pub(crate) cut: Option<LastCut>,
    pub(crate) pairing: Option<PairingCode>,
    pub(crate) pages: Option<Pages>,
    pub(crate) assistance: Option<SocketAddr>,
    pub(crate) assisted: bool,
    pub(crate) millimetres: Option<ketang_hal::picture::Size>,
    pub(crate) now: Duration,
    pub(crate) view: View,
}

impl Room {
    /// Between two lessons, all well.
    pub(crate) fn idle() -> Self {
        let snapshot = json!({
            "host": "三年级2班", "version": "0.1.0", "board": "rk3588", "lesson": null,
            "programme": {
                "shot": {"layout": "single", "inputs": ["hdmi"]},
                "scenes": ["teacher-panorama", "hdmi"],
                "layouts": ["one-and-three", "one-and-two", "picture-in-picture", "side-by-side", "single", "two-by-two"],
            },
            "pictures": [
                picture("teacher-panorama"), picture("teacher-closeup"), picture("students-panorama"),
                picture("students-closeup"), picture("hdmi"),
            ],
            "sounds": [sound("teacher-mic", -24.0), sound("room-mic", -38.0), sound("line-in", -90.0)],
            "storage": {"free_bytes": 182_000_000_000_u64, "total_bytes": 256_000_000_000_u64, "lessons_left": 23},
            "jobs": [], "alarms": [], "longest_seconds": 14400,
            "clock": {"zone": "Asia/Shanghai", "synchronised": true, "source": "systemd-timesyncd", "wrong": null},
            "network": {
                "interfaces": [{"name": "eth0", "up": true, "carrier": true, "addresses": ["192.168.1.20"]}],
                "gateway": "192.168.1.1", "name_servers": ["192.168.1.1"],
            },
        });
        Self {
            snapshot: Some(serde_json::from_value(snapshot).unwrap()),
            lessons: serde_json::from_value(json!([
                lesson("光的折射", "李雪梅", "2026-11-23T01:50:00Z", 2712.0, json!({"state": "kept"}), 0),
                lesson(
                    "《背影》第二课时",
                    "王建国",
                    "2026-11-23T00:55:00Z",
                    2588.0,
                    json!({"state": "kept-with-gaps"}),
                    2
                ),
                lesson("Unit 5: The weather", "Chen Yu", "2026-11-23T00:00:00Z", 2701.0, json!({"state": "kept"}), 0),
                lesson(
                    "升旗仪式",
                    "",
                    "2026-11-22T23:25:00Z",
                    1204.0,
                    json!({"state": "failed", "why": {"chinese": "x", "english": "x"}}),
                    0
                ),
                lesson("昨天的课", "李雪梅", "2026-11-22T02:00:00Z", 2700.0, json!({"state": "kept"}), 0),
            ]))
            .unwrap(),
            ended: None,
            cut: None,
            pairing: None,
            pages: None,
            assistance: None,
            assisted: false,
            millimetres: None,
            now: Duration::from_secs(5000),
            view: View::new(Settings::default(), Lock::new("2468".parse().ok()), Lock::default()),
        }
    }

    /// A timetable: a period begins in some minutes, one was missed, one comes later.
    pub(crate) fn with_periods(mut self) -> Self {
        let period = |title, teacher, begins, ends, starts, outcome: serde_json::Value| {
            json!({
                "title": title, "teacher": teacher, "begins": begins, "ends": ends, "starts": starts, "outcome": outcome,
            })
        };
        let failed = json!({"state": "failed", "why": {"chinese": "主机没有开机", "english": "the host was off"}});
        let periods = json!([
            period("体育", "赵刚", "2026-11-22T22:30:00Z", "2026-11-22T23:15:00Z", "by-itself", failed),
            period("一元二次方程", "周敏", "2026-11-23T02:25:00Z", "2026-11-23T03:10:00Z", "by-tap", json!(null)),
            period("英语听力", "Chen Yu", "2026-11-23T06:00:00Z", "2026-11-23T06:45:00Z", "by-itself", json!(null)),
        ]);
        self.state().periods = serde_json::from_value(periods).unwrap();
        self
    }

    /// 24 minutes into a lesson of 45.
    pub(crate) fn recording() -> Self {
        let mut room = Self::idle();
        room.state().lesson = Some(state(Outcome::Recording, 1421.3));
        let why = json!({
            "cause": {"kind": "rule"}, "rule": {"name": "slide-changed", "priority": 70}, "before_ms": 8200,
            "facts": [{"what": "computer", "is": "slide-changed", "for_ms": 0, "ended_ms": 1500}],
        });
        let shot = Shot { layout: "single".into(), inputs: vec![PictureRole::Hdmi] };
        room.cut = Some(LastCut { shot, reason: String::new(), why: serde_json::from_value(why).unwrap() });
        room.pass();
        room
    }

    /// A camera has no signal, and the teacher's microphone is off since long enough to be sure.
    pub(crate) fn with_trouble(mut self) -> Self {
        let state = self.state();
        state.pictures[3].live = false;
        state.sounds[0].level_dbfs = -84.0;
        state.sounds[0].peak_dbfs = -80.0;
        state.sounds[0].speech = false;
        state.alarms = serde_json::from_value(json!([{
            "alarm": "input-lost", "input": "students-closeup",
            "chinese": "学生特写没有信号：请检查线缆和电源（连接超时）",
            "english": "Students close-up has no signal: check its cable and power (timed out)",
        }]))
        .unwrap();
        self.pass();
        self.now += Duration::from_secs(11);
        self.pass();
        self
    }

    /// The switch that feeds the cameras is dead, no microphone gives a sound, and the host says so in its longest words.
    pub(crate) fn broken(mut self) -> Self {
        let state = self.state();
        let mut alarms = Vec::new();
        for picture in &mut state.pictures {
            picture.live = false;
            let (chinese, english) = (picture.role.chinese(), picture.role.english());
            alarms.push(json!({
                "alarm": "input-lost", "input": picture.role,
                "chinese": format!("{chinese}没有信号：请检查线缆和电源（rtsp://192.168.1.64/stream1：连接超时）"),
                "english": format!(
                    "{english} has no signal: check its cable and its power (rtsp://192.168.1.64/stream1: timed out)"
                ),
            }));
        }
        for sound in &mut state.sounds {
            (sound.level_dbfs, sound.peak_dbfs, sound.speech) = (-84.0, -80.0, false);
        }
        alarms.push(json!({
            "alarm": "microphone-silent", "input": "teacher-mic",
            "chinese": "教师话筒没有声音：请检查静音开关、电池和接收机；备用音轨在正常录制",
            "english": "The teacher's microphone is silent: check its mute switch, battery and receiver; \
                        the fallback track goes on",
        }));
        alarms.push(json!({
            "alarm": "disk-low", "input": null,
            "chinese": "存储空间还能录 2 节课，一天要录 8 节：请让课程上传并确认，或删除不需要的课程",
            "english": "Room for 2 lessons, and 8 are recorded a day: let lessons be uploaded and confirmed, or delete some",
        }));
        state.alarms = serde_json::from_value(alarms.into()).unwrap();
        self.pass();
        self.now += Duration::from_secs(11);
        self.pass();
        self
    }

    /// Lessons are uploaded: so many wait, and one is half-way there.
    pub(crate) fn with_uploads(mut self, waiting: u32, failing: Option<Sentence>) -> Self {
        let now = self.state().lesson.as_ref().map(|lesson| lesson.id.clone());
        let now = now.filter(|_| failing.is_none() && waiting > 0);
        let now = now.map(|lesson| Uploading { lesson, progress: 0.47 });
        self.state().uploads = Some(Uploads { waiting, bytes: u64::from(waiting) * 2_600_000_000, now, failing });
        for lesson in self.lessons.iter_mut().skip(1) {
            lesson.confirmed_upstream = true;
        }
        self
    }

    /// The teacher's microphone is muted, the room's turned down.
    pub(crate) fn with_volumes(mut self) -> Self {
        let sounds = &mut self.state().sounds;
        sounds[0].muted = true;
        sounds[0].speech = false;
        (sounds[0].level_dbfs, sounds[0].peak_dbfs) = (-100.0, -100.0);
        sounds[1].gain_db = -9.0;
        self.pass();
        self.now += Duration::from_secs(11);
        self.pass();
        self
    }

    /// The programme is pushed to two servers, of which one takes it.
    pub(crate) fn live(mut self) -> Self {
        let target = |name: &str, state: &str| {
            json!({"name": name, "address": "rtmp://live.school.example/class", "starts": "with-lessons", "state": state,
                "since": "2026-09-07T00:00:00Z", "why": {"chinese": "连接被拒绝", "english": "it refuses"}, "kbit_s": 4100, "dropped": 0})
        };
        let targets = json!([target("区平台", "live"), target("学校", "failing")]);
        self.state().live = serde_json::from_value(targets).unwrap();
        self
    }

    /// No server takes the programme that should go live.
    pub(crate) fn live_fails(self) -> Self {
        let mut room = self.live();
        room.state().live.remove(0);
        room
    }

    pub(crate) fn paused() -> Self {
        let mut room = Self::recording();
        let lesson = room.state().lesson.as_mut().unwrap();
        lesson.outcome = Outcome::Paused;
        lesson.resumes_in_seconds = Some(348);
        room.pass();
        room.now += Duration::from_secs(252);
        room.pass();
        room
    }

    /// After a lesson that was seen to run.
    pub(crate) fn ended(outcome: Outcome, gaps: serde_json::Value) -> Self {
        let mut room = Self::recording();
        room.view.pass(&room.clone().seen(&|_| None));
        let lesson = room.state().lesson.as_mut().unwrap();
        (lesson.outcome, lesson.seconds) = (outcome.clone(), 2702.0);
        lesson.gaps = gaps.as_array().map_or(0, |gaps| gaps.len() as u32);
        let id = lesson.id.clone();
        if outcome == Outcome::Finishing {
            let job = json!({"id": 3, "what": "verify", "lesson": id, "progress": 0.63, "state": "running"});
            room.state().jobs = vec![serde_json::from_value(job).unwrap()];
        } else {
            let check = json!({"track": "programme", "check": "decodes", "clause": "", "result": "pass",
                    "finding": {"chinese": "", "english": ""}});
            let track = json!({"name": "programme", "codec": "h264", "width": 1920, "height": 1080, "kbit_s": 4000,
                "lowered": null, "parts": []});
            let record = json!({
                "format": 1, "id": id, "host": "h", "title": "光的折射", "teacher": "李雪梅", "ended": null,
                "started": "2026-11-23T02:45:00Z", "planned_seconds": 2700, "outcome": outcome,
                "tracks": vec![track; 6], "gaps": gaps, "confirmed_upstream": false,
                "verdict": {"checked": "2026-11-23T03:31:00Z", "ok": true, "checks": vec![check; 54], "figures": {}},
            });
            room.ended = Some(serde_json::from_value(record).unwrap());
        }
        room.pass();
        room
    }

    /// Somebody has cut, and the host directs again after so many seconds.
    pub(crate) fn by_hand(mut self, seconds: u64) -> Self {
        self.state().programme.directing.returns_in_seconds = Some(seconds);
        self
    }

    /// Nobody has an account for IT yet.
    pub(crate) fn before_first_access(mut self) -> Self {
        let code = json!({
            "code": "K7RW2MQX", "until": "2026-11-23T02:33:00Z", "address": "https://192.168.1.20/",
            "others": ["https://room-302/"],
            "certificate": "3F:A1:9C:44:0B:7E:D2:58:91:C6:0E:AD:73:25:F8:1B:6C:E0:47:9A:52:DB:38:04:BF:6E:17:C9:80:2D:F3:5A",
        });
        self.pairing = Some(serde_json::from_value(code).unwrap());
        self
    }

    /// Two of its cameras turn; the teacher's has nine presets.
    pub(crate) fn with_cameras_that_turn(mut self) -> Self {
        let ptz = |presets: &[&str], at: Option<&str>| {
            let state = json!({
                "address": "sim", "live": true, "detail": "VISCA", "pan": 12.0, "tilt": -3.0, "zoom": 2.0,
                "going_to": null, "at": at, "presets": presets,
            });
            serde_json::from_value(state).unwrap()
        };
        let teacher = ["讲台", "黑板左", "黑板中", "黑板右", "门口", "投影", "钢琴", "学生席", "全景"];
        self.state().pictures[1].ptz = Some(ptz(&teacher, Some("讲台")));
        self.state().pictures[3].ptz = Some(ptz(&["left", "right"], None));
        self
    }

    /// IT has a PIN of its own, 13579, and the host serves its pages.
    pub(crate) fn of_it(mut self) -> Self {
        self.view.it = Lock::new("13579".parse().ok());
        self.view.it.shut();
        let pages =
            json!({"address": "https://192.168.1.20/", "others": ["https://room-302/"], "certificate": "3F:A1:9C"});
        self.pages = Some(serde_json::from_value(pages).unwrap());
        self
    }

    /// IT looks on from a page.
    pub(crate) fn assisted(mut self) -> Self {
        self.assistance = "127.0.0.1:8800".parse().ok();
        self.assisted = true;
        self
    }

    pub(crate) fn state(&mut self) -> &mut Snapshot {
        self.snapshot.as_mut().unwrap()
    }

    /// Lets the view see what is.
    pub(crate) fn pass(&mut self) -> Vec<ketang_panel::Effect> {
        let mut view = self.view.clone();
        let effects = view.pass(&self.seen(&|_| None));
        self.view = view;
        effects
    }

    pub(crate) fn seen<'a>(&'a self, thumbnails: &'a dyn Fn(Feed) -> Option<Picture<'a>>) -> Seen<'a> {
        thread_local! {
            static WALL: &'static Zoned = Box::leak(Box::new("2026-11-23T10:23:07+08:00[Asia/Shanghai]".parse().unwrap()));
        }
        Seen {
            snapshot: self.snapshot.as_ref(),
            lessons: &self.lessons,
            ended: self.ended.as_ref(),
            cut: self.cut.as_ref(),
            pairing: self.pairing.as_ref(),
            pages: self.pages.as_ref(),
            assistance: self.assistance,
            assisted: self.assisted,
            millimetres: self.millimetres,
            thumbnails,
            now: self.now,
            wall: WALL.with(|wall| *wall),
        }
    }
}

fn picture(role: &str) -> serde_json::Value {
    json!({"role": role, "address": "sim", "live": true, "detail": "1920×1080, 25 fps", "losses": 0})
}

fn sound(role: &str, level: f32) -> serde_json::Value {
    json!({"role": role, "address": "sim", "live": true, "detail": "48 kHz", "level_dbfs": level,
        "peak_dbfs": level + 9.0, "speech": role == "teacher-mic", "losses": 0})
}

fn lesson(
    title: &str,
    teacher: &str,
    started: &str,
    seconds: f64,
    outcome: serde_json::Value,
    gaps: u32,
) -> serde_json::Value {
    let id: String = started.chars().filter(char::is_ascii_alphanumeric).collect();
    json!({"id": id, "title": title, "teacher": (!teacher.is_empty()).then_some(teacher), "started": started,
        "seconds": seconds, "bytes": 0, "outcome": outcome, "gaps": gaps, "verified": true, "confirmed_upstream": false})
}

fn state(outcome: Outcome, seconds: f64) -> LessonState {
    serde_json::from_value(json!({
        "id": "20261123-015900-0007", "title": "光的折射", "outcome": outcome, "seconds": seconds,
        "planned_seconds": 2700, "resumes_in_seconds": null, "tracks": [], "gaps": 0,
    }))
    .unwrap()
}

/// A flat picture of what an input shows.
pub(crate) struct Drawn(Frame);

impl Drawn {
    const SIZE: Size = Size::new(320, 180);

    pub(crate) fn of(feed: Feed) -> Self {
        let mut frame = Frame::new(Self::SIZE.width, Self::SIZE.height);
        let role = match feed {
            Feed::Programme => PictureRole::Hdmi,
            Feed::Input(role) => role,
        };
        let mut rect = |x: i32, y: i32, w: u32, h: u32, hex: u32| {
            let area = Rectangle::new(Point::new(x, y), Size::new(w, h));
            frame.fill_solid(&area, colour(hex)).unwrap();
        };
        match role {
            PictureRole::Hdmi => {
                rect(0, 0, 320, 180, 0xf7_f4_ea);
                rect(0, 0, 320, 34, 0x1f_5a_7a);
                rect(18, 12, 120, 10, 0xf7_f4_ea);
                rect(18, 52, 92, 8, 0x3a_47_50);
                rect(18, 72, 112, 8, 0x8a_96_9c);
                rect(18, 92, 102, 8, 0x8a_96_9c);
                rect(18, 112, 84, 8, 0x8a_96_9c);
                rect(150, 104, 156, 62, 0xb9_dc_e6);
                rect(226, 46, 3, 120, 0x3a_47_50);
            }
            PictureRole::TeacherPanorama | PictureRole::TeacherCloseup | PictureRole::Board => {
                rect(0, 0, 320, 180, 0xd9_d3_c4);
                rect(30, 18, 260, 96, 0x2a_4d_40);
                rect(60, 40, 70, 4, 0xcf_dc_d4);
                rect(60, 56, 96, 4, 0xcf_dc_d4);
                rect(60, 72, 54, 4, 0xcf_dc_d4);
                rect(0, 150, 320, 30, 0xa9_8f_6d);
            }
            PictureRole::StudentsPanorama | PictureRole::StudentsCloseup => {
                rect(0, 0, 320, 180, 0xdd_d8_cd);
                rect(20, 10, 60, 50, 0xa9_cf_df);
                rect(120, 10, 60, 50, 0xa9_cf_df);
                rect(220, 10, 60, 50, 0xa9_cf_df);
            }
        }
        let mut person = |x: i32, y: i32, r: u32, clothes: u32| {
            let dot = |d: u32| Circle::with_center(Point::new(x, y), d);
            let body = Rectangle::new(Point::new(x - r as i32 * 5 / 4, y + r as i32), Size::new(r * 5 / 2, r * 4));
            frame.fill_solid(&body, colour(clothes)).unwrap();
            dot(r * 2).into_styled(PrimitiveStyle::with_fill(colour(0x5b_42_35))).draw(&mut frame).unwrap();
        };
        match role {
            PictureRole::TeacherPanorama => person(212, 70, 13, 0x7a_3d_3d),
            PictureRole::TeacherCloseup => person(170, 70, 32, 0x7a_3d_3d),
            PictureRole::StudentsPanorama => {
                for (row, clothes) in [(78, 0x3c_62_9c), (112, 0x34_56_8a), (150, 0x2c_4a_78)] {
                    (0..6).for_each(|seat| person(34 + seat * 50, row, 11, clothes));
                }
            }
            PictureRole::StudentsCloseup => (0..2).for_each(|seat| person(100 + seat * 130, 84, 30, 0x3c_62_9c)),
            _ => {}
        }
        Self(frame)
    }

    pub(crate) fn picture(&self) -> Picture<'_> {
        Picture { width: Self::SIZE.width, height: Self::SIZE.height, pixels: self.0.pixels() }
    }
}

fn colour(hex: u32) -> Rgb888 {
    Rgb888::new((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}
