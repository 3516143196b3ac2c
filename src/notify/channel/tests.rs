use super::super::fixture::{NOW, composer, hostile, several, story};
use super::super::refusal::Again;
use super::receiver::{Receiver, Way as Manner, answer};
use super::*;
use crate::base::words::Lang;
use crate::config::Secret;

fn configured(text: &str) -> ChannelConfig {
    toml::from_str::<crate::config::Config>(&format!("[[channel]]\nname = \"it\"\n{text}"))
        .unwrap()
        .channel
        .remove(0)
}

fn channel(text: &str) -> Channel {
    Channel::of(&configured(text))
}

fn send(channel: &Channel, notice: &Notice, seconds: f64) -> Result<(), Refusal> {
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
    assert_eq!(refuse(1.5), Refusal::soon("no answer in time"));
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

fn mailbox(port: u16) -> String {
    format!(
        "kind = \"mail\"\nto = [\"Ada <ada@example.org>\", \"bob@example.org\"]\nfrom = \"cron@example.org\"\nsmtp = \"smtp+insecure://127.0.0.1:{port}\""
    )
}

#[test]
fn what_mail_servers_answer() {
    let server =
        Receiver::smtp(&[Manner::Drops, Manner::Refuses, Manner::Busy, Manner::Hangs, Manner::Takes]);
    let channel = channel(&mailbox(server.port));
    let refuse = |seconds| send(&channel, &story(), seconds).unwrap_err();
    assert_eq!(refuse(20.0).again, Again::Soon);
    let error = refuse(20.0);
    assert_eq!(error.again, Again::Mended);
    assert!(error.reason.starts_with("the mail server refuses: 550 5.1.1 no such user"), "{error}");
    let error = refuse(20.0);
    assert_eq!(error.again, Again::Soon);
    assert!(error.reason.starts_with("the mail server asks to try later: 451 4.3.2"), "{error}");
    assert_eq!(refuse(1.0).again, Again::Soon);
    assert_eq!(send(&channel, &story(), 20.0), Ok(()));
    let mails = server.got();
    assert_eq!(mails.len(), 1);
    for line in [
        "From: cron@example.org\r\n",
        "To: Ada <ada@example.org>, bob@example.org\r\n",
        "Subject: [critical] web1: Memory: 32.0 MiB of 496 MiB available\r\n",
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n",
        "Message-ID: <20261123T120000-9f3c@example.org>\r\n",
        "In-Reply-To: <20261123T113000-77aa@example.org>\r\n",
        "References: <20261123T110000-1a2b@example.org>",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: multipart/alternative;",
        "Content-Type: multipart/related;",
        "Content-ID: <picture-1.20261123T120000-9f3c@cronograph>\r\n",
        "Content-Disposition: inline; filename=\"picture-1.png\"\r\n",
    ] {
        assert!(mails[0].contains(line), "{line}\n{}", &mails[0][..2_000]);
    }
}

#[test]
fn a_server_that_says_the_password_back_is_not_quoted() {
    let server = Receiver::smtp(&[Manner::Refuses]);
    let channel = channel(&format!("{}\nuser = \"ada\"\npassword = \"hush-password\"", mailbox(server.port)));
    let error = send(&channel, &story(), 20.0).unwrap_err();
    assert!(!error.reason.contains("hush"), "{error}");
}

fn letter_of(notice: &Notice, lang: Lang) -> String {
    let composed = composer(lang).compose(notice).unwrap();
    let letter =
        letter::write(notice, &composed, &"cron@b.org".parse().unwrap(), &["a@b.org".parse().unwrap()])
            .unwrap();
    String::from_utf8(letter.formatted()).unwrap()
}

#[test]
fn no_name_gets_into_the_head_of_a_mail() {
    let letter = letter_of(&hostile(), Lang::En);
    let head = letter.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc:")), "{head}");
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "Subject",
            "Date",
            "Message-ID",
            "To",
            "Auto-Submitted",
            "In-Reply-To",
            "References",
            "MIME-Version",
            "Content-Type"
        ]
    );
}

#[test]
fn a_chinese_subject_is_encoded_words() {
    let mut notice = several();
    notice.items.truncate(1);
    notice.items[0].what = "内存：496 MiB 中还剩 32 MiB 可用，预计 00:12 耗尽".to_owned();
    let letter = letter_of(&notice, Lang::Zh);
    let head = letter.split("\r\n\r\n").next().unwrap();
    assert!(head.is_ascii() && head.contains("Subject: =?utf-8?b?"), "{head}");
    assert!(head.lines().all(|line| line.len() <= 998), "{head}");
    let words = head.split("=?utf-8?b?").skip(1).filter_map(|word| word.split("?=").next());
    let decoded: Vec<u8> = words
        .flat_map(|word| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, word).unwrap())
        .collect();
    let decoded = String::from_utf8(decoded).unwrap();
    // What is ASCII stands between the encoded words.
    assert!(decoded.contains("内存：") && decoded.contains("预计"), "{decoded}");
}

/// A program of a shell's, for `command` and in place of sendmail.
fn script(folder: &std::path::Path, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("program");
    fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_command_reads_json() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let text = format!("cat > {0}; echo \"$CRONOGRAPH_SUBJECT|$HOME|$1\" >> {0}", out.display());
    let program = script(folder.path(), &text);
    let channel = channel(&format!("kind = \"command\"\ncommand = [\"{program}\", \"-x\"]"));
    assert_eq!(send(&channel, &story(), 20.0), Ok(()));
    let got = fs_err::read_to_string(out).unwrap();
    let (json, subject) = got.split_once('\n').unwrap();
    assert_eq!(subject, "[critical] web1: Memory: 32.0 MiB of 496 MiB available||-x\n");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!((json["v"].as_u64(), json["items"][0]["level"].as_str()), (Some(1), Some("critical")));
    assert!(!json.to_string().contains("png"));
}

#[test]
fn a_command_that_fails_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let run = |text: &str, seconds| {
        let program = script(folder.path(), text);
        let error =
            send(&channel(&format!("kind = \"command\"\ncommand = [\"{program}\"]")), &story(), seconds);
        error.unwrap_err().reason.replace(&program, "it")
    };
    assert_eq!(run("echo no modem >&2; exit 4", 20.0), "it ended with 4: no modem");
    assert_eq!(run("kill -9 $$", 20.0), "it was ended by a signal");
    assert_eq!(run("sleep 600", 2.0), "it was killed, it took longer than 2 s");
    let error = send(&channel("kind = \"command\"\ncommand = [\"/nowhere/x\"]"), &story(), 2.0).unwrap_err();
    assert!(
        error.reason.starts_with("/nowhere/x cannot be started: ") && error.again == Again::Mended,
        "{error}"
    );
}

#[test]
fn the_local_sendmail_gets_addresses_as_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let program = script(folder.path(), &format!("echo \"$@\" > {0}; cat >> {0}", out.display()));
    let config = configured("kind = \"mail\"\nto = [\"Ada <ada@example.org>\"]\nfrom = \"-x@example.org\"");
    let mail = mail::Mail::by_sendmail(&config, &program).unwrap();
    mail.send(&story(), &composer(Lang::En), 20.0).unwrap();
    let got = fs_err::read_to_string(out).unwrap();
    assert!(
        got.starts_with("-i -f -x@example.org -- ada@example.org\nFrom: -x@example.org\r\n"),
        "{}",
        &got[..200]
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
