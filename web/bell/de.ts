/** The bell's words in German, in the order of words.ts, one a line. */
export const de = `Gelesen
Ungelesen
Zurückstellen
Archivieren
Benachrichtigungen
Ungelesen
Alle
Alle gelesen
Alle ansehen
Ältere laden
Rückgängig
Alles gelesen
Das ging schief, noch einmal
Anmelden
Neu verbinden …
neue Benachrichtigung
neue Benachrichtigungen`;
