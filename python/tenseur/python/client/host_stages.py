"""Runs with functions of Python in them, in stages: first the functions that need nothing of the engine (the next element of
an iterator or a queue), then the engine, then the functions that nothing of the engine waits for (summaries, what goes into
a queue).

So the engine runs a plan, as for any other request, and holds no lock while a function waits. A function that stands between
nodes of the engine is called by the engine in the middle of the run.
"""

import numpy as np

from tenseur import _core
from tenseur.python.framework import errors_impl

_HANDLES = (20, 21)  # types of resources and variants, which are no arrays


class Staged:
    """A request in stages."""

    __slots__ = ("_early", "_late", "_request", "_given", "_fetched", "_fed", "_results")

    def __init__(self, early, late, request, given, fetched, fed, results):
        self._early = early  # [((operation, function, [edge or constant of each input]), what the engine does first or None)]
        self._late = late  # [(operation, function, inputs)]
        self._request = request  # what the engine does, or None
        self._given = given  # edges that it is fed, besides what the run is fed
        self._fetched = fetched  # edges that it gives
        self._fed = fed  # edges that the run is fed
        self._results = results  # edges that the run gives

    def run(self, engine, values):
        """The results, for the values of the fed tensors in the engine's form."""
        raw = dict(zip(self._fed, values))
        found = {}
        for one, first in self._early:
            if first is not None:
                request, given, fetched = first
                found.update(zip(fetched, engine.run(request, values + [raw[edge] for edge in given])))
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
    """The request in stages, or `None` where it has no functions that may run before or after the engine."""
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
    if not early and not late:
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
    """The functions that need only what is known, what the run is fed and what other such functions give; with the inputs of
    each. Those that a node of the engine waits for, without reading what they give, are none of them."""
    refused = set()
    while True:
        early = {}
        for node in sorted(needed):
            if node in hosts and node not in refused and all(before in early for before in needed[node]._control_ids):
                inputs = _inputs(graph, needed, needed[node], early, given)
                if inputs is not None:
                    early[node] = inputs
        wrong = {node for node in early for reader in readers[node]
                 if node in needed[reader]._control_ids and reader not in early and reader not in late}
        if not wrong:
            return early
        refused |= wrong


def _inputs(graph, needed, op, early, given):
    """The inputs of a function that could run early: edges, and values that are known; `None` where it could not."""
    inputs = []
    for edge in op._input_edges:
        value = None
        if edge not in given and edge[0] not in early:
            value = graph._engine.known_value(*edge) if needed[edge[0]].type == "Const" else None
            if value is None and not _plain(needed, edge, given, early):
                return None
        inputs.append(edge if value is None else _Known(value))
    return inputs


#: Ops whose results depend on their inputs alone: to compute them before the rest, and again in it, does no harm.
_PLAIN = frozenset("""Const Placeholder Cast Reshape ExpandDims Squeeze Identity StridedSlice Slice Shape Size Rank Pack Unpack ConcatV2
    Transpose Add AddV2 Sub Mul RealDiv FloorDiv FloorMod Mod Maximum Minimum Neg Range Fill OneHot Tile Gather GatherV2 StringJoin
    ZerosLike OnesLike Sum Max Min Prod Mean Equal Less Greater StopGradient ReverseV2 ArgMax""".split())


def _plain(needed, edge, given, early):
    """Whether only plain ops, functions that ran already and what is fed lead to the tensor."""
    waiting, seen = [edge], set()
    while waiting:
        edge = waiting.pop()
        if edge in given or edge[0] in early or edge in seen:
            continue
        seen.add(edge)
        op = needed.get(edge[0])
        if op is None or op.type not in _PLAIN or op._control_ids or _is_handle(op, edge):
            return False
        waiting += op._input_edges
    return True


def _before(graph, needed, inputs, early, fed):
    """What the engine computes before a function is called: (request, what it is fed besides, what it gives)."""
    fetched = [edge for edge in inputs if type(edge) is tuple and edge not in fed and edge[0] not in early]
    if not fetched:
        return None
    given, waiting, seen = {}, list(fetched), set()
    while waiting:
        edge = waiting.pop()
        if edge in seen or edge in fed:
            continue
        seen.add(edge)
        if edge[0] in early:
            given[edge] = None
        else:
            waiting += needed[edge[0]]._input_edges
    return _core.Request(graph._engine, fetched, [], [*fed, *given]), list(given), fetched


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
        [((needed[node], hosts[node], early[node]), _before(graph, needed, early[node], early, fed)) for node in sorted(early)],
        [(needed[node], hosts.get(node), [known.get(edge, edge) for edge in needed[node]._input_edges]) for node in last],
        request, list(given), list(fetched), fed, edges)
