//! The paths and methods of the Worker, and where each leads.

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Events, and the handshake.
    Webhook,
    /// Whether the configuration is valid.
    Health,
    /// The files of the console.
    Console,
    /// The sessions of the console.
    Session(Visit),
    /// An operator's request.
    Operator(Question),
}

/// What the console asks about its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Who has signed in.
    Show,
    /// Sign in.
    SignIn,
    /// Sign out.
    SignOut,
}

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Search the journal.
    Events,
    /// Read an event of the journal.
    Event,
    /// Read the text of an event.
    EventText,
    /// Look at the state of the whole.
    Overview,
    /// How much came when.
    Rates,
    /// Show the configuration.
    Configuration,
    /// Erase events.
    Erase,
    /// Tell the metrics.
    Metrics,
    /// List the requests that were refused.
    Refusals,
    /// Start a replay.
    StartReplay,
    /// List the replays.
    Replays,
    /// Show a replay.
    Replay,
    /// Pause a replay.
    PauseReplay,
    /// Resume a replay.
    ResumeReplay,
    /// Cancel a replay.
    CancelReplay,
    /// List the events that could not be delivered, or read one.
    DeadLetters,
    /// Send dead letters again.
    Redrive,
    /// Delete dead letters.
    DeleteLetters,
    /// List the jobs, or show one.
    Jobs,
    /// Start a job again.
    ResumeJob,
    /// Stop a job.
    StopJob,
    /// List the messages that no queue takes.
    Spool,
    /// Send one of these messages.
    SpoolSend,
    /// Delete one of these messages.
    SpoolDelete,
    /// Reset an object.
    ObjectsReset,
    /// Explain what would happen to a request.
    Explain,
}

/// The path that events are sent to.
pub(crate) const WEBHOOK: &str = "/webhook";

/// The methods of endpoints that only read.
const READ: &[&str] = &["GET", "HEAD"];

/// The methods of endpoints that change something, or read a body.
const ACT: &[&str] = &["POST"];

/// The methods of endpoints that erase something.
const REMOVE: &[&str] = &["DELETE"];

/// A path and its methods, and where they lead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// The path. A segment `*` is whatever the request has there: the `id` of the query. `**` is all that follows.
    pub(crate) path: &'static str,
    /// Where it leads.
    pub(crate) endpoint: Endpoint,
    /// The methods. Those of `/webhook` come from the configuration and the handshake.
    pub(crate) methods: &'static [&'static str],
    /// The parameters that the query may have.
    pub(crate) parameters: &'static [&'static str],
}

