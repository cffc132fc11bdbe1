"""Writers of event files: `tf.summary.FileWriter`."""

import os
import time
import warnings

from tenseur.core import messages
from tenseur.core.framework import graph_pb2, summary_pb2
from tenseur.core.util import event_pb2
from tenseur.python.framework import ops
from tenseur.python.summary.writer.event_file_writer import EventFileWriter


def _has_metadata(summary):
    """Whether a value of the serialized summary says what it is."""
    return any(field == 9 for number, _, start, stop in messages.parts(summary) if number == 1
               for field, *_ in messages.parts(summary, start, stop))


class SummaryToEventTransformer:
    """Makes events of summaries and graphs."""

    def __init__(self, event_writer, graph=None, graph_def=None):
        self.event_writer = event_writer
        self._session_run_tags = {}
        if graph is not None or graph_def is not None:
            from tenseur.python.framework import meta_graph
            self.add_graph(graph=graph, graph_def=graph_def)
            whole = graph.as_graph_def(add_shapes=True) if isinstance(graph, ops.Graph) else graph or graph_def
            self.add_meta_graph(meta_graph.create_meta_graph_def(graph_def=whole))
        self._seen_summary_tags = set()

    def _add_event(self, event, step):
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(self, summary, global_step=None):
        """Adds a summary: a Summary message, or its bytes as a run gives them."""
        if isinstance(summary, str):
            summary = summary.encode("latin-1")
        if isinstance(summary, bytes):
            if not _has_metadata(summary):
                # Nothing in it has to be looked at: its bytes are a part of the event's.
                event = event_pb2.Event()
                event._unknown = b"\x2a" + messages.varint(len(summary)) + summary
                self._add_event(event, global_step)
                return
            summary = summary_pb2.Summary.FromString(summary)
        for value in summary.value:
            if not value.HasField("metadata"):
                continue
            # What a tag is, is said once.
            if value.tag in self._seen_summary_tags:
                value.ClearField("metadata")
                continue
            self._seen_summary_tags.add(value.tag)
        self._add_event(event_pb2.Event(summary=summary), global_step)

    def add_session_log(self, session_log, global_step=None):
        self._add_event(event_pb2.Event(session_log=session_log), global_step)

    def add_graph(self, graph, global_step=None, graph_def=None):
        """Adds a graph."""
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        if isinstance(graph, ops.Graph):
            true_graph_def = graph.as_graph_def(add_shapes=True)
        elif isinstance(graph, graph_pb2.GraphDef) or isinstance(graph_def, graph_pb2.GraphDef):
            true_graph_def = graph if graph_def is None else graph_def
        else:
            raise TypeError("The passed graph must be an instance of `Graph` or the deprecated `GraphDef`")
        self._add_event(event_pb2.Event(graph_def=true_graph_def.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def, global_step=None):
        """Adds a MetaGraphDef."""
        from tenseur.core.protobuf import meta_graph_pb2
        if not isinstance(meta_graph_def, meta_graph_pb2.MetaGraphDef):
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add_event(event_pb2.Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata, tag, global_step=None):
        """Adds what a run took, under the name `tag`.

        Raises:
          ValueError: where there is something under that name already.
        """
        if tag in self._session_run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._session_run_tags[tag] = True
        tagged = event_pb2.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(event_pb2.Event(tagged_run_metadata=tagged), global_step)


class FileWriter(SummaryToEventTransformer):
    """Writes summaries to an event file in `logdir`, which TensorBoard shows."""

    def __init__(self, logdir, graph=None, max_queue=10, flush_secs=120, graph_def=None, filename_suffix=None,
                 session=None):
        if isinstance(logdir, os.PathLike):
            logdir = os.fspath(logdir)
        self._closed = False
        super().__init__(EventFileWriter(logdir, max_queue, flush_secs, filename_suffix), graph, graph_def)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def get_logdir(self):
        return self.event_writer.get_logdir()

    def _warn_if_event_writer_is_closed(self):
        if self._closed:
            warnings.warn("Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is "
                          "explicitly reopened.")

    def _add_event(self, event, step):
        self._warn_if_event_writer_is_closed()
        super()._add_event(event, step)

    def add_event(self, event):
        self._warn_if_event_writer_is_closed()
        self.event_writer.add_event(event)

    def flush(self):
        """What was added is in the file now."""
        self._warn_if_event_writer_is_closed()
        self.event_writer.flush()

    def close(self):
        self.event_writer.close()
        self._closed = True

    def reopen(self):
        self.event_writer.reopen()
        self._closed = False


SummaryWriter = FileWriter
