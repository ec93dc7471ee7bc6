//! The certificate: made at the first start and kept, or given by IT.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use axum_server::tls_rustls::RustlsConfig;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

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
}

impl Pair {
    /// The pair of this host: the one in `state`, made now where there is none or it ends soon.
    pub(crate) fn of_host(state: &Path, host: &str, now: Timestamp) -> Result<Self, TlsError> {
        let pair = Self { certificate: state.join("certificate.pem"), key: state.join("key.pem") };
        let made = fs::metadata(&pair.certificate).and_then(|meta| meta.modified());
        let made = made.ok().and_then(|made| Timestamp::try_from(made).ok());
        let good = made.is_some_and(|made| now.duration_since(made) < LIFE - RENEWED) && pair.key.exists();
        if !good {
            pair.make(host, now)?;
        }
        Ok(pair)
    }

    fn make(&self, host: &str, now: Timestamp) -> Result<(), TlsError> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
        if !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
            names.extend([host.to_owned(), format!("{host}.local")]);
        }
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
        let pair = Pair::of_host(state.path(), "room-301", now).unwrap();
        let mode = fs::metadata(&pair.key).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        pair.load().await.unwrap();
        let first = pair.fingerprint().unwrap();
        assert_eq!(first.len(), 32 * 3 - 1, "{first}");
        Pair::of_host(state.path(), "room-301", now).unwrap();
        assert_eq!(pair.fingerprint().unwrap(), first);
        Pair::of_host(state.path(), "room-301", now + SignedDuration::from_hours(24 * 790)).unwrap();
        assert_ne!(pair.fingerprint().unwrap(), first, "it would end soon");
    }

    #[tokio::test]
    async fn a_key_of_another_certificate_is_refused_in_words() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let now = crate::clock::now();
        let one = Pair::of_host(one.path(), "a", now).unwrap();
        let other = Pair::of_host(other.path(), "b", now).unwrap();
        let mixed = Pair { certificate: one.certificate, key: other.key };
        let error = mixed.load().await.unwrap_err().to_string();
        assert!(error.contains("do not serve"), "{error}");
        fs::write(&mixed.certificate, "nonsense").unwrap();
        assert!(mixed.load().await.is_err());
    }
}
