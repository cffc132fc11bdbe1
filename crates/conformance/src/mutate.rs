//! Changes graphs into ones that nobody would write: what a graph from anywhere may hold.
//!
//! The bytes stay a GraphDef; what changes is what they say. A few changes are made, each in one node of the graph or of
//! a function's body: what it reads, its op, an attribute, a shape, an element of a constant.

use prost::Message;
use tenseur::formats::proto::{Attr, AttrValue, GraphDef, NodeDef, TensorProto, TensorShapeProto};

/// Sizes, axes, counts and seeds at the edge of what there is.
const INTEGERS: [i64; 20] = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    5,
    64,
    255,
    256,
    65_536,
    1 << 24,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 32,
    (1 << 40) + 1,
    i64::MAX / 4,
    1 << 62,
    i64::MAX,
    i64::MIN,
];

/// Words that ops know, and some that none does.
const WORDS: [&str; 12] =
    ["SAME", "VALID", "EXPLICIT", "NHWC", "NCHW", "max", "min", "REFLECT", "SYMMETRIC", "", "loc:@a", "🦀"];

/// Where the choices of a mutation come from: a generator that gives the same for the same seed (Steele, Lea and Flood
/// 2014, "Fast splittable pseudorandom number generators").
#[derive(Clone, Debug)]
pub struct Choices(u64);

impl Choices {
    /// The choices of a seed.
    pub fn new(seed: u64) -> Choices {
        Choices(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0, if that is 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.number() % count.max(1) as u64) as usize
    }

    /// One of these; none, if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// One of these, to be changed.
    fn pick_mut<'a, T>(&mut self, items: &'a mut [T]) -> Option<&'a mut T> {
        let index = self.below(items.len());
        items.get_mut(index)
    }

    fn integer(&mut self) -> i64 {
        let edge = INTEGERS[self.below(INTEGERS.len())];
        match self.below(4) {
            0 => self.below(8) as i64 - 2,
            _ => edge,
        }
    }
}

/// The GraphDef with up to four changes; as it is, if it is none.
pub fn mutate(graph: &[u8], seed: u64) -> Vec<u8> {
    let Ok(mut file) = GraphDef::decode(graph) else { return graph.to_vec() };
    let mut choices = Choices::new(seed);
    for _ in 0..=choices.below(4) {
        change(&mut file, &mut choices);
    }
    file.encode_to_vec()
}

/// One change, somewhere in the graph or in a function.
fn change(file: &mut GraphDef, choices: &mut Choices) {
    let functions = file.library.as_mut().map_or(&mut [][..], |library| &mut library.function[..]);
    if !functions.is_empty() && choices.below(2) == 0 {
        let names: Vec<String> =
            functions.iter().filter_map(|f| Some(f.signature.as_ref()?.name.clone())).collect();
        let Some(function) = choices.pick_mut(functions) else { return };
        match choices.below(8) {
            0 => {
                let sources: Vec<String> = function.ret.values().cloned().collect();
                if let (Some(source), Some(result)) =
                    (choices.pick(&sources).cloned(), function.ret.values_mut().next())
                {
                    *result = source;
                }
            }
            1 => {
                let signature = function.signature.get_or_insert_default();
                if let Some(argument) = choices.pick_mut(&mut signature.input_arg) {
                    argument.r#type = 1 + choices.below(23) as i32;
                }
            }
            2 => {
                let signature = function.signature.get_or_insert_default();
                signature.input_arg.pop();
            }
            3 => {
                // Functions that call each other, themselves included.
                if let (Some(node), Some(name)) =
                    (choices.pick_mut(&mut function.node_def), choices.pick(&names).cloned())
                {
                    node.op = name;
                }
            }
            _ => change_nodes(&mut function.node_def, choices),
        }
        return;
    }
    change_nodes(&mut file.node, choices);
}

/// One change among these nodes.
fn change_nodes(nodes: &mut Vec<NodeDef>, choices: &mut Choices) {
    let others: Vec<NodeDef> = (0..2).filter_map(|_| choices.pick(nodes).cloned()).collect();
    let Some(other) = others.first().cloned() else { return };
    if choices.below(24) == 0 {
        nodes.remove(choices.below(nodes.len()));
        return;
    }
    if choices.below(24) == 0 {
        nodes.push(NodeDef { name: format!("{}_{}", other.name, nodes.len()), ..other });
        return;
    }
    let Some(node) = choices.pick_mut(nodes) else { return };
    match choices.below(12) {
        0 => {
            let count = node.input.len();
            if count > 1 {
                node.input.swap(choices.below(count), choices.below(count));
            }
        }
        1 | 2 => {
            // Whatever comes of it: other types, cycles, outputs that are not there.
            let source = match choices.below(4) {
                0 => format!("{}:{}", other.name, choices.below(3)),
                1 => format!("^{}", other.name),
                _ => other.name.clone(),
            };
            match choices.pick_mut(&mut node.input) {
                Some(input) => *input = source,
                None => node.input.push(source),
            }
        }
        3 => {
            if !node.input.is_empty() {
                node.input.remove(choices.below(node.input.len()));
            }
        }
        4 => {
            let entry = choices.pick(tenseur::ops::OPS);
            node.op = if choices.below(2) == 0 {
                other.op
            } else {
                entry.map_or(String::new(), |e| e.name.to_string())
            };
        }
        5 => {
            let names: Vec<String> = other.attr.keys().cloned().collect();
            if let Some(name) = choices.pick(&names) {
                node.attr.insert(name.clone(), other.attr[name].clone());
            }
        }
        6 => {
            let names: Vec<String> = node.attr.keys().cloned().collect();
            if let Some(name) = choices.pick(&names) {
                node.attr.remove(name);
            }
        }
        _ => {
            let names: Vec<String> = node.attr.keys().cloned().collect();
            let value = choices.pick(&names).and_then(|name| node.attr.get_mut(name));
            if let Some(value) = value {
                change_attribute(value, choices);
            }
        }
    }
}

