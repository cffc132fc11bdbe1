"""How networks learn: `tf.keras.optimizers`."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.keras import backend as K
from tenseur.python.ops import clip_ops, gradients_impl, init_ops, math_ops, state_ops, variables


def _fixed(value, name):
    return variables.VariableV1(float(value), name=name, trainable=False, dtype=dtypes.as_dtype(K.floatx()),
                                use_resource=True)


class Optimizer:
    """Makes operations that change weights by gradients. `lr` is a variable: `K.set_value(model.optimizer.lr, 0.01)`."""

    def __init__(self, learning_rate, decay=0.0, name=None, **kwargs):
        self._initial_rate = kwargs.pop("lr", learning_rate)
        self._initial_decay = decay
        self.clipnorm, self.clipvalue = kwargs.pop("clipnorm", None), kwargs.pop("clipvalue", None)
        if kwargs:
            raise TypeError(f"Unexpected keyword argument passed to optimizer: {sorted(kwargs)[0]}")
        self._name = name or self.__class__.__name__
        self._graph = None
        self.weights = []

    def _prepare(self):
        """The variables, in the graph that is the default now."""
        if self._graph is ops.get_default_graph():
            return
        self._graph = ops.get_default_graph()
        self._slots = {}
        with ops.name_scope(self._name):
            self._iterations = variables.VariableV1(0, dtype=dtypes.int64, trainable=False, name="iter",
                                                    use_resource=True)
            rate = self._initial_rate
            self._rate_of_step = rate if callable(rate) else None
            self._learning_rate = _fixed(0.0 if callable(rate) else rate, "learning_rate")
        self.weights = [self._iterations]

    @property
    def iterations(self):
        self._prepare()
        return self._iterations

    @property
    def lr(self):
        self._prepare()
        return self._learning_rate

    learning_rate = lr

    def _rate(self):
        """The rate of this step."""
        if self._rate_of_step is not None:
            return self._rate_of_step(self._iterations)
        rate = ops.convert_to_tensor(self._learning_rate)
        if self._initial_decay:
            rate = rate / (1.0 + self._initial_decay * math_ops.cast(self._iterations.read_value(), rate.dtype))
        return rate

    def _slot(self, param, name, value=0.0):
        key = (id(param), name)
        if key not in self._slots:
            initial = init_ops.constant_initializer(value)
            shape, dtype = param.shape.as_list(), param.dtype.base_dtype
            with ops.control_dependencies(None):
                self._slots[key] = variables.VariableV1(
                    lambda: initial(shape, dtype=dtype), trainable=False, dtype=dtype, name=f"{param.op.name}/{name}",
                    use_resource=True)
            self.weights.append(self._slots[key])
        return self._slots[key]

    def get_gradients(self, loss, params):
        grads = gradients_impl.gradients(loss, params)
        if any(grad is None for grad in grads):
            missing = [p.name for p, g in zip(params, grads) if g is None]
            if len(missing) == len(grads):
                raise ValueError("An operation has `None` for gradient. Please make sure that all of your ops have a gradient "
                                 f"defined (i.e. are differentiable). Variables: {missing}")
        grads = [None if grad is None else ops.convert_to_tensor(grad) for grad in grads]
        if self.clipnorm is not None:
            grads = [None if grad is None else clip_ops.clip_by_norm(grad, self.clipnorm) for grad in grads]
        if self.clipvalue is not None:
            grads = [None if grad is None else clip_ops.clip_by_value(grad, -self.clipvalue, self.clipvalue) for grad in grads]
        return grads

    def apply_gradients(self, grads_and_vars, name=None):
        """An operation that makes a step."""
        self._prepare()
        with ops.name_scope(name or self._name):
            rate = self._rate()
            updates = []
            for grad, param in grads_and_vars:
                if grad is None:
                    continue
                updates += self._step(ops.convert_to_tensor(grad), param, rate)
                constraint = getattr(param, "constraint", None)
                if constraint is not None:
                    with ops.control_dependencies(updates[-1:]):
                        updates.append(state_ops.assign(param, constraint(param.read_value())))
            with ops.control_dependencies(updates):
                return state_ops.assign_add(self._iterations, 1)

    def get_updates(self, loss, params):
        """An operation that makes a step down the loss."""
        self._prepare()
        return [self.apply_gradients(list(zip(self.get_gradients(loss, params), params)))]

    def minimize(self, loss, var_list, grad_loss=None, name=None):
        return self.apply_gradients(list(zip(self.get_gradients(loss, list(var_list)), var_list)), name)

    def get_weights(self):
        return K.batch_get_value(self.weights)

    def set_weights(self, weights):
        K.batch_set_value(list(zip(self.weights, weights)))

    def get_config(self):
        return {"name": self._name, "learning_rate": self._initial_rate, "decay": self._initial_decay}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class SGD(Optimizer):
    """`w ← w − lr · g`; with momentum `v ← momentum · v − lr · g`, `w ← w + v` (Nesterov: `w + momentum · v − lr · g`)."""

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, name="SGD", **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.momentum, self.nesterov = momentum, nesterov

    def _step(self, grad, param, rate):
        if not self.momentum:
            return [state_ops.assign_sub(param, rate * grad)]
        velocity = self._slot(param, "momentum")
        new = self.momentum * velocity - rate * grad
        change = self.momentum * new - rate * grad if self.nesterov else new
        return [state_ops.assign(velocity, new), state_ops.assign_add(param, change)]


class RMSprop(Optimizer):
    """`a ← rho · a + (1 − rho) · g²`, `w ← w − lr · g / (√a + epsilon)`."""

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False,
                 name="RMSprop", **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.rho, self.momentum, self.centered = rho, momentum, centered
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        rms = self._slot(param, "rms")
        new = self.rho * rms + (1.0 - self.rho) * math_ops.square(grad)
        updates = [state_ops.assign(rms, new)]
        spread = new
        if self.centered:
            mean = self._slot(param, "mg")
            new_mean = self.rho * mean + (1.0 - self.rho) * grad
            updates.append(state_ops.assign(mean, new_mean))
            spread = new - math_ops.square(new_mean)
        if not self.momentum:
            return [*updates, state_ops.assign_sub(param, rate * grad / (math_ops.sqrt(spread) + self.epsilon))]
        velocity = self._slot(param, "momentum")
        change = self.momentum * velocity + rate * grad * math_ops.rsqrt(spread + self.epsilon)
        return [*updates, state_ops.assign(velocity, change), state_ops.assign_sub(param, change)]


class Adagrad(Optimizer):
    """`a ← a + g²`, `w ← w − lr · g / (√a + epsilon)`."""

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, name="Adagrad",
                 **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.initial = initial_accumulator_value
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        accumulator = self._slot(param, "accumulator", self.initial)
        new = accumulator + math_ops.square(grad)
        return [state_ops.assign(accumulator, new), state_ops.assign_sub(param, rate * grad / (math_ops.sqrt(new) + self.epsilon))]


class Adadelta(Optimizer):
    """Zeiler (2012): steps in the units of the steps before."""

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, name="Adadelta", **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.rho = rho
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        grads, changes = self._slot(param, "accum_grad"), self._slot(param, "accum_var")
        new_grads = self.rho * grads + (1 - self.rho) * math_ops.square(grad)
        change = grad * math_ops.sqrt(changes + self.epsilon) * math_ops.rsqrt(new_grads + self.epsilon)
        new_changes = self.rho * changes + (1 - self.rho) * math_ops.square(change)
        return [state_ops.assign(grads, new_grads), state_ops.assign(changes, new_changes),
                state_ops.assign_sub(param, rate * change)]


class Adam(Optimizer):
    """Kingma and Ba (2014): means of gradients and of their squares, without bias."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False,
                 name="Adam", **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.beta_1, self.beta_2, self.amsgrad = beta_1, beta_2, amsgrad
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        step = math_ops.cast(self._iterations.read_value() + 1, grad.dtype)
        rate = rate * math_ops.sqrt(1.0 - math_ops.pow(self.beta_2, step)) / (1.0 - math_ops.pow(self.beta_1, step))
        m, v = self._slot(param, "m"), self._slot(param, "v")
        new_m = self.beta_1 * m + (1.0 - self.beta_1) * grad
        new_v = self.beta_2 * v + (1.0 - self.beta_2) * math_ops.square(grad)
        updates = [state_ops.assign(m, new_m), state_ops.assign(v, new_v)]
        spread = new_v
        if self.amsgrad:
            vhat = self._slot(param, "vhat")
            spread = math_ops.maximum(vhat, new_v)
            updates.append(state_ops.assign(vhat, spread))
        return [*updates, state_ops.assign_sub(param, rate * new_m / (math_ops.sqrt(spread) + self.epsilon))]


