use super::dictionary::Atoms;
use super::orthogonal_matching_pursuit::{Codes, check_sparsity, code};
use crate::ImagingError;
use crate::rows::{Rows, dot};

/// A dictionary to be learned.
pub struct KSvd<'a> {
    /// Signals, [count, dimensions].
    pub signals: &'a [f32],
    pub dimensions: usize,
    pub sparsity: usize,
    pub iterations: usize,
    /// Numbers from [0, 1), one for each atom: which signals the atoms begin as.
    pub draws: &'a [f64],
}

/// A learned dictionary.
pub struct Dictionary {
    /// Atoms of length 1, [atoms, dimensions].
    pub atoms: Vec<f32>,
    /// Root of the mean squared error of a value after each iteration.
    pub errors: Vec<f64>,
}

/// Learns a dictionary: Aharon, Elad and Bruckstein (IEEE Trans. Signal Process. 54 (2006) 4311-4322), with the approximate
/// update of Rubinstein, Zibulevsky and Elad (Technion CS-2008-08) that does one step of alternating optimisation in place
/// of each singular value decomposition. Equal input gives equal bits, whatever the number of threads.
///
/// The update of the atoms never raises the error; pursuit, which is greedy, may by some tenths of a per cent. To keep a
/// signal's old code where the new one is worse would prevent that, but ends in worse dictionaries: 39 instead of 45 of
/// the 50 atoms of the first experiment of its authors.
pub fn k_svd(
    problem: &KSvd,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Dictionary, ImagingError> {
    let signals = Rows::parse("signals", problem.signals, problem.dimensions)?;
    let mut atoms = start(signals, problem.draws)?;
    check_sparsity(problem.sparsity, Rows::new(&atoms, problem.dimensions))?;
    let mut codes = Codes::empty(signals.count(), problem.sparsity);
    let mut errors = Vec::with_capacity(problem.iterations);
    for _ in 0..problem.iterations {
        code(signals, &Atoms::new(Rows::new(&atoms, problem.dimensions)), &mut codes, cancelled)?;
        let mut residual = residual(signals, Rows::new(&atoms, problem.dimensions), &codes);
        let mut taken = Vec::new();
        for (atom, uses) in uses(&codes, problem.draws.len()).iter().enumerate() {
            if cancelled() {
                return Err(ImagingError::Cancelled);
            }
            let atom = &mut atoms[atom * problem.dimensions..][..problem.dimensions];
            if uses.is_empty() {
                replace(atom, signals, &residual, &mut taken);
            } else {
                update(atom, uses, &mut codes.coefficients, &mut residual);
            }
        }
        let squares: f64 = residual.iter().map(|value| f64::from(*value).powi(2)).sum();
        errors.push((squares / residual.len() as f64).sqrt());
    }
    Ok(Dictionary { atoms, errors })
}

/// Signals of length 1 as first atoms, all from different signals.
fn start(signals: Rows, draws: &[f64]) -> Result<Vec<f32>, ImagingError> {
    let mut usable: Vec<usize> =
        (0..signals.count()).filter(|&s| dot(signals.row(s), signals.row(s)) > 0.0).collect();
    if draws.is_empty() || draws.len() > usable.len() {
        return Err(ImagingError::Parameter {
            what: "atoms",
            expected: "1 to the number of signals other than 0",
            got: format!("{} for {} signals", draws.len(), usable.len()),
        });
    }
    let mut atoms = Vec::with_capacity(draws.len() * signals.dimensions());
    for (first, draw) in draws.iter().enumerate() {
        if !(0.0..1.0).contains(draw) {
            return Err(ImagingError::Parameter {
                what: "draws",
                expected: "numbers from 0 to below 1",
                got: draw.to_string(),
            });
        }
        let other = first + (draw * (usable.len() - first) as f64) as usize;
        usable.swap(first, other);
        atoms.extend(unit(signals.row(usable[first])));
    }
    Ok(atoms)
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let length = dot(vector, vector).sqrt();
    vector.iter().map(|value| value / length).collect()
}

/// Signals less what their codes say, [signals, dimensions].
fn residual(signals: Rows, atoms: Rows, codes: &Codes) -> Vec<f32> {
    let mut residual = signals.data().to_vec();
    let places = codes.atoms.chunks_exact(codes.sparsity);
    let coded = places.zip(codes.coefficients.chunks_exact(codes.sparsity));
    for (left, (places, coefficients)) in residual.chunks_exact_mut(atoms.dimensions()).zip(coded) {
        for (&atom, &coefficient) in places.iter().zip(coefficients).filter(|(a, _)| **a >= 0) {
            for (value, part) in left.iter_mut().zip(atoms.row(atom as usize)) {
                *value -= coefficient * part;
            }
        }
    }
    residual
}

/// Where an atom stands in the codes.
struct Use {
    signal: usize,
    place: usize,
}

fn uses(codes: &Codes, atoms: usize) -> Vec<Vec<Use>> {
    let mut uses: Vec<Vec<Use>> = (0..atoms).map(|_| Vec::new()).collect();
    for (place, &atom) in codes.atoms.iter().enumerate().filter(|(_, atom)| **atom >= 0) {
        uses[atom as usize].push(Use { signal: place / codes.sparsity, place });
    }
    uses
}

/// The atom, then its coefficients, that fit best what its signals are without it.
fn update(atom: &mut [f32], uses: &[Use], coefficients: &mut [f32], residual: &mut [f32]) {
    let dimensions = atom.len();
    let mut better = vec![0.0; dimensions];
    for &Use { signal, place } in uses {
        let coefficient = coefficients[place];
        let left = &mut residual[signal * dimensions..][..dimensions];
        for ((value, part), sum) in left.iter_mut().zip(&*atom).zip(&mut better) {
            *value += coefficient * part;
            *sum += coefficient * *value;
        }
    }
    if dot(&better, &better) > 0.0 {
        atom.copy_from_slice(&unit(&better));
    }
    for &Use { signal, place } in uses {
        let left = &mut residual[signal * dimensions..][..dimensions];
        let coefficient = dot(left, atom);
        for (value, part) in left.iter_mut().zip(&*atom) {
            *value -= coefficient * part;
        }
        coefficients[place] = coefficient;
    }
}

/// An atom that no signal uses becomes the signal that is coded worst, as its authors propose; each time another one.
fn replace(atom: &mut [f32], signals: Rows, residual: &[f32], taken: &mut Vec<usize>) {
    let squares = residual.chunks_exact(atom.len()).map(|left| dot(left, left)).enumerate();
    let worst =
        squares.filter(|(signal, _)| !taken.contains(signal)).max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((signal, _)) = worst.filter(|(_, error)| *error > 0.0) else { return };
    taken.push(signal);
    atom.copy_from_slice(&unit(signals.row(signal)));
}
