//! Node as the machine that the commands run on.

use std::io;

use elytra_webhooks_cli::host::{Access, Ancestor, FetchError, HttpAnswer, HttpRequest, Stream};
use elytra_webhooks_cli::{Host, Program};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// The class in `npm/bin/machine.mjs`.
    #[derive(Clone)]
    pub type Machine;

    #[wasm_bindgen(method)]
    fn variable(this: &Machine, name: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = defaultConfig)]
    fn default_config(this: &Machine) -> String;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Machine, path: &str) -> Result<Vec<u8>, Failure>;
    #[wasm_bindgen(method, catch, js_name = readInput)]
    fn read_input(this: &Machine) -> Result<Vec<u8>, Failure>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &Machine, path: &str, text: &str, is_for_owner: bool) -> Result<(), Failure>;
    #[wasm_bindgen(method, js_name = isFile)]
    fn is_file(this: &Machine, path: &str) -> bool;
    #[wasm_bindgen(method)]
    fn exists(this: &Machine, path: &str) -> bool;
    #[wasm_bindgen(method, js_name = isFolder)]
    fn is_folder(this: &Machine, path: &str) -> bool;
    #[wasm_bindgen(method, js_name = currentFolder)]
    fn current_folder(this: &Machine) -> String;
    #[wasm_bindgen(method)]
    fn ancestors(this: &Machine) -> Vec<JsAncestor>;
    #[wasm_bindgen(method, catch)]
    fn print(this: &Machine, text: &str) -> Result<(), Failure>;
    #[wasm_bindgen(method)]
    fn say(this: &Machine, text: &str);
    #[wasm_bindgen(method, js_name = isTerminal)]
    fn is_terminal(this: &Machine, descriptor: u8) -> bool;
    #[wasm_bindgen(method)]
    fn columns(this: &Machine) -> Option<u32>;
    #[wasm_bindgen(method)]
    fn now(this: &Machine) -> f64;
    #[wasm_bindgen(method)]
    fn random(this: &Machine, bytes: &mut [u8]);
    #[wasm_bindgen(method, catch, js_name = readLine)]
    async fn read_line(this: &Machine, is_secret: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn fetch(
        this: &Machine,
        method: &str,
        url: &str,
        headers: Vec<String>,
        body: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    async fn sleep(this: &Machine, milliseconds: f64);
    #[wasm_bindgen(method, js_name = leaveWhenInterrupted)]
    fn leave_when_interrupted(this: &Machine, line: &str);

    /// An error of Node.
    pub type Failure;

    #[wasm_bindgen(method, getter)]
    fn code(this: &Failure) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn message(this: &Failure) -> String;

    /// A process.
    pub type JsAncestor;

    #[wasm_bindgen(method, getter)]
    fn command(this: &JsAncestor) -> Vec<String>;
    #[wasm_bindgen(method, getter)]
    fn folder(this: &JsAncestor) -> String;

    /// An answer.
    pub type JsAnswer;

    #[wasm_bindgen(method, getter)]
    fn status(this: &JsAnswer) -> u16;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &JsAnswer) -> Vec<String>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &JsAnswer) -> Vec<u8>;
}

/// Node.
#[derive(Clone)]
pub(crate) struct Node {
    machine: Machine,
}

impl Node {
    pub(crate) fn new(machine: Machine) -> Self {
        Self { machine }
    }
}

impl Host for Node {
    fn program(&self) -> Program {
        Program { name: "npx elytra-webhooks", dev: "npm run dev" }
    }

    fn default_config(&self) -> String {
        self.machine.default_config()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.machine.variable(name)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.machine.read(path).map_err(|failure| error(&failure))
    }

    fn read_input(&self) -> io::Result<Vec<u8>> {
        self.machine.read_input().map_err(|failure| error(&failure))
    }

    fn write(&self, path: &str, text: &str, access: Access) -> io::Result<()> {
        self.machine.write(path, text, access == Access::Owner).map_err(|failure| error(&failure))
    }

    fn is_file(&self, path: &str) -> bool {
        self.machine.is_file(path)
    }

    fn exists(&self, path: &str) -> bool {
        self.machine.exists(path)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.machine.is_folder(path)
    }

    fn current_folder(&self) -> String {
        self.machine.current_folder()
    }

    fn ancestors(&self) -> Vec<Ancestor> {
        let ancestors = self.machine.ancestors().into_iter();
        ancestors.map(|one| Ancestor { command: one.command(), folder: one.folder() }).collect()
    }

    fn print(&self, text: &str) -> io::Result<()> {
        self.machine.print(text).map_err(|failure| error(&failure))
    }

    fn say(&self, text: &str) {
        self.machine.say(text);
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        self.machine.is_terminal(match stream {
            Stream::Input => 0,
            Stream::Output => 1,
            Stream::Error => 2,
        })
    }

    fn columns(&self) -> Option<usize> {
        self.machine.columns().and_then(|columns| usize::try_from(columns).ok())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of JavaScript, after 1970"
    )]
    fn now(&self) -> u64 {
        self.machine.now() as u64
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        self.machine.random(bytes);
        Ok(())
    }

    async fn read_line(&self, is_secret: bool) -> io::Result<String> {
        let line = self.machine.read_line(is_secret).await;
        let line = line.map_err(|found| error(found.unchecked_ref()))?;
        line.as_string().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    async fn fetch(&self, request: &HttpRequest) -> Result<HttpAnswer, FetchError> {
        let HttpRequest { method, url, headers, body, may_use_proxy: _ } = request;
        let headers = headers.iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
        let body = body.as_ref().map_or(JsValue::NULL, |body| Uint8Array::from(&**body).into());
        let answer = self.machine.fetch(method, url, headers.collect(), body).await;
        let answer = answer.map_err(|error| no_answer(error.unchecked_ref()))?;
        let answer: JsAnswer = answer.unchecked_into();
        let headers = answer.headers();
        let headers = headers.chunks_exact(2).filter_map(|pair| match pair {
            [name, value] => Some((name.clone(), value.clone())),
            _ => None,
        });
        Ok(HttpAnswer { status: answer.status(), headers: headers.collect(), body: answer.body() })
    }

    #[expect(clippy::cast_precision_loss, reason = "JavaScript's timers take such numbers")]
    async fn sleep(&self, milliseconds: u64) {
        self.machine.sleep(milliseconds as f64).await;
    }

    fn leave_when_interrupted(&self, line: String) -> io::Result<()> {
        self.machine.leave_when_interrupted(&line);
        Ok(())
    }
}

/// Why there is no answer: `machine.mjs` says it by the code.
fn no_answer(failure: &Failure) -> FetchError {
    let cause = failure.message();
    match failure.code().as_deref() {
        Some("ETIMEDOUT") => FetchError::TimedOut(cause),
        Some("ECONNRESET" | "EPIPE") => FetchError::Closed(cause),
        _ => FetchError::Failed(cause),
    }
}

/// An error of Node as one of Rust's.
fn error(failure: &Failure) -> io::Error {
    let kind = match failure.code().as_deref() {
        Some("ENOENT") => io::ErrorKind::NotFound,
        Some("EPIPE") => io::ErrorKind::BrokenPipe,
        Some("EACCES" | "EPERM") => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    // "ENOENT: no such file or directory, open 'wrangler.toml'": whoever shows it says which file.
    let message = failure.message();
    let message = message.split_once(": ").map_or(&*message, |(_, rest)| rest);
    let message = message.split_once(", ").map_or(message, |(first, _)| first);
    io::Error::new(kind, message)
}
