"""Nothing along an axis: images without pixels or channels, filters without places, windows that reach beyond, crops, files,
lists and rows of nothing. The shapes are fed, so that it comes up in a run."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def numbers(*shape):
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7 - 3).astype(np.float32) / 2


def case(family, name, build, **feeds):
    family.case(name, feeds, build, known=False, exact=name.startswith("dilation"))


def convolutions(family):
    """Images without channels give zeros; a filter without places is refused, if anything should come of it."""
    for padding in ("SAME", "VALID"):
        def conv(x, f):
            return raw.Conv2D(input=x, filter=f, strides=[1, 2, 2, 1], padding=padding)

        for name, x, f in [
            ("no_channels", (2, 5, 6, 0), (3, 2, 3, 2)),
            ("no_images", (0, 5, 6, 3), (3, 2, 3, 2)),
            ("no_images_no_places", (0, 5, 6, 3), (0, 2, 3, 2)),
            ("no_filters", (2, 5, 6, 3), (3, 2, 3, 0)),
            ("no_rows", (2, 0, 6, 3), (2, 2, 3, 2)),
            ("no_rows_for_three", (2, 0, 6, 3), (3, 2, 3, 2)),
            ("one_row_for_three", (2, 1, 6, 3), (3, 2, 3, 2)),
            ("one_row_for_five", (2, 1, 6, 3), (5, 2, 3, 2)),
        ]:
            case(family, f"conv_{padding}_{name}", conv, x=numbers(*x), f=numbers(*f))

        def depthwise(x, f):
            return raw.DepthwiseConv2dNative(input=x, filter=f, strides=[1, 2, 2, 1], padding=padding)

        for name, x, f in [("no_rows_for_three", (2, 0, 6, 3), (3, 2, 3, 2)), ("no_multiple", (2, 5, 6, 3), (3, 2, 3, 0))]:
            case(family, f"depthwise_{padding}_{name}", depthwise, x=numbers(*x), f=numbers(*f))
        for name, pool in [("max", raw.MaxPool), ("avg", raw.AvgPool)]:
            for rows in (0, 1, 2):
                case(family, f"{name}_{padding}_{rows}", lambda x: pool(
                    **{"input" if pool is raw.MaxPool else "value": x}, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1],
                    padding=padding), x=numbers(1, rows, 4, 2))
        case(family, f"patches_{padding}", lambda x: raw.ExtractImagePatches(
            images=x, ksizes=[1, 3, 3, 1], strides=[1, 2, 2, 1], rates=[1, 1, 1, 1], padding=padding), x=numbers(2, 0, 5, 2))
    for axis in range(4):
        shape = [1, 2, 4, 1]
        shape[axis] = 0
        case(family, f"places_of_the_greatest_{axis}", lambda x: list(raw.MaxPoolWithArgmax(
            input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")), x=numbers(*shape))
        case(family, f"fractional_{axis}", lambda x: list(raw.FractionalAvgPool(
            value=x, pooling_ratio=[1.0, 1.4, 1.4, 1.0], deterministic=True, seed=1, seed2=2)), x=numbers(*shape))


def dilations(family):
    """The greatest of nothing is the least number there is, and its gradient goes to the pixel that is nearest."""
    how = {"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME"}
    for dtype in (np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8):
        for name, f in [("no_rows", (0, 2, 2)), ("no_columns", (2, 0, 2))]:
            x, filters = numbers(1, 3, 4, 2).astype(dtype), np.zeros(f, dtype)
            case(family, f"dilation_{np.dtype(dtype).name}_{name}", lambda x, f: raw.Dilation2D(input=x, filter=f, **how), x=x, f=filters)
    far = {"strides": [1, 1, 1, 1], "rates": [1, 5, 5, 1], "padding": "SAME"}
    for name, ways, f in [("no_rows", how, (0, 2, 2)), ("no_columns", how, (2, 0, 2)), ("far", far, (2, 2, 2))]:
        feeds = {"x": numbers(1, 3, 4, 2), "f": numbers(*f), "dy": numbers(1, 3, 4, 2)}
        case(family, f"dilation_to_pictures_{name}", lambda x, f, dy: raw.Dilation2DBackpropInput(
            input=x, filter=f, out_backprop=dy, **ways), **feeds)
        if name == "far":
            case(family, "dilation_far", lambda x, f: raw.Dilation2D(input=x, filter=f, **far), x=feeds["x"], f=feeds["f"])
            case(family, "dilation_to_filters_far", lambda x, f, dy: raw.Dilation2DBackpropFilter(
                input=x, filter=f, out_backprop=dy, **far), **feeds)


def pictures(family):
    for name, op in [("bilinear", raw.ResizeBilinear), ("nearest", raw.ResizeNearestNeighbor), ("bicubic", raw.ResizeBicubic),
                     ("area", raw.ResizeArea)]:
        for axis in range(4):
            shape = [2, 3, 4, 3]
            shape[axis] = 0
            case(family, f"{name}_{axis}", lambda images: op(images=images, size=[5, 2]), images=numbers(*shape))
    boxes, places = np.array([[0, 0, 1, 1]], np.float32), np.array([0], np.int32)
    none = np.zeros(0, np.int32)
    for shape in [(0, 0), (0, 4), (0, 3), (2, 0)]:
        kind, nowhere, dy = "_".join(map(str, shape)), np.zeros(shape, np.float32), np.zeros((0, 2, 3, 2), np.float32)
        case(family, f"no_boxes_of_{kind}", lambda x, boxes, places: raw.CropAndResize(
            image=x, boxes=boxes, box_ind=places, crop_size=[2, 3]), x=numbers(2, 4, 4, 2), boxes=nowhere, places=none)
        case(family, f"no_boxes_of_{kind}_to_boxes", lambda x, boxes, places, dy: raw.CropAndResizeGradBoxes(
            grads=dy, image=x, boxes=boxes, box_ind=places), x=numbers(2, 4, 4, 2), boxes=nowhere, places=none, dy=dy)
        case(family, f"no_boxes_of_{kind}_to_pictures", lambda boxes, places, dy: raw.CropAndResizeGradImage(
            grads=dy, boxes=boxes, box_ind=places, image_size=[2, 4, 4, 2], T=tf.float32),
            boxes=nowhere, places=none, dy=dy)
    for axis in range(4):
        shape = [2, 4, 4, 2]
        shape[axis] = 0
        case(family, f"crop_{axis}", lambda x, boxes, places: raw.CropAndResize(
            image=x, boxes=boxes, box_ind=places, crop_size=[2, 3]), x=numbers(*shape), boxes=boxes, places=places)
        case(family, f"crop_to_boxes_{axis}", lambda x, boxes, places, dy: raw.CropAndResizeGradBoxes(
            grads=dy, image=x, boxes=boxes, box_ind=places),
            x=numbers(*shape), boxes=boxes, places=places, dy=numbers(1, 2, 3, shape[3]))
        case(family, f"crop_to_pictures_{axis}", lambda boxes, places, dy, size: raw.CropAndResizeGradImage(
            grads=dy, boxes=boxes, box_ind=places, image_size=size, T=tf.float32),
            boxes=boxes, places=places, dy=numbers(1, 2, 3, shape[3]), size=np.array(shape, np.int32))
        case(family, f"scaled_back_{axis}", lambda x, dy: raw.ScaleAndTranslateGrad(
            grads=dy, original_image=x, scale=[1.0, 1.0], translation=[0.0, 0.0]),
            x=numbers(*shape), dy=numbers(shape[0], 3, 5, shape[3]))
    for dy in [(1, 0, 3, 2), (1, 2, 0, 2)]:
        case(family, f"crop_of_{dy[1]}_{dy[2]}_to_boxes", lambda x, boxes, places, dy: raw.CropAndResizeGradBoxes(
            grads=dy, image=x, boxes=boxes, box_ind=places), x=numbers(2, 4, 4, 2), boxes=boxes, places=places, dy=numbers(*dy))
    for name, x, colours in [("no_channels", (2, 6, 5, 0), (2, 3)), ("no_colours", (2, 6, 5, 3), (0, 0)),
                             ("two_channels", (2, 6, 5, 2), (2, 3)), ("none_of_three", (2, 6, 5, 3), (0, 3))]:
        case(family, f"boxes_{name}", lambda x, boxes, colours: raw.DrawBoundingBoxesV2(images=x, boxes=boxes, colors=colours),
             x=numbers(*x), boxes=np.full((2, 1, 4), 0.5, np.float32), colours=numbers(*colours))
    for shape in [(0, 4, 3), (4, 0, 3)]:
        x = np.zeros(shape, np.uint8)
        case(family, f"png_{shape[0]}", lambda x: raw.EncodePng(image=x), x=x)
        case(family, f"jpeg_{shape[0]}", lambda x: raw.EncodeJpeg(image=x, format="rgb"), x=x)


def lists(family):
    one = numbers(2, 0)

    def taken(x):
        return raw.TensorListLength(input_handle=raw.TensorListFromTensor(tensor=x, element_shape=[4]))

    def stacked(x):
        handle, flow = raw.TensorArrayV3(size=2, dtype=tf.float32)
        flow = raw.TensorArrayScatterV3(handle=handle, indices=[0, 1], value=x, flow_in=flow)
        return raw.TensorArrayGatherV3(handle=handle, indices=[0, 1], flow_in=flow, dtype=tf.float32, element_shape=[3])

    case(family, "list_of_another_shape", taken, x=one)
    case(family, "array_of_another_shape", stacked, x=one)
    for sizes in [[], [1]]:
        case(family, f"reshaped_to_{len(sizes)}", lambda x, sizes: raw.Reshape(tensor=x, shape=sizes),
             x=numbers(3, 2), sizes=np.array(sizes, np.int32))
    case(family, "one_reshaped_to_a_scalar", lambda x, sizes: raw.Reshape(tensor=x, shape=sizes),
         x=numbers(1, 1), sizes=np.array([], np.int32))
    case(family, "unravelled", lambda x: raw.UnravelIndex(indices=x, dims=np.array([2, 3], np.int64)), x=np.array([], np.int64))


def texts(family):
    words = np.array(["a", "b", "c"])
    for name, splits in [("none", []), ("one", [0])]:
        case(family, f"ngrams_{name}", lambda words, splits: list(raw.StringNGrams(
            data=words, data_splits=splits, separator=" ", ngram_widths=[2], left_pad="", right_pad="", pad_width=0,
            preserve_short_sequences=False)), words=words if not splits else words[:0], splits=np.array(splits, np.int64))
    for shape, axes in [((2, 0), [1]), ((2, 0), [0]), ((0, 3), [0, 1]), ((2, 3, 0), [0])]:
        case(family, f"joined_{'_'.join(map(str, shape))}_{len(axes)}{axes[0]}", lambda x: raw.ReduceJoin(
            inputs=x, reduction_indices=axes), x=np.zeros(shape, "U1"))
    for dtype in (np.bool_, np.complex64, np.float32, np.int32, "U1"):
        for shape in [(0,), (0, 3), (2, 0), (2, 0, 3)]:
            x = np.zeros(shape, dtype)
            case(family, f"format_{x.dtype.name}_{'_'.join(map(str, shape))}", lambda x: raw.StringFormat(
                inputs=[x], template="<{}>", placeholder="{}", summarize=3), x=x)
    for name, decode in [("greedy", raw.CTCGreedyDecoder), ("beam", lambda **inputs: raw.CTCBeamSearchDecoder(
            beam_width=2, top_paths=1, **inputs))]:
        for frames, batch, classes, lengths in [(4, 2, 3, 0), (4, 0, 3, 0), (4, 0, 3, 2), (0, 2, 3, 2), (4, 2, 0, 2)]:
            def decoded(x, lengths):
                return tf.nest.flatten(decode(inputs=x, sequence_length=lengths))

            case(family, f"{name}_{frames}_{batch}_{classes}_{lengths}", decoded,
                 x=numbers(frames, batch, classes), lengths=np.zeros(lengths, np.int32))


def cells(family):
    """A step of an LSTM takes no memory without elements, a sequence of them does, and so does a GRU."""
    for batch, inputs, units in [(0, 2, 3), (2, 0, 3), (2, 2, 0), (0, 0, 0)]:
        state = {"x": numbers(batch, inputs), "c": numbers(batch, units), "h": numbers(batch, units)}
        rows, wc = inputs + units, numbers(units)
        peepholes = {"wci": wc, "wcf": wc, "wco": wc}

        def step(x, c, h):
            return list(raw.LSTMBlockCell(
                x=x, cs_prev=c, h_prev=h, w=numbers(rows, 4 * units), b=numbers(4 * units), **peepholes))

        def steps(x, c, h):
            return list(raw.BlockLSTM(seq_len_max=np.int64(1), x=x[None], cs_prev=c, h_prev=h, w=numbers(rows, 4 * units),
                                      b=numbers(4 * units), **peepholes))

        def gru(x, h):
            return list(raw.GRUBlockCell(x=x, h_prev=h, w_ru=numbers(rows, 2 * units), w_c=numbers(rows, units),
                                         b_ru=numbers(2 * units), b_c=numbers(units)))

        case(family, f"lstm_{batch}_{inputs}_{units}", step, **state)
        case(family, f"lstm_steps_{batch}_{inputs}_{units}", steps, **state)
        case(family, f"gru_{batch}_{inputs}_{units}", gru, x=state["x"], h=state["h"])


def record(family):
    for part in (convolutions, dilations, pictures, lists, texts, cells):
        part(family)
