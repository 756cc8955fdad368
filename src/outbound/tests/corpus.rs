//! Spellings of forbidden addresses: at least 350, and not one of them is ever dialled.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::*;

/// Hosts by which this machine is reached, or would be if somebody read them carelessly. None may pass as a name.
#[rustfmt::skip]
const LOOPBACK_HOSTS: &[&str] = &[
    "127.0.0.1", "127.0.0.1:80", "127.0.0.1:443", "127.0.0.1:8080", "127.0.0.2", "127.1", "127.0.1",
    "127.1:80", "127.000.000.001", "127.0.0.001", "127.0.0.01", "127.0.01", "127.01", "0127.0.0.1",
    "0177.0.0.1", "0177.1", "0177.0.0.01", "00000177.0.0.1", "0177.0000.0000.0001", "017700000001", "0x7f.1",
    "0x7f.0.0.1", "0x7f000001", "0x7F000001", "0X7F.1", "0x7f.0x0.0x0.0x1", "0x7f.0.0.0x1", "0x7f.0x000001",
    "0x0000007f.1", "127.0x1", "127.0.0.0x1", "2130706433", "02130706433", "2130706433:80", "127.0.0.1.",
    "127.1.", "2130706433.", "0x7f.1.", "127.255.255.254", "127.127.127.127", "0", "00", "0x0", "0.0", "0.1",
    "0.0.0.0", "0.0.0.0:80", "0.0.0.1", "127.0.0.1%00", "127.0.0.1%20", "127.0.0.1%2f",
    "127.0.0.1%2fexample.com", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127.0.0.%31", "%6cocalhost",
    "loc%61lhost", "１２７.０.０.１", "127.0.0.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "¹²⁷.⁰.⁰.¹", "0𝐱7f.1", "127.0.0.1\u{ad}", "127.0.0.\u{200d}1", "[::1]", "[::1]:80", "[::1]:443",
    "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0001]", "[::01]", "[0::1]", "[::0:1]", "[::]", "[::]:80",
    "[0:0:0:0:0:0:0:0]", "[::ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:7f00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]",
    "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]", "[::1%25lo]", "[::1%lo]", "[::1%25]", "[::1%0]",
    "[fe80::1%25eth0]", "[::1].", "[::1", "::1", "::1]", "[127.0.0.1]", "[[::1]]", "[::1]x", "[::1]:",
    "[::1]@",
];

/// Names of this machine: whatever a resolver says of the world, it says loopback of these.
#[rustfmt::skip]
const LOOPBACK_NAMES: &[&str] = &[
    "localhost", "LOCALHOST", "LocalHost:80", "localhost.", "localhost.localdomain", "localhost6",
    "ip6-localhost", "ip6-loopback", "foo.localhost", "127.0.0.1.nip.io", "7f000001.nip.io", "localtest.me",
    "lvh.me", "vcap.me", "ⓛocalhost", "ℓocalhost", "ＬＯＣＡＬＨＯＳＴ", "local\u{ad}host", "local\u{200b}host",
    "loopback", "me", "_me._tcp", "metadata.google.internal", "metadata", "instance-data",
    "kubernetes.default.svc", "host.docker.internal",
];

/// Texts that are no address, or that two readers would read as two.
#[rustfmt::skip]
const TRICKS: &[&str] = &[
    "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://127.0.0.1\\.example.com/",
    "http://example.com\\127.0.0.1", "http:\\\\127.0.0.1\\", "http:/\\127.0.0.1/", "\\\\127.0.0.1\\share",
    "http://example.com@127.0.0.1/", "http://user:secret@127.0.0.1/", "http://user@example.com/",
    "http://@127.0.0.1/", "http://example.com:80@127.0.0.1/", "http://127.0.0.1@example.com/",
    "http://a@b@127.0.0.1/", "http://:@127.0.0.1/", "http://example.com%40127.0.0.1/",
    "http://example.com%2f@127.0.0.1/", "http://example.com%23@127.0.0.1/", "http://example.com#@127.0.0.1/",
    "http://127.0.0.1#@example.com/", "http://127.0.0.1/#", "http://example.com/#x",
    "http://127.0.0.1?@example.com/", "http://127.0.0.1/@example.com", "http://127.0.0.1;@example.com/",
    "http://127.0.\t0.1/", "http://12\n7.0.0.1/", "http://ex\tample.com/", "ht\ntp://127.0.0.1/",
    "http://\t127.0.0.1/", "http://127.0.0.1\t/", "http://example.com/\r\nHost: 127.0.0.1",
    "http://example.com/\tx", "http://example.com/\0", " http://127.0.0.1/", "http://127.0.0.1/ ",
    "http:// 127.0.0.1/", "http://127.0.0.1 /", "http://exa mple.com/", "\u{feff}http://127.0.0.1/",
    "http://example.com/\u{2028}", "http://exam\u{a0}ple.com/", "http://127.0.0.1\u{3000}/",
    "http:/127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/", "http:////127.0.0.1/", "//127.0.0.1/",
    "/127.0.0.1", "127.0.0.1", "127.0.0.1:80", "localhost:80", "", "http", "http:", "http:/", "http://",
    "https://", "http:///", "http://?", "http://:80/", "http://./", "http://../", "http://.127.0.0.1/",
    "http://a..b/", "http://example.com./", "http://example.com../", "http://-/%", "http://exa!mple.com/",
    "http://exa*mple.com/", "http://exa'mple.com/", "http://exam,ple.com/", "http://example.com;127.0.0.1/",
    "http://example.com|127.0.0.1/", "http://{127.0.0.1}/", "http://$(localhost)/", "http://`localhost`/",
    "http://<127.0.0.1>/", "http://\"127.0.0.1\"/", "http://127.0.0.1^/", "http://127.0.0.1:80:80/",
    "http://127.0.0.1:/", "http://127.0.0.1:0/", "http://127.0.0.1:080/", "http://example.com:/",
    "http://example.com:0/", "http://example.com:080/", "http://example.com:65536/", "http://example.com:-1/",
    "http://example.com:+80/", "http://example.com:8O/", "http://example.com:8０/", "http://example.com:80 /",
    "http://example.com:80@/", "http://müller.example/", "http://example.com/ü", "http://1.2.3.4.5/",
    "http://256.256.256.256/", "http://1.1.1.256/", "http://0x/", "http://4294967296/",
    "http://example.0x7f/", "http://foo.127.1/", "http://xn--/", "http://xn--a/", "http://[v1.a]/",
    "http://[1:2]/", "http://[::g]/", "http://[:::1]/", "http://[1::2::3]/", "http://[::127.0.0.1.5]/",
    "http://[::ffff:127.1]/", "http ://127.0.0.1/", "https//127.0.0.1/", "hxxp://127.0.0.1/",
    "http+x://127.0.0.1/", "h\u{2024}ttp://127.0.0.1/",
];

