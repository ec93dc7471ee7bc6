//! The words of ONVIF: requests made, replies read. Text in, text out; no network and no clock.
//!
//! ONVIF Core (§5.9.4 WS-UsernameToken), Media and PTZ service specifications; OASIS UsernameToken Profile 1.0 for the digest.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ketang_hal::ptz::Span;
use roxmltree::{Document, Node, ParsingOptions};
use sha1::{Digest, Sha1};

const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
/// More elements than any reply of interest has.
const NODES: u32 = 20_000;
/// Deeper than any reply of interest is. The reader goes down one call a level.
const DEPTH: usize = 64;

/// Who asks, proven for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    user: String,
    digest: String,
    nonce: String,
    created: String,
}

impl Token {
    /// `created` is the camera's own time, such as `2026-11-22T08:00:00Z`; `nonce` must be new each time.
    pub fn new(user: &str, password: &str, nonce: &[u8], created: &str) -> Self {
        let digest = Sha1::new().chain_update(nonce).chain_update(created).chain_update(password).finalize();
        Self {
            user: user.to_owned(),
            digest: BASE64_STANDARD.encode(digest),
            nonce: BASE64_STANDARD.encode(nonce),
            created: created.to_owned(),
        }
    }

    fn header(&self) -> String {
        let Self { user, digest, nonce, created } = self;
        let user = escape(user);
        format!(
            "<s:Header><w:Security s:mustUnderstand=\"1\" xmlns:w=\"{WSSE}\" xmlns:u=\"{WSU}\"><w:UsernameToken>\
             <w:Username>{user}</w:Username><w:Password Type=\"{DIGEST}\">{digest}</w:Password>\
             <w:Nonce EncodingType=\"{BASE64}\">{nonce}</w:Nonce><u:Created>{created}</u:Created>\
             </w:UsernameToken></w:Security></s:Header>"
        )
    }
}

/// A whole request around the body's one element.
pub fn envelope(body: &str, token: Option<&Token>) -> String {
    let header = token.map(Token::header).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{ENVELOPE}\">{header}<s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// Text as it may stand between tags and in attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Why a reply is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no SOAP at all, or lacks what it must have.
    Nonsense,
    NotLetIn,
    /// In the camera's words.
    Refused(String),
}

/// Reads a reply: `read` is given its body.
pub fn read<T>(text: &str, read: impl FnOnce(Node) -> Option<T>) -> Result<T, Fault> {
    if is_deep(text) {
        return Err(Fault::Nonsense);
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| Fault::Nonsense)?;
    let body = child(document.root_element(), "Body").ok_or(Fault::Nonsense)?;
    if let Some(fault) = child(body, "Fault") {
        let codes = fault.descendants().filter(|node| node.tag_name().name() == "Value").filter_map(|node| node.text());
        let not_let_in =
            codes.into_iter().any(|code| code.contains("NotAuthorized") || code.contains("FailedAuthentication"));
        let reason = find(fault, "Reason").and_then(|reason| find(reason, "Text")).and_then(|text| text.text());
        let reason: String =
            reason.unwrap_or("no reason given").trim().chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(if not_let_in { Fault::NotLetIn } else { Fault::Refused(reason) });
    }
    read(body).ok_or(Fault::Nonsense)
}

/// Whether elements are nested deeper than [`DEPTH`], counted roughly and from above.
fn is_deep(text: &str) -> bool {
    let (mut depth, mut bytes) = (0_usize, text.as_bytes().windows(2));
    bytes.any(|pair| {
        match pair {
            [b'<', b'/'] | [b'/', b'>'] => depth = depth.saturating_sub(1),
            [b'<', next] if !matches!(next, b'?' | b'!') => depth += 1,
            _ => {}
        }
        depth > DEPTH
    })
}

/// Namespaces are not looked at: cameras get them wrong, and no two names of interest meet.
fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn find<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.descendants().find(|child| child.tag_name().name() == name)
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn whole(node: Option<Node>) -> Option<i64> {
    node?.text()?.trim().parse().ok()
}

