//! Services: whether each runs, since when, how often it was restarted, what memory it takes; from what its manager leaves in
//! files, never by running a script of it. systemd: the links of `/run/systemd/units` (since 238), and what `systemctl show`
//! said once after the sample before. SysV: pid files and processes. OpenRC: `/run/openrc`. runit: `supervise/`. Containers:
//! control groups.
//!
//! A line has all services on the slow beat (then `manager` is there), and in between those that changed since they were last
//! written. With systemd a quiet sample costs two `stat` calls.

mod calls;
mod containers;
mod kept;
mod openrc;
mod process;
mod runit;
mod script;
mod systemctl;
mod systemd;
mod sysv;
mod unit;
mod wishes;

pub(crate) use containers::name_of as container_of;
pub use kept::Memory;
pub(crate) use systemctl::question;
pub(crate) use systemd::is_lasting;
pub use wishes::Wishes;

use super::metric::record;
use super::{Collector, Context, SampleError};
use kept::Kept;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More services than this are not followed.
const MOST_SERVICES: usize = 200;

/// All services, or those that changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Services {
    /// Who looks after them: `systemd`, `sysv`, `openrc`, `runit`, `containers` where there is no other. Where it is named
    /// the list is whole; else it holds what changed since the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// By name.
    pub units: BTreeMap<String, Service>,
}

record! {
    /// One service.
    pub struct Service in "service" {
        /// 1 where it runs as it should, 0 where it does not; absent where that is no question: its work is done.
        up "up" u64 Gauge Count;
        /// 1 where its manager says that it failed, or its process died.
        failed "failed" u64 Gauge Count;
        /// How often its manager restarted it: a level, since most lines leave it out, and a start by hand makes it 0.
        restarts "restarts" u64 Gauge Count;
        /// Memory of its control group, else of its processes; in whole lists.
        memory "memory" u64 Gauge Memory;
        also {
            /// `running`, `exited` (its work is done), `starting`, `restarting`, `stopping`, `stopped`, `failed`, `crashed`.
            #[serde(default)]
            state: String,
            /// Since when it is so, unix time.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            since: Option<i64>,
            /// Its main process.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pid: Option<u32>,
        }
    }
}

impl Service {
    /// One that runs.
    pub(crate) fn running(since: Option<i64>, pid: Option<u32>) -> Self {
        Self { pid, since, up: Some(1), ..Self::of("running") }
    }

    /// In that state, of which nothing else is known.
    pub(crate) fn of(state: &str) -> Self {
        Self { state: state.to_owned(), ..Self::default() }
    }

    /// One that should run and does not.
    pub(crate) fn down(state: &str, has_failed: bool) -> Self {
        Self { up: Some(0), failed: Some(u64::from(has_failed)), ..Self::of(state) }
    }

    /// Whether there is anything to say of it: not where it rests until it is called.
    fn tells(&self) -> bool {
        self.state != "stopped" || self.up.is_some() || self.failed == Some(1)
    }

    /// Whether the log has to be told.
    fn differs(&self, other: &Self) -> bool {
        let of = |service: &Self| (service.up, service.failed, service.restarts, service.since, service.pid);
        self.state != other.state || of(self) != of(other)
    }

    /// Fills what a line between whole lists leaves out, from the line before.
    pub(crate) fn fill(&mut self, older: &Self) {
        self.restarts = self.restarts.or(older.restarts);
        if self.up == Some(1) {
            self.memory = self.memory.or(older.memory);
        }
    }
}

/// Every service of one sample.
pub(crate) type View = BTreeMap<String, Service>;

/// Who looks after services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Systemd,
    OpenRc,
    Runit,
    SysV,
    None,
}

impl Manager {
    fn of(context: &Context<'_>) -> Self {
        if context.exists("run/systemd/system") {
            Self::Systemd
        } else if context.exists("run/openrc/softlevel") {
            Self::OpenRc
        } else if runit::folder(context).is_some() {
            Self::Runit
        } else if context.exists("etc/init.d") || context.exists("etc/rc.d/init.d") {
            Self::SysV
        } else {
            Self::None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::OpenRc => "openrc",
            Self::Runit => "runit",
            Self::SysV => "sysv",
            Self::None => "containers",
        }
    }

