//! Prints the reference of names in Prometheus: `cargo run --example prometheus > docs/prometheus.md`.

#[path = "../tests/it/prometheus.rs"]
mod prometheus;

fn main() {
    print!("{}", prometheus::reference());
}
