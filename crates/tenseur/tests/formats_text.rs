//! Graphs as protobuf text: what TensorFlow wrote is read, and nothing is lost on the way there and back.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use prost::Message;
use tenseur::formats::proto::{Attr, AttrValue, GraphDef, MetaGraphDef, NodeDef, SavedModel, TensorProto};
use tenseur::formats::text_format::{GRAPH_DEF, META_GRAPH_DEF, MessageType, SAVED_MODEL, parse, print};
use tenseur::prelude::*;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The binary and the text file are the same message, and so is the binary's text, which loses not one byte.
fn agrees<M: Message + Default + PartialEq>(message: &MessageType, binary: &str, text: &str) {
    let bytes = fs::read(data(binary)).unwrap();
    let theirs = parse(message, &fs::read_to_string(data(text)).unwrap()).unwrap();
    assert!(M::decode(theirs.as_slice()).unwrap() == M::decode(bytes.as_slice()).unwrap(), "{text}");
    let ours = print(message, &bytes).unwrap();
    assert!(!ours.contains('#'), "{binary} has a field that the table has not: {ours}");
    assert!(parse(message, &ours).unwrap() == bytes, "{binary} changed");
}

#[test]
fn texts_that_tensorflow_wrote_are_the_messages_that_it_wrote() {
    agrees::<GraphDef>(&GRAPH_DEF, "graph/training.pb", "graph/training.pbtxt");
    agrees::<MetaGraphDef>(&META_GRAPH_DEF, "graph/reference.meta", "graph/reference.meta.pbtxt");
    // In this one every field of every message is set.
    agrees::<SavedModel>(&SAVED_MODEL, "proto/saved_model.pb", "proto/saved_model.pbtxt");
}

#[test]
fn our_text_is_tensorflows_line_by_line() {
    for (message, name) in
        [(&GRAPH_DEF, "graph/training.pbtxt"), (&META_GRAPH_DEF, "graph/reference.meta.pbtxt")]
    {
        let theirs = fs::read_to_string(data(name)).unwrap();
        assert_eq!(print(message, &parse(message, &theirs).unwrap()).unwrap(), theirs, "{name}");
    }
}

#[test]
fn a_graph_has_a_text_and_the_text_is_the_graph() {
    let graph = Graph::from_graph_def(&fs::read(data("graph/training.pb")).unwrap()).unwrap();
    let text = graph.as_graph_def_text().unwrap();
    let again = Graph::from_graph_def_text(&text).unwrap();
    assert!(again.as_graph_def().unwrap() == graph.as_graph_def().unwrap());
    assert_eq!(again.as_graph_def_text().unwrap(), text);
}

fn node(text: &str) -> NodeDef {
    let bytes =
        parse(&GRAPH_DEF, &format!("node {{ {text} }}")).unwrap_or_else(|error| panic!("{text}: {error}"));
    GraphDef::decode(bytes.as_slice()).unwrap().node.remove(0)
}

fn attr(text: &str) -> Attr {
    let node = node(&format!("attr {{ key: 'a' value {{ {text} }} }}"));
    node.attr["a"].value.clone().unwrap()
}

