//! Where the data lies: `sqlite:belfry.db` or `postgres://user@host/db`.

use std::fmt;
use std::path::{Path, PathBuf};

/// The database that `database_url` names. `Debug` and `Display` hide the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of the embedded database; a relative one lies in `data_dir`.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as its libraries write addresses. Holds the password.
    Postgres(String),
}

impl DatabaseUrl {
    /// What `database_url` must be, to complete a sentence.
    pub(super) const EXPECTED: &'static str =
        "sqlite:belfry.db (a file in data_dir) or postgres://user:password@host:5432/database";

    /// Reads `text`; `None` if it is neither form.
    pub(super) fn parse(text: &str, data_dir: &Path) -> Option<DatabaseUrl> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            // What follows a question mark would be a setting of SQLite's: we make those ourselves.
            let is_file = !file.is_empty() && !file.ends_with('/') && !file.contains([':', '?']);
            return is_file.then(|| DatabaseUrl::Sqlite(data_dir.join(file)));
        }
        let has_scheme = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let config: tokio_postgres::Config = has_scheme.then(|| text.parse().ok()).flatten()?;
        (!config.get_hosts().is_empty()).then(|| DatabaseUrl::Postgres(text.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            DatabaseUrl::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The address with every password replaced by three stars; rather hides too much than too little.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let mut shown = format!("{scheme}://");
    // The last @, because a password may hold one.
    let rest = match rest.rfind('@') {
        Some(at) => {
            let (credentials, host) = rest.split_at(at);
            match credentials.split_once(':') {
                Some((user, _)) => shown.push_str(&format!("{user}:***")),
                None => shown.push_str(credentials),
            }
            host
        }
        None => rest,
    };
    let Some((before, parameters)) = rest.split_once('?') else {
        return shown + rest;
    };
    let hidden = parameters.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name.contains("pass") || name.contains('%') => format!("{name}=***"),
        _ => parameter.to_owned(),
    });
    shown + before + "?" + &hidden.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let data = Path::new("/data");
        let sqlite = |file: &str| Some(DatabaseUrl::Sqlite(PathBuf::from(file)));
        assert_eq!(DatabaseUrl::parse("sqlite:belfry.db", data), sqlite("/data/belfry.db"));
        assert_eq!(DatabaseUrl::parse("sqlite:/var/b.db", data), sqlite("/var/b.db"));
        assert_eq!(DatabaseUrl::parse("sqlite:///var/b.db", data), sqlite("/var/b.db"));
        for url in
            ["postgres://u@h/d", "postgresql://u:p@h:1/d?sslmode=require", "postgres:///d?host=/run/pg"]
        {
            assert_eq!(DatabaseUrl::parse(url, data), Some(DatabaseUrl::Postgres(url.to_owned())), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for url in
            ["", "sqlite:", "sqlite::memory:", "sqlite:b.db?mode=ro", "mysql://h/d", "postgres://", "b.db"]
        {
            assert_eq!(DatabaseUrl::parse(url, Path::new("/data")), None, "{url}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let cases = [
            ("postgres://user@host/db", "postgres://user@host/db"),
            ("postgres://user:s3cret@host/db", "postgres://user:***@host/db"),
            ("postgres://user:s3/c@ret@host/db", "postgres://user:***@host/db"),
            ("postgres://host/db?user=u&password=s3cret&x=1", "postgres://host/db?user=u&password=***&x=1"),
            ("postgres://host/db?%70assword=s3cret", "postgres://host/db?%70assword=***"),
        ];
        for (url, shown) in cases {
            let database = DatabaseUrl::Postgres(url.to_owned());
            assert_eq!(format!("{database} {database:?}"), format!("{shown} {shown}"));
        }
    }
}
