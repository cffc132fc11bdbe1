"""Bessel's functions of the second kind, and functions that are integrals: Dawson's, the exponential one, Fresnel's, Spence's."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops

SECOND = ("BesselK0", "BesselK0e", "BesselK1", "BesselK1e", "BesselY0", "BesselY1")
INTEGRALS = ("Dawsn", "Expint", "FresnelCos", "FresnelSin", "Spence")


def record(family):
    for op in SECOND + INTEGRALS:
        make = getattr(raw, op)
        for dtype in (np.float16, np.float32, np.float64):
            if dtype == np.float16 and op in INTEGRALS:
                continue
            name = f"{op.lower()}_{np.dtype(dtype).name}"
            # Apart, so that large numbers do not hide what becomes of small ones.
            for label, x in (("near", [0.001, 0.03, 0.25, 0.5, 0.9]), ("middle", [1.0, 1.25, 1.55, 1.9, 2.0, 3.7]),
                             ("far", [5.0, 7.75, 10.5, 13.0])):
                family.case(f"{name}_{label}", {"x": np.array(x, dtype)}, lambda x: make(x=x), wrt=["x"],
                            tolerance=20.0 if dtype == np.float32 else 3.0)
            family.case(f"{name}_edges", {"x": np.array([0.0, -0.0, -1.5, -np.inf, np.inf, np.nan], dtype)}, lambda x: make(x=x))
            family.case(f"{name}_empty", {"x": np.zeros([0, 2], dtype)}, lambda x: make(x=x))
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        for op in ("Dawsn", "FresnelCos", "FresnelSin"):
            family.case(f"{op.lower()}_{name}_below", {"x": np.array([-0.25, -1.5, -4.5, -20.0, 30.0], dtype)},
                        lambda x: getattr(raw, op)(x=x), wrt=["x"], tolerance=20.0)
        family.case(f"spence_{name}_one", {"x": np.array([1.0, 0.999, 1.001], dtype)}, lambda x: raw.Spence(x=x), wrt=["x"],
                    tolerance=20.0)
        family.case(f"expint_{name}_large", {"x": np.array([45.0, 60.0, 80.0], dtype)}, lambda x: raw.Expint(x=x), wrt=["x"],
                    tolerance=20.0)
        # By itself: what TensorFlow says of 0 would be lost beside larger slopes.
        for op in ("BesselI1", "BesselI1e", "BesselJ1"):
            family.case(f"{op.lower()}_{name}_slope_at_zero", {"x": np.array([0.0, 0.25], dtype)}, lambda x: getattr(raw, op)(x=x),
                        wrt=["x"])
