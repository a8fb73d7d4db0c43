//! Shared objects that are opened at run time, and tables of their functions.

use crate::CudaObjectError;
use std::ffi::{CStr, CString, c_int, c_void};
use std::path::Path;

/// An opened shared object; it stays mapped for the life of the process, so that its functions can be kept by anyone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Library {
    handle: *mut c_void,
}

impl Library {
    /// `path` with a slash is that file; a bare name is what is mapped already, else what the system finds.
    pub(crate) fn open(path: &Path) -> Result<Self, CudaObjectError> {
        let name = CString::new(path.to_string_lossy().as_bytes())
            .map_err(|error| CudaObjectError::Load(error.to_string()))?;
        let flags: c_int = libc::RTLD_NOW | libc::RTLD_LOCAL;
        // SAFETY: a valid C string; the handle is never closed.
        let handle = unsafe { libc::dlopen(name.as_ptr(), flags) };
        if handle.is_null() {
            Err(CudaObjectError::Load(last_error()))
        } else {
            Ok(Self { handle })
        }
    }

    /// # Safety
    /// `F` must be the type of the function of that name.
    pub(crate) unsafe fn symbol<F: Copy>(self, name: &CStr) -> Result<F, CudaObjectError> {
        // SAFETY: a live handle and a valid C string.
        let address = unsafe { libc::dlsym(self.handle, name.as_ptr()) };
        if address.is_null() || size_of::<F>() != size_of::<*mut c_void>() {
            let problem = format!("symbol {} is missing", name.to_string_lossy());
            return Err(CudaObjectError::Load(problem));
        }
        // SAFETY: `F` is a function pointer, as the caller promises.
        Ok(unsafe { std::mem::transmute_copy(&address) })
    }
}

/// A table of C functions by name, found once: `functions!(Name { field = c"symbol": (Arguments) -> Result, ... })`.
macro_rules! functions {
    ($table:ident { $($field:ident = $symbol:literal: ($($argument:ty),*) $(-> $result:ty)?,)+ }) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $table {
            $(pub(crate) $field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)+
        }

        impl $table {
            /// # Safety
            /// The functions of `library` must have these types.
            pub(crate) unsafe fn of(
                library: $crate::functions::Library,
            ) -> Result<Self, $crate::CudaObjectError> {
                // SAFETY: as the caller promises.
                Ok(Self { $($field: unsafe { library.symbol($symbol)? },)+ })
            }
        }
    };
}
pub(crate) use functions;

fn last_error() -> String {
    // SAFETY: dlerror's string is valid until the next dl call of this thread.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            "unknown".into()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}
