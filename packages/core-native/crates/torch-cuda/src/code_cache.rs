//! Machine code of kernels, kept in the user's cache: NVRTC takes seconds, and every process of a run would spend them.

use sha2::{Digest, Sha256};
use std::ffi::CStr;
use std::path::{Path, PathBuf};

/// A folder of files named by what they were made from. Each begins with the SHA-256 of its code, so that a torn file is no code.
#[derive(Debug)]
pub struct CodeCache {
    folder: PathBuf,
}

const HASH_BYTES: usize = 32;

impl CodeCache {
    /// `kernels` in the cache of flc-native (`FLC_HOME`, else `XDG_CACHE_HOME`, else ~/.cache), if there is a place for one.
    pub fn of_user() -> Option<Self> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let home = folder("FLC_HOME").filter(|path| !path.as_os_str().is_empty()).or_else(|| {
            let caches = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
            let caches = caches.or_else(|| Some(folder("HOME")?.join(".cache")));
            Some(caches?.join("flc-native"))
        });
        Some(Self::in_folder(&home?))
    }

    pub fn in_folder(home: &Path) -> Self {
        Self { folder: home.join("kernels") }
    }

    /// What was kept under the parts of `key`, else what `make` gives, which is then kept. A cache that cannot be read or written is
    /// no failure.
    pub fn get_or_make<E>(
        &self,
        key: &[&[u8]],
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let mut hash = Sha256::new();
        for part in key {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let file = self.folder.join(name);
        if let Some(code) = read(&file) {
            return Ok(code);
        }
        let code = make()?;
        // Best effort.
        let _ = self.write(&file, &code);
        Ok(code)
    }

    /// Whole or not at all: processes may write the same file at once.
    fn write(&self, file: &Path, code: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let temporary = file.with_extension(std::process::id().to_string());
        let hash = Sha256::digest(code);
        std::fs::write(&temporary, [hash.as_slice(), code].concat())?;
        std::fs::rename(&temporary, file)
    }
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(file).ok()?;
    let (hash, code) = bytes.split_at_checked(HASH_BYTES)?;
    (Sha256::digest(code).as_slice() == hash).then(|| code.to_vec())
}

/// What `source` and its headers, the compiler and the architecture make together.
pub(crate) fn key<'a>(
    source: &'a CStr,
    headers: &'a [(&CStr, &CStr)],
    compiler: &'a str,
    architecture: &'a str,
) -> Vec<&'a [u8]> {
    let texts = headers.iter().map(|(_, text)| text.to_bytes());
    [source.to_bytes(), compiler.as_bytes(), architecture.as_bytes()]
        .into_iter()
        .chain(texts)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn code_is_made_once_and_again_where_it_is_torn_or_for_another_key() {
        let home = tempfile::tempdir().unwrap();
        let cache = CodeCache::in_folder(home.path());
        let made = std::cell::Cell::new(0);
        let get = |key: &[&[u8]]| {
            let make = || {
                made.set(made.get() + 1);
                Ok::<_, ()>(vec![made.get(); 100])
            };
            cache.get_or_make(key, make).unwrap()[0]
        };
        assert_eq!((get(&[b"a", b"b"]), get(&[b"a", b"b"])), (1, 1));
        assert_eq!((get(&[b"ab", b""]), get(&[b"ab", b""])), (2, 2));
        for entry in std::fs::read_dir(home.path().join("kernels")).unwrap() {
            let file = entry.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            std::fs::write(&file, &bytes[..90]).unwrap();
        }
        assert_eq!((get(&[b"a", b"b"]), get(&[b"a", b"b"])), (3, 3));
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_failure() {
        let cache = CodeCache::in_folder(Path::new("/proc/nowhere"));
        assert_eq!(cache.get_or_make(&[b"a"], || Ok::<_, ()>(vec![7])).unwrap(), [7]);
        assert_eq!(cache.get_or_make(&[b"a"], || Err(3)), Err(3));
    }
}
