"""Incomplete gamma and beta functions, Bessel's functions, next numbers, numbers rounded as to integers."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    random = np.random.RandomState(11)
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        a = np.array([0.1, 0.5, 1.0, 2.5, 7.0, 30.0, 150.0], dtype)
        x = np.array([[0.01], [0.4], [1.0], [3.0], [8.5], [33.0], [140.0]], dtype)
        family.case(f"igamma_{name}", {"a": a, "x": x}, lambda a, x: [raw.Igamma(a=a, x=x), raw.Igammac(a=a, x=x)], wrt=["x"],
                    tolerance=50.0)
        family.case(f"igamma_along_a_{name}", {"a": a[:6], "x": x[:6]}, lambda a, x: raw.IgammaGradA(a=a, x=x), tolerance=2e3)
        family.case(f"igamma_differentiated_{name}", {"a": a[:6], "x": x[:6]}, lambda a, x: raw.Igamma(a=a, x=x) - raw.Igammac(
            a=a + 1.0, x=x), wrt=["a", "x"], tolerance=2e3)
        family.case(f"igamma_edges_{name}", {"a": np.array([1, 1, 0, -1, np.inf, np.nan, 2], dtype),
                                             "x": np.array([0, np.inf, 1, 1, 1, 1, -1], dtype)},
                    lambda a, x: [raw.Igamma(a=a, x=x), raw.Igammac(a=a, x=x)])
        family.case(f"betainc_{name}", {"a": np.array([0.3, 1.0, 2.5, 20.0], dtype), "b": np.array([0.7, 1.0, 4.0, 3.0], dtype),
                                        "x": np.array([0.2, 0.5, 0.35, 0.9], dtype)},
                    lambda a, b, x: raw.Betainc(a=a, b=b, x=x), wrt=["x"], tolerance=50.0)
        family.case(f"betainc_edges_{name}", {"x": np.array([0, 1, -0.5, 1.5, np.nan], dtype)}, lambda x: [
            raw.Betainc(a=np.full(5, 2, dtype), b=np.full(5, 3, dtype), x=x),
            raw.Betainc(a=np.array([0, -1, 1, 1, 1], dtype), b=np.array([1, 1, 0, -1, 1], dtype), x=np.full(5, 0.5, dtype))])
        z = np.array([-60.0, -45.0, -8.0, -1.5, -0.25, 0.0, 0.25, 1.0, 7.75, 12.0, 45.0], dtype)
        for op in ("BesselI0e", "BesselI1e", "BesselI0", "BesselI1", "BesselJ0", "BesselJ1"):
            family.case(f"{op.lower()}_{name}", {"x": z.copy()}, lambda x: getattr(raw, op)(x=x), wrt=["x"], tolerance=50.0)
        family.case(f"next_{name}", {"x": np.array([1, 1, 0, 0, np.inf, 2], dtype), "y": np.array([2, -2, 1, -1, 0, 2], dtype)},
                    lambda x, y: raw.NextAfter(x1=x, x2=y), exact=True)
    x = random.uniform(-8.0, 8.0, [5, 3]).astype(np.float32)
    for narrow in (False, True):
        for bits in (2, 4, 8, 16):
            family.case(f"fake_quant_{bits}_{narrow}", {"x": x.copy()}, lambda x: [
                raw.FakeQuantWithMinMaxArgs(inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow)
                for low, high in ((-6.0, 6.0), (-1.25, 4.5), (0.0, 3.0), (1.0, 2.0))], wrt=["x"])
            family.case(f"fake_quant_vars_{bits}_{narrow}",
                        {"x": x.copy(), "low": np.float32(-2.3), "high": np.float32(4.1)}, lambda x, low, high:
                        raw.FakeQuantWithMinMaxVars(inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow),
                        wrt=["x", "low", "high"])
            family.case(f"fake_quant_channels_{bits}_{narrow}",
                        {"x": x.copy(), "low": np.array([-2.3, -0.1, -7.0], np.float32), "high": np.array([4.1, 0.3, 0.0], np.float32)},
                        lambda x, low, high: raw.FakeQuantWithMinMaxVarsPerChannel(
                            inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow), wrt=["x", "low", "high"])
    family.case("fake_quant_no_range", {"x": x.copy()}, lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=0.0, max=0.0), wrt=["x"])
