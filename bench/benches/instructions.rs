//! The instructions that each step of the line takes, and the whole line, counted by callgrind: they
//! do not wobble as times do. `cargo xtask instructions` compares them with `bench/instructions.txt`.
#![expect(missing_docs, reason = "the macros write what has none")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run should stop")]

#[expect(dead_code, reason = "other benchmarks use more of it")]
mod support;

use dlmalloc::GlobalDlmalloc;
use gungraun::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use support::line::{Answering, Interest};
use support::step::{Authenticating, Decoding, Filtering, Planning};

/// The Worker has it too, and it is the same in every system.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// What a step needs, made before anything is counted.
fn keep<T>(step: T) -> &'static T {
    Box::leak(Box::new(step))
}

#[library_benchmark(setup = keep)]
#[bench::bearer(Authenticating::bearer())]
fn authenticate(step: &Authenticating) -> bool {
    step.run()
}

#[library_benchmark(setup = keep)]
#[bench::structured_1_kb(Decoding::structured(1_000))]
#[bench::structured_105_kb(Decoding::structured(105_000))]
#[bench::binary_1_kb(Decoding::binary(1_000))]
#[bench::batch_of_100(Decoding::batch(100))]
#[bench::long_names_15(Decoding::long_names(15, 16_000))]
#[bench::long_names_240(Decoding::long_names(240, 1_000))]
fn decode(step: &Decoding) -> usize {
    step.run()
}

#[library_benchmark(setup = keep)]
#[bench::exact(Filtering::by("exact on an attribute"))]
#[bench::exact_on_data(Filtering::by("exact on data of 1 KB"))]
#[bench::sql(Filtering::by("sql, three comparisons and a LIKE"))]
fn filter(step: &Filtering) -> bool {
    step.run()
}

#[library_benchmark(setup = keep)]
#[bench::subscriptions_1(Planning::among(1))]
#[bench::subscriptions_10(Planning::among(10))]
#[bench::subscriptions_100(Planning::among(100))]
#[bench::subscriptions_1000(Planning::among(1_000))]
#[bench::filter_on_operation(Planning::filters(1_000, 1, "operation", "modify"))]
#[bench::filters_1000(Planning::filters(1_000, 1_000, "operation", "modify"))]
#[bench::filter_on_data_out_of_question(Planning::filter_out_of_question())]
#[bench::filters_on_data_1(Planning::filters(105_000, 1, "data.objectType", "product"))]
#[bench::filters_on_data_100(Planning::filters(105_000, 100, "data.objectType", "product"))]
fn find_subscriptions(step: &Planning) {
    step.run_match();
}

#[library_benchmark(setup = keep)]
#[bench::subscriptions_10(Planning::among(10))]
fn plan(step: &Planning) -> bool {
    step.run()
}

/// The same for the line, with a body that it takes for itself.
fn keep_with_body(answering: Answering) -> (&'static Answering, Vec<u8>) {
    let body = answering.body();
    (keep(answering), body)
}

#[library_benchmark(setup = keep_with_body)]
#[bench::filtered_1_kb(Answering::event(1_000, 2, Interest::None))]
#[bench::filtered_10_kb(Answering::event(10_000, 2, Interest::None))]
#[bench::filtered_100_kb(Answering::event(100_000, 2, Interest::None))]
#[bench::filtered_1000_kb(Answering::event(1_000_000, 2, Interest::None))]
#[bench::filtered_batch_of_1(Answering::batch(1))]
#[bench::filtered_batch_of_10(Answering::batch(10))]
#[bench::filtered_batch_of_100(Answering::batch(100))]
#[bench::forwarded_1_kb(Answering::event(1_000, 2, Interest::One))]
#[bench::subscriptions_1(Answering::event(1_000, 1, Interest::One))]
#[bench::subscriptions_10(Answering::event(1_000, 10, Interest::One))]
#[bench::subscriptions_100(Answering::event(1_000, 100, Interest::One))]
#[bench::subscriptions_1000(Answering::event(1_000, 1_000, Interest::One))]
fn answer((answering, body): (&Answering, Vec<u8>)) -> u16 {
    answering.run(body)
}

library_benchmark_group!(
    name = steps,
    benchmarks = [authenticate, decode, filter, find_subscriptions, plan, answer]
);

main!(
    // Only instructions: no caches are simulated.
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = steps
);
