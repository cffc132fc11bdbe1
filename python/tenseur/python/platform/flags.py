"""Arguments of a program's command line: `tf.flags`, `tf.app.flags`."""

import csv
import os
import sys


class Error(Exception):
    """What is wrong with a flag."""


class DuplicateFlagError(Error):
    """A flag that is defined twice."""


class IllegalFlagValueError(Error):
    """A value that the flag cannot have."""


class UnrecognizedFlagError(Error):
    """A flag that is not defined."""

    def __init__(self, flagname, flagvalue="", suggestions=None):
        self.flagname, self.flagvalue = flagname, flagvalue
        hint = f". Did you mean: {' or '.join(suggestions)} ?" if suggestions else ""
        super().__init__(f"Unknown command line flag '{flagname}'{hint}")


class UnparsedFlagAccessError(Error):
    """A flag that is read before the command line was."""


class ValidationError(Error):
    """A value that a validator refuses."""


CantOpenFlagFileError = Error


class Flag:
    """A flag: its name, help, default and value."""

    boolean = False

    def __init__(self, name, default, help, kind="string", short_name=None):
        self.name = name
        #: Whether another flag may be defined in its place.
        self.allow_override = False
        self.help = help or "(no help available)"
        self.short_name = short_name
        self.kind = kind
        self.present = 0
        self.module = None
        self._set_default(default)

    def _set_default(self, value):
        self.default = None if value is None else self.parsed(value)
        self.value = self.default

    @property
    def using_default_value(self):
        return not self.present

    @property
    def default_as_str(self):
        return repr(self.default)

    def flag_type(self):
        return self.kind

    def parsed(self, value):
        """The value that a text of the command line means."""
        if self.kind == "string":
            return value
        try:
            if self.kind == "float":
                return float(value)
            if isinstance(value, str):
                return int(value, 16 if value[:3].lower().lstrip("-").startswith("0x") else 10)
            if isinstance(value, float) and value != int(value):
                raise ValueError
            return int(value)
        except (TypeError, ValueError):
            number = "a float" if self.kind == "float" else "an int"
            raise IllegalFlagValueError(f"flag --{self.name}={value}: {value!r} is not {number}") from None

    def parse(self, text):
        self.value = self.parsed(text)
        self.present += 1

    def unparse(self):
        self.value, self.present = self.default, 0

    def serialize(self):
        return "" if self.value is None else f"--{self.name}={self.value}"


class BooleanFlag(Flag):
    """A flag that is on (`--flag`) or off (`--noflag`)."""

    boolean = True

    def __init__(self, name, default, help, short_name=None):
        super().__init__(name, default, help, "bool", short_name)

    def parsed(self, value):
        if isinstance(value, str):
            if value.lower() in ("true", "t", "1", "yes", "y"):
                return True
            if value.lower() in ("false", "f", "0", "no", "n"):
                return False
        elif isinstance(value, int) and value in (0, 1):
            return bool(value)
        raise IllegalFlagValueError(f"flag --{self.name}={value}: Non-boolean argument to boolean flag")

    def serialize(self):
        return f"--{self.name}" if self.value else f"--no{self.name}"


class EnumFlag(Flag):
    """A flag whose value is one of a few words."""

    def __init__(self, name, default, help, enum_values, case_sensitive=True):
        self.enum_values = list(enum_values)
        self._case_sensitive = case_sensitive
        super().__init__(name, default, f"<{'|'.join(self.enum_values)}>: {help}")

    def parsed(self, value):
        for known in self.enum_values:
            if value == known or not self._case_sensitive and str(value).lower() == known.lower():
                return known
        raise IllegalFlagValueError(f"flag --{self.name}={value}: value should be one of <{'|'.join(self.enum_values)}>")


class EnumClassFlag(Flag):
    """A flag whose value is a member of an enumeration of Python's."""

    def __init__(self, name, default, help, enum_class):
        self.enum_class = enum_class
        super().__init__(name, default, help)

    def parsed(self, value):
        if isinstance(value, self.enum_class):
            return value
        found = {member.lower(): item for member, item in self.enum_class.__members__.items()}.get(str(value).lower())
        if found is None:
            raise IllegalFlagValueError(f"flag --{self.name}={value}: value should be one of "
                                        f"<{'|'.join(self.enum_class.__members__)}>")
        return found


