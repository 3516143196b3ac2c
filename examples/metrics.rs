//! Prints the reference of all numbers in the log: `cargo run --example metrics > docs/metrics.md`.

#[path = "../tests/it/metrics.rs"]
mod metrics;

fn main() {
    print!("{}", metrics::reference());
}