/// The camera's time of GetSystemDateAndTime, in seconds since 1970.
pub fn seconds(body: Node) -> Option<i64> {
    let utc = find(body, "UTCDateTime")?;
    let (date, time) = (child(utc, "Date")?, child(utc, "Time")?);
    let part = |node, name| whole(child(node, name)).and_then(|part| i16::try_from(part).ok());
    let small = |node, name| part(node, name).and_then(|part| i8::try_from(part).ok());
    let date = jiff::civil::Date::new(part(date, "Year")?, small(date, "Month")?, small(date, "Day")?).ok()?;
    // 60 is a leap second.
    let second = small(time, "Second")?.min(59);
    let time = jiff::civil::Time::new(small(time, "Hour")?, small(time, "Minute")?, second, 0).ok()?;
    Some(date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The paths of the media and PTZ services in GetCapabilities. The hosts in them are not used: behind a router they are wrong.
pub fn services(body: Node) -> Option<(String, Option<String>)> {
    let path = |name| {
        let address = find(body, name).and_then(|service| child(service, "XAddr"))?.text()?.trim();
        let (_, rest) = address.split_once("://")?;
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        (!path.contains(|c: char| c.is_whitespace() || c.is_control())).then(|| path.to_owned())
    };
    Some((path("Media")?, path("PTZ")))
}

/// A profile that turns, and how far, in ONVIF's generic space.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub token: String,
    pub pan: Span,
    pub tilt: Span,
    pub zoom: Span,
}

/// The first profile of GetProfiles whose camera turns.
pub fn profile(body: Node) -> Option<Option<Profile>> {
    let response = find(body, "GetProfilesResponse")?;
    let mut profiles = response.children().filter(|node| node.tag_name().name() == "Profiles");
    Some(profiles.find_map(|profile| {
        let turns = child(profile, "PTZConfiguration")?;
        let span = |limits: &str, axis: &str| {
            let range = find(find(turns, limits)?, axis)?;
            let end = |name| number(child(range, name).and_then(|end| end.text()));
            Some(Span::new(end("Min")?, end("Max")?)).filter(|span| span.least < span.greatest)
        };
        Some(Profile {
            token: profile.attribute("token")?.to_owned(),
            pan: span("PanTiltLimits", "XRange").unwrap_or(Span::new(-1.0, 1.0)),
            tilt: span("PanTiltLimits", "YRange").unwrap_or(Span::new(-1.0, 1.0)),
            zoom: span("ZoomLimits", "XRange").unwrap_or(Span::new(0.0, 1.0)),
        })
    }))
}

/// What GetStatus tells, in ONVIF's generic space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    pub pan: f64,
    pub tilt: f64,
    pub zoom: f64,
    pub moving: Option<bool>,
}

/// `None` inside where the camera does not tell where it looks.
pub fn status(body: Node) -> Option<Option<Status>> {
    let status = find(body, "PTZStatus")?;
    let position = || {
        let position = child(status, "Position")?;
        let pan_tilt = child(position, "PanTilt")?;
        let zoom = child(position, "Zoom").and_then(|zoom| number(zoom.attribute("x"))).unwrap_or(0.0);
        Some((number(pan_tilt.attribute("x"))?, number(pan_tilt.attribute("y"))?, zoom))
    };
    let says = |part| child(child(status, "MoveStatus")?, part)?.text().map(str::trim);
    let moving = match (says("PanTilt"), says("Zoom")) {
        (Some("MOVING"), _) | (_, Some("MOVING")) => Some(true),
        (Some("IDLE"), Some("IDLE") | None) => Some(false),
        _ => None,
    };
    Some(position().map(|(pan, tilt, zoom)| Status { pan, tilt, zoom, moving }))
}

/// Tokens and names of GetPresets.
pub fn presets(body: Node) -> Option<Vec<(String, String)>> {
    let response = find(body, "GetPresetsResponse")?;
    let presets = response.children().filter(|node| node.tag_name().name() == "Preset").filter_map(|preset| {
        let name = child(preset, "Name").and_then(|name| name.text()).unwrap_or_default();
        Some((preset.attribute("token")?.to_owned(), name.trim().to_owned()))
    });
    Some(presets.collect())
}

/// That a reply with this element came is all.
pub fn is_there(name: &'static str) -> impl FnOnce(Node) -> Option<()> {
    move |body| child(body, name).map(drop)
}

