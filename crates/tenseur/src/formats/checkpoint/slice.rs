//! Pieces of partitioned variables.
//!
//! A variable that was saved in pieces has one entry that lists them, as boxes cut from the whole, and for each
//! piece an entry with the data. The key of that one is the name and the box, in an encoding that sorts as the
//! values do (`OrderedCode`): `0, name, axes, then start and length of each axis`.

use crate::formats::proto::{TensorSliceExtent, TensorSliceProto};
use crate::value::Shape;

/// The length that stands in a key for a whole axis.
const WHOLE_AXIS: i64 = -1;

/// What a checkpoint says of a box of this shape that begins at `start`.
pub(super) fn proto(start: &[usize], shape: &Shape) -> TensorSliceProto {
    let along = |(&start, &length): (&usize, &usize)| TensorSliceExtent {
        start: i64::try_from(start).unwrap_or(i64::MAX),
        length: i64::try_from(length).ok(),
    };
    TensorSliceProto { extent: start.iter().zip(shape.iter()).map(along).collect() }
}

/// The key of the entry that holds the data of a piece.
pub(super) fn key(name: &str, slice: &TensorSliceProto) -> Vec<u8> {
    let mut key = key_of_all(name);
    put_unsigned(slice.extent.len() as u64, &mut key);
    for extent in &slice.extent {
        let (start, length) = match extent.length {
            Some(length) => (extent.start, length),
            None => (0, WHOLE_AXIS),
        };
        put_signed(start, &mut key);
        put_signed(length, &mut key);
    }
    key
}

/// What the keys of all pieces of a tensor, and of no other's, begin with.
pub(super) fn key_of_all(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    put_unsigned(0, &mut key);
    put_string(name.as_bytes(), &mut key);
    key
}

/// The number of bytes that follow, then the number, its high bytes first.
fn put_unsigned(number: u64, key: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let used = 8 - number.leading_zeros() as usize / 8;
    key.push(used as u8);
    key.extend_from_slice(&bytes[8 - used..]);
}

/// The bytes, of which 0 becomes `0 255` and 255 becomes `255 0`; then the end `0 1`.
fn put_string(bytes: &[u8], key: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            0 => key.extend_from_slice(&[0, 0xff]),
            0xff => key.extend_from_slice(&[0xff, 0]),
            other => key.push(other),
        }
    }
    key.extend_from_slice(&[0, 1]);
}

/// In `n` bytes the number as 7·n bits, its high bits first, after `n - 1` bits and the sign's opposite; all of them
/// turned over for a negative one.
fn put_signed(number: i64, key: &mut Vec<u8>) {
    let magnitude = if number < 0 { !number } else { number };
    let bits = 64 - magnitude.leading_zeros() as usize;
    // One bit more, for the sign.
    let used = (bits + 1).div_ceil(7).max(1);
    let mut bytes = [if number < 0 { 0xff } else { 0 }; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    let bytes = &mut bytes[10 - used..];
    // The header: as many ones as there are bytes, over the copies of the sign.
    let header = !(0xffff_u16 >> used);
    bytes[0] ^= (header >> 8) as u8;
    if let Some(second) = bytes.get_mut(1) {
        *second ^= header as u8;
    }
    key.extend_from_slice(bytes);
}

/// A box cut from a tensor, checked against its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    start: Vec<usize>,
    shape: Shape,
}

impl Slice {
    /// The box that `slice` cuts from a tensor of shape `whole`.
    pub(super) fn new(slice: &TensorSliceProto, whole: &Shape) -> Result<Slice, String> {
        if slice.extent.len() != whole.rank() {
            return Err(format!(
                "a piece has {} axes and the whole, {whole}, has {}",
                slice.extent.len(),
                whole.rank()
            ));
        }
        let mut start = Vec::with_capacity(whole.rank());
        let mut sizes = Vec::with_capacity(whole.rank());
        for (extent, &size) in slice.extent.iter().zip(whole.iter()) {
            let (first, length) = match extent.length {
                Some(length) => (usize::try_from(extent.start).ok(), usize::try_from(length).ok()),
                None => (Some(0), Some(size)),
            };
            let fits = first
                .zip(length)
                .filter(|(first, length)| first.checked_add(*length).is_some_and(|end| end <= size));
            let Some((first, length)) = fits else {
                return Err(format!("a piece reaches beyond the whole, {whole}"));
            };
            start.push(first);
            sizes.push(length);
        }
        Ok(Slice { start, shape: sizes.into() })
    }

    /// Where the box begins.
    pub(super) fn start(&self) -> &[usize] {
        &self.start
    }

    /// The sizes of the box.
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Calls `visit(to, from, length)` for every run of elements that lie together both in the whole, from element
    /// `to`, and in the box, from element `from`.
    pub(super) fn runs(&self, whole: &Shape, mut visit: impl FnMut(usize, usize, usize)) {
        if self.shape.elements() == 0 {
            return;
        }
        // The axes from `joined` on lie together; the run goes along the axis before them.
        let rank = whole.rank();
        let joined = (0..rank).rev().find(|&axis| self.shape[axis] != whole[axis]).unwrap_or(0);
        let length: usize = self.shape[joined..].iter().product();
        let strides = whole.strides();
        let offset = |index: &[usize]| -> usize {
            (0..rank).map(|axis| (self.start[axis] + index[axis]) * strides[axis] as usize).sum()
        };
        let mut index = vec![0; rank];
        let mut from = 0;
        loop {
            visit(offset(&index), from, length);
            from += length;
            let Some(axis) = (0..joined).rev().find(|&axis| index[axis] + 1 < self.shape[axis]) else {
                return;
            };
            index[axis] += 1;
            index[axis + 1..joined].fill(0);
        }
    }
}

