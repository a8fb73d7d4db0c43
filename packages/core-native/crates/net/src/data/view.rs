use super::{dihedral_indices, resize};
use crate::{Result, cuda};
use tch::{Device, Kind, Tensor};

/// Numbers that say where a square lies in a store's pixels: its first pixel in the first phase, pixels from row to row, pixels from phase
/// to phase, and its symmetry (0..8).
pub const NUMBERS_PER_IMAGE: i64 = 4;

/// One kind of image that the network is shown: squares of one side, turned, and resized to one side.
#[derive(Debug)]
pub struct View {
    /// float32 [pixels]
    pixels: Tensor,
    phases: i64,
    /// Of the square that is cut.
    side: i64,
    /// To which it is resized.
    input: i64,
    /// [8, side^2] rows and columns of the turned square.
    rows: Tensor,
    columns: Tensor,
}

impl View {
    pub fn new(pixels: Tensor, phases: i64, side: i64, input: i64) -> Result<Self> {
        let device = pixels.device();
        let table = Tensor::f_from_slice(&dihedral_indices(side as usize))?;
        let table = table.f_view([-1, side * side])?;
        let rows = table.f_floor_divide_scalar(side)?.f_to_device(device)?;
        let columns = table.f_remainder(side)?.f_to_device(device)?;
        Ok(Self { pixels, phases, side, input, rows, columns })
    }

    /// `plan` [n, NUMBERS_PER_IMAGE] int64 on the store's device -> [n, phases, input, input], float32; on a GPU by one kernel, which
    /// can give `kind` at once.
    pub fn cut(&self, plan: &Tensor, kind: Kind) -> Result<Tensor> {
        let kernel = match self.pixels.device() {
            Device::Cuda(index) if cuda::PatchKernel::takes(self.side, self.input) => {
                cuda::patch_kernel(index).ok()
            }
            _ => None,
        };
        match kernel {
            Some(kernel) => self.cut_by_kernel(kernel, plan, kind),
            None => self.cut_by_libtorch(plan),
        }
    }

    fn cut_by_kernel(
        &self,
        kernel: &cuda::PatchKernel,
        plan: &Tensor,
        kind: Kind,
    ) -> Result<Tensor> {
        let kind = if kind == Kind::BFloat16 { kind } else { Kind::Float };
        // Phase by phase, so that what each pathway takes is contiguous.
        let shape = [self.phases, plan.size()[0], self.input, self.input];
        let out = Tensor::f_empty(shape, (kind, self.pixels.device()))?;
        kernel.cut(&self.pixels, &plan.f_contiguous()?, self.side, self.input, &out)?;
        Ok(out.f_transpose(0, 1)?)
    }

    pub fn cut_by_libtorch(&self, plan: &Tensor) -> Result<Tensor> {
        let column = |index: i64| plan.f_select(1, index);
        let of_image = |index: i64| column(index)?.f_view([-1, 1, 1]);
        let (corners, strides, distances) = (of_image(0)?, of_image(1)?, of_image(2)?);
        let symmetries = column(3)?;
        let rows = self.rows.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let columns = self.columns.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let phases =
            Tensor::f_arange(self.phases, (Kind::Int64, plan.device()))?.f_view([1, -1, 1])?;
        // [n, phases, side^2]
        let index = corners
            .f_add(&phases.f_mul(&distances)?)?
            .f_add(&rows.f_mul(&strides)?)?
            .f_add(&columns)?;
        let shape = [plan.size()[0], self.phases, self.side, self.side];
        let cut = self.pixels.f_index_select(0, &index.f_flatten(0, 2)?)?.f_view(shape)?;
        if self.side == self.input { Ok(cut) } else { resize(&cut, self.input) }
    }
}
