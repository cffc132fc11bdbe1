"""Files that lie beside a program: `tf.resource_loader`."""

import os
import sys


def _folder(depth):
    return os.path.dirname(os.path.abspath(sys._getframe(depth + 1).f_code.co_filename))


def load_resource(path):
    """The bytes of a file, from its path beside the package."""
    with open(os.path.join(get_root_dir_with_all_resources(), path), "rb") as file:
        return file.read()


def get_data_files_path():
    """The folder of the file that calls this."""
    return _folder(1)


def get_root_dir_with_all_resources():
    """The folder that the package lies in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def get_path_to_datafile(path):
    """The path of a file beside the one that calls this."""
    return os.path.join(_folder(1), path)


def readahead_file_path(path, readahead="128M"):
    return path
