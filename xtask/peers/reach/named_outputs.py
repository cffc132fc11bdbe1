"""Functions whose bodies read the later outputs of ops, which they call by the names of TensorFlow's definitions."""

import base64

import numpy as np
import tensorflow as tf

raw, v1 = tf.raw_ops, tf.compat.v1


def array(pieces):
    array = raw.TensorArrayV3(size=3, dtype=tf.float32, tensor_array_name="a")
    flow = array.flow
    for number in range(3):
        flow = raw.TensorArrayWriteV3(handle=array.handle, index=number, value=pieces[: number + 1], flow_in=flow)
    read = raw.TensorArrayConcatV3(handle=array.handle, flow_in=flow, dtype=tf.float32)
    return read.value, read.lengths


def example():
    feature = {"a": tf.train.Feature(int64_list=tf.train.Int64List(value=[3, 1])),
               "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x"])),
               "c": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, 1.5]))}
    bytes_of_it = tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()
    return base64.urlsafe_b64encode(bytes_of_it).rstrip(b"=")


def parsed(serialized):
    """Two sparse columns, one dense one: as many names, and not as many outputs under each."""
    return raw.ParseExample(serialized=raw.DecodeBase64(input=serialized), names=[], sparse_keys=["a", "b"], dense_keys=["c"],
                            dense_defaults=[tf.zeros([0])], sparse_types=[tf.int64, tf.string], dense_shapes=[[2]])


def parsed_anew(serialized):
    return raw.ParseExampleV2(serialized=raw.DecodeBase64(input=serialized), names=[], sparse_keys=["b"], dense_keys=["c"], ragged_keys=["a"],
                              dense_defaults=[tf.zeros([0])], num_sparse=1, sparse_types=[tf.string], ragged_value_types=[tf.int64],
                              ragged_split_types=[tf.int32], dense_shapes=[[2]])


def queued(x):
    queue = raw.FIFOQueueV2(component_types=[tf.float32, tf.int32], shared_name="q")
    with tf.control_dependencies([raw.QueueEnqueueV2(handle=queue, components=[x, tf.constant(7)])]):
        return raw.QueueDequeueV2(handle=queue, component_types=[tf.float32, tf.int32])


def exported(keys):
    table = raw.MutableHashTableV2(key_dtype=tf.int64, value_dtype=tf.int64, shared_name="t")
    with tf.control_dependencies([raw.LookupTableInsertV2(table_handle=table, keys=keys, values=keys * 10)]):
        found = raw.LookupTableExportV2(table_handle=table, Tkeys=tf.int64, Tvalues=tf.int64)
    return tf.sort(found.keys), tf.sort(found.values)


