//! A folder that one process at a time writes to.
//!
//! The lock is the operating system's, on a file `.lock` in the folder, and goes when the process goes, however that comes
//! about. The file says which process it is; it stays where it is, because removing it would let two processes in: one that
//! has opened the old file, and one that makes a new one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{Code, Error, Result};
use crate::formats::in_file;

/// The file that is locked.
const NAME: &str = ".lock";

/// A folder that is this process's until this is dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Locks the folder, which must be there.
    ///
    /// # Errors
    /// When another process has it, by its number; and when no file can be made there.
    pub(crate) fn acquire(folder: &Path) -> Result<FolderLock> {
        let path = folder.join(NAME);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|error| in_file(&path, "the folder cannot be locked", &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(
                    "{} is on a file system without locks: nothing keeps a second process out",
                    folder.display()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(in_file(&path, "the folder cannot be locked", &error));
            }
        }
        // For people; the lock holds without it, on a full disk too.
        let _ = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        Ok(FolderLock { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Nobody has it any more; a process that was killed leaves its number behind, and the next writes its own.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn held(folder: &Path, file: &mut File) -> Error {
    let mut text = String::new();
    // Some systems do not let others read what is locked.
    let process = match file.read_to_string(&mut text).map(|_| text.trim().parse::<u32>()) {
        Ok(Ok(process)) => format!("process {process}"),
        _ => "another process".to_string(),
    };
    let text = format!("{} is in use: {process} writes its checkpoints there", folder.display());
    Error::new(Code::Unavailable, text).hint("wait until it ends, or train in another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_by_the_number_of_the_first_until_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path()).unwrap();
        let error = FolderLock::acquire(folder.path()).unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        let process = format!("process {}", std::process::id());
        assert!(cfg!(windows) || error.message().contains(&process), "{error}");
        drop(first);
        drop(FolderLock::acquire(folder.path()).unwrap());
        // What a killed process has left behind does not matter.
        std::fs::write(folder.path().join(NAME), "4294967295 and more").unwrap();
        let _third = FolderLock::acquire(folder.path()).unwrap();
        assert!(FolderLock::acquire(&folder.path().join("missing")).is_err());
    }
}
