"""Files from the network, batches by number: `tf.keras.utils.get_file`, `Sequence`."""

import hashlib
import os
import shutil
import tarfile
import urllib.request
import zipfile


def get_file(fname, origin, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets", hash_algorithm="auto",
             extract=False, archive_format="auto", cache_dir=None):
    """Downloads a file once, unpacks it if asked to, and gives its path."""
    folder = os.path.join(cache_dir or os.path.join(os.path.expanduser("~"), ".keras"), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, fname + (".tar.gz" if untar else ""))
    wanted = file_hash or md5_hash
    if not os.path.exists(path) or wanted and _hash(path, wanted) != wanted:
        print("Downloading data from", origin)
        with urllib.request.urlopen(origin) as source, open(path + ".part", "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(path + ".part", path)
    if untar:
        if not os.path.exists(os.path.join(folder, fname)):
            _extract(path, folder)
        return os.path.join(folder, fname)
    if extract:
        _extract(path, folder)
    return path


def _hash(path, wanted):
    with open(path, "rb") as file:
        return hashlib.new("sha256" if len(wanted) == 64 else "md5", file.read()).hexdigest()


def _extract(path, folder):
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)


class Sequence:
    """Batches by number: `__getitem__` and `__len__` are yours."""

    def __getitem__(self, index):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def on_epoch_end(self):
        pass
