//! Loopback addresses that no other bed uses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The port whose listener reserves the addresses of a bed.
const RESERVATION: u16 = 2142;
/// The first and the last second byte of the addresses of beds. Other programs use `127.0`, and a bed may run beside them.
const SECOND_BYTES: std::ops::RangeInclusive<u8> = 64..=127;

/// The addresses `127.x.y.*` of one bed, reserved until this value is dropped.
#[derive(Debug)]
pub(crate) struct Network {
    second: u8,
    third: u8,
    _reservation: TcpListener,
}

impl Network {
    /// Reserves addresses.
    ///
    /// # Errors
    /// All are reserved, or the system has no loopback network.
    pub(crate) fn reserve() -> io::Result<Self> {
        let mut last = None;
        // The number of this process spreads the beds, so that an address is rarely used again at once.
        let start = std::process::id();
        let all: Vec<(u8, u8)> = SECOND_BYTES.flat_map(|second| (1..=254).map(move |third| (second, third))).collect();
        let offset = usize::try_from(start).unwrap_or_default() * 37 % all.len();
        for &(second, third) in all[offset..].iter().chain(&all[..offset]) {
            match TcpListener::bind(SocketAddr::from((Ipv4Addr::new(127, second, third, 1), RESERVATION))) {
                Ok(reservation) => return Ok(Self { second, third, _reservation: reservation }),
                Err(reason) if reason.kind() == io::ErrorKind::AddrInUse => last = Some(reason),
                Err(reason) => return Err(reason),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
    }

    /// Returns the address with this last byte.
    #[must_use]
    pub(crate) fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.second, self.third, last)
    }
}
