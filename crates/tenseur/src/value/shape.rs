//! Shapes: known, and partly known.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

/// A tensor has at most so many axes, as in TensorFlow.
pub(crate) const MAX_RANK: usize = 254;

/// How many places the other axes of a tensor without elements may have for a loop to go through them in no time.
const ENDLESS: usize = 1 << 24;

/// The sizes of a tensor along each of its axes. A scalar has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; 4]>);

impl Shape {
    /// The shape of a scalar: no axes, one element.
    pub fn scalar() -> Shape {
        Shape::default()
    }

    /// How many elements a tensor of this shape has, or `None` if the count does not fit in an `isize`.
    pub fn checked_elements(&self) -> Option<usize> {
        if self.0.contains(&0) {
            return Some(0);
        }
        let count = self.0.iter().try_fold(1usize, |n, &size| n.checked_mul(size))?;
        isize::try_from(count).ok().map(|n| n as usize)
    }

    /// How many elements a tensor of this shape has; saturating, for a shape that nothing could hold.
    pub fn elements(&self) -> usize {
        self.checked_elements().unwrap_or(usize::MAX)
    }

    /// Whether a tensor of this shape has no elements, and yet so many places along its other axes, `[0, 2⁴⁴]`, that neither
    /// loops nor memory can have one for each. Where the other axes go, such as into another shape, it is a shape like any.
    pub(crate) fn is_endless(&self) -> bool {
        let places =
            || self.0.iter().filter(|&&size| size > 0).try_fold(1usize, |n, &size| n.checked_mul(size));
        self.0.contains(&0) && places().is_none_or(|places| places > ENDLESS)
    }

    /// How many axes there are.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// For each axis, how many elements lie between neighbours along it, in row-major order.
    pub fn strides(&self) -> SmallVec<[isize; 4]> {
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(1, self.rank());
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis].wrapping_mul(self.0[axis] as isize);
        }
        strides
    }

    /// The shape to which both broadcast by numpy's rules: sizes are matched from the last axis backwards, and 1
    /// stretches. `None` if they do not fit.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        PartialShape::from(self).broadcast(&PartialShape::from(other))?.known()
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Shape {
        Shape(sizes.into_iter().collect())
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Shape {
        Shape(SmallVec::from_slice(sizes))
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Shape {
        Shape(SmallVec::from_slice(&sizes))
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Shape {
        Shape(SmallVec::from_vec(sizes))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&PartialShape::from(self), f)
    }
}

/// A shape of which some sizes, or even the number of axes, may not be known before a run: `[?, 784]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct PartialShape(Option<SmallVec<[Option<usize>; 4]>>);

impl PartialShape {
    /// Nothing is known.
    pub fn unknown() -> PartialShape {
        PartialShape(None)
    }

    /// Only the number of axes is known.
    pub fn of_rank(rank: usize) -> PartialShape {
        PartialShape(Some(SmallVec::from_elem(None, rank)))
    }

    /// The shape of a scalar.
    pub fn scalar() -> PartialShape {
        PartialShape::of_rank(0)
    }

    /// The sizes, if the number of axes is known.
    pub fn sizes(&self) -> Option<&[Option<usize>]> {
        self.0.as_deref()
    }

    /// The number of axes, if it is known.
    pub fn rank(&self) -> Option<usize> {
        self.0.as_ref().map(|sizes| sizes.len())
    }

    /// The size along `axis`, if it is known.
    pub fn size(&self, axis: usize) -> Option<usize> {
        self.sizes().and_then(|sizes| *sizes.get(axis)?)
    }

    /// The whole shape, if every size is known.
    pub fn known(&self) -> Option<Shape> {
        self.0.as_ref()?.iter().copied().collect::<Option<SmallVec<_>>>().map(Shape)
    }

    /// Whether a tensor of shape `shape` may stand here.
    pub fn accepts(&self, shape: &Shape) -> bool {
        match self.sizes() {
            None => true,
            Some(sizes) => {
                sizes.len() == shape.rank()
                    && sizes.iter().zip(shape.iter()).all(|(want, got)| want.is_none_or(|want| want == *got))
            }
        }
    }

    /// What is known of a tensor that has both shapes; `None` if none can.
    pub fn merge(&self, other: &PartialShape) -> Option<PartialShape> {
        let (Some(a), Some(b)) = (self.sizes(), other.sizes()) else {
            return Some(if self.0.is_some() { self.clone() } else { other.clone() });
        };
        if a.len() != b.len() {
            return None;
        }
        let merge = |(a, b): (&Option<usize>, &Option<usize>)| match (a, b) {
            (Some(a), Some(b)) if a != b => None,
            (a, b) => Some(a.or(*b)),
        };
        a.iter().zip(b).map(merge).collect::<Option<_>>().map(|sizes| PartialShape(Some(sizes)))
    }

    /// What is known of a tensor that has one shape or the other.
    pub fn common(&self, other: &PartialShape) -> PartialShape {
        match (self.sizes(), other.sizes()) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                a.iter().zip(b).map(|(a, b)| a.filter(|_| a == b)).collect()
            }
            _ => PartialShape::unknown(),
        }
    }

    /// The shape to which both broadcast by numpy's rules; `None` if they do not fit. An unknown size against 1 stays
    /// unknown, against a larger one it is taken to be that one.
    pub fn broadcast(&self, other: &PartialShape) -> Option<PartialShape> {
        let (Some(a), Some(b)) = (self.sizes(), other.sizes()) else {
            return Some(PartialShape::unknown());
        };
        let rank = a.len().max(b.len());
        let at = |sizes: &[Option<usize>], axis: usize| match (axis + sizes.len()).checked_sub(rank) {
            Some(axis) => sizes[axis],
            None => Some(1),
        };
        (0..rank)
            .map(|axis| match (at(a, axis), at(b, axis)) {
                (Some(1), size) | (size, Some(1)) => Some(size),
                (Some(a), Some(b)) => (a == b).then_some(Some(a)),
                (Some(size), None) | (None, Some(size)) => Some(Some(size)),
                (None, None) => Some(None),
            })
            .collect::<Option<_>>()
            .map(|sizes| PartialShape(Some(sizes)))
    }
}

