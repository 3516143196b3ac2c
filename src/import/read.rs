//! Which of the formats a file has shows by its first bytes, not by its name. Binary ones go through the program that made them.

use super::error::ImportError;
use super::map::Mapping;
use super::munin::{self, Totals};
use super::program::{RRDTOOL, SADF};
use super::reading::{Found, Number, Unmapped, Value};
use super::rrd::Database;
use super::sysstat;
use crate::sample::metric::Kind;
use serde_json::Value as Json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name that means standard input.
pub const STANDARD_INPUT: &str = "-";
/// How a binary file of sysstat begins, in both orders of bytes, and a round robin database.
const SYSSTAT_MAGIC: [[u8; 2]; 2] = [[0x96, 0xd5], [0xd5, 0x96]];
const RRD_MAGIC: &[u8] = b"RRD\0";
/// What compressed files begin with: gzip, xz, bzip2, zstd.
const COMPRESSED: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "gunzip -k"),
    (b"\xfd7zXZ", "unxz -k"),
    (b"BZh", "bunzip2 -k"),
    (b"\x28\xb5\x2f\xfd", "unzstd"),
];
/// A decimal comma or a missing one: versions before 12 print numbers as the locale has them, and forget commas.
const SADF_AGAIN: &str =
    "make it again with `LC_ALL=C sadf -j FILE -- -A -p`, or with the sadf of a newer sysstat";
const FORMS: &str = "name files of sysstat (/var/log/sysstat/sa*), of RRDtool or Munin (*.rrd), or what \
                     `sadf -j FILE -- -A`, `rrdtool dump FILE` or `rrdtool xport --json` print";

/// Reads all files, each source and host by itself; [`STANDARD_INPUT`] is one, too. `done` is told how many are read.
///
/// # Errors
/// [`ImportError`] for the first input that cannot be read or understood.
pub fn read(inputs: &[PathBuf], maps: &[Mapping], done: &dyn Fn(usize)) -> Result<Vec<Found>, ImportError> {
    let mut all: Vec<Found> = Vec::new();
    let mut totals = Vec::<(Option<String>, Totals)>::new();
    for (count, input) in inputs.iter().enumerate() {
        for (found, of_file) in of_input(input, maps)? {
            if let Some(more) = of_file {
                join(&mut totals, &found.name, more);
            }
            let same = |known: &&mut Found| known.source == found.source && known.name == found.name;
            match all.iter_mut().find(same) {
                Some(known) => known.merge(found),
                None => all.push(found),
            }
        }
        done(count + 1);
    }
    join_nameless(&mut all);
    for found in &mut all {
        if let Some((_, totals)) =
            totals.iter().find(|(name, _)| *name == found.name && found.source == "rrd")
        {
            finish(found, totals.clone());
        }
    }
    Ok(all)
}

/// Adds files of which nothing is known to those of the only host that others name: they lay in its folder.
fn join_nameless(all: &mut Vec<Found>) {
    let is_nameless = |found: &Found| found.source == "rrd" && found.name.is_none() && found.points() == 0;
    let is_host = |found: &Found| found.source == "rrd" && found.name.is_some();
    let is_only_host = all.iter().filter(|found| is_host(found)).count() == 1;
    let Some(at) = all.iter().position(is_nameless).filter(|_| is_only_host) else { return };
    let nameless = all.remove(at);
    if let Some(host) = all.iter_mut().find(|found| is_host(found)) {
        host.merge(nameless);
    }
}

fn join(totals: &mut Vec<(Option<String>, Totals)>, name: &Option<String>, more: Vec<(String, i64, Value)>) {
    let at = totals.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        totals.push((name.clone(), Totals::default()));
        totals.len() - 1
    });
    for (field, t, value) in more {
        totals[at].1.add(&field, t, value);
    }
}

