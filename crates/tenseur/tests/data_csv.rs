//! CSV files: what is found out of a file, what can be forced, what each error says, and that no bytes make it panic.

use std::io::Write;

use proptest::prelude::*;
use tenseur::data::csv::{self, Options, Task};
use tenseur::data::{Dataset, Encoding, Inputs, Table, Target};
use tenseur::{Array, array};

fn read(text: &str) -> Dataset {
    read_with(text, &Options::default())
}

fn read_with(text: &str, options: &Options) -> Dataset {
    csv::parse(text.as_bytes(), &"f.csv", options).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    refused_with(text, &Options::default())
}

fn refused_with(text: &str, options: &Options) -> String {
    csv::parse(text.as_bytes(), &"f.csv", options).unwrap_err().to_string()
}

fn table(encoding: &Encoding) -> &Table {
    match &encoding.inputs {
        Inputs::Table(table) => table,
        Inputs::Image { .. } => panic!("a CSV file is a table"),
    }
}

fn target(text: &str) -> Options {
    Options { target: Some(text.into()), ..Options::default() }
}

const FRUIT: &str = "weight,colour,width,fruit\n150,red,7.5,apple\n170,green,6,pear\n140,green,7,apple\n";

#[test]
fn numbers_stay_text_becomes_categories_and_the_last_column_is_the_target() {
    let fruit = read(FRUIT);
    assert_eq!(fruit.encoding().feature_names(), ["weight", "colour=green", "colour=red", "width"]);
    assert_eq!(
        *fruit.features(),
        array![[150.0, 0.0, 1.0, 7.5], [170.0, 1.0, 0.0, 6.0], [140.0, 1.0, 0.0, 7.0]]
    );
    assert_eq!(*fruit.targets(), array![0, 1, 0]);
    let classes = Target::Classes { name: "fruit".into(), classes: vec!["apple".into(), "pear".into()] };
    assert_eq!(fruit.encoding().target, classes);
}

#[test]
fn another_target_is_found_by_name_or_number() {
    for wanted in ["weight", "1"] {
        let fruit = read_with(FRUIT, &target(wanted));
        assert_eq!(
            fruit.encoding().feature_names(),
            ["colour=green", "colour=red", "width", "fruit=apple", "fruit=pear"]
        );
        assert_eq!(*fruit.targets(), array![[150.0], [170.0], [140.0]]);
    }
    // A name goes before a number.
    assert_eq!(
        read_with("2,b\n0.5,1\n0.25,2\n", &Options { header: Some(true), ..target("2") }).encoding().target,
        Target::Values { names: vec!["2".into()], scaling: None }
    );
    assert_eq!(
        refused_with(FRUIT, &target("colr")),
        "f.csv: there is no column \"colr\"; the columns are weight, colour, width, fruit, or a number from 1 to 4"
    );
    assert!(refused_with(FRUIT, &target("0")).contains("there is no column \"0\""));
    assert!(refused_with(FRUIT, &target("5")).contains("a number from 1 to 4"));
}

#[test]
fn a_header_is_told_from_data() {
    let header = |text: &str| {
        let dataset = read(text);
        (table(dataset.encoding()).header, dataset.len())
    };
    // All numbers: data. No number: a header. Text above numbers: a header.
    assert_eq!(header("1,2\n3,4\n5,6.5\n"), (false, 3));
    assert_eq!(header("a,b\n3,4\n5,6.5\n"), (true, 2));
    assert_eq!(header("name,2019,2020\nx,3,4\ny,5,6.5\n"), (false, 3));
    assert_eq!(header("id,2019,2020\n1,3,4\n2,5,6.5\n"), (true, 2));
    // The same kinds as the second line: data, as in the files of the UCI repository.
    assert_eq!(header("5.1,3.5,setosa\n6.2,3,virginica\n"), (false, 2));
    let iris = read("5.1,3.5,setosa\n6.2,3,virginica\n");
    assert_eq!(iris.encoding().feature_names(), ["column 1", "column 2"]);
    // Forced, either way.
    let forced = |text, header| read_with(text, &Options { header: Some(header), ..Options::default() });
    assert_eq!(forced("1,2\n3,4\n5,6.5\n", true).encoding().feature_names(), ["1"]);
    assert_eq!(forced("a,b\nc,d\n", false).len(), 2);
}

