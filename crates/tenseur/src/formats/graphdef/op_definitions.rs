//! TensorFlow's definitions of its ops: what functions' bodies call outputs, which types attributes have where a file leaves them out,
//! and whether a node fits its op.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, OnceLock};

use crate::error::Reason;
use crate::formats::proto::{Attr as WireAttr, AttrValue};
use crate::ops::{Attr, Attrs};
use crate::value::DType;

/// A node's attributes, as a file has them.
pub(super) type Attributes = BTreeMap<String, AttrValue>;

/// What goes in and out of nodes of an op.
pub(super) struct Definition {
    inputs: Vec<Argument>,
    outputs: Vec<Argument>,
    attrs: Vec<Attribute>,
}

/// An input or output, or several under one name.
struct Argument {
    name: &'static str,
    /// The attribute that says how many there are.
    number: Option<&'static str>,
    kind: Kind,
    /// Whether it is a variable's own.
    reference: bool,
}

/// The type of an input or output.
enum Kind {
    /// This one; `None` of one that we do not have.
    Fixed(Option<DType>),
    /// The value of an attribute.
    Attr(&'static str),
    /// One for each type that an attribute lists.
    List(&'static str),
}

/// An attribute.
struct Attribute {
    name: &'static str,
    /// `type`, `int`, `list(shape)`, …
    kind: &'static str,
    /// Whether a file may leave it out; and the type that it then has, if it is one.
    optional: bool,
    default: Option<DType>,
    /// The least that it may be, or the fewest that it may list.
    least: Option<i64>,
    /// The types or words that it may be; empty if it may be any.
    allowed: Vec<&'static str>,
}

/// Lines by op, each read when it is first asked for.
static DEFINITIONS: LazyLock<HashMap<&'static str, (&'static str, OnceLock<Definition>)>> =
    LazyLock::new(|| {
        let lines = include_str!("op_definitions.txt").lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once(' '))
            .map(|(op, rest)| (op, (rest, OnceLock::new())))
            .collect()
    });

/// What TensorFlow says of an op, if it has it.
pub(super) fn definition(op: &str) -> Option<&'static Definition> {
    let (line, definition) = DEFINITIONS.get(op)?;
    Some(definition.get_or_init(|| Definition::read(line)))
}

impl Definition {
    fn read(line: &'static str) -> Definition {
        let (inputs, rest) = line.split_once("->").unwrap_or((line, ""));
        let (outputs, attrs) = rest.split_once('|').unwrap_or((rest, ""));
        Definition {
            inputs: inputs.split_whitespace().map(Argument::read).collect(),
            outputs: outputs.split_whitespace().map(Argument::read).collect(),
            attrs: attrs.split_whitespace().map(Attribute::read).collect(),
        }
    }

    /// The type that an attribute has where a file does not say it, if there is one.
    fn type_default(&self, attr: &str) -> Option<DType> {
        self.attrs.iter().find(|own| own.name == attr)?.default
    }

    /// The name of output `output` of a node with these attributes, and its number under that name.
    pub(super) fn output_name(
        &self,
        attributes: &Attributes,
        output: usize,
    ) -> Option<(&'static str, usize)> {
        let mut before = 0usize;
        for own in &self.outputs {
            let next = before.saturating_add(own.count(attributes));
            if output < next {
                return Some((own.name, output - before));
            }
            before = next;
        }
        None
    }

    /// How many outputs come before those that go under `name`; `None` if the op has no such outputs.
    pub(super) fn outputs_before(&self, attributes: &Attributes, name: &str) -> Option<usize> {
        let place = self.outputs.iter().position(|own| own.name == name)?;
        Some(self.outputs[..place].iter().map(|own| own.count(attributes)).fold(0, usize::saturating_add))
    }

    /// Whether attributes go with the op.
    ///
    /// # Errors
    /// When one does not, naming it and what it may be.
    pub(super) fn check_attrs(&self, attrs: &Attrs) -> Result<(), Reason> {
        for own in &self.attrs {
            match attrs.get(own.name) {
                Some(value) => own.check(value)?,
                None if own.optional => {}
                None => return Err(format!("attribute \"{}\" is missing", own.name).into()),
            }
        }
        Ok(())
    }