class ListFlag(Flag):
    """A flag whose value is a list of words, with commas (or spaces) between them."""

    def __init__(self, name, default, help, spaces=False):
        self._spaces = spaces
        super().__init__(name, default, help)

    def parsed(self, value):
        if isinstance(value, (list, tuple)):
            return list(value)
        if not value:
            return []
        if self._spaces:
            return value.split()
        return [word.strip() for word in next(csv.reader([value], strict=True))]

    def serialize(self):
        return "" if self.value is None else f"--{self.name}={','.join(map(str, self.value))}"


class MultiFlag(Flag):
    """A flag that may be given more than once: its value is a list."""

    def __init__(self, name, default, help, kind="string", one=None):
        self._one = one or Flag(name, None, help, kind)
        super().__init__(name, default, help, kind)

    def parsed(self, value):
        return [self._one.parsed(item) for item in (value if isinstance(value, (list, tuple)) else [value])]

    def parse(self, text):
        values = self.parsed(text)
        self.value = (self.value or []) + values if self.present else values
        self.present += 1


class FlagValues:
    """The flags that are defined. Reading one of them (`FLAGS.name`) parses the command line, if nobody has yet."""

    def __init__(self):
        self.__dict__.update({"__flags": {}, "_parsed": False, "_validators": [], "_left": []})

    def _flags(self):
        return self.__dict__["__flags"]

    def __getattr__(self, name):
        flags = self._flags()
        if name not in flags:
            raise AttributeError(name)
        if not self._parsed:
            self(sys.argv, known_only=True)
        return flags[name].value

    def __setattr__(self, name, value):
        flags = self._flags()
        if name not in flags:
            raise AttributeError(f"there is no flag {name!r}")
        flags[name].value = value
        flags[name].present += 1
        self._validate([name])

    def __delattr__(self, name):
        if name not in self._flags():
            raise AttributeError(name)
        del self._flags()[name]

    def __getitem__(self, name):
        return self._flags()[name]

    def __setitem__(self, name, flag):
        module = _defining_file()
        known = self._flags().get(name)
        # A notebook's cell, or a module that is loaded again, may define its flags again.
        if known is not None and flag.allow_override and not known.allow_override:
            return
        if known is not None and known.module != module and not known.allow_override:
            raise DuplicateFlagError(f"The flag '{name}' is defined twice. First from {known.module}, Second from {module}.  "
                                     f"Description from first occurrence: {known.help}")
        flag.module = module
        self._flags()[name] = flag
        if flag.short_name:
            self._flags()[flag.short_name] = flag

    def __contains__(self, name):
        return name in self._flags()

    def __iter__(self):
        return iter(self._flags())

    def __len__(self):
        return len(self._flags())

    def __dir__(self):
        return sorted(self._flags())

    def __call__(self, argv, known_only=False):
        """Parses the arguments (the first is the program's name); gives those that are no flags.

        Raises:
          UnrecognizedFlagError, IllegalFlagValueError, ValidationError.
        """
        if isinstance(argv, (str, bytes)):
            raise TypeError("argv should be a tuple/list of strings, not bytes or string.")
        if not argv:
            raise ValueError("argv cannot be an empty list, and must contain the program name as the first element.")
        flags = self._flags()
        for flag in flags.values():
            if flag.present and not self._parsed:
                flag.present = 0
        left, at = [argv[0]], 1
        while at < len(argv):
            argument = argv[at]
            at += 1
            if argument == "--":
                left += argv[at:]
                break
            if not argument.startswith("-") or argument == "-":
                left.append(argument)
                continue
            name, equals, value = argument.lstrip("-").partition("=")
            if name in ("help", "helpshort", "helpfull") and name not in flags:
                print(self.main_module_help())
                sys.exit(1)
            flag = flags.get(name) or flags.get(name.replace("-", "_"))
            if flag is None and name.startswith("no"):
                flag = flags.get(name[2:])
                if flag is not None and flag.boolean and not equals:
                    flag.parse("false")
                    continue
                flag = None
            if flag is None:
                if not known_only:
                    raise UnrecognizedFlagError(name, argument, self._nearest(name))
                left.append(argument)
                continue
            if flag.boolean:
                flag.parse(value if equals else "true")
            elif equals:
                flag.parse(value)
            elif at < len(argv):
                flag.parse(argv[at])
                at += 1
            else:
                raise Error(f"Missing value for flag --{name}")
        self.__dict__["_parsed"] = True
        self.__dict__["_left"] = left
        self._validate(None)
        return left

    def _nearest(self, name):
        import difflib
        return difflib.get_close_matches(name, self._flags(), 3)

    def _validate(self, changed):
        for names, check, message in self._validators:
            if changed is None or set(names) & set(changed):
                values = {name: self._flags()[name].value for name in names}
                try:
                    fine = check(values)
                except ValidationError as error:
                    raise IllegalFlagValueError(str(error)) from None
                if not fine:
                    told = ", ".join(f"--{name}={value}" for name, value in values.items())
                    raise IllegalFlagValueError(f"flag {told}: {message}")

    def _add_validator(self, names, check, message):
        self._validators.append((names, check, message))
        if self._parsed:
            self._validate(names)

    def is_parsed(self):
        return self._parsed

    def mark_as_parsed(self):
        self.__dict__["_parsed"] = True

    def unparse_flags(self):
        for flag in self._flags().values():
            flag.unparse()
        self.__dict__["_parsed"] = False

    def _parse_flags(self, args=None):
        """What TensorFlow before 1.5 called parsing the command line."""
        self(sys.argv if args is None else args, known_only=True)

    def set_default(self, name, value):
        flag = self._flags()[name]
        flag._set_default(value)

    def get_flag_value(self, name, default):
        value = getattr(self, name) if name in self else None
        return default if value is None else value

    def flag_values_dict(self):
        """Name to value."""
        return {name: flag.value for name, flag in self._flags().items()}

    FlagValuesDict = flag_values_dict
    FlagDict = _flags

    def RegisteredFlags(self):
        return list(self._flags())

    def get_key_flags_for_module(self, module):
        return list(self._flags().values())

    def flags_by_module_dict(self):
        found = {}
        for flag in self._flags().values():
            found.setdefault(flag.module, []).append(flag)
        return found

    def flags_into_string(self):
        return "".join(flag.serialize() + "\n" for flag in self._flags().values() if flag.value is not None)

    def main_module_help(self):
        """What `--help` prints."""
        lines = [f"\n       USAGE: {sys.argv[0]} [flags]", "flags:\n", f"{sys.argv[0]}:"]
        for name, flag in sorted(self._flags().items()):
            lines.append(f"  --{'[no]' if flag.boolean else ''}{name}: {flag.help}")
            if flag.default is not None:
                lines.append(f"    (default: {flag.default!r})")
        return "\n".join(lines)

    get_help = main_module_help