#[test]
fn separators_space_marks_blank_lines_and_line_ends_do_not_matter() {
    let plain = read(FRUIT);
    for separator in [";", "\t", "|"] {
        assert_eq!(read(&FRUIT.replace(',', separator)), plain, "{separator:?}");
    }
    assert_eq!(read(&FRUIT.replace(',', " , ")), plain);
    assert_eq!(read(&FRUIT.replace('\n', "\r\n")), plain);
    assert_eq!(read(&FRUIT.replace('\n', "\n\n")), plain);
    assert_eq!(read(&format!("\u{feff}{FRUIT}  \n")), plain);
    assert_eq!(read(FRUIT.trim_end()), plain);
    assert_eq!(read(&FRUIT.replace("red", "\"red\"")), plain);
    let forced = Options { separator: Some(b':'), ..Options::default() };
    assert_eq!(read_with(&FRUIT.replace(',', ":"), &forced), plain);
    let quoted = read("\"size, in cm\",\"a \"\"b\"\"\"\n1.5,x\n2.5,\"y, z\"\n");
    assert_eq!(quoted.encoding().feature_names(), ["size, in cm"]);
    assert_eq!(quoted.encoding().classes(), ["x", "y, z"]);
    let wrong = Options { separator: Some(b'\n'), ..Options::default() };
    assert_eq!(refused_with(FRUIT, &wrong), "the byte 0x0a cannot separate cells");
}

#[test]
fn gzipped_files_are_read_and_a_damaged_one_is_refused() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(FRUIT.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fruit.csv"); // Its name does not say that it is packed.
    std::fs::write(&path, &packed).unwrap();
    let fruit = csv::read(&path, &Options::default()).unwrap();
    assert_eq!(fruit, read(FRUIT));
    assert_eq!(csv::read_as(&path, fruit.encoding(), &Options::default()).unwrap(), fruit);
    let features = csv::read_features(&path, fruit.encoding(), &Options::default()).unwrap();
    assert_eq!(features, *fruit.features());
    let error = csv::parse(&packed[..packed.len() / 2], &"f.csv", &Options::default()).unwrap_err();
    assert!(error.message().starts_with("f.csv: the gzip data is damaged or cut short after "), "{error}");
    let missing = csv::read(folder.path().join("none.csv"), &Options::default()).unwrap_err();
    assert!(missing.message().contains("none.csv: cannot be read: "), "{missing}");
}

fn column(values: impl IntoIterator<Item = f64>) -> String {
    values.into_iter().map(|value| format!("0.5,{value}\n")).collect()
}

#[test]
fn few_whole_numbers_are_classes_and_others_are_numbers() {
    let classes = |text: &str| read(text).encoding().classes().to_vec();
    assert_eq!(classes(&column([0.0, 1.0])), ["0", "1"]);
    assert_eq!(classes(&column([10.0, 9.0, -1.0, 9.0, 10.0, 10.0])), ["-1", "9", "10"]);
    // A value each, a fraction among them, or too many different ones: a number to tell.
    assert!(classes(&column([1.0, 2.0, 3.0])).is_empty());
    assert!(classes(&column([0.0, 1.0, 0.5, 0.0, 1.0])).is_empty());
    assert_eq!(classes(&column((0..60).map(|i| f64::from(i % 20)))).len(), 20);
    assert!(classes(&column((0..63).map(|i| f64::from(i % 21)))).is_empty());
    // Whole numbers are one class however they are written.
    let text = "0.5,1\n0.5,1.0\n0.5,2\n0.5,2e0\n";
    assert_eq!(*read(text).targets(), array![0, 0, 1, 1]);
}

