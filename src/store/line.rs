//! One line of the log: a sample as JSON and back, whatever came between.
//!
//! `{"v":1,"t":1763856000,…}`: version and time come first in every line that we write, so that a reader can pass
//! over lines outside its range without parsing them. Lines that begin otherwise are parsed whole.

use crate::sample::{FORMAT_VERSION, Sample};
use jiff::Timestamp;
use serde::Deserialize;

/// How every line that we write begins.
const START: &[u8] = b"{\"v\":";

/// What is known of a line before it is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Head {
    /// The format's version.
    pub(super) v: u32,
    /// Unix time.
    #[serde(default)]
    pub(super) t: i64,
}

/// A line, ended by a newline.
pub(super) fn encode(sample: &Sample) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(sample)?;
    line.push(b'\n');
    Ok(line)
}

/// Version and time, if the line begins as we write them.
pub(super) fn head(line: &[u8]) -> Option<Head> {
    Some(split(line)?.0)
}

/// The same, and what follows them.
pub(super) fn split(line: &[u8]) -> Option<(Head, &[u8])> {
    let rest = line.strip_prefix(START)?;
    let (v, rest) = digits(rest)?;
    let rest = rest.strip_prefix(b",\"t\":")?;
    let (negative, rest) = match rest.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (t, rest) = digits(rest)?;
    if !matches!(rest.first(), Some(b',' | b'}')) {
        return None;
    }
    if negative && t == 0 {
        return None;
    }
    Some((Head { v: u32::try_from(v).ok()?, t: if negative { -t } else { t } }, rest))
}

/// The number at the start and what follows it.
fn digits(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length > 1 && bytes[0] == b'0' {
        return None;
    }
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    Some((text.parse().ok()?, &bytes[length..]))
}

/// What a line turned out to be.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Decoded {
    /// The sample in it.
    pub(super) sample: Option<Sample>,
    /// What is wrong with the line, or with a part of it.
    pub(super) damage: Option<String>,
}

/// Takes a line (without its newline) apart. A blank line is neither a sample nor damage.
///
/// A good line that something was glued to the front of is recovered: zero bytes that a crash of the machine leaves
/// where the file was grown and not yet filled, or the torn start of another line. The remnant counts as damage.
pub(super) fn decode(line: &[u8]) -> Decoded {
    let (line, zeros) = strip(line);
    let zeros = (zeros > 0).then(|| format!("{zeros} zero bytes, as a crash of the machine leaves them"));
    if line.is_empty() {
        return Decoded { sample: None, damage: zeros };
    }
    match parse(line) {
        Ok(sample) => Decoded { sample: Some(sample), damage: zeros },
        Err(reason) => Decoded { sample: glued(line), damage: Some(reason) },
    }
}

/// The line without white space, byte order mark and zero bytes around it; and how many zero bytes there were.
pub(super) fn strip(line: &[u8]) -> (&[u8], usize) {
    let around = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let zeros = |part: &[u8]| part.iter().filter(|byte| **byte == 0).count();
    let start = line.iter().take_while(|byte| around(byte)).count();
    let end = line.len() - line[start..].iter().rev().take_while(|byte| around(byte)).count();
    let inner = &line[start..end];
    (inner.strip_prefix("\u{feff}".as_bytes()).unwrap_or(inner), zeros(&line[..start]) + zeros(&line[end..]))
}

fn parse(line: &[u8]) -> Result<Sample, String> {
    // Whether it is UTF-8 is asked once, not again for each of its names.
    let sample = match std::str::from_utf8(line) {
        Ok(text) => serde_json::from_str::<Sample>(text),
        Err(_) => serde_json::from_slice::<Sample>(line),
    };
    match sample {
        Ok(mut sample) => {
            sample.drop_impossible();
            check(sample.v, sample.t).map(|()| sample)
        }
        // A newer format need not parse as ours.
        Err(error) => match serde_json::from_slice::<Head>(line) {
            Ok(head) if head.v > FORMAT_VERSION => Err(newer(head.v)),
            // It is always line 1 to the parser; which one it is in the file, the reader says.
            _ => Err(error.to_string().replace(" at line 1 column ", " at column ")),
        },
    }
}

