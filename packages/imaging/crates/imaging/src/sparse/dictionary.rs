use crate::ImagingError;
use crate::product::products;
use crate::rows::{Rows, dot};

/// Atoms of length 1 with their inner products.
pub struct Atoms<'a> {
    pub rows: Rows<'a>,
    /// [atoms, atoms]
    pub gram: Vec<f32>,
}

impl<'a> Atoms<'a> {
    pub fn new(rows: Rows<'a>) -> Self {
        let mut gram = vec![0.0; rows.count() * rows.count()];
        products(1.0, rows, rows, &mut gram);
        Self { rows, gram }
    }

    /// The inner products of one atom with all.
    pub fn gram_row(&self, atom: usize) -> &[f32] {
        &self.gram[atom * self.rows.count()..][..self.rows.count()]
    }
}

/// Refuses atoms whose length is not 1.
pub fn check_unit_length(atoms: Rows) -> Result<(), ImagingError> {
    let length = |atom: usize| dot(atoms.row(atom), atoms.row(atom)).sqrt();
    match (0..atoms.count()).find(|&atom| (length(atom) - 1.0).abs() > 1e-4) {
        None => Ok(()),
        Some(atom) => Err(ImagingError::Content {
            what: "dictionary",
            problem: format!("atom {atom} has the length {}, not 1", length(atom)),
        }),
    }
}
