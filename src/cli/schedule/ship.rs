//! The run that carries this host's log to the machine that renders, by rsync over ssh: samples, which only grow, and events, whose
//! older half may go. A crontab hands its lines to a shell, so what the user gives is taken letter by letter: what has
//! no meaning to any shell, or nothing.

use super::Run;
use super::machine::Machine;
use crate::cli::output::failure;
use std::path::Path;

/// What the run is called, and systemd's units.
pub(in crate::cli) const NAME: &str = "ship";
/// Empty file in a host's folder whose time is that of the last successful sending of its log.
pub(in crate::cli) const SHIPPED: &str = "shipped";
/// How many seconds after the minute: the minute's sample is written by then.
const DELAY_SECONDS: u8 = 10;

/// Where the log goes, `USER@HOST:DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Destination(String);

impl Destination {
    /// Takes what the user wrote.
    ///
    /// # Errors
    /// What of it cannot stand in a line that a shell reads, or is no such place.
    pub(in crate::cli) fn parse(text: &str) -> anyhow::Result<Self> {
        let way_out = "like --ship cronograph@hub.example.org:logs/web1; the folder may be left out where the key allows one only; \
                       whatever else ssh must know (a port, another name) goes into ~/.ssh/config";
        let refuse = |what: String| failure(format!("--ship `{}`: {what}", text.escape_debug()), way_out);
        let (user, place) = text.split_once('@').ok_or_else(|| refuse("no user is named".to_owned()))?;
        let (host, folder) =
            place.split_once(':').ok_or_else(|| refuse("no `:` stands behind the host".to_owned()))?;
        for (what, part, also) in [("user", user, "-_."), ("host", host, "-."), ("folder", folder, "-_./+,=")]
        {
            if let Some(refused) = part.chars().find(|letter| !is_plain(*letter, also)) {
                return Err(refuse(format!(
                    "`{}` cannot stand in the name of the {what}",
                    refused.escape_debug()
                )));
            }
            if part.starts_with('-') {
                return Err(refuse(format!("the {what} begins with a dash")));
            }
        }
        if user.is_empty() || host.is_empty() {
            return Err(refuse("a user and a host must be named".to_owned()));
        }
        if folder.split('/').any(|part| part == "..") {
            return Err(refuse("`..` leads out of the folder".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether a letter means itself to every shell, to cron, to systemd and to rsync.
fn is_plain(letter: char, also: &str) -> bool {
    letter.is_ascii_alphanumeric() || also.contains(letter)
}

/// What the user asks for.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Shipping<'a> {
    /// Where it goes.
    pub to: Destination,
    /// The key that ssh shows; none: whatever ssh has.
    pub key: Option<&'a Path>,
    /// How often.
    pub minutes: u8,
    /// This host's folder of logs.
    pub folder: &'a Path,
}

/// The run, with the programs of that machine.
///
/// # Errors
/// The machine has no rsync, or a path cannot stand where it must.
pub(in crate::cli) fn run(shipping: &Shipping<'_>, machine: &Machine) -> anyhow::Result<Run> {
    let rsync = machine.program("rsync").ok_or_else(|| {
        failure(
            "this machine has no rsync, which carries the log",
            "install it: apt install rsync, or the like",
        )
    })?;
    let folder = plain_path("the folder of this host's log", shipping.folder)?;
    let key = shipping.key.map(|key| plain_path("--ship-key", key)).transpose()?;
    // ssh asks nobody: there is nobody. rsync cuts these words at spaces itself.
    let identity = key.map(|key| format!(" -i {key} -o IdentitiesOnly=yes")).unwrap_or_default();
    let shell = format!("--rsh=ssh -o BatchMode=yes -o ConnectTimeout=20{identity}");
    let to = &shipping.to.0;
    let common = [rsync.as_str(), "-rt", "--timeout=60", &shell];
    let words =
        |more: &[&str]| common.iter().chain(more).map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let here = format!("{folder}/");
    let mut commands = vec![
        words(&["--append-verify", &format!("{folder}/samples"), to]),
        words(&["--include=/events.jsonl", "--exclude=*", &here, to]),
    ];
    // Reached where both went well: `doctor` looks at it.
    commands.extend(machine.program("touch").map(|touch| vec![touch, format!("{folder}/{SHIPPED}")]));
    let minutes = shipping.minutes;
    Ok(Run {
        name: NAME,
        description: "Send this host's log to the machine that renders",
        cron: if minutes == 1 { "* * * * *".to_owned() } else { format!("*/{minutes} * * * *") },
        calendar: format!("*:0/{minutes}:{DELAY_SECONDS}"),
        commands,
        delay: Some(DELAY_SECONDS),
        // A run that takes longer than a minute must not be met by the next: both would append.
        alone: machine.program("flock").map(|flock| vec![flock, "-n".to_owned(), folder]),
    })
}

/// The run by its name alone: for whoever takes it out.
pub(super) fn named() -> Run {
    Run {
        name: NAME,
        description: "",
        cron: String::new(),
        calendar: String::new(),
        commands: Vec::new(),
        delay: None,
        alone: None,
    }
}

/// Where a line of a crontab or a unit sends a log by rsync: the folder it reads, and the destination.
pub(in crate::cli) fn told(line: &str) -> Option<(String, String)> {
    let samples =
        line.split("&&").find(|part| part.contains("rsync ") && part.contains("--append-verify "))?;
    let mut words = samples.trim().rsplit(' ');
    let to = words.next()?.to_owned();
    let folder = words.next()?.strip_suffix("/samples")?.to_owned();
    to.contains(':').then_some((folder, to))
}

/// Returns true for a crontab or unit that notes when a folder was sent.
pub(in crate::cli) fn notes_success(text: &str, folder: &str) -> bool {
    text.contains(&format!("touch {folder}/{SHIPPED}"))
}

/// A path that needs no quoting anywhere.
fn plain_path(what: &str, path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let text = path.to_str().filter(|text| text.starts_with('/'));
    let Some(text) = text else {
        return Err(failure(format!("{what} `{shown}` is no path from / on"), "write the whole path"));
    };
    match text.chars().find(|letter| !is_plain(*letter, "-_./+,=@")) {
        None => Ok(text.to_owned()),
        Some(refused) => Err(failure(
            format!(
                "{what} `{}` has a `{}`, which a shell or rsync may take apart",
                text.escape_debug(),
                refused.escape_debug()
            ),
            "give it a plain path of letters, digits and -_./+,=@",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn destinations_are_taken_letter_by_letter() {
        for good in
            ["cronograph@hub.example.org:", "c@192.0.2.1:logs/web1", "a_b@h:/srv/logs/web-1/", "a@b:x+y,z=1"]
        {
            assert!(Destination::parse(good).is_ok(), "{good}");
        }
        for (bad, said) in [
            ("hub:logs", "no user"),
            ("a@hub", "no `:`"),
            ("@hub:x", "must be named"),
            ("a@:x", "must be named"),
            ("a@hub:x;rm", "`;`"),
            ("a@hub:$(id)", "`$`"),
            ("a@hub:x y", "` `"),
            ("a@hub:100%", "`%`"),
            ("a@hub:x\ny", "`\\n`"),
            ("a@hub:x'y", "`\\'`"),
            ("a@hub::module", "`:`"),
            ("-oProxyCommand@hub:x", "dash"),
            ("a@-hub:x", "dash"),
            ("a@hub:-x", "dash"),
            ("a@hub:../web2", "leads out"),
            ("a@hü:x", "`ü`"),
            ("a@[2001:db8::1]:x", "`[`"),
        ] {
            let error = Destination::parse(bad).unwrap_err().to_string();
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn a_line_is_known_again() {
        let line = "* * * * * root sleep 10 && /usr/bin/rsync -rt --append-verify /data/web1/samples a@hub: && rsync x";
        assert_eq!(told(line), Some(("/data/web1".to_owned(), "a@hub:".to_owned())));
        assert_eq!(told("5 4 * * * rsync -a /home backup:/srv"), None);
    }

    proptest! {
        /// Whatever is taken has nothing in it that a shell, cron or systemd would read as anything but a letter.
        #[test]
        fn what_is_taken_is_harmless(text in "\\PC{0,30}|[a-z@:/;&|$`%\"'\\\\ \n~*?#(){}<>!^-]{0,20}") {
            if let Ok(Destination(taken)) = Destination::parse(&text) {
                prop_assert!(taken.chars().all(|letter| letter.is_ascii_alphanumeric() || "@:-_./+,=".contains(letter)));
                prop_assert!(!taken.starts_with('-'));
            }
        }
    }
}
