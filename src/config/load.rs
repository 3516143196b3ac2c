//! Finds and reads the configuration: a flag outranks the environment, that the file, that the default.
//!
//! Folders of an ordinary user lie under his home, whatever `XDG_*` says: cron does not know those variables, and
//! the runs that cron starts must find what the user's shell sees.

use super::error::ConfigError;
use super::{ChannelConfig, Config, Origin, channel, push, source};
use serde::Deserialize;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, Deserializer};

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--out`
    pub out: Option<PathBuf>,
    /// `--host`
    pub host: Option<String>,
    /// The file that `config` names need not be there.
    pub may_be_missing: bool,
}

/// What of the environment matters; no other module reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `CRONOGRAPH_CONFIG`
    pub config: Option<PathBuf>,
    /// `CRONOGRAPH_DATA`
    pub data: Option<PathBuf>,
    /// `CRONOGRAPH_OUT`
    pub out: Option<PathBuf>,
    /// `CRONOGRAPH_HOST`
    pub host: Option<String>,
    /// `HOME`
    pub home: Option<PathBuf>,
    /// `PATH`
    pub path: Option<OsString>,
    /// Whether the process may do everything.
    pub is_root: bool,
    /// `COLUMNS`: how wide what is printed may be.
    pub columns: Option<usize>,
    /// `NO_COLOR` is set, or `TERM` is `dumb`.
    pub plain: bool,
}

impl Environment {
    /// The environment of this process. An empty variable counts as none.
    pub fn of_process() -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            config: path("CRONOGRAPH_CONFIG"),
            data: path("CRONOGRAPH_DATA"),
            out: path("CRONOGRAPH_OUT"),
            host: path("CRONOGRAPH_HOST").map(|host| host.to_string_lossy().into_owned()),
            home: path("HOME"),
            path: std::env::var_os("PATH"),
            is_root: rustix::process::geteuid().is_root(),
            columns: path("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok()),
            plain: path("NO_COLOR").is_some() || path("TERM").is_some_and(|term| term.as_os_str() == "dumb"),
        }
    }

    /// The file that is read if nothing names another.
    pub fn default_file(&self) -> PathBuf {
        match self.own_home() {
            Some(home) => home.join(".config/cronograph/cronograph.toml"),
            None => PathBuf::from("/etc/cronograph.toml"),
        }
    }

    /// The folders of the logs and of the pages if nothing names others.
    pub fn default_folders(&self) -> (PathBuf, PathBuf) {
        match self.own_home() {
            Some(home) => {
                let base = home.join(".local/share/cronograph");
                (base.join("data"), base.join("site"))
            }
            None => (Config::default().data, Config::default().out),
        }
    }

    /// The home of an ordinary user.
    fn own_home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|_| !self.is_root)
    }
}

/// The effective configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Its values.
    pub config: Config,
    /// The file that was read, or would have been read if it were there.
    pub path: PathBuf,
    /// What the file says; `None`: there is none.
    pub text: Option<String>,
    /// What outranks the file: the key, and who set it.
    pub(super) overrides: Vec<(&'static str, Origin)>,
}

/// Loads the configuration.
///
/// The time zone is looked up by [`Loaded::time_zone`] only: a sample needs none, and must not fail for it.
///
/// # Errors
/// A file that was named and is not there, that cannot be read, or that is not a valid configuration.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, ConfigError> {
    let named = flags.config.clone().or_else(|| environment.config.clone());
    let must_exist = named.is_some() && !flags.may_be_missing;
    let path = named.unwrap_or_else(|| environment.default_file());
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => None,
        Err(source) => return Err(ConfigError::Read { path, source }),
    };
    let config = parse(text.as_deref().unwrap_or_default(), environment)
        .map_err(|error| ConfigError::invalid(&path, text.as_deref().unwrap_or_default(), &error))?;
    if let Some(fault) =
        channel::fault(&config).or_else(|| push::fault(&config)).or_else(|| source::fault(&config))
    {
        return Err(ConfigError::fault(&path, text.as_deref().unwrap_or_default(), fault));
    }
    let mut loaded = Loaded { config, path, text, overrides: Vec::new() };
    loaded.outrank(flags, environment);
    Ok(loaded)
}

/// The defaults, with what flags and environment say: for who has to go on without a file that has a mistake.
pub fn defaults(flags: &Flags, environment: &Environment) -> Loaded {
    let path = flags.config.clone().or_else(|| environment.config.clone());
    let (data, out) = environment.default_folders();
    let config = Config { data, out, ..Config::default() };
    let path = path.unwrap_or_else(|| environment.default_file());
    let mut loaded = Loaded { config, path, text: None, overrides: Vec::new() };
    loaded.outrank(flags, environment);
    loaded
}

/// Reads the text; folders that it does not name are the user's.
fn parse(text: &str, environment: &Environment) -> Result<Config, toml::de::Error> {
    let table = DeTable::parse(text)?;
    let (has_data, has_out) = (table.get_ref().contains_key("data"), table.get_ref().contains_key("out"));
    let mut config = Config::deserialize(Deserializer::from(table))?;
    let (data, out) = environment.default_folders();
    if !has_data {
        config.data = data;
    }
    if !has_out {
        config.out = out;
    }
    Ok(config)
}

impl Loaded {
    /// Puts flags over variables over what was read.
    fn outrank(&mut self, flags: &Flags, environment: &Environment) {
        let Self { config, overrides, .. } = self;
        let mut first = |key, flag: (&'static str, bool), variable: (&'static str, bool)| {
            if flag.1 {
                overrides.push((key, Origin::Flag(flag.0)));
            } else if variable.1 {
                overrides.push((key, Origin::Environment(variable.0)));
            }
        };
        first("data", ("--data", flags.data.is_some()), ("CRONOGRAPH_DATA", environment.data.is_some()));
        first("out", ("--out", flags.out.is_some()), ("CRONOGRAPH_OUT", environment.out.is_some()));
        first("host", ("--host", flags.host.is_some()), ("CRONOGRAPH_HOST", environment.host.is_some()));
        if let Some(data) = flags.data.clone().or_else(|| environment.data.clone()) {
            config.data = data;
        }
        if let Some(out) = flags.out.clone().or_else(|| environment.out.clone()) {
            config.out = out;
        }
        if let Some(host) = flags.host.clone().or_else(|| environment.host.clone()) {
            config.host = host;
        }
    }

    /// What makes the file unfit for the secrets that it holds: others may read it. Also where they are only a group of
    /// root's; who runs what with which group changes.
    ///
    /// # Errors
    /// [`ConfigError::Exposed`]; or the file cannot be looked at.
    pub fn keeps_secrets(&self) -> Result<(), ConfigError> {
        let holds = self.config.channel.iter().any(ChannelConfig::holds_secrets)
            || self.config.push.holds_secrets()
            || self.config.source.holds_secrets();
        if self.text.is_none() || !holds {
            return Ok(());
        }
        let path = self.path.clone();
        match fs_err::metadata(&path) {
            Ok(metadata) if metadata.mode() & 0o077 == 0 => Ok(()),
            Ok(metadata) => Err(ConfigError::Exposed { path, mode: metadata.mode() & 0o7777 }),
            Err(source) => Err(ConfigError::Read { path, source }),
        }
    }

    /// The zone of times on pages: the configured one, else the system's, else UTC.
    ///
    /// # Errors
    /// [`ConfigError::TimeZone`] for a zone that is not known.
    pub fn time_zone(&self) -> Result<jiff::tz::TimeZone, ConfigError> {
        let name = &self.config.time_zone;
        if name.is_empty() {
            return Ok(jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC));
        }
        jiff::tz::TimeZone::get(name).map_err(|_| ConfigError::TimeZone {
            name: name.clone(),
            origin: self.origin("time_zone").to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Environment {
        Environment { home: Some("/home/ada".into()), ..Environment::default() }
    }

    fn file(text: &str) -> (tempfile::TempDir, Flags) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cronograph.toml");
        fs_err::write(&path, text).unwrap();
        (folder, Flags { config: Some(path), ..Flags::default() })
    }

    #[test]
    fn root_and_users_have_folders_of_their_own() {
        let root = Environment { is_root: true, ..user() };
        assert_eq!(root.default_file(), Path::new("/etc/cronograph.toml"));
        assert_eq!(root.default_folders().0, Path::new("/var/lib/cronograph"));
        assert_eq!(user().default_file(), Path::new("/home/ada/.config/cronograph/cronograph.toml"));
        let (data, out) = user().default_folders();
        assert_eq!(data, Path::new("/home/ada/.local/share/cronograph/data"));
        assert_eq!(out, Path::new("/home/ada/.local/share/cronograph/site"));
    }

    #[test]
    fn a_flag_outranks_the_environment_that_the_file_that_the_default() {
        let (_folder, mut flags) = file("data = \"/file\"\nlang = \"zh\"\n");
        let mut environment = user();
        let loaded = load(&flags, &environment).unwrap();
        assert_eq!(loaded.config.data, Path::new("/file"));
        assert_eq!(loaded.config.out, Path::new("/home/ada/.local/share/cronograph/site"));
        environment.data = Some("/environment".into());
        assert_eq!(load(&flags, &environment).unwrap().config.data, Path::new("/environment"));
        flags.data = Some("flag".into());
        let loaded = load(&flags, &environment).unwrap();
        assert_eq!(loaded.config.data, Path::new("flag"));
        assert_eq!(loaded.origin("data"), Origin::Flag("--data"));
        assert_eq!(loaded.origin("lang").to_string(), format!("{}:2", loaded.path.display()));
        assert_eq!(loaded.origin("out"), Origin::Default);
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let flags = Flags { config: Some("/nowhere/c.toml".into()), ..Flags::default() };
        let error = load(&flags, &user()).unwrap_err();
        assert!(error.to_string().contains("/nowhere/c.toml`: No such file"), "{error}");
        assert!(error.hint().is_some());
        let empty = Environment { home: Some("/nowhere".into()), ..Environment::default() };
        assert_eq!(load(&Flags::default(), &empty).unwrap().text, None);
    }

    #[test]
    fn secrets_in_a_file_that_others_may_read_are_an_error() {
        use std::os::unix::fs::PermissionsExt;
        let loaded = |text: &str, mode| {
            let (folder, flags) = file(text);
            let path = flags.config.clone().unwrap();
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
            (load(&flags, &user()).unwrap().keeps_secrets(), folder)
        };
        let secret = "[[channel]]\nname = \"n\"\nkind = \"ntfy\"\nurl = \"https://ntfy.sh/hush\"\n";
        let none = "[[channel]]\nname = \"m\"\nkind = \"mail\"\nto = [\"a@b\"]\n";
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let error = loaded(secret, mode).0.unwrap_err();
            assert!(error.to_string().contains(&format!("(mode {mode:04o})")), "{error}");
            assert!(error.hint().unwrap().starts_with("chmod 600 /"), "{error}");
        }
        assert!(loaded(secret, 0o600).0.is_ok() && loaded(secret, 0o400).0.is_ok());
        assert!(loaded(none, 0o644).0.is_ok());
    }

    #[test]
    fn a_zone_that_is_not_known_costs_no_sample_but_a_page() {
        let (_folder, flags) = file("time_zone = \"Mars/Olympus\"\n");
        let loaded = load(&flags, &user()).unwrap();
        let message = loaded.time_zone().unwrap_err().to_string();
        assert!(message.ends_with("cronograph.toml:1: there is no time zone `Mars/Olympus`"), "{message}");
        let (_folder, flags) = file("time_zone = \"Europe/Berlin\"\n");
        assert_eq!(load(&flags, &user()).unwrap().time_zone().unwrap().iana_name(), Some("Europe/Berlin"));
    }
}
