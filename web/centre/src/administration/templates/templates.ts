import { call, Refusal } from "../../../../client/api";
import type { TemplateInfo, TemplatePreview, TemplateWhole } from "../../../../client/types";
import { ACCESS, asked } from "../../session/session.svelte";

/** What a template is written as. */
export interface Draft {
  kind: "email" | "pdf";
  name: string;
  subject: string;
  source: string;
}

/** An earlier wording. */
export interface Version {
  version: number;
  subject: string;
  at: string;
  actor: string;
}

/** @throws {Refusal} as all that follow, where the server refuses */
export async function allTemplates(): Promise<TemplateInfo[]> {
  return (await asked(call<{ templates: TemplateInfo[] }>(ACCESS, "GET", "template"))).templates;
}

export async function templateOf(id: number): Promise<TemplateWhole> {
  return (await asked(call<{ template: TemplateWhole }>(ACCESS, "GET", `template/${id}`))).template;
}

/** What templates of a kind may name and what they may put it through: the same for all of a kind. */
export async function wordsOf(kind: Draft["kind"]): Promise<Pick<TemplateWhole, "variables" | "filters">> {
  const one = (await allTemplates()).find((template) => template.kind === kind);
  return one ? templateOf(one.id) : { variables: [], filters: [] };
}

export async function versionsOf(id: number): Promise<Version[]> {
  return (await asked(call<{ versions: Version[] }>(ACCESS, "GET", `template/${id}/versions`))).versions;
}

export async function make(draft: Draft): Promise<TemplateWhole> {
  return (await asked(call<{ template: TemplateWhole }>(ACCESS, "POST", "template", draft))).template;
}

export async function change({ id, version }: TemplateInfo, draft: Draft): Promise<TemplateWhole> {
  const { name, subject, source } = draft;
  const wish = { name, subject, source, version };
  return (await asked(call<{ template: TemplateWhole }>(ACCESS, "PUT", `template/${id}`, wish))).template;
}

export async function restore(
  id: number,
  to: { version: number } | { shipped: true },
): Promise<TemplateWhole> {
  const answer = call<{ template: TemplateWhole }>(ACCESS, "POST", `template/${id}/restore`, to);
  return (await asked(answer)).template;
}

export async function remove(id: number): Promise<void> {
  await asked(call(ACCESS, "DELETE", `template/${id}`));
}

/** An e-mail as it would be. */
export async function previewMail(
  draft: Draft,
  id: number | null,
  language: string,
): Promise<TemplatePreview> {
  return asked(call<TemplatePreview>(ACCESS, "POST", "template/preview", wishOf(draft, id, language)));
}

/** The PDF as it would be. */
export async function previewPdf(draft: Draft, id: number | null, language: string): Promise<Blob> {
  const response = await fetch(PREVIEW, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(wishOf(draft, id, language)),
  });
  if (response.ok) return response.blob();
  const { reason = "" } = (await response.json()) as { reason?: string };
  throw new Refusal(response.status, reason);
}

const PREVIEW = "/crm/template/preview";

const wishOf = ({ kind, subject, source }: Draft, id: number | null, language: string) => ({
  kind,
  source,
  ...(kind === "email" && { subject }),
  ...(id !== null && { template_id: id }),
  language,
});
