//! Tables from keys to values, which a session keeps between runs: words and their numbers, for one.
//!
//! - `table.rs`: what a table is; `rows.rs`: its keys and values as pieces of arrays;
//! - `text_file.rs`: keys and values from the lines of a file.
//!
//! A table's handle flows as a scalar. What runs have put into a table stays there when they fail, as in TensorFlow.

mod rows;
mod table;
mod text_file;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operation, Tensor};
use crate::lowering::{Kept, Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

pub use text_file::{Column, Columns};

use rows::rows;
use table::{Kind, Table};

/// Why no gradient goes through a table.
const FOUND: &str = "what is found in a table does not change a little";

/// What handles of tables are, by the version of the op type: a reference to a string in the first.
fn handle<const VERSION: u8>() -> Fact {
    Fact::new(if VERSION == 1 { DType::String } else { DType::Resource }, PartialShape::scalar())
}

fn table(value: &Value) -> Result<&Table, Reason> {
    value.kept("a table")
}

/// A table that is filled once.
pub const INITIALIZED: u8 = 0;
/// One that is written at any time.
pub const MUTABLE: u8 = 1;
/// One that is written at any time, and whose values are vectors.
pub const OF_TENSORS: u8 = 2;
/// One that is written at any time and has an empty key and, from the second version on, a deleted key, which are its inputs.
pub const DENSE: u8 = 3;

/// Makes a table: its output is a handle.
#[derive(Clone, Debug)]
pub struct MakeTable<const KIND: u8, const VERSION: u8> {
    /// The type of its keys.
    pub key_dtype: DType,
    /// The type of its values.
    pub value_dtype: DType,
    /// The shape of a value.
    pub value_shape: PartialShape,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
    /// Whether its node's name is such a name; kept.
    pub use_node_name_sharing: bool,
    /// How many places it begins with; kept.
    pub initial_num_buckets: i64,
    /// How full it may become before it gets more; kept.
    pub max_load_factor: f32,
}

impl<const KIND: u8, const VERSION: u8> MakeTable<KIND, VERSION> {
    /// A table from these to those, one for each session and node.
    pub fn new(key_dtype: DType, value_dtype: DType) -> Self {
        MakeTable {
            key_dtype,
            value_dtype,
            value_shape: if KIND == OF_TENSORS { PartialShape::of_rank(1) } else { PartialShape::scalar() },
            container: String::new(),
            shared_name: String::new(),
            use_node_name_sharing: false,
            initial_num_buckets: 1 << 17,
            max_load_factor: 0.8,
        }
    }

    /// The table, which the session makes where it has none.
    fn made(&self, inputs: &[Value]) -> Result<Table, Reason> {
        let value_shape = self.value_shape.known();
        let value_shape =
            value_shape.ok_or_else(|| format!("attribute \"value_shape\" is {}", self.value_shape))?;
        let (kind, key_shape) = match inputs {
            [empty, deleted @ ..] => {
                let empty = empty.array()?;
                let deleted = deleted.first().map(|key| key.array()).transpose()?;
                for key in [empty].into_iter().chain(deleted) {
                    if key.dtype() != self.key_dtype || key.shape() != empty.shape() {
                        let (dtype, shape) = (key.dtype(), key.shape());
                        return Err(format!(
                            "its keys are of {}, and one is {dtype} {shape}",
                            self.key_dtype
                        )
                        .into());
                    }
                }
                let shape = empty.shape().clone();
                let one =
                    |key: &Array| rows(key, &shape)?.pop().ok_or_else(|| Reason::from("there is no key"));
                let (empty, deleted) = (one(empty)?, deleted.map(one).transpose()?);
                if deleted.as_ref() == Some(&empty) {
                    return Err("the empty key and the deleted key must not be the same".into());
                }
                (Kind::Dense { empty, deleted }, shape)
            }
            _ => (if KIND == INITIALIZED { Kind::Initialized } else { Kind::Mutable }, Shape::scalar()),
        };
        Ok(Table::new(kind, (self.key_dtype, key_shape), (self.value_dtype, value_shape)))
    }
}

impl<const KIND: u8, const VERSION: u8> Holding for MakeTable<KIND, VERSION> {
    const NAME: &'static str = match (KIND, VERSION) {
        (INITIALIZED, 1) => "HashTable",
        (INITIALIZED, _) => "HashTableV2",
        (MUTABLE, 1) => "MutableHashTable",
        (MUTABLE, _) => "MutableHashTableV2",
        (OF_TENSORS, 1) => "MutableHashTableOfTensors",
        (OF_TENSORS, _) => "MutableHashTableOfTensorsV2",
        (_, 1) => "MutableDenseHashTable",
        (_, _) => "MutableDenseHashTableV2",
    };
    const INPUTS: usize = match (KIND, VERSION) {
        (DENSE, 1) => 1,
        (DENSE, _) => 2,
        _ => 0,
    };

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("container", self.container.as_str());
        let attrs = match KIND {
            DENSE => attrs.with("initial_num_buckets", self.initial_num_buckets),
            _ => attrs,
        };
        let attrs = attrs.with("key_dtype", self.key_dtype);
        let attrs = if KIND == DENSE { attrs.with("max_load_factor", self.max_load_factor) } else { attrs };
        let attrs = attrs
            .with("shared_name", self.shared_name.as_str())
            .with("use_node_name_sharing", self.use_node_name_sharing)
            .with("value_dtype", self.value_dtype);
        match KIND {
            OF_TENSORS | DENSE => attrs.with("value_shape", self.value_shape.clone()),
            _ => attrs,
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let usual = Self::new(attrs.require("key_dtype")?, attrs.require("value_dtype")?);
        let made = MakeTable {
            value_shape: attrs.optional("value_shape", PartialShape::scalar())?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
            use_node_name_sharing: attrs.optional("use_node_name_sharing", false)?,
            initial_num_buckets: attrs.optional("initial_num_buckets", usual.initial_num_buckets)?,
            max_load_factor: attrs.optional("max_load_factor", usual.max_load_factor)?,
            ..usual
        };
        for dtype in [made.key_dtype, made.value_dtype] {
            if matches!(dtype, DType::Resource | DType::Variant) {
                return Err(format!("there are no tables of {dtype}").into());
            }
        }
        Ok(made)
    }

    fn outputs(&self) -> Facts {
        handle::<VERSION>().one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(FOUND)
    }

    fn lower(&self) -> Lowered {
        let op = self.clone();
        Lowered::objects(Self::INPUTS, move |objects, inputs| {
            let kept: Kept = objects.of_session(&op.shared_name, || op.made(inputs))?;
            let value = Value::Kept(kept);
            let made = table(&value)?;
            let (key, other) = (made.key.0, made.value.0);
            if (key, other) != (op.key_dtype, op.value_dtype) {
                let (name, wanted, values) = (&op.shared_name, op.key_dtype, op.value_dtype);
                return Err(format!(
                    "the table \"{name}\" is from {key} to {other}, and not from {wanted} to {values}"
                )
                .into());
            }
            Ok(vec![value])
        })
    }
}

