//! Unreclaimable slab, judged by more than its pages: as root by the objects in each cache, and by large kmalloc, which is
//! in no cache. A leak is seen that still finds room in half-full slabs, or that lies in a quiet cache beside noisy ones.

use super::estimate::{Answer, LARGE, Rule, hundredths, judge};
use super::reading::{IN_USE, LARGE_KMALLOC, SLAB_BYTES, SLAB_OBJECTS, Thing};
use super::session::Observed;
use super::verdict::{Grown, Slab};
use crate::analysis::part::Part;
use crate::base::statistics::Estimate;

/// A cache is named if it grows by this share of what its part does.
const LEAST_SHARE: f64 = 0.1;
/// So many caches are named.
const MOST_SLABS: usize = 3;
/// Reclaimable slab has bookkeeping that is not, a pointer for each object, in powers of 2: a twentieth of dentries and
/// inodes, and of the smallest objects up to an eighth.
const USUAL_BOOKKEEPING: f64 = 0.0625;
const MOST_BOOKKEEPING: f64 = 0.125;
/// Where the objects in slabs cannot be seen, so many runs are made before all is clean.
const LEAST_UNSEEN: usize = 48;

/// Unreclaimable slab: by its pages, and as root by the objects in each cache and by large kmalloc. Bookkeeping of
/// reclaimable slab that came meanwhile is not counted; where dropping the caches will tell, that is better.
pub(super) fn judge_slab(seen: &Observed, pages: Answer) -> Answer {
    let rule = Rule::at_least(seen.limits.least);
    let leaking = leaking_caches(seen);
    let caches = judge(&seen.turns, &sum_of_things(seen, &leaking), &rule);
    if let (false, Answer::Leaks(of_caches)) = (leaking.is_empty(), caches) {
        // Caches are more exact than pages; but what is noisy may leak besides.
        let more = |of_pages: Estimate| of_pages.low > of_caches.high;
        return if matches!(pages, Answer::Leaks(of_pages) if more(of_pages)) { pages } else { caches };
    }
    if matches!(pages, Answer::Leaks(_)) {
        return if seen.dropped.is_some() { pages } else { beside_caches(seen, pages, &rule) };
    }
    let all: Vec<usize> = in_use(seen).collect();
    if all.is_empty() {
        // Half-full slabs can hide a small leak for a while.
        let is_seen = seen.runs() >= LEAST_UNSEEN || seen.limits.least >= LARGE;
        return if is_seen { pages } else { Answer::Open(pages.estimate()) };
    }
    let objects = without_bookkeeping(seen, sum_of_things(seen, &all), USUAL_BOOKKEEPING);
    match judge(&seen.turns, &objects, &rule) {
        Answer::Clean(objects) if matches!(pages, Answer::Clean(_)) => Answer::Clean(objects),
        objects => Answer::Open(pages.estimate().or(objects.estimate())),
    }
}

/// Pages that leak, maybe since reclaimable slab grew: they do if they grow by more than its books can take, do not if by no
/// more than these usually take, and in between it cannot be told.
fn beside_caches(seen: &Observed, pages: Answer, rule: &Rule) -> Answer {
    let without = |share| {
        let levels = seen.levels(|reading| reading.part(Part::SlabUnreclaimable));
        judge(&seen.turns, &without_bookkeeping(seen, levels, share), rule)
    };
    match (without(MOST_BOOKKEEPING), without(USUAL_BOOKKEEPING)) {
        (Answer::Leaks(_), _) => pages,
        (_, clean @ Answer::Clean(_)) => clean,
        _ => Answer::Open(pages.estimate()),
    }
}

/// The numbers of caches whose objects leak, and of large kmalloc.
pub(super) fn leaking_caches(seen: &Observed) -> Vec<usize> {
    let leaks = |number: &usize| {
        let levels = seen.levels_of(*number);
        // Most of some two hundred caches stand still.
        if levels.last() <= levels.first() {
            return false;
        }
        let keeps_books =
            seen.catalogue.all().any(|(thing, known)| known == *number && keeps_books(&thing.instance));
        let levels = if keeps_books { without_bookkeeping(seen, levels, MOST_BOOKKEEPING) } else { levels };
        matches!(judge(&seen.turns, &levels, &Rule::one_of_many()), Answer::Leaks(_))
    };
    in_use(seen).filter(leaks).collect()
}

/// Caches from which the kernel takes what it notes of each object of another slab: small plain ones for its group
/// (`obj_exts`), and those of security modules.
fn keeps_books(cache: &str) -> bool {
    const SMALL: [&str; 10] = ["8", "16", "32", "64", "96", "128", "192", "256", "512", "1k"];
    let is_small = cache.strip_prefix("kmalloc-").is_some_and(|size| SMALL.contains(&size) || size == "1024");
    is_small || ["lsm_", "selinux_", "apparmor_"].iter().any(|module| cache.starts_with(module))
}

/// What of unreclaimable slab is in use: the objects of each cache; large kmalloc.
fn in_use(seen: &Observed) -> impl Iterator<Item = usize> {
    let is = |thing: &Thing| matches!(thing.metric, IN_USE | LARGE_KMALLOC);
    // Without the caches it is not known what of the rest is large kmalloc.
    let is_known = seen.catalogue.all().any(|(thing, _)| thing.metric == IN_USE);
    seen.catalogue.all().filter(move |(thing, _)| is_known && is(thing)).map(|(_, number)| number)
}

/// The levels of several things together.
pub(super) fn sum_of_things(seen: &Observed, numbers: &[usize]) -> Vec<f64> {
    seen.levels(|reading| numbers.iter().filter_map(|number| reading.thing(*number)).sum())
}

/// Levels without what reclaimable slab that came meanwhile needs of unreclaimable.
fn without_bookkeeping(seen: &Observed, levels: Vec<f64>, share: f64) -> Vec<f64> {
    let first = seen.readings.first().map_or(0.0, |reading| reading.part(Part::SlabReclaimable));
    let grown = seen.levels(|reading| (reading.part(Part::SlabReclaimable) - first).max(0.0));
    levels
        .iter()
        .zip(grown)
        .map(|(level, grown)| level - share * if grown.is_finite() { grown } else { 0.0 })
        .collect()
}

/// The slab caches, and large kmalloc, that grow with the leaking parts.
pub(super) fn growing_caches(seen: &Observed, leaking: &[Grown]) -> Vec<Slab> {
    let of = |wanted: Part| leaking.iter().find(|grown| grown.part == wanted).map(|grown| grown.bytes);
    let Some(least) =
        of(Part::SlabUnreclaimable).or(of(Part::SlabReclaimable)).map(|bytes| bytes * LEAST_SHARE)
    else {
        return Vec::new();
    };
    let per_run = |number| judge(&seen.turns, &seen.levels_of(number), &Rule::memory()).estimate();
    let mut found: Vec<Slab> = Vec::new();
    for (thing, number) in seen.catalogue.all() {
        if !matches!(thing.metric, SLAB_BYTES | LARGE_KMALLOC) {
            continue;
        }
        let Some(grown) = per_run(number).filter(|grown| grown.center >= least && grown.low > 0.0) else {
            continue;
        };
        let objects = seen.number_of(SLAB_OBJECTS, &thing.instance).filter(|_| thing.metric == SLAB_BYTES);
        let objects = objects.and_then(per_run).map(|objects| hundredths(objects.center));
        let bytes = grown.center.round();
        found.push(Slab { name: thing.instance.clone(), bytes, objects });
    }
    found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
    found.truncate(MOST_SLABS);
    found
}
