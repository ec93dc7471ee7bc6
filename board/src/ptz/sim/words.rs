//! How the simulated camera understands ONVIF: the requests that a controller of cameras needs, and who may send them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ketang_hal::ptz::Span;
use roxmltree::{Document, Node};

use super::{LIMITS, Shared};
use crate::ptz::soap::{Token, escape};

/// A digest that is older, or that far in the future, is not taken: in seconds by the camera's own clock.
const FRESH: i64 = 5;
const PROFILE: &str = "PTZ & main";

/// The HTTP status and the reply to a request.
pub(super) fn answer(shared: &Shared, request: &str) -> (&'static str, String) {
    let Ok(document) = Document::parse(request) else {
        return fault("ter:WellFormed", "not well formed");
    };
    let Some(body) = find(document.root_element(), "Body").and_then(|body| body.first_element_child()) else {
        return fault("ter:InvalidArgVal", "nothing asked");
    };
    let name = body.tag_name().name();
    if name != "GetSystemDateAndTime" && !is_let_in(shared, document.root_element()) {
        return fault("ter:NotAuthorized", "Sender not authorized");
    }
    let said = match name {
        "GetSystemDateAndTime" => Ok(date_and_time(shared.clock())),
        "GetCapabilities" => Ok(services()),
        "GetProfiles" => Ok(profiles()),
        _ if find(body, "ProfileToken").and_then(|token| token.text()) != Some(PROFILE) => {
            Err(("ter:NoProfile", "The requested profile token does not exist"))
        }
        "GetStatus" => Ok(status(shared)),
        "GetPresets" => Ok(presets(shared)),
        "AbsoluteMove" | "ContinuousMove" | "Stop" => moved(shared, name, body),
        "GotoPreset" => match preset_token(body) {
            Some(number) if shared.body().recall(number) => Ok(String::new()),
            _ => Err(("ter:NoToken", "The requested preset token does not exist")),
        },
        "SetPreset" => set_preset(shared, body),
        _ => Err(("ter:ActionNotSupported", "The requested action is not supported")),
    };
    match said {
        Ok(said) => ("200 OK", envelope(&format!("<q:{name}Response>{said}</q:{name}Response>"))),
        Err((code, reason)) => fault(code, reason),
    }
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:q=\"http://www.onvif.org/ver20/ptz/wsdl\"><env:Body>{body}</env:Body></env:Envelope>"
    )
}

fn fault(code: &str, reason: &str) -> (&'static str, String) {
    let body = format!(
        "<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>{code}</env:Value></env:Subcode></env:Code>\
         <env:Reason><env:Text xml:lang=\"en\">{reason}</env:Text></env:Reason></env:Fault>"
    );
    ("400 Bad Request", envelope(&body))
}

fn find<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.descendants().find(|child| child.tag_name().name() == name)
}

fn is_let_in(shared: &Shared, envelope: Node) -> bool {
    let Some((user, password)) = &shared.settings.login else { return true };
    let text = |name| find(envelope, name).and_then(|node| node.text()).unwrap_or_default();
    let (nonce, created) = (text("Nonce"), text("Created"));
    let Ok(nonce) = BASE64_STANDARD.decode(nonce) else { return false };
    let ours = crate::ptz::soap::envelope("", Some(&Token::new(user, password, &nonce, created)));
    let digest = format!(">{}</w:Password>", text("Password"));
    let fresh =
        created.parse::<jiff::Timestamp>().is_ok_and(|created| (created.as_second() - shared.clock()).abs() <= FRESH);
    fresh && text("Username") == user && ours.contains(&digest)
}

fn date_and_time(clock: i64) -> String {
    let now = jiff::Timestamp::from_second(clock).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let (hour, minute, second) = (now.hour(), now.minute(), now.second());
    let (year, month, day) = (now.year(), now.month(), now.day());
    format!(
        "<q:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}\
         </tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date>\
         </tt:UTCDateTime></q:SystemDateAndTime>"
    )
}

/// With hosts that nobody can reach, as cameras behind a router tell.
fn services() -> String {
    "<q:Capabilities><tt:Media><tt:XAddr>http://0.0.0.0/onvif/media_service</tt:XAddr></tt:Media>\
     <tt:PTZ><tt:XAddr>http://0.0.0.0/onvif/ptz_service</tt:XAddr></tt:PTZ></q:Capabilities>"
        .into()
}