    /// Whether a node's attributes and inputs go with the op; of an input whose type is not known, there is `None`.
    ///
    /// # Errors
    /// When one does not, naming it and what it may be.
    pub(super) fn check(&self, attrs: &Attrs, inputs: &[Option<DType>]) -> Result<(), Reason> {
        self.check_attrs(attrs)?;
        let mut given = inputs.iter();
        for own in &self.inputs {
            for wanted in own.types(self, attrs, inputs.len() + 1) {
                let Some(&given) = given.next() else {
                    let why = match own.number.map(|attr| (attr, attrs.get(attr))) {
                        Some((attr, Some(Attr::Int(number)))) => {
                            format!(": attribute \"{attr}\" says {number}, and there are {}", inputs.len())
                        }
                        _ => String::new(),
                    };
                    return Err(format!("input \"{}\" is missing{why}", own.name).into());
                };
                if let (Some(wanted), Some(given)) = (wanted, given)
                    && wanted != given
                    && !own.reference
                {
                    let says = match own.kind {
                        Kind::Attr(attr) => format!("attribute \"{attr}\" says {wanted}"),
                        _ => format!("the op takes {wanted}"),
                    };
                    return Err(format!("input \"{}\" is {given}, and {says}", own.name).into());
                }
            }
        }
        match given.len() {
            0 => Ok(()),
            more => Err(format!("it has {} inputs, {more} more than the op takes", inputs.len()).into()),
        }
    }
}

impl Argument {
    fn read(text: &'static str) -> Argument {
        let (name, kind) = text.split_once(':').unwrap_or((text, ""));
        let (number, kind) = match kind.split_once('*') {
            Some((number, kind)) => (Some(number), kind),
            None => (None, kind),
        };
        let (reference, kind) = (kind.starts_with('&'), kind.trim_start_matches('&'));
        let kind = match (kind.strip_prefix("@@"), kind.strip_prefix('@')) {
            (Some(attr), _) => Kind::List(attr),
            (None, Some(attr)) => Kind::Attr(attr),
            (None, None) => Kind::Fixed(DType::from_name(kind)),
        };
        Argument { name, number, kind, reference }
    }

    /// How many go under the name: an attribute's value, or how many types it lists. It is left out where that is none.
    fn count(&self, attributes: &Attributes) -> usize {
        let attr = match (self.number, &self.kind) {
            (Some(attr), _) => attr,
            (None, &Kind::List(attr)) => attr,
            _ => return 1,
        };
        match attributes.get(attr).and_then(|value| value.value.as_ref()) {
            Some(WireAttr::I(number)) => usize::try_from(*number).unwrap_or(0),
            Some(WireAttr::List(list)) => list.r#type.len(),
            _ => 0,
        }
    }

    /// The types of those that go under the name, no more than `most`; `None` where a type is not known.
    fn types(&self, definition: &Definition, attrs: &Attrs, most: usize) -> Vec<Option<DType>> {
        let one = match self.kind {
            Kind::Fixed(dtype) => dtype,
            Kind::Attr(attr) => match attrs.get(attr) {
                Some(Attr::Type(dtype)) => Some(*dtype),
                _ => definition.type_default(attr),
            },
            Kind::List(attr) => {
                let Some(Attr::List(items)) = attrs.get(attr) else { return Vec::new() };
                return items.iter().take(most).map(type_of).collect();
            }
        };
        let count = match self.number.map(|attr| attrs.get(attr)) {
            None => 1,
            Some(Some(Attr::Int(number))) => usize::try_from(*number).unwrap_or(0).min(most),
            Some(_) => 0,
        };
        vec![one; count]
    }
}

fn type_of(item: &Attr) -> Option<DType> {
    match item {
        Attr::Type(dtype) => Some(*dtype),
        _ => None,
    }
}

