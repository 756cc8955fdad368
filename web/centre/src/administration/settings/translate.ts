import { languageTag, spoken } from "../../text/text.svelte";
import { german } from "./german";
import type { Group } from "./groups";

/** What a group, a field or an option is called in another language than the server's, by its place. */
export type Translations = Record<string, { title: string; about?: string }>;

/** Where the page has a form, nobody needs to hear how a program would write the value. */
const english: Translations = {
  "helpdesk.severity_hours": {
    title: "Global default severity SLA",
    about: "The same for tickets of one severity, in opening hours. 0 or left out: no hours of its own.",
  },
  "helpdesk.email_hours": {
    title: "Support e-mail address SLA response time",
    about: "The same for tickets that came to one support e-mail address. These win over everything else.",
  },
  "company.opening_hours": {
    title: "Opening hours",
    about: "Response times count only while the company is open: if it never is, nothing ever falls due.",
  },
};

const TRANSLATIONS: Record<string, Translations> = { de: german, en: english };

/**
 * A group in the reader's language. The server writes its schema in English; what nobody has translated, such as a
 * field of a newer server, is shown as it came.
 */
export function translated(group: Group, language: string = spoken(languageTag())): Group {
  const known = TRANSLATIONS[language];
  if (!known) return group;
  const own = <Shown extends { title: string; about: string }>(place: string, shown: Shown): Shown => {
    const found = Object.hasOwn(known, place) ? known[place] : undefined;
    return found ? { ...shown, title: found.title, about: found.about ?? shown.about } : shown;
  };
  const fields = group.fields.map((field) => {
    const place = `${group.key}.${field.name}`;
    const { kind } = field;
    if (kind.kind === "rows") {
      const parts = kind.fields.map((part) => own(`${place}.${part.name}`, part));
      return own(place, { ...field, kind: { ...kind, fields: parts } });
    }
    const hasOptions = kind.kind === "choice" || kind.kind === "some";
    const options = hasOptions ? kind.options.map((one) => own(`${place}=${String(one.value)}`, one)) : [];
    return own(place, hasOptions ? { ...field, kind: { ...kind, options } } : field);
  });
  return own(group.key, { ...group, fields });
}
