//! The eight symmetries of a square (flips and quarter turns) as index tables, so that an image is turned while it is gathered.

/// Number of symmetries; 0 is the identity.
pub const SYMMETRIES: usize = 8;

/// For symmetry s and pixel k of the result (row major, `side` x `side`): the source pixel, at [s * side^2 + k].
pub fn dihedral_indices(side: usize) -> Vec<i64> {
    let last = side - 1;
    let mut table = Vec::with_capacity(SYMMETRIES * side * side);
    for symmetry in 0..SYMMETRIES {
        for row in 0..side {
            for column in 0..side {
                let (mut r, mut c) = (row, column);
                if symmetry & 1 != 0 {
                    c = last - c;
                }
                if symmetry & 2 != 0 {
                    r = last - r;
                }
                if symmetry & 4 != 0 {
                    (r, c) = (c, r);
                }
                table.push((r * side + c) as i64);
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_tables_are_the_eight_distinct_symmetries() {
        let side = 3;
        let tables: HashSet<_> =
            dihedral_indices(side).chunks(side * side).map(<[i64]>::to_vec).collect();
        assert_eq!(tables.len(), SYMMETRIES);
        // Every symmetry keeps the centre and maps corners to corners.
        for table in &tables {
            assert_eq!(table[4], 4);
            assert!([0, 2, 6, 8].contains(&table[0]));
        }
        assert_eq!(&dihedral_indices(side)[..9], &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
        // Identity, flips and turns of numpy.flip / numpy.rot90 on arange(9).reshape(3, 3).
        assert!(tables.contains(&vec![2, 1, 0, 5, 4, 3, 8, 7, 6]));
        assert!(tables.contains(&vec![2, 5, 8, 1, 4, 7, 0, 3, 6]));
        assert!(tables.contains(&vec![6, 3, 0, 7, 4, 1, 8, 5, 2]));
    }
}
