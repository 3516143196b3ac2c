use super::super::notice::Notice;
use super::deliver::Carrier;
use super::*;
use crate::base::refusal::{Again, Refusal};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::os::unix::fs::PermissionsExt;

/// A channel that does as it is told.
struct Puppet {
    name: String,
    answer: Cell<Option<Again>>,
    /// Messages that it never wants.
    poison: Option<String>,
    got: RefCell<Vec<String>>,
}

impl Puppet {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), answer: Cell::new(None), poison: None, got: RefCell::default() }
    }
}

impl Carrier for Puppet {
    fn name(&self) -> &str {
        &self.name
    }

    fn limit(&self) -> f64 {
        20.0
    }

    fn carry(&self, notice: &Notice, _now: i64, _seconds: f64) -> Result<(), Refusal> {
        if self.poison.as_deref() == Some(&notice.id) {
            return Err(Refusal { reason: "no".to_owned(), again: Again::Mended });
        }
        match self.answer.get() {
            Some(again) => Err(Refusal { reason: "down".to_owned(), again }),
            None => {
                self.got.borrow_mut().push(notice.id.clone());
                Ok(())
            }
        }
    }
}

fn notice(id: &str, t: i64) -> Notice {
    Notice { id: id.to_owned(), t, ..Notice::default() }
}

fn spool() -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(&folder.path().join("spool")).unwrap();
    (folder, spool)
}

fn deliver(spool: &Spool, puppet: &Puppet, now: i64) -> Delivery {
    spool.deliver_by(&[puppet], now).unwrap()
}

#[test]
fn a_notice_is_sent_once_however_often_it_is_put() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    spool.put(&notice("a", 5), &["mail"]).unwrap();
    assert_eq!(spool.waiting().unwrap(), 1);
    let delivery = deliver(&spool, &mail, 10);
    assert_eq!((delivery.sent.len(), delivery.waiting), (1, 0));
    spool.put(&notice("a", 20), &["mail"]).unwrap();
    assert_eq!(deliver(&spool, &mail, 30), Delivery::default());
    // Another channel has not had it.
    let ntfy = Puppet::new("ntfy");
    spool.put(&notice("a", 20), &["mail", "ntfy"]).unwrap();
    assert_eq!(spool.deliver_by(&[&mail, &ntfy], 30).unwrap().sent[0].channel, "ntfy");
    // After 30 days it is forgotten.
    deliver(&spool, &mail, 10 + 31 * 86_400);
    spool.put(&notice("a", 40), &["mail"]).unwrap();
    assert_eq!(spool.waiting().unwrap(), 1);
}

#[test]
fn a_failure_waits_longer_each_time() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    mail.answer.set(Some(Again::Soon));
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    let mut now = 1_000;
    for pause in [60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
        let delivery = deliver(&spool, &mail, now);
        assert_eq!(
            (delivery.failed[0].next, delivery.failed[0].lasting, delivery.waiting),
            (now + pause, false, 1)
        );
        assert!(deliver(&spool, &mail, now + pause - 1).failed.is_empty());
        now += pause;
    }
    mail.answer.set(None);
    assert_eq!(deliver(&spool, &mail, now).sent.len(), 1);
}

#[test]
fn what_waits_goes_out_in_order_as_soon_as_the_way_is_open() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    mail.answer.set(Some(Again::Soon));
    spool.put(&notice("first", 1), &["mail"]).unwrap();
    spool.put(&notice("second", 2), &["mail"]).unwrap();
    for now in [10, 70, 190, 430] {
        // The second is not even tried.
        assert_eq!(deliver(&spool, &mail, now).failed.len(), 1);
    }
    mail.answer.set(None);
    spool.put(&notice("third", 440), &["mail"]).unwrap();
    deliver(&spool, &mail, 910);
    assert_eq!(*mail.got.borrow(), ["first", "second", "third"]);
}

/// Each run tried the oldest again because the newer one was due, and doubled its pause.
#[test]
fn a_channel_that_is_down_is_left_alone_however_many_messages_wait() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    mail.answer.set(Some(Again::Soon));
    for (id, t) in [("first", 0), ("second", 1), ("third", 2)] {
        spool.put(&notice(id, t), &["mail"]).unwrap();
    }
    let mut tries = Vec::new();
    for now in (0..16 * 60).step_by(60) {
        spool.put(&notice(&format!("x{now}"), now), &["mail"]).unwrap();
        tries.extend(deliver(&spool, &mail, now).failed.into_iter().map(|failed| (now / 60, failed.id)));
    }
    let first = |minute| (minute, "first".to_owned());
    assert_eq!(tries, [first(0), first(1), first(3), first(7), first(15)]);
}