/// The values of keys, inputs being the table's handle, the keys and the value of keys that are not there.
#[derive(Clone, Debug)]
pub struct LookupTableFind<const VERSION: u8> {
    /// The type of the values.
    pub value_dtype: DType,
}

/// How many entries a table has; its input is the handle.
#[derive(Clone, Debug)]
pub struct LookupTableSize<const VERSION: u8>;

/// All keys of a table and their values; its input is the handle.
#[derive(Clone, Debug)]
pub struct LookupTableExport<const VERSION: u8> {
    /// The type of the keys.
    pub key_dtype: DType,
    /// The type of the values.
    pub value_dtype: DType,
}

/// What puts entries into a table: inputs are its handle, keys and values.
#[derive(Clone, Debug)]
pub struct PutEntries<const HOW: u8, const VERSION: u8>;

/// How entries are put: into a table that is filled once.
pub const FILL: u8 = 0;
/// Beside others, or in the place of those of the same keys.
pub const INSERT: u8 = 1;
/// In the place of all others.
pub const IMPORT: u8 = 2;

/// Takes keys out of a table: inputs are its handle and the keys.
#[derive(Clone, Debug)]
pub struct LookupTableRemove;

/// Fills a table with what stands in a file's lines: inputs are its handle and the file's name.
#[derive(Clone, Debug)]
pub struct InitializeTableFromTextFile<const VERSION: u8> {
    /// What is read.
    pub columns: Columns,
}

