package org.dure.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.dure.core.LanguageModel;
import org.dure.serving.Job.Prompt;
import org.dure.serving.text.Sampling;
import org.jspecify.annotations.Nullable;

/// Reads the bodies of `/v1/completions` and `/v1/chat/completions`.
///
/// Nothing is ignored: parameters of the OpenAI API that change no answer are accepted and checked,
/// those that would change it and are not supported are refused by name, and so are unknown ones.
final class JobParser {
  /// Read on both paths.
  private static final Set<String> COMMON =
      Set.of(
          "model",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias",
          "logprobs",
          "max_tokens",
          "n",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "temperature",
          "top_p");

  static final Set<String> COMPLETION = with(COMMON, "prompt", "best_of", "echo");

  static final Set<String> CHAT =
      with(
          COMMON,
          "messages",
          "max_completion_tokens",
          "top_logprobs",
          "response_format",
          "modalities");

  /// They change no answer.
  static final Set<String> INERT =
      Set.of(
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_options",
          "prompt_cache_retention");

  /// Parameters of the OpenAI API that would change the answer.
  static final Set<String> UNSUPPORTED =
      Set.of(
          "audio",
          "best_of",
          "echo",
          "function_call",
          "functions",
          "max_completion_tokens",
          "modalities",
          "moderation",
          "parallel_tool_calls",
          "prediction",
          "reasoning_effort",
          "response_format",
          "suffix",
          "tool_choice",
          "tools",
          "top_logprobs",
          "verbosity",
          "web_search_options");

  private static final int MOST_ANSWERS = 128;
  private static final int MOST_STOPS = 4;
  private static final int COMPLETION_TOKENS = 16;

  private final Function<String, @Nullable LanguageModel> models;

  /// @param models name to model as this request may use it; null for a name that none has
  JobParser(Function<String, @Nullable LanguageModel> models) {
    this.models = models;
  }

  Job completion(RequestParameters body) {
    body.only(COMPLETION, INERT, UNSUPPORTED);
    checkInert(body);
    LanguageModel model = model(body);
    OptionalInt logprobs = body.integer("logprobs", 0, 5);
    int n = body.integer("n", 1, MOST_ANSWERS).orElse(1);
    int bestOf = body.integer("best_of", 1, MOST_ANSWERS).orElse(n);
    boolean stream = body.flag("stream");
    if (bestOf < n) {
      throw ApiError.invalid(
          "best_of",
          "invalid_value",
          "Invalid 'best_of': %d is less than 'n', %d.".formatted(bestOf, n));
    }
    if (stream && bestOf > n) {
      throw ApiError.invalid(
          "best_of", "invalid_value", "Invalid 'best_of': results cannot be streamed.");
    }
    List<Prompt> prompts = prompts(model, body, bestOf);
    return new Job(
        model,
        AnswerForm.COMPLETION,
        prompts,
        new Job.Answers(n, bestOf, body.flag("echo")),
        new Job.Generation(
            body.integer("max_tokens", 0, Integer.MAX_VALUE),
            COMPLETION_TOKENS,
            sampling(model, body),
            seed(body),
            stops(body),
            logprobs.orElse(-1)),
        new Job.Delivery(stream, includeUsage(body, stream)));
  }

  Job chat(RequestParameters body) {
    body.only(CHAT, INERT, UNSUPPORTED);
    checkInert(body);
    LanguageModel model = model(body);
    checkTextOnly(body);
    boolean logprobs = body.flag("logprobs");
    OptionalInt top = body.integer("top_logprobs", 0, 20);
    if (top.isPresent() && !logprobs) {
      throw ApiError.invalid(
          "top_logprobs",
          "invalid_value",
          "Invalid 'top_logprobs': 'logprobs' must be true if this parameter is used.");
    }
    OptionalInt most = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    OptionalInt deprecated = body.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (most.isPresent() && deprecated.isPresent()) {
      throw ApiError.invalid(
          "max_tokens",
          "invalid_parameter_combination",
          "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.");
    }
    int n = body.integer("n", 1, MOST_ANSWERS).orElse(1);
    boolean stream = body.flag("stream");
    Prompt prompt = encode(model, ChatPrompt.of(body.list("messages")));
    return new Job(
        model,
        AnswerForm.CHAT,
        List.of(prompt),
        new Job.Answers(n, n, false),
        new Job.Generation(
            most.isPresent() ? most : deprecated,
            Integer.MAX_VALUE,
            sampling(model, body),
            seed(body),
            stops(body),
            logprobs ? top.orElse(0) : -1),
        new Job.Delivery(stream, includeUsage(body, stream)));
  }

  private LanguageModel model(RequestParameters body) {
    String name = body.text("model");
    LanguageModel model = models.apply(name);
    if (model == null) {
      throw ApiError.noModel(name);
    }
    return model;
  }