/// Schemes that are none of ours, each before the same host.
#[rustfmt::skip]
const SCHEMES: &[&str] = &[
    "ftp", "file", "gopher", "dict", "ldap", "ldaps", "data", "javascript", "ws", "wss", "tftp", "sftp",
    "ssh", "telnet", "smtp", "imap", "jar", "unix", "blob", "about", "view-source", "netdoc", "phar", "httpx",
];

/// Ranges that are not public, each with its first and last address, and the public neighbours outside.
#[rustfmt::skip]
const RANGES: &[(&str, &str, &[&str])] = &[
    ("0.0.0.0", "0.255.255.255", &["1.0.0.0"]),
    ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
    ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
    ("100.100.100.200", "100.100.100.200", &[]),
    ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
    ("168.63.129.16", "168.63.129.16", &["168.63.129.15", "168.63.129.17"]),
    ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
    ("169.254.169.254", "169.254.170.2", &[]),
    ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
    ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
    ("192.0.0.192", "192.0.0.192", &[]),
    ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
    ("192.31.196.0", "192.31.196.255", &["192.31.195.255", "192.31.197.0"]),
    ("192.52.193.0", "192.52.193.255", &["192.52.192.255", "192.52.194.0"]),
    ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
    ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
    ("192.175.48.0", "192.175.48.255", &["192.175.47.255", "192.175.49.0"]),
    ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
    ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
    ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
    ("224.0.0.0", "239.255.255.255", &["223.255.255.255"]),
    ("240.0.0.0", "255.255.255.254", &[]),
    ("255.255.255.255", "255.255.255.255", &[]),
    ("::", "::1", &[]),
    ("::ffff:0:0", "::ffff:ffff:ffff", &[]),
    ("64:ff9b::", "64:ff9b::ffff:ffff", &[]),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", &[]),
    ("100::", "100::ffff:ffff:ffff:ffff", &[]),
    ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", &[]),
    ("200::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2000::"]),
    ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", &["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
    ("2001:1::1", "2001:1::3", &[]),
    ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("2001:100::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:200::"]),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:db7:ffff::", "2001:db9::"]),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2003::"]),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", &["2620:4f:7fff::", "2620:4f:8001::"]),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", &["3ffe::", "3fff:1000::"]),
    ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("fd00:ec2::254", "fd00:ec2::254", &[]),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
];

/// IPv6 addresses that carry an IPv4 address to somebody who unpacks it.
fn transition_addresses() -> Vec<String> {
    let within = [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.1.1",
        "168.63.129.16",
        "100.100.100.200",
        "8.8.8.8",
    ];
    let mut found = Vec::new();
    for ip in within {
        let bits = ip.parse::<Ipv4Addr>().unwrap().to_bits();
        let (high, low) = (bits >> 16, bits & 0xffff);
        let (not_high, not_low) = (!high & 0xffff, !low & 0xffff);
        found.extend([
            format!("::ffff:{high:x}:{low:x}"),
            format!("::{high:x}:{low:x}"),
            format!("::ffff:0:{high:x}:{low:x}"),
            format!("64:ff9b::{high:x}:{low:x}"),
            format!("64:ff9b:1::{high:x}:{low:x}"),
            format!("2002:{high:x}:{low:x}::"),
            format!("2002:{high:x}:{low:x}::1"),
            format!("2001:0:5ef5:79fd:0:1234:{not_high:x}:{not_low:x}"),
            format!("fe80::5efe:{high:x}:{low:x}"),
            format!("2606:4700::5efe:{high:x}:{low:x}"),
            format!("2606:4700::200:5efe:{high:x}:{low:x}"),
        ]);
    }
    found
}

