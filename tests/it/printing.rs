//! Documents are printed by a process of their own, and nothing that a template does reaches further.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use belfry::template::pdf::{
    self, DocumentInput, Kind, Letterhead, Limits, Mistake, Party, Person, Press, Request, Unprinted,
};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

const TODAY: Date = Date::constant(2026, 11, 22);

fn belfry() -> PathBuf {
    env!("CARGO_BIN_EXE_belfry").into()
}

/// A press as the server has it.
fn press() -> Press {
    Press::new(belfry(), Limits::default())
}

/// A press for long documents: this program was not built to be fast.
fn patient_press() -> Press {
    let long = Duration::from_secs(60);
    Press::new(belfry(), Limits { work: long, wall: long, ..Limits::default() })
}

/// Prints a template with this data.
async fn print(press: &Press, source: &str, data: &Value) -> Result<Vec<u8>, Unprinted> {
    press.print(&Request { source, data, files: BTreeMap::new(), today: TODAY }).await
}

/// What becomes of a template that cannot be printed.
#[track_caller]
fn refused(printed: Result<Vec<u8>, Unprinted>) -> Unprinted {
    match printed {
        Ok(pdf) => panic!("it was printed: {} bytes", pdf.len()),
        Err(unprinted) => unprinted,
    }
}

/// A document as PyPI's pypdf reads it.
struct Read {
    title: String,
    author: String,
    pages: Vec<String>,
}

impl Read {
    fn of(pdf: &[u8]) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let python = target.unwrap_or_else(|| here.join("target")).join("venv/bin/python");
        let mut reader = Command::new(python)
            .arg(here.join("tests/peers/printed.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pypdf is missing: run scripts/needs.sh peers");
        reader.stdin.take().expect("it is piped").write_all(pdf).unwrap();
        let said = reader.wait_with_output().unwrap().stdout;
        let said: Value = serde_json::from_slice(&said).expect("pypdf reads it");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pages = said["pages"].as_array().unwrap().iter().map(text).collect();
        Self { title: text(&said["title"]), author: text(&said["author"]), pages }
    }

    /// All of it, with one space wherever there is any.
    fn text(&self) -> String {
        self.pages.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => panic!("{value} is no object"),
    }
}

/// The data of an order with these fields.
fn order(fields: Value, language: &str) -> Value {
    let fields = object(fields);
    let company = object(json!({"address": "Große Straße 7, 20095 Hamburg", "country": "Germany"}));
    pdf::data(&DocumentInput {
        kind: Kind::SalesOrder,
        id: "so-311",
        label: "SIM cards for Northwind",
        fields: &fields,
        company: Some(Party { label: "Northwind Łódź GmbH", fields: &company }),
        contact: None,
        owner: Some(Person { name: "Sam Sales", email: "sam@belltower.example" }),
        letterhead: &Letterhead {
            name: "Belltower Ltd".into(),
            address: "12 Church Street\nYork YO1 7AB".into(),
            bank_details: "IBAN GB33 BUKB".into(),
            terms: "Payable within 30 days.".into(),
            logo_svg: r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0 L9 9 L0 9 Z"/></svg>"#.into(),
            ..Letterhead::default()
        },
        language,
        today: TODAY,
        time_zone: "Europe/London",
    })
}

fn lines(count: usize) -> Value {
    let line = |at| json!({"description": format!("SIM card {at}"), "qty": 2, "price": 12.5, "vat": 20});
    (1..=count).map(line).collect()
}

