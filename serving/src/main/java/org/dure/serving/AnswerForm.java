package org.dure.serving;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.dure.core.LanguageModel;
import org.dure.serving.TextGenerator.Alternative;
import org.dure.serving.TextGenerator.Finish;
import org.dure.serving.TextGenerator.Piece;
import org.dure.serving.TextGenerator.Token;
import org.jspecify.annotations.Nullable;

/// The two shapes in which the OpenAI API gives answers.
enum AnswerForm {
  /// `text_completion`: one shape for whole and streamed answers.
  COMPLETION("cmpl-", "text_completion", "text_completion") {
    @Override
    Map<String, @Nullable Object> whole(
        LanguageModel model, int index, Piece piece, Finish finish, boolean scored) {
      Map<String, @Nullable Object> choice = new LinkedHashMap<>();
      choice.put("text", piece.text());
      choice.put("index", index);
      choice.put("logprobs", scored ? completionScores(model, piece.tokens()) : null);
      choice.put("finish_reason", reason(finish));
      return choice;
    }

    @Override
    @Nullable Map<String, @Nullable Object> opening(int index) {
      return null;
    }

    @Override
    Map<String, @Nullable Object> part(
        LanguageModel model, int index, Piece piece, boolean scored) {
      Map<String, @Nullable Object> choice = new LinkedHashMap<>();
      choice.put("text", piece.text());
      choice.put("index", index);
      choice.put("logprobs", scored ? completionScores(model, piece.tokens()) : null);
      choice.put("finish_reason", null);
      return choice;
    }

    @Override
    Map<String, @Nullable Object> closing(int index, Finish finish) {
      Map<String, @Nullable Object> choice = new LinkedHashMap<>();
      choice.put("text", "");
      choice.put("index", index);
      choice.put("logprobs", null);
      choice.put("finish_reason", reason(finish));
      return choice;
    }

    @Override
    void checkLength(int context, int prompt, OptionalInt answer) {
      if ((long) prompt + answer.orElse(1) > context) {
        throw ApiError.invalid(
            "prompt",
            CONTEXT_LENGTH,
            "This model's maximum context length is %d tokens, however you requested %d tokens (%d in your prompt; %d for the completion). Please reduce your prompt; or completion length."
                .formatted(context, (long) prompt + answer.orElse(1), prompt, answer.orElse(1)));
      }
    }
  },

  /// `chat.completion` and `chat.completion.chunk`.
  CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk") {
    @Override
    Map<String, @Nullable Object> whole(
        LanguageModel model, int index, Piece piece, Finish finish, boolean scored) {
      Map<String, @Nullable Object> message = new LinkedHashMap<>();
      message.put("role", "assistant");
      message.put("content", piece.text());
      message.put("refusal", null);
      message.put("annotations", List.of());
      Map<String, @Nullable Object> choice = new LinkedHashMap<>();
      choice.put("index", index);
      choice.put("message", message);
      choice.put("logprobs", scored ? chatScores(model, piece.tokens()) : null);
      choice.put("finish_reason", reason(finish));
      return choice;
    }

    @Override
    Map<String, @Nullable Object> opening(int index) {
      Map<String, @Nullable Object> delta = new LinkedHashMap<>();
      delta.put("role", "assistant");
      delta.put("content", "");
      delta.put("refusal", null);
      return chunk(index, delta, null, null);
    }

    @Override
    Map<String, @Nullable Object> part(
        LanguageModel model, int index, Piece piece, boolean scored) {
      Map<String, @Nullable Object> delta = new LinkedHashMap<>();
      delta.put("content", piece.text());
      return chunk(index, delta, scored ? chatScores(model, piece.tokens()) : null, null);
    }

    @Override
    Map<String, @Nullable Object> closing(int index, Finish finish) {
      return chunk(index, Map.of(), null, reason(finish));
    }

