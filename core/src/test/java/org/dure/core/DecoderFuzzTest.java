package org.dure.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The readers of core before hostile bytes.
class DecoderFuzzTest {
  @TempDir static Path folder;

  private static Arguments seed(byte[] bytes) {
    return Arguments.of((Object) bytes);
  }

  private static Arguments seed(String text) {
    return seed(text.getBytes(UTF_8));
  }

  private static Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  static Stream<Arguments> json() {
    return Stream.of(
        seed("{\"a\":[1,-2.5e3,true,null,\"\\ud83c\\udf7e\"],\"b\":{\"\":12345678901234567890}}"),
        seed("[[[[]]]]"),
        seed("{\"a\":1,\"a\":2}"),
        seed("{\"text\":\"half a pair \\ud800\"}"),
        seed("{\"n\":1e999}"));
  }

  @MethodSource("json")
  @FuzzTest
  void whatIsReadOfJsonIsWrittenToTheSameBytesEverAfter(byte[] bytes) {
    Decoding.of(bytes, Json::object, ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            value -> {
              byte[] written = Json.bytes(value);
              assertThat(Json.bytes(Json.object(written))).isEqualTo(written);
            });
  }

  static Stream<Arguments> layouts() {
    return Stream.of(
        seed(
            Json.bytes(
                new TensorLayout(
                    List.of(
                        new TensorLayout.Tensor("a", List.of(7L, 3L)),
                        new TensorLayout.Tensor("b", List.of(30L)))))),
        seed("{\"tensors\":[{\"name\":\"a\",\"shape\":[4611686018427387904,4]}]}"),
        seed("{\"tensors\":[{\"name\":null,\"shape\":[1]}]}"));
  }

  @MethodSource("layouts")
  @FuzzTest
  void aLayoutHasASizeAndADigestOrIsRefused(byte[] bytes) {
    Decoding.of(bytes, json -> Json.read(json, TensorLayout.class), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            layout -> {
              assertThat(layout.elements()).isNotNegative();
              layout.tensors().forEach(tensor -> assertThat(tensor.elements()).isPositive());
              TensorLayout again = Json.read(Json.bytes(layout), TensorLayout.class);
              assertThat(again.digest()).isEqualTo(layout.digest());
            });
  }

  static Stream<Arguments> settings() {
    return Stream.of(
        seed(
            "name = \"a\"\nwhole = 7\nnumber = 0.5\ntruth = true\nwords = [\"a\", \"b\"]\n"
                + "[regions.ko]\nlanguage = \"ko\"\n"),
        seed("whole = 99999999999999999999999999\n"),
        seed("number = nan\ntruth = 1979-05-27\n"),
        seed("name = \"a\\u007fb\"\n"),
        seed("a.b.c = 1\n\"a.b\" = {c = 2}\n"));
  }

  private static Settings read(Settings settings) {
    settings.required("name");
    settings.choice("choice", "body", List.of("body", "all"));
    settings.wholeNumber("whole", 1, -1000, Long.MAX_VALUE);
    settings.integer("integer", 1, 0, 1000);
    settings.number("number", 0.5, 0, 10);
    settings.truth("truth", true);
    settings.strings("words", List.of());
    for (String name : settings.names("regions")) {
      settings.names("regions." + name);
    }
    ModelConfig.of(settings, 256);
    settings.finish();
    return settings;
  }

  @MethodSource("settings")
  @FuzzTest
  void settingsAreRefusedWithEveryProblemOrReadBackToTheSameValues(byte[] bytes) {
    Decoding.of(
            bytes,
            toml -> read(Settings.parse("fuzz", new String(toml, UTF_8))),
            ErrorCode.CONFIGURATION_INVALID)
        .ifPresent(
            settings -> {
              Settings again = read(Settings.parse("again", settings.toToml()));
              assertThat(again.resolved()).isEqualTo(settings.resolved());
              assertThat(again.toToml()).isEqualTo(settings.toToml());
            });
  }

  @MethodSource("settings")
  @FuzzTest
  void anAssignmentOnTheCommandLineIsTakenOrRefused(byte[] bytes) {
    Decoding.of(
        bytes,
        text -> read(Settings.parse("fuzz", "name = \"a\"").set(new String(text, UTF_8))),
        ErrorCode.CONFIGURATION_INVALID);
  }

