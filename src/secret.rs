//! Secrets: made at first start, random tokens, digests.

mod seal;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use seal::Seal;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

/// The SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `bytes` random bytes, from the system.
pub fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A token of 256 random bits that stands in URLs and headers as it is: 43 characters.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A secret for one purpose, made from another: who learns it learns nothing of the others.
pub fn derive(secret: &[u8; 32], purpose: &str) -> Digest {
    mac(secret, purpose.as_bytes())
}

/// The HMAC-SHA256 of `bytes`.
pub fn mac(secret: &[u8; 32], bytes: &[u8]) -> Digest {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    aws_lc_rs::hmac::sign(&key, bytes).as_ref().try_into().expect("an HMAC-SHA256 has 32 bytes")
}

/// The secret in `folder/name`, made at the first start and readable by the owner alone.
///
/// # Errors
/// A folder that cannot be written or a file that is not 32 bytes.
pub fn load_or_make(folder: &Path, name: &str) -> anyhow::Result<[u8; 32]> {
    let path = folder.join(name);
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    if !path.exists() {
        make(&path).with_context(|| format!("writing {}", path.display()))?;
    }
    let secret = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    secret.try_into().map_err(|_| {
        anyhow::anyhow!(
            "{} is damaged: it must hold 32 bytes; restore it from a backup, or delete it: without token.key everybody \
             is signed out, without seal.key people enter their webhook URLs again",
            path.display()
        )
    })
}

/// Written beside and linked into place whole: a start that is cut short leaves no half of a secret, and of two
/// starts at once the first one's secret stands.
fn make(path: &Path) -> std::io::Result<()> {
    let beside = path.with_extension(token());
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(&random::<32>()).and_then(|()| file.sync_all())?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_make(folder.path(), "token.key").unwrap();
        let second = load_or_make(folder.path(), "token.key").unwrap();
        assert_eq!(first, second);
        let mode = std::fs::metadata(folder.path().join("token.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token.key"), b"short").unwrap();
        assert!(load_or_make(folder.path(), "token.key").unwrap_err().to_string().contains("damaged"));
    }
}
