"""What is measured, in JAX: compiled functions of arrays that lie on the device; weights are given up to the step that makes
new ones."""

import jax
import jax.numpy as jnp
import numpy as np

import protocol

RATE = 0.01


def load(request):
    return {name: jnp.asarray(array) for name, array in np.load(request["data"]).items()}


def descend(request, arrays, cost, steps_per_call=1):
    """Descends `cost(weights, x, y)`."""
    x, y = arrays.pop("x"), arrays.pop("y")
    weights = arrays

    def step(weights, x, y):
        slopes = jax.grad(cost)(weights, x, y)
        return jax.tree.map(lambda w, slope: w - RATE * slope, weights, slopes)

    def steps(weights, x, y):
        return jax.lax.scan(lambda weights, _: (step(weights, x, y), None), weights, length=steps_per_call)[0]

    def step_with_loss(weights, x, y):
        loss, slopes = jax.value_and_grad(cost)(weights, x, y)
        return loss, jax.tree.map(lambda w, slope: w - RATE * slope, weights, slopes)

    with_loss = jax.jit(step_with_loss, donate_argnums=0)
    losses = []
    for _ in range(request.get("losses", 3)):
        loss, weights = with_loss(weights, x, y)
        losses.append(float(loss))
    update = jax.jit(step if steps_per_call == 1 else steps, donate_argnums=0)

    def run(calls):
        nonlocal weights
        for _ in range(calls):
            weights = update(weights, x, y)
        jax.block_until_ready(weights)

    return protocol.Job(losses, run, steps_per_call=steps_per_call)


def layers_of(weights):
    return sum(name.startswith("w") for name in weights)


def dense_layers(weights, signal, activation):
    layers = layers_of(weights)
    for layer in range(1, layers + 1):
        signal = signal @ weights[f"w{layer}"] + weights[f"b{layer}"]
        if layer < layers:
            signal = activation(signal)
    return signal


def cross_entropy_of(y, logits):
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(logits), axis=1))


def small(request, steps_per_call=1):
    def cost(weights, x, y):
        return jnp.mean(jnp.square(dense_layers(weights, x, jnp.tanh) - y))

    return descend(request, load(request), cost, steps_per_call)


def small1000(request):
    return small(request, 1000)


def mlp(request):
    def cost(weights, x, y):
        return cross_entropy_of(y, dense_layers(weights, x, jax.nn.relu))

    return descend(request, load(request), cost)


def conv(request):
    def cost(weights, x, y):
        signal = x
        for layer in (1, 2):
            convolved = jax.lax.conv_general_dilated(
                signal, weights[f"w{layer}"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            signal = jax.nn.relu(convolved + weights[f"b{layer}"])
            signal = jax.lax.reduce_window(signal, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        signal = signal.reshape(signal.shape[0], -1)
        units = jax.nn.relu(signal @ weights["w3"] + weights["b3"])
        return cross_entropy_of(y, units @ weights["w4"] + weights["b4"])

    return descend(request, load(request), cost)


def lstm(request):
    def cost(weights, x, y):
        cells = weights["b1"].shape[0] // 4

        def frame(carry, x):
            memory, state = carry
            gates = jnp.concatenate([x, state], axis=1) @ weights["w1"] + weights["b1"]
            admit, new, forget, show = jnp.split(gates, 4, axis=1)
            memory = memory * jax.nn.sigmoid(forget + 1.0) + jax.nn.sigmoid(admit) * jnp.tanh(new)
            return (memory, jnp.tanh(memory) * jax.nn.sigmoid(show)), None

        zero = jnp.zeros((x.shape[1], cells))
        (_, state), _ = jax.lax.scan(frame, (zero, zero), x)
        return cross_entropy_of(y, state @ weights["w2"] + weights["b2"])

    return descend(request, load(request), cost)


def with_gradients(loss, arguments, names):
    function = jax.jit(jax.value_and_grad(loss, argnums=tuple(range(len(names)))))
    value, slopes = function(*arguments)
    check = {name: np.abs(np.asarray(slope, np.float64)).sum() for name, slope in zip(names, slopes)}

    def run(steps):
        for _ in range(steps):
            result = function(*arguments)
        jax.block_until_ready(result)

    return protocol.Job([value], run, check)


def cross_entropy(request):
    arrays = load(request)

    def loss(logits, labels):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1))

    return with_gradients(loss, (arrays["logits"], arrays["labels"]), ["logits"])


def prelu(request):
    arrays = load(request)

    def loss(x, alpha, g):
        return jnp.sum(jnp.where(x > 0, x, alpha * x) * g)

    return with_gradients(loss, (arrays["x"], arrays["alpha"], arrays["g"]), ["x", "alpha"])


if __name__ == "__main__":
    protocol.serve(
        {
            "small": small,
            "small1000": small1000,
            "mlp": mlp,
            "conv": conv,
            "lstm": lstm,
            "cross_entropy": cross_entropy,
            "prelu": prelu,
        }
    )
