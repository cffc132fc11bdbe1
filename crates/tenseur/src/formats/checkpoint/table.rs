//! A sorted table of keys and values in one file: the format of LevelDB, in which TensorFlow keeps a checkpoint's
//! index.
//!
//! ```text
//! file    = block… metaindex index footer
//! block   = entry… restart… count      + type (0 raw, 1 snappy), masked CRC-32C of block and type
//! entry   = shared, rest, size: varint + the key's last `rest` bytes, the value's `size` bytes
//! restart = u32: where a key stands whole; count = u32
//! index   = a block: a key not before the last of its block → that block's handle
//! handle  = offset, size: varint
//! footer  = handles of metaindex and index, zeros up to 40 bytes, the magic number as u64
//! ```
//!
//! A key leaves out the bytes that it shares with the key before it. Numbers are little-endian.
//!
//! The reader trusts nothing: every offset is checked against the file, blocks may not overlap, keys must ascend,
//! and neither compression nor shared bytes may unfold to more than this format's writers can mean.

use crate::formats::masked_crc::{is_right, mask, masked_crc32c};
use prost::{decode_length_delimiter, encode_length_delimiter};
use std::borrow::Cow;

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
const FOOTER: usize = 48;
/// The type byte and the checksum after a block.
const TRAILER: usize = 5;
/// A block is closed when it reaches this size; TensorFlow's choice.
const BLOCK: usize = 256 << 10;
/// Every so many entries a key stands whole; TensorFlow's choice.
const RESTART: usize = 16;
/// How many times its own size the keys of a block may unfold to. A writer with `RESTART` keeps below 16.
const UNFOLDED: usize = 64;
/// How many times its own size snappy can unfold to: three bytes copy at most 64.
const SNAPPY: usize = 22;

/// A block's place in the file, without its trailer.
#[derive(Clone, Copy)]
struct Handle {
    offset: usize,
    size: usize,
}

impl Handle {
    fn decode(bytes: &mut &[u8]) -> Result<Handle, String> {
        let mut number = || decode_length_delimiter(&mut *bytes).map_err(|_| "a block's handle is damaged");
        Ok(Handle { offset: number()?, size: number()? })
    }

    fn encode(self, bytes: &mut Vec<u8>) {
        put_varint(self.offset, bytes);
        put_varint(self.size, bytes);
    }

    /// The first byte after the block and its trailer.
    fn end(self) -> usize {
        self.offset.saturating_add(self.size).saturating_add(TRAILER)
    }
}

fn put_varint(number: usize, bytes: &mut Vec<u8>) {
    encode_length_delimiter(number, bytes).expect("a vector grows as needed");
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
}

/// Calls `visit` for every key and value of the table in `file`, in order.
///
/// # Errors
/// When the file is not a whole table, or what `visit` says.
pub(super) fn read(
    file: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let body = file
        .len()
        .checked_sub(FOOTER)
        .ok_or_else(|| format!("the file has {} bytes, and a table has at least {FOOTER}", file.len()))?;
    let footer = &file[body..];
    if footer[FOOTER - 8..] != MAGIC.to_le_bytes() {
        return Err(
            "the file does not end with a table's magic number: it is cut off or something else".into()
        );
    }
    let mut handles = &footer[..FOOTER - 8];
    let metaindex = Handle::decode(&mut handles)?;
    let index = Handle::decode(&mut handles)?;
    if handles.iter().any(|&byte| byte != 0) {
        return Err("the file's footer is damaged".into());
    }
    block(&file[..body], metaindex)?;
    let index = block(&file[..body], index)?;

    let mut end = 0;
    let mut key = Vec::new();
    let mut index_key = Vec::new();
    entries(&index, &mut index_key, |bound, mut value| {
        let handle = Handle::decode(&mut value)?;
        if handle.offset < end {
            return Err(format!("the block at offset {} overlaps the one before it", handle.offset));
        }
        end = handle.end();
        let block = block(&file[..body], handle)?;
        entries(&block, &mut key, &mut visit)
            .map_err(|why| format!("in the block at offset {}, {why}", handle.offset))?;
        if key.as_slice() > bound {
            return Err(format!("the block at offset {} has keys beyond its bound", handle.offset));
        }
        Ok(())
    })
}

