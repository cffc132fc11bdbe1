"""What SciPy, scikit-learn, matplotlib, pandas, Pillow and gym removed or moved, given back."""

import functools
import inspect
import types

from tenseur.legacy import old_gym, old_scipy, python2

#: Module → what it is called today.
MODULES = {
    "sklearn.cross_validation": "sklearn.model_selection", "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection", "sklearn.externals.joblib": "joblib", "sklearn.externals.six": "six",
    "sklearn.linear_model.logistic": "sklearn.linear_model", "sklearn.metrics.classification": "sklearn.metrics",
    "sklearn.metrics.ranking": "sklearn.metrics", "sklearn.decomposition.pca": "sklearn.decomposition",
    "sklearn.datasets.samples_generator": "sklearn.datasets", "sklearn.utils.linear_assignment_": "scipy.optimize",
    "sklearn.neighbors.kde": "sklearn.neighbors", "sklearn.preprocessing.imputation": "sklearn.impute",
    "scipy.ndimage.interpolation": "scipy.ndimage", "scipy.ndimage.filters": "scipy.ndimage",
    "scipy.ndimage.measurements": "scipy.ndimage", "scipy.ndimage.morphology": "scipy.ndimage",
    "scipy.sparse.csr": "scipy.sparse", "scipy.sparse.csc": "scipy.sparse", "scipy.sparse.coo": "scipy.sparse",
    "scipy.stats.stats": "scipy.stats", "scipy.optimize.optimize": "scipy.optimize", "scipy.signal.signaltools": "scipy.signal",
    "scipy.sparse.linalg.eigen.arpack": "scipy.sparse.linalg",
    "scipy.linalg.blas": "scipy.linalg", "scipy.io.matlab.mio": "scipy.io", "matplotlib.finance": "matplotlib.pyplot",
    "pandas.tools.plotting": "pandas.plotting", "pandas.tseries.tools": "pandas", "Image": "PIL.Image", "ImageDraw": "PIL.ImageDraw",
    "skimage.measure.simple_metrics": "skimage.metrics", "gym": "gymnasium", "gym.spaces": "gymnasium.spaces",
    "gym.envs": "gymnasium.envs", "gym.utils": "gymnasium.utils", "pyDOE": "pydoe",
}


def _package(module):
    """What is left of a package is a module; those of its modules that moved are found all the same."""
    module.__path__ = []


def renamed(function, **names):
    """The function, which takes keywords by their names of old too; those that became `None` are left out."""
    @functools.wraps(function)
    def call(*arguments, **options):
        for old, new in names.items():
            if old in options:
                value = options.pop(old)
                if new is not None:
                    options.setdefault(new, value)
        return function(*arguments, **options)
    return call


def _give(owner, **values):
    for name, value in values.items():
        if not hasattr(owner, name):
            setattr(owner, name, value)


# --- scikit-learn --------------------------------------------------------------------------------------------------


def _sklearn(module):
    module.externals = types.ModuleType("sklearn.externals")
    module.externals.__path__ = []


def _externals():
    import sklearn
    module = getattr(sklearn, "externals", None) or types.ModuleType("sklearn.externals")
    module.__path__ = []
    try:
        import joblib
        module.joblib = joblib
    except ImportError:
        pass
    return module


def _sklearn_datasets(module):
    for name, value in (("load_boston", _load_boston), ("fetch_mldata", _fetch_mldata)):
        if name not in module.__dict__:
            setattr(module, name, value)


def _load_boston(return_X_y=False):
    """The houses of Boston, from where they are published."""
    import urllib.request
    import numpy as np
    address = "https://archive.ics.uci.edu/ml/machine-learning-databases/housing/housing.data"
    with urllib.request.urlopen(address) as answer:
        rows = np.array([line.split() for line in answer.read().decode().splitlines() if line.strip()], float)
    data, target = rows[:, :-1], rows[:, -1]
    if return_X_y:
        return data, target
    from sklearn.utils import Bunch
    names = "CRIM ZN INDUS CHAS NOX RM AGE DIS RAD TAX PTRATIO B LSTAT".split()
    return Bunch(data=data, target=target, feature_names=np.array(names), DESCR="Boston house prices")


def _fetch_mldata(name, **options):
    from sklearn.datasets import fetch_openml
    known = {"mnist original": "mnist_784"}
    found = fetch_openml(known.get(name.lower(), name), as_frame=False, data_home=options.get("data_home"))
    found.target = found.target.astype(float)
    return found


def _sklearn_preprocessing(module):
    module.OneHotEncoder = _with_names(module.OneHotEncoder, sparse="sparse_output", n_values=None,
                                       categorical_features=None)
    _give(module, Imputer=_imputer)


