use crate::ImagingError;

/// Most values that a matrix may have: the offsets of the products below stay far inside isize.
const LARGEST: usize = 1 << 34;

/// Vectors of equal length, one after the other: a row-major matrix, [count, dimensions].
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    data: &'a [f32],
    dimensions: usize,
}

impl<'a> Rows<'a> {
    /// Takes values as vectors of this length. There must be one at least, and only finite values.
    pub fn parse(
        what: &'static str,
        data: &'a [f32],
        dimensions: usize,
    ) -> Result<Self, ImagingError> {
        let whole = dimensions > 0 && !data.is_empty() && data.len().is_multiple_of(dimensions);
        if !whole || data.len() > LARGEST {
            let problem = format!("{} values are no vectors of length {dimensions}", data.len());
            return Err(ImagingError::Content { what, problem });
        }
        if let Some(index) = data.iter().position(|value| !value.is_finite()) {
            return Err(ImagingError::NotFinite { what, index });
        }
        Ok(Self::new(data, dimensions))
    }

    /// As [`Rows::parse`], where the caller knows that the values are vectors of this length.
    pub fn new(data: &'a [f32], dimensions: usize) -> Self {
        Self { data, dimensions }
    }

    pub fn dimensions(self) -> usize {
        self.dimensions
    }

    pub fn count(self) -> usize {
        self.data.len() / self.dimensions
    }

    pub fn data(self) -> &'a [f32] {
        self.data
    }

    pub fn row(self, index: usize) -> &'a [f32] {
        &self.data[index * self.dimensions..][..self.dimensions]
    }

    /// The vectors from `first` on, `count` of them or as many as there are.
    pub fn part(self, first: usize, count: usize) -> Self {
        let last = self.count().min(first + count);
        Self::new(&self.data[first * self.dimensions..last * self.dimensions], self.dimensions)
    }
}

/// Partial sums of the loops below: enough for the processor's vectors, and a fixed order of summation.
const LANES: usize = 16;

/// The inner product of two vectors of equal length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    fold(a, b, |x, y| x * y)
}

/// The squared Euclidean distance of two vectors of equal length.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    fold(a, b, |x, y| (x - y) * (x - y))
}

fn fold(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (chunks_a, chunks_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 =
        chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(&x, &y)| term(x, y)).sum();
    for (x, y) in chunks_a.zip(chunks_b) {
        for lane in 0..LANES {
            lanes[lane] += term(x[lane], y[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}
