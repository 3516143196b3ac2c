use super::super::fixture::{NOW, composer, hostile, several, story};
use super::mail_tests::mailbox;
use super::receiver::{Receiver, answer};
use super::*;
use crate::base::refusal::Again;
use crate::base::words::Lang;
use crate::config::Secret;

pub(super) fn configured(text: &str) -> ChannelConfig {
    toml::from_str::<crate::config::Config>(&format!("[[channel]]\nname = \"it\"\n{text}"))
        .unwrap()
        .channel
        .remove(0)
}

pub(super) fn channel(text: &str) -> Channel {
    Channel::of(&configured(text))
}

pub(super) fn send(channel: &Channel, notice: &Notice, seconds: f64) -> Result<(), Refusal> {
    channel.send(notice, &composer(Lang::En), NOW, seconds)
}

/// What a service is sent: method, address, headers, body.
fn requests(text: &str, notice: &Notice, lang: Lang) -> String {
    let channel = channel(text);
    let Way::Service(service) = &channel.way else { panic!("no service: {:?}", channel.fault()) };
    let mut shown = String::new();
    for request in service.requests(notice, &composer(lang), NOW).unwrap() {
        shown.push_str(&format!("{} {}\n", request.method, request.url.reveal()));
        for (name, value) in &request.headers {
            shown.push_str(&format!("{name}: {}\n", value.reveal()));
        }
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        shown.push_str(&format!("\n{}\n\n", serde_json::to_string_pretty(&body).unwrap()));
    }
    shown
}

#[test]
fn what_each_service_is_sent() {
    for (name, config) in [
        ("ntfy", "kind = \"ntfy\"\nurl = \"https://ntfy.sh/topic\"\ntoken = \"tk_1\""),
        ("slack", "kind = \"slack\"\nurl = \"https://hooks.slack.com/services/T/B/x\""),
        ("discord", "kind = \"discord\"\nurl = \"https://discord.com/api/webhooks/1/x\""),
        ("telegram", "kind = \"telegram\"\ntoken = \"1:A\"\nchat = \"-100\""),
        ("gotify", "kind = \"gotify\"\nurl = \"https://gotify.example.org/\"\ntoken = \"A1\""),
        ("feishu", "kind = \"feishu\"\nurl = \"https://open.feishu.cn/open-apis/bot/v2/hook/x\""),
        (
            "dingtalk",
            "kind = \"dingtalk\"\nurl = \"https://oapi.dingtalk.com/robot/send?access_token=x\"\nsecret = \"SEC1\"",
        ),
        ("wecom", "kind = \"wecom\"\nurl = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x\""),
        ("pagerduty", "kind = \"pagerduty\"\ntoken = \"R1\""),
        ("webhook", "kind = \"webhook\"\nurl = \"https://example.org/hook\"\nheaders = { X-Key = \"1\" }"),
    ] {
        insta::assert_snapshot!(name, requests(config, &story(), Lang::En));
        if ["discord", "pagerduty"].contains(&name) {
            insta::assert_snapshot!(format!("{name}_of_several"), requests(config, &several(), Lang::En));
        }
        if ["slack", "discord", "telegram", "gotify", "ntfy"].contains(&name) {
            insta::assert_snapshot!(format!("{name}_of_harm"), requests(config, &hostile(), Lang::En));
        }
    }
}

/// The signature by `printf '1795435200\nSEC1' | …` as the key: `printf '' | openssl dgst -sha256 -hmac "$key" -binary | base64`.
#[test]
fn feishu_in_chinese_and_signed() {
    let config = "kind = \"feishu\"\nurl = \"https://open.feishu.cn/hook/x\"\nsecret = \"SEC1\"";
    insta::assert_snapshot!(requests(config, &several(), Lang::Zh));
}

#[test]
fn who_is_told_of_what() {
    let item = |host: &str, level| Item { host: host.to_owned(), level, ..Item::default() };
    let some = channel(
        "kind = \"command\"\ncommand = [\"true\"]\nleast = \"critical\"\nhosts = [\"web*\", \"db1\"]",
    );
    assert!(some.wants(&item("web1", Level::Critical)) && some.wants(&item("db1", Level::Silent)));
    assert!(!some.wants(&item("web1", Level::Warning)) && !some.wants(&item("db2", Level::Critical)));
    let all = channel("kind = \"command\"\ncommand = [\"true\"]");
    assert!(all.wants(&item("any", Level::Warning)));
}

