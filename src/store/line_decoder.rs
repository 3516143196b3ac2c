//! The lines of a log, taken apart one after the other: each is mostly as the one before, and what is not is read as if it stood alone.
//! Promises: whatever the lines are, each gives the sample and the damage that [`decode`] finds in it.

use super::line::{check, decode, split};
use crate::sample::Sample;
use crate::sample::decoder::Decoder;

/// Takes the lines of a log apart, one after the other: much quicker than each by itself, and to the same.
#[derive(Default)]
pub(super) struct LineDecoder {
    decoder: Decoder,
    read: Read,
}

/// Where the sample of the last line is.
#[derive(Default)]
enum Read {
    #[default]
    None,
    /// In the decoder.
    Quickly,
    Slowly(Box<Sample>),
}

impl LineDecoder {
    /// Takes a line apart, as [`decode`] does: what is wrong with it, or with a part of it.
    pub(super) fn read(&mut self, line: &[u8]) -> Option<String> {
        let known = split(line.trim_ascii_end()).filter(|(head, _)| check(head.v, head.t).is_ok());
        if known.is_some_and(|(head, rest)| self.decoder.read(head.v, head.t, rest).is_some()) {
            self.read = if self.decoder.sample().is_impossible() {
                // The decoder goes on with the numbers as they were written.
                let mut possible = self.decoder.sample().clone();
                possible.drop_impossible();
                Read::Slowly(Box::new(possible))
            } else {
                Read::Quickly
            };
            return None;
        }
        let decoded = decode(line);
        self.read = decoded.sample.map_or(Read::None, |sample| Read::Slowly(Box::new(sample)));
        decoded.damage
    }