/// A clock that was set back makes newer messages the oldest.
#[test]
fn the_pause_grows_on_whichever_message_is_tried() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    mail.answer.set(Some(Again::Soon));
    spool.put(&notice("late", 100), &["mail"]).unwrap();
    assert_eq!(deliver(&spool, &mail, 100).failed[0].next, 160);
    spool.put(&notice("early", 50), &["mail"]).unwrap();
    assert_eq!(deliver(&spool, &mail, 160).failed[0].next, 280);
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let (_folder, spool) = spool();
    let chat = Puppet::new("chat");
    chat.answer.set(Some(Again::After(600)));
    spool.put(&notice("a", 0), &["chat"]).unwrap();
    assert_eq!(deliver(&spool, &chat, 100).failed[0].next, 700);
    chat.answer.set(None);
    spool.put(&notice("b", 110), &["chat"]).unwrap();
    assert_eq!(deliver(&spool, &chat, 699), Delivery { waiting: 2, ..Delivery::default() });
    assert_eq!(deliver(&spool, &chat, 700).sent.len(), 2);
}

#[test]
fn a_message_that_is_not_wanted_holds_up_no_other() {
    let (_folder, spool) = spool();
    let chat = Puppet { poison: Some("bad".to_owned()), ..Puppet::new("chat") };
    spool.put(&notice("bad", 0), &["chat"]).unwrap();
    spool.put(&notice("good", 1), &["chat"]).unwrap();
    let delivery = deliver(&spool, &chat, 10);
    assert_eq!((delivery.sent.len(), delivery.failed[0].lasting, delivery.failed[0].next), (1, true, 3_610));
    spool.put(&notice("next", 20), &["chat"]).unwrap();
    let delivery = deliver(&spool, &chat, 30);
    assert_eq!((delivery.sent.len(), delivery.failed.len(), delivery.waiting), (1, 0, 1));
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_for_ever() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    mail.answer.set(Some(Again::Soon));
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    deliver(&spool, &mail, 2_000_000_000);
    mail.answer.set(None);
    assert_eq!(deliver(&spool, &mail, 1_000_000_000).sent.len(), 1);
}

#[test]
fn what_cannot_be_sent_ever_is_set_aside_and_said_once() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    for id in ["a", "b"] {
        spool.put(&notice(id, 0), &["mail"]).unwrap();
    }
    spool.put(&notice("a", 0), &["gone"]).unwrap();
    let broken = spool.queue().join(entry::file_name("a", "mail"));
    fs_err::write(&broken, "{\"v\":1,").unwrap();
    fs_err::write(
        spool.queue().join("foreign.json"),
        fs_err::read(spool.queue().join(entry::file_name("b", "mail"))).unwrap(),
    )
    .unwrap();
    let delivery = deliver(&spool, &mail, 10);
    assert_eq!((delivery.sent.len(), delivery.aside.len(), delivery.waiting), (1, 3, 0));
    let reasons: String = delivery.aside.iter().map(|aside| format!("{}\n", aside.reason)).collect();
    for part in ["EOF while parsing", "its name is not that", "no channel of the name \"gone\""] {
        assert!(reasons.contains(part), "{reasons}");
    }
    assert!(delivery.aside.iter().all(|aside| aside.path.exists()));
    assert_eq!(deliver(&spool, &mail, 20), Delivery::default());
}

/// A power cut between "taken" and the removal of the file.
#[test]
fn what_the_ledger_has_is_not_sent_again() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    let path = spool.queue().join(entry::file_name("a", "mail"));
    let bytes = fs_err::read(&path).unwrap();
    deliver(&spool, &mail, 10);
    fs_err::write(&path, bytes).unwrap();
    assert_eq!(deliver(&spool, &mail, 20), Delivery::default());
    assert_eq!(mail.got.borrow().len(), 1);
}

/// A full or read-only disk must not make a message go out each minute.
#[test]
fn what_cannot_be_noted_is_not_sent() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    std::os::unix::fs::symlink(spool.folder.join("nowhere/file"), spool.ledger_path()).unwrap();
    for minute in 1..5 {
        assert!(spool.deliver_by(&[&mail], minute * 60).is_err());
    }
    assert!(mail.got.borrow().is_empty());
    fs_err::remove_file(spool.ledger_path()).unwrap();
    assert_eq!(deliver(&spool, &mail, 600).sent.len(), 1);
    assert_eq!(*mail.got.borrow(), ["a"]);
}

