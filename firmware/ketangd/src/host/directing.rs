//! Directs: what is seen, heard and ordered goes to the director; its cuts go to the programme; both go into the lesson's log.

use std::collections::{BTreeMap, VecDeque};

use ketang_director::explain::{Language, explain};
use ketang_director::observation::{InputState, Observation, Speech, Zone};
use ketang_director::{Decision, Director, Input, Ms, Order, RuleError, Rules, What};
use ketang_hal::role::{PictureRole, SoundRole};
use ketang_hal::time::MediaTime;
use ketang_pipelines::programme::{ProgrammeShot, ShotChange};
use ketang_pipelines::sound::Levels;
use ketang_protocol::command::{Refusal, RefusalCode, Shot};
use ketang_protocol::directing::{Mode, Reason};
use ketang_protocol::lesson::{EventKind, LessonId};
use ketang_protocol::sentence::Sentence;
use ketang_protocol::snapshot::Directing as Told;

use super::{Host, tell};
use crate::config;
use crate::director_log::{Begins, DirectorLog, Line};

/// What is unchanged is said again after so long.
const RENEWED_AFTER: Ms = Ms::seconds(1);

/// The director at work.
pub(super) struct Directing {
    /// The rule set's name, its text, and the text of the room's own rules.
    set: String,
    text: String,
    room: Option<String>,
    inputs: Vec<PictureRole>,
    director: Director,
    /// The newest of each subject, for the next lesson to begin with.
    known: BTreeMap<Subject, Observation>,
    speech: Option<(Ms, Speech)>,
    /// Cuts that the programme was told of and has not made yet.
    ordered: VecDeque<(Shot, Reason)>,
    /// Why what is shown is shown.
    why: Option<Sentence>,
    log: Option<(LessonId, DirectorLog)>,
}

/// What an observation is about: the next of the same replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Input(PictureRole),
    Camera(PictureRole),
    Teacher,
    Students,
    Computer,
    Speech,
}

impl Subject {
    fn of(observation: &Observation) -> Self {
        match observation {
            Observation::Input(state) => Self::Input(state.input),
            Observation::Camera(state) => Self::Camera(state.input),
            Observation::Teacher(_) => Self::Teacher,
            Observation::Students(_) => Self::Students,
            Observation::Computer(_) => Self::Computer,
            Observation::Speech(_) => Self::Speech,
        }
    }
}

fn ms(time: MediaTime) -> Ms {
    Ms(time.0 / 1_000_000)
}

impl Directing {
    /// A director for these inputs, none of which is live yet, who begins at `now` with this shot.
    pub(super) fn new(
        config: &config::Directing,
        room: Option<String>,
        inputs: Vec<PictureRole>,
        layouts: impl Fn(&str) -> Option<usize>,
        now: MediaTime,
        shot: Shot,
    ) -> Result<Self, RuleError> {
        let set = config.rules.as_str().to_owned();
        let text = Rules::shipped_text(&set)?.to_owned();
        let rules = Rules::read(&text, room.as_deref())?;
        rules.check_layouts(layouts)?;
        let lost = |input: &PictureRole| Observation::Input(InputState { input: *input, live: false });
        let known = inputs.iter().map(lost).map(|lost| (Subject::of(&lost), lost)).collect();
        let mut directing = Self {
            director: Director::new(rules, &inputs, ms(now)).at_home_in(config.mode.into()),
            set,
            text,
            room,
            inputs,
            known,
            speech: None,
            ordered: VecDeque::new(),
            why: None,
            log: None,
        };
        directing.known.values().cloned().for_each(|known| directing.director.recall(What::Seen(known)));
        if Mode::from(config.mode) != Mode::Automatic {
            // Until somebody cuts, what is shown stays.
            directing.director.recall(What::Told(Order::Show { shot, from: "start".into() }));
        }
        Ok(directing)
    }

    /// Whether anything that can be seen may lead to a cut.
    pub(super) fn is_watching(&self) -> bool {
        self.director.is_tracking()
    }

    fn step(&mut self, input: Input) -> Vec<Decision> {
        if let What::Seen(observation) = &input.what {
            self.known.insert(Subject::of(observation), observation.clone());
        }
        if !matches!(input.what, What::Time {}) {
            self.write(&Line::Told(input.clone()));
        }
        self.director.step(input)
    }

    fn write(&mut self, line: &Line) {
        if let Some((lesson, log)) = &mut self.log
            && let Err(error) = log.write(line)
        {
            tracing::error!(%lesson, %error, "what the director was told could not be written");
            self.log = None;
        }
    }

    /// The reason of a cut that the programme has made now.
    pub(super) fn made(&mut self, shot: &Shot) -> Option<Reason> {
        let place = self.ordered.iter().position(|(ordered, _)| ordered == shot)?;
        // The programme leaves out a shot that another overtook.
        self.ordered.drain(..=place).next_back().map(|(_, reason)| reason)
    }

    /// Where the teacher was seen last.
    pub(super) fn teacher_zone(&self) -> Option<Zone> {
        match self.known.get(&Subject::Teacher) {
            Some(Observation::Teacher(teacher)) => teacher.zone,
            _ => None,
        }
    }

    /// What the snapshot tells.
    pub(super) fn told(&self) -> Told {
        let now = self.director.now();
        Told {
            mode: self.director.mode(),
            rules: self.set.clone(),
            rule: self.director.rule().map(|rule| rule.name.clone()),
            why: self.why.clone(),
            returns_in_seconds: self.director.returns_at().map(|at| at.0.saturating_sub(now.0).div_ceil(1000)),
        }
    }
}

impl Host {
    /// Tells the director what somebody saw, heard or measured.
    pub(super) fn seen(&mut self, observation: Observation) {
        self.direct(Input::seen(self.director_time(), observation));
    }

