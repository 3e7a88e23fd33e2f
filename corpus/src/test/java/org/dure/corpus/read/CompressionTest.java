package org.dure.corpus.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CompressionTest {
  private static final byte[] FIRST = "{\"text\":\"하나\"}\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECOND =
      "{\"text\":\"둘\"}\n".repeat(9).getBytes(StandardCharsets.UTF_8);

  private static OutputStream compressor(Compression compression, OutputStream out)
      throws IOException {
    return switch (compression) {
      case NONE -> out;
      case GZIP -> new GzipCompressorOutputStream(out);
      case ZSTD -> new ZstdOutputStream(out);
      case XZ -> new XZOutputStream(out, new LZMA2Options());
      case BZIP2 -> new BZip2CompressorOutputStream(out);
    };
  }

  private static byte[] compressed(Compression compression, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compressor(compression, bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] read(Compression compression, byte[] file) throws IOException {
    try (InputStream in = compression.open(new ByteArrayInputStream(file))) {
      return in.readAllBytes();
    }
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void streamsBehindOneAnotherAreOneContent(Compression compression) throws IOException {
    byte[] file = joined(compressed(compression, FIRST), compressed(compression, SECOND));

    assertThat(read(compression, file)).isEqualTo(joined(FIRST, SECOND));
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aFileCutAnywhereWithinAStreamIsNotWhole(Compression compression) throws IOException {
    byte[] first = compressed(compression, FIRST);
    byte[] file = joined(first, compressed(compression, SECOND));

    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      if (length == first.length) {
        assertThat(read(compression, cut)).isEqualTo(FIRST);
      } else {
        assertThatThrownBy(() -> read(compression, cut))
            .as("%s, %d of %d bytes", compression, length, file.length)
            .isInstanceOf(IOException.class);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void whatFollowsAStreamIsOneTooOrAnError(Compression compression) throws IOException {
    byte[] first = compressed(compression, FIRST);

    assertThatThrownBy(() -> read(compression, joined(first, FIRST)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(compression, FIRST)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aLargeContentIsReadInPieces(Compression compression) throws IOException {
    byte[] large = "이 문서는 시험입니다. ".repeat(40_000).getBytes(StandardCharsets.UTF_8);

    assertThat(read(compression, compressed(compression, large))).isEqualTo(large);
  }
}