impl<const VERSION: u8> Holding for LookupTableFind<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "LookupTableFind" } else { "LookupTableFindV2" };
    const INPUTS: usize = 3;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tin", node.inputs[1].dtype).with("Tout", self.value_dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(LookupTableFind { value_dtype: attrs.require("Tout")? })
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.value_dtype, PartialShape::unknown()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(FOUND)
    }

    fn lower(&self) -> Lowered {
        let dtype = self.value_dtype;
        Lowered::objects(3, move |_, inputs| {
            let table = table(&inputs[0])?;
            if table.value.0 != dtype {
                return Err(format!("the table's values are of {}, and not of {dtype}", table.value.0).into());
            }
            Ok(vec![Value::Array(table.find(inputs[1].array()?, inputs[2].array()?)?)])
        })
    }
}

impl<const VERSION: u8> Holding for LookupTableSize<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "LookupTableSize" } else { "LookupTableSizeV2" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(LookupTableSize)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Int64, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(FOUND)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, inputs| {
            Ok(vec![Value::Array(Array::scalar(table(&inputs[0])?.size() as i64))])
        })
    }
}

impl<const VERSION: u8> Holding for LookupTableExport<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "LookupTableExport" } else { "LookupTableExportV2" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("Tkeys", self.key_dtype).with("Tvalues", self.value_dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(LookupTableExport { key_dtype: attrs.require("Tkeys")?, value_dtype: attrs.require("Tvalues")? })
    }

    fn outputs(&self) -> Facts {
        let all = |dtype| Fact::new(dtype, PartialShape::unknown());
        [all(self.key_dtype), all(self.value_dtype)].into_iter().collect()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(FOUND)
    }

    fn lower(&self) -> Lowered {
        let wanted = [self.key_dtype, self.value_dtype];
        Lowered::objects(1, move |_, inputs| {
            let all = table(&inputs[0])?.export()?;
            for (array, dtype) in all.iter().zip(wanted) {
                if array.dtype() != dtype {
                    return Err(format!("the table holds {}, and not {dtype}", array.dtype()).into());
                }
            }
            Ok(all.into_iter().map(Value::Array).collect())
        })
    }
}

impl<const HOW: u8, const VERSION: u8> Holding for PutEntries<HOW, VERSION> {
    const NAME: &'static str = match (HOW, VERSION) {
        (FILL, 1) => "InitializeTable",
        (FILL, _) => "InitializeTableV2",
        (INSERT, 1) => "LookupTableInsert",
        (INSERT, _) => "LookupTableInsertV2",
        (_, 1) => "LookupTableImport",
        (_, _) => "LookupTableImportV2",
    };
    const INPUTS: usize = 3;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let (key, value) = if HOW == FILL { ("Tkey", "Tval") } else { ("Tin", "Tout") };
        Attrs::new().with(key, node.inputs[1].dtype).with(value, node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(PutEntries)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(3, |_, inputs| {
            let (table, keys, values) = (table(&inputs[0])?, inputs[1].array()?, inputs[2].array()?);
            match HOW {
                FILL => table.fill(keys, values)?,
                INSERT => table.insert(keys, values)?,
                _ => table.import(keys, values)?,
            }
            Ok(Vec::new())
        })
    }
}

impl Holding for LookupTableRemove {
    const NAME: &'static str = "LookupTableRemoveV2";
    const INPUTS: usize = 2;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tin", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(LookupTableRemove)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |_, inputs| {
            table(&inputs[0])?.remove(inputs[1].array()?)?;
            Ok(Vec::new())
        })
    }
}

