//! The system that a host runs on, as far as it tells: how its clock is kept, and the networks that it is on.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Nothing where the board is not a machine of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    pub clock: Option<ClockState>,
    pub network: Option<Network>,
}

/// How a machine's clock is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockState {
    /// Whether something corrects it; absent where the kernel does not tell.
    pub synchronised: Option<bool>,
    /// The program that corrects it, where it is a known one.
    pub source: Option<String>,
}

/// The networks that a machine is on, but for the one within itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub interfaces: Vec<Interface>,
    /// The way to everything that is not on these networks.
    pub gateway: Option<IpAddr>,
    pub name_servers: Vec<IpAddr>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// As the system calls it: `eth0`.
    pub name: String,
    /// Switched on.
    pub up: bool,
    /// A cable with a living other end, or a radio network that it has joined.
    pub carrier: bool,
    pub addresses: Vec<IpAddr>,
}

impl Network {
    /// Whether others can be reached.
    pub fn is_up(&self) -> bool {
        self.reached().next().is_some()
    }

    /// The addresses at which others reach this machine now, each with its interface.
    pub fn reached(&self) -> impl Iterator<Item = (&Interface, IpAddr)> {
        let linked = self.interfaces.iter().filter(|interface| interface.up && interface.carrier);
        linked.flat_map(|interface| {
            interface.addresses.iter().filter(|address| is_reached(**address)).map(move |address| (interface, *address))
        })
    }
}

/// Whether an address leads others here, from beyond the wire that it is on.
pub fn is_reached(address: IpAddr) -> bool {
    let of_one_wire = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || of_one_wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_wire_and_of_the_host_itself_lead_nobody_here() {
        let good = |address: &str| is_reached(address.parse().unwrap());
        assert!(good("10.0.0.5") && good("192.168.1.20") && good("fd00::20"));
        for other in ["127.0.0.1", "::1", "169.254.3.4", "fe80::1", "0.0.0.0", "224.0.0.1"] {
            assert!(!good(other), "{other}");
        }
    }

    #[test]
    fn a_network_needs_a_cable_and_an_address() {
        let up = |up, carrier, address: &str| {
            let addresses = vec![address.parse().unwrap()];
            let interfaces = vec![Interface { name: "eth0".into(), up, carrier, addresses }];
            Network { interfaces, ..Network::default() }.is_up()
        };
        assert!(up(true, true, "192.168.1.20"));
        assert!(!up(true, false, "192.168.1.20"), "an address outlives its cable");
        assert!(!up(false, true, "192.168.1.20"));
        assert!(!up(true, true, "fe80::1"), "every cable has one of these");
        assert!(!Network::default().is_up());
    }
}
