//! A notice as a mail: text and HTML with its pictures inside, under a `Message-ID` that is the same at each try, so that what
//! arrives twice is one mail to whoever looks at it.

use super::super::compose::{Composed, Inline};
use super::super::error::NotifyError;
use super::super::notice::Notice;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// So many mails back a thread is traced.
const REFERENCES: usize = 20;

/// Writes the mail.
pub(super) fn write(
    notice: &Notice,
    composed: &Composed,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Message, NotifyError> {
    let id = |id: &str| format!("<{id}@{}>", from.email.domain());
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(composed.subject.clone())
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(notice.t).unwrap_or_default()))
        .message_id(Some(id(&notice.id)));
    for address in to {
        builder = builder.to(address.clone());
    }
    // No out-of-office note comes back (RFC 3834).
    builder = builder.raw_header(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    if let Some(last) = notice.replies_to.last() {
        let oldest = notice.replies_to.len().saturating_sub(REFERENCES);
        let references: Vec<String> = notice.replies_to[oldest..].iter().map(|earlier| id(earlier)).collect();
        builder = builder.in_reply_to(id(last)).references(references.join(" "));
    }
    builder.multipart(body(composed)).map_err(|error| NotifyError::Mail(error.to_string()))
}

fn body(composed: &Composed) -> MultiPart {
    let html = SinglePart::html(composed.html.clone());
    let parts = MultiPart::alternative().singlepart(SinglePart::plain(composed.text.clone()));
    if composed.pictures.is_empty() {
        return parts.singlepart(html);
    }
    let related = composed
        .pictures
        .iter()
        .fold(MultiPart::related().singlepart(html), |related, picture| related.singlepart(inline(picture)));
    parts.multipart(related)
}

fn inline(picture: &Inline) -> SinglePart {
    let name = picture.id.split('.').next().unwrap_or("picture");
    let png = ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN);
    Attachment::new_inline_with_name(picture.id.clone(), format!("{name}.png")).body(picture.png.clone(), png)
}
