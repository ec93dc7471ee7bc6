//! The pages of the time and of the network: of the machine that the test runs on, whatever it is.

use ketang_tests::{Admin, Daemon, HostSettings};

use super::chromium::Chromium;
use super::pair;

#[test]
fn time_and_network_are_shown_as_the_machine_has_them_with_the_commands_that_change_them() {
    let settings =
        HostSettings::generic().set("inputs.hdmi.source", "pattern").set("recording.tracks", "[]").beside_others();
    let daemon = Daemon::start(&settings);
    let now = daemon.wait("the system has told", |now| now.network.is_some());
    let network = now.network.unwrap();
    let admin = Admin::start(&daemon, &[]);
    let Some(browser) = Chromium::open(&admin) else { return };
    let fingerprint = admin.fingerprint();
    pair(&admin, &browser);

    browser.follow(".menu a[href='/time']");
    let kept = now.clock.synchronised.map_or("unknown", |is| if is { "yes" } else { "no" });
    browser.see(&format!("[data-synchronised={kept}]"));
    let shown = "document.querySelector('#now').innerText";
    browser.wait("the clock goes", &format!("(window.began ??= {shown}) !== {shown}"));
    browser.read("sudo timedatectl set-timezone");
    browser.picture("time");

    browser.follow(".menu a[href='/network']");
    browser.see(&format!("[data-network={}]", if network.is_up() { "up" } else { "down" }));
    for interface in &network.interfaces {
        browser.see(&format!("[data-interface='{}']", interface.name));
        interface.addresses.iter().for_each(|address| browser.read(&address.to_string()));
    }
    let told = |address: Option<&std::net::IpAddr>| address.map_or("没有".to_owned(), ToString::to_string);
    browser.read(&told(network.gateway.as_ref()));
    browser.read(&told(network.name_servers.first()));
    browser.read(&fingerprint);
    browser.read("sudo networkctl reload");
    browser.picture("network");

    browser.be_a_phone();
    for page in ["/time", "/network"] {
        browser.go(page);
        let fits = browser.evaluate("document.documentElement.scrollWidth <= innerWidth");
        assert_eq!(fits, true, "{page} sticks out on a phone");
        browser.picture(&format!("{}-phone", &page[1..]));
    }
}