/// The contents of the block at `handle`, checked and unpacked.
fn block(file: &[u8], handle: Handle) -> Result<Cow<'_, [u8]>, String> {
    let Handle { offset, size } = handle;
    let Some(stored) = file.get(offset..handle.end()) else {
        return Err(format!("a block of {size} bytes at offset {offset} reaches beyond the file"));
    };
    let (checked, crc) = stored.split_at(size + 1);
    if !is_right(crc.try_into().map_or(0, u32::from_le_bytes), masked_crc32c(checked)) {
        return Err(format!("the checksum of the block at offset {offset} is wrong: the file is damaged"));
    }
    let contents = &checked[..size];
    match checked[size] {
        0 => Ok(Cow::Borrowed(contents)),
        1 => {
            let unpacked =
                snap::raw::decompress_len(contents).ok().filter(|&n| n <= size.saturating_mul(SNAPPY));
            let unpacked = unpacked.and_then(|_| snap::raw::Decoder::new().decompress_vec(contents).ok());
            unpacked.map(Cow::Owned).ok_or_else(|| format!("the block at offset {offset} cannot be unpacked"))
        }
        other => Err(format!("the block at offset {offset} is packed in an unknown way ({other})")),
    }
}

/// Calls `visit` for every entry of a block. `key` holds the last key before the block, and after it the last of it.
fn entries(
    block: &[u8],
    key: &mut Vec<u8>,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let restarts = block.len().checked_sub(4).and_then(|at| {
        let count = u32_at(block, at)? as usize;
        at.checked_sub(count.checked_mul(4)?)
    });
    let mut rest = &block[..restarts.ok_or("the list of restarts does not fit in the block")?];
    // The bytes of `key` that this block may share: none at its beginning.
    let mut own = 0;
    let mut unfolded = 0;
    let mut first = key.is_empty();
    while !rest.is_empty() {
        let at = block.len() - rest.len();
        let damaged = || format!("the entry at offset {at} is damaged");
        let mut number = || decode_length_delimiter(&mut rest).map_err(|_| damaged());
        let (shared, length, size) = (number()?, number()?, number()?);
        if shared > own || length > rest.len() || size > rest.len() - length {
            return Err(damaged());
        }
        let (tail, after) = rest.split_at(length);
        let (value, after) = after.split_at(size);
        rest = after;
        if !first && tail <= &key[shared..] {
            return Err(format!("the key of the entry at offset {at} does not come after the one before it"));
        }
        first = false;
        key.truncate(shared);
        key.extend_from_slice(tail);
        own = key.len();
        unfolded += own;
        if unfolded > block.len().saturating_mul(UNFOLDED) {
            return Err(format!(
                "the keys up to the entry at offset {at} are longer than the block can mean"
            ));
        }
        visit(key, value)?;
    }
    Ok(())
}

/// Writes a table, as TensorFlow does for a checkpoint's index: not packed.
#[derive(Default)]
pub(super) struct TableWriter {
    file: Vec<u8>,
    block: BlockWriter,
    index: BlockWriter,
    /// The block that is written but not in the index, until the next key says how short its bound can be.
    written: Option<Handle>,
}

impl TableWriter {
    /// Adds an entry. Keys must ascend.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        debug_assert!(self.block.count == 0 || self.block.last.as_slice() < key, "keys must ascend");
        self.index_written(|last| shortest_between(last, key));
        self.block.add(key, value, RESTART);
        if self.block.size() >= BLOCK {
            self.flush();
        }
    }

    /// The bytes of the table.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.block.count > 0 {
            self.flush();
        }
        let metaindex = append(&mut self.file, BlockWriter::default());
        self.index_written(shortest_after);
        let index = append(&mut self.file, self.index);
        let footer = self.file.len();
        metaindex.encode(&mut self.file);
        index.encode(&mut self.file);
        self.file.resize(footer + FOOTER - 8, 0);
        self.file.extend_from_slice(&MAGIC.to_le_bytes());
        self.file
    }

    fn flush(&mut self) {
        let last = self.block.last.clone();
        let full = std::mem::replace(&mut self.block, BlockWriter { last, ..BlockWriter::default() });
        self.written = Some(append(&mut self.file, full));
    }

    /// Enters the block that was written last, under `bound` of its last key.
    fn index_written(&mut self, bound: impl FnOnce(&[u8]) -> Vec<u8>) {
        if let Some(handle) = self.written.take() {
            let mut value = Vec::new();
            handle.encode(&mut value);
            self.index.add(&bound(&self.block.last), &value, 1);
        }
    }
}