impl Attribute {
    fn read(text: &'static str) -> Attribute {
        let mut parts = text.split(':');
        let mut next = || parts.next().unwrap_or_default();
        let (head, kind, allowed) = (next(), next(), next());
        let (name, default) = match head.split_once('=') {
            Some((name, default)) => (name, DType::from_name(default)),
            None => (head.trim_end_matches('?'), None),
        };
        let (kind, least) = match kind.split_once('>') {
            Some((kind, least)) => (kind, least.parse().ok()),
            None => (kind, None),
        };
        // Lists that many ops have stand under names of their own.
        let named = DEFINITIONS.get(allowed).and_then(|(list, _)| list.strip_prefix("= "));
        let allowed = named.unwrap_or(allowed).split_terminator('+').collect();
        Attribute { name, kind, optional: head != name, default, least, allowed }
    }

    fn check(&self, value: &Attr) -> Result<(), Reason> {
        let Attribute { name, kind, .. } = self;
        let one = kind.strip_prefix("list(").map(|kind| kind.trim_end_matches(')'));
        let items = match (value, one) {
            (Attr::List(items), Some(_)) => &items[..],
            (value, None) => std::slice::from_ref(value),
            (value, Some(_)) => {
                return Err(format!("attribute \"{name}\" is a {kind}, and not a {}", kind_of(value)).into());
            }
        };
        for item in items {
            let own = kind_of(item);
            if own != one.unwrap_or(kind) {
                return Err(format!("attribute \"{name}\" is a {kind}, and not of {own}").into());
            }
            let word = match item {
                Attr::Type(dtype) => dtype.name().into(),
                Attr::Bytes(word) => String::from_utf8_lossy(word),
                _ => continue,
            };
            if !self.allowed.is_empty() && !self.allowed.contains(&&*word) {
                let may = self.allowed.join(", ");
                return Err(format!("attribute \"{name}\" is {word}; it may be {may}").into());
            }
        }
        let measured = match (value, one) {
            (_, Some(_)) => items.len() as i64,
            (Attr::Int(number), None) => *number,
            _ => return Ok(()),
        };
        match self.least.filter(|&least| measured < least) {
            Some(least) if one.is_some() => {
                Err(format!("attribute \"{name}\" lists {measured}, and no fewer than {least} go").into())
            }
            Some(least) => Err(format!("attribute \"{name}\" is {measured}, and at least {least}").into()),
            None => Ok(()),
        }
    }
}