#[test]
fn the_task_can_be_forced() {
    let task = |task| Options { task: Some(task), ..Options::default() };
    assert_eq!(*read_with(&column([0.0, 1.0]), &task(Task::Regress)).targets(), array![[0.0], [1.0]]);
    let fractions = read_with(&column([0.5, 1.5, 0.5]), &task(Task::Classify));
    assert_eq!(fractions.encoding().classes(), ["0.5", "1.5"]);
    assert_eq!(
        refused_with(FRUIT, &task(Task::Regress)),
        "f.csv: 3 values in columns of numbers are not numbers that a float32 can hold:\n  \
         line 2, column 4 (\"fruit\"): \"apple\"\n  \
         line 3, column 4 (\"fruit\"): \"pear\"\n  \
         line 4, column 4 (\"fruit\"): \"apple\"\n  \
         hint: the target is to be a number in each line"
    );
    assert_eq!(
        refused("a,b\n1,x\n2,x\n"),
        "f.csv: column 2 (\"b\"), the target, is \"x\" in every line: there is nothing to tell apart"
    );
    assert_eq!(
        refused("a,b\n1,2\n2,1\n3,3\n4,x\n"),
        "f.csv: 1 value in a column of numbers is not a number that a float32 can hold:\n  \
         line 5, column 2 (\"b\"): \"x\"\n  \
         hint: if the target is classes, say so; else correct them or take their lines out"
    );
}

#[test]
fn columns_can_be_left_out_or_taken_as_text() {
    let options = Options { ignore: vec!["weight".into(), "2".into()], ..Options::default() };
    assert_eq!(read_with(FRUIT, &options).encoding().feature_names(), ["width"]);
    let options = Options { text: vec!["weight".into()], ..Options::default() };
    let names = read_with(FRUIT, &options).encoding().feature_names();
    assert_eq!(names[..3], ["weight=140", "weight=150", "weight=170"]);
    // A column that is left out may hold anything.
    let odd = "id,x,y\n,1.5,a\nNA,2,b\n7,3,a\n";
    assert_eq!(read_with(odd, &Options { ignore: vec!["id".into()], ..Options::default() }).len(), 3);
    let ignored = |names: &[&str]| Options {
        ignore: names.iter().map(|name| name.to_string()).collect(),
        ..Options::default()
    };
    assert_eq!(
        refused_with(FRUIT, &ignored(&["fruit"])),
        "f.csv: column 4 (\"fruit\") is the target and cannot be left out"
    );
    assert_eq!(
        refused_with(FRUIT, &ignored(&["1", "2", "3"])),
        "f.csv: there is no column to learn from besides column 4 (\"fruit\"), the target"
    );
    assert_eq!(refused("1\n2\n"), "f.csv: there is no column to learn from besides column 1, the target");
}

#[test]
fn missing_values_are_told_in_one_error() {
    assert_eq!(
        refused("a,b,c\n1,,x\n?,2,y\n3,null,NA\n4,5,n/a\n6,NaN,z\n"),
        "f.csv: 6 values are missing:\n  \
         line 2, column 2 (\"b\"): empty\n  \
         line 3, column 1 (\"a\"): \"?\"\n  \
         line 4, column 2 (\"b\"): \"null\"\n  \
         line 4, column 3 (\"c\"): \"NA\"\n  \
         line 5, column 3 (\"c\"): \"n/a\"\n  \
         line 6, column 2 (\"b\"): \"NaN\"\n  \
         hint: fill them in, take those lines out, or leave their columns out"
    );
    let many = format!("1,2\n{}", "3,\n".repeat(12));
    let text = refused(&many);
    assert!(
        text.starts_with("f.csv: 12 values are missing; the first 10:\n  line 2, column 2: empty\n"),
        "{text}"
    );
    assert!(text.contains("line 11, column 2: empty\n  hint: ") && !text.contains("line 12"), "{text}");
    assert!(refused("1,2\n3,\n").starts_with("f.csv: 1 value is missing:\n  line 2, column 2: empty"));
}

#[test]
fn the_first_ten_of_several_columns_are_the_first_in_the_file() {
    // Twelve in the second column, then some in the first: the list goes by line.
    let text = format!("{}{}", "1,,0\n".repeat(12), ",1,0\n".repeat(3));
    assert!(refused(&text).contains("15 values are missing; the first 10:\n  line 1, column 2: empty"));
    let text = format!("{}{}", ",1,0\n".repeat(3), "1,,0\n".repeat(12));
    let error = refused(&text);
    assert!(error.contains("the first 10:\n  line 1, column 1: empty"), "{error}");
    assert!(error.contains("line 10, column 2: empty\n  hint"), "{error}");
}

