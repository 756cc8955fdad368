//! One request on its way from hyper to the routes: who sent it, how it is framed, how long its body may take.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::Sleep;
use tower::Service as _;

use super::connection::Pulse;
use super::{Endless, Options};

/// As much of a body that no route wanted is read, so that the connection can serve the next request.
const MOST_UNWANTED: u64 = 1 << 20;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address, in the extensions of every request: that of the connection, or the one that trusted
/// proxies name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The routes, as one connection sees them.
pub(super) struct App {
    routes: Router,
    peer: IpAddr,
    trusted: bool,
    options: Arc<Options>,
    pulse: Arc<Pulse>,
}

impl App {
    pub(super) fn new(
        routes: Router,
        peer: IpAddr,
        trusted: bool,
        options: Arc<Options>,
        pulse: Arc<Pulse>,
    ) -> Self {
        App { routes, peer, trusted, options, pulse }
    }

    fn peer(&self, headers: &HeaderMap) -> Peer {
        if !self.trusted {
            return Peer(self.peer);
        }
        Peer(client_address(self.peer, headers, &*self.options.trusted_proxies))
    }

    /// Whether the request gave its length in two ways; hyper shows only one of them.
    fn is_framed_twice(&self, request: &Request<Incoming>) -> bool {
        if self.pulse.length_lines() == 0 {
            return false;
        }
        if request.headers().contains_key(CONTENT_LENGTH) {
            self.pulse.take_length_line();
            return false;
        }
        // Without a length known in advance the body is chunked.
        !request.body().is_end_stream() && request.body().size_hint().exact().is_none()
    }

    fn body(&self, body: Incoming) -> Body {
        if body.is_end_stream() {
            return Body::empty();
        }
        let limit = self.options.body_timeout;
        Body::new(TimedBody { body: Some(body), limit, alarm: None, pulse: Arc::clone(&self.pulse) })
    }
}

impl hyper::service::Service<Request<Incoming>> for App {
    type Response = Response<Answered>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, mut request: Request<Incoming>) -> Answer {
        self.pulse.asked();
        // Without chunks (HTTP/1.0) only hyper knows how it told the client where the body ends.
        let may_leave = request.version() == Version::HTTP_11;
        let pulse = Arc::clone(&self.pulse);
        if self.is_framed_twice(&request) {
            let reason = "Send either Content-Length or Transfer-Encoding, not both.";
            let state = State::Refused(refusal(StatusCode::BAD_REQUEST, reason));
            return Answer { state, may_leave, pulse };
        }
        let peer = self.peer(request.headers());
        request.extensions_mut().insert(peer);
        // Reading the rest of such a body would ask the client for it.
        let waits_to_be_asked = request.headers().contains_key(EXPECT);
        let request = request.map(|body| self.body(body));
        let limit = self.options.body_timeout;
        let state = State::Route(self.routes.clone().call(request), limit, waits_to_be_asked);
        Answer { state, may_leave, pulse }
    }
}

/// The answer to come.
pub(super) struct Answer {
    state: State,
    /// Whether hyper may be done with the connection once the head is written.
    may_leave: bool,
    pulse: Arc<Pulse>,
}

enum State {
    /// The routes make it; with the body's time limit, and whether the client sends its body only when asked.
    Route(RouteFuture<Infallible>, Duration, bool),
    /// It is a refusal of ours.
    Refused(Response<Body>),
    /// It is made, and waits for a body that no route wanted.
    Draining(Response<Body>, Unwanted),
    Done,
}

impl Future for Answer {
    type Output = Result<Response<Answered>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.get_mut();
        if let State::Route(route, limit, waits_to_be_asked) = &mut answer.state {
            let response = ready!(Pin::new(route).poll(context))?;
            let (limit, waits_to_be_asked) = (*limit, *waits_to_be_asked);
            answer.state = answer.after_route(response, limit, waits_to_be_asked);
        }
        if let State::Draining(_, rest) = &mut answer.state {
            let is_read = ready!(rest.poll(context));
            if let State::Draining(response, _) = std::mem::replace(&mut answer.state, State::Done) {
                answer.state = State::Refused(if is_read { response } else { closing(response) });
            }
        }
        match std::mem::replace(&mut answer.state, State::Done) {
            State::Refused(response) => {
                let pulse = Arc::clone(&answer.pulse);
                let leaves = answer.may_leave
                    && response.extensions().get::<Endless>().is_some()
                    && !response.body().is_end_stream();
                Poll::Ready(Ok(response.map(|body| Answered { body, leaves, pulse })))
            }
            _ => unreachable!("an answer is not asked again once it was given"),
        }
    }
}

