package org.dure.corpus.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The reader of Debian packages before hostile bytes.
class PackageFuzzTest {
  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  static Stream<Arguments> packages() throws IOException {
    return Stream.of(seed(TinyPackage.help("ko", 1, "두레").bytes("")));
  }

  @MethodSource("packages")
  @FuzzTest
  void aPackageIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("a.deb"), bytes);
    List<String> names = new ArrayList<>();
    try {
      DebianPackage.read(
          file,
          new DebianPackage.Visitor() {
            @Override
            public boolean wants(String member, String name) {
              return true;
            }

            @Override
            public void file(String member, String name, byte[] content) {
              names.add(name);
            }
          });
    } catch (DureException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
    }
  }
}