/// A block that is being filled.
#[derive(Default)]
struct BlockWriter {
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    last: Vec<u8>,
    count: usize,
}

impl BlockWriter {
    /// Adds an entry; its key stands whole after every `restart` entries.
    fn add(&mut self, key: &[u8], value: &[u8], restart: usize) {
        let shared = if self.count.is_multiple_of(restart) {
            self.restarts.push(self.bytes.len() as u32);
            0
        } else {
            self.last.iter().zip(key).take_while(|(a, b)| a == b).count()
        };
        for number in [shared, key.len() - shared, value.len()] {
            put_varint(number, &mut self.bytes);
        }
        self.bytes.extend_from_slice(&key[shared..]);
        self.bytes.extend_from_slice(value);
        self.last.clear();
        self.last.extend_from_slice(key);
        self.count += 1;
    }

    /// The size that the block has if it is closed now.
    fn size(&self) -> usize {
        self.bytes.len() + 4 * self.restarts.len() + 4
    }
}

/// Appends a block and its trailer to the file.
fn append(file: &mut Vec<u8>, mut block: BlockWriter) -> Handle {
    if block.restarts.is_empty() {
        block.restarts.push(0);
    }
    let offset = file.len();
    file.extend_from_slice(&block.bytes);
    for number in block.restarts.iter().copied().chain([block.restarts.len() as u32]) {
        file.extend_from_slice(&number.to_le_bytes());
    }
    let size = file.len() - offset;
    file.push(0);
    let crc = mask(crc32c::crc32c(&file[offset..]));
    file.extend_from_slice(&crc.to_le_bytes());
    Handle { offset, size }
}

/// A short key `k` with `last <= k < next`: the bytes both begin with, and the next byte of `last` plus one.
fn shortest_between(last: &[u8], next: &[u8]) -> Vec<u8> {
    let same = last.iter().zip(next).take_while(|(a, b)| a == b).count();
    let mut key = last.to_vec();
    if let (Some(&a), Some(&b)) = (last.get(same), next.get(same))
        && a < b.saturating_sub(1)
    {
        key.truncate(same + 1);
        key[same] = a + 1;
    }
    key
}

