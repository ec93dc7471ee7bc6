//! The certificate: made at the first start and kept, or given by IT. Ours holds the host's name and addresses, and is made anew
//! while the program runs when it ends soon or the host has got an address that is not in it.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Longer ones are refused by some browsers even where IT trusts them.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 800);
/// A certificate of ours is made anew when it has less left.
const RENEWED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate {path} cannot be read or written ({source}): check the file's owner and the disk", path = path.display())]
    File { path: PathBuf, source: io::Error },

    #[error("the certificate {path} and its key do not serve ({source}): give a PEM chain and its unencrypted PEM key", path = path.display())]
    Unusable { path: PathBuf, source: io::Error },

    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// Where a certificate and its key lie.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Whether it is made here.
    ours: bool,
}

/// Names and addresses in a certificate, at most. Those of before stay as long as there is room: a host that goes to and fro
/// between two addresses keeps one certificate for both.
const MOST_NAMES: usize = 24;

impl Pair {
    /// The pair that IT has given.
    pub(crate) fn given(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_owned(), key: key.to_owned(), ours: false }
    }

    /// The pair of this host in `state`.
    pub(crate) fn of_host(state: &Path) -> Self {
        Self { certificate: state.join("certificate.pem"), key: state.join("key.pem"), ours: true }
    }

    /// Makes ours where there is none, it ends soon, does not serve, or lacks one of the host's names. Whether it was made.
    pub(crate) fn renew(&self, host: &str, addresses: &[IpAddr], now: Timestamp) -> Result<bool, TlsError> {
        if !self.ours {
            return Ok(false);
        }
        let made = fs::metadata(&self.certificate).and_then(|meta| meta.modified());
        let made = made.ok().and_then(|made| Timestamp::try_from(made).ok());
        let young = made.is_some_and(|made| now.duration_since(made) < LIFE - RENEWED);
        let before: Vec<String> = fs::read_to_string(self.names_file())
            .map(|text| text.lines().map(str::to_owned).collect())
            .unwrap_or_default();
        let mut names = names_of(host, addresses);
        if young && self.serves() && names.iter().all(|name| before.contains(name)) {
            return Ok(false);
        }
        names.extend(before.into_iter().filter(|name| CertificateParams::new([name.clone()]).is_ok()));
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.truncate(MOST_NAMES);
        self.make(host, &names, now)?;
        Ok(true)
    }

    /// The names that stand in ours, a line each.
    fn names_file(&self) -> PathBuf {
        self.certificate.with_extension("names")
    }

    /// Whether certificate and key belong together: a power cut may have left the one without the other.
    fn serves(&self) -> bool {
        let Ok((certificate, key)) = self.read() else { return false };
        let (Ok(certificate), Ok(key)) =
            (CertificateDer::from_pem_slice(&certificate), PrivateKeyDer::from_pem_slice(&key))
        else {
            return false;
        };
        let provider = rustls::crypto::ring::default_provider();
        rustls::sign::CertifiedKey::from_der(vec![certificate], key, &provider).is_ok()
    }

    fn make(&self, host: &str, names: &[String], now: Timestamp) -> Result<(), TlsError> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, host);
        params.distinguished_name.push(DnType::OrganizationName, "ketang");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let day = |time: Timestamp| {
            let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
            date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        // A day earlier, for browsers whose clock is behind.
        params.not_before = day(now - SignedDuration::from_hours(24));
        params.not_after = day(now + LIFE - SignedDuration::from_hours(48));
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        write_secret(&self.key, key.serialize_pem().as_bytes())?;
        write_secret(&self.certificate, certificate.pem().as_bytes())?;
        write_secret(&self.names_file(), names.join("\n").as_bytes())?;
        tracing::info!("a certificate was made: {}", self.certificate.display());
        Ok(())
    }

    /// Reads the pair for the server.
    pub(crate) async fn load(&self) -> Result<RustlsConfig, TlsError> {
        let (certificate, key) = self.read()?;
        RustlsConfig::from_pem(certificate, key).await.map_err(|source| self.unusable(source))
    }

    /// Reads it again, so that a renewed one is taken without a new start.
    pub(crate) async fn reload(&self, config: &RustlsConfig) -> Result<(), TlsError> {
        let (certificate, key) = self.read()?;
        config.reload_from_pem(certificate, key).await.map_err(|source| self.unusable(source))
    }

    /// SHA-256 of the certificate, as browsers show it.
    pub(crate) fn fingerprint(&self) -> Result<String, TlsError> {
        let (certificate, _) = self.read()?;
        let der = CertificateDer::from_pem_slice(&certificate);
        let der = der.map_err(|error| self.unusable(io::Error::other(error.to_string())))?;
        Ok(crate::secret::fingerprint(&der))
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        let read = |path: &Path| fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source });
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    fn unusable(&self, source: io::Error) -> TlsError {
        TlsError::Unusable { path: self.certificate.clone(), source }
    }
}

fn names_of(host: &str, addresses: &[IpAddr]) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
    if !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
        names.extend([host.to_owned(), format!("{host}.local")]);
    }
    names.extend(addresses.iter().map(IpAddr::to_string));
    names
}

/// Writes a file that only its owner reads, whole or not at all.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    let write = || {
        let new = path.with_extension("new");
        let mut file = fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| TlsError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_is_made_once_and_kept_to_ourselves() {
        let state = tempfile::tempdir().unwrap();
        let now = crate::clock::now();
        let pair = Pair::of_host(state.path());
        let renew = |addresses: &[&str], now| {
            let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
            pair.renew("room-301", &addresses, now).unwrap()
        };
        assert!(renew(&["192.168.1.20"], now));
        let mode = fs::metadata(&pair.key).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        pair.load().await.unwrap();
        let first = pair.fingerprint().unwrap();
        assert_eq!(first.len(), 32 * 3 - 1, "{first}");
        assert!(!renew(&["192.168.1.20"], now) && !renew(&[], now), "nothing is missing in it");
        assert_eq!(pair.fingerprint().unwrap(), first);
        assert!(renew(&["10.0.0.7", "fd00::7"], now), "the host has another address");
        let second = pair.fingerprint().unwrap();
        assert_ne!(second, first);
        assert!(!renew(&["192.168.1.20"], now), "the old one still stands in it");
        assert!(renew(&["10.0.0.7"], now + SignedDuration::from_hours(24 * 790)), "it would end soon");
        assert_ne!(pair.fingerprint().unwrap(), second);
        // A power cut between the two files.
        fs::write(&pair.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(renew(&["10.0.0.7"], now) && pair.load().await.is_ok());
    }

    #[tokio::test]
    async fn a_key_of_another_certificate_is_refused_in_words() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let now = crate::clock::now();
        let [one, other] = [Pair::of_host(one.path()), Pair::of_host(other.path())];
        one.renew("a", &[], now).unwrap();
        other.renew("b", &[], now).unwrap();
        let mixed = Pair::given(&one.certificate, &other.key);
        assert!(!mixed.renew("a", &[], now).unwrap(), "what IT gave is left alone");
        let error = mixed.load().await.unwrap_err().to_string();
        assert!(error.contains("do not serve"), "{error}");
        fs::write(&mixed.certificate, "nonsense").unwrap();
        assert!(mixed.load().await.is_err());
    }
}
