"""What is measured, in PyTorch: modules and tensors, eager."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import protocol

RATE = 0.01


def load(request):
    torch.set_num_threads(request["threads"])
    return {name: torch.from_numpy(array) for name, array in np.load(request["data"]).items()}


def descend(request, network, cost, x, y):
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=RATE)

    def step():
        optimizer.zero_grad()
        loss = cost(network(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def run(steps):
        for _ in range(steps):
            step()

    return protocol.Job([step().item() for _ in range(request.get("losses", 3))], run)


def set_to(parameter, array):
    with torch.no_grad():
        parameter.copy_(array)


def linear(arrays, layer):
    w, b = arrays[f"w{layer}"], arrays[f"b{layer}"]
    module = nn.Linear(*w.shape)
    set_to(module.weight, w.T)
    set_to(module.bias, b)
    return module


def dense_layers(arrays, activation):
    modules = []
    for layer in range(1, 1 + sum(name.startswith("w") for name in arrays)):
        modules += [linear(arrays, layer), activation()]
    return nn.Sequential(*modules[:-1])


def small(request):
    arrays = load(request)
    return descend(request, dense_layers(arrays, nn.Tanh), functional.mse_loss, arrays["x"], arrays["y"])


def mlp(request):
    arrays = load(request)
    return descend(request, dense_layers(arrays, nn.ReLU), functional.cross_entropy, arrays["x"], arrays["y"])


def conv(request):
    arrays = load(request)
    modules = []
    for layer in (1, 2):
        w, b = arrays[f"w{layer}"], arrays[f"b{layer}"]
        height, width, inputs, outputs = w.shape
        module = nn.Conv2d(inputs, outputs, (height, width), padding="same")
        set_to(module.weight, w.permute(3, 2, 0, 1))
        set_to(module.bias, b)
        modules += [module, nn.ReLU(), nn.MaxPool2d(2)]
    # Channels come first here, and so do they in what is flattened.
    rows, units = arrays["w3"].shape
    channels = arrays["b2"].shape[0]
    side = int((rows // channels) ** 0.5)
    turned = arrays["w3"].reshape(side, side, channels, units).permute(2, 0, 1, 3).reshape(rows, units)
    flattened = {**arrays, "w3": turned}
    network = nn.Sequential(*modules, nn.Flatten(), linear(flattened, 3), nn.ReLU(), linear(arrays, 4))
    x = arrays["x"].permute(0, 3, 1, 2).contiguous()
    return descend(request, network, functional.cross_entropy, x, arrays["y"])


class Recurrent(nn.Module):
    """A layer of LSTM cells whose last state is classified."""

    def __init__(self, arrays):
        super().__init__()
        w, b = arrays["w1"], arrays["b1"]
        cells = b.shape[0] // 4
        inputs = w.shape[0] - cells
        # The gates stand in another order here, and the forget gate's added 1 is part of its bias.
        admit, new, forget, show = range(0, 4 * cells, cells)
        order = torch.cat([torch.arange(start, start + cells) for start in (admit, forget, new, show)])
        b = b.clone()
        b[forget : forget + cells] += 1
        self.lstm = nn.LSTM(inputs, cells)
        set_to(self.lstm.weight_ih_l0, w[:inputs, order].T)
        set_to(self.lstm.weight_hh_l0, w[inputs:, order].T)
        set_to(self.lstm.bias_ih_l0, b[order])
        # One bias is enough, and two would learn twice as fast.
        set_to(self.lstm.bias_hh_l0, torch.zeros(4 * cells))
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.classes = linear(arrays, 2)

    def forward(self, x):
        return self.classes(self.lstm(x)[0][-1])


def lstm(request):
    arrays = load(request)
    return descend(request, Recurrent(arrays), functional.cross_entropy, arrays["x"], arrays["y"])


def with_gradients(loss, variables):
    for variable in variables.values():
        variable.requires_grad_()

    def step():
        for variable in variables.values():
            variable.grad = None
        value = loss()
        value.backward()
        return value

    def run(steps):
        for _ in range(steps):
            step()

    value = step()
    check = {name: variable.grad.double().abs().sum() for name, variable in variables.items()}
    return protocol.Job([value.item()], run, check)


def cross_entropy(request):
    arrays = load(request)
    logits, labels = arrays["logits"], arrays["labels"].long()
    return with_gradients(lambda: functional.cross_entropy(logits, labels), {"logits": logits})


def prelu(request):
    arrays = load(request)
    # Channels lie side by side, as in the other systems, and are the second axis to PyTorch.
    x, g = (arrays[name].permute(0, 3, 1, 2) for name in ("x", "g"))
    x, alpha = x.detach(), arrays["alpha"]
    return with_gradients(lambda: (functional.prelu(x, alpha) * g).sum(), {"x": x, "alpha": alpha})


if __name__ == "__main__":
    protocol.serve(
        {
            "small": small,
            "mlp": mlp,
            "conv": conv,
            "lstm": lstm,
            "cross_entropy": cross_entropy,
            "prelu": prelu,
        }
    )