def _imputer(missing_values="NaN", strategy="mean", axis=0, verbose=0, copy=True):
    from sklearn.impute import SimpleImputer
    return SimpleImputer(missing_values=float("nan") if missing_values == "NaN" else missing_values,
                         strategy=strategy, copy=copy)


def _with_names(kind, **names):
    """The class, whose constructor takes keywords by their names of old."""
    made = type(kind.__name__, (kind,), {})
    for old, new in names.items():
        if new is not None and new not in inspect.signature(kind.__init__).parameters:
            return kind

    def create(*arguments, **options):
        for old, new in names.items():
            if old in options:
                value = options.pop(old)
                if new is not None:
                    options.setdefault(new, value)
        return kind(*arguments, **options)
    made.__new__ = lambda cls, *arguments, **options: create(*arguments, **options)
    return made


# --- matplotlib ----------------------------------------------------------------------------------------------------


def _matplotlib(module):
    use = module.use

    @functools.wraps(use)
    def choose(backend, warn=None, force=True):
        try:
            use(backend, force=force)
        except (ImportError, ValueError):
            # A window that cannot be opened here: the program draws all the same.
            use("Agg", force=True)
    module.use = choose
    refused = module.RcParams.__setitem__

    def set_item(self, key, value):
        try:
            refused(self, key, value)
        except KeyError:
            pass  # a setting that there is no more
        except ValueError:
            if not isinstance(value, list):
                raise
            refused(self, key, "\n".join(value))
    module.RcParams.__setitem__ = set_item
    module.RcParams.update = lambda self, *others, **values: [
        self.__setitem__(key, value) for key, value in dict(*others, **values).items()] and None


def _pyplot(module):
    import matplotlib
    from matplotlib import axes, backend_bases, figure
    _give(module, hold=lambda *_: None, ishold=lambda: True, spectral=lambda: module.set_cmap("nipy_spectral"))
    _give(axes.Axes, hold=lambda self, *_: None, ishold=lambda self: True,
          set_axis_bgcolor=lambda self, color: self.set_facecolor(color))
    _give(backend_bases.FigureCanvasBase, set_window_title=lambda self, title: None)
    axes.Axes.hist = renamed(axes.Axes.hist, normed="density")
    module.hist = renamed(module.hist, normed="density")
    for name in ("subplot", "axes", "subplots", "scatter", "plot", "savefig", "figure"):
        setattr(module, name, renamed(getattr(module, name), axisbg="facecolor", axis_bgcolor="facecolor", frameon=None)
                if name in ("subplot", "axes") else getattr(module, name))
    figure.Figure.add_subplot = renamed(figure.Figure.add_subplot, axisbg="facecolor")
    figure.Figure.gca = _gca(figure.Figure.gca)
    module.show = _show(module.show)
    module.gca = lambda **options: module.gcf().gca(**options)
    figure.Figure.savefig = renamed(figure.Figure.savefig, frameon=None)
    _old_artists(axes)
    style = matplotlib.style.use

    def choose(name):
        try:
            style(name)
        except (OSError, ValueError):
            style(name.replace("seaborn", "seaborn-v0_8"))
    matplotlib.style.use = module.style.use = choose
    _colors(matplotlib, module)


def _show(show):
    """A figure that is given was passed over: all are shown; `show(False)` does not wait."""
    def show_all(*arguments, **options):
        options.update({"block": argument for argument in arguments if isinstance(argument, bool)})
        return show(**options)
    return show_all


def _gca(current):
    def gca(self, **options):
        axes = current(self)
        projection = options.pop("projection", None)
        if projection and getattr(axes, "name", None) != projection:
            axes.remove()
            axes = self.add_subplot(projection=projection)
        return axes
    return gca


def _old_artists(axes):
    lists = getattr(axes._base, "_AxesBase", None)
    lists = getattr(lists, "ArtistList", None)
    if lists is not None:
        _give(lists, remove=lambda self, artist: artist.remove(), pop=lambda self, at=-1: self[at].remove())


def _colors(matplotlib, pyplot):
    maps = matplotlib.cm
    _give(maps, get_cmap=pyplot.get_cmap)
    for old, new in (("spectral", "nipy_spectral"), ("Vega10", "tab10"), ("Vega20", "tab20")):
        if not hasattr(maps, old) and new in matplotlib.colormaps:
            setattr(maps, old, matplotlib.colormaps[new])


