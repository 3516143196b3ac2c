//! `cronograph install`: folders, configuration, and what starts the runs; shown first, then written.

use super::args::InstallArgs;
use super::confirm::{self, Consent};
use super::output::{self, failure};
use super::schedule::ship::{self, Destination, Shipping};
use super::schedule::{self, Change, Machine, Place, Plan, Run};
use super::{Context, web};
use crate::config::{self, Environment, Flags};
use crate::sample::Root;
use anyhow::Context as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The logs name processes and users: for their owner and his group.
const DATA_MODE: u32 = 0o750;
/// The pages are for a web server, which runs as a user of its own.
const OUT_MODE: u32 = 0o755;

/// Runs the command.
pub(super) fn run(args: &InstallArgs, context: &Context) -> anyhow::Result<ExitCode> {
    context.check()?;
    // Before anything is shown.
    args.ship.as_deref().map(Destination::parse).transpose()?;
    let machine = context.machine(&args.machine);
    let binary = binary(args.machine.binary.as_deref())?;
    for warning in warnings(&binary, &machine) {
        output::say(&format!("warning: {warning}"));
    }
    let target = Target::of(context)?;
    let plan = match plan(args, context, &machine, &binary, &target) {
        // A dry run shows what it can.
        Err(error) if args.dry_run => {
            output::print(web::snippets(&target.out))?;
            return Err(error);
        }
        plan => plan?,
    };
    if plan.changes.is_empty() {
        output::print("Everything is in place already.\n\n")?;
    } else {
        let consent = Consent { yes: args.yes, dry_run: args.dry_run };
        if !confirm::carry_out(&plan, &machine, consent)? && !args.dry_run {
            return Ok(ExitCode::SUCCESS);
        }
    }
    output::print(web::snippets(&target.out))?;
    if !args.dry_run {
        advise(&target, &plan, &machine);
    }
    Ok(ExitCode::SUCCESS)
}

/// Where things will be: absolute, since cron starts in another folder.
struct Target {
    config: PathBuf,
    data: PathBuf,
    out: PathBuf,
    host: String,
}

impl Target {
    fn of(context: &Context) -> anyhow::Result<Self> {
        let config = context.config();
        Ok(Self {
            config: std::path::absolute(&context.loaded.path)?,
            data: std::path::absolute(&config.data)?,
            out: std::path::absolute(&config.out)?,
            host: config.host.clone(),
        })
    }

    /// The configuration that is written where there is none.
    fn config_text(&self) -> anyhow::Result<String> {
        config_text(&self.data, &self.out, &self.host)
    }
}

/// The first configuration: what differs from machine to machine. `uninstall` knows its own text again.
pub(super) fn config_text(data: &Path, out: &Path, host: &str) -> anyhow::Result<String> {
    let quoted = |path: &Path| {
        let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
        anyhow::Ok(toml::Value::from(text).to_string())
    };
    let mut text = format!(
        "# Written by `cronograph install`. `cronograph config` prints every key, and where its value comes from.\n\n\
         # The folder of the logs, one folder a host.\ndata = {}\n\n# The folder of the generated pages.\nout = {}\n",
        quoted(data)?,
        quoted(out)?
    );
    if !host.is_empty() {
        let host = toml::Value::from(host);
        text.push_str(&format!("\n# This host's name in the data folder.\nhost = {host}\n"));
    }
    Ok(text)
}

/// The steps: folders, configuration, and last what makes use of them.
fn plan(
    args: &InstallArgs,
    context: &Context,
    machine: &Machine,
    binary: &str,
    target: &Target,
) -> anyhow::Result<Plan> {
    let mut plan = Plan::default();
    for (path, mode) in [(&target.data, DATA_MODE), (&target.out, OUT_MODE)] {
        if !path.exists() {
            plan.changes.push(Change::Folder { path: path.clone(), mode });
        }
    }
    if context.loaded.text.is_some() {
        agree(context)?;
    } else {
        let text = target.config_text()?.into_bytes();
        plan.text(Place::File(target.config.clone()), None, Some(text));
    }
    // The runs find the default file by themselves.
    let config = Some(target.config.as_path()).filter(|path| *path != context.environment.default_file());
    let pushes = context.config().push.url.is_some();
    let mut runs = schedule::runs(binary, config, pushes);
    runs.extend(shipping(args, context, machine, target)?);
    plan.schedule(machine, args.scheduler, &runs)?;
    Ok(plan)
}

/// What carries this host's log to another machine, where that is asked for.
fn shipping(
    args: &InstallArgs,
    context: &Context,
    machine: &Machine,
    target: &Target,
) -> anyhow::Result<Option<Run>> {
    let Some(to) = &args.ship else { return Ok(None) };
    let to = Destination::parse(to)?;
    let key = args.ship_key.as_deref().map(std::path::absolute).transpose()?;
    if let Some(key) = key.as_ref().filter(|key| !key.is_file()) {
        let way_out =
            format!("make one without a passphrase: ssh-keygen -t ed25519 -N '' -f {}", key.display());
        return Err(failure(format!("--ship-key: there is no {}", key.display()), way_out));
    }
    let folder = target.data.join(context.host(&Root::real())?);
    let shipping = Shipping { to, key: key.as_deref(), minutes: args.ship_minutes, folder: &folder };
    ship::run(&shipping, machine).map(Some)
}

