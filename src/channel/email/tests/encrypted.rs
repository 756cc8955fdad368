//! Encryption: by a certificate that is good for the configured name, or nothing is said at all.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::server::{Does, Offer, Server};
use super::*;

/// An authority of our own, and the file that makes it known.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server's side of encryption, with a certificate for this name.
    fn acceptor(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn good(&self) -> TlsAcceptor {
        self.acceptor("localhost", |_| {})
    }

    fn smtp(&self, port: u16) -> Smtp {
        Smtp {
            host: "localhost".to_owned(),
            tls: SmtpTls::Required,
            login: login(),
            ca_file: Some(self.file()),
            timeout: Duration::from_secs(3),
            ..smtp(port)
        }
    }
}

fn starttls(acceptor: TlsAcceptor) -> Offer {
    Offer { starttls: Some(acceptor), auth: true, ..Offer::default() }
}

#[tokio::test]
async fn a_certificate_of_our_own_authority_is_good() {
    let authority = Authority::new();
    let server = Server::start(starttls(authority.good())).await;
    let outcome = Email::new(Some(authority.smtp(server.port))).carry(&parcel()).await;
    assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    let heard = server.heard();
    let at = |verb: &str| heard.iter().position(|line| line.starts_with(&format!("1: {verb}"))).unwrap();
    assert!(at("STARTTLS") < at("AUTH") && at("AUTH") < at("MAIL"), "{heard:?}");
}

#[tokio::test]
async fn encryption_may_begin_with_the_first_byte() {
    let authority = Authority::new();
    for (name, is_good) in [("localhost", true), ("mail.example.com", false)] {
        let implicit = Some(authority.acceptor(name, |_| {}));
        let server = Server::start(Offer { implicit, auth: true, ..Offer::default() }).await;
        let line = Line::by(authority.smtp(server.port), true);
        let outcome = line.carry(&build(&parcel(), &from()).unwrap()).await;
        assert_eq!(matches!(outcome, Outcome::Sent(_)), is_good, "{outcome:?}");
        assert_eq!(server.count("AUTH"), usize::from(is_good), "{:?}", server.heard());
    }
    assert!(Smtp { port: 465, ..authority.smtp(465) }.is_implicit_tls());
}

#[tokio::test]
async fn a_certificate_that_is_not_good_ends_it() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let long_ago = |params: &mut CertificateParams| params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let bad = [
        ("another name", authority.acceptor("mail.example.com", |_| {})),
        ("another authority", stranger.good()),
        ("no longer good", authority.acceptor("localhost", long_ago)),
    ];
    for (what, acceptor) in bad {
        let server = Server::start(starttls(acceptor)).await;
        let outcome = Email::new(Some(authority.smtp(server.port))).carry(&parcel()).await;
        let Outcome::Later { answer, patient: true, .. } = outcome else { panic!("{what}: {outcome:?}") };
        assert!(answer.summary.starts_with("No safe connection to the mail server"), "{what}: {answer:?}");
        assert_eq!((server.count("AUTH"), server.count("MAIL")), (0, 0), "{what}");
    }
}

#[tokio::test]
async fn without_encryption_nothing_is_said() {
    let authority = Authority::new();
    let refusing =
        Offer { script: vec![(0, "STARTTLS", Does::Says("454 not now"))], ..starttls(authority.good()) };
    let stripped = Offer { auth: true, ..Offer::default() };
    for (offer, sentence) in [(stripped, "offers no encryption"), (refusing, "try again later: 454")] {
        let server = Server::start(offer).await;
        let outcome = Email::new(Some(authority.smtp(server.port))).carry(&parcel()).await;
        let Outcome::Later { answer, .. } = outcome else { panic!("{outcome:?}") };
        assert!(answer.summary.contains(sentence), "{answer:?}");
        assert_eq!((server.count("AUTH"), server.count("MAIL")), (0, 0), "{:?}", server.heard());
    }
}

#[tokio::test]
async fn what_came_before_encryption_is_not_believed_after_it() {
    // Whoever sits in between may add to the last words in the clear: they must not answer for the server.
    let authority = Authority::new();
    let forged = "220 go ahead\r\n250-test\r\n250 AUTH PLAIN\r\n235 yes\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 on\r\n250 forged";
    let offer = Offer { script: vec![(0, "STARTTLS", Does::Says(forged))], ..starttls(authority.good()) };
    let server = Server::start(offer).await;
    let outcome = Email::new(Some(authority.smtp(server.port))).carry(&parcel()).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
    assert_eq!(server.count("AUTH"), 0, "{:?}", server.heard());
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_read_is_named() {
    let authority = Authority::new();
    std::fs::write(authority.folder.path().join("empty.pem"), "nothing").unwrap();
    for name in ["absent.pem", "empty.pem"] {
        let ca_file = Some(authority.folder.path().join(name));
        let outcome = Email::new(Some(Smtp { ca_file, ..authority.smtp(1) })).carry(&parcel()).await;
        let Outcome::Later { answer, .. } = outcome else { panic!("{outcome:?}") };
        assert!(answer.summary.contains("smtp.ca_file") && answer.detail.unwrap().contains(name));
    }
}
