"""Ops whose work is Python: queues, iterators, tables, summaries, readers.

Each op type has a function that, from a node's inputs and attributes, gives the types and shapes of its outputs and the
function that does the work. So a node can be made by a program and by a graph that is read from a file alike.
"""

from tenseur.python.framework import ops

_makers = {}


class register:
    """Registers what makes nodes of a type: `maker(node) -> ([(dtype, sizes or None), …], function)`.

    `node` has the fields `graph`, `name` (as the node will be called), `inputs` and `attrs` (as the engine takes them).
    """

    def __init__(self, *op_types):
        self._op_types = op_types

    def __call__(self, maker):
        for op_type in self._op_types:
            _makers[op_type] = maker
        return maker


class _Node:
    def __init__(self, graph, op_type, name, inputs, attrs):
        self.graph, self.op_type, self.name, self.inputs, self.attrs = graph, op_type, name, inputs, attrs


def is_host(op_type):
    """Whether the op's work is Python."""
    if op_type in _makers:
        return True
    module = _HOMES.get(op_type)
    if module is None:
        return False
    import importlib
    importlib.import_module(module)
    return op_type in _makers


def keeps_state(op_type):
    """Whether the op works with what Python keeps between runs: the engine's op of that type would not find it."""
    return (_HOMES.get(op_type) in _KEEPING or "Reader" in op_type) and is_host(op_type)


def create(op_type, inputs, attrs, name=None):
    """Makes a node of a registered type in the default graph."""
    graph = ops.get_default_graph()
    name = op_type if name is None else name
    if name.endswith("/"):
        full = name[:-1]
    else:
        full = graph.unique_name(name)
    facts, function = _makers[op_type](_Node(graph, op_type, full, inputs, attrs))
    facts = [(getattr(dtype, "as_datatype_enum", dtype) % 100, sizes) for dtype, sizes in facts]
    return graph.create_op(op_type, inputs, name=full + "/", attrs=attrs, host=(facts, function))


_HOMES = {op_type: module for module, op_types in {
    "tenseur.python.ops._checkpoint_ops": "SaveV2 RestoreV2 ShardedFilename MergeV2Checkpoints",
    "tenseur.python.ops.summary_ops": "ScalarSummary HistogramSummary ImageSummary AudioSummary MergeSummary TensorSummaryV2 "
                                      "TensorSummary",
    "tenseur.python.ops.data_flow_ops":
        "FIFOQueueV2 RandomShuffleQueueV2 PaddingFIFOQueueV2 PriorityQueueV2 QueueEnqueueV2 QueueEnqueueManyV2 QueueDequeueV2 "
        "QueueDequeueManyV2 QueueDequeueUpToV2 QueueCloseV2 QueueSizeV2 QueueIsClosedV2 "
        "FIFOQueue RandomShuffleQueue PaddingFIFOQueue PriorityQueue QueueEnqueue QueueEnqueueMany QueueDequeue "
        "QueueDequeueMany QueueDequeueUpTo QueueClose QueueSize QueueIsClosed",
    "tenseur.python.ops.io_ops":
        "ReadFile WriteFile MatchingFiles WholeFileReaderV2 TextLineReaderV2 TFRecordReaderV2 FixedLengthRecordReaderV2 "
        "IdentityReaderV2 ReaderReadV2 ReaderReadUpToV2 ReaderResetV2 ReaderNumRecordsProducedV2 "
        "ReaderNumWorkUnitsCompletedV2 WholeFileReader TextLineReader TFRecordReader FixedLengthRecordReader IdentityReader "
        "ReaderRead ReaderReadUpTo ReaderReset ReaderNumRecordsProduced ReaderNumWorkUnitsCompleted",
    "tenseur.python.ops.lookup_ops":
        "HashTableV2 MutableHashTableV2 MutableHashTableOfTensorsV2 MutableDenseHashTableV2 LookupTableFindV2 "
        "LookupTableInsertV2 LookupTableSizeV2 InitializeTableV2 "
        "InitializeTableFromTextFileV2 LookupTableExportV2 LookupTableImportV2 LookupTableRemoveV2",
}.items() for op_type in op_types.split()}

_KEEPING = {"tenseur.python.ops._checkpoint_ops", "tenseur.python.ops.data_flow_ops", "tenseur.python.ops.lookup_ops"}
