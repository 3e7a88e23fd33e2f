package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {
  @TempDir Path folder;

  private static SafeTensors.Entry floats(List<Long> shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new SafeTensors.Entry(SafeTensors.Type.F32, shape, MemorySegment.ofArray(bytes.array()));
  }

  private Path sample() {
    Map<String, SafeTensors.Entry> tensors = new LinkedHashMap<>();
    tensors.put("b.weight", floats(List.of(2L, 3L), 1, 2, 3, 4, 5, 6));
    tensors.put("a.bias", floats(List.of(1L), -0.0f));
    Path file = folder.resolve("model.safetensors");
    SafeTensors.write(file, tensors, Map.of("format", "pt"));
    return file;
  }

  @Test
  void whatIsWrittenIsReadBackInItsOrder() {
    try (SafeTensors file = SafeTensors.open(sample())) {
      assertThat(file.entries().keySet()).containsExactly("b.weight", "a.bias");
      assertThat(file.metadata()).containsEntry("format", "pt");
      SafeTensors.Entry entry = file.entry("b.weight", SafeTensors.Type.F32);
      assertThat(entry.shape()).containsExactly(2L, 3L);
      assertThat(entry.data().getAtIndex(Weights.FLOAT, 4)).isEqualTo(5f);
    }
  }

  @Test
  void theHeaderIsTheOneThatTheFormatDefines() throws IOException {
    byte[] bytes = Files.readAllBytes(sample());
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(bytes, 8, (int) length, StandardCharsets.UTF_8);
    assertThat(header.strip())
        .isEqualTo(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                + "\"a.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[24,28]}}");
    assertThat(length % 8).isZero();
    assertThat(bytes.length).isEqualTo(8 + (int) length + 28);
  }

  @Test
  void valuesThatAreNotFiniteAreNamedWithTheirTensor() {
    try (SafeTensors file = SafeTensors.open(sample())) {
      file.requireFinite();
    }
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Path file = folder.resolve("broken.safetensors");
      Map<String, SafeTensors.Entry> tensors = new LinkedHashMap<>();
      tensors.put("whole", floats(List.of(2L), 1, Float.MAX_VALUE));
      tensors.put("head", floats(List.of(4L), 1, 2, bad, bad));
      SafeTensors.write(file, tensors, Map.of());
      try (SafeTensors broken = SafeTensors.open(file)) {
        assertThatThrownBy(broken::requireFinite)
            .isInstanceOfSatisfying(
                DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
            .hasMessageContaining("broken.safetensors: tensor head holds 2 of 4 values")
            .hasMessageContaining("value 2, " + bad);
      }
    }
  }

  @Test
  void everyTruncationIsRefusedByName() throws IOException {
    Path file = sample();
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> SafeTensors.open(file).close())
          .isInstanceOf(DureException.class)
          .hasMessageContaining("model.safetensors");
    }
  }

  @Test
  void randomlyChangedHeadersAreReadOrRefusedButNeverCrash() throws IOException {
    SplittableRandom random = Seeded.random("SafeTensorsTest");
    Path file = sample();
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < 2_000; i++) {
      byte[] changed = whole.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        changed[random.nextInt(whole.length - 28)] = (byte) random.nextInt(256);
      }
      Files.write(file, changed);
      try (SafeTensors read = SafeTensors.open(file)) {
        for (SafeTensors.Entry entry : read.entries().values()) {
          assertThat(entry.data().toArray(ValueLayout.JAVA_BYTE)).isNotNull();
        }
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}",
        "{\"a\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":[1]}",
        "[]",
      })
  void impossibleHeadersAreRefused(String header) throws IOException {
    Path file = folder.resolve("hostile.safetensors");
    byte[] head = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + head.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(file, bytes.putLong(head.length).put(head).putFloat(1f).array());
    assertThatThrownBy(() -> SafeTensors.open(file).close())
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
  }
}
