// Before `adaptivecards`: it would make Trusted Types policies for HTML from text. Our pages may have none, and with
// the cards as we show them it never uses them.
const { trustedTypes } = window as { trustedTypes?: { emptyHTML: unknown } };

if (trustedTypes) {
  const { emptyHTML } = trustedTypes;
  Object.defineProperty(window, "trustedTypes", { value: { emptyHTML, createPolicy: () => undefined } });
}

export {};
