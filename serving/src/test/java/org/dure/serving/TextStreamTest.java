package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.dure.serving.text.TextStream;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  @Test
  void aCharacterComesOutWithItsLastByte() {
    TextStream stream = new TextStream();
    byte[] bytes = "두".getBytes(StandardCharsets.UTF_8);
    assertThat(stream.add(Arrays.copyOf(bytes, 2))).isEmpty();
    assertThat(stream.characters()).isZero();
    assertThat(stream.add(new byte[] {bytes[2], 'a'})).isEqualTo("두a");
    assertThat(stream.characters()).isEqualTo(2);
    assertThat(stream.end()).isEmpty();
  }

  @Test
  void anUnfinishedCharacterBecomesAReplacementOnlyAtTheEnd() {
    TextStream stream = new TextStream();
    assertThat(stream.add(new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x8c})).isEmpty();
    assertThat(stream.end()).isEqualTo("\ufffd");
  }

  @Test
  void bytesThatCanBecomeNoCharacterAreReplacedAtOnce() {
    TextStream stream = new TextStream();
    assertThat(stream.add(new byte[] {'a', (byte) 0xff, 'b'})).isEqualTo("a\ufffdb");
    assertThat(stream.add(new byte[] {(byte) 0xeb, 'c'})).isEqualTo("\ufffdc");
  }

  @Test
  void anyCutGivesTheSameTextAsNoCut() {
    SplittableRandom random = Seeded.random("anyCutGivesTheSameTextAsNoCut");
    for (int round = 0; round < 200; round++) {
      String text = Seeded.text(random, 30);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      TextStream stream = new TextStream();
      StringBuilder out = new StringBuilder();
      for (int at = 0; at < bytes.length; ) {
        int to = Math.min(bytes.length, at + random.nextInt(4));
        out.append(stream.add(Arrays.copyOfRange(bytes, at, to)));
        at = to;
      }
      assertThat(out.append(stream.end()).toString()).isEqualTo(text);
      assertThat(stream.characters()).isEqualTo(text.codePointCount(0, text.length()));
    }
  }

  @Test
  void randomBytesGiveTheSameTextAsTheyDoAtOnce() {
    SplittableRandom random = Seeded.random("randomBytesGiveTheSameTextAsTheyDoAtOnce");
    for (int round = 0; round < 500; round++) {
      byte[] bytes = new byte[random.nextInt(1, 12)];
      random.nextBytes(bytes);
      TextStream stream = new TextStream();
      StringBuilder out = new StringBuilder();
      for (byte value : bytes) {
        out.append(stream.add(new byte[] {value}));
      }
      assertThat(out.append(stream.end()).toString())
          .isEqualTo(new String(bytes, StandardCharsets.UTF_8));
    }
  }
}
