//! Copies: what goes to those in cc alone, where the e-mail that they should be on does not reach its recipient.
//!
//! A copy is a delivery of its own, so that its tries, its retries and its place in the log are its own as well. What the
//! recipient chose, has read or wants no noise of does not hold it: it is none of theirs. Whoever gets one is told whose
//! notification it is, and can unsubscribe nobody.

use super::store::{self, Claimed, Planned};
use super::{Asked, Deliveries, EMAIL, Mail, Reason};
use crate::clock::Instant;
use crate::storage::{Error, Tx};
use crate::user::choice::{self, Outlet};

/// What pacing and the log know copies by.
pub(super) const COPIES: &str = "copies";

impl Mail {
    /// Those in cc, each once, without the recipient: nobody gets twice what they get, or by cc what they chose not to.
    pub(super) fn copied_to(&self, own: &str) -> Vec<String> {
        let mut others: Vec<String> = Vec::new();
        for address in self.cc.iter().map(|address| address.trim()).filter(|address| !address.is_empty()) {
            let is_known = |known: &str| known.eq_ignore_ascii_case(address);
            if !is_known(own) && !others.iter().any(|known| is_known(known)) {
                others.push(address.to_owned());
            }
        }
        others
    }

    /// The same for those in cc alone; `None` if there is nobody else in it.
    fn copy(&self, own: &str) -> Option<Mail> {
        let cc = self.copied_to(own);
        (!cc.is_empty()).then(|| Mail { cc, ..self.clone() })
    }

    /// The same without those in cc.
    fn without_copies(&self) -> Mail {
        Mail { cc: Vec::new(), ..self.clone() }
    }
}

impl Planned {
    /// Whether it goes to those in cc alone.
    pub(super) fn is_copy(&self) -> bool {
        self.target == COPIES
    }
}

impl Claimed {
    /// Whether it goes to those in cc alone.
    pub(super) fn is_copy(&self) -> bool {
        &*self.target == COPIES
    }

    /// Its copy for those in cc alone, now that it does not go out itself.
    pub(super) fn copy(&self, outlet: &Outlet, now: Instant) -> Option<Planned> {
        let mail = self.mail.copy(&outlet.email).filter(|_| &*self.channel == EMAIL && !self.is_copy())?;
        let copy = Planned::instead_of(self, outlet.receive_by, (EMAIL, COPIES), now);
        Some(Planned { mail: Some(mail), held: false, ..copy })
    }
}

impl Deliveries {
    /// The copy of an e-mail that is decided not to go out. The e-mail itself loses those in cc: if somebody has it
    /// sent nevertheless, they do not get it twice.
    pub(super) fn plan_copy(&self, asked: &Asked, outlet: &Outlet, rows: &mut Vec<Planned>, now: Instant) {
        let Some(mail) = asked.mail.as_ref().and_then(|mail| mail.copy(&outlet.email)) else {
            return;
        };
        for row in rows.iter_mut() {
            row.mail = row.mail.as_ref().map(Mail::without_copies);
        }
        let suppressed = (!self.can_mail()).then_some(Reason::NotConfigured);
        let copy = Planned::new(asked, outlet.receive_by, EMAIL, COPIES, now);
        rows.push(Planned { mail: Some(mail), suppressed, ..copy });
    }

    /// Writes the copy of an e-mail that does not go out after all.
    pub(super) async fn write_copy(&self, tx: &mut Tx, row: &Claimed, copy: Planned) -> Result<(), Error> {
        store::write_mail(tx, &row.id, &row.mail.without_copies()).await?;
        self.write_in(tx, &[copy]).await
    }

    /// An e-mail that failed for good takes nothing from those in cc.
    pub(super) async fn copy_instead(&self, tx: &mut Tx, row: &Claimed, now: Instant) -> Result<(), Error> {
        if row.is_copy() || row.mail.cc.is_empty() {
            return Ok(());
        }
        let outlets = choice::outlets(tx, &[row.user_id]).await?;
        match outlets.get(&row.user_id).and_then(|outlet| row.copy(outlet, now)) {
            Some(copy) => self.write_copy(tx, row, copy).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_in_cc_is_in_it_once_and_the_recipient_is_not() {
        let cc = ["Boss@example.com", " boss@example.com ", "ANA@example.com", "", "x@example.com"];
        let mail = Mail { cc: cc.map(str::to_owned).to_vec(), ..Mail::default() };
        assert_eq!(mail.copied_to("ana@example.com"), ["Boss@example.com", "x@example.com"]);
        assert_eq!(mail.copied_to("").len(), 3);
        let alone = Mail { cc: vec!["ana@example.com".to_owned()], ..Mail::default() };
        assert_eq!(alone.copy("Ana@Example.com"), None);
    }
}