    /// Finds what should run, on the slow beat.
    fn find(self, context: &mut Context<'_>, kept: &mut Kept) {
        let wishes = context.previous.services.wishes.clone();
        kept.wanted = match self {
            Self::Systemd => systemd::wanted(context, &wishes),
            Self::OpenRc => openrc::wanted(context, &wishes),
            Self::SysV => sysv::wanted(context, &wishes, &kept.wanted),
            Self::Runit | Self::None => BTreeMap::new(),
        };
        // A name that nothing answers to is missed.
        for name in wishes.named().filter(|name| self != Self::Systemd || name.contains(' ')) {
            kept.wanted.entry(name.to_owned()).or_default();
        }
    }

    fn view(self, context: &mut Context<'_>, kept: &Kept) -> View {
        match self {
            Self::Systemd => systemd::view(context, kept),
            Self::OpenRc => openrc::view(context, kept),
            Self::Runit => runit::view(context),
            Self::SysV => sysv::view(context, kept),
            Self::None => View::new(),
        }
    }
}

impl Collector for Services {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let manager = Manager::of(context);
        // Only systemd tells by one folder's time that something changed; of the others each process is looked at.
        let stamp = (manager == Manager::Systemd).then(|| systemd::stamp(context)).flatten();
        let changed = stamp.is_none_or(|stamp| stamp != context.previous.service_stamp);
        context.next.service_stamp = stamp.unwrap_or(0);
        let blind = stamp.is_none() && matches!(manager, Manager::Systemd | Manager::None);
        if !context.slow && !context.previous.service_asked && (!changed || blind) {
            return Ok(None);
        }
        let before = context.previous.services.load();
        let mut kept = before.clone();
        if kept.boot != context.next.boot {
            // A daemon that ran before the boot and does not come up is missed.
            let wanted = if manager == Manager::SysV { kept.wanted } else { BTreeMap::new() };
            kept = Kept { boot: context.next.boot.clone(), wanted, ..Kept::default() };
        }
        if context.slow {
            manager.find(context, &mut kept);
        }
        let mut view = manager.view(context, &kept);
        process::settle(&mut view, &kept.written);
        containers::add(context, &kept, &mut view);
        let wishes = &context.previous.services.wishes;
        miss(&kept, wishes, &mut view);
        view.retain(|name, service| !wishes.ignores(name) && (service.tells() || wishes.watches(name)));
        while view.len() > MOST_SERVICES {
            view.pop_last();
        }
        if manager == Manager::Systemd {
            context.next.service_asked = systemctl::is_wanted(context, &kept, changed, &view);
            if let Some(trouble) = &kept.trouble {
                context.remarks.insert("service".to_owned(), trouble.clone());
            }
        }
        let part = line(context.slow, manager, &kept, &view);
        kept.written.clone_from(&view);
        let is_new = kept != before;
        context.next.services = context.previous.services.after(kept, view, is_new);
        Ok(part)
    }
}

/// What the user watches by name and is nowhere.
fn miss(kept: &Kept, wishes: &Wishes, view: &mut View) {
    for name in wishes.named().filter(|name| kept.wanted.contains_key(*name)) {
        view.entry(name.to_owned()).or_insert_with(|| Service::down("stopped", false));
    }
}

/// What the line says: all, or what differs from what was written last.
fn line(slow: bool, manager: Manager, kept: &Kept, view: &View) -> Option<Services> {
    let mut units = view.clone();
    if !slow {
        units.retain(|name, service| kept.written.get(name).is_none_or(|written| service.differs(written)));
    }
    // What is not followed any more rests or is gone: that is said once.
    let gone = kept.written.keys().filter(|name| !view.contains_key(*name));
    units.extend(gone.map(|name| (name.clone(), Service { failed: Some(0), ..Service::of("stopped") })));
    if units.is_empty() && (!slow || manager == Manager::None) {
        return None;
    }
    Some(Services { manager: slow.then(|| manager.name().to_owned()), units })
}
