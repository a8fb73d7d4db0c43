//! From the words of a configuration to a libtorch device.

use crate::config::Precision;
use crate::loader::LoadFailure;
use crate::{NetError, Result, runtime};
use tch::{Cuda, Device, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSpec {
    Auto,
    Cpu,
    Cuda(usize),
}

/// A device that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub device: Device,
    /// Why `auto` is the CPU although there seems to be a GPU.
    pub notice: Option<String>,
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
    pub fn open_as(self, local_rank: usize, text: &str) -> Result<Opened> {
        let own = || Self::Cuda(own_gpu(local_rank)).open();
        match self {
            Self::Cuda(0) if text == "cuda" => own(),
            Self::Auto => match self.open()? {
                opened if opened.device == Device::Cpu => Ok(opened),
                _ => own(),
            },
            other => other.open(),
        }
    }

    /// `auto` takes the first GPU that works, else the CPU; a GPU that was asked for by name must exist.
    pub fn open(self) -> Result<Opened> {
        match self {
            // Loading the CUDA library takes half a second, for nothing without a driver.
            Self::Auto if !runtime::nvidia_driver_present() => {
                let is_built_in = runtime::nvidia_gpu_present();
                let notice = "device auto is the CPU: an NVIDIA GPU is built in, but its driver is not loaded";
                Ok(Opened { device: Device::Cpu, notice: is_built_in.then(|| notice.into()) })
            }
            Self::Cpu => self.choose(Ok(0)),
            Self::Auto | Self::Cuda(_) => self.choose(usable_gpus()),
        }
    }

    /// `gpus`: how many can be used, or why none.
    fn choose(self, gpus: std::result::Result<usize, LoadFailure>) -> Result<Opened> {
        let count = gpus.as_ref().copied().unwrap_or(0);
        let plain = |device| Ok(Opened { device, notice: None });
        match self {
            Self::Cpu => plain(Device::Cpu),
            Self::Auto if count > 0 => plain(Device::Cuda(0)),
            Self::Auto => {
                let notice = gpus.err().map(|failure| format!("device auto is the CPU: {failure}"));
                Ok(Opened { device: Device::Cpu, notice })
            }
            Self::Cuda(index) if index < count => plain(Device::Cuda(index)),
            Self::Cuda(index) => {
                let (why, remedy) = match gpus {
                    Ok(_) => ("does not exist".to_string(), "Use one of these.".to_string()),
                    Err(failure) => (
                        format!("cannot be used: {}", failure.problem),
                        format!("{} Or use device: cpu.", failure.remedy),
                    ),
                };
                let names = names(count).join(", ");
                let problem = format!("cuda:{index} {why}; the devices here are {names}");
                Err(NetError::CudaUnavailable { problem, remedy })
            }
        }
    }
}

/// The devices of a machine with so many usable GPUs.
fn names(gpus: usize) -> Vec<String> {
    std::iter::once("cpu".into()).chain((0..gpus).map(|index| format!("cuda:{index}"))).collect()
}

/// How many GPUs libtorch can use (at least one), or why none.
fn usable_gpus() -> std::result::Result<usize, LoadFailure> {
    runtime::load_cuda()?;
    let count = if Cuda::is_available() { Cuda::device_count() as usize } else { 0 };
    if count > 0 {
        return Ok(count);
    }
    Err(LoadFailure {
        problem: "CUDA finds no GPU that it can use".into(),
        remedy: "See what nvidia-smi says, and whether CUDA_VISIBLE_DEVICES hides the GPU.".into(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> std::result::Result<usize, LoadFailure> {
        Err(LoadFailure { problem: "a library is missing".into(), remedy: "Fetch it.".into() })
    }

    #[test]
    fn auto_says_why_it_is_not_the_gpu() {
        let opened =
            |device, notice: Option<&str>| Opened { device, notice: notice.map(Into::into) };
        let auto = |gpus| DeviceSpec::Auto.choose(gpus).unwrap();
        assert_eq!(auto(Ok(2)), opened(Device::Cuda(0), None));
        let notice = "device auto is the CPU: a library is missing. Fetch it.";
        assert_eq!(auto(broken()), opened(Device::Cpu, Some(notice)));
        // Asked for, and no news.
        assert_eq!(DeviceSpec::Cpu.choose(broken()).unwrap(), opened(Device::Cpu, None));
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_that_names_the_devices() {
        assert_eq!(DeviceSpec::Cuda(1).choose(Ok(2)).unwrap().device, Device::Cuda(1));
        let error = DeviceSpec::Cuda(3).choose(Ok(2)).unwrap_err();
        assert_eq!(error.code(), "CUDA_UNAVAILABLE");
        assert_eq!(
            error.to_string(),
            "cuda:3 does not exist; the devices here are cpu, cuda:0, cuda:1"
        );
        let error = DeviceSpec::Cuda(3).choose(broken()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cuda:3 cannot be used: a library is missing; the devices here are cpu"
        );
        assert_eq!(error.remedy(), "Fetch it. Or use device: cpu.");
    }
}
