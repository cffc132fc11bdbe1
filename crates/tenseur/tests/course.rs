//! The course's programs, run as a reader runs them: what they print and draw is true, and is what the documents quote.
//!
//! `cargo build -p tenseur --examples && UPDATE_COURSE=1 cargo test -p tenseur --test course` brings quotes and figures up
//! to date. The programs run with `TENSEUR_SIMD=portable`, which gives the same numbers on every machine. Measured times are left out of
//! every comparison: on a line what follows "measured:", in a figure the groups of class `measured`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

const DOCUMENTS: [&str; 2] = ["docs/course.md", "docs/cours.md"];
const BUILD: &str = "cargo build -p tenseur --examples (`cargo test` without --test does it too)";
const UPDATE: &str =
    "if the new one is right, bring it up to date: UPDATE_COURSE=1 cargo test -p tenseur --test course";

/// What a program printed, and the figures it drew.
struct Run {
    printed: String,
    figures: BTreeMap<String, String>,
}

static RUNS: LazyLock<BTreeMap<String, Result<Run, String>>> = LazyLock::new(run_all);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

/// The names of the course's programs.
fn programs() -> Vec<String> {
    let files = std::fs::read_dir(repository().join("examples")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with("course_"))
        .map(|name| name.trim_end_matches(".rs").to_string())
        .collect();
    names.sort();
    names
}

/// The compiled program, beside this test's own; it must be as new as what it was compiled from.
fn compiled(name: &str) -> Result<PathBuf, String> {
    let profile = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_path_buf();
    let program = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let age = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified());
    let built = age(&program).map_err(|_| format!("{name} is not compiled: {BUILD}"))?;
    // The file in which cargo notes what a program was compiled from: `program: source source …`.
    let sources = read(&program.with_extension("d"));
    let sources = sources.split_once(": ").unwrap().1.trim().replace("\\ ", "\0");
    for source in sources.split(' ').map(|source| source.replace('\0', " ")) {
        if age(Path::new(&source)).is_ok_and(|changed| changed > built) {
            return Err(format!("{name} is older than {source}: {BUILD}"));
        }
    }
    Ok(program)
}

/// Runs all programs, side by side.
fn run_all() -> BTreeMap<String, Result<Run, String>> {
    let start = |name: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(compiled(name)?);
        command
            .arg(folder.path())
            .env("TENSEUR_SIMD", "portable")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok((folder, command.spawn().map_err(|error| format!("{name}: {error}"))?))
    };
    let started: Vec<(String, Result<_, String>)> =
        programs().into_iter().map(|name| (name.clone(), start(&name))).collect();
    let finish = |(folder, child): (tempfile::TempDir, Child)| {
        let output = child.wait_with_output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let printed = String::from_utf8(output.stdout).unwrap();
        let drawn = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap());
        let figures =
            drawn.map(|file| (file.file_name().into_string().unwrap(), read(&file.path()))).collect();
        Ok(Run { printed, figures })
    };
    started.into_iter().map(|(name, running)| (name, running.and_then(finish))).collect()
}

fn run(name: &str) -> &'static Run {
    RUNS[name].as_ref().unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The text without what is measured.
fn without_times(text: &str) -> String {
    let line = |line: &str| line.split("measured:").next().unwrap_or_default().to_string();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The figure without what is measured.
fn without_measured(svg: &str) -> String {
    let mut parts = svg.split("<g class=\"measured\">");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |kept, part| kept + part.split_once("</g>").map_or("", |(_, rest)| rest))
}

/// Where a document quotes what a program prints.
fn quoted(document: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let mark = format!("<!-- {name} prints -->\n```text\n");
    let start = document.find(&mark)? + mark.len();
    Some(start..start + document[start..].find("```")?)
}

fn updating() -> bool {
    std::env::var_os("UPDATE_COURSE").is_some()
}