/// What takes several of Munin's files: the total of memory, and user time without that of guests.
fn finish(found: &mut Found, totals: Totals) {
    let user_times = totals.user_times();
    if let Some(total) = Number::named("meminfo.MemTotal", "") {
        totals.whole().for_each(|(t, value)| found.put(t, total.clone(), value));
    }
    let Some(user) = Number::named("stat.user", "") else { return };
    for (t, told, without_guests) in user_times {
        let value = found.points.get_mut(&t).and_then(|numbers| numbers.get_mut(&user));
        if let Some(value) = value.filter(|value| value.value == told) {
            value.value = without_guests;
        }
    }
}

/// What a file tells; with it what Munin's total of memory is made of.
type OfFile = Vec<(Found, Option<Vec<(String, i64, Value)>>)>;

fn of_input(input: &Path, maps: &[Mapping]) -> Result<OfFile, ImportError> {
    let shown = input.display().to_string();
    let bytes = bytes_of(input)?;
    let is_file = input.as_os_str() != STANDARD_INPUT;
    if let Some((_, command)) = COMPRESSED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        let hint = format!("`{command} {shown}` first");
        return Err(ImportError::format(&shown, "it is compressed", hint));
    }
    if SYSSTAT_MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        needs_file(is_file, &shown)?;
        return of_json(&shown, &SADF.output(input)?, input, maps);
    }
    if bytes.starts_with(RRD_MAGIC) {
        needs_file(is_file, &shown)?;
        return of_xml(&shown, &RRDTOOL.output(input)?, input, maps);
    }
    match bytes.trim_ascii_start().first() {
        Some(b'{') => of_json(&shown, &bytes, input, maps),
        Some(b'<') => of_xml(&shown, &bytes, input, maps),
        None => Err(ImportError::format(&shown, "it is empty", FORMS)),
        Some(_) => Err(ImportError::format(&shown, "it is of no known format", FORMS)),
    }
}

fn needs_file(is_file: bool, shown: &str) -> Result<(), ImportError> {
    if is_file {
        return Ok(());
    }
    Err(ImportError::format(shown, "a binary file cannot be read from standard input", "name the file"))
}

/// The whole input; of a binary file the beginning is enough.
fn bytes_of(input: &Path) -> Result<Vec<u8>, ImportError> {
    let failed = |source| ImportError::Read { path: input.display().to_string(), source };
    let mut bytes = Vec::new();
    if input.as_os_str() == STANDARD_INPUT {
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    } else {
        fs_err::File::open(input).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed)?;
    }
    Ok(bytes)
}

fn of_json(shown: &str, bytes: &[u8], input: &Path, maps: &[Mapping]) -> Result<OfFile, ImportError> {
    let plain = serde_json::from_slice(bytes);
    let parsed = plain.or_else(|error| serde_json::from_slice(&without_nan(bytes)).map_err(|_| error));
    let document: Json = parsed.map_err(|error| {
        let hint =
            if is_by_sadf(bytes) { SADF_AGAIN } else { "make it again; xport needs RRDtool 1.5 or newer" };
        ImportError::format(shown, format!("it is no whole JSON: {error}"), hint)
    })?;
    if sysstat::is(&document) {
        return Ok(sysstat::read(shown, &document)?.into_iter().map(|found| (found, None)).collect());
    }
    let database = Database::of_json(&document)
        .ok_or_else(|| ImportError::format(shown, "it is neither sysstat's JSON nor RRDtool's", FORMS))?;
    of_database(shown, &database, input, maps)
}

/// Returns true where a document begins as sysstat's.
fn is_by_sadf(bytes: &[u8]) -> bool {
    let start = bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).take(11);
    start.copied().eq(*b"{\"sysstat\":")
}