fn hook(port: u16) -> Channel {
    channel(&format!(
        "kind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/hush-path?key=hush-key\"\nheaders = {{ Authorization = \"Bearer hush-token\" }}"
    ))
}

#[test]
fn what_servers_answer() {
    let answers = [
        answer("204 No Content", "", ""),
        answer("429 Too Many Requests", "Retry-After: 77\r\n", ""),
        answer("500 Internal Server Error", "", "at hush-path?key=hush-key with Bearer hush-token"),
        answer("302 Found", "Location: http://127.0.0.1:1/hush-path\r\n", ""),
        answer("404 Not Found", "", "no such hook"),
        String::new(),
        "nonsense\r\n\r\n".to_owned(),
    ];
    let server = Receiver::http(&answers.each_ref().map(String::as_str));
    let channel = hook(server.port);
    assert_eq!(send(&channel, &story(), 20.0), Ok(()));
    let refuse = |seconds| send(&channel, &story(), seconds).unwrap_err();
    assert_eq!(refuse(20.0).again, Again::After(77));
    let error = refuse(20.0);
    assert_eq!(error.again, Again::Soon);
    assert_eq!(error.reason, "the server answers 500: at (secret) with (secret)");
    assert_eq!(refuse(20.0).again, Again::Mended);
    assert_eq!(refuse(20.0), Refusal::lasting("the server answers 404: no such hook"));
    assert_eq!(refuse(1.5), Refusal::soon("no answer of the server in time"));
    assert_eq!(refuse(20.0).again, Again::Soon);
    let got = server.got();
    assert_eq!(got.len(), 7, "a redirect is not followed");
    let sent = got[0].to_lowercase();
    assert!(sent.starts_with("post /hush-path?key=hush-key http/1.1\r\n"), "{sent}");
    assert!(
        sent.contains("authorization: bearer hush-token") && sent.contains("user-agent: cronograph/"),
        "{sent}"
    );
    assert!(
        sent.contains("\"subject\":\"[critical] web1: memory: 32.0 mib of 496 mib available\""),
        "{sent}"
    );
}

