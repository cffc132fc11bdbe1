"""A model with its training, evaluation and prediction: `tf.estimator.Estimator`."""

import inspect
import os
import tempfile

import numpy as np

from tenseur.python.estimator import model_fn as model_fn_lib
from tenseur.python.estimator import run_config
from tenseur.python.framework import errors_impl, ops, random_seed
from tenseur.python.ops import control_flow_ops, metrics_impl
from tenseur.python.platform import tf_logging as logging
from tenseur.python.training import basic_session_run_hooks, checkpoint_management, monitored_session, training_util

ModeKeys = model_fn_lib.ModeKeys


class Estimator:
    """Builds a graph with `model_fn(features, labels, mode, params, config)` whenever it trains, evaluates or predicts, and
    keeps the variables between in checkpoints in `model_dir`."""

    def __init__(self, model_fn, model_dir=None, config=None, params=None, warm_start_from=None):
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        config = config or run_config.RunConfig()
        if not isinstance(config, run_config.RunConfig):
            raise ValueError(f"config must be an instance of `RunConfig`, received {config}")
        folder = model_dir or config.model_dir
        if folder is None:
            folder = tempfile.mkdtemp()
            logging.warning("Using temporary folder as model directory: %s", folder)
        self._model_dir = os.fspath(folder)
        self._config = config.replace(model_dir=self._model_dir)
        self._model_fn = model_fn
        self._params = params if params is not None else {}
        self._warm_start_from = warm_start_from

    @property
    def model_dir(self):
        return self._model_dir

    @property
    def config(self):
        return self._config

    @property
    def params(self):
        import copy
        return copy.deepcopy(self._params)

    @property
    def model_fn(self):
        def public_model_fn(features, labels, mode, config):
            return self._call_model_fn(features, labels, mode, config)
        return public_model_fn

    def latest_checkpoint(self):
        return checkpoint_management.latest_checkpoint(self._model_dir)

    def get_variable_names(self):
        from tenseur.python.training import checkpoint_utils
        return [name for name, _ in checkpoint_utils.list_variables(self._model_dir)]

    def get_variable_value(self, name):
        from tenseur.python.training import checkpoint_utils
        return checkpoint_utils.load_variable(self._model_dir, name)

    # Building.

    def _call_input_fn(self, input_fn, mode):
        """(features, labels, hooks)."""
        arguments = _arguments_of(input_fn)
        named = {}
        if "mode" in arguments:
            named["mode"] = mode
        if "params" in arguments:
            named["params"] = self.params
        if "config" in arguments:
            named["config"] = self._config
        return _tensors(input_fn(**named))

    def _call_model_fn(self, features, labels, mode, config):
        arguments = _arguments_of(self._model_fn)
        named = {}
        if "labels" in arguments:
            named["labels"] = labels
        elif labels is not None:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        for name, value in (("mode", mode), ("params", self._params), ("config", config)):
            if name in arguments:
                named[name] = value
        logging.info("Calling model_fn.")
        spec = self._model_fn(features=features, **named)
        logging.info("Done calling model_fn.")
        if not isinstance(spec, model_fn_lib.EstimatorSpec):
            raise ValueError("model_fn should return an EstimatorSpec.")
        return spec

    def _create_global_step(self, graph):
        return training_util.create_global_step(graph)

    # Training.

    def train(self, input_fn, hooks=None, steps=None, max_steps=None, saving_listeners=None):
        """Trains `steps` steps more, or until `max_steps` steps, or until the input ends. Gives the estimator itself."""
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        for name, value in (("steps", steps), ("max_steps", max_steps)):
            if value is not None and value <= 0:
                raise ValueError(f"Must specify {name} > 0, given: {value}")
        if max_steps is not None and _load_global_step(self._model_dir) >= max_steps:
            logging.info("Skipping training since max_steps has already saved.")
            return self
        hooks = list(hooks or [])
        if steps is not None or max_steps is not None:
            hooks.append(basic_session_run_hooks.StopAtStepHook(steps, max_steps))
        with ops.Graph().as_default() as graph, graph.device(self._config.device_fn):
            random_seed.set_random_seed(self._config.tf_random_seed)
            step = self._create_global_step(graph)
            features, labels = self._call_input_fn(input_fn, ModeKeys.TRAIN)
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self._config)
            if self._warm_start_from is not None:
                self._warm_start()
            loss = self._run_training(graph, spec, step, hooks, saving_listeners)
        logging.info("Loss for final step: %s.", loss)
        return self

    def _warm_start(self):
        from tenseur.python.training import checkpoint_utils
        path = getattr(self._warm_start_from, "ckpt_to_initialize_from", self._warm_start_from)
        checkpoint_utils.init_from_checkpoint(path, {"/": "/"})

    def _run_training(self, graph, spec, step, hooks, listeners):
        if not any(one.name == "loss" for one in graph.get_collection(ops.GraphKeys.SUMMARIES) if hasattr(one, "name")):
            from tenseur.python.summary import summary
            summary.scalar("loss", spec.loss)
        graph.add_to_collection(ops.GraphKeys.LOSSES, spec.loss)
        hooks = [*hooks, basic_session_run_hooks.NanTensorHook(spec.loss),
                 basic_session_run_hooks.LoggingTensorHook({"loss": spec.loss, "step": step},
                                                           every_n_iter=self._config.log_step_count_steps or 100),
                 *spec.training_hooks]
        savers = [*hooks, *spec.training_chief_hooks]
        if not any(isinstance(hook, basic_session_run_hooks.CheckpointSaverHook) for hook in savers):
            hooks.append(basic_session_run_hooks.CheckpointSaverHook(
                self._model_dir, save_secs=self._config.save_checkpoints_secs, save_steps=self._config.save_checkpoints_steps,
                scaffold=spec.scaffold, listeners=listeners or []))
        loss = None
        with monitored_session.MonitoredTrainingSession(
                checkpoint_dir=self._model_dir, scaffold=spec.scaffold, hooks=hooks, chief_only_hooks=list(spec.training_chief_hooks),
                save_checkpoint_secs=0, save_checkpoint_steps=None, save_summaries_steps=self._config.save_summary_steps,
                config=self._config.session_config, log_step_count_steps=self._config.log_step_count_steps) as session:
            while not session.should_stop():
                _, loss = session.run([spec.train_op, spec.loss])
        return loss

    # Evaluation.

    def evaluate(self, input_fn, steps=None, hooks=None, checkpoint_path=None, name=None):
        """The metrics over `steps` batches, or over all: a dictionary, with "loss" and "global_step". Where nothing has been
        trained, variables have their initial values."""
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        path = checkpoint_path or self.latest_checkpoint()
        if not path:
            logging.info("Could not find trained model in model_dir: %s, running initialization to evaluate.", self._model_dir)
        with ops.Graph().as_default() as graph:
            random_seed.set_random_seed(self._config.tf_random_seed)
            step = self._create_global_step(graph)
            features, labels = self._call_input_fn(input_fn, ModeKeys.EVAL)
            spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self._config)
            metrics = {key: value if isinstance(value, tuple) else (value.result(), control_flow_ops.group(*value.updates))
                       for key, value in spec.eval_metric_ops.items()}
            if "loss" in metrics:
                raise ValueError('Metric with name "loss" is not allowed, because Estimator already defines a default metric '
                                 "with the same name.")
            metrics["loss"] = metrics_impl.mean(spec.loss)
            values = {key: value for key, (value, _) in metrics.items()}
            values["global_step"] = step
            update = control_flow_ops.group(*(one for _, one in metrics.values()))
            found = self._evaluate_once(path, spec, update, values, steps, [*(hooks or []), *spec.evaluation_hooks])
        logging.info("Saving dict for global step %s: %s", found["global_step"],
                     ", ".join(f"{key} = {value}" for key, value in sorted(found.items())))
        self._write_summary(os.path.join(self._model_dir, f"eval_{name}" if name else "eval"), found)
        return found

    def _evaluate_once(self, path, spec, update, values, steps, hooks):
        creator = monitored_session.ChiefSessionCreator(scaffold=spec.scaffold, checkpoint_filename_with_path=path,
                                                        config=self._config.session_config)
        final = basic_session_run_hooks.FinalOpsHook(values)
        done = 0
        # The end of the input ends the block; the hook reads the metrics then.
        with monitored_session.MonitoredSession(session_creator=creator, hooks=[*hooks, final]) as session:
            while not session.should_stop() and (steps is None or done < steps):
                session.run(update)
                done += 1
        return final.final_ops_values

    @staticmethod
    def _write_summary(folder, values):
        from tenseur.core.framework import summary_pb2
        from tenseur.python.summary.writer import writer
        message = summary_pb2.Summary()
        for key, value in values.items():
            if key != "global_step" and np.ndim(value) == 0 and not isinstance(value, (bytes, str)):
                message.value.add(tag=key, simple_value=float(value))
        with ops.Graph().as_default():
            written = writer.FileWriter(folder)
            written.add_summary(message, int(values["global_step"]))
            written.close()

    # Prediction.

    def predict(self, input_fn, predict_keys=None, hooks=None, checkpoint_path=None,
                yield_single_examples=True):
        """The predictions, one after another: for each example a dictionary, or an array. Where nothing has been trained,
        variables have their initial values."""
        path = checkpoint_path or self.latest_checkpoint()
        if not path:
            logging.info("Could not find trained model in model_dir: %s, running initialization to predict.", self._model_dir)
        with ops.Graph().as_default() as graph:
            random_seed.set_random_seed(self._config.tf_random_seed)
            self._create_global_step(graph)
            features, _ = self._call_input_fn(input_fn, ModeKeys.PREDICT)
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self._config)
            wanted = self._chosen(spec.predictions, predict_keys)
            creator = monitored_session.ChiefSessionCreator(scaffold=spec.scaffold, checkpoint_filename_with_path=path,
                                                            config=self._config.session_config)
            with monitored_session.MonitoredSession(session_creator=creator, hooks=[*(hooks or []), *spec.prediction_hooks]) as session:
                while not session.should_stop():
                    try:
                        found = session.run(wanted)
                    except errors_impl.OutOfRangeError:
                        break
                    if not yield_single_examples:
                        yield found
                    elif isinstance(found, dict):
                        for number in range(len(next(iter(found.values())))):
                            yield {key: value[number] for key, value in found.items()}
                    else:
                        yield from found
                    if not _ends(graph):
                        break

    @staticmethod
    def _chosen(predictions, keys):
        if not keys:
            return predictions
        if not isinstance(predictions, dict):
            raise ValueError("predict_keys argument is not valid in case of non-dict predictions.")
        keys = [keys] if isinstance(keys, str) else keys
        chosen = {key: value for key, value in predictions.items() if key in keys}
        if not chosen:
            raise ValueError(f"Expected to run at least one output from {list(predictions)}, provided {keys}.")
        return chosen

    # Export.

    def export_savedmodel(self, export_dir_base, serving_input_receiver_fn, assets_extra=None, as_text=False,
                          checkpoint_path=None, strip_default_attrs=False, experimental_mode=ModeKeys.PREDICT):
        """Writes the model for serving into a new folder of `export_dir_base`, named by the time; gives its path."""
        import time
        from tenseur.python.saved_model import builder_impl, signature_constants, tag_constants
        path = checkpoint_path or self.latest_checkpoint()
        if not path:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")
        base = os.fsdecode(export_dir_base)
        number = int(time.time())
        while os.path.exists(os.path.join(base, str(number))):
            number += 1
        folder = os.path.join(base, str(number))
        with ops.Graph().as_default() as graph:
            self._create_global_step(graph)
            receiver = serving_input_receiver_fn()
            spec = self._call_model_fn(receiver.features, None, ModeKeys.PREDICT, self._config)
            outputs = spec.export_outputs
            if outputs is None:
                from tenseur.python.estimator.export import export
                outputs = {signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: export.PredictOutput(spec.predictions)}
            signatures = {key: output.as_signature_def(receiver.receiver_tensors) for key, output in outputs.items()}
            if len(outputs) == 1:
                signatures[signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY] = next(iter(signatures.values()))
            creator = monitored_session.ChiefSessionCreator(scaffold=spec.scaffold, checkpoint_filename_with_path=path)
            session = creator.create_session()
            with session:
                made = builder_impl.SavedModelBuilder(folder)
                made.add_meta_graph_and_variables(session, [tag_constants.SERVING], signature_def_map=signatures)
                made.save(as_text)
        return folder.encode()

    export_saved_model = export_savedmodel


