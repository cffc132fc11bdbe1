"""Distributions: values, samples and divergences are TensorFlow's."""

import numpy as np
import pytest

import tenseur as tf

D = tf.distributions
C = tf.contrib.distributions


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        yield


def run(*values):
    with tf.Session() as sess:
        return sess.run(values if len(values) > 1 else values[0])


def floats(*values):
    return np.array(values, np.float32)


@pytest.mark.parametrize("make, method, argument, expected", [
    (lambda: D.Normal([0.0, 1.0], [1.0, 3.0]), "log_prob", floats(0.5, -20), [-1.0439385175704956, -26.517551422119141]),
    (lambda: D.Normal([0.0, 1.0], [1.0, 3.0]), "cdf", floats(0.5, -20), [0.691462457180023, 1.2798125381e-12]),
    (lambda: D.Normal([0.0, 1.0], [1.0, 3.0]), "log_cdf", floats(0.5, -20), [-0.3689464330673218, -27.384307861328125]),
    (lambda: D.Bernoulli(logits=[0.3, -2.0]), "log_prob", np.array([1, 0]), [-0.5543552637100220, -0.1269280165433884]),
    (lambda: D.Categorical(logits=floats(1, 2, 3)), "prob", np.array([2, 0]), [0.6652409434318542, 0.0900305733084679]),
    (lambda: D.Uniform(1.0, [3.0, 4.0]), "prob", floats(2, 5), [0.5, 0.0]),
    (lambda: D.Beta([2.0, 3.0], [1.5, 2.0]), "log_prob", floats(0.5, 0.3), [0.28203511238098145, -0.27971386909484863]),
    (lambda: D.Dirichlet([2.0, 3.0, 4.0]), "prob", floats(0.5, 0.3, 0.2), 1.2096),
    (lambda: D.Exponential([2.0, 3.0]), "cdf", floats(0.5, 0.3), [0.6321204900741577, 0.5934304594993591]),
    (lambda: D.Laplace(0.0, [2.0, 3.0]), "log_cdf", floats(0.5, -0.3), [-0.49331384897232056, -0.7931472063064575]),
    (lambda: D.StudentT([1.5, 3.0], 1.0, 2.0), "prob", floats(0.5, -0.3), [0.1618921309709549, 0.1412033885717392]),
    (lambda: D.Multinomial(5.0, probs=floats(0.2, 0.3, 0.5)), "prob", floats(1, 1, 3), 0.15),
    (lambda: D.DirichletMultinomial(5.0, floats(2, 3, 5)), "log_prob", floats(1, 1, 3), -2.254796028137207),
])
def test_values(make, method, argument, expected):
    np.testing.assert_allclose(run(getattr(make(), method)(argument)), expected, rtol=2e-5, atol=1e-12)


@pytest.mark.parametrize("make, expected", [
    (lambda: D.Beta([2.0, 3.0], [1.5, 2.0]),
     [[[0.6309555768966675, 0.5132373571395874], [0.5149874091148376, 0.38566985726356506], [0.7021539807319641, 0.8367624282836914]],
      [[0.8537423014640808, 0.2554696798324585], [0.6137515306472778, 0.8612819314002991], [0.6550639271736145, 0.29661473631]]]),
    (lambda: D.Exponential([2.0, 3.0]),
     [[[0.12500974535942078, 0.07388249039649963], [0.16122326254844666, 0.48859840631484985], [0.1593172550201416, 0.5708767175674438]],
      [[0.3409710228443146, 0.03790102154016495], [0.30245745182037354, 0.026576075702905655], [1.2291992902755737, 0.07698294520378]]]),
    (lambda: D.Laplace(0.0, [2.0, 3.0]),
     [[[1.6309516429901123, 2.766892910003662], [1.191131353378296, -2.3179433345794678], [1.2113080024719238, -3.058448553085327]],
      [[0.0226643308997, 4.611992835998535], [0.19355452060699463, 5.6267523765563965], [-3.5305018424987793, 2.6569952964782715]]]),
    (lambda: D.StudentT([1.5, 3.0], 1.0, 2.0),
     [[[-1.8600871562957764, 1.5429449081420898], [6.64422607421875, 1.4240069389343262], [2.178231954574585, 2.0724141597747803]],
      [[-4.717111587524414, 2.937037467956543], [-0.46747732162475586, 2.453734874725342], [-4.6764445304870605, 2.022498607635498]]]),
])
def test_samples_are_tensorflows(make, expected):
    np.testing.assert_allclose(run(make().sample([2, 3], seed=3)), expected, rtol=2e-4)


@pytest.mark.parametrize("a, b, expected", [
    (lambda: D.Normal(0.0, 1.0), lambda: D.Normal([1.0, 2.0], 2.0), [0.4431471824645996, 0.8181471824645996]),
    (lambda: D.Bernoulli(0.1), lambda: D.Bernoulli(0.5), 0.019688643515110016),
    (lambda: D.Categorical([1.0, 2.0, 3.0]), lambda: D.Categorical([1.0, 0.0, 3.0]), 0.2516970634460449),
    (lambda: D.Gamma(1.0, 2.0), lambda: D.Gamma(3.0, 1.0), 3.42702054977417),
    (lambda: D.Beta(1.0, 2.0), lambda: D.Beta(3.0, 1.0), 2.0945351123809814),
    (lambda: D.Dirichlet([1.0, 2.0]), lambda: D.Dirichlet([3.0, 1.0]), 2.0945351123809814),
    (lambda: C.MultivariateNormalDiag([0.0, 1.0], [1.0, 2.0]), lambda: C.MultivariateNormalTriL([0.0, 1.0], [[1.0, 0.0], [0.0, 2.0]]), 0.0),
])
def test_divergences(a, b, expected):
    np.testing.assert_allclose(run(D.kl_divergence(a(), b())), expected, rtol=1e-5, atol=1e-6)


