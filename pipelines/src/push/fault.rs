//! Why a push fails, told apart as far as people can do something about it.

use gst::prelude::*;

use super::PushTarget;

/// Why a server does not get the programme. The words are those of the system or the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushFault {
    /// The machine answers, and nobody listens there.
    Refused(String),
    /// The name is not known, no way leads there, or nobody answers.
    Unreachable(String),
    /// The server does not know this application, the last part of the address.
    NoApplication(String),
    /// The server does not take this key, or has the stream already.
    NotAccepted(String),
    /// Its certificate is not good.
    Certificate(String),
    /// The connection was lost.
    Lost(String),
    /// It takes nothing any more.
    TooSlow,
    /// The host has nothing to send.
    NoPicture,
    Other(String),
}

impl PushFault {
    /// What a graph says on its bus.
    pub(super) fn of(message: &gst::message::Error, target: &PushTarget, was_live: bool) -> Self {
        let (error, debug) = (message.error(), message.debug().unwrap_or_default());
        let said = of_server(error.message(), &target.key);
        // What GStreamer puts into words comes in the system's language; the domain of an error does not.
        let domain = |name: &str| debug.contains(&format!("domain {name}"));
        let is_sink = message.src().is_some_and(|source| source.name().starts_with(super::outgoing::SINK));
        if error.kind::<gst::ResourceError>() == Some(gst::ResourceError::NotAuthorized) {
            Self::NotAccepted(said)
        } else if said.starts_with("Connection refused") {
            Self::Refused(said)
        } else if domain("g-resolver-error-quark") {
            Self::Unreachable(said)
        } else if domain("g-tls-error-quark") {
            Self::Certificate(said)
        } else if said.contains("'connect' cmd failed") {
            Self::NoApplication(said)
        } else if said.contains("'publish' cmd failed") || said.contains("publish denied") {
            Self::NotAccepted(said)
        } else if was_live {
            Self::Lost(said)
        } else if is_sink && debug.contains("send_connect_error") {
            Self::Unreachable(said)
        } else {
            Self::Other(said)
        }
    }
}

/// Words without the key, should a server repeat it.
fn of_server(said: &str, key: &str) -> String {
    let said = if key.is_empty() { said.to_owned() } else { said.replace(key, "••••••") };
    said.chars().filter(|sign| !sign.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_a_server_repeats_is_not_told() {
        assert_eq!(of_server("no stream s3cret?a=b here\n", "s3cret?a=b"), "no stream •••••• here");
        assert_eq!(of_server("as it is", ""), "as it is");
    }
}
