//! HMAC-SHA256 as base64, by which Feishu and DingTalk know a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Signs a text with a key.
pub(super) fn of(key: &str, text: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    /// RFC 4231, test case 2; the base64 by `openssl dgst -sha256 -hmac Jefe -binary | base64`.
    #[test]
    fn is_that_of_the_standard() {
        assert_eq!(
            super::of("Jefe", "what do ya want for nothing?"),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
