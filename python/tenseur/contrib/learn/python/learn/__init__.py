"""`tf.contrib.learn`, under the name that its own files import it by."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    import tenseur
    return getattr(tenseur.contrib.learn, name)