impl Answer {
    /// Whatever the handler made of a broken body, the client hears why it broke. One that was not read to its end
    /// is read now, if it is short, or else the client is told that the connection closes: hyper would close it
    /// without a word, and a client that was about to send its next request would take that for a failure.
    fn after_route(&self, response: Response<Body>, limit: Duration, waits_to_be_asked: bool) -> State {
        let unread = self.pulse.take_unread();
        if self.pulse.body_timed_out() {
            let reason = "Send the whole body sooner; it took too long to arrive.";
            return State::Refused(refusal(StatusCode::REQUEST_TIMEOUT, reason));
        }
        match unread {
            None => State::Refused(response),
            Some(body) if waits_to_be_asked || body.size_hint().lower() > MOST_UNWANTED => {
                State::Refused(closing(response))
            }
            Some(body) => {
                let alarm = Box::pin(tokio::time::sleep(limit));
                State::Draining(response, Unwanted { body, read: 0, alarm })
            }
        }
    }
}

/// A body that is read for the sake of the next request.
struct Unwanted {
    body: Incoming,
    read: u64,
    alarm: Pin<Box<Sleep>>,
}

impl Unwanted {
    /// Whether it was read to its end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        while self.read <= MOST_UNWANTED && self.alarm.as_mut().poll(context).is_pending() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => self.read += frame.data_ref().map_or(0, |data| data.len() as u64),
                Some(Err(_)) => return Poll::Ready(false),
                None => return Poll::Ready(true),
            }
        }
        Poll::Ready(false)
    }
}

fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A failure in the API's shape, after which the connection is closed.
fn refusal(status: StatusCode, reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!(r#"{{"result":"Failed","reason":"{reason}"}}"#)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    closing(response)
}

/// A response's body that tells the pulse when it has been handed over.
pub(super) struct Answered {
    body: Body,
    /// Whether it leaves hyper as soon as that has written the head and asks for it.
    leaves: bool,
    pulse: Arc<Pulse>,
}

impl hyper::body::Body for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let answered = self.get_mut();
        if answered.leaves {
            let body = std::mem::take(&mut answered.body);
            if !body.is_end_stream() {
                answered.pulse.leave(body);
            }
            // Never ready: hyper is dropped as soon as it has written what it holds.
            return Poll::Pending;
        }
        Pin::new(&mut answered.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        !self.leaves && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        self.pulse.answered();
    }
}

/// A request's body that fails once it has kept its reader waiting for too long.
struct TimedBody {
    /// `None` once it has ended.
    body: Option<Incoming>,
    limit: Duration,
    /// Runs from the first time the reader had to wait; most bodies are there at once.
    alarm: Option<Pin<Box<Sleep>>>,
    pulse: Arc<Pulse>,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl hyper::body::Body for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let timed = self.get_mut();
        // The alarm comes first: a client that dribbles may have a byte ready whenever we look.
        if let Some(alarm) = &mut timed.alarm
            && alarm.as_mut().poll(context).is_ready()
        {
            timed.pulse.time_out_body();
            return Poll::Ready(Some(Err(Box::new(BodyTimedOut))));
        }
        let Some(body) = &mut timed.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            if !matches!(frame, Some(Ok(_))) {
                timed.body = None;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        if timed.alarm.is_none() {
            let alarm = timed.alarm.insert(Box::pin(tokio::time::sleep(timed.limit)));
            // A limit of zero is met at the next look.
            if alarm.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for TimedBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.pulse.leave_unread(body);
        }
    }
}

#[derive(Debug)]
struct BodyTimedOut;

impl fmt::Display for BodyTimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the request body took too long to arrive")
    }
}

impl Error for BodyTimedOut {}

/// The address that trusted proxies name as the client: the right-most in `X-Forwarded-For` that is not itself one
/// of them.
///
/// Read from the right, since the client may have written anything to the left. At something that is no address the
/// reading ends with the last proxy that was understood: what stands further left is nobody's word.
pub(super) fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    is_trusted: &dyn Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer;
    for value in headers.get_all(X_FORWARDED_FOR).iter().rev() {
        let Ok(text) = value.to_str() else { return client };
        for hop in text.rsplit(',') {
            let Some(address) = address(hop.trim()) else { return client };
            client = address;
            if !is_trusted(address) {
                return client;
            }
        }
    }
    client
}

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}
