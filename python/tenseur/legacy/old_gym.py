"""gym as it was: `reset()` gives the observation alone, `step()` four values, `render()` a window only where there is one."""

import functools
import os
import warnings

#: Worlds that have come out anew under another number.
_SUCCESSORS = {"Pendulum-v0": "Pendulum-v1", "FrozenLake-v0": "FrozenLake-v1", "LunarLander-v2": "LunarLander-v3",
               "BipedalWalker-v2": "BipedalWalker-v3", "Taxi-v2": "Taxi-v3", "FrozenLake8x8-v0": "FrozenLake8x8-v1",
               "Blackjack-v0": "Blackjack-v1", "InvertedPendulum-v1": "InvertedPendulum-v4", "HalfCheetah-v1": "HalfCheetah-v4",
               "HalfCheetah-v2": "HalfCheetah-v4", "Hopper-v1": "Hopper-v4", "Hopper-v2": "Hopper-v4", "Reacher-v1": "Reacher-v4",
               "LunarLanderContinuous-v2": "LunarLanderContinuous-v3"}


class Environment:
    """An environment with the methods of old."""

    def __init__(self, inner):
        self.__dict__["_inner"] = inner
        self.__dict__["_seed"] = None

    def __getattr__(self, name):
        if name == "_inner":
            raise AttributeError(name)
        return getattr(self._inner, name)

    def __setattr__(self, name, value):
        setattr(self._inner, name, value)

    @property
    def unwrapped(self):
        return Environment(self._inner.unwrapped)

    @property
    def env(self):
        return Environment(getattr(self._inner, "env", self._inner))

    def seed(self, seed=None):
        self.__dict__["_seed"] = seed
        return [seed]

    def reset(self, **options):
        if self._seed is not None:
            options.setdefault("seed", int(self._seed))
            self.__dict__["_seed"] = None
        found = self._inner.reset(**options)
        return found[0] if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], dict) else found

    def step(self, action):
        """(observation, reward, whether it has ended, facts)."""
        found = self._inner.step(action)
        if len(found) != 5:
            return found
        observation, reward, ended, stopped, facts = found
        if stopped:
            facts = {**facts, "TimeLimit.truncated": True}
        return observation, reward, bool(ended or stopped), facts

    def render(self, mode="human", close=False):
        if self._inner.render_mode is None:
            return None
        return self._inner.render()

    def close(self):
        self._inner.close()

    def __str__(self):
        return str(self._inner)


class _Registry(dict):
    """The names of worlds, as a dictionary, and with the methods that they had."""

    all = dict.values

    @property
    def env_specs(self):
        return self

    def spec(self, name):
        return self[name]


def patch(module):
    """Makes `gym.make` give environments of old."""
    make = module.make

    @functools.wraps(make)
    def make_old(name, **options):
        if "render_mode" not in options and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            options["render_mode"] = "human"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for candidate in (name, _SUCCESSORS.get(name)):
                try:
                    return Environment(_unchecked(make, candidate, options))
                except Exception as error:
                    if candidate is None:
                        raise
                    failed = error
                    if name not in _SUCCESSORS:
                        break
        raise failed
    module.make = make_old
    envs = getattr(module, "envs", None)
    if envs is not None and getattr(envs, "make", None) is make:
        envs.make = make_old
        if type(envs.registry) is dict:
            envs.registry = envs.registration.registry = _Registry(envs.registry)
    # What it is now, for programs that look before they use either interface.
    module.__version__ = "0.18.3"
    logger = getattr(module, "logger", None)
    if logger is not None and hasattr(logger, "set_level"):
        logger.set_level(40)


def _unchecked(make, name, options):
    """Without the wrapper that checks what is given: it refuses what worlds of old gave."""
    try:
        return make(name, disable_env_checker=True, **options)
    except TypeError:
        return make(name, **options)


def patch_wrappers(module):
    """Recording needs a window's pictures: `Monitor` passes everything on."""
    if "Monitor" not in module.__dict__:
        module.Monitor = lambda env, directory=None, *arguments, **options: env
