"""Rules of optimizers: Adagrad by dual averaging, Keras's momentum, AMSGrad."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    for dtype in (np.float32, np.float64, np.float16):
        start = np.array([1.0, -2.0, 0.5], dtype)
        gradient = np.array([3.0, 4.0, -0.25], dtype)

        def case(name, slots, op, **options):
            def build(g):
                def variable(value):
                    handle = raw.VarHandleOp(dtype=g.dtype, shape=[3], shared_name=f"v{len(made)}", name=f"v{len(made)}")
                    made.append(handle)
                    return raw.AssignVariableOp(resource=handle, value=value)

                made = []
                setting = [variable(start)] + [variable(np.array([0.1, 0.2, 0.4], dtype)) for _ in slots]
                for _ in range(2):
                    with tf.control_dependencies(setting):
                        arguments = dict(zip(slots, made[1:]))
                        step = op(var=made[0], grad=g, **arguments, **{
                            key: value if isinstance(value, (bool, np.int64)) else np.array(value, dtype)
                            for key, value in options.items()})
                    setting = [step]
                with tf.control_dependencies(setting):
                    return [raw.ReadVariableOp(resource=handle, dtype=g.dtype) for handle in made]

            family.case(f"{name}_{np.dtype(dtype).name}", {"g": gradient.copy()}, build)

        for nesterov in (False, True):
            case(f"keras_momentum_{nesterov}", ["accum"], raw.ResourceApplyKerasMomentum, lr=0.1, momentum=0.9, use_nesterov=nesterov)
        case("amsgrad", ["m", "v", "vhat"], raw.ResourceApplyAdamWithAmsgrad, beta1_power=0.9, beta2_power=0.99, lr=0.01, beta1=0.9,
             beta2=0.99, epsilon=1e-3)
        for l1 in (0.0, 0.05) if dtype != np.float16 else ():
            case(f"dual_averaging_{l1}", ["gradient_accumulator", "gradient_squared_accumulator"], raw.ResourceApplyAdagradDA,
                 lr=0.1, l1=l1, l2=0.25, global_step=np.int64(3))
