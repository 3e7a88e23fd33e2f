"""Asks a test server through the unmodified `openai` package of PyPI.

Start `org.dure.serving.ClientServer PORT` (test classes), then: python openai_client.py PORT
"""

import math
import sys

import openai

client = openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
checks = 0


def check(name, condition, seen=""):
    global checks
    if not condition:
        sys.exit(f"FAILED {name}: {seen}")
    checks += 1
    print(f"ok {name} {seen}")


def refused(name, kind, call, param, code):
    try:
        call()
    except kind as error:
        body = error.body
        check(name, body["param"] == param and body["code"] == code, f"{type(error).__name__}: {body['message']}")
        return
    sys.exit(f"FAILED {name}: no {kind.__name__}")


# models
models = client.models.list()
check("models.list", [m.id for m in models] == ["ko", "fr"], [m.id for m in models])
model = client.models.retrieve("ko")
check("models.retrieve", model.object == "model" and model.dure["language"] == "ko", model)

# completions
whole = client.completions.create(model="ko", prompt="두레는", max_tokens=40, temperature=0)
check("completion", whole.object == "text_completion" and whole.choices[0].text.startswith(" 마을"), whole.choices[0].text)
check("usage", whole.usage.completion_tokens == 40 and whole.usage.total_tokens == whole.usage.prompt_tokens + 40, whole.usage)
check("finish length", whole.choices[0].finish_reason == "length")

events = list(client.completions.create(model="ko", prompt="두레는", max_tokens=40, temperature=0, stream=True, stream_options={"include_usage": True}))
text = "".join(e.choices[0].text for e in events if e.choices)
check("completion stream", text == whole.choices[0].text, f"{len(events)} events")
check("stream usage", events[-1].usage == whole.usage and events[-1].choices == [] and events[0].usage is None)
check("stream finish", events[-2].choices[0].finish_reason == "length")

scored = client.completions.create(model="ko", prompt="두레는 마을", max_tokens=0, echo=True, logprobs=2, temperature=0)
logprobs = scored.choices[0].logprobs
check("echo", scored.choices[0].text == "두레는 마을" and scored.usage.completion_tokens == 0)
check("echo logprobs", logprobs.token_logprobs[0] is None and all(p <= 0 for p in logprobs.token_logprobs[1:]), logprobs.tokens)
check("echo top_logprobs", logprobs.top_logprobs[0] is None and 2 <= len(logprobs.top_logprobs[-1]) <= 3, logprobs.top_logprobs[-1])
check("text_offset", logprobs.text_offset[0] == 0 and logprobs.text_offset == sorted(logprobs.text_offset), logprobs.text_offset)

several = client.completions.create(model="fr", prompt=["Au village", "Puis"], n=2, seed=7, max_tokens=12, temperature=1.5)
again = client.completions.create(model="fr", prompt=["Au village", "Puis"], n=2, seed=7, max_tokens=12, temperature=1.5)
check("n and prompts", [c.index for c in several.choices] == [0, 1, 2, 3])
check("seed", [c.text for c in several.choices] == [c.text for c in again.choices], several.choices[0].text)

stopped = client.completions.create(model="fr", prompt="Au village", stop=["voisins", "xyz"], max_tokens=200, temperature=0)
check("stop", stopped.choices[0].finish_reason == "stop" and stopped.choices[0].text.endswith("tour ses "), stopped.choices[0].text)
tokens = client.completions.create(model="fr", prompt=[65, 117], max_tokens=4, temperature=0)
check("token prompt", tokens.usage.prompt_tokens == 2, tokens.choices[0].text)
best = client.completions.create(model="fr", prompt="Au", best_of=4, n=1, max_tokens=8, seed=1)
check("best_of", len(best.choices) == 1 and best.usage.completion_tokens > 8)

# chat
chat = client.chat.completions.create(
    model="fr",
    messages=[{"role": "system", "content": "Conte."}, {"role": "user", "content": [{"type": "text", "text": "Au village"}]}],
    max_completion_tokens=20, temperature=0, logprobs=True, top_logprobs=3, user="me", metadata={"k": "v"})
