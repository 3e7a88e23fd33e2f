package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.Tokenizers;
import org.dure.core.AtomicFiles;
import org.dure.core.LanguageProfile;
import org.dure.core.Workload.ActivityKind;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Packer;
import org.dure.federation.status.StudyStatus;
import org.dure.tokenizer.Tokenizer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// A study that protects documents, with real processes: the region's own budget ends its part, and
/// nothing but noise has left.
@Tag("e2e")
@Timeout(240)
class PrivateStudyEndToEndTest {
  /// One round of six steps comes to epsilon 1.00 at 1e-6, two to 1.13.
  private static final String STUDY =
      """
      name = "guarded"
      rounds = 5
      steps = 6
      lease-seconds = 60
      regions.ko.language = "ko"
      tokenizer.vocabulary = 384
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 4
      evaluation.round-documents = 8
      privacy.noise-multiplier = 1.0
      privacy.clip = 0.5
      privacy.sample-rate = 0.02
      """;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private static void prepare(RegionLayout region, Path text) throws IOException {
    SmallText.write(text, "ko", 80);
    var unused = CorpusBuilder.build(LanguageProfile.of("ko"), text, region.corpus(), 0.2);
    Tokenizers.Trained unusedOne = Tokenizers.train(region.corpus(), 384, region.tokenizer());
    Tokenizer tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    var alsoUnused = Packer.pack(region.corpus(), tokenizer, region.tokens());
  }

  @Test
  void aSiteEndsItsPartBeforeItsBudgetIsOverdrawnAlsoWhereItsLedgerWasMovedAndSaysSoInItsLanguage()
      throws Exception {
    try (RealBelt belt = new RealBelt(folder, STUDY, List.of(), Map.of())) {
      RegionLayout region = new RegionLayout(belt.home("ko"));
      prepare(region, folder.resolve("text"));
      AtomicFiles.write(region.policy(), "privacy.epsilon = 1.06\nprivacy.delta = 1e-6\n");
      belt.hub();
      belt.region("ko");

      DureProcess.Outcome outcome = belt.process("ko").await();

      assertThat(outcome.status()).as(outcome.output()).isEqualTo(3);
      assertThat(outcome.output())
          .contains("문서를 보호합니다", "라운드 2을(를) 시작하지 않습니다", "PRIVACY_SPENT")
          .doesNotContain("\tat ");
      StudyStatus status = belt.await("the end", now -> now.progress().round() == 2);
      assertThat(status.regions().getFirst().activity().doing())
          .isEqualTo(ActivityKind.BUDGET_SPENT);
      assertThat(belt.status()).contains("privacy budget is spent");
      assertThat(status.history().getFirst().contributions().get("ko").metrics()).isEmpty();
      assertThat(Files.readString(region.node().resolve("exports.jsonl"))).contains("spending");
      assertThat(Files.readString(region.privacy().resolve("spent.json"))).contains("\"steps\":6");

      Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
      AtomicFiles.write(
          region.policy(),
          "privacy.epsilon = 1.06\nprivacy.delta = 1e-6\nprivacy.ledger = \"%s\"\n"
              .formatted(elsewhere));
      belt.region("ko");

      DureProcess.Outcome moved = belt.process("ko").await();

      assertThat(moved.status()).as(moved.output()).isEqualTo(3);
      assertThat(moved.output()).contains("PRIVACY_SPENT").doesNotContain("\tat ");
    }
  }
}
