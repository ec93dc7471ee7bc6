//! `ketangctl admin-code`: the code for the first access to the host's pages.

use std::io::ErrorKind;
use std::path::PathBuf;

use ketang_protocol::pairing::PairingCode;

use crate::error::Error;
use crate::host::Host;
use crate::print;

/// Shows the code for the first access to the host's pages (`ketang-admin`)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where ketang-admin writes it
    #[arg(long, default_value = "/run/ketang-admin/pairing.json", value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn run(args: Args, host: &Host) -> Result<(), Error> {
    let text = std::fs::read(&args.file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::NoCode { file: args.file.clone() },
        _ => Error::CodeUnreadable { file: args.file.clone(), why: error.to_string() },
    })?;
    let told: PairingCode = serde_json::from_slice(&text)
        .map_err(|error| Error::CodeUnreadable { file: args.file.clone(), why: error.to_string() })?;
    host.show(&told, |lang| {
        let PairingCode { until, certificate, .. } = &told;
        let (code, until) = (told.in_two(), print::local(*until));
        let all: Vec<&str> = std::iter::once(&told.address).chain(&told.others).map(String::as_str).collect();
        let address = all.join("  ");
        lang.pick(
            format!("配对码：{code}\n有效到：{until}\n网址：  {address}\n证书指纹（SHA-256）：{certificate}"),
            format!("code:        {code}\ngood until:  {until}\naddress:     {address}\ncertificate: {certificate} (SHA-256)"),
        )
    })
}
