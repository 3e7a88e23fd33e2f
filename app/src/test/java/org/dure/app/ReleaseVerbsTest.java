package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// What a release says is of its own weights, tokenizer, text and language, or nobody signs it. The
/// verbs as a user gives them, in this process.
class ReleaseVerbsTest {
  private static final String MODEL = "model.safetensors";

  @TempDir static Path made;

  @TempDir Path folder;

  /// What a verb printed, both streams, and its exit status.
  private record Outcome(int status, String output) {}

  private static Outcome dure(Object... arguments) {
    String[] words = Stream.of(arguments).map(Object::toString).toArray(String[]::new);
    StringWriter printed = new StringWriter();
    CommandLine line = Dure.commandLine(words);
    line.setOut(new PrintWriter(printed, true));
    line.setErr(new PrintWriter(printed, true));
    return new Outcome(line.execute(words), printed.toString());
  }

  private static String ok(Object... arguments) {
    Outcome outcome = dure(arguments);
    assertThat(outcome.status).as(outcome.output).isZero();
    return outcome.output;
  }

  private static String refused(int status, Object... arguments) {
    Outcome outcome = dure(arguments);
    assertThat(outcome.status).as(outcome.output).isEqualTo(status);
    assertThat(outcome.output).doesNotContain("\tat ");
    return outcome.output;
  }

  private static Path of(String name) {
    return made.resolve(name);
  }

  /// Korean and French at home: corpus, tokenizer, a model of two steps and its evaluation.
  @BeforeAll
  static void twoRegions() throws IOException {
    for (String language : List.of("ko", "fr")) {
      SmallText.write(of("text-" + language), language, 80);
      Path corpus = of("corpus-" + language);
      ok(
          "corpus",
          "build",
          "--language",
          language,
          "--in",
          of("text-" + language),
          "--out",
          corpus);
      Path tokenizer = of("tokenizer-" + language).resolve("tokenizer.json");
      ok(
          "tokenizer",
          "train",
          "--corpus",
          corpus,
          "--vocabulary",
          384,
          "--out",
          tokenizer.getParent());
      ok(
          "corpus",
          "pack",
          "--corpus",
          corpus,
          "--tokenizer",
          tokenizer,
          "--out",
          of("tokens-" + language));
      train(language, "model-" + language, 1);
      eval(language, "model-" + language, of(language + ".json"));
    }
  }

  private static void train(String language, String out, int seed) throws IOException {
    List<Object> arguments = new ArrayList<>(List.of("train", "--steps", 2, "--threads", 1));
    arguments.addAll(List.of("--tokens", of("tokens-" + language), "--seed", seed));
    arguments.addAll(List.of("--tokenizer", of("tokenizer-" + language).resolve("tokenizer.json")));
    for (String small :
        List.of("width=16", "layers=1", "heads=2", "feed-forward=32", "context-length=32")) {
      arguments.addAll(List.of("--set", "model." + small));
    }
    arguments.addAll(List.of("--set", "model.key-value-heads=1", "--set", "training.length=32"));
    arguments.addAll(List.of("--set", "training.batch=2", "--out", of("run-" + out)));
    ok(arguments.toArray());
    Folders.copy(of("run-" + out).resolve("model"), of(out));
  }