/// A short key that is not before `last`: its first byte that can be increased, increased.
fn shortest_after(last: &[u8]) -> Vec<u8> {
    let mut key = last.to_vec();
    if let Some(at) = key.iter().position(|&byte| byte != 0xff) {
        key.truncate(at + 1);
        key[at] += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entries = Vec<(Vec<u8>, Vec<u8>)>;

    fn collect(file: &[u8]) -> Result<Entries, String> {
        let mut all = Vec::new();
        read(file, |key, value| {
            all.push((key.to_vec(), value.to_vec()));
            Ok(())
        })?;
        Ok(all)
    }

    fn table(entries: &Entries) -> Vec<u8> {
        let mut writer = TableWriter::default();
        for (key, value) in entries {
            writer.add(key, value);
        }
        writer.finish()
    }

    /// Wraps blocks that a test made by hand into a file; the last one is the index.
    fn file_of(blocks: Vec<(u8, Vec<u8>)>) -> Vec<u8> {
        let mut file = Vec::new();
        let mut last = Handle { offset: 0, size: 0 };
        for (packing, contents) in blocks {
            last = Handle { offset: file.len(), size: contents.len() };
            file.extend_from_slice(&contents);
            file.push(packing);
            let crc = masked_crc32c(&file[last.offset..]);
            file.extend_from_slice(&crc.to_le_bytes());
        }
        let footer = file.len();
        last.encode(&mut file);
        last.encode(&mut file);
        file.resize(footer + 40, 0);
        file.extend_from_slice(&MAGIC.to_le_bytes());
        file
    }

    /// A block whose entries are `(shared, rest of the key, value)`.
    fn block_of(entries: &[(usize, &[u8], &[u8])]) -> Vec<u8> {
        let mut block = Vec::new();
        for (shared, tail, value) in entries {
            for number in [*shared, tail.len(), value.len()] {
                put_varint(number, &mut block);
            }
            block.extend_from_slice(tail);
            block.extend_from_slice(value);
        }
        block.extend_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0]);
        block
    }

    #[test]
    fn what_is_written_is_read_also_over_many_blocks() {
        for count in [0usize, 1, 2, 16, 17, 5000] {
            let entries: Entries =
                (0..count).map(|i| (format!("layer/{i:08}").into_bytes(), vec![i as u8; i % 300])).collect();
            assert_eq!(collect(&table(&entries)).unwrap(), entries);
        }
        let odd: Entries = [&b""[..], b"\0", b"\0\x01", b"a", b"\xff", b"\xff\xff"]
            .iter()
            .map(|key| (key.to_vec(), vec![]))
            .collect();
        assert_eq!(collect(&table(&odd)).unwrap(), odd);
    }

    #[test]
    fn bounds_are_short_and_in_order() {
        assert_eq!(shortest_between(b"layer1/kernel", b"layer5/bias"), b"layer2");
        assert_eq!(shortest_between(b"layer1", b"layer2"), b"layer1");
        assert_eq!(shortest_between(b"a", b"ab"), b"a");
        assert_eq!(shortest_after(b"\xff\x01b"), b"\xff\x02");
        assert_eq!(shortest_after(b"\xff\xff"), b"\xff\xff");
        assert_eq!(shortest_after(b""), b"");
    }

    #[test]
    fn packed_blocks_are_unpacked() {
        let plain = block_of(&[(0, b"a", &[7; 500]), (0, b"b", b"x")]);
        let packed = snap::raw::Encoder::new().compress_vec(&plain).unwrap();
        let mut handle = Vec::new();
        Handle { offset: 0, size: packed.len() }.encode(&mut handle);
        let file = file_of(vec![(1, packed), (0, block_of(&[(0, b"c", &handle)]))]);
        let entries = collect(&file).unwrap();
        assert_eq!(entries, [(b"a".to_vec(), vec![7; 500]), (b"b".to_vec(), b"x".to_vec())]);
    }

    #[test]
    fn hostile_tables_are_refused() {
        let handle = |offset, size| {
            let mut bytes = Vec::new();
            Handle { offset, size }.encode(&mut bytes);
            bytes
        };
        let refused = |blocks, why: &str| {
            let error = collect(&file_of(blocks)).unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        let data = block_of(&[(0, b"a", b"x")]);
        let once = handle(0, data.len());
        let twice = block_of(&[(0, b"b", &once), (0, b"c", &once)]);
        refused(vec![(0, data.clone()), (0, twice)], "overlaps");
        refused(vec![(0, block_of(&[(0, b"b", &handle(1 << 40, 3))]))], "beyond the file");
        refused(vec![(0, block_of(&[(0, b"b", &handle(usize::MAX, usize::MAX))]))], "beyond the file");
        refused(vec![(0, block_of(&[(0, b"b", b"")]))], "handle is damaged");
        refused(vec![(0, block_of(&[(5, b"b", b"")]))], "is damaged");
        refused(vec![(0, vec![0, 0, 0, 0, 255, 255, 255, 255])], "restarts");
        refused(vec![(0, vec![1, 2])], "restarts");
        refused(vec![(7, block_of(&[]))], "unknown way");
        // An index that names itself as its only block.
        let mut own = block_of(&[(0, b"b", &handle(0, 99))]);
        let size = own.len();
        own = block_of(&[(0, b"b", &handle(0, size))]);
        assert!(collect(&file_of(vec![(0, own)])).is_ok_and(|entries| entries.len() == 1));

        let index = |data: &Vec<u8>| (0, block_of(&[(0, b"\xff", &handle(0, data.len()))]));
        let unordered = block_of(&[(0, b"b", b""), (0, b"a", b"")]);
        refused(vec![(0, unordered.clone()), index(&unordered)], "does not come after");
        let beyond = block_of(&[(0, b"\xff\xff", b"")]);
        refused(vec![(0, beyond.clone()), index(&beyond)], "beyond its bound");
        // A key of 2000 bytes, and then 2000 keys that each share it.
        let long = [b'k'; 2000];
        let mut unfolding: Vec<(usize, &[u8], &[u8])> = vec![(0, &long, b"")];
        unfolding.extend((0..2000).map(|i| (2000 + i, &b"k"[..], &b""[..])));
        let unfolding = block_of(&unfolding);
        refused(vec![(0, unfolding.clone()), index(&unfolding)], "longer than the block can mean");
        // Snappy data that claims 2^32 - 1 bytes.
        let bomb = vec![255, 255, 255, 255, 15, 0, 0];
        refused(vec![(1, bomb.clone()), index(&bomb)], "unpacked");
    }
}
