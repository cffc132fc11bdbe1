"""Loops within loops that make tensor arrays in every turn, as map_fn within map_fn does, and what flows back through them."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def record(family):
    v1.disable_control_flow_v2()
    x = np.random.RandomState(5).uniform(0.5, 1.5, [3, 4])

    def case(name, build, **feeds):
        family.case(name, feeds or {"x": x.copy()}, build, wrt=list(feeds or ["x"]), alone=True)

    case("map_of_map", lambda x: v1.map_fn(lambda row: v1.map_fn(lambda e: e * e * e, row), x))
    case("map_of_map_and_sum", lambda x: v1.map_fn(
        lambda row: tf.reduce_sum(v1.map_fn(lambda e: tf.sin(e) * e, row)) * row[0], x))
    case("map_of_scan", lambda x: v1.map_fn(lambda row: v1.scan(lambda a, e: a * e + a, row), x))
    case("map_of_fold", lambda x: v1.map_fn(lambda row: v1.foldl(lambda a, e: a * e + e, row), x))
    case("scan_of_map", lambda x: v1.scan(lambda a, row: v1.map_fn(lambda e: tf.tanh(e), a * row), x))
    case("map_of_map_of_map", lambda x: v1.map_fn(
        lambda m: v1.map_fn(lambda row: v1.map_fn(lambda e: e * e, row), m), tf.reshape(x, [3, 2, 2])))
    case("with_what_is_outside", lambda x, w: v1.map_fn(lambda row: v1.map_fn(lambda e: e * w * row[1], row), x), x=x.copy(),
         w=np.array(0.7))
