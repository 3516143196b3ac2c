//! Where a value stands in a line, as text: `cgroup.groups."system.slice/cron.service".memory`, `processes.top[0].rss`.

/// One step of the way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into an object: the key as it stands in JSON, with its quotation marks.
    Key(&'a str),
    /// Into a list.
    Index(usize),
}

/// Adds a step to a path.
pub(super) fn push(path: &mut String, step: Step<'_>) {
    match step {
        Step::Key(key) => {
            if !path.is_empty() {
                path.push('.');
            }
            let name = key.trim_matches('"');
            path.push_str(if is_simple(name) && key.len() == name.len() + 2 { name } else { key });
        }
        Step::Index(index) => {
            path.push_str(&format!("[{index}]"));
        }
    }
}

fn is_simple(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A key or index of a path that was read; a simple name has no quotation marks yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owned {
    /// With its quotation marks.
    Key(String),
    Index(usize),
}

/// Reads a path off the front of a row: its text, its steps, and what follows. None where it is none.
pub(super) fn split(row: &str) -> Option<(&str, Vec<Owned>, &str)> {
    let mut steps = Vec::new();
    let mut rest = row;
    while !rest.is_empty() && !rest.starts_with(' ') {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, behind) = inner.split_once(']')?;
            steps.push(Owned::Index(index.parse().ok()?));
            rest = behind;
            continue;
        }
        if !steps.is_empty() {
            rest = rest.strip_prefix('.')?;
        }
        let (key, behind) = if rest.starts_with('"') {
            let (key, behind) = quoted(rest)?;
            (key.to_owned(), behind)
        } else {
            let end = rest.find(['.', '[', ' ']).unwrap_or(rest.len());
            (format!("\"{}\"", &rest[..end]), &rest[end..])
        };
        steps.push(Owned::Key(key));
        rest = behind;
    }
    // The first step is into a line, which is an object.
    let path = &row[..row.len() - rest.len()];
    matches!(steps.first(), Some(Owned::Key(_))).then_some((path, steps, rest.trim_start_matches(' ')))
}

/// A JSON string off the front of a text, with its quotation marks, and what follows.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return Some(text.split_at(at + 1)),
            _ => {}
        }
    }
    None
}
