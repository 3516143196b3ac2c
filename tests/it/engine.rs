//! An engine of metrics of our own: takes Prometheus remote write, counts how often each point comes, answers as it is told, and
//! gives back what it has by the HTTP API, as far as `cronograph` asks.

use cronograph::ship::wire::WriteRequest;
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A series: its labels as text, sorted.
pub(crate) type Series = String;
/// What an engine has: each point with how often it came.
pub(crate) type Points = BTreeMap<(Series, i64), (u64, u32)>;

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) points: Points,
    pub(crate) requests: u32,
    pub(crate) heads: Vec<String>,
    /// Answers that are given first.
    pub(crate) answers: Vec<&'static str>,
    /// Points of that instance before that time are refused, with their whole request.
    pub(crate) refused: Option<(&'static str, i64)>,
}

/// An engine that takes remote write.
pub(crate) struct Engine {
    inner: Arc<Mutex<Inner>>,
    pub(crate) port: u16,
}

impl Engine {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (inner, port) = (Arc::default(), listener.local_addr().unwrap().port());
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &inner));
            }
        });
        Self { inner, port }
    }

    pub(crate) fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// How many points of an instance it has, and that none came twice.
    pub(crate) fn count(&self, instance: &str) -> usize {
        let label = format!("instance={instance};");
        let inner = self.inner();
        let own = inner.points.iter().filter(|((series, _), _)| series.contains(&label));
        own.inspect(|(point, (_, times))| assert_eq!(*times, 1, "{point:?} came twice")).count()
    }

    pub(crate) fn value(&self, series: &str, t: i64) -> Option<f64> {
        self.inner().points.get(&(series.to_owned(), t * 1000)).map(|(bits, _)| f64::from_bits(*bits))
    }
}

fn serve(stream: TcpStream, inner: &Mutex<Inner>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = take(&mut inner.lock().unwrap(), head, &body);
        let text = format!("HTTP/1.1 {answer}");
        if reader.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Prometheus' HTTP API, as far as it is asked: the hosts, and all series of one for some seconds.
fn answer(inner: &Inner, form: &str) -> String {
    let (query, time) = form.strip_prefix("query=").unwrap().split_once("&time=").unwrap();
    let time: i64 = time.parse().unwrap();
    let mut found: BTreeMap<BTreeMap<String, String>, Vec<(i64, String)>> = BTreeMap::new();
    let span: Option<i64> = query
        .split("%5D%5B")
        .nth(1)
        .or(query.split("%7D%5B").nth(1))
        .map(|rest| rest.trim_end_matches("s%5D").parse().unwrap());
    for ((series, t), (bits, _)) in &inner.points {
        if span.is_some_and(|span| !(time - span..=time).contains(&(t / 1000))) {
            continue;
        }
        let labels: BTreeMap<String, String> = series
            .split(';')
            .filter_map(|label| label.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        match span {
            // Hosts are asked for by the names of series, each with a span behind it.
            None if !query.contains(&(labels["__name__"].replace('_', "%5F") + "%5B")) => {}
            None => {
                drop(found.insert([("instance".to_owned(), labels["instance"].clone())].into(), Vec::new()))
            }
            Some(_) => {
                let is_asked = query.contains(&format!("%22{}%22", labels["instance"].replace('-', "%2D")));
                if is_asked {
                    found.entry(labels).or_default().push((t / 1000, f64::from_bits(*bits).to_string()));
                }
            }
        }
    }
    let result: Vec<Value> = found
        .into_iter()
        .map(|(metric, values)| serde_json::json!({ "metric": metric, "values": values }))
        .collect();
    let body = serde_json::json!({ "status": "success", "data": { "result": result } }).to_string();
    format!("200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn take(inner: &mut Inner, head: String, body: &[u8]) -> String {
    inner.requests += 1;
    inner.heads.push(head);
    if !inner.answers.is_empty() {
        return inner.answers.remove(0).to_owned();
    }
    if inner.heads[inner.heads.len() - 1].starts_with("POST /api/v1/query ") {
        return answer(inner, std::str::from_utf8(body).unwrap());
    }
    let request = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let request = WriteRequest::decode(request.as_slice()).unwrap();
    let mut points = Vec::new();
    for series in request.timeseries {
        let names: Vec<&str> = series.labels.iter().map(|label| label.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
        let name: Series =
            series.labels.iter().map(|label| format!("{}={};", label.name, label.value)).collect();
        points.extend(
            series.samples.iter().map(|point| ((name.clone(), point.timestamp), point.value.to_bits())),
        );
    }
    assert!(points.len() <= 20_000, "{}", points.len());
    if let Some((instance, before)) = inner.refused {
        let label = format!("instance={instance};");
        if points.iter().any(|((series, t), _)| series.contains(&label) && *t < before * 1000) {
            return "400 Bad Request\r\nContent-Length: 14\r\n\r\nout of bounds\n".to_owned();
        }
    }
    for (point, bits) in points {
        inner.points.entry(point).or_insert((bits, 0)).1 += 1;
    }
    "204 No Content\r\n\r\n".to_owned()
}
