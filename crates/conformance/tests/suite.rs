//! The suite, and that it would notice: answers, types, shapes and errors that are falsified must fail.

use std::collections::BTreeMap;

use tenseur::formats::npz;
use tenseur::{Array, DType, array};
use tenseur_conformance::case::Case;
use tenseur_conformance::compare::compare;
use tenseur_conformance::suite::{self, Files};
use tenseur_conformance::{report, run};

fn cases() -> BTreeMap<String, Files> {
    suite::unpack(suite::BUILT_IN).unwrap()
}

#[test]
fn every_case_gives_tensorflows_answers_on_both_executors() {
    let cases = cases();
    assert_eq!(cases.len(), 530);
    let failures = report::run_all(&cases, &mut |_| {}).failures;
    assert!(failures.is_empty(), "{} cases fail:\n{failures:#?}", failures.len());
}

/// The first step and fetch of a case with an array for an answer, and the name of the array.
fn first_answer(case: &Case) -> Option<(usize, usize, String)> {
    let steps = case.steps.iter().enumerate().filter(|(_, step)| step.error.is_none());
    let mut fetches =
        steps.flat_map(|(s, step)| step.fetches.iter().enumerate().map(move |(f, it)| (s, f, it)));
    let (step, fetch, _) = fetches.find(|(_, _, fetch)| fetch.kind == "tensor" && fetch.string.is_none())?;
    Some((step, fetch, format!("e{step}__{fetch}")))
}

#[test]
fn a_falsified_case_fails() {
    let (mut answers, mut errors) = (0, 0);
    for (name, files) in cases().into_iter().step_by(5) {
        let case = run::read(&files).unwrap();
        let fails = |case: &Case, files: &Files, what: &str| {
            assert!(report::on_both(case, files).is_err(), "{name} passes with {what}");
        };
        if let Some((step, fetch, key)) = first_answer(&case).filter(|_| case.load_error.is_none()) {
            answers += 1;
            let arrays = npz::decode(&files.data).unwrap();
            let with = |array: Array| {
                let mut arrays = arrays.clone();
                arrays.insert(key.clone(), array);
                Files { data: npz::encode(&arrays).unwrap(), ..files.clone() }
            };
            let want = &arrays[&key];
            if !want.is_empty() {
                let mut bytes = want.bytes().unwrap().to_vec();
                // Another sign, exponent and truth: no tolerance allows it.
                let last = bytes.len() - 1;
                bytes[last] ^= if want.dtype() == DType::Bool { 1 } else { 0x45 };
                let other = Array::from_bytes(want.dtype(), want.shape().clone(), &bytes).unwrap();
                fails(&case, &with(other), "another answer");
            }
            let mut longer = want.shape().to_vec();
            longer.push(1);
            let longer = want.reshape(longer).unwrap();
            let mut told = case.clone();
            told.steps[step].fetches[fetch].shape = Some(longer.shape().to_vec());
            fails(&told, &with(longer), "another shape");
            let other = if want.dtype() == DType::Float32 { DType::Int32 } else { DType::Float32 };
            let mut told = case.clone();
            told.steps[step].fetches[fetch].dtype = Some(other.to_string());
            let zeros = Array::zeros(other, want.shape().clone()).unwrap();
            fails(&told, &with(zeros), "another type");
        }
        if let Some(step) =
            case.steps.iter().position(|step| step.error.is_some()).filter(|_| case.area == "error")
        {
            errors += 1;
            let mut none = case.clone();
            (none.load_error, none.steps[step].error) = (None, None);
            fails(&none, &files, "no error expected");
        }
    }
    assert!(answers > 50 && errors > 5, "{answers} answers and {errors} errors were falsified");
}

#[test]
fn an_error_of_another_kind_fails() {
    let files = &cases()["error_uninitialized_variable"];
    let case = run::read(files).unwrap();
    assert_eq!(report::on_both(&case, files), Ok(()));
    let text = String::from_utf8(files.case.clone()).unwrap();
    let other = Files { case: text.replace("FAILED_PRECONDITION", "OUT_OF_RANGE").into(), ..files.clone() };
    let what = report::on_both(&run::read(&other).unwrap(), &other).unwrap_err();
    assert!(what.contains("expected an error of kind OUT_OF_RANGE"), "{what}");
}

#[test]
fn a_graph_that_should_be_refused_and_loads_fails() {
    let cases = cases();
    let refused = run::read(&cases["error_uninitialized_variable"]).unwrap().steps;
    let files = &cases["op_atan"];
    let mut case = run::read(files).unwrap();
    case.load_error = refused.into_iter().find_map(|step| step.error);
    assert!(case.load_error.is_some());
    // With the run that it has, which might refuse it, and without any.
    for steps in [std::mem::take(&mut case.steps), Vec::new()] {
        case.steps = steps;
        let what = report::on_both(&case, files).unwrap_err();
        assert!(what.contains("expected an error of kind FAILED_PRECONDITION"), "{what}");
    }
}

#[test]
fn tolerance_nan_and_infinity() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let ok = |got: Array, want: Array| compare(&got, &want, 1e-3, 1e-6).is_ok();
    assert!(ok(array![1.0005, nan, inf, -0.0], array![1.0, nan, inf, 0.0]));
    assert!(ok(array![0.0000005], array![0.0]));
    assert!(!ok(array![1.002], array![1.0]));
    assert!(!ok(array![nan], array![1.0]) && !ok(array![1.0], array![nan]));
    assert!(!ok(array![inf], array![-inf]) && !ok(array![f32::MAX], array![inf]));
    assert!(!ok(array![1], array![2]) && !ok(array![1], array![1.0]) && !ok(array![[1.0]], array![1.0]));
    let text = |text: &str| Array::strings([1], [text]).unwrap();
    assert!(ok(text("a"), text("a")) && !ok(text("a"), text("b")));
}