  static Stream<Arguments> profiles() throws IOException {
    List<Arguments> seeds = new ArrayList<>();
    for (String code : LanguageProfile.BUILT_IN) {
      try (var in = LanguageProfile.class.getResourceAsStream("/profiles/" + code + ".toml")) {
        seeds.add(seed(in.readAllBytes()));
      }
    }
    return seeds.stream();
  }

  @MethodSource("profiles")
  @FuzzTest
  void aLanguageProfileIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = file("profile.toml", bytes);
    Decoding.of(
            bytes,
            toml -> LanguageProfile.of(file),
            ErrorCode.CONFIGURATION_INVALID,
            ErrorCode.INPUT_MALFORMED)
        .ifPresent(profile -> assertThat(profile.writing().scripts()).isNotEmpty());
  }

  static Stream<Arguments> tensors() throws IOException {
    Path file = folder == null ? Files.createTempFile("seed", "") : folder.resolve("seed");
    SequencedMap<String, SafeTensors.Entry> entries = new LinkedHashMap<>();
    entries.put("a", tensor(SafeTensors.Type.F32, List.of(2L, 2L), 16));
    entries.put("b", tensor(SafeTensors.Type.I64, List.of(1L), 8));
    entries.put("empty", tensor(SafeTensors.Type.F32, List.of(0L), 0));
    SafeTensors.write(file, entries, Map.of("format", "pt"));
    byte[] whole = Files.readAllBytes(file);
    Files.delete(file);
    return Stream.of(seed(whole), seed(new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'}));
  }

  private static SafeTensors.Entry tensor(SafeTensors.Type type, List<Long> shape, int bytes) {
    return new SafeTensors.Entry(type, shape, MemorySegment.ofArray(new byte[bytes]));
  }

  @MethodSource("tensors")
  @FuzzTest
  void tensorsLieWithinTheirFileOrTheFileIsRefused(byte[] bytes) throws IOException {
    Path file = file("tensors", bytes);
    Decoding.of(
            bytes,
            raw -> {
              try (SafeTensors tensors = SafeTensors.open(file)) {
                long sum = 0;
                for (SafeTensors.Entry entry : tensors.entries().values()) {
                  sum += entry.data().byteSize();
                }
                assertThat(sum).isLessThan(raw.length);
                Path copy = folder.resolve("copy");
                SafeTensors.write(copy, tensors.entries(), tensors.metadata());
                try (SafeTensors again = SafeTensors.open(copy)) {
                  assertThat(again.metadata()).isEqualTo(tensors.metadata());
                  assertThat(again.entries().keySet()).isEqualTo(tensors.entries().keySet());
                }
                return sum;
              }
            },
            ErrorCode.INPUT_MALFORMED)
        .ifPresent(sum -> assertThat(sum).isNotNegative());
  }

  static Stream<Arguments> manifests() {
    SequencedMap<String, String> files = new TreeMap<>(Map.of("a/b", "0".repeat(64)));
    return Stream.of(
        seed(
            Json.bytes(
                new RunFolder.Manifest(
                    "corpus build",
                    "1".repeat(64),
                    files,
                    files,
                    Map.of(),
                    Map.of("cores", "2")))));
  }

  @MethodSource("manifests")
  @FuzzTest
  void aManifestIsReadOrRefusedAndARunFolderWithAnyOtherIsMadeAgain(byte[] bytes)
      throws IOException {
    Path run = folder.resolve("run");
    Files.createDirectories(run);
    Files.write(run.resolve("manifest.json"), bytes);
    Decoding.of(bytes, json -> RunFolder.manifest(run), ErrorCode.INPUT_MALFORMED);
    boolean done =
        RunFolder.run(
            run,
            "corpus build",
            "",
            Map.of("in", "x"),
            part -> Files.writeString(part.resolve("a"), ""));
    assertThat(done).isTrue();
  }

  static Stream<Arguments> keys() {
    return Stream.of(
        seed(Signatures.encode(Signatures.newKeyPair().getPublic())),
        seed("MCowBQYDK2VwAyEA"),
        seed("%"));
  }

  @MethodSource("keys")
  @FuzzTest
  void aPublicKeyIsReadOrRefused(byte[] bytes) {
    Decoding.of(
            bytes, text -> Signatures.decode(new String(text, UTF_8)), ErrorCode.INPUT_MALFORMED)
        .ifPresent(
            key -> {
              assertThat(Signatures.decode(Signatures.encode(key))).isEqualTo(key);
              assertThat(Signatures.verify(key, bytes, bytes)).isFalse();
            });
  }
}