FLAGS = FlagValues()


def _defining_file():
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return os.path.basename(frame.f_code.co_filename) if frame is not None else "<python>"


def _arguments(flag_name, default, help, named):
    """The three arguments by whatever names: TensorFlow's older ones are `flag_name`, `default_value`, `docstring`."""
    flag_name = named.pop("name", flag_name)
    default = named.pop("default_value", default)
    help = named.pop("docstring", help)
    return flag_name, default, help, named.pop("flag_values", FLAGS), named


def _define(make):
    def define(flag_name=None, default=None, help=None, *more, **named):
        name, default, help, values, named = _arguments(flag_name, default, help, named)
        for ignored in ("lower_bound", "upper_bound", "required", "comma_compat", "allow_hide_cpp"):
            named.pop(ignored, None)
        allow_override = named.pop("allow_override", False)
        flag = make(name, default, help, *more, **named)
        flag.allow_override = allow_override
        values[name] = flag
    return define


def _of_kind(kind):
    return _define(lambda name, default, help, short_name=None: Flag(name, default, help, kind, short_name))


DEFINE_string = _of_kind("string")
DEFINE_integer = _of_kind("int")
DEFINE_float = _of_kind("float")
DEFINE_boolean = DEFINE_bool = _define(lambda name, default, help,
                                       short_name=None: BooleanFlag(name, default, help, short_name))
