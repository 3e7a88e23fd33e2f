package org.dure.corpus.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebianPackageTest {
  @TempDir Path folder;

  private Map<String, String> read(byte[] bytes) throws IOException {
    Path file = folder.resolve("p.deb");
    Files.write(file, bytes);
    Map<String, String> files = new TreeMap<>();
    DebianPackage.read(
        file,
        new DebianPackage.Visitor() {
          @Override
          public boolean wants(String member, String name) {
            return !name.endsWith(".big");
          }

          @Override
          public void file(String member, String name, byte[] content) {
            files.put(member + " " + name, new String(content, StandardCharsets.UTF_8));
          }
        });
    return files;
  }

  private void assertRefused(byte[] bytes, String part) {
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining("p.deb")
        .hasMessageContaining(part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".gz", ".xz", ".zst"})
  void everyCompressionIsRead(String compression) throws IOException {
    String longName = "usr/share/" + "long-name/".repeat(20) + "file.html";
    byte[] bytes = new TinyPackage("tiny").file("./" + longName, "내용").bytes(compression);

    assertThat(read(bytes))
        .containsEntry("control control", "Package: tiny\nVersion: 4:7.4.7-1\n")
        .containsEntry("data " + longName, "내용");
  }

  @Test
  void linksAreNotFiles() throws IOException {
    byte[] bytes = new TinyPackage("tiny").link("./a.html", "/etc/passwd").bytes(".gz");

    assertThat(read(bytes)).containsOnlyKeys("control control");
  }

  @Test
  void unwantedFilesMayBeOfAnySize() throws IOException {
    String large = "x".repeat((int) DebianPackage.MOST_FILE_BYTES + 1);

    assertThat(read(new TinyPackage("tiny").file("a.big", large).bytes(".gz"))).hasSize(1);
    assertRefused(new TinyPackage("tiny").file("a.html", large).bytes(".gz"), "a.html");
  }

  @Test
  void whatIsNoPackageIsRefused() throws IOException {
    byte[] good = new TinyPackage("tiny").file("a", "b").bytes(".xz");
    assertRefused(new byte[0], "!<arch>");
    assertRefused("<html>not found</html>".getBytes(StandardCharsets.US_ASCII), "!<arch>");
    assertRefused("!<arch>\n".getBytes(StandardCharsets.US_ASCII), "no data.tar");
    assertRefused(new TinyPackage("tiny").bytes(".rar"), "control.tar.rar");
    byte[] length = good.clone();
    length[8 + 48] = 'x';
    assertRefused(length, "without a length");
    length[8 + 48] = '-';
    length[8 + 49] = '4';
    assertRefused(length, "negative");
  }

  @Test
  void aPackageCutOffAnywhereIsRefused() throws IOException {
    byte[] good = TinyPackage.help("ko", 3, "문단").bytes(".xz");
    SplittableRandom random = Seeded.random("aPackageCutOffAnywhereIsRefused");
    for (int i = 0; i < 60; i++) {
      assertRefused(Arrays.copyOf(good, random.nextInt(good.length - 4)), "");
    }
  }

  @Test
  void noiseGivesAnErrorAndNothingElse() throws IOException {
    byte[] good = TinyPackage.help("ko", 3, "문단").bytes("");
    SplittableRandom random = Seeded.random("noiseGivesAnErrorAndNothingElse");
    for (int i = 0; i < 200; i++) {
      byte[] bad = good.clone();
      for (int n = 0; n < 5; n++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(read(bad)).isNotNull();
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
      }
    }
  }
}
