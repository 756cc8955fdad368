//! The way to one mail server: connecting, signing in, and one message after the other.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::Rset;
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;

use super::message::Mail;
use super::pool::Pool;
use super::session::{Matter, Step, Taken, Trouble, hand_over};
use super::verdict;
use super::wire::Wire;
use crate::channel::Outcome;
use crate::config::{Smtp, SmtpTls};

/// No channel takes longer over one parcel, whatever the configuration says: the dispatcher gives up soon after.
const LONGEST: Duration = Duration::from_secs(30);

/// One mail server as the configuration names it.
pub(super) struct Line {
    smtp: Smtp,
    /// Whether encryption begins with the first byte.
    is_implicit: bool,
    /// What makes the connection safe; `None` where it is to be plain, a sentence where it cannot be made.
    tls: Result<Option<TlsParameters>, Unusable>,
    places: Semaphore,
    idle: Arc<Pool>,
}

/// Why no safe connection can be made: one sentence that says what to do, and the details.
struct Unusable {
    sentence: &'static str,
    detail: String,
}

impl Line {
    /// The way to this server. Nothing is connected yet.
    pub(super) fn new(smtp: Smtp) -> Self {
        let is_implicit = smtp.is_implicit_tls();
        Self::by(smtp, is_implicit)
    }

    /// The same, whatever the port says about encryption from the first byte.
    pub(super) fn by(smtp: Smtp, is_implicit: bool) -> Self {
        let places = Semaphore::new(usize::try_from(smtp.connections).unwrap_or(1).max(1));
        let tls = match smtp.tls {
            SmtpTls::Plain => Ok(None),
            SmtpTls::Required => tls(&smtp).map(Some),
        };
        Self { smtp, is_implicit, tls, places, idle: Arc::default() }
    }

    /// What the configuration says.
    pub(super) fn smtp(&self) -> &Smtp {
        &self.smtp
    }

    /// Takes one message to the server, within the time that the configuration allows.
    pub(super) async fn carry(&self, mail: &Mail) -> Outcome {
        let tls = match &self.tls {
            Ok(tls) => tls.as_ref(),
            Err(unusable) => return verdict::unusable(unusable.sentence, &unusable.detail),
        };
        let mut step = Step::Waiting;
        let limit = self.smtp.timeout.min(LONGEST);
        let result = match tokio::time::timeout(limit, self.send(mail, tls, &mut step)).await {
            Ok(result) => result,
            Err(_) => Err(Trouble { step, matter: Matter::Slow, words: String::new() }),
        };
        verdict::of(result, self.smtp.login.as_ref())
    }

    async fn send(
        &self,
        mail: &Mail,
        tls: Option<&TlsParameters>,
        step: &mut Step,
    ) -> Result<Taken, Trouble> {
        let _place = self.places.acquire().await.expect("nobody closes the places");
        if let Some(connection) = self.idle.take() {
            match self.hand_over(connection, mail, step).await {
                Err(trouble) if trouble.is_stale() => {}
                result => return result,
            }
        }
        let connection = self.connect(tls, step).await?;
        self.hand_over(connection, mail, step).await
    }

    /// Hands over a message; the connection is kept if nothing of this message is left on it.
    async fn hand_over(
        &self,
        mut connection: AsyncSmtpConnection,
        mail: &Mail,
        step: &mut Step,
    ) -> Result<Taken, Trouble> {
        let sender = Some(&mail.from).filter(|_| mail.comes_back);
        let mut result = hand_over(&mut connection, mail, sender, step).await;
        // Some servers take nothing without a sender: better that it may come back than that it never goes.
        let is_refused = result.as_ref().is_err_and(Trouble::is_for_good);
        if sender.is_none() && is_refused && connection.command(Rset).await.is_ok() {
            result = hand_over(&mut connection, mail, Some(&mail.from), step).await;
        }
        let is_clean = match &result {
            Ok(_) => true,
            Err(trouble) => trouble.leaves_connection() && connection.command(Rset).await.is_ok(),
        };
        if is_clean {
            self.idle.give_back(connection);
        }
        result
    }

    async fn connect(
        &self,
        tls: Option<&TlsParameters>,
        step: &mut Step,
    ) -> Result<AsyncSmtpConnection, Trouble> {
        let smtp = &self.smtp;
        let name = ClientId::default();
        *step = Step::Connecting;
        let connected = if self.is_implicit {
            let server = (smtp.host.as_str(), smtp.port);
            AsyncSmtpConnection::connect_tokio1(server, Some(smtp.timeout), &name, tls.cloned(), None).await
        } else {
            let wire = Wire::connect(&smtp.host, smtp.port, tls.is_none()).await;
            let wire = wire.map_err(|error| Trouble::unreachable(*step, &error))?;
            AsyncSmtpConnection::connect_with_transport(Box::new(wire), &name).await
        };
        let mut connection = connected.map_err(|error| Trouble::of(*step, &error))?;
        if let Some(tls) = tls.filter(|_| !self.is_implicit) {
            *step = Step::Encrypting;
            // Without STARTTLS this is an error, whoever took it out of the server's answer: nothing more is said.
            let encrypted = connection.starttls(tls.clone(), &name).await;
            encrypted.map_err(|error| Trouble::of(*step, &error))?;
        }
        if let Some(login) = &smtp.login {
            *step = Step::SigningIn;
            let credentials = Credentials::new(login.username.clone(), login.password.clone());
            let signed_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            signed_in.map_err(|error| Trouble::of(*step, &error))?;
        }
        Ok(connection)
    }
}

/// Encryption with a certificate that is good for the host of the configuration, whatever the server calls itself.
fn tls(smtp: &Smtp) -> Result<TlsParameters, Unusable> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let unreadable = |detail: String| Unusable {
            sentence: "The certificates of smtp.ca_file cannot be read: put a PEM file there that we may read.",
            detail: format!("{}: {detail}", file.display()),
        };
        let pem = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        if !pem.windows(27).any(|line| line == b"-----BEGIN CERTIFICATE-----") {
            return Err(unreadable("no certificate in it".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| unreadable(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|error| Unusable {
        sentence: "No encrypted connection can be made: install the certificates of the system (ca-certificates).",
        detail: error.to_string(),
    })
}