def _ends(graph):
    """Whether the input comes to an end by itself: from a dataset or a queue, not from tensors that stay."""
    return any(op.type.startswith(("IteratorGetNext", "QueueDequeue", "ReaderRead")) for op in graph.get_operations())


def _arguments_of(function):
    function = getattr(function, "__call__", function) if not inspect.isroutine(function) and not hasattr(function, "func") else function
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()


def _tensors(result):
    """(features, labels) of what an input function gives: those, a pair, or a dataset of either."""
    if hasattr(result, "make_initializable_iterator"):
        iterator = result.make_initializable_iterator()
        ops.add_to_collection(ops.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
        result = iterator.get_next()
    if isinstance(result, (list, tuple)):
        if len(result) != 2:
            raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
        return result[0], result[1]
    return result, None


def _load_global_step(folder):
    path = checkpoint_management.latest_checkpoint(folder)
    if not path:
        return 0
    from tenseur.python.training import checkpoint_utils
    try:
        return int(checkpoint_utils.load_variable(folder, ops.GraphKeys.GLOBAL_STEP))
    except errors_impl.OpError:
        return 0


class WarmStartSettings:
    """From which checkpoint variables begin."""

    def __init__(self, ckpt_to_initialize_from, vars_to_warm_start=".*", var_name_to_vocab_info=None,
                 var_name_to_prev_var_name=None):
        self.ckpt_to_initialize_from = ckpt_to_initialize_from
        self.vars_to_warm_start = vars_to_warm_start
        self.var_name_to_vocab_info = var_name_to_vocab_info or {}
        self.var_name_to_prev_var_name = var_name_to_prev_var_name or {}
