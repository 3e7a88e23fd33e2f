package org.dure.federation.secure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

/// What the hub sees of one member tells nothing of its delta: uniform, and alike for any two
/// deltas, also once the hub knows the masks of all others and the member's own.
class TranscriptTest {
  private static final int VALUES = 1 << 18;

  /// Chi-square with 255 degrees of freedom: mean 255, standard deviation 22.6; six of them.
  private static final double MOST = 255 + 6 * 22.6;

  private static final double LEAST = 255 - 6 * 22.6;

  private final SplittableRandom random = Seeded.random("transcript");
  private final SecretRound round = new SecretRound(3, 2, random);

  private static byte[] constant(float value) {
    ByteBuffer values = ByteBuffer.allocate(4 * VALUES).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      values.putFloat(value);
    }
    return values.array();
  }

  private byte[] upload(float value) {
    return round.upload("region-1", List.of(constant(value))).getFirst();
  }

  @Test
  void anUploadIsUniformWhateverTheDelta() {
    for (float value : new float[] {0, 2, -2, 1e-3f, Float.MIN_VALUE}) {
      assertUniform(upload(value));
    }
  }

  @Test
  void soItIsWithoutTheOwnMaskWhichTheHubLearns() {
    byte[] upload = upload(0);
    int[] values = integers(upload);
    new MaskStream(round.context.ownKey(round.seeds.get("region-1").own(), "region-1"))
        .subtract(0, values, VALUES);
    assertUniform(bytes(values));
  }

  @Test
  void soItIsWithoutThePairsWhereItCountsAsDropped() {
    byte[] upload = upload(1);
    int[] values = integers(upload);
    AgreementKey key = AgreementKey.of(round.seeds.get("region-1").pair());
    for (String other : List.of("region-0", "region-2")) {
      byte[] agreed = key.agree(round.advertised.get(other).pair());
      MaskStream pair = new MaskStream(round.context.pairKey(agreed, "region-1", other));
      if (Masks.isAdded("region-1", other)) {
        pair.subtract(0, values, VALUES);
      } else {
        pair.add(0, values, VALUES);
      }
    }
    assertUniform(bytes(values));
  }

  @Test
  void nothingTiesTwoMembersFragmentsOrRoundsTogether() {
    byte[] first = upload(0);
    byte[] second = round.upload("region-2", List.of(constant(0))).getFirst();
    assertUniform(difference(first, second));
    List<byte[]> two = round.upload("region-1", List.of(constant(0), constant(0)));
    assertUniform(difference(two.get(0), two.get(1)));
    SecretRound later = new SecretRound(3, 2, random);
    assertUniform(difference(first, later.upload("region-1", List.of(constant(0))).getFirst()));
  }

  @Test
  void theTestKnowsBytesThatAreNotUniform() {
    assertThat(chiSquare(constant(0.5f), 0)).isGreaterThan(MOST);
    byte[] counted = new byte[4 * VALUES];
    for (int i = 0; i < counted.length; i++) {
      counted[i] = (byte) (i / 4);
    }
    assertThat(chiSquare(counted, 1)).isLessThan(LEAST);
  }

  private static void assertUniform(byte[] integers) {
    for (int place = 0; place < 4; place++) {
      assertThat(chiSquare(integers, place)).as("byte %d of four", place).isBetween(LEAST, MOST);
    }
  }

  /// Of byte `place` of every integer.
  private static double chiSquare(byte[] integers, int place) {
    int[] counts = new int[256];
    for (int i = place; i < integers.length; i += 4) {
      counts[integers[i] & 0xff]++;
    }
    double expected = integers.length / 4.0 / counts.length;
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  }

  private static byte[] difference(byte[] first, byte[] second) {
    int[] one = integers(first);
    int[] other = integers(second);
    for (int i = 0; i < one.length; i++) {
      one[i] -= other[i];
    }
    return bytes(one);
  }

  private static int[] integers(byte[] bytes) {
    int[] values = new int[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }

  private static byte[] bytes(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }
}
