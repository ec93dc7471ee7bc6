//! A real Chromium in front of the pages, worked in the words of a person.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use headless_chrome::protocol::cdp::{DOM, Emulation, Page};
use headless_chrome::{Browser, LaunchOptions, Tab};
use ketang_tests::{Admin, LIMIT};
use serde_json::Value;

/// Between two looks at a page that is to change.
const LOOK: Duration = Duration::from_millis(50);
/// A page is there and its script has run. Live pictures come for ever: no page with them is ever idle.
const ARRIVED: &str = "(performance.getEntriesByType('navigation')[0]?.domContentLoadedEventEnd ?? 0) > 0";

/// A real headless Chromium with one page; `None` where none is installed.
pub(crate) struct Chromium {
    tab: Arc<Tab>,
    browser: Browser,
    address: String,
}

impl Chromium {
    /// Opens a browser of its own: its cookies are nobody else's.
    pub(crate) fn open(admin: &Admin) -> Option<Self> {
        let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
            .map(PathBuf::from)
            .into_iter()
            .find(|path| path.exists());
        let Some(path) = path else {
            eprintln!("skipped: chromium is not installed (scripts/setup --tests)");
            return None;
        };
        let options = LaunchOptions {
            path: Some(path),
            // Root has no sandbox.
            sandbox: !nix::unistd::geteuid().is_root(),
            ignore_certificate_errors: true,
            window_size: Some((1366, 768)),
            idle_browser_timeout: 10 * LIMIT,
            args: ["--autoplay-policy=no-user-gesture-required", "--lang=zh-CN"].map(OsStr::new).to_vec(),
            ..LaunchOptions::default()
        };
        let browser = Browser::new(options).expect("Chromium can be started");
        let tab = browser.new_tab().expect("a page can be opened");
        tab.set_default_timeout(LIMIT);
        Some(Self { tab, browser, address: admin.address().to_owned() })
    }

    /// Another page of the same browser, with the same cookies.
    pub(crate) fn another(&self) -> Self {
        let tab = self.browser.new_tab().expect("a page can be opened");
        Self { tab, browser: self.browser.clone(), address: self.address.clone() }
    }

    /// Goes to a page of the site.
    pub(crate) fn go(&self, path: &str) {
        self.tab.navigate_to(&format!("{}{path}", self.address)).expect("it goes there");
        self.wait(path, ARRIVED);
    }

    /// Where the browser is, without the site's address.
    pub(crate) fn place(&self) -> String {
        self.evaluate("location.pathname + location.search").as_str().unwrap_or_default().to_owned()
    }

    /// What an expression of the page's script gives.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let value = self.tab.evaluate(expression, true).unwrap_or_else(|error| panic!("{expression}: {error}"));
        value.value.unwrap_or(Value::Null)
    }

    /// Waits until an expression is true on the page.
    pub(crate) fn wait(&self, what: &str, expression: &str) {
        let since = Instant::now();
        loop {
            // While a page is left there is nothing to ask.
            let value = self.tab.evaluate(expression, true).ok().and_then(|value| value.value);
            if value == Some(Value::Bool(true)) {
                return;
            }
            if since.elapsed() > LIMIT {
                let shown = self.evaluate("document.body.innerText");
                panic!(
                    "{what}: not within {LIMIT:?}; the page {} shows\n{}",
                    self.place(),
                    shown.as_str().unwrap_or_default()
                );
            }
            std::thread::park_timeout(LOOK);
        }
    }

    /// Waits until the page has it.
    pub(crate) fn see(&self, selector: &str) {
        self.wait(selector, &format!("!!document.querySelector({selector:?})"));
    }

    /// Waits until the page has it no more.
    pub(crate) fn see_no(&self, selector: &str) {
        self.wait(&format!("no {selector}"), &format!("!document.querySelector({selector:?})"));
    }

    /// Waits until the page shows these words.
    pub(crate) fn read(&self, words: &str) {
        self.wait(words, &format!("document.body.innerText.includes({words:?})"));
    }

    /// Clicks with the mouse, where a person would.
    pub(crate) fn click(&self, selector: &str) {
        self.see(selector);
        // A page behind another one takes no clicks.
        self.tab.bring_to_front().expect("it comes to the front");
        let element = self.tab.find_element(selector).and_then(|element| element.click().map(drop));
        element.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks on what leads to another page, and waits for it.
    pub(crate) fn follow(&self, selector: &str) {
        self.evaluate("window.left = false; addEventListener('pagehide', () => { window.left = true; }); true");
        self.click(selector);
        self.wait(&format!("{selector} leads on"), &format!("window.left === undefined && {ARRIVED}"));
    }

    /// Types into a field.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        self.see(selector);
        let typed = self.tab.find_element(selector).and_then(|field| {
            self.evaluate(&format!("document.querySelector({selector:?}).value = ''; true"));
            field.type_into(text).map(drop)
        });
        typed.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses a key, as on a keyboard.
    pub(crate) fn press(&self, key: &str) {
        self.tab.press_key(key).unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    /// Chooses a file in a file field.
    pub(crate) fn choose(&self, selector: &str, file: &Path) {
        self.see(selector);
        let field = self.tab.find_element(selector).expect("it was seen");
        let files = vec![file.display().to_string()];
        let (node, backend) = (field.node_id, field.backend_node_id);
        let choose =
            DOM::SetFileInputFiles { files, node_id: Some(node), backend_node_id: Some(backend), object_id: None };
        self.tab.call_method(choose).expect("a file can be chosen");
    }

    /// Takes the shape of a phone.
    pub(crate) fn be_a_phone(&self) {
        let phone = Emulation::SetDeviceMetricsOverride {
            width: 390,
            height: 844,
            device_scale_factor: 2.0,
            mobile: true,
            scale: None,
            screen_width: None,
            screen_height: None,
            position_x: None,
            position_y: None,
            dont_set_visible_size: None,
            screen_orientation: None,
            viewport: None,
            display_feature: None,
            device_posture: None,
        };
        self.tab.call_method(phone).expect("it can be a phone");
    }

    /// Keeps what the page looks like where `KETANG_SCREENSHOTS` names a folder.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("KETANG_SCREENSHOTS") else { return };
        let format = Page::CaptureScreenshotFormatOption::Png;
        let png = self.tab.capture_screenshot(format, None, None, true).expect("a page has a look");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).expect("the folder can be written to");
    }
}
