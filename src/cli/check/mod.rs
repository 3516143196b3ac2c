//! `cronograph check`: looks at the rules on all hosts of the data folder, and sends what is news over the channels. Cron
//! runs it each minute. Says nothing where nothing failed; on a terminal it lists what holds.

mod dry;
mod look;
mod page;
mod unsaved;

use super::args::CheckArgs;
use super::{Context, FOUND, output, source};
use crate::alert::{Mutes, Rules};
use crate::analysis::Level;
use crate::base::clock::Stopwatch;
use crate::base::files;
use crate::base::format;
use crate::base::hint::Typed;
use crate::base::words::Lang;
use crate::config::Span;
use crate::notify::{self, Batch, Channel, Composer, Mark, Outbox, Spool, Told};
use crate::sample::Root;
use crate::store::{self, CHECK_FOLDER, Layout};
use dry::Rehearsal;
use jiff::tz::TimeZone;
use look::{Seen, Watch};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Another run is given so long to end.
const PATIENCE_SECONDS: f64 = 50.0;
/// A run that holds the lock for longer than this hangs: two of the intervals at which cron starts it.
const HUNG_SECONDS: f64 = 120.0;
/// How long the sample of this minute is waited for: what is read takes milliseconds, a busy machine starts late.
const SAMPLE_SECONDS: f64 = 15.0;

/// Runs the command.
pub(super) fn run(args: &CheckArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let channels = Channel::all(&context.loaded)?;
    if let Some(name) = &args.test {
        return test(name, &channels, context);
    }
    let rules = rules(context)?;
    if args.wait {
        await_sample(context);
    }
    let evaluation = Evaluation {
        args,
        context,
        rules,
        channels,
        mutes: Mutes::load(&context.config().data),
        zone: context.loaded.time_zone()?,
        own: context.own_name(),
        composer: composer(context)?,
        now: context.clock.now(),
    };
    let result = evaluation.run();
    if let Err(error) = &result {
        if let Some(fault) = unsaved::disk_fault(error).filter(|_| !args.dry_run) {
            unsaved::send(&evaluation, fault);
        }
    }
    result
}

/// One evaluation of the rules, with all that it needs.
struct Evaluation<'a> {
    args: &'a CheckArgs,
    context: &'a Context,
    rules: Rules,
    channels: Vec<Channel>,
    mutes: Mutes,
    zone: TimeZone,
    /// This machine's name in the data folder.
    own: Option<String>,
    composer: Composer,
    now: i64,
}

impl Evaluation<'_> {
    /// Evaluates, remembers what was found, and sends what is news.
    fn run(&self) -> anyhow::Result<ExitCode> {
        let (args, context, now) = (self.args, self.context, self.now);
        source::refresh(context, args.host.as_deref())?;
        let data = &context.config().data;
        // The run before is still at it; the next one comes soon.
        let Some(_lock) = lock(data)? else { return Ok(ExitCode::SUCCESS) };
        // `mute` writes there, too.
        files::remove_old_leftovers(&data.join(CHECK_FOLDER), now);
        let spool = Spool::open(&data.join(CHECK_FOLDER).join("spool"))?;
        let outbox = Outbox::new(data, self.own.clone());
        if !args.dry_run {
            outbox.recover(&spool)?;
        }
        let waiting = waiting(&spool, &self.channels, now)?;
        let watch = Watch { keep: !args.dry_run, ..self.watch(&waiting) };
        let layouts = layouts(args, context)?;
        let (mut seen, mut failed) = looked(&watch, &layouts, &context.typed());
        if args.dry_run {
            let (unheld, _) = Watch { mutes: &dry::UNMUTED, quiet: None, ..watch }.all(&layouts);
            let rehearsal = Rehearsal {
                watch: &watch,
                seen: &seen,
                unheld: &unheld,
                channels: &self.channels,
                composer: &self.composer,
            };
            output::print(rehearsal.page(&batch(&seen, &self.channels, watch.site, now))?)?;
        } else {
            if let Some(at) = failed.iter().position(|(_, error)| unsaved::disk_fault(error).is_some()) {
                return Err(failed.swap_remove(at).1);
            }
            seen.extend(unsaved::resolved(self));
            outbox.commit(&batch(&seen, &self.channels, watch.site, now), &spool)?;
            unsaved::forget(data, now);
            if std::io::stdout().is_terminal() {
                output::print(page::firing(&seen, &watch))?;
            }
        }
        for (host, error) in &failed {
            output::say(&format!("cronograph: {host}: {error:#}"));
        }
        let all_sent = args.dry_run || deliver(&spool, &self.channels, &self.composer, now)?;
        Ok(code(&seen, failed.is_empty() && all_sent))
    }

    /// Makes a look at the hosts of which nothing is remembered.
    fn watch<'a>(&'a self, waiting: &'a BTreeMap<String, f64>) -> Watch<'a> {
        let config = self.context.config();
        Watch {
            rules: &self.rules,
            mutes: &self.mutes,
            traffic: &config.traffic,
            own: self.own.as_deref(),
            waiting,
            lang: config.lang,
            zone: &self.zone,
            site: config.messages.address.as_deref(),
            quiet: config.messages.quiet,
            remind: config.messages.remind.map(|Span(seconds)| seconds),
            keep: false,
            repeats: false,
            tells: !self.channels.is_empty(),
            now: self.now,
        }
    }
}

