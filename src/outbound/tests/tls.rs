//! TLS: the name that was entered is the name that is asked for and checked, whatever address it has.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A network on which every address is a TLS server with one certificate.
struct Secure {
    acceptor: TlsAcceptor,
    names: Arc<Mutex<Vec<Option<String>>>>,
}

impl Secure {
    /// A server with a certificate for `name`, and that certificate.
    fn new(name: &str) -> (Arc<Self>, CertificateDer<'static>) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Arc::new(Secure { acceptor, names: Arc::default() }), made.cert.der().clone())
    }

    fn client(self: &Arc<Self>, tls: Result<Arc<rustls::ClientConfig>, String>) -> Outbound {
        let resolver = Stage::naming_all(&[PUBLIC]);
        Outbound::with(
            &config::Outbound::default(),
            PUBLIC_URL,
            Parts { resolver, dialer: self.clone(), tls },
        )
        .unwrap()
    }
}

impl Dial for Secure {
    fn dial(&self, _: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Stream>>> {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (acceptor, names) = (self.acceptor.clone(), self.names.clone());
        tokio::spawn(async move {
            let Ok(mut stream) = acceptor.accept(far).await else { return };
            names.lock().unwrap().push(stream.get_ref().1.server_name().map(str::to_owned));
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(EMPTY_OK.as_bytes()).await;
            let _ = stream.flush().await;
        });
        async move { Ok(Box::new(near) as Box<dyn Stream>) }.boxed()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn trusting(certificate: &CertificateDer<'static>) -> Result<Arc<rustls::ClientConfig>, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}

#[tokio::test]
async fn the_name_that_was_entered_is_asked_for_and_checked() {
    let (server, certificate) = Secure::new("hooks.example.com");
    let client = server.client(trusting(&certificate));
    assert_eq!(call(&client, "https://hooks.example.com/x").await.unwrap().status, 200);
    assert_eq!(*server.names.lock().unwrap(), [Some("hooks.example.com".to_owned())]);

    for other in ["https://other.example.com/", "https://93.184.215.14/"] {
        let trouble = call(&client, other).await.unwrap_err();
        assert!(matches!(&trouble, Trouble::Connect(what) if what.contains("TLS")), "{other}: {trouble:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused() {
    let (server, _) = Secure::new("hooks.example.com");
    let (_, other) = Secure::new("hooks.example.com");
    for tls in [trusting(&other), Parts::network().tls] {
        let trouble = call(&server.client(tls), "https://hooks.example.com/").await.unwrap_err();
        assert!(matches!(&trouble, Trouble::Connect(_)), "{trouble:?}");
    }
    let none = server.client(Err("install ca-certificates and restart".to_owned()));
    let trouble = call(&none, "https://hooks.example.com/").await.unwrap_err();
    assert_eq!(trouble, Trouble::Connect("install ca-certificates and restart".to_owned()));
    assert_eq!(*server.names.lock().unwrap(), []);
}
