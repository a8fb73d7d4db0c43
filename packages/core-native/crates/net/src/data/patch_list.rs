use crate::{NetError, Result};

/// A patch by its place: sample and top-left corner within the sample's ROI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch {
    pub sample: usize,
    pub row: i64,
    pub column: i64,
}

/// Patches by sample, as they cross the boundary: (sample, row, column) triples.
#[derive(Debug, Clone, Default)]
pub struct PatchList {
    pub patches: Vec<Patch>,
    /// For each sample the indices of its patches.
    pub of_sample: Vec<Vec<usize>>,
}

impl PatchList {
    /// `sizes`: (height, width) of each sample's ROI, which every patch must lie in.
    pub fn from_triples(triples: &[i32], sizes: &[(i64, i64)], patch_size: i64) -> Result<Self> {
        let remedy = "Make the patch coordinates from the same prepared samples.";
        if !triples.len().is_multiple_of(3) {
            return Err(NetError::data(
                "patch coordinates are not triples of (sample, row, column)",
                remedy,
            ));
        }
        let mut list = Self { patches: Vec::new(), of_sample: vec![Vec::new(); sizes.len()] };
        for (index, triple) in triples.chunks_exact(3).enumerate() {
            let sample = usize::try_from(triple[0]).ok().filter(|sample| *sample < sizes.len());
            let (row, column) = (i64::from(triple[1]), i64::from(triple[2]));
            let fits = sample.is_some_and(|sample| {
                let (height, width) = sizes[sample];
                row >= 0
                    && column >= 0
                    && row + patch_size <= height
                    && column + patch_size <= width
            });
            let (true, Some(sample)) = (fits, sample) else {
                let problem = format!(
                    "patch {index} (sample {}, row {row}, column {column}) lies outside its sample",
                    triple[0]
                );
                return Err(NetError::data(problem, remedy));
            };
            list.of_sample[sample].push(index);
            list.patches.push(Patch { sample, row, column });
        }
        Ok(list)
    }

    /// Samples that have a patch, in order.
    pub fn samples(&self) -> Vec<usize> {
        (0..self.of_sample.len()).filter(|&sample| !self.of_sample[sample].is_empty()).collect()
    }
}
