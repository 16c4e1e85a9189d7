//! The connection to the Worker.

use std::env;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use elytra_webhooks_operator::{
    Answer, Asked, Base, Credentials, Failure, Method, Request, VARIABLES, no_connection,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Request as HttpRequest};
use ureq::{Agent, Proxy};

use super::Connection;
use crate::{Error, Result};

/// How long an answer may take. The Worker searches for at most 10 seconds.
const ANSWER_LIMIT: Duration = Duration::from_mins(1);

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer. A page has at most a thousand events, and one event at most 25 MiB.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// A Worker, and the credentials for it.
pub(super) struct Client {
    agent: Agent,
    base: Base,
    credentials: Credentials,
}

impl Client {
    /// Finds the credentials in the variables, or asks for them. It connects to nothing.
    ///
    /// # Errors
    /// The credentials are missing, or must not be sent to this URL.
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        let base = Base::parse(&connection.url)
            .map_err(|error| Error::usage(format!("--url: {error}")))?;
        let credentials = credentials()?;
        // A proxy would see what is meant for this machine.
        let proxy = if base.is_loopback() { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            // The credentials are for this URL alone.
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(proxy)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(ANSWER_LIMIT))
            .user_agent(concat!("elytra-webhooks-xtask/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), base, credentials })
    }

    /// The body of the answer to a request.
    ///
    /// # Errors
    /// There is no answer, or it is an error.
    pub(super) fn ask(&self, request: &Request) -> std::result::Result<String, Failure> {
        let no_connection =
            |cause: &dyn std::fmt::Display| no_connection(&self.base, &cause.to_string());
        let answer = self.call(request).map_err(|error| no_connection(&error))?;
        answer.success(request, &self.base, &self.credentials)
    }

    fn call(&self, request: &Request) -> std::result::Result<Answer, ureq::Error> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let (name, value) = self.credentials.header();
        let mut value = HeaderValue::from_str(value).map_err(ureq::http::Error::from)?;
        value.set_sensitive(true);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(ureq::http::Error::from)?;
        let call = HttpRequest::builder()
            .method(method)
            .uri(self.base.url(request))
            .header("accept", "application/json")
            .header(name, value);
        let mut response = match &request.body {
            Some(body) => {
                self.agent.run(call.header("content-type", "application/json").body(&**body)?)?
            }
            None => self.agent.run(call.body(())?)?,
        };
        let header = |name: &str| text(response.headers(), name);
        let mut answer = Answer {
            status: response.status().as_u16(),
            location: header("location"),
            retry_after: header("retry-after"),
            www_authenticate: header("www-authenticate"),
            body: String::new(),
        };
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        // What is not UTF-8 is not the Worker's, and then it is shown as far as it can be.
        answer.body = String::from_utf8_lossy(&body.read_to_vec()?).into_owned();
        Ok(answer)
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The credentials in the variables. What is missing is asked for, if there is somebody to ask.
fn credentials() -> Result<Credentials> {
    let read = Credentials::read(|name| env::var(name).ok());
    match read.map_err(|error| Error::usage(error.to_string()))? {
        Asked::Complete(credentials) => Ok(credentials),
        Asked::Missing(_) if !io::stdin().is_terminal() => Err(Error::usage(format!(
            "the credentials of the operator are missing: set {VARIABLES}"
        ))),
        Asked::Missing(missing) => {
            let entered = rpassword::prompt_password(missing.prompt())
                .map_err(|cause| Error::new(format!("cannot read the secret: {cause}")))?;
            missing.complete(&entered).map_err(|error| Error::usage(error.to_string()))
        }
    }
}