  private static List<Prompt> prompts(LanguageModel model, RequestParameters body, int answers) {
    Object value = body.value("prompt");
    if (value == null) {
      if (!body.all().containsKey("prompt")) {
        throw ApiError.missing("prompt");
      }
      // null asks for the beginning of a new document.
      return List.of(new Prompt(List.of(), Optional.empty()));
    }
    if (value instanceof String text) {
      return List.of(encode(model, text));
    }
    if (!(value instanceof List<?> list)) {
      throw ApiError.wrongType("prompt", "a string or an array", value);
    }
    if (list.isEmpty()) {
      throw ApiError.invalid(
          "prompt", "empty_array", "Invalid 'prompt': empty array. Expected at least one element.");
    }
    if (list.getFirst() instanceof Number) {
      return List.of(tokens(model, "prompt", list));
    }
    if ((long) list.size() * answers > MOST_ANSWERS) {
      throw ApiError.invalid(
          "prompt",
          "array_above_max_length",
          "Invalid 'prompt': %d prompts with %d answers each; expected at most %d answers in all."
              .formatted(list.size(), answers, MOST_ANSWERS));
    }
    List<Prompt> prompts = new ArrayList<>();
    for (int at = 0; at < list.size(); at++) {
      String name = "prompt[%d]".formatted(at);
      prompts.add(
          switch (list.get(at)) {
            case String text -> encode(model, text);
            case List<?> tokens -> tokens(model, name, tokens);
            case null, default ->
                throw ApiError.wrongType(name, "a string or an array of tokens", list.get(at));
          });
    }
    return prompts;
  }

  private static Prompt encode(LanguageModel model, String text) {
    return new Prompt(Arrays.stream(model.encode(text)).boxed().toList(), Optional.of(text));
  }

  private static Prompt tokens(LanguageModel model, String name, List<?> list) {
    List<Integer> tokens = new ArrayList<>(list.size());
    for (int at = 0; at < list.size(); at++) {
      if (!(list.get(at) instanceof Integer token)) {
        throw ApiError.wrongType("%s[%d]".formatted(name, at), "a token", list.get(at));
      }
      if (token < 0 || token >= model.vocabularySize()) {
        throw ApiError.invalid(
            "%s[%d]".formatted(name, at),
            "invalid_value",
            "Invalid '%s[%d]': token %d is not in the vocabulary of %d tokens."
                .formatted(name, at, token, model.vocabularySize()));
      }
      tokens.add(token);
    }
    return new Prompt(tokens, Optional.empty());
  }

  private static Sampling sampling(LanguageModel model, RequestParameters body) {
    Map<Integer, Double> biases = new HashMap<>();
    body.object("logit_bias")
        .all()
        .forEach(
            (key, value) -> {
              String name = "logit_bias." + key;
              int token = key.matches("[0-9]{1,9}") ? Integer.parseInt(key) : -1;
              if (token < 0 || token >= model.vocabularySize()) {
                throw ApiError.invalid(
                    name,
                    "invalid_key",
                    "Invalid key in 'logit_bias': '%s'. Expected a token of the vocabulary of %d."
                        .formatted(key, model.vocabularySize()));
              }
              biases.put(token, RequestParameters.decimal(name, value, -100, 100));
            });
    return new Sampling(
        body.decimal("temperature", 1, 0, 2),
        body.decimal("top_p", 1, 0, 1),
        0,
        body.decimal("frequency_penalty", 0, -2, 2),
        body.decimal("presence_penalty", 0, -2, 2),
        biases);
  }

  private static long seed(RequestParameters body) {
    return body.has("seed")
        ? body.whole("seed", 0, Long.MIN_VALUE, Long.MAX_VALUE)
        : ThreadLocalRandom.current().nextLong();
  }

  private static List<String> stops(RequestParameters body) {
    Object value = body.value("stop");
    if (value == null) {
      return List.of();
    }
    List<?> list = value instanceof String ? List.of(value) : body.list("stop");
    if (list.size() > MOST_STOPS) {
      throw ApiError.invalid(
          "stop",
          "array_above_max_length",
          "Invalid 'stop': array too long. Expected an array with maximum length %d, but got an array with length %d instead."
              .formatted(MOST_STOPS, list.size()));
    }
    List<String> stops = new ArrayList<>();
    for (Object element : list) {
      if (!(element instanceof String stop)) {
        throw ApiError.wrongType("stop", "a string or an array of strings", element);
      }
      if (stop.isEmpty()) {
        throw ApiError.invalid(
            "stop", "empty_string", "Invalid 'stop': a stop string must not be empty.");
      }
      stops.add(stop);
    }
    return stops;
  }

  private static boolean includeUsage(RequestParameters body, boolean stream) {
    if (!body.has("stream_options")) {
      return false;
    }
    if (!stream) {
      throw ApiError.invalid(
          "stream_options",
          "invalid_value",
          "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    RequestParameters options = body.object("stream_options");
    // Obfuscation pads the events' length; without it they are just shorter.
    options.only(Set.of("include_usage", "include_obfuscation"), Set.of(), Set.of());
    options.flag("include_obfuscation");
    return options.flag("include_usage");
  }

  private static void checkTextOnly(RequestParameters body) {
    if (body.has("response_format")) {
      RequestParameters format = body.object("response_format");
      String type = format.text("type");
      if (!type.equals("text")) {
        throw ApiError.unsupportedValue("response_format", type, "'text'");
      }
      format.only(Set.of("type"), Set.of(), Set.of());
    }
    if (body.has("modalities") && !body.list("modalities").equals(List.of("text"))) {
      throw ApiError.unsupportedValue(
          "modalities", String.valueOf(body.value("modalities")), "['text']");
    }
  }

  private static void checkInert(RequestParameters body) {
    for (String name :
        List.of(
            "user",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention")) {
      if (body.has(name)) {
        body.text(name);
      }
    }
    body.flag("store");
    body.object("prompt_cache_options");
    RequestParameters metadata = body.object("metadata");
    metadata
        .all()
        .keySet()
        .forEach(
            key -> {
              metadata.text(key);
            });
  }

  private static Set<String> with(Set<String> names, String... more) {
    Set<String> all = new HashSet<>(names);
    all.addAll(Arrays.asList(more));
    return Set.copyOf(all);
  }
}
