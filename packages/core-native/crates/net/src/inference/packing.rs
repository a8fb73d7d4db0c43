use crate::{NetError, Result, runtime};
use tch::{Device, Tensor};

/// How many images are computed at once: what bounds the memory of a label map, however large the lesion. It halves by itself where
/// memory runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    at_once: usize,
    wanted: usize,
}

impl Packing {
    pub fn new(at_once: usize) -> Self {
        Self { at_once: at_once.max(1), wanted: at_once.max(1) }
    }

    /// Where fewer than wanted went in the end.
    pub fn reduced_to(&self) -> Option<usize> {
        (self.at_once < self.wanted).then_some(self.at_once)
    }

    /// What `compute` gives for the chunks of `items`, one after the other. [items, ...]
    pub fn in_chunks<T>(
        &mut self,
        items: &[T],
        device: Device,
        cancelled: &dyn Fn() -> bool,
        compute: &mut dyn FnMut(&[T]) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let mut results = Vec::new();
        let mut rest = items;
        while !rest.is_empty() {
            if cancelled() {
                return Err(NetError::Cancelled { checkpoint: None });
            }
            let chunk = &rest[..self.at_once.min(rest.len())];
            match compute(chunk) {
                Err(NetError::OutOfMemory { .. }) if chunk.len() > 1 => {
                    self.at_once = chunk.len().div_ceil(2);
                    runtime::release_cached_memory(device);
                }
                result => {
                    results.push(result?);
                    rest = &rest[chunk.len()..];
                }
            }
        }
        Ok(Tensor::f_cat(&results, 0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that holds `room` images.
    fn squares(packing: &mut Packing, room: usize) -> Result<Vec<i64>> {
        let items: Vec<i64> = (0..21).collect();
        let result = packing.in_chunks(&items, Device::Cpu, &|| false, &mut |chunk| {
            if chunk.len() > room {
                return Err(NetError::OutOfMemory {
                    device: "cpu".into(),
                    problem: "test".into(),
                    remedy: String::new(),
                });
            }
            Ok(Tensor::from_slice(&chunk.iter().map(|i| i * i).collect::<Vec<_>>()))
        });
        Ok(Vec::<i64>::try_from(result?)?)
    }

    #[test]
    fn chunks_halve_until_they_fit_and_nothing_is_lost() {
        let expected: Vec<i64> = (0..21).map(|i| i * i).collect();
        for (room, reduced_to) in [(100, None), (8, None), (7, Some(4)), (1, Some(1))] {
            let mut packing = Packing::new(8);
            assert_eq!(squares(&mut packing, room).unwrap(), expected);
            assert_eq!(packing.reduced_to(), reduced_to);
        }
        let error = squares(&mut Packing::new(8), 0).unwrap_err();
        assert_eq!(error.code(), "OUT_OF_MEMORY");
    }
}
