//! Lines of any bytes from any reader, through one buffer that is used again and never grows past the cap.

use crate::base::limits::LONGEST_LINE;
use std::io::{self, BufRead, Read};

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A line and its newline, which is not in the buffer.
    Newline,
    /// Bytes after the last newline.
    Torn,
    /// A line beyond the cap; its bytes were passed over.
    TooLong,
    /// Nothing: the end.
    End,
}

/// Reads the next line into `line`, without its newline.
pub(super) fn next_line(source: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Ending> {
    line.clear();
    let cap = LONGEST_LINE as u64 + 1;
    match source.take(cap).read_until(b'\n', line)? {
        0 => Ok(Ending::End),
        _ if line.last() == Some(&b'\n') => {
            line.pop();
            Ok(Ending::Newline)
        }
        length if length as u64 == cap => {
            line.clear();
            source.skip_until(b'\n')?;
            Ok(Ending::TooLong)
        }
        _ => Ok(Ending::Torn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn splits_at_newlines_and_passes_over_what_is_too_long() {
        let mut bytes = b"one\n\n".to_vec();
        bytes.resize(bytes.len() + LONGEST_LINE + 1, b'x');
        bytes.extend_from_slice(b"\ntorn");
        let mut source = BufReader::with_capacity(7, bytes.as_slice());
        let mut line = Vec::new();
        let mut next = || {
            let ending = next_line(&mut source, &mut line).unwrap();
            (ending, line.len())
        };
        assert_eq!(next(), (Ending::Newline, 3));
        assert_eq!(next(), (Ending::Newline, 0));
        assert_eq!(next().0, Ending::TooLong);
        assert_eq!(next(), (Ending::Torn, 4));
        assert_eq!(next(), (Ending::End, 0));
    }
}
