package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentGradientTest {
  private static final int BEGIN = 127;
  private static final int LENGTH = 16;

  @TempDir Path folder;

  private static NoiseSource known() {
    return NoiseSource.known(new byte[32]);
  }

  /// Documents of these lengths, each a begin token and its own number again and again.
  private TokenWindows windows(int... lengths) {
    int[] ids =
        IntStream.range(0, lengths.length)
            .flatMap(
                document ->
                    IntStream.range(0, lengths[document])
                        .map(i -> i == 0 ? BEGIN : (document * 11 + i * (document + 3)) % 120))
            .toArray();
    return TokenWindows.open(
        List.of(Samples.write(folder.resolve("tokens.bin"), ids)), LENGTH, 7, 128);
  }

  private static DocumentGradient gradient(
      PrivateTraining privacy, TokenDocuments documents, long elements) {
    return new DocumentGradient(privacy, documents, known(), LENGTH, 1, elements);
  }

  @Test
  void everyTokenOfADocumentIsInExactlyOneOfItsWindowsAndNoWindowLeavesIt() {
    int[] lengths = {2, 17, 18, 33, 34, 100, 1, 40};
    try (TokenWindows windows = windows(lengths)) {
      TokenDocuments documents = windows.documents(BEGIN);
      NoiseSource random = known();
      assertThat(documents.count()).isEqualTo(lengths.length);
      for (int document = 0; document < lengths.length; document++) {
        TreeSet<String> distinct = new TreeSet<>();
        List<int[]> drawn = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          int[] window = documents.window(document, LENGTH, random);
          if (distinct.add(Arrays.toString(window))) {
            drawn.add(window);
          }
          assertThat(window.length).isLessThanOrEqualTo(LENGTH + 1);
          assertThat(Arrays.stream(window).skip(1)).doesNotContain(BEGIN);
        }
        assertThat(drawn.stream().mapToInt(window -> window.length - 1).sum())
            .isEqualTo(lengths[document] - 1);
      }
    }
  }

  @Test
  void tokensThatAreNotOfDocumentsAreRefused() {
    Path shard = Samples.write(folder.resolve("tokens.bin"), new int[100]);
    try (TokenWindows windows = TokenWindows.open(List.of(shard), LENGTH, 7, 128)) {
      assertThatThrownBy(() -> windows.documents(BEGIN))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("tokens.bin");
    }
  }

  @Test
  void aLongGradientIsShortenedToTheNormAndAShortOneStays() {
    try (TokenWindows windows = windows(40, 40);
        NativeScope scope = NativeScope.open();
        DocumentGradient clipping =
            gradient(new PrivateTraining(1, 0.5, 1), windows.documents(BEGIN), 3)) {
      clipping.clip(scope.floats(new float[] {3, 0, 4}, 3));
      assertThat(clipping.sum()).containsExactly(new double[] {0.3, 0, 0.4}, within(1e-7));
      clipping.clip(scope.floats(new float[] {0.1f, -0.2f, 0}, 3));
      assertThat(clipping.sum()).containsExactly(new double[] {0.4, -0.2, 0.4}, within(1e-7));
      clipping.clip(scope.floats(new float[] {Float.NaN, 1, 1}, 3));
      clipping.clip(scope.floats(new float[] {Float.POSITIVE_INFINITY, 1, 1}, 3));
      assertThat(clipping.sum()).containsExactly(new double[] {0.4, -0.2, 0.4}, within(1e-7));
    }
  }

  /// However a gradient is made, what it adds is no longer than the norm: not by one unit in the
  /// last place.
  @Test
  void noGradientAddsMoreThanTheNormExactly() {
    try (TokenWindows windows = windows(40, 40)) {
      for (float scale : new float[] {1e-30f, 0.4999999f, 0.5f, 0.50000006f, 1, 1e30f}) {
        int elements = 1000;
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
          values[i] = (float) (scale * Math.sin(i) / Math.sqrt(elements / 2.0));
        }
        try (NativeScope scope = NativeScope.open();
            DocumentGradient clipping =
                gradient(new PrivateTraining(1, 0.5, 1), windows.documents(BEGIN), elements)) {
          clipping.clip(scope.floats(values, elements));
          double squares = 0;
          for (double grid : clipping.sum()) {
            assertThat(grid * 0x1p25).isEqualTo(Math.rint(grid * 0x1p25));
            squares += grid * grid;
          }
          assertThat(Math.sqrt(squares)).isLessThanOrEqualTo(0.5);
        }
      }
    }
  }

  /// Against each document's gradient by itself, clipped and added in plain Java.
  @Test
  void aStepIsTheSumOfClippedGradientsAndNoiseOverTheExpectedNumber() {
    double clip = 0.3;
    try (TokenWindows windows = windows(17, 10, 12);
        Transformer model = Samples.transformer(Samples.tiny(), Samples.lively(Samples.tiny()));
        NativeScope scope = NativeScope.open();
        NativeScope.Held held = new NativeScope.Held()) {
      int elements = Math.toIntExact(model.layout().all().elements());
      Tensor gradient = held.keep(scope.zeros(elements));
      TransformerParameters trainable =
          TransformerParameters.trainable(model.layout(), model.vector(), gradient, held);
      TokenDocuments documents = windows.documents(BEGIN);
      double[] expected = new double[elements];
      NoiseSource same = known();
      for (int document = 0; document < 3; document++) {
        int[] window = documents.window(document, LENGTH, same);
        float[] one = gradient(scope, model, trainable, gradient, window, elements);
        double norm =
            Math.sqrt(IntStream.range(0, elements).mapToDouble(i -> one[i] * one[i]).sum());
        assertThat(norm).isGreaterThan(clip);
        for (int i = 0; i < elements; i++) {
          expected[i] += one[i] * clip / norm / 4;
        }
      }
      try (DocumentGradient noisy =
          new DocumentGradient(
              new PrivateTraining(1e-3, clip, 1), documents, known(), LENGTH, 4, elements)) {
        double loss = noisy.fill(model, trainable, gradient);
        float[] found = scope.floats(gradient, elements);
        double squares = 0;
        for (int i = 0; i < elements; i++) {
          squares += Math.pow(found[i] - expected[i], 2);
        }
        assertThat(loss).isBetween(3.0, 8.0);
        assertThat(Math.sqrt(squares / elements))
            .isCloseTo(1e-3 * clip / 4, within(0.05 * 1e-3 * clip / 4));
      }
    }
  }

  private static float[] gradient(
      NativeScope scope,
      Transformer model,
      TransformerParameters trainable,
      Tensor gradient,
      int[] window,
      int elements) {
    gradient.zero_();
    int count = window.length - 1;
    long[] tokens = Arrays.stream(window, 0, count).asLongStream().toArray();
    long[] targets = Arrays.stream(window, 1, count + 1).asLongStream().toArray();
    double unused =
        Head.backward(
            model.hidden(trainable, scope.integers(tokens, 1, count)).view(count, 32),
            scope.integers(targets, count),
            model.parameters().head(),
            trainable.head().mutable_grad());
    return scope.floats(gradient, elements);
  }
}
