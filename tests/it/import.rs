//! `cronograph import` with files that real programs printed: what it says, what it writes, what it refuses.

use crate::program::{cronograph, stderr};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Output;

/// 2026-11-26T10:00:00Z
const NOW: &str = "1795687200";
/// A database of one source: a level, each 300 s.
const DUMP: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><rrd><version>0003</version><step>300</step>
<lastupdate>1795609000</lastupdate><ds><name> 42 </name><type> GAUGE </type></ds>
<rra><cf>AVERAGE</cf><pdp_per_row>1</pdp_per_row><database><row><v>1.0e+03</v></row><row><v>NaN</v></row>
<row><v>2.0e+03</v></row></database></rra></rrd>";

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, host: &str, arguments: &[&str], files: &[&Path]) -> Output {
        let mut command = cronograph();
        command.arg("import").arg("--data").arg(self.0.path().join("data"));
        command.args(["--now", NOW, "--host", host]).args(arguments).args(files).output().unwrap()
    }

    /// The same from standard input.
    fn piped(&self, text: Vec<u8>) -> assert_cmd::assert::Assert {
        let mut command = cronograph();
        command.arg("import").arg("--data").arg(self.0.path().join("data"));
        command.args(["--now", NOW, "--host", "vm", "-"]).write_stdin(text).assert()
    }

    /// What it printed; it went well.
    fn said(&self, host: &str, arguments: &[&str], files: &[&Path]) -> String {
        let output = self.run(host, arguments, files);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it complained of; nothing was written.
    fn refused(&self, host: &str, arguments: &[&str], files: &[&Path]) -> String {
        let output = self.run(host, arguments, files);
        assert_eq!(output.status.code(), Some(1));
        assert!(!self.0.path().join("data").join(host).exists());
        stderr(&output)
    }

    fn log(&self, host: &str, day: &str) -> Vec<serde_json::Value> {
        let path = self.0.path().join("data").join(host).join("samples").join(format!("{day}.jsonl.gz"));
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn sysstat() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import/sysstat-12.6.json")
}

#[test]
fn sysstat_becomes_lines_and_again_changes_nothing() {
    let world = World::new();
    let dry = world.said("vm", &["--dry-run"], &[&sysstat()]);
    assert!(dry.contains("4 lines would be written into 1 day"), "{dry}");
    let said = world.said("vm", &[], &[&sysstat()]);
    assert!(said.starts_with("vm: 1 file of sysstat, 3 points from 26 Nov 2026"), "{said}");
    assert!(said.contains("\n  4 lines written into 1 day, 2026-11-26 to 2026-11-26\n"), "{said}");
    assert!(said.contains("have no place in a sample: ") && said.contains("interrupts"), "{said}");
    let log = world.log("vm", "2026-11-26");
    let times: Vec<i64> = log.iter().map(|line| line["t"].as_i64().unwrap()).collect();
    assert_eq!(times, [1_795_684_953, 1_795_684_958, 1_795_684_963, 1_795_684_969]);
    assert!(log.iter().all(|line| line["imported"] == "sysstat" && line["v"] == 1));
    assert_eq!(log[1]["meminfo"]["MemTotal"], 25_276_510_208_u64);
    // 9.06 % of two CPUs over 5 s, then 8.97 %.
    assert_eq!(log[1]["stat"]["system"], 0.906);
    assert_eq!(log[2]["stat"]["system"], 1.803);
    assert_eq!(log[0]["host"]["kernel"], "6.18.44-fc-v657");
    let again = world.said("vm", &[], &[&sysstat()]);
    assert!(again.contains("\n  nothing new\n  4 lines not written"), "{again}");
    assert_eq!(world.log("vm", "2026-11-26"), log);
}

#[test]
fn standard_input_is_a_dash() {
    let world = World::new();
    world.piped(std::fs::read(sysstat()).unwrap()).success();
    assert_eq!(world.log("vm", "2026-11-26").len(), 4);
}

#[test]
fn another_hosts_files_need_a_word() {
    let world = World::new();
    let said = world.refused("web-1", &[], &[&sysstat()]);
    assert!(said.contains("about a host vm, and the log would be that of web-1"), "{said}");
    assert!(said.contains("--host web-1 --from-host vm"), "{said}");
    world.said("web-1", &["--from-host", "vm"], &[&sysstat()]);
    assert_eq!(world.log("web-1", "2026-11-26").len(), 4);
}

#[test]
fn munins_files_are_known_by_their_names() {
    let world = World::new();
    let dump = world.file("web-1.example.org-memory-free-g.xml", DUMP);
    let other = world.file("web-1.example.org-df-_dev_vda-g.xml", DUMP);
    let said = world.said("web-1", &[], &[&dump, &other]);
    assert!(said.contains("2 files of RRD, 2 points"), "{said}");
    assert!(said.contains("2 values have no place in a sample: df._dev_vda"), "{said}");
    let log = world.log("web-1", "2026-11-25");
    let free: Vec<(i64, u64)> = log
        .iter()
        .map(|line| (line["t"].as_i64().unwrap(), line["meminfo"]["MemFree"].as_u64().unwrap()))
        .collect();
    assert_eq!(free, [(1_795_608_300, 1000), (1_795_608_900, 2000)]);
}

#[test]
fn what_no_name_tells_a_mapping_must() {
    let world = World::new();
    let dump = world.file("swap.xml", DUMP);
    let said = world.refused("web-1", &[], &[&dump]);
    assert!(said.contains("nothing says what these are: swap (GAUGE each 300 s)"), "{said}");
    assert!(said.contains("hint: say it for each: --map swap=meminfo.MemFree"), "{said}");
    let wrong = world.refused("web-1", &["--map", "swap=meminfo.Nothing"], &[&dump]);
    assert!(wrong.contains("no sample has a number \"meminfo.Nothing\""), "{wrong}");
    world.said("web-1", &["--map", "42=meminfo.SwapFree*1024"], &[&dump]);
    assert_eq!(world.log("web-1", "2026-11-25")[0]["meminfo"]["SwapFree"], 1_024_000);
    let rates = world.file("net.xml", DUMP.replace("GAUGE", "DERIVE"));
    let said = world.refused("web-2", &["--map", "net=meminfo.MemFree"], &[&rates]);
    assert!(said.contains("DERIVE, a rate, and meminfo.MemFree is a level"), "{said}");
    world.said("web-2", &["--map", "net=netdev.rx_bytes:eth0"], &[&rates]);
    let log = world.log("web-2", "2026-11-25");
    let totals: Vec<&serde_json::Value> =
        log.iter().map(|line| &line["netdev"]["eth0"]["rx_bytes"]).collect();
    // Two stretches, since a row in between is not known.
    assert_eq!(totals, [0, 300_000, 0, 600_000]);
}

#[test]
fn what_is_no_history_is_refused_with_the_way_out() {
    let world = World::new();
    for (name, text, expected) in [
        ("a.txt", &b"hello"[..], "it is of no known format"),
        ("b.txt", b"", "it is empty"),
        ("c.xz", b"\xfd7zXZ\x00", "unxz -k"),
        ("d.json", b"{\"sysstat\": {\"hosts\": [", "it is no whole JSON"),
        ("e.json", b"{\"a\": 1}", "neither sysstat's JSON nor RRDtool's"),
        ("f.xml", b"<html></html>", "not RRDtool's XML"),
    ] {
        let path = world.file(name, text);
        let said = world.refused("web-1", &[], &[&path]);
        assert!(said.contains(expected) && said.contains("hint: "), "{name}: {said}");
    }
    let said = world.refused("web-1", &[], &[Path::new("/nonexistent/sa01")]);
    assert!(said.contains("/nonexistent/sa01"), "{said}");
}

#[test]
fn own_samples_stay_and_what_is_yet_to_come_waits() {
    let world = World::new();
    let samples = world.0.path().join("data/vm/samples");
    std::fs::create_dir_all(&samples).unwrap();
    // At the time of the third point.
    let own = "{\"v\":1,\"t\":1795684969,\"boot\":\"abcd\",\"uptime\":9000.0}\n";
    std::fs::write(samples.join("2026-11-26.jsonl"), own).unwrap();
    let said = world.said("vm", &[], &[&sysstat()]);
    assert!(said.contains("4 lines not written, at times of which there are samples"), "{said}");
    let own = own.replace("1795684969", "1795686000");
    std::fs::write(samples.join("2026-11-26.jsonl"), &own).unwrap();
    assert!(world.said("vm", &[], &[&sysstat()]).contains("4 lines written"));
    assert_eq!(std::fs::read_to_string(samples.join("2026-11-26.jsonl")).unwrap(), own);
    let mut command = cronograph();
    command.arg("import").arg("--data").arg(world.0.path().join("later")).args(["--host", "vm"]);
    let output = command.args(["--now", "1795684960"]).arg(sysstat()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("2 lines written") && said.contains("2 lines not written, yet to come"), "{said}");
}

#[test]
fn the_name_of_a_file_is_that_of_its_only_source() {
    let world = World::new();
    let source = "<ds><name> 43 </name><type> GAUGE </type></ds>";
    let two = DUMP
        .replacen("<rra>", &format!("{source}<rra>"), 1)
        .replace("</v></row>", "</v><v>5.0e+00</v></row>");
    let two = world.file("swap.xml", two);
    let said = world.refused("web-1", &["--map", "swap=meminfo.SwapFree"], &[&two]);
    assert!(said.contains("what these are: 42 (GAUGE each 300 s), 43 (GAUGE each 300 s)"), "{said}");
    world.said("web-1", &["--map", "swap:42=meminfo.SwapFree", "--map", "43=meminfo.MemFree"], &[&two]);
    let log = world.log("web-1", "2026-11-25");
    assert_eq!((&log[0]["meminfo"]["SwapFree"], &log[0]["meminfo"]["MemFree"]), (&1000.into(), &5.into()));
    // Standard input has no name.
    let refused = world.piped(DUMP.into()).code(1);
    let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(said.contains("--map 42=meminfo.MemFree"), "{said}");
}

#[test]
fn the_time_of_guests_is_taken_out_where_munin_counts_it_in() {
    let world = World::new();
    let (user, guest) =
        (DUMP.replace("GAUGE", "DERIVE"), DUMP.replace("GAUGE", "DERIVE").replace("1.0e+03", "2.0e+02"));
    let of_munin = |name: &str, text: &str| world.file(&format!("web-1-cpu-{name}-d.xml"), text);
    world.said("web-1", &[], &[&of_munin("user", &user), &of_munin("guest", &guest)]);
    // 10 s of user time in a second, 2 of which are guests', for 300 seconds.
    assert_eq!(world.log("web-1", "2026-11-25")[1]["stat"]["user"], 2400.0);
    let (user, guest) = (world.file("u.xml", &user), world.file("g.xml", &guest));
    let maps = ["--map", "u=stat.user*0.01", "--map", "g=stat.guest*0.01"];
    world.said("web-2", &maps, &[&user, &guest]);
    assert_eq!(world.log("web-2", "2026-11-25")[1]["stat"]["user"], 3000.0, "as it was said");
}

#[test]
fn a_single_value_is_one_and_a_hint_names_the_data_of_the_run() {
    let world = World::new();
    let one = DUMP.replace("2.0e+03", "NaN");
    let said = world.said("web-1", &[], &[&world.file("web-1-df-_dev_vda-g.xml", &one)]);
    assert!(said.contains("  1 value has no place in a sample: df._dev_vda"), "{said}");
    let samples = world.0.path().join("data/web-1/samples");
    std::fs::create_dir_all(&samples).unwrap();
    std::fs::write(samples.join("2026-11-25.jsonl"), "{\"v\":1,\"t\":1795564800}\n").unwrap();
    let said = world.said("web-1", &[], &[&world.file("web-1-memory-free-g.xml", DUMP)]);
    let data = world.0.path().join("data");
    assert!(
        said.contains("or after `cronograph compact --data ") && said.contains(data.to_str().unwrap()),
        "{said}"
    );
}

/// Output of sysstat with other disks: major and minor numbers, and sectors read a second.
fn with_disks(disks: &[(&str, f64)]) -> String {
    let text = std::fs::read_to_string(sysstat()).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for record in document["sysstat"]["hosts"][0]["statistics"].as_array_mut().unwrap() {
        let entry = |(name, sectors): &(&str, f64)| serde_json::json!({"disk-device": name, "rd_sec": sectors, "wr_sec": 0.0, "util-percent": 1.0});
        record["disk"] = disks.iter().map(entry).collect();
    }
    document.to_string()
}

#[test]
fn disks_without_names_count_once_and_the_way_to_names_is_told() {
    let world = World::new();
    let disks =
        [("dev8-0", 2000.0), ("dev253-0", 1800.0), ("dev253-1", 200.0), ("dev11-0", 2.0), ("dev9-0", 700.0)];
    let said = world.said("vm", &[], &[&world.file("sa.json", with_disks(&disks))]);
    assert!(
        said.contains("disks have numbers in place of names") && said.contains("`sadf -j FILE -- -A -p`"),
        "{said}"
    );
    let log = world.log("vm", "2026-11-26");
    let names: Vec<&String> = log[1]["diskstats"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["dev8-0"]);
    let said = World::new().said("vm", &[], &[&sysstat()]);
    assert!(!said.contains("in place of names"), "{said}");
}

#[test]
fn broken_json_of_old_sadf_names_sadf_and_nan_is_absent() {
    let world = World::new();
    let text = std::fs::read_to_string(sysstat()).unwrap();
    let comma = text.replace("\"sys\": 9.06", "\"sys\": 9,06");
    let missing = text.replacen(",\"sysname\"", "\"sysname\"", 1);
    assert!(comma != text && missing != text);
    for broken in [comma, missing] {
        let said = world.refused("vm", &[], &[&world.file("sa.json", broken)]);
        assert!(said.contains("no whole JSON") && said.contains("LC_ALL=C sadf -j FILE"), "{said}");
        assert!(said.contains("newer sysstat") && !said.contains("RRDtool"), "{said}");
    }
    let nan = text.replacen("\"sys\": 9.06", "\"sys\": -nan", 1).replacen(
        "\"nodename\": \"vm\"",
        "\"nodename\": \"nan\"",
        1,
    );
    world.said("vm", &["--from-host", "nan"], &[&world.file("nan.json", nan)]);
    let log = world.log("vm", "2026-11-26");
    assert!(log[1]["stat"].get("system").is_none() && log[1]["stat"]["user"].is_number(), "{}", log[1]);
    assert_eq!(log[0]["host"]["name"], "nan");
}

#[test]
fn what_is_known_of_a_folder_is_imported_and_the_rest_is_named() {
    let world = World::new();
    let known = world.file("web-1.example.org-memory-free-g.xml", DUMP);
    let other = world.file("web-1.example.org-hddtemp_smartctl-sda-g.xml", DUMP);
    let more = world.file("web-1.example.org-sensors_temp-temp1-g.xml", DUMP);
    let said = world.said("web-1", &[], &[&other, &known, &more]);
    assert!(said.starts_with("web-1: 3 files of RRD, 2 points"), "{said}");
    assert!(
        said.contains("not imported, nothing says what these are: web-1.example.org-hddtemp_smartctl-sda-g (GAUGE each 300 s), "),
        "{said}"
    );
    assert!(said.contains("--map web-1.example.org-hddtemp_smartctl-sda-g="), "{said}");
    assert_eq!(world.log("web-1", "2026-11-25").len(), 2);
    let alone = world.refused("web-2", &[], &[&other, &more]);
    assert!(alone.contains("nothing says what these are"), "{alone}");
}
