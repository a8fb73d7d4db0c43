use crate::Result;
use tch::{Device, Kind, Tensor};

/// Few large messages travel faster than many small ones; PyTorch's size.
const BUCKET_BYTES: usize = 25 << 20;

/// Applies `collective` to the tensors' values, joined to vectors of one kind and device each, and returns the results in the shapes of `tensors`.
/// Undefined tensors stay so.
pub(super) fn in_buckets(
    tensors: &[Tensor],
    collective: &dyn Fn(&Tensor) -> Result<()>,
) -> Result<Vec<Tensor>> {
    let mut results: Vec<Tensor> = tensors.iter().map(Tensor::shallow_clone).collect();
    for bucket in buckets(tensors) {
        let parts: Result<Vec<_>> =
            bucket.iter().map(|&index| Ok(tensors[index].f_detach()?.f_reshape([-1])?)).collect();
        let joined = Tensor::f_cat(&parts?, 0)?;
        collective(&joined)?;
        let mut start = 0;
        for &index in &bucket {
            let length = tensors[index].numel() as i64;
            results[index] =
                joined.f_narrow(0, start, length)?.f_view(tensors[index].size().as_slice())?;
            start += length;
        }
    }
    Ok(results)
}

/// Indices of the tensors that go together, in order.
fn buckets(tensors: &[Tensor]) -> Vec<Vec<usize>> {
    let mut open: Vec<((Kind, Device), usize, Vec<usize>)> = Vec::new();
    let mut full = Vec::new();
    for (index, tensor) in tensors.iter().enumerate().filter(|(_, tensor)| tensor.defined()) {
        let class = (tensor.kind(), tensor.device());
        let bytes = tensor.numel() * tensor.kind().elt_size_in_bytes();
        let position = open.iter().position(|(of, ..)| *of == class).unwrap_or_else(|| {
            open.push((class, 0, Vec::new()));
            open.len() - 1
        });
        let (_, held, members) = &mut open[position];
        if *held > 0 && *held + bytes > BUCKET_BYTES {
            full.push(std::mem::take(members));
            *held = 0;
        }
        *held += bytes;
        members.push(index);
    }
    full.extend(open.into_iter().map(|(_, _, members)| members));
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_one_kind_and_keep_shapes_and_gaps() {
        let tensors = [
            Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).view([2, 2]),
            Tensor::from_slice(&[7_i64]),
            Tensor::new(),
            Tensor::zeros([20 << 20], (Kind::Float, Device::Cpu)),
            Tensor::from_slice(&[5.0_f32]),
        ];
        assert_eq!(buckets(&tensors), [vec![0], vec![3], vec![4], vec![1]]);
        let doubled = in_buckets(&tensors, &|joined| {
            let _ = joined.shallow_clone().f_mul_scalar_(2)?;
            Ok(())
        })
        .unwrap();
        assert_eq!(doubled[0].size(), [2, 2]);
        assert_eq!(Vec::<f32>::try_from(doubled[0].view([-1])).unwrap(), [2.0, 4.0, 6.0, 8.0]);
        assert_eq!(doubled[1].int64_value(&[0]), 14);
        assert!(!doubled[2].defined());
        assert_eq!(doubled[4].double_value(&[0]), 10.0);
        // What went in is not changed.
        assert_eq!(tensors[4].double_value(&[0]), 5.0);
    }
}
