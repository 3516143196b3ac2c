//! What `/sys/kernel/slab` knows of slab caches (SLUB, root): which the kernel can shrink, and under which other names one that
//! was merged is used. A file and a link for each of some 400 caches: read once, remembered by the slow beat.

use super::Context;
use super::parse;
use rustix::fs::FileType;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const FOLDER: &str = "sys/kernel/slab";
/// How many other names of a cache are kept.
const MOST_ALIASES: usize = 3;
const DAY_SECONDS: i64 = 86_400;

/// Completes what the beat before knew of these caches.
pub(crate) fn look_up<'a>(context: &mut Context<'_>, names: impl Iterator<Item = &'a [u8]>) {
    let names: Vec<String> = names.map(parse::text).collect();
    let mut reclaimable = std::mem::take(&mut context.beat.reclaimable);
    for name in &names {
        if context.beat.slab.knows(name) {
            continue;
        }
        // A cache that is new under a name of before is asked anew.
        reclaimable.retain(|known| known != name);
        if context.read_number(&format!("{FOLDER}/{name}/reclaim_account")) == Some(1) {
            reclaimable.push(name.clone());
        }
    }
    context.next.beat.reclaimable = reclaimable;
    let today = context.now.div_euclid(DAY_SECONDS);
    let aliases = if context.beat.aliases_day == today {
        std::mem::take(&mut context.beat.aliases)
    } else {
        aliases(context, &names)
    };
    (context.next.beat.aliases_day, context.next.beat.aliases) = (today, aliases);
}

/// Caches of the same size share one: each name is a link to a folder such as `:0000192`.
fn aliases(context: &Context<'_>, names: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut by_target: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    context.each_name(FOLDER, |name, kind| {
        if let (FileType::Symlink, Ok(name)) = (kind, std::str::from_utf8(name)) {
            if let Some(target) = context.link(&format!("{FOLDER}/{name}")) {
                by_target.entry(target).or_default().push(name.to_owned());
            }
        }
        ControlFlow::Continue(())
    });
    let mut aliases = BTreeMap::new();
    for mut merged in by_target.into_values().filter(|merged| merged.len() > 1) {
        // The one that slabinfo lists is the first that was made.
        let Some(at) = merged.iter().position(|name| names.contains(name)) else { continue };
        let listed = merged.swap_remove(at);
        merged.sort();
        merged.truncate(MOST_ALIASES);
        aliases.insert(listed, merged);
    }
    aliases
}
