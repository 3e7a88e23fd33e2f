package org.dure.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.serving.text.LogProbabilities;
import org.dure.serving.text.LogProbabilities.Scored;
import org.dure.serving.text.PromptLogits;
import org.dure.serving.text.Sampler;
import org.dure.serving.text.Sampling;
import org.dure.serving.text.StopMatcher;
import org.dure.serving.text.TextStream;
import org.dure.tokenizer.NormalForm;

/// Lets a language model continue a prompt.
///
/// ```
/// prompt -> Decoder -> logits -> Sampler -> token -> TextStream -> StopMatcher -> Listener
///              ^                               |     whole UTF-8    stop strings
///              +-------------------------------+     characters     held back
/// ```
///
/// Every sequence starts with the model's begin token. The prompt and the answer together may be as
/// long as the model's context; the begin token is not counted, since the answer's last token is
/// never fed back. Thread-safe: each call has a decoder of its own.
public final class TextGenerator {
  /// Prompt tokens that go into the model at once: a long prompt neither blocks others for its
  /// whole length nor outlives a client that has left.
  private static final int PREFILL = 64;

  /// What to continue, and how.
  ///
  /// @param prompt token ids, with or without the begin token
  /// @param maxTokens most tokens of the answer, at least 0
  /// @param seed the same seed gives the same answer
  /// @param stops strings that end the answer and are not part of it; compared in NFC
  /// @param alternatives −1: no log-probabilities; 0: those of the chosen tokens; N: and of the N
  ///     most likely tokens
  public record Request(
      List<Integer> prompt,
      int maxTokens,
      Sampling sampling,
      long seed,
      List<String> stops,
      int alternatives) {
    /// @throws DureException with [ErrorCode#USAGE] if a number is negative or a stop is empty
    public Request {
      if (maxTokens < 0 || alternatives < -1) {
        throw new DureException(
            ErrorCode.USAGE, "the number of tokens is %d: expected 0 or more".formatted(maxTokens));
      }
      if (stops.stream().anyMatch(String::isEmpty)) {
        throw new DureException(ErrorCode.USAGE, "a stop string is empty");
      }
      prompt = List.copyOf(prompt);
      stops = stops.stream().map(NormalForm::of).toList();
    }

    /// The text's most likely continuation.
    public static Request of(LanguageModel model, String prompt, int maxTokens) {
      List<Integer> tokens = Arrays.stream(model.encode(prompt)).boxed().toList();
      return new Request(tokens, maxTokens, Sampling.GREEDY, 0, List.of(), -1);
    }

    public Request withSampling(Sampling value, long newSeed) {
      return new Request(prompt, maxTokens, value, newSeed, stops, alternatives);
    }

    public Request withStops(List<String> value) {
      return new Request(prompt, maxTokens, sampling, seed, value, alternatives);
    }

    public Request withAlternatives(int value) {
      return new Request(prompt, maxTokens, sampling, seed, stops, value);
    }
  }

  /// A token of the prompt or the answer.
  ///
  /// @param start code points of prompt and answer before the character of the token's first byte
  /// @param logProbability natural logarithm; not a number where none was computed
  /// @param alternatives the most likely tokens in its place, most likely first
  public record Token(int id, int start, double logProbability, List<Alternative> alternatives) {}

  /// A token that could have been chosen.
  public record Alternative(int id, double logProbability) {}

  /// Text that will not change any more, and the tokens that begin in it (none without
  /// log-probabilities).
  public record Piece(String text, List<Token> tokens) {}

  /// Why the answer ended.
  public enum Finish {
    /// The model ended the document, or wrote a stop string.
    STOP,
    /// As many tokens as asked for.
    LENGTH,
    /// The listener wanted no more.
    CANCELLED
  }

  /// A whole answer.
  ///
  /// @param tokens all pieces' tokens
  /// @param generated number of tokens drawn, those of the stop string included, the end token not
  /// @param meanLogProbability of the tokens drawn; 0 if there are none or it was not asked for
  public record Result(
      String text, Finish finish, List<Token> tokens, int generated, double meanLogProbability) {}

  /// Who reads along. Called on the generating thread.
  public interface Listener {
    /// More text; never empty of both text and tokens.
    void piece(Piece piece);

    /// Asked before every step of the model; `true` ends the answer.
    default boolean cancelled() {
      return false;
    }
  }

  private final LanguageModel model;
  private final Request request;
  private final Listener listener;
  private final TextStream characters;
  private final StopMatcher matcher;
  private final StringBuilder text = new StringBuilder();
  private final List<Token> tokens = new ArrayList<>();
  private final List<Token> undelivered = new ArrayList<>();
  private int shown;
  private int generated;
  private double sumLogProbability;

  private TextGenerator(
      LanguageModel model, Request request, TextStream characters, Listener listener) {
    this.model = model;
    this.request = request;
    this.characters = characters;
    this.shown = characters.characters();
    this.listener = listener;
    this.matcher = new StopMatcher(request.stops());
  }

  /// Generates until the model, a stop string, the length or the listener ends it.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if prompt and answer do not fit the
  ///     model's context or a prompt token is none of the model's; what the listener throws passes
  ///     through. The decoder is closed in any case.
  public static Result generate(LanguageModel model, Request request, Listener listener) {
    return generate(model, request, new TextStream(), listener);
  }

