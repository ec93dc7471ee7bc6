//! What a lesson records: what is wished for, what this machine can carry, and how `lesson.json` tells of it.

use ketang_hal::picture::Size;
use ketang_pipelines::encode::{H264Settings, Preset};
use ketang_pipelines::plan::{self, Capacity, Shortage, Wish};
use ketang_pipelines::tracks::{TrackMaking, TrackName, TrackPlan};
use ketang_protocol::lesson::{Lesson, Track};
use ketang_protocol::sentence::Sentence;

use super::Host;

impl Host {
    fn capacity(&self) -> Capacity {
        let cores = self.config.recording.fit_machine.then(|| self.machine.free_cores());
        Capacity { cores, encoders: self.encoders.clone() }
    }

    fn wish(&self) -> Wish {
        let recording = &self.config.recording;
        let order = self.lessons.storage.policy().lowest_value_first.clone();
        let value = |role: &str| order.iter().position(|name| name == role).unwrap_or(0);
        let mut inputs: Vec<_> = self.studio.roles().filter(|role| recording.tracks.holds(*role)).collect();
        inputs.sort_by_key(|role| std::cmp::Reverse(value(role.as_str())));
        Wish {
            programme: recording.programme,
            as_it_comes: inputs.iter().copied().filter(|role| self.studio.comes_fit_to_record(*role)).collect(),
            inputs,
            size: smaller(self.config.programme.size.into(), self.studio.size()),
            programme_kbit_s: recording.programme_kbit.get(),
            track_kbit_s: recording.track_kbit.get(),
        }
    }

    pub(super) fn plan_tracks(&self) -> Vec<TrackPlan> {
        plan::plan(&self.wish(), &self.capacity())
    }

    /// A planned track as `lesson.json` tells of it.
    pub(super) fn track_record(&self, plan: &TrackPlan) -> Track {
        let (codec, size, kbit_s) = match (&plan.making, plan.name) {
            (TrackMaking::Encode(settings), _) => ("h264", Some(settings.size), settings.kbit_s),
            (TrackMaking::AsItComes(_), TrackName::Input(role)) => ("h264", self.studio.own_size(role), 0),
            (TrackMaking::AsItComes(_), _) => ("h264", None, 0),
            (TrackMaking::SoundOnly, _) => ("aac", None, 128),
        };
        Track {
            name: plan.name.to_string(),
            codec: codec.into(),
            width: size.map_or(0, |size| size.width),
            height: size.map_or(0, |size| size.height),
            kbit_s,
            as_it_comes: matches!(plan.making, TrackMaking::AsItComes(_)),
            lowered: plan.lowered.map(in_words),
            parts: Vec::new(),
        }
    }

    /// The tracks of a lesson that goes on: those that it had, made as they were, but for those that had ended.
    pub(super) fn planned_before(&self, lesson: &Lesson) -> Vec<TrackPlan> {
        let running = ketang_lesson::record::running_tracks(lesson);
        let planned = self.plan_tracks();
        let kind_of = |name: TrackName| {
            let making = planned.iter().find(|track| track.name == name).map(|track| &track.making);
            match making {
                Some(TrackMaking::Encode(settings)) => (settings.kind, settings.preset),
                _ => (self.encoders.for_work(), Preset::default()),
            }
        };
        let again = |track: &Track| {
            let name = TrackName::named(&track.name)?;
            let (kind, preset) = kind_of(name);
            let (width, height) = track.last_size();
            let kbit_s = if track.as_it_comes { self.config.recording.track_kbit.get() } else { track.kbit_s };
            let floor_kbit_s = Some(plan::FLOOR_KBIT_S);
            let encode = H264Settings { kind, preset, size: Size { width, height }, kbit_s, floor_kbit_s };
            let making = match name {
                TrackName::Sound | TrackName::SoundFallback => TrackMaking::SoundOnly,
                _ if track.as_it_comes => TrackMaking::AsItComes(H264Settings { size: Size::HD, ..encode }),
                _ => TrackMaking::Encode(encode),
            };
            running.contains(&track.name).then_some(TrackPlan { name, making, lowered: None })
        };
        let again: Vec<_> = lesson.tracks.iter().filter_map(again).collect();
        let complete = again.iter().all(|plan| !matches!(&plan.making, TrackMaking::Encode(made) if made.kbit_s == 0));
        // A record that was pieced together does not know how its tracks were made.
        if complete && !again.is_empty() { again } else { planned }
    }

    pub(super) fn left_out(&self, tracks: &[TrackPlan]) -> Vec<(String, Sentence)> {
        let left_out = plan::left_out(&self.wish(), tracks, &self.capacity());
        let left_out = left_out.into_iter().map(|(role, why)| {
            let Sentence { chinese, english } = in_words(why);
            (role.to_string(), Sentence::new(format!("不录制：{chinese}"), format!("not recorded: {english}")))
        });
        left_out.collect()
    }
}

fn in_words(shortage: Shortage) -> Sentence {
    match shortage {
        Shortage::Cores { encoder, needed, there } => {
            let encoder = encoder.element();
            Sentence::new(
                format!("{encoder} 编码一路全高清画面需要 {needed:.2} 个核，可用于编码的只有 {there:.2} 个核"),
                format!(
                    "{encoder} needs {needed:.2} cores for a full picture and {there:.2} cores are there for encoding"
                ),
            )
        }
        Shortage::Hardware { encoder, pictures } => {
            let encoder = encoder.element();
            Sentence::new(
                format!("硬件编码器 {encoder} 只能编码 {pictures:.1} 路全高清画面，且没有可用的软件编码器"),
                format!(
                    "the hardware encoder {encoder} carries {pictures:.1} full pictures and none in software works"
                ),
            )
        }
    }
}

/// The smaller of two sizes: pictures are never scaled up.
fn smaller(wanted: Size, there: Size) -> Size {
    if wanted.height > there.height { there } else { wanted }
}
