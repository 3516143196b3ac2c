//! One line of `/proc/PID/stat`, `proc_pid_stat(5)`.

use super::parse;

/// What is read of `/proc/PID/stat`. By hand, since procfs-core makes 52 numbers and a string of it, and this is
/// done for each process each minute.
#[derive(Debug, PartialEq)]
pub(crate) struct ProcessStat<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) state: u8,
    pub(crate) parent: u64,
    pub(crate) ticks: u64,
    pub(crate) threads: u64,
    pub(crate) started: u64,
    pub(crate) rss: u64,
}

impl<'a> ProcessStat<'a> {
    /// `pid (name) state ppid … utime stime … num_threads itrealvalue starttime vsize rss …`. The name may hold
    /// anything, blanks and parentheses, too: it ends at the last `)`.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let start = bytes.iter().position(|byte| *byte == b'(')? + 1;
        let end = bytes.iter().rposition(|byte| *byte == b')')?;
        let name = bytes.get(start..end)?;
        let mut fields = bytes[end + 1..].split(|byte| *byte == b' ').skip(1);
        let state = *fields.next()?.first()?;
        let mut number = |skip| fields.nth(skip).and_then(parse::number);
        let parent = number(0)?;
        let ticks = number(9)?.saturating_add(number(0)?);
        let threads = number(4)?;
        let started = number(1)?;
        // The count of pages is signed, and was seen below 0.
        let rss = number(1).unwrap_or(0);
        Some(Self { name, state, parent, ticks, threads, started, rss })
    }

    /// `kthreadd` is number 2 and the parent of the others; in a container it may be anything, with memory.
    pub(crate) fn is_kernel_thread(&self, pid: u32) -> bool {
        self.rss == 0 && (self.parent == 2 || (pid == 2 && self.name == b"kthreadd"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &[u8], rss: &str) -> Vec<u8> {
        let mut line =
            [b"42 (", name, b") S 1 42 42 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 3 0 777 9999 "].concat();
        line.extend_from_slice(rss.as_bytes());
        line.extend_from_slice(b" 18446744073709551615 1 1 0");
        line
    }

    #[test]
    fn names_may_hold_anything() {
        for name in [&b"bash"[..], b"a) R (b", b"tmux: server", b"new\nline", b"\xff\xfe", b""] {
            let line = line(name, "1234");
            let expected =
                ProcessStat { name, state: b'S', parent: 1, ticks: 300, threads: 3, started: 777, rss: 1234 };
            assert_eq!(ProcessStat::parse(&line), Some(expected));
        }
        assert_eq!(ProcessStat::parse(&line(b"x", "-3")).unwrap().rss, 0);
        assert_eq!(ProcessStat::parse(b"42 (x) S 1"), None);
        assert_eq!(ProcessStat::parse(b") ("), None);
    }
}
