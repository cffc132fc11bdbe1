//! Files that appear whole or not at all.
//!
//! The bytes go to a temporary name in the same directory, are synced to the disk, and then take the file's name in
//! one step; whoever reads sees the old file or the new one, also after a crash. Dropped before that step, the
//! temporary file is removed and the old file stays.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is being written.
pub(super) struct AtomicFile {
    writer: Option<BufWriter<File>>,
    temporary: PathBuf,
    target: PathBuf,
}

impl AtomicFile {
    /// A file that will be called `target`.
    pub(super) fn create(target: &Path) -> io::Result<AtomicFile> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path does not end in a file's name",
            ));
        };
        loop {
            let mut temporary = OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{}.tmp", COUNT.fetch_add(1, Ordering::Relaxed)));
            let temporary = target.with_file_name(temporary);
            match File::create_new(&temporary) {
                Ok(file) => {
                    let target = target.to_path_buf();
                    return Ok(AtomicFile { writer: Some(BufWriter::new(file)), temporary, target });
                }
                // Another process writes it, or was killed while it did.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sees to it that all bytes are on the disk; nothing can be written after that.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        match self.writer.take() {
            Some(writer) => writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Gives the file its name, in the place of a file that had it.
    pub(super) fn commit(mut self) -> io::Result<()> {
        self.sync()?;
        fs::rename(&self.temporary, &self.target)?;
        self.temporary.clear();
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => Err(io::Error::other("the file is finished")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // Closed first: Windows does not remove open files.
            self.writer = None;
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Makes a folder, and those that it is in, if they are not there; its name is on the disk afterwards.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let missing =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).count();
    fs::create_dir_all(folder)?;
    for made in folder.ancestors().take(missing.max(1)) {
        match sync_directory(directory_of(made)) {
            // A directory in which one may make a folder, and not look.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// Removes what processes that were killed have left of files whose names are `ours`, in a directory in which nobody else
/// writes such files now.
pub(crate) fn remove_leftovers(directory: &Path, ours: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let target = name.to_str().and_then(|name| {
            let (target, number) = name.strip_prefix('.')?.strip_suffix(".tmp")?.rsplit_once('.')?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(target)
        });
        if target.is_some_and(&ours) {
            fs::remove_file(directory.join(name))?;
        }
    }
    Ok(())
}

/// The directory that a file of this path is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Sees to it that the names in a directory are on the disk. Only Unix lets a program ask for that.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Writes a whole file, so that it appears whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    file.commit()?;
    sync_directory(directory_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_dropped_file_leaves_the_old_one_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        write_file(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(names(directory.path()).len(), 2);
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["a"]);
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let file = AtomicFile::create(&directory.path().join("a-1.index")).unwrap();
        // As a kill leaves it.
        std::mem::forget(file);
        for name in ["a-1.index", ".a-1.tmp", ".a-1.x.tmp", ".b.7.tmp"] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        remove_leftovers(directory.path(), |name| name.starts_with("a-")).unwrap();
        let mut left = names(directory.path());
        left.sort();
        assert_eq!(left, [".a-1.tmp", ".a-1.x.tmp", ".b.7.tmp", "a-1.index"]);
    }

    #[test]
    fn a_target_that_cannot_be_replaced_is_an_error_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(write_file(&path, b"x").is_err());
        assert!(write_file(&directory.path().join("missing").join("b"), b"x").is_err());
        assert_eq!(names(directory.path()), ["a"]);
    }
}
