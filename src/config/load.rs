//! Finds and reads the configuration: a flag outranks the environment, that the file, that the default.

use super::Config;
use std::path::{Path, PathBuf};

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
    /// Whether the process may do everything.
    pub is_root: bool,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            config: path("CRONOGRAPH_CONFIG"),
            data: path("CRONOGRAPH_DATA"),
            out: path("CRONOGRAPH_OUT"),
            host: path("CRONOGRAPH_HOST").and_then(|host| host.into_os_string().into_string().ok()),
            home: path("HOME"),
            is_root: rustix::process::geteuid().is_root(),
        }
    }
}

/// The effective configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Its values.
    pub config: Config,
    /// The file that they were read from, if there is one.
    pub file: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration")]
    Read(#[from] std::io::Error),
    /// The file is not what it should be.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
}

/// Loads the configuration.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, ConfigError> {
    let named = flags.config.clone().or_else(|| environment.config.clone());
    let file = named.or_else(|| Some(PathBuf::from("/etc/cronograph.toml")).filter(|path| path.exists()));
    let mut config = match &file {
        Some(path) => read(path)?,
        None => Config::default(),
    };
    let first =
        |flag: &Option<PathBuf>, variable: &Option<PathBuf>| flag.clone().or_else(|| variable.clone());
    if let Some(data) = first(&flags.data, &environment.data) {
        config.data = data;
    }
    if let Some(out) = first(&flags.out, &environment.out) {
        config.out = out;
    }
    if let Some(host) = flags.host.clone().or_else(|| environment.host.clone()) {
        config.host = host;
    }
    Ok(Loaded { config, file })
}

fn read(path: &Path) -> Result<Config, ConfigError> {
    let text = fs_err::read_to_string(path)?;
    toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}
