//! Writes a notice down, in the user's language, by templates that he may replace: the parts of a mail, and a short form in the
//! markup of a chat that fits what the chat takes.

use super::error::NotifyError;
use super::markup::Markup;
use super::notice::Notice;
use super::view::{Detail, Scene, View, address, cut, picture_id};
use crate::base::hint::Typed;
use crate::base::words::{Lang, Words};
use crate::site::template::{self, MESSAGE_PREFIX, Set, TemplateError, Templates};
use jiff::tz::TimeZone;
use minijinja::value::Value;
use minijinja::{Environment, Error, Output, State};
use std::collections::BTreeMap;
use std::path::Path;

/// Every built-in template of messages; a test compares this list with the folder.
pub(super) const MESSAGES: Set = Set {
    built_in: &[
        ("message.html", include_str!("../../templates/message.html")),
        ("message.short.txt", include_str!("../../templates/message.short.txt")),
        ("message.txt", include_str!("../../templates/message.txt")),
    ],
    prefix: Some(MESSAGE_PREFIX),
};

/// No chat shows more lines of facts than this before it folds the message.
const SHORT_FACTS: usize = 8;

/// What a chat takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its markup.
    pub markup: Markup,
    /// The subject is told elsewhere, as a title.
    pub titled: bool,
    /// At most so many bytes. No service counts more for a letter than its bytes in UTF-8, whatever it counts.
    pub bytes: usize,
}

impl Form {
    /// As much as there is, without markup.
    pub const PLAIN: Self = Self { markup: Markup::Plain, titled: false, bytes: usize::MAX };
}

/// A notice in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    /// One line.
    pub subject: String,
    /// The text of a mail.
    pub text: String,
    /// The same as HTML; pictures are named by `cid:`.
    pub html: String,
    /// A few lines without markup.
    pub short: String,
    /// The pictures that the HTML names.
    pub pictures: Vec<Inline>,
}

/// A picture inside a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Behind `cid:`.
    pub id: String,
    /// The bytes of a PNG.
    pub png: Vec<u8>,
}

/// Writes notices.
pub struct Composer {
    scene: Scene,
    /// For mails, and for files of the user's.
    templates: Templates,
    /// For the short form, with a markup each.
    short: BTreeMap<Markup, Templates>,
}

impl std::fmt::Debug for Composer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Composer").field("scene", &self.scene).finish_non_exhaustive()
    }
}

impl Composer {
    /// Reads the templates. `sender` is this host's name, `folder` the user's templates (`site.templates`).
    ///
    /// # Errors
    /// Where a template cannot be read or has a mistake; the error names file and line.
    pub fn new(lang: Lang, zone: TimeZone, folder: Option<&Path>, sender: &str) -> Result<Self, NotifyError> {
        let short = |markup| Ok((markup, Templates::load_into(marked_up(lang, markup), MESSAGES, folder)?));
        Ok(Self {
            scene: Scene { words: Words::of(lang), zone, sender: sender.to_owned(), typed: Typed::default() },
            templates: Templates::load(MESSAGES, folder, lang)?,
            short: Markup::ALL.into_iter().map(short).collect::<Result<_, TemplateError>>()?,
        })
    }

    /// What commands of ours are to be typed with.
    #[must_use]
    pub fn with(mut self, typed: Typed) -> Self {
        self.scene.typed = typed;
        self
    }

    /// The name of the host that sends.
    pub fn sender(&self) -> &str {
        &self.scene.sender
    }

