package org.dure.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.evaluation.BitsPerByte.Score;
import org.junit.jupiter.api.Test;

class BitsPerByteTest {
  private static final Workload.Activity QUIET = (doing, done, total) -> {};

  private static Document document(String id, String text) {
    return new Document(id, "ko", text, "test", "CC0-1.0");
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void theValueIsNatsOverLn2AndBytes() {
    List<String> texts = List.of("두레", "une phrase de longueur moyenne", "a");
    List<Document> documents = new ArrayList<>();
    double nats = 0;
    int bytes = 0;
    for (String text : texts) {
      documents.add(document("d" + documents.size(), text));
      nats += ByteModel.nats(text);
      bytes += bytes(text);
    }
    BitsPerByte measured = BitsPerByte.measure(new ByteModel(128), documents, QUIET);
    assertThat(measured.bytes()).isEqualTo(bytes);
    assertThat(measured.tokens()).isEqualTo(bytes);
    assertThat(measured.nats()).isCloseTo(nats, within(1e-4));
    assertThat(measured.value()).isCloseTo(nats / Math.log(2) / bytes, within(1e-6));
    assertThat(BitsPerByte.scores(new ByteModel(128), documents))
        .extracting(Score::id)
        .containsExactly("d0", "d1", "d2");
  }

  @Test
  void aModelThatKnowsNothingNeedsTheLogarithmOfItsVocabulary() {
    ByteModel uniform =
        new ByteModel(16) {
          @Override
          public float[][] logProbabilities(int[][] sequences) {
            float[][] all = super.logProbabilities(sequences);
            for (float[] one : all) {
              Arrays.fill(one, (float) -Math.log(256));
            }
            return all;
          }
        };
    BitsPerByte measured =
        BitsPerByte.measure(uniform, List.of(document("d", "가나다".repeat(50))), QUIET);
    assertThat(measured.value()).isCloseTo(8, within(1e-6));
  }

  @Test
  void tokensOfSeveralBytesCountThemAndSpecialTokensCountNothing() {
    ByteModel syllables =
        new ByteModel(64) {
          @Override
          public int[] encode(String text) {
            return new int[] {1, END, 2, 3};
          }

          @Override
          public byte[] bytes(int token) {
            return token < BEGIN ? new byte[token] : new byte[0];
          }
        };
    BitsPerByte measured =
        BitsPerByte.measure(syllables, List.of(document("d", "whatever")), QUIET);
    assertThat(measured.bytes()).isEqualTo(1 + 2 + 3);
    assertThat(measured.tokens()).isEqualTo(3);
    double nats =
        -Math.log(ByteModel.probability(ByteModel.BEGIN, 1))
            - Math.log(ByteModel.probability(ByteModel.END, 2))
            - Math.log(ByteModel.probability(2, 3));
    assertThat(measured.nats()).isCloseTo(nats, within(1e-5));
  }

  @Test
  void everyTokenOfLongDocumentsIsScoredOnceWhateverTheContext() {
    SplittableRandom random = Seeded.random("BitsPerByteTest.long");
    List<Document> documents = new ArrayList<>();
    double nats = 0;
    for (int i = 0; i < 30; i++) {
      String text = Seeded.text(random, random.nextInt(1, 200));
      documents.add(document("d" + i, text));
      nats += ByteModel.nats(text);
    }
    for (int context : new int[] {2, 3, 4, 7, 16, 64, 1000}) {
      BitsPerByte measured = BitsPerByte.measure(new ByteModel(context), documents, QUIET);
      assertThat(measured.nats()).as("context %d", context).isCloseTo(nats, within(nats * 1e-6));
      assertThat(measured.bytes())
          .isEqualTo(documents.stream().mapToLong(d -> bytes(d.text())).sum());
    }
  }

  @Test
  void aTokenHasTheBeginningOrHalfAWindowBeforeIt() {
    for (int context : new int[] {2, 3, 8, 9, 100}) {
      for (int length = 0; length < 400; length++) {
        int[] starts = BitsPerByte.windowStarts(length, context);
        int scored = 1;
        for (int start : starts) {
          int end = Math.min(length, start + context);
          assertThat(end).isGreaterThan(scored);
          if (start > 0) {
            assertThat(end - start).isEqualTo(context);
            assertThat(scored - start)
                .isGreaterThanOrEqualTo(context - context / 2 - context % 2)
                .isPositive();
          }
          scored = end;
        }
        assertThat(scored).isEqualTo(Math.max(1, length));
      }
    }
  }

  @Test
  void shortDocumentsAreReadInOneWindowThatBeginsWithTheBeginToken() {
    ByteModel model = new ByteModel(8);
    BitsPerByte.measure(model, List.of(document("d", "abc")), QUIET);
    assertThat(model.asked).containsExactly(new int[] {ByteModel.BEGIN, 'a', 'b', 'c'});
  }

  @Test
  void neighboursAndOrderChangeNothing() {
    SplittableRandom random = Seeded.random("BitsPerByteTest.order");
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      documents.add(document("d" + i, Seeded.text(random, random.nextInt(1, 60))));
    }
    ByteModel model = new ByteModel(32);
    List<Score> forwards = BitsPerByte.scores(model, documents);
    assertThat(BitsPerByte.scores(model, documents.reversed()).reversed()).isEqualTo(forwards);
    assertThat(BitsPerByte.scores(model, List.of(documents.get(17))))
        .containsExactly(forwards.get(17));
  }

