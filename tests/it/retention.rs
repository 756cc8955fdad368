//! What is old goes, and what belonged to people who are gone.

use std::time::Duration;

use crate::world::{KEY, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

story! {
    async fn read_ones_go_after_90_days_and_unread_ones_after_a_year(on: On) {
        let world = World::new(on).await;
        let ann = world.person(1, &[]).await;
        let first = world.notify(1, "Read").await;
        world.notify(1, "Unread").await;
        let kept = world.notify(1, "Archived").await;
        ann.does("mark-read", first).await.expect(200);
        ann.does("archive", kept).await.expect(200);
        world.passes(DAY * 89).await;
        assert_eq!(world.sign_in(1).await.titles("").await, ["Unread", "Read"]);
        world.passes(DAY * 2).await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.titles("").await, ["Unread"]);
        assert_eq!(ann.titles("?archived=true").await, ["Archived"]);
        assert_eq!(ann.unread().await, 1);
        world.notify(1, "New").await;
        world.passes(DAY * 275).await;
        let ann = world.sign_in(1).await;
        assert_eq!(ann.titles("").await, ["New"]);
        assert_eq!(ann.unread().await, 1);
    }
}

story! {
    async fn zero_days_keep_for_ever(on: On) {
        let world = World::with(on, |config| {
            config.retention.read_days = 0;
            config.retention.unread_days = 0;
        }).await;
        world.person(1, &[]).await;
        world.notify(1, "Old").await;
        world.passes(DAY * 4000).await;
        assert_eq!(world.sign_in(1).await.titles("").await, ["Old"]);
    }
}

story! {
    async fn what_is_sent_to_a_user_who_was_deleted_is_404_and_theirs_is_gone(on: On) {
        let world = World::new(on).await;
        world.person(1, &[]).await;
        for number in 0..300 {
            world.notify(1, &format!("Secret {number}")).await;
        }
        world.ask("DELETE", "/crm/user/1", &[("X-API-KEY", KEY)], None).await.expect(200);
        let body = serde_json::json!({"user_id": 1, "type": "custom", "title": "x"});
        assert_eq!(world.send(body).await.expect(404)["reason"], "User 1 not found");
        world.passes(DAY).await;
        let left = world.app.database.read::<_, belfry::storage::Error, _>(|tx| Box::pin(async move {
            tx.one("SELECT COUNT(*) FROM notification_contents", &[], |row| row.get::<i64>(0)).await
        })).await.unwrap();
        assert_eq!(left, Some(0));
    }
}
