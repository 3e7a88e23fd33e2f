package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.serving.TextGenerator.Finish;
import org.dure.serving.TextGenerator.Piece;
import org.dure.serving.TextGenerator.Request;
import org.dure.serving.TextGenerator.Result;
import org.dure.serving.TextGenerator.Token;
import org.dure.serving.text.PromptLogits;
import org.dure.serving.text.Sampling;
import org.junit.jupiter.api.Test;

class TextGeneratorTest {
  private static final String TEXT = ClientServer.KOREAN;
  private final NgramModel model = ClientServer.korean();
  private final List<Piece> pieces = new ArrayList<>();

  @Test
  void greedyGenerationContinuesTheTextToItsEnd() {
    Result result = generate(Request.of(model, TEXT.substring(0, 3), 240));
    assertThat(result.text()).isEqualTo(TEXT.substring(3));
    assertThat(result.finish()).isEqualTo(Finish.STOP);
    assertThat(model.open).hasValue(0);
  }

  @Test
  void piecesAreWholeCharactersAndTogetherTheText() {
    Result result = generate(Request.of(model, "두레는", 60));
    assertThat(pieces)
        .extracting(Piece::text)
        .doesNotContain("")
        .noneMatch(text -> text.contains("\ufffd"));
    assertThat(joined()).isEqualTo(result.text());
    // Two bytes a token, three a character: text comes before the answer ends.
    assertThat(pieces.size()).isGreaterThan(20);
  }

  @Test
  void theAnswerEndsAtItsLengthWithAReplacementForHalfACharacter() {
    Result result = generate(Request.of(model, "두레는", 2));
    assertThat(result.finish()).isEqualTo(Finish.LENGTH);
    assertThat(result.generated()).isEqualTo(2);
    assertThat(result.text()).isEqualTo(" 마");
    assertThat(generate(Request.of(model, "두레는", 3)).text()).isEqualTo(" 마\ufffd");
  }

  @Test
  void aStopStringOverTokenBordersIsNotPartOfTheAnswer() {
    Result result = generate(Request.of(model, "두레는", 200).withStops(List.of("돌아가", "없다")));
    assertThat(result.finish()).isEqualTo(Finish.STOP);
    assertThat(result.text()).isEqualTo(" 마을 사람들이 서로의 밭을 ");
    assertThat(joined()).isEqualTo(result.text());
  }

  @Test
  void aStopStringInAnotherNormalizationMatches() {
    String decomposed = Normalizer.normalize("돌아가", Normalizer.Form.NFD);
    assertThat(generate(Request.of(model, "두레는", 200).withStops(List.of(decomposed))).text())
        .isEqualTo(" 마을 사람들이 서로의 밭을 ");
  }

  @Test
  void tokensOfTheStopStringAreNotReported() {
    Request request = Request.of(model, "두레는", 200).withStops(List.of("사람")).withAlternatives(0);
    Result result = generate(request);
    assertThat(result.text()).isEqualTo(" 마을 ");
    assertThat(result.tokens()).allMatch(token -> token.start() < 4);
    assertThat(result.generated()).isGreaterThan(result.tokens().size());
  }

  @Test
  void logProbabilitiesAreTheModelsOwnWhateverTheSampling() {
    Sampling sampling = new Sampling(0.7, 0.9, 0, 1, 1, Map.of(65, 1.0));
    Request request = Request.of(model, "두레는", 40).withSampling(sampling, 5).withAlternatives(3);
    Result result = generate(request);
    List<Integer> sequence = new ArrayList<>(request.prompt());
    for (Token token : result.tokens()) {
      assertThat(Math.exp(token.logProbability()))
          .isCloseTo(model.probability(sequence, token.id()), within(1e-5));
      assertThat(token.alternatives()).hasSize(3);
      assertThat(token.alternatives().getFirst().logProbability())
          .isGreaterThanOrEqualTo(token.logProbability());
      sequence.add(token.id());
    }
    assertThat(result.tokens()).hasSize(result.generated());
    assertThat(result.meanLogProbability())
        .isCloseTo(
            result.tokens().stream().mapToDouble(Token::logProbability).average().orElseThrow(),
            within(1e-9));
  }

  @Test
  void everyTokenComesWithThePieceInWhichItBegins() {
    Result result = generate(Request.of(model, "두레는", 60).withAlternatives(0));
    int shown = 0;
    List<Token> tokens = new ArrayList<>();
    for (Piece piece : pieces) {
      shown += piece.text().codePointCount(0, piece.text().length());
      int now = shown;
      assertThat(piece.tokens()).allMatch(token -> token.start() <= now);
      tokens.addAll(piece.tokens());
    }
    assertThat(tokens).isEqualTo(result.tokens());
  }

  @Test
  void thePromptsScoresAreTheModelsOwnAndTheFirstTokenHasNone() {
    List<Integer> prompt = Arrays.stream(model.encode("두레는 마을")).boxed().toList();
    List<Token> tokens =
        TextGenerator.score(
            model, prompt, PromptText.of(model, new Job.Prompt(prompt, Optional.empty())), 2);
    assertThat(tokens).extracting(Token::id).isEqualTo(prompt);
    assertThat(tokens.getFirst().logProbability()).isNaN();
    for (int at = 1; at < prompt.size(); at++) {
      assertThat(Math.exp(tokens.get(at).logProbability()))
          .isCloseTo(model.probability(prompt.subList(0, at), prompt.get(at)), within(1e-5));
    }
    assertThat(model.open).hasValue(0);
  }

