//! Stories about clients that are slow, many, late or dishonest.

use std::convert::Infallible;
use std::time::Instant;

use axum::Extension;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream::Stream;
use tokio::task::JoinHandle;

use super::request::client_address;
use super::socket::LengthLines;
use super::*;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(10);

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
    stop: CancellationToken,
    release: Arc<Notify>,
    running: JoinHandle<io::Result<()>>,
}

impl Server {
    fn start(options: Options) -> Self {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(Connections::default());
        let stop = CancellationToken::new();
        let release = Arc::new(Notify::new());
        let held = Arc::clone(&release);
        let app = Router::new()
            .route("/", get("hello"))
            .route("/peer", get(|Extension(Peer(peer)): Extension<Peer>| async move { peer.to_string() }))
            .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
            .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
            .route("/held", get(async move || held.notified().await))
            .route("/endless", get(async || endless(told_in_turn())))
            .route("/endless-flood", get(async || endless(flood())));
        let running = tokio::spawn(serve(listener, app, options, Arc::clone(&connections), stop.clone()));
        Server { address, connections, stop, release, running }
    }

    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server")]
    async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap() }
    }

    async fn until_open(&self, count: usize) {
        let reached = async {
            while self.connections.open() != count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("the number of connections is reached");
    }

    async fn ends(self) {
        tokio::time::timeout(PATIENCE, self.running).await.expect("the server stops").unwrap().unwrap();
    }
}

/// Says `one`, `two` a moment later, and ends.
fn told_in_turn() -> impl Stream<Item = Result<&'static str, Infallible>> + Send + 'static {
    futures_util::stream::unfold(0, |turn| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Ok(*["one", "two"].get(turn)?), turn + 1))
    })
}

/// Never ends.
fn flood() -> impl Stream<Item = Result<&'static str, Infallible>> + Send + 'static {
    futures_util::stream::repeat_with(|| Ok("and so on, "))
}

fn endless(told: impl Stream<Item = Result<&'static str, Infallible>> + Send + 'static) -> Response {
    let mut response = Response::new(Body::from_stream(told));
    response.extensions_mut().insert(Endless);
    response
}

struct Client {
    stream: TcpStream,
}

