//! The seed's own programs, unchanged but for host and key.

use std::process::Command;

use crate::world::{KEY, World};

story! {
    async fn the_seeds_python_curl_and_node_programs_get_the_answer_it_prints(on: On) {
        let world = World::new(on).await;
        for id in [1, 2, 3, 5, 123] {
            world.person(id, &[]).await;
        }
        let base = world.base.clone();
        let ran = tokio::task::spawn_blocking(move || {
            Command::new("bash").arg("tests/seed/run.sh").arg(base).arg(KEY).output().unwrap()
        });
        let ran = ran.await.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{said}");
        let ann = world.sign_in(123).await;
        assert!(ann.unread().await >= 3, "{said}");
    }
}
