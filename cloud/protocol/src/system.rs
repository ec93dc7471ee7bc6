//! The host's clock and its networks, as every surface tells of them.

use ketang_hal::system::Network;
use serde::{Deserialize, Serialize};

use crate::sentence::Sentence;

/// The host's own clock, by which lessons are dated. What it shows is for whoever has a clock to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The time zone's name, such as `Asia/Shanghai`; absent where it has none.
    pub zone: Option<String>,
    /// Whether something corrects it, such as a time server; absent where that is not known.
    pub synchronised: Option<bool>,
    /// The program that corrects it, where it is a known one.
    pub source: Option<String>,
    /// Why it cannot be right.
    pub wrong: Option<Sentence>,
}

impl Clock {
    /// How it is kept; what to do about a wrong one is its alarm's matter.
    pub fn told(&self) -> Sentence {
        match (&self.wrong, self.synchronised) {
            (Some(why), _) => Sentence::new(format!("不对：{}", why.chinese), format!("wrong: it is {}", why.english)),
            (None, Some(true)) => Sentence::new("已校准", "synchronised"),
            (None, Some(false)) => Sentence::new("没有与时间服务器同步", "kept by no time server"),
            (None, None) => Sentence::new("是否校准未知", "not known whether it is synchronised"),
        }
    }
}

/// The address to reach the host at, or what is missing for one.
pub fn network(network: &Network) -> Sentence {
    if let Some((interface, address)) = network.reached().next() {
        return format!("{address} ({})", interface.name).into();
    }
    match network.interfaces.iter().any(|interface| interface.up && interface.carrier) {
        true => Sentence::new(
            "已连接，但没有地址：请检查 DHCP，或设置固定地址",
            "connected, but without an address: check DHCP, or set one",
        ),
        false => Sentence::new("没有连接：请检查网线和交换机", "not connected: check the cable and the switch"),
    }
}

#[cfg(test)]
mod tests {
    use ketang_hal::system::Interface;

    use super::*;

    #[test]
    fn a_network_is_told_by_its_address_or_by_what_is_missing() {
        let eth0 = |carrier, addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            let interfaces = vec![Interface { name: "eth0".into(), up: true, carrier, addresses }];
            network(&Network { interfaces, ..Network::default() }).english
        };
        assert_eq!(eth0(true, &["fe80::1", "192.168.1.20"]), "192.168.1.20 (eth0)");
        assert!(eth0(true, &["fe80::1"]).contains("DHCP"));
        assert!(eth0(false, &["192.168.1.20"]).contains("cable"));
    }
}