#[test]
fn documents_quote_what_the_programs_print_and_show_what_they_draw() {
    for path in DOCUMENTS {
        let file = repository().join(path);
        let mut document = read(&file);
        for name in programs() {
            let (name, run) = (&name, run(&name));
            let place = quoted(&document, name).unwrap_or_else(|| panic!("{path} does not quote {name}"));
            let old = &document[place.clone()];
            let printed = run.printed.trim_start_matches('\n');
            if without_times(old) != without_times(printed) {
                assert!(updating(), "{path} quotes of {name}\n{old}\nand it prints\n{printed}\n{UPDATE}");
                document.replace_range(place, printed);
            }
            for figure in run.figures.keys() {
                assert!(document.contains(&format!("](course/{figure})")), "{path} does not show {figure}");
            }
        }
        if updating() {
            std::fs::write(&file, document).unwrap();
        }
    }
}

#[test]
fn figures_are_those_that_the_programs_draw() {
    let folder = repository().join("docs/course");
    for name in programs() {
        for (file, drawn) in &run(&name).figures {
            let kept = std::fs::read_to_string(folder.join(file)).unwrap_or_default().replace("\r\n", "\n");
            if without_measured(&kept) != without_measured(drawn) {
                assert!(updating(), "docs/course/{file} is not what {name} draws; {UPDATE}");
                std::fs::write(folder.join(file), drawn).unwrap();
            }
        }
    }
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let drawn = programs().iter().any(|name| run(name).figures.contains_key(&file));
        assert!(drawn, "no program draws docs/course/{file}");
    }
}

#[test]
fn programs_are_a_page_long() {
    assert_eq!(programs().len(), 9);
    for name in programs() {
        let lines = read(&repository().join(format!("examples/{name}.rs"))).lines().count();
        let most = if name == "course_1_xor" { 30 } else { 80 };
        assert!(lines <= most, "{name} has {lines} lines, and a page has {most}");
    }
}

#[test]
fn the_readme_shows_the_first_program() {
    let program = read(&repository().join("examples/course_1_xor.rs"));
    let program = program.split_once("\n\n").unwrap().1;
    assert!(read(&repository().join("README.md")).contains(&format!("```rust\n{program}```")));
}

/// The numbers in a text, in order.
fn numbers(text: &str) -> Vec<f64> {
    let pieces = text.split(|c: char| !(c.is_ascii_digit() || ".e+-".contains(c)));
    pieces.filter_map(|piece| piece.parse().ok()).collect()
}

/// The first line that begins so, without its beginning and spaces.
fn line<'a>(text: &'a str, beginning: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.trim_start().strip_prefix(beginning));
    found.unwrap_or_else(|| panic!("no line begins with \"{beginning}\":\n{text}")).trim()
}

#[test]
fn course_1_a_perceptron_learns_and_and_or_and_a_hidden_layer_xor_too() {
    let printed = &run("course_1_xor").printed;
    let wanted = [0., 0., 0., 0., 1., 1., 0., 1., 1., 1., 1., 0.];
    let (perceptron, network) =
        (numbers(line(printed, "perceptron:")), numbers(line(printed, "hidden layer:")));
    assert_eq!((perceptron.len(), network.len()), (12, 12));
    for (number, want) in wanted.into_iter().enumerate() {
        assert!((network[number] - want).abs() < 0.05, "{network:?}");
        let is_xor = number % 3 == 2;
        let want = if is_xor { 0.5 } else { want };
        assert!((perceptron[number] - want).abs() < if is_xor { 0.01 } else { 0.2 }, "{perceptron:?}");
    }
}

#[test]
fn course_2_derivatives_are_the_closed_forms() {
    let run = run("course_2_transfer_functions");
    for name in ["ReLU", "sigmoid", "tanh", "PReLU", "leaky ReLU", "ELU", "softplus"] {
        let rows: Vec<&str> = run
            .printed
            .lines()
            .filter(|line| {
                line.trim_start()
                    .split(&[' ', ','][..])
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ")
                    .starts_with(name)
            })
            .collect();
        assert_eq!(rows.len(), 2, "a row of the table and one of the comparison: {rows:?}");
        assert!(rows[0].split("  ").filter(|column| !column.trim().is_empty()).count() >= 5, "{rows:?}");
        assert!(rows[1].split_whitespace().next_back().unwrap().parse::<f64>().unwrap() < 1e-11, "{rows:?}");
    }
    assert_eq!(run.figures["2_transfer_functions.svg"].matches("<path class=\"l1\" d=").count(), 8);
}

