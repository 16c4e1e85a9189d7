//! There are only benchmarks here.