#[test]
fn all_spellings_of_the_text_form_are_read() {
    let plain = node("name: \"x\" op: \"Add\" input: \"a\" input: \"b\"");
    for spelling in [
        "name:'x'op:'Add'input:'a'input:'b'",
        "# a comment\nname: 'x', op: 'Add'; input: ['a', 'b'] # another\n",
        "name: 'x' op: \"A\" 'd' # in pieces\n \"d\" input: 'a' input: ['b'] input: []",
        "\tname : '\\170' op: 'A\\x64\\u0064' input: '\\141' input: \"\\U00000062\"",
    ] {
        assert_eq!(node(spelling), plain, "{spelling}");
    }
    assert_eq!(attr("type: DT_INT32"), Attr::Type(3));
    assert_eq!(attr("type: 3"), Attr::Type(3));
    assert_eq!(attr("type: 777"), Attr::Type(777));
    for (text, value) in
        [("-0x10", -16), ("017", 15), ("- 3", -3), ("0", 0), ("9223372036854775807", i64::MAX)]
    {
        assert_eq!(attr(&format!("i: {text}")), Attr::I(value), "{text}");
    }
    for (text, value) in
        [("1", 1.0), ("1.5f", 1.5), ("-.5", -0.5), ("2.", 2.0), ("1E-3", 1e-3), ("1e+3", 1e3)]
    {
        assert_eq!(attr(&format!("f: {text}")), Attr::F(value), "{text}");
    }
    assert_eq!(attr("f: -inf"), Attr::F(f32::NEG_INFINITY));
    assert_eq!(attr("f: Infinity"), Attr::F(f32::INFINITY));
    assert!(matches!(attr("f: nan"), Attr::F(value) if value.is_nan() && value.is_sign_positive()));
    assert!(matches!(attr("f: -nan"), Attr::F(value) if value.is_nan() && value.is_sign_negative()));
    for (text, value) in [("true", true), ("False", false), ("t", true), ("0", false)] {
        assert_eq!(attr(&format!("b: {text}")), Attr::B(value), "{text}");
    }
    assert_eq!(
        attr("s: '\\a\\b\\f\\n\\r\\t\\v\\?\\'\\\"\\\\\\0\\377é'"),
        Attr::S(b"\x07\x08\x0c\n\r\t\x0b?'\"\\\0\xff\xc3\xa9".to_vec())
    );
    let Attr::List(list) = attr("list < i: [1, 2] type: [DT_FLOAT] i: 3 shape: { dim { size: -1 } } >")
    else {
        panic!()
    };
    assert_eq!((list.i, list.r#type, list.shape[0].dim[0].size), (vec![1, 2, 3], vec![1], -1));
    // A message of any type, in full.
    let text = "meta_info_def { any_info { [type.googleapis.com/tensorflow.GraphDef] { version: 3 } } }";
    let meta = MetaGraphDef::decode(parse(&META_GRAPH_DEF, text).unwrap().as_slice()).unwrap();
    let any = meta.meta_info_def.unwrap().any_info.unwrap();
    assert_eq!(any.type_url, "type.googleapis.com/tensorflow.GraphDef");
    assert_eq!(GraphDef::decode(any.value.as_slice()).unwrap().version, 3);
}

#[test]
fn mistakes_are_refused_at_their_line_and_column() {
    let deep = "node { attr { key: 'a' value { func { attr { key: 'b' value ".to_string()
        + &"{ func { attr { key: 'b' value ".repeat(40);
    let cases = [
        (
            "node {\n  nam: 'x'\n}",
            "line 2, column 3: a tensorflow.NodeDef has no field \"nam\"; there is \"name\"",
        ),
        (
            "node {\n  name: 'x'",
            "line 2, column 12: there should be the name of a field or \"}\", and there is the end",
        ),
        ("node { name 'x' }", "line 1, column 13: there should be a \":\" after \"name\""),
        ("node { name: x }", "line 1, column 14: there should be a string, and there is \"x\""),
        ("node { name: 'x }", "line 1, column 14: the string has no end on its line"),
        ("node { name: 'x\n' }", "the string has no end on its line"),
        ("node { name: '\\q' }", "line 1, column 15: a string cannot have this escape"),
        ("node { name: '\\777' }", "a string cannot have this escape"),
        ("node { name: '\\377' }", "\"name\" is text, and these bytes are not UTF-8"),
        (
            "node { name: 'x' name: 'y' }",
            "line 1, column 18: a tensorflow.NodeDef has one \"name\", and this is another",
        ),
        ("node: 3", "line 1, column 7: there should be a \"{\", and there is \"3\""),
        ("node { ] }", "line 1, column 8: there should be the name of a field"),
        ("node } ", "line 1, column 6: there should be a \"{\""),
        ("version: 2147483648", "line 1, column 10: 2147483648 is not between -2147483648 and 2147483647"),
        ("version: 1.5", "there should be an integer, and there is \"1.5\""),
        ("version: 08", "there should be an integer"),
        ("version: '1'", "there should be an integer, and there is a string"),
        (
            "node { attr { value { type: DT_FLAOT } } }",
            "no tensorflow.DataType is called \"DT_FLAOT\"; there is \"DT_FLOAT\"",
        ),
        ("node { attr { value { b: yes } } }", "there should be true or false, and there is \"yes\""),
        ("node { attr { value { f: one } } }", "there should be a number, and there is \"one\""),
        (
            "node { attr { value { i: 1\n s: 'x' } } }",
            "line 2, column 2: a tensorflow.AttrValue has \"i\" or \"s\", and here are both",
        ),
        ("é: 1", "line 1, column 1: \"é\" has no meaning here"),
        ("node { name: 'é' op: ! }", "line 1, column 22: \"!\" has no meaning here"),
        ("node { attr { value { list { i: [1 2] } } } }", "there should be a \",\", and there is \"2\""),
        (deep.as_str(), "messages lie more than 100 deep in messages"),
    ];
    for (text, why) in cases {
        let error = parse(&GRAPH_DEF, text).unwrap_err();
        assert!(error.to_string().contains(why), "{error}\n  should say: {why}");
    }
}

#[test]
fn fields_that_are_not_known_are_told_and_bytes_that_are_no_message_refused() {
    // Field 99 of the node, a number, and field 98 of the graph, three bytes.
    let bytes = [&[10, 3, 0x98, 0x06, 7][..], &[0x92, 0x06, 3, 1, 2, 3]].concat();
    let text = print(&GRAPH_DEF, &bytes).unwrap();
    assert_eq!(
        text,
        "node {\n  # field 99, a number, is not known and left out\n}\n# field 98, 3 bytes, is not known and left out\n"
    );
    assert_eq!(parse(&GRAPH_DEF, &text).unwrap(), [10, 0]);

    let error = print(&GRAPH_DEF, &[10, 2, 10, 1]).unwrap_err();
    assert!(error.message().contains("they are damaged at tensorflow.GraphDef.node"), "{error}");
    let mut nested = AttrValue::default();
    for _ in 0..60 {
        let mut function = tenseur::formats::proto::NameAttrList::default();
        function.attr.insert("a".into(), nested);
        nested = AttrValue { value: Some(Attr::Func(function)) };
    }
    let mut node = NodeDef::default();
    node.attr.insert("a".into(), nested);
    assert!(
        print(&GRAPH_DEF, &GraphDef { node: vec![node], ..GraphDef::default() }.encode_to_vec()).is_err()
    );
}

#[test]
fn what_is_said_twice_is_taken_as_readers_of_bytes_take_it() {
    let graph = |text: &str| parse(&GRAPH_DEF, text).unwrap();
    // The same field in two messages joined end to end.
    let joined =
        [graph("version: 1 versions { producer: 5 }"), graph("version: 2 versions { min_consumer: 6 }")]
            .concat();
    let text = print(&GRAPH_DEF, &joined).unwrap();
    assert_eq!(text, "version: 2\nversions {\n  producer: 5\n  min_consumer: 6\n}\n");
    let value = |value: Attr| AttrValue { value: Some(value) }.encode_to_vec();
    let both = [value(Attr::I(1)), value(Attr::B(true))].concat();
    let wrapped = |inner: &[u8], number: u8| [&[number << 3 | 2, inner.len() as u8][..], inner].concat();
    let entry = [wrapped(b"a", 1), wrapped(&both, 2)].concat();
    let file = wrapped(&wrapped(&entry, 5), 1);
    let expected = GraphDef::decode(file.as_slice()).unwrap();
    assert_eq!(expected.node[0].attr["a"].value, Some(Attr::B(true)));
    let again = GraphDef::decode(graph(&print(&GRAPH_DEF, &file).unwrap()).as_slice()).unwrap();
    assert_eq!(again, expected);
}

fn tensor() -> impl Strategy<Value = TensorProto> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..20);
    let numbers = (
        prop::collection::vec(any::<f32>(), 0..5),
        prop::collection::vec(any::<f64>(), 0..5),
        prop::collection::vec(any::<i32>(), 0..5),
        prop::collection::vec(any::<i64>(), 0..5),
        prop::collection::vec(any::<u64>(), 0..5),
        prop::collection::vec(any::<bool>(), 0..5),
    );
    (any::<i32>(), bytes(), prop::collection::vec(bytes(), 0..4), numbers).prop_map(
        |(
            dtype,
            tensor_content,
            string_val,
            (float_val, double_val, int_val, int64_val, uint64_val, bool_val),
        )| {
            TensorProto {
                dtype,
                tensor_content,
                string_val,
                float_val,
                double_val,
                int_val,
                int64_val,
                uint64_val,
                bool_val,
                ..TensorProto::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_values_survive(name in "\\PC*", tensors in prop::collection::vec(tensor(), 0..4)) {
        let attr = tensors.into_iter().enumerate().map(|(i, tensor)| {
            (format!("{name}{i}"), AttrValue { value: Some(Attr::Tensor(Box::new(tensor))) })
        });
        let node = NodeDef { name: name.clone(), attr: attr.collect(), ..NodeDef::default() };
        let bytes = GraphDef { node: vec![node], ..GraphDef::default() }.encode_to_vec();
        let text = print(&GRAPH_DEF, &bytes).unwrap();
        prop_assert!(parse(&GRAPH_DEF, &text).unwrap() == bytes, "{}", text);
    }

    #[test]
    fn damage_does_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()) {
        let mut bytes = fs::read(data("proto/saved_model.pb")).unwrap();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Ok(text) = print(&SAVED_MODEL, &bytes) {
            parse(&SAVED_MODEL, &text).unwrap();
        }
        let text = fs::read_to_string(data("graph/training.pbtxt")).unwrap();
        let mut characters: Vec<char> = text.chars().take(3000).collect();
        for (at, byte) in &changes {
            let at = at.index(characters.len());
            characters[at] = char::from(*byte);
        }
        characters.truncate(cut.index(characters.len()));
        let _ = parse(&GRAPH_DEF, &characters.into_iter().collect::<String>());
    }
}
