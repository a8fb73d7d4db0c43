//! Texture of slices: co-occurrence of grey levels and local binary patterns.

mod cooccurrence;
mod haralick;
mod local_binary_pattern;

pub use cooccurrence::{Cooccurrence, cooccurrence};
pub use haralick::{HARALICK, haralick};
pub use local_binary_pattern::uniform_local_binary_pattern;

use crate::ImagingError;

/// Rows and columns of a slice, both at least 1; values have the columns fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub rows: usize,
    pub columns: usize,
}

impl Grid {
    fn check(self, what: &'static str, length: usize) -> Result<(), ImagingError> {
        let pixels = self.rows.checked_mul(self.columns).filter(|&pixels| pixels > 0);
        match pixels {
            Some(expected) if expected == length => Ok(()),
            Some(expected) => Err(ImagingError::Length { what, expected, got: length }),
            None => Err(ImagingError::Parameter {
                what: "rows, columns",
                expected: "1 or more each",
                got: format!("{}, {}", self.rows, self.columns),
            }),
        }
    }
}