  @Test
  void batchesAreOfLikeLengthAndBounded() {
    List<Integer> widths = new ArrayList<>();
    ByteModel model =
        new ByteModel(256) {
          @Override
          public float[][] logProbabilities(int[][] sequences) {
            int longest = Arrays.stream(sequences).mapToInt(s -> s.length).max().orElse(0);
            widths.add(longest * sequences.length);
            return super.logProbabilities(sequences);
          }
        };
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      documents.add(document("d" + i, "x".repeat(1 + i * 37 % 255)));
    }
    BitsPerByte.measure(model, documents, QUIET);
    assertThat(widths).allMatch(width -> width <= 2048).hasSizeLessThan(40);
  }

  @Test
  void documentsWithoutTextAreLeftOutAndNoTextIsAnError() {
    List<Document> documents = List.of(document("empty", ""), document("a", "a"));
    assertThat(BitsPerByte.measure(new ByteModel(8), documents, QUIET).documents()).isEqualTo(1);
    assertThat(BitsPerByte.scores(new ByteModel(8), documents))
        .extracting(Score::id)
        .containsExactly("a");
    for (List<Document> nothing : List.of(List.<Document>of(), documents.subList(0, 1))) {
      assertThatThrownBy(() -> BitsPerByte.measure(new ByteModel(8), nothing, QUIET))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_EMPTY));
    }
  }

  @Test
  void aModelThatGivesNoProbabilityIsRefusedWithTheDocument() {
    for (float broken : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, 0.5f}) {
      ByteModel model =
          new ByteModel(8) {
            @Override
            public float[][] logProbabilities(int[][] sequences) {
              float[][] all = super.logProbabilities(sequences);
              all[0][0] = broken;
              return all;
            }
          };
      assertThatThrownBy(() -> BitsPerByte.measure(model, List.of(document("page#7", "a")), QUIET))
          .isInstanceOf(DureException.class)
          .hasMessageContainingAll("bytes", "page#7", Float.toString(broken));
    }
  }

  @Test
  void progressRisesToTheNumberOfDocuments() {
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < 1300; i++) {
      documents.add(document("d" + i, i % 10 == 0 ? "" : "text ".repeat(i % 30)));
    }
    List<Long> done = new ArrayList<>();
    BitsPerByte.measure(
        new ByteModel(16),
        documents,
        (doing, now, total) -> {
          assertThat(doing).isEqualTo(ActivityKind.EVALUATING);
          assertThat(total).isEqualTo(1300);
          done.add(now);
        });
    assertThat(done).isSorted().endsWith(1300L).startsWith(0L).hasSizeGreaterThan(10);
  }

  @Test
  void aSampleIsTheSameEverywhereAndInTheOrderOfTheDocuments() {
    List<Document> korean = new ArrayList<>();
    List<Document> french = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      korean.add(document("page" + i / 4 + "#" + i, "가".repeat(i + 1)));
      french.add(document("page" + i / 4 + "#" + i, "é" + i));
    }
    List<String> ids = BitsPerByte.sample(korean, 20).stream().map(Document::id).toList();
    assertThat(ids).hasSize(20).isSubsetOf(korean.stream().map(Document::id).toList());
    assertThat(BitsPerByte.sample(french, 20)).extracting(Document::id).isEqualTo(ids);
    assertThat(BitsPerByte.sample(korean.reversed(), 20))
        .extracting(Document::id)
        .isEqualTo(ids.reversed());
    assertThat(BitsPerByte.sample(korean, 40).stream().map(Document::id).toList()).containsAll(ids);
    assertThat(BitsPerByte.sample(korean, 1000)).isEqualTo(korean);
    assertThat(BitsPerByte.measure(new ByteModel(64), korean, 20, QUIET).documents()).isEqualTo(20);
    Iterable<Document> streamed = korean::iterator;
    assertThat(BitsPerByte.measure(new ByteModel(64), streamed, 20, QUIET).textDigest())
        .isEqualTo(
            BitsPerByte.measure(new ByteModel(64), BitsPerByte.sample(korean, 20), QUIET)
                .textDigest());
  }
}
