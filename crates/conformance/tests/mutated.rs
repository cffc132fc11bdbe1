//! Graphs of the suite, changed into ones that nobody would write, are refused or run: nothing panics.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use tenseur_conformance::exercise::exercise;
use tenseur_conformance::mutate::mutate;
use tenseur_conformance::suite;

static GRAPHS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    suite::unpack(suite::BUILT_IN).unwrap().into_values().map(|files| files.graph).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_changed_graph_never_makes_it_panic(case in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let _ = exercise(&mutate(case.get::<Vec<u8>>(&GRAPHS), seed), seed, Duration::from_millis(500));
    }
}