/// All routes. Several may have the same path, with different methods.
static ROUTES: [Route; 33] = {
    use Endpoint::{Console, Health, Operator, Session, Webhook};
    use Question::{
        CancelReplay, Configuration, DeadLetters, DeleteLetters, Erase, Event, EventText, Events,
        Explain, Jobs, Metrics, ObjectsReset, Overview, PauseReplay, Rates, Redrive, Refusals,
        Replay, Replays, ResumeJob, ResumeReplay, Spool, SpoolDelete, SpoolSend, StartReplay,
        StopJob,
    };

    const fn route(
        path: &'static str,
        endpoint: Endpoint,
        methods: &'static [&'static str],
        parameters: &'static [&'static str],
    ) -> Route {
        Route { path, endpoint, methods, parameters }
    }

    const FIND: &[&str] =
        &["id", "subscription", "cause", "event", "since", "until", "cursor", "limit"];
    const MEAN: &[&str] = &["id", "subscription", "cause", "event", "since", "until"];
    const SEARCH: &[&str] = &[
        "id",
        "source",
        "object",
        "type",
        "event_type",
        "operation",
        "subscription",
        "code",
        "credential",
        "since",
        "until",
        "cursor",
        "limit",
    ];
    const REFUSED: &[&str] =
        &["code", "credential", "address", "id", "since", "until", "cursor", "limit"];
    [
        route(WEBHOOK, Webhook, &[], &[]),
        route("/health", Health, READ, &[]),
        route("/console", Console, READ, &[]),
        route("/console/**", Console, READ, &[]),
        route("/session", Session(Visit::Show), READ, &[]),
        route("/session", Session(Visit::SignIn), ACT, &[]),
        route("/session", Session(Visit::SignOut), REMOVE, &[]),
        route("/events", Operator(Events), READ, SEARCH),
        route("/events", Operator(Erase), REMOVE, &["object", "source", "id", "cursor"]),
        route("/events/*", Operator(Event), READ, &[]),
        route("/events/*/text", Operator(EventText), READ, &[]),
        route("/overview", Operator(Overview), READ, &[]),
        route("/rates", Operator(Rates), READ, &["since", "step"]),
        route("/configuration", Operator(Configuration), READ, &[]),
        route("/metrics", Operator(Metrics), READ, &[]),
        route("/refusals", Operator(Refusals), READ, REFUSED),
        route("/replays", Operator(Replays), READ, &[]),
        route("/replays", Operator(StartReplay), ACT, &[]),
        route("/replays/*", Operator(Replay), READ, &[]),
        route("/replays/*/pause", Operator(PauseReplay), ACT, &[]),
        route("/replays/*/resume", Operator(ResumeReplay), ACT, &[]),
        route("/replays/*/cancel", Operator(CancelReplay), ACT, &[]),
        route("/dead-letters", Operator(DeadLetters), READ, FIND),
        route("/dead-letters/redrive", Operator(Redrive), ACT, MEAN),
        route("/dead-letters/delete", Operator(DeleteLetters), ACT, MEAN),
        route("/dead-letters/jobs", Operator(Jobs), READ, &["id", "cursor"]),
        route("/dead-letters/jobs/resume", Operator(ResumeJob), ACT, &["id"]),
        route("/dead-letters/jobs/stop", Operator(StopJob), ACT, &["id"]),
        route("/spool", Operator(Spool), READ, &["cursor", "limit"]),
        route("/spool/send", Operator(SpoolSend), ACT, &["id"]),
        route("/spool/delete", Operator(SpoolDelete), ACT, &["id"]),
        route("/objects/reset", Operator(ObjectsReset), ACT, &["object", "subscription"]),
        route("/explain", Operator(Explain), ACT, &["subscription"]),
    ]
};

impl Route {
    /// Whether a path is this route's. If so, what it has in the place of `*`, which is empty if there is none.
    fn matches<'p>(&self, path: &'p str) -> Option<&'p str> {
        if !self.path.ends_with('*') && !self.path.contains("/*/") {
            return (self.path == path).then_some("");
        }
        if let Some(folder) = self.path.strip_suffix("**") {
            return path.strip_prefix(folder);
        }
        let (mut own, mut others) = (self.path.split('/'), path.split('/'));
        let mut found = "";
        loop {
            match (own.next(), others.next()) {
                (None, None) => return Some(found),
                (Some("*"), Some(segment)) if !segment.is_empty() => found = segment,
                (Some(own), Some(other)) if own == other => {}
                _ => return None,
            }
        }
    }

    /// Whether it is for requests with this method.
    fn takes(&self, method: &str) -> bool {
        self.endpoint == Endpoint::Webhook || self.methods.contains(&method)
    }
}

/// Where a request leads, and what its path names.
pub(crate) struct Match<'p> {
    /// The route.
    pub(crate) route: Route,
    /// What the path has in the place of `*`. Empty if there is none.
    pub(crate) named: &'p str,
}

/// The routes of a path, and what it names.
pub(crate) fn routes_of(path: &str) -> impl Iterator<Item = (&'static Route, &str)> {
    ROUTES.iter().filter_map(move |route| Some((route, route.matches(path)?)))
}

/// Finds the route of a path and a method. If the path has no such method, it is any route of the path.
pub(crate) fn route_of<'p>(path: &'p str, method: &str) -> Option<Match<'p>> {
    let of_method = routes_of(path).find(|(route, _)| route.takes(method));
    let (route, named) = of_method.or_else(|| routes_of(path).next())?;
    Some(Match { route: *route, named })
}
