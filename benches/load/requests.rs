//! The requests of a load, made beforehand: asking costs a copy of five digits, or a look into a list.

use std::rc::Rc;

use crate::fill::{FIRST_USER, USERS};

/// The API key of every server of the benchmark.
pub const API_KEY: &str = "bench-key-bench-key-bench-key-bench-key";

/// The seed's example, with as much metadata as makes it some 300 bytes. Users have five digits.
pub const BODY: &str = concat!(
    r#"{"user_id":10001,"type":"provision_complete","title":"Service Activated","#,
    r#""message":"Your mobile service has been successfully activated","link":"/services/167","#,
    r#""metadata":{"service_id":167,"service_type":"mobile","activation_date":"2026-01-11","#,
    r#""plan":"Unlimited 5G","provisioned_by":"automation"}}"#
);

/// Where the digits of the user stand in it.
const USER_AT: usize = r#"{"user_id":"#.len();

/// A source of requests.
#[derive(Clone)]
pub struct Requests {
    /// What they are called in an error.
    pub name: &'static str,
    /// The status of every answer.
    pub expected: u16,
    random: Random,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// One request; users are written into these places of it.
    Patched { request: Vec<u8>, places: Vec<usize> },
    /// One of many.
    Chosen(Rc<Vec<Vec<u8>>>),
}

impl Requests {
    /// One notification a request, for users chosen at random.
    pub fn sends(path: &'static str) -> Self {
        Self::patched(path, 201, BODY.to_owned(), vec![USER_AT])
    }

    /// `size` notifications a request, for users chosen at random.
    pub fn batches(size: usize) -> Self {
        const OPENING: &str = r#"{"notifications":["#;
        let bodies = vec![BODY; size].join(",");
        let places = (0..size).map(|number| OPENING.len() + number * (BODY.len() + 1) + USER_AT).collect();
        Self::patched("/crm/notification/send/batch", 200, format!("{OPENING}{bodies}]}}"), places)
    }

    fn patched(path: &'static str, expected: u16, body: String, places: Vec<usize>) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {API_KEY}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let places = places.into_iter().map(|place| head.len() + place).collect();
        let kind = Kind::Patched { request: (head + &body).into_bytes(), places };
        Self { name: path, expected, random: Random::new(0), kind }
    }

    /// One of these, at random.
    pub fn any_of(name: &'static str, expected: u16, requests: Vec<Vec<u8>>) -> Self {
        Self { name, expected, random: Random::new(0), kind: Kind::Chosen(Rc::new(requests)) }
    }

    /// Bytes of a single notification's body.
    pub fn body_length() -> usize {
        BODY.len()
    }

    /// The same for one connection, which has its own sequence of users: the same in every run.
    pub fn for_connection(&self, number: usize) -> Self {
        Self { random: Random::new(number as u64 + 1), ..self.clone() }
    }

    /// The next request.
    pub fn next(&mut self) -> &[u8] {
        match &mut self.kind {
            Kind::Patched { request, places } => {
                for place in places {
                    write_user(request, *place, FIRST_USER + self.random.below(USERS));
                }
                request
            }
            Kind::Chosen(requests) => {
                let index = self.random.below(requests.len() as i64);
                &requests[usize::try_from(index).expect("it is below the length")]
            }
        }
    }
}

/// A request of one user for `size` notifications of their own.
pub fn batch_for(user_id: i64, size: usize) -> Vec<u8> {
    let mut requests = Requests::batches(size);
    if let Kind::Patched { request, places } = &mut requests.kind {
        for place in places {
            write_user(request, *place, user_id);
        }
    }
    match requests.kind {
        Kind::Patched { request, .. } => request,
        Kind::Chosen(_) => unreachable!("a batch is patched"),
    }
}

/// A request with a bearer token and without a body.
pub fn signed(method: &str, path: &str, token: &str) -> Vec<u8> {
    let length = if method == "GET" { "" } else { "content-length: 0\r\n" };
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n{length}\r\n")
        .into_bytes()
}

/// A request with a JSON body and without credentials.
pub fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A request for anybody.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// A GET with the API key.
pub fn keyed(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {API_KEY}\r\n\r\n").into_bytes()
}

/// A PUT with the API key.
pub fn put(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {API_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    (head + body).into_bytes()
}

fn write_user(request: &mut [u8], place: usize, user_id: i64) {
    write_digits(&mut request[place..place + 5], user_id);
}

/// Writes a number with as many digits as there is room for.
pub fn write_digits(place: &mut [u8], number: i64) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// xorshift64*: quick, and the same in every run.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        i64::try_from(random).expect("31 bits are positive") % end
    }
}