/// Whether the boxes cover a tensor of shape `whole`, every element once. Takes a byte for every element.
pub(super) fn cover<'a>(slices: impl Iterator<Item = &'a Slice> + Clone, whole: &Shape) -> bool {
    let volumes = slices.clone().try_fold(0usize, |sum, slice| sum.checked_add(slice.shape.elements()));
    if volumes != Some(whole.elements()) {
        return false;
    }
    // With the right sum, a tensor is covered once if no element is covered twice.
    let mut covered = vec![false; whole.elements()];
    let mut twice = false;
    for slice in slices {
        slice.runs(whole, |to, _, length| {
            let run = &mut covered[to..to + length];
            twice |= run.contains(&true);
            run.fill(true);
        });
    }
    !twice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(extents: &[(i64, Option<i64>)]) -> TensorSliceProto {
        let extent = extents.iter().map(|&(start, length)| TensorSliceExtent { start, length }).collect();
        TensorSliceProto { extent }
    }

    #[test]
    fn keys_are_those_of_tensorflow() {
        // Read from an index that TensorFlow wrote: 75 columns from 75 of all rows.
        let whole_and_range = slice(&[(0, None), (75, Some(75))]);
        assert_eq!(
            key("split/columns", &whole_and_range),
            b"\0split/columns\0\x01\x01\x02\x80\x7f\xc0\x4b\xc0\x4b".as_slice()
        );
    }

    #[test]
    fn encodings_sort_as_their_values() {
        let mut numbers = vec![0i64, 1, -1];
        for power in 1..63 {
            let number = 1i64 << power;
            numbers.extend([number, number - 1, number + 1, -number, -number - 1, 1 - number]);
        }
        numbers.extend([i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1]);
        numbers.sort_unstable();
        numbers.dedup();
        let signed = |number| {
            let mut key = Vec::new();
            put_signed(number, &mut key);
            key
        };
        assert!(numbers.iter().map(|&number| signed(number)).is_sorted_by(|a, b| a < b));
        assert_eq!(signed(63).len(), 1);
        assert_eq!(signed(64).len(), 2);
        assert_eq!(signed(-64).len(), 1);
        assert_eq!(signed(-65).len(), 2);
        assert_eq!(signed(i64::MAX).len(), 10);
        let unsigned = |number| {
            let mut key = Vec::new();
            put_unsigned(number, &mut key);
            key
        };
        assert_eq!(unsigned(0), [0]);
        assert_eq!(unsigned(256), [2, 1, 0]);
        let mut key = Vec::new();
        put_string(b"a\0\xff", &mut key);
        assert_eq!(key, b"a\0\xff\xff\0\0\x01");
    }

    #[test]
    fn boxes_are_laid_into_the_whole() {
        let whole = Shape::from([2, 3, 4]);
        for extents in [
            [(0, None), (0, None), (0, None)],
            [(1, Some(1)), (0, None), (0, None)],
            [(0, None), (1, Some(2)), (0, None)],
            [(0, None), (0, None), (1, Some(3))],
            [(1, Some(1)), (2, Some(1)), (3, Some(1))],
            [(0, Some(2)), (1, Some(1)), (1, Some(2))],
            [(0, None), (3, Some(0)), (0, None)],
        ] {
            let part = Slice::new(&slice(&extents), &whole).unwrap();
            let mut got = vec![None; 24];
            part.runs(&whole, |to, from, length| {
                for i in 0..length {
                    assert_eq!(got[to + i].replace(from + i), None);
                }
            });
            let mut next = 0;
            for (at, got) in got.iter().enumerate() {
                let index = [at / 12, at / 4 % 3, at % 4];
                let inside = index.iter().zip(&extents).all(|(&i, &(start, length))| {
                    length.is_none_or(|length| (start..start + length).contains(&(i as i64)))
                });
                assert_eq!(*got, inside.then_some(next));
                next += usize::from(inside);
            }
        }
        let scalar = Slice::new(&slice(&[]), &Shape::scalar()).unwrap();
        let mut runs = Vec::new();
        scalar.runs(&Shape::scalar(), |to, from, length| runs.push((to, from, length)));
        assert_eq!(runs, [(0, 0, 1)]);
    }

    #[test]
    fn boxes_that_do_not_fit_are_refused() {
        let whole = Shape::from([4]);
        let fits = |start, length| Slice::new(&slice(&[(start, length)]), &whole).is_ok();
        assert!(fits(1, Some(3)) && fits(0, None) && fits(4, Some(0)));
        assert!(
            !fits(2, Some(3)) && !fits(-1, Some(2)) && !fits(0, Some(-1)) && !fits(i64::MAX, Some(i64::MAX))
        );
        assert!(Slice::new(&slice(&[]), &whole).is_err());

        let part = |start, length| Slice::new(&slice(&[(start, Some(length))]), &whole).unwrap();
        let covers = |parts: &[Slice]| cover(parts.iter(), &whole);
        assert!(covers(&[part(2, 2), part(0, 2)]));
        assert!(!covers(&[part(2, 2), part(1, 2)]));
        assert!(!covers(&[part(2, 2)]));
    }
}
