//! The small pages behind an unsubscribe link: no script, nothing from elsewhere.

/// The sheet that the pages are drawn with.
pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;display:grid;min-height:100vh;place-items:center}\
main{max-width:26rem;padding:2rem}\
h1{font-size:1.25rem;margin:0 0 .5rem}\
button{font:inherit;padding:.5rem 1rem;border:0;border-radius:.375rem;background:#1d4ed8;color:#fff;cursor:pointer}\
button:focus-visible{outline:3px solid #93c5fd;outline-offset:2px}\
code{overflow-wrap:anywhere}";

/// Which page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page<'a> {
    /// Asks whether e-mails of this type are to end.
    Asks(&'a str),
    /// E-mails of this type have ended.
    Done(&'a str),
    /// The link leads nowhere.
    Lost,
}

impl Page<'_> {
    /// The page in this language, or in English.
    pub fn html(self, language: &str) -> String {
        let is_german = language.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case("de"));
        let (tag, heading, text) = if is_german { self.german() } else { self.english() };
        let form = match (self, is_german) {
            (Page::Asks(_), false) => "<form method=\"post\"><button>Stop these e-mails</button></form>",
            (Page::Asks(_), true) => {
                "<form method=\"post\"><button>Diese E-Mails abbestellen</button></form>"
            }
            _ => "",
        };
        format!(
            "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
             <title>{heading}</title><link rel=\"stylesheet\" href=\"/crm/unsubscribe.css\"></head>\
             <body><main><h1>{heading}</h1><p>{text}</p>{form}</main></body></html>\n"
        )
    }

    fn english(self) -> (&'static str, &'static str, String) {
        let (heading, text) = match self {
            Page::Asks(kind) => (
                "Stop these e-mails?",
                format!(
                    "Notifications of the type <code>{}</code> will no longer come by e-mail. \
                     You still find them in the notification centre.",
                    escaped(kind)
                ),
            ),
            Page::Done(kind) => (
                "You are unsubscribed",
                format!(
                    "Notifications of the type <code>{}</code> no longer come by e-mail. \
                     You can change that in your profile.",
                    escaped(kind)
                ),
            ),
            Page::Lost => (
                "This link does not work",
                "It is incomplete, or its account is gone. Use the link of a newer e-mail, or choose in your profile \
                 what is sent to you."
                    .to_owned(),
            ),
        };
        ("en", heading, text)
    }

    fn german(self) -> (&'static str, &'static str, String) {
        let (heading, text) = match self {
            Page::Asks(kind) => (
                "Diese E-Mails abbestellen?",
                format!(
                    "Benachrichtigungen vom Typ <code>{}</code> kommen dann nicht mehr per E-Mail. \
                     In der Benachrichtigungszentrale stehen sie weiterhin.",
                    escaped(kind)
                ),
            ),
            Page::Done(kind) => (
                "Abbestellt",
                format!(
                    "Benachrichtigungen vom Typ <code>{}</code> kommen nicht mehr per E-Mail. \
                     Im Profil lässt sich das ändern.",
                    escaped(kind)
                ),
            ),
            // Whose link it was is not known, so neither is the language.
            Page::Lost => return self.english(),
        };
        ("de", heading, text)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_no_script_and_no_markup_of_a_type() {
        for language in ["en", "de-AT", "fr", ""] {
            for page in [Page::Asks("<b>\"&"), Page::Done("<b>\"&"), Page::Lost] {
                let html = page.html(language);
                assert!(
                    !html.contains("<script") && !html.contains("style=") && !html.contains("<b>"),
                    "{html}"
                );
                assert_eq!(html.contains("<form method=\"post\">"), matches!(page, Page::Asks(_)));
            }
        }
        assert!(Page::Asks("custom").html("de-AT").contains("lang=\"de\""));
        assert!(Page::Done("custom").html("nl").contains("You are unsubscribed"));
    }
}
