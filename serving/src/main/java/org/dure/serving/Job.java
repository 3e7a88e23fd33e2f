package org.dure.serving;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dure.core.LanguageModel;
import org.dure.serving.TextGenerator.Request;
import org.dure.serving.text.Sampling;

/// A request that was understood: what to continue, and how to answer.
///
/// @param model as this request may use it
/// @param prompts what to continue
/// @param answers how many
/// @param generation how each is written
/// @param delivery how they are sent
record Job(
    LanguageModel model,
    AnswerForm form,
    List<Prompt> prompts,
    Answers answers,
    Generation generation,
    Delivery delivery) {

  private static final long TOKEN_BYTES = 32;
  private static final long SCORED_BYTES = 512;

  /// A text to continue.
  ///
  /// @param tokens its token ids
  /// @param text as it was sent; empty where the tokens were
  record Prompt(List<Integer> tokens, Optional<String> text) {
    Prompt {
      tokens = List.copyOf(tokens);
    }
  }

  /// @param n answers to each prompt
  /// @param bestOf answers generated for each prompt, of which the `n` most likely are given
  /// @param echo whether each begins with its prompt
  record Answers(int n, int bestOf, boolean echo) {}

  /// @param maxTokens of each answer; where absent, as many as fit, up to `defaultTokens`
  /// @param seed of the first answer to each prompt; the next has the next seed
  /// @param alternatives as in [Request]
  record Generation(
      OptionalInt maxTokens,
      int defaultTokens,
      Sampling sampling,
      long seed,
      List<String> stops,
      int alternatives) {
    Generation {
      stops = List.copyOf(stops);
    }

    /// @param answer counted from 0
    /// @param room tokens that fit after the prompt
    /// @param scores alternatives of each token that are scored
    private Request request(List<Integer> prompt, int answer, int room, int scores) {
      int most = maxTokens.orElse(Math.min(defaultTokens, room));
      return new Request(prompt, most, sampling, seed + answer, stops, scores);
    }
  }

  /// @param stream whether each piece is sent when it is written
  /// @param includeUsage whether the stream ends with how many tokens there were
  record Delivery(boolean stream, boolean includeUsage) {}

  Job {
    prompts = List.copyOf(prompts);
    for (Prompt prompt : prompts) {
      form.checkLength(model.contextLength(), prompt.tokens.size(), generation.maxTokens);
    }
  }

  /// Memory that the answers take until they are sent, in bytes, at most. Where tokens are told
  /// with their probabilities, each is an object of its own, with one for each alternative.
  long memory() {
    long most = 0;
    long sum = 0;
    for (Prompt prompt : prompts) {
      long room = (long) model.contextLength() - prompt.tokens.size();
      long written = Math.min(room, generation.maxTokens.orElse(generation.defaultTokens));
      long one = written + (answers.echo ? prompt.tokens.size() : 0);
      most = Math.max(most, one);
      sum += one * answers.bestOf;
    }
    long alternatives = generation.alternatives < 0 ? 0 : 1 + generation.alternatives;
    return (delivery.stream ? most : sum) * (TOKEN_BYTES + alternatives * SCORED_BYTES);
  }

  /// @throws ApiError if the answers would take more memory than `bytes`
  void checkMemory(long bytes) {
    if (memory() > bytes) {
      throw ApiError.invalid(
          null,
          "answer_too_large",
          "The answers may take %d MiB of the server's memory, which gives a request %d MiB at most: ask for fewer answers, fewer tokens or fewer log-probabilities, or stream them."
              .formatted(memory() >> 20, bytes >> 20));
    }
  }

  /// @param answer counted from 0
  Request request(Prompt prompt, int answer) {
    int room = model.contextLength() - prompt.tokens.size();
    // The mean log-probability decides which answers are best.
    boolean compares = answers.bestOf > answers.n;
    int scores = compares ? Math.max(0, generation.alternatives) : generation.alternatives;
    return generation.request(prompt.tokens, answer, room, scores);
  }
}