impl FromIterator<Option<usize>> for PartialShape {
    fn from_iter<I: IntoIterator<Item = Option<usize>>>(sizes: I) -> PartialShape {
        PartialShape(Some(sizes.into_iter().collect()))
    }
}

impl From<&Shape> for PartialShape {
    fn from(shape: &Shape) -> PartialShape {
        shape.iter().map(|&size| Some(size)).collect()
    }
}

impl From<Shape> for PartialShape {
    fn from(shape: Shape) -> PartialShape {
        PartialShape::from(&shape)
    }
}

impl<const N: usize> From<[usize; N]> for PartialShape {
    fn from(sizes: [usize; N]) -> PartialShape {
        sizes.into_iter().map(Some).collect()
    }
}

impl<const N: usize> From<[Option<usize>; N]> for PartialShape {
    fn from(sizes: [Option<usize>; N]) -> PartialShape {
        sizes.into_iter().collect()
    }
}

/// The shape of a scalar.
impl From<()> for PartialShape {
    fn from((): ()) -> PartialShape {
        PartialShape::scalar()
    }
}

impl From<Vec<Option<usize>>> for PartialShape {
    fn from(sizes: Vec<Option<usize>>) -> PartialShape {
        sizes.into_iter().collect()
    }
}

impl fmt::Display for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sizes) = self.sizes() else { return f.pad("<unknown>") };
        let sizes: Vec<String> =
            sizes.iter().map(|size| size.map_or("?".to_string(), |size| size.to_string())).collect();
        f.pad(&format!("[{}]", sizes.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        let broadcast = |a: &[usize], b: &[usize]| Shape::from(a).broadcast(&Shape::from(b));
        assert_eq!(broadcast(&[3, 1], &[4]), Some([3, 4].into()));
        assert_eq!(broadcast(&[], &[2]), Some([2].into()));
        assert_eq!(broadcast(&[0], &[1]), Some([0].into()));
        assert_eq!(broadcast(&[2], &[3]), None);
        assert_eq!(broadcast(&[0], &[2]), None);
    }

    #[test]
    fn partial_shapes_keep_what_is_known() {
        let batch = PartialShape::from([None, Some(3)]);
        assert_eq!(batch.to_string(), "[?, 3]");
        assert_eq!(batch.broadcast(&[1, 3].into()), Some(batch.clone()));
        assert_eq!(batch.broadcast(&[2, 3].into()), Some([2, 3].into()));
        assert_eq!(batch.broadcast(&[2, 4].into()), None);
        assert_eq!(batch.merge(&[7, 3].into()), Some([7, 3].into()));
        assert_eq!(batch.merge(&[3].into()), None);
        assert!(batch.accepts(&[0, 3].into()) && !batch.accepts(&[3].into()));
    }

    #[test]
    fn sizes_that_overflow_have_no_count() {
        assert_eq!(Shape::from([usize::MAX, 2]).checked_elements(), None);
        assert_eq!(Shape::from([usize::MAX, 0, 2]).checked_elements(), Some(0));
    }
}
