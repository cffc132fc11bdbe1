//! The handwritten digits that come with tenseur: 1,797 grey images of 8×8 pixels, enough to train on at once, without
//! a network or a file.
//!
//! E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
//! <https://doi.org/10.24432/C50P49>, CC BY 4.0. `crates/tenseur/data/digits/README.md` says what was taken and how it
//! is stored.

use crate::data::{Dataset, idx, mnist};
use crate::error::Result;

const IMAGES: &[u8] = include_bytes!("../../data/digits/images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../data/digits/labels-idx1-ubyte.gz");

/// The brightest pixel: each counts the 16 dots of a 4×4 block of the scanned digit.
const WHITE: f32 = 16.0;

/// 1,797 handwritten digits: features `[1797, 64]`, each 0 to 1, images of 8×8 pixels; classes `0` to `9`.
///
/// ```
/// use tenseur::data::{self, Inputs};
/// let digits = data::digits();
/// assert_eq!(digits.len(), 1797);
/// assert_eq!(digits.encoding().inputs, Inputs::Image { height: 8, width: 8 });
/// assert_eq!(digits.targets().as_slice::<i32>()?[..5], [0, 1, 2, 3, 4]);
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn digits() -> Dataset {
    unpacked().expect("the digits inside the program are whole, as the tests check")
}

fn unpacked() -> Result<Dataset> {
    let images = idx::parse_file(IMAGES, &"the digits' images")?;
    let labels = idx::parse_file(LABELS, &"the digits' labels")?;
    mnist::dataset((images, &"the digits' images"), (labels, &"the digits' labels"), WHITE, Some(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_repository() {
        let digits = digits();
        let features = digits.features().as_slice::<f32>().unwrap();
        let labels = digits.targets().as_slice::<i32>().unwrap();
        assert_eq!(digits.encoding().classes(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);

        // The first line of optdigits.tes.
        let first = [
            0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8,
            8, 0, 0, 5, 8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13,
            10, 0, 0, 0,
        ];
        assert_eq!(features[..64], first.map(|dots| dots as f32 / 16.0));

        // The numbers of each digit that the repository's description of the test set gives.
        let counts: [usize; 10] =
            std::array::from_fn(|digit| labels.iter().filter(|&&label| label == digit as i32).count());
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert!(features.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        assert_eq!(features.iter().map(|pixel| f64::from(*pixel)).sum::<f64>() * 16.0, 561_718.0);
    }
}
