"""Files of pictures, tables, records and tensors as bytes."""

import struct
import zlib

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def computed(build):
    """What TensorFlow computes, here and now."""
    with v1.Graph().as_default(), v1.Session() as session:
        return session.run(build())


def picture(seed, *shape, dtype=np.uint8):
    return np.random.RandomState(seed).randint(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def smooth(channels):
    y, x = np.mgrid[0:37, 0:45]
    waves = [127 + 100 * np.sin(x / (7.0 + c) + c) * np.cos(y / (9.0 - c)) for c in range(channels)]
    return np.stack(waves, -1).astype(np.uint8)


def png(width, height, bits, kind, rows, palette=b"", transparent=b""):
    """A PNG file of rows of bytes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    data = b"".join(b"\0" + row for row in rows)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    out += chunk(b"PLTE", palette) if palette else b""
    out += chunk(b"tRNS", transparent) if transparent else b""
    return out + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def gif(width, height, frames, transparent=None):
    """A GIF file of frames (left, top, indices of colours), without compression."""
    palette = bytes((7 * i + 50 * (i % 3)) % 256 for i in range(3 * 128))
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF6, 0, 0) + palette
    for left, top, indices in frames:
        flags = 1 if transparent is not None else 0
        out += b"\x21\xf9\x04" + struct.pack("<BHB", flags, 5, transparent or 0) + b"\0"
        rows, columns = indices.shape
        out += b"\x2c" + struct.pack("<HHHHB", left, top, columns, rows, 0) + b"\x07"
        codes = []
        for number, index in enumerate(indices.reshape(-1)):
            codes += ([128] if number % 100 == 0 else []) + [int(index)]
        data = bytes(codes + [129])
        out += b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255)) + b"\0"
    return out + b"\x3b"


def bmp(width, height, bits, seed):
    row = (width * bits // 8 + 3) // 4 * 4
    data = np.random.RandomState(seed).randint(0, 256, row * abs(height)).astype(np.uint8).tobytes()
    head = struct.pack("<IIiiHHIIiiII", 54 + len(data), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54)
    head += struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, len(data), 0, 0, 0, 0)
    return head + data


def pictures(family):
    def decoded(name, file, op=raw.DecodePng, **attributes):
        family.case(name, {}, lambda: op(contents=tf.constant(file), **attributes))

    for dtype in (np.uint8, np.uint16):
        for has in (1, 2, 3, 4):
            x = picture(has, 5, 6, has, dtype=dtype)
            x[0] = x[0, :, :1]
            file = computed(lambda: raw.EncodePng(image=x))
            for wanted in (0, 1, 3, 4):
                for out in (tf.uint8, tf.uint16):
                    decoded(f"png_{np.dtype(dtype).name}_{has}_{wanted}_{out.name}", file, channels=wanted, dtype=out)
            decoded(f"image_png_{np.dtype(dtype).name}_{has}", file, raw.DecodeImage, dtype=tf.float32)
            decoded(f"image_png_words_{np.dtype(dtype).name}_{has}", file, raw.DecodeImage, dtype=tf.uint16)
            family.case(f"png_there_and_back_{np.dtype(dtype).name}_{has}", {"x": x}, lambda x: raw.DecodePng(
                contents=raw.EncodePng(image=x), dtype=dtype))
    palette = bytes(range(10, 10 + 12))
    for name, file in (("palette", png(5, 2, 2, 3, [b"\x1b\x40", b"\xe4\x80"], palette)),
                       ("palette_transparent", png(5, 2, 2, 3, [b"\x1b\x40", b"\xe4\x80"], palette, b"\x40\x80")),
                       ("bits", png(5, 2, 1, 0, [b"\xa8", b"\x50"])),
                       ("four_bits", png(3, 2, 4, 0, [b"\x12\x30", b"\xf0\x70"])),
                       ("grey_transparent", png(2, 1, 8, 0, [b"\x05\x09"], transparent=b"\0\x05")),
                       ("colour_transparent", png(2, 1, 8, 2, [bytes(range(6))], transparent=b"\0\0\0\1\0\2"))):
        for wanted in (0, 1, 3, 4):
            decoded(f"png_{name}_{wanted}", file, channels=wanted)
        decoded(f"png_{name}_words", file, dtype=tf.uint16)
    decoded("image_bmp_words", bmp(5, 3, 24, 24), raw.DecodeImage, dtype=tf.uint16)
    for wanted in (3, 4):
        decoded(f"bmp_24_as_{wanted}", bmp(5, 3, 24, 24), raw.DecodeBmp, channels=wanted)
        decoded(f"bmp_32_as_{wanted}", bmp(5, 3, 32, 32), raw.DecodeBmp, channels=wanted)
    for bits in (8, 24, 32):
        for height in (3, -3):
            decoded(f"bmp_{bits}_{height}", bmp(5, height, bits, bits), raw.DecodeBmp)
    decoded("image_bmp", bmp(4, 3, 24, 1), raw.DecodeImage, dtype=tf.float32)
    frames = [(0, 0, picture(9, 6, 7) % 128), (2, 1, picture(10, 3, 4) % 128), (0, 0, picture(11, 6, 7) % 128)]
    decoded("gif", gif(7, 6, frames), raw.DecodeGif)
    decoded("gif_small_first", gif(7, 6, frames[1:2] + frames[:1]), raw.DecodeGif)
    decoded("gif_transparent", gif(7, 6, frames, 5), raw.DecodeGif)
    decoded("image_gif", gif(7, 6, frames), raw.DecodeImage)
    decoded("image_gif_first", gif(7, 6, frames), raw.DecodeImage, expand_animations=False)
    decoded("png_of_gif", gif(7, 6, frames[:1]), raw.DecodePng)
    decoded("gif_of_png", computed(lambda: raw.EncodePng(image=picture(1, 5, 6, 3))), raw.DecodeGif)
    for channels in (1, 3):
        x = smooth(channels)
        file = computed(lambda: raw.EncodeJpeg(image=x, quality=90))
        family.case(f"jpeg_shape_{channels}", {}, lambda: raw.ExtractJpegShape(contents=tf.constant(file)))
        for wanted in (0, 1, 3):
            for ratio in (1, 2):
                answer = computed(lambda: raw.DecodeJpeg(contents=file, channels=wanted, ratio=ratio)).astype(np.float32)

                def near(wanted=wanted, ratio=ratio, answer=answer):
                    got = tf.cast(raw.DecodeJpeg(contents=tf.constant(file), channels=wanted, ratio=ratio), tf.float32)
                    far = tf.abs(got - answer)
                    return tf.shape(got), tf.reduce_max(far) <= (12.0 if ratio > 1 else 8.0), tf.reduce_mean(far) <= 2.0
                family.case(f"jpeg_{channels}_{wanted}_{ratio}", {}, near)

        def back(x):
            far = tf.abs(tf.cast(raw.DecodeJpeg(contents=raw.EncodeJpeg(image=x, quality=95)), tf.float32) - tf.cast(x, tf.float32))
            return tf.reduce_mean(far) <= 2.5
        family.case(f"jpeg_there_and_back_{channels}", {"x": x}, back)
    good = computed(lambda: raw.EncodePng(image=picture(1, 5, 6, 3)))
    jpeg = computed(lambda: raw.EncodeJpeg(image=smooth(3)))
    for name, file, op, attributes in (
            ("nothing", b"", raw.DecodePng, {}), ("no_picture", b"hello", raw.DecodePng, {}),
            ("cut_png", good[:40], raw.DecodePng, {}), ("cut_jpeg", jpeg[:600], raw.DecodeJpeg, {}),
            ("bmp_of_png", good, raw.DecodeBmp, {}), ("png_of_bmp", bmp(4, 3, 24, 1), raw.DecodePng, {}),
            ("png_of_moving_gif", gif(7, 6, frames), raw.DecodePng, {}),
            ("bmp_channels", bmp(4, 3, 24, 1), raw.DecodeBmp, {"channels": 1})):
        family.refused(f"refused_{name}", {}, lambda: op(contents=tf.constant(file), **attributes))
    family.case("decode_padded_raw", {"n": np.int32(8)}, lambda n: [raw.DecodePaddedRaw(
        input_bytes=tf.constant([b"abcdefghij", b"", b"xyz"]), fixed_length=n, out_type=kind, little_endian=little)
        for kind in (tf.uint8, tf.int16, tf.int32, tf.int64) for little in (True, False)])
    family.refused("decode_padded_raw_length", {"n": np.int32(7)}, lambda n: raw.DecodePaddedRaw(
        input_bytes=tf.constant([b"abc"]), fixed_length=n, out_type=tf.int16))


def tables(family):
    lines = np.array(['1,2.5,"a ""b"", c",7', '-7,,x,', ',1e3,,0', '\n5,1,"two\nlines",3'])
    defaults = [np.int32(9), np.float32(0.5), np.array(["none"]), np.int64(-1)]

    def csv(records, defaults, **attributes):
        return lambda **feeds: raw.DecodeCSV(records=tf.constant(records), record_defaults=[
            tf.constant(default) for default in defaults], **attributes)

    family.case("csv", {}, csv(lines, defaults))
    family.case("csv_matrix", {}, csv(lines.reshape(2, 2), defaults))
    family.case("csv_columns", {}, csv(lines, [defaults[0], defaults[2]], select_cols=[0, 2]))
    family.case("csv_delimiter", {}, csv(np.array(["1;a", "2;b\"c"]), [np.int32(0), ""], field_delim=";", use_quote_delim=False))
    family.case("csv_na", {}, csv(np.array(["NA,x", "3,NA"]), [np.float64(7), "y"], na_value="NA"))
    family.case("csv_numbers", {}, csv(np.array([" 12 , 1.5 ", "+3,-inf", "0,nan"]), [np.int32(0), np.float32(0)]))
    for name, records, columns in (
            ("few", ["1,2"], [np.int32(0)] * 3), ("many", ["1,2"], [np.int32(0)]), ("no_number", ["x"], [np.int32(0)]),
            ("required", [",1"], [np.zeros([0], np.int32), np.int32(0)]), ("quote", ['a"b,1'], ["", np.int32(0)]),
            ("open_quote", ['"ab,1'], ["", np.int32(0)]), ("quote_inside", ['"a"b",1'], ["", np.int32(0)]),
            ("line", ["a\nb,1"], ["", np.int32(0)]), ("real", ["1.5"], [np.int32(0)]), ("large", ["3000000000"], [np.int32(0)])):
        family.refused(f"csv_{name}", {}, csv(np.array(records), columns))


def records(family):
    def record(**lists):
        features = {}
        for key, values in lists.items():
            if values and isinstance(values[0], bytes):
                features[key] = tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
            elif values and isinstance(values[0], float):
                features[key] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
            else:
                features[key] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

    batch = [record(f=[1.0, 2.0], i=[7], b=[b"a"]), record(f=[3.0, 4.0], i=[1, 2, 3], b=[b"b", b"c"]), record(f=[5.0, 6.0])]
    parse = v1.io.parse_example
    fixed, variable = tf.io.FixedLenFeature, tf.io.VarLenFeature
    sequence = tf.io.FixedLenSequenceFeature

    def flat(parsed):
        out = []
        for key in sorted(parsed):
            value = parsed[key]
            if isinstance(value, tf.SparseTensor):
                out += [value.indices, value.values, value.dense_shape]
            elif isinstance(value, tf.RaggedTensor):
                out += [value.values, value.row_splits]
            else:
                out.append(value)
        return out

    family.case("example_mixed", {}, lambda: flat(parse(tf.constant(batch), {
        "f": fixed([2], tf.float32), "i": variable(tf.int64), "b": variable(tf.string),
        "missing": fixed([], tf.int64, 5), "nowhere": variable(tf.float32)})))
    family.case("example_sequence", {}, lambda: flat(parse(tf.constant(batch), {
        "i": sequence([], tf.int64, True, -1), "b": sequence([], tf.string, True)})))
    family.case("example_ragged", {}, lambda: flat(parse(tf.constant(batch), {
        "i": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int32), "b": tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)})))
    family.case("example_no_records", {}, lambda: flat(parse(tf.constant([], tf.string), {
        "f": fixed([2], tf.float32), "i": variable(tf.int64)})))
    family.case("example_first_version", {}, lambda: [y for part in raw.ParseExample(
        serialized=tf.constant(batch), names=tf.constant([], tf.string), sparse_keys=["i", "b"], dense_keys=["f", "m"],
        dense_defaults=[tf.constant([], tf.float32), tf.constant([b"x", b"y"])], sparse_types=[tf.int64, tf.string],
        dense_shapes=[[2], [2]]) for y in part])
    family.case("example_single", {}, lambda: [y for part in raw.ParseSingleExample(
        serialized=tf.constant(batch[1]), dense_defaults=[tf.constant([], tf.float32)], num_sparse=2, sparse_keys=["i", "b"],
        dense_keys=["f"], sparse_types=[tf.int64, tf.string], dense_shapes=[[2]]) for y in part])
    family.case("example_one_of_the_second", {}, lambda: flat(v1.io.parse_single_example(tf.constant(batch[1]), {
        "f": fixed([2, 1], tf.float32), "i": variable(tf.int64)})))
    for name, features in (("length", {"f": fixed([3], tf.float32)}), ("type", {"f": fixed([2], tf.int64)}),
                           ("missing", {"i": fixed([1], tf.int64)}), ("sparse_type", {"f": variable(tf.string)})):
        family.refused(f"example_{name}", {}, lambda: flat(parse(tf.constant(batch), features)))
    for value in (np.array([[1.5, -2.0]], np.float32), np.array(7, np.int64), np.array([True, False]), np.array([b"a", b"bc"]),
                  np.zeros([0, 3]), np.array([1.5], np.float16)):
        kind = tf.string if value.dtype.kind == "S" else tf.as_dtype(value.dtype)
        bytes_of = computed(lambda: raw.SerializeTensor(tensor=tf.constant(value)))
        family.case(f"tensor_{kind.name}", {}, lambda: raw.ParseTensor(serialized=tf.constant(bytes_of), out_type=kind))
    family.refused("tensor_type", {}, lambda: raw.ParseTensor(serialized=tf.constant(bytes_of), out_type=tf.int32))
    family.refused("tensor_bytes", {}, lambda: raw.ParseTensor(serialized=tf.constant(b"\n\x05"), out_type=tf.int32))


def record(family):
    for part in (pictures, tables, records):
        part(family)
