//! Prometheus remote write 1.0, as far as it is needed: `prometheus.WriteRequest` of its `remote.proto` and `types.proto`, and how it
//! goes over the wire, compressed by snappy (the block format).

use prost::Message;

/// One series with its points: `prometheus.TimeSeries`.
#[derive(Clone, PartialEq, Message)]
pub struct TimeSeries {
    /// Name and value of each label, sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Its points.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Point>,
}

/// `prometheus.Label`
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
pub struct Label {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// `prometheus.Sample`
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Point {
    /// The value.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// `prometheus.WriteRequest`, for who receives it.
#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    /// The series.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

/// The tag of [`WriteRequest::timeseries`].
const TIMESERIES: u32 = 1;

/// Adds a series to a request that is being written: no request is built that would own all of them.
pub(super) fn add(series: &TimeSeries, request: &mut Vec<u8>) {
    prost::encoding::message::encode(TIMESERIES, series, request);
}

/// A request as its body.
pub(super) fn compress(request: &[u8]) -> Result<Vec<u8>, snap::Error> {
    snap::raw::Encoder::new().compress_vec(request)
}