message = chat.choices[0].message
check("chat", chat.object == "chat.completion" and message.role == "assistant" and message.content.startswith(", chacun"), message.content)
content = chat.choices[0].logprobs.content
check("chat logprobs", len(content) == 20 and all(len(t.top_logprobs) == 3 for t in content))
check("chat logprobs are probabilities", sum(math.exp(t.logprob) for t in content[0].top_logprobs) <= 1.0001, content[0])
check("chat bytes", bytes(b for t in content for b in t.bytes).decode() == message.content)

chunks = list(client.chat.completions.create(model="ko", messages=[{"role": "user", "content": "두레는"}], max_tokens=30, temperature=0, stream=True, logprobs=True, stream_options={"include_usage": True}))
streamed = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
check("chat stream", chunks[0].choices[0].delta.role == "assistant" and streamed.startswith(" 마을") and "\ufffd" not in streamed[:-1], streamed)
check("chat stream logprobs", sum(len(c.choices[0].logprobs.content) for c in chunks if c.choices and c.choices[0].logprobs) == 30)
check("chat stream usage", chunks[-1].usage.completion_tokens == 30 and chunks[-2].choices[0].finish_reason == "length")
with client.chat.completions.stream(model="fr", messages=[{"role": "user", "content": "Au village"}], stop="voisins", temperature=0) as stream:
    final = stream.get_final_completion()
check("chat stream helper", final.choices[0].message.content.endswith("tour ses "), final.choices[0].message.content)
again = client.chat.completions.create(model="ko", messages=[{"role": "user", "content": "두레는"}, final.choices[0].message, {"role": "user", "content": "그래서"}], max_tokens=10)
check("chat takes its own answer back", again.choices[0].message.content is not None)

# a client that leaves in the middle
with client.chat.completions.create(model="ko", messages=[{"role": "user", "content": "두레는"}], max_tokens=100, stream=True) as leaving:
    for chunk in leaving:
        break
check("leaving", True)

# errors
user = [{"role": "user", "content": "두레는"}]
bad, missing = openai.BadRequestError, openai.NotFoundError
refused("unknown model", missing, lambda: client.completions.create(model="de", prompt="x"), "model", "model_not_found")
refused("unknown model retrieve", missing, lambda: client.models.retrieve("de"), "model", "model_not_found")
refused("tools", bad, lambda: client.chat.completions.create(model="ko", messages=user, tools=[{"type": "function", "function": {"name": "f"}}]), "tools", "unsupported_parameter")
refused("response_format", bad, lambda: client.chat.completions.create(model="ko", messages=user, response_format={"type": "json_object"}), "response_format", "unsupported_value")
refused("reasoning_effort", bad, lambda: client.chat.completions.create(model="ko", messages=user, reasoning_effort="low"), "reasoning_effort", "unsupported_parameter")
refused("suffix", bad, lambda: client.completions.create(model="ko", prompt="a", suffix="b"), "suffix", "unsupported_parameter")
refused("unknown parameter", bad, lambda: client.chat.completions.create(model="ko", messages=user, extra_body={"top_k": 3}), "top_k", "unknown_parameter")
refused("temperature", bad, lambda: client.completions.create(model="ko", prompt="a", temperature=3), "temperature", "decimal_above_max_value")
refused("wrong type", bad, lambda: client.completions.create(model="ko", prompt="a", max_tokens="many"), "max_tokens", "invalid_type")
refused("image", bad, lambda: client.chat.completions.create(model="ko", messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]), "messages[0].content[0].type", "unsupported_value")
refused("too long", bad, lambda: client.chat.completions.create(model="ko", messages=[{"role": "user", "content": "글" * 500}]), "messages", "context_length_exceeded")
refused("too much asked", bad, lambda: client.completions.create(model="ko", prompt="글", max_tokens=1000, stream=True), "prompt", "context_length_exceeded")
print(f"{checks} checks passed with openai {openai.__version__}")
