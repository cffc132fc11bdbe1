"""Training by names: what `tf.train` is in TensorFlow's own modules."""


def __getattr__(name):
    import tenseur
    return getattr(tenseur.train, name)


def __dir__():
    import tenseur
    return dir(tenseur.train)
