"""Training with evaluations between: `tf.estimator.train_and_evaluate`."""

import collections


class TrainSpec(collections.namedtuple("TrainSpec", ["input_fn", "max_steps", "hooks"])):
    """What training takes."""

    def __new__(cls, input_fn, max_steps=None, hooks=None):
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, tuple(hooks or ()))


class EvalSpec(collections.namedtuple("EvalSpec", ["input_fn", "steps", "name", "hooks", "exporters", "start_delay_secs",
                                                   "throttle_secs"])):
    """What evaluation takes."""

    def __new__(cls, input_fn, steps=100, name=None, hooks=None, exporters=None, start_delay_secs=120,
                throttle_secs=600):
        exporters = [] if exporters is None else list(exporters) if isinstance(exporters, (list, tuple)) else [exporters]
        return super().__new__(cls, input_fn, steps, name, tuple(hooks or ()), tuple(exporters),
                               start_delay_secs, throttle_secs)


def train_and_evaluate(estimator, train_spec, eval_spec):
    """Trains until the input ends or `max_steps`, and evaluates each time a checkpoint was written `throttle_secs` after the
    last evaluation, and at the end. Gives (the last metrics, what exporters gave)."""
    import time
    from tenseur.python.training import basic_session_run_hooks
    state = {"last": None, "at": 0.0, "step": None}

    def evaluate(step):
        state["last"] = estimator.evaluate(eval_spec.input_fn, steps=eval_spec.steps, name=eval_spec.name,
                                           hooks=list(eval_spec.hooks))
        state["at"], state["step"] = time.time(), step

    class Evaluate(basic_session_run_hooks.CheckpointSaverListener):
        """Evaluates after a checkpoint."""

        def after_save(self, session, global_step_value):
            if global_step_value > 0 and time.time() - state["at"] >= eval_spec.throttle_secs and state["at"]:
                evaluate(global_step_value)
            state["at"] = state["at"] or time.time()

        def end(self, session, global_step_value):
            pass

    estimator.train(train_spec.input_fn, hooks=list(train_spec.hooks), max_steps=train_spec.max_steps,
                    saving_listeners=[Evaluate()])
    evaluate(None)
    exported = []
    for exporter in eval_spec.exporters:
        import os
        path = os.path.join(estimator.model_dir, "export", exporter.name)
        exported.append(exporter.export(estimator, path, estimator.latest_checkpoint(), state["last"], True))
    return state["last"], exported
