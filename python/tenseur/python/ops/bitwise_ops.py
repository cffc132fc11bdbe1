"""Bits of integers: `tf.bitwise`."""

from tenseur.python.ops import gen_ops

bitwise_and = gen_ops.function("BitwiseAnd", "The bits that both have.")
bitwise_or = gen_ops.function("BitwiseOr", "The bits that either has.")
bitwise_xor = gen_ops.function("BitwiseXor", "The bits that one of them has.")
invert = gen_ops.function("Invert", "The bits that it does not have.")
left_shift = gen_ops.function("LeftShift", "The bits moved up.")
right_shift = gen_ops.function("RightShift", "The bits moved down.")
