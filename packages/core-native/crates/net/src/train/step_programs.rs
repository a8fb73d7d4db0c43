//! The step as a device repeats it: on tensors that stay in place, run eagerly or captured once as a CUDA graph and replayed.

use crate::Result;
use crate::config::{Graphs, OptimizerKind, TrainConfig};
use crate::cuda::Graph;
use crate::data::{BatchPlan, Layout, PlacedBatch};
use crate::distributed::Team;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use tch::{Device, Tensor};

/// Steps of a layout that run eagerly before one is captured: in them cuDNN and cuBLAS choose their algorithms and take their workspaces.
const WARM_UP: u32 = 3;

/// A program for each layout of a batch that has been met.
#[derive(Debug)]
pub struct StepPrograms {
    device: Device,
    programs: BTreeMap<Vec<Layout>, Program>,
    /// Why steps are not captured; `None` while they are.
    eager_because: Option<String>,
    notices: Vec<String>,
}

#[derive(Debug)]
struct Program {
    batches: Vec<PlacedBatch>,
    eager_steps: u32,
    captured: Option<Captured>,
}

#[derive(Debug)]
struct Captured {
    graph: Graph,
    /// Where each replay leaves its sums.
    sums: Tensor,
}

impl StepPrograms {
    pub fn new(config: &TrainConfig, device: Device, team: &Team) -> Self {
        let eager_because = match device {
            Device::Cuda(_) if config.graphs == Graphs::Off => {
                Some("the configuration says so".to_string())
            }
            Device::Cuda(_) if !team.is_alone() => {
                Some("several processes train together".to_string())
            }
            Device::Cuda(_) if config.optimizer == OptimizerKind::Adam => {
                Some("Adam counts its steps on the host".to_string())
            }
            Device::Cuda(_) => Graph::unavailable(),
            _ => Some("graphs are for GPUs".to_string()),
        };
        Self { device, programs: BTreeMap::new(), eager_because, notices: Vec::new() }
    }

    /// Why steps run without a graph, if they do.
    pub fn eager_because(&self) -> Option<&str> {
        self.eager_because.as_deref()
    }

    /// What came up since the last call.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Puts `plans` in place and runs `step` on them, which must read nothing else that changes from step to step and must not wait
    /// for the device. The result may be overwritten by the next run.
    pub fn run(
        &mut self,
        plans: &[BatchPlan],
        step: &mut dyn FnMut(&[PlacedBatch]) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let layouts: Vec<_> = plans.iter().map(|plan| plan.layout).collect();
        let device = self.device;
        let program = match self.programs.entry(layouts) {
            Entry::Occupied(entry) => {
                let program = entry.into_mut();
                for (batch, plan) in program.batches.iter_mut().zip(plans) {
                    batch.replace(plan)?;
                }
                program
            }
            Entry::Vacant(entry) => {
                let placed = plans.iter().map(|plan| PlacedBatch::new(plan, device));
                let mut batches = placed.collect::<Result<Vec<_>>>()?;
                self.notices.extend(batches.iter_mut().flat_map(|batch| batch.notices.drain(..)));
                entry.insert(Program { batches, eager_steps: 0, captured: None })
            }
        };
        let is_warm = program.eager_steps >= WARM_UP;
        if self.eager_because.is_none() && program.captured.is_none() && is_warm {
            match Graph::capture(device, || step(&program.batches)) {
                Ok((graph, sums)) => program.captured = Some(Captured { graph, sums }),
                // Nothing has run: the same step runs below.
                Err(error) => {
                    self.notices.push(format!("steps run without a CUDA graph: {error}"));
                    self.eager_because = Some(error.to_string());
                }
            }
        }
        match &program.captured {
            Some(Captured { graph, sums }) => {
                graph.replay()?;
                Ok(sums.shallow_clone())
            }
            None => {
                program.eager_steps += 1;
                step(&program.batches)
            }
        }
    }
}
