//! Tables of what values come to.

use super::*;

#[test]
fn names_are_folded() {
    for (given, expected) in [
        ("", ""),
        ("  ", ""),
        ("-", ""),
        ("...", ""),
        ("Smith", "smith"),
        ("SMITH", "smith"),
        ("Smith-Jones", "smithjones"),
        ("Smith Jones", "smithjones"),
        ("O'Brien", "obrien"),
        ("O\u{2019}Brien", "obrien"),
        ("Müller", "muller"),
        ("Mu\u{308}ller", "muller"),
        ("MÜLLER", "muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("STRA\u{1e9e}E", "strasse"),
        ("Łukasz Żółć", "lukaszzolc"),
        ("Søren Ærø", "sorenaero"),
        ("Đorđe", "dorde"),
        ("Þór", "thor"),
        ("İstanbul", "istanbul"),
        ("ISTANBUL", "istanbul"),
        ("Istanbul ı", "istanbuli"),
        ("ΣΟΦΟΣ", "σοφοσ"),
        ("σοφος", "σοφοσ"),
        ("Ёлкин", "елкин"),
        ("ﬁnance", "finance"),
        ("Ａｃｍｅ", "acme"),
        ("Acme, Inc.", "acmeinc"),
        ("Acme (UK) Ltd", "acmeukltd"),
        ("株式会社 日立", "株式会社日立"),
        ("हिन्दी", "हिनदी"),
        ("C++", "c"),
        ("3M", "3m"),
        ("№ 5", "no5"),
        ("²", "2"),
        ("🎉", ""),
        ("a\u{200b}b", "ab"),
        ("a\u{ad}b", "ab"),
    ] {
        assert_eq!(folded(given), expected, "{given:?}");
    }
}

#[test]
fn mailboxes_are_the_same_however_they_are_written() {
    for (given, expected) in [
        ("jane@example.com", "jane@example.com"),
        (" Jane@Example.COM ", "jane@example.com"),
        ("mailto:jane@example.com", "jane@example.com"),
        ("MAILTO:jane@example.com?subject=Hi", "jane@example.com"),
        ("Jane Doe <jane@example.com>", "jane@example.com"),
        ("\"Doe, Jane\" <jane@example.com>", "jane@example.com"),
        ("<jane@example.com>", "jane@example.com"),
        ("jane+crm@example.com", "jane@example.com"),
        ("jane+a+b@example.com", "jane@example.com"),
        ("j.a.n.e@example.com", "j.a.n.e@example.com"),
        ("j.a.n.e@gmail.com", "jane@gmail.com"),
        ("Jane+news@GoogleMail.com", "jane@gmail.com"),
        ("jane@example.com.", "jane@example.com"),
        ("jane@münchen.example", "jane@xn--mnchen-3ya.example"),
        ("jane@MÜNCHEN.example", "jane@xn--mnchen-3ya.example"),
        ("jane@xn--mnchen-3ya.example", "jane@xn--mnchen-3ya.example"),
        ("jörg@example.com", "jörg@example.com"),
        ("JÖRG@example.com", "jörg@example.com"),
        ("a@x.com; b@x.com", "a@x.com b@x.com"),
        ("a@x.com, A@x.com", "a@x.com"),
        ("+@example.com", ""),
        ("@example.com", ""),
        ("jane@", ""),
        ("jane", ""),
        ("jane@exa mple", "jane@exa"),
        ("jane@exa<mple", ""),
        ("", ""),
    ] {
        assert_eq!(emails(given).join(" "), expected, "{given:?}");
    }
}

#[test]
fn telephone_numbers_are_the_same_however_they_are_written() {
    for (one, other, is_same) in [
        ("+44 20 7946 0000", "+442079460000", true),
        ("+44 20 7946 0000", "0044 20 7946 0000", true),
        ("+44 (0)20 7946 0000", "020 7946 0000", true),
        ("+44 020 7946 0000", "020 7946 0000", true),
        ("(+44) 20 7946 0000", "(020) 7946-0000", true),
        ("tel:+44-20-7946-0000", "020.7946.0000", true),
        ("442079460000", "+44 20 7946 0000", true),
        ("+44 20 7946 0000 ext. 12", "020 7946 0000 x34", true),
        ("+44 20 7946 0000", "+49 20 7946 0000", false),
        ("+44 20 7946 0000", "+44 20 7946 0001", false),
        ("+49 30 123456", "030 123456", true),
        ("+49 30 123456", "030/123456", true),
        ("+49 30 123456", "040 123456", false),
        ("+49 30 123456", "123456", false),
        ("+1 (212) 555-0100", "212-555-0100", true),
        ("1-212-555-0100", "(212) 555-0100", true),
        ("212-555-0100", "312-555-0100", false),
        ("+1 212 555 0100", "+1 312 555 0100", false),
        ("+353 1 234 5678", "01 234 5678", true),
        ("+39 06 1234 5678", "06 1234 5678", true),
        ("+７ 495 123-45-67", "+7 (495) 123-45-67", true),
        ("+358 40 1234567", "040 1234567", true),
        ("12345", "12345", false),
        ("", "", false),
        ("none", "none", false),
        ("000000", "000000", false),
        ("123456789012345678901234", "123456789012345678901234", false),
    ] {
        let (a, b) = (Phone::read(one), Phone::read(other));
        let both = a.as_ref().zip(b.as_ref());
        assert_eq!(both.is_some_and(|(a, b)| a.is_same(b)), is_same, "{one} and {other}");
        assert_eq!(both.is_some_and(|(a, b)| b.is_same(a)), is_same, "{other} and {one}");
        if is_same {
            assert_eq!(a.unwrap().key(), b.unwrap().key(), "{one} and {other} are found by one key");
        }
    }
}

#[test]
fn websites_are_told_apart_by_their_host() {
    for (given, expected) in [
        ("example.com", Some("example.com")),
        ("https://www.Example.com/about?x=1#y", Some("example.com")),
        ("http://example.com:8080/", Some("example.com")),
        ("www.example.com.", Some("example.com")),
        ("shop.example.com", Some("shop.example.com")),
        ("bücher.example", Some("xn--bcher-kva.example")),
        ("https://www.facebook.com/acme", Some("facebook.com/acme")),
        ("https://de.linkedin.com/company/acme/", Some("linkedin.com/company/acme")),
        ("https://facebook.com/", None),
        ("", None),
        ("n/a", None),
        ("none", None),
        ("not a host", None),
        ("http://", None),
    ] {
        assert_eq!(website(given).as_deref(), expected, "{given:?}");
    }
}
