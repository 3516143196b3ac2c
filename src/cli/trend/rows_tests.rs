use super::*;

type Found = Vec<(String, Vec<i64>, Vec<f64>)>;

/// Reads a table with one of the two readers.
fn read_by<'a>(
    text: &'a [u8],
    reader: fn(CsvRows<&'a [u8]>, Visit) -> anyhow::Result<RowCount>,
) -> anyhow::Result<(Found, RowCount)> {
    let mut all = Vec::new();
    let count = reader(CsvRows::new(text)?, &mut |series| {
        all.push((series.name, series.times, series.values));
        Ok(())
    })?;
    Ok((all, count))
}

fn whole(text: &str) -> (Found, RowCount) {
    read_by(text.as_bytes(), CsvRows::read_whole).unwrap()
}

/// Name and number of values of each series.
fn sizes(text: &str) -> Vec<(String, usize)> {
    whole(text).0.into_iter().map(|(name, _, values)| (name, values.len())).collect()
}

fn error(text: &str) -> String {
    read_by(text.as_bytes(), CsvRows::read_whole).unwrap_err().to_string()
}

fn is_grouped(text: &str) -> bool {
    CsvRows::new(text.as_bytes()).unwrap().has_grouped_series().unwrap()
}

fn series(name: &str, times: &[i64], values: &[f64]) -> (String, Vec<i64>, Vec<f64>) {
    (name.to_owned(), times.to_vec(), values.to_vec())
}

#[test]
fn rows_are_sorted_and_broken_ones_counted() {
    let (all, count) = whole("unix_time,value\n120,2\nx,3\n60,1\n180,\n");
    assert_eq!(all, [series("", &[60, 120], &[1.0, 2.0])]);
    assert_eq!(count, RowCount { used: 2, broken: 2, broken_cells: 0 });
}

#[test]
fn series_may_alternate_and_columns_stand_anywhere() {
    let text = "value,Series,unix_time,note\n1,b,60,x\n2,a,60,\n3,b,2026-11-23T15:00:00+01:00\n";
    assert_eq!(whole(text).0, [series("b", &[60, 1_795_442_400], &[1.0, 3.0]), series("a", &[60], &[2.0])]);
    assert!(!is_grouped(text));
}

#[test]
fn grouped_series_are_read_one_by_one() {
    let text = "host,unix_time,value\na,1,1\na,2,2\nb,1,3\n";
    assert!(is_grouped(text));
    let (grouped, _) = read_by(text.as_bytes(), CsvRows::read_grouped).unwrap();
    assert_eq!(grouped, [series("a", &[1, 2], &[1.0, 2.0]), series("b", &[1], &[3.0])]);
    assert_eq!(grouped, whole(text).0);
}

#[test]
fn a_column_of_any_name_separates_series() {
    for name in ["series_id", "name", "host", "metric", "instance", "id"] {
        let text = format!("{name},unix_time,value\nweb,60,1\ndb,60,2\nweb,120,3\ndb,120,4\n");
        assert_eq!(sizes(&text), [("web".to_owned(), 2), ("db".to_owned(), 2)], "{name}");
    }
    assert_eq!(sizes("pid,time,rss\n7,60,1\n8,60,2\n"), [("7".to_owned(), 1), ("8".to_owned(), 1)]);
}

#[test]
fn several_columns_of_text_name_a_series_together() {
    let text = "host,time,mount,used\nweb,60,/,1\nweb,60,/srv,2\ndb,60,/,3\nweb,120,/,4\n";
    let expected = [("web//", 2), ("web//srv", 1), ("db//", 1)].map(|(name, rows)| (name.to_owned(), rows));
    assert_eq!(sizes(text), expected);
    // The same letters, otherwise divided.
    assert_eq!(sizes("a,b,t,used\nx,/y,60,1\nx/,y,60,2\n").len(), 2);
}

#[test]
fn each_column_of_numbers_is_a_series() {
    let (all, count) = whole("unix_time,used,free\n60,1,10\n120,,20\n180,3,\n240,,\n300,n/a,50\n");
    assert_eq!(
        all,
        [series("used", &[60, 180], &[1.0, 3.0]), series("free", &[60, 120, 300], &[10.0, 20.0, 50.0])]
    );
    assert_eq!(count, RowCount { used: 4, broken: 1, broken_cells: 1 });
    let text = "host,unix_time,used,free\nweb,60,1,2\ndb,60,3,\n";
    let expected = [("web/used", 1), ("web/free", 1), ("db/used", 1)];
    assert_eq!(sizes(text), expected.map(|(name, rows)| (name.to_owned(), rows)));
}

