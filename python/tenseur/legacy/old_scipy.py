"""What SciPy moved or removed: `scipy.misc` and its pictures, NumPy's functions under SciPy's name, windows."""

import types

import numpy as np


def _imread(name, flatten=False, mode=None):
    """A picture's file as an array."""
    from PIL import Image
    picture = Image.open(name)
    if mode is not None:
        picture = picture.convert(mode)
    elif picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if flatten:
        return np.array(picture.convert("F"))
    return np.array(picture)


def _bytescale(data, cmin=None, cmax=None, high=255, low=0):
    """Values from `cmin` to `cmax` as bytes from `low` to `high`."""
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    cmin = data.min() if cmin is None else cmin
    cmax = data.max() if cmax is None else cmax
    scale = float(high - low) / ((cmax - cmin) or 1)
    return ((data - cmin) * scale + low).clip(low, high).round().astype(np.uint8)


def _toimage(arr, high=255, low=0, cmin=None, cmax=None, pal=None, mode=None, channel_axis=None):
    """An array as a picture; its values are stretched over all of a byte."""
    from PIL import Image
    data = np.asarray(arr)
    if mode == "F":
        return Image.fromarray(data.astype(np.float32), "F")
    data = _bytescale(data, cmin, cmax, high, low)
    if data.ndim == 3:
        axis = channel_axis if channel_axis is not None else next(
            (at for at in (2, 0, 1) if data.shape[at] in (3, 4)), None)
        if axis is None:
            raise ValueError("Could not find channel dimension.")
        data = np.ascontiguousarray(np.moveaxis(data, axis, 2))
    elif data.ndim != 2:
        raise ValueError("'arr' does not have a suitable array shape for any mode.")
    return Image.fromarray(data)


def _imsave(name, arr, format=None):
    picture = _toimage(arr, channel_axis=2) if np.ndim(arr) == 3 else _toimage(arr)
    picture.save(name) if format is None else picture.save(name, format)


def _imresize(arr, size, interp="bilinear", mode=None):
    """The picture at another size: a percentage, a factor or (height, width)."""
    from PIL import Image
    picture = _toimage(arr, mode=mode)
    if isinstance(size, (int, np.integer)):
        size = tuple(int(side * size / 100.0) for side in picture.size)
    elif isinstance(size, (float, np.floating)):
        size = tuple(int(side * size) for side in picture.size)
    else:
        size = (size[1], size[0])
    kinds = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.array(picture.resize(tuple(int(side) for side in size), Image.Resampling(kinds[interp])))


def _imrotate(arr, angle, interp="bilinear"):
    from PIL import Image
    kinds = {"nearest": 0, "bilinear": 2, "bicubic": 3, "cubic": 3}
    return np.array(_toimage(arr).rotate(angle, resample=Image.Resampling(kinds[interp])))


def patch_misc(module):
    for name, value in {
        "imread": _imread, "imsave": _imsave, "imresize": _imresize, "imrotate": _imrotate, "toimage": _toimage,
        "bytescale": _bytescale, "fromimage": lambda picture, flatten=False: np.array(picture.convert("F") if flatten else picture),
    }.items():
        module.__dict__.setdefault(name, value)
    from scipy import special
    for name in ("comb", "factorial", "factorial2", "factorialk", "logsumexp"):
        module.__dict__.setdefault(name, getattr(special, name))
    try:
        from scipy import datasets
    except ImportError:
        return
    for name in ("face", "ascent", "electrocardiogram"):
        module.__dict__.setdefault(name, getattr(datasets, name))


def misc():
    """`scipy.misc`, which is gone."""
    import scipy
    module = types.ModuleType("scipy.misc")
    patch_misc(module)
    scipy.__dict__["misc"] = module
    return module


def patch_ndimage(module):
    module.__dict__.setdefault("imread", _imread)


def patch(module):
    """SciPy had NumPy's functions."""
    known = module.__getattr__

    def lookup(name):
        if name == "misc":
            import importlib
            return importlib.import_module("scipy.misc")
        try:
            return known(name)
        except (AttributeError, ImportError):
            if not name.startswith("_") and hasattr(np, name):
                return getattr(np, name)
            raise
    module.__getattr__ = lookup


def patch_signal(module):
    for name in ("gaussian", "hann", "hanning", "hamming", "blackman", "boxcar", "kaiser", "bartlett", "triang", "tukey"):
        found = getattr(module.windows, "hann" if name == "hanning" else name)
        module.__dict__.setdefault(name, found)


def patch_linalg(module):
    module.__dict__.setdefault("pinv2", module.pinv)


def patch_integrate(module):
    for old, new in (("simps", "simpson"), ("trapz", "trapezoid"), ("cumtrapz", "cumulative_trapezoid")):
        module.__dict__.setdefault(old, getattr(module, new))


def patch_stats(module):
    for name in ("nanmean", "nanmedian", "nanstd"):
        module.__dict__.setdefault(name, getattr(np, name))
    module.__dict__.setdefault("itemfreq", lambda values: np.array(np.unique(values, return_counts=True)).T)
