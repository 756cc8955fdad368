//! Real servers on this machine that misbehave, and what is left of them.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// Longer than any wait in these tests, so that what waits for it waits for ever.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// This machine allowed, with limits that no test reaches, however busy the machine is.
fn client() -> Outbound {
    client_of(&allowing(&["127.0.0.0/8"]))
}

/// This machine allowed, with limits for what is waited for in vain.
fn hasty() -> config::Outbound {
    let second = Duration::from_secs(1);
    config::Outbound { connect_timeout: second, timeout: second, ..allowing(&["127.0.0.0/8"]) }
}

fn client_of(config: &config::Outbound) -> Outbound {
    let network = Arc::new(Network::default());
    let parts = Parts { resolver: network.clone(), dialer: network, tls: Err("no TLS here".to_owned()) };
    Outbound::with(config, PUBLIC_URL, parts).unwrap()
}

/// A server that reads the request of each connection and then does as `play` says; tells each request it has read.
async fn server<F, Play>(play: Play) -> (String, mpsc::UnboundedReceiver<String>)
where
    F: Future<Output = ()> + Send + 'static,
    Play: Fn(TcpStream) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if let Some(request) = read_request(&mut stream).await {
                let _ = tell.send(request);
                tokio::spawn(play(stream));
            }
        }
    });
    (url, told)
}

/// Reads one request whose body is `{}`; `None` if the connection ends first.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(request).ok()
}

/// A server that answers with these bytes and then waits for ever.
async fn says(answer: impl Into<Vec<u8>>) -> String {
    let answer: Vec<u8> = answer.into();
    let play = move |mut stream: TcpStream| {
        let answer = answer.clone();
        async move {
            let _ = stream.write_all(&answer).await;
            tokio::time::sleep(FOR_EVER).await;
        }
    };
    server(play).await.0
}

/// A server that sends `start` and then `more` again and again, after a pause each.
async fn repeats(start: &'static str, more: impl Into<Vec<u8>>, pause: Duration) -> String {
    let more: Arc<[u8]> = more.into().into();
    let play = move |mut stream: TcpStream| {
        let more = more.clone();
        async move {
            let _ = stream.write_all(start.as_bytes()).await;
            while stream.write_all(&more).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
    };
    server(play).await.0
}

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const PAUSE: Duration = Duration::from_millis(5);

#[tokio::test]
async fn an_allowed_address_is_called_and_its_answer_read() {
    let (url, mut requests) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 5\r\n\r\nhello").await;
        tokio::time::sleep(FOR_EVER).await;
    })
    .await;
    let headers = [("content-type", "application/json"), ("host", "evil"), ("transfer-encoding", "chunked")]
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let target = Target::parse(&(url.clone() + "?sig=1")).unwrap();
    let reply = client().post(&target, &headers, Bytes::from_static(b"{}")).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice(), reply.cut), (202, b"hello".as_slice(), false));
    assert_eq!(reply.headers["x-id"], "7");

    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /hook?sig=1 HTTP/1.1\r\n"), "{request}");
    let host = format!("host: 127.0.0.1:{}\r\n", target.port());
    for line in [
        host.as_str(),
        "content-length: 2\r\n",
        "content-type: application/json\r\n",
        "accept-encoding: identity\r\n",
    ] {
        assert_eq!(request.matches(line).count(), 1, "{line}: {request}");
    }
    assert!(!request.contains("evil") && !request.contains("chunked"), "{request}");
}

