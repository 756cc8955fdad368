//! The executor, alike on both databases.

use belfry::params;
use belfry::storage::{Database, Error, Purpose};

use crate::world::{On, World};

async fn event_count(database: &Database) -> i64 {
    let count = database
        .read::<_, Error, _>(|tx| {
            Box::pin(async move { tx.one("SELECT COUNT(*) FROM events", &[], |row| row.get(0)).await })
        })
        .await;
    count.unwrap().unwrap()
}

async fn write_event(database: &Database, kind: &'static str, then: Result<(), Error>) -> Result<(), Error> {
    database
        .write(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO events (type, data, happened_at) VALUES ($1, $2, $3)",
                    params![kind, "{}", 5_i64],
                )
                .await?;
                then
            })
        })
        .await
}

story! {
    async fn a_unit_that_fails_leaves_nothing_and_touches_no_other(on: On) {
        let world = World::new(on).await;
        let database = &world.app.database;
        let fault = || Err(Error::Fault("on purpose".to_owned()));
        let all = futures_util::future::join_all((0..60).map(|number| {
            write_event(database, "tried", if number % 3 == 0 { fault() } else { Ok(()) })
        })).await;
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 40);
        assert_eq!(event_count(database).await, 40);
    }
}

story! {
    async fn a_unit_that_panics_is_undone_and_the_next_one_runs(on: On) {
        let world = World::new(on).await;
        let database = &world.app.database;
        let panicked = database.write::<(), Error, _>(|tx| Box::pin(async move {
            tx.execute("INSERT INTO events (type, data, happened_at) VALUES ($1, $2, $3)", params!["p", "{}", 1_i64]).await?;
            panic!("on purpose")
        })).await;
        assert!(matches!(panicked, Err(Error::Fault(_))), "{panicked:?}");
        write_event(database, "after", Ok(())).await.unwrap();
        assert_eq!(event_count(database).await, 1);
    }
}

story! {
    async fn the_queries_of_the_troubleshooting_page_run_as_printed(on: On) {
        let world = World::new(on).await;
        let ann = world.person(123, &[]).await;
        for title in ["First", "Second"] {
            world.notify(123, title).await;
        }
        ann.ask("POST", "/crm/notification/mark-all-read", None).await.expect(200);
        world.app.clock.advance(std::time::Duration::from_secs(1));
        world.notify(123, "Third").await;
        let found = world.app.database.read::<_, Error, _>(|tx| Box::pin(async move {
            let user = tx.one("SELECT id FROM users WHERE id = $1", params![123_i64], |row| row.get::<i64>(0)).await?;
            let rows = tx.all(
                "SELECT title, is_read FROM notifications WHERE user_id = $1 ORDER BY created_at DESC",
                params![123_i64], |row| Ok((row.get::<String>(0)?, row.get::<bool>(1)?)),
            ).await?;
            // The printed text itself: every column.
            tx.all("SELECT * FROM notifications WHERE user_id = $1 ORDER BY created_at DESC", params![123_i64], |_| Ok(())).await?;
            Ok((user, rows))
        })).await.unwrap();
        assert_eq!(found.0, Some(123));
        let third = ("Third".to_owned(), false);
        assert_eq!(found.1[0], third);
        assert!(found.1[1..].iter().all(|(_, is_read)| *is_read) && found.1.len() == 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_is_refused() {
    let world = World::new(On::Sqlite).await;
    let second = Database::open(&world.config.database, Purpose::Serve).await;
    let refusal = second.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refusal.contains("another belfry serves"), "{refusal}");
    Database::open(&world.config.database, Purpose::Command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_live_database_is_a_whole_one() {
    let world = World::new(On::Sqlite).await;
    world.person(1, &[]).await;
    for number in 0..50 {
        world.notify(1, &format!("{number}")).await;
    }
    let copy = world.folder().join("copy.db");
    assert!(belfry::storage::backup(&world.config.database, &copy).unwrap() > 0);
    let again = belfry::storage::backup(&world.config.database, &copy);
    assert!(again.unwrap_err().to_string().contains("exists already"));
    let mut config = world.config.clone();
    config.database = belfry::config::DatabaseUrl::Sqlite(copy);
    let restored = belfry::app::App::open(config, world.app.clock.clone()).await.unwrap();
    assert_eq!(restored.notifications.unread_count(1).await.unwrap(), 50);
}

story! {
    async fn a_newer_schema_is_refused(on: On) {
        let world = World::new(on).await;
        world.app.database.write::<_, Error, _>(|tx| Box::pin(async move {
            tx.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                params![9999_i64, "9999_later.sql", "x"],
            ).await
        })).await.unwrap();
        let refused = Database::open(&world.config.database, Purpose::Command).await;
        let refusal = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refusal.contains("9999_later.sql") && !refusal.contains('\n'), "{refusal}");
    }
}