    /// The eyes on an input fail, or see again.
    pub(super) fn detector_fails(&mut self, input: PictureRole, why: Option<String>) {
        let raised = why.is_some();
        let is_news = match why {
            Some(why) => self.alarms.raise(tell::detector_fails(input, &why)),
            None => self.alarms.clear(tell::DETECTOR_FAILS, Some(input.into())),
        };
        if is_news {
            let kind = EventKind::Alarm { alarm: tell::DETECTOR_FAILS.into(), raised };
            self.note_in_lesson(self.clock.now(), kind);
        }
    }

    pub(super) fn seen_live(&mut self, input: PictureRole, live: bool) {
        self.seen(Observation::Input(InputState { input, live }));
    }

    /// Who speaks, from the levels of a moment.
    pub(super) fn hear(&mut self, levels: &Levels) {
        let speaks = |role| {
            let level = levels.microphones.iter().find(|level| level.role == role && level.live && !level.volume.muted);
            level.map(|level| level.speech)
        };
        let teacher = speaks(SoundRole::TeacherMic);
        // The room's microphone hears the teacher too: while the teacher's is muted nobody knows who speaks there.
        let muted = levels.microphones.iter().any(|level| level.role == SoundRole::TeacherMic && level.volume.muted);
        let room = speaks(SoundRole::RoomMic).filter(|_| !muted).map(|speech| speech && teacher != Some(true));
        let (now, speech) = (self.director_time(), Speech { teacher, room });
        let last = self.directing.speech;
        if last.is_none_or(|(at, last)| last != speech || now - at >= RENEWED_AFTER) {
            self.directing.speech = Some((now, speech));
            self.seen(Observation::Speech(speech));
        }
    }

    /// Carries out what a person wants of the director.
    pub(super) fn order(&mut self, order: Order) -> Result<(), Refusal> {
        if let Order::Show { shot, .. } = &order {
            let shot = ProgrammeShot { layout: shot.layout.clone(), inputs: shot.inputs.clone() };
            let refused = |error: ketang_pipelines::MediaError| {
                Refusal::new(RefusalCode::Invalid, format!("不能显示这个画面：{error}"), error.to_string())
            };
            self.studio.check(&shot).map_err(refused)?;
        }
        self.direct(Input::told(self.director_time(), order));
        self.eyes.want(self.directing.is_watching());
        Ok(())
    }

    /// Time passes for the director too.
    pub(super) fn wake_director(&mut self) {
        self.direct(Input::time(self.director_time()));
    }

    pub(super) fn director_time(&self) -> Ms {
        ms(self.clock.media().now())
    }

    fn direct(&mut self, input: Input) {
        for decision in self.directing.step(input) {
            self.cut(decision);
        }
    }

    fn cut(&mut self, Decision { shot, reason, .. }: Decision) {
        let slots = u64::from(self.config.programme.dissolve_ms.get()) * 1_000_000 / ketang_hal::time::SLOT_NS;
        let sentence = |language| explain("", &shot, &reason, language);
        let why = Sentence::new(sentence(Language::Chinese), sentence(Language::English));
        let change = ShotChange {
            shot: ProgrammeShot { layout: shot.layout.clone(), inputs: shot.inputs.clone() },
            dissolve_slots: slots,
            reason: why.english.clone(),
        };
        match self.studio.show(change) {
            Ok(()) => {
                self.directing.ordered.push_back((shot, reason));
                self.directing.why = Some(why);
            }
            Err(error) => tracing::error!(%error, "the director chose a shot that cannot be shown"),
        }
    }

    /// A lesson begins, or goes on after a power cut: a director begins with what is known, and a log of what it is told.
    pub(super) fn begin_directing(&mut self, id: &LessonId, from: MediaTime, lesson_ms: u64) {
        let now = self.director_time();
        let folder = self.lessons.data.folder(id).map_err(|error| error.to_string());
        let log = folder.and_then(|folder| DirectorLog::open(folder.path()).map_err(|error| error.to_string()));
        let directing = &mut self.directing;
        directing.log = match log {
            Ok(log) => Some((id.clone(), log)),
            Err(why) => {
                tracing::error!(lesson = %id, why, "the lesson cannot be directed again: no log");
                None
            }
        };
        let mut known: Vec<What> = directing.known.values().cloned().map(What::Seen).collect();
        let mode = directing.director.mode();
        let by_hand = directing.director.by_hand().cloned();
        let home = directing.director.home();
        if mode != home {
            known.push(What::Told(Order::Mode { mode, from: "start".into() }));
        }
        known.extend(by_hand.map(|shot| What::Told(Order::Show { shot, from: "start".into() })));
        let (rules, room) = (directing.text.clone(), directing.room.clone());
        let begins = Begins { at: now, rules, room, inputs: directing.inputs.clone(), home, known };
        match begins.director() {
            Ok(director) => directing.director = director,
            Err(error) => tracing::error!(%error, "rules that were read cannot be read again"),
        }
        directing.ordered.clear();
        directing.write(&Line::Begins(begins));
        self.go_on_directing(from, lesson_ms);
        self.direct(Input::time(now + Ms(1)));
    }

    /// Recording begins or goes on at `at`.
    pub(super) fn go_on_directing(&mut self, at: MediaTime, lesson_ms: u64) {
        self.directing.write(&Line::Goes { at: ms(at), lesson_ms });
    }

    /// Nothing is recorded from `at` on.
    pub(super) fn rest_directing(&mut self, at: MediaTime) {
        self.directing.write(&Line::Rests { at: ms(at) });
    }

    /// The lesson's recording, which rests, is over; the director goes on without a log.
    pub(super) fn end_directing(&mut self) {
        self.directing.log = None;
    }
}
