//! Whether a user may sign in.

/// The status of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// May sign in.
    Active,
    /// Locked by an administrator.
    Locked,
    /// Locked by too many wrong passwords.
    LockedOut,
}

impl Status {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "Active",
            Status::Locked => "Locked",
            Status::LockedOut => "Locked - Failed Attempts",
        }
    }

    /// The status as it was stored; what this program does not know may not sign in.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "Active" => Status::Active,
            "Locked - Failed Attempts" => Status::LockedOut,
            _ => Status::Locked,
        }
    }
}
