package org.dure.serving;

import java.util.List;
import java.util.OptionalInt;
import org.dure.core.LanguageModel;
import org.dure.serving.TextGenerator.Request;

/// A request that was understood: what to continue, and how to answer.
///
/// @param prompts token ids of each prompt
/// @param n answers to each prompt
/// @param bestOf answers generated for each prompt, of which the `n` most likely are given
/// @param maxTokens of each answer; where absent, as many as fit, up to `defaultTokens`
/// @param seed of the first answer to each prompt; the next has the next seed
/// @param alternatives as in [Request]
record Job(
    LanguageModel model,
    AnswerForm form,
    List<List<Integer>> prompts,
    int n,
    int bestOf,
    boolean echo,
    OptionalInt maxTokens,
    int defaultTokens,
    Sampling sampling,
    long seed,
    List<String> stops,
    int alternatives,
    boolean stream,
    boolean includeUsage) {

  Job {
    prompts = List.copyOf(prompts);
    stops = List.copyOf(stops);
    for (List<Integer> prompt : prompts) {
      form.checkLength(model.contextLength(), prompt.size(), maxTokens);
    }
  }

  /// @param answer counted from 0
  Request request(List<Integer> prompt, int answer) {
    int room = model.contextLength() - prompt.size();
    int most = maxTokens.orElse(Math.min(defaultTokens, room));
    // The mean log-probability decides which answers are best.
    int scores = bestOf > n ? Math.max(0, alternatives) : alternatives;
    return new Request(prompt, most, sampling, seed + answer, stops, scores);
  }
}
