//! All tests of the crate's public face as one program: to link one for each file would take most of the time.
//! Files that count what is allocated are programs of their own.

mod checkpoints;
mod conformance;
mod course;
mod create;
mod data_csv;
mod data_idx;
mod draw;
mod errors;
mod explain;
mod figure;
mod formats_checkpoint;
mod formats_graphdef;
mod formats_meta_graph;
mod formats_proto;
mod formats_text;
mod freeze;
mod hostile;
mod islands;
mod log_of_softmax;
mod pipeline;
mod plans;
mod portable;
mod random_graphs;
mod saved_model;
mod saver;
mod servable;
mod state;
mod summary;
mod tf_record;
mod training;
