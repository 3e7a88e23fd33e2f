package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.dure.app.SmallText;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Settings;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.Documents;
import org.dure.corpus.Packer;
import org.dure.evaluation.EvaluationReport;
import org.dure.federation.protocol.Study;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a study asks for is more than the region has.
class TextFloorTest {
  private static final String STUDY =
      """
      name = "trial"
      rounds = 1
      steps = 2
      regions.ko.language = "ko"
      tokenizer.vocabulary = 384
      model.width = 16
      model.layers = 1
      model.heads = 2
      model.key-value-heads = 1
      model.feed-forward = 32
      model.context-length = 32
      training.length = 32
      training.batch = 2
      evaluation.round-documents = 8
      """;

  private static final Workload.Activity QUIET = (doing, done, total) -> {};

  @TempDir static Path prepared;
  private static Tokenizer tokenizer;
  private static int heldOut;

  @TempDir Path folder;

  @BeforeAll
  static void prepare() throws IOException {
    RegionLayout region = new RegionLayout(prepared);
    Path text = SmallText.write(prepared.resolve("given"), "ko", 30);
    var unused = CorpusBuilder.build(LanguageProfile.of("ko"), text, region.corpus(), 0.1);
    Tokenizers.Trained unusedOne = Tokenizers.train(region.corpus(), 384, region.tokenizer());
    tokenizer = Tokenizer.read(region.tokenizer().resolve(Tokenizers.FILE));
    var alsoUnused = Packer.pack(region.corpus(), tokenizer, region.tokens());
    try (Documents documents = Documents.heldOut(region.corpus())) {
      heldOut = (int) documents.count();
    }
    assertThat(heldOut).isBetween(1, 7);
  }

  private static PretrainingConfig config() {
    return (PretrainingConfig) WorkloadConfig.of(Settings.parse("trial", STUDY));
  }

  private record Left(Map<String, Double> metrics, Map<String, Double> scores) {}

  private static Left train(int least) {
    RegionLayout region = new RegionLayout(prepared);
    AtomicFiles.write(region.policy(), "scores.at-least-documents = " + least + "\n");
    try (Arena arena = Arena.ofConfined();
        Pretraining workload = new Pretraining(config(), new Study.Region("ko", "ko"), region)) {
      Weights shared = Weights.of(config().initialWeights(), arena);
      Map<String, Double> metrics = workload.work(1, shared, QUIET).metrics();
      return new Left(metrics, workload.finish(shared, QUIET));
    }
  }

  @Test
  void aMeasureOfFewerDocumentsThanTheSiteAsksForStaysAtHome() {
    Left enough = train(heldOut);
    assertThat(enough.metrics).containsEntry("heldOutDocuments", (double) heldOut);
    assertThat(enough.metrics).containsKeys("heldOutBitsPerByte", "twinHeldOutBitsPerByte");
    assertThat(enough.scores).containsKeys("start", "end");
    Left few = train(heldOut + 1);
    assertThat(few.metrics.keySet()).noneMatch(name -> name.toLowerCase().contains("heldout"));
    assertThat(few.metrics).containsKey("loss");
    assertThat(few.scores).isEmpty();
    EvaluationReport at = EvaluationReport.read(new RegionLayout(prepared).evaluation());
    assertThat(at.languages()).hasSize(1);
  }

  @Test
  void thatNoScoreLeavesIsSaidInFiveLanguages() {
    RegionLayout region = new RegionLayout(prepared);
    SitePolicy strict = SitePolicy.parse("p", "scores.at-least-documents = 1000");
    Set<String> said = new HashSet<>();
    for (String language : PrivacyMessages.LANGUAGES) {
      said.add(new TextFloor(strict, region).silence(language).orElseThrow());
    }
    assertThat(said)
        .hasSize(PrivacyMessages.LANGUAGES.size())
        .allSatisfy(line -> assertThat(line).contains("1000", heldOut + ""));
    SitePolicy lax = SitePolicy.parse("p", "scores.at-least-documents = " + heldOut);
    assertThat(new TextFloor(lax, region).silence("ko")).isEmpty();
  }

  /// Tokens of which `times` times the same ones, in documents of `length`.
  private RegionLayout packed(int different, int times, int length) throws IOException {
    RegionLayout region = new RegionLayout(folder.resolve(different + "x" + times + "-" + length));
    Files.createDirectories(region.tokens());
    try (TokenShard.Writer shard =
        TokenShard.writer(region.tokens().resolve("tokens-00000.bin"), tokenizer.digest())) {
      int all = different * times;
      for (int from = 0; from < all; from += length) {
        int[] ids = new int[Math.min(length, all - from) + 2];
        ids[0] = tokenizer.beginToken();
        for (int i = 1; i < ids.length - 1; i++) {
          ids[i] = 3 + (from + i - 1) % different * 7 % 251;
        }
        ids[ids.length - 1] = tokenizer.endToken();
        shard.add(ids, 4L * ids.length);
      }
    }
    return region;
  }

  private static void require(RegionLayout region, long least) {
    SitePolicy policy = SitePolicy.parse("p", "weights.at-least-tokens = " + least);
    new TextFloor(policy, region).requireTokens(tokenizer);
  }

  private static void assertRefused(RegionLayout region, long least, String... said) {
    assertThatThrownBy(() -> require(region, least))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED))
        .hasMessageContainingAll(said);
  }

  @Test
  void repetitionIsNoText() throws IOException {
    RegionLayout once = packed(200, 1, 200);
    assertThatCode(() -> require(once, 200)).doesNotThrowAnyException();
    assertRefused(once, 201, "200 tokens", "weights.at-least-tokens is 201");
    RegionLayout inOne = packed(200, 50, 10_000);
    assertRefused(inOne, 1_000, "10,000 tokens of text", "distinct");
    RegionLayout inMany = packed(200, 50, 200);
    assertThatCode(() -> require(inMany, 200)).doesNotThrowAnyException();
    assertRefused(inMany, 201, "10,000 tokens of text", "200 of them distinct");
    assertThatCode(() -> require(once, 0)).doesNotThrowAnyException();
    assertRefused(once, 1L << 50, "200 tokens");
  }

  @Test
  void trainingOnTooLittleTextIsRefusedBeforeItBegins() {
    RegionLayout region = new RegionLayout(prepared);
    AtomicFiles.write(region.policy(), "weights.at-least-tokens = 1000000\n");
    try (Arena arena = Arena.ofConfined();
        Pretraining workload = new Pretraining(config(), new Study.Region("ko", "ko"), region)) {
      Weights shared = Weights.of(config().initialWeights(), arena);
      assertThatThrownBy(() -> workload.work(1, shared, QUIET))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EXPORT_REFUSED));
      assertThatThrownBy(() -> TextFloor.requireTokens(region, tokenizer))
          .hasMessageContaining("weights.at-least-tokens is 1,000,000");
    }
  }
}
