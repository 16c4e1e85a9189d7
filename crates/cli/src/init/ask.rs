//! Asks at the terminal what the arguments do not say.

use super::InitArguments;
use super::answers::{
    Answers, Choice, Destination, DestinationKind, EventTypes, ServiceName, SubscriptionName,
    WorkerName,
};
use super::configuration::check_url;
use crate::host::Stream;
use crate::terminal::say;
use crate::{Error, Host, Result};

/// How often a question is asked. Whoever types nothing right by then is no person.
const MOST_ATTEMPTS: usize = 20;

/// What is asked: the argument that answers it, and what is taken if nobody does.
struct Question<'q> {
    flag: &'q str,
    text: &'q str,
    default: Option<&'q str>,
}

/// Whoever answers: the arguments, a person at the terminal, or the defaults.
struct Asker<'h, H> {
    host: &'h H,
    /// Whether a person can be asked.
    can_ask: bool,
    /// The arguments that would have said what was assumed.
    assumed: Vec<String>,
}

/// The answers, and the arguments that would have said what was assumed. The name is what is taken if none is given.
///
/// # Errors
/// An argument is wrong or missing, or an answer cannot be read.
pub(super) async fn ask(
    host: &impl Host,
    arguments: &InitArguments,
    name: WorkerName,
) -> Result<(Answers, Vec<String>)> {
    let can_ask = !arguments.yes && host.is_terminal(Stream::Input);
    let mut asker = Asker { host, can_ask, assumed: Vec::new() };
    // The other questions are about something else.
    let name = if let Some(given) = &arguments.name {
        WorkerName::parse(given).map_err(|why| wrong("name", given, &why))?
    } else {
        asker.assumed.push(format!("--name {}", name.as_str()));
        name
    };
    let authentication =
        asker.choose(arguments.auth, "auth", "How does Elytra authenticate?", "bearer").await?;
    let question = Question {
        flag: "subscription",
        text: "The name of the first subscription",
        default: Some("products"),
    };
    let given = arguments.subscription.as_deref();
    let subscription = asker.answer(given, &question, SubscriptionName::parse).await?;
    let question = Question {
        flag: "event-types",
        text: "The event types that it wants, separated by commas, or all",
        default: Some("product"),
    };
    let given = arguments.event_types.as_deref();
    let event_types = asker.answer(given, &question, EventTypes::parse).await?;
    let destination = asker.destination(arguments).await?;
    let text = "Do operators get the console?";
    let console = asker.choose(arguments.console, "console", text, "yes").await?;
    let answers = Answers {
        name,
        authentication,
        subscription,
        event_types,
        destination,
        console,
        has_staging: arguments.staging,
    };
    Ok((answers, asker.assumed))
}

impl<H: Host> Asker<'_, H> {
    /// Asks for one from a list, which is shown.
    async fn choose<T: Choice>(
        &mut self,
        given: Option<T>,
        flag: &str,
        text: &str,
        default: &str,
    ) -> Result<T> {
        if let Some(given) = given {
            return Ok(given);
        }
        if self.can_ask {
            say(self.host, text);
            for choice in T::value_variants() {
                let help = choice.to_possible_value();
                let help = help.and_then(|value| value.get_help().map(ToString::to_string));
                say(self.host, &format!("  {:8} {}", choice.name(), help.unwrap_or_default()));
            }
        }
        let question = Question { flag, text: "Which one", default: Some(default) };
        self.answer(None, &question, T::parse).await
    }

    async fn destination(&mut self, arguments: &InitArguments) -> Result<Destination> {
        let text = "Where do its events go?";
        let kind = self.choose(arguments.destination, "destination", text, "queue").await?;
        let kinds = [
            ("--url", arguments.url.is_some(), DestinationKind::Webhook),
            ("--staging-url", arguments.staging_url.is_some(), DestinationKind::Webhook),
            ("--service", arguments.service.is_some(), DestinationKind::Service),
        ];
        for (flag, is_given, of) in kinds {
            if is_given && kind != of {
                let (of, kind) = (of.name(), kind.name());
                let sentence =
                    format!("{flag} is for --destination {of}, but the destination is {kind}");
                return Err(Error::usage(sentence));
            }
        }
        Ok(match kind {
            DestinationKind::Queue => Destination::Queue,
            DestinationKind::Kv => Destination::Kv,
            DestinationKind::R2 => Destination::R2,
            DestinationKind::Webhook => {
                let text = "The URL of the server";
                let question = Question { flag: "url", text, default: None };
                let url = self.answer(arguments.url.as_deref(), &question, check_url).await?;
                let staging_url = if arguments.staging {
                    let text = "The URL of the staging server";
                    let question = Question { flag: "staging-url", text, default: None };
                    let given = arguments.staging_url.as_deref();
                    Some(self.answer(given, &question, check_url).await?)
                } else {
                    None
                };
                Destination::Webhook { url, staging_url }
            }
            DestinationKind::Service => {
                let text = "The name of the other Worker";
                let question = Question { flag: "service", text, default: None };
                let given = arguments.service.as_deref();
                Destination::Service {
                    worker: self.answer(given, &question, ServiceName::parse).await?,
                }
            }
        })
    }

    /// The answer: what is given, or what is typed, again and again until it is right, or the default.
    async fn answer<T>(
        &mut self,
        given: Option<&str>,
        question: &Question<'_>,
        parse: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Result<T> {
        let Question { flag, text, default } = *question;
        if let Some(given) = given {
            return parse(given).map_err(|why| wrong(flag, given, &why));
        }
        if !self.can_ask {
            let Some(default) = default else {
                return Err(Error::usage(format!("--{flag} is missing: {}", lower(text))));
            };
            self.assumed.push(format!("--{flag} {default}"));
            return parse(default).map_err(|why| wrong(flag, default, &why));
        }
        for _ in 0..MOST_ATTEMPTS {
            let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
            self.host.say(&format!("{text}{shown}: "));
            let line = self.host.read_line(false).await;
            let line =
                line.map_err(|cause| Error::new(format!("cannot read the answer: {cause}")))?;
            let answer = match (line.trim(), default) {
                ("", Some(default)) => default,
                (typed, _) => typed,
            };
            match parse(answer) {
                Ok(answer) => return Ok(answer),
                Err(why) => say(self.host, &format!("  {why}")),
            }
        }
        Err(Error::new(format!("there was no answer, give it as --{flag}")))
    }
}

/// The error of whoever gave a wrong argument.
fn wrong(flag: &str, given: &str, why: &str) -> Error {
    Error::usage(format!("--{flag} {given:?}: {why}"))
}

/// A text that goes on within a sentence.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
