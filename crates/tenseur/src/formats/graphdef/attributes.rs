//! Attributes between the wire and ops.

use crate::error::{Code, Reason};
use crate::formats::proto::{self, AttrList, AttrValue};
use crate::formats::tensor_proto::{array_from_proto, partial_shape, proto_from_array};
use crate::ops::{Attr, Attrs};
use crate::value::DType;
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, Reason>;

/// The attributes of a node as ops read them. Those whose names begin with `_` concern no op and are left out.
///
/// # Errors
/// Unimplemented for one of a kind that we do not have; InvalidArgument for one that is wrong in itself.
pub(super) fn from_wire(attrs: &BTreeMap<String, AttrValue>) -> Result<Attrs> {
    let own = attrs.iter().filter(|(name, _)| !name.starts_with('_'));
    let mut read = Vec::with_capacity(attrs.len());
    for (name, value) in own {
        if let Some(value) = &value.value {
            let value = from_value(value).map_err(|reason| Reason {
                text: format!("attribute \"{name}\": {}", reason.text),
                ..reason
            })?;
            read.push((name.as_str(), value));
        }
    }
    Ok(read.into_iter().collect())
}

fn from_value(value: &proto::Attr) -> Result<Attr> {
    Ok(match value {
        proto::Attr::S(bytes) => Attr::Bytes(bytes.clone()),
        proto::Attr::I(number) => Attr::Int(*number),
        proto::Attr::F(number) => Attr::Float(*number),
        proto::Attr::B(truth) => Attr::Bool(*truth),
        proto::Attr::Type(number) => Attr::Type(dtype(*number)?),
        proto::Attr::Shape(shape) => Attr::Shape(partial_shape(shape)?),
        proto::Attr::Tensor(tensor) => Attr::Tensor(array_from_proto(tensor)?),
        proto::Attr::List(list) => Attr::List(from_list(list)?),
        proto::Attr::Func(function) => Attr::Function(function.name.clone()),
        proto::Attr::Placeholder(name) => {
            return Err(
                format!("it stands for the attribute \"{name}\" of a function, outside of any").into()
            );
        }
    })
}

/// The items of a list, of which only one kind can be there.
fn from_list(list: &AttrList) -> Result<Vec<Attr>> {
    let AttrList { s, i, f, b, r#type, shape, tensor, func } = list;
    let mut items: Vec<Attr> = Vec::new();
    items.extend(s.iter().cloned().map(Attr::Bytes));
    items.extend(i.iter().copied().map(Attr::Int));
    items.extend(f.iter().copied().map(Attr::Float));
    items.extend(b.iter().copied().map(Attr::Bool));
    for number in r#type {
        items.push(Attr::Type(dtype(*number)?));
    }
    for shape in shape {
        items.push(Attr::Shape(partial_shape(shape)?));
    }
    for tensor in tensor {
        items.push(Attr::Tensor(array_from_proto(tensor)?));
    }
    items.extend(func.iter().map(|function| Attr::Function(function.name.clone())));
    Ok(items)
}

fn dtype(number: i32) -> Result<DType> {
    match DType::from_number(number) {
        Some((dtype, false)) => Ok(dtype),
        _ => Err(Reason::new(Code::Unimplemented, format!("there is no data type with the number {number}"))),
    }
}

/// The attributes of an op as a file holds them.
pub(super) fn to_wire(attrs: &Attrs) -> BTreeMap<String, AttrValue> {
    attrs.iter().map(|(name, value)| (name.to_string(), AttrValue { value: Some(to_value(value)) })).collect()
}

fn to_value(attr: &Attr) -> proto::Attr {
    match attr {
        Attr::Type(dtype) => proto::Attr::Type(dtype.number()),
        Attr::Shape(shape) => proto::Attr::Shape(shape.into()),
        Attr::Int(number) => proto::Attr::I(*number),
        Attr::Float(number) => proto::Attr::F(*number),
        Attr::Bool(truth) => proto::Attr::B(*truth),
        Attr::Bytes(bytes) => proto::Attr::S(bytes.clone()),
        Attr::Tensor(array) => proto::Attr::Tensor(Box::new(proto_from_array(array))),
        Attr::Function(name) => {
            proto::Attr::Func(proto::NameAttrList { name: name.clone(), attr: BTreeMap::new() })
        }
        Attr::List(items) => proto::Attr::List(to_list(items)),
    }
}

fn to_list(items: &[Attr]) -> AttrList {
    let mut list = AttrList::default();
    for item in items {
        match to_value(item) {
            proto::Attr::S(bytes) => list.s.push(bytes),
            proto::Attr::I(number) => list.i.push(number),
            proto::Attr::F(number) => list.f.push(number),
            proto::Attr::B(truth) => list.b.push(truth),
            proto::Attr::Type(number) => list.r#type.push(number),
            proto::Attr::Shape(shape) => list.shape.push(shape),
            proto::Attr::Tensor(tensor) => list.tensor.push(*tensor),
            proto::Attr::Func(function) => list.func.push(function),
            // No op has lists of lists, and placeholders come from files only.
            proto::Attr::List(_) | proto::Attr::Placeholder(_) => {}
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::PartialShape;
    use crate::{Array, array};

    #[test]
    fn every_kind_survives() {
        let kinds = [
            Attr::Type(DType::BFloat16),
            Attr::Shape([None, Some(3)].into()),
            Attr::Shape(PartialShape::unknown()),
            Attr::Int(-1),
            Attr::Float(0.5),
            Attr::Bool(false),
            Attr::Bytes(vec![0, 255]),
            Attr::Tensor(array![[1, 2], [3, 4]]),
            Attr::Tensor(Array::scalar(true)),
            Attr::Function("body".to_string()),
        ];
        let mut attrs = Attrs::new().with("empty", Attr::List(Vec::new()));
        for (i, kind) in kinds.into_iter().enumerate() {
            attrs = attrs.with(&format!("a{i}"), kind.clone());
            attrs = attrs.with(&format!("b{i}"), Attr::List(vec![kind.clone(), kind]));
        }
        let back = from_wire(&to_wire(&attrs)).unwrap();
        for (name, value) in attrs.iter() {
            assert_eq!(back.get(name), Some(value));
        }
        assert_eq!(back.iter().count(), attrs.iter().count());
    }

    #[test]
    fn kinds_that_we_do_not_have_are_told_from_mistakes() {
        let read = |value: proto::Attr| {
            let attrs = BTreeMap::from([("a".to_string(), AttrValue { value: Some(value) })]);
            from_wire(&attrs).map_err(|reason| (reason.code, reason.text))
        };
        let (code, text) = read(proto::Attr::Type(24)).unwrap_err();
        assert_eq!(
            (code, text.as_str()),
            (Code::Unimplemented, "attribute \"a\": there is no data type with the number 24")
        );
        assert_eq!(read(proto::Attr::Placeholder("T".into())).unwrap_err().0, Code::InvalidArgument);
        let own = BTreeMap::from([("_class".to_string(), AttrValue { value: Some(proto::Attr::Type(24)) })]);
        assert_eq!(from_wire(&own).unwrap(), Attrs::new());
    }
}
