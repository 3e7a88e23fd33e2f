package org.dure.federation.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.zip.DataFormatException;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class BytePlanesTest {
  private static byte[] bits(int count, IntUnaryOperator pattern) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putInt(pattern.applyAsInt(i));
    }
    return bytes.array();
  }

  private static byte[] encode(byte[] raw) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] block = new byte[BytePlanes.MOST_ENCODED];
    for (int from = 0; from < raw.length; from += BytePlanes.BLOCK) {
      int length = Math.min(BytePlanes.BLOCK, raw.length - from);
      try (BytePlanes planes = BytePlanes.borrow()) {
        int size = planes.encode(Arrays.copyOfRange(raw, from, from + length), length, block);
        assertThat(size).isLessThanOrEqualTo(length + BytePlanes.HEADER + 4);
        out.write(block, 0, size);
      }
    }
    return out.toByteArray();
  }

  private static byte[] decode(byte[] coded) throws IOException, DataFormatException {
    InputStream in = new ByteArrayInputStream(coded);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] block = new byte[BytePlanes.MOST_ENCODED];
    byte[] raw = new byte[BytePlanes.BLOCK];
    while (BytePlanes.read(in, block) >= 0) {
      try (BytePlanes planes = BytePlanes.borrow()) {
        out.write(raw, 0, planes.decode(block, raw));
      }
    }
    return out.toByteArray();
  }

  private static void assertRoundTrip(byte[] raw) throws Exception {
    assertThat(decode(encode(raw))).isEqualTo(raw);
  }

  @Test
  void everySignExponentAndEdgeOfTheMantissaComesBackBitForBit() throws Exception {
    assertRoundTrip(
        bits(
            1 << 16,
            i -> i << 16 | new int[] {0, 1, 0x7fff, 0x8000, 0xffff}[Math.floorMod(i * 31, 5)]));
  }

  @Test
  void notANumberInfinityDenormalAndBothZerosComeBackBitForBit() throws Exception {
    int[] special = {
      0,
      0x80000000,
      1,
      0x80000001,
      0x007fffff,
      0x807fffff,
      0x7f800000,
      0xff800000,
      0x7fc00000,
      0xffc00001,
      0x7f800001,
      0xffffffff,
      0x7fffffff
    };
    for (int value : special) {
      assertRoundTrip(bits(5_000, i -> value));
    }
    assertRoundTrip(bits(40_000, i -> special[i % special.length]));
  }

  @Test
  void everyLengthComesBackAlsoOddOnes() throws Exception {
    SplittableRandom random = Seeded.random("lengths");
    for (int length = 0; length < 70; length++) {
      byte[] raw = new byte[length];
      random.nextBytes(raw);
      assertRoundTrip(raw);
    }
    for (int near :
        new int[] {BytePlanes.BLOCK - 1, BytePlanes.BLOCK, BytePlanes.BLOCK + 1, 100_003}) {
      byte[] raw = new byte[near];
      random.nextBytes(raw);
      assertRoundTrip(raw);
    }
  }

  @Test
  void weightsGetASixthSmallerAndNoiseNoLarger() {
    SplittableRandom random = Seeded.random("sizes");
    byte[] weights =
        bits(1 << 18, i -> Float.floatToRawIntBits((float) random.nextGaussian() * 0.02f));
    assertThat((double) encode(weights).length / weights.length).isBetween(0.7, 0.86);
    byte[] noise = new byte[1 << 20];
    random.nextBytes(noise);
    assertThat((double) encode(noise).length / noise.length).isLessThan(1.001);
    assertThat((double) encode(new byte[1 << 20]).length).isLessThan(1_000);
  }

  @Test
  void aBodyThatIsCutAnywhereGivesItsWholeBlocksAndSaysThatItIsCut() throws Exception {
    byte[] raw = bits(30_000, i -> Float.floatToRawIntBits(i * 0.001f));
    byte[] coded = encode(raw);
    SplittableRandom random = Seeded.random("cuts");
    for (int i = 0; i < 200; i++) {
      int cut = random.nextInt(coded.length);
      InputStream in = new ByteArrayInputStream(coded, 0, cut);
      byte[] block = new byte[BytePlanes.MOST_ENCODED];
      byte[] out = new byte[BytePlanes.BLOCK];
      int whole = 0;
      try {
        while (BytePlanes.read(in, block) >= 0) {
          try (BytePlanes planes = BytePlanes.borrow()) {
            int length = planes.decode(block, out);
            assertThat(Arrays.copyOf(out, length))
                .isEqualTo(Arrays.copyOfRange(raw, whole, whole + length));
            whole += length;
          }
        }
      } catch (EOFException e) {
        assertThat(whole % BytePlanes.BLOCK).isZero();
      }
      assertThat(whole).isLessThanOrEqualTo(raw.length);
    }
  }

  @Test
  void hostileBlocksAreRefusedAndNeverGrow() throws Exception {
    assertRefused(0, 5);
    assertRefused(BytePlanes.BLOCK + 1, 5);
    assertRefused(-1, 5);
    assertRefused(100, Integer.MAX_VALUE);
    assertRefused(100, -1);
    assertRefused(100, 105);
    SplittableRandom random = Seeded.random("hostile");
    byte[] good = encode(bits(8_192, i -> Float.floatToRawIntBits((float) Math.sin(i))));
    for (int i = 0; i < 3_000; i++) {
      byte[] bad = good.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bad[random.nextInt(random.nextBoolean() ? 20 : bad.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(decode(bad).length).isLessThanOrEqualTo(2 * BytePlanes.BLOCK);
      } catch (DataFormatException | EOFException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  private static void assertRefused(int length, int size) {
    byte[] header = bits(2, i -> i == 0 ? length : size);
    assertThatThrownBy(() -> decode(Arrays.copyOf(header, 200)))
        .isInstanceOfAny(DataFormatException.class, EOFException.class);
  }
}