/// What TensorFlow calls attributes like this one.
fn kind_of(value: &Attr) -> &'static str {
    match value {
        Attr::Type(_) => "type",
        Attr::Shape(_) => "shape",
        Attr::Int(_) => "int",
        Attr::Float(_) => "float",
        Attr::Bool(_) => "bool",
        Attr::Bytes(_) => "string",
        Attr::Tensor(_) => "tensor",
        Attr::Function(_) => "func",
        Attr::List(_) => "list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::proto::AttrList;

    fn attributes(given: &[(&str, WireAttr)]) -> Attributes {
        given
            .iter()
            .map(|(name, value)| (name.to_string(), AttrValue { value: Some(value.clone()) }))
            .collect()
    }

    fn name_of(op: &str, attributes: &Attributes, output: usize) -> Option<(&'static str, usize)> {
        definition(op).unwrap().output_name(attributes, output)
    }

    fn before(op: &str, attributes: &Attributes, name: &str) -> Option<usize> {
        definition(op).unwrap().outputs_before(attributes, name)
    }

    #[test]
    fn outputs_have_tensorflows_names() {
        let none = attributes(&[]);
        assert_eq!(name_of("Switch", &none, 1), Some(("output_true", 0)));
        assert_eq!(before("TensorListPopBack", &none, "tensor"), Some(1));
        assert_eq!(before("TensorListPopBack", &none, "handle"), None);
        let types =
            |types: &[i32]| WireAttr::List(AttrList { r#type: types.to_vec(), ..AttrList::default() });
        let loop_of_five = attributes(&[("T", types(&[1; 5]))]);
        assert_eq!(name_of("While", &loop_of_five, 3), Some(("output", 3)));
        assert_eq!(name_of("While", &loop_of_five, 5), None);
        let two_paths = attributes(&[("top_paths", WireAttr::I(2))]);
        assert_eq!(name_of("CTCBeamSearchDecoder", &two_paths, 3), Some(("decoded_values", 1)));
        assert_eq!(name_of("CTCBeamSearchDecoder", &two_paths, 6), Some(("log_probability", 0)));
        // Two sparse columns, and one dense.
        let columns =
            [("Nsparse", WireAttr::I(2)), ("sparse_types", types(&[1, 9])), ("Tdense", types(&[1]))];
        assert_eq!(name_of("ParseExample", &attributes(&columns), 6), Some(("dense_values", 0)));
        assert_eq!(before("ParseExample", &attributes(&columns), "sparse_shapes"), Some(4));
        assert_eq!(before("ParseExample", &attributes(&columns), "dense_values"), Some(6));
    }

    #[test]
    fn a_count_beyond_all_bounds_stays_a_number() {
        for number in [i64::MAX, i64::MIN, -1] {
            let paths = attributes(&[("top_paths", WireAttr::I(number))]);
            assert!(before("CTCBeamSearchDecoder", &paths, "log_probability").is_some());
            name_of("CTCBeamSearchDecoder", &paths, usize::MAX);
            let many = Attrs::new().with("N", number).with("T", DType::Float32);
            assert!(definition("AddN").unwrap().check(&many, &[Some(DType::Float32)]).is_err());
        }
    }

    #[test]
    fn types_are_tensorflows() {
        let default = |op: &str, attr: &str| definition(op).unwrap().type_default(attr);
        assert_eq!(default("Complex", "T"), Some(DType::Float32));
        assert_eq!(default("Complex", "Tout"), Some(DType::Complex64));
        assert_eq!(default("ArgMax", "output_type"), Some(DType::Int64));
        assert_eq!(default("MatMul", "T"), None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |op: &str, attrs: &Attrs, inputs: &[DType]| {
            let inputs: Vec<Option<DType>> = inputs.iter().copied().map(Some).collect();
            definition(op).unwrap().check(attrs, &inputs).map_err(|reason| reason.text)
        };
        let floats = Attrs::new().with("T", DType::Float32);
        let [float, int, long] = [DType::Float32, DType::Int32, DType::Int64];
        assert_eq!(check("OneHot", &floats, &[long, int, float, float]), Ok(()));
        let said = check("OneHot", &floats, &[long, long, float, float]).unwrap_err();
        assert_eq!(said, "input \"depth\" is int64, and the op takes int32");
        let said = check("OneHot", &floats, &[int, int, float, float]).unwrap_err();
        assert_eq!(said, "input \"indices\" is int32, and attribute \"TI\" says int64");
        let said = check("Abs", &Attrs::new().with("T", DType::Bool), &[DType::Bool]).unwrap_err();
        let may = "bfloat16, float16, float32, float64, int8, int16, int32, int64";
        assert_eq!(said, format!("attribute \"T\" is bool; it may be {may}"));
        // Numbers are a list of their own.
        assert!(check("AddN", &floats.clone().with("N", 2), &[float, float]).is_ok());
        assert!(check("AddN", &floats.clone().with("N", 2), &[float, int]).is_err());
        let said = |number: i64, inputs: &[DType]| {
            check("AddN", &floats.clone().with("N", number), inputs).unwrap_err()
        };
        assert_eq!(said(0, &[]), "attribute \"N\" is 0, and at least 1");
        assert_eq!(said(2, &[float]), "input \"inputs\" is missing: attribute \"N\" says 2, and there are 1");
        assert_eq!(said(1, &[float, float, float]), "it has 3 inputs, 2 more than the op takes");
        assert_eq!(check("AddN", &floats, &[float]).unwrap_err(), "attribute \"N\" is missing");
        let pad = |value: Attr| check("MirrorPad", &floats.clone().with("mode", value), &[float, int]);
        assert_eq!(pad(Attr::Bytes(b"SYMMETRIC".to_vec())), Ok(()));
        let said = pad(Attr::Bytes(b"ROUND".to_vec())).unwrap_err();
        assert_eq!(said, "attribute \"mode\" is ROUND; it may be REFLECT, SYMMETRIC");
        assert_eq!(pad(Attr::Int(3)).unwrap_err(), "attribute \"mode\" is a string, and not of int");
    }

    #[test]
    fn every_op_has_a_definition() {
        let ops = crate::ops::OPS.iter().map(|op| op.name);
        let missing: Vec<_> = ops.filter(|op| definition(op).is_none()).collect();
        assert_eq!(missing, ["_Arg"]);
    }
}
