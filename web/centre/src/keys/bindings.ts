/** What a key can do. */
export type Command =
  | "next"
  | "previous"
  | "show"
  | "peek"
  | "select"
  | "escape"
  | "search"
  | "archive"
  | "read"
  | "unread"
  | "snooze"
  | "delete"
  | "undo"
  | "help"
  | "goAll"
  | "goUnread"
  | "goSnoozed"
  | "goArchived";

/** Keys as `KeyboardEvent.key` names them; two with a space between are pressed one after the other. */
interface Binding {
  command: Command;
  keys: string[];
}

/** The shortcuts, as the help shows them. The last of three columns is where `g` leads. */
export const BINDINGS: Record<"move" | "act" | "go", Binding[]> = {
  move: [
    { command: "next", keys: ["j", "ArrowDown"] },
    { command: "previous", keys: ["k", "ArrowUp"] },
    { command: "show", keys: ["Enter", "o"] },
    { command: "peek", keys: [" "] },
    { command: "select", keys: ["x"] },
    { command: "search", keys: ["/"] },
    { command: "escape", keys: ["Escape"] },
  ],
  act: [
    { command: "archive", keys: ["e"] },
    { command: "snooze", keys: ["h"] },
    { command: "read", keys: ["I"] },
    { command: "unread", keys: ["U"] },
    { command: "delete", keys: ["#", "Delete"] },
    { command: "undo", keys: ["z"] },
    { command: "help", keys: ["?"] },
  ],
  go: [
    { command: "goAll", keys: ["g i"] },
    { command: "goUnread", keys: ["g u"] },
    { command: "goSnoozed", keys: ["g s"] },
    { command: "goArchived", keys: ["g a"] },
  ],
};

/** Keys that are not labelled with what they type. */
const SPOKEN: Record<string, string> = {
  " ": "Space",
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
  Delete: "Del",
};

/** How a keyboard labels the keys of a binding. */
export function labels(keys: string): string[] {
  if (keys === " ") return ["Space"];
  return keys.split(" ").flatMap((key) => {
    if (SPOKEN[key]) return [SPOKEN[key]];
    const isShifted = /^[A-Z]$/.test(key);
    return isShifted ? ["Shift", key] : [key.length === 1 ? key.toUpperCase() : key];
  });
}

const COMMANDS = new Map(
  Object.values(BINDINGS)
    .flat()
    .flatMap(({ command, keys }) => keys.map((key) => [key, command] as const)),
);

/** How long `g` waits for what follows, in milliseconds. */
const PATIENCE_MS = 1_500;

/** Turns key presses into commands. */
export class KeyReader {
  #prefix = "";
  #until = 0;

  /** @param now in milliseconds */
  read(key: string, now: number): Command | null {
    const isFollowing = this.#prefix !== "" && now < this.#until;
    const pressed = isFollowing ? `${this.#prefix} ${key.toLowerCase()}` : key;
    this.#prefix = "";
    if (!isFollowing && key === "g") {
      this.#prefix = key;
      this.#until = now + PATIENCE_MS;
      return null;
    }
    return COMMANDS.get(pressed) ?? null;
  }
}