def _mlab(module):
    import numpy as np

    def normpdf(x, mean, deviation):
        return np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))

    def bivariate_normal(X, Y, sigmax=1.0, sigmay=1.0, mux=0.0, muy=0.0, sigmaxy=0.0):
        x, y = X - mux, Y - muy
        rho = sigmaxy / (sigmax * sigmay)
        z = x**2 / sigmax**2 + y**2 / sigmay**2 - 2 * rho * x * y / (sigmax * sigmay)
        return np.exp(-z / (2 * (1 - rho**2))) / (2 * np.pi * sigmax * sigmay * np.sqrt(1 - rho**2))

    def griddata(x, y, z, xi, yi, interp="nn"):
        from scipy.interpolate import griddata as interpolate
        if np.ndim(xi) == 1:
            xi, yi = np.meshgrid(xi, yi)
        return interpolate((x, y), z, (xi, yi))
    _give(module, normpdf=normpdf, bivariate_normal=bivariate_normal, griddata=griddata)


def _mplot3d(module):
    class Axes3D(module.Axes3D):
        """Puts itself into its figure, as it did."""

        def __init__(self, figure, *arguments, **options):
            super().__init__(figure, *arguments, **options)
            if options.get("auto_add_to_figure") is None and self not in figure.axes:
                figure.add_axes(self)
    Axes3D.name = "3d"
    module.Axes3D = Axes3D


# --- pandas, Pillow, skimage ---------------------------------------------------------------------------------------


class _Ix:
    """Rows by name where they have it, else by number."""

    def __init__(self, frame):
        self._frame = frame

    def __getitem__(self, key):
        for place in ("loc", "iloc"):
            try:
                return getattr(self._frame, place)[key]
            except (KeyError, TypeError, IndexError) as error:
                failed = error
        raise failed

    def __setitem__(self, key, value):
        self._frame.loc[key] = value


def _pandas(module):
    import datetime
    _give(module, datetime=datetime.datetime)
    for kind in (module.DataFrame, module.Series):
        _give(kind, as_matrix=lambda self, columns=None: (self if columns is None else self[columns]).to_numpy(),
              ix=property(_Ix), append=lambda self, other, ignore_index=False, **_: module.concat(
                  [self, other if isinstance(other, (module.DataFrame, module.Series)) else module.DataFrame(other)],
                  ignore_index=ignore_index),
              get_value=lambda self, row, column: self.loc[row, column], iteritems=lambda self: self.items(),
              set_value=lambda self, row, column, value: self.__setitem__((row, column), value))
    _give(module.DataFrame, sort=lambda self, columns=None, **options: self.sort_values(columns, **options))
    module.read_csv = renamed(module.read_csv, error_bad_lines=None, squeeze=None, prefix=None, mangle_dupe_cols=None,
                              infer_datetime_format=None)


def _pillow(module):
    _give(module, ANTIALIAS=module.Resampling.LANCZOS, LINEAR=module.Resampling.BILINEAR, CUBIC=module.Resampling.BICUBIC,
          fromstring=module.frombytes)
    _give(module.Image, tostring=lambda self, *arguments: self.tobytes(*arguments))


def _skimage_data(module):
    _give(module, imread=lambda path, **options: __import__("skimage.io").io.imread(path, **options))
    _give(module, lena=lambda: module.astronaut())


def _skimage_measure(module):
    from skimage import metrics
    _give(module, compare_ssim=metrics.structural_similarity, compare_psnr=metrics.peak_signal_noise_ratio,
          compare_mse=metrics.mean_squared_error)


#: What is done to a module when it has been imported.
PATCHES = {
    "sklearn": _sklearn, "sklearn.datasets": _sklearn_datasets, "sklearn.preprocessing": _sklearn_preprocessing,
    "scipy.sparse.linalg.eigen": _package, "matplotlib": _matplotlib, "matplotlib.pyplot": _pyplot, "matplotlib.mlab": _mlab, "mpl_toolkits.mplot3d": _mplot3d,
    "pandas": _pandas, "PIL.Image": _pillow, "skimage.data": _skimage_data, "skimage.measure": _skimage_measure,
    "scipy": old_scipy.patch, "scipy.misc": old_scipy.patch_misc, "scipy.signal": old_scipy.patch_signal,
    "scipy.linalg": old_scipy.patch_linalg, "scipy.integrate": old_scipy.patch_integrate, "scipy.stats": old_scipy.patch_stats,
    "scipy.ndimage": old_scipy.patch_ndimage,
    "gym": old_gym.patch, "gymnasium": old_gym.patch, "gym.wrappers": old_gym.patch_wrappers,
    "gymnasium.wrappers": old_gym.patch_wrappers,
}

#: Modules that are made anew.
MADE = {"scipy.misc": old_scipy.misc, "sklearn.externals": _externals, "future": python2.future,
        "future.utils": python2.future_utils}
