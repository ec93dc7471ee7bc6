//! Where the host can be reached: its addresses on the networks that it is on, and the web addresses made of them. The first
//! of those works without a name service.

use std::net::{IpAddr, SocketAddr};

use ketang_hal::system::is_reached;

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
}
