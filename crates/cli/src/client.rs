//! The connection to the Worker.

use clap::Args;
use elytra_webhooks_operator::{
    Answer, Asked, Base, Credentials, Failure, Method, Request, VARIABLES, no_connection,
};

use crate::host::{HttpRequest, Stream};
use crate::{Error, Host, Result};

/// Where the Worker is, and how its answers are printed.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The URL of the Worker
    #[arg(long, global = true, default_value = "http://localhost:8787")]
    pub(crate) url: String,
    /// Print the Worker's JSON; a list has one per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// A Worker, and the credentials for it.
pub(crate) struct Client<'h, H> {
    pub(crate) host: &'h H,
    base: Base,
    credentials: Credentials,
}

impl<'h, H: Host> Client<'h, H> {
    /// Finds the credentials in the variables, or asks for them. It connects to nothing.
    ///
    /// # Errors
    /// The credentials are missing, or must not be sent to this URL.
    pub(crate) async fn new(host: &'h H, connection: &Connection) -> Result<Self> {
        let base = Base::parse(&connection.url)
            .map_err(|error| Error::usage(format!("--url: {error}")))?;
        let credentials = credentials(host).await?;
        Ok(Self { host, base, credentials })
    }

    /// The body of the answer to a request.
    ///
    /// # Errors
    /// There is no answer, or it is an error.
    pub(crate) async fn ask(&self, request: &Request) -> std::result::Result<String, Failure> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let (name, value) = self.credentials.header();
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            (name.to_owned(), value.to_owned()),
        ];
        if request.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let call = HttpRequest {
            method: method.to_owned(),
            url: self.base.url(request),
            headers,
            body: request.body.clone().map(String::into_bytes),
            may_use_proxy: !self.base.is_loopback(),
        };
        let program = self.host.program();
        let found = self.host.fetch(&call).await;
        let found =
            found.map_err(|cause| no_connection(&self.base, &cause.to_string(), program))?;
        let header = |name: &str| found.header(name).map(str::to_owned);
        let answer = Answer {
            status: found.status,
            location: header("location"),
            retry_after: header("retry-after"),
            www_authenticate: header("www-authenticate"),
            // What is not UTF-8 is not the Worker's, and then it is shown as far as it can be.
            body: String::from_utf8_lossy(&found.body).into_owned(),
        };
        answer.success(request, &self.base, &self.credentials, program)
    }
}

/// The credentials in the variables. What is missing is asked for, if there is somebody to ask.
async fn credentials(host: &impl Host) -> Result<Credentials> {
    let read = Credentials::read(|name| host.variable(name));
    match read.map_err(|error| Error::usage(error.to_string()))? {
        Asked::Complete(credentials) => Ok(credentials),
        Asked::Missing(_) if !host.is_terminal(Stream::Input) => Err(Error::usage(format!(
            "the credentials of the operator are missing: set {VARIABLES}"
        ))),
        Asked::Missing(missing) => {
            host.say(&missing.prompt());
            let entered = host.read_line(true).await;
            let entered =
                entered.map_err(|cause| Error::new(format!("cannot read the secret: {cause}")))?;
            missing.complete(&entered).map_err(|error| Error::usage(error.to_string()))
        }
    }
}
