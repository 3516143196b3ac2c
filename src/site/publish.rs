//! Writes the site so that a reader during a run never sees half a file, or a page whose picture is missing.
//!
//! Everything is first written into `.cronograph/new/` of the output folder (same file system), while pages and
//! pictures are made. Only when all of it is there, `commit` renames pictures into place, then pages, then the index;
//! then it removes what no page has referred to for a while. Until `commit` the published site is untouched.
//! Files that it did not write are never removed; what did not change is not rewritten.

use super::error::SiteError;
use super::manifest::{Entry, Manifest};
use crate::base::files;
use crate::base::hash;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The folder of our own inside the output folder.
const OWN_FOLDER: &str = ".cronograph";

/// How long a picture stays that no page shows any more: an rsync or a browser may still have the page before.
pub(crate) const GRACE_SECONDS: i64 = 1800;

/// What our own index page says of itself, so that somebody else's is never overwritten.
pub(crate) const GENERATOR: &str = "<meta name=\"generator\" content=\"cronograph";

/// What a run did to the output folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files written.
    pub written: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
    /// Files removed.
    pub removed: usize,
}

/// A file that waits in the folder of new ones.
struct Staged {
    from: PathBuf,
    to: String,
}

/// The output folder during one run. Shared by threads.
pub(crate) struct Publisher {
    out: PathBuf,
    now: i64,
    before: Manifest,
    /// The pages are of the past.
    past: bool,
    /// This run is the first one since the machine started: files may be of the right length and have no bytes.
    is_first: bool,
    state: Mutex<State>,
    /// Held until the end of the run.
    _lock: File,
}

#[derive(Default)]
struct State {
    wanted: BTreeMap<String, Entry>,
    staged: Vec<Staged>,
    created: usize,
}

/// Returns the lock file of an output folder.
pub fn lock_of(out: &Path) -> PathBuf {
    out.join(OWN_FOLDER).join("lock")
}