    @Override
    void checkLength(int context, int prompt, OptionalInt answer) {
      if (prompt >= context) {
        throw ApiError.invalid(
            "messages",
            CONTEXT_LENGTH,
            "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce the length of the messages."
                .formatted(context, prompt));
      }
      if ((long) prompt + answer.orElse(1) > context) {
        throw ApiError.invalid(
            "messages",
            CONTEXT_LENGTH,
            "This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the messages, %d in the completion). Please reduce the length of the messages or completion."
                .formatted(context, (long) prompt + answer.orElse(1), prompt, answer.orElse(1)));
      }
    }
  };

  private static final String CONTEXT_LENGTH = "context_length_exceeded";

  /// What the OpenAI API writes for the logarithm of 0.
  private static final double IMPOSSIBLE = -9999.0;

  private final String idPrefix;
  private final String object;
  private final String streamedObject;

  AnswerForm(String idPrefix, String object, String streamedObject) {
    this.idPrefix = idPrefix;
    this.object = object;
    this.streamedObject = streamedObject;
  }

  String idPrefix() {
    return idPrefix;
  }

  String object() {
    return object;
  }

  String streamedObject() {
    return streamedObject;
  }

  /// A whole choice.
  ///
  /// @param scored whether log-probabilities were asked for
  abstract Map<String, @Nullable Object> whole(
      LanguageModel model, int index, Piece piece, Finish finish, boolean scored);

  /// The choice of the event before the first text; null where there is no such event.
  abstract @Nullable Map<String, @Nullable Object> opening(int index);

  /// The choice of an event with text.
  abstract Map<String, @Nullable Object> part(
      LanguageModel model, int index, Piece piece, boolean scored);

  /// The choice of the event after the last text.
  abstract Map<String, @Nullable Object> closing(int index, Finish finish);

  /// @throws ApiError if prompt and answer do not fit the context
  abstract void checkLength(int context, int prompt, OptionalInt answer);

  private static String reason(Finish finish) {
    return switch (finish) {
      case STOP -> "stop";
      case LENGTH, CANCELLED -> "length";
    };
  }

  private static Map<String, @Nullable Object> chunk(
      int index,
      Map<String, @Nullable Object> delta,
      @Nullable Object logprobs,
      @Nullable String reason) {
    Map<String, @Nullable Object> choice = new LinkedHashMap<>();
    choice.put("index", index);
    choice.put("delta", delta);
    choice.put("logprobs", logprobs);
    choice.put("finish_reason", reason);
    return choice;
  }

  private static Map<String, @Nullable Object> completionScores(
      LanguageModel model, List<Token> tokens) {
    List<String> texts = new ArrayList<>();
    List<@Nullable Double> logProbabilities = new ArrayList<>();
    List<@Nullable Map<String, Double>> top = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    boolean alternatives = false;
    for (Token token : tokens) {
      boolean known = !Double.isNaN(token.logProbability());
      texts.add(TokenText.marked(model, token.id()));
      logProbabilities.add(known ? finite(token.logProbability()) : null);
      Map<String, Double> most = new LinkedHashMap<>();
      for (Alternative alternative : token.alternatives()) {
        most.putIfAbsent(
            TokenText.marked(model, alternative.id()), finite(alternative.logProbability()));
      }
      if (!most.isEmpty()) {
        most.putIfAbsent(TokenText.marked(model, token.id()), finite(token.logProbability()));
        alternatives = true;
      }
      top.add(known ? most : null);
      offsets.add(token.start());
    }
    Map<String, @Nullable Object> scores = new LinkedHashMap<>();
    scores.put("tokens", texts);
    scores.put("token_logprobs", logProbabilities);
    scores.put("top_logprobs", alternatives ? top : null);
    scores.put("text_offset", offsets);
    return scores;
  }

  private static Map<String, @Nullable Object> chatScores(LanguageModel model, List<Token> tokens) {
    List<Map<String, @Nullable Object>> content = new ArrayList<>();
    for (Token token : tokens) {
      Map<String, @Nullable Object> entry = chatScore(model, token.id(), token.logProbability());
      List<Map<String, @Nullable Object>> top = new ArrayList<>();
      for (Alternative alternative : token.alternatives()) {
        top.add(chatScore(model, alternative.id(), alternative.logProbability()));
      }
      entry.put("top_logprobs", top);
      content.add(entry);
    }
    Map<String, @Nullable Object> scores = new LinkedHashMap<>();
    scores.put("content", content);
    scores.put("refusal", null);
    return scores;
  }

  private static Map<String, @Nullable Object> chatScore(
      LanguageModel model, int token, double logProbability) {
    Map<String, @Nullable Object> score = new LinkedHashMap<>();
    score.put("token", TokenText.of(model, token));
    score.put("logprob", finite(logProbability));
    score.put("bytes", TokenText.bytes(model, token));
    return score;
  }

  private static double finite(double logProbability) {
    return Math.max(logProbability, IMPOSSIBLE);
  }
}
