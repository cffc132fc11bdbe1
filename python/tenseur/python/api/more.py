"""Names of `tf`: distributions, and what else contrib has."""

_D = "tenseur.python.ops.distributions"

_KINDS = {
    "distribution": "Distribution ReparameterizationType FULLY_REPARAMETERIZED NOT_REPARAMETERIZED",
    "kullback_leibler": "RegisterKL kl_divergence",
    "normal": "Normal",
    "bernoulli": "Bernoulli",
    "categorical": "Categorical",
    "uniform": "Uniform",
    "gamma": "Gamma Exponential",
    "beta": "Beta Dirichlet Multinomial DirichletMultinomial",
    "laplace": "Laplace StudentT",
}

_MORE_KINDS = {
    "kullback_leibler": "cross_entropy",
    "normal": "NormalWithSoftplusScale",
    "bernoulli": "BernoulliWithSigmoidProbs",
    "categorical": "OneHotCategorical",
    "gamma": "GammaWithSoftplusConcentrationRate InverseGamma Chi2 Poisson",
    "beta": "BetaWithSoftplusConcentration",
    "laplace": "LaplaceWithSoftplusScale Logistic Gumbel Cauchy HalfNormal",
    "discrete": "Binomial Geometric Deterministic RelaxedBernoulli RelaxedOneHotCategorical ExpRelaxedOneHotCategorical",
    "multivariate": """MultivariateNormalDiag MultivariateNormalTriL MultivariateNormalFullCovariance
        MultivariateNormalDiagWithSoftplusScale Independent Mixture MixtureSameFamily""",
    "bijector": "TransformedDistribution",
}

API = {
    **{f"{_D}.{module}": {"distributions": names, "contrib.distributions": f"{names} {_MORE_KINDS.get(module, '')}"}
       for module, names in _KINDS.items()},
    **{f"{_D}.{module}": {"contrib.distributions": names} for module, names in _MORE_KINDS.items() if module not in _KINDS},
}
API[f"{_D}.bijector"] = {
    "contrib.distributions": "TransformedDistribution",
    "contrib.distributions.bijectors": "Bijector Identity Exp AffineScalar Affine Softplus Sigmoid Tanh PowerTransform Chain Invert",
}
API[f"{_D}.special_math"] = {"contrib.distributions": "ndtr ndtri log_ndtr log_cdf_laplace"}
