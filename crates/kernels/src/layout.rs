//! Where the elements of a tensor lie in memory.
//!
//! Element `[i₀, i₁, …]` of a tensor is number `offset + i₀·strides[0] + i₁·strides[1] + …` of its buffer. With
//! strides of any sign, and zero, one buffer read in order serves as its own transpose, slice, reverse and broadcast.

/// Where the elements of a tensor lie in a buffer of `elements` numbers. The shape is kept beside it, not in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Where element `[0, 0, …]` is, in elements from the start of the buffer.
    pub offset: usize,
    /// How many elements of the buffer lie between neighbours along each axis: negative to walk backwards, 0 to give
    /// the same number again (a broadcast).
    pub strides: Vec<isize>,
    /// How many elements the buffer holds. A buffer may hold more than the layout reaches.
    pub elements: usize,
}

impl Layout {
    /// Row-major order without gaps: the last axis has stride 1. A shape with more elements than memory can hold
    /// gives strides that [`check`](Layout::check) refuses.
    pub fn contiguous(shape: &[usize]) -> Layout {
        let mut strides = vec![0; shape.len()];
        let mut stride = 1_isize;
        for (place, &size) in strides.iter_mut().zip(shape).rev() {
            *place = stride;
            stride = stride.saturating_mul(isize::try_from(size).unwrap_or(isize::MAX).max(1));
        }
        let elements = element_count(shape).unwrap_or(usize::MAX);
        Layout { offset: 0, strides, elements }
    }

    /// A contiguous tensor of shape `from`, read as if it had shape `to`: axes are matched from the last backwards,
    /// and one of size 1 (or missing) is repeated.
    ///
    /// # Errors
    /// When an axis of `from` is neither 1 nor the size in `to`, or `from` has more axes.
    pub fn broadcast(from: &[usize], to: &[usize]) -> Result<Layout, String> {
        let refuse = || format!("shape {from:?} does not broadcast to {to:?}");
        let missing = to.len().checked_sub(from.len()).ok_or_else(refuse)?;
        let mut layout = Layout::contiguous(from);
        for ((stride, &size), &wanted) in layout.strides.iter_mut().zip(from).zip(&to[missing..]) {
            match size {
                1 => *stride = 0,
                _ if size == wanted => {}
                _ => return Err(refuse()),
            }
        }
        layout.strides.splice(0..0, std::iter::repeat_n(0, missing));
        Ok(layout)
    }

    /// Whether every element of a tensor of this `shape` lies inside the buffer.
    ///
    /// # Errors
    /// When the numbers of axes differ, the shape has more elements than can be counted, or an element lies outside.
    pub fn check(&self, shape: &[usize]) -> Result<(), String> {
        if self.strides.len() != shape.len() {
            return Err(format!(
                "{} strides do not fit the {} axes of {shape:?}",
                self.strides.len(),
                shape.len()
            ));
        }
        if element_count(shape)? == 0 {
            return Ok(());
        }
        let (mut first, mut last) = (self.offset as i128, self.offset as i128);
        for (&size, &stride) in shape.iter().zip(&self.strides) {
            let reach = (size as i128 - 1) * stride as i128;
            *(if reach < 0 { &mut first } else { &mut last }) += reach;
        }
        if first < 0 || last >= self.elements as i128 {
            return Err(format!(
                "a tensor of shape {shape:?} with strides {:?} from element {} reaches elements {first} to {last}, \
                 outside a buffer of {}",
                self.strides, self.offset, self.elements
            ));
        }
        Ok(())
    }
}

/// How many elements a tensor of this shape has.
///
/// # Errors
/// When they are more than any memory holds.
pub fn element_count(shape: &[usize]) -> Result<usize, String> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
    count
        .filter(|&count| isize::try_from(count).is_ok())
        .ok_or_else(|| format!("shape {shape:?} has more elements than memory can hold"))
}

/// How many bytes `count` elements of `size` bytes take.
pub(crate) fn byte_count(count: usize, size: usize) -> Result<usize, String> {
    let bytes = count.checked_mul(size).filter(|&bytes| isize::try_from(bytes).is_ok());
    bytes.ok_or_else(|| format!("{count} elements of {size} bytes are more than memory can hold"))
}

