//! Who an operator is, by any of the ways in which one can show it, and the sessions of the console.

use crate::auth::{
    Access, Admin, Assertion, Authentication, Caller, Challenge, CredentialFault, Session,
    TokenFault, Unauthenticated,
};
use crate::operator::{OperatorError, SessionView, SignedIn};
use crate::outcome::Rejection;
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::request::RequestHead;
use crate::trace::{Client, Trace};

/// The header of a token of Cloudflare Access:
/// <https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/>.
const ASSERTION: &str = "cf-access-jwt-assertion";

/// Who the operator is. Notes it in the trace, and the client of one who is turned away.
///
/// # Errors
///
/// The caller is no operator, has presented too many wrong credentials, or is a page of another site.
pub(crate) async fn identify<'c>(
    admin: &'c Admin,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Caller<'c>, Rejection<'c>> {
    trace.auth_type = Some(admin.auth_type());
    let caller = match admin {
        Admin::Credentials(authentication) => {
            match Session::presented(authentication, head, platform.now()) {
                Some(_) if changes(head) && !is_of_this_site(head) => Err(Rejection::WrongOrigin),
                Some(session) => Ok(session.caller),
                None => with_credentials(authentication, head, platform),
            }
        }
        Admin::Access(access) => with_token(access, head, platform).await,
    };
    match caller {
        Ok(caller) => {
            trace.caller = Some(caller.clone());
            Ok(caller)
        }
        Err(rejection) => {
            trace.turned_away = Some(Client::of(head));
            Err(rejection)
        }
    }
}

/// Signs in an operator who presents credentials. Also returns the value of the cookie.
///
/// # Errors
///
/// As for [`identify`]. There are no sessions with Cloudflare Access, which has its own.
pub(crate) fn sign_in<'c>(
    admin: &'c Admin,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<(SignedIn, String), Rejection<'c>> {
    trace.auth_type = Some(admin.auth_type());
    let Admin::Credentials(authentication) = admin else {
        return Err(OperatorError::NoSessions.into());
    };
    let caller = with_credentials(authentication, head, platform).inspect_err(|_| {
        trace.turned_away = Some(Client::of(head));
    })?;
    trace.caller = Some(caller.clone());
    let begun = Session::begin(authentication, caller, platform.now());
    let (session, cookie) = begun.ok_or(OperatorError::NoSessions)?;
    let name = session.caller.name().unwrap_or_default();
    Ok((SignedIn::new(name, session.expires_at), cookie))
}

/// What a page must know to ask for credentials, and who has signed in, if anybody has.
pub(crate) async fn show(
    admin: &Admin,
    is_broken: bool,
    head: &impl RequestHead,
    platform: &impl Platform,
) -> SessionView {
    let view = SessionView::new(admin, is_broken);
    let signed_in = match admin {
        Admin::Credentials(authentication) => {
            let session = Session::presented(authentication, head, platform.now());
            session.map(|session| (session.caller, Some(session.expires_at)))
        }
        Admin::Access(access) => {
            let caller = with_token(access, head, platform).await.ok();
            caller.map(|caller| (caller, None))
        }
    };
    match signed_in {
        Some((caller, expires_at)) => view.signed_in(caller.name().unwrap_or_default(), expires_at),
        None => view,
    }
}

/// An operator who presents credentials. Wrong ones are counted.
fn with_credentials<'c>(
    authentication: &'c Authentication,
    head: &impl RequestHead,
    platform: &impl Platform,
) -> Result<Caller<'c>, Rejection<'c>> {
    let address = head.header("cf-connecting-ip");
    let now = platform.now();
    let wait = platform.guesses(|guesses| guesses.wait(address.as_deref(), now));
    if wait > 0 {
        let seconds = u32::try_from(wait.div_ceil(1_000)).unwrap_or(u32::MAX);
        return Err(Rejection::TooManyAttempts { seconds });
    }
    authentication.verify(head).map_err(|unauthenticated| {
        if unauthenticated.fault == CredentialFault::Wrong {
            platform.guesses(|guesses| guesses.wrong(address.as_deref(), now));
        }
        for_page(unauthenticated, head).into()
    })
}

/// What is said to a page. With a challenge that browsers know, the browser would ask the reader itself.
fn for_page(unauthenticated: Unauthenticated, head: &impl RequestHead) -> Unauthenticated {
    let is_page = head.header("sec-fetch-mode").is_some_and(|mode| mode != "navigate");
    if !is_page {
        return unauthenticated;
    }
    let challenge = Challenge::Page(unauthenticated.challenge.auth_type());
    Unauthenticated { challenge, ..unauthenticated }
}

/// Somebody who has signed in at Cloudflare Access.
async fn with_token<'c>(
    access: &Access,
    head: &impl RequestHead,
    platform: &impl Platform,
) -> Result<Caller<'c>, Rejection<'c>> {
    // Its cookie is sent with requests of other sites too. Programs send neither of the two headers.
    let is_program = head.header("sec-fetch-site").is_none() && head.header("origin").is_none();
    if changes(head) && !is_program && !is_of_this_site(head) {
        return Err(Rejection::WrongOrigin);
    }
    let token = head.header(ASSERTION).ok_or(Rejection::BadToken(TokenFault::Missing))?;
    let assertion = Assertion::parse(&token).map_err(Rejection::BadToken)?;
    let key = key(access, &assertion.key_id, platform).await?;
    let key = key.ok_or(Rejection::BadToken(TokenFault::UnknownKey))?;
    let signed = platform.has_signed(&key, &assertion.signed, &assertion.signature);
    match within(platform, CALL_MS, signed).await {
        Ok(true) => assertion.caller(access, platform.now()).map_err(Rejection::BadToken),
        Ok(false) => Err(Rejection::BadToken(TokenFault::WrongSignature)),
        Err(error) => Err(Rejection::KeysUnavailable(error)),
    }
}

/// The team's key with this id. `None` if it has none.
async fn key<'c>(
    access: &Access,
    id: &str,
    platform: &impl Platform,
) -> Result<Option<String>, Rejection<'c>> {
    let now = platform.now();
    if !platform.team_keys(|keys| keys.must_fetch(id, now)) {
        if platform.team_keys(|keys| keys.is_empty()) {
            let error = BindingError("the keys could not be fetched a moment ago".to_owned());
            return Err(Rejection::KeysUnavailable(error));
        }
        return Ok(platform.team_keys(|keys| keys.find(id, now)));
    }
    let url = access.keys_url();
    let fetched = within(platform, CALL_MS, platform.keys(&url)).await;
    let taken = fetched
        .and_then(|text| platform.team_keys(|keys| keys.take(&text, now)).map_err(BindingError));
    // A key that is known still counts if the keys cannot be fetched again.
    match (platform.team_keys(|keys| keys.find(id, now)), taken) {
        (None, Err(error)) => Err(Rejection::KeysUnavailable(error)),
        (found, _) => Ok(found),
    }
}

/// Whether a request may change something.
fn changes(head: &impl RequestHead) -> bool {
    !matches!(head.method(), "GET" | "HEAD")
}

/// Whether a page of this site sends a request. Browsers say so, and no page can make them lie
/// (<https://www.w3.org/TR/fetch-metadata/>).
pub(crate) fn is_of_this_site(head: &impl RequestHead) -> bool {
    match head.header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => head.header("origin").is_some_and(|origin| origin == head.origin()),
    }
}
