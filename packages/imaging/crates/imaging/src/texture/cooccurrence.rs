use super::Grid;
use crate::ImagingError;

/// A slice whose grey levels are counted in pairs.
pub struct Cooccurrence<'a> {
    /// Grey levels below `levels`.
    pub image: &'a [u8],
    /// Both pixels of a pair must be other than 0 here.
    pub mask: &'a [u8],
    pub grid: Grid,
    pub levels: usize,
    /// (rows, columns) from the first pixel of a pair to the second.
    pub offsets: &'a [(i32, i32)],
}

/// Counts pairs of grey levels, [offset, level of the first pixel, level of the second].
///
/// Without a mask the counts are those of scikit-image's `graycomatrix(symmetric=False, normed=False)`.
pub fn cooccurrence(slice: &Cooccurrence) -> Result<Vec<u32>, ImagingError> {
    let &Cooccurrence { image, mask, grid, levels, offsets } = slice;
    check(slice)?;
    let mut counts = vec![0; offsets.len() * levels * levels];
    for (&offset, counts) in offsets.iter().zip(counts.chunks_exact_mut(levels * levels)) {
        for row in 0..grid.rows {
            let Some(other) = shifted(row, offset.0, grid.rows) else { continue };
            for column in 0..grid.columns {
                let Some(beside) = shifted(column, offset.1, grid.columns) else { continue };
                let (a, b) = (row * grid.columns + column, other * grid.columns + beside);
                if mask[a] != 0 && mask[b] != 0 {
                    counts[usize::from(image[a]) * levels + usize::from(image[b])] += 1;
                }
            }
        }
    }
    Ok(counts)
}

fn shifted(index: usize, by: i32, length: usize) -> Option<usize> {
    index.checked_add_signed(by as isize).filter(|&moved| moved < length)
}

fn check(slice: &Cooccurrence) -> Result<(), ImagingError> {
    slice.grid.check("image", slice.image.len())?;
    slice.grid.check("mask", slice.mask.len())?;
    let refuse = |what, expected, got: String| ImagingError::Parameter { what, expected, got };
    if !(2..=256).contains(&slice.levels) {
        return Err(refuse("levels", "2 to 256", slice.levels.to_string()));
    }
    if slice.offsets.is_empty() || slice.offsets.len() > 256 {
        return Err(refuse("offsets", "1 to 256 pairs", slice.offsets.len().to_string()));
    }
    match slice.image.iter().position(|&level| usize::from(level) >= slice.levels) {
        None => Ok(()),
        Some(index) => Err(ImagingError::Content {
            what: "image",
            problem: format!(
                "level {} at index {index} is not below {}",
                slice.image[index], slice.levels
            ),
        }),
    }
}
