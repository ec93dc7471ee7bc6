//! The way to a host elsewhere: HTTPS to its pages, with the token of an account, and with its own certificate and no other.
//! Hosts make their certificates themselves, so what counts is its fingerprint, not who has signed it.

use std::sync::Arc;

use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::http::request::Builder;
use hyper::http::uri::{Authority, Uri};
use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring as crypto, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Error;

/// Why no host can be asked by what was given; worded by who knows the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteError {
    /// No address such as `https://192.168.1.20`.
    Address,
    /// No SHA-256: 64 hexadecimal digits, with or without colons.
    Fingerprint,
    /// Nothing that can stand in a header.
    Token,
}

/// A host elsewhere.
#[derive(Clone)]
pub struct Remote {
    address: String,
    authority: Authority,
    name: ServerName<'static>,
    authorization: HeaderValue,
    connector: TlsConnector,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token stays out of it.
        f.debug_tuple("Remote").field(&self.address).finish()
    }
}

impl Remote {
    /// `fingerprint` is the certificate's SHA-256, as the host's panel and pages show it.
    pub fn new(address: &str, token: &str, fingerprint: &str) -> Result<Self, RemoteError> {
        let uri: Uri = address.parse().map_err(|_| RemoteError::Address)?;
        let nothing_else = uri.path() == "/" && uri.query().is_none();
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https") && nothing_else);
        let authority = authority.filter(|authority| !authority.as_str().contains('@')).ok_or(RemoteError::Address)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| RemoteError::Address)?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| RemoteError::Token)?;
        if token.trim().is_empty() {
            return Err(RemoteError::Token);
        }
        authorization.set_sensitive(true);
        let provider = Arc::new(crypto::default_provider());
        let pinned =
            Pinned { wanted: parse(fingerprint).ok_or(RemoteError::Fingerprint)?, provider: Arc::clone(&provider) };
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the provider has the usual suites").dangerous();
        let config = config.with_custom_certificate_verifier(Arc::new(pinned)).with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { address, authority: authority.clone(), name, authorization, connector })
    }

    /// As it was given.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn signed(&self, request: Builder) -> Builder {
        request.header(HOST, self.authority.as_str()).header(AUTHORIZATION, self.authorization.clone())
    }

    pub(crate) async fn connect(&self) -> Result<TlsStream<TcpStream>, Error> {
        let unreachable =
            |why: &dyn std::fmt::Display| Error::Unreachable { host: self.address.clone(), why: why.to_string() };
        let host = self.name.to_str();
        let port = self.authority.port_u16().unwrap_or(443);
        let stream = TcpStream::connect((host.as_ref(), port)).await.map_err(|error| unreachable(&error))?;
        self.connector.connect(self.name.clone(), stream).await.map_err(|error| match shown(&error) {
            Some(shown) => Error::OtherCertificate { host: self.address.clone(), shown },
            None => unreachable(&error),
        })
    }
}

/// The certificate that a connection was refused for.
fn shown(error: &std::io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return None };
    other.0.downcast_ref::<Other>().map(|other| other.0.clone())
}

/// A certificate that is not the wanted one, as its fingerprint is written.
#[derive(Debug)]
struct Other(String);

impl std::fmt::Display for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Other {}

/// Takes one certificate and no other.
#[derive(Debug)]
struct Pinned {
    wanted: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = digest(&SHA256, certificate);
        if shown.as_ref() == self.wanted {
            return Ok(ServerCertVerified::assertion());
        }
        let shown: Vec<String> = shown.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let other = OtherError(Arc::new(Other(shown.join(":"))));
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(other)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// `AB:CD:…` or `abcd…`.
fn parse(fingerprint: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> =
        fingerprint.trim().chars().filter(|sign| *sign != ':').map(|sign| sign.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_no_host_is_refused_in_words() {
        let good = "AB:".repeat(31) + "cd";
        let of = |address: &str, token: &str, fingerprint: &str| Remote::new(address, token, fingerprint).map(|_| ());
        for address in ["https://192.168.1.20", "https://room-302:8443/", "https://[fd00::20]"] {
            assert_eq!(of(address, "t\n", &good), Ok(()), "{address}");
        }
        for address in ["http://room", "room", "https://", "https://room/x", "https://li:pw@room", "https://room?q"] {
            assert_eq!(of(address, "t", &good), Err(RemoteError::Address), "{address}");
        }
        for fingerprint in ["", "AB", &good[1..], &good.replace('c', "x"), &(good.clone() + "0")] {
            assert_eq!(of("https://room", "t", fingerprint), Err(RemoteError::Fingerprint), "{fingerprint}");
        }
        for token in ["", " \n", "a\nb"] {
            assert_eq!(of("https://room", token, &good), Err(RemoteError::Token), "{token:?}");
        }
        let remote = Remote::new("https://room", "secret", &good).unwrap();
        assert!(!format!("{remote:?}").contains("secret"));
    }
}
