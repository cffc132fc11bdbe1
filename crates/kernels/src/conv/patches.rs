//! What a window sees, written out as rows of a matrix; and such rows added back to where they were seen.

use std::ops::Range;

use super::ConvSpec;
use crate::Window;
use crate::gemm::{Element, Number};
use crate::simd::per_level;

/// The patches of a convolution: which places of the window lie inside the image, for each output along each axis.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    window: Window,
    /// Channels of a group: what a filter sees of a pixel.
    channels: usize,
    inside: [Vec<Range<usize>>; 3],
    /// Whether places that are neighbours in the window are in memory.
    together: bool,
}

/// Some places of the window, one after the other: the columns of a block of patches.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The first, counted through the window.
    pub(super) first: usize,
    /// Numbers in a row of patches: places times channels.
    pub(super) columns: usize,
    rows: Vec<Row>,
}

/// Places of the window along its last axis.
#[derive(Clone, Debug)]
struct Row {
    depth: usize,
    height: usize,
    width: Range<usize>,
    /// Where in a row of patches they begin.
    column: usize,
}

impl Patches {
    pub(super) fn new(spec: &ConvSpec) -> Patches {
        let window = spec.window;
        let (channels, _) = spec.of_a_group();
        let inside =
            window.axes.each_ref().map(|axis| (0..axis.output).map(|output| axis.inside(output)).collect());
        let together = window.axes[2].dilation == 1 && spec.groups == 1;
        Patches { window, channels, inside, together }
    }

    /// The window in blocks of about equally many places, each of at most `most` numbers if a single place is not more.
    pub(super) fn blocks(&self, most: usize) -> Vec<Places> {
        let places = self.window.places();
        if places * self.channels == 0 {
            return Vec::new();
        }
        let each = super::evenly(places, most / self.channels);
        let block = |first: usize| self.block(first..(first + each).min(places));
        (0..places).step_by(each).map(block).collect()
    }

    fn block(&self, places: Range<usize>) -> Places {
        let [_, height, width] = self.window.axes.each_ref().map(|axis| axis.size);
        let mut rows = Vec::new();
        let mut place = places.start;
        while place < places.end {
            let (row, from) = (place / width, place % width);
            let to = width.min(from + places.end - place);
            let column = (place - places.start) * self.channels;
            rows.push(Row { depth: row / height, height: row % height, width: from..to, column });
            place += to - from;
        }
        Places { first: places.start, columns: places.len() * self.channels, rows }
    }

    /// Whether a row of patches is a pixel as it lies in memory.
    pub(super) fn are_the_input(&self) -> bool {
        let same = |axis: &crate::WindowAxis| {
            axis.size == 1 && axis.stride == 1 && axis.before == 0 && axis.input == axis.output
        };
        self.window.axes.iter().all(same)
    }

    /// Calls `on_inside` with the number of a row of patches, a column of it, and a run of numbers of the image that stand
    /// there; and `on_padding` with a run of columns that see padding.
    #[inline(always)]
    fn walk(
        &self,
        outputs: Range<usize>,
        places: &Places,
        group: usize,
        mut on_inside: impl FnMut(usize, usize, usize, usize),
        mut on_padding: impl FnMut(usize, usize, usize),
    ) {
        let Patches { window, channels, .. } = self;
        let [_, _, x_axis] = &window.axes;
        let mut row = 0;
        let mut next = outputs.start;
        while next < outputs.end {
            let (image, [z, y, first]) = window.locate(next);
            let last = x_axis.output.min(first + outputs.end - next);
            let pixels = image * window.pixels();
            let (in_depth, in_height) = (&self.inside[0][z], &self.inside[1][y]);
            for (x, in_width) in (first..last).zip(&self.inside[2][first..last]) {
                for Row { depth, height, width, column } in &places.rows {
                    let (from, to) = (width.start.max(in_width.start), width.end.min(in_width.end));
                    if from >= to || !in_depth.contains(depth) || !in_height.contains(height) {
                        on_padding(row, *column, width.len() * channels);
                        continue;
                    }
                    let at = |place: usize| {
                        let z = window.axes[0].input_of(z, *depth);
                        let y = window.axes[1].input_of(y, *height);
                        let pixel = pixels + window.pixel([z, y, x_axis.input_of(x, place)]);
                        pixel * window.channels + group * channels
                    };
                    if from > width.start {
                        on_padding(row, *column, (from - width.start) * channels);
                    }
                    let inner = column + (from - width.start) * channels;
                    if self.together {
                        on_inside(row, inner, at(from), (to - from) * channels);
                    } else {
                        for place in from..to {
                            on_inside(row, inner + (place - from) * channels, at(place), *channels);
                        }
                    }
                    if to < width.end {
                        on_padding(row, inner + (to - from) * channels, (width.end - to) * channels);
                    }
                }
                row += 1;
            }
            next += last - first;
        }
    }
}