impl Client {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` has come.
    async fn hear(&mut self, end: &str) -> String {
        let mut heard = String::new();
        let reading = async {
            while !heard.ends_with(end) {
                let mut bytes = [0; 1_024];
                let count = self.stream.read(&mut bytes).await.unwrap();
                assert!(count > 0, "closed after {heard:?}");
                heard.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer comes");
        heard
    }

    /// Reads until the server closes; a reset is a close too.
    async fn hear_all(&mut self) -> String {
        let mut heard = Vec::new();
        let reading = self.stream.read_to_end(&mut heard);
        let _reset = tokio::time::timeout(PATIENCE, reading).await.expect("the server closes");
        String::from_utf8(heard).unwrap()
    }

    /// Sends `byte` again and again until the server answers or closes; gives what it said.
    async fn dribble(mut self, byte: &[u8]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "the server lets itself be dribbled at");
            tokio::select! {
                heard = self.stream.readable() => {
                    heard.unwrap();
                    return self.hear_all().await;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {
                    if self.stream.write_all(byte).await.is_err() {
                        return self.hear_all().await;
                    }
                }
            }
        }
    }
}

fn patient() -> Options {
    Options::default()
}

#[tokio::test]
async fn dribbled_headers_are_cut() {
    let options = Options { header_timeout: Duration::from_millis(300), ..patient() };
    let server = Server::start(options);
    let started = Instant::now();
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nx-slow: ").await;
    assert_eq!(client.dribble(b"x").await, "");
    let lived = started.elapsed();
    assert!((300..1_000).contains(&lived.as_millis()), "lived {lived:?}");
    assert_eq!(server.connections.timed_out(), 1);
}

#[tokio::test]
async fn headers_dribbled_after_an_idle_while_are_cut_from_their_first_byte() {
    let header_timeout = Duration::from_millis(300);
    let server = Server::start(Options { header_timeout, ..patient() });
    let mut client = server.connect().await;
    client.send(GET).await;
    client.hear("hello").await;
    // Longer than headers may take: this is idleness, which is allowed for 75 s.
    tokio::time::sleep(header_timeout * 2).await;
    let started = Instant::now();
    client.send("GET / HTTP/1.1\r\nx-slow: ").await;
    assert_eq!(client.dribble(b"x").await, "");
    let lived = started.elapsed();
    assert!((290..1_000).contains(&lived.as_millis()), "lived {lived:?}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut() {
    let server = Server::start(Options { header_timeout: Duration::from_millis(200), ..patient() });
    assert_eq!(server.connect().await.hear_all().await, "");
    server.until_open(0).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_idle_time_and_not_the_header_time() {
    let options = Options {
        header_timeout: Duration::from_millis(100),
        idle_timeout: Duration::from_millis(500),
        ..patient()
    };
    let server = Server::start(options);
    let mut client = server.connect().await;
    client.send(GET).await;
    client.hear("hello").await;
    let answered = Instant::now();
    assert_eq!(client.hear_all().await, "");
    let idle = answered.elapsed();
    assert!((450..2_000).contains(&idle.as_millis()), "idle for {idle:?}");
}

#[tokio::test]
async fn a_dribbled_body_gets_408_and_is_closed() {
    let bodies = [("content-length: 100000", "x"), ("transfer-encoding: chunked", "1\r\nx\r\n")];
    for (framing, piece) in bodies {
        let server = Server::start(Options { body_timeout: Duration::from_millis(300), ..patient() });
        let mut client = server.connect().await;
        client.send(&format!("POST /length HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n")).await;
        let heard = client.dribble(piece.as_bytes()).await;
        assert!(heard.starts_with("HTTP/1.1 408 "), "{framing}: {heard}");
        assert!(heard.contains("connection: close\r\n"), "{heard}");
        assert!(heard.contains(r#"{"result":"Failed","reason":"Send the whole body sooner"#), "{heard}");
        server.until_open(0).await;
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let server = Server::start(Options { body_timeout: Duration::from_millis(200), ..patient() });
    let mut client = server.connect().await;
    client.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.until_open(1).await;
    server.until_open(0).await;
    assert_eq!(server.connections.timed_out(), 1);
}

#[tokio::test]
async fn a_connection_outlives_an_answer_that_did_not_wait_for_the_body() {
    let server = Server::start(patient());
    for framing in
        ["content-length: 5\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
    {
        let (head, body) = framing.split_once("\r\n\r\n").unwrap();
        let mut client = server.connect().await;
        // No route reads this body. The answer comes before it does, if the server lets it.
        client.send(&format!("POST / HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n")).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.send(body).await;
        client.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let heard = client.hear_all().await;
        assert!(heard.starts_with("HTTP/1.1 405 ") && heard.ends_with("hello"), "{framing:?}: {heard:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_wait_for_a_long_body_says_that_it_closes() {
    let server = Server::start(patient());
    let endless =
        "transfer-encoding: chunked\r\n\r\n100001\r\n".to_owned() + &"x".repeat(0x100001) + "\r\n1\r\n";
    for framing in
        ["content-length: 100000000\r\n\r\n", "expect: 100-continue\r\ncontent-length: 5\r\n\r\n", &endless]
    {
        let mut client = server.connect().await;
        client.send(&format!("POST / HTTP/1.1\r\nhost: x\r\n{framing}")).await;
        let heard = client.hear("\r\n\r\n").await;
        let told = heard.starts_with("HTTP/1.1 405 ") && heard.contains("connection: close\r\n");
        assert!(told, "{}: {heard}", &framing[..40]);
    }
}

#[tokio::test]
async fn a_slow_handler_is_waited_for() {
    let short = Duration::from_millis(50);
    let server = Server::start(Options {
        header_timeout: short,
        body_timeout: short,
        idle_timeout: short,
        ..patient()
    });
    let mut client = server.connect().await;
    client.send("GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(short * 6).await;
    server.release.notify_one();
    assert!(client.hear_all().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn the_cap_refuses_politely_and_recovers() {
    let server = Server::start(Options { connections: 2, ..patient() });
    let first = server.connect().await;
    let mut second = server.connect().await;
    server.until_open(2).await;
    let mut third = server.connect().await;
    third.send(GET).await;
    let heard = third.hear_all().await;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("retry-after: 1"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(server.connections.refused(), 1);
    second.send(GET).await;
    second.hear("hello").await;
    drop(first);
    server.until_open(1).await;
    let mut fourth = server.connect().await;
    fourth.send(GET).await;
    fourth.hear("hello").await;
}

#[test]
fn an_address_has_its_own_cap_and_gives_its_places_back() {
    let connections = Arc::new(Connections::default());
    let options = Options { connections: 4, connections_per_address: 2, ..patient() };
    let admit = |last: u8, exempt| connections.admit(IpAddr::from([192, 0, 2, last]), exempt, &options);
    let held = [admit(1, false), admit(1, false)];
    assert!(admit(1, false).is_none());
    let others = [admit(2, false), admit(1, true)];
    assert!(held.iter().chain(&others).all(Option::is_some));
    assert!(admit(3, true).is_none(), "the cap on all holds for the exempt too");
    drop(held);
    drop(others);
    assert_eq!(connections.open(), 0);
    assert!(connections.per_address.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_refuses_the_rest() {
    let server = Server::start(patient());
    let mut idle = server.connect().await;
    idle.send(GET).await;
    idle.hear("hello").await;
    let mut busy = server.connect().await;
    busy.send("GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.until_open(2).await;
    server.stop.cancel();
    assert_eq!(idle.hear_all().await, "", "an idle connection is closed at once");
    #[expect(clippy::disallowed_methods, reason = "a test speaks to its own server")]
    let refused = TcpStream::connect(server.address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    server.release.notify_one();
    let heard = busy.hear_all().await;
    assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
    assert!(heard.contains("connection: close\r\n"), "{heard}");
    server.ends().await;
}

#[tokio::test]
async fn a_stop_hears_the_connection_that_had_just_come() {
    let server = Server::start(patient());
    let mut client = server.connect().await;
    server.until_open(1).await;
    server.stop.cancel();
    client.send(GET).await;
    assert!(client.hear_all().await.ends_with("hello"));
    server.ends().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = Server::start(Options { shutdown_timeout: Duration::from_millis(200), ..patient() });
    let mut client = server.connect().await;
    client.send("GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.until_open(1).await;
    server.stop.cancel();
    server.ends().await;
    assert_eq!(client.hear_all().await, "");
}

#[tokio::test]
async fn a_request_with_two_lengths_is_refused() {
    let line = "POST /length HTTP/1.1\r\nhost: x\r\n";
    let length = "content-length: 3\r\n";
    let chunked = "transfer-encoding: chunked\r\n";
    let chunks = "2\r\nhi\r\n0\r\n\r\n";
    let plain = format!("{line}{length}\r\nabc");
    // (what is sent, the statuses that come back)
    let table: [(String, &[&str]); 7] = [
        (format!("{line}{length}{chunked}\r\n{chunks}"), &["400"]),
        (format!("{line}{chunked}Content-LENGTH:3\r\n\r\n{chunks}"), &["400"]),
        (format!("{line}{chunked}\r\n{chunks}"), &["200"]),
        (plain.clone(), &["200"]),
        (format!("{plain}{line}{chunked}\r\n{chunks}"), &["200", "200"]),
        (format!("{GET}{line}{chunked}{length}\r\n{chunks}"), &["200", "400"]),
        (format!("{plain}{line}{length}{chunked}\r\n{chunks}"), &["200", "400"]),
    ];
    let server = Server::start(patient());
    for (sent, expected) in table {
        let mut client = server.connect().await;
        client.send(&sent).await;
        client.stream.shutdown().await.unwrap();
        let heard = client.hear_all().await;
        let statuses: Vec<&str> = heard.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        assert_eq!(statuses, expected, "{sent:?} was answered {heard:?}");
    }
}

#[test]
fn length_lines_are_found_wherever_the_reads_cut_them() {
    let text = b"POST / HTTP/1.1\r\nx-content-length: 1\r\nContent-Length: 2\r\nCONTENT-LENGTH:3\ncontent-lengthy: 4\r\n\r\n";
    for first in 0..text.len() {
        for second in first..text.len() {
            let mut lines = LengthLines::default();
            let parts = [&text[..first], &text[first..second], &text[second..]];
            let found: u32 = parts.into_iter().map(|part| lines.count(part)).sum();
            assert_eq!(found, 2, "cut at {first} and {second}");
        }
    }
}

#[test]
fn the_client_is_the_right_most_address_that_no_trusted_proxy_has() {
    // (peer, X-Forwarded-For lines, client); 10.0.0.0/8 is trusted
    let table: [(&str, &[&str], &str); 14] = [
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.9,192.0.2.1 , 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", &["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["192.0.2.1", "10.0.0.3, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", &["192.0.2.1:8080"], "192.0.2.1"),
        ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
        ("10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["nonsense"], "10.0.0.1"),
        ("10.0.0.1", &["nonsense, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", &["192.0.2.1, , 10.0.0.2"], "10.0.0.2"),
    ];
    let is_trusted = |address: IpAddr| matches!(address, IpAddr::V4(address) if address.octets()[0] == 10);
    for (peer, lines, client) in table {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let found = client_address(peer.parse().unwrap(), &headers, &is_trusted);
        assert_eq!(found.to_string(), client, "{peer} {lines:?}");
    }
}

#[tokio::test]
async fn forwarded_addresses_are_believed_only_of_trusted_proxies() {
    for (trusted, expected) in [(true, "192.0.2.1"), (false, "127.0.0.1")] {
        let trusted_proxies = Arc::new(move |address: IpAddr| trusted && address.is_loopback());
        let server = Server::start(Options { trusted_proxies, ..patient() });
        let mut client = server.connect().await;
        client
            .send("GET /peer HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.1\r\nconnection: close\r\n\r\n")
            .await;
        assert!(client.hear_all().await.ends_with(expected));
    }
}

#[tokio::test]
async fn an_endless_response_goes_on_without_hyper_and_looks_the_same() {
    let server = Server::start(Options::default());
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nhost: x\r\n\r\nwhatever else it says").await;
    let answer = client.hear_all().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("transfer-encoding: chunked\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), "{answer}");
    let mut old = server.connect().await;
    old.send("GET /endless HTTP/1.0\r\nhost: x\r\n\r\n").await;
    let answer = old.hear_all().await;
    assert!(answer.ends_with("\r\n\r\nonetwo"), "{answer}");
    let mut head = server.connect().await;
    head.send("HEAD /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
    head.hear("\r\n\r\n").await;
    head.send(GET).await;
    head.hear("hello").await;
    drop(head);
    server.until_open(0).await;
}

#[tokio::test]
async fn an_endless_response_ends_when_its_client_leaves_or_takes_nothing() {
    let body_timeout = Duration::from_millis(300);
    let server = Server::start(Options { body_timeout, ..Options::default() });
    let mut leaving = server.connect().await;
    leaving.send("GET /endless-flood HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let _begun = leaving.stream.read(&mut [0; 64]).await.unwrap();
    drop(leaving);
    server.until_open(0).await;
    assert_eq!(server.connections.timed_out(), 0);
    let mut sleepy = server.connect().await;
    sleepy.send("GET /endless-flood HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.until_open(1).await;
    server.until_open(0).await;
    assert_eq!(server.connections.timed_out(), 1);
}