DEFINE_list = _define(lambda name, default, help: ListFlag(name, default, help))
DEFINE_spaceseplist = _define(lambda name, default, help: ListFlag(name, default, help, spaces=True))
DEFINE_multi_string = _define(lambda name, default, help: MultiFlag(name, default, help))
DEFINE_multi_integer = _define(lambda name, default, help: MultiFlag(name, default, help, "int"))
DEFINE_multi_float = _define(lambda name, default, help: MultiFlag(name, default, help, "float"))


def DEFINE_enum(name, default, enum_values, help=None, flag_values=FLAGS, case_sensitive=True, **_):
    flag_values[name] = EnumFlag(name, default, help, enum_values, case_sensitive)


def DEFINE_multi_enum(name, default, enum_values, help=None, flag_values=FLAGS, case_sensitive=True, **_):
    flag_values[name] = MultiFlag(name, default, help, one=EnumFlag(name, None, help, enum_values, case_sensitive))


def DEFINE_enum_class(name, default, enum_class, help=None, flag_values=FLAGS, **_):
    flag_values[name] = EnumClassFlag(name, default, help, enum_class)


def DEFINE_alias(name, original_name, flag_values=FLAGS, **_):
    flag_values._flags()[name] = flag_values[original_name]


def DEFINE(parser, name, default, help, flag_values=FLAGS, serializer=None, **_):
    flag = Flag(name, None, help)
    flag.parsed = parser.parse
    flag._set_default(default)
    flag_values[name] = flag


def DEFINE_flag(flag, flag_values=FLAGS, **_):
    flag_values[flag.name] = flag


def register_validator(flag_name, checker, message="Flag validation failed", flag_values=FLAGS):
    """The flag's value must be one for which `checker` gives `True`."""
    flag_values._add_validator([flag_name], lambda values: checker(values[flag_name]), message)


def validator(flag_name, message="Flag validation failed", flag_values=FLAGS):
    def decorate(function):
        register_validator(flag_name, function, message, flag_values)
        return function
    return decorate


def register_multi_flags_validator(flag_names, multi_flags_checker, message="Flags validation failed",
                                   flag_values=FLAGS):
    flag_values._add_validator(list(flag_names), multi_flags_checker, message)


def mark_flag_as_required(flag_name, flag_values=FLAGS):
    """The command line must give the flag."""
    register_validator(flag_name, lambda value: value is not None,
                       f"Flag --{flag_name} must have a value other than None.", flag_values)


def mark_flags_as_required(flag_names, flag_values=FLAGS):
    for flag_name in flag_names:
        mark_flag_as_required(flag_name, flag_values)


def mark_flags_as_mutual_exclusive(flag_names, required=False, flag_values=FLAGS):
    """At most one of the flags (with `required`, one) may have a value."""
    def check(values):
        count = sum(value is not None for value in values.values())
        return count == 1 or not required and count == 0
    flag_values._add_validator(list(flag_names), check,
                               f"{'Exactly' if required else 'At most'} one of ({', '.join(flag_names)}) must have a value "
                               "other than None.")


def set_default(flag_holder, value):
    flag_holder.default = value


def adopt_module_key_flags(module, flag_values=FLAGS):
    pass


def declare_key_flag(flag_name, flag_values=FLAGS):
    pass


def disclaim_key_flags():
    pass


def text_wrap(text, length=None, indent="", firstline_indent=None):
    import textwrap
    return textwrap.fill(text, length or 80, subsequent_indent=indent,
                         initial_indent=indent if firstline_indent is None else firstline_indent)