#[tokio::test]
async fn bodies_end_in_time_and_size() {
    let trickle = repeats("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"x", PAUSE).await;
    let claimed = says(format!("{HEAD}content-length: 10000000000\r\n\r\nabc")).await;
    let endless = repeats("HTTP/1.1 200 OK\r\n\r\n", [b'x'; 4_096], Duration::ZERO).await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let chunks =
        repeats("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk, Duration::ZERO).await;
    let exact =
        says(format!("{HEAD}content-length: {LONGEST_BODY}\r\n\r\n{}", "x".repeat(LONGEST_BODY))).await;
    let over =
        says(format!("{HEAD}content-length: {}\r\n\r\n{}", LONGEST_BODY + 1, "x".repeat(LONGEST_BODY + 1)))
            .await;
    let (patient, hasty) = (client(), client_of(&hasty()));
    let cases = [
        (trickle, 1..1_000, true),
        (claimed, 3..4, true),
        (endless, LONGEST_BODY..LONGEST_BODY + 1, true),
        (chunks, LONGEST_BODY..LONGEST_BODY + 1, true),
        (exact, LONGEST_BODY..LONGEST_BODY + 1, false),
        (over, LONGEST_BODY..LONGEST_BODY + 1, true),
    ];
    for (index, (url, length, cut)) in cases.into_iter().enumerate() {
        let reply = call(if index < 2 { &hasty } else { &patient }, &url).await.unwrap();
        assert_eq!((reply.status, reply.cut), (200, cut), "case {index}");
        assert!(length.contains(&reply.body.len()), "case {index}: {} bytes", reply.body.len());
        assert!(reply.body.capacity() <= 4 * LONGEST_BODY, "case {index}: {}", reply.body.capacity());
    }
}

#[tokio::test]
async fn heads_end_in_time_and_size() {
    let many = |count: usize| format!("{HEAD}{}content-length: 0\r\n\r\n", "a: b\r\n".repeat(count - 1));
    let client = client();
    assert_eq!(call(&client, &says(many(100)).await).await.unwrap().headers.len(), 100);
    let long = format!("{HEAD}a: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(300_000));
    let endless = repeats("HTTP/1.1 200 OK\r\n", "a: b\r\n".repeat(50), Duration::ZERO).await;
    for url in [says(many(101)).await, says(long).await, endless] {
        assert_eq!(call(&client, &url).await.unwrap_err(), Trouble::TooLarge);
    }
    let trickle = repeats("HTTP/1.1 200 OK\r\n", b"a", PAUSE).await;
    let interim = repeats("", b"HTTP/1.1 103 Early Hints\r\n\r\n", PAUSE).await;
    for url in [trickle, interim] {
        assert_eq!(call(&client_of(&hasty()), &url).await.unwrap_err(), Trouble::Timeout { sent: true });
    }
}

#[tokio::test]
async fn a_packed_answer_is_left_packed() {
    // The first bytes of a bomb: nobody unpacks them.
    let bomb =
        [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe][..]]
            .concat();
    let head = format!("{HEAD}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let reply = call(&client(), &says([head.as_bytes(), &bomb].concat()).await).await.unwrap();
    assert_eq!((reply.body, reply.cut), (bomb, false));
    assert_eq!(reply.headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn an_answer_that_breaks_off_keeps_its_status() {
    let (url, _requests) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n0123456789").await;
    })
    .await;
    let reply = call(&client(), &url).await.unwrap();
    assert_eq!((reply.status, reply.body.len(), reply.cut), (200, 10, true));
}

#[tokio::test]
async fn no_answer_is_told_apart_from_no_connection() {
    let client = client();
    let (closed, mut ends) = mpsc::unbounded_channel();
    let (url, _requests) = server(move |mut stream| {
        let closed = closed.clone();
        async move { closed.send(stream.read(&mut [0; 16]).await.unwrap_or(0)).unwrap() }
    })
    .await;
    assert_eq!(call(&client_of(&hasty()), &url).await.unwrap_err(), Trouble::Timeout { sent: true });
    // The connection does not stay behind, waiting for an answer that nobody reads.
    assert_eq!(ends.recv().await, Some(0));

    let (url, _requests) = server(|stream| async move { drop(stream) }).await;
    let broken = call(&client, &url).await.unwrap_err();
    assert!(matches!(broken, Trouble::Broken { sent: true, .. }), "{broken:?}");
    let broken = call(&client, &says("SSH-2.0-OpenSSH_9.9\r\n").await).await.unwrap_err();
    assert!(
        matches!(&broken, Trouble::Broken { sent: true, what } if what.contains("no HTTP")),
        "{broken:?}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let refused = call(&client, &url).await.unwrap_err();
    assert!(matches!(&refused, Trouble::Connect(what) if what.contains("127.0.0.1")), "{refused:?}");
    assert!(!refused.may_have_arrived() && broken.may_have_arrived());
}

#[tokio::test]
async fn a_silent_address_leaves_time_for_the_next() {
    struct Silent(TcpListener);
    impl Dial for Silent {
        fn dial(&self, address: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> {
            if address.ip().is_ipv6() {
                return std::future::pending().boxed();
            }
            Network::default().dial(self.0.local_addr().unwrap())
        }
    }
    let dialer = Arc::new(Silent(TcpListener::bind("127.0.0.1:0").await.unwrap()));
    let ips = |texts: &[&str]| texts.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<IpAddr>>();
    let (one, both) = (ips(&["2606:4700::1111"]), ips(&["2606:4700::1111", PUBLIC]));
    let names = Stage::new(move |name, _| if name == "one.example.com" { one.clone() } else { both.clone() });
    let parts = Parts { resolver: names, dialer: dialer.clone(), tls: Err(String::new()) };
    let client = Outbound::with(&hasty(), PUBLIC_URL, parts).unwrap();
    assert_eq!(call(&client, "http://one.example.com/").await.unwrap_err(), Trouble::Timeout { sent: false });
    tokio::spawn(async move {
        let (mut stream, _) = dialer.0.accept().await.unwrap();
        let _ = read_request(&mut stream).await;
        stream.write_all(EMPTY_OK.as_bytes()).await.unwrap();
    });
    assert_eq!(call(&client, "http://both.example.com/").await.map(|reply| reply.status), Ok(200));
}

#[tokio::test]
async fn connections_are_used_again_and_do_not_outlive_their_permission() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                // Two calls, then the server has had enough, without saying so.
                for _ in 0..2 {
                    if read_request(&mut stream).await.is_some() {
                        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                    }
                }
            });
        }
    });
    let client = client();
    for (calls, connections) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
        let status = loop {
            // That the server hung up may be seen before the next call, or when it is written.
            match call(&client, &url).await {
                Ok(reply) => break reply.status,
                Err(trouble) => assert!(matches!(trouble, Trouble::Broken { .. }), "{trouble:?}"),
            }
        };
        assert_eq!((status, accepted.load(Ordering::SeqCst)), (204, connections), "call {calls}");
    }
    client.reload(&config::Outbound::default());
    assert!(matches!(call(&client, &url).await, Err(Trouble::Refused(_))));
    client.reload(&allowing(&["127.0.0.0/8"]));
    assert_eq!(call(&client, &url).await.unwrap().status, 204);
    assert_eq!(accepted.load(Ordering::SeqCst), 4);
}
