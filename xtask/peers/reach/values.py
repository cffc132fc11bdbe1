"""Values out of the ordinary: sums that overflow, means of nothing, complex numbers as bytes, rounding within optimizers, poolings whose
windows skip numbers, values that may not be there, and the cells of recurrent networks."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    for kind in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float16, np.float32, np.float64, np.complex64):
        name = np.dtype(kind).name
        big = np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 300
        for label, value in (("big", [big, big]), ("small", [3, 4]), ("hundreds", [100, 100]), ("none", []), ("one", [big])):
            for keep in (False, True):
                try:
                    family.case(f"euclidean_{name}_{label}_{keep}", {"x": np.array(value, kind)},
                                lambda x: raw.EuclideanNorm(input=x, axis=[0], keep_dims=keep))
                except TypeError:
                    pass
    for kind in (np.complex64, np.complex128, np.float32, np.float16, np.int32, np.int64, np.uint8):
        for shape in ([0], [0, 2], [2, 0]):
            label = "x".join(map(str, shape))
            family.case(f"mean_of_nothing_{np.dtype(kind).name}_{label}", {"x": np.zeros(shape, kind)}, lambda x: [
                raw.Mean(input=x, axis=[0])] if np.dtype(kind).kind in "cf" or shape[0] else [raw.Sum(input=x, axis=[0])])
    for kind in (tf.complex64, tf.complex128, tf.float32, tf.float64, tf.float16, tf.int16, tf.uint16, tf.int32, tf.int64, tf.uint8, tf.int8, tf.bool):
        text = np.array([bytes(range(1, 33))], object) if kind != tf.bool else np.array([bytes([0, 1] * 16)], object)
        for little in (True, False):
            family.case(f"raw_{kind.name}_{little}", {"x": np.float32(1.0)}, lambda x: raw.DecodeRaw(
                bytes=tf.constant(text.tolist()), out_type=kind, little_endian=little))
            if kind == tf.float16:
                continue
            try:
                family.case(f"raw_padded_{kind.name}_{little}", {"x": np.float32(1.0)}, lambda x: raw.DecodePaddedRaw(
                    input_bytes=tf.constant(text.tolist()), fixed_length=16, out_type=kind, little_endian=little))
            except TypeError:
                pass
    regular_expressions(family)
    rounding(family)
    poolings(family)
    optionals(family)
    cells(family)


def regular_expressions(family):
    text = np.array(["aéb", "", "日本", "a b"])
    for name, pattern in (("nothing", ""), ("maybe", "x*"), ("either", "|a"), ("end", "$"), ("start", "^"), ("between", "\b"), ("any", "."), ("byte", "\C"),
                          ("anything", ".*")):
        for every in (True, False):
            family.case(f"replaced_{name}_{every}", {"x": text.copy()}, lambda x: readable(raw.RegexReplace(
                input=x, pattern=pattern, rewrite="-", replace_global=every)))
        family.case(f"matched_{name}", {"x": text.copy()}, lambda x: raw.RegexFullMatch(input=x, pattern=pattern))
    for name, by in (("nothing", ""), ("space", " "), ("letters", "ab"), ("accent", "é")):
        family.case(f"split_{name}", {"x": text.copy(), "by": np.array(by)}, lambda x, by: parts(raw.StringSplit(input=x, delimiter=by)))
        family.case(f"split_keeping_{name}", {"x": text.copy(), "by": np.array(by)}, lambda x, by: parts(raw.StringSplit(
            input=x, delimiter=by, skip_empty=False)))
        family.case(f"split_v2_{name}", {"x": text.copy(), "by": np.array(by)}, lambda x, by: parts(raw.StringSplitV2(input=x, sep=by)))


def readable(text):
    """Bytes as text: what is not UTF-8 has no place in `case.json`."""
    return raw.EncodeBase64(input=text)


def parts(split):
    return [split[0], readable(split[1]), split[2]]


def rounding(family):
    """Optimizers of numbers of two bytes."""
    draw = np.random.RandomState(5)
    for kind in (tf.bfloat16, tf.float16):
        for power in (-0.5, -0.3, 0.0):
            for op in ("ApplyFtrl", "ApplyFtrlV2"):
                for form in ("", "Resource"):
                    values = [draw.uniform(-2.0, 2.0, [6]).astype(np.float32) for _ in range(4)]
                    values[1] = np.abs(values[1])

                    def build(w, a, l, g):
                        w, a, l, g = (tf.cast(x, kind) for x in (w, a, l, g))
                        number = lambda x: tf.constant(x, kind)
                        arguments = dict(grad=g, lr=number(0.25), l1=number(0.1), l2=number(0.3), lr_power=number(power))
                        if op.endswith("V2"):
                            arguments["l2_shrinkage"] = number(0.2)
                        keys, holders, sets = ("var", "accum", "linear"), [], []
                        for key, value in zip(keys, (w, a, l)):
                            if form:
                                holder = raw.VarHandleOp(shape=[6], dtype=kind, shared_name=key, name=key)
                                sets.append(raw.AssignVariableOp(resource=holder, value=value))
                            else:
                                holder = raw.VariableV2(shape=[6], dtype=kind, name=key)
                                sets.append(raw.Assign(ref=holder, value=value).op)
                            holders.append(holder)
                        with tf.control_dependencies(sets):
                            change = getattr(raw, form + op)(**dict(zip(keys, holders)), **arguments)
                        with tf.control_dependencies([change.op if isinstance(change, tf.Tensor) else change]):
                            if form:
                                return [tf.cast(raw.ReadVariableOp(resource=holder, dtype=kind), tf.float32) for holder in holders]
                            return [tf.cast(raw.Identity(input=holder), tf.float32) for holder in holders]
                    feeds = dict(zip("walg", values))
                    family.case(f"{form}{op}_{kind.name}_{-power}", feeds, build, exact=True)


def poolings(family):
    draw = np.random.RandomState(6)
    for op in ("MaxPool3D", "AvgPool3D"):
        for name, size, strides, padding in (("skipping", [1, 1, 1], [2, 3, 2], "SAME"), ("skipping_valid", [1, 1, 1], [2, 3, 2], "VALID"),
                                             ("skipping_two", [2, 1, 1], [1, 2, 3], "SAME"), ("apart", [2, 2, 2], [3, 3, 3], "SAME")):
            x = draw.uniform(-1.0, 1.0, [1, 3, 4, 5, 2]).astype(np.float32)
            family.case(f"{op}_{name}", {"x": x}, lambda x: getattr(raw, op)(
                input=x, ksize=[1, *size, 1], strides=[1, *strides, 1], padding=padding), wrt=["x"])
    for op in ("MaxPool", "AvgPool"):
        for padding in ("SAME", "VALID"):
            x = draw.uniform(-1.0, 1.0, [2, 5, 4, 2]).astype(np.float32)
            argument = "input" if op == "MaxPool" else "value"
            family.case(f"{op}_skipping_{padding}", {"x": x}, lambda x: getattr(raw, op)(
                **{argument: x}, ksize=[1, 1, 1, 1], strides=[1, 2, 3, 1], padding=padding), wrt=["x"])


def optionals(family):
    kept = lambda *xs: raw.OptionalFromValue(components=list(xs))
    got = lambda optional: raw.OptionalGetValue(optional=optional, output_types=[tf.float32], output_shapes=[[2]])[0]
    x = np.array([1.5, -2.0], np.float32)
    family.case("optional_value", {"x": x.copy()}, lambda x: got(kept(x)), wrt=["x"])
    family.case("optional_square", {"x": x.copy()}, lambda x: got(kept(x * x)) * 3.0, wrt=["x"])
    family.case("optional_two", {"x": x.copy(), "y": x + 1}, lambda x, y: raw.OptionalGetValue(
        optional=kept(x * y, y), output_types=[tf.float32] * 2, output_shapes=[[2], [2]]), wrt=["x", "y"])
    family.case("optional_there", {"x": x.copy()}, lambda x: [raw.OptionalHasValue(optional=kept(x)), raw.OptionalHasValue(optional=raw.OptionalNone())])
    family.case("optional_nothing", {"x": x.copy()}, lambda x: [x, got(raw.OptionalNone())])


def cells(family):
    """The cells of `tf.nn.rnn_cell`, which TensorFlow 2.21 has as ops alone: LSTMBlockCell, BlockLSTM, GRUBlockCell and their gradients."""
    draw = np.random.RandomState(7)
    number = lambda *shape: draw.uniform(-1.0, 1.0, shape).astype(np.float32)
    for peephole in (False, True):
        for clip in (0.0, 0.3, -1.0):
            label = f"{peephole}_{clip}"
            feeds = {"x": number(2, 3), "c": number(2, 4), "h": number(2, 4), "w": number(7, 16), "wi": number(4), "wf": number(4), "wo": number(4),
                     "b": number(16)}
            family.case(f"lstm_{label}", dict(feeds), lambda x, c, h, w, wi, wf, wo, b: list(raw.LSTMBlockCell(
                x=x, cs_prev=c, h_prev=h, w=w, wci=wi, wcf=wf, wco=wo, b=b, forget_bias=0.7, cell_clip=clip, use_peephole=peephole)))
            feeds = {"n": np.int64(3), **feeds, "x": number(3, 2, 3)}
            for op in ("BlockLSTM",):
                bias = {"forget_bias": 0.7} if op == "BlockLSTM" else {}
                family.case(f"{op}_{label}", {key: value.copy() for key, value in feeds.items()},
                            lambda n, x, c, h, w, wi, wf, wo, b: list(getattr(raw, op)(
                                seq_len_max=n, x=x, cs_prev=c, h_prev=h, w=w, wci=wi, wcf=wf, wco=wo, b=b, cell_clip=clip, use_peephole=peephole,
                                **bias)), wrt=["x", "w", "b"])
    feeds = {"x": number(2, 3), "h": number(2, 4), "wr": number(7, 8), "wc": number(7, 4), "br": number(8), "bc": number(4)}
    family.case("gru", feeds, lambda x, h, wr, wc, br, bc: list(raw.GRUBlockCell(x=x, h_prev=h, w_ru=wr, w_c=wc, b_ru=br, b_c=bc)))
