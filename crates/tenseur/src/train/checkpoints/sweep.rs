//! The files of a training's checkpoints: which there are, and which a process that was killed has left unfinished.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::formats::checkpoint::STATE_FILE;
use crate::formats::remove_leftovers;

/// The steps of the checkpoints that have an index; none if there is no folder.
pub(super) fn steps(folder: &Path, stem: &str) -> io::Result<BTreeSet<u64>> {
    let names = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        names => names?,
    };
    let mut steps = BTreeSet::new();
    for entry in names {
        let name = entry?.file_name();
        steps.extend(name.to_str().and_then(|name| match part_of(name, stem)? {
            (step, "index") => Some(step),
            _ => None,
        }));
    }
    Ok(steps)
}

/// Removes files that were being written, and data whose index never came.
pub(super) fn sweep(folder: &Path, stem: &str) -> io::Result<()> {
    remove_leftovers(folder, |name| name == STATE_FILE || part_of(name, stem).is_some())?;
    let whole = steps(folder, stem)?;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let part = name.to_str().and_then(|name| part_of(name, stem));
        if part.is_some_and(|(step, part)| part.starts_with("data-") && !whole.contains(&step)) {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// Of `STEM-STEP.PART`, the step and the part. `STEM-007` is no step's name.
fn part_of<'a>(name: &'a str, stem: &str) -> Option<(u64, &'a str)> {
    let (digits, part) = name.strip_prefix(stem)?.strip_prefix('-')?.split_once('.')?;
    let step: u64 = digits.parse().ok()?;
    (step.to_string() == digits).then_some((step, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_index_goes_and_what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        let data = |step: &str| format!("m-{step}.data-00000-of-00001");
        let stay = ["m-2.index", "m.data-00000-of-00001", "m-3.meta", "mm-3.data-1", "x"].map(String::from);
        let stay = BTreeSet::from_iter(stay.into_iter().chain([data("2"), data("02")]));
        let go = [".m-4.index.0.tmp", ".checkpoint.3.tmp"].map(String::from);
        let go = go.into_iter().chain([data("3"), format!(".{}.12.tmp", data("4"))]);
        for name in stay.iter().cloned().chain(go) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        sweep(folder.path(), "m").unwrap();
        let left = fs::read_dir(folder.path()).unwrap();
        let left: BTreeSet<String> =
            left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(left, stay);
        assert_eq!(steps(folder.path(), "m").unwrap(), BTreeSet::from([2]));
        assert!(steps(&folder.path().join("missing"), "m").unwrap().is_empty());
    }
}
