//! Bytes that zlib packed, as they are unpacked.

use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, Read};

/// What comes out of `input`. Unlike the usual decoder it takes the end of what is packed for damage where it comes too early.
pub(super) struct Unpacked<R> {
    input: R,
    state: Decompress,
    ended: bool,
}

impl<R: BufRead> Unpacked<R> {
    pub(super) fn new(input: R) -> Unpacked<R> {
        Unpacked { input, state: Decompress::new(true), ended: false }
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !bytes.is_empty() {
            let packed = self.input.fill_buf()?;
            let last = packed.is_empty();
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(packed, bytes, FlushDecompress::None)?;
            self.input.consume((self.state.total_in() - before_in) as usize);
            let out = (self.state.total_out() - before_out) as usize;
            self.ended = status == Status::StreamEnd;
            if out > 0 {
                return Ok(out);
            }
            if last && !self.ended {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut short"));
            }
        }
        Ok(0)
    }
}
