//! What is said about templates that cannot be kept.

use super::saved;

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_to_do() {
    let mut wrong = Vec::new();
    for (source, said) in [
        ("a\n\n{{ recrod.label }}", "Line 3: there is no variable recrod; did you mean record?"),
        ("{{ owner.nmae }}", "Line 1: owner has no nmae; did you mean owner.name?"),
        ("{{ loop.idnex }}", "Line 1: loop has no idnex; did you mean loop.index?"),
        ("x\n{{ record.label|uper }}", "Line 2: there is no filter uper; did you mean upper?"),
        (
            "{% if record.label %}\nx",
            "Line 2: mend what stands between the braces: unexpected end of input, expected end of block",
        ),
        ("{% iff x %}", "Line 1: {% iff %} is unknown; did you mean if?"),
        (
            "{% include 'x' %}",
            "Line 1: {% include %} cannot be used: a template stands for itself; write its text here",
        ),
        (
            "{% macro x() %}{% endmacro %}",
            "Line 1: {% macro %} cannot be used; write what it would do where it is needed",
        ),
        ("{{ 'a' ~ 'b' }}", "Line 1: ~ cannot be used; write the two one after the other: {{ a }}{{ b }}"),
        ("{{ 1 + 1 }}", "Line 1: + cannot be used; write a|plus(b)"),
        ("{{ 1 * 1 }}", "Line 1: * cannot be used; write a|times(b)"),
        (
            "{% if 'x' in record.label %}{% endif %}",
            "Line 1: after in there must be a list like ['New', 'Open']; to look into a variable write a|contains(b)",
        ),
        ("{% set record = 1 %}", "Line 1: record is a variable of ours; choose another name"),
        (
            "{{ record.fields.lines }}",
            "Line 1: a list cannot be shown as it is; write {% for %} or |join(', ')",
        ),
        (
            "{{ record.label() }}",
            "Line 1: only range(…) can be called; to change a value write a filter behind it",
        ),
        (
            "{% for a in range(9) %}{% for b in range(2000) %}{% endfor %}{% endfor %}",
            "Line 1: range makes at most 1,000 numbers; take fewer",
        ),
        ("a\n<p>b\nc", "Line 2: <p> is not closed; add </p>"),
        ("a\n<p>b</i>", "Line 2: </i> closes nothing, for <p> of line 2 is open; close that first"),
        (
            "{% if record %}\n\n<p>\n{% endif %}\n</b>",
            "Line 5: </b> closes nothing, for <p> of line 3 is open; close that first",
        ),
        ("{% for a in range(3) %}\n<p>\n</p>\n{% endfor %}\n<x>", "Line 5: <x> is not closed; add </x>"),
        ("<script>alert(1)</script>", "Line 1: <script> cannot be used in a letter; take it out"),
        ("<p>\n<form></form></p>", "Line 2: <form> cannot be used in a letter; take it out"),
        ("<p onclick=\"x\">a</p>", "Line 1: onclick of <p> cannot be used; take it out"),
        ("<p colour=\"red\">a</p>", "Line 1: colour of <p> is unknown; did you mean color?"),
        ("<p class=x>a</p>", "Line 1: write the value of class of <p> between double quotes: class=\"…\""),
        (
            "<a href=\"javascript:alert(1)\">a</a>",
            "Line 1: href of <a> must begin with https://, http://, mailto: or tel: and lead where it says",
        ),
        (
            "<a href=\"java&#115;cript:alert(1)\">a</a>",
            "Line 1: href of <a> must begin with https://, http://, mailto: or tel: and lead where it says",
        ),
        (
            "<mj-image src=\"http://a.example/b.png\" />",
            "Line 1: src of <mj-image> must be an address that begins with https://",
        ),
        (
            "<p style=\"background: u\u{72}l (https://a.example)\">a</p>",
            "Line 1: style of <p> loads or runs something; take that out",
        ),
        (
            "<mjml><mj-head><mj-style>a { background: url(x) }</mj-style></mj-head><mj-body></mj-body></mjml>",
            "<mj-style> may not load or run anything, and has no comments and backslashes; take that out",
        ),
        (
            "<mjml><mj-head></mj-head></mjml>",
            "Line 1: <mj-body> is missing in <mjml>; put the letter into it",
        ),
        (
            "x<mjml><mj-body></mj-body></mjml>",
            "nothing may stand before <mjml> or behind </mjml>; take it out",
        ),
        (
            "<mj-section>\n<mj-text>a</mj-text></mj-section>",
            "Line 2: <mj-text> cannot stand in <mj-section>; there may be <mj-column>, <mj-group>",
        ),
        (
            "<mj-section>words<mj-column></mj-column></mj-section>",
            "Line 1: “words” cannot stand in <mj-section> as it is; put it into <mj-text>",
        ),
        ("<mj-txt>a</mj-txt>", "Line 1: <mj-txt> is unknown; did you mean <mj-text>?"),
        (
            "<mj-include path=\"x\" />",
            "Line 1: <mj-include> loads something from elsewhere and cannot be used; take it out",
        ),
        ("a &wurst; b", "Line 1: &wurst; is not known here; write the character itself"),
        (
            "<!DOCTYPE html>",
            "Line 1: take out what begins with <! or <?: only elements and comments can be used",
        ),
    ] {
        match saved(source) {
            Err(error) if error.to_string() == said => {}
            other => wrong.push(format!(
                "{source}\n  said {:?}\n  not  {said:?}",
                other.map_err(|error| error.to_string())
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn signs_that_are_no_markup_are_left_alone() {
    let letter =
        saved("1 < 2 & 3 > 2, a<3, AT&T, x &amp; y, 5 &euro;, <!-- nothing -->&#228;&#x20AC;").unwrap();
    assert_eq!(letter.text, "1 < 2 & 3 > 2, a<3, AT&T, x & y, 5 €, ä€\n");
}

#[test]
fn conditions_wrapped_for_other_programs_are_understood() {
    let letter =
        saved("<mj-raw>{% if record.label %}</mj-raw><mj-text>yes</mj-text><mj-raw>{% endif %}</mj-raw>")
            .unwrap();
    assert_eq!(letter.text, "yes\n");
}
