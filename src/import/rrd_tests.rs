//! What `rrdtool 1.7.2` printed of a database of two archives, and invented shapes.

use super::*;

/// `rrdtool dump`, shortened: two sources, averages of 300 s and 1800 s, and an archive of minima.
const DUMP: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<!DOCTYPE rrd SYSTEM \"https://oss.oetiker.ch/rrdtool/rrdtool.dtd\">
<!-- Round Robin Database Dump -->
<rrd>
	<version>0003</version>
	<step>300</step> <!-- Seconds -->
	<lastupdate>1795609000</lastupdate> <!-- 2026-11-25 12:16:40 UTC -->
	<ds>
		<name> in </name>
		<type> DERIVE </type>
		<min>0.0000000000e+00</min>
		<max>NaN</max>
	</ds>
	<ds>
		<name> free &amp; easy </name>
		<type> GAUGE </type>
	</ds>
	<rra>
		<cf>AVERAGE</cf>
		<pdp_per_row>1</pdp_per_row> <!-- 300 seconds -->
		<cdp_prep>
			<ds><primary_value>1.0296666667e+06</primary_value><value>NaN</value></ds>
			<ds><primary_value>1.0296666667e+06</primary_value><value>NaN</value></ds>
		</cdp_prep>
		<database>
			<!-- 2026-11-25 12:05:00 UTC / 1795608300 --> <row><v>NaN</v><v>7.0000000000e+00</v></row>
			<!-- 2026-11-25 12:10:00 UTC / 1795608600 --> <row><v>1.5000000000e+00</v><v>8.0000000000e+00</v></row>
			<!-- 2026-11-25 12:15:00 UTC / 1795608900 --> <row><v>2.5000000000e+00</v><v>9.0000000000e+00</v></row>
		</database>
	</rra>
	<rra>
		<cf>MIN</cf>
		<pdp_per_row>1</pdp_per_row>
		<database><row><v>0</v><v>0</v></row></database>
	</rra>
	<rra>
		<cf>AVERAGE</cf>
		<pdp_per_row>6</pdp_per_row>
		<database>
			<row><v>1.0000000000e+00</v><v>NaN</v></row>
			<row><v>3.0000000000e+00</v><v>NaN</v></row>
		</database>
	</rra>
</rra>";

fn averages(database: &Database, source: usize) -> Vec<(i64, i64, f64)> {
    database.averages(source).iter().map(|average| (average.t, average.seconds, average.value)).collect()
}

fn dump() -> String {
    DUMP.replace("</rra>\n</rra>", "</rra>\n</rrd>")
}

#[test]
fn a_dump_has_its_sources_and_its_archives_of_averages() {
    let database = Database::of_xml(dump().as_bytes()).unwrap();
    let sources: Vec<(&str, &str)> =
        database.sources.iter().map(|source| (source.name.as_str(), source.kind.as_str())).collect();
    assert_eq!(sources, [("in", "DERIVE"), ("free & easy", "GAUGE")]);
    let shapes: Vec<(i64, i64, usize)> =
        database.archives.iter().map(|archive| (archive.step, archive.end, archive.rows.len())).collect();
    assert_eq!(shapes, [(300, 1_795_608_900, 3), (1800, 1_795_608_000, 2)]);
}

#[test]
fn the_finest_archive_tells_each_time_and_a_long_step_is_told_in_parts() {
    let database = Database::of_xml(dump().as_bytes()).unwrap();
    // The finer one knows nothing before 12:05, the coarser one ends at 12:00; its rows end at 11:30 and 12:00.
    let coarse = |t: i64, value: f64| (t, 600, value);
    assert_eq!(
        averages(&database, 0),
        [
            coarse(1_795_605_000, 1.0),
            coarse(1_795_605_600, 1.0),
            coarse(1_795_606_200, 1.0),
            coarse(1_795_606_800, 3.0),
            coarse(1_795_607_400, 3.0),
            coarse(1_795_608_000, 3.0),
            (1_795_608_600, 300, 1.5),
            (1_795_608_900, 300, 2.5),
        ]
    );
    assert_eq!(averages(&database, 1)[0], (1_795_608_300, 300, 7.0));
    assert_eq!(averages(&database, 1).len(), 3);
}

#[test]
fn where_archives_overlap_no_time_is_told_twice() {
    let archive = |step, rows: usize, value| Archive { step, end: 7200, rows: vec![vec![value]; rows] };
    let database =
        Database { archives: vec![archive(1800, 4, 2.0), archive(300, 10, 1.0)], sources: Vec::new() };
    let times: Vec<(i64, f64)> =
        database.averages(0).iter().map(|average| (average.t, average.value)).collect();
    // The finer one begins at 4200, within a row of the coarser one: its parts up to there count.
    let coarse = [600, 1200, 1800, 2400, 3000, 3600, 4200].map(|t| (t, 2.0));
    let fine = (1..=10).map(|at| (4200 + at * 300, 1.0));
    assert_eq!(times, coarse.into_iter().chain(fine).collect::<Vec<_>>());
}

#[test]
fn a_step_that_no_ten_minutes_divide_is_whole_all_the_same() {
    let parts: Vec<(i64, i64)> =
        Average { t: 10_000, seconds: 1000, value: 1.0 }.parts().map(|part| (part.t, part.seconds)).collect();
    assert_eq!(parts, [(9500, 500), (10_000, 500)]);
}

/// `rrdtool xport` and `rrdtool xport --json` of the same stretch.
#[test]
fn exports_in_both_forms_say_the_same() {
    let xml =
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n\n<xport>\n  <meta>\n    <start>1795606200</start>
    <end>1795606800</end>\n    <step>300</step>\n    <rows>3</rows>\n    <columns>1</columns>\n    <legend>
      <entry>slab</entry>\n    </legend>\n  </meta>\n  <data>\n    <row><v>1.0206666667e+06</v></row>
    <row><v>NaN</v></row>\n    <row><v>1.0226666667e+06</v></row>\n  </data>\n</xport>\n";
    let json = "{ \"about\": \"RRDtool graph JSON output\",\n  \"meta\": {\n    \"start\": 1795606200,\n    \"end\": 1795606800,
    \"step\": 300,\n    \"legend\": [\n      \"slab\"\n          ]\n     },\n  \"data\": [\n    [ 1.0206666667e+06 ],
    [ null ],\n    [ 1.0226666667e+06 ]\n  ]\n}";
    let of_xml = Database::of_xml(xml.as_bytes()).unwrap();
    let of_json = Database::of_json(&serde_json::from_str(json).unwrap()).unwrap();
    let expected = [(1_795_606_200, 300, 1_020_666.666_7), (1_795_606_800, 300, 1_022_666.666_7)];
    assert_eq!(averages(&of_xml, 0), expected);
    assert_eq!(averages(&of_json, 0), expected);
    assert_eq!((of_xml.sources[0].name.as_str(), of_json.sources[0].name.as_str()), ("slab", "slab"));
}

#[test]
fn what_is_cut_or_something_else_is_said() {
    let cut = dump();
    assert!(Database::of_xml(&cut.as_bytes()[..cut.len() / 2]).is_err());
    assert!(
        Database::of_xml(b"<html><body>no</body></html>").unwrap_err().contains("no archive of averages")
    );
    let wrong = cut.replace("<step>300</step>", "<step>often</step>");
    assert!(Database::of_xml(wrong.as_bytes()).unwrap_err().contains("\"often\" is no whole number"));
}
