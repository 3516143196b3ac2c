//! A block of lines in a text that is not ours: put in, replaced, taken out, every other byte kept.
//!
//! Two marker lines enclose the block. A text whose last line is unfinished gets a newline before the block; the
//! marker remembers it, so that taking the block out gives back the very same bytes.

/// The line before ours.
const BEGIN: &str = "# cronograph begin";
/// The same where the line above had no newline.
const BEGIN_JOINED: &str = "# cronograph begin (the line above was unfinished)";
/// The line after ours.
const END: &str = "# cronograph end";

/// Why a block cannot be found without guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum BlockError {
    /// A marker without its other half.
    #[error("line {line} is one half of the pair `{BEGIN}` and `{END}`; the other is missing")]
    Unpaired {
        /// The line, from 1.
        line: usize,
    },
    /// Two blocks.
    #[error("a second `{BEGIN}` stands on line {line}")]
    Second {
        /// The line, from 1.
        line: usize,
    },
}

/// Whether a text has our block.
#[cfg(test)]
fn contains(text: &[u8]) -> bool {
    matches!(find(text), Ok(Some(_)))
}

/// The text with our block: in the place of the one that is there, else at the end.
pub(super) fn put(text: &[u8], lines: &str) -> Result<Vec<u8>, BlockError> {
    let found = find(text)?;
    let (before, joined, after) = match &found {
        Some(block) => (&text[..block.start], block.joined, &text[block.end..]),
        None => (text, !text.is_empty() && !text.ends_with(b"\n"), &[][..]),
    };
    let mut whole = before.to_vec();
    if joined && found.is_none() {
        whole.push(b'\n');
    }
    let begin = if joined { BEGIN_JOINED } else { BEGIN };
    whole.extend_from_slice(format!("{begin}\n{lines}{END}\n").as_bytes());
    whole.extend_from_slice(after);
    Ok(whole)
}

/// The lines between our markers; `None`: there is no block.
pub(super) fn inside(text: &[u8]) -> Result<Option<String>, BlockError> {
    let Some(block) = find(text)? else { return Ok(None) };
    let whole = String::from_utf8_lossy(&text[block.start..block.end]).into_owned();
    let lines = whole.lines().filter(|line| ![BEGIN, BEGIN_JOINED, END].contains(line));
    Ok(Some(lines.map(|line| format!("{line}\n")).collect()))
}

/// The text without our block; `None`: it has none.
pub(super) fn take(text: &[u8]) -> Result<Option<Vec<u8>>, BlockError> {
    let Some(block) = find(text)? else { return Ok(None) };
    let mut rest = text[..block.start].to_vec();
    let after = &text[block.end..];
    // A line that somebody added below needs the newline that we put above.
    if block.joined && after.is_empty() {
        rest.pop();
    }
    rest.extend_from_slice(after);
    Ok(Some(rest))
}

/// Where the block is: from the begin marker to behind the end marker's newline.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    start: usize,
    end: usize,
    joined: bool,
}

/// Looks for the one block.
fn find(text: &[u8]) -> Result<Option<Block>, BlockError> {
    let mut open: Option<(usize, usize, bool)> = None;
    let mut block = None;
    let mut position = 0;
    for (index, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let start = position;
        position += bytes.len();
        let content = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if content == BEGIN.as_bytes() || content == BEGIN_JOINED.as_bytes() {
            if let Some((_, begun, _)) = open {
                return Err(BlockError::Unpaired { line: begun });
            }
            if block.is_some() {
                return Err(BlockError::Second { line });
            }
            open = Some((start, line, content == BEGIN_JOINED.as_bytes()));
        } else if content == END.as_bytes() {
            let (start, _, joined) = open.take().ok_or(BlockError::Unpaired { line })?;
            block = Some(Block { start, end: position, joined });
        }
    }
    match open {
        Some((_, line, _)) => Err(BlockError::Unpaired { line }),
        None => Ok(block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINES: &str = "* * * * * cronograph sample\n";

    #[test]
    fn puts_the_block_below_what_is_there() {
        let text = b"MAILTO=ada\n5 4 * * * backup\n";
        let with = put(text, LINES).unwrap();
        let expected = "MAILTO=ada\n5 4 * * * backup\n# cronograph begin\n* * * * * cronograph sample\n# cronograph end\n";
        assert_eq!(String::from_utf8(with.clone()).unwrap(), expected);
        assert_eq!(take(&with).unwrap().unwrap(), text);
    }

    #[test]
    fn an_unfinished_last_line_is_finished_and_unfinished_again() {
        let with = put(b"5 4 * * * backup", LINES).unwrap();
        assert!(with.starts_with(b"5 4 * * * backup\n# cronograph begin (the line above was unfinished)\n"));
        assert_eq!(take(&with).unwrap().unwrap(), b"5 4 * * * backup");
        let longer = [with.as_slice(), b"@daily tidy\n"].concat();
        assert_eq!(take(&longer).unwrap().unwrap(), b"5 4 * * * backup\n@daily tidy\n");
    }

    #[test]
    fn replaces_only_its_own_block_where_it_stands() {
        let with = [put(b"a\n", "old\n").unwrap().as_slice(), b"b"].concat();
        assert_eq!(put(&with, "new\n").unwrap(), b"a\n# cronograph begin\nnew\n# cronograph end\nb",);
    }

    #[test]
    fn does_not_guess_at_half_a_block() {
        assert_eq!(put(b"x\n# cronograph begin\n", LINES), Err(BlockError::Unpaired { line: 2 }));
        assert_eq!(take(b"# cronograph end\n"), Err(BlockError::Unpaired { line: 1 }));
        let begun_twice = b"# cronograph begin\n# cronograph begin\n# cronograph end\n";
        assert_eq!(take(begun_twice), Err(BlockError::Unpaired { line: 1 }));
        let two = [put(b"", LINES).unwrap(), put(b"", LINES).unwrap()].concat();
        assert_eq!(put(&two, LINES), Err(BlockError::Second { line: 4 }));
    }

    #[test]
    fn a_text_without_a_block_is_left_alone() {
        assert_eq!(take(b"# cronograph begins here\n").unwrap(), None);
        assert!(!contains(b""));
    }

    /// Crontabs as people write them, with and without a last newline, with bytes that are no UTF-8.
    fn crontab() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            "[ -~]{0,40}",
            Just("# cronograph".to_owned()),
            Just("MAILTO=\"\"".to_owned()),
            Just("*/5 * * * * date +\\%F".to_owned()),
            Just("\r".to_owned()),
        ];
        let text = proptest::collection::vec((line, any::<bool>()), 0..8).prop_map(|lines| {
            let joined: Vec<u8> = lines
                .iter()
                .flat_map(|(line, odd)| [line.as_bytes(), if *odd { b"\xff\n" } else { b"\n" }].concat())
                .collect();
            joined
        });
        (text, any::<bool>()).prop_map(|(mut text, unfinished)| {
            if unfinished {
                text.pop();
            }
            text
        })
    }

    proptest! {
        #[test]
        fn taking_out_what_was_put_in_changes_no_byte(text in crontab()) {
            let with = put(&text, LINES).unwrap();
            prop_assert!(contains(&with));
            prop_assert_eq!(take(&with).unwrap(), Some(text));
        }

        #[test]
        fn putting_it_in_twice_is_putting_it_in_once(text in crontab()) {
            let once = put(&text, "old\n").unwrap();
            let again = put(&once, LINES).unwrap();
            prop_assert_eq!(put(&again, LINES).unwrap(), again.clone());
            prop_assert_eq!(take(&again).unwrap(), Some(text));
        }
    }
}
