//! Which addresses may be called: public ones, and those that the operator allows.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;

use crate::config::{self, Cidr};

use super::own::{self, Own};
use super::target::Refused;

/// What is never public: IANA's special-purpose registries of both versions (November 2026), and addresses that lead
/// to the machines around us though they look public.
const FORBIDDEN: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this machine"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "a provider's inner network"),
    ("127.0.0.0/8", "this machine"),
    ("168.63.129.16/32", "a cloud's inner service"),
    ("169.254.0.0/16", "a link-local network"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "a reserved network"),
    ("192.0.2.0/24", "a network of examples"),
    ("192.31.196.0/24", "a reserved network"),
    ("192.52.193.0/24", "a reserved network"),
    ("192.88.99.0/24", "a relay to other networks"),
    ("192.168.0.0/16", "a private network"),
    ("192.175.48.0/24", "a reserved network"),
    ("198.18.0.0/15", "a network of test benches"),
    ("198.51.100.0/24", "a network of examples"),
    ("203.0.113.0/24", "a network of examples"),
    ("224.0.0.0/4", "a multicast group"),
    ("240.0.0.0/4", "a reserved network"),
    // Inside of 2000::/3; what is outside of it is no public address anyway.
    ("2001::/23", "a reserved network"), // Teredo, ORCHID, benchmarking and their like
    ("2001:db8::/32", "a network of examples"),
    ("2002::/16", "a relay to other networks"), // 6to4: holds any IPv4 address
    ("2620:4f:8000::/48", "a reserved network"),
    ("3fff::/20", "a network of examples"),
];

/// The part of IPv6 that is given out to the public.
const PUBLIC_V6: &str = "2000::/3";

static RANGES: LazyLock<Vec<(Cidr, &str)>> =
    LazyLock::new(|| FORBIDDEN.iter().map(|(range, what)| (cidr(range), *what)).collect());

static PUBLIC: LazyLock<Cidr> = LazyLock::new(|| cidr(PUBLIC_V6));

fn cidr(range: &str) -> Cidr {
    range.parse().expect("the tables hold only ranges")
}

/// Every address of `host` with its port, if each of them may be called; one that may not bars them all.
pub(super) fn vet(
    host: &str,
    found: &[IpAddr],
    port: u16,
    settings: &config::Outbound,
    own: &Own,
) -> Result<Vec<SocketAddr>, Refused> {
    for ip in found {
        if own.is_address(*ip, port) {
            return Err(own::refusal(host));
        }
        if settings.allows(*ip) {
            continue;
        }
        if let Some(what) = forbidden(*ip) {
            return Err(Refused::new(format!(
                "{host} leads to {what}, not to a public address; enter a public one, or have the operator allow its \
                 range in outbound.allow_cidrs"
            )));
        }
        vet_port(port, settings)?;
    }
    Ok(found.iter().map(|ip| SocketAddr::new(ip.to_canonical(), port)).collect())
}

/// Whether `port` may be called at a public address.
pub(super) fn vet_port(port: u16, settings: &config::Outbound) -> Result<(), Refused> {
    if settings.allows_port(port) {
        return Ok(());
    }
    Err(Refused::new(format!(
        "port {port} may not be called; enter an address at another port, or have the operator allow it in \
         outbound.ports"
    )))
}

/// What `ip` is, if it is not public.
pub(super) fn forbidden(ip: IpAddr) -> Option<&'static str> {
    if let IpAddr::V6(ip) = ip
        && let Some(what) = forbidden_v6(ip)
    {
        return Some(what);
    }
    RANGES.iter().find(|(range, _)| range.contains(ip)).map(|(_, what)| *what)
}

fn forbidden_v6(ip: Ipv6Addr) -> Option<&'static str> {
    // An IPv4 address written as IPv6 is outside too: nobody public goes by one.
    if !PUBLIC.contains(IpAddr::V6(ip)) {
        return Some("a private or reserved network");
    }
    // ISATAP puts an IPv4 address behind ::5efe in any network at all.
    let [.., flag, mark, _, _] = ip.segments();
    (mark == 0x5efe && flag & !0x0200 == 0).then_some("a relay to other networks")
}
