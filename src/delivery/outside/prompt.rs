//! What gives rise to a letter: by it goes how many there may be, and whether one comes back that cannot be delivered.

use serde::{Deserialize, Serialize};

use crate::delivery::Sending;

/// What gave rise to a letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Something from the customer's side. Whoever is there may be a program that answers every letter with the next
    /// cause.
    #[default]
    Customer,
    /// Something that the team did.
    Act,
    /// Something that the team wrote: they want to hear of it where it does not arrive.
    Words,
}

/// How many letters of a sort an address gets within a day.
pub(super) struct Most {
    /// About one record.
    pub about_one: i64,
    /// In all.
    pub in_all: i64,
}

impl Prompt {
    /// How many there may be. People write as much as they have to say: their bound is there for programs that act in
    /// their name.
    pub(super) fn most(self) -> Most {
        match self {
            Prompt::Customer => Most { about_one: 5, in_all: 30 },
            Prompt::Act | Prompt::Words => Most { about_one: 100, in_all: 200 },
        }
    }

    /// How it came to be sent: letters are counted with those of the same.
    pub(in crate::delivery) fn sending(self) -> Sending {
        match self {
            Prompt::Customer => Sending::Automated,
            Prompt::Act | Prompt::Words => Sending::Manual,
        }
    }
}
