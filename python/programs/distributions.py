"""tf.distributions: densities, entropies, divergences, samples' moments, a mixture that is fitted."""

import numpy as np
import tensorflow as tf

ds = tf.distributions
normal = ds.Normal(loc=[0., 1.], scale=[1., 2.])
other = ds.Normal(loc=0.5, scale=1.5)
families = {
    "normal": (normal, [0.5, -1.0]),
    "bernoulli": (ds.Bernoulli(probs=[0.3, 0.9]), [1, 0]),
    "categorical": (ds.Categorical(logits=[1., 2., 0.5]), [0, 2]),
    "gamma": (ds.Gamma(concentration=2.0, rate=3.0), [0.5, 1.5]),
    "beta": (ds.Beta(2.0, 3.0), [0.2, 0.7]),
    "exponential": (ds.Exponential(rate=1.5), [0.1, 2.0]),
    "laplace": (ds.Laplace(loc=0.0, scale=2.0), [-1.0, 3.0]),
    "student": (ds.StudentT(df=4.0, loc=0.0, scale=1.0), [0.0, 2.5]),
    "uniform": (ds.Uniform(low=-1.0, high=3.0), [0.0, 2.9]),
    "dirichlet": (ds.Dirichlet([1.0, 2.0, 3.0]), [0.2, 0.3, 0.5]),
    "multinomial": (ds.Multinomial(total_count=4., probs=[.2, .3, .5]), [1., 2., 1.]),
}

# A mixture of two normals, fitted to points by gradient descent on their likelihood
rng = np.random.RandomState(2)
points = np.hstack([rng.normal(-2, 0.5, 60), rng.normal(1, 1.0, 40)]).astype(np.float32)
loc = tf.Variable([-1.0, 0.5])
log_scale = tf.Variable([0.0, 0.0])
logits = tf.Variable([0.0, 0.0])
components = ds.Normal(loc, tf.exp(log_scale))
log_prob = tf.reduce_logsumexp(components.log_prob(tf.expand_dims(points, 1)) + tf.nn.log_softmax(logits), 1)
loss = -tf.reduce_mean(log_prob)
train = tf.train.AdamOptimizer(0.1).minimize(loss)

samples = normal.sample(2000, seed=1)
few = ds.Normal(0., 1.).sample([3], seed=7)
reparametrized = tf.gradients(ds.Normal(loc, 1.0).sample(seed=3), loc)[0]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for name, (distribution, value) in families.items():
        print("RESULT", name, *np.ravel(sess.run(distribution.log_prob(value))),
              *np.ravel(sess.run(distribution.entropy())) if name not in ("multinomial",) else ())
    print("RESULT moments",
          *sess.run([families["beta"][0].mean(), families["gamma"][0].variance(), families["student"][0].stddev()]))
    print("RESULT cdf", *sess.run(normal.cdf(1.0)), *sess.run(normal.quantile(0.9)), *sess.run(normal.prob(0.3)))
    print("RESULT divergence", *sess.run(ds.kl_divergence(normal, other)),
          *np.ravel(sess.run(families["bernoulli"][0].kl_divergence(ds.Bernoulli(probs=0.5)))))
    drawn = sess.run(samples)
    print("RESULT drawn", bool(np.abs(drawn.mean(0) - [0, 1]).max() < 0.15),
          bool(np.abs(drawn.std(0) - [1, 2]).max() < 0.15))
    print("RESULT samples", *sess.run(few), *sess.run(reparametrized))
    for step in range(150):
        value, _ = sess.run([loss, train])
    print("the mixture's components:", sess.run([loc, tf.exp(log_scale), tf.nn.softmax(logits)]))
    print("RESULT loss", value)
    print("RESULT mixture", *sess.run(loc), *sess.run(tf.exp(log_scale)), *sess.run(tf.nn.softmax(logits)))
