"""Strings: joining, splitting, numbers from them, hashes, regular expressions, bytes."""

import numpy as np
import tensorflow as tf

words = tf.placeholder(tf.string, [None])
joined = tf.string_join([words, tf.constant("!")], separator=" ")
line = tf.reduce_join(words, 0, separator="-")
split = tf.string_split(["a,b,,c", "d"], delimiter=",")
numbers = tf.string_to_number(tf.constant(["1.5", "-2e3"]))
integers = tf.string_to_number(["12", "-7"], out_type=tf.int32)
texts = tf.as_string(tf.constant([3.14159, -1.0]), precision=2)
flags = tf.as_string([True, False])
lengths = tf.strings.length(words)
parts = tf.substr(words, 1, 2)
replaced = tf.regex_replace(words, "[aeiou]", "*")
matches = tf.strings.regex_full_match(words, "t.*")
buckets = tf.string_to_hash_bucket_fast(words, 1000)
strong = tf.string_to_hash_bucket_strong(words, 1000, key=[1, 2])
base64 = tf.decode_base64(tf.encode_base64(words))
raw = tf.decode_raw(tf.constant(b"\x01\x00\x02\x00"), tf.int16)
equal = tf.equal(words, "two")
records = tf.decode_csv(["1,2.5,x", "4,,\"y, z\""], [[0], [9.0], [""]])
unique, index = tf.unique(tf.constant(["b", "a", "b", "c", "a"]))

with tf.Session() as sess:
    feed = {words: ["one", "two", "three"]}
    print(sess.run(joined, feed))
    print("RESULT joined", b"|".join(sess.run(joined, feed)).decode(), sess.run(line, feed).decode())
    print("RESULT split", b"|".join(sess.run(split).values).decode(), *sess.run(split).indices.ravel())
    print("RESULT numbers", *sess.run(numbers), *sess.run(integers))
    print("RESULT texts", b" ".join(sess.run(texts)).decode(), b" ".join(sess.run(flags)).decode())
    print("RESULT lengths", *sess.run(lengths, feed))
    print("RESULT parts", b" ".join(sess.run(parts, feed)).decode(), b" ".join(sess.run(replaced, feed)).decode())
    print("RESULT matches", *sess.run(matches, feed), *sess.run(equal, feed))
    print("RESULT buckets", *sess.run(buckets, feed), *sess.run(strong, feed))
    print("RESULT base64", b" ".join(sess.run(base64, feed)).decode(), *sess.run(raw))
    first, second, third = sess.run(records)
    print("RESULT records", *first, *second, b"|".join(third).decode())
    print("RESULT unique", b" ".join(sess.run(unique)).decode(), *sess.run(index))
    print("RESULT compat", tf.compat.as_bytes("é"), tf.compat.as_text(b"\xc3\xa9"), tf.compat.as_str_any(3))