def test_a_divergence_that_is_not_known():
    with pytest.raises(NotImplementedError, match="No KL.*Normal.*Uniform"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Uniform(0.0, 1.0))


@pytest.mark.parametrize("make", [
    lambda: C.MultivariateNormalDiag([0.0, 1.0], [1.0, 2.0]), lambda: C.MultivariateNormalTriL([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]]),
    lambda: C.MultivariateNormalFullCovariance([0.0, 1.0], [[1.0, 0.5], [0.5, 2.0]]),
    lambda: C.Mixture(C.Categorical(probs=[0.3, 0.7]), [C.Normal(0.0, 1.0), C.Normal(2.0, 0.5)]),
    lambda: C.MixtureSameFamily(C.Categorical(probs=[0.3, 0.7]), C.Normal([0.0, 2.0], [1.0, 0.5])),
    lambda: C.Independent(C.Normal([0.0, 1.0], [1.0, 2.0]), 1), lambda: C.Logistic(0.0, 1.0), lambda: C.Gumbel(1.0, 2.0),
    lambda: C.HalfNormal(2.0), lambda: C.Poisson(3.0), lambda: C.Geometric(probs=0.3), lambda: D.Gamma(2.0, 3.0),
    lambda: D.Beta(2.0, 3.0), lambda: D.Dirichlet([1.0, 2.0, 3.0]), lambda: C.InverseGamma(6.0, 2.0), lambda: C.Chi2(3.0),
    lambda: D.Multinomial(4.0, probs=[0.2, 0.8]), lambda: C.OneHotCategorical([1.0, 2.0]),
])
def test_samples_have_the_moments(make):
    one = make()
    samples = run(one.sample(20000, seed=5)).astype(np.float64)
    np.testing.assert_allclose(samples.mean(0), run(one.mean()), atol=0.06)
    if hasattr(one, "_variance") or hasattr(one, "_stddev"):
        np.testing.assert_allclose(samples.std(0), run(one.stddev()), rtol=0.05, atol=0.01)


@pytest.mark.parametrize("make", [lambda: D.Normal(1.0, 2.0), lambda: D.Gamma(2.0, 3.0), lambda: D.Laplace(0.0, 2.0),
                                  lambda: C.Logistic(0.0, 1.0), lambda: C.Gumbel(1.0, 2.0), lambda: C.HalfNormal(2.0),
                                  lambda: C.Cauchy(0.0, 1.0), lambda: D.StudentT(4.0, 0.0, 1.0), lambda: D.Uniform(1.0, 3.0),
                                  lambda: C.MultivariateNormalTriL([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]]), lambda: D.Beta(2.0, 3.0)])
def test_entropy_is_the_mean_of_minus_log_prob(make):
    one = make()
    samples = run(one.sample(20000, seed=5))
    np.testing.assert_allclose(-run(one.log_prob(samples)).mean(), run(one.entropy()), atol=0.05)


def test_names_and_shapes():
    one = D.Normal(tf.zeros([3, 1]), tf.ones([2]), name="p")
    sample = one.sample([4])
    assert (one.name, one.loc.name, sample.name, sample.shape.as_list()) == ("p/", "p/loc:0", "p/sample/Reshape:0", [4, 3, 2])
    assert one.batch_shape.as_list() == [3, 2] and one.event_shape.as_list() == []
    assert D.Normal(0.0, 1.0, name="p").name == "p_1/"
    assert run(one.batch_shape_tensor()).tolist() == [3, 2]
    assert one.copy(scale=2.0).batch_shape.as_list() == [3, 1]


def test_gradients_go_through_samples():
    loc, scale = tf.constant(1.0), tf.constant(2.0)
    one = D.Normal(loc, scale)
    sample = one.sample(seed=1)
    drawn, by_loc, by_scale = run(sample, *tf.gradients(sample, [loc, scale]))
    assert by_loc == 1.0 and by_scale == pytest.approx((drawn - 1.0) / 2.0, rel=1e-5)


def test_an_unknown_batch():
    logits = tf.placeholder(tf.float32, [None, 3])
    one = D.Categorical(logits=logits)
    with tf.Session() as sess:
        feed = {logits: np.zeros((5, 3), np.float32)}
        sample, log_prob = sess.run([one.sample(seed=1), one.log_prob(tf.zeros([5], tf.int32))], feed)
    assert sample.shape == (5,) and set(sample) <= {0, 1, 2}
    np.testing.assert_allclose(log_prob, np.log(np.ones(5) / 3), rtol=1e-6)


def test_transformed():
    log_normal = C.TransformedDistribution(D.Normal(0.0, 1.0), C.bijectors.Exp(), name="LogNormal")
    np.testing.assert_allclose(run(log_normal.log_prob(2.0)), -1.852318, rtol=1e-5)
    chain = C.bijectors.Chain([C.bijectors.Exp(), C.bijectors.AffineScalar(1.0, 2.0)])
    np.testing.assert_allclose(run(chain.forward(1.0), chain.inverse(np.float32(np.exp(3.0))), chain.forward_log_det_jacobian(1.0)),
                               [np.exp(3.0), 1.0, 3.0 + np.log(2.0)], rtol=1e-6)


def test_both_or_neither_is_refused():
    with pytest.raises(ValueError, match="Must pass probs or logits"):
        D.Bernoulli()