#[test]
fn course_3_alpha_learns_by_what_lies_below_0() {
    let printed = &run("course_3_prelu").printed;
    // The 0 is that of "min(0, x)".
    assert_eq!(numbers(line(printed, "one α per layer:   ∂f")), [-6.0, 0.0, -6.0]);
    assert_eq!(numbers(line(printed, "one α per channel: ∂f")), [-3.0; 4]);
    let (narrow, wide) = printed.split_once("layers of 32").unwrap();
    let gain = |part: &str, name: &str| {
        let found = numbers(line(part, &format!("{name} ")));
        assert_eq!(found.len(), 3, "accuracy, gain and its error: {found:?}");
        (found[1], found[2])
    };
    for sharing in ["one α per layer ", "one α per channel "] {
        let (small, error) = gain(narrow.split_once("layers of 8").unwrap().1, sharing);
        assert!(small > 2.0 * error, "eight units gain: {small} ± {error}");
        let (large, _) = gain(wide, sharing);
        assert!(large.abs() < 0.01 && large < small / 2.0, "thirty-two hardly do: {large}");
    }
    let alphas = printed.lines().filter(|line| line.contains("a layer's α:"));
    let learnt = alphas.map(|line| numbers(line.split_once(':').unwrap().1));
    assert!(learnt.flatten().filter(|alpha| (alpha - 0.25).abs() > 0.05).count() > 20, "{printed}");
}

#[test]
fn course_4_he_learns_where_xavier_stalls() {
    let printed = &run("course_4_initialisation").printed;
    let ends = |name: &str| {
        numbers(line(printed, name)).into_iter().filter(|n| n.fract() != 0.0).collect::<Vec<_>>()
    };
    let (xavier, he, leaky) = (ends("Xavier, α = 0"), ends("He, α = 0"), ends("He, α = ¼"));
    assert!((xavier[0] - 10f64.ln()).abs() < 0.01 && (xavier[1] - 10f64.ln()).abs() < 0.01, "{xavier:?}");
    assert!(he[1] < 0.5 && leaky[1] < 0.5, "{he:?} {leaky:?}");
    let table = printed.split_once("Variance").unwrap().1;
    let rows: Vec<Vec<f64>> = table.lines().map(numbers).filter(|row| row.len() == 4).collect();
    assert_eq!(
        rows.iter().map(|row| row[0]).collect::<Vec<_>>(),
        (1..=30).map(f64::from).collect::<Vec<_>>()
    );
    // Xavier's halves the variance in every layer; He's keeps it, but for chance.
    let fades = |column: usize| (rows[29][column] / rows[0][column]).powf(1.0 / 29.0);
    assert!(
        (fades(1) - 0.5).abs() < 0.1 && fades(2) > 0.8 && fades(3) > 0.8,
        "{} {} {}",
        fades(1),
        fades(2),
        fades(3)
    );
}

