//! Foreign text on a terminal and in addresses: names of processes, files and hosts may hold escape sequences that
//! would move the cursor or rewrite lines above. Pages escape for HTML, the log for JSON.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// Makes control and direction-changing characters visible: `\u{1b}` for an escape.
///
/// Text without any is handed back as it is.
pub fn terminal(text: &str) -> Cow<'_, str> {
    made_visible(text, is_dangerous)
}

/// Makes the same characters of a page's text visible; line breaks and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    made_visible(text, |character| is_dangerous(character) && !matches!(character, '\n' | '\t'))
}

fn made_visible(text: &str, is_dangerous: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_dangerous) {
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

/// A name as a part of an address: whatever is not a letter, a digit or one of `-._~` as `%41`.
pub fn address(name: &str) -> String {
    percent(name.as_bytes(), b"-._~")
}

/// The address of a file that a browser takes, RFC 8089.
pub fn file_address(path: &Path) -> String {
    format!("file://{}", percent(path.as_os_str().as_encoded_bytes(), b"-._~/"))
}

fn percent(bytes: &[u8], plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || plain.contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
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

/// How much of the first line is kept.
pub const LINE_BYTES: usize = 200;

/// The first line of an output that is not empty, cut, made harmless.
pub fn line_of(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut end = line.len().min(LINE_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    Some(terminal(&line[..end]).into_owned())
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
    fn addresses_have_nothing_that_a_browser_would_take_apart() {
        assert_eq!(address("web-1.example.org"), "web-1.example.org");
        assert_eq!(address("a b/ü"), "a%20b%2F%C3%BC");
        assert_eq!(file_address(Path::new("/tmp/a b/é?#%.html")), "file:///tmp/a%20b/%C3%A9%3F%23%25.html");
    }

    #[test]
    fn control_characters_show() {
        assert_eq!(terminal("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(terminal("a\nb\tc\r\u{7f}\u{9b}"), "a\\u{a}b\\u{9}c\\u{d}\\u{7f}\\u{9b}");
    }

    #[test]
    fn pages_keep_their_lines() {
        assert_eq!(lines("a\n\tb\r\u{1b}\u{202e}"), "a\n\tb\\u{d}\\u{1b}\\u{202e}");
        assert!(matches!(lines("a\n\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn direction_marks_show() {
        assert_eq!(terminal("cat\u{202e}txt.exe"), "cat\\u{202e}txt.exe");
        assert_eq!(terminal("\u{2066}x\u{2069}\u{200b}"), "\\u{2066}x\\u{2069}\\u{200b}");
    }
}
