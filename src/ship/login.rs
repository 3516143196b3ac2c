//! How an engine knows us, and what it says of that: in words without our secrets, whatever it says back, and with the way out.

use crate::base::http::{AUTHORIZATION, Answer, authorization};
use crate::base::refusal::Refusal;
use crate::config::{PushConfig, Secret, Secrets, SourceConfig};
use std::collections::BTreeMap;

/// A table of the configuration that logs in.
pub(super) struct Login {
    /// Its name.
    table: &'static str,
    headers: Vec<(String, Secret)>,
    secrets: Secrets,
    /// Whether an address, a name, a token or a header of its own says who we are.
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
        let own = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION));
        let is_there = header.is_some() || login.is_some() || own.is_some();
        let plain = password.into_iter().chain(token).chain(headers.values()).map(Secret::reveal);
        let in_address = login.map(of_login);
        // A server says a header back with its scheme or without.
        let sent = [header.clone(), in_address.as_ref().and_then(|(_, header)| header.clone())];
        let sent = sent.iter().flatten().map(String::as_str).chain(own.map(|(_, value)| value.reveal()));
        let coded = sent.filter_map(|header| header.split_once(' ')).map(|(_, coded)| coded);
        let asked = query.into_iter().flat_map(|query| query.split('&'));
        let asked = asked.filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
        let parts = in_address.iter().map(|(secret, _)| *secret).chain(query).chain(asked);
        let secrets = Secrets::of(plain.chain(coded).chain(parts).map(str::to_owned));
        let header = header.map(|header| (AUTHORIZATION.to_owned(), Secret::new(header)));
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
        if answer.is_yes() {
            return Ok(());
        }
        // Before a part of the answer is taken: of a secret at the cut the beginning would stay.
        let mut harmless = answer.clone();
        harmless.body = self.secrets.hidden_in(&String::from_utf8_lossy(&answer.body)).into_bytes();
        harmless.judge(now).map_err(|refusal| {
            let said = refusal.reason;
            let reason =
                if way_out.is_empty() { said } else { format!("{said}{way_out} `[{}]`", self.table) };
            Refusal { reason, ..refusal }
        })
    }
}

/// Of a login in an address, what is secret of it, and the header that is sent for it. Some services take a token in the place of
/// a name, without a password.
fn of_login(login: &str) -> (&str, Option<String>) {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let secret = if password.is_empty() { user } else { password };
    (secret, authorization(Some(user), Some(password), None))
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
    }

    #[test]
    fn what_stands_in_an_address_is_told_in_no_form() {
        let at = |url: &str| PushConfig { url: Some(Secret::new(url)), ..PushConfig::default() };
        // `ada:hunter2` and `token7:` in base 64.
        for (url, said, hidden) in [
            (
                "http://ada:hunter2@127.0.0.1/write?a=1&key=geheim",
                "ada hunter2 YWRhOmh1bnRlcjI= a=1&key=geheim geheim",
                "ada (secret) (secret) (secret) (secret)",
            ),
            ("https://token7@example.org", "token7 Basic dG9rZW43Og==", "(secret) Basic (secret)"),
            ("https://token7:@example.org", "token7 Basic dG9rZW43Og==", "(secret) Basic (secret)"),
        ] {
            assert_eq!(
                told(&at(url), 401, said),
                format!("the server answers 401: {hidden}; look at the login in `[push]`")
            );
        }
    }

    #[test]
    fn of_a_secret_where_an_answer_is_cut_nothing_stays() {
        let token = PushConfig { token: Some(Secret::new("hunter2")), ..PushConfig::default() };
        let long = "x".repeat(196);
        assert_eq!(
            told(&token, 500, &format!("{long}hunter2")),
            format!("the server answers 500: {long}(sec")
        );
    }

    #[test]
    fn a_header_of_its_own_is_a_login() {
        let headers = [("authorization".to_owned(), Secret::new("Bearer hunter2"))].into();
        assert_eq!(
            told(&PushConfig { headers, ..PushConfig::default() }, 401, "not hunter2"),
            "the server answers 401: not (secret); look at the login in `[push]`"
        );
    }
}