fn literal(ip: &str) -> String {
    if ip.contains(':') { format!("http://[{ip}]/hook") } else { format!("http://{ip}/hook") }
}

/// Every text that must lead nowhere, whatever names mean.
fn forbidden_texts() -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = TRICKS.iter().map(|text| (*text).to_owned()).collect();
    texts.extend(
        LOOPBACK_HOSTS
            .iter()
            .flat_map(|host| [format!("http://{host}/"), format!("https://{host}/hook?x=1")]),
    );
    texts.extend(
        SCHEMES
            .iter()
            .flat_map(|scheme| [format!("{scheme}://93.184.215.14/"), format!("{scheme}:127.0.0.1")]),
    );
    texts.extend(RANGES.iter().flat_map(|(first, last, _)| [literal(first), literal(last)]));
    texts.extend(transition_addresses().iter().map(|ip| literal(ip)));
    for port in [
        1, 7, 21, 22, 23, 25, 53, 81, 110, 111, 139, 445, 2375, 3306, 5432, 6379, 7999, 10_000, 11_211,
        65_535,
    ] {
        texts.insert(format!("http://{PUBLIC}:{port}/"));
        texts.insert(format!("https://hooks.example.com:{port}/"));
    }
    for own in [
        "https://notify.example.com",
        "http://notify.example.com/",
        "https://NOTIFY.Example.com/crm/x",
        "https://notify.example.com:443/",
        "https://notify.example.com:80/",
        "http://notify.example.com:443/?x",
    ] {
        texts.insert(own.to_owned());
    }
    texts
}

#[tokio::test]
async fn no_spelling_of_a_forbidden_address_is_dialled() {
    let texts = forbidden_texts();
    assert!(texts.len() >= 350 && LOOPBACK_HOSTS.len() >= 60 && SCHEMES.len() >= 12, "{}", texts.len());
    assert!(RANGES.len() >= 40 && transition_addresses().len() >= 40);
    // Whatever a resolver makes of a host that is no name, it must not be asked; hence once with public answers.
    for world in [Stage::naming_all(&[PUBLIC]), Stage::naming_all(&["127.0.0.1"])] {
        let client = world.client(&config::Outbound::default());
        for text in &texts {
            let answer = call(&client, text).await;
            assert_eq!(world.opened(), [], "{text:?}");
            assert!(matches!(answer, Err(Trouble::Refused(_))), "{text:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn no_name_of_a_forbidden_address_is_dialled() {
    let mut addresses: Vec<String> = transition_addresses();
    addresses.extend(RANGES.iter().flat_map(|(first, last, _)| [(*first).to_owned(), (*last).to_owned()]));
    for ip in &addresses {
        let world = Stage::naming_all(&[ip]);
        let client = world.client(&config::Outbound::default());
        let answer = call(&client, "http://hooks.example.com/hook").await;
        assert_eq!(world.opened(), [], "{ip}");
        assert!(matches!(answer, Err(Trouble::Refused(_))), "{ip}: {answer:?}");
    }
    for name in LOOPBACK_NAMES {
        let world = Stage::naming_all(&["127.0.0.1"]);
        let client = world.client(&config::Outbound::default());
        for text in [format!("http://{name}/"), format!("https://{name}/x"), format!("http://{name}/?y")] {
            let answer = call(&client, &text).await;
            assert_eq!(world.opened(), [], "{text}");
            assert!(matches!(answer, Err(Trouble::Refused(_))), "{text}: {answer:?}");
        }
    }
}

/// Without this the tests above would also pass for a client that dials nothing at all.
#[tokio::test]
async fn public_neighbours_are_dialled_exactly() {
    let world = Stage::naming_all(&[PUBLIC]);
    let client = world.client(&config::Outbound::default());
    let others = [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:800::200e"];
    let neighbours = RANGES.iter().flat_map(|(_, _, neighbours)| neighbours.iter()).chain(&others);
    for ip in neighbours {
        let reply = call(&client, &literal(ip)).await;
        assert_eq!(reply.map(|reply| reply.status), Ok(200), "{ip}");
        assert_eq!(world.opened(), [SocketAddr::new(ip.parse().unwrap(), 80)]);
    }
    for (text, port) in [
        ("http://hooks.example.com", 80),
        ("HTTP://Hooks.EXAMPLE.com/x?y=z", 80),
        ("http://hooks.example.com:443/", 443),
        ("http://hooks.example.com:8000/", 8_000),
        ("http://hooks.example.com:9999/", 9_999),
        ("http://xn--mller-kva.example/a@b", 80),
        ("http://93.184.215.14:8080/", 8_080),
    ] {
        assert_eq!(call(&client, text).await.map(|reply| reply.status), Ok(200), "{text}");
        assert_eq!(world.opened(), [SocketAddr::new(PUBLIC.parse().unwrap(), port)], "{text}");
    }
}
