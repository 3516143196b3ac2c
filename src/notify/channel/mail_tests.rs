//! Mail and programs.

use super::super::fixture::{composer, hostile, several, story};
use super::receiver::{Receiver, Way as Manner};
use super::tests::{channel, configured, send};
use super::*;
use crate::base::refusal::Again;
use crate::base::words::Lang;

pub(super) fn mailbox(port: u16) -> String {
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
fn a_greeting_without_end_is_cut_off() {
    let server = Receiver::smtp(&[Manner::Floods, Manner::Drips, Manner::Takes]);
    let channel = channel(&mailbox(server.port));
    let error = send(&channel, &story(), 20.0).unwrap_err();
    let reason = "the mail server answers without end: more than 256 kB in one conversation";
    assert_eq!((error.reason.as_str(), error.again), (reason, Again::Mended));
    assert_eq!(send(&channel, &story(), 2.0).unwrap_err().again, Again::Soon);
    // The server is free for the next one, so the connection was closed when the time was over.
    assert_eq!(send(&channel, &story(), 20.0), Ok(()));
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
