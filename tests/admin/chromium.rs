//! A real Chromium in front of the pages, worked in the words of a person.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ketang_tests::{Admin, LIMIT};
use serde_json::{Value, json};

/// Between two looks at a page that is to change.
const LOOK: Duration = Duration::from_millis(50);
/// A page is there and its script has run. Live pictures come for ever: no page with them is ever loaded to its end.
const ARRIVED: &str = "(performance.getEntriesByType('navigation')[0]?.domContentLoadedEventEnd ?? 0) > 0";
/// By what name an element is told (W3C WebDriver, 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Errors that are over in a moment (the same, 6.6).
const NOT_YET: [&str; 2] = ["stale element", "element not interactable"];

/// A real headless Chromium with one page; `None` where none is installed.
pub(crate) struct Chromium {
    session: Arc<Session>,
    /// The window of this page.
    window: String,
    address: String,
}

/// A browser behind `chromedriver`, which speaks W3C WebDriver. Both end with this.
struct Session {
    driver: Child,
    agent: ureq::Agent,
    address: String,
    /// The window that commands go to.
    front: Mutex<String>,
}

impl Session {
    /// `None` where there is no browser.
    fn begin() -> Option<Self> {
        let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].into_iter().find(|at| Path::new(at).exists());
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let (Some(chromium), Ok(mut driver)) = (chromium, driver) else {
            eprintln!("skipped: chromium or chromedriver is not installed (scripts/setup --tests)");
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().expect("it was piped")).lines().map_while(Result::ok);
        let said = lines.inspect(|line| eprintln!("{line}")).find_map(|line| {
            line.split_once("started successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
        });
        let address = format!("http://127.0.0.1:{}/session", said.expect("chromedriver says where it listens"));
        let settings = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(2 * LIMIT));
        let mut session = Self { driver, agent: settings.build().into(), address, front: Mutex::default() };
        let mut args = vec!["--headless=new", "--window-size=1366,768", "--lang=zh-CN"];
        args.push("--autoplay-policy=no-user-gesture-required");
        // Root has no sandbox.
        args.extend(nix::unistd::geteuid().is_root().then_some("--no-sandbox"));
        let wanted = json!({
            "acceptInsecureCerts": true,
            "pageLoadStrategy": "eager",
            "goog:chromeOptions": { "binary": chromium, "args": args },
        });
        let told = session.ask("", json!({ "capabilities": { "alwaysMatch": wanted } }));
        let told = told.expect("Chromium can be started");
        session.address = format!("{}/{}", session.address, told["sessionId"].as_str().expect("a session has a name"));
        Some(session)
    }

    fn ask(&self, command: &str, with: Value) -> Result<Value, String> {
        let answer = self.agent.post(format!("{}{command}", self.address)).send(with.to_string());
        Self::told(answer)
    }

    fn told(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, String> {
        let text =
            answer.and_then(|mut answer| answer.body_mut().read_to_string()).map_err(|error| error.to_string())?;
        let mut told: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let value = told["value"].take();
        match value.get("error") {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    /// A command of the browser's own protocol.
    fn devtools(&self, command: &str, with: Value) -> Result<Value, String> {
        self.ask("/goog/cdp/execute", json!({ "cmd": command, "params": with }))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The browser ends with its session; both may be gone already.
        let _ = self.agent.delete(&self.address).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Chromium {
    /// Opens a browser of its own: its cookies are nobody else's.
    pub(crate) fn open(admin: &Admin) -> Option<Self> {
        let session = Session::begin()?;
        let window = Session::told(session.agent.get(format!("{}/window", session.address)).call());
        let window = window.expect("a browser has a window").as_str().unwrap_or_default().to_owned();
        session.front.lock().unwrap().clone_from(&window);
        Some(Self { session: session.into(), window, address: admin.address().to_owned() })
    }

    /// Another page of the same browser, with the same cookies.
    pub(crate) fn another(&self) -> Self {
        let opened = self.session.ask("/window/new", json!({ "type": "tab" })).expect("a page can be opened");
        let window = opened["handle"].as_str().expect("a window has a name").to_owned();
        Self { session: self.session.clone(), window, address: self.address.clone() }
    }

    /// The session with this page in front: one behind another takes no clicks.
    fn page(&self) -> &Session {
        let mut front = self.session.front.lock().unwrap();
        if *front != self.window {
            self.session.ask("/window", json!({ "handle": self.window })).expect("the page is there");
            self.session.devtools("Page.bringToFront", json!({})).expect("it comes to the front");
            front.clone_from(&self.window);
        }
        &self.session
    }

    /// The path to an element's commands.
    fn element(&self, selector: &str) -> Result<String, String> {
        let found = self.page().ask("/element", json!({ "using": "css selector", "value": selector }))?;
        Ok(format!("/element/{}", found[ELEMENT].as_str().unwrap_or_default()))
    }

    /// Does something with an element, once more where the page has put another one in its place meanwhile or has not laid it out yet.
    fn on(&self, selector: &str, act: impl Fn(&str) -> Result<Value, String>) {
        self.see(selector);
        let since = Instant::now();
        loop {
            match self.element(selector).and_then(|element| act(&element)) {
                Ok(_) => return,
                Err(error) if NOT_YET.iter().any(|why| error.contains(why)) && since.elapsed() < LIMIT => {}
                Err(error) => panic!("{selector}: {error}"),
            }
        }
    }

    fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let with = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut told = self.page().devtools("Runtime.evaluate", with)?;
        match told.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(told["result"]["value"].take()),
        }
    }

    /// Goes to a page of the site.
    pub(crate) fn go(&self, path: &str) {
        self.page().ask("/url", json!({ "url": format!("{}{path}", self.address) })).expect("it goes there");
        self.wait(path, ARRIVED);
    }

    /// Where the browser is, without the site's address.
    pub(crate) fn place(&self) -> String {
        self.evaluate("location.pathname + location.search").as_str().unwrap_or_default().to_owned()
    }

    /// What an expression of the page's script gives.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until an expression is true on the page.
    pub(crate) fn wait(&self, what: &str, expression: &str) {
        let since = Instant::now();
        loop {
            // While a page is left there is nothing to ask.
            if self.try_evaluate(expression) == Ok(Value::Bool(true)) {
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
        self.on(selector, |element| {
            // As a person does: the browser itself would scroll no further than below the page's head.
            let into_view = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
            self.page().ask("/execute/sync", json!({ "script": into_view, "args": [selector] }))?;
            self.page().ask(&format!("{element}/click"), json!({}))
        });
    }

    /// Puts the mouse's button down on it, and keeps it there.
    pub(crate) fn hold(&self, selector: &str) {
        self.on(selector, |element| {
            let origin = json!({ ELEMENT: element.trim_start_matches("/element/") });
            let there = json!({ "type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0 });
            self.mouse(json!([there, { "type": "pointerDown", "button": 0 }]))
        });
    }

    /// Drags over an element from one place to another, in shares of its size, with a `mouse` or by `touch`.
    pub(crate) fn drag(&self, selector: &str, pointer: &str, from: (f64, f64), to: (f64, f64)) {
        self.see(selector);
        let place = |(x, y): (f64, f64)| {
            let of = format!("document.querySelector({selector:?}).getBoundingClientRect()");
            let told = self.evaluate(&format!(
                "(({{left, top, width, height}}) => [left + {x} * width, top + {y} * height])({of})"
            ));
            let [x, y] = [0, 1].map(|axis| told[axis].as_f64().unwrap_or_default().round() as i64);
            json!({ "type": "pointerMove", "duration": 50, "x": x, "y": y })
        };
        let halfway = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let (down, up) = (json!({ "type": "pointerDown", "button": 0 }), json!({ "type": "pointerUp", "button": 0 }));
        let actions = json!([place(from), down, place(halfway), place(to), up]);
        let kind = json!({ "pointerType": pointer });
        let pointer = json!({ "type": "pointer", "id": pointer, "parameters": kind, "actions": actions });
        let dragged = self.page().ask("/actions", json!({ "actions": [pointer] }));
        dragged.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Lets the mouse's button go.
    pub(crate) fn let_go(&self) {
        self.mouse(json!([{ "type": "pointerUp", "button": 0 }])).expect("a button can be let go");
    }

    fn mouse(&self, actions: Value) -> Result<Value, String> {
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.page().ask("/actions", json!({ "actions": [mouse] }))
    }

    /// Clicks on what leads to another page, and waits for it.
    pub(crate) fn follow(&self, selector: &str) {
        self.evaluate("window.left = false; addEventListener('pagehide', () => { window.left = true; }); true");
        self.click(selector);
        self.wait(&format!("{selector} leads on"), &format!("window.left === undefined && {ARRIVED}"));
    }

    /// Types into a field.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        self.on(selector, |field| {
            self.page().ask(&format!("{field}/clear"), json!({}))?;
            self.page().ask(&format!("{field}/value"), json!({ "text": text }))
        });
    }

    /// Presses a key, as on a keyboard.
    pub(crate) fn press(&self, key: &str) {
        let strokes = ["keyDown", "keyUp"].map(|stroke| json!({ "type": stroke, "value": key }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        let pressed = self.page().ask("/actions", json!({ "actions": [keyboard] }));
        pressed.unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    /// Chooses a file in a file field.
    pub(crate) fn choose(&self, selector: &str, file: &Path) {
        let file = file.display().to_string();
        self.on(selector, |field| self.page().ask(&format!("{field}/value"), json!({ "text": file })));
    }

    /// Keeps what is downloaded in a folder, without asking.
    pub(crate) fn keep_downloads_in(&self, folder: &Path) {
        let with = json!({ "behavior": "allow", "downloadPath": folder });
        self.page().devtools("Browser.setDownloadBehavior", with).expect("it can download");
    }

    /// Waits until the one download in a folder is whole, and gives its file.
    pub(crate) fn downloaded(&self, folder: &Path) -> PathBuf {
        let since = Instant::now();
        loop {
            let mut files = std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path());
            // A file that is still on its way has another name.
            let whole = |file: &PathBuf| file.extension().is_some_and(|end| end != "crdownload" && end != "tmp");
            if let Some(file) = files.find(whole) {
                return file;
            }
            assert!(since.elapsed() < LIMIT, "nothing was downloaded within {LIMIT:?}");
            std::thread::park_timeout(LOOK);
        }
    }

    /// Takes the shape of a phone.
    pub(crate) fn be_a_phone(&self) {
        let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.page().devtools("Emulation.setDeviceMetricsOverride", phone).expect("it can be a phone");
    }

    /// Keeps what the whole page looks like where `KETANG_SCREENSHOTS` names a folder.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("KETANG_SCREENSHOTS") else { return };
        let size = self.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]");
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let whole = json!({ "captureBeyondViewport": true, "clip": clip });
        let png = self.page().devtools("Page.captureScreenshot", whole).expect("a page has a look");
        let png = BASE64_STANDARD.decode(png["data"].as_str().expect("it is text")).expect("it is Base64");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).expect("the folder can be written to");
    }
}
