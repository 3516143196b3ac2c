//! A day of the log turned on its side: a row of text for each number, from the day's first line to its last, so that like stands
//! beside like. Compressed it takes a quarter of what the lines take, and `zcat` and `grep` still show what happened:
//!
//! ```text
//! columns 1 lines 1440
//! t 2 0 60 29921760 -29921759 0 x1437
//! meminfo.MemFree 1 0 1024 145362 -1301 1594 -1941
//! meminfo.SwapFree = meminfo.SwapTotal
//! host.os 1 0 1 "Debian GNU/Linux 12 (bookworm)" ~ x1438
//! ```
//!
//! A row is the name; whether differences (1) or differences of differences (2) are listed; how many decimals the numbers have;
//! the unit that they are multiples of; then the first number and the differences from line to line. `~` is a line without it,
//! `x12` the word before it twelve times more, what is no number stands as in JSON, and `= NAME` is equal to that row.
//!
//! The lines come back byte by byte: who turns a day into columns compares them, and leaves a day that does not.

mod decode;
mod encode;
mod number;
mod path;

pub(super) use decode::decode;
pub(super) use encode::encode;

/// The version of the form.
const VERSION: u32 = 1;

/// Stands for a line that does not have it.
const ABSENT: &str = "~";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(lines: &str) -> String {
        let text = encode(lines.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(decode(text.as_bytes()).unwrap()).unwrap(), lines);
        text
    }

    #[test]
    fn a_day_on_its_side() {
        let lines = concat!(
            r#"{"v":1,"t":60,"boot":"a b","mem":{"free":4096,"same":4096},"load":0.5,"list":[1,{"k":"x"}]}"#,
            "\n",
            r#"{"v":1,"t":120,"boot":"a b","mem":{"free":8192,"same":8192},"load":1.25,"list":[]}"#,
            "\n",
            r#"{"v":1,"t":180,"boot":"a b","host":{"/mnt/my disk":null},"mem":{"free":4096,"same":4096},"load":0.0}"#,
            "\n",
        );
        let expected = concat!(
            "columns 1 lines 3\n",
            "v 1 0 1 1 0 x1\n",
            "t 1 0 60 1 x2\n",
            "boot 1 0 1 \"a b\" x2\n",
            "host.\"/mnt/my disk\" 1 0 1 ~ x1 null\n",
            "mem.free 2 0 4096 1 0 -2\n",
            "mem.same = mem.free\n",
            "load 1 2 25 2 3 -5\n",
            "list 1 0 1 ~ [] ~\n",
            "list[0] 1 0 1 1 ~ x1\n",
            "list[1].k 1 0 1 \"x\" ~ x1\n",
        );
        assert_eq!(there_and_back(lines), expected);
    }

    #[test]
    fn a_counter_is_listed_by_what_its_growth_changes() {
        let lines: String = (0..9).map(|at| format!("{{\"sum\":{}}}\n", 1_000 + at * 700 + at % 2)).collect();
        assert!(there_and_back(&lines).contains("sum 2 0 1 1000 -299 -2 2 -2 2 -2 2 -2"), "{lines}");
    }

    #[test]
    fn keys_find_their_order_however_late_they_come() {
        there_and_back("{\"a\":0}\n{\"b\":0}\n{\"a\":0,\"b\":0}\n");
        there_and_back("{\"c\":1}\n{\"b\":1}\n{\"a\":1,\"c\":2}\n{\"b\":0,\"c\":2}\n{\"a\":1,\"b\":2}\n");
    }

    #[test]
    fn numbers_that_are_written_otherwise_stay_as_they_are() {
        let lines = concat!(
            "{\"a\":1.50}\n{\"a\":1e5}\n{\"a\":-0.0}\n{\"a\":7}\n{\"a\":2.5}\n{\"a\":-0}\n",
            "{\"a\":184467440737095516150}\n{\"a\":9223372036854775807}\n{\"a\":0.000000000000000000001}\n{\"a\":true}\n",
        );
        there_and_back(lines);
    }

    #[test]
    fn what_is_not_as_we_write_it_is_refused() {
        for line in [
            "{\"a\": 1}\n",
            "[1]\n",
            "\n",
            "{\"a\":1}",
            "{\"a\":1}}\n",
            "\0{\"a\":1}\n",
            "{\"a\":\"x}\n",
            "{\"a\":}\n",
        ] {
            assert!(encode(line.as_bytes()).is_none(), "{line:?}");
        }
        assert!(
            encode(b"{\"a\":1,\"b\":2}\n{\"b\":2,\"a\":1}\n").is_none(),
            "no order of columns is that of both"
        );
    }

    #[test]
    fn what_is_damaged_is_an_error_and_small() {
        for text in [
            "",
            "columns 2 lines 1\n",
            "columns 1 lines 1\na 1 0 1\n",
            "columns 1 lines 1\na 1 0 1 5 5\n",
            "columns 1 lines 2\na 1 0 1 x1\n",
            "columns 1 lines 1\na = b\n",
            "columns 1 lines 1\na 1 0 1 \"x\n",
            "columns 1 lines 1\n\"a 1 0 1 1\n",
            "columns 1 lines 99999999999\na 1 0 1 \"xxxxxxxxxxxxxxxxxxxxxx\" x99999999998\n",
            "columns 1 lines 2\na 1 0 1 170141183460469231731687303715884105727 x1\n",
            "columns 1 lines 1\na 1 4000000000 1 1\n",
            "columns 1 lines 1\na 1 0 170141183460469231731687303715884105727 2\n",
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    fn scalar() -> impl Strategy<Value = serde_json::Value> {
        prop_oneof![
            any::<i64>().prop_map(Into::into),
            (-50i64..50).prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            (-9_999i64..9_999, 0..5u32)
                .prop_map(|(whole, scale)| (whole as f64 / 10f64.powi(scale as i32)).into()),
            any::<f64>().prop_map(Into::into),
            ".{0,6}".prop_map(Into::into),
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
        ]
    }

    fn object() -> impl Strategy<Value = serde_json::Value> {
        let value = scalar().prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
                prop::collection::btree_map("[a-c. \"\\\\]{0,2}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        });
        prop::collection::btree_map("[a-d]", value, 1..4)
            .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn every_line_comes_back_or_the_day_is_left(lines in prop::collection::vec(object(), 1..8)) {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let text = encode(lines.as_bytes()).unwrap();
            // Keys are sorted in all lines, so that an order is found.
            prop_assert_eq!(String::from_utf8(decode(text.as_bytes()).unwrap()).unwrap(), lines);
        }

        #[test]
        fn no_text_is_the_end_of_us(text in "columns 1 lines [0-9]{1,3}\n([ab.\\[\\]\"=~x0-9 -]{0,20}\n){0,4}") {
            let _ = decode(text.as_bytes());
        }
    }
}