#[test]
fn mistakes_among_numbers_are_told_by_line() {
    let long = "x".repeat(50);
    assert_eq!(
        refused(&format!("a,b\n1,x\n2,y\n3,x\n4O,y\n\n1e39,x\n5,y\n6,x\n{long},y\ninf,x\n7,y\n")),
        format!(
            "f.csv: 4 values in columns of numbers are not numbers that a float32 can hold:\n  \
             line 5, column 1 (\"a\"): \"4O\"\n  \
             line 7, column 1 (\"a\"): \"1e39\"\n  \
             line 10, column 1 (\"a\"): \"{}\"…\n  \
             line 11, column 1 (\"a\"): \"inf\"\n  \
             hint: read them as text, or leave their columns out",
            &long[..40]
        )
    );
    // Half numbers, half text: text.
    let mixed = read("a,b\n1,x\nC2,y\n");
    assert_eq!(mixed.encoding().feature_names(), ["a=1", "a=C2"]);
}

#[test]
fn lines_of_another_length_are_told() {
    assert_eq!(
        refused("a,b\n1,x\n2\n\n\"3\n3\",y,z\n4,x\n"),
        "f.csv: 2 lines are not as long as the first, which has 2 values:\n  \
         line 3: 1 value\n  \
         line 5: 3 values"
    );
    assert_eq!(
        refused("a,b\r\n1,x\r\n2,\r\n3,y,\r\n"),
        "f.csv: 1 line is not as long as the first, which has 2 values:\n  line 4: 3 values"
    );
}

#[test]
fn what_is_not_text_in_utf_8_is_told() {
    let bytes = |bytes: &[u8]| csv::parse(bytes, &"f.csv", &Options::default()).unwrap_err().to_string();
    assert_eq!(
        bytes(b"a,b\n1,caf\xe9\n"),
        "f.csv: line 2: the byte 0xe9 is not UTF-8 text\n  hint: save the file as UTF-8"
    );
    assert_eq!(bytes(b"\xff\xfea\0,\0"), "f.csv: the file is UTF-16\n  hint: save it as UTF-8");
}

#[test]
fn files_without_data_are_told() {
    for empty in ["", "\n\r\n", "   \n", "\u{feff}"] {
        assert_eq!(refused(empty), "f.csv: the file is empty", "{empty:?}");
    }
    assert_eq!(refused("a,b\n"), "f.csv: there is a header and no line of data");
    assert_eq!(refused("a,b,a\n1,2,3\n"), "f.csv: columns 1 and 3 are both named \"a\"");
}

#[test]
fn names_of_examples_are_not_categories() {
    let rows = |count: usize, cell: &dyn Fn(usize) -> String| (0..count).map(cell).collect::<String>();
    let people = format!("name,age\n{}", rows(257, &|i| format!("person {i},{i}.5\n")));
    assert_eq!(
        refused(&people),
        "f.csv: column 1 (\"name\") is text with more than 256 different ones\n  \
         hint: leave the column out: each text would become a feature"
    );
    assert_eq!(read(&people.replace("person 256", "person 0")).encoding().feature_count(), 256);
    let titles = format!("age,title\n{}", rows(1001, &|i| format!("{i},title {i}\n")));
    assert_eq!(
        refused(&titles),
        "f.csv: column 2 (\"title\"), the target, has more than 1000 classes\n  \
         hint: choose another target column, or tell a number"
    );
}

fn read_as(text: &str, encoding: &Encoding) -> Result<Dataset, String> {
    csv::parse_as(text.as_bytes(), &"new.csv", encoding, &Options::default())
        .map_err(|error| error.to_string())
}

fn features(text: &str, encoding: &Encoding) -> Result<Array, String> {
    csv::parse_features(text.as_bytes(), &"new.csv", encoding, &Options::default())
        .map_err(|error| error.to_string())
}

