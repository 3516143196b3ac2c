//! Counts what is read of a host's file, compressed or not, against the host's budget: lines, bytes of overlong lines, CPU time.

use super::budget::Budget;
use super::layout::Layout;
use crate::base::limits::LONGEST_LINE;
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::Duration;

/// CPU time is asked for after so many bytes; a line counts as [`LINE_BYTES`] at least.
const ASK_AFTER_BYTES: u64 = 256 * 1024;
/// Work that a line costs however short it is.
const LINE_BYTES: u64 = 64;

/// A source that is counted.
pub(super) struct Metered {
    inner: Box<dyn BufRead + Send>,
    budget: Arc<Budget>,
    name: String,
    lines: u64,
    /// Bytes since the last newline.
    line_bytes: u64,
    /// Work since CPU time was asked for.
    work: u64,
    began: (ThreadId, Duration),
}

impl Metered {
    /// Counts what is read of a file from now on.
    pub(super) fn new(layout: &Layout, path: &Path, inner: Box<dyn BufRead + Send>) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let budget = Arc::clone(layout.budget());
        Self { inner, budget, name, lines: 0, line_bytes: 0, work: 0, began: cpu_time() }
    }

    /// Charges the CPU time since it was charged last; that of another thread has another clock.
    fn charge(&mut self) -> io::Result<()> {
        let now = cpu_time();
        let (thread, before) = std::mem::replace(&mut self.began, now);
        self.work = 0;
        match thread == now.0 {
            true => self.budget.spend(now.1.saturating_sub(before)),
            false => Ok(()),
        }
    }

    /// Counts bytes that were read: their newlines, and how many come behind the last one.
    fn count(&mut self, amount: usize, lines: u64, rest: usize) -> io::Result<()> {
        self.line_bytes = if lines > 0 { rest as u64 } else { self.line_bytes + amount as u64 };
        self.lines += lines;
        self.work += amount as u64 + lines * LINE_BYTES;
        self.budget.read_lines(&self.name, self.lines)?;
        if self.line_bytes > LONGEST_LINE as u64 {
            self.budget.skip_bytes(&self.name, amount as u64)?;
        }
        Ok(())
    }
}

/// CPU time of this thread.
fn cpu_time() -> (ThreadId, Duration) {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    (thread::current().id(), Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        let bytes = &buffer[..length];
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let rest = bytes.iter().rev().take_while(|byte| **byte != b'\n').count();
        self.inner.consume(length);
        self.count(length, lines, rest)?;
        Ok(length)
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.budget.check()?;
        if self.work >= ASK_AFTER_BYTES || self.inner.fill_buf()?.is_empty() {
            self.charge()?;
        }
        self.inner.fill_buf()
    }

    /// Whoever reads lines takes them one by one, so a newline is the last byte.
    fn consume(&mut self, amount: usize) {
        let taken = self.inner.fill_buf().ok().and_then(|bytes| bytes.get(..amount)?.last().copied());
        self.inner.consume(amount);
        // A limit that is exceeded here fails the next read.
        let _ = self.count(amount, u64::from(taken == Some(b'\n')), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scratch;
    use super::*;
    use crate::base::limits::Limits;
    use crate::store::StoreError;
    use std::io::BufReader;

    /// Reads all of an endless or finite source under limits; the limit that it exceeds.
    fn excess(limits: Limits, inner: impl Read + Send + 'static) -> Option<String> {
        let (_data, layout) = scratch();
        let layout = layout.limited(limits);
        let mut source = Metered::new(&layout, Path::new("day"), Box::new(BufReader::new(inner)));
        let _ = io::copy(&mut source, &mut io::sink());
        match layout.within_limits() {
            Err(StoreError::TooCostly { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn endless_sources_end_at_a_limit() {
        let usual = Limits::default();
        let newlines = excess(usual, io::repeat(b'\n')).unwrap();
        assert_eq!(newlines, "day has more than 250000 lines (lines)");
        let zeros = excess(usual, io::repeat(0)).unwrap();
        assert_eq!(zeros, "day has lines that are longer than any sample");
        let spaces = std::iter::repeat_n(" ".repeat(1000) + "\n", 5).collect::<String>();
        let cursor = |text: &str| io::Cursor::new(text.to_owned());
        assert_eq!(excess(Limits { lines: 5, ..usual }, cursor(&spaces)), None);
        assert!(excess(Limits { lines: 4, ..usual }, cursor(&spaces)).is_some());
        let slow = excess(Limits { cpu_seconds: 0, ..usual }, cursor(&spaces)).unwrap();
        assert!(slow.contains("CPU time"), "{slow}");
    }
}