#[test]
fn repeated_times_with_other_values_are_an_error() {
    let interleaved = "shard,unix_time,used\n1,60,5\n2,60,9\n1,120,6\n2,120,8\n";
    assert_eq!(
        error(interleaved),
        "line 3: several series seem to be mixed: 2 rows have the time of another row and a different value"
    );
    let rows = |value: i64| (0..100).map(|at| format!("{},{}\n", at * 60, value + at)).collect::<String>();
    let (one, other) = (rows(0), rows(5));
    assert!(error(&format!("unix_time,value\n{one}{other}")).starts_with("line 102: "));
    let named: String = format!("{one}{other}").lines().map(|row| format!("web,{row}\n")).collect();
    assert!(error(&format!("series,unix_time,value\n{named}")).contains("mixed in \"web\""));
    // Rows of other columns, which do not contradict each other.
    assert_eq!(sizes("unix_time,used,free\n60,1,\n60,,2\n120,3,\n120,,4\n").len(), 2);
}

#[test]
fn periods_that_are_covered_twice_are_an_error() {
    let rows = |start: i64| (0..100).map(|at| format!("{},{at}\n", start + at * 60)).collect::<String>();
    let (one, other) = (rows(0), rows(30));
    assert_eq!(
        error(&format!("unix_time,value\n{one}{other}")),
        "line 102: several series seem to be mixed: the time goes from 5940 to 30, and rows before and after that alternate in time"
    );
    let jitter: String = (0..100).map(|at| format!("{},1\n{},2\n", at * 60 + 5, at * 60)).collect();
    assert!(error(&format!("unix_time,value\n{jitter}")).starts_with("line 3: several series seem"));
}

#[test]
fn orders_of_one_series_are_no_error() {
    let row = |at: i64| format!("{},{at}\n", at * 60);
    let rows = |range: std::ops::Range<i64>| range.map(row).collect::<String>();
    let head = "unix_time,value\n";
    let sorted = whole(&format!("{head}{}", rows(0..400))).0;
    let newest_first: String = (0..400).rev().map(row).collect();
    assert_eq!(whole(&format!("{head}{newest_first}")).0, sorted);
    let files_out_of_order = [300..400, 100..200, 0..100, 200..300].map(rows).concat();
    assert_eq!(whole(&format!("{head}{files_out_of_order}")).0, sorted);
    // Copies of rows, and a clock that was set back by some minutes.
    assert_eq!(whole(&format!("{head}{}{}", rows(0..400), rows(200..400))).0[0].1.len(), 600);
    let set_back: String =
        (0..400).map(|at| format!("{},{at}\n", at * 60 - 95 * i64::from(at > 200))).collect();
    assert_eq!(sizes(&format!("{head}{set_back}")), [(String::new(), 400)]);
    // More than one row a second.
    let fast: String = (0..40).map(|at| format!("{},{at}\n", f64::from(at) / 4.0)).collect();
    assert_eq!(sizes(&format!("{head}{fast}")), [(String::new(), 40)]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_rows_or_broken(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let mut input = b"series,unix_time,value\n".to_vec();
        input.extend(bytes);
        if let Ok((all, count)) = read_by(&input, CsvRows::read_whole) {
            let rows: usize = all.iter().map(|(_, times, _)| times.len()).sum();
            proptest::prop_assert_eq!(count.used, rows as u64);
            proptest::prop_assert!(all.iter().all(|(_, times, _)| times.is_sorted()));
        }
    }

    /// Rows of several series in any order become the series that they came from.
    #[test]
    fn no_series_is_lost_or_merged(
        rows in proptest::collection::vec((0..5_usize, 0..3_usize, 0..1000_i32), 1..60),
        labels in proptest::sample::select(vec!["series", "name", "host", "id", "metric", "series_id"]),
    ) {
        let mut text = format!("{labels},unix_time,used,free\n");
        let mut expected: std::collections::BTreeMap<String, Vec<f64>> = std::collections::BTreeMap::new();
        for (time, (series, cells, value)) in rows.iter().enumerate() {
            let free = if *cells == 0 { String::new() } else { value.to_string() };
            text += &format!("{series},{time},{value},{free}\n");
            expected.entry(format!("{series}/used")).or_default().push(f64::from(*value));
            if *cells > 0 {
                expected.entry(format!("{series}/free")).or_default().push(f64::from(*value));
            }
        }
        let (all, _) = read_by(text.as_bytes(), CsvRows::read_whole).unwrap();
        let found = all.into_iter().map(|(name, _, values)| (name, values)).collect::<std::collections::BTreeMap<_, _>>();
        proptest::prop_assert_eq!(found, expected);
    }
}