fn change_attribute(attribute: &mut AttrValue, choices: &mut Choices) {
    if choices.below(16) == 0 {
        attribute.value = other_kind(choices);
        return;
    }
    match &mut attribute.value {
        Some(Attr::I(number)) => *number = choices.integer(),
        Some(Attr::F(number)) => {
            *number = [0.0, -1.0, f32::NAN, f32::INFINITY, 1e30, 0.5][choices.below(6)];
        }
        Some(Attr::B(truth)) => *truth = !*truth,
        Some(Attr::Type(number)) => *number = dtype(choices),
        Some(Attr::S(bytes)) => *bytes = WORDS[choices.below(WORDS.len())].as_bytes().to_vec(),
        Some(Attr::Shape(shape)) => change_shape(shape, choices),
        Some(Attr::Tensor(tensor)) => change_tensor(tensor, choices),
        Some(Attr::List(list)) => {
            if let Some(number) = choices.pick_mut(&mut list.i) {
                *number = choices.integer();
            } else if let Some(number) = choices.pick_mut(&mut list.r#type) {
                *number = dtype(choices);
            } else if let Some(shape) = choices.pick_mut(&mut list.shape) {
                change_shape(shape, choices);
            }
            if choices.below(4) == 0 {
                list.i.push(choices.integer());
            }
            if choices.below(4) == 0 {
                list.i.pop();
                list.r#type.pop();
                list.shape.pop();
            }
        }
        Some(Attr::Func(_)) | Some(Attr::Placeholder(_)) | None => attribute.value = other_kind(choices),
    }
}

fn dtype(choices: &mut Choices) -> i32 {
    choices.below(26) as i32 + if choices.below(8) == 0 { 100 } else { 0 }
}

fn other_kind(choices: &mut Choices) -> Option<Attr> {
    Some(match choices.below(8) {
        0 => Attr::I(choices.integer()),
        1 => Attr::F(1.5),
        2 => Attr::B(true),
        3 => Attr::Type(dtype(choices)),
        4 => Attr::S(b"word".to_vec()),
        5 => Attr::Shape(TensorShapeProto::default()),
        6 => Attr::List(Default::default()),
        _ => return None,
    })
}

fn change_shape(shape: &mut TensorShapeProto, choices: &mut Choices) {
    match choices.below(6) {
        0 => {
            shape.dim.pop();
        }
        1 => shape.dim.push(Default::default()),
        2 => shape.unknown_rank = !shape.unknown_rank,
        _ => match choices.pick_mut(&mut shape.dim) {
            Some(dim) => dim.size = choices.integer(),
            None => shape.dim.push(Default::default()),
        },
    }
}

fn change_tensor(tensor: &mut TensorProto, choices: &mut Choices) {
    match choices.below(8) {
        0 => tensor.dtype = dtype(choices),
        1 => change_shape(tensor.tensor_shape.get_or_insert_default(), choices),
        2 => {
            // A few elements, repeated to what the shape says.
            tensor.tensor_content.clear();
        }
        _ => {
            let integer = choices.integer();
            if let Some(value) = choices.pick_mut(&mut tensor.int_val) {
                *value = integer as i32;
            } else if let Some(value) = choices.pick_mut(&mut tensor.int64_val) {
                *value = integer;
            } else if let Some(value) = choices.pick_mut(&mut tensor.float_val) {
                *value = [f32::NAN, f32::INFINITY, -1.0, 0.0, 1e30][choices.below(5)];
            } else {
                // The elements as they lie: of four or of eight bytes.
                let size = if choices.below(2) == 0 { 4 } else { 8 };
                let count = tensor.tensor_content.len() / size;
                let at = choices.below(count) * size;
                if let Some(element) = tensor.tensor_content.get_mut(at..at + size) {
                    element.copy_from_slice(&integer.to_le_bytes()[..size]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_change_and_seeds_differ() {
        let files = crate::suite::unpack(crate::suite::BUILT_IN).unwrap();
        let graph = &files["flow_functional_while"].graph;
        assert_eq!(mutate(graph, 1), mutate(graph, 1));
        let changed = (0..100).filter(|&seed| mutate(graph, seed) != *graph).count();
        assert!(changed > 80, "{changed}");
        assert_eq!(mutate(b"no graph", 1), b"no graph");
    }
}