/// A power cut between the reserved line and the sending.
#[test]
fn a_reserved_line_keeps_a_message_waiting_and_stands_for_one_that_is_gone() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    Ledger::add(&spool.ledger_path(), &ledger::Line::reserved(5, "a", "mail")).unwrap();
    Ledger::add(&spool.ledger_path(), &ledger::Line::reserved(5, "b", "mail")).unwrap();
    spool.put(&notice("b", 0), &["mail"]).unwrap();
    assert_eq!(deliver(&spool, &mail, 10).sent.len(), 1);
    assert_eq!(*mail.got.borrow(), ["a"]);
}

#[test]
fn only_one_run_sends() {
    let (_folder, spool) = spool();
    let mail = Puppet::new("mail");
    spool.put(&notice("a", 0), &["mail"]).unwrap();
    let held = files::lock_path(&spool.folder.join("sending"), 0.0).unwrap();
    assert_eq!(deliver(&spool, &mail, 10), Delivery { waiting: 1, busy: true, ..Delivery::default() });
    drop(held);
    assert_eq!(deliver(&spool, &mail, 10).sent.len(), 1);
}

#[test]
fn the_files_are_their_owners_only() {
    let (_folder, spool) = spool();
    spool.put(&notice("a", 0), &["mail", "ntfy"]).unwrap();
    deliver(&spool, &Puppet::new("mail"), 10);
    let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [spool.folder.clone(), spool.queue(), spool.aside()] {
        assert_eq!(mode(&folder), 0o700);
    }
    let aside: Vec<_> = fs_err::read_dir(spool.aside()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(aside.len(), 1);
    assert_eq!((mode(&aside[0]), mode(&spool.ledger_path())), (0o600, 0o600));
}

#[test]
fn an_id_that_is_no_name_is_refused() {
    let (_folder, spool) = spool();
    for id in ["", "a b", "a@b", "<a>", "a\nb", &"a".repeat(101)] {
        assert!(matches!(spool.put(&notice(id, 0), &["mail"]), Err(NotifyError::Id(_))), "{id:?}");
    }
}

/// What happens to a spool.
#[derive(Clone, Debug)]
enum Step {
    /// A notice, one of a few, is put for both channels.
    Put(u8),
    /// A run; what each channel answers.
    Deliver(Option<Again>, Option<Again>),
    /// Time passes.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let again = || {
        proptest::option::of(prop_oneof![
            Just(Again::Soon),
            Just(Again::Mended),
            (0_i64..4_000).prop_map(Again::After)
        ])
    };
    prop_oneof![
        (0_u8..6).prop_map(Step::Put),
        (again(), again()).prop_map(|(one, two)| Step::Deliver(one, two)),
        (1_i64..5_000).prop_map(Step::Wait),
    ]
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 5))]
    #[test]
    fn each_notice_reaches_each_channel_exactly_once(steps in proptest::collection::vec(step(), 1..40)) {
        let (_folder, spool) = spool();
        let (one, two) = (Puppet::new("one"), Puppet::new("two"));
        let mut now = 1_000_000;
        let mut put = std::collections::BTreeSet::new();
        for step in steps {
            match step {
                Step::Put(number) => {
                    let id = format!("n{number}");
                    spool.put(&notice(&id, now), &["one", "two"]).unwrap();
                    put.insert(id);
                }
                Step::Deliver(first, second) => {
                    one.answer.set(first);
                    two.answer.set(second);
                    let delivery = spool.deliver_by(&[&one, &two], now).unwrap();
                    let had = one.got.borrow().len() + two.got.borrow().len();
                    // Nothing is lost: what was not sent waits.
                    prop_assert_eq!(delivery.waiting + had, put.len() * 2);
                }
                Step::Wait(seconds) => now += seconds,
            }
        }
        one.answer.set(None);
        two.answer.set(None);
        spool.deliver_by(&[&one, &two], now + 100_000).unwrap();
        for puppet in [&one, &two] {
            let mut got = puppet.got.borrow().clone();
            got.sort();
            prop_assert_eq!(got, put.iter().cloned().collect::<Vec<_>>());
        }
    }
}
