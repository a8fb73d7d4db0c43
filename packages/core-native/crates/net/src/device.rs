//! From the words of a configuration to a libtorch device.

use crate::config::Precision;
use crate::{NetError, Result, runtime};
use tch::{Cuda, Device, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSpec {
    Auto,
    Cpu,
    Cuda(usize),
}

impl DeviceSpec {
    pub fn parse(text: &str) -> Result<Self> {
        let index = text.strip_prefix("cuda:").and_then(|index| index.parse().ok());
        match (text, index) {
            ("auto", _) => Ok(Self::Auto),
            ("cpu", _) => Ok(Self::Cpu),
            ("cuda", _) => Ok(Self::Cuda(0)),
            (_, Some(index)) => Ok(Self::Cuda(index)),
            _ => Err(NetError::config(
                "device",
                format!("\"{text}\" is no device"),
                "Use auto, cpu, cuda or cuda:N.",
            )),
        }
    }

    /// Without a number, each process of a machine takes the GPU of its own number.
    pub fn open_as(self, local_rank: usize, text: &str) -> Result<Device> {
        match self {
            Self::Cuda(0) if text == "cuda" => Self::Cuda(own_gpu(local_rank)).open(),
            Self::Auto if self.open()? != Device::Cpu => Self::Cuda(own_gpu(local_rank)).open(),
            other => other.open(),
        }
    }

    /// `auto` takes the first GPU that works, else the CPU; a GPU that was asked for by name must exist.
    pub fn open(self) -> Result<Device> {
        let wanted = match self {
            Self::Cpu => return Ok(Device::Cpu),
            Self::Auto if !runtime::nvidia_driver_present() => return Ok(Device::Cpu),
            Self::Auto => 0,
            Self::Cuda(index) => index,
        };
        let unavailable = match runtime::load_cuda() {
            Err(reason) => reason,
            Ok(()) if !Cuda::is_available() => "no CUDA device is usable".to_string(),
            Ok(()) if wanted as i64 >= Cuda::device_count() => {
                let found: Vec<_> =
                    (0..Cuda::device_count()).map(|index| format!("cuda:{index}")).collect();
                format!("cuda:{wanted} does not exist; found {}", found.join(", "))
            }
            Ok(()) => return Ok(Device::Cuda(wanted)),
        };
        if self == Self::Auto {
            return Ok(Device::Cpu);
        }
        Err(NetError::CudaUnavailable {
            problem: unavailable,
            remedy: "Run `flc-native doctor`, or use device: cpu.".into(),
        })
    }
}

/// SLURM may show each process one GPU only, which then has number 0.
fn own_gpu(local_rank: usize) -> usize {
    if runtime::load_cuda().is_ok() && Cuda::device_count() == 1 { 0 } else { local_rank }
}

impl Precision {
    /// Tells libtorch how exactly GPUs are to multiply; for the whole process.
    pub fn apply(self, device: Device) -> Result<()> {
        match device {
            Device::Cuda(_) => Ok(flc_torch_ext::set_gpu_math(self == Self::Tf32)?),
            _ => Ok(()),
        }
    }

    /// Kind of stored weights, LSTM, heads and loss.
    pub fn master(self) -> Kind {
        if self == Self::Float64 { Kind::Double } else { Kind::Float }
    }

    /// Kind of the pathways' arithmetic.
    pub fn pathway(self) -> Kind {
        match self {
            Self::Float32 | Self::Tf32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
            Self::Float64 => Kind::Double,
        }
    }
}
