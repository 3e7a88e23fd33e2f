package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.app.home.RegionLayout;
import org.dure.app.release.ReleaseDraft;
import org.dure.core.DureException;
import org.dure.core.Extent;
import org.dure.core.Json;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.Interval;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.evaluation.Released;
import org.dure.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// The demo as a user starts it, on made-up text: what it ends with, and that killing changes
/// nothing.
@Tag("e2e")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoEndToEndTest {
  private static final List<String> LANGUAGES =
      Extent.of(List.of("ko"), List.of("ko", "ja", "fr", "vi"));
  private static final List<String> NAMES =
      LANGUAGES.stream().flatMap(code -> Stream.of(code + "-1", code + "-2")).toList();
  private static final int STEPS = 40;
  private static final String FIRST = "ko-1";
  private static final String SECOND = "ko-2";
  private static final int KILLS = Integer.getInteger("dure.kills", 1);

  /// Stands once in the Korean text; nothing outside the region may hold it.
  private static final String MARKED = "비밀스러운 두꺼비가 보랏빛 우산을 몰래 숨겼습니다";

  @TempDir static Path folder;

  private static Path undisturbed;

  @BeforeAll
  static void runTheDemo() throws IOException, InterruptedException {
    for (String language : LANGUAGES) {
      SmallText.write(folder.resolve("text").resolve(language), language, 700);
    }
    Path first = SmallText.write(folder.resolve("text/ko-1"), "ko", 350);
    Path second = Files.createDirectories(folder.resolve("text/ko-2"));
    Files.writeString(
        second.resolve("text.txt"),
        reversed(Files.readString(first.resolve("text.txt"))) + MARKED + ".\n\n");
    undisturbed = folder.resolve("undisturbed");
    DureProcess.Outcome outcome = DureProcess.run(folder, demo(undisturbed));
    assertThat(outcome.output()).contains("== the belt");
    assertThat(outcome.status()).describedAs(outcome.output()).isZero();
  }

  /// The same sentences with their words in another order: what is good for one is bad for both.
  private static String reversed(String text) {
    return text.lines()
            .map(line -> String.join(" ", List.of(line.split(" ")).reversed()))
            .collect(Collectors.joining("\n"))
        + "\n";
  }

  private static String[] demo(Path home) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "demo",
                "--home",
                home.toString(),
                "--steps",
                Integer.toString(STEPS),
                "--seed",
                "7",
                "--languages",
                String.join(",", LANGUAGES),
                "--exit",
                "--no-browser",
                "--port",
                "0",
                "--console-port",
                "0",
                "--hub-port",
                "0"));
    for (String name :
        Extent.of(List.of(FIRST, SECOND), List.of(FIRST, SECOND, "ja", "fr", "vi"))) {
      arguments.add("--text");
      arguments.add(name + "=" + folder.resolve("text").resolve(name));
    }
    return arguments.toArray(String[]::new);
  }

  @Test
  @Order(1)
  void itEndsWithAReleaseOfEveryInstitutionThatVerifies() throws IOException, InterruptedException {
    for (String name : NAMES) {
      Path release = undisturbed.resolve("release").resolve(name);
      for (String file :
          List.of(
              "model.safetensors",
              "config.json",
              "generation_config.json",
              "tokenizer.json",
              "tokenizer_config.json",
              "README.md",
              "evaluation.json",
              "manifest.cose",
              "public-key.pem")) {
        assertThat(release.resolve(file)).isNotEmptyFile();
      }
      assertThat(release.resolve("ledger")).isNotEmptyDirectory();
      DureProcess.Outcome verified =
          DureProcess.run(
              folder,
              "verify",
              release.toString(),
              "--key",
              undisturbed.resolve("keys").resolve(name + ".pem").toString());
      assertThat(verified.status()).describedAs(verified.output()).isZero();
    }
    assertThat(undisturbed.resolve("report/index.html")).isNotEmptyFile();
  }

  @Test
  @Order(2)
  @SuppressWarnings("unchecked")
  void theSummaryHoldsWhatScriptsRelyOn() {
    Map<String, ?> summary = Json.object(undisturbed.resolve("summary.json"));
    assertThat(summary.keySet())
        .contains("languages", "institutions", "seconds", "seed", "steps", "rounds");
    assertThat(summary.get("seed")).isEqualTo(7);
    assertThat(summary.get("steps")).isEqualTo(STEPS);
    Map<String, Map<String, Number>> languages =
        (Map<String, Map<String, Number>>) summary.get("languages");
    assertThat(languages).containsOnlyKeys(LANGUAGES);
    languages.forEach(
        (language, figures) -> {
          assertThat(figures).containsKeys("start", "end", "twin", "tokens", "sent", "received");
          assertThat(figures.get("end").doubleValue())
              .describedAs(language)
              .isLessThan(figures.get("start").doubleValue());
          assertThat(figures.get("tokens").longValue()).isEqualTo(STEPS * 512L);
          assertThat(figures.get("sent").longValue()).isPositive();
          assertThat(figures.get("received").longValue()).isPositive();
        });
    Map<String, Map<String, Object>> institutions =
        (Map<String, Map<String, Object>>) summary.get("institutions");
    assertThat(institutions).containsOnlyKeys(NAMES);
    assertThat(institutions.get(SECOND)).containsEntry("language", "ko").containsKey("twin");
  }

  /// Every figure is of the text that it names: the mean over all documents of one institution.
  @Test
  @Order(2)
  @SuppressWarnings("unchecked")
  void theGainsAreThoseOfTheEvaluations() {
    Map<String, ?> gain = Json.object(undisturbed.resolve("gain.json"));
    assertThat(gain.keySet()).containsExactly("institutions", "test", "dropped", "finding");
    List<Map<String, Object>> institutions = (List<Map<String, Object>>) gain.get("institutions");
    assertThat(institutions.stream().map(one -> one.get("name"))).containsExactlyElementsOf(NAMES);
    for (Map<String, Object> one : institutions) {
      String name = one.get("name").toString();
      Path evaluation = undisturbed.resolve("regions").resolve(name).resolve("evaluation.json");
      Comparison measured = EvaluationReport.read(evaluation).languages().getFirst();
      assertThat(measured.region()).isEqualTo(name);
      double twin = measured.twin().value();
      assertThat(one)
          .containsEntry("twin", twin)
          .containsEntry("belt", measured.belt().value())
          .containsEntry("circle", circle(one));
      double value = (double) one.get("gain");
      assertThat(value).isCloseTo(100 * (twin - (double) one.get("released")) / twin, within(1e-9));
      List<Double> interval = (List<Double>) one.get("interval");
      assertThat(value).isBetween(interval.getFirst(), interval.getLast());
      assertThat((Map<String, Object>) gain.get("test"))
          .containsEntry(name, measured.measuredOn().heldOut());
    }
    assertThat((int) gain.get("dropped")).isNotNegative();
  }

  @Test
  @Order(3)
  void aChangedBitOfAnyFileOfAReleaseIsRefusedByName() throws IOException, InterruptedException {
    SplittableRandom random = Seeded.random("DemoEndToEndTest");
    Path copy = folder.resolve("copy");
    Folders.copy(undisturbed.resolve("release").resolve(SECOND), copy);
    Path key = undisturbed.resolve("keys").resolve(SECOND + ".pem");
    for (String file : List.of("model.safetensors", "README.md", "ledger/events.jsonl")) {
      Path target = copy.resolve(file);
      byte[] whole = Files.readAllBytes(target);
      byte[] changed = whole.clone();
      changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(target, changed);
      DureProcess.Outcome outcome =
          DureProcess.run(folder, "verify", copy.toString(), "--key", key.toString());
      assertThat(outcome.status()).isEqualTo(3);
      assertThat(outcome.output()).contains(file);
      Files.write(target, whole);
    }
    Files.writeString(copy.resolve("added.txt"), "");
    DureProcess.Outcome outcome =
        DureProcess.run(folder, "verify", copy.toString(), "--key", key.toString());
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.output()).contains("added.txt");
  }

  /// The ledger vouches for the weights with which it ends and for the numbers that regions signed.
  @Test
  @Order(4)
  void aLedgerVouchesForNoOtherWeightsAndNoOtherNumbers() throws IOException {
    Path korean = undisturbed.resolve("regions").resolve(FIRST);
    Path ledger = undisturbed.resolve("hub/ledger");
    Comparison measured =
        EvaluationReport.read(korean.resolve("evaluation.json")).languages().getFirst();
    assertThat(Files.readString(undisturbed.resolve("release/ko-1/README.md")))
        .contains("by 2 regions together", "`ledger/`", "Region `ko-1` signed these numbers");

    ModelDigests twin = measured.measuredOn().twin();
    assertThat(twin).isEqualTo(ModelDigests.of(korean.resolve("twin")));
    MeasuredOn on = measured.measuredOn();
    Path ofTwin =
        write(measured.on(new MeasuredOn(twin, on.start(), twin, on.profile(), on.heldOut())));
    assertThatThrownBy(() -> draft(korean.resolve("twin"), ofTwin, ledger))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("shared weights: study \"demo\" ends with");
    assertThat(draft(korean.resolve("twin"), ofTwin, null)).isNotNull();

    Path better = write(better(measured));
    assertThatThrownBy(() -> draft(new RegionLayout(korean).belt(), better, ledger))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("the region signed");
  }

  /// What a region goes on with is in its release, with the ledger of the merges that led to it.
  @Test
  @Order(4)
  void aReleaseOfOtherWeightsThanTheLastMergesSaysSo() throws IOException, InterruptedException {
    Path korean = undisturbed.resolve("regions").resolve(FIRST);
    Path ledger = undisturbed.resolve("hub/ledger");
    Comparison measured =
        EvaluationReport.read(korean.resolve("evaluation.json")).languages().getFirst();
    Released released = measured.released();
    assertThat(released.choice().origin()).isNotEqualTo("belt");
    assertThat(released.choice().model()).isEqualTo(ModelDigests.of(korean.resolve("model")));
    assertThat(measured.measuredOn().model()).isEqualTo(ModelDigests.of(korean.resolve("belt")));
    assertThat(Files.readString(undisturbed.resolve("release/ko-1/README.md")))
        .contains("these are others, which the institution went on with", "the last merge");
    DureProcess.Outcome verified =
        DureProcess.run(
            folder,
            "verify",
            undisturbed.resolve("release/ko-1").toString(),
            "--key",
            undisturbed.resolve("keys/ko-1.pem").toString());
    assertThat(verified.status()).isZero();
    assertThat(verified.output()).contains("not those with which the ledger ends");

    Path others =
        write(claiming(measured, ModelDigests.of(korean.resolve("twin")), 1).ofRegion(SECOND));
    assertThatThrownBy(() -> draft(korean.resolve("twin"), others, ledger))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("its region did not sign");
    Path unsigned = write(claiming(measured, ModelDigests.of(korean.resolve("twin")), 0.99));
    assertThatThrownBy(() -> draft(korean.resolve("twin"), unsigned, ledger))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("its region did not sign");
  }

  /// As if another model had been chosen, and by so much were better.
  private static Comparison claiming(Comparison measured, ModelDigests model, double share) {
    Released released = measured.released();
    double less = (share - 1) * released.value().value();
    return new Comparison(
        measured.language(),
        measured.start(),
        measured.belt(),
        measured.twin(),
        measured.difference(),
        measured.verdict(),
        measured.pages(),
        measured.documents(),
        measured.bytes(),
        measured.tokens(),
        measured.heldOutDocuments(),
        measured.measuredOn(),
        measured.region(),
        new Released(
            moved(released.value(), less),
            moved(released.difference(), less),
            new Released.Choice("own", model, Map.of("own", 1.0), 20, "d".repeat(64))));
  }

  private static Interval moved(Interval interval, double by) {
    return new Interval(interval.value() + by, interval.low() + by, interval.high() + by);
  }

  private static Map<String, Object> circle(Map<String, Object> one) {
    String circle = "language:" + one.get("language");
    return Map.of("words", circle, "body", circle);
  }

  private static ReleaseDraft draft(Path model, Path evaluation, @Nullable Path ledger) {
    return ReleaseDraft.of(
        new ReleaseDraft.Parts(
            FIRST, "ko", model, evaluation, List.of(), ledger, List.of(), List.of()));
  }

  private static Path write(Comparison comparison) {
    Path file = folder.resolve("claimed.json");
    EvaluationReport.of("demo", "2026-11-27T10:00:00Z", List.of(comparison), null, Map.of())
        .write(file);
    return file;
  }

  /// The same, a hundredth better than it was, and as if nothing else had been measured.
  private static Comparison better(Comparison measured) {
    MeasuredOn on = measured.measuredOn();
    Interval belt = measured.belt();
    return new Comparison(
        measured.language(),
        null,
        new Interval(0.99 * belt.value(), 0.99 * belt.low(), belt.high()),
        null,
        null,
        Comparison.Verdict.NOT_MEASURED,
        measured.pages(),
        measured.documents(),
        measured.bytes(),
        measured.tokens(),
        measured.heldOutDocuments(),
        new MeasuredOn(on.model(), null, null, on.profile(), on.heldOut()),
        measured.region(),
        null);
  }

  @Test
  @Order(4)
  void theMarkedSentenceIsNowhereOutsideItsRegion() throws IOException {
    Path korean = undisturbed.resolve("regions").resolve(SECOND);
    List<Path> prepared = List.of(undisturbed.resolve("own"), undisturbed.resolve("shares"));
    Tokenizer tokenizer = Tokenizer.read(korean.resolve("tokenizer/tokenizer.json"));
    List<byte[]> needles = new ArrayList<>();
    needles.add("두꺼비가 보랏빛".getBytes(StandardCharsets.UTF_8));
    needles.add("두꺼비가 보랏빛".getBytes(StandardCharsets.UTF_16LE));
    needles.add(shorts(tokenizer.encode(" 두꺼비가 보랏빛 우산을")));
    needles.add(ints(tokenizer.encode(" 두꺼비가 보랏빛 우산을")));
    List<Path> outside = new ArrayList<>();
    try (Stream<Path> files = Files.walk(undisturbed)) {
      files
          .filter(Files::isRegularFile)
          .filter(file -> !file.startsWith(korean))
          .filter(file -> prepared.stream().noneMatch(file::startsWith))
          .forEach(outside::add);
    }
    assertThat(outside).anyMatch(file -> file.startsWith(undisturbed.resolve("hub")));
    for (Path file : outside) {
      byte[] bytes = Files.readAllBytes(file);
      for (byte[] needle : needles) {
        assertThat(holds(bytes, needle)).describedAs(file.toString()).isFalse();
      }
    }
    byte[] text = Files.readAllBytes(folder.resolve("text/ko-2/text.txt"));
    assertThat(holds(text, needles.getFirst())).isTrue();
  }

  @Test
  @Order(5)
  void theMergesAreMadeAgainBitForBitAndAChangedDeltaIsFound()
      throws IOException, InterruptedException {
    String[] replay = {
      "replay",
      "--ledger",
      undisturbed.resolve("release/ko-1/ledger").toString(),
      "--hub",
      undisturbed.resolve("hub").toString()
    };
    DureProcess.Outcome same = DureProcess.run(folder, replay);
    assertThat(same.status()).describedAs(same.output()).isZero();
    assertThat(same.output())
        .contains(STEPS / 20 + " rounds")
        .contains(NAMES.size() * STEPS / 20 + " contributions");
    Path delta;
    try (Stream<Path> files = Files.walk(undisturbed.resolve("hub/received/ko-2"))) {
      delta = files.filter(Files::isRegularFile).max(this::bySize).orElseThrow();
    }
    byte[] whole = Files.readAllBytes(delta);
    byte[] changed = whole.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(delta, changed);
    DureProcess.Outcome different = DureProcess.run(folder, replay);
    Files.write(delta, whole);
    assertThat(different.status()).describedAs(different.output()).isEqualTo(3);
  }

  private int bySize(Path one, Path other) {
    return Long.compare(one.toFile().length(), other.toFile().length());
  }

  @Test
  @Order(5)
  void aFinishedDemoSaysSoAndAnswersAgain() throws IOException, InterruptedException {
    DureProcess.Outcome outcome = DureProcess.run(folder, demo(undisturbed));
    assertThat(outcome.status()).describedAs(outcome.output()).isZero();
    assertThat(outcome.output()).contains("finished").doesNotContain("== the belt");
  }

  @Test
  @Order(6)
  void otherSettingsOnAUsedHomeAreRefused() throws IOException, InterruptedException {
    String[] arguments = demo(undisturbed);
    arguments[6] = "8";
    DureProcess.Outcome outcome = DureProcess.run(folder, arguments);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.output()).contains("HOME_CONFLICT");
  }

  /// Kills the whole demo, a region and the hub at random moments; the same command goes on; the
  /// weights are those of the undisturbed run. `-Ddure.kills=N` for more than a few.
  @Test
  @Order(7)
  void killedAtAnyTimeItEndsInTheSameWeights() throws IOException, InterruptedException {
    SplittableRandom random = Seeded.random("DemoEndToEndTest");
    Path home = folder.resolve("killed");
    for (int kill = 0; kill < KILLS; kill++) {
      try (DureProcess process = DureProcess.start(folder, Map.of(), demo(home))) {
        awaitBelt(process);
        Thread.sleep(random.nextInt(1_000, 6_000));
        if (kill % 2 == 0) {
          List<ProcessHandle> children =
              ProcessHandle.of(process.pid()).orElseThrow().descendants().toList();
          if (!children.isEmpty()) {
            children.get(random.nextInt(children.size())).destroyForcibly();
          }
          Thread.sleep(random.nextInt(1_000, 4_000));
        }
        process.kill();
      }
    }
    DureProcess.Outcome outcome = DureProcess.run(folder, demo(home));
    assertThat(outcome.status()).describedAs(outcome.output()).isZero();
    for (String name : NAMES) {
      assertThat(Sha256.of(home.resolve("release").resolve(name).resolve("model.safetensors")))
          .describedAs(name)
          .isEqualTo(
              Sha256.of(undisturbed.resolve("release").resolve(name).resolve("model.safetensors")));
    }
  }

  @Test
  @Order(8)
  void oneModelForAllIsMadeFromCountsOfWords() throws IOException, InterruptedException {
    Path home = folder.resolve("all");
    SmallText.write(folder.resolve("text/km"), "km", 400);
    Files.writeString(
        folder.resolve("km.toml"), "code = \"km\"\nscripts = [\"KHMER\"]\nspaces = false\n");
    DureProcess.Outcome outcome =
        DureProcess.run(
            folder,
            "demo",
            "--home",
            home.toString(),
            "--languages",
            "ko,km",
            "--sharing",
            "all",
            "--steps",
            "3",
            "--exit",
            "--port",
            "0",
            "--console-port",
            "0",
            "--hub-port",
            "0",
            "--text",
            "ko=text/ko",
            "--text",
            "km=text/km",
            "--profile",
            "km.toml");
    assertThat(outcome.status()).describedAs(outcome.output()).isZero();
    assertThat(home.resolve("release/shared/model.safetensors")).isNotEmptyFile();
    assertThat(Sha256.of(home.resolve("regions/ko/tokenizer/tokenizer.json")))
        .isEqualTo(Sha256.of(home.resolve("regions/km/tokenizer/tokenizer.json")));
    assertThat(home.resolve("regions/km/profile.toml")).content().contains("name = \"ខ្មែរ\"");
    assertThat(home.resolve("release/shared/profiles")).isDirectoryContaining("glob:**/km.toml");
    DureProcess.Outcome verified =
        DureProcess.run(
            folder,
            "verify",
            home.resolve("release/shared").toString(),
            "--key",
            home.resolve("keys/shared.pem").toString());
    assertThat(verified.status()).describedAs(verified.output()).isZero();
  }

  private static void awaitBelt(DureProcess process) throws IOException, InterruptedException {
    while (process.isAlive() && !process.output().contains("== the belt")) {
      Thread.sleep(100);
    }
  }

  private static byte[] shorts(int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int id : ids) {
      bytes.putShort((short) id);
    }
    return bytes.array();
  }

  private static byte[] ints(int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int id : ids) {
      bytes.putInt(id);
    }
    return bytes.array();
  }

  private static boolean holds(byte[] bytes, byte[] needle) {
    outer:
    for (int i = 0; i <= bytes.length - needle.length; i++) {
      for (int j = 0; j < needle.length; j++) {
        if (bytes[i + j] != needle[j]) {
          continue outer;
        }
      }
      return true;
    }
    return false;
  }
}
