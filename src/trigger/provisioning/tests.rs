//! Who hears how a job ended, by which type and which way.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::clock::Instant;
use crate::trigger::reassignment::tests::{actor, people, record};
use crate::trigger::scene::Scene;

/// Ada is an administrator, Ben started it, Eve has the record, Max is named.
const ADA: i64 = 1;
const BEN: i64 = 2;
const EVE: i64 = 3;
const MAX: i64 = 4;

fn found(data: Value, owner: Option<i64>, failure_users: &str) -> Vec<Telling> {
    let Value::Object(data) = data else { panic!("an object") };
    let scene = Scene {
        people: people(),
        settings: Snapshot::default().with(ProvisioningSettings { failure_users: failure_users.to_owned() }),
        lists: HashMap::from([
            ("Max, Ben".to_owned(), vec![MAX, BEN]),
            (ADMINISTRATORS.to_owned(), vec![ADA]),
        ]),
        ..Scene::default()
    };
    let event = Event {
        kind: FINISHED.into(),
        subject: owner.map(|_| ("contracts".into(), "7".into())),
        record: owner.map(|owner| record("contracts", "7", "Fibre", Some(owner))),
        actor: actor(None),
        data,
        at: Instant(0),
        origin: None,
    };
    let told = Provisioning.on_event(&event, &scene.view()).into_iter().map(|finding| match finding {
        Finding::Tell(telling) => *telling,
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn who_hears_how_a_job_ended() {
    let of = |status: i64, user: Option<i64>| json!({"status": status, "job": 1042, "user_id": user});
    let complete =
        |to: i64| (to, "provision_complete", "Provisioning job 1042 is complete", Sending::Automated);
    let failed = |to: i64| (to, "provision_failed", "Provisioning job 1042 failed", Sending::Reminder);
    for (data, owner, list, expected) in [
        (of(0, Some(BEN)), Some(EVE), "", vec![complete(BEN)]),
        (of(0, None), Some(EVE), "Max, Ben", vec![complete(EVE)]),
        (of(0, None), None, "Max, Ben", vec![]),
        (of(0, Some(99)), Some(EVE), "", vec![complete(EVE)]),
        (of(1, Some(BEN)), Some(EVE), "Max, Ben", vec![]),
        (of(2, Some(BEN)), Some(EVE), "", vec![failed(BEN)]),
        (of(2, Some(BEN)), None, "Max, Ben", vec![failed(BEN), failed(MAX)]),
        (of(2, None), Some(EVE), "", vec![failed(EVE)]),
        (of(2, None), None, "Max, Ben", vec![failed(MAX), failed(BEN)]),
        (of(2, None), None, "", vec![failed(ADA)]),
        (of(3, Some(BEN)), Some(EVE), "Max, Ben", vec![]),
    ] {
        let found = found(data.clone(), owner, list);
        let told: Vec<_> =
            found.iter().map(|one| (one.user_id, one.kind, one.title.as_str(), one.sending)).collect();
        assert_eq!(told, expected, "{data} {owner:?} {list}");
    }
}

#[test]
fn what_is_said_of_a_job() {
    let data = json!({"status": 2, "playbook": "fibre", "error": "ONT not reachable", "link": "/jobs/1", "user_id": BEN});
    let telling = found(data, Some(EVE), "").remove(0);
    assert_eq!(telling.title, "Provisioning job fibre failed");
    assert_eq!(
        telling.message.as_deref(),
        Some("The playbook fibre failed.\nIt was for Contract Fibre.\nONT not reachable")
    );
    assert_eq!(telling.link.as_deref(), Some("/jobs/1"));
    let facts = json!({"module": "contracts", "record_id": "7", "playbook": "fibre"});
    assert_eq!(Value::Object(telling.metadata), facts);
    assert_eq!(
        telling.why.sentence,
        "You were told because Provisioning job fibre failed and you started it."
    );
    let plain = found(json!({"status": 0, "user_id": BEN}), None, "").remove(0);
    assert_eq!(
        (plain.title.as_str(), plain.message, plain.link),
        ("A provisioning job is complete", Some("It is complete.".to_owned()), None)
    );
    for (data, title, message) in [
        (
            json!({"status": 0, "job": 1042, "playbook": "fibre"}),
            "Provisioning job 1042 is complete",
            "The playbook fibre is complete.",
        ),
        (
            json!({"status": 2, "job": "1042", "playbook": "fibre"}),
            "Provisioning job 1042 failed",
            "The playbook fibre failed.\nWhat went wrong was not said.",
        ),
        (
            json!({"status": 2, "job": "", "playbook": "fibre"}),
            "Provisioning job fibre failed",
            "The playbook fibre failed.\nWhat went wrong was not said.",
        ),
        (json!({"status": 2, "job": " "}), "A provisioning job failed", "What went wrong was not said."),
        (json!({"status": 2, "error": "No light"}), "A provisioning job failed", "No light"),
    ] {
        let mut said = data.clone();
        said["user_id"] = BEN.into();
        let telling = found(said, None, "").remove(0);
        assert_eq!((telling.title.as_str(), telling.message.as_deref()), (title, Some(message)), "{data}");
    }
}