/// The fewest axes that walk the same elements in the same order: axes of size 1 are dropped, and neighbours merge
/// where every one of the `strides` steps through them evenly. `strides` holds one list, as long as `shape`, for each
/// tensor of the loop. A tensor without elements becomes the one axis `[0]`; a single element has no axis.
pub fn collapse(shape: &[usize], strides: &[&[isize]]) -> (Vec<usize>, Vec<Vec<isize>>) {
    if shape.contains(&0) {
        return (vec![0], vec![vec![0]; strides.len()]);
    }
    let mut sizes: Vec<usize> = Vec::with_capacity(shape.len());
    let mut kept: Vec<Vec<isize>> = vec![Vec::with_capacity(shape.len()); strides.len()];
    for (axis, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
        let evenly = |(kept, all): (&Vec<isize>, &&[isize])| {
            kept.last().is_some_and(|&outer| Some(outer) == all[axis].checked_mul(size as isize))
        };
        match sizes.last_mut() {
            Some(outer) if kept.iter().zip(strides).all(evenly) => {
                *outer *= size;
                kept.iter_mut().zip(strides).for_each(|(kept, all)| *kept.last_mut().unwrap() = all[axis]);
            }
            _ => {
                sizes.push(size);
                kept.iter_mut().zip(strides).for_each(|(kept, all)| kept.push(all[axis]));
            }
        }
    }
    (sizes, kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The elements that a layout reaches, in row-major order of the tensor.
    fn walk(shape: &[usize], offset: isize, strides: &[isize]) -> Vec<isize> {
        match shape {
            [] => vec![offset],
            [size, inner @ ..] => (0..*size as isize)
                .flat_map(|i| walk(inner, offset + i * strides[0], &strides[1..]))
                .collect(),
        }
    }

    #[test]
    fn contiguous_counts_up() {
        let layout = Layout::contiguous(&[2, 3, 4]);
        assert_eq!(layout, Layout { offset: 0, strides: vec![12, 4, 1], elements: 24 });
        assert_eq!(Layout::contiguous(&[]), Layout { offset: 0, strides: vec![], elements: 1 });
        assert_eq!(Layout::contiguous(&[2, 0, usize::MAX]).check(&[2, 0, usize::MAX]), Ok(()));
        let huge = [usize::MAX, usize::MAX];
        assert!(Layout::contiguous(&huge).check(&huge).unwrap_err().contains("more elements than memory"));
    }

    #[test]
    fn broadcast_repeats_axes_of_one() {
        let layout = Layout::broadcast(&[3, 1], &[2, 3, 4]).unwrap();
        assert_eq!(layout, Layout { offset: 0, strides: vec![0, 1, 0], elements: 3 });
        assert_eq!(Layout::broadcast(&[1], &[0]).unwrap().check(&[0]), Ok(()));
        let error = Layout::broadcast(&[2], &[3]).unwrap_err();
        assert_eq!(error, "shape [2] does not broadcast to [3]");
        assert!(Layout::broadcast(&[1, 1], &[1]).is_err());
    }

    #[test]
    fn check_names_what_lies_outside() {
        let layout = Layout { offset: 3, strides: vec![-1], elements: 8 };
        assert_eq!(layout.check(&[4]), Ok(()));
        assert!(layout.check(&[5]).unwrap_err().contains("reaches elements -1 to 3, outside a buffer of 8"));
        assert_eq!(layout.check(&[0]), Ok(()));
        assert!(layout.check(&[2, 2]).is_err());
        assert!(Layout { offset: 0, strides: vec![isize::MAX], elements: 8 }.check(&[3]).is_err());
    }

    proptest! {
        #[test]
        fn collapsed_axes_walk_the_same_elements(
            axes in prop::collection::vec((0_usize..4, prop_oneof![-3_isize..4, Just(12)], -6_isize..7), 0..5)
        ) {
            let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
            let (one, two): (Vec<isize>, Vec<isize>) = axes.iter().map(|a| (a.1, a.2)).unzip();
            let dense = Layout::contiguous(&shape).strides;
            let (sizes, kept) = collapse(&shape, &[&one, &two, &dense]);
            for (kept, all) in kept.iter().zip([&one, &two, &dense]) {
                prop_assert_eq!(walk(&sizes, 0, kept), walk(&shape, 0, all));
            }
            let (sizes, _) = collapse(&shape, &[&dense]);
            prop_assert!(sizes.len() <= 1);
        }

        #[test]
        fn check_agrees_with_the_walk(
            axes in prop::collection::vec((0_usize..4, -4_isize..5), 0..4), offset in 0_usize..20, elements in 0_usize..40
        ) {
            let (shape, strides): (Vec<usize>, Vec<isize>) = axes.into_iter().unzip();
            let inside = walk(&shape, offset as isize, &strides).iter().all(|&i| (0..elements as isize).contains(&i));
            prop_assert_eq!(Layout { offset, strides, elements }.check(&shape).is_ok(), inside);
        }
    }
}
