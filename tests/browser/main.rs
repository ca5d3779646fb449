//! The explorer in a real browser: Debian's `chromium`, driven over WebDriver, one browser at a time. A test ends
//! the processes that it starts, by id. These tests are a package of their own, so that no other test binary links the crate that
//! drives the browser.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue has failed")]

mod article;
mod everyone;
mod opening;
mod repairs;
#[path = "../it/explore/served.rs"]
#[expect(dead_code, reason = "the page sends the queries that the tests of the server send themselves")]
mod served;
mod sharing;
mod speed;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::common::capabilities::chrome::ChromeCapabilities;
use thirtyfour::extensions::cdp::ChromeDevTools;
use thirtyfour::prelude::*;
use tokio::runtime::Runtime;

/// The longest wait for the page, on a machine with other load.
const TIMEOUT: Duration = Duration::from_secs(60);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A browser with one page.
struct Browser {
    runtime: Runtime,
    driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a browser with these additional arguments.
    fn start_with(arguments: &[&str]) -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn();
        let mut process =
            started.unwrap_or_else(|why| panic!("chromedriver is needed (Debian: chromium-driver): {why}"));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map(Result::unwrap).find_map(|line| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver prints its port");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        let data = format!("--user-data-dir={}", profile.path().display());
        let own =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", &data];
        for argument in own.iter().chain(arguments) {
            add(&mut wanted, argument);
        }
        let driver = runtime.block_on(WebDriver::new(format!("http://127.0.0.1:{port}"), wanted)).unwrap();
        Self { runtime, driver, process, _profile: profile, _turn: turn }
    }

    fn open(&self, url: &str) {
        // The browser does not reload a page if the new address differs only after the `#`.
        self.runtime.block_on(self.driver.goto("about:blank")).unwrap();
        self.runtime.block_on(self.driver.goto(url)).unwrap();
    }

    /// Runs a script in the page and returns its result.
    fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.driver.execute(script, arguments)).unwrap().json().clone()
    }

    /// Runs a script that passes its result to its last argument.
    fn script_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.driver.execute_async(script, arguments)).unwrap().json().clone()
    }

    /// Returns the value of an expression in the page.
    fn value(&self, expression: &str) -> Value {
        self.script(&format!("return {expression};"), Vec::new())
    }

    fn text(&self, selector: &str) -> String {
        let found = self.script("return document.querySelector(arguments[0])?.innerText ?? ''", vec![json!(selector)]);
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true.
    fn wait(&self, expression: &str) {
        let started = Instant::now();
        while self.value(&format!("Boolean({expression})")) != true {
            assert!(started.elapsed() < TIMEOUT, "not true in time: {expression}\n{}", self.text("main"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses keys as a user does.
    fn press(&self, keys: &str) {
        self.runtime
            .block_on(async {
                self.driver.action_chain_with_delay(Some(Duration::ZERO), None).send_keys(keys).perform().await
            })
            .unwrap();
    }

    /// Resizes the window to this width and height, in CSS pixels.
    fn resize(&self, width: u32, height: u32) {
        let devtools = ChromeDevTools::new(self.driver.handle.clone());
        let wanted = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let set = devtools.execute_cdp_with_params("Emulation.setDeviceMetricsOverride", wanted);
        self.runtime.block_on(set).unwrap();
    }

    /// Sets a preference of the user, as a CSS media feature.
    fn prefer(&self, feature: &str, value: &str) {
        let devtools = ChromeDevTools::new(self.driver.handle.clone());
        let wanted = json!({"features": [{"name": feature, "value": value}]});
        self.runtime.block_on(devtools.execute_cdp_with_params("Emulation.setEmulatedMedia", wanted)).unwrap();
    }

    /// Shows the page in its print layout.
    fn print_media(&self) {
        let devtools = ChromeDevTools::new(self.driver.handle.clone());
        let set = devtools.execute_cdp_with_params("Emulation.setEmulatedMedia", json!({"media": "print"}));
        self.runtime.block_on(set).unwrap();
    }

    /// Saves a screenshot of the page among the artefacts of the run.
    fn screenshot(&self, name: &str) {
        let folder = artefacts();
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        self.runtime.block_on(self.driver.screenshot(&path)).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.driver.clone().quit());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn add(wanted: &mut ChromeCapabilities, argument: &str) {
    wanted.add_arg(argument).unwrap();
}

/// Runs the program in a folder until it ends.
fn stranded(folder: &Path, arguments: &[&str]) {
    let ran = Command::new(served::program()).args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Returns the folder for the screenshots of a run.
fn artefacts() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("explore")
}
