import { germanBusiness } from "./german-business";
import type { Translations } from "./translate";

/** German for the server's groups (`reminders`), their fields (`reminders.missed`) and values (`reminders.missed=all`). */
export const german: Translations = {
  ...germanBusiness,
  delivery: {
    title: "Einstellungen der Zustellung",
    about: "Wie hinausgeht, was Programme senden, und der Weg der ganzen Firma zu Microsoft Teams.",
  },
  "delivery.types": {
    title: "Wege nach Art",
    about: "Auf welchen Wegen hinausgeht, was Programme senden, neben der Glocke.",
  },
  "delivery.teams_flow_url": {
    title: "Flow der Firma für Microsoft Teams",
    about: "Adresse eines Flows, der denen schreibt, die in der Nachricht genannt sind.",
  },
  "delivery.teams_card": {
    title: "Form der Karte in Teams",
    about: "Ob Flows die Karte in einer Nachricht bekommen oder allein.",
  },

  reminders: {
    title: "Einstellungen der Erinnerungen",
    about: "Wann an Anrufe, Besprechungen und Aufgaben erinnert wird.",
  },
  "reminders.default_days": {
    title: "Tage vorher",
    about:
      "Wie viele Tage vor dem Beginn an eine Aktivität erinnert wird, die nichts anderes sagt; Stunden und Minuten " +
      "kommen dazu. Sind Tage, Stunden und Minuten alle 0, wird von sich aus niemand erinnert; eine Zeit, die in der " +
      "Aktivität selbst steht, gilt weiterhin.",
  },
  "reminders.default_hours": {
    title: "Stunden vorher",
    about: "Wie viele Stunden vor dem Beginn, zu den Tagen dazu.",
  },
  "reminders.default_minutes": {
    title: "Minuten vorher",
    about: "Wie viele Minuten vor dem Beginn, zu Tagen und Stunden dazu.",
  },
  "reminders.missed": {
    title: "Verpasste Erinnerungen an Serien",
    about:
      "Was von den Erinnerungen an eine Serie gesendet wird, die fällig wurden, während der Server stand, und deren " +
      "Termin inzwischen begonnen hat. An einen einzelnen Termin wird immer erinnert, verspätet.",
  },
  "reminders.missed=newest": { title: "Die neueste", about: "Die neueste der letzten 24 Stunden." },
  "reminders.missed=all": { title: "Alle", about: "Alle der letzten 24 Stunden." },
  "reminders.missed=none": { title: "Keine", about: "Keine davon." },

  notifications: {
    title: "Einstellungen der Benachrichtigungen",
    about: "Wer erfährt, dass Datensätze jemand anderem zugewiesen werden, und wer eine Kopie bekommt.",
  },
  "notifications.assigned": {
    title: "Den neuen Benutzer benachrichtigen",
    about:
      "Je Modul, ob es der Benutzer erfährt, dem ein Datensatz zugewiesen wird, beim Anlegen wie beim Neuzuweisen. " +
      "Ist es für Aktivitäten an, ist „Benachrichtigung senden“ von selbst angekreuzt, wenn der Benutzer wechselt.",
  },
  "notifications.previous_owner": {
    title: "Den bisherigen Benutzer benachrichtigen",
    about: "Je Modul, ob es der Benutzer erfährt, dem ein Datensatz durch Neuzuweisen genommen wird.",
  },
  "notifications.cc_address": {
    title: "Kopie an",
    about:
      "Eine oder mehrere E-Mail-Adressen, durch Komma oder Semikolon getrennt, die eine Kopie jeder E-Mail über eine " +
      "Neuzuweisung bekommen. Leer: keine.",
  },
  "notifications.cc_manager": {
    title: "Kopie an Vorgesetzte",
    about: "Ob Vorgesetzte dessen, der es erfährt, eine Kopie der E-Mail bekommen.",
  },

  "notifications.lockout_users": {
    title: "Wer von einer Sperre erfährt",
    about:
      "Benutzer, nach Name, E-Mail-Adresse oder Nummer, durch Komma oder Semikolon getrennt, die es erfahren, wenn sich " +
      "jemand durch falsche Passwörter aussperrt. Sperrt ein Administrator ein Konto, erfährt es niemand.",
  },

  leads: { title: "Einstellungen der Leads", about: "Was mit Leads geschieht." },
  "leads.conversion_notification": {
    title: "Über einen umgewandelten Lead benachrichtigen",
    about:
      "Ob der Benutzer, dem ein Lead beim Umwandeln zugewiesen wird, die daraus entstandenen Datensätze genannt " +
      "bekommt, mit einem Link zu jedem, anstatt der Nachricht, dass ihm der Lead zugewiesen wurde.",
  },

  audit: {
    title: "Protokoll der Änderungen",
    about: "Welche Änderungen an Datensätzen in ihren Verlauf geschrieben werden.",
  },
  "audit.fields": {
    title: "Felder, die protokolliert werden",
    about:
      "Änderungen dieser Felder stehen im Verlauf: Modul:Feld, durch | getrennt, etwa contacts:email|leads:status. " +
      "Bezeichnung und Verweis heißen label und link. Neue zugewiesene Benutzer, Anlegen und Löschen stehen immer darin.",
  },
  "audit.log_all": {
    title: "Jedes Feld protokollieren",
    about: "Schreibt jede Änderung jedes Feldes in den Verlauf, was auch aufgezählt ist.",
  },
};
