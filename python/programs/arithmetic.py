"""The everyday ops on small tensors: shapes, types, indexing, reductions, special functions."""

import numpy as np
import tensorflow as tf

sess = tf.InteractiveSession()
x = tf.constant([[1.0, -2.0, 3.5], [0.25, 5.0, -6.0]])
i = tf.constant([[7, -7], [3, 2]])


def show(name, *tensors):
    values = [np.ravel(t.eval() if hasattr(t, "eval") else t) for t in tensors]
    print("%-12s" % name, [v.tolist() for v in values])
    print("RESULT", name, *np.concatenate([v.astype(np.float64) for v in values]))


# Operators, with numbers and arrays on either side
show("operators", x + 1, 2 * x, 1.0 - x, x / 4, 1 / (x + 10), x ** 2, -x, abs(x), x > 1, i // 2, i % 3,
     np.float32(2) * x)
show("division", tf.div(i, 2), tf.truediv(i, 2), tf.floordiv(i, 2), tf.truncatediv(i, 2), tf.floor_div(i, 2),
     tf.mod(i, 3), tf.divide(i, 2))
show("indexing", x[0], x[:, 1], x[..., ::2], x[1, -1], x[:, tf.newaxis, 0], i[tf.constant(1), 0],
     tf.strided_slice(x, [0, 0], [2, 3], [1, 2]))
show("shapes", tf.shape(x), tf.size(x), tf.rank(x), tf.reshape(x, [3, -1]), tf.transpose(x),
     tf.expand_dims(x, -1).get_shape().as_list())
show("joining", tf.concat([x, x], 0), tf.stack([x[0], x[1]], axis=1), *tf.unstack(x), *tf.split(x, [1, 2], 1),
     tf.tile(i, [1, 2]))
show("padding", tf.pad(i, [[0, 0], [1, 1]]), tf.pad(i, [[1, 0], [0, 1]], "REFLECT"), tf.reverse(i, [1]),
     tf.roll(i, 1, 0))
show("picking", tf.gather(x, [1, 0]), tf.gather(x, [2, 0], axis=1), tf.gather_nd(x, [[0, 2], [1, 1]]),
     tf.one_hot([1, 3, -1], 3), tf.boolean_mask(x, [True, False]))
show("scattering", tf.scatter_nd([[1], [3]], [9, 8], [5]), tf.sequence_mask([1, 3], 4), tf.diag([1, 2]),
     tf.matrix_diag([[1., 2.], [3., 4.]]))
show("reductions", tf.reduce_sum(x), tf.reduce_mean(x, 0), tf.reduce_max(x, axis=1, keep_dims=True),
     tf.reduce_prod(x, 1), tf.reduce_min(x),
     tf.reduce_any(x > 4), tf.reduce_all(x > -9, 1), tf.reduce_logsumexp(x, 1), tf.count_nonzero(i - 3),
     tf.argmax(x, 1), tf.argmin(x))
show("running", tf.cumsum(x, 1), tf.cumprod(x, 0, exclusive=True), tf.segment_sum(x, [0, 0]), tf.add_n([x, x, x]),
     tf.accumulate_n([i, i]))
show("rounding", tf.round([0.5, 1.5, -2.5]), tf.floor(x), tf.ceil(x), tf.rint(x), tf.sign(x), tf.cast(x, tf.int32),
     tf.to_int64(x))
show("functions", tf.sqrt(tf.abs(x)), tf.rsqrt([4.0]), tf.log1p([0.5]), tf.expm1([0.1]), tf.sin(x), tf.cos(x),
     tf.tan([0.3]), tf.atan2([1.0], [-1.0]),
     tf.erf(x), tf.lgamma([4.5]), tf.digamma([2.0]), tf.igamma([1.0], [2.0]), tf.sinh([0.5]), tf.asin([0.5]))
show("activations", tf.nn.relu(x), tf.nn.relu6(x), tf.nn.elu(x), tf.nn.selu(x), tf.nn.softplus(x),
     tf.nn.softsign(x), tf.nn.sigmoid(x),
     tf.nn.leaky_relu(x), tf.nn.softmax(x), tf.nn.log_softmax(x), tf.nn.crelu(x), tf.nn.softmax(x, dim=0),
     tf.nn.l2_normalize(x, 1))
show("products", tf.matmul(x, x, transpose_b=True), tf.tensordot(x, x, [[0], [0]]),
     tf.cross([1., 0., 0.], [0., 1., 0.]), tf.einsum("ij,kj->ik", x, x))
show("comparing", tf.equal(i, 7), tf.not_equal(i, 7), tf.less_equal(i, 2), tf.logical_and(i > 0, i < 5),
     tf.logical_xor([True], [True]), tf.maximum(i, 2),
     tf.squared_difference(i, 1), tf.where(i > 2, i, -i), tf.clip_by_value(x, -1, 1), tf.bitwise.bitwise_and(i, 3))
show("making", tf.zeros([2]), tf.ones_like(i), tf.fill([2], 7), tf.range(2, 9, 3), tf.linspace(0.0, 1.0, 3),
     tf.lin_space(1.0, 2.0, 2), tf.eye(2), tf.meshgrid([1, 2], [3])[0])
show("sorting", *tf.nn.top_k(x, 2), tf.sort(x), tf.unique([3, 3, 1])[0], tf.setdiff1d([1, 2, 3], [2])[0],
     tf.invert_permutation([2, 0, 1]), tf.bincount([1, 1, 3]))
show("complexes", tf.real(tf.fft(tf.cast(x, tf.complex64))), tf.abs(tf.complex(3.0, 4.0)),
     tf.imag(tf.conj(tf.complex(1.0, 2.0))))
print("RESULT dtypes", (i / 2).dtype.name, tf.cast(x, tf.float64).dtype.name, (x > 0).dtype.name,
      tf.argmax(x, 1).dtype.name, tf.constant(2).dtype.name, tf.constant(2.0).dtype.name)
sess.close()
