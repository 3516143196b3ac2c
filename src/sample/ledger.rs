//! A small file that one run hands to the next, locked while it is held: another run may still be busy with what it says.
//! Overwritten in place, as the state is. Torn, it does not parse, and counts as none.

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::marker::PhantomData;
use std::path::Path;

/// The open, locked file of a `T`.
#[derive(Debug)]
pub struct Ledger<T>(File, PhantomData<T>);

impl<T: Default + Serialize + DeserializeOwned> Ledger<T> {
    /// Opens and locks it. `None` where another run holds it, or where it cannot be written.
    pub fn open(path: &Path) -> Option<Self> {
        let file = File::options().create(true).read(true).write(true).truncate(false).open(path).ok()?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok().map(|()| Self(file, PhantomData))
    }

    /// What it says.
    pub fn load(&mut self) -> T {
        let mut bytes = Vec::new();
        let read = self.0.rewind().and_then(|()| self.0.read_to_end(&mut bytes));
        read.ok().and_then(|_| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes it over what was there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&mut self, content: &T) -> io::Result<()> {
        let bytes = serde_json::to_vec(content)?;
        self.0.rewind()?;
        self.0.write_all(&bytes)?;
        self.0.set_len(bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_and_the_shorter_content_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut ledger = Ledger::<Vec<u32>>::open(&path).unwrap();
        assert_eq!(ledger.load(), Vec::<u32>::new());
        ledger.save(&vec![1; 100]).unwrap();
        ledger.save(&vec![7]).unwrap();
        assert!(Ledger::<Vec<u32>>::open(&path).is_none());
        drop(ledger);
        assert_eq!(Ledger::<Vec<u32>>::open(&path).unwrap().load(), [7]);
        fs_err::write(&path, "[7").unwrap();
        assert!(Ledger::<Vec<u32>>::open(&path).unwrap().load().is_empty());
    }
}
