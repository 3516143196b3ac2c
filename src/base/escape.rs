//! Foreign text on a terminal: names of processes, files and hosts may hold escape sequences that would move the
//! cursor or rewrite lines above. Only what is written to a terminal goes through here; pages escape for HTML,
//! the log for JSON.

use std::borrow::Cow;
use std::fmt::Write;

/// Makes control and direction-changing characters visible: `\u{1b}` for an escape.
///
/// Text without any is handed back as it is.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_dangerous(character) {
            // Writing to a string cannot fail.
            let _ = write!(visible, "\\u{{{:x}}}", u32::from(character));
        } else {
            visible.push(character);
        }
    }
    Cow::Owned(visible)
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and the marks that turn the direction of text
/// around, by which a name can show something else than it is (Unicode TR 36).
fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        for text in ["", "nginx", "数据库", "café", "a b", "👩"] {
            assert!(matches!(terminal(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn control_characters_show() {
        assert_eq!(terminal("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(terminal("a\nb\tc\r\u{7f}\u{9b}"), "a\\u{a}b\\u{9}c\\u{d}\\u{7f}\\u{9b}");
    }

    #[test]
    fn direction_marks_show() {
        assert_eq!(terminal("cat\u{202e}txt.exe"), "cat\\u{202e}txt.exe");
        assert_eq!(terminal("\u{2066}x\u{2069}\u{200b}"), "\\u{2066}x\\u{2069}\\u{200b}");
    }
}
