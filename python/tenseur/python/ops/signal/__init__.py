"""Signals: Fourier transforms, windows, mel scales (`tf.signal`)."""
