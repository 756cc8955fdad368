import { humanised } from "../../text/text.svelte";
import { a } from "../words";

/** What people call a role; one that we do not know is shown by its name. */
export function roleName(role: string): string {
  const known: Record<string, string> = a().users.roleNames;
  return Object.hasOwn(known, role) ? (known[role] ?? role) : humanised(role);
}

/** The roles of somebody in a line. */
export function rolesSaid(roles: readonly string[]): string {
  return roles.length > 0 ? roles.map(roleName).join(", ") : a().users.noRoles;
}
