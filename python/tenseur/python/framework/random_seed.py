"""The seeds of random ops: one of the graph, and one of each op."""

from tenseur.python.framework import ops

DEFAULT_GRAPH_SEED = 87654321
_MAXINT32 = 2**31 - 1


def get_seed(op_seed):
    """The two seeds of a random op. Where only the graph has one, the op's is the number of nodes made so far; where
    neither has, both are `None` and every session draws other numbers.
    """
    graph = ops.get_default_graph()
    if graph.seed is not None:
        seeds = graph.seed % _MAXINT32, (graph._last_id if op_seed is None else op_seed) % _MAXINT32
    elif op_seed is not None:
        seeds = DEFAULT_GRAPH_SEED, op_seed % _MAXINT32
    else:
        return None, None
    # Two zeros would mean that there is no seed.
    return (0, _MAXINT32) if seeds == (0, 0) else seeds


def set_random_seed(seed):
    """Sets the seed of the default graph."""
    ops.get_default_graph().seed = seed
