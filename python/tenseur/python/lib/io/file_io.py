"""Files, as TensorFlow's programs open, list and remove them."""

import builtins
import errno
import glob as _glob
import os
import shutil

from tenseur.python.framework import errors_impl

_MODES = ("r", "w", "a", "r+", "w+", "a+", "rb", "wb", "ab", "r+b", "w+b", "a+b", "rb+", "wb+", "ab+")


def _text(content):
    return content.decode("utf-8")


def _path(name):
    return os.fsdecode(name)


class _as_op_errors:
    """What the system refuses is an error of `tf.errors`."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if not isinstance(error, OSError):
            return False
        message = f"{error.filename if error.filename is not None else ''}; {error.strerror}"
        if isinstance(error, FileNotFoundError):
            raise errors_impl.NotFoundError(None, None, message) from None
        if isinstance(error, FileExistsError):
            raise errors_impl.AlreadyExistsError(None, None, message) from None
        if isinstance(error, PermissionError):
            raise errors_impl.PermissionDeniedError(None, None, message) from None
        if error.errno == errno.EINVAL:
            raise errors_impl.InvalidArgumentError(None, None, message) from None
        raise errors_impl.FailedPreconditionError(None, None, message) from None


class FileIO:
    """An open file: opened when it is first read or written; `r` gives strings and `rb` bytes.

    What is read and what is written have a place each; `r+` and `w+` begin the file anew when it is first written.
    """

    def __init__(self, name, mode="r"):
        if mode not in _MODES:
            raise errors_impl.InvalidArgumentError(None, None, f"File mode '{mode}' is not one of {', '.join(_MODES)}")
        self._name = name
        self._mode = mode
        self._binary = "b" in mode
        self._reads = mode[0] == "r" or "+" in mode
        self._writes = mode[0] in "wa" or "+" in mode
        self._reader = self._writer = None

    @property
    def name(self):
        return self._name

    @property
    def mode(self):
        return self._mode

    def _to_read(self):
        if not self._reads:
            raise errors_impl.PermissionDeniedError(None, None, "File isn't open for reading")
        if self._writer is not None:
            self._writer.flush()
        if self._reader is None:
            with _as_op_errors():
                self._reader = builtins.open(_path(self._name), "rb")
        return self._reader

    def _to_write(self):
        if not self._writes:
            raise errors_impl.PermissionDeniedError(None, None, "File isn't open for writing")
        if self._writer is None:
            with _as_op_errors():
                self._writer = builtins.open(_path(self._name), "ab" if self._mode[0] == "a" else "wb")
        return self._writer

    def _given(self, content):
        return content if self._binary else _text(content)

    def size(self):
        return stat(self._name).length

    def write(self, file_content):
        """Writes a string or bytes."""
        self._to_write().write(file_content.encode("utf-8") if isinstance(file_content, str) else file_content)

    def read(self, n=-1):
        """The next `n` bytes, or all that is left."""
        return self._given(self._to_read().read(n))

    def readline(self):
        return self._given(self._to_read().readline())

    def readlines(self):
        return [self._given(line) for line in self._to_read().readlines()]

    def seek(self, offset=None, whence=0, position=None):
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        if whence not in (0, 1, 2):
            raise errors_impl.InvalidArgumentError(None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2.")
        file = self._to_read()
        with _as_op_errors():
            file.seek(position if offset is None else offset, whence)

    def tell(self):
        return (self._to_read() if self._reads else self._to_write()).tell()

    def seekable(self):
        return True

    def readable(self):
        return self._reads

    def writable(self):
        return self._writes

    def flush(self):
        if self._writer is not None:
            self._writer.flush()

    def close(self):
        if self._writer is None and self._mode[0] in "wa":
            self._to_write()  # An empty file is a file, too.
            self._mode = self._mode.replace("w", "a")
        for file in (self._reader, self._writer):
            if file is not None:
                file.close()
        if self._writer is not None and self._mode[0] == "w":
            self._mode = self._mode.replace("w", "a")  # What comes after is written behind it.
        self._reader = self._writer = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__


class FileStatistics:
    """`length` in bytes, `mtime_nsec`, `is_directory`."""

    def __init__(self, found):
        import stat as kinds
        self.length = found.st_size
        self.mtime_nsec = found.st_mtime_ns
        self.is_directory = kinds.S_ISDIR(found.st_mode)


def file_exists(filename):
    return os.path.exists(_path(filename))


file_exists_v2 = file_exists


def delete_file(filename):
    with _as_op_errors():
        os.remove(_path(filename))


delete_file_v2 = delete_file


def read_file_to_string(filename, binary_mode=False):
    with FileIO(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename, file_content):
    with FileIO(filename, "w") as file:
        file.write(file_content)


def atomic_write_string_to_file(filename, contents, overwrite=True):
    """Writes the file at once: it is there whole, or not at all."""
    if not overwrite and file_exists(filename):
        raise errors_impl.AlreadyExistsError(None, None, f"{filename}; File exists")
    beside = f"{_path(filename)}.tmp{os.getpid()}"
    write_string_to_file(beside, contents)
    with _as_op_errors():
        os.replace(beside, _path(filename))


def get_matching_files(filename):
    """The files whose paths match the pattern, or any of the patterns, sorted."""
    patterns = [filename] if isinstance(filename, (str, bytes, os.PathLike)) else filename
    return [found for pattern in patterns for found in sorted(_glob.glob(_path(pattern)))]


get_matching_files_v2 = get_matching_files


def create_dir(dirname):
    with _as_op_errors():
        os.mkdir(_path(dirname))


create_dir_v2 = create_dir


def recursive_create_dir(dirname):
    if not dirname:
        return  # the folder in which the program runs
    with _as_op_errors():
        os.makedirs(_path(dirname), exist_ok=True)


recursive_create_dir_v2 = recursive_create_dir


def copy(oldpath, newpath, overwrite=False):
    if not overwrite and file_exists(newpath):
        raise errors_impl.AlreadyExistsError(None, None, f"file already exists: {newpath}")
    with _as_op_errors():
        shutil.copyfile(_path(oldpath), _path(newpath))


copy_v2 = copy


def rename(oldname, newname, overwrite=False):
    if not overwrite and file_exists(newname):
        raise errors_impl.AlreadyExistsError(None, None, f"file already exists: {newname}")
    with _as_op_errors():
        os.replace(_path(oldname), _path(newname))


rename_v2 = rename


def delete_recursively(dirname):
    with _as_op_errors():
        if os.path.isdir(_path(dirname)):
            shutil.rmtree(_path(dirname))
        else:
            os.remove(_path(dirname))


delete_recursively_v2 = delete_recursively


def is_directory(dirname):
    return os.path.isdir(_path(dirname))


is_directory_v2 = is_directory


def list_directory(dirname):
    if not is_directory(dirname):
        raise errors_impl.NotFoundError(None, None, f"Could not find directory {dirname}")
    return sorted(os.listdir(_path(dirname)))


list_directory_v2 = list_directory


def walk(top, in_order=True):
    """(folder, its folders, its files) for each folder within `top`."""
    for folder, folders, files in os.walk(_path(top), topdown=in_order):
        folders.sort()
        yield folder, list(folders) if not in_order else folders, sorted(files)


def walk_v2(top, topdown=True, onerror=None):
    return walk(top, topdown)


def stat(filename):
    with _as_op_errors():
        return FileStatistics(os.stat(_path(filename)))


stat_v2 = stat


def filecmp(filename_a, filename_b):
    return read_file_to_string(filename_a, True) == read_file_to_string(filename_b, True)


def file_crc32(filename, block_size=None):
    import zlib
    return hex(zlib.crc32(read_file_to_string(filename, True)))


def has_atomic_move(path):
    return True


def join(path, *paths):
    return os.path.join(_path(path), *map(_path, paths))