/// A flag or a variable that says something else than the file would hold for this run only: cron has neither.
fn agree(context: &Context) -> anyhow::Result<()> {
    let flags = Flags { config: Some(context.loaded.path.clone()), ..Flags::default() };
    let bare = Environment { data: None, out: None, host: None, ..context.environment.clone() };
    let file = config::load(&flags, &bare)?.config;
    let config = context.config();
    let path = |path: &Path| path.display().to_string();
    for (key, said, stands) in [
        ("data", path(&config.data), path(&file.data)),
        ("out", path(&config.out), path(&file.out)),
        ("host", config.host.clone(), file.host.clone()),
    ] {
        if said != stands {
            return Err(failure(
                format!(
                    "{} says `{said}`, but in {} {key} is `{stands}`, and the runs will go by that",
                    context.loaded.origin(key),
                    context.loaded.path.display()
                ),
                format!("write it there: {key} = {}", toml::Value::from(said)),
            ));
        }
    }
    Ok(())
}

/// The path of this program, with every symbolic link followed: cron's PATH is minimal.
fn binary(other: Option<&Path>) -> anyhow::Result<String> {
    let path = match other {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()
            .and_then(fs_err::canonicalize)
            .context("cannot find the path of this program")?,
    };
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| failure(format!("{} is not UTF-8", path.display()), "move it to /usr/local/bin"))
}

/// What will go wrong one day if the program stays where it is.
fn warnings(binary: &str, machine: &Machine) -> Vec<String> {
    let path = Path::new(binary);
    let move_it = "copy it to /usr/local/bin/cronograph and install from there";
    let mut warnings = Vec::new();
    let profiles = ["debug", "release", "dist"];
    let built = profiles.iter().any(|profile| binary.contains(&format!("/target/{profile}/")));
    let built = built || (binary.contains("/target/") && binary.contains("-linux-"));
    if built {
        warnings
            .push(format!("{binary} lies in a build folder and goes with the next `cargo clean`; {move_it}"));
    }
    if ["/tmp", "/var/tmp", "/dev/shm", "/run"].iter().any(|folder| path.starts_with(folder)) {
        warnings.push(format!("{binary} goes with the next reboot or clean-up; {move_it}"));
    }
    if machine.is_root {
        if let Some(open) = path.ancestors().find(|part| others_can_write(part)) {
            warnings.push(format!(
                "others than root can write {}: who replaces the program becomes root; {move_it}",
                open.display()
            ));
        }
    }
    warnings
}

/// Whether someone who is not root can replace a file, or what lies in a folder that is not sticky.
fn others_can_write(path: &Path) -> bool {
    let Ok(metadata) = fs_err::metadata(path) else { return false };
    let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
    metadata.uid() != 0 || (metadata.mode() & 0o002 != 0 && !sticky)
}

/// What the user still has to know.
fn advise(target: &Target, plan: &Plan, machine: &Machine) {
    output::say(&format!(
        "\nThe first sample comes with the next minute, the first pages within five: {}",
        target.out.join("index.html").display()
    ));
    if let Some(folder) = web::obstacle(&target.out) {
        output::say(&format!(
            "A web server cannot read {}: others may not enter {}. Choose another folder with --out, or let them in.",
            target.out.display(),
            folder.display()
        ));
    }
    let systemd = plan.changes.iter().any(|change| matches!(change, Change::Systemctl(_)));
    if systemd && !machine.is_root {
        output::say("The timers stop when you log out, unless: loginctl enable-linger");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::MachineArgs;

    #[test]
    fn the_first_configuration_is_valid() {
        let text = config_text(Path::new("/srv/my \"logs\""), Path::new("/www"), "web1").unwrap();
        let config: config::Config = toml::from_str(&text).unwrap();
        assert_eq!(config.data, Path::new("/srv/my \"logs\""));
        assert_eq!((config.out.as_path(), config.host.as_str()), (Path::new("/www"), "web1"));
        assert!(!config_text(Path::new("/a"), Path::new("/b"), "").unwrap().contains("host ="));
    }

    #[test]
    fn warns_of_a_program_that_will_not_stay() {
        let machine = Machine::new(&MachineArgs::default(), false, None);
        assert_eq!(warnings("/usr/local/bin/cronograph", &machine), Vec::<String>::new());
        for path in [
            "/home/a/c/target/release/cronograph",
            "/home/a/c/target/dist/cronograph",
            "/tmp/cronograph",
            "/c/target/x86_64-unknown-linux-gnu/release/c",
        ] {
            assert_eq!(warnings(path, &machine).len(), 1, "{path}");
        }
    }
}