/// Whether version and time are ones.
pub(super) fn check(v: u32, t: i64) -> Result<(), String> {
    match v {
        _ if Timestamp::from_second(t).is_err() => Err(format!("{t} is no time")),
        FORMAT_VERSION => Ok(()),
        _ if v > FORMAT_VERSION => Err(newer(v)),
        _ => Err(format!("there is no format {v}")),
    }
}

fn newer(v: u32) -> String {
    format!("format {v} is newer than this program knows ({FORMAT_VERSION}): update it")
}

/// The whole line after a torn one, where the newline between them is missing.
fn glued(line: &[u8]) -> Option<Sample> {
    let start = line.windows(START.len()).rposition(|window| window == START).filter(|start| *start > 0)?;
    parse(&line[start..]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(t: i64) -> Sample {
        Sample { v: 1, t, boot: Some("0123abcd".to_owned()), ..Sample::default() }
    }

    #[test]
    fn a_line_comes_back() {
        let line = encode(&sample(1_763_856_000)).unwrap();
        assert_eq!(line, b"{\"v\":1,\"t\":1763856000,\"boot\":\"0123abcd\"}\n");
        assert_eq!(head(&line), Some(Head { v: 1, t: 1_763_856_000 }));
        assert_eq!(decode(&line), Decoded { sample: Some(sample(1_763_856_000)), damage: None });
    }

    #[test]
    fn a_head_is_only_what_we_write() {
        assert_eq!(head(b"{\"v\":1,\"t\":-5}"), Some(Head { v: 1, t: -5 }));
        assert_eq!(head(b"{\"v\":1,\"t\":17"), None, "cut inside the number");
        assert_eq!(head(b"{\"v\":1,\"t\":1.5}"), None);
        assert_eq!(head(b"{\"t\":1,\"v\":1}"), None);
        assert_eq!(head(b"{\"v\":1,\"t\":99999999999999999999}"), None);
    }

    #[test]
    fn unknown_fields_are_ignored_and_newer_formats_named() {
        assert_eq!(decode(b"{\"new\":[1],\"v\":1,\"t\":5,\"boot\":\"0123abcd\"}").sample, Some(sample(5)));
        let newer = decode(b"{\"v\":2,\"t\":5,\"meminfo\":\"packed\"}");
        assert_eq!(newer.sample, None);
        assert_eq!(newer.damage.unwrap(), "format 2 is newer than this program knows (1): update it");
        assert_eq!(decode(b"{\"v\":0,\"t\":5}").damage.unwrap(), "there is no format 0");
        let never = decode(b"{\"v\":1,\"t\":9223372036854775807}");
        assert_eq!(
            (never.sample, never.damage.unwrap()),
            (None, "9223372036854775807 is no time".to_owned())
        );
    }

    #[test]
    fn byte_order_mark_carriage_return_and_blank_lines_are_no_damage() {
        let marked = [b"\xef\xbb\xbf", encode(&sample(5)).unwrap().trim_ascii_end(), b"\r"].concat();
        assert_eq!(decode(&marked), Decoded { sample: Some(sample(5)), damage: None });
        assert_eq!(decode(b" \r"), Decoded::default());
    }

    #[test]
    fn a_good_line_after_remains_is_recovered_and_the_remains_counted() {
        let good = encode(&sample(5)).unwrap();
        let zeros = decode(&[&[0; 7], good.trim_ascii_end()].concat());
        assert_eq!(zeros.sample, Some(sample(5)));
        assert_eq!(zeros.damage.unwrap(), "7 zero bytes, as a crash of the machine leaves them");
        let torn = decode(&[b"{\"v\":1,\"t\":4,\"memi", good.trim_ascii_end()].concat());
        assert_eq!(torn.sample, Some(sample(5)));
        assert!(torn.damage.is_some());
        let only_torn = decode(b"{\"v\":1,\"t\":4,\"memi");
        assert_eq!(only_torn.sample, None);
        assert!(only_torn.damage.is_some());
    }
}