    /// The sample in the last line.
    pub(super) fn sample(&self) -> Option<&Sample> {
        match &self.read {
            Read::None => None,
            Read::Quickly => Some(self.decoder.sample()),
            Read::Slowly(sample) => Some(sample),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::line::encode;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    /// Those of a log that things happened to, and of hosts that have everything and little.
    fn lines() -> Vec<Vec<u8>> {
        let recorded: &[u8] = include_bytes!("../../tests/fixtures/logs/v1/web1/samples/2026-11-23.jsonl");
        let written: &[u8] = include_bytes!("../../tests/fixtures/logs/lines.jsonl");
        let lines = |log: &[u8]| log.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        [lines(recorded), lines(written)].concat()
    }

    fn assert_same(decoder: &mut LineDecoder, line: &[u8]) {
        let damage = decoder.read(line);
        let alone = decode(line);
        let text = String::from_utf8_lossy(line);
        assert_eq!(decoder.sample(), alone.sample.as_ref(), "{text}");
        // To which -0 and 0 are not the same.
        let written = |sample: Option<&Sample>| sample.map(|sample| encode(sample).unwrap());
        assert_eq!(written(decoder.sample()), written(alone.sample.as_ref()), "{text}");
        assert_eq!(damage, alone.damage, "{text}");
    }

    #[test]
    fn lines_as_we_write_them_are_read_quickly() {
        let mut decoder = LineDecoder::default();
        let samples = lines().into_iter().filter_map(|line| decode(&line).sample);
        let own: Vec<Vec<u8>> =
            samples.map(|sample| encode(&sample).unwrap().trim_ascii_end().to_vec()).collect();
        assert!(own.len() > 8);
        for line in &own {
            for _ in 0..2 {
                assert_same(&mut decoder, line);
                assert!(matches!(decoder.read, Read::Quickly), "{}", String::from_utf8_lossy(line));
            }
            assert_eq!(decoder.decoder.missed(), [""; 0], "{}", String::from_utf8_lossy(line));
        }
        // Other numbers in their places, however they are written.
        for (load, free) in
            [("0.5", "7"), ("1e-1", "18446744073709551615"), ("0.1000000000000000055511151", "0")]
        {
            let meminfo = format!("{{\"MemFree\":{free}}}");
            let line = format!("{{\"v\":1,\"t\":5,\"meminfo\":{meminfo},\"loadavg\":{{\"load1\":{load}}}}}");
            assert_same(&mut decoder, line.as_bytes());
            if load != "0.5" {
                assert_eq!(decoder.decoder.missed(), [""; 0], "{line}");
            }
        }
        assert_eq!(decoder.read(b"{\"v\":1,\"t\":5,\"loadavg\":{\"load1\":1e-1}}"), None);
        assert_eq!(decoder.sample().unwrap().loadavg.as_ref().unwrap().load1, Some(0.1));
    }

    #[test]
    fn a_number_that_looks_like_a_mark_is_in_its_own_place() {
        let mut decoder = LineDecoder::default();
        for (runs, peak) in [(4_000_000_000_u64, 4_000_000_000_u64), (5, 4_000_000_000), (5, 6)] {
            let suspect =
                format!("{{\"kind\":\"\",\"name\":\"\",\"part\":\"\",\"bytes_per_run\":0,\"runs\":{runs}}}");
            let line = format!("{{\"v\":1,\"t\":5,\"self\":{{\"audit\":[{suspect}],\"peak_rss\":{peak}}}}}");
            assert_same(&mut decoder, line.as_bytes());
        }
    }

    #[test]
    fn numbers_that_json_has_not_or_that_do_not_fit_are_damage_here_too() {
        let mut decoder = LineDecoder::default();
        let numbers = [
            "1",
            "0",
            "007",
            "-0",
            "-1",
            "1.",
            ".5",
            "1.50",
            "-0.0",
            "1e3",
            "18446744073709551615",
            "99999999999999999999",
            "0.1000000000000000055511151231257827",
            "123456789012345678",
            "9007199254740993",
            "null",
            "\"1\"",
            "[1]",
            "00",
            "0.0",
            "01.5",
        ];
        for number in numbers.iter().flat_map(|number| ["1", number]) {
            let parts = format!(
                "\"loadavg\":{{\"load1\":{number},\"tasks\":7}},\"service\":{{\"units\":{{\"a\":{{\"state\":\"x\",\"since\":{number},\"pid\":{number}}}}}}}"
            );
            for line in [
                format!("{{\"v\":1,\"t\":{number}}}"),
                format!("{{\"v\":1,\"t\":5,\"uptime\":{number},{parts}}}"),
                format!("{{\"v\":1,\"t\":5,\"meminfo\":{{\"MemTotal\":{number}}}}}"),
                format!("{{\"v\":1,\"t\":5,\"loadavg\":{{\"load1\":0.5,\"load5\":{number}}}}}"),
            ] {
                assert_same(&mut decoder, line.as_bytes());
            }
        }
    }

    /// What may happen to a line.
    #[derive(Clone, Debug)]
    enum Change {
        Number(Index, &'static str),
        Byte(Index, u8),
        Cut(Index, usize),
        /// Members that are left out, or come twice.
        Member(Index, usize),
    }

    fn changes() -> impl Strategy<Value = Change> {
        let numbers = prop::sample::select(vec![
            "0",
            "7",
            "-3",
            "0.5",
            "12.25",
            "4000000000",
            "4000000001.0",
            "1e2",
            "03",
        ]);
        prop_oneof![
            4 => (any::<Index>(), numbers).prop_map(|(at, number)| Change::Number(at, number)),
            1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
            1 => (any::<Index>(), 0_usize..40).prop_map(|(at, length)| Change::Cut(at, length)),
            2 => (any::<Index>(), 0_usize..3).prop_map(|(at, times)| Change::Member(at, times)),
        ]
    }

    fn apply(line: &mut Vec<u8>, change: &Change) {
        match change {
            Change::Number(at, number) => {
                let is_digit = |at: &usize| line[*at].is_ascii_digit();
                let digits: Vec<usize> = (0..line.len()).filter(is_digit).collect();
                if digits.is_empty() {
                    return;
                }
                let start = *at.get(&digits);
                let length =
                    line[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
                line.splice(start..start + length, number.bytes());
            }
            Change::Byte(at, byte) if !line.is_empty() => {
                let at = at.index(line.len());
                line[at] = *byte;
            }
            Change::Cut(at, length) if !line.is_empty() => {
                let at = at.index(line.len());
                line.drain(at..(at + length).min(line.len()));
            }
            Change::Member(at, times) => {
                let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(line) else { return };
                let Some((key, value)) = members.iter().nth(at.index(members.len().max(1))) else { return };
                let member = format!(",\"{key}\":{value}");
                let Some(start) = line.windows(member.len()).position(|window| window == member.as_bytes())
                else {
                    return;
                };
                line.splice(start..start + member.len(), member.repeat(*times).bytes());
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn whatever_the_lines_are_each_is_read_as_if_it_stood_alone(
            log in vec((any::<Index>(), prop_oneof![2 => Just(Vec::new()), 3 => vec(changes(), 1..4)]), 1..30)
        ) {
            let lines = lines();
            let mut decoder = LineDecoder::default();
            for (line, changes) in &log {
                let mut line = line.get(&lines).clone();
                changes.iter().for_each(|change| apply(&mut line, change));
                assert_same(&mut decoder, &line);
            }
        }
    }
}
