//! `cronograph bisect`: which scripts of a folder make a command leak. Shows each round as it goes, on standard error; then
//! the culprits, on standard output. Changes nothing.

mod page;
mod search;

use super::args::BisectArgs;
use super::probe::{Interrupt, explained, keep, own_account, shown, tell_ended};
use super::terminal::Terminal;
use super::{Context, FOUND, output};
use crate::base::words::{Lang, Words};
use crate::probe::script::{may_be_a_copy, scripts};
use crate::probe::{Cover, Covering, Kind, Machine, ProbeError, Setup, Stream, Surroundings, Way, World};
use page::Page;
use search::{Outcome, Search};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What asks each init script how it is.
const INIT_SCRIPTS: &str = "/etc/init.d";
/// Folders of the system's programs that the `PATH` of an ordinary user often leaves out.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
/// How long nothing may take to run.
const TRY_SECONDS: f64 = 10.0;
const COMMAND: [&str; 2] = ["service", "--status-all"];

/// Runs the command.
pub(super) fn run(args: &BisectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let paths = scripts(&args.dir).map_err(explained)?;
    let interrupt = Interrupt::catch()?;
    let way = way(args);
    let mut command = command_of(args)?;
    if way.env == Surroundings::Full {
        command = with_path(command, context.environment.path.as_deref(), Path::is_file);
    }
    let mut machine = machine(args, way, &paths, command.clone(), &interrupt)?;
    try_out(&mut machine, paths.len())?;
    let page = Page {
        words: Words::of(context.config().lang),
        terminal: Terminal::of_stdout(&context.environment),
        command: shown(&command),
        folder: args.dir.display().to_string(),
        is_copy: args.copy,
        scripts: &paths,
        root: Context::root(args.root.as_deref()),
    };
    if !args.json {
        output::say(&page.title());
    }
    let mut tell = |round: &search::Round| {
        if !args.json {
            output::say(&page.round(round));
        }
    };
    let found = Search::new(&mut machine, args, way, paths.len(), &mut tell).all().map_err(explained)?;
    tell_ended(machine.end_leftover());
    output::print(if args.json { page.json(&found)? } else { page.text(&found) })?;
    if args.note {
        let told = Page { words: Words::of(Lang::En), ..page };
        keep(context, &told.short(&found))?;
    }
    Ok(match found.outcome {
        Outcome::Found | Outcome::CommandItself => ExitCode::from(FOUND),
        Outcome::Stopped(_) if !found.culprits.is_empty() => ExitCode::from(FOUND),
        Outcome::Clean => ExitCode::SUCCESS,
        Outcome::Unsure | Outcome::Stopped(_) => ExitCode::FAILURE,
    })
}

/// The command that was typed; of the folder of init scripts it is known.
fn command_of(args: &BisectArgs) -> anyhow::Result<Vec<OsString>> {
    if !args.command.is_empty() {
        return Ok(args.command.clone());
    }
    if args.dir == Path::new(INIT_SCRIPTS) {
        return Ok(COMMAND.map(OsString::from).into());
    }
    let folder = args.dir.display();
    let hint = format!("name it: cronograph bisect --dir {folder} -- run-parts {folder}");
    Err(output::failure(format!("which command runs the scripts of {folder}?"), hint))
}

/// The command with the path of its program where that lies in a folder of the system that is not in `PATH`.
fn with_path(
    mut command: Vec<OsString>,
    path: Option<&OsStr>,
    is_program: impl Fn(&Path) -> bool,
) -> Vec<OsString> {
    let Some(program) = command.first_mut() else { return command };
    let is_in_path = path.is_some_and(|path| {
        std::env::split_paths(path).any(|folder| is_program(&folder.join(program.as_os_str())))
    });
    if !is_in_path && !program.as_encoded_bytes().contains(&b'/') {
        let mut places = SYSTEM_FOLDERS.iter().map(|folder| Path::new(folder).join(program.as_os_str()));
        if let Some(place) = places.find(|place| is_program(place)) {
            *program = place.into_os_string();
        }
    }
    command
}

/// The one way in which the command is run.
fn way(args: &BisectArgs) -> Way {
    let stream = |name: &String| Stream::named(&[name]).into_iter().next();
    Way {
        stdout: stream(&args.stdout).unwrap_or(Stream::Pipe),
        stdin: stream(&args.stdin).unwrap_or(Stream::Null),
        env: Surroundings::named(&[&args.env]).into_iter().next().unwrap_or(Surroundings::Full),
    }
}

fn machine(
    args: &BisectArgs,
    way: Way,
    paths: &[PathBuf],
    command: Vec<OsString>,
    interrupt: &Interrupt,
) -> anyhow::Result<Machine> {
    let covering = covering(args)?;
    let cover = Cover::new(paths.to_vec(), covering).map_err(explained)?;
    let setup = Setup {
        root: Context::root(args.root.as_deref()),
        command,
        way,
        account: (way.env == Surroundings::Cron).then(own_account).flatten(),
        timeout_seconds: args.limits.timeout,
        interrupted: interrupt.flag(),
    };
    Machine::new(setup, Some(cover)).map_err(explained)
}

fn covering(args: &BisectArgs) -> anyhow::Result<Covering> {
    if args.copy {
        if !may_be_a_copy(&args.dir) {
            let message =
                format!("{} belongs to the system: --copy would change its files", args.dir.display());
            return Err(output::failure(
                message,
                "copy it first: cp -a DIR /tmp/copy, then --copy --dir /tmp/copy",
            ));
        }
        return Ok(Covering::Permissions);
    }
    Ok(if rustix::process::geteuid().is_root() { Covering::Namespace } else { Covering::UserNamespace })
}

/// Runs nothing with every script covered, to see that this is allowed here.
fn try_out(machine: &mut Machine, count: usize) -> anyhow::Result<()> {
    let all: Vec<usize> = (0..count).collect();
    // What starts nothing at all can only have been refused the namespace.
    let refused = |error| match error {
        ProbeError::Start { source, .. } => ProbeError::NoNamespace { source },
        other => other,
    };
    let tried =
        machine.switch_off(&all).and_then(|()| machine.run(Kind::Control, TRY_SECONDS).map_err(refused));
    tried.map(drop).map_err(explained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_system_is_found_though_it_is_not_in_path() {
        let there = ["/usr/sbin/service", "/usr/bin/true", "/sbin/true"];
        let is_program = |path: &Path| there.iter().any(|known| path == Path::new(known));
        let of = |program: &str, path: &str| {
            let command = vec![OsString::from(program), OsString::from("--status-all")];
            with_path(command, Some(OsStr::new(path)), is_program)[0].clone()
        };
        assert_eq!(of("service", "/usr/local/bin:/usr/bin:/bin"), "/usr/sbin/service");
        assert_eq!(of("service", "/usr/bin:/usr/sbin"), "service");
        assert_eq!(of("true", "/usr/bin"), "true");
        assert_eq!((of("./service", "/bin"), of("nowhere", "/bin")), ("./service".into(), "nowhere".into()));
    }
}
