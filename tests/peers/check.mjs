// Hands signed requests to verifiers in Node: npm's standardwebhooks, and the one printed in docs/webhooks.md.
//
//   node check.mjs SIGNED_JSON PRINTED_VERIFIER_MJS WEB_FOLDER
//
// Fails if one refuses a good request or takes a bad one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [signed, verifier, web] = process.argv.slice(2);
const { Webhook } = createRequire(resolve(web, "package.json"))("standardwebhooks");
const printed = await import(pathToFileURL(resolve(verifier)).href);

/** Nothing if the request was taken, or why it was refused. */
function verdict(check) {
  try {
    check();
  } catch (error) {
    return error.message || error.name;
  }
}

const cases = JSON.parse(readFileSync(signed, "utf8"));
let failures = 0;
for (const { name, secret, headers, body, good } of cases) {
  const verdicts = {
    "standardwebhooks (npm)": verdict(() => new Webhook(secret).verify(body, headers)),
    "docs/webhooks.md (Node)": verdict(() => printed.verify(secret, headers, Buffer.from(body))),
  };
  for (const [who, why] of Object.entries(verdicts)) {
    if ((why === undefined) === good) continue;
    failures += 1;
    console.error(`peers: ${who}: ${name}: ${why ?? "was taken, and must not be"}`);
  }
}
const good = cases.filter((one) => one.good).length;
if (good < 5 || cases.length - good < 10) throw new Error(`${signed} has too few cases: run scripts/peers.sh`);
console.log(`peers: Node: ${good} good and ${cases.length - good} bad requests, two verifiers, ${failures} wrong`);
process.exit(failures > 0 ? 1 : 0);
