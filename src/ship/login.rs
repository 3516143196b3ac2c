//! How an engine knows us, and what it says of that: in words without our secrets, whatever it says back, and with the way out.

use crate::base::http::{Answer, authorization};
use crate::base::refusal::Refusal;
use crate::config::{PushConfig, Secret, Secrets, SourceConfig};
use std::collections::BTreeMap;

/// A table of the configuration that logs in.
pub(super) struct Login {
    /// Its name.
    table: &'static str,
    headers: Vec<(String, Secret)>,
    secrets: Secrets,
    /// Whether an address, a name or a token says who we are.
    is_there: bool,
}

impl Login {
    /// `[push]`
    pub(super) fn to_push(push: &PushConfig) -> Self {
        let user = push.user.as_deref().zip(push.password.as_ref());
        Self::of("push", push.url.as_ref(), user, push.token.as_ref(), &push.headers)
    }

    /// `[source]`
    pub(super) fn to_read(source: &SourceConfig) -> Self {
        let user = source.user.as_deref().zip(source.password.as_ref());
        Self::of("source", source.prometheus.as_ref(), user, source.token.as_ref(), &source.headers)
    }

    fn of(
        table: &'static str,
        url: Option<&Secret>,
        user: Option<(&str, &Secret)>,
        token: Option<&Secret>,
        headers: &BTreeMap<String, Secret>,
    ) -> Self {
        let (name, password) = user.unzip();
        let header = authorization(name, password.map(Secret::reveal), token.map(Secret::reveal));
        let (login, query) = url.map(|url| parts(url.reveal())).unwrap_or_default();
        let is_there = header.is_some() || login.is_some();
        let plain = password.into_iter().chain(token).chain(headers.values());
        // A server says a header back with its scheme or without.
        let coded = header.iter().filter_map(|header| header.split_once(' '));
        let coded = coded.map(|(_, coded)| coded.to_owned());
        let in_address = login.and_then(|login| login.split_once(':')).map(|(_, password)| password);
        let secrets = plain.map(|secret| secret.reveal().to_owned()).chain(coded);
        let secrets = secrets.chain(in_address.into_iter().chain(query).map(str::to_owned));
        let secrets = Secrets::of(secrets);
        let header = header.map(|header| ("Authorization".to_owned(), Secret::new(header)));
        let more = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        Self { table, headers: header.into_iter().chain(more).collect(), secrets, is_there }
    }

    /// What a request says of us.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.reveal()))
    }

    /// What an answer means.
    pub(super) fn judge(&self, answer: &Answer, now: i64) -> Result<(), Refusal> {
        let way_out = match (answer.status, self.is_there) {
            (401 | 403, true) => "; look at the login in",
            (401 | 403, false) => "; add `user` and `password`, or `token`, to",
            _ => "",
        };
        answer.judge(now).map_err(|refusal| {
            let said = self.secrets.hidden_in(&refusal.reason);
            let reason =
                if way_out.is_empty() { said } else { format!("{said}{way_out} `[{}]`", self.table) };
            Refusal { reason, ..refusal }
        })
    }
}

/// Of an address, the login before its host and the question at its end.
fn parts(url: &str) -> (Option<&str>, Option<&str>) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let authority = place.split('/').next().unwrap_or_default();
    (authority.rsplit_once('@').map(|(login, _)| login), query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_secrets_in_two_places() {
        for (url, found) in [
            ("http://127.0.0.1:8428/api", (None, None)),
            ("https://ada:hush@example.org/a@b?key=1", (Some("ada:hush"), Some("key=1"))),
            ("https://example.org?key=1", (None, Some("key=1"))),
        ] {
            assert_eq!(parts(url), found);
        }
    }

    fn told(push: &PushConfig, status: u16, said: &str) -> String {
        let mut answer = Answer::default();
        (answer.status, answer.body) = (status, said.into());
        Login::to_push(push).judge(&answer, 0).unwrap_err().reason
    }

    #[test]
    fn what_is_wrong_with_a_login_is_told_without_it() {
        let none = PushConfig::default();
        assert_eq!(
            told(&none, 401, ""),
            "the server answers 401; add `user` and `password`, or `token`, to `[push]`"
        );
        assert_eq!(told(&none, 500, "oh"), "the server answers 500: oh");
        let token = PushConfig { token: Some(Secret::new("hunter2")), ..none.clone() };
        assert_eq!(
            told(&token, 403, "hunter2 may not"),
            "the server answers 403: (secret) may not; look at the login in `[push]`"
        );
        // `ada:hunter2` in base 64.
        let user = PushConfig {
            user: Some("ada".to_owned()),
            password: Some(Secret::new("hunter2")),
            headers: [("X-Scope-OrgID".to_owned(), Secret::new("tenant7"))].into(),
            ..none
        };
        assert_eq!(
            told(&user, 400, "Basic YWRhOmh1bnRlcjI= of ada hunter2 tenant7"),
            "the server answers 400: Basic (secret) of ada (secret) (secret)"
        );
        let url = Some(Secret::new("http://ada:hunter2@127.0.0.1/write?key=geheim"));
        assert_eq!(
            told(&PushConfig { url, ..PushConfig::default() }, 401, "hunter2 key=geheim"),
            "the server answers 401: (secret) (secret); look at the login in `[push]`"
        );
    }
}
