package org.dure.corpus.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileNamesTest {
  @TempDir Path folder;

  /// @param raw the name with every byte that is not ASCII as `%C7`
  private Path file(String raw) {
    return Path.of(URI.create(folder.toUri() + raw));
  }

  private String name(String raw) {
    return FileNames.below(folder, file(raw));
  }

  @Test
  void aNameInUtf8IsItself() {
    assertThat(FileNames.below(folder, folder.resolve("a b%41/c+d.txt")))
        .isEqualTo("a b%41/c+d.txt");
    assertThat(name("%ED%95%9C.txt")).isEqualTo("한.txt");
    assertThat(FileNames.below(folder, folder)).isEmpty();
    assertThat(FileNames.last(file("x/%ED%95%9C.txt"))).isEqualTo("한.txt");
  }

  @Test
  void everyByteThatIsNoUtf8IsInTheName() {
    assertThat(name("%C7%D1.txt")).isEqualTo("\\xC7\\xD1.txt");
    assertThat(name("%C7%D2.txt")).isEqualTo("\\xC7\\xD2.txt");
    assertThat(name("%ED%95/%ED%95%9C%FF")).isEqualTo("\\xED\\x95/한\\xFF");
  }

  @Test
  void noTwoNamesAreOne() {
    List<String> raw =
        List.of("%C7", "%5CxC7", "%5C%5CxC7", "%0A", "%5Cx0A", "%C2%85", "%85", "a%5Cb", "a/b");

    assertThat(raw.stream().map(this::name)).doesNotHaveDuplicates();
    assertThat(name("%0A%1B%5B2J")).isEqualTo("\\x0A\\x1B[2J");
    assertThat(name("%C2%85")).isEqualTo("\\xC2\\x85");
    assertThat(name("a%E2%80%AEtxt.exe")).isEqualTo("a\\xE2\\x80\\xAEtxt.exe");
    assertThat(name("%F0%9F%98%80")).isEqualTo("\ud83d\ude00");
  }

  @Test
  void aFileThatIsFoundIsOpenedWhateverItsName() throws IOException {
    Files.writeString(file("%C7%D1.txt"), "one");
    Files.writeString(file("%C7%D2.txt"), "two");

    try (Stream<Path> files = Files.list(folder)) {
      for (Path each : files.toList()) {
        String name = FileNames.below(folder, each);
        assertThat(Files.readString(each)).isEqualTo(name.contains("D1") ? "one" : "two");
      }
    }
  }

  @Test
  void whatLiesElsewhereHasNoNameHere() {
    Path elsewhere = folder.resolveSibling(folder.getFileName() + "x").resolve("a");

    assertThatThrownBy(() -> FileNames.below(folder, elsewhere))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