    /// The language's words.
    pub(super) fn words(&self) -> &'static Words {
        self.scene.words
    }

    /// The zone of times.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.scene.zone
    }

    /// Writes a whole notice.
    ///
    /// # Errors
    /// Where a template of the user's asks for what is not there.
    pub fn compose(&self, notice: &Notice) -> Result<Composed, NotifyError> {
        let view = View::of(notice, &self.scene, Detail::FULL);
        let pictures = notice.items.iter().enumerate().filter_map(|(index, item)| {
            let picture = item.picture.as_ref()?;
            Some(Inline { id: picture_id(notice, index), png: picture.png.clone() })
        });
        Ok(Composed {
            text: airy(&self.templates.render("message.txt", &view)?),
            html: self.templates.render("message.html", &view)?,
            short: self.short(notice, Form::PLAIN)?,
            pictures: pictures.collect(),
            subject: view.subject,
        })
    }

    /// The page that a message is about: the worst alert's, or that of all hosts.
    pub(super) fn link(notice: &Notice) -> Option<String> {
        let links = notice.items.iter().filter_map(|item| item.link.as_deref());
        links.chain(notice.site.as_deref()).find_map(address)
    }

    /// The line by which a message is found again, without markup.
    pub fn subject(&self, notice: &Notice) -> String {
        View::of(notice, &self.scene, Detail { items: 0, facts: 0 }).subject
    }

    /// Writes the short form in at most so many bytes: first facts are left out, then alerts; and where a single line is too
    /// long, it is cut, without markup that would then have no end.
    ///
    /// # Errors
    /// Where a template of the user's asks for what is not there.
    pub fn short(&self, notice: &Notice, form: Form) -> Result<String, NotifyError> {
        let mut detail = Detail { items: usize::MAX, facts: SHORT_FACTS };
        loop {
            let text = self.short_of(notice, form, detail)?;
            if text.len() <= form.bytes {
                return Ok(text);
            }
            detail = match detail {
                Detail { items, facts } if facts > 0 => Detail { items, facts: facts / 2 },
                Detail { items, .. } if items > 1 => {
                    Detail { items: items.min(notice.items.len()) / 2, facts: 0 }
                }
                _ => break,
            };
        }
        let subject = self.subject(notice);
        // In no markup does a letter become longer than six bytes for each of its own.
        let escaped =
            (0..=subject.chars().count()).rev().map(|length| form.markup.escape(&cut(&subject, length)));
        Ok(escaped.into_iter().find(|text| text.len() <= form.bytes).unwrap_or_default())
    }

    fn short_of(&self, notice: &Notice, form: Form, detail: Detail) -> Result<String, NotifyError> {
        let mut view = View::of(notice, &self.scene, detail);
        view.titled = form.titled;
        // `new` has made one for each.
        let templates = self.short.get(&form.markup).unwrap_or(&self.templates);
        Ok(templates.render("message.short.txt", &view)?.trim().to_owned())
    }

    /// Renders a file of the user's, the body of a webhook. Its name decides how text is escaped: `.json`, `.html`, or not.
    ///
    /// # Errors
    /// Where it cannot be read, has a mistake, or asks for what is not there.
    pub(super) fn render_file(&self, path: &Path, notice: &Notice) -> Result<String, NotifyError> {
        let mut templates = Templates::load_into(
            template::environment(self.scene.words.lang()),
            Set { built_in: &[], ..MESSAGES },
            None,
        )?;
        templates.add(path)?;
        Ok(templates.render(&path.display().to_string(), &View::of(notice, &self.scene, Detail::FULL))?)
    }
}

/// At most one empty line in a row, which is hard to get right in a template with many conditions.
fn airy(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut was_empty = true;
    for line in text.lines() {
        // The two dashes and a space above a signature are a sign (RFC 3676).
        let line = if line == "-- " { line } else { line.trim_end() };
        if !(was_empty && line.is_empty()) {
            kept.push_str(line);
            kept.push('\n');
        }
        was_empty = line.is_empty();
    }
    kept
}

/// The engine of the short form: what is not marked up by `strong`, `code` or `link` is escaped.
fn marked_up(lang: Lang, markup: Markup) -> Environment<'static> {
    let mut environment = template::environment(lang);
    environment.add_function("strong", move |text: &str| Value::from_safe_string(markup.strong(text)));
    environment.add_function("code", move |text: &str| Value::from_safe_string(markup.code(text)));
    environment.add_function("link", move |address: &str, text: &str| {
        Value::from_safe_string(markup.link(address, text))
    });
    environment.set_formatter(
        move |out: &mut Output, state: &mut State, value: &Value| -> Result<(), Error> {
            match value.as_str().filter(|_| !value.is_safe()) {
                Some(text) => Ok(out.write_str(&markup.escape(text))?),
                None => minijinja::escape_formatter(out, state, value),
            }
        },
    );
    environment
}
