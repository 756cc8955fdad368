import type { Translations } from "./translate";

const LIST = "Namen, E-Mail-Adressen oder Nummern von Benutzern, durch Komma oder Semikolon getrennt.";
const LETTER = "Nummer der E-Mail-Vorlage; leer: die mitgelieferte.";

/** German for the groups of orders, credit, duplicates, the portal, tickets, personnel and the company. */
export const germanBusiness: Translations = {
  sales_orders: {
    title: "Einstellungen der Kundenaufträge",
    about: "Wer erfährt, dass ein Kundenauftrag einen bestimmten Stand erreicht.",
  },
  "sales_orders.status_notification": {
    title: "Über den Stand von Kundenaufträgen benachrichtigen",
    about:
      "Ob die genannten Benutzer es erfahren, wenn das beobachtete Feld einen der genannten Werte annimmt.",
  },
  "sales_orders.trigger_values": {
    title: "Auslösende Werte",
    about:
      "Die Werte, durch Komma getrennt, etwa eSigned, Delivered. Groß und klein zählen, Leerzeichen am Rand nicht.",
  },
  "sales_orders.trigger_field": {
    title: "Beobachtetes Feld",
    about: "Name des Feldes: status, ein anderes Feld der Kundenaufträge, label oder assigned_to.",
  },
  "sales_orders.users": { title: "Wer es erfährt", about: LIST },
  "sales_orders.pdf_template_id": {
    title: "PDF-Vorlage des Kundenauftrags",
    about:
      "Nummer der PDF-Vorlage, nach der der Auftrag an die E-Mail gehängt wird. Leer: nichts wird angehängt.",
  },
  "sales_orders.email_template_id": {
    title: "E-Mail-Vorlage",
    about: "Nummer der E-Mail-Vorlage. Leer: die Worte der Benachrichtigung.",
  },

  credit_check: {
    title: "Einstellungen der Kreditprüfung",
    about: "Ob Aufträge und Rechnungen über dem Kreditlimit einer Firma zurückgewiesen werden.",
  },
  "credit_check.enabled": {
    title: "Kreditprüfung einschalten",
    about:
      "Ob ein Kundenauftrag oder eine Rechnung zurückgewiesen wird, wenn Summe und Saldo der Firma zusammen über ihrem " +
      "Kreditlimit liegen, außer jemand, der es darf, setzt sich darüber hinweg. Währungen werden nicht umgerechnet.",
  },
  "credit_check.default_limit": {
    title: "Übliches Kreditlimit",
    about: "Für Firmen, deren eigenes Kreditlimit leer ist. Leer: keines.",
  },
  "credit_check.administrators": {
    title: "Kreditverantwortliche",
    about: `Wer sich darüber hinwegsetzen darf und es erfährt, wenn ein anderer es tut. ${LIST}`,
  },
  "credit_check.override_users": {
    title: "Wer sich über das Limit hinwegsetzen darf",
    about: `Weitere, die es dürfen und von anderen nichts erfahren. ${LIST}`,
  },
  "credit_check.quotes": {
    title: "Auch Angebote prüfen",
    about: "Ob auch Angebote geprüft werden.",
  },

  duplicates: {
    title: "Einstellungen der Dublettenprüfung",
    about: "Welche Datensätze miteinander verglichen werden, und wer von Dubletten erfährt.",
  },
  "duplicates.modules": {
    title: "Module",
    about: "Je Modul, ob seine Datensätze beim Speichern miteinander verglichen werden.",
  },
  "duplicates.send_notification": {
    title: "Benachrichtigen, wenn eine Dublette entsteht",
    about:
      "Ob die genannten Benutzer es erfahren, wenn ein Datensatz gespeichert wird, der einem anderen gleicht.",
  },
  "duplicates.users": { title: "Benutzer", about: `${LIST} Von Eigenem erfährt niemand.` },
  "duplicates.rules": {
    title: "Regeln der Dublettenprüfung",
    about:
      "Zwei Datensätze eines angekreuzten Moduls sind wahrscheinlich dieselben, wenn eine der Regeln es sagt.",
  },
  "duplicates.rules.module": { title: "Modul" },
  "duplicates.rules.field": { title: "Feld" },
  "duplicates.rules.rule": { title: "Regel" },
  "duplicates.rules.length": { title: "Länge" },

  portal: {
    title: "Einstellungen des Portals",
    about: "Wer erfährt, was Kunden im Portal tun.",
  },
  "portal.document_user_id": {
    title: "Wem hochgeladene Dokumente zugewiesen werden",
    about: "Nummer eines Benutzers. Leer: Der zugewiesene Benutzer des Kontakts erfährt es.",
  },
  "portal.document_text": {
    title: "Text der Benachrichtigung über ein hochgeladenes Dokument",
    about: "Die Worte der Benachrichtigung. Leer: dass der Kunde es hochgeladen hat.",
  },
  ...portalEvent("ticket_opened", "Tickets, die im Portal eröffnet werden"),
  ...portalEvent("ticket_commented", "Tickets, die im Portal kommentiert werden"),
  ...portalEvent("details_changed", "Angaben, die Kunden ändern"),
  ...portalEvent("order_signed", "Aufträge, die im Portal unterschrieben werden"),
  ...portalEvent("project_commented", "Projekte, die im Portal kommentiert werden"),

  provisioning: {
    title: "Einstellungen der Bereitstellung",
    about: "Wer von fehlgeschlagenen Jobs erfährt.",
  },
  "provisioning.failure_users": {
    title: "Wer von fehlgeschlagenen Jobs erfährt",
    about: `Neben dem, der den Job gestartet hat. ${LIST}`,
  },

  helpdesk: {
    title: "Einstellungen des Helpdesk",
    about: "Bis wann Tickets beantwortet sein sollen, und was Kunden von selbst geschrieben wird.",
  },
  "helpdesk.escalation": {
    title: "Tickets von selbst eskalieren",
    about:
      "Ob die Support-Benutzer erfahren, dass die Zeit eines Tickets bald um ist, und noch einmal, wenn sie um ist.",
  },
  "helpdesk.default_response_hours": {
    title: "Übliche Reaktionszeit in Stunden",
    about:
      "Binnen wie vieler Öffnungsstunden ein Ticket beantwortet wird, für das nichts Genaueres gilt. Das Genauere " +
      "gewinnt: die Support-Adresse vor dem Schweregrad im Vertrag, dieser vor dem Vertrag, dieser vor dem Schweregrad.",
  },
  "helpdesk.severity_hours": {
    title: "Reaktionszeit nach Schweregrad",
    about: "Stunden für Tickets eines Schweregrads. 0 oder weggelassen: keine eigenen.",
  },
  "helpdesk.email_hours": {
    title: "Reaktionszeit nach Support-Adresse",
    about: "Stunden für Tickets, die an eine Support-Adresse kamen. Sie gehen allem anderen vor.",
  },
  "helpdesk.approaching_minutes": {
    title: "Minuten vor dem Ende der Reaktionszeit",
    about:
      "Wie viele offene Minuten vorher erinnert wird; ein Viertel der Reaktionszeit, wo das weniger ist.",
  },
  "helpdesk.closed_statuses": {
    title: "Abgeschlossen",
    about: "Mit welchem Status ein Ticket erledigt ist, durch Komma getrennt: Seine Uhr steht.",
  },
  "helpdesk.waiting_statuses": {
    title: "Wartend",
    about: "Mit welchem Status jemand anders am Zug ist, durch Komma getrennt: Die Uhr steht.",
  },
  "helpdesk.urgent_values": {
    title: "Dringend",
    about: "Mit welchem Schweregrad oder welcher Priorität ein Ticket dringend ist, durch Komma getrennt.",
  },
  ...reply("ticket_opened", "Ticket eröffnet", "wenn das Ticket eröffnet wird"),
  ...reply(
    "comment_added",
    "Kommentar hinzugefügt",
    "wenn jemand vom Team kommentiert und es nicht intern ist",
  ),
  ...reply("ticket_closed", "Ticket geschlossen", "wenn das Ticket geschlossen wird"),
  ...reply("urgent_ticket", "Dringendes Ticket", "wenn das Ticket dringend wird"),
  ...reply(
    "out_of_hours",
    "Ticket außerhalb der Öffnungszeiten",
    "wenn er schreibt, während geschlossen ist",
  ),

  personnel: {
    title: "Einstellungen des Personals",
    about: "Wer vor Geburtstagen, Gesprächen und Vertragsenden benachrichtigt wird.",
  },
  "personnel.rules": {
    title: "Regeln",
    about: "Jede benachrichtigt einige Tage vor einem Datum, um 9 Uhr in der Zeitzone der Person.",
  },
  "personnel.rules.field": { title: "Feld" },
  "personnel.rules.days_before": { title: "Tage vorher" },
  "personnel.rules.yearly": { title: "Jedes Jahr" },
  "personnel.rules.recipients": { title: "Wer es erfährt" },
  "personnel.rules.template": { title: "E-Mail-Vorlage" },
  "personnel.rules.enabled": { title: "In Kraft" },

  security: { title: "Einstellungen der Sicherheit", about: "Wie das Anmelden sicher bleibt." },
  "security.max_failed_logins": {
    title: "Falsche Passwörter bis zur Sperre",
    about: "Wie viele falsche Passwörter nacheinander ein Konto sperren, bis es auf Active gesetzt wird.",
  },

  company: {
    title: "Angaben zur Firma",
    about: "Was auf den Dokumenten der Firma steht, und wann sie offen ist.",
  },
  "company.name": { title: "Name", about: "Der Name, wie er auf Dokumenten steht." },
  "company.address": { title: "Anschrift", about: "Ohne den Namen, in mehreren Zeilen." },
  "company.phone": { title: "Telefon", about: "Die Nummer für Kunden." },
  "company.email": { title: "E-Mail", about: "Die Adresse für Kunden." },
  "company.website": { title: "Website", about: "Etwa www.example.com." },
  "company.registration": {
    title: "Registereintrag",
    about: "Wo und unter welcher Nummer die Firma eingetragen ist.",
  },
  "company.vat_number": { title: "Umsatzsteuer-Nummer", about: "Unter der die Firma Umsatzsteuer zahlt." },
  "company.bank_details": { title: "Bankverbindung", about: "Wohin Kunden zahlen, in mehreren Zeilen." },
  "company.logo_svg": {
    title: "Logo",
    about: "Als Text einer SVG-Datei von höchstens 64 KiB. Leer: keines.",
  },
  "company.time_zone": {
    title: "Zeitzone",
    about: "Die der Öffnungszeiten und Feiertage, etwa Europe/Berlin.",
  },
  "company.opening_hours": {
    title: "Öffnungszeiten",
    about: "Reaktionszeiten zählen nur, solange offen ist: Ist es nie, wird nie etwas fällig.",
  },
  "company.holidays": {
    title: "Feiertage",
    about: "An denen geschlossen ist: 2026-12-25 für einen Tag, 12-25 für diesen Tag jedes Jahres.",
  },
  "company.group_hours": {
    title: "Zeiten einzelner Gruppen",
    about: "Öffnungszeiten und Feiertage einzelner Gruppen, nach ihren Namen.",
  },
};

function portalEvent(name: string, what: string): Translations {
  return {
    [`portal.${name}`]: { title: `Benachrichtigen über ${what}`, about: "" },
    [`portal.${name}_users`]: {
      title: `Wer davon erfährt: ${what}`,
      about: `${LIST} Leer: der zugewiesene Benutzer.`,
    },
  };
}

function reply(name: string, title: string, when: string): Translations {
  return {
    [`helpdesk.${name}`]: { title, about: `Ob dem Kontakt eines Tickets geschrieben wird, ${when}.` },
    [`helpdesk.${name}_template_id`]: { title: `Vorlage: ${title}`, about: LETTER },
  };
}