impl Publisher {
    /// Takes the output folder for this run; waits for another run, or for an rsync that holds the lock, so long.
    ///
    /// # Errors
    /// Where the folder cannot be written, somebody else still has it, or its index page is somebody else's.
    pub(crate) fn open(out: &Path, now: i64, patience_seconds: f64) -> Result<Self, SiteError> {
        let own = out.join(OWN_FOLDER);
        // Before our folder is there: it says that what a power cut left empty is ours.
        refuse_foreign_index(out, &Manifest::load(&own.join("manifest.json")))?;
        create_folder(out, &own)?;
        let held = files::held_seconds(&lock_of(out));
        // One that hangs is not waited for.
        let is_hung = held.is_some_and(|held| held > super::HUNG_SECONDS);
        let lock = match files::lock_path(&lock_of(out), if is_hung { 0.0 } else { patience_seconds }) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(SiteError::Busy(out.to_owned(), held.unwrap_or(0.0)));
            }
            lock => lock?,
        };
        let before = Manifest::load(&own.join("manifest.json"));
        refuse_foreign_index(out, &before)?;
        // What an interrupted run left.
        files::remove_leftovers(&own)?;
        let new = own.join("new");
        if new.exists() {
            fs_err::remove_dir_all(&new)?;
        }
        fs_err::create_dir(&new)?;
        let is_first = is_older_than_boot(&own.join("manifest.json"), &new);
        let (out, state) = (out.to_owned(), Mutex::default());
        Ok(Self { out, now, before, past: false, is_first, state, _lock: lock })
    }

    /// What follows is of a stretch of the past.
    ///
    /// # Errors
    /// Where the folder holds the pages that runs keep up to date: the next of them would replace those of the past, and until then
    /// a visitor would take these for the present.
    pub(crate) fn of_the_past(self) -> Result<Self, SiteError> {
        if self.before.files.contains_key("index.html") && !self.before.past {
            return Err(SiteError::Live(self.out));
        }
        Ok(Self { past: true, ..self })
    }

    /// Names the output folder in caches.
    pub(crate) fn id(&self) -> String {
        let path = fs_err::canonicalize(&self.out).unwrap_or_else(|_| self.out.clone());
        hash::name(&[path.as_os_str().as_encoded_bytes()])
    }

    /// Keeps a file that an earlier run wrote; `false` where it is not there as it was written.
    pub(crate) fn keep(&self, path: &str) -> bool {
        let Some(entry) = self.before.files.get(path) else { return false };
        if !self.is_intact(path, entry) {
            return false;
        }
        self.state().wanted.insert(path.to_owned(), Entry { dropped: None, ..entry.clone() });
        true
    }

    /// Publishes a file whose name tells its content: a picture, the style sheet.
    pub(crate) fn file(&self, path: &str, bytes: &[u8]) -> Result<(), SiteError> {
        if self.keep(path) {
            return Ok(());
        }
        self.stage(path, bytes, hash::name(&[bytes]))
    }

    /// Publishes a page. `moment` (token, text) stands for the page's own time: a page that differs from the published
    /// one in nothing else is not rewritten.
    pub(crate) fn page(&self, path: &str, text: &str, moment: &[(&str, &str)]) -> Result<(), SiteError> {
        let hash = hash::name(&[text.as_bytes()]);
        if self.before.files.get(path).is_some_and(|entry| entry.hash == hash) && self.keep(path) {
            return Ok(());
        }
        let mut page = text.to_owned();
        for (token, value) in moment {
            page = page.replace(token, value);
        }
        self.stage(path, page.as_bytes(), hash)
    }

    /// Brings what was made into place and removes what is past its time.
    ///
    /// # Errors
    /// Where a file cannot be moved or the manifest cannot be written.
    pub(crate) fn commit(self) -> Result<Published, SiteError> {
        let state = std::mem::take(&mut *self.state());
        let dropped = self.before.dropped(&state.wanted, self.now);
        let mut all = Manifest { files: state.wanted.clone(), past: self.past };
        all.files.extend(dropped.iter().map(|(path, entry)| (path.clone(), entry.clone())));
        // First the manifest, so that a run that is cut short here leaves no file that nobody knows.
        self.save(&all)?;
        let mut staged = state.staged;
        staged.sort_by(|one, other| rank(&one.to).cmp(&rank(&other.to)).then(one.to.cmp(&other.to)));
        for file in &staged {
            self.move_into_place(file)?;
        }
        let removed = self.remove_expired(&dropped, &mut all)?;
        if removed > 0 {
            self.save(&all)?;
        }
        fs_err::remove_dir_all(self.own("new"))?;
        let written = staged.len();
        Ok(Published { written, unchanged: state.wanted.len() - written, removed })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has at worst not added its file.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self, name: &str) -> PathBuf {
        self.out.join(OWN_FOLDER).join(name)
    }

    fn is_intact(&self, path: &str, entry: &Entry) -> bool {
        let file = self.out.join(path);
        fs_err::metadata(&file).is_ok_and(|found| found.is_file() && found.len() == entry.size)
            && !(self.is_first && entry.size > 0 && files::is_hollow(&file))
    }

    fn stage(&self, path: &str, bytes: &[u8], hash: String) -> Result<(), SiteError> {
        let number = {
            let mut state = self.state();
            let entry = Entry { hash, size: bytes.len() as u64, dropped: None };
            if state.wanted.insert(path.to_owned(), entry).is_some() {
                // Two hosts may show the same style; the second need not be staged.
                return Ok(());
            }
            state.created += 1;
            state.created
        };
        let from = self.own("new").join(number.to_string());
        write_readable(&from, bytes)?;
        self.state().staged.push(Staged { from, to: path.to_owned() });
        Ok(())
    }

    fn move_into_place(&self, file: &Staged) -> Result<(), SiteError> {
        let to = self.out.join(&file.to);
        if let Some(folder) = to.parent() {
            create_folder(&self.out, folder)?;
        }
        if rank(&file.to) == 2 {
            // What is first looked at is never empty. All else is found by its length and made again: to force each picture to the
            // disk would take longer than to draw it.
            fs_err::File::open(&file.from)?.sync_all()?;
        }
        fs_err::rename(&file.from, &to)?;
        Ok(())
    }

    /// Pages that nobody wants go at once; pictures after the grace period.
    fn remove_expired(
        &self,
        dropped: &BTreeMap<String, Entry>,
        all: &mut Manifest,
    ) -> Result<usize, SiteError> {
        let mut removed = 0;
        for (path, entry) in dropped {
            let since = entry.dropped.unwrap_or(self.now);
            if rank(path) == 0 && self.now - since < GRACE_SECONDS {
                continue;
            }
            let file = self.out.join(path);
            match fs_err::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
            all.files.remove(path);
            removed += 1;
            if let Some(folder) = file.parent().filter(|folder| *folder != self.out) {
                // Goes only if it is empty, that is: if nobody else has put something there.
                let _ = std::fs::remove_dir(folder);
            }
        }
        Ok(removed)
    }

    fn save(&self, manifest: &Manifest) -> Result<(), SiteError> {
        if *manifest == self.before && self.own("manifest.json").exists() {
            return Ok(());
        }
        let text = serde_json::to_vec(manifest).map_err(std::io::Error::other)?;
        files::write_durable(&self.own("manifest.json"), &text)?;
        Ok(())
    }
}

/// Order of publication: what pages refer to, pages, the index.
fn rank(path: &str) -> u8 {
    match path {
        "index.html" | "status.json" => 2,
        _ if path.ends_with(".html") => 1,
        _ => 0,
    }
}

/// Returns true for a file written before the machine started. `fresh` was just made: it has the time of the file system.
fn is_older_than_boot(file: &Path, fresh: &Path) -> bool {
    let time = |path: &Path| fs_err::metadata(path).map(|metadata| metadata.mtime());
    let boot = time(fresh).map(|now| now - rustix::system::sysinfo().uptime);
    time(file).is_ok_and(|written| boot.is_ok_and(|boot| written <= boot))
}

/// Writes a file that a web server under another user can read, whatever the umask of cron.
fn write_readable(path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
    fs_err::write(path, bytes)?;
    fs_err::set_permissions(path, PermissionsExt::from_mode(0o644))?;
    Ok(())
}

/// Makes `folder` and what is missing between it and `out`, readable for the web server.
fn create_folder(out: &Path, folder: &Path) -> Result<(), SiteError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| parent.starts_with(out)) {
        create_folder(out, parent)?;
    } else if let Some(parent) = folder.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::create_dir(folder)?;
    fs_err::set_permissions(folder, PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// Somebody's web root stays as it is. Of one that has our folder an index without a letter is ours: a power cut leaves such files.
fn refuse_foreign_index(out: &Path, before: &Manifest) -> Result<(), SiteError> {
    let index = out.join("index.html");
    if before.files.contains_key("index.html") || !index.exists() {
        return Ok(());
    }
    let text = fs_err::read(&index)?;
    if out.join(OWN_FOLDER).is_dir() && text.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    let head = String::from_utf8_lossy(&text[..text.len().min(4096)]).into_owned();
    if head.contains(GENERATOR) { Ok(()) } else { Err(SiteError::Foreign(index)) }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
