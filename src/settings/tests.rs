//! A small group of settings: what is told of wrong values, and what becomes of what another version stored.

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::config::DatabaseUrl;
use crate::storage::Purpose;

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Small {
    /// # How many
    ///
    /// Not too many.
    #[schemars(range(min = 1, max = 100))]
    count: u32,
    /// Which of them.
    which: Option<Which>,
    /// What it is called.
    #[schemars(length(min = 1, max = 5))]
    name: String,
    /// By name.
    #[schemars(extend("maxProperties" = 2))]
    lists: BTreeMap<String, Vec<Which>>,
    /// A secret.
    token: String,
    is_on: bool,
    #[schemars(length(max = 2))]
    rows: Vec<Pair>,
    switches: BTreeMap<String, bool>,
    sides: Sides,
    /// The number of somebody.
    somebody: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    /// The one.
    One,
    /// The other.
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    left: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Sides {
    left: u8,
    right: u8,
}

impl Default for Small {
    fn default() -> Self {
        Small {
            count: 7,
            which: None,
            name: "small".to_owned(),
            lists: BTreeMap::new(),
            token: String::new(),
            is_on: true,
            rows: Vec::new(),
            switches: BTreeMap::from([("b".to_owned(), true)]),
            sides: Sides::default(),
            somebody: None,
        }
    }
}

impl Group for Small {
    type Against = u32;
    const KEY: &'static str = "small";
    const TITLE: &'static str = "Small Settings";
    const SEALED: &'static [&'static str] = &["token"];

    fn check(&mut self, unlucky: &u32) -> Result<(), String> {
        self.token = self.token.trim().to_owned();
        if self.count == *unlucky {
            Err("count must not be unlucky; take another".to_owned())
        } else {
            Ok(())
        }
    }
}

struct Scene {
    _folder: tempfile::TempDir,
    database: Database,
    settings: Settings,
}

async fn opened(database: &Database) -> Settings {
    let clock = Clock::by_hand(crate::clock::Instant(1_000_000));
    let groups = Groups::default().with::<Small>(13);
    Settings::open(database.clone(), clock, Arc::new(Seal::new(&[5; 32])), groups).await.unwrap()
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("belfry.db"));
    let database = Database::open(&url, Purpose::Serve).await.unwrap();
    let settings = opened(&database).await;
    Scene { _folder: folder, database, settings }
}

impl Scene {
    async fn put(&self, wish: Value) -> Result<(), String> {
        let Value::Object(wish) = wish else { panic!("an object") };
        let ann = Actor { user_id: Some(1), name: Arc::from("ann"), by: audit::By::User };
        self.settings.change("small", wish, ann).await.map_err(|refusal| refusal.to_string())
    }

    fn shown(&self) -> Value {
        Value::Object(self.settings.shown(self.settings.group("small").unwrap()))
    }

    async fn stored(&self) -> String {
        let all = self.database.read::<_, Error, _>(|tx| Box::pin(store::all(tx))).await.unwrap();
        all.into_iter().next().map(|(_, text)| text).unwrap_or_default()
    }

