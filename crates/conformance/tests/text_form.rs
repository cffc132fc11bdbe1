//! Every graph of the suite goes through the text form and comes back byte for byte.

use tenseur::Graph;
use tenseur::formats::text_format::{GRAPH_DEF, parse, print};
use tenseur_conformance::suite;

#[test]
fn every_graph_of_the_suite_survives_as_text() {
    let cases = suite::unpack(suite::BUILT_IN).unwrap();
    assert_eq!(cases.len(), 530);
    let mut refused = Vec::new();
    for (name, files) in &cases {
        let text = match print(&GRAPH_DEF, &files.graph) {
            Ok(text) => text,
            Err(error) => {
                assert!(Graph::from_graph_def(&files.graph).is_err(), "{name}: {error}");
                refused.push(name.as_str());
                continue;
            }
        };
        let again = parse(&GRAPH_DEF, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(again == files.graph, "{name} changed");
        if let Ok(graph) = Graph::from_graph_def(&files.graph) {
            assert!(graph.as_graph_def_text().unwrap() == text, "{name}: the graph has another text");
        }
    }
    // Those are no messages at all.
    assert_eq!(refused, ["error_load_not_a_protobuf", "error_load_truncated_file"]);
}