fn profiles() -> String {
    let token = escape(PROFILE);
    format!(
        "<q:Profiles token=\"fixed\"><tt:Name>fixed</tt:Name></q:Profiles><q:Profiles token=\"{token}\"><tt:Name>main</tt:Name>\
         <tt:PTZConfiguration token=\"c\"><tt:NodeToken>n</tt:NodeToken></tt:PTZConfiguration></q:Profiles>"
    )
}

/// Where a value lies in a span, as the generic space has it: from `low` to 1.
fn share(span: &Span, value: f64, low: f64) -> f64 {
    low + (value - span.least) / (span.greatest - span.least) * (1.0 - low)
}

fn value(span: &Span, share: f64, low: f64) -> f64 {
    span.least + (share - low) / (1.0 - low) * (span.greatest - span.least)
}

fn status(shared: &Shared) -> String {
    let (view, moves) = {
        let body = shared.body();
        (body.view(), !body.rests())
    };
    let (x, y) = (share(&LIMITS.pan, view.pan, -1.0), share(&LIMITS.tilt, view.tilt, -1.0));
    let (zoom, state) = (share(&LIMITS.zoom, view.zoom, 0.0), if moves { "MOVING" } else { "IDLE" });
    format!(
        "<q:PTZStatus><tt:Position><tt:PanTilt x=\"{x:.6}\" y=\"{y:.6}\"/><tt:Zoom x=\"{zoom:.6}\"/></tt:Position><tt:MoveStatus>\
         <tt:PanTilt>{state}</tt:PanTilt><tt:Zoom>{state}</tt:Zoom></tt:MoveStatus></q:PTZStatus>"
    )
}

fn presets(shared: &Shared) -> String {
    let numbers: Vec<u8> = shared.body().numbers().collect();
    let preset = |number| format!("<q:Preset token=\"{number}\"><tt:Name>preset {number}</tt:Name></q:Preset>");
    numbers.into_iter().map(preset).collect()
}

fn preset_token(body: Node) -> Option<u8> {
    find(body, "PresetToken")?.text()?.trim().parse().ok()
}

fn set_preset(shared: &Shared, body: Node) -> Result<String, (&'static str, &'static str)> {
    let named = || find(body, "PresetName")?.text()?.strip_prefix("ketang-")?.parse().ok();
    let number = preset_token(body).or_else(named).ok_or(("ter:TooManyPresets", "No more presets can be stored"))?;
    shared.body().store(number);
    Ok(format!("<q:PresetToken>{number}</q:PresetToken>"))
}

fn moved(shared: &Shared, name: &str, body: Node) -> Result<String, (&'static str, &'static str)> {
    let part =
        |name, axis| find(body, name).and_then(|node| node.attribute(axis)).and_then(|text| text.parse::<f64>().ok());
    let (pan, tilt, zoom) = (part("PanTilt", "x"), part("PanTilt", "y"), part("Zoom", "x"));
    if [pan, tilt, zoom].into_iter().flatten().any(|part| !(-1.0..=1.0).contains(&part)) {
        return Err(("ter:InvalidPosition", "The requested position is out of bounds"));
    }
    let mut moves = shared.body();
    match name {
        "AbsoluteMove" => {
            if let (Some(pan), Some(tilt)) = (pan, tilt) {
                let speed = find(body, "Speed").and_then(|speed| find(speed, "PanTilt")?.attribute("x")?.parse().ok());
                let speed = speed.unwrap_or(1.0_f64).clamp(0.0, 1.0);
                moves.turn_to((value(&LIMITS.pan, pan, -1.0), value(&LIMITS.tilt, tilt, -1.0)), (speed, speed));
            }
            if let Some(zoom) = zoom {
                moves.zoom_to(value(&LIMITS.zoom, zoom, 0.0));
            }
        }
        "ContinuousMove" => {
            moves.turn_on(pan.unwrap_or(0.0), tilt.unwrap_or(0.0));
            moves.zoom_on(zoom.unwrap_or(0.0));
        }
        _ => {
            moves.turn_on(0.0, 0.0);
            moves.zoom_on(0.0);
        }
    }
    Ok(String::new())
}