class Adamax(Optimizer):
    """`Adam` with the largest gradient in place of the mean of squares."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, name="Adamax", **kwargs):
        decay = kwargs.pop("decay", 0.0)
        super().__init__(learning_rate, decay, name, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        step = math_ops.cast(self._iterations.read_value() + 1, grad.dtype)
        m, v = self._slot(param, "m"), self._slot(param, "v")
        new_m = self.beta_1 * m + (1.0 - self.beta_1) * grad
        new_v = math_ops.maximum(self.beta_2 * v, math_ops.abs(grad))
        rate = rate / (1.0 - math_ops.pow(self.beta_1, step))
        return [state_ops.assign(m, new_m), state_ops.assign(v, new_v),
                state_ops.assign_sub(param, rate * new_m / (new_v + self.epsilon))]


class Nadam(Optimizer):
    """`Adam` with Nesterov's momentum, whose schedule is Dozat's."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, name="Nadam", **kwargs):
        self.schedule_decay = kwargs.pop("schedule_decay", 0.004)
        super().__init__(learning_rate, 0.0, name, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = K.epsilon() if epsilon is None else epsilon

    def _step(self, grad, param, rate):
        step = math_ops.cast(self._iterations.read_value() + 1, grad.dtype)

        def momentum(at):
            return self.beta_1 * (1.0 - 0.5 * math_ops.pow(0.96, self.schedule_decay * at))

        now, later = momentum(step), momentum(step + 1)
        product = self._slot(param, "m_schedule_all", 1.0)
        new_product = product * now
        m, v = self._slot(param, "m"), self._slot(param, "v")
        new_m = self.beta_1 * m + (1.0 - self.beta_1) * grad
        new_v = self.beta_2 * v + (1.0 - self.beta_2) * math_ops.square(grad)
        g_prime = grad / (1.0 - new_product)
        m_prime = new_m / (1.0 - new_product * later)
        v_prime = new_v / (1.0 - math_ops.pow(self.beta_2, step))
        bar = (1.0 - now) * g_prime + later * m_prime
        return [state_ops.assign(product, new_product), state_ops.assign(m, new_m), state_ops.assign(v, new_v),
                state_ops.assign_sub(param, rate * bar / (math_ops.sqrt(v_prime) + self.epsilon))]


class TFOptimizer(Optimizer):
    """An optimizer of `tf.train` among Keras's."""

    def __init__(self, optimizer):
        super().__init__(0.0)
        self.optimizer = optimizer

    @property
    def lr(self):
        return getattr(self.optimizer, "_lr", getattr(self.optimizer, "_learning_rate", None))

    def get_updates(self, loss, params):
        grads = self.optimizer.compute_gradients(loss, params)
        return [self.optimizer.apply_gradients(grads)]


sgd, rmsprop, adagrad, adadelta, adam, adamax, nadam = SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam


def get(identifier):
    """The optimizer of this name; an object as it is."""
    from tenseur.python.training import optimizer as tf_optimizer
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, tf_optimizer.Optimizer):
        return TFOptimizer(identifier)
    if isinstance(identifier, str):
        found = {"sgd": SGD, "rmsprop": RMSprop, "adagrad": Adagrad, "adadelta": Adadelta, "adam": Adam, "adamax": Adamax,
                 "nadam": Nadam}.get(identifier.lower())
        if found is not None:
            return found()
    if isinstance(identifier, dict):
        return {c.__name__: c for c in (SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam)}[identifier["class_name"]](
            **identifier["config"])
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")


