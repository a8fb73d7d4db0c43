use crate::boundary::{TorchExtError, c_string, check, take_text};
use std::ffi::{c_char, c_int, c_void};
use std::net::TcpListener;
use std::os::fd::IntoRawFd;
use std::ptr;
use std::time::Duration;

unsafe extern "C" {
    fn flc_store_open(
        host: *const c_char,
        port: u16,
        is_server: bool,
        listening_fd: c_int,
        timeout_ms: i64,
        prefix: *const c_char,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn flc_store_close(store: *mut c_void);
    fn flc_store_set(store: *mut c_void, key: *const c_char, value: *const c_char) -> *mut c_char;
    fn flc_store_get(
        store: *mut c_void,
        key: *const c_char,
        value: *mut *mut c_char,
    ) -> *mut c_char;
    fn flc_store_check(store: *mut c_void, key: *const c_char, present: *mut bool) -> *mut c_char;
    fn flc_store_add(
        store: *mut c_void,
        key: *const c_char,
        delta: i64,
        value: *mut i64,
    ) -> *mut c_char;
    fn flc_store_wait(store: *mut c_void, key: *const c_char, timeout_ms: i64) -> *mut c_char;
}

/// Where a store is, and what its keys begin with, so that a second attempt does not read the first one's keys.
#[derive(Debug, Clone, Copy)]
pub struct StoreAddress<'a> {
    pub host: &'a str,
    pub port: u16,
    pub prefix: &'a str,
}

/// c10d's TCPStore: text by key, and counters, seen by all processes. A call from two threads at once is fine, but one that waits
/// holds up the other.
#[derive(Debug)]
pub struct ProcessStore {
    pointer: *mut c_void,
}

// SAFETY: TCPStore guards its connection with a mutex.
unsafe impl Send for ProcessStore {}
unsafe impl Sync for ProcessStore {}

impl ProcessStore {
    /// Connects to the store that another process serves, or will serve within `timeout`, which later calls also wait at most.
    pub fn connect(address: StoreAddress, timeout: Duration) -> Result<Self, TorchExtError> {
        Self::open(address, false, -1, timeout)
    }

    /// Serves the store from this process on all its addresses, or on `listener`.
    pub fn serve(
        address: StoreAddress,
        listener: Option<TcpListener>,
        timeout: Duration,
    ) -> Result<Self, TorchExtError> {
        let fd = listener.map_or(-1, IntoRawFd::into_raw_fd);
        Self::open(address, true, fd, timeout)
    }

    fn open(
        address: StoreAddress,
        is_server: bool,
        listening_fd: c_int,
        timeout: Duration,
    ) -> Result<Self, TorchExtError> {
        let (host, prefix) = (c_string(address.host)?, c_string(address.prefix)?);
        let mut pointer = ptr::null_mut();
        // SAFETY: the strings outlive the call; on success `pointer` is ours until `flc_store_close`.
        check(unsafe {
            flc_store_open(
                host.as_ptr(),
                address.port,
                is_server,
                listening_fd,
                milliseconds(timeout),
                prefix.as_ptr(),
                &mut pointer,
            )
        })?;
        Ok(Self { pointer })
    }

    pub fn set(&self, key: &str, value: &str) -> Result<(), TorchExtError> {
        let (key, value) = (c_string(key)?, c_string(value)?);
        // SAFETY: the store is open and the strings outlive the call; so below.
        check(unsafe { flc_store_set(self.pointer, key.as_ptr(), value.as_ptr()) })
    }

    /// Waits for the key.
    pub fn get(&self, key: &str) -> Result<String, TorchExtError> {
        let key = c_string(key)?;
        let mut value = ptr::null_mut();
        // SAFETY: on success `value` is a string that is ours.
        check(unsafe { flc_store_get(self.pointer, key.as_ptr(), &mut value) })?;
        Ok(unsafe { take_text(value) })
    }

    pub fn has(&self, key: &str) -> Result<bool, TorchExtError> {
        let key = c_string(key)?;
        let mut present = false;
        check(unsafe { flc_store_check(self.pointer, key.as_ptr(), &mut present) })?;
        Ok(present)
    }

    /// Adds to a counter, which starts at 0, and returns it.
    pub fn add(&self, key: &str, delta: i64) -> Result<i64, TorchExtError> {
        let key = c_string(key)?;
        let mut value = 0;
        check(unsafe { flc_store_add(self.pointer, key.as_ptr(), delta, &mut value) })?;
        Ok(value)
    }

    pub fn wait(&self, key: &str, timeout: Duration) -> Result<(), TorchExtError> {
        let key = c_string(key)?;
        check(unsafe { flc_store_wait(self.pointer, key.as_ptr(), milliseconds(timeout)) })
    }

    /// A `c10::intrusive_ptr<c10d::Store>*`, for the makers of process groups.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for ProcessStore {
    fn drop(&mut self) {
        // SAFETY: closed once.
        unsafe { flc_store_close(self.pointer) }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
