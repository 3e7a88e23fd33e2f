package org.dure.federation.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.core.Sharing;
import org.dure.core.TensorLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StudyTest {
  private static Study read(String toml) {
    return Study.of(
        Settings.parse("study.toml", toml),
        settings -> {
          int unused = settings.integer("model.width", 128, 1, 10_000);
        });
  }

  @Test
  void whatTheFileLeavesOutHasTheDocumentedDefaults() {
    Study study =
        read("name = \"x\"\n[regions.ko]\nlanguage = \"ko\"\n[regions.ja]\nlanguage = \"ja\"\n");

    assertThat(study.sharing()).isEqualTo(Sharing.BODY);
    assertThat(study.merge().learningRate()).isEqualTo(0.7);
    assertThat(study.merge().momentum()).isEqualTo(0.9);
    assertThat(study.patience().quorum()).isEqualTo(2);
    assertThat(study.fragmentBytes()).isEqualTo(1 << 18);
    assertThat(study.regions())
        .containsExactly(new Study.Region("ko", "ko"), new Study.Region("ja", "ja"));
  }

  @Test
  void aModelOfTooManyFragmentsIsRefusedWithTheSizeThatWouldDo() {
    TensorLayout layout =
        new TensorLayout(List.of(new TensorLayout.Tensor("w", List.of(1_000_000_001L))));

    assertThatThrownBy(() -> FragmentList.check(layout, Study.FRAGMENT_BYTES))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("15259 fragments")
        .hasMessageContaining("at least 266668");
    FragmentList.check(layout, 266_668);
  }

  @Test
  void everyValueOfTheFileArrives() {
    Study study =
        read(
            """
            name = "x"
            sharing = "all"
            rounds = 7
            steps = 8
            outer-learning-rate = 0.5
            outer-momentum = 0.6
            seed = -9
            quorum = 1
            grace-seconds = 11
            grace-share = 0.75
            late-rounds = 3
            ahead-steps = 4
            lease-seconds = 12
            fragment-bytes = 400
            weight-cap = 0.3
            merge.rule = "trimmed-mean"
            merge.hostile = 1
            merge.norm-bound = 4.5
            merge.when-exceeding = "refuse"
            merge.against-bound = 0.25
            merge.repeat-bound = 0.99
            merge.suspend-rounds = 6
            merge.step-weight = 512
            [regions.vi]
            language = "vi"
            """);

    assertThat(study)
        .isEqualTo(
            new Study(
                "x",
                Sharing.ALL,
                -9,
                new Study.Schedule(7, 8),
                new Study.Merge(
                    0.5,
                    0.6,
                    0.3,
                    MergeRule.TRIMMED_MEAN,
                    new Study.Judging(1, 4.5, Study.Exceeding.REFUSE, 0.25, 0.99, 6, 512),
                    0.1),
                new Study.Patience(1, 11, 0.75, 3, 4, 12),
                Optional.empty(),
                400,
                List.of(new Study.Region("vi", "vi")),
                study.toml()));
  }

  @Test
  void krumIsRefusedWhereTooFewContribute() {
    String regions = "[regions.%s]\nlanguage = \"vi\"\n";
    String four = "fr,ja,ko,vi".replaceAll("(..),?", regions.formatted("$1"));
    assertThatThrownBy(() -> read("name = \"x\"\nmerge.rule = \"krum\"\n" + four))
        .hasMessageContaining("merge.hostile = 1 protects from 5 contributors on")
        .hasMessageContaining("the quorum is 4 of 4 regions");
    assertThat(
            read("name = \"x\"\nmerge.rule = \"krum\"\nmerge.hostile = 0\n" + four).merge().rule())
        .isEqualTo(MergeRule.KRUM);
    assertThatThrownBy(
            () ->
                read(
                    "name = \"x\"\nquorum = 4\nmerge.rule = \"krum\"\n"
                        + four
                        + regions.formatted("w1")))
        .hasMessageContaining("the quorum is 4 of 5 regions");
  }

  private static final String SECRET =
      "name = \"x\"\naggregation = \"secret\"\nsecret.norm-bound = 2\n";

  private static String regions(String... names) {
    StringBuilder toml = new StringBuilder();
    for (String name : names) {
      toml.append("[regions.%s]\nlanguage = \"ko\"\n".formatted(name));
    }
    return toml.toString();
  }

  /// Whatever must see single deltas cannot be had where nobody does.
  @ParameterizedTest
  @EnumSource(value = MergeRule.class, names = "MEAN", mode = EnumSource.Mode.EXCLUDE)
  void aRuleThatComparesDeltasIsRefusedWhereNoneIsSeen(MergeRule rule) {
    String toml =
        "%smerge.rule = \"%s\"\nmerge.hostile = 0\n%s"
            .formatted(SECRET, rule.word(), regions("fr", "ja", "ko"));
    assertThatThrownBy(() -> read(toml))
        .isInstanceOfSatisfying(
            DureException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
        .hasMessageContaining("merge.rule is \"%s\": expected \"mean\"".formatted(rule.word()))
        .hasMessageContaining("no delta is seen");
  }

  @Test
  void aStudyOfSecretSumsHasItsDefaultsAndAllItsProblemsAtOnce() {
    Study study = read(SECRET + regions("fr", "ja", "ko", "vi", "ru"));
    assertThat(study.secret()).hasValue(new SecretSum(2, 4));
    assertThat(study.patience().lateRounds()).isZero();
    assertThatThrownBy(
            () ->
                read(
                    """
                    name = "x"
                    aggregation = "secret"
                    quorum = 2
                    late-rounds = 1
                    weight-cap = 0.3
                    secret.threshold = 1
                    merge.norm-bound = 2
                    merge.when-exceeding = "refuse"
                    merge.against-bound = 0.1
                    merge.repeat-bound = 0.9
                    merge.suspend-rounds = 1
                    """
                        + regions("fr", "ja")))
        .hasMessageContaining("aggregation = \"secret\" with 2 regions: expected 3 to 40")
        .hasMessageContaining("secret.norm-bound is missing")
        .hasMessageContaining("secret.threshold is 1")
        .hasMessageContaining("late-rounds is 1: expected 0")
        .hasMessageContaining("quorum is 2: expected at least 3")
        .hasMessageContaining("weight-cap is 0.3: expected none")
        .hasMessageContaining("merge.norm-bound is 2.0: expected none")
        .hasMessageContaining("merge.when-exceeding is refuse")
        .hasMessageContaining("merge.against-bound is 0.1")
        .hasMessageContaining("merge.repeat-bound is 0.9")
        .hasMessageContaining("merge.suspend-rounds is 1");
  }

  @Test
  void allProblemsComeAtOnceWithTheNearestKey() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    sharing = "bodi"
                    rounds = 0
                    fragment-bytes = 1001
                    outer-momentums = 0.9
                    [regions."K O"]
                    language = "ko"
                    [model]
                    widht = 3
                    """))
        .isInstanceOfSatisfying(
            DureException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
        .hasMessageContaining("name is missing")
        .hasMessageContaining("did you mean body?")
        .hasMessageContaining("rounds is 0")
        .hasMessageContaining("multiple of 4")
        .hasMessageContaining("did you mean outer-momentum?")
        .hasMessageContaining("region \"K O\"")
        .hasMessageContaining("did you mean model.width?");
  }

  @Test
  void aStudyWithoutRegionsIsRefused() {
    assertThatThrownBy(() -> read("name = \"x\"")).hasMessageContaining("no region");
  }

  @Test
  void theDigestIsOfTheValuesAndNotOfTheFile() {
    String regions = "[regions.ko]\nlanguage = \"ko\"\n";
    String plain = read("name = \"x\"\nrounds = 4\n" + regions).digest();

    assertThat(read("rounds = 4\nname = \"x\"\nseed = 1\n" + regions).digest()).isEqualTo(plain);
    assertThat(read("name = \"x\"\nrounds = 4\n" + regions + "[model]\nwidth = 128\n").digest())
        .isEqualTo(plain);
    assertThat(read("name = \"x\"\nrounds = 5\n" + regions).digest()).isNotEqualTo(plain);
    assertThat(read("name = \"x\"\nrounds = 4\n" + regions + "[model]\nwidth = 129\n").digest())
        .isNotEqualTo(plain);
  }

  @Test
  void aRecordedStudyReadsBackEqualWithoutItsWorkload() {
    Study study =
        read("name = \"한 \\\"x\\\"\"\n[regions.ko]\nlanguage = \"ko\"\n[model]\nwidth = 9\n");

    assertThat(Study.recorded(study.toml())).isEqualTo(study);
    assertThat(Study.recorded(study.toml()).digest()).isEqualTo(study.digest());
  }

  @Test
  void aNameThatSteersATerminalIsNone() {
    for (String evil : List.of("a\\u001b[2J", "a\\nb", "a\\u202eb", "x".repeat(65))) {
      assertThatThrownBy(
              () -> Study.recorded("name = \"%s\"\nregions.ko.language = \"ko\"".formatted(evil)))
          .hasMessageContaining("characters that are seen")
          .message()
          .doesNotContain("\u001b", "\u202e");
      assertThatThrownBy(
              () -> Study.recorded("name = \"s\"\nregions.ko.language = \"%s\"".formatted(evil)))
          .hasMessageContaining("expected a BCP 47 code");
    }
  }
}
