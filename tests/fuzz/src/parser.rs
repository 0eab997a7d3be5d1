//! Gives what the fuzzer makes to the parser that this program is named after.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| chartrier_ingest::fuzz::parse(env!("CARGO_BIN_NAME"), bytes));
