use crate::{ImagingError, Size};

/// The memory that a voxel takes is about 200 bytes; this bounds it to some 13 GB.
pub const MOST_VOXELS: usize = 1 << 26;
/// Labels are stored as bytes.
pub const MOST_LABELS: usize = 255;
/// Beyond this a prior is a seed.
const MOST_PRIOR: f32 = 1e6;
/// Images that are walked on together.
const MOST_IMAGES: usize = 64;

/// What to segment, but for the seeds.
#[derive(Debug, Clone, Copy)]
pub struct RandomWalk<'a> {
    /// One image, or several registered ones that are walked on jointly; x fastest.
    pub images: &'a [&'a [f32]],
    pub size: Size,
    /// Length of a voxel along x, y, z in any unit; differences are taken per unit.
    pub spacing: &'a [f64],
    /// Number of labels; each has a seed.
    pub labels: usize,
    /// How much a difference hinders the walk; 0 or more. 130 in scikit-image.
    pub beta: f64,
    /// Largest residual of each label's system relative to its right side (Euclidean norms); the last step must also have
    /// moved no probability by more than ten times this.
    pub tolerance: f64,
    /// Most iterations of conjugate gradients for a label.
    pub iterations: usize,
    /// How strongly each voxel is joined to each label by itself (Grady 2005, "Multilabel random walker image segmentation
    /// using prior models"), in units of the edges' weights, which are at most 1; by label and then voxel.
    pub priors: Option<&'a [f32]>,
}

impl RandomWalk<'_> {
    /// Refuses what cannot be solved.
    pub fn check(&self) -> Result<(), ImagingError> {
        self.check_parameters()?;
        for image in self.images {
            self.size.check_length("images", image.len(), 1)?;
            check_finite("images", image)?;
        }
        if let Some(priors) = self.priors {
            self.size.check_length("priors", priors.len(), self.labels)?;
            check_finite("priors", priors)?;
            if priors.iter().any(|prior| !(0.0..=MOST_PRIOR).contains(prior)) {
                let problem = "a value is not from 0 to 1e6".to_owned();
                return Err(ImagingError::Content { what: "priors", problem });
            }
        }
        Ok(())
    }

    fn check_parameters(&self) -> Result<(), ImagingError> {
        let refuse = |what, expected, got| Err(ImagingError::Parameter { what, expected, got });
        if self.size.voxels() > MOST_VOXELS {
            let got = format!("{} voxels", self.size.voxels());
            return refuse("size", "at most 2^26 voxels: crop the images", got);
        }
        if !(1..=MOST_IMAGES).contains(&self.images.len()) {
            return refuse("images", "1 to 64 images", self.images.len().to_string());
        }
        if !(2..=MOST_LABELS).contains(&self.labels) {
            return refuse("labels", "2 to 255", self.labels.to_string());
        }
        if self.spacing.len() != 3 || !self.spacing.iter().all(|s| (1e-6..=1e6).contains(s)) {
            let got = format!("{:?}", self.spacing);
            return refuse("spacing", "three numbers from 1e-6 to 1e6", got);
        }
        if !(0.0..=1e12).contains(&self.beta) {
            return refuse("beta", "a number from 0 to 1e12", self.beta.to_string());
        }
        if !(1e-12..=0.1).contains(&self.tolerance) {
            return refuse("tolerance", "a number from 1e-12 to 0.1", self.tolerance.to_string());
        }
        Ok(())
    }
}

/// Refuses seeds that cannot do: each label has one, and some voxel has none.
pub fn check_seeds(seeds: &[i32], size: Size, labels: usize) -> Result<(), ImagingError> {
    size.check_length("seeds", seeds.len(), 1)?;
    let refuse = |problem| Err(ImagingError::Content { what: "seeds", problem });
    let mut seen = vec![false; labels];
    let mut unknown = false;
    for &seed in seeds {
        match usize::try_from(seed) {
            Ok(0) => unknown = true,
            Ok(label) if label <= labels => seen[label - 1] = true,
            Ok(label) => return refuse(format!("label {label} of {labels} labels")),
            Err(_) => {}
        }
    }
    if let Some(without) = seen.iter().position(|seen| !seen) {
        return refuse(format!("label {} has no seed", without + 1));
    }
    if unknown { Ok(()) } else { refuse("no voxel is without a label".to_owned()) }
}

/// Refuses an earlier solution of another problem.
pub fn check_warm_start(start: &[f32], size: Size, labels: usize) -> Result<(), ImagingError> {
    size.check_length("warmStart", start.len(), labels)?;
    check_finite("warmStart", start)
}

fn check_finite(what: &'static str, values: &[f32]) -> Result<(), ImagingError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(ImagingError::NotFinite { what, index }),
        None => Ok(()),
    }
}
