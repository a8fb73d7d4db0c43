use crate::ImagingError;

/// The label of a voxel is an i32, so a volume must not have more voxels than that.
const MOST_VOXELS: usize = i32::MAX as usize;

/// Extent of a volume in voxels along x, y and z; every entry at least 1, the product at most 2^31 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub x: usize,
    pub y: usize,
    pub z: usize,
}

impl Size {
    /// Takes numbers as they come from outside: negative, fractional and NaN entries are refused.
    pub fn parse(what: &'static str, numbers: &[f64]) -> Result<Self, ImagingError> {
        let refuse = || ImagingError::Parameter {
            what,
            expected: "three whole numbers of at least 1 with a product below 2^31",
            got: format!("{numbers:?}"),
        };
        let &[x, y, z] = numbers else { return Err(refuse()) };
        let whole =
            |n: f64| (n >= 1.0 && n <= MOST_VOXELS as f64 && n.trunc() == n).then_some(n as usize);
        let (Some(x), Some(y), Some(z)) = (whole(x), whole(y), whole(z)) else {
            return Err(refuse());
        };
        x.checked_mul(y)
            .and_then(|xy| xy.checked_mul(z))
            .filter(|&voxels| voxels <= MOST_VOXELS)
            .map(|_| Self { x, y, z })
            .ok_or_else(refuse)
    }

    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        self.x * self.y * self.z
    }

    /// Refuses an array that does not hold `per_voxel` values for each voxel.
    pub(crate) fn check_length(
        &self,
        what: &'static str,
        got: usize,
        per_voxel: usize,
    ) -> Result<(), ImagingError> {
        let expected = self.voxels() * per_voxel;
        if got == expected { Ok(()) } else { Err(ImagingError::Length { what, expected, got }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_whole_positive_numbers() {
        let size = Size::parse("size", &[4.0, 3.0, 2.0]).unwrap();
        assert_eq!((size.x, size.y, size.z, size.voxels()), (4, 3, 2, 24));
    }

    #[test]
    fn refuses_everything_else() {
        let bad: [&[f64]; 9] = [
            &[4.0, 3.0],
            &[4.0, 3.0, 2.0, 1.0],
            &[0.0, 3.0, 2.0],
            &[-4.0, 3.0, 2.0],
            &[4.5, 3.0, 2.0],
            &[f64::NAN, 3.0, 2.0],
            &[f64::INFINITY, 1.0, 1.0],
            &[65536.0, 65536.0, 1.0],
            &[2147483647.0, 2147483647.0, 2147483647.0],
        ];
        for numbers in bad {
            let error = Size::parse("size", numbers).unwrap_err();
            assert_eq!(error.code(), "INVALID_CONFIG", "{numbers:?}");
        }
    }

    #[test]
    fn length_error_says_both_numbers() {
        let size = Size { x: 4, y: 3, z: 2 };
        assert_eq!(
            size.check_length("field", 24, 3),
            Err(ImagingError::Length { what: "field", expected: 72, got: 24 })
        );
    }
}
