//! What the steps came to, told later than they ran: a GPU is not made to wait for the host at every step.

use super::learner::SUMS;
use crate::Result;
use crate::cuda::Readback;
use crate::distributed::Team;
use std::time::Instant;
use tch::{Device, Kind, Tensor};

/// A step whose sums have been read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    pub step: i64,
    /// Of the batch.
    pub rows: usize,
    pub sums: [f64; SUMS],
    /// Wall time; the mean of those that were read together.
    pub seconds: f64,
}

#[derive(Debug)]
pub struct OutcomeQueue {
    /// [steps, SUMS] float64 on the device: of the steps since the last reading.
    sums: Tensor,
    since: Vec<(i64, usize)>,
    /// A copy under way, and its steps.
    reading: Option<(Readback, Batch)>,
    spare: Option<Readback>,
    clock: Instant,
    /// What is done otherwise than it should be, and why.
    pub notices: Vec<String>,
}

#[derive(Debug)]
struct Batch {
    steps: Vec<(i64, usize)>,
    seconds: f64,
}

impl OutcomeQueue {
    /// `every`: steps that are read together on a GPU.
    pub fn new(every: i64, device: Device) -> Result<Self> {
        let mut notices = Vec::new();
        let (every, spare) = match device {
            Device::Cuda(index) => {
                (every, Readback::new(index, every as usize * SUMS, &mut notices))
            }
            _ => (1, None),
        };
        let sums = Tensor::f_zeros([every, SUMS as i64], (Kind::Double, device))?;
        Ok(Self { sums, since: Vec::new(), reading: None, spare, clock: Instant::now(), notices })
    }

    /// Time that was spent on something else than steps does not count.
    pub fn restart_clock(&mut self) {
        self.clock = Instant::now();
    }

    /// Takes the sums of a step; gives those of earlier ones that are there by now.
    pub fn push(
        &mut self,
        team: &Team,
        step: i64,
        rows: usize,
        sums: &Tensor,
    ) -> Result<Vec<Told>> {
        self.sums.f_select(0, self.since.len() as i64)?.f_copy_(sums)?;
        self.since.push((step, rows));
        if self.since.len() as i64 == self.sums.size()[0] {
            self.turn(team)
        } else {
            Ok(Vec::new())
        }
    }

    /// Waits for all that has not been told.
    pub fn flush(&mut self, team: &Team) -> Result<Vec<Told>> {
        let mut told = self.turn(team)?;
        told.extend(self.finish(team)?);
        Ok(told)
    }

    /// Starts to read the steps since the last reading, and gives what that one brought.
    fn turn(&mut self, team: &Team) -> Result<Vec<Told>> {
        let mut told = self.finish(team)?;
        if self.since.is_empty() {
            return Ok(told);
        }
        let steps = std::mem::take(&mut self.since);
        let seconds = self.clock.elapsed().as_secs_f64() / steps.len() as f64;
        self.clock = Instant::now();
        let batch = Batch { steps, seconds };
        let sums = self.sums.f_narrow(0, 0, batch.steps.len() as i64)?;
        match self.spare.take() {
            Some(mut readback) => {
                readback.start(&sums)?;
                self.reading = Some((readback, batch));
            }
            None => told.extend(batch.tell(&Vec::<f64>::try_from(sums.f_reshape([-1])?)?)),
        }
        Ok(told)
    }

    fn finish(&mut self, team: &Team) -> Result<Vec<Told>> {
        let Some((readback, batch)) = self.reading.take() else { return Ok(Vec::new()) };
        // A wait for the GPU itself would not end where another process has.
        team.wait_for_gpu(&|| readback.is_ready())?;
        let told = batch.tell(&readback.wait()?);
        self.spare = Some(readback);
        Ok(told)
    }
}

impl Batch {
    fn tell(&self, values: &[f64]) -> Vec<Told> {
        let (sums, _) = values.as_chunks::<SUMS>();
        let told = |(&(step, rows), &sums)| Told { step, rows, sums, seconds: self.seconds };
        self.steps.iter().zip(sums).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_told_once_and_in_order() {
        let mut queue = OutcomeQueue::new(4, Device::Cpu).unwrap();
        // As on a GPU without the CUDA object.
        queue.sums = Tensor::zeros([4, SUMS as i64], (Kind::Double, Device::Cpu));
        let (team, mut told) = (Team::alone(), Vec::new());
        let source = Tensor::zeros([SUMS as i64], (Kind::Double, Device::Cpu));
        for step in 1..=10 {
            // The same memory at each step, as after a graph's replay.
            let _ = source.shallow_clone().fill_(step);
            told.extend(queue.push(&team, step, 12, &source).unwrap());
            assert_eq!(told.len() as i64, step / 4 * 4);
        }
        told.extend(queue.flush(&team).unwrap());
        assert!(queue.flush(&team).unwrap().is_empty());
        let steps: Vec<_> = told.iter().map(|told| (told.step, told.sums[5] as i64)).collect();
        assert_eq!(steps, (1..=10).map(|step| (step, step)).collect::<Vec<_>>());
    }
}