def record(family):
    def case(name, feeds, body, exact=True):
        def build(**inputs):
            keys = list(inputs)

            @tf.function(autograph=False)
            def called(*given):
                return tuple(tf.nest.flatten(body(**dict(zip(keys, given)))))[::-1]

            return list(called(*inputs.values()))

        family.case(name, feeds, build, exact=exact)

    x = np.float32([[0.5, -1.0, 2.0, 0.25], [3.0, 0.125, -0.5, 1.0]])
    long = np.int64
    case("tensor_array", {"pieces": np.float32([1, 2, 3])}, array)
    case("example", {"serialized": np.array([example(), example()], object)}, parsed)
    case("example_anew", {"serialized": np.array([example(), example()], object)}, parsed_anew)
    case("queue", {"x": x}, queued)
    case("table", {"keys": long([4, 2, 9])}, exported)
    case("top", {"x": x}, lambda x: raw.TopKV2(input=x, k=2))
    case("unique", {"x": long([4, 4, 1, 9, 1])}, lambda x: raw.UniqueWithCounts(x=x))
    case("unique_rows", {"x": long([[1, 2], [1, 2], [0, 2]])}, lambda x: raw.UniqueWithCountsV2(x=x, axis=[0]))
    case("absent", {"x": long([4, 1, 9]), "y": long([1])}, lambda x, y: raw.ListDiff(x=x, y=y))
    case("moments", {"x": x}, lambda x: tf.nn.moments(x, [0]), exact=False)
    case("norm", {"x": x.reshape(1, 2, 2, 2)},
         lambda x: raw.FusedBatchNormV3(x=x, scale=[1.0, 2.0], offset=[0.5, 0.0], mean=[], variance=[])[:3], exact=False)
    case("pool", {"x": x.reshape(1, 2, 4, 1)},
         lambda x: raw.MaxPoolWithArgmax(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"))
    case("fractions", {"x": np.arange(36, dtype=np.float32).reshape(1, 6, 6, 1)},
         lambda x: raw.FractionalMaxPool(value=x, pooling_ratio=[1.0, 1.5, 1.5, 1.0], deterministic=True, seed=3, seed2=5))
    case("entropy", {"x": x, "y": np.int32([1, 3])},
         lambda x, y: raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y), exact=False)
    case("halves", {"x": x}, lambda x: tf.split(x, 2, 1))
    case("sizes", {"x": x}, lambda x: raw.ShapeN(input=[x, x[0], x[0, 0]]))
    case("split_sparse", {"x": x},
         lambda x: raw.SparseSplit(split_dim=1, indices=tf.where(x > 0), values=tf.gather_nd(x, tf.where(x > 0)), shape=[2, 4], num_split=2))
    case("beams", {"x": np.log(np.float32([[[0.2, 0.5, 0.3]], [[0.1, 0.2, 0.7]]]))},
         lambda x: raw.CTCBeamSearchDecoder(inputs=x, sequence_length=[2], beam_width=4, top_paths=2), exact=False)
    case("greedy", {"x": np.log(np.float32([[[0.2, 0.5, 0.3]], [[0.1, 0.2, 0.7]]]))},
         lambda x: raw.CTCGreedyDecoder(inputs=x, sequence_length=[2]), exact=False)
    case("letters", {"x": np.array(["aé", "z"], object)},
         lambda x: raw.UnicodeDecodeWithOffsets(input=x, input_encoding="UTF-8"))
    case("words", {"x": np.array(["a b", "c"], object)}, lambda x: raw.StringSplitV2(input=x, sep=" "))
    case("ranges", {"n": np.int32([2, 0, 3])}, lambda n: raw.RaggedRange(starts=0, limits=n, deltas=1))
    case("rows", {"n": np.int32([2, 0])},
         lambda n: raw.RaggedGather(params_nested_splits=[long([0, 2, 2, 5])], params_dense_values=[1, 2, 3, 4, 5], indices=n,
                                    OUTPUT_RAGGED_RANK=1))
    case("filled", {"x": x[0]},
         lambda x: raw.SparseFillEmptyRows(indices=long([[0, 1], [2, 0]]), values=x[:2], dense_shape=long([4, 2]), default_value=9.0))
    case("sampled", {"x": long([[1], [3]])},
         lambda x: raw.UniformCandidateSampler(true_classes=x, num_true=1, num_sampled=4, unique=True, range_max=9, seed=3, seed2=4))
    case("accidental", {"x": long([[1], [3]])},
         lambda x: raw.ComputeAccidentalHits(true_classes=x, sampled_candidates=long([3, 0, 1]), num_true=1))
    case("sound", {"x": np.float32([[0.5], [-0.25], [0.125]])},
         lambda x: raw.DecodeWav(contents=raw.EncodeWav(audio=x, sample_rate=8000)))
    case("factors", {"x": np.float32([[4, 1], [1, 3]])}, lambda x: raw.Lu(input=x), exact=False)
    case("values", {"x": np.float32([[4, 1], [1, 3]])}, lambda x: tf.abs(raw.SelfAdjointEigV2(input=x, compute_v=True)[0]), exact=False)
    case("boxes", {"x": np.float32([0.9, 0.2, 0.8])},
         lambda x: raw.NonMaxSuppressionV4(boxes=np.float32([[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3]]), scores=x, max_output_size=3,
                                           iou_threshold=0.5, score_threshold=0.1, pad_to_max_output_size=True))
    case("popped", {"x": x},
         lambda x: raw.TensorListPopBack(input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[4]), element_shape=[4],
                                         element_dtype=tf.float32)[1])
    case("parts", {"x": x}, lambda x: raw.DynamicPartition(data=x, partitions=[1, 0], num_partitions=2))
    case("range_of_numbers", {"x": x}, lambda x: raw.QuantizeAndDequantizeV4Grad(
        gradients=x, input=x, input_min=-1.0, input_max=2.0, axis=-1))
    case("merged", {"x": x}, lambda x: raw.BroadcastGradientArgs(s0=tf.shape(x), s1=tf.shape(x[0])))
