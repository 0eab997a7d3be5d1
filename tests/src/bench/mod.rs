//! Benchmarks: the product and its peers in turn, on the same bytes, in the same run. What counts is the ratio; absolute
//! figures say more about the machine.

#![allow(clippy::print_stdout, reason = "the figures are what these commands are for")]

pub mod adding;
pub mod capture;
pub mod corpus;
pub mod inbox;
pub mod load;
pub mod million;
pub mod pages;
pub mod readers;
pub mod records;
pub mod thumbnails;

use std::time::{Duration, Instant};

/// Runs of one thing.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Seconds, one a run.
    pub seconds: Vec<f64>,
    /// Bytes that were left on disk by the last run.
    pub stored: u64,
}

impl Runs {
    /// Times some work.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.seconds.push(started.elapsed().as_secs_f64());
        done
    }

    /// The median.
    pub fn median(&self) -> f64 {
        quantile(&self.seconds, 0.5)
    }

    /// One line of a table; `bytes` went in, `peer` is what it is compared with.
    pub fn line(&self, name: &str, bytes: u64, peer: Option<&Self>) -> String {
        let (low, high) = (quantile(&self.seconds, 0.0), quantile(&self.seconds, 1.0));
        let ratio = peer.map(|peer| format!("{:5.2} ×", peer.median() / self.median())).unwrap_or_default();
        format!(
            "{name:<34} {:8.2} s ({low:.2}–{high:.2})  {:8.0} MB/s  {:8.1} MB stored  {ratio}",
            self.median(),
            bytes as f64 / 1e6 / self.median(),
            self.stored as f64 / 1e6
        )
    }
}

/// A quantile of some figures; nothing of none is 0.
pub fn quantile(figures: &[f64], at: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (at * sorted.len() as f64) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The most memory that this process has had since [`forget_peak`], in megabytes.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Begins to measure the most memory anew.
pub fn forget_peak() {
    // Where the kernel does not let us, the figure is that since the start: never too low.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Processor time of the processes that this one has started and that have ended, in seconds (`proc(5)`).
fn children_cpu() -> f64 {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold spaces.
    let fields: Vec<&str> = line.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) / 100.0
}
