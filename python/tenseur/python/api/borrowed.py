"""Modules of TensorFlow that exist here as names only: what programs take from them lies elsewhere in tenseur.

`from tensorflow.python.ops import rnn_cell` gives a module whose names are those of `tf.nn.rnn_cell`.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types

#: Module, without `tenseur.` → the namespaces of `tf` that have its names, nearest first ("-" for `tf` itself).
MODULES = {
    "contrib.data": "data",
    "contrib.data.python.ops": "data",
    "contrib.distributions": "distributions",
    "contrib.distributions.python.ops": "distributions",
    "contrib.eager": "-",
    "contrib.eager.python": "contrib.eager -",
    "contrib.eager.python.tfe": "contrib.eager -",
    "contrib.framework.python.framework": "contrib.framework",
    "contrib.framework.python.ops": "contrib.framework",
    "contrib.framework.python.ops.arg_scope": "contrib.framework",
    "contrib.framework.python.ops.variables": "contrib.framework -",
    "contrib.image.python.ops": "contrib.image image",
    "contrib.keras": "keras",
    "contrib.keras.python": "keras",
    "contrib.keras.python.keras": "keras",
    "contrib.layers.python": "contrib.layers",
    "contrib.layers.python.layers": "contrib.layers",
    "contrib.layers.python.layers.initializers": "contrib.layers initializers",
    "contrib.layers.python.layers.layers": "contrib.layers",
    "contrib.layers.python.layers.regularizers": "contrib.layers",
    "contrib.layers.python.layers.utils": "contrib.layers",
    "contrib.learn.python": "contrib.learn",
    "contrib.learn.python.learn": "contrib.learn",
    "contrib.learn.python.learn.datasets": "contrib.learn.datasets",
    "contrib.learn.python.learn.datasets.base": "contrib.learn.datasets.base contrib.learn.datasets",
    "contrib.learn.python.learn.datasets.mnist": "contrib.learn.datasets.mnist",
    "contrib.learn.python.learn.estimators.dnn": "contrib.learn",
    "contrib.learn.python.learn.estimators.dnn_linear_combined": "contrib.learn",
    "contrib.learn.python.learn.estimators.linear": "contrib.learn",
    "contrib.learn.python.learn.estimators.model_fn": "contrib.learn.estimators.model_fn contrib.learn",
    "contrib.learn.python.learn.estimators.run_config": "contrib.learn",
    "contrib.learn.python.learn.experiment": "contrib.learn",
    "contrib.learn.python.learn.learn_runner": "contrib.learn.learn_runner",
    "contrib.learn.python.learn.metric_spec": "contrib.learn",
    "contrib.learn.python.learn.monitored_session": "train",
    "contrib.learn.python.learn.run_config": "contrib.learn",
    "contrib.legacy_seq2seq.python.ops": "contrib.legacy_seq2seq",
    "contrib.legacy_seq2seq.python.ops.seq2seq": "contrib.legacy_seq2seq",
    "contrib.linalg": "linalg",
    "contrib.losses.python.losses": "losses",
    "contrib.metrics.python.ops.set_ops": "sets",
    "contrib.opt.python.training": "contrib.opt train",
    "contrib.rnn.python.ops": "contrib.rnn",
    "contrib.rnn.python.ops.core_rnn": "contrib.rnn nn",
    "contrib.rnn.python.ops.core_rnn_cell": "contrib.rnn nn.rnn_cell",
    "contrib.rnn.python.ops.core_rnn_cell_impl": "contrib.rnn nn.rnn_cell",
    "contrib.rnn.python.ops.rnn": "contrib.rnn nn",
    "contrib.rnn.python.ops.rnn_cell": "contrib.rnn nn.rnn_cell",
    "contrib.seq2seq.python.ops": "contrib.seq2seq",
    "contrib.seq2seq.python.ops.attention_wrapper": "contrib.seq2seq",
    "contrib.seq2seq.python.ops.beam_search_decoder": "contrib.seq2seq",
    "contrib.seq2seq.python.ops.decoder": "contrib.seq2seq",
    "contrib.seq2seq.python.ops.helper": "contrib.seq2seq",
    "contrib.seq2seq.python.ops.loss": "contrib.seq2seq",
    "contrib.tensorboard": "contrib.tensorboard",
    "contrib.tensorboard.plugins": "contrib.tensorboard.plugins",
    "contrib.training.python.training": "contrib.training train",
    "estimator": "estimator",
    "models": "nn",
    "models.rnn": "nn",
    "models.rnn.rnn": "nn",
    "models.rnn.rnn_cell": "nn.rnn_cell contrib.rnn",
    "models.rnn.seq2seq": "contrib.legacy_seq2seq",
    "python.client.device_lib": "-",
    "python.client.session": "-",
    "python.client.timeline": "-",
    "python.data.ops": "data",
    "python.data.ops.dataset_ops": "data",
    "python.data.ops.iterator_ops": "data",
    "python.estimator": "estimator",
    "python.estimator.estimator": "estimator",
    "python.estimator.model_fn": "estimator",
    "python.estimator.run_config": "estimator",
    "python.feature_column": "feature_column",
    "python.feature_column.feature_column": "feature_column",
    "python.framework.common_shapes": "-",
    "python.framework.device": "-",
    "python.framework.function": "-",
    "python.framework.graph_io": "train io",
    "python.framework.graph_util": "graph_util",
    "python.framework.importer": "-",
    "python.framework.random_seed": "- random",
    "python.framework.sparse_tensor": "-",
    "python.framework.tensor_spec": "-",
    "python.framework.test_util": "test",
    "python.framework.versions": "-",
    "python.keras": "keras",
    "python.layers.base": "layers",
    "python.layers.convolutional": "layers",
    "python.layers.core": "layers",
    "python.layers.normalization": "layers",
    "python.layers.pooling": "layers",
    "python.layers.utils": "layers",
    "python.lib.io": "python_io gfile",
    "python.lib.io.file_io": "gfile",
    "python.lib.io.tf_record": "python_io",
    "python.ops.array_ops": "- nn",
    "python.ops.candidate_sampling_ops": "nn",
    "python.ops.check_ops": "-",
    "python.ops.clip_ops": "-",
    "python.ops.constant_op": "-",
    "python.ops.control_flow_ops": "-",
    "python.ops.ctc_ops": "nn",
    "python.ops.data_flow_ops": "- lookup",
    "python.ops.distributions": "distributions",
    "python.ops.distributions.distributions": "distributions",
    "python.ops.embedding_ops": "nn",
    "python.ops.functional_ops": "-",
    "python.ops.gradients": "-",
    "python.ops.gradients_impl": "-",
    "python.ops.histogram_ops": "-",
    "python.ops.image_ops": "image",
    "python.ops.image_ops_impl": "image",
    "python.ops.init_ops": "- initializers",
    "python.ops.io_ops": "-",
    "python.ops.linalg_ops": "- linalg",
    "python.ops.logging_ops": "- summary",
    "python.ops.lookup_ops": "lookup -",
    "python.ops.losses": "losses",
    "python.ops.losses.losses": "losses",
    "python.ops.losses.losses_impl": "losses",
    "python.ops.losses.util": "losses",
    "python.ops.math_ops": "- math",
    "python.ops.metrics": "metrics",
    "python.ops.metrics_impl": "metrics",
    "python.ops.nn": "nn -",
    "python.ops.nn_impl": "nn -",
    "python.ops.nn_ops": "nn -",
    "python.ops.parsing_ops": "- io",
    "python.ops.partitioned_variables": "-",
    "python.ops.random_ops": "- random",
    "python.ops.resource_variable_ops": "-",
    "python.ops.rnn": "nn contrib.rnn",
    "python.ops.rnn_cell": "nn.rnn_cell contrib.rnn",
    "python.ops.rnn_cell_impl": "nn.rnn_cell contrib.rnn",
    "python.ops.script_ops": "-",
    "python.ops.seq2seq": "contrib.legacy_seq2seq",
    "python.ops.sparse_ops": "- sparse",
    "python.ops.spectral_ops": "spectral signal -",
    "python.ops.standard_ops": "-",
    "python.ops.state_ops": "-",
    "python.ops.string_ops": "strings -",
    "python.ops.summary_ops": "summary",
    "python.ops.template": "-",
    "python.ops.tensor_array_ops": "-",
    "python.ops.variable_scope": "-",
    "python.ops.variables": "-",
    "python.ops.variable_v1": "-",
    "python.platform.app": "app",
    "python.platform.flags": "flags app.flags",
    "python.platform.gfile": "gfile",
    "python.platform.googletest": "test",
    "python.platform.resource_loader": "resource_loader",
    "python.platform.sysconfig": "sysconfig",
    "python.platform.test": "test",
    "python.platform.tf_logging": "logging",
    "python.pywrap_tensorflow": "train",
    "python.saved_model": "saved_model",
    "python.saved_model.builder": "saved_model.builder saved_model",
    "python.saved_model.loader": "saved_model.loader saved_model",
    "python.saved_model.main_op": "saved_model.main_op saved_model",
    "python.saved_model.signature_constants": "saved_model.signature_constants saved_model",
    "python.saved_model.signature_def_utils": "saved_model.signature_def_utils saved_model",
    "python.saved_model.tag_constants": "saved_model.tag_constants saved_model",
    "python.saved_model.utils": "saved_model.utils saved_model",
    "python.summary.summary": "summary",
    "python.summary.event_accumulator": "summary",
    "python.summary.writer": "summary",
    "python.tools": "-",
    "python.tools.freeze_graph": "graph_util",
    "python.training.adam": "train",
    "python.training.basic_session_run_hooks": "train",
    "python.training.checkpoint_utils": "train",
    "python.training.coordinator": "train",
    "python.training.gradient_descent": "train",
    "python.training.input": "train",
    "python.training.learning_rate_decay": "train",
    "python.training.momentum": "train",
    "python.training.monitored_session": "train",
    "python.training.moving_averages": "train",
    "python.training.optimizer": "train",
    "python.training.queue_runner": "train",
    "python.training.queue_runner_impl": "train",
    "python.training.rmsprop": "train",
    "python.training.saver": "train",
    "python.training.session_manager": "train",
    "python.training.session_run_hook": "train",
    "python.training.slot_creator": "train",
    "python.training.summary_io": "summary train",
    "python.training.supervisor": "train",
    "python.training.training": "train",
    "python.training.training_ops": "raw_ops",
    "python.training.training_util": "train",
    "python.user_ops": "-",
    "python.util.compat": "compat",
    "python.util.deprecation": "-",
    "python.util.nest": "nest contrib.framework.nest",
    "python.util.tf_export": "-",
    "python.util.tf_inspect": "-",
}


class Borrowed(types.ModuleType):
    """A module whose names are looked up in namespaces of `tf`."""

    def __init__(self, name, namespaces):
        super().__init__(name, f"What programs take from `{name.replace('tenseur', 'tensorflow', 1)}`.")
        self.__dict__["_lenders"] = namespaces
        self.__dict__["__path__"] = []

    def _modules(self):
        import tenseur
        for namespace in self._lenders:
            module = tenseur if namespace == "-" else sys.modules.get(f"tenseur.{namespace}")
            if module is not None:
                yield module

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        for module in self._modules():
            if name in module.__dict__.get("_entries", ()) or name in module.__dict__:
                value = getattr(module, name)
                self.__dict__[name] = value
                return value
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}': it is not there in tenseur")

    def __dir__(self):
        return sorted({name for module in self._modules() for name in dir(module)})


def lender(name):
    """What a package that lies in a folder has as `__getattr__`: its modules, and the names that `MODULES` lends it."""
    lent = Borrowed(name, MODULES[name.removeprefix("tenseur.")].split())

    def find(attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        module = f"{name}.{attribute}"
        if importlib.util.find_spec(module) is not None:
            return importlib.import_module(module)
        return getattr(lent, attribute)

    return find


class Loader(importlib.abc.Loader):
    """Gives a module that is there already, as it is."""

    def __init__(self, module):
        self._module = module
        self._facts = getattr(module, "__spec__", None), getattr(module, "__loader__", None)

    def create_module(self, spec):
        return self._module

    def exec_module(self, module):
        # The import system has written its own into the module, which keeps the name it was made under.
        module.__spec__, module.__loader__ = self._facts


def _named(path):
    """The module that a namespace of `tf` has under this name, as `tf.keras` has `layers`; `None` where it has none."""
    namespace, _, name = path.rpartition(".")
    owner = sys.modules.get(f"tenseur.{namespace}" if namespace else "tenseur")
    if name not in getattr(owner, "__dict__", {}).get("_entries", ()):
        return None
    module = getattr(owner, name)
    return module if isinstance(module, types.ModuleType) else None


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that exist as names only, after all others."""

    def find_spec(self, name, path=None, target=None):
        rest = name.removeprefix("tenseur.")
        if rest == name:
            return None
        if rest.startswith("python.ops.gen_"):
            module = importlib.import_module("tenseur.python.ops.gen_ops")
        else:
            module = _named(rest)
            if module is None and rest in MODULES:
                module = Borrowed(name, MODULES[rest].split())
            if module is None:
                return None
        return importlib.machinery.ModuleSpec(name, Loader(module), is_package=True)
