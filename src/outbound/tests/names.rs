//! Names that lie: mixed answers, answers that change, redirects, and what the operator allows.

use super::*;

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|ip| ip.parse().unwrap()).collect()
}

#[tokio::test]
async fn one_forbidden_answer_bars_the_whole_name() {
    let forbidden =
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"];
    for bad in forbidden {
        for answers in [vec![PUBLIC, bad], vec![bad, PUBLIC], vec![PUBLIC, "1.1.1.1", bad, "2606:4700::1111"]]
        {
            let world = Stage::naming_all(&answers);
            let answer = call(&world.client(&config::Outbound::default()), "http://mixed.example.com/").await;
            assert_eq!(world.opened(), [], "{answers:?}");
            assert!(matches!(answer, Err(Trouble::Refused(_))), "{answers:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_stands_for_another_is_judged_by_where_it_ends() {
    let world = Stage::new(|name, _| {
        let mut name = name;
        // Three aliases, as CNAME records would make them.
        for (alias, real) in [
            ("a.example.com", "b.example.com"),
            ("b.example.com", "c.internal"),
            ("d.example.com", "e.example.com"),
        ] {
            name = if name == alias { real } else { name };
        }
        ips(&[if name == "c.internal" { "10.0.0.7" } else { PUBLIC }])
    });
    let client = world.client(&config::Outbound::default());
    for name in ["a.example.com", "b.example.com", "c.internal"] {
        assert!(
            matches!(call(&client, &format!("http://{name}/")).await, Err(Trouble::Refused(_))),
            "{name}"
        );
        assert_eq!(world.opened(), [], "{name}");
    }
    assert!(call(&client, "http://d.example.com/").await.is_ok());
    assert_eq!(world.opened().len(), 1);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_looked_at_every_time_and_only_once() {
    let world = Stage::new(|_, question| ips(&[if question % 2 == 0 { PUBLIC } else { "127.0.0.1" }]));
    let client = world.client(&config::Outbound::default());
    let target = Target::parse("http://rebind.example.com/hook").unwrap();
    let mut answered = 0;
    for _ in 0..1_000 {
        answered += usize::from(client.post(&target, &[], Bytes::from_static(b"{}")).await.is_ok());
    }
    // A second look between vetting and dialling would have come on the other address.
    assert_eq!(world.lookups.load(Ordering::SeqCst), 1_000);
    let opened = world.opened();
    assert_eq!((answered, opened.len()), (500, 500));
    assert!(opened.iter().all(|address| address.to_string() == format!("{PUBLIC}:80")));
}

#[tokio::test]
async fn redirects_are_answers() {
    let places = [
        "http://127.0.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://localhost/",
        "http://2130706433/",
        "https://notify.example.com/",
        "http://1.1.1.1/",
        "//127.0.0.1/",
        "/elsewhere",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ];
    for status in [301, 302, 303, 307, 308] {
        for place in places {
            let answer = format!(
                "HTTP/1.1 {status} Moved\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let world = Stage::answering(&answer, |_, _| ips(&[PUBLIC]));
            let reply =
                call(&world.client(&config::Outbound::default()), "http://hooks.example.com/").await.unwrap();
            assert_eq!((reply.status, reply.headers["location"].to_str().unwrap()), (status, place));
            assert_eq!(world.opened(), [SocketAddr::new(PUBLIC.parse().unwrap(), 80)], "{status} {place}");
        }
    }
}

#[tokio::test]
async fn what_the_operator_allows_is_called_at_any_port_and_nothing_beside_it() {
    let world = Stage::new(|name, _| match name {
        "mixed.internal" => ips(&["10.20.0.5", "10.21.0.5"]),
        "both.internal" => ips(&["10.20.0.5", PUBLIC]),
        _ => ips(&["10.20.0.5"]),
    });
    let client = world.client(&allowing(&["10.20.0.0/16", "fd12::/32"]));
    for (text, address) in [
        ("http://10.20.255.255/", "10.20.255.255:80"),
        ("http://10.20.0.5:22/", "10.20.0.5:22"),
        ("http://hooks.internal:3000/", "10.20.0.5:3000"),
        ("http://[fd12::7]:81/", "[fd12::7]:81"),
        // It is the same machine, and called by its right name.
        ("http://[::ffff:a14:5]/", "10.20.0.5:80"),
    ] {
        assert!(call(&client, text).await.is_ok(), "{text}");
        assert_eq!(world.opened(), [address.parse().unwrap()], "{text}");
    }
    for text in [
        "http://10.21.0.1/",
        "http://10.19.255.255/",
        "http://127.0.0.1/",
        "http://[fd13::]/",
        "http://mixed.internal/",
        "http://both.internal:3000/",
        "http://1.1.1.1:22/",
        "http://[::ffff:a15:5]/",
    ] {
        assert!(matches!(call(&client, text).await, Err(Trouble::Refused(_))), "{text}");
        assert_eq!(world.opened(), [], "{text}");
    }
}

#[tokio::test]
async fn the_server_itself_is_never_called_even_if_its_range_is_allowed() {
    let world = Stage::naming_all(&["10.0.0.9"]);
    let parts = Parts { resolver: world.clone(), dialer: world.clone(), tls: Err(String::new()) };
    let client = Outbound::with(&allowing(&["10.0.0.0/8"]), "http://10.0.0.9:8080/belfry", parts).unwrap();
    for text in ["http://10.0.0.9:8080/crm", "http://alias.internal:8080/", "http://[::ffff:a00:9]:8080/"] {
        let answer = call(&client, text).await;
        assert!(
            matches!(&answer, Err(Trouble::Refused(why)) if why.contains("this server itself")),
            "{answer:?}"
        );
        assert_eq!(world.opened(), [], "{text}");
    }
    assert!(call(&client, "http://10.0.0.9:9090/").await.is_ok());
}

#[test]
fn what_is_wrong_is_told_when_it_is_entered() {
    let told = [
        ("", "enter an address such as https://hooks.example.com/path"),
        ("ftp://example.com/", "begin the address with https:// or http://"),
        ("https://hooks.example.com/a b", "take the spaces and line breaks out of the address"),
        ("https://u:p@hooks.example.com/", "take what stands before @ out of the address"),
        ("https://hooks.example.com\\x", "write / for \\ in the address"),
        ("https://hooks.example.com/#x", "leave out # and what follows it in the address"),
        ("https://müller.example/", "write the host of the address as xn--mller-kva.example"),
        ("http://2130706433/", "write the host of the address as 127.0.0.1"),
        ("http://hooks.example.com./", "write the host of the address without the dot at its end"),
        ("http://hooks.example.com:080/", "write the port of the address as a number from 1 to 65535"),
    ];
    for (text, sentence) in told {
        assert_eq!(Target::parse(text).unwrap_err().to_string(), sentence, "{text}");
    }
    let world = Stage::naming_all(&[]);
    let (strict, lax) =
        (world.client(&config::Outbound::default()), world.client(&allowing(&["10.0.0.0/8"])));
    for (text, by_strict, by_lax) in [
        ("https://hooks.example.com/", true, true),
        ("https://hooks.example.com:22/", false, true),
        ("https://10.0.0.1:22/", false, true),
        ("https://127.0.0.1/", false, false),
        ("https://notify.example.com/", false, false),
    ] {
        let target = Target::parse(text).unwrap();
        assert_eq!(
            (strict.check(&target).is_ok(), lax.check(&target).is_ok()),
            (by_strict, by_lax),
            "{text}"
        );
    }
    assert_eq!(world.lookups.load(Ordering::SeqCst), 0);
}

#[test]
fn a_target_shows_its_host_and_four_characters() {
    let target = Target::parse("HTTPS://Hooks.example.com:8443/services/T0/B0/s3cretX7Qz").unwrap();
    assert_eq!(
        format!("{target:?} {}", target.shown()),
        "https://hooks.example.com:8443/…X7Qz https://hooks.example.com:8443/…X7Qz"
    );
    assert_eq!(
        (target.host(), target.port(), target.path()),
        ("hooks.example.com", 8_443, "/services/T0/B0/s3cretX7Qz")
    );
    assert_eq!(target.origin(), "https://hooks.example.com:8443");
    assert_eq!(target.as_str(), "https://hooks.example.com:8443/services/T0/B0/s3cretX7Qz");
    let signed = Target::parse("https://a.example/workflows/1/run?api-version=1&sig=abcdefgh-_1").unwrap();
    assert_eq!((signed.shown().as_str(), signed.path()), ("https://a.example/…h-_1", "/workflows/1/run"));
    assert_eq!(Target::parse("https://a.example/hook").unwrap().shown(), "https://a.example/…");
}
