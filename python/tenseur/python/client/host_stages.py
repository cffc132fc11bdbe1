"""Runs with functions of Python in them, in stages: first the functions that need nothing of the engine (the next element of
an iterator or a queue), then the engine, then the functions that nothing of the engine waits for (summaries, what goes into
a queue).

So the engine runs a plan, as for any other request, and holds no lock while a function waits. Where a function stands
between nodes of the engine, the engine calls it in the middle of the run.
"""

import numpy as np

from tenseur import _core
from tenseur.python.framework import errors_impl

_HANDLES = (20, 21)  # types of resources and variants, which are no arrays


class Staged:
    """A request in stages."""

    __slots__ = ("_early", "_late", "_request", "_given", "_fetched", "_fed", "_results")

    def __init__(self, early, late, request, given, fetched, fed, results):
        self._early = early  # [(operation, function, [edge or constant of each input])]
        self._late = late
        self._request = request  # what the engine does, or None
        self._given = given  # edges that it is fed, besides what the run is fed
        self._fetched = fetched  # edges that it gives
        self._fed = fed  # edges that the run is fed
        self._results = results  # edges that the run gives

    def run(self, engine, values):
        """The results, for the values of the fed tensors in the engine's form."""
        raw = dict(zip(self._fed, values))
        found = {}
        for one in self._early:
            _call(one, raw, found)
        if self._request is not None:
            given = [raw[edge] for edge in self._given]
            found.update(zip(self._fetched, engine.run(self._request, values + given)))
        for one in self._late:
            _call(one, raw, found)
        return [found[edge] if edge in found else _as_fetched(raw[edge]) for edge in self._results]


def _as_fetched(value):
    """An array as a run gives it: a scalar where it has no axes, strings as `bytes`."""
    if isinstance(value, tuple):
        strings, shape = value
        if len(shape) == 0:
            return strings[0]
        array = np.empty(len(strings), dtype=object)
        array[:] = strings
        return array.reshape(shape)
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _call(one, raw, found):
    op, function, inputs = one
    arrays = []
    for edge in inputs:
        if type(edge) is not tuple:
            arrays.append(edge.value)
            continue
        if edge not in found:
            found[edge] = _as_fetched(raw[edge])
        arrays.append(found[edge])
    if function is None:
        return
    try:
        results = function(arrays)
    except errors_impl.OpError as error:
        raise _told(op, type(error), error.message) from error
    except (KeyboardInterrupt, SystemExit):
        raise
    except Exception as error:
        kind = next((kind for exceptions, kind in _KINDS if isinstance(error, exceptions)), errors_impl.UnknownError)
        raise _told(op, kind, f"{type(error).__name__}: {error}") from error
    for number, value in enumerate(results):
        raw[(op._id, number)] = value


_KINDS = [((TypeError, ValueError), errors_impl.InvalidArgumentError), (StopIteration, errors_impl.OutOfRangeError),
          (MemoryError, errors_impl.ResourceExhaustedError), (NotImplementedError, errors_impl.UnimplementedError)]


def _told(op, kind, message):
    made = "".join(f"\n  made at {file}:{line}" for file, line, *_ in op.traceback)
    error = kind(None, op, f'{op.type} "{op.name}": {message}{made}')
    error._node_name, error._op_type = op.name, op.type
    return error


class _Known:
    """An input whose value is known before any run."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def staged(session, edges, targets, fed):
    """The request in stages, or `None` where there are no functions in it, or some in the midst of the engine's nodes."""
    graph = session._graph
    kept = session.__dict__.setdefault("_stages", {})
    key = (tuple(edges), tuple(targets), tuple(fed))
    if key not in kept:
        kept[key] = _planned(graph, *key)
    return kept[key]


def _planned(graph, edges, targets, fed):
    hosts, given = graph._hosts, set(fed)
    needed, waiting = {}, [node for node, _ in (edge for edge in edges if edge not in given)] + list(targets)
    while waiting:
        node = waiting.pop()
        if node in needed:
            continue
        op = needed[node] = graph._operation(node)
        waiting += [edge[0] for edge in op._input_edges if edge not in given] + list(op._control_ids)
    if not any(node in hosts for node in needed):
        return None
    readers = {node: [] for node in needed}
    for node, op in needed.items():
        for before in {edge[0] for edge in op._input_edges if edge not in given} | set(op._control_ids):
            readers[before].append(node)
    late = _late(needed, hosts, readers)
    early = _early(graph, needed, hosts, readers, late, given)
    if any(node in hosts and node not in late and node not in early for node in needed):
        return None
    return _assembled(graph, needed, early, late, edges, targets, fed)


def _late(needed, hosts, readers):
    """The functions, and the nodes that only wait for some, that nothing of the engine waits for."""
    late = set()
    for node in sorted(needed, reverse=True):
        waits = node in hosts or needed[node].type == "NoOp" and any(before in hosts for before in needed[node]._control_ids)
        if waits and all(reader in late for reader in readers[node]):
            if not any(_is_handle(needed[node], edge) for edge in needed[node]._input_edges):
                late.add(node)
    return late


def _is_handle(op, edge):
    fact = op._graph._engine.fact(*edge)
    return fact is None or fact[0] % 100 in _HANDLES


def _early(graph, needed, hosts, readers, late, given):
    """The functions that need only what is known, what the run is fed and what other such functions give."""
    early = {}
    for node in sorted(needed):
        op = needed[node]
        if node not in hosts or any(before not in early for before in op._control_ids):
            continue
        if any(node in needed[reader]._control_ids and reader not in hosts and reader not in late for reader in readers[node]):
            continue
        inputs = []
        for edge in op._input_edges:
            if edge in given or edge[0] in early:
                inputs.append(edge)
                continue
            value = graph._engine.known_value(*edge) if needed[edge[0]].type == "Const" else None
            if value is None:
                break
            inputs.append(_Known(value))
        else:
            early[node] = inputs
    # What only waits for late functions waits with them.
    changed = True
    while changed:
        changed = False
        for node in [one for one in early if any(before not in early for before in needed[one]._control_ids)]:
            del early[node]
            changed = True
    return early


def _assembled(graph, needed, early, late, edges, targets, fed):
    hosts = graph._hosts
    last = sorted(node for node in late if node not in early)
    fetched, wanted = dict.fromkeys(edge for edge in edges if edge not in fed and edge[0] not in early and edge[0] not in last), {}
    known = {}
    for node in last:
        for edge in needed[node]._input_edges:
            if edge in fed or edge[0] in early or edge[0] in late:
                continue
            value = graph._engine.known_value(*edge) if needed[edge[0]].type == "Const" else None
            if value is None:
                fetched[edge] = None
            else:
                known[edge] = _Known(value)
        wanted.update(dict.fromkeys(before for before in needed[node]._control_ids if before not in early and before not in late))
    wanted.update(dict.fromkeys(node for node in targets if node not in early and node not in late))
    inside = [node for node in needed if node not in early and node not in last]
    given = dict.fromkeys(edge for node in inside for edge in needed[node]._input_edges if edge[0] in early and edge not in fed)
    request = None
    if fetched or wanted:
        request = _core.Request(graph._engine, list(fetched), list(wanted), [*fed, *given])
    return Staged(
        [(needed[node], hosts[node], early[node]) for node in sorted(early)],
        [(needed[node], hosts.get(node), [known.get(edge, edge) for edge in needed[node]._input_edges]) for node in last],
        request, list(given), list(fetched), fed, edges)
