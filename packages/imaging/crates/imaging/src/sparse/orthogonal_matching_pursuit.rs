use rayon::prelude::*;

use super::dictionary::{Atoms, check_unit_length};
use crate::ImagingError;
use crate::product::products;
use crate::rows::{Rows, dot};

/// Signals that one task codes.
const BLOCK: usize = 256;
/// What is left of a signal counts as nothing below this part of its length: the digits of float32.
const NOTHING_LEFT: f32 = 1e-5;
/// An atom whose squared distance from the span of those chosen is below this says nothing new.
const DEPENDENT: f64 = 1e-6;

/// Sparse codes of signals.
pub struct Codes {
    /// Places of one signal.
    pub sparsity: usize,
    /// Atom in each place in the order of choice, [signals, sparsity]; -1 where a signal needs fewer.
    pub atoms: Vec<i32>,
    /// [signals, sparsity], 0 where there is no atom.
    pub coefficients: Vec<f32>,
}

/// Codes each signal by at most `sparsity` atoms: the next one is always the atom that correlates most with what is left,
/// and the coefficients of all chosen are those of least squares.
///
/// Batch-OMP of Rubinstein, Zibulevsky and Elad (Technion CS-2008-08), which works on inner products alone.
pub fn orthogonal_matching_pursuit(
    signals: &[f32],
    dictionary: &[f32],
    dimensions: usize,
    sparsity: usize,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Codes, ImagingError> {
    let signals = Rows::parse("signals", signals, dimensions)?;
    let atoms = Rows::parse("dictionary", dictionary, dimensions)?;
    check_unit_length(atoms)?;
    check_sparsity(sparsity, atoms)?;
    let mut codes = Codes::empty(signals.count(), sparsity);
    code(signals, &Atoms::new(atoms), &mut codes, cancelled)?;
    Ok(codes)
}

pub fn check_sparsity(sparsity: usize, atoms: Rows) -> Result<(), ImagingError> {
    let most = atoms.count().min(atoms.dimensions());
    if (1..=most).contains(&sparsity) {
        return Ok(());
    }
    Err(ImagingError::Parameter {
        what: "sparsity",
        expected: "1 to the number of atoms and dimensions",
        got: sparsity.to_string(),
    })
}

impl Codes {
    pub fn empty(signals: usize, sparsity: usize) -> Self {
        let places = signals * sparsity;
        Self { sparsity, atoms: vec![-1; places], coefficients: vec![0.0; places] }
    }
}

/// Fills the codes of checked signals.
pub fn code(
    signals: Rows,
    atoms: &Atoms,
    codes: &mut Codes,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(), ImagingError> {
    let (sparsity, count) = (codes.sparsity, atoms.rows.count());
    let places = codes.atoms.par_chunks_mut(BLOCK * sparsity);
    let blocks = places.zip(codes.coefficients.par_chunks_mut(BLOCK * sparsity)).enumerate();
    blocks.try_for_each_init(
        || (vec![0.0; BLOCK * count], Pursuit::new(count, sparsity)),
        |(correlations, pursuit), (block, (places, coefficients))| {
            if cancelled() {
                return Err(ImagingError::Cancelled);
            }
            let signals = signals.part(block * BLOCK, BLOCK);
            let correlations = &mut correlations[..signals.count() * count];
            products(1.0, signals, atoms.rows, correlations);
            for (signal, correlations) in correlations.chunks_exact(count).enumerate() {
                let length = dot(signals.row(signal), signals.row(signal)).sqrt();
                let at = signal * sparsity..(signal + 1) * sparsity;
                pursuit.run(correlations, length, atoms);
                pursuit.write(&mut places[at.clone()], &mut coefficients[at]);
            }
            Ok(())
        },
    )
}

/// The choice of one signal as it grows.
struct Pursuit {
    sparsity: usize,
    chosen: Vec<usize>,
    coefficients: Vec<f64>,
    /// Lower triangle of the Cholesky factor of the chosen atoms' inner products, row by row.
    factor: Vec<f64>,
    /// Correlation of each atom with what is left.
    left: Vec<f32>,
}

impl Pursuit {
    fn new(atoms: usize, sparsity: usize) -> Self {
        Self {
            sparsity,
            chosen: Vec::with_capacity(sparsity),
            coefficients: Vec::with_capacity(sparsity),
            factor: vec![0.0; sparsity * sparsity],
            left: vec![0.0; atoms],
        }
    }

    fn run(&mut self, correlations: &[f32], length: f32, atoms: &Atoms) {
        self.chosen.clear();
        self.left.copy_from_slice(correlations);
        while self.chosen.len() < self.sparsity {
            let (next, most) = largest(&self.left);
            if most <= NOTHING_LEFT * length || !self.extend_factor(next, atoms) {
                break;
            }
            self.chosen.push(next);
            self.solve(correlations);
            self.left.copy_from_slice(correlations);
            for (&atom, &coefficient) in self.chosen.iter().zip(&self.coefficients) {
                let coefficient = coefficient as f32;
                for (left, inner) in self.left.iter_mut().zip(atoms.gram_row(atom)) {
                    *left -= coefficient * inner;
                }
            }
        }
    }

    /// Adds the row of an atom; false where the chosen ones already span it.
    fn extend_factor(&mut self, next: usize, atoms: &Atoms) -> bool {
        let (size, stride) = (self.chosen.len(), self.sparsity);
        let gram = atoms.gram_row(next);
        let mut rest = f64::from(gram[next]);
        for row in 0..size {
            let mut value = f64::from(gram[self.chosen[row]]);
            for column in 0..row {
                value -= self.factor[row * stride + column] * self.factor[size * stride + column];
            }
            value /= self.factor[row * stride + row];
            self.factor[size * stride + row] = value;
            rest -= value * value;
        }
        self.factor[size * stride + size] = rest.max(0.0).sqrt();
        rest > DEPENDENT
    }

    /// Least squares for the chosen atoms: forward, then backward through the factor.
    fn solve(&mut self, correlations: &[f32]) {
        let (size, stride) = (self.chosen.len(), self.sparsity);
        let factor = &self.factor;
        self.coefficients.clear();
        self.coefficients.extend(self.chosen.iter().map(|&atom| f64::from(correlations[atom])));
        for row in 0..size {
            for column in 0..row {
                self.coefficients[row] -= factor[row * stride + column] * self.coefficients[column];
            }
            self.coefficients[row] /= factor[row * stride + row];
        }
        for row in (0..size).rev() {
            for column in row + 1..size {
                self.coefficients[row] -= factor[column * stride + row] * self.coefficients[column];
            }
            self.coefficients[row] /= factor[row * stride + row];
        }
    }

    fn write(&self, places: &mut [i32], coefficients: &mut [f32]) {
        places.fill(-1);
        coefficients.fill(0.0);
        for (place, (&atom, &value)) in self.chosen.iter().zip(&self.coefficients).enumerate() {
            places[place] = atom as i32;
            coefficients[place] = value as f32;
        }
    }
}

/// Index and size of the value farthest from 0, the first of equals.
fn largest(values: &[f32]) -> (usize, f32) {
    let most = values.iter().fold(0.0_f32, |most, v| if v.abs() > most { v.abs() } else { most });
    (values.iter().position(|v| v.abs() == most).unwrap_or(0), most)
}
