//! The clock and the networks, as the kernel and the system's own files tell of them. Nothing is changed here, and nothing asked
//! that a service without rights may not ask.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use ketang_hal::system::{ClockState, Interface, Network, System};

use super::ioctl;

/// What a program that corrects the clock leaves while it runs, and its name.
const SOURCES: [(&str, &str); 3] =
    [("/run/chrony", "chrony"), ("/run/systemd/timesync", "systemd-timesyncd"), ("/run/ntpd.pid", "ntpd")];
/// What programs ask for names, and whom systemd's own resolver asks in its turn.
const RESOLVERS: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/// `ARPHRD_LOOPBACK` of linux/if_arp.h.
const LOOPBACK: &str = "772";
/// `IFF_UP` of linux/if.h.
const IS_UP: u32 = 1;

pub(super) fn look() -> System {
    System { clock: Some(clock()), network: network() }
}

fn clock() -> ClockState {
    let source = SOURCES.iter().find(|(sign, _)| Path::new(sign).exists());
    ClockState { synchronised: ioctl::clock_is_synchronised().ok(), source: source.map(|(_, name)| (*name).to_owned()) }
}

/// `None` where there is no such part of the kernel to ask.
fn network() -> Option<Network> {
    let addresses = if_addrs::get_if_addrs().unwrap_or_default();
    let of = |name: &str| {
        addresses.iter().filter(|address| address.name == name).map(if_addrs::Interface::ip).collect::<Vec<_>>()
    };
    let folders = fs::read_dir("/sys/class/net").ok()?.flatten();
    let interfaces = folders.filter_map(|folder| {
        let name = folder.file_name().into_string().ok()?;
        let addresses = of(&name);
        interface(&folder.path(), name, addresses)
    });
    let mut interfaces: Vec<Interface> = interfaces.collect();
    interfaces.sort_by(|one, other| one.name.cmp(&other.name));
    let gateway = fs::read_to_string("/proc/net/route").ok().as_deref().and_then(gateway);
    Some(Network { interfaces, gateway, name_servers: name_servers() })
}

/// What the kernel tells of an interface in its folder; `None` of the machine's way to itself.
fn interface(folder: &Path, name: String, addresses: Vec<IpAddr>) -> Option<Interface> {
    // One that is switched off has no carrier to ask for.
    let told =
        |what: &str| fs::read_to_string(folder.join(what)).map(|text| text.trim().to_owned()).unwrap_or_default();
    if told("type") == LOOPBACK {
        return None;
    }
    let flags = u32::from_str_radix(told("flags").trim_start_matches("0x"), 16).unwrap_or_default();
    Some(Interface { name, up: flags & IS_UP != 0, carrier: told("carrier") == "1", addresses })
}

/// The gateway of the default route that comes first, of `/proc/net/route` (proc_net(5)).
fn gateway(routes: &str) -> Option<IpAddr> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, to, gateway, _, _, _, metric, mask, ..] = words[..] else { return None };
        let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
        // The kernel writes the four bytes as a number of this processor.
        let address = Ipv4Addr::from(gateway.to_ne_bytes());
        (to == "00000000" && mask == "00000000").then_some((metric.parse::<u32>().ok()?, address))
    };
    let (_, address) = routes.lines().filter_map(route).min_by_key(|(metric, _)| *metric)?;
    Some(address.into())
}

fn name_servers() -> Vec<IpAddr> {
    let [asked, behind] = RESOLVERS.map(|file| servers(&fs::read_to_string(file).unwrap_or_default()));
    let only_itself = asked.iter().all(IpAddr::is_loopback);
    if only_itself && !behind.is_empty() { behind } else { asked }
}

/// The name servers of a resolv.conf(5).
fn servers(file: &str) -> Vec<IpAddr> {
    let server = |line: &str| {
        let (key, address) = line.trim().split_once(char::is_whitespace)?;
        let address = address.trim().split('%').next()?;
        (key == "nameserver").then(|| address.parse().ok())?
    };
    file.lines().filter_map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses<const N: usize>(all: [&str; N]) -> Vec<IpAddr> {
        all.map(|address| address.parse().unwrap()).to_vec()
    }

    #[test]
    fn the_gateway_is_that_of_the_default_route_with_the_least_metric() {
        let routes = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t50\t00FFFFFF\t0\t0\t0
";
        assert_eq!(gateway(routes), Some([192, 168, 1, 1].into()));
        for none in
            ["", "Iface\tDestination", "eth0 00000000 zz 0003 0 0 0 00000000", "eth0 0001A8C0 0 1 0 0 0 00FFFFFF"]
        {
            assert_eq!(gateway(none), None, "{none}");
        }
    }

    #[test]
    fn name_servers_stand_one_a_line() {
        let file =
            "# by systemd\nnameserver 192.168.1.1\nsearch school\nnameserver\tfe80::1%eth0\nnameserver x\nnameserver";
        assert_eq!(servers(file), addresses(["192.168.1.1", "fe80::1"]));
    }

    #[test]
    fn an_interface_is_what_its_folder_says() {
        let folder = tempfile::tempdir().unwrap();
        let of = |files: &[(&str, &str)]| {
            files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
            interface(folder.path(), "eth0".into(), addresses(["192.168.1.20"]))
        };
        let eth0 =
            |up, carrier| Some(Interface { name: "eth0".into(), up, carrier, addresses: addresses(["192.168.1.20"]) });
        assert_eq!(of(&[("type", "1\n"), ("flags", "0x1002\n")]), eth0(false, false));
        assert_eq!(of(&[("flags", "0x1003\n"), ("carrier", "0\n")]), eth0(true, false));
        assert_eq!(of(&[("carrier", "1\n")]), eth0(true, true));
        assert_eq!(of(&[("type", "772\n")]), None, "the machine's way to itself");
    }

    #[test]
    fn this_machine_tells_of_itself() {
        let System { clock, network } = look();
        assert!(clock.is_some());
        assert!(network.into_iter().flat_map(|network| network.interfaces).all(|interface| interface.name != "lo"));
    }
}
