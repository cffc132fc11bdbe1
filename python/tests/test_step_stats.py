"""What `tf.RunMetadata` tells of a run."""

import json
import time

import numpy as np
import pytest

import tenseur as tf
from tenseur.python.client import timeline

TRACED = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)


def nodes(metadata):
    device, = metadata.step_stats.dev_stats
    assert device.device == "/job:localhost/replica:0/task:0/device:CPU:0"
    return list(device.node_stats)


def network():
    x = tf.placeholder(tf.float32, [None, 64], "x")
    hidden = tf.layers.dense(x, 128, tf.nn.relu, name="hidden")
    loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1, name="out")), name="loss")
    return x, loss, tf.train.GradientDescentOptimizer(0.01).minimize(loss)


def test_each_step_of_one_run_is_told():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x, loss, train = network()
        count = tf.Variable(0)
        counted = count.assign_add(1)
        session.run(tf.global_variables_initializer())
        metadata = tf.RunMetadata()
        began = time.time() * 1e6
        plain = session.run(loss, {x: np.ones([1000, 64])})
        traced, *_ = session.run([loss, train, counted], {x: np.ones([1000, 64])}, options=TRACED, run_metadata=metadata)
        ended = time.time() * 1e6
        # The run was one, and gave what a run gives.
        assert session.run(count) == 1
        assert traced == pytest.approx(plain)
        steps = nodes(metadata)
        names = {step.node_name for step in steps}
        assert names <= {op.name for op in graph.get_operations()}
        assert any(name.startswith("hidden/") for name in names) and len(steps) > 5, names
        for step in steps:
            assert began - 1 <= step.all_start_micros <= step.all_start_micros + step.all_end_rel_micros <= ended + 1
            assert step.all_start_nanos // 1000 == step.all_start_micros
            assert step.timeline_label.startswith(f"{step.node_name} = {graph.get_operation_by_name(step.node_name).type}(")
        starts = [step.all_start_nanos for step in steps]
        assert starts == sorted(starts)
        took = sum(step.op_end_rel_nanos for step in steps)
        assert 0 < took < (ended - began) * 1000
        # The next run's steps replace these.
        session.run(counted, options=TRACED, run_metadata=metadata)
        assert len(nodes(metadata)) < len(steps)


def test_what_no_plan_holds_is_told_too():
    """A loop, a function of the program and strings: the steps of every turn's plan, and each node that runs alone."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        _, doubled = tf.while_loop(lambda i, _: i < 5, lambda i, v: (i + 1, v * 2), [0, x])
        slow = tf.py_func(lambda v: time.sleep(0.05) or v, [doubled], tf.float32, name="slow")
        text = tf.as_string(slow)
        metadata = tf.RunMetadata()
        assert session.run(text, {x: [1.0]}, options=TRACED, run_metadata=metadata) == [b"32.000000"]
        steps = {step.node_name: step for step in nodes(metadata)}
        assert steps["slow"].op_end_rel_micros >= 50_000
        assert "AsString" in steps
        turns = [step for step in nodes(metadata) if step.node_name.startswith("while/")]
        assert len(turns) >= 5


def test_a_timeline_and_an_event_file_can_be_made_of_it(tmp_path):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x, loss, train = network()
        session.run(tf.global_variables_initializer())
        metadata = tf.RunMetadata()
        session.run(train, {x: np.ones([10, 64])}, options=TRACED, run_metadata=metadata)
        made = timeline.Timeline(step_stats=metadata.step_stats)
        events = json.loads(made.generate_chrome_trace_format())["traceEvents"]
        assert any(event["ph"] == "M" and "CPU:0" in event["args"]["name"] for event in events)
        shown = [event for event in events if event["ph"] == "X"]
        assert len(shown) == len(nodes(metadata))
        assert all(event["dur"] >= 1 and event["name"] == graph.get_operation_by_name(event["args"]["name"]).type for event in shown)
        with tf.summary.FileWriter(str(tmp_path), graph) as writer:
            writer.add_run_metadata(metadata, "step 7", 7)
        path, = tmp_path.iterdir()
        tagged, = [event for event in tf.train.summary_iterator(str(path)) if event.HasField("tagged_run_metadata")]
        again = tf.RunMetadata.FromString(tagged.tagged_run_metadata.run_metadata)
        assert tagged.tagged_run_metadata.tag == "step 7" and tagged.step == 7
        assert [step.node_name for step in nodes(again)] == [step.node_name for step in nodes(metadata)]


def test_only_who_asks_is_told():
    with tf.Graph().as_default(), tf.Session() as session:
        a, b = tf.constant(1, name="a"), tf.constant(2, name="b")
        total, _ = tf.add(a, b, name="total"), tf.subtract(a, b)
        metadata = tf.RunMetadata()
        session.run(total, run_metadata=metadata)
        session.run(total, options=tf.RunOptions(), run_metadata=metadata)
        session.run(total, options=TRACED)
        assert not metadata.step_stats.dev_stats and not metadata.partition_graphs
        session.run(total, options=tf.RunOptions(output_partition_graphs=True), run_metadata=metadata)
        part, = metadata.partition_graphs
        assert sorted(node.name for node in part.node) == ["a", "b", "total"]


def test_a_run_that_fails_tells_nothing_and_can_be_tried_again():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        checked = tf.check_numerics(x, "bad")
        metadata = tf.RunMetadata()
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(checked, {x: [np.nan]}, options=TRACED, run_metadata=metadata)
        assert not metadata.step_stats.dev_stats
        session.run(checked, {x: [1.0]}, options=TRACED, run_metadata=metadata)
        assert nodes(metadata)
