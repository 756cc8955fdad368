/** The bell's words in German, in the order of words.ts, one a line. */
export const de = `Als gelesen markieren
Als ungelesen markieren
Zurückstellen
Archivieren
Benachrichtigungen
Ungelesen
Alle
Alle als gelesen markieren
Alle ansehen
Ältere laden
Schließen
Rückgängig
Alles gelesen
Das ging schief
Noch einmal
Anmelden
Neu verbinden …
neue Benachrichtigung
neue Benachrichtigungen`;