#[test]
fn course_5_a_cross_entropy_by_hand_is_stable() {
    let printed = &run("course_5_softmax").printed;
    let jacobian: Vec<Vec<f64>> = printed.lines().skip(2).take(3).map(numbers).collect();
    for row in &jacobian {
        assert_eq!(row.len(), 6, "three from the engine and three by the formula: {row:?}");
        assert_eq!(row[..3], row[3..]);
    }
    let cases: Vec<&str> = printed.split("[[").filter(|case| case.contains("by hand")).collect();
    assert_eq!(cases.len(), 6, "one-hot, soft and several labels, at ordinary and at saturated logits");
    for (number, case) in cases.into_iter().enumerate() {
        let (by_hand, formula) = (numbers(line(case, "by hand")), numbers(line(case, "σ·Σy − y")));
        assert!(by_hand.iter().all(|number| number.is_finite()) && by_hand.len() == 4, "{case}");
        assert_eq!(by_hand[1..], formula[formula.len() - 3..], "{case}");
        assert_eq!(by_hand[0], numbers(line(case, "fused"))[0], "{case}");
        assert_eq!(line(case, "step by step") == "NaN", number >= 3, "{case}");
    }
    let (before, after) = printed.split_once("The plan that is run").unwrap();
    assert!(before.contains("Softmax(a)") && before.contains("Log("), "{before}");
    assert!(after.contains("CrossEntropyLoss(a, y)") && !after.contains("Log("), "{after}");
}

#[test]
fn course_6_the_sum_steps_as_far_as_the_packet_is_large() {
    let printed = &run("course_6_descent").printed;
    // Examples an update, rate, updates, loss, noise.
    let row = |name: &str| -> [f64; 5] { numbers(line(printed, name)).try_into().unwrap() };
    let [online, packets, whole] = ["online  ", "by packets  ", "the whole set  "].map(row);
    assert_eq!([online[2], packets[2], whole[2]], [28_800.0, 900.0, 20.0]);
    assert!(online[3] < 0.1 && packets[3] < 0.1 && whole[3] > 1.0, "{printed}");
    assert!(online[4] > packets[4] && packets[4] > whole[4], "{printed}");
    assert!(printed.contains("the same bits: true"), "{printed}");
    let too_far = numbers(line(printed, "the whole set, 32η").trim_start_matches("32η"));
    assert!(too_far[3] > whole[3], "{printed}");
    assert!(run("course_6_descent").figures["6_descent.svg"].contains("class=\"measured\""));
}

#[test]
fn course_7_one_network_three_ways() {
    let run = run("course_7_three_representations");
    for part in ["w1 [3, 3]", "n₁⁽¹⁾ = relu(w₁₁⁽¹⁾·x + w₂₁⁽¹⁾·y + w₃₁⁽¹⁾·z + b₁⁽¹⁾)", "MatMul(data, w1)"]
    {
        assert!(run.printed.contains(part), "{part}: {}", run.printed);
    }
    assert_eq!(run.figures.len(), 3);
    assert_eq!(run.figures["7_neurons.svg"].matches("<circle").count(), 7);
    for part in ["Placeholder", "VariableV2", "float32 [?, 3]", "Sigmoid"] {
        assert!(run.figures["7_dataflow.svg"].contains(part), "{part}");
    }
}

#[test]
fn course_8_what_is_fed_what_is_kept_what_is_trained() {
    let printed = &run("course_8_placeholder_and_variable").printed;
    assert!(line(printed, "without a feed:").contains("placeholder \"x\" was not fed"), "{printed}");
    assert!(line(printed, "before it:").contains("read before it has been initialized"), "{printed}");
    assert_eq!(line(printed, "x = [1, 2, 3]:"), "y = [3, 6, 9]");
    assert_eq!(line(printed, "w ← w + 1:"), "y = [4, 8, 12]");
    assert!(
        printed.contains("trainable: w:0\n") && printed.contains("w = 10.000 and b = 0.000"),
        "{printed}"
    );
    for dtype in ["int32", "uint16", "float64", "string"] {
        assert!(printed.contains(dtype), "{dtype}: {printed}");
    }
    assert!(printed.ends_with("is of uint16 and was fed an array of float32\n"), "{printed}");
}

#[test]
fn course_9_the_digits_are_learnt() {
    let printed = &run("course_9_digits").printed;
    let rows: Vec<Vec<f64>> = printed.lines().map(numbers).collect();
    assert_eq!(rows.len(), 7, "{printed}");
    assert!(rows.windows(2).all(|two| two[1][1] < two[0][1]), "the loss falls: {printed}");
    assert!(rows[6][2] > 0.97, "{printed}");
}
