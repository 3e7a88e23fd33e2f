package org.dure.serving;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.dure.core.LanguageModel;
import org.dure.core.Version;
import org.dure.serving.Job.Prompt;
import org.dure.serving.TextGenerator.Finish;
import org.dure.serving.TextGenerator.Piece;
import org.dure.serving.TextGenerator.Result;
import org.dure.serving.TextGenerator.Token;
import org.jspecify.annotations.Nullable;

/// Carries out one job and writes its answer: whole, or event by event. Not thread-safe.
final class Answer {
  /// Names the program; determinism holds between answers of equal fingerprints.
  private static final String FINGERPRINT = "dure_" + Version.TEXT;

  private static final char[] LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".toCharArray();

  private final Job job;
  private final LanguageModel model;
  private final String id;
  private final long created;
  private int promptTokens;
  private int completionTokens;
  private String finishes = "";

  /// @param created Unix time in seconds
  Answer(Job job, long created) {
    this.job = job;
    this.model = job.model();
    this.id = job.form().idPrefix() + randomName();
    this.created = created;
  }

  /// The whole answer.
  Map<String, @Nullable Object> whole() {
    List<Map<String, @Nullable Object>> choices = new ArrayList<>();
    for (Prompt prompt : job.prompts()) {
      PromptText text = text(prompt);
      Piece echo = echo(prompt, text);
      promptTokens += prompt.tokens().size();
      for (Result result : best(prompt, text)) {
        List<Token> tokens = new ArrayList<>(echo.tokens());
        tokens.addAll(result.tokens());
        Piece all = new Piece(echo.text() + result.text() + rest(text, result), tokens);
        boolean scored = job.generation().alternatives() >= 0;
        choices.add(job.form().whole(model, choices.size(), all, result.finish(), scored));
        note(result.finish());
      }
    }
    Map<String, @Nullable Object> answer = envelope(job.form().object(), choices);
    answer.put("usage", usage());
    answer.put("system_fingerprint", FINGERPRINT);
    return answer;
  }

  /// The answer as events, each handed over as soon as its text is certain.
  void stream(Consumer<Map<String, @Nullable Object>> events) {
    int index = 0;
    for (Prompt prompt : job.prompts()) {
      PromptText text = text(prompt);
      Piece echo = echo(prompt, text);
      promptTokens += prompt.tokens().size();
      for (int answer = 0; answer < job.answers().n(); answer++) {
        int choice = index++;
        Map<String, @Nullable Object> opening = job.form().opening(choice);
        if (opening != null) {
          events.accept(event(List.of(opening)));
        }
        if (job.answers().echo()) {
          events.accept(event(List.of(part(choice, echo))));
        }
        Result result =
            TextGenerator.generate(
                model,
                job.request(prompt, answer),
                text.continuation(),
                piece -> events.accept(event(List.of(part(choice, piece)))));
        String rest = rest(text, result);
        if (!rest.isEmpty()) {
          events.accept(event(List.of(part(choice, new Piece(rest, List.of())))));
        }
        completionTokens += result.generated();
        events.accept(event(List.of(job.form().closing(choice, result.finish()))));
        note(result.finish());
      }
    }
    if (job.delivery().includeUsage()) {
      Map<String, @Nullable Object> last = event(List.of());
      last.put("usage", usage());
      events.accept(last);
    }
  }

  /// What the request log tells about the answer: numbers, never text.
  String summary() {
    return "prompt=%d completion=%d finish=%s"
        .formatted(promptTokens, completionTokens, finishes.isEmpty() ? "none" : finishes);
  }

  private Map<String, @Nullable Object> part(int index, Piece piece) {
    return job.form().part(model, index, piece, job.generation().alternatives() >= 0);
  }

  private List<Result> best(Prompt prompt, PromptText text) {
    IntFunction<Result> generate =
        answer -> {
          Result result =
              TextGenerator.generate(
                  model, job.request(prompt, answer), text.continuation(), piece -> {});
          completionTokens += result.generated();
          return result;
        };
    List<Result> results = IntStream.range(0, job.answers().bestOf()).mapToObj(generate).toList();
    if (job.answers().bestOf() == job.answers().n()) {
      return results;
    }
    return results.stream()
        .sorted(Comparator.comparingDouble(Result::meanLogProbability).reversed())
        .limit(job.answers().n())
        .toList();
  }

  /// The prompt as the one who sent it knows it.
  private PromptText text(Prompt prompt) {
    return job.form() == AnswerForm.CHAT ? PromptText.NONE : PromptText.of(model, prompt);
  }

  /// The prompt's text, with its tokens where log-probabilities were asked for.
  private Piece echo(Prompt prompt, PromptText text) {
    if (!job.answers().echo()) {
      return new Piece("", List.of());
    }
    List<Token> tokens =
        job.generation().alternatives() < 0
            ? List.of()
            : TextGenerator.score(model, prompt.tokens(), text, job.generation().alternatives());
    return new Piece(text.text(), tokens);
  }

  /// What the prompt leaves unfinished where no answer goes on with it: part of the echo.
  private String rest(PromptText text, Result result) {
    return job.answers().echo() && result.generated() == 0 ? text.continuation().end() : "";
  }

  private Map<String, @Nullable Object> event(List<Map<String, @Nullable Object>> choices) {
    Map<String, @Nullable Object> event = envelope(job.form().streamedObject(), choices);
    event.put("system_fingerprint", FINGERPRINT);
    if (job.delivery().includeUsage()) {
      event.put("usage", null);
    }
    return event;
  }

  private Map<String, @Nullable Object> envelope(
      String object, List<Map<String, @Nullable Object>> choices) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("id", id);
    answer.put("object", object);
    answer.put("created", created);
    answer.put("model", model.name());
    answer.put("choices", choices);
    return answer;
  }

  private Map<String, Integer> usage() {
    Map<String, Integer> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", promptTokens);
    usage.put("completion_tokens", completionTokens);
    usage.put("total_tokens", promptTokens + completionTokens);
    return usage;
  }

  private void note(Finish finish) {
    String name = finish.name().toLowerCase(Locale.ROOT);
    finishes = finishes.isEmpty() ? name : finishes + "," + name;
  }

  /// 29 letters and digits, as the OpenAI API's ids have them.
  static String randomName() {
    StringBuilder name = new StringBuilder();
    for (int at = 0; at < 29; at++) {
      name.append(LETTERS[ThreadLocalRandom.current().nextInt(LETTERS.length)]);
    }
    return name.toString();
  }
}
