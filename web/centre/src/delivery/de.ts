import type { DeliveryWords } from "./en";

export const de: DeliveryWords = {
  bell: "Glocke",
  type: "Art der Benachrichtigung",
  always: "immer",
  families: { email: "E-Mail", webhook: "Webhook" },
  cell: (type, channel) => `${type} per ${channel}`,
  all: (group, channel) => `Alles unter ${group} per ${channel}`,

  groups: {
    assignments: "Zuweisungen",
    tickets: "Tickets und Servicezeiten",
    activities: "Aktivitäten und Termine",
    sales: "Aufträge und Rechnungen",
    services: "Dienste",
    system: "Betrieb",
    messages: "Nachrichten",
    other: "Weitere Arten",
  },

  choices: { email: "E-Mail", webhook: "Webhook", both: "beides", none: "nur hier" },

  states: { pending: "Unterwegs", sent: "Gesendet", final: "Gescheitert", suppressed: "Nicht gesendet" },

  outcomes: {
    sent: "angekommen",
    later: "neuer Versuch folgt",
    never: "abgelehnt",
    unknown: "unbekannt: Der Server hielt währenddessen an",
  },

  reasons: {
    choice: "die Wahl der Kanäle lässt es aus",
    narrowed: "für diese Art ist es abgeschaltet",
    muted: "der Datensatz ist stumm geschaltet",
    no_url: "dafür ist keine Adresse hinterlegt",
    no_email: "es gibt keine E-Mail-Adresse",
    not_configured: "kein Mailserver ist eingerichtet",
    endpoint_off: "die Adresse ist abgeschaltet, weil sie immer wieder scheiterte",
    moved: "die Adresse führt inzwischen woandershin, und dorthin ging sie",
    read: "sie wurde vorher gelesen",
    archived: "sie wurde vorher archiviert",
    deleted: "sie wurde vorher gelöscht",
    user_gone: "den Benutzer gibt es nicht mehr",
    folded: "eine andere Nachricht nahm sie mit",
    not_asked: "niemand verlangte sie auf diesem Weg",
    refused: "die Gegenseite hat sie endgültig abgelehnt",
    loop: "die Adresse bekam zu viele Briefe an einem Tag, oder sie ist unsere eigene",
    exhausted: "jeder Versuch ist gescheitert",
  },

  milliseconds: (count) => `${count} ms`,
  seconds: (count) => `${count} s`,
};