/// Lets anything be read by everything that reads replies: for the fuzzer and its test.
pub fn read_anything(text: &str) {
    let _ = read(text, seconds);
    let _ = read(text, services);
    let _ = read(text, profile);
    let _ = read(text, status);
    let _ = read(text, presets);
    let _ = read(text, is_there("StopResponse"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply around the body's one element, as cameras write it.
    fn reply(body: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"{ENVELOPE}\" xmlns:tt=\"t\" xmlns:tptz=\"p\" \
             xmlns:trt=\"m\" xmlns:tds=\"d\"><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
        )
    }

    #[test]
    fn the_digest_is_that_of_the_standards_example() {
        // ONVIF Application Programmer's Guide, "UsernameToken": these four belong together.
        let nonce = BASE64_STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let token = Token::new("user", "userpassword", &nonce, "2010-09-16T07:50:45Z");
        assert_eq!(token.digest, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
        assert_eq!(token.nonce, "LKqI6G/AikKCQrN0zqZFlg==");
    }

    #[test]
    fn what_a_person_writes_cannot_leave_its_place() {
        let token = Token::new("a</w:Username><x y=\"'&", "p", &[0; 16], "2026-11-22T08:00:00Z");
        let text = envelope("<Stop/>", Some(&token));
        let document = Document::parse(&text).unwrap();
        assert_eq!(find(document.root_element(), "Username").unwrap().text(), Some("a</w:Username><x y=\"'&"));
        assert!(find(document.root_element(), "x").is_none());
    }

    #[test]
    fn a_status_is_read_whatever_its_prefixes_are() {
        let text = reply(
            "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x=\"0.25\" y=\"-0.5\" space=\"s\"/><tt:Zoom x=\"0.1\"/>\
             </tt:Position><tt:MoveStatus><tt:PanTilt>IDLE</tt:PanTilt><tt:Zoom>MOVING</tt:Zoom></tt:MoveStatus>\
             </tptz:PTZStatus></tptz:GetStatusResponse>",
        );
        let told = Status { pan: 0.25, tilt: -0.5, zoom: 0.1, moving: Some(true) };
        assert_eq!(read(&text, status), Ok(Some(told)));
        let other = text.replace("tt:", "").replace("MOVING", "UNKNOWN");
        assert_eq!(read(&other, status), Ok(Some(Status { moving: None, ..told })));
        assert_eq!(read(&text.replace("0.25", "NaN"), status), Ok(None));
        assert_eq!(read(&text.replace("PTZStatus", "Other"), status), Err(Fault::Nonsense));
    }

    #[test]
    fn services_keep_their_paths_and_lose_their_hosts() {
        let text = reply(
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://0.0.0.0:80/onvif/media</tt:XAddr></tt:Media>\
             <tt:PTZ><tt:XAddr>http://10.0.0.1/onvif/ptz?x=1</tt:XAddr></tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>",
        );
        assert_eq!(read(&text, services), Ok(("/onvif/media".into(), Some("/onvif/ptz?x=1".into()))));
        let without = text.replace("tt:PTZ>", "tt:Imaging>");
        assert_eq!(read(&without, services), Ok(("/onvif/media".into(), None)));
    }

    #[test]
    fn the_profile_that_turns_is_taken() {
        let text = reply(
            "<trt:GetProfilesResponse><trt:Profiles token=\"fixed\"/><trt:Profiles token=\"P2\"><tt:PTZConfiguration token=\"c\">\
             <tt:PanTiltLimits><tt:Range><tt:XRange><tt:Min>-0.9</tt:Min><tt:Max>0.9</tt:Max></tt:XRange></tt:Range></tt:PanTiltLimits>\
             </tt:PTZConfiguration></trt:Profiles></trt:GetProfilesResponse>",
        );
        let found = read(&text, profile).unwrap().unwrap();
        assert_eq!((found.token.as_str(), found.pan, found.tilt), ("P2", Span::new(-0.9, 0.9), Span::new(-1.0, 1.0)));
        assert_eq!(read(&text.replace("PTZConfiguration", "Other"), profile), Ok(None));
    }

    #[test]
    fn a_cameras_time_is_utc() {
        let text = |second: &str| {
            reply(&format!(
                "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>8</tt:Hour>\
                 <tt:Minute>15</tt:Minute><tt:Second>{second}</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year>\
                 <tt:Month>11</tt:Month><tt:Day>22</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
            ))
        };
        let then: jiff::Timestamp = "2026-11-22T08:15:30Z".parse().unwrap();
        assert_eq!(read(&text("30"), seconds), Ok(then.as_second()));
        assert_eq!(read(&text("99999999999"), seconds), Err(Fault::Nonsense));
    }

    #[test]
    fn a_fault_is_told_from_a_wrong_password() {
        let fault = |code: &str| {
            reply(&format!(
                "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>{code}\
                 </SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text>No such\n token</SOAP-ENV:Text>\
                 </SOAP-ENV:Reason></SOAP-ENV:Fault>"
            ))
        };
        assert_eq!(read(&fault("ter:NotAuthorized"), status), Err(Fault::NotLetIn));
        assert_eq!(read(&fault("ter:NoToken"), status), Err(Fault::Refused("No such token".into())));
    }

    #[test]
    fn nonsense_is_refused_and_nothing_worse() {
        let deep = "<a>".repeat(200_000);
        let dtd = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><x>&b;</x>";
        let wide = reply(&"<a/>".repeat(30_000));
        for text in ["", "<", "hello", "<a/>", deep.as_str(), dtd, wide.as_str(), "\u{feff}", "<?xml version=\"1.0\"?>"]
        {
            assert_eq!(read(text, status), Err(Fault::Nonsense));
            read_anything(text);
        }
    }
}
