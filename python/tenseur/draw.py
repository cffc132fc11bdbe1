"""A network as neurons, as formulas and as a dataflow graph, found in the graph that computes it.

    from tenseur import draw
    draw.neurons(output, ["x", "y", "z"])    # in a notebook, the picture; print() shows it as text
"""

from tenseur import _core


class Drawing:
    """A drawing as `text` and as `svg`."""

    def __init__(self, text, svg):
        self.text, self.svg = text, svg

    def __str__(self):
        return self.text

    __repr__ = __str__

    def _repr_svg_(self):
        return self.svg

    def save(self, path):
        """Writes the SVG to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


def _network(output, names):
    return _core.network_drawings(output.graph._engine, output._edge(), None if names is None else list(names))


def neurons(output, names=None):
    """The fully connected layers that end in the tensor `output`, as neurons and the weights between them.

    Args:
      names: one for each number that goes in.

    Raises:
      tf.errors.OpError: where `output` is not that of fully connected layers.
    """
    return Drawing(*_network(output, names)[0])


def formulas(output, names=None):
    """The same layers as formulas, a line for each neuron."""
    return Drawing(*_network(output, names)[1])


def dataflow(*outputs, graph=None):
    """The dataflow graph: what the tensors `outputs` need of it, or all of it."""
    from tenseur.python.framework import ops
    graph = outputs[0].graph if outputs else graph or ops.get_default_graph()
    return Drawing(*_core.graph_drawing(graph._engine, [output._edge() for output in outputs]))
