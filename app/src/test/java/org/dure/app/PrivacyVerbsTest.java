package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.corpus.Documents;
import org.dure.evaluation.AuditReport;
import org.dure.evaluation.ModelDigests;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Training that protects documents, and the attack on its outcome, as a user gives the verbs.
class PrivacyVerbsTest {
  @TempDir static Path made;

  @TempDir Path folder;

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

  private static Path of(String name) {
    return made.resolve(name);
  }

  private static Path tokenizer() {
    return of("tokenizer").resolve("tokenizer.json");
  }

  @BeforeAll
  static void aRegion() throws IOException {
    SmallText.write(of("text"), "ko", 160);
    ok(
        "corpus",
        "build",
        "--language",
        "ko",
        "--in",
        of("text"),
        "--out",
        of("corpus"),
        "--held-out",
        "0.25");
    ok(
        "tokenizer",
        "train",
        "--corpus",
        of("corpus"),
        "--vocabulary",
        384,
        "--out",
        of("tokenizer"));
    ok(
        "corpus",
        "pack",
        "--corpus",
        of("corpus"),
        "--tokenizer",
        tokenizer(),
        "--out",
        of("tokens"));
  }

  private static Outcome train(Path out, String... settings) {
    List<Object> arguments = new ArrayList<>(List.of("train", "--steps", 3, "--threads", 1));
    arguments.addAll(List.of("--tokens", of("tokens"), "--tokenizer", tokenizer(), "--out", out));
    List<String> small =
        List.of(
            "model.width=16",
            "model.layers=1",
            "model.heads=2",
            "model.key-value-heads=1",
            "model.feed-forward=32",
            "model.context-length=32",
            "training.length=32",
            "training.batch=4");
    Stream.concat(small.stream(), Stream.of(settings))
        .forEach(setting -> arguments.addAll(List.of("--set", setting)));
    return dure(arguments.toArray());
  }

  private static final String[] PRIVATE = {
    "privacy.noise-multiplier=1", "privacy.clip=0.5", "privacy.sample-rate=0.05"
  };

  @Test
  void aTrainingSaysWhatItTellsOfEveryDocumentAndBeginsNoneThatTellsMore() {
    Outcome trained = train(folder.resolve("run"), PRIVATE);
    assertThat(trained.status).as(trained.output).isZero();
    assertThat(trained.output).contains("every document is protected: epsilon 1.7");
    assertThat(folder.resolve("run/model/model.safetensors")).exists();
    assertThat(train(folder.resolve("run"), PRIVATE).output).contains("nothing to do");

    Outcome refused =
        train(
            folder.resolve("other"),
            PRIVATE[0],
            PRIVATE[1],
            PRIVATE[2],
            "privacy.epsilon=1",
            "privacy.delta=1e-5");
    assertThat(refused.status).isEqualTo(3);
    assertThat(refused.output).contains("PRIVACY_SPENT", "privacy.epsilon allows 1.0");
    assertThat(folder.resolve("other/model")).doesNotExist();

    Outcome half = train(folder.resolve("half"), PRIVATE[0]);
    assertThat(half.status).isEqualTo(2);
    assertThat(half.output).contains("privacy.clip is missing", "privacy.sample-rate is missing");
  }

  @Test
  void anAuditNamesTheModelAndTheTextThatItIsOf() throws IOException {
    Outcome trained = train(folder.resolve("run"));
    assertThat(trained.status).as(trained.output).isZero();
    Path model = folder.resolve("run/model");
    Path file = folder.resolve("audit.json");

    String said =
        ok(
            "audit",
            "membership",
            "--model",
            model,
            "--corpus",
            of("corpus"),
            "--reference",
            model,
            "--documents",
            30,
            "--out",
            file);

    assertThat(said)
        .contains("loss: area under the curve", "compression: hits at 1 %", "reference: area");
    AuditReport report = AuditReport.read(file);
    assertThat(report.kind()).isEqualTo("membership");
    assertThat(report.model()).isEqualTo(ModelDigests.of(model));
    try (Documents heldOut = Documents.heldOut(of("corpus"))) {
      assertThat(report.on()).containsEntry("held-out", heldOut.digest());
    }
    assertThat(report.figures()).hasSize(6).allSatisfy(f -> assertThat(f.low()).isNotNull());
    assertThat(report.conditions()).containsEntry("training documents", "30");
    assertThat(dure("audit", "membership", "--model", model).status).isEqualTo(2);

    Outcome released = release(model, file);
    assertThat(released.status).as(released.output).isZero();
    Path release = folder.resolve("release");
    assertThat(Files.readString(release.resolve("README.md")))
        .contains("## What attacks found", "| loss: area under the curve (coin 0.5) | ");
    assertThat(AuditReport.read(release.resolve("audits/membership.json"))).isEqualTo(report);
    assertThat(ok("verify", release, "--key", release.resolve("public-key.pem")))
        .doesNotContain("no audit");

    Path other = folder.resolve("other.json");
    AuditReport.of(
            "membership",
            report.created(),
            new ModelDigests("0".repeat(64), report.model().tokenizer(), report.model().config()),
            report.on(),
            report.figures(),
            report.conditions())
        .write(other);
    Outcome refused = release(model, other);
    assertThat(refused.status).isEqualTo(3);
    assertThat(refused.output).contains("CLAIM_UNFOUNDED", "membership: audited weights 0000");
  }

  private Outcome release(Path model, Path audit) {
    Path evaluation = folder.resolve("evaluation.json");
    ok(
        "eval",
        "--language",
        "ko",
        "--model",
        model,
        "--corpus",
        of("corpus"),
        "--documents",
        5,
        "--out",
        evaluation);
    return dure(
        "release",
        "--name",
        "small",
        "--model",
        model,
        "--evaluation",
        evaluation,
        "--corpus",
        of("corpus"),
        "--audit",
        audit,
        "--key",
        folder.resolve("key.pem"),
        "--out",
        folder.resolve("release"));
  }
}
