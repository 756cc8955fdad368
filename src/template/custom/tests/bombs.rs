//! Templates that would eat the processor or the memory: each is refused before it runs, or ends by what it counts.
//!
//! How long one takes depends on who else uses the machine, so the clock is only asked for the worst; memory is held by
//! what is written and by the values that there can be.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{saved, sent};

/// The longest that a bomb may take without optimisation on a busy machine: twenty times what it takes alone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every way of the language to do much, and of the markup to be much.
fn bombs() -> Vec<(&'static str, String)> {
    let many = |text: &str, count: usize| text.repeat(count);
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let loops = |depth: usize, body: &str| {
        let open: String = (0..depth).map(|n| format!("{{% for a{n} in range(1000) %}}")).collect();
        format!("{open}{body}{}", many("{% endfor %}", depth))
    };
    let words = "x".repeat(60_000);
    vec![
        ("nested loops", loops(2, "x")),
        ("deeply nested loops", loops(8, "")),
        ("loops deeper than may be", loops(40, "")),
        ("a loop with much in it", loops(1, &words)),
        ("a loop with much in it, shown", format!("{{% for a in range(1000) %}}{{{{ '{words}' }}}}{{% endfor %}}")),
        ("loops without end", format!("{{% for a in range(1000) %}}{}{{% endfor %}}", many("{% for b in range(1000) %}{% endfor %}", 900))),
        ("a long range", "{% for a in range(1000000000) %}x{% endfor %}".into()),
        ("a range to the end", "{% for a in range(9223372036854775807) %}x{% endfor %}".into()),
        ("a range from the beginning", "{% for a in range(-9223372036854775808, 9223372036854775807) %}x{% endfor %}".into()),
        ("ranges beside each other", many("{% for a in range(1000) %}x{% endfor %}", 1_500)),
        ("a macro that calls itself", "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}".into()),
        ("a loop that calls itself", "{% for a in range(9) recursive %}{{ loop(range(9)) }}{% endfor %}".into()),
        ("loop called", "{% for a in range(9) %}{{ loop(range(9)) }}{% endfor %}".into()),
        ("a text times a number", "{{ 'a' * 1000000000 }}".into()),
        ("a constant times a number", "{% set x = 'a' * 1000000000 %}".into()),
        ("a list times a number", "{{ [1] * 1000000000 }}".into()),
        ("powers", "{{ 9 ** 9 ** 9 ** 9 }}".into()),
        ("doubling by ~", format!("{{% set x = 'x' %}}{}{{{{ x }}}}", many("{% set x = x ~ x %}", 60))),
        ("doubling by +", format!("{{% set x = 'x' %}}{}{{{{ x }}}}", many("{% set x = x + x %}", 60))),
        ("doubling by a list", format!("{{% set x = ['x'] %}}{}{{{{ x }}}}", many("{% set x = [x, x] %}", 60))),
        ("doubling by a tuple", format!("{{% set x = 1 %}}{}{{{{ x == x }}}}", many("{% set x = (x, x) %}", 60))),
        ("doubling by a map", format!("{{% set x = 1 %}}{}{{{{ x }}}}", many("{% set x = {'a': x, 'b': x} %}", 60))),
        ("doubling by capture", format!("{{% set x %}}xx{{% endset %}}{}", many("{% set x %}{{ x }}{{ x }}{% endset %}", 60))),
        ("doubling by with", nested("{% with x = x ~ x %}", "{{ x }}", "{% endwith %}", 60)),
        ("doubling by replace", format!("{{% set x = 'aaaaaaaa' %}}{}{{{{ x }}}}", many("{% set x = x|replace('a', 'aa') %}", 60))),
        ("replace at every place", format!("{{% set x = '{}' %}}{{{{ x|replace('a', x) }}}}", many("a", 30_000))),
        ("replace of nothing", "{{ record.label|replace('', 'aaaaaaaaaa') }}".into()),
        ("replace again and again", format!("{{% for a in range(1000) %}}{{{{ '{}'|replace('a', 'b')|truncate(1) }}}}{{% endfor %}}", many("a", 30_000))),
        ("join by a long text", format!("{{{{ range(1000)|join('{}') }}}}", many("a", 30_000))),
        ("join again and again", "{% for a in range(1000) %}{% for b in range(1000) %}{% set x = range(1000)|join('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')|length %}{% endfor %}{% endfor %}".into()),
        ("a wide format", r#"{{ "%1000000000d"|format(1) }}"#.into()),
        ("indent", "{{ record.label|indent(1000000000) }}".into()),
        ("center", "{{ record.label|center(1000000000) }}".into()),
        ("batch", "{{ range(1000)|batch(1000000000, 'x') }}".into()),
        ("slices", "{{ record.label[::1] }}".into()),
        ("a slice filter", "{{ range(1000)|slice(1000000000) }}".into()),
        ("a tree shown", "{{ record|tojson }}".into()),
        ("pprint", "{{ record|pprint }}".into()),
        ("a list shown", "{{ record.fields.lines }}".into()),
        ("sort in a loop", "{% for a in range(1000) %}{{ range(1000)|sort }}{% endfor %}".into()),
        ("filters nested as blocks", nested("{% filter upper %}", "x", "{% endfilter %}", 200)),
        ("filters behind each other", format!("{{{{ record.label{} }}}}", many("|upper", 9_000))),
        ("members behind each other", format!("{{{{ record{} }}}}", many(".a", 30_000))),
        ("items behind each other", format!("{{{{ record{} }}}}", many("['a']", 12_000))),
        ("brackets", format!("{{{{ {} }}}}", nested("(", "1", ")", 30_000))),
        ("lists in lists", format!("{{{{ {} }}}}", nested("[", "1", "]", 30_000))),
        ("minus signs", format!("{{{{ {}1 }}}}", many("-", 60_000))),
        ("nots", format!("{{{{ {}1 }}}}", many("not ", 16_000))),
        ("a sum of many", format!("{{{{ 1{} }}}}", many("-1", 30_000))),
        ("ands", format!("{{{{ 1{} }}}}", many(" and 1", 10_000))),
        ("choices", format!("{{{{ 1{} }}}}", many(" if 1 else 1", 5_000))),
        ("comparisons", format!("{{{{ 1{} }}}}", many("<2", 30_000))),
        ("conditions in conditions", nested("{% if 1 %}", "x", "{% endif %}", 3_000)),
        ("elifs", format!("{{% if 0 %}}{}{{% endif %}}", many("{% elif 0 %}", 5_000))),
        ("a long list", format!("{{% if 1 in [{}1] %}}x{{% endif %}}", many("1,", 20_000))),
        ("arguments", format!("{{{{ range({}1) }}}}", many("1,", 1_900))),
        ("a tag that does not end", format!("{{{{ {}", many("a ", 30_000))),
        ("a comment that does not end", format!("{{# {}", many("a", 60_000))),
        ("many tags", many("{{ 1 }}", 9_000)),
        ("many lines", many("\n", 65_000)),
        ("many lines of tags", many("{% if 1 %}\n{% endif %}\n", 2_600)),
        ("include", "{% include 'letter.html' %}".into()),
        ("extends", "{% extends 'letter.html' %}".into()),
        ("import", "{% import 'letter.html' as x %}".into()),
        ("call", "{% call f() %}{% endcall %}".into()),
        ("do", "{% do record.update() %}".into()),
        ("autoescape off", "{% autoescape false %}{{ record.label }}{% endautoescape %}".into()),
        ("methods", "{{ record.label.upper() }}".into()),
        ("namespace", "{% set n = namespace(x='x') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}".into()),
        ("longer than may be", many("x", 70_000)),
        ("elements in elements", nested("<div>", "x", "</div>", 5_000)),
        ("sections in sections", nested("<mj-wrapper>", "x", "</mj-wrapper>", 2_000)),
        ("elements that are not closed", many("<b>", 20_000)),
        ("many elements", many("<b>x</b>", 8_000)),
        ("many elements by a loop", "{% for a in range(1000) %}{% for b in range(40) %}<b>x</b>{% endfor %}{% endfor %}".into()),
        ("elements made by a loop", "{% for a in range(1000) %}<div>{% endfor %}".into()),
        ("many columns", format!("<mj-section>{}</mj-section>", many("<mj-column></mj-column>", 2_500))),
        ("many attributes", format!("<p {}>x</p>", (0..5_000).map(|n| format!("a{n}=\"x\" ")).collect::<String>())),
        ("a long attribute", format!("<p title=\"{}\">x</p>", many("x", 60_000))),
        ("a long attribute by a loop", "<p title=\"{% for a in range(1000) %}xxxxxxxxxxxxxxxxxxxx{% endfor %}\">x</p>".into()),
        ("a long name", format!("<{}>", many("a", 60_000))),
        ("a tag that does not begin", many("<", 60_000)),
        ("a billion laughs", format!("<!DOCTYPE x [{}]><p>&z;</p>", ('b'..='z').map(|c| format!("<!ENTITY {c} \"{}\">", many(&format!("&{};", (c as u8 - 1) as char), 10))).collect::<String>())),
        ("entities", many("&nbsp;", 10_000)),
        ("comments", many("<!--", 15_000)),
        ("style sheets", many("<mj-style>a{color:red}</mj-style>", 1_800)),
        ("attributes for all", given("<mj-all", "/>", "")),
        ("attributes for a class", given("<mj-class name=\"a\"", "/>", "mj-class=\"a\"")),
        ("attributes for a class, often", given("<mj-class name=\"a\"", "/>", &format!("mj-class=\"{}\"", many("a ", 10)))),
        ("attributes for a name", given("<mj-text", "/>", "")),
        ("mj-include", "<mj-include path=\"/etc/passwd\" />".into()),
        ("a subject of values", many("{{ record.fields }}", 3_000)),
    ]
}

/// Long attributes, said once and given to thousands of elements: some hundred megabytes of a few kilobytes.
fn given(open: &str, close: &str, element: &str) -> String {
    let value = format!("{{% for a in range(16) %}}{}{{% endfor %}}", "x".repeat(490));
    let names = [
        "color",
        "font-size",
        "align",
        "padding",
        "line-height",
        "css-class",
        "font-weight",
        "height",
        "border",
    ];
    let attributes: String = names.iter().map(|name| format!(" {name}=\"{value}\"")).collect();
    let texts = format!("<mj-text {element}>x</mj-text>").repeat(3);
    format!(
        "<mjml><mj-head><mj-attributes>{open}{attributes} {close}</mj-attributes></mj-head><mj-body><mj-section>\
         <mj-column>{{% for a in range(950) %}}{texts}{{% endfor %}}</mj-column></mj-section></mj-body></mjml>"
    )
}

/// Variables that are as large as they can be.
fn heavy() -> Value {
    let text = "aä<".repeat(10_000);
    let list: Vec<Value> =
        (0..600).map(|n| json!({ "name": format!("{n} {text}"), "tags": vec!["x"; 600] })).collect();
    json!({ "record": { "label": text, "fields": { "lines": list, "text": text } } })
}

/// What a template can do with large variables.
fn heavy_bombs() -> Vec<(&'static str, &'static str)> {
    vec![
        ("everything shown", "{% for a in record.fields.lines %}{{ a.name }}{% endfor %}"),
        (
            "everything compared",
            "{% for a in range(1000) %}{% for b in range(10) %}{% if record == record and record.fields != record %}{% endif %}{% endfor %}{% endfor %}",
        ),
        (
            "texts compared",
            "{% for a in range(1000) %}{% for b in range(10) %}{% if record.label == record.fields.text %}{% endif %}{% endfor %}{% endfor %}",
        ),
        (
            "lists searched",
            "{% for a in range(1000) %}{% for b in range(10) %}{% if record.fields.lines|contains('x') %}{% endif %}{% endfor %}{% endfor %}",
        ),
        (
            "texts searched",
            "{% for a in range(1000) %}{% for b in range(10) %}{% if record.label|contains('b') %}{% endif %}{% endfor %}{% endfor %}",
        ),
        (
            "texts changed",
            "{% for a in range(1000) %}{% set x = record.label|upper|lower|trim|capitalize|length %}{% endfor %}",
        ),
        ("texts cut", "{% for a in range(1000) %}{{ record.label|truncate(1) }}{% endfor %}"),
        ("lines", "{% for a in range(1000) %}{% set x = record.label|lines|length %}{% endfor %}"),
        ("joined", "{{ record.fields.lines[0].tags|join(record.label) }}"),
        (
            "names gone through",
            "{% for a in range(1000) %}{% for b in record %}{% for c in record.fields %}{% endfor %}{% endfor %}{% endfor %}",
        ),
        (
            "a text gone through",
            "{% for a in record.label %}{% for b in record.label %}{% endfor %}{% endfor %}",
        ),
        ("numbers of texts", "{% for a in range(1000) %}{{ record.label|money }}{% endfor %}"),
        ("dates of texts", "{% for a in range(1000) %}{{ record.label|date|truncate(1) }}{% endfor %}"),
        (
            "a number that is long",
            "{{ 1e308|money }}{{ 1e308|number(10) }}{{ 1e308|times(10) }}{{ 1e308|round(10) }}",
        ),
        (
            "defaults",
            "{% for a in range(1000) %}{% for b in range(10) %}{% set x = record.nothing|default(record.label) %}{% endfor %}{% endfor %}",
        ),
        ("in attributes", "<p title=\"{{ record.label }}\">x</p>"),
    ]
}

#[test]
fn a_bomb_is_refused_or_ends_by_itself() {
    let bombs = bombs();
    assert!(bombs.len() >= 60, "{}", bombs.len());
    let mut slowest = (Duration::ZERO, "");
    for (name, source) in &bombs {
        let started = Instant::now();
        let made = saved(source);
        let took = started.elapsed();
        slowest = slowest.max((took, name));
        assert!(took < PATIENCE, "{name} took {took:?}");
        let may_pass = ["replace of nothing", "entities", "many tags"];
        match made {
            Ok(letter) => {
                assert!(may_pass.contains(name), "{name} was let through");
                assert!(letter.html.len() <= crate::template::HTML_BYTES, "{name}");
            }
            Err(error) => {
                let said = error.to_string();
                assert!(said.len() < 400 && !said.contains('\n'), "{name}: {said}");
            }
        }
    }
    println!("{} bombs, the slowest: {} with {:?}", bombs.len(), slowest.1, slowest.0);
}

#[test]
fn what_is_given_to_thousands_is_counted_before_it_is_made() {
    for (name, source) in bombs().iter().filter(|(name, _)| name.starts_with("attributes for ")) {
        let refused = saved(source).unwrap_err().to_string();
        assert!(refused.starts_with("what <mj-attributes> gives to every element"), "{name}: {refused}");
    }
}

#[test]
fn large_values_cost_no_more_than_small_ones() {
    let data = heavy();
    let mut slowest = (Duration::ZERO, "");
    for (name, source) in heavy_bombs() {
        let started = Instant::now();
        let made = sent(source, &data);
        let took = started.elapsed();
        slowest = slowest.max((took, name));
        assert!(took < PATIENCE, "{name} took {took:?}");
        if let Ok(letter) = made {
            assert!(letter.html.len() <= crate::template::HTML_BYTES, "{name}");
        }
    }
    println!("the slowest with large values: {} with {:?}", slowest.1, slowest.0);
}