impl<const VERSION: u8> Holding for InitializeTableFromTextFile<VERSION> {
    const NAME: &'static str =
        if VERSION == 1 { "InitializeTableFromTextFile" } else { "InitializeTableFromTextFileV2" };
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("delimiter", self.columns.delimiter.clone())
            .with("key_index", self.columns.key.index())
            .with("offset", self.columns.offset)
            .with("value_index", self.columns.value.index())
            .with("vocab_size", self.columns.vocab_size)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let columns = Columns {
            key: Column::from_index(attrs.require("key_index")?)?,
            value: Column::from_index(attrs.require("value_index")?)?,
            vocab_size: attrs.optional("vocab_size", -1)?,
            delimiter: attrs.optional("delimiter", b"\t".to_vec())?,
            offset: attrs.optional("offset", 0)?,
        };
        if columns.delimiter.len() != 1 {
            return Err("attribute \"delimiter\" is one byte".into());
        }
        if columns.vocab_size == 0 || columns.vocab_size < -1 {
            return Err(format!("attribute \"vocab_size\" is {}", columns.vocab_size).into());
        }
        Ok(InitializeTableFromTextFile { columns })
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        let columns = self.columns.clone();
        Lowered::objects(2, move |_, inputs| {
            let table = table(&inputs[0])?;
            if !table.is_filled() {
                let name = scalar_string(inputs[1].array()?)?;
                let [keys, values] = columns.read(name, table.key.0, table.value.0)?;
                table.fill(&keys, &values)?;
            }
            Ok(Vec::new())
        })
    }
}

/// A table that is filled once, by running its initializer (`tf.lookup.StaticHashTable`).
#[derive(Clone, Debug)]
pub struct HashTable {
    handle: Tensor,
    initializer: Operation,
    default: Tensor,
}

impl HashTable {
    /// A table from the elements of the vector `keys` to those of `values`, and from all else to `default`.
    ///
    /// ```
    /// use tenseur::ops::lookup::HashTable;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let table = HashTable::new(&tf.constant(array!["cat", "dog"]), &tf.constant(array![3, 5]), &tf.constant(-1));
    /// let numbers = table.lookup(&tf.constant(array!["dog", "cow"]));
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(table.initializer(), feeds![])?;
    /// assert_eq!(sess.run(&numbers, feeds![])?, array![5, -1]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn new(keys: &Tensor, values: &Tensor, default: &Tensor) -> HashTable {
        let graph = keys.graph();
        let (key, value) = (keys.dtype_or(DType::String), values.dtype_or(DType::Int64));
        let handle = graph.add(Held(MakeTable::<INITIALIZED, 2>::new(key, value)), &[]);
        let initializer = graph.add_op(Held(PutEntries::<FILL, 2>), &[&handle, keys, values], None);
        HashTable { handle, initializer, default: default.clone() }
    }

    /// The operation that fills it.
    pub fn initializer(&self) -> &Operation {
        &self.initializer
    }

    /// The value of each key, in the shape of `keys`.
    #[track_caller]
    pub fn lookup(&self, keys: &Tensor) -> Tensor {
        let op = LookupTableFind::<2> { value_dtype: self.default.dtype_or(DType::Int64) };
        self.handle.graph().add(Held(op), &[&self.handle, keys, &self.default])
    }

    /// How many entries there are.
    #[track_caller]
    pub fn size(&self) -> Tensor {
        self.handle.graph().add(Held(LookupTableSize::<2>), &[&self.handle])
    }
}

/// A table that is filled, looked into, and told by all its entries.
pub(super) fn initialized_cases<const VERSION: u8>() -> Vec<Case> {
    vec![
        Case::fed("words and numbers", [crate::array!["b", "x", "a"]], |tf: &Graph, x: &[Tensor]| {
            let made = MakeTable::<INITIALIZED, VERSION>::new(DType::String, DType::Int32);
            let handle = tf.add(Held(made), &[]);
            let (keys, values) = (tf.constant(crate::array!["a", "b"]), tf.constant(crate::array![1, 2]));
            let fill = tf.add_op(Held(PutEntries::<FILL, VERSION>), &[&handle, &keys, &values], None);
            let _after = tf.control_dependencies([&fill]);
            let find = LookupTableFind::<VERSION> { value_dtype: DType::Int32 };
            let export = LookupTableExport::<VERSION> { key_dtype: DType::String, value_dtype: DType::Int32 };
            let all = tf.add_op(Held(export), &[&handle], None);
            vec![
                tf.add(Held(find), &[&handle, &x[0], &tf.constant(-1)]),
                tf.add(Held(LookupTableSize::<VERSION>), &[&handle]).cast::<i32>(),
                all.output(0),
                all.output(1),
            ]
        })
        .twice()
        .expecting([
            crate::array![2, -1, 1],
            Array::scalar(2),
            crate::array!["a", "b"],
            crate::array![1, 2],
        ]),
    ]
}

