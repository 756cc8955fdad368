import type { Desk } from "../desk/desk.svelte";
import { here } from "../router.svelte";
import { device } from "../session/device.svelte";
import { type Command, KeyReader } from "./bindings";

const keys = new KeyReader();

/** Where people type, every key is theirs. */
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable=true]";

/** What Enter and the space bar already mean something on. */
const PRESSABLE = "button, summary, a, input, label, [role=option]";

/** Turns a key press anywhere in the page into what it does there. */
export function listen(event: KeyboardEvent, desk: Desk): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPING) || document.querySelector("dialog[open], :popover-open")) return;
  const isCharacter = event.key.length === 1;
  if (isCharacter && !device.hasShortcuts) return;
  const row = target?.closest<HTMLElement>("[data-row]");
  if (event.key === "Enter" && target?.closest(PRESSABLE)) return;
  if (event.key === " " && target?.closest(PRESSABLE) && !row?.contains(target.closest("a"))) return;
  const command = keys.read(event.key, event.timeStamp);
  if (!command) return;
  if (here().page !== "inbox" && !EVERYWHERE.has(command)) return;
  if (carryOut(command, desk)) event.preventDefault();
}

/** What works on every page. */
const EVERYWHERE = new Set<Command>(["help", "undo", "goAll", "goUnread", "goSnoozed", "goArchived"]);

/** @returns whether the key was for us */
function carryOut(command: Command, desk: Desk): boolean {
  const targets = desk.targets;
  const isAny = targets.length > 0;
  switch (command) {
    case "next":
    case "previous":
      desk.move(command === "next" ? 1 : -1);
      return true;
    case "show":
    case "peek": {
      const item = desk.cursor === null ? undefined : desk.inbox.find(desk.cursor);
      if (!item) return false;
      if (command === "peek") desk.peek(item);
      else desk.open(item);
      if (command === "show") requestAnimationFrame(() => desk.focusPreview());
      return true;
    }
    case "select":
      if (desk.cursor !== null) desk.select(desk.cursor);
      return desk.cursor !== null;
    case "escape":
      if (desk.selected.size > 0) desk.selected.clear();
      else if (desk.openId !== null) desk.close();
      else return false;
      return true;
    case "search":
      document.querySelector<HTMLInputElement>("#search")?.focus();
      return true;
    case "archive":
      desk.archive(targets);
      return isAny;
    case "read":
    case "unread":
      desk.mark(targets, command === "read");
      return isAny;
    case "snooze":
      if (isAny) desk.snoozing = targets;
      return isAny;
    case "delete":
      desk.delete(targets);
      return isAny;
    case "undo":
      return desk.acts.undo();
    case "help":
      desk.isHelpOpen = true;
      return true;
    case "goAll":
      desk.goTo("all");
      return true;
    case "goUnread":
      desk.goTo("unread");
      return true;
    case "goSnoozed":
      desk.goTo("snoozed");
      return true;
    case "goArchived":
      desk.goTo("archived");
      return true;
  }
}
