//! Where the host can be reached: its addresses on the networks that it is on, and the web addresses made of them. The first
//! of those works without a name service.

use std::net::{IpAddr, SocketAddr};

/// The host's addresses that others may reach, IPv4 first. None where the system does not tell.
pub(crate) fn addresses() -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("the host's addresses are not known: {error}");
        Vec::new()
    });
    let mut all: Vec<IpAddr> =
        found.iter().map(if_addrs::Interface::ip).filter(|address| is_reached(*address)).collect();
    all.sort_by_key(IpAddr::is_ipv6);
    all.dedup();
    all
}

fn is_reached(address: IpAddr) -> bool {
    let of_one_wire = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || of_one_wire)
}

/// The addresses that are served: those of the host where it listens everywhere, or the one that it listens at.
pub(crate) fn served(at: SocketAddr, of_host: &[IpAddr]) -> Vec<IpAddr> {
    if at.ip().is_unspecified() { of_host.to_vec() } else { vec![at.ip()] }
}

/// What a person may open, the surest first: IPv4, the host's name, IPv6.
pub(crate) fn web(at: SocketAddr, host: &str, of_host: &[IpAddr]) -> Vec<String> {
    let served = served(at, of_host);
    let (new, old): (Vec<IpAddr>, Vec<IpAddr>) = served.into_iter().partition(IpAddr::is_ipv6);
    let named = (at.ip().is_unspecified() && !host.is_empty()).then(|| host.to_owned());
    let names = old.iter().map(IpAddr::to_string).chain(named).chain(new.iter().map(|address| format!("[{address}]")));
    let port = if at.port() == 443 { String::new() } else { format!(":{}", at.port()) };
    names.map(|name| format!("https://{name}{port}/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_needs_no_name_service_comes_first() {
        let of_host: Vec<IpAddr> = ["192.168.1.20", "fd00::20"].map(|address| address.parse().unwrap()).to_vec();
        let of = |at: &str, host: &str, of_host: &[IpAddr]| web(at.parse().unwrap(), host, of_host);
        assert_eq!(
            of("[::]:443", "room-302", &of_host),
            ["https://192.168.1.20/", "https://room-302/", "https://[fd00::20]/"]
        );
        assert_eq!(of("0.0.0.0:8443", "room-302", &[]), ["https://room-302:8443/"], "a host without a network");
        assert_eq!(of("127.0.0.1:9", "room-302", &of_host), ["https://127.0.0.1:9/"], "nothing else is served");
    }

    #[test]
    fn addresses_of_one_wire_and_of_the_host_itself_lead_nobody_here() {
        let good = |address: &str| is_reached(address.parse().unwrap());
        assert!(good("10.0.0.5") && good("192.168.1.20") && good("fd00::20"));
        for other in ["127.0.0.1", "::1", "169.254.3.4", "fe80::1", "0.0.0.0", "224.0.0.1"] {
            assert!(!good(other), "{other}");
        }
    }
}