  private static void eval(String language, String model, Path out, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("eval", "--language", language));
    arguments.addAll(List.of("--model", of(model), "--corpus", of("corpus-" + language)));
    arguments.addAll(List.of("--out", out));
    arguments.addAll(List.of(more));
    ok(arguments.toArray());
  }

  private Path model;
  private Path release;
  private Path key;

  @BeforeEach
  void aModelOfItsOwn() throws IOException {
    model = folder.resolve("model");
    Folders.copy(of("model-ko"), model);
    release = folder.resolve("release");
    key = folder.resolve("key.pem");
  }

  private Object[] release(Path evaluation, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("release", "--name", "ko", "--language", "ko", "--model", model));
    arguments.addAll(List.of("--evaluation", evaluation, "--key", key, "--out", release));
    arguments.addAll(List.of(more));
    return arguments.toArray();
  }

  private String refusedRelease(int status, Path evaluation, Object... more) {
    String output = refused(status, release(evaluation, more));
    assertThat(release).doesNotExist();
    assertThat(key).doesNotExist();
    return output;
  }

  @Test
  void aReleaseNamesWhatEveryNumberWasMeasuredOnAndSaysNothingElse() throws IOException {
    ok(release(of("ko.json"), "--corpus", of("corpus-ko")));
    String verified = ok("verify", release, "--key", release.resolve("public-key.pem"));
    assertThat(verified)
        .contains("whole")
        .contains("holds no ledger")
        .doesNotContain("its numbers");
    String card = Files.readString(release.resolve("README.md"));
    assertThat(card)
        .contains(Sha256.of(model.resolve(MODEL)))
        .contains(Sha256.of(model.resolve("tokenizer.json")))
        .contains(Sha256.of(of("corpus-ko").resolve("documents/heldout.jsonl.zst")))
        .contains("documents under unknown")
        .contains("여러 지역이 함께 학습했다는 기록은 들어 있지 않습니다")
        .doesNotContain("ledger/", "Study", "several countries", "together, none")
        .doesNotContain("twin", "start", "not measured", "difference", "verdict");
    Map<String, @Nullable Object> evaluation = Json.object(release.resolve("evaluation.json"));
    assertThat(evaluation).containsEntry("version", 4);
    assertThat(Files.readString(release.resolve("evaluation.json")))
        .contains("\"twin\" : null", "\"start\" : null", "NOT_MEASURED");
  }

  @Test
  void whatWasMeasuredBesideItIsNamedToo() throws IOException {
    train("ko", "other-ko", 2);
    Path beside = folder.resolve("beside.json");
    eval("ko", "model-ko", beside, "--twin", of("other-ko"), "--documents", 2);
    ok(release(beside));
    assertThat(Files.readString(release.resolve("README.md")))
        .contains(Sha256.of(of("other-ko").resolve(MODEL)))
        .contains("compared with (twin)", "difference")
        .contains("2 of ")
        .doesNotContain("local twin", "start");
  }

  @Test
  void theEvaluationOfAnotherModelIsRefusedWithWhatWasFoundAndExpected() throws IOException {
    assertThat(refusedRelease(3, of("fr.json")))
        .contains("CLAIM_UNFOUNDED", "fr.json")
        .contains("measured on fr, expected ko")
        .contains(Sha256.of(of("model-fr").resolve(MODEL)))
        .contains(Sha256.of(model.resolve(MODEL)));
    train("ko", "third-ko", 3);
    Path third = folder.resolve("third.json");
    eval("ko", "third-ko", third);
    assertThat(refusedRelease(3, third)).contains("weights").doesNotContain("tokenizer");
  }

  @Test
  void whatOtherProgramsReadOfAModelIsMadeAnewForItsRelease() throws IOException {
    Path changed = model.resolve("tokenizer_config.json");
    String right = Files.readString(changed);
    Files.writeString(changed, "{\"auto_map\":{\"AutoTokenizer\":[\"evil--x.Y\",null]}}");
    ok(release(of("ko.json")));
    assertThat(release.resolve("tokenizer_config.json")).hasContent(right);
  }

  @Test
  void anEvaluationThatWasEditedOrNamesNothingIsRefused() throws IOException {
    Path edited = folder.resolve("edited.json");
    String good = Files.readString(of("ko.json"));
    Files.writeString(edited, good.replaceFirst("\"documents\" : \\d+", "\"documents\" : 9999"));
    assertThat(refusedRelease(3, edited)).contains("ARTIFACT_CORRUPT", "edited.json");
    writeOld(edited);
    assertThat(refusedRelease(3, edited)).contains("version 2", "measure again");
    Path parent = Files.createDirectories(folder.resolve("regions"));
    assertThat(refusedRelease(2, parent)).contains("it is a folder");
    Files.copy(of("ko.json"), parent.resolve("evaluation.json"));
    assertThat(refusedRelease(2, parent))
        .contains("it is a folder", parent.resolve("evaluation.json").toString());
  }

  /// An evaluation as it was before it named what was measured.
  private static void writeOld(Path file) throws IOException {
    Files.writeString(
        file,
        """
        {"version": 2, "study": "ko", "created": "2026-11-20T10:00:00Z", "languages": [{
          "language": "ko", "start": null, "belt": {"value": 7.1, "low": 7.0, "high": 7.2},
          "twin": null, "difference": null, "verdict": "NOT_MEASURED",
          "pages": 1, "documents": 9, "bytes": 900, "tokens": 300}],
         "matrix": null, "conditions": {}}
        """);
  }

  @Test
  void otherTokenizersOtherSettingsAndBrokenWeightsAreRefused() throws IOException {
    Files.copy(of("model-fr").resolve("tokenizer.json"), folder.resolve("kept"));
    Path tokenizer = model.resolve("tokenizer.json");
    byte[] own = Files.readAllBytes(tokenizer);
    Files.write(tokenizer, Files.readAllBytes(folder.resolve("kept")));
    assertThat(refusedRelease(3, of("ko.json")))
        .contains("tokenizer.json", Sha256.of(tokenizer), Sha256.of(own));
    Files.write(tokenizer, own);

    Path config = model.resolve("config.json");
    String settings = Files.readString(config);
    Files.writeString(
        config, settings.replaceFirst("\"rope_theta\" : [0-9.]+", "\"rope_theta\" : 7"));
    assertThat(refusedRelease(3, of("ko.json"))).contains("config.json");
    Files.writeString(config, settings);

    byte[] weights = Files.readAllBytes(model.resolve(MODEL));
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN).putFloat(weights.length - 4, bad);
      Files.write(model.resolve(MODEL), weights);
      assertThat(refusedRelease(2, of("ko.json"))).contains(MODEL, "not finite");
      assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("not finite");
      Object[] eval = {"eval", "--language", "ko", "--model", model, "--corpus", of("corpus-ko")};
      List<Object> arguments = new ArrayList<>(List.of(eval));
      arguments.addAll(List.of("--out", folder.resolve("x.json")));
      assertThat(refused(2, arguments.toArray())).contains("not finite");
      assertThat(folder.resolve("x.json")).doesNotExist();
    }
  }

  @Test
  void corporaAndStudiesOfSomethingElseAreRefused() throws IOException {
    assertThat(refusedRelease(2, of("ko.json"), "--corpus", of("corpus-fr"))).contains("fr");
    Path another = folder.resolve("another");
    SmallText.write(folder.resolve("text"), "ko", 40);
    ok("corpus", "build", "--language", "ko", "--in", folder.resolve("text"), "--out", another);
    assertThat(refusedRelease(3, of("ko.json"), "--corpus", another)).contains("held-out text");
    assertThat(
            refusedRelease(
                2, of("ko.json"), "--corpus", of("corpus-ko"), "--corpus", of("corpus-ko")))
        .contains("another one of ko");
    Path french = folder.resolve("fr.toml");
    Files.writeString(french, LanguageProfile.of("fr").toml());
    assertThat(refusedRelease(3, of("ko.json"), "--corpus", of("corpus-ko"), "--profile", french))
        .contains("of fr, which was not measured");
    Path study = Files.writeString(folder.resolve("study.toml"), "name = \"x\"");
    assertThat(refusedRelease(2, of("ko.json"), "--study", study)).contains("--ledger");
    List<Object> eval = new ArrayList<>(List.of("eval", "--language", "ko", "--model", model));
    eval.addAll(List.of("--corpus", of("corpus-fr"), "--out", folder.resolve("x.json")));
    assertThat(refused(2, eval.toArray())).contains("language fr (French)");
  }

  @Test
  void namesThatWouldSpeakInTheCardAndFoldersOfOthersAreRefused() throws IOException {
    Object[] arguments = release(of("ko.json"));
    arguments[2] = "ko\n\n| Korean | 0.001 |";
    assertThat(refused(2, arguments)).contains("--name");
    Files.createDirectories(release);
    Path own = Files.writeString(release.resolve("thesis.txt"), "mine");
    assertThat(refused(2, release(of("ko.json")))).contains("HOME_CONFLICT", "thesis.txt");
    assertThat(own).hasContent("mine");
    Files.delete(own);
    ok(release(of("ko.json")));
    ok(release(of("ko.json")));
  }

  @Test
  void tokensOfAnotherTokenizerAreNotTrainedOn() {
    List<Object> arguments = new ArrayList<>(List.of("train", "--steps", 2));
    arguments.addAll(List.of("--tokens", of("tokens-ko"), "--out", folder.resolve("mixed")));
    arguments.addAll(List.of("--tokenizer", of("tokenizer-fr").resolve("tokenizer.json")));
    assertThat(refused(2, arguments.toArray())).contains("were made with the tokenizer");
    assertThat(folder.resolve("mixed/model")).doesNotExist();
  }

  @Test
  void aReleaseFromBeforeTheDigestsIsStillVerifiedAndSaysWhatCouldNotBe() throws IOException {
    ok(release(of("ko.json")));
    writeOld(release.resolve("evaluation.json"));
    sign(Map.of("software", "dure 0.1.0", "weights", Sha256.of(release.resolve(MODEL))));
    assertThat(ok("verify", release, "--key", release.resolve("public-key.pem")))
        .contains("whole", "could not be checked");
    sign(Map.of("weights", Sha256.NONE));
    assertThat(refused(3, "verify", release, "--key", release.resolve("public-key.pem")))
        .contains("CLAIM_UNFOUNDED", Sha256.NONE);
  }

  @Test
  void asignatureOverTheNumbersOfAnotherModelIsFoundByWhoeverVerifies() throws IOException {
    ok(release(of("ko.json")));
    Files.delete(release.resolve("evaluation.json"));
    Files.copy(of("fr.json"), release.resolve("evaluation.json"));
    sign(Map.of());
    assertThat(refused(3, "verify", release, "--key", release.resolve("public-key.pem")))
        .contains("CLAIM_UNFOUNDED", "measured on fr, expected ko");
    assertThat(refused(3, "serve", release, "--port", 0)).contains("CLAIM_UNFOUNDED");
  }

  @Test
  void anUnboundRowOfAnEvaluationOfTodayIsRefusedAndOfAnOldOneSaid() throws IOException {
    ok(release(of("ko.json")));
    Path file = release.resolve("evaluation.json");
    writeOld(file);
    EvaluationReport old = EvaluationReport.read(file);
    EvaluationReport.of("ko", old.created(), old.languages(), null, Map.of()).write(file);
    sign(Map.of());
    assertThat(refused(3, "verify", release, "--key", release.resolve("public-key.pem")))
        .contains("CLAIM_UNFOUNDED", "does not name what was measured (version 4)");
    List<Comparison> both = new ArrayList<>(EvaluationReport.read(of("ko.json")).languages());
    both.addAll(old.languages());
    EvaluationReport.of("ko", old.created(), both, null, Map.of()).write(file);
    sign(Map.of());
    assertThat(refused(3, "verify", release, "--key", release.resolve("public-key.pem")))
        .contains("CLAIM_UNFOUNDED", "does not name what was measured");
  }

  @Test
  void aReleaseOfAKeyThatNobodyNamedIsNotServed() throws IOException {
    ok(release(of("ko.json")));
    Path trust = folder.resolve("trust.toml");
    Files.writeString(trust, "keys.other = \"%s\"\n".formatted(Sha256.NONE));
    assertThat(refused(3, "serve", release, "--port", 0, "--trust", trust))
        .contains("SIGNATURE_INVALID", "does not name", "other");
    assertThat(
            refused(
                2, "serve", release, "--trust", trust, "--key", release.resolve("public-key.pem")))
        .contains("not both");
  }

  @Test
  void aReleaseThatWouldTakeAllMemoryIsRefusedBefore() throws IOException {
    String good = Files.readString(model.resolve("config.json"));
    Path config = model.resolve("config.json");
    for (String absurd :
        List.of(
            good.replaceFirst("\"num_hidden_layers\" : \\d+", "\"num_hidden_layers\" : 1000000"),
            good.replaceFirst("\"num_hidden_layers\" : \\d+", "\"num_hidden_layers\" : 1024"),
            good.replaceFirst("\"vocab_size\" : \\d+", "\"vocab_size\" : 16777216"),
            good.replaceFirst(
                "\"max_position_embeddings\" : \\d+", "\"max_position_embeddings\" : 2000000000"),
            good.replaceFirst(
                "\\{", "{\"id2label\":" + "[".repeat(5_000) + "]".repeat(5_000) + ","),
            good + " ".repeat(1 << 20))) {
      Files.writeString(config, absurd);
      assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("config.json");
    }
    Files.writeString(config, good);
    Path tokenizer = model.resolve("tokenizer.json");
    byte[] words = Files.readAllBytes(tokenizer);
    Files.writeString(
        tokenizer,
        "{\"version\":\"1.0\",\"model\":{\"merges\":[" + "[],".repeat(5_000_000) + "[]]}}");
    assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("tokenizer.json");
    try (RandomAccessFile giant = new RandomAccessFile(tokenizer.toFile(), "rw")) {
      giant.setLength(300L << 20);
    }
    assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("at most");
    Files.write(tokenizer, words);
    Path weights = model.resolve(MODEL);
    byte[] whole = Files.readAllBytes(weights);
    byte[] header = whole.clone();
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 60);
    Files.write(weights, header);
    assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("header of");
    Files.delete(weights);
    assertThat(new ProcessBuilder("mkfifo", weights.toString()).start()).isNotNull();
    while (!Files.exists(weights)) {
      Thread.onSpinWait();
    }
    assertThat(refused(2, "generate", model, "--prompt", "농부가")).contains("expected a file");
    assertThat(refusedRelease(2, of("ko.json"))).contains("expected a file");
  }

  private void sign(Map<String, String> information) {
    var unused =
        ReleaseManifest.sign(release, "ko", "ko", Instant.now(), information, KeyFiles.signer(key));
  }

  @Test
  void aReleaseInAGitCheckoutOrAHubsCacheIsUsedAndVerifiedForWhatItIs() throws IOException {
    ok(release(of("ko.json")));
    Files.createDirectories(release.resolve(".git/refs"));
    Files.writeString(release.resolve(".gitattributes"), "*.safetensors filter=lfs");
    assertThat(ok("verify", release, "--key", release.resolve("public-key.pem")))
        .contains("whole", ".git", ".gitattributes");
    Path snapshot = Files.createDirectories(folder.resolve("hub/snapshots/abc"));
    Path blobs = Files.createDirectories(folder.resolve("hub/blobs"));
    try (Stream<Path> files = Files.walk(release)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (file.startsWith(release.resolve(".git"))) {
          continue;
        }
        Path blob = blobs.resolve(Sha256.of(file));
        Files.copy(file, blob);
        Path link = snapshot.resolve(release.relativize(file).toString());
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, link.getParent().relativize(blob));
      }
    }
    Path publicKey = release.resolve("public-key.pem");
    assertThat(ok("verify", snapshot, "--key", publicKey)).contains("whole", "symbolic links");
    assertThat(ok("generate", snapshot, "--prompt", "농부가", "--max-tokens", 2)).contains("농부가");
    assertThat(refused(3, "verify", folder.resolve("hub"), "--key", publicKey))
        .contains(snapshot.toString());
    assertThat(refused(2, "verify", snapshot, "--key", folder)).contains("is a folder");
  }
}
