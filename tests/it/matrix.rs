//! Who may do what: every operation of the served document, asked by everybody there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use crate::dump::dump;
use crate::world::{KEY, Reply, World};

/// Whose an operation is. What stands at the right is answered to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Anybody's: nobody is asked who they are.
    Everybody,
    /// Any key's, and persons' with the role admin.
    Senders,
    /// Any key's, and any person's but one who is a customer only.
    Company,
    /// Any person's, about themselves: 401 for keys alone.
    Persons,
    /// The person's whose the thing is: 401 for keys alone, 404 for other persons.
    Owner,
    /// The person's whose the thing is, and staff's: 404 for others who are known.
    OwnerAndStaff,
    /// The person's whom it is about, their manager's, and administrators': 404 for others who are known.
    OwnerAndAdmins,
    /// Those with the role admin or support: 403.
    Staff,
    /// Any person's, about themselves, and administrators' about everybody: 403 for other keys.
    PersonsAndAdmins,
    /// Those with the role admin: 403.
    Admins,
}

use Of::{
    Admins, Company, Everybody, Owner, OwnerAndAdmins, OwnerAndStaff, Persons, PersonsAndAdmins, Senders,
    Staff,
};

/// Every operation, whose it is, and a body with which it would be done. A new operation must be put here.
const OPERATIONS: &[(&str, Of, Option<&str>)] = &[
    ("GET /healthz", Everybody, None),
    ("GET /readyz", Everybody, None),
    ("GET /crm/metrics", Everybody, None),
    ("POST /crm/auth/login", Everybody, Some("{}")),
    ("POST /crm/auth/refresh", Everybody, Some("{}")),
    ("POST /crm/auth/session", Everybody, Some("{}")),
    ("GET /crm/auth/me", Persons, None),
    ("POST /crm/notification/send", Senders, Some(r#"{"user_id":10,"type":"custom","title":"x"}"#)),
    (
        "POST /crm/notification/send/batch",
        Senders,
        Some(r#"{"notifications":[{"user_id":10,"type":"custom","title":"x"}]}"#),
    ),
    ("GET /crm/notification/", Persons, None),
    ("GET /crm/notification/unread-count", Persons, None),
    ("POST /crm/notification/mark-all-read", Persons, None),
    ("GET /crm/notification/stream", Persons, None),
    ("POST /crm/notification/stream-ticket", Persons, None),
    ("POST /crm/notification/notify", Persons, Some(r#"{"users":[10],"subject":"x"}"#)),
    ("POST /crm/user/me/test", Persons, None),
    ("GET /crm/user/me/preview", Persons, None),
    ("GET /crm/delivery", PersonsAndAdmins, None),
    ("GET /crm/delivery/summary", Admins, None),
    ("POST /crm/delivery/retry", Admins, Some(r#"{"channel":"webhook"}"#)),
    ("POST /crm/delivery/{id}/retry", Admins, None),
    ("GET /crm/notification/{id}/why", Owner, None),
    ("POST /crm/notification/{id}/mark-read", Owner, None),
    ("POST /crm/notification/{id}/mark-unread", Owner, None),
    ("POST /crm/notification/{id}/archive", Owner, None),
    ("POST /crm/notification/{id}/unarchive", Owner, None),
    ("POST /crm/notification/{id}/snooze", Owner, Some(r#"{"until":"2026-02-01T08:00:00Z"}"#)),
    ("POST /crm/notification/{id}/unsnooze", Owner, None),
    ("DELETE /crm/notification/{id}", Owner, None),
    ("GET /crm/explain", OwnerAndAdmins, None),
    ("GET /crm/audit", Admins, None),
    ("GET /crm/record", Company, None),
    ("GET /crm/record/{module}", Company, None),
    ("POST /crm/record/{module}", Company, Some(r#"{"label":"Made"}"#)),
    ("PUT /crm/record/{module}/{id}", Company, Some(r#"{"label":"Changed"}"#)),
    ("GET /crm/record/{module}/{id}", Company, None),
    ("POST /crm/record/{module}/reassign", Company, Some(r#"{"ids":["10"],"assigned_to":10}"#)),
    ("PATCH /crm/record/{module}/{id}", Company, Some(r#"{"fields":{"status":"Changed"}}"#)),
    ("GET /crm/record/{module}/{id}/history", Company, None),
    ("GET /crm/record/{module}/{id}/duplicates", Company, None),
    ("GET /crm/duplicate", Company, None),
    ("POST /crm/duplicate/{id}/dismiss", Company, None),
    ("POST /crm/duplicate/{id}/restore", Company, None),
    ("POST /crm/record/{module}/{id}/notify", Company, Some(r#"{"users":[10]}"#)),
    ("POST /crm/record/{module}/{id}/request-reassign", Company, Some(r#"{"user_id":10}"#)),
    ("POST /crm/record/leads/{id}/convert", Company, Some("{}")),
    ("POST /crm/record/tickets/{id}/comment", Company, Some(r#"{"text":"x"}"#)),
    ("GET /crm/record/tickets/{id}/comments", Company, None),
    ("DELETE /crm/record/{module}/{id}", Company, None),
    ("GET /crm/event", Company, None),
    (
        "POST /crm/event",
        Company,
        Some(r#"{"type":"ticket.mentioned","record_id":"10","data":{"mentions":[10]}}"#),
    ),
    ("GET /crm/user", Staff, None),
    ("POST /crm/user", Admins, Some(r#"{"email":"new@example.com","name":"New"}"#)),
    ("GET /crm/user/directory", Company, None),
    ("GET /crm/user/me", Persons, None),
    ("PUT /crm/user/me", Persons, Some(r#"{"language":"de"}"#)),
    ("POST /crm/user/me/webhook-secret", Persons, None),
    ("GET /crm/user/me/mute", Persons, None),
    ("PUT /crm/user/me/mute/{module}/{record_id}", Persons, Some(r#"{"until":"2027-01-01T00:00:00Z"}"#)),
    ("DELETE /crm/user/me/mute/{module}/{record_id}", Persons, None),
    ("GET /crm/unsubscribe/{token}", Everybody, None),
    ("POST /crm/unsubscribe/{token}", Everybody, None),
    ("GET /crm/settings", Admins, None),
    ("GET /crm/settings/{group}", Admins, None),
    ("PUT /crm/settings/{group}", Admins, Some(r#"{"teams_card":"bare"}"#)),
    ("GET /crm/support", Company, None),
    ("GET /crm/template", Admins, None),
    ("POST /crm/template", Admins, Some(r#"{"kind":"email","name":"Made","subject":"x","source":"x"}"#)),
    ("POST /crm/template/preview", Admins, Some(r#"{"kind":"email","subject":"x","source":"x"}"#)),
    ("GET /crm/template/{id}", Admins, None),
    ("PUT /crm/template/{id}", Admins, Some(r#"{"name":"Changed","version":1}"#)),
    ("GET /crm/template/{id}/versions", Admins, None),
    ("POST /crm/template/{id}/restore", Admins, Some(r#"{"version":1}"#)),
    ("DELETE /crm/template/{id}", Admins, None),
    ("GET /crm/user/me/sessions", Persons, None),
    ("DELETE /crm/user/me/sessions/{id}", Owner, None),
    ("GET /crm/user/{id}", OwnerAndStaff, None),
    ("PUT /crm/user/{id}", Admins, Some(r#"{"name":"Changed"}"#)),
    ("DELETE /crm/user/{id}", Admins, None),
    ("GET /crm/group", Staff, None),
    ("POST /crm/group", Admins, Some(r#"{"name":"New"}"#)),
    ("GET /crm/group/{id}", Staff, None),
    ("PUT /crm/group/{id}", Admins, Some(r#"{"members":[11]}"#)),
    ("DELETE /crm/group/{id}", Admins, None),
    ("GET /crm/api-key", Admins, None),
    ("POST /crm/api-key", Admins, Some(r#"{"name":"New","roles":["admin"]}"#)),
    ("PUT /crm/api-key/{id}", Admins, Some(r#"{"roles":["admin"]}"#)),
    ("POST /crm/api-key/{id}/regenerate", Admins, None),
    ("DELETE /crm/api-key/{id}", Admins, None),
    // Last, for it ends the asker's session.
    ("POST /crm/auth/logout", Persons, None),
];

/// Who asks. `User` owns what the paths name; `Other` is a person like that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    BadKey,
    BadKeyAndAdminToken,
    GarbageToken,
    ExpiredToken,
    RevokedSession,
    KeyWithoutRoles,
    KeyOfSupport,
    KeyOfAdmin,
    User,
    Other,
    Support,
    Admin,
}

use Who::*;

const EVERYONE: [Who; 13] = [
    Nobody,
    BadKey,
    BadKeyAndAdminToken,
    GarbageToken,
    ExpiredToken,
    RevokedSession,
    KeyWithoutRoles,
    KeyOfSupport,
    KeyOfAdmin,
    User,
    Other,
    Support,
    Admin,
];

/// The status of the refusal that `who` gets; `None` for whoever may.
fn refusal(of: Of, who: Who) -> Option<u16> {
    let is_key = matches!(who, KeyWithoutRoles | KeyOfSupport | KeyOfAdmin);
    let is_unknown = who < KeyWithoutRoles;
    match of {
        Everybody => None,
        _ if is_unknown => Some(401),
        Company => None,
        Persons | Owner if is_key => Some(401),
        Persons => None,
        Owner => (who != User).then_some(404),
        OwnerAndStaff => matches!(who, KeyWithoutRoles | Other).then_some(404),
        OwnerAndAdmins => matches!(who, KeyWithoutRoles | KeyOfSupport | Other | Support).then_some(404),
        PersonsAndAdmins => matches!(who, KeyWithoutRoles | KeyOfSupport).then_some(403),
        Senders => matches!(who, User | Other | Support).then_some(403),
        Staff => matches!(who, KeyWithoutRoles | User | Other).then_some(403),
        Admins => (!matches!(who, KeyOfAdmin | Admin)).then_some(403),
    }
}

/// The operations that the node says it has.
async fn documented(world: &World) -> BTreeSet<String> {
    let document = world.ask("GET", "/crm/openapi.json", &[], None).await.expect(200);
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item
                .as_object()
                .unwrap()
                .keys()
                .filter(|name| ["get", "post", "put", "patch", "delete"].contains(&name.as_str()));
            methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
        })
        .collect()
}

/// Everybody's headers, and the things that the paths name.
struct Cast<'w> {
    world: &'w World,
    headers: BTreeMap<Who, Vec<(&'static str, String)>>,
    notification: i64,
    group: i64,
    key: i64,
    session: String,
    delivery: String,
    duplicate: String,
    template: i64,
}

impl<'w> Cast<'w> {
    async fn of(world: &'w World) -> Cast<'w> {
        let made = async |path: &str, body: serde_json::Value| {
            world.ask("POST", path, &[("X-API-KEY", KEY)], Some(body.to_string())).await.expect(201)
        };
        let expired = world.person(10, &[]).await.token;
        world.passes(Duration::from_secs(16 * 60)).await;
        let revoked = world.sign_in(10).await;
        revoked.ask("POST", "/crm/auth/logout", None).await.expect(200);
        let admin = world.person(13, &["admin"]).await.token;
        let (other, support) =
            (world.person(11, &[]).await.token, world.person(12, &["support"]).await.token);
        world.person(99, &[]).await;
        let key = |roles: &'static [&str]| made("/crm/api-key", json!({"name": "A key", "roles": roles}));
        let (plain, helping) = (key(&[]).await, key(&["support"]).await);
        let group = made("/crm/group", json!({"name": "Billing", "members": [10]})).await;
        let target = key(&[]).await;
        let template = json!({"kind": "email", "name": "A template", "subject": "x", "source": "x"});
        let template = made("/crm/template", template).await;
        let bearer = |token: &str| ("Authorization", format!("Bearer {token}"));
        let api_key = |key: &str| ("X-API-KEY", key.to_owned());
        let bad = "a-key-that-nobody-ever-made-of-32-chars";
        let headers = BTreeMap::from([
            (Nobody, vec![]),
            (BadKey, vec![api_key(bad)]),
            (BadKeyAndAdminToken, vec![api_key(bad), bearer(&admin)]),
            (GarbageToken, vec![bearer("garbage")]),
            (ExpiredToken, vec![bearer(&expired)]),
            (RevokedSession, vec![bearer(&revoked.token)]),
            (KeyWithoutRoles, vec![api_key(plain["key"].as_str().unwrap())]),
            (KeyOfSupport, vec![api_key(helping["key"].as_str().unwrap())]),
            (KeyOfAdmin, vec![api_key(KEY)]),
            (User, vec![bearer(&world.sign_in(10).await.token)]),
            (Other, vec![bearer(&other)]),
            (Support, vec![bearer(&support)]),
            (Admin, vec![bearer(&admin)]),
        ]);
        let notification = world.notify(10, "For user 10").await;
        let id = |answer: &serde_json::Value, what: &str| answer[what]["id"].as_i64().unwrap();
        let spare = format!("Bearer {}", world.sign_in(10).await.token);
        let spare =
            world.ask("GET", "/crm/user/me/sessions", &[("Authorization", &spare)], None).await.expect(200);
        let is_current = |session: &&serde_json::Value| session["current"] == true;
        let session = spare["sessions"].as_array().unwrap().iter().find(is_current).unwrap()["id"].clone();
        let session = session.as_str().unwrap().to_owned();
        let (group, key) = (id(&group, "group"), id(&target, "api_key"));
        let template = id(&template, "template");
        // A lead to be converted.
        let lead = Some(json!({"label": "Jane Doe"}).to_string());
        world.ask("PUT", "/crm/record/leads/10", &[("X-API-KEY", KEY)], lead).await.expect(201);
        let duplicate = duplicate(world).await;
        // Without a mail server it is written down and does not go out.
        let mail = json!({"user_id": 10, "type": "custom", "title": "By e-mail", "channels": ["email"]});
        made("/crm/notification/send", mail).await;
        let log = world.ask("GET", "/crm/delivery?user_id=10", &[("X-API-KEY", KEY)], None).await.expect(200);
        let delivery = log["deliveries"][0]["id"].as_str().unwrap().to_owned();
        Cast { world, headers, notification, group, key, session, delivery, duplicate, template }
    }

    async fn ask(&self, who: Who, operation: &str, body: Option<&str>) -> Reply {
        let (method, path) = operation.split_once(' ').unwrap();
        let id = match path {
            path if path.starts_with("/crm/notification/{id}") => self.notification.to_string(),
            path if path.starts_with("/crm/group/{id}") => self.group.to_string(),
            path if path.starts_with("/crm/api-key/{id}") => self.key.to_string(),
            path if path.starts_with("/crm/user/me/sessions/{id}") => self.session.clone(),
            path if path.starts_with("/crm/delivery/{id}") => self.delivery.clone(),
            path if path.starts_with("/crm/template/{id}") => self.template.to_string(),
            path if path.starts_with("/crm/duplicate/{id}") => self.duplicate.clone(),
            path if path.starts_with("/crm/record/") => "10".to_owned(),
            // Not the user who asks in other operations.
            _ if method == "DELETE" => "99".to_owned(),
            _ => "10".to_owned(),
        };
        let headers: Vec<(&str, &str)> =
            self.headers[&who].iter().map(|(name, value)| (*name, value.as_str())).collect();
        let end = match path {
            // A stream would not end.
            path if path.ends_with("/stream") => "?poll=0",
            "/crm/explain" => "?module=leads&id=10&user=10",
            _ => "",
        };
        let token = self.world.app.users.unsubscribe_url(10, "custom", "");
        let token = token.rsplit('/').next().unwrap();
        let named = [
            ("{id}", id.as_str()),
            ("{module}", "tickets"),
            ("{record_id}", "42"),
            ("{group}", "delivery"),
            ("{token}", token),
        ];
        let path =
            named.into_iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value)) + end;
        self.world.ask(method, &path, &headers, body.map(str::to_owned)).await
    }

    /// Has every key used and its use written down: that is done half a minute later otherwise, at any moment.
    async fn settle(&self) {
        for who in EVERYONE {
            self.ask(who, "GET /crm/auth/me", None).await;
        }
        self.world.app.tick().await;
    }

    /// Everything that is stored, but for what housekeeping moves about by itself.
    async fn stored(&self) -> Vec<String> {
        let mut rows = dump(&self.world.app.database).await;
        rows.retain(|row| {
            !["inbox_items:", "inbox_index:", "inboxes:"].iter().any(|table| row.starts_with(table))
        });
        rows
    }
}

/// Two contacts that are likely the same: the id of the pair.
async fn duplicate(world: &World) -> String {
    let put = async |path: &str, body: serde_json::Value| {
        world.ask("PUT", path, &[("X-API-KEY", KEY)], Some(body.to_string())).await
    };
    put("/crm/settings/duplicates", json!({"modules": {"contacts": true}})).await.expect(200);
    for path in ["/crm/record/contacts/98", "/crm/record/contacts/99"] {
        put(path, json!({"label": "Twice"})).await.expect(201);
    }
    for _ in 0..2 {
        world.passes(Duration::from_secs(5)).await;
    }
    let page = world.ask("GET", "/crm/duplicate", &[("X-API-KEY", KEY)], None).await.expect(200);
    page["duplicates"][0]["id"].to_string()
}

fn is_done(status: u16) -> bool {
    (200..300).contains(&status)
}

story! {
    async fn every_operation_is_for_those_it_is_meant_for(on: On) {
        let world = World::with(on, |config| config.limits.login_per_address_per_minute = 0).await;
        let classified: BTreeSet<String> = OPERATIONS.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
        assert_eq!(classified, documented(&world).await, "put a new operation into OPERATIONS and say whose it is");
        let cast = Cast::of(&world).await;
        let mut wrong = Vec::new();

        // Whoever may not is refused, and nothing is stored.
        cast.settle().await;
        let before = cast.stored().await;
        for (operation, of, body) in OPERATIONS {
            for who in EVERYONE {
                let Some(expected) = refusal(*of, who) else { continue };
                let reply = cast.ask(who, operation, *body).await;
                let said = if expected == 401 { "message" } else { "reason" };
                if reply.status != expected || !reply.body[said].is_string() {
                    wrong.push(format!("{operation} by {who:?}: {} instead of {expected}: {}", reply.status, reply.text));
                }
            }
        }
        let after = cast.stored().await;
        let added: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
        assert!(before == after, "somebody who was refused changed this: {added:?}\n{}", wrong.join("\n"));

        // Whoever may is heard, and for one of them it is done.
        for (operation, of, body) in OPERATIONS {
            let mut statuses = Vec::new();
            for who in EVERYONE.into_iter().filter(|who| refusal(*of, *who).is_none()) {
                let reply = cast.ask(who, operation, *body).await;
                if matches!(reply.status, 401 | 403 | 500..) {
                    wrong.push(format!("{operation} by {who:?}: {}: {}", reply.status, reply.text));
                }
                statuses.push(reply.status);
            }
            let needs_words = *body == Some("{}");
            if !needs_words && !statuses.iter().any(|status| is_done(*status)) {
                wrong.push(format!("{operation} is done for nobody: {statuses:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