#[test]
fn new_data_is_found_by_name_in_any_order_and_scaled_as_the_old() {
    let fruit = read(FRUIT);
    let fruit = fruit.scaled(&fruit.standard_scaling().unwrap()).unwrap();
    let encoding = fruit.encoding();
    let again = "fruit,price,width,colour,weight\napple,1,7.5,red,150\n";
    let dataset = read_as(again, encoding).unwrap();
    assert_eq!(dataset, fruit.select(&[0]).unwrap());
    assert_eq!(features(again, encoding).unwrap(), *dataset.features());
    assert_eq!(features("weight,colour,width\n150,red,7.5\n", encoding).unwrap(), *dataset.features());
    // One class is enough to judge by, and a line without a number still is a header if it names the columns.
    assert_eq!(read_as("fruit,weight,width,colour\npear,1,2,red\n", encoding).unwrap().len(), 1);
}

#[test]
fn without_names_columns_are_found_by_their_place() {
    let points = read("1,2.5,red,0\n2,0.5,blue,1\n");
    let points_encoding = points.encoding();
    assert_eq!(read_as("1,2.5,red,0\n", points_encoding).unwrap(), points.select(&[0]).unwrap());
    let expected = points.select(&[1]).unwrap();
    assert_eq!(features("2,0.5,blue\n", points_encoding).unwrap(), *expected.features());
    assert_eq!(features("2,0.5,blue,?\n", points_encoding).unwrap(), *expected.features());
    assert_eq!(
        read_as("2,0.5,blue\n", points_encoding).unwrap_err(),
        "new.csv: there are 3 columns and the training file had 4; without names in a first line they must be the same"
    );
    assert_eq!(
        features("2,0.5\n", points_encoding).unwrap_err(),
        "new.csv: there are 2 columns and the training file had 4, the target among them; without names in a first \
         line they must be the same"
    );
    // The target first: what follows it moves up by one where it is left out.
    let first = read_with("0,1,2.5\n1,2,0.5\n", &target("1"));
    assert_eq!(features("2,0.5\n", first.encoding()).unwrap(), array![[2.0, 0.5]]);
    assert_eq!(features("1,2,0.5\n", first.encoding()).unwrap(), array![[2.0, 0.5]]);
}

#[test]
fn new_data_that_does_not_fit_is_refused() {
    let fruit = read(FRUIT);
    let encoding = fruit.encoding();
    assert_eq!(
        features("weight,hue\n1,red\n", encoding).unwrap_err(),
        "new.csv: the columns \"colour\", \"width\" are missing, which the model was trained on; the columns are \
         weight, hue"
    );
    assert_eq!(
        read_as("weight,colour,width\n1,red,2\n", encoding).unwrap_err(),
        "new.csv: the column \"fruit\" is missing, which the model was trained on; the columns are weight, colour, \
         width"
    );
    let unseen = "weight,colour,width\n1,red,2\n1,blue,2\n2,pink,3\n";
    assert_eq!(
        features(unseen, encoding).unwrap_err(),
        "new.csv: 2 texts were not met in their columns at learning:\n  \
         line 3, column 2 (\"colour\"): \"blue\"\n  \
         line 4, column 2 (\"colour\"): \"pink\"\n  \
         hint: train on data that has them, or allow unseen categories: they become zeros"
    );
    let allowed = Options { allow_unseen: true, ..Options::default() };
    let zeros = csv::parse_features(unseen.as_bytes(), &"new.csv", encoding, &allowed).unwrap();
    assert_eq!(zeros, array![[1.0, 0.0, 1.0, 2.0], [1.0, 0.0, 0.0, 2.0], [2.0, 0.0, 0.0, 3.0]]);
    assert_eq!(
        read_as("weight,colour,width,fruit\n1,red,2,plum\n", encoding).unwrap_err(),
        "new.csv: 1 class was not met at learning, where there were apple, pear:\n  \
         line 2, column 4 (\"fruit\"): \"plum\""
    );
    assert!(
        features("weight,colour,width\n1,red,\n", encoding)
            .unwrap_err()
            .starts_with("new.csv: 1 value is miss")
    );
    assert_eq!(
        features("weight,colour,width\nheavy,red,2\n", encoding).unwrap_err(),
        "new.csv: 1 value in a column of numbers is not a number that a float32 can hold:\n  \
         line 2, column 1 (\"weight\"): \"heavy\"\n  \
         hint: the model was trained on numbers there"
    );
    assert_eq!(
        features("1,2\n", tenseur::data::digits().encoding()).unwrap_err(),
        "new.csv: the model was trained on images and this is a table"
    );
}