  /// As [#generate(LanguageModel, Request, Listener)].
  ///
  /// @param characters the prompt's text, to go on with; a character that the prompt leaves
  ///     unfinished becomes part of the answer
  static Result generate(
      LanguageModel model, Request request, TextStream characters, Listener listener) {
    check(model, request);
    TextGenerator generator = new TextGenerator(model, request, characters, listener);
    if (request.maxTokens() == 0) {
      return generator.finish(Finish.LENGTH);
    }
    try (LanguageModel.Decoder decoder = model.decoder()) {
      return generator.finish(generator.run(decoder));
    }
  }

  /// The prompt's own tokens with their log-probabilities, for an answer that repeats the prompt.
  /// As in the OpenAI API, the first token has none.
  ///
  /// @param text the prompt as it is shown
  /// @param alternatives as in [Request]
  static List<Token> score(
      LanguageModel model, List<Integer> prompt, PromptText text, int alternatives) {
    List<Token> tokens = new ArrayList<>();
    int[] sequence = withBegin(model, prompt);
    int begin = sequence.length - prompt.size();
    try (PromptLogits logits = PromptLogits.of(model, sequence)) {
      for (int at = 0; at < prompt.size(); at++) {
        int id = prompt.get(at);
        int start = text.start(at);
        if (at == 0 || alternatives < 0) {
          tokens.add(new Token(id, start, Double.NaN, List.of()));
        } else {
          LogProbabilities probabilities = new LogProbabilities(logits.after(at + begin - 1));
          tokens.add(scored(id, start, probabilities, alternatives));
        }
      }
    }
    return tokens;
  }

  private static void check(LanguageModel model, Request request) {
    int length = request.prompt().size() + request.maxTokens();
    if (length > model.contextLength()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s sees %d tokens at once: the prompt's %d and an answer of %d are %d"
              .formatted(
                  model.name(),
                  model.contextLength(),
                  request.prompt().size(),
                  request.maxTokens(),
                  length));
    }
    for (int token : request.prompt()) {
      if (token < 0 || token >= model.vocabularySize()) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "token %d is not in the vocabulary of %s: expected 0 to %d"
                .formatted(token, model.name(), model.vocabularySize() - 1));
      }
    }
  }

  private Finish run(LanguageModel.Decoder decoder) {
    int[] prompt = withBegin(model, request.prompt());
    float[] logits = new float[0];
    for (int from = 0; from < prompt.length; from += PREFILL) {
      if (listener.cancelled()) {
        return Finish.CANCELLED;
      }
      int to = Math.min(from + PREFILL, prompt.length);
      logits = decoder.next(Arrays.copyOfRange(prompt, from, to));
    }
    Sampler sampler = new Sampler(request.sampling(), request.seed());
    while (true) {
      int token = sampler.next(logits, this::writable);
      if (token == model.endToken()) {
        return Finish.STOP;
      }
      generated++;
      add(token, logits);
      if (matcher.stopped()) {
        return Finish.STOP;
      }
      if (generated == request.maxTokens()) {
        return Finish.LENGTH;
      }
      if (listener.cancelled()) {
        return Finish.CANCELLED;
      }
      logits = decoder.next(token);
    }
  }

  /// Special tokens stand for no text: only the one that ends the answer may be drawn.
  private boolean writable(int token) {
    return token == model.endToken() || model.bytes(token).length > 0;
  }

  private static int[] withBegin(LanguageModel model, List<Integer> prompt) {
    int[] tokens = prompt.stream().mapToInt(Integer::intValue).toArray();
    if (tokens.length > 0 && tokens[0] == model.beginToken()) {
      return tokens;
    }
    int[] all = new int[tokens.length + 1];
    all[0] = model.beginToken();
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    return all;
  }

  private void add(int id, float[] logits) {
    if (request.alternatives() >= 0) {
      LogProbabilities probabilities = new LogProbabilities(logits);
      Token token = scored(id, characters.characters(), probabilities, request.alternatives());
      undelivered.add(token);
      sumLogProbability += token.logProbability();
    }
    deliver(matcher.add(characters.add(model.bytes(id))), false);
  }

  private static Token scored(int id, int start, LogProbabilities probabilities, int alternatives) {
    List<Alternative> most = new ArrayList<>();
    for (Scored scored : probabilities.most(alternatives)) {
      most.add(new Alternative(scored.token(), scored.logProbability()));
    }
    return new Token(id, start, probabilities.of(id), Collections.unmodifiableList(most));
  }

  private Result finish(Finish finish) {
    if (!matcher.stopped() && generated > 0) {
      String rest = matcher.add(characters.end());
      deliver(rest + matcher.end(), !matcher.stopped());
    }
    Finish reason = matcher.stopped() ? Finish.STOP : finish;
    double mean = generated == 0 ? 0 : sumLogProbability / generated;
    return new Result(text.toString(), reason, List.copyOf(tokens), generated, mean);
  }

  private void deliver(String more, boolean everything) {
    text.append(more);
    shown += more.codePointCount(0, more.length());
    int count = 0;
    while (count < undelivered.size() && (everything || undelivered.get(count).start() < shown)) {
      count++;
    }
    List<Token> with = List.copyOf(undelivered.subList(0, count));
    undelivered.subList(0, count).clear();
    tokens.addAll(with);
    if (!more.isEmpty() || !with.isEmpty()) {
      listener.piece(new Piece(more, with));
    }
  }
}
