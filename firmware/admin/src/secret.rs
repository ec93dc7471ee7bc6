//! Random secrets and how they are kept: whoever reads the database learns no session and no token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest as sha};
use ring::rand::{SecureRandom, SystemRandom};

/// Letters and digits that nobody takes for one another, 32 of them.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

/// A new secret of 256 bits, as text.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A name that nobody guesses and that says nothing.
pub(crate) fn name() -> String {
    random::<12>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A code of eight signs that a person types: 40 bits, for a few minutes and a few tries.
pub(crate) fn code() -> String {
    random::<8>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> Vec<u8> {
    sha(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Whether two secrets are the same; how long it takes tells nothing of them.
pub(crate) fn same(one: &str, other: &str) -> bool {
    // Digests differ in a place that nobody can choose.
    digest(one) == digest(other)
}

/// A fingerprint as browsers show it: `AB:CD:…` of SHA-256.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let parts: Vec<String> = sha(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_new_and_codes_can_be_typed() {
        assert_ne!(token(), token());
        let code = code();
        assert_eq!(code.len(), 8);
        assert!(code.bytes().all(|sign| ALPHABET.contains(&sign)), "{code}");
        assert!(same(&code, &code.clone()) && !same(&code, "ABCDEFG2 "));
    }
}
