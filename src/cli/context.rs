//! What every command is handed: the effective configuration, the clock, and when the program started.

use super::args::{Cli, Command, MachineArgs};
use super::output;
use super::schedule::Machine;
use crate::base::clock::{Clock, Stopwatch};
use crate::base::hint::Typed;
use crate::config::{self, Ask, Config, ConfigError, Environment, Flags, Loaded};
use crate::sample::audit::Check;
use crate::sample::reach::{Question, Target};
use crate::sample::service::Wishes;
use crate::sample::{Options, Root};
use crate::store::{self, Layout, StoreError};
use std::path::{Path, PathBuf};

/// The world of one run.
#[derive(Debug)]
pub struct Context {
    /// The configuration, and where its values come from.
    pub loaded: Loaded,
    /// What of the environment matters.
    pub environment: Environment,
    /// The time.
    pub clock: Clock,
    /// Runs since the program started.
    pub started: Stopwatch,
    /// What commands of ours are to be typed with, to see what this run sees.
    typed: Typed,
}

impl Context {
    /// Loads the configuration that the command line, the environment and the files make.
    pub fn new(cli: &Cli, started: Stopwatch) -> anyhow::Result<Self> {
        let (flags, environment) = (Self::flags(cli), Environment::of_process());
        let loaded = config::load(&flags, &environment)?;
        Ok(Self::of(cli, loaded, environment, started))
    }

    /// The same for whom a file with a mistake is something to tell: then the defaults, with what command line and environment say.
    pub fn lenient(cli: &Cli, started: Stopwatch) -> (Self, Option<ConfigError>) {
        let (flags, environment) = (Self::flags(cli), Environment::of_process());
        let (loaded, error) = match config::load(&flags, &environment) {
            Ok(loaded) => (loaded, None),
            Err(error) => (config::defaults(&flags, &environment), Some(error)),
        };
        (Self::of(cli, loaded, environment, started), error)
    }

    fn flags(cli: &Cli) -> Flags {
        let (host, out) = cli.command.overrides();
        Flags {
            config: cli.common.config.clone(),
            data: cli.common.data.clone(),
            out: out.cloned(),
            host: host.map(str::to_owned),
            // `install` writes it, `uninstall` may have removed it.
            may_be_missing: matches!(cli.command, Command::Install(_) | Command::Uninstall(_)),
        }
    }

    fn of(cli: &Cli, loaded: Loaded, environment: Environment, started: Stopwatch) -> Self {
        let clock = cli.common.now.map_or(Clock::Real, Clock::Fixed);
        let typed = Self::typed_of(cli, &environment);
        Self { loaded, environment, clock, started, typed }
    }

    /// What commands of ours are to be typed with behind this command line.
    pub(super) fn typed_of(cli: &Cli, environment: &Environment) -> Typed {
        let (config, data) = (&cli.common.config, &cli.common.data);
        Typed::new(
            config.as_ref().or(environment.config.as_ref()).map(PathBuf::as_path),
            data.as_ref().or(environment.data.as_ref()).map(PathBuf::as_path),
        )
    }

    /// What commands of ours are to be typed with, to see what this run sees.
    pub(super) fn typed(&self) -> Typed {
        self.typed.clone()
    }

    /// The effective configuration.
    pub fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// This host's name in the data folder: the configured one, or the kernel's of that tree.
    pub fn host(&self, root: &Root) -> anyhow::Result<String> {
        if !self.config().host.is_empty() {
            return Ok(self.config().host.clone());
        }
        Self::name_of(root)
    }

    /// A host's log, within the limits of the configuration.
    pub fn layout(&self, host: impl Into<String>) -> Result<Layout, StoreError> {
        Ok(Layout::new(&self.config().data, host)?.limited(self.config().limits))
    }

    /// This machine's name in the data folder; none where it has none.
    pub fn own_name(&self) -> Option<String> {
        self.host(&Root::real()).ok()
    }