/// What was seen; commands that are told of it are to see what this run saw.
fn looked(watch: &Watch, layouts: &[Layout], typed: &Typed) -> (Vec<Seen>, Vec<(String, anyhow::Error)>) {
    let (mut seen, failed) = watch.all(layouts);
    for told in seen.iter_mut().flat_map(|seen| &mut seen.news) {
        if let Some(command) = &mut told.item.command {
            *command = typed.complete(command).into_owned();
        }
    }
    (seen, failed)
}

/// What a shell is told.
fn code(seen: &[Seen], went_well: bool) -> ExitCode {
    let holds = seen.iter().flat_map(|seen| &seen.firing).any(|alert| alert.machine.level > Level::Ok);
    match (went_well, holds) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(FOUND),
        (true, false) => ExitCode::SUCCESS,
    }
}

/// Held while a run looks; none where another does, for longer than it is waited for.
fn lock(data: &Path) -> anyhow::Result<Option<File>> {
    files::create_folder(&data.join(CHECK_FOLDER))?;
    let path = data.join(CHECK_FOLDER).join("lock");
    let hung = files::held_seconds(&path).filter(|seconds| *seconds > HUNG_SECONDS);
    // One that hangs is not waited for.
    match files::lock_path(&path, if hung.is_some() { 0.0 } else { PATIENCE_SECONDS }) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => match hung {
            Some(seconds) => Err(held(&path, seconds)),
            None => Ok(None),
        },
        lock => Ok(Some(lock?)),
    }
}

/// Says that no alert was looked at, since another run does not end.
fn held(path: &Path, seconds: f64) -> anyhow::Error {
    let age = format::duration(seconds, Lang::En);
    output::failure(
        format!("no rule was evaluated: another program has held the lock {} for {age}", path.display()),
        "`fuser -v` on that file shows which; end it if it hangs",
    )
}

/// How long the oldest message of each channel waits; 0 where none does.
fn waiting(spool: &Spool, channels: &[Channel], now: i64) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut waiting = spool.waited(now)?;
    for channel in channels {
        waiting.entry(channel.name().to_owned()).or_insert(0.0);
    }
    Ok(waiting)
}

/// The rules; a mistake names its line.
pub(super) fn rules(context: &Context) -> anyhow::Result<Rules> {
    Rules::new(&context.config().rule).map_err(|error| {
        let place = context.loaded.origin(&format!("rule.{}.{}", error.index, error.key));
        output::failure(format!("{place}: {error}"), "docs/rules.md says what a rule may say")
    })
}