/// Replaces numbers that are none (`nan`, `-inf`), which old programs print and JSON has not, by `null`.
fn without_nan(bytes: &[u8]) -> Vec<u8> {
    let is_wordy = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
    let mut plain = Vec::with_capacity(bytes.len());
    let (mut rest, mut in_string) = (bytes, false);
    while let Some(first) = rest.first() {
        let length = match first {
            b'\\' if in_string => 2.min(rest.len()),
            byte if !in_string && is_wordy(byte) => rest.iter().take_while(|byte| is_wordy(byte)).count(),
            _ => 1,
        };
        let (word, after) = rest.split_at(length);
        in_string ^= *first == b'"';
        let lower = word.to_ascii_lowercase();
        let name = lower.strip_prefix(b"-").unwrap_or(&lower);
        let is_none = matches!(name, b"nan" | b"inf" | b"infinity");
        plain.extend_from_slice(if is_none && !in_string { b"null" } else { word });
        rest = after;
    }
    plain
}

fn of_xml(shown: &str, bytes: &[u8], input: &Path, maps: &[Mapping]) -> Result<OfFile, ImportError> {
    let database = Database::of_xml(bytes)
        .map_err(|what| ImportError::format(shown, format!("it is not RRDtool's XML: {what}"), FORMS))?;
    of_database(shown, &database, input, maps)
}

/// The series of a database, by what a mapping or the file's name says of each.
fn of_database(
    shown: &str,
    database: &Database,
    input: &Path,
    maps: &[Mapping],
) -> Result<OfFile, ImportError> {
    let mut found = Found { source: "rrd", files: 1, ..Found::default() };
    let stem = (input.as_os_str() != STANDARD_INPUT).then(|| stem(input));
    let by_name = stem.as_deref().and_then(munin::of);
    // Of several sources the file's name says of none which it is.
    let alone = stem.clone().filter(|_| database.sources.len() == 1);
    let mut parts = Vec::new();
    for (at, source) in database.sources.iter().enumerate() {
        let own = stem.as_ref().map(|stem| format!("{stem}:{}", source.name));
        let names = [own.as_ref(), alone.as_ref(), Some(&source.name)];
        let mapping = maps.iter().find(|map| names.contains(&Some(&map.name)));
        let (number, munin_name) = match (mapping, &by_name) {
            (Some(map), _) => (Some((map.number.clone(), map.factor)), None),
            (None, Some(named)) => (named.number.clone(), Some(named.name.clone())),
            (None, None) => {
                let about = format!("{} each {} s", source.kind, database.step()).trim().to_owned();
                let file = alone.clone().filter(|_| !source.kind.is_empty());
                let name = file.unwrap_or_else(|| source.name.clone());
                found.unmapped.push(Unmapped { name, about });
                continue;
            }
        };
        let averages = database.averages(at);
        for average in &averages {
            let value = Value { value: average.value, seconds: average.seconds };
            if let Some(name) = munin_name.clone().filter(|name| Totals::needs(name)) {
                parts.push((name, average.t, value));
            }
            if let Some((number, factor)) = &number {
                found.put(average.t, number.clone(), Value { value: average.value * factor, ..value });
            }
        }
        match (number, munin_name) {
            (Some((number, _)), _) => kinds_fit(shown, &number, &source.kind)?,
            // In the sum of MemTotal.
            (None, Some(name)) if name == "memory.apps" => {}
            (None, name) => found.leave_out(&name.unwrap_or_default(), averages.len() as u64),
        }
    }
    found.name = by_name.map(|named| named.host);
    Ok(vec![(found, Some(parts))])
}

/// A rate is no level: a source that counts must be a total of the log.
fn kinds_fit(shown: &str, number: &Number, kind: &str) -> Result<(), ImportError> {
    let is_rate = matches!(kind, "COUNTER" | "DERIVE" | "ABSOLUTE" | "DCOUNTER" | "DDERIVE");
    if is_rate && number.metric.kind == Kind::Gauge {
        let what = format!("its source is a {kind}, a rate, and {} is a level", number.metric.id());
        return Err(ImportError::format(shown, what, "map it to a total; docs/metrics.md says which are"));
    }
    Ok(())
}

/// The file's name without its end.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    [".rrd", ".xml", ".json"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned()
}
