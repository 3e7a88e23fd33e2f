package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class NoiseSourceTest {
  private static final int MANY = 400_000;

  private static NoiseSource known(int key) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) key);
    return NoiseSource.known(bytes);
  }

  private static double[] normals(NoiseSource source, int count, double deviation) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(8L * count, 8);
      source.normals(memory, deviation);
      return memory.toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  /// The first block of counter mode is the encryption of the counter's start (NIST SP 800-38A).
  @Test
  void theStreamIsThatOfTheBlockCipher() throws Exception {
    byte[] key = HexFormat.of().parseHex("11".repeat(32));
    Cipher block = Cipher.getInstance("AES/ECB/NoPadding");
    block.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
    byte[] first = block.doFinal(new byte[16]);
    NoiseSource source = NoiseSource.known(key);
    HexFormat hex = HexFormat.of();
    assertThat(hex.toHexDigits(source.nextLong()) + hex.toHexDigits(source.nextLong()))
        .isEqualTo(HexFormat.of().formatHex(first));
  }

  @Test
  void noTwoSourcesAndNoTwoNumbersAreAlike() {
    Set<Long> seen = new HashSet<>();
    NoiseSource one = NoiseSource.fresh();
    NoiseSource other = NoiseSource.fresh();
    for (int i = 0; i < 50_000; i++) {
      assertThat(seen.add(one.nextLong())).isTrue();
      assertThat(seen.add(other.nextLong())).isTrue();
    }
  }

  /// Mean, variance, kurtosis, and the largest distance of the distribution function
  /// (Kolmogorov; 1.95 / sqrt(n) is exceeded once in a thousand keys, and the key is fixed).
  @Test
  void noiseIsNormal() {
    double[] values = normals(known(7), MANY, 1e6);
    double mean = Arrays.stream(values).average().orElseThrow() / 1e6;
    double second = Arrays.stream(values).map(x -> x / 1e6 * x / 1e6).average().orElseThrow();
    double fourth = Arrays.stream(values).map(x -> Math.pow(x / 1e6, 4)).average().orElseThrow();
    assertThat(mean).isCloseTo(0, within(4 / Math.sqrt(MANY)));
    assertThat(second).isCloseTo(1, within(4 * Math.sqrt(2.0 / MANY)));
    assertThat(fourth).isCloseTo(3, within(4 * Math.sqrt(96.0 / MANY)));
    Arrays.sort(values);
    double distance =
        IntStream.range(0, MANY)
            .mapToDouble(i -> Math.abs((i + 0.5) / MANY - cumulative(values[i] / 1e6)))
            .max()
            .orElseThrow();
    assertThat(distance).isLessThan(1.95 / Math.sqrt(MANY));
  }

  /// By Simpson's rule from the middle.
  private static double cumulative(double x) {
    int parts = 64;
    double sum = 0;
    for (int i = 0; i <= parts; i++) {
      double t = x * i / parts;
      double weight = i == 0 || i == parts ? 1 : i % 2 == 0 ? 2 : 4;
      sum += weight * Math.exp(-t * t / 2);
    }
    return 0.5 + sum * x / parts / 3 / Math.sqrt(2 * Math.PI);
  }

  @Test
  void neighboursInAStreamHaveNothingToDoWithEachOther() {
    double[] values = normals(known(8), MANY, 1e6);
    double products = 0;
    for (int i = 0; i + 1 < MANY; i++) {
      products += values[i] / 1e6 * values[i + 1] / 1e6;
    }
    assertThat(products / MANY).isCloseTo(0, within(4 / Math.sqrt(MANY)));
  }

  @Test
  void noiseIsOfWholeNumbersAndAnOddCountIsFilledToo() {
    double[] values = normals(known(9), 1001, 3);
    assertThat(Arrays.stream(values).boxed())
        .allMatch(x -> x == Math.rint(x))
        .anyMatch(x -> x > 0)
        .anyMatch(x -> x < 0);
    assertThat(values[1000]).isNotEqualTo(values[999]);
  }

  @Test
  void whatHappensOneTimeInTenDoes() {
    NoiseSource source = known(10);
    long times = IntStream.range(0, MANY).filter(i -> source.happens(0.1)).count();
    assertThat(times / (double) MANY).isCloseTo(0.1, within(4 * Math.sqrt(0.09 / MANY)));
    assertThat(IntStream.range(0, 1000).allMatch(i -> source.happens(1))).isTrue();
    assertThat(IntStream.range(0, 1000).noneMatch(i -> source.happens(0))).isTrue();
  }

  @Test
  void everyNumberBelowABoundIsDrawnAsOften() {
    NoiseSource source = known(11);
    int[] counts = new int[7];
    IntStream.range(0, 70_000).forEach(i -> counts[(int) source.below(7)]++);
    assertThat(Arrays.stream(counts).boxed()).allMatch(count -> Math.abs(count - 10_000) < 400);
    assertThat(source.below(1)).isZero();
  }
}
