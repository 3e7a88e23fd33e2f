// Asks a test server through the unmodified `openai` package of npm.
//
// Start `org.dure.serving.ClientServer PORT` (test classes), then: node openai_client.mjs PORT

import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: `http://127.0.0.1:${process.argv[2]}/v1`,
  apiKey: "none",
  maxRetries: 0,
});
let checks = 0;
const check = (name, condition, seen = "") => {
  assert.ok(condition, `${name}: ${JSON.stringify(seen)}`);
  checks++;
  console.log("ok", name, typeof seen === "string" ? seen : JSON.stringify(seen));
};
const refused = async (name, kind, call, param, code) => {
  const error = await call().then(
    () => assert.fail(`${name}: was not refused`),
    (problem) => problem,
  );
  check(name, error instanceof kind && error.param === param && error.code === code, error.message);
};

const names = [];
for await (const model of client.models.list()) {
  names.push(model.id);
}
check("models.list", names.join() === "ko,fr", names);
check("models.retrieve", (await client.models.retrieve("fr")).dure.language === "fr");

const ask = { model: "ko", prompt: "두레는", max_tokens: 40, temperature: 0 };
const whole = await client.completions.create(ask);
check("completion", whole.choices[0].text.startsWith(" 마을"), whole.choices[0].text);
let text = "";
let usage = null;
for await (const event of await client.completions.create({
  ...ask,
  stream: true,
  stream_options: { include_usage: true },
})) {
  text += event.choices[0]?.text ?? "";
  usage = event.usage ?? usage;
}
check("completion stream", text === whole.choices[0].text);
check("stream usage", usage.completion_tokens === 40, usage);
const scored = await client.completions.create({ ...ask, echo: true, max_tokens: 0, logprobs: 1 });
check("echo + logprobs", scored.choices[0].logprobs.token_logprobs[0] === null && scored.choices[0].text === "두레는");
const several = await client.completions.create({ ...ask, n: 3, temperature: 1, seed: 3 });
check("n", several.choices.length === 3);

const messages = [{ role: "user", content: "Au village" }];
const chat = await client.chat.completions.create({ model: "fr", messages, max_tokens: 20, temperature: 0, logprobs: true, top_logprobs: 2 });
check("chat", chat.choices[0].message.content.startsWith(", chacun"), chat.choices[0].message.content);
check("chat logprobs", chat.choices[0].logprobs.content.length === 20);
const stream = client.chat.completions.stream({ model: "fr", messages, max_tokens: 20, temperature: 0 });
check("chat stream helper", (await stream.finalContent()) === chat.choices[0].message.content);
const stopped = await client.chat.completions.create({ model: "fr", messages, stop: "voisins", temperature: 0 });
check("stop", stopped.choices[0].finish_reason === "stop" && !stopped.choices[0].message.content.includes("voisins"), stopped.choices[0].message.content);

const leaving = await client.chat.completions.create({ model: "fr", messages, max_tokens: 100, stream: true });
for await (const chunk of leaving) {
  leaving.controller.abort();
  break;
}
check("abort", true);

await refused("unknown model", OpenAI.NotFoundError, () => client.completions.create({ ...ask, model: "de" }), "model", "model_not_found");
await refused("tools", OpenAI.BadRequestError, () => client.chat.completions.create({ model: "ko", messages, tools: [] }), "tools", "unsupported_parameter");
await refused("unknown parameter", OpenAI.BadRequestError, () => client.completions.create({ ...ask, foo: 1 }), "foo", "unknown_parameter");
await refused("range", OpenAI.BadRequestError, () => client.completions.create({ ...ask, top_p: 2 }), "top_p", "decimal_above_max_value");
console.log(`${checks} checks passed`);