    /// The kernel's name for the host of a tree.
    pub fn name_of(root: &Root) -> anyhow::Result<String> {
        if root.is_real() {
            return Ok(rustix::system::uname().nodename().to_string_lossy().into_owned());
        }
        let name = fs_err::read_to_string(root.path("proc/sys/kernel/hostname"));
        name.map(|name| name.trim().to_owned()).map_err(|error| {
            output::failure(format!("this host has no name: {error}"), "give one with --host NAME")
        })
    }

    /// Whether `sample` and `site` can run with this configuration: for commands that set them up or look after them.
    pub fn check(&self) -> anyhow::Result<()> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// What of this configuration `sample`, `site` or `check` would stumble over.
    pub fn mistakes(&self) -> Vec<anyhow::Error> {
        let zone = self.loaded.time_zone().err().map(Into::into);
        let rules = super::check::rules(self).err();
        let host =
            self.host(&Root::real()).and_then(|host| Ok(Layout::new(&self.config().data, host)?)).err();
        let site = &self.config().site;
        let paths = [("site.templates", &site.templates), ("site.style", &site.style)];
        let missing = paths.into_iter().filter_map(|(key, path)| {
            let path = path.as_ref().filter(|path| !path.exists())?;
            Some(output::failure(
                format!("{key}: there is no {}", path.display()),
                "correct the path in the configuration, or take the key out",
            ))
        });
        [zone, rules, host].into_iter().flatten().chain(missing).collect()
    }

    /// Why a host of that name cannot be looked at, with those that can.
    pub(super) fn no_host(data: &Path, name: &str) -> anyhow::Error {
        let hint = match store::hosts(data).unwrap_or_default().as_slice() {
            [] => "`--data` names the folder of the logs".to_owned(),
            [host] => format!("there is {host}"),
            hosts => format!("there are {}", hosts.join(", ")),
        };
        output::failure(format!("there is no host {name} in {}", data.display()), hint)
    }

    /// What the user wants of a sample.
    pub fn options(&self) -> Options {
        let sample = &self.config().sample;
        Options {
            top: sample.top,
            command_lines: sample.command_lines,
            groups: sample.groups,
            slow_interval_seconds: sample.slow_interval_seconds,
        }
    }

    /// What the user wants of services.
    pub fn wishes(&self) -> Wishes {
        let services = &self.config().services;
        Wishes {
            also: services.also.clone(),
            ignore: services.ignore.clone(),
            ask_systemd: services.ask_systemd,
        }
    }

    /// The commands that `sample` runs.
    pub fn checks(&self) -> Vec<Check> {
        let checks = self.config().check.iter().map(|check| Check {
            name: check.name.clone(),
            command: check.command.clone(),
            interval_seconds: check.interval_seconds,
            timeout_seconds: check.timeout_seconds,
        });
        checks.collect()
    }

    /// What `sample` asks whether it answers.
    pub fn targets(&self) -> Vec<Target> {
        let question = |ask: &Ask| match ask.clone() {
            Ask::Tcp(place) => Question::Tcp { place },
            Ask::Http { address, status } => Question::Http { address, status },
            Ask::Icmp(host) => Question::Icmp { host },
            Ask::Dns { name, server } => {
                Question::Dns { name, server: server.as_deref().and_then(config::server_address) }
            }
        };
        let targets = self.config().target.iter().map(|target| Target {
            name: target.name.clone(),
            question: question(&target.ask),
            interval_seconds: target.interval_seconds,
            timeout_seconds: target.timeout_seconds,
        });
        targets.collect()
    }

    /// The machine that `install` and its kin act on.
    pub(super) fn machine(&self, args: &MachineArgs) -> Machine {
        Machine::new(args, self.environment.is_root, self.environment.home.clone())
    }

    /// The tree that `--root` names, or this machine.
    pub fn root(path: Option<&Path>) -> Root {
        path.map_or_else(Root::real, Root::recorded)
    }
}
