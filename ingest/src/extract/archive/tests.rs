//! Archives made here
