//! Notes: what a person wrote down, to stand beside the charts.

use super::{Event, Kind};

/// The longest text of a note, in characters.
pub const LONGEST_NOTE: usize = 200;

/// A note; `None` where the text has nothing to read. Control characters and what turns the direction of text go, blanks
/// in a row become one, a long text is cut.
pub fn note(t: i64, text: &str) -> Option<Event> {
    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    let words = text.split(is_blank).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join(" ");
    let hidden = |character: &char| matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let shown: String = joined.chars().filter(|character| !hidden(character)).collect();
    let mut subject: String = shown.trim().chars().take(LONGEST_NOTE).collect();
    if shown.trim().chars().count() > LONGEST_NOTE {
        subject.pop();
        subject.push('…');
    }
    (!subject.is_empty()).then(|| Event { subject, ..Event::new(t, Kind::Note) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        note(5, text).map(|event| event.subject)
    }

    #[test]
    fn a_note_is_one_line_of_plain_text() {
        assert_eq!(text("service check  on\nall\thosts ").unwrap(), "service check on all hosts");
        assert_eq!(text("a\u{1b}[31mred\u{202e}").unwrap(), "a [31mred");
        assert_eq!(text("数据库已升级").unwrap(), "数据库已升级");
        assert_eq!(text(" \n\u{200b}"), None);
    }

    #[test]
    fn a_long_note_is_cut() {
        let long = text(&"é".repeat(300)).unwrap();
        assert_eq!(long.chars().count(), LONGEST_NOTE);
        assert!(long.ends_with('…'));
        assert_eq!(text(&"é".repeat(200)).unwrap(), "é".repeat(200));
    }
}