#[tokio::test]
async fn an_order_is_printed_with_every_word_of_it() {
    let data = order(
        json!({
            "order_number": "SO-1042", "purchase_order": "PO 7", "currency": "EUR", "lines": lines(12),
            "description": "Ring twice.", "signed_by": "Jana Novák", "signed_at": "2026-11-21T15:04:05Z",
        }),
        "en",
    );
    let printed = print(&press(), pdf::SHIPPED, &data).await.unwrap();
    let read = Read::of(&printed);
    assert_eq!((read.title.as_str(), read.author.as_str()), ("Sales order SO-1042", "Belltower Ltd"));
    assert_eq!(read.pages.len(), 1);
    let text = read.text();
    for words in [
        "Belltower Ltd",
        "12 Church Street",
        "Northwind Łódź GmbH",
        "Große Straße 7",
        "20095 Hamburg",
        "Germany",
        "Sales order SO-1042",
        "SIM cards for Northwind",
        "22 November 2026",
        "PO 7",
        "Sam Sales",
        "SIM card 12",
        "12.50",
        "20%",
        "Subtotal 300.00",
        "VAT 20% 60.00",
        "Total €360.00",
        "Jana Novák",
        "21 November 2026, 15:04",
        "Ring twice.",
        "Payable within 30 days.",
        "IBAN GB33 BUKB",
        "Page 1 of 1",
    ] {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
    let german =
        Read::of(&print(&press(), pdf::SHIPPED, &order(json!({"total": 1234.5}), "de")).await.unwrap());
    assert!(german.text().contains("Gesamtbetrag 1.234,50"), "{}", german.text());
    assert!(german.text().contains("Seite 1 von 1"));
}

#[tokio::test]
async fn four_hundred_lines_fill_pages_that_are_numbered() {
    let data = order(json!({"lines": lines(400)}), "en");
    let read = Read::of(&print(&patient_press(), pdf::SHIPPED, &data).await.unwrap());
    let pages = read.pages.len();
    assert!((7..=14).contains(&pages), "{pages} pages");
    for (at, page) in (1..).zip(&read.pages) {
        assert!(page.contains(&format!("Page {at} of {pages}")), "{page}");
        assert!(page.contains("Description"), "the heading of the table stands on every page");
    }
    let last = read.pages.last().unwrap();
    assert!(
        last.contains("SIM card 400") && last.contains("12,000.00"),
        "the sums are with the last line: {last}"
    );
    assert_eq!((1..=400).filter(|at| read.text().contains(&format!("SIM card {at} "))).count(), 400);
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let data = order(json!({"lines": lines(5)}), "en");
    let press = press();
    let (one, other) = tokio::join!(print(&press, pdf::SHIPPED, &data), print(&press, pdf::SHIPPED, &data));
    assert!(one.unwrap() == other.unwrap());
}

#[tokio::test]
async fn what_people_write_is_printed_as_it_stands() {
    let words = r##"#panic("x") #import "@preview/x:1.0.0" *a* _b_ $c$ <d> @e \ /* f */ // g"##;
    let fields = json!({"order_number": words, "description": words, "lines": [{"name": words, "sku": words, "note": words}]});
    let read = Read::of(&print(&press(), pdf::SHIPPED, &order(fields, "en")).await.unwrap());
    let text = read.text().replace('\u{200b}', "");
    assert!(text.matches("*a* _b_ $c$ <d> @e \\ /* f */ // g").count() >= 4, "{text}");
    assert!(text.matches("#import \"@preview/x:1.0.0\"").count() >= 4, "{text}");
    assert_eq!(read.title, format!("Sales order {words}"));
}

#[tokio::test]
async fn the_oddest_order_is_still_a_document() {
    for fields in [
        json!({}),
        json!({"lines": [{"name": "W".repeat(500), "sku": "1".repeat(300)}]}),
        json!({"lines": [{"name": "שלום עולם", "qty": "مرحبا", "price": "日本語", "vat": "😀"}]}),
        json!({"lines": ["one line\n".repeat(100)], "description": "Words and words. ".repeat(100)}),
        json!({"lines": [{"name": "Most", "qty": 99999999999_i64, "price": 99999999999_i64, "vat": 99}]}),
        json!({"lines": [[], 1, null, {}], "total": "a lot", "currency": "Mark der Deutschen Notenbank"}),
    ] {
        let printed = print(&patient_press(), pdf::SHIPPED, &order(fields.clone(), "en")).await;
        assert!(printed.is_ok(), "{fields}: {printed:?}");
    }
}

/// Whether a document failed as it should.
type Verdict<'v> = dyn Fn(&Unprinted) -> bool + 'v;

#[tokio::test]
async fn a_template_that_does_not_end_or_grows_is_cut() {
    let is_slow = |unprinted: &Unprinted| matches!(unprinted, Unprinted::Slow(_));
    let is_hungry = |unprinted: &Unprinted| matches!(unprinted, Unprinted::Hungry(_));
    let is_refused = |unprinted: &Unprinted| matches!(unprinted, Unprinted::Refused(_));
    let bombs: [(&str, &Verdict<'_>); 9] = [
        ("#while true {}", &is_refused),
        ("#for i in range(10000000000) {}", &|it| is_hungry(it) || is_slow(it)),
        ("#for i in range(100000) { for j in range(100000) { let x = calc.sin(j) } }", &is_slow),
        ("#(\"a\" * 300000000)", &|it| is_slow(it) || is_hungry(it)),
        ("#let a = \"0123456789\"\n#for i in range(60) { a = a * 2 }", &is_hungry),
        ("#for i in range(1000000) { pagebreak() }", &is_slow),
        ("#let f(n) = f(n + 1)\n#f(0)", &is_refused),
        (
            "#image(bytes(range(0, 255)), format: (encoding: \"rgba8\", width: 100000, height: 100000))",
            &is_refused,
        ),
        (
            "#image(bytes(\"<svg xmlns=\\\"http://www.w3.org/2000/svg\\\" viewBox=\\\"0 0 9 9\\\"><path d=\\\"M0 0\\\"/>\" + \
             \"<g>\" * 200000 + \"</svg>\"), format: \"svg\")",
            &|_| true,
        ),
    ];
    let press = press();
    for (source, is_right) in bombs {
        let start = Instant::now();
        let unprinted = refused(print(&press, source, &json!({})).await);
        assert!(is_right(&unprinted), "{source}: {unprinted}");
        // A second where nothing else runs; here everything else does.
        assert!(start.elapsed() < Duration::from_secs(9), "{source} took {:?}", start.elapsed());
        assert!(!unprinted.may_pass(), "{source}: it would be the same the next time");
    }
    let data = order(json!({"lines": lines(1)}), "en");
    print(&press, pdf::SHIPPED, &data).await.expect("the next order is printed as if nothing had been");
}

#[tokio::test]
async fn a_template_reads_nothing_but_what_it_is_given() {
    let press = press();
    for (source, said) in [
        ("#read(\"/etc/passwd\")", "file not found"),
        ("#read(\"../../etc/passwd\")", "would escape the project root"),
        ("#import \"@preview/cetz:0.3.0\": *", "packages cannot be loaded here"),
        ("#include \"other.typ\"", "file not found"),
        ("#plugin(\"evil.wasm\")", "file not found"),
        ("#image(\"https://belltower.example/logo.svg\")", "file not found"),
    ] {
        match refused(print(&press, source, &json!({})).await) {
            Unprinted::Refused(mistake) => assert!(mistake.message.contains(said), "{source}: {mistake}"),
            other => panic!("{source}: {other}"),
        }
    }
    let source =
        "#read(\"greeting.txt\") #json(\"data.json\").name #datetime.today().display() #sys.inputs.len()";
    let files = BTreeMap::from([("greeting.txt", "Good day,")]);
    let request = Request { source, data: &json!({"name": "Ada"}), files, today: TODAY };
    let read = Read::of(&press.print(&request).await.unwrap());
    assert_eq!(read.text(), "Good day, Ada 2026-11-22 0");
}

#[tokio::test]
async fn a_mistake_is_said_with_its_line() {
    let unprinted = refused(print(&press(), "Good day,\n#let name = \"Ada\"\n  #nam", &json!({})).await);
    let Unprinted::Refused(Mistake { message, file, line, column, .. }) = &unprinted else {
        panic!("{unprinted}")
    };
    assert_eq!((message.as_str(), file, line, column), ("unknown variable: nam", &None, &Some(3), &Some(4)));
    let said = unprinted.to_string();
    assert!(said.starts_with("The PDF template must be mended in line 3: unknown variable: nam"), "{said}");
    let press = press();
    press
        .check_drawing("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>")
        .await
        .unwrap();
    let unprinted = refused(press.check_drawing("<svg width=\"9\"></svg").await.map(|()| Vec::new()));
    assert!(matches!(unprinted, Unprinted::Refused(_)), "{unprinted}");
}

#[tokio::test]
async fn too_much_is_neither_taken_nor_given() {
    let press = Press::new(belfry(), Limits { bytes: 2_000, ..Limits::default() });
    let unprinted = refused(print(&press, "Good day", &json!({})).await);
    assert_eq!(unprinted, Unprinted::Large(2_000));
    let data = json!("x".repeat(9 * 1024 * 1024));
    assert!(matches!(refused(print(&press, "", &data).await), Unprinted::Long(_)));
    let endless = Press::new("/usr/bin/yes".into(), Limits::default());
    assert!(matches!(refused(print(&endless, "", &json!({})).await), Unprinted::Large(_)));
}

#[tokio::test]
async fn a_press_that_cannot_print_says_so() {
    for program in ["/nowhere/belfry", "/bin/true", "/bin/false"] {
        let press = Press::new(program.into(), Limits::default());
        let unprinted = refused(print(&press, "Good day", &json!({})).await);
        assert_eq!(unprinted, Unprinted::Broken, "{program}");
        assert!(unprinted.may_pass());
    }
}

/// Works for as long as it is let.
const ENDLESS: &str = "#for i in range(100000) { for j in range(100000) { let x = calc.sin(j) } }";

#[tokio::test]
async fn the_clock_ends_what_the_worker_does_not() {
    let wall = Duration::from_millis(300);
    let press = Press::new(belfry(), Limits { work: Duration::from_secs(25), wall, ..Limits::default() });
    assert_eq!(refused(print(&press, ENDLESS, &json!({})).await), Unprinted::Slow(wall));
}

#[tokio::test]
async fn few_are_printed_at_once_and_few_wait() {
    let wall = Duration::from_secs(2);
    let limits = Limits { work: Duration::from_secs(25), wall, at_once: 1, waiting: 1, ..Limits::default() };
    let press = Press::new(belfry(), limits);
    let data = json!({});
    let (first, second, third) = tokio::join!(
        biased;
        print(&press, ENDLESS, &data),
        print(&press, "Good day", &data),
        print(&press, "Good day", &data),
    );
    assert_eq!(refused(first), Unprinted::Slow(wall));
    assert!(second.is_ok(), "it waits for its turn: {second:?}");
    assert_eq!(refused(third), Unprinted::Busy);

    let patience = Duration::from_millis(100);
    let press = Press::new(belfry(), Limits { patience, ..limits });
    let (_, second) = tokio::join!(biased; print(&press, ENDLESS, &data), print(&press, "Good day", &data));
    assert_eq!(refused(second), Unprinted::Busy, "nobody waits for ever");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_no_longer_wants_it_ends_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("belfry-of-this-story");
    std::os::unix::fs::symlink(belfry(), &program).unwrap();
    let long = Duration::from_secs(25);
    let press =
        Press::new(program.clone(), Limits { work: long, wall: long, at_once: 1, ..Limits::default() });
    let data = json!({});
    let mut printing = Box::pin(print(&press, ENDLESS, &data));
    while !is_running(&program) {
        let soon = tokio::time::timeout(Duration::from_millis(10), &mut printing).await;
        assert!(soon.is_err(), "it has no end");
    }
    drop(printing);
    while is_running(&program) {
        tokio::task::yield_now().await;
    }
    assert!(print(&press, "Good day", &data).await.is_ok(), "the turn was given back");
}

/// Whether a process was started by this name.
fn is_running(program: &Path) -> bool {
    let name = program.as_os_str().as_encoded_bytes();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| command.starts_with(name))
}