  @Test
  void aLongPromptIsScoredTokenByTokenWithTheSameResult() {
    List<Integer> prompt = Arrays.stream(model.encode(TEXT)).boxed().toList();
    int[] sequence = model.encode("x" + TEXT);
    sequence[0] = model.beginToken();
    try (PromptLogits atOnce = PromptLogits.of(model, sequence, Long.MAX_VALUE);
        PromptLogits stepwise = PromptLogits.of(model, sequence, 0)) {
      for (int at = 0; at + 1 < sequence.length; at++) {
        assertThat(stepwise.after(at)).isEqualTo(atOnce.after(at));
      }
    }
    assertThat(prompt).isNotEmpty();
  }

  @Test
  void theSameSeedGivesTheSameAnswer() {
    Sampling hot = Sampling.PLAIN.withTemperature(2);
    Request request = Request.of(model, "두레는", 50);
    assertThat(generate(request.withSampling(hot, 3)).text())
        .isEqualTo(generate(request.withSampling(hot, 3)).text())
        .isNotEqualTo(generate(request.withSampling(hot, 4)).text());
  }

  @Test
  void specialTokensAreNeverWritten() {
    Sampling special =
        new Sampling(0, 1, 0, 0, 0, Map.of(NgramModel.BEGIN, 100.0, NgramModel.PADDING, 100.0));
    Result result =
        generate(Request.of(model, "두레는", 4).withSampling(special, 1).withAlternatives(0));
    assertThat(result.tokens())
        .extracting(Token::id)
        .doesNotContain(NgramModel.BEGIN, NgramModel.PADDING);
    assertThat(result.text()).isNotEmpty();
  }

  @Test
  void cancellingIsAskedBeforeEveryStep() {
    Request request = Request.of(model, "두레는", 100);
    Result result =
        TextGenerator.generate(
            model,
            request,
            new TextGenerator.Listener() {
              @Override
              public void piece(Piece piece) {
                pieces.add(piece);
              }

              @Override
              public boolean cancelled() {
                return !pieces.isEmpty();
              }
            });
    assertThat(result.finish()).isEqualTo(Finish.CANCELLED);
    assertThat(result.generated()).isEqualTo(1);
    assertThat(model.steps).hasValue(1);
    assertThat(model.open).hasValue(0);
  }

  @Test
  void aListenerThatThrowsEndsTheAnswerAndClosesTheDecoder() {
    assertThatThrownBy(
            () ->
                TextGenerator.generate(
                    model,
                    Request.of(model, "두레는", 100),
                    piece -> {
                      throw new Departure.ClientGone();
                    }))
        .isInstanceOf(Departure.ClientGone.class);
    assertThat(model.open).hasValue(0);
    assertThat(model.steps).hasValue(1);
  }

  @Test
  void promptAndAnswerMayFillTheContextExactly() {
    int prompt = model.encode("두레는").length;
    Request full = Request.of(model, "두레는", model.contextLength() - prompt);
    assertThat(generate(full).finish()).isEqualTo(Finish.STOP);
    assertThatThrownBy(() -> generate(Request.of(model, "두레는", model.contextLength() - prompt + 1)))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining("257");
  }

  @Test
  void aWholeContextOfTokensCanBeGenerated() {
    Sampling noEnd = new Sampling(1, 1, 0, 0, 0, Map.of(NgramModel.END, -100.0));
    Request request = Request.of(model, "", model.contextLength()).withSampling(noEnd, 1);
    assertThat(generate(request).generated()).isEqualTo(model.contextLength());
  }

  @Test
  void aPromptThatBringsItsBeginTokenGetsNoSecondOne() {
    List<Integer> prompt = new ArrayList<>(List.of(NgramModel.BEGIN));
    Arrays.stream(model.encode("두레는")).forEach(prompt::add);
    Request request = new Request(prompt, 20, Sampling.GREEDY, 0, List.of(), -1);
    assertThat(generate(request).text()).isEqualTo(generate(Request.of(model, "두레는", 20)).text());
  }

  @Test
  void anEmptyPromptBeginsADocument() {
    assertThat(generate(Request.of(model, "", 10)).text()).startsWith("두레는");
  }

  @Test
  void noTokensAskedForIsNoStep() {
    Result result = generate(Request.of(model, "두레는", 0));
    assertThat(result.text()).isEmpty();
    assertThat(result.finish()).isEqualTo(Finish.LENGTH);
    assertThat(model.steps).hasValue(0);
  }

  @Test
  void requestsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> Request.of(model, "a", -1)).isInstanceOf(DureException.class);
    assertThatThrownBy(() -> Request.of(model, "a", 1).withStops(List.of("")))
        .hasMessageContaining("stop");
    Request foreign = new Request(List.of(99_999), 1, Sampling.GREEDY, 0, List.of(), -1);
    assertThatThrownBy(() -> generate(foreign)).hasMessageContaining("99999");
  }

  private Result generate(Request request) {
    pieces.clear();
    return TextGenerator.generate(model, request, pieces::add);
  }

  private String joined() {
    StringBuilder text = new StringBuilder();
    pieces.forEach(piece -> text.append(piece.text()));
    return text.toString();
  }
}
