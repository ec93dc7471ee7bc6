//! What must hold between keys, and what follows from others where nothing is written.

use ketang_hal::address::Address;
use ketang_hal::board::Credentials;
use ketang_hal::role::{PictureRole, Role, SoundRole};

use super::rule::{Identifier, Name, PictureAddress, SoundAddress, Tracks};
use super::{Config, Inputs, Picture, PictureInput, Scene, SoundInput};

/// The key at fault, and why with the remedy.
type Fault = (Vec<String>, String);

fn fault<T>(key: &[&str], why: String) -> Result<T, Fault> {
    Err((key.iter().map(|part| (*part).to_owned()).collect(), why))
}

impl Config {
    /// Whether the room is simulated.
    pub fn simulated(&self) -> bool {
        self.board.name.as_str() == "sim"
    }

    /// The scene at start; `None` without any picture input.
    pub fn initial_scene(&self) -> Option<&Name> {
        let first = || self.inputs.pictures().next().and_then(|(role, _)| self.scene_key(role));
        self.programme.scene.as_ref().or_else(first)
    }

    fn scene_key(&self, role: PictureRole) -> Option<&Name> {
        self.scenes.get_key_value(&Name::of(role.as_str())).map(|(name, _)| name)
    }

    /// Fills in what follows from other keys and checks what joins several.
    pub(super) fn complete(&mut self) -> Result<(), Fault> {
        if self.simulated() {
            self.sim.inputs.iter().for_each(|role| self.inputs.simulate(*role));
        }
        self.check_inputs()?;
        self.check_scenes()?;
        for (role, _) in self.inputs.pictures() {
            let shot = || Scene { layout: Identifier::of("single"), inputs: vec![role] };
            self.scenes.entry(Name::of(role.as_str())).or_insert_with(shot);
        }
        self.check_programme()?;
        self.check_recording()?;
        self.check_lesson()
    }

    fn check_inputs(&self) -> Result<(), Fault> {
        for (role, input) in self.inputs.pictures() {
            if input.password.is_some() && input.password_file.is_some() {
                let why = "`password` stands beside it: keep one of the two".into();
                return fault(&["inputs", role.as_str(), "password-file"], why);
            }
            if let PictureAddress::CloseUp(of) = input.source {
                self.check_closeup(role, of)?;
                if input.ptz.is_some() {
                    let why = "a close-up of another picture has no camera of its own to turn: leave this out".into();
                    return fault(&["inputs", role.as_str(), "ptz"], why);
                }
            }
            let of_cameras = [("picture", input.picture != Picture::default()), ("mode", input.mode.is_some())];
            let written = of_cameras.into_iter().find(|(_, written)| *written);
            if let (Some((key, _)), false) = (written, matches!(input.source, PictureAddress::Board(Address::V4l2(_))))
            {
                let why = "only a camera at v4l2:/dev/videoN is set by the host; a network camera has pages of its own for this: leave this out".into();
                return fault(&["inputs", role.as_str(), key], why);
            }
            let limits = [
                ("pan-limits", input.pan_limits),
                ("tilt-limits", input.tilt_limits),
                ("zoom-limits", input.zoom_limits),
            ];
            if let (None, Some((key, _))) = (&input.ptz, limits.iter().find(|(_, limit)| limit.is_some())) {
                let why = "this is for a camera that turns: write its `ptz` too, or leave this out".into();
                return fault(&["inputs", role.as_str(), key], why);
            }
        }
        Ok(())
    }

    fn check_closeup(&self, role: PictureRole, of: PictureRole) -> Result<(), Fault> {
        let key = ["inputs", role.as_str(), "source"];
        match self.inputs.picture(of).map(|whole| &whole.source) {
            None => fault(&key, not_configured(of)),
            Some(PictureAddress::CloseUp(_)) => {
                fault(&key, format!("{of} is a close-up itself: write the address of a camera as its `source`"))
            }
            Some(PictureAddress::Board(_)) => match self.inputs.picture(of).and_then(|whole| whole.ptz.as_ref()) {
                // Nobody could tell what moves in it, the teacher or the camera.
                Some(_) => fault(
                    &key,
                    format!(
                        "the camera of {of} turns, so a close-up of it would show the turning: take a fixed camera"
                    ),
                ),
                None => Ok(()),
            },
        }
    }