fn layouts(args: &CheckArgs, context: &Context) -> anyhow::Result<Vec<Layout>> {
    let data = &context.config().data;
    let mut hosts = store::hosts(data)?;
    if let Some(wanted) = &args.host {
        hosts.retain(|host| host == wanted);
        if hosts.is_empty() {
            return Err(Context::no_host(data, wanted));
        }
    }
    Ok(hosts.into_iter().map(|host| context.layout(host)).collect::<Result<_, _>>()?)
}

/// A message for each channel that wants any of the news, and what is told by them.
fn batch(seen: &[Seen], channels: &[Channel], site: Option<&str>, now: i64) -> Batch {
    let mut batch = Batch::default();
    // Without a channel nothing is told: the first one that is set up tells all.
    if channels.is_empty() {
        return batch;
    }
    let news: Vec<&Told> = seen.iter().flat_map(|seen| &seen.news).collect();
    let mut tells: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for channel in channels {
        let wanted: Vec<&Told> = news.iter().copied().filter(|told| channel.wants(&told.item)).collect();
        if let Some(notice) = notify::notice(&wanted, channel.name(), now, site) {
            for told in wanted {
                tells.entry(&told.key).or_default().push(notice.id.clone());
            }
            batch.notices.push((channel.name().to_owned(), notice));
        }
    }
    for told in news {
        batch.marks.push(Mark {
            host: told.item.host.clone(),
            rule: told.item.rule.clone(),
            instance: told.item.instance.clone(),
            at: now,
            notices: tells.remove(told.key.as_str()).unwrap_or_default(),
            what: told.mark.clone(),
        });
    }
    batch
}

/// Sends what waits; says what was not taken. True where nothing went wrong.
fn deliver(spool: &Spool, channels: &[Channel], composer: &Composer, now: i64) -> anyhow::Result<bool> {
    let delivery = spool.deliver(channels, composer, now)?;
    for line in page::trouble(&delivery, now) {
        output::say(&line);
    }
    Ok(delivery.failed.is_empty() && delivery.aside.is_empty())
}

/// Waits for this minute's sample of this host, which cron starts at the same time.
pub(super) fn await_sample(context: &Context) {
    let layout = context.own_name().and_then(|own| Layout::new(&context.config().data, own).ok());
    let Some(layout) = layout else { return };
    let minute = context.clock.now().div_euclid(60) * 60;
    let watch = Stopwatch::start();
    while watch.seconds() < SAMPLE_SECONDS {
        let newest = store::tail(&layout, 1).ok().and_then(|samples| samples.into_iter().next_back());
        if newest.is_some_and(|sample| sample.t >= minute) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn test(name: &str, channels: &[Channel], context: &Context) -> anyhow::Result<ExitCode> {
    let Some(channel) = channels.iter().find(|channel| channel.name() == name) else {
        let names: Vec<&str> = channels.iter().map(Channel::name).collect();
        let hint = match names.as_slice() {
            [] => format!("add a `[[channel]]` to {}", context.loaded.path.display()),
            _ => format!("there are: {}", names.join(", ")),
        };
        return Err(output::failure(format!("there is no channel of the name {name:?}"), hint));
    };
    notify::test(
        channel,
        &composer(context)?,
        context.config().messages.address.as_deref(),
        context.clock.now(),
    )
    .map_err(|refusal| {
        output::failure(
            format!("channel {name:?} did not take the message: {refusal}"),
            "nothing is kept of a test; mend it and try again",
        )
    })?;
    output::print(format!("{name}: taken\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What writes messages: the language, the zone and the templates of the pages.
fn composer(context: &Context) -> anyhow::Result<Composer> {
    let config = context.config();
    let (zone, host) = (context.loaded.time_zone()?, context.host(&Root::real())?);
    let composer = Composer::new(config.lang, zone, config.site.templates.as_deref(), &host)?;
    Ok(composer.with(context.typed()))
}
