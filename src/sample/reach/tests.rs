//! All targets together: none waits for another, and whoever hangs is left behind.

use super::test_server::{self, Reply};
use super::*;

fn asked(name: &str, question: Question, timeout_seconds: u32) -> Asked {
    let target = Target { name: name.to_owned(), question, interval_seconds: 60, timeout_seconds };
    Asked { target, certificate: None }
}

fn page(port: u16) -> Question {
    Question::Http { address: format!("http://127.0.0.1:{port}/"), status: None }
}

#[test]
fn each_is_asked_though_others_hang() {
    let (good, bad) = (test_server::http(|_| test_server::page(200)), test_server::http(|_| Reply::Nothing));
    let mut due: Vec<Asked> = (0..20).map(|number| asked(&format!("hangs {number}"), page(bad), 1)).collect();
    due.push(asked("shop", page(good), 10));
    due.push(asked("port", Question::Tcp { place: format!("127.0.0.1:{good}") }, 10));
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::default();
    ask(&due, &mut memory, &Root::recorded(folder.path()), 1_000);
    assert_eq!(memory.results.len(), 22);
    let run = |name: &str| &memory.results[name];
    assert_eq!((run("shop").up, run("shop").status, run("shop").kind.as_str()), (Some(1), Some(200), "http"));
    assert_eq!((run("port").up, run("port").t), (Some(1), 1_000));
    for number in 0..20 {
        let run = run(&format!("hangs {number}"));
        assert_eq!((run.up, run.error.as_deref()), (Some(0), Some("no answer within 1 s")));
    }
}

#[test]
fn a_thread_that_hangs_for_ever_is_left_behind() {
    let question = |asked: &Asked, _: Patience| {
        if asked.target.name == "hangs" {
            loop {
                std::thread::park();
            }
        }
        Answer { seconds: Some(0.5), ..Answer::default() }
    };
    let due = [asked("hangs", page(1), 1), asked("answers", page(1), 1)];
    let answers = gather(&due, &Arc::new(question));
    assert_eq!(answers[0].failure, Some(Failure::down("no answer within 1 s")));
    assert_eq!((&answers[1].failure, answers[1].seconds), (&None, Some(0.5)));
}

#[test]
fn the_name_server_is_that_of_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let due = [asked("name", Question::Dns { name: "example.org".to_owned(), server: None }, 1)];
    let mut memory = Memory::default();
    ask(&due, &mut memory, &Root::recorded(folder.path()), 1_000);
    let run = &memory.results["name"];
    assert_eq!((run.up, run.error.as_deref()), (None, Some("no name server in /etc/resolv.conf")));
}

#[test]
fn nothing_to_ask_needs_no_thread() {
    let mut memory = Memory::default();
    ask(&[], &mut memory, &Root::recorded("/nonexistent"), 1_000);
    assert_eq!(memory, Memory::default());
}