    fn check_scenes(&self) -> Result<(), Fault> {
        for (name, scene) in &self.scenes {
            let key = ["scenes", name.as_str(), "inputs"];
            if scene.inputs.is_empty() {
                return fault(&key, "a scene shows at least one input: name its role, such as [\"hdmi\"]".into());
            }
            if let Some(role) = scene.inputs.iter().find(|role| self.inputs.picture(**role).is_none()) {
                return fault(&key, not_configured(*role));
            }
        }
        Ok(())
    }

    fn check_programme(&self) -> Result<(), Fault> {
        match &self.programme.scene {
            Some(scene) if !self.scenes.contains_key(scene) => {
                let known: Vec<&str> = self.scenes.keys().map(Name::as_str).collect();
                let why = format!("there is no scene `{}`: the scenes are {}", scene.as_str(), known.join(", "));
                fault(&["programme", "scene"], why)
            }
            _ => Ok(()),
        }
    }

    fn check_recording(&self) -> Result<(), Fault> {
        let Tracks::Only(roles) = &self.recording.tracks else { return Ok(()) };
        let key = ["recording", "tracks"];
        if roles.is_empty() && !self.recording.programme {
            return fault(&key, "nothing would be recorded: name a track, or write programme = true".into());
        }
        for (index, role) in roles.iter().enumerate() {
            if self.inputs.picture(*role).is_none() {
                return fault(&key, not_configured(*role));
            }
            if roles[..index].contains(role) {
                return fault(&key, format!("{role} stands twice: write it once"));
            }
        }
        Ok(())
    }

    fn check_lesson(&self) -> Result<(), Fault> {
        if self.lesson.planned.get() > self.lesson.longest.get() {
            let why = "this is more than `lesson.longest`: raise that, or plan less".into();
            return fault(&["lesson", "planned"], why);
        }
        Ok(())
    }
}

fn not_configured(role: PictureRole) -> String {
    format!("{role} is not configured: write its `source` below [inputs.{role}], or leave it out here")
}

impl Inputs {
    /// Takes `role` from the simulated room, unless it is configured.
    fn simulate(&mut self, role: Role) {
        match role {
            Role::Picture(role) => {
                self.slot_of_picture(role).get_or_insert_with(|| PictureInput {
                    source: PictureAddress::Board(Address::Sim),
                    mode: None,
                    user: None,
                    password: None,
                    password_file: None,
                    ptz: None,
                    pan_limits: None,
                    tilt_limits: None,
                    zoom_limits: None,
                    follow: super::yes(),
                    field_of_view: super::usual_field(),
                    picture: Picture::default(),
                });
            }
            Role::Sound(role) => {
                self.slot_of_sound(role).get_or_insert_with(|| SoundInput { source: SoundAddress(Address::Sim) });
            }
        }
    }

    fn slot_of_picture(&mut self, role: PictureRole) -> &mut Option<PictureInput> {
        match role {
            PictureRole::TeacherPanorama => &mut self.teacher_panorama,
            PictureRole::TeacherCloseup => &mut self.teacher_closeup,
            PictureRole::StudentsPanorama => &mut self.students_panorama,
            PictureRole::StudentsCloseup => &mut self.students_closeup,
            PictureRole::Hdmi => &mut self.hdmi,
            PictureRole::Board => &mut self.board,
        }
    }

    fn slot_of_sound(&mut self, role: SoundRole) -> &mut Option<SoundInput> {
        match role {
            SoundRole::TeacherMic => &mut self.teacher_mic,
            SoundRole::RoomMic => &mut self.room_mic,
            SoundRole::LineIn => &mut self.line_in,
        }
    }
}

impl PictureInput {
    /// Reads the password file, if there is one: at each opening, so that a changed password needs no restart.
    pub fn credentials(&self) -> std::io::Result<Credentials> {
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => Some(password.reveal().to_owned()),
            (None, Some(file)) => {
                Some(std::fs::read_to_string(file.as_path())?.trim_end_matches(['\r', '\n']).to_owned())
            }
            (None, None) => None,
        };
        Ok(Credentials { user: self.user.as_ref().map(|user| user.as_str().to_owned()), password })
    }
}
