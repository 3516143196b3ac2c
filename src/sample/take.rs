//! One sample from beginning to end: which boot, whose turn, every collector, the host's facts, the state.

use super::context::Context;
use super::host::{self, Host};
use super::{FORMAT_VERSION, Options, Root, Sample, State, parse};
use crate::base::clock::Stopwatch;

/// Takes one sample of the tree at `root`. Never fails: what cannot be read is named in the sample's `errors`.
/// The state is for the next call; a default one is good for a first sample.
pub fn take(root: &Root, options: &Options, previous: &State, now: i64) -> (Sample, State) {
    let watch = Stopwatch::start();
    let mut sample = Sample { v: FORMAT_VERSION, t: now, ..Sample::default() };
    let mut context = match Context::open(root, options, previous, now) {
        Ok(context) => context,
        Err(error) => {
            sample.errors.insert("root".to_owned(), error.to_string());
            return (sample, State::default());
        }
    };
    begin(&mut context, &mut sample);
    let slow = sample.collect(&mut context);
    context.note_together(watch.seconds());
    sample.errors.append(&mut context.remarks);
    let cores = sample.stat.as_ref().map(|stat| stat.cores.iter().filter(|core| core.0 != [0.0; 8]).count());
    sample.host = Host::when_due(&mut context, cores.and_then(|cores| u32::try_from(cores).ok()));
    sample.reboot_required = context.exists("run/reboot-required");
    if let Some(cost) = &mut sample.own_cost {
        cost.slow = slow;
        cost.wall = Some(watch.seconds());
    }
    (sample, context.next)
}

fn begin(context: &mut Context<'_>, sample: &mut Sample) {
    let boot = context.read_text("proc/sys/kernel/random/boot_id");
    // The first eight digits are enough to tell boots apart.
    sample.boot = boot.map(|id| id.chars().take(8).collect());
    let uptime = context.read_at_once("proc/uptime").ok().flatten();
    sample.uptime = uptime.and_then(|bytes| parse::fields(bytes).next()).and_then(parse::fraction);
    context.begin(sample.boot.clone(), sample.uptime);
    if context.slow {
        context.next.made_up_meminfo = host::has_made_up_meminfo(context);
    }
}