/// Some patches: those of these outputs, counted through the batch, at these places, of a group of channels.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub(super) patches: &'a Patches,
    pub(super) outputs: Range<usize>,
    pub(super) places: &'a Places,
    pub(super) group: usize,
}

per_level! {
    /// Writes patches to `to`, a row for each output, without gaps.
    ///
    /// # Safety
    /// `image` is good for the window's input, and `to` for the rows, to which nothing else refers.
    pub(super) unsafe fn gather<E: Element>(part: &Part<'_>, image: *const E, to: *mut E::Sum) = gather_body;
}

per_level! {
    /// Adds rows of patches, as [`gather`] writes them, to the numbers of the image that they are.
    ///
    /// # Safety
    /// `from` is good for the rows, and `image` for the images that the outputs see, to which nothing else refers.
    pub(super) unsafe fn scatter<T: Number>(part: &Part<'_>, from: *const T, image: *mut T) = scatter_body;
}

#[inline(always)]
unsafe fn gather_body<const FMA: bool, E: Element>(part: &Part<'_>, image: *const E, to: *mut E::Sum) {
    let Part { patches, places, .. } = part;
    let columns = places.columns;
    patches.walk(
        part.outputs.clone(),
        places,
        part.group,
        // SAFETY: what is inside the window's input is good to read, by the caller's promise, and the row to write.
        |row, column, at, count| unsafe { copy_run(image.add(at), to.add(row * columns + column), count) },
        |row, column, count| {
            // SAFETY: as above.
            (0..count).for_each(|i| unsafe { to.add(row * columns + column + i).write(E::Sum::ZERO) });
        },
    );
}

#[inline(always)]
unsafe fn scatter_body<const FMA: bool, T: Number>(part: &Part<'_>, from: *const T, image: *mut T) {
    let Part { patches, places, .. } = part;
    let columns = places.columns;
    patches.walk(
        part.outputs.clone(),
        places,
        part.group,
        |row, column, at, count| {
            // SAFETY: the row is good to read and the image to write, by the caller's promise; they are apart.
            let (from, to) = unsafe {
                let from = std::slice::from_raw_parts(from.add(row * columns + column), count);
                (from, std::slice::from_raw_parts_mut(image.add(at), count))
            };
            to.iter_mut().zip(from).for_each(|(to, from)| *to = to.add(*from));
        },
        |_, _, _| {},
    );
}

/// Copies a few numbers, for which calling for a copy would take longer than the copy.
///
/// # Safety
/// `count` numbers are good to read and to write, and they are apart.
#[inline(always)]
unsafe fn copy_run<E: Element>(from: *const E, to: *mut E::Sum, count: usize) {
    // SAFETY: the caller's promise; where `SAME` holds an `E` is a sum.
    unsafe {
        if !E::SAME {
            (0..count).for_each(|i| to.add(i).write((*from.add(i)).widen()));
            return;
        }
        let to: *mut E = to.cast();
        match count {
            0..4 => (0..count).for_each(|i| to.add(i).write(*from.add(i))),
            4..8 => ends::<E, 4>(from, to, count),
            8..16 => ends::<E, 8>(from, to, count),
            16..32 => ends::<E, 16>(from, to, count),
            _ => to.copy_from_nonoverlapping(from, count),
        }
    }
}

/// Copies the first and the last `N` of at least `N` and at most `2 · N` numbers.
///
/// # Safety
/// As [`copy_run`].
#[inline(always)]
unsafe fn ends<E: Copy, const N: usize>(from: *const E, to: *mut E, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let first = from.cast::<[E; N]>().read();
        let last = from.add(count - N).cast::<[E; N]>().read();
        to.cast::<[E; N]>().write(first);
        to.add(count - N).cast::<[E; N]>().write(last);
    }
}