/// A table of this kind, into which two entries are put, of which one is taken out.
pub(super) fn mutable_cases<const KIND: u8, const VERSION: u8>() -> Vec<Case> {
    vec![
        Case::new("entries come and go", |tf: &Graph| {
            let mut made = MakeTable::<KIND, VERSION>::new(DType::Int32, DType::Float32);
            if KIND == OF_TENSORS {
                made.value_shape = [2].into();
            }
            let own = [tf.constant(-1), tf.constant(-2)];
            let handle =
                tf.add(Held(made), &own.iter().take(MakeTable::<KIND, VERSION>::INPUTS).collect::<Vec<_>>());
            let keys = tf.constant(crate::array![7, 8]);
            let (values, default) = match KIND {
                OF_TENSORS => (crate::array![[1.0, 2.0], [3.0, 4.0]], crate::array![0.0, 0.0]),
                _ => (crate::array![1.0, 2.0], Array::scalar(0.0f32)),
            };
            let (values, default) = (tf.constant(values), tf.constant(default));
            let import = tf.add_op(Held(PutEntries::<IMPORT, VERSION>), &[&handle, &keys, &values], None);
            let _then = tf.control_dependencies([&import]);
            let insert = tf.add_op(Held(PutEntries::<INSERT, VERSION>), &[&handle, &keys, &values], None);
            let _after = tf.control_dependencies([&insert]);
            // The first version's tables are not removed from.
            let remove = (VERSION > 1).then(|| {
                tf.add_op(Held(LookupTableRemove), &[&handle, &tf.constant(crate::array![7])], None)
            });
            let _last = tf.control_dependencies(remove.as_ref());
            let find = LookupTableFind::<VERSION> { value_dtype: DType::Float32 };
            vec![tf.add(Held(find), &[&handle, &keys, &default]) * 1.0]
        })
        .expecting([match (KIND, VERSION) {
            (OF_TENSORS, 1) => crate::array![[1.0, 2.0], [3.0, 4.0]],
            (OF_TENSORS, _) => crate::array![[0.0, 0.0], [3.0, 4.0]],
            (_, 1) => crate::array![1.0, 2.0],
            (..) => crate::array![0.0, 2.0],
        }]),
    ]
}

/// The lines of a file that is there wherever the cases run.
pub(super) fn from_text_file_cases<const VERSION: u8>() -> Vec<Case> {
    vec![
        Case::new("lines of a file", |tf: &Graph| {
            let handle =
                tf.add(Held(MakeTable::<INITIALIZED, VERSION>::new(DType::Int64, DType::String)), &[]);
            let path = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
            let name = tf.constant(Array::strings([], [path]).expect("one string"));
            let columns = Columns {
                key: Column::LineNumber,
                value: Column::WholeLine,
                vocab_size: 1,
                delimiter: b"\t".to_vec(),
                offset: 0,
            };
            let fill = InitializeTableFromTextFile::<VERSION> { columns };
            let fill = tf.add_op(Held(fill), &[&handle, &name], None);
            let _after = tf.control_dependencies([&fill]);
            let find = LookupTableFind::<VERSION> { value_dtype: DType::String };
            let first = tf.constant(0).cast::<i64>();
            vec![tf.add(
                Held(find),
                &[&handle, &first, &tf.constant(Array::strings([], [""]).expect("one string"))],
            )]
        })
        .expecting([Array::strings([], ["[package]"]).expect("one string")]),
    ]
}
