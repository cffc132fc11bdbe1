"""The ops by which optimizers change variables, by TensorFlow's lower-case names: `training_ops.apply_adam(var, …)`."""

from tenseur import raw_ops

_NAMES = {}
for _kind in ("GradientDescent Momentum KerasMomentum Adam AdaMax Adagrad AdagradV2 AdagradDA Adadelta Ftrl FtrlV2 RMSProp "
              "CenteredRMSProp ProximalAdagrad ProximalGradientDescent AddSign PowerSign").split():
    _lower = {"RMSProp": "rms_prop", "CenteredRMSProp": "centered_rms_prop", "AdagradDA": "adagrad_da", "AdaMax": "ada_max",
              "AdagradV2": "adagrad_v2", "FtrlV2": "ftrl_v2"}.get(_kind)
    if _lower is None:
        _lower = "".join("_" + letter.lower() if letter.isupper() else letter for letter in _kind).lstrip("_")
    for _before, _prefix in (("apply_", "Apply"), ("sparse_apply_", "SparseApply"), ("resource_apply_", "ResourceApply"),
                             ("resource_sparse_apply_", "ResourceSparseApply")):
        _NAMES[_before + _lower] = _prefix + _kind


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f"there is no training op \"{name}\"")
    return getattr(raw_ops, _NAMES[name])