    async fn store(&self, text: &'static str) {
        let stored = self.database.write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let now = crate::clock::Instant(0);
                store::locked(tx, "small", now, "x").await?;
                store::put(tx, "small", text, now, "another version").await
            })
        });
        stored.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_changed_is_stored_and_the_rest_is_as_by_default() {
    let scene = scene().await;
    assert_eq!(*scene.settings.of::<Small>(), Small::default());
    scene.put(json!({"count": 8, "lists": {"a": ["one", "other"]}})).await.unwrap();
    let small = scene.settings.of::<Small>();
    assert_eq!((small.count, &small.lists["a"]), (8, &vec![Which::One, Which::Other]));
    assert_eq!(scene.stored().await, r#"{"count":8,"lists":{"a":["one","other"]}}"#);
    // Saying the default is said all the same: it stays when the default becomes another.
    scene.put(json!({"is_on": true})).await.unwrap();
    assert!(scene.stored().await.contains("is_on"));
    scene.put(json!({})).await.unwrap();
    assert_eq!(*opened(&scene.database).await.of::<Small>(), *scene.settings.of::<Small>());
}

#[tokio::test]
async fn a_secret_is_sealed_and_its_shown_form_leaves_it() {
    let scene = scene().await;
    scene.put(json!({"token": "  a secret of many letters "})).await.unwrap();
    assert_eq!(scene.settings.of::<Small>().token, "a secret of many letters");
    assert_eq!(scene.shown()["token"], "…ters");
    assert!(!scene.stored().await.contains("letters"));
    scene.put(json!({"token": "…ters", "count": 9})).await.unwrap();
    assert_eq!(scene.settings.of::<Small>().token, "a secret of many letters");
    scene.put(json!({"token": "short"})).await.unwrap();
    assert_eq!((scene.shown()["token"].as_str(), scene.settings.of::<Small>().count), (Some("…"), 9));
    scene.put(json!({"token": ""})).await.unwrap();
    assert_eq!(
        (scene.shown()["token"].as_str(), scene.settings.of::<Small>().token.as_str()),
        (Some(""), "")
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_by_its_place_and_nothing_is_stored() {
    let scene = scene().await;
    for (wish, said) in [
        (json!({"cuont": 1}), "Unknown field \"cuont\"; did you mean \"count\"?"),
        (json!({"zzz": 1}), "Unknown field \"zzz\"; leave it out"),
        (json!({"count": "8"}), "count must be an integer from 1 to 100"),
        (json!({"count": 0}), "count must be an integer from 1 to 100"),
        (json!({"count": 101}), "count must be an integer from 1 to 100"),
        (json!({"count": 1.5}), "count must be an integer from 1 to 100"),
        (json!({"count": null}), "count must be an integer from 1 to 100"),
        (json!({"count": 13}), "count must not be unlucky; take another"),
        (json!({"which": "third"}), "which must be one of: one, other"),
        (json!({"lists": []}), "lists must be an object"),
        (json!({"lists": {"a": "one"}}), "lists.a must be a list"),
        (json!({"lists": {"a": ["one", "third"]}}), "lists.a[1] must be one of: one, other"),
        (json!({"token": 5}), "token must be a string"),
        (json!({"token": "a\0"}), "token must not contain the character NUL; take it out"),
        (json!({"lists": {"a\0": []}}), "lists must not contain the character NUL in a name; take it out"),
        (json!({"lists": {"a": ["\0"]}}), "lists.a[0] must not contain the character NUL; take it out"),
        (json!({"name": ""}), "name must not be empty"),
        (json!({"name": "äöüäöü"}), "name must be at most 5 characters long; shorten it"),
        (
            json!({"rows": [{"left": 1}, {"left": 1}, {"left": 1}]}),
            "rows must have at most 2 entries; leave some out",
        ),
        (json!({"lists": {"a": [], "b": [], "c": []}}), "lists must have at most 2 entries; leave some out"),
        (json!({"is_on": "yes"}), "is_on must be true or false"),
        (json!({"rows": [{"left": 1}, {}]}), "rows[1].left is required"),
        (json!({"rows": [{"left": 1, "right": 2}]}), "rows[0].right is unknown; use one of: left"),
        (json!({"rows": [{"left": 1, "lefft": 2}]}), "rows[0].lefft is unknown; did you mean \"left\"?"),
        // A name that is wrong is why the one that is required is not there.
        (json!({"rows": [{"lefft": 2}]}), "rows[0].lefft is unknown; did you mean \"left\"?"),
        (json!({"sides": {"rihgt": 1}}), "sides.rihgt is unknown; did you mean \"right\"?"),
        (json!({"sides": {"zzz": 1}}), "sides.zzz is unknown; use one of: left, right"),
        (
            json!({"somebody": 9_223_372_036_854_775_808u64}),
            "somebody must be an integer from 1 to 9007199254740991, or null",
        ),
        (json!({"somebody": 0}), "somebody must be an integer from 1 to 9007199254740991, or null"),
        (json!({"somebody": 1e300}), "somebody must be an integer from 1 to 9007199254740991, or null"),
        (
            json!({"rows": [{"left": 9_007_199_254_740_993i64}]}),
            "rows[0].left must be an integer from 1 to 9007199254740991",
        ),
        (json!({"count": 9, "is_on": 1}), "is_on must be true or false"),
    ] {
        assert_eq!(scene.put(wish.clone()).await.unwrap_err(), said, "{wish}");
    }
    assert_eq!(*scene.settings.of::<Small>(), Small::default());
    assert_eq!(scene.stored().await, "");
    scene.put(json!({"which": null, "rows": [{"left": 1}], "count": 100})).await.unwrap();
}

#[tokio::test]
async fn a_switch_that_is_left_out_stays_and_every_other_map_is_replaced() {
    let scene = scene().await;
    let first = json!({"switches": {"a": false, "c": true}, "sides": {"left": 3}, "lists": {"a": ["one"]}});
    scene.put(first).await.unwrap();
    let small = scene.settings.of::<Small>();
    assert_eq!(json!(small.switches), json!({"a": false, "b": true, "c": true}));
    scene.put(json!({"switches": {"c": false}, "sides": {"right": 4}, "lists": {"b": []}})).await.unwrap();
    let small = scene.settings.of::<Small>();
    assert_eq!(json!(small.switches), json!({"a": false, "b": true, "c": false}));
    assert_eq!(small.sides, Sides { left: 0, right: 4 });
    assert_eq!(json!(small.lists), json!({"b": []}), "names that people add can be taken away");
    scene.put(json!({"switches": {}, "lists": {}})).await.unwrap();
    let small = scene.settings.of::<Small>();
    assert_eq!((small.switches.len(), small.lists.len()), (3, 0));
}

#[tokio::test]
async fn what_another_version_stored_falls_back_field_by_field() {
    let scene = scene().await;
    scene.store(r#"{"count":9,"which":"third","colour":"red","token":"not sealed","is_on":false}"#).await;
    scene.settings.refresh().await.unwrap();
    let expected = Small { count: 9, is_on: false, ..Small::default() };
    assert_eq!(*scene.settings.of::<Small>(), expected);
    // What is not understood is kept for the version that does.
    scene.put(json!({"count": 10})).await.unwrap();
    assert!(scene.stored().await.contains(r#""colour":"red""#));
    scene.store("[1").await;
    scene.settings.refresh().await.unwrap();
    assert_eq!(*scene.settings.of::<Small>(), Small::default());
}

#[tokio::test]
async fn another_node_sees_a_change_when_it_refreshes() {
    let scene = scene().await;
    let elsewhere = opened(&scene.database).await;
    scene.put(json!({"count": 8})).await.unwrap();
    assert_eq!(elsewhere.of::<Small>().count, 7);
    elsewhere.refresh().await.unwrap();
    assert_eq!(elsewhere.of::<Small>().count, 8);
    let before = elsewhere.of::<Small>();
    elsewhere.refresh().await.unwrap();
    assert!(Arc::ptr_eq(&before, &elsewhere.of::<Small>()), "what did not change is not read anew");
}

#[test]
fn the_schema_has_titles_descriptions_and_defaults() {
    let defaults = Map::from_iter([("lists".to_owned(), json!({"contacts": ["one"]}))]);
    let schema = schema::with_defaults(schema::of::<Small>(), &defaults);
    assert_eq!(schema["properties"]["lists"]["default"], json!({"contacts": ["one"]}));
    let count = &schema["properties"]["count"];
    assert_eq!((&schema["title"], &count["title"]), (&json!("Small Settings"), &json!("How many")));
    assert_eq!((&count["description"], &count["default"]), (&json!("Not too many."), &json!(7)));
    assert_eq!(schema["properties"]["token"]["writeOnly"], true);
}