#[test]
fn a_damaged_encoding_is_refused() {
    let mut encoding = read("1,2.5,0\n2,0.5,1\n").encoding().clone();
    let Inputs::Table(table) = &mut encoding.inputs else { panic!("a CSV file is a table") };
    table.columns[0].index = 9;
    assert_eq!(features("1,2,3\n", &encoding).unwrap_err(), "the encoding has a column beyond its own width");
}

/// Cells that are likely to be taken for something.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<i8>().prop_map(|number| number.to_string()),
        2 => any::<f32>().prop_map(|number| number.to_string()),
        2 => "[a-c]",
        1 => "[ \"';,\t\r\n|é?]{0,4}",
        1 => Just("NA".to_string()),
    ]
}

/// Options that name columns there may or may not be.
fn options() -> impl Strategy<Value = Options> {
    let column = || prop_oneof![Just("1".to_string()), Just("3".to_string()), "[a-c]"];
    let task = prop_oneof![Just(Task::Classify), Just(Task::Regress)];
    (
        proptest::option::of(column()),
        proptest::option::of(any::<bool>()),
        proptest::option::weighted(0.2, any::<u8>()),
        proptest::option::of(task),
        proptest::collection::vec(column(), 0..2),
        proptest::collection::vec(column(), 0..2),
    )
        .prop_map(|(target, header, separator, task, text, ignore)| Options {
            target,
            header,
            separator,
            task,
            text,
            ignore,
            allow_unseen: false,
        })
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), options in options()) {
        let _ = csv::parse(&bytes, &"f.csv", &options);
        let encoding = read(FRUIT).encoding().clone();
        let _ = csv::parse_features(&bytes, &"f.csv", &encoding, &options);
    }

    #[test]
    fn what_was_learned_reads_the_same_file_again(
        rows in proptest::collection::vec(proptest::collection::vec(cell(), 3), 1..12),
        options in options(),
        cut in any::<proptest::sample::Index>(),
    ) {
        let text: String = rows.iter().map(|row| row.join(",") + "\n").collect();
        if let Ok(dataset) = csv::parse(text.as_bytes(), &"f.csv", &options) {
            let header = Some(table(dataset.encoding()).header);
            let options = Options { header, ..options.clone() };
            let again = csv::parse_as(text.as_bytes(), &"f.csv", dataset.encoding(), &options).unwrap();
            prop_assert_eq!(&again, &dataset);
            let features = csv::parse_features(text.as_bytes(), &"f.csv", dataset.encoding(), &options).unwrap();
            prop_assert_eq!(&features, dataset.features());
            prop_assert!(dataset.features().to_f64().unwrap().iter().all(|value| value.is_finite()));
            let json = serde_json::to_string(dataset.encoding()).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Encoding>(&json).unwrap(), dataset.encoding());
        }
        let _ = csv::parse(&text.as_bytes()[..cut.index(text.len())], &"f.csv", &options);
    }

    #[test]
    fn the_numbers_of_a_table_come_back(rows in proptest::collection::vec(any::<[f32; 3]>(), 2..20)) {
        let rows: Vec<[f32; 3]> =
            rows.into_iter().filter(|row| row.iter().all(|value| value.is_finite())).collect();
        prop_assume!(!rows.is_empty());
        let text: String = rows.iter().map(|[a, b, c]| format!("{a},{b},{c}\n")).collect();
        let options = Options { task: Some(Task::Regress), ..Options::default() };
        let dataset = csv::parse(text.as_bytes(), &"f.csv", &options).unwrap();
        let features: Vec<f32> = rows.iter().flat_map(|[a, b, _]| [*a, *b]).collect();
        prop_assert_eq!(dataset.features().as_slice::<f32>().unwrap(), features);
        let targets: Vec<f32> = rows.iter().map(|row| row[2]).collect();
        prop_assert_eq!(dataset.targets().as_slice::<f32>().unwrap(), targets);
    }
}