#[test]
fn services_that_complain_with_status_200() {
    for (config, body, reason, again) in [
        (
            "kind = \"slack\"",
            r#"{"ok":false,"error":"no_service"}"#,
            "Slack does not take it: no_service",
            Again::Mended,
        ),
        (
            "kind = \"feishu\"",
            r#"{"code":19021,"msg":"sign match fail"}"#,
            "Feishu does not take it: 19021 sign match fail",
            Again::Mended,
        ),
        (
            "kind = \"feishu\"",
            r#"{"code":11232,"msg":"frequency limited"}"#,
            "Feishu does not take it: 11232 frequency limited",
            Again::Soon,
        ),
        (
            "kind = \"dingtalk\"",
            r#"{"errcode":310000,"errmsg":"sign not match"}"#,
            "DingTalk does not take it: 310000 sign not match",
            Again::Mended,
        ),
        (
            "kind = \"wecom\"",
            r#"{"errcode":45009,"errmsg":"freq out of limit"}"#,
            "WeCom does not take it: 45009 freq out of limit",
            Again::Soon,
        ),
        (
            "kind = \"telegram\"\ntoken = \"1:A\"\nchat = \"1\"",
            r#"{"ok":false,"description":"chat not found"}"#,
            "Telegram does not take it: chat not found",
            Again::Mended,
        ),
    ] {
        let server = Receiver::http(&[&answer("200 OK", "", body)]);
        let channel = channel(&format!("{config}\nurl = \"http://127.0.0.1:{}/hook\"", server.port));
        assert_eq!(send(&channel, &story(), 20.0), Err(Refusal { reason: reason.to_owned(), again }));
    }
    for (config, body) in [
        ("kind = \"slack\"", "ok"),
        ("kind = \"feishu\"", r#"{"code":0,"msg":"success"}"#),
        ("kind = \"feishu\"", r#"{"StatusCode":0}"#),
        ("kind = \"dingtalk\"", r#"{"errcode":0,"errmsg":"ok"}"#),
        ("kind = \"telegram\"\ntoken = \"1:A\"\nchat = \"1\"", r#"{"ok":true}"#),
    ] {
        let server = Receiver::http(&[&answer("200 OK", "", body)]);
        let channel = channel(&format!("{config}\nurl = \"http://127.0.0.1:{}/hook\"", server.port));
        assert_eq!(send(&channel, &story(), 20.0), Ok(()), "{config}");
    }
}

#[test]
fn each_alert_is_an_event_of_pagerduty() {
    let ok = answer("202 Accepted", "", r#"{"status":"success"}"#);
    let server = Receiver::http(&[&ok, &ok, &ok]);
    let channel = channel(&format!(
        "kind = \"pagerduty\"\ntoken = \"hush\"\nurl = \"http://127.0.0.1:{}/\"",
        server.port
    ));
    assert_eq!(send(&channel, &several(), 20.0), Ok(()));
    let events: Vec<bool> = server.got().iter().map(|request| request.contains("\"trigger\"")).collect();
    assert_eq!(events, [true, true, false]);
}

#[test]
fn a_webhook_takes_the_users_template() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hook.json");
    fs_err::write(
        &path,
        "{\"say\": {{ subject }}, \"host\": {{ items[0].host }}, \"n\": {{ items|length }}}",
    )
    .unwrap();
    let config = |path: &std::path::Path| {
        format!("kind = \"webhook\"\nurl = \"https://a/b\"\ntemplate = \"{}\"", path.display())
    };
    let shown = requests(&config(&path), &hostile(), Lang::En);
    assert!(shown.contains("Content-Type: application/json") && shown.contains("\"n\": 1"), "{shown}");
    fs_err::write(&path, "\n{{ nothing }}").unwrap();
    let error = send(&channel(&config(&path)), &story(), 20.0).unwrap_err();
    assert!(error.reason.contains("hook.json:2: ") && error.again == Again::Mended, "{error}");
    assert!(
        send(&channel(&config(&folder.path().join("none"))), &story(), 20.0)
            .unwrap_err()
            .reason
            .contains("none")
    );
}

#[test]
fn what_cannot_work_is_a_fault_of_that_channel() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let with = |key: &str| format!("{}\n{key} = \"{}\"", mailbox(1), file.display());
    let fault = |text: &str| channel(text).fault().unwrap_or_else(|| panic!("works: {text}")).to_owned();
    assert!(fault(&format!("{}\nuser = \"a\"", with("password_file"))).contains("password_file: "));
    fs_err::write(&file, "hush\n").unwrap();
    let open = fault(&format!("{}\nuser = \"a\"", with("password_file")));
    assert!(open.contains("others may read") && open.contains("hint: chmod 600"), "{open}");
    assert!(fault("kind = \"ntfy\"\nurl = \"https://ntfy.sh/\"").contains("names no topic"));
    assert!(fault("kind = \"mail\"\nto = [\"ada@\"]").contains("no mail address"));
    let tls = with("ca_file").replace("smtp+insecure", "smtps");
    assert!(fault(&tls).contains("holds no certificate"));
    let broken = channel("kind = \"ntfy\"\nurl = \"https://ntfy.sh/\"");
    assert_eq!(send(&broken, &story(), 20.0).unwrap_err().again, Again::Mended);
}

#[test]
fn secrets_are_told_to_nobody() {
    let text = "kind = \"telegram\"\ntoken = \"1:hush\"\nchat = \"1\"\nurl = \"http://127.0.0.1:1/hush\"";
    let config = configured(text);
    let channel = Channel::of(&config);
    let error = send(&channel, &story(), 5.0).unwrap_err();
    for shown in [format!("{channel:?}"), format!("{config:?}"), format!("{error:?}"), error.to_string()] {
        assert!(!shown.contains("hush"), "{shown}");
    }
    let request =
        http::Request::json(Secret::new("https://a/hush"), &serde_json::Value::Null).header("X", "hush");
    assert!(!format!("{request:?}").contains("hush"));
}
