package org.dure.app.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.app.home.Terms;
import org.dure.core.DureException;
import org.dure.core.Settings;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalConfigTest {
  private static final String STUDY =
      """
      name = "trial"
      workload = "rehearsal"
      rounds = 8
      steps = 20
      rehearsal.bytes = 400000
      rehearsal.tensors = 7
      rehearsal.step-millis = 0
      regions.ko.language = "ko"
      regions.ja.language = "ja"
      """;

  @TempDir Path folder;

  private static RehearsalConfig rehearsal(String... changes) {
    Settings settings = Settings.parse("trial", STUDY);
    for (String change : changes) {
      settings.set(change);
    }
    return (RehearsalConfig) WorkloadConfig.of(settings);
  }

  @Test
  void aStudyNamesItsWorkloadAndPretrainingIsTheDefault() {
    assertThat(rehearsal().layout().elements()).isEqualTo(100_000);
    assertThat(rehearsal().layout().tensors()).hasSize(7);
    assertThatThrownBy(
            () ->
                WorkloadConfig.of(
                    Settings.parse("a", STUDY.replace("\"rehearsal\"", "\"rehersal\""))))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("did you mean rehearsal?");
    assertThat(
            WorkloadConfig.of(Settings.parse("b", "name = \"x\"\nregions.ko.language = \"ko\"\n")))
        .isInstanceOf(PretrainingConfig.class);
  }

  @Test
  void fewerMembersWhoTogetherOpenASecretSumAreMoreThanWasAccepted() {
    Terms three = secret(3);
    Terms two = secret(2);
    assertThat(three.beyond(two))
        .containsExactly("regions in a secret sum: it is 2, accepted was 3");
    assertThat(two.beyond(three)).isEmpty();
    assertThat(two.protection().contributors()).isEqualTo(3);
  }

  private static Terms secret(int threshold) {
    RehearsalConfig config =
        rehearsal(
            "regions.vi.language=\"vi\"",
            "aggregation=\"secret\"",
            "secret.norm-bound=2",
            "secret.threshold=" + threshold);
    return config.terms(config.study().regions().getFirst(), "authority");
  }

  private static RehearsalConfig circled() {
    return rehearsal(
        "circles=[\"all:3\", \"kind\"]",
        "regions.ko.kind=law",
        "regions.ja.kind=news",
        "regions.fr.language=fr",
        "regions.fr.kind=news",
        "regions.vi.language=vi",
        "regions.vi.kind=law");
  }

  @Test
  void termsSayWithWhomARegionIsMergedFromWhichRoundOn() {
    RehearsalConfig config = circled();
    Terms terms = config.terms(config.study().member("ko"), "authority");
    assertThat(terms.circles())
        .containsExactly(
            new Terms.Circle(1, List.of("fr", "ja", "vi")), new Terms.Circle(4, List.of("vi")));
    assertThat(terms.protection().leastInMerge()).isEqualTo(2);
    assertThat(rehearsal().terms(rehearsal().study().member("ko"), "a").circles()).isEmpty();
  }

  @Test
  void regionsOfOneCircleHaveMuchInCommonAndStrangersLittle() {
    RehearsalConfig plan = circled();
    Weights law = delta(plan, "ko");
    assertThat(cosine(law, delta(plan, "vi"))).isGreaterThan(cosine(law, delta(plan, "fr")) + 0.2);
  }

  private static Weights delta(RehearsalConfig plan, String region) {
    return new RehearsalWorkload(plan, region, 1)
        .work(1, weights(plan), (doing, done, total) -> {})
        .delta();
  }

  private static double cosine(Weights one, Weights other) {
    double products = 0;
    for (long i = 0; i < one.layout().elements(); i++) {
      products += one.get(i) * other.get(i);
    }
    return products / norm(one) / norm(other);
  }

  @Test
  void keysOfAnotherWorkloadAreRefusedByName() {
    assertThatThrownBy(() -> rehearsal("model.width=64"))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("unknown key model.width");
    assertThatThrownBy(() -> rehearsal("rehearsal.bytes=399999", "rehearsal.tensors=100000"))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("multiple of 4")
        .hasMessageContaining("at most one a value");
  }

  @Test
  void valuesAreNormallyDistributedAndUseEveryBit() {
    NormalValues values = new NormalValues(NormalValues.seed(1, "trial"));
    int count = 1_000_000;
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    int within = 0;
    int[] ones = new int[23];
    for (int i = 0; i < count; i++) {
      double value = values.at(i);
      sum += value;
      squares += value * value;
      fourth += value * value * value * value;
      within += Math.abs(value) < 1.959964 ? 1 : 0;
      int bits = Float.floatToRawIntBits((float) (0.02 * value));
      for (int bit = 0; bit < ones.length; bit++) {
        ones[bit] += bits >>> bit & 1;
      }
    }
    assertThat(sum / count).isCloseTo(0, within(0.005));
    assertThat(squares / count).isCloseTo(1, within(0.005));
    assertThat(fourth / count).isCloseTo(3, within(0.05));
    assertThat((double) within / count).isCloseTo(0.95, within(0.002));
    for (int bit = 0; bit < 16; bit++) {
      assertThat((double) ones[bit] / count).as("bit %d", bit).isCloseTo(0.5, within(0.01));
    }
  }

  @Test
  void theLossFallsInEveryRegionWhenWorkIsMerged() {
    RehearsalConfig plan = rehearsal();
    Weights weights = Weights.of(plan.initialWeights(), Arena.ofAuto());
    Map<String, Double> first = new HashMap<>();
    Map<String, Double> last = new HashMap<>();
    for (int round = 1; round <= 8; round++) {
      Weights merged = Weights.allocate(plan.layout(), Arena.ofAuto());
      merged.values().copyFrom(weights.values());
      for (String region : new String[] {"ko", "ja"}) {
        Workload.Contribution made =
            new RehearsalWorkload(plan, region, 1).work(round, weights, (doing, done, total) -> {});
        first.putIfAbsent(region, made.metrics().get("loss"));
        last.put(region, made.metrics().get("loss"));
        for (long i = 0; i < plan.layout().elements(); i++) {
          merged.set(i, merged.get(i) - made.delta().get(i) / 2);
        }
      }
      weights = merged;
    }
    assertThat(last.get("ko")).isLessThan(0.7 * first.get("ko"));
    assertThat(last.get("ja")).isLessThan(0.7 * first.get("ja"));
  }

  @Test
  void aRestartedRegionComputesTheSameBits() {
    RehearsalConfig plan = rehearsal();
    Weights weights = Weights.of(plan.initialWeights(), Arena.ofAuto());
    RehearsalWorkload undisturbed = new RehearsalWorkload(plan, "ko", 1);
    var unused = undisturbed.work(1, weights, (doing, done, total) -> {});
    undisturbed.save(folder);
    RehearsalWorkload restarted = new RehearsalWorkload(plan, "ko", 1);
    restarted.restore(folder);
    assertThat(restarted.rounds()).isEqualTo(1);
    Workload.Contribution a = undisturbed.work(2, weights, (doing, done, total) -> {});
    Workload.Contribution b = restarted.work(2, weights, (doing, done, total) -> {});
    assertThat(a.delta().values().mismatch(b.delta().values())).isEqualTo(-1);
    assertThat(a.metrics()).isEqualTo(b.metrics());
  }

  @Test
  void trainingOnGoesFromWhereTheRegionStandsAndOnTheSameWayAfterARestart() {
    RehearsalConfig plan = rehearsal("ahead-steps=20");
    Weights weights = weights(plan);
    RehearsalWorkload undisturbed = new RehearsalWorkload(plan, "ko", 1);
    var unused = undisturbed.work(1, weights, (doing, done, total) -> {});
    undisturbed.save(folder);
    RehearsalWorkload restarted = new RehearsalWorkload(plan, "ko", 1);
    restarted.restore(folder);
    Workload.Ahead a = trainOn(undisturbed, 20).orElseThrow();
    Workload.Ahead b = trainOn(restarted, 20).orElseThrow();
    assertThat(a.steps()).isEqualTo(20);
    assertThat(a.weight()).isEqualTo(b.weight());
    assertThat(a.delta().values().mismatch(b.delta().values())).isEqualTo(-1);
    Workload.Ahead further = trainOn(undisturbed, 20).orElseThrow();
    assertThat(norm(further.delta())).isLessThan(norm(a.delta()));
  }

  @Test
  void noStepIsDoneWhereItIsEnoughOrTheStudyLetsNoneAhead() {
    RehearsalConfig plan = rehearsal();
    RehearsalWorkload workload = new RehearsalWorkload(plan, "ko", 1);
    var unused = workload.work(1, weights(plan), (doing, done, total) -> {});
    assertThat(trainOn(workload, 20)).isEmpty();
    RehearsalWorkload eager = new RehearsalWorkload(rehearsal("ahead-steps=20"), "ko", 1);
    var alsoUnused = eager.work(1, weights(plan), (doing, done, total) -> {});
    assertThat(eager.trainOn(20, () -> true, (doing, done, total) -> {})).isEmpty();
  }

  private static Optional<Workload.Ahead> trainOn(RehearsalWorkload workload, int steps) {
    return workload.trainOn(steps, () -> false, (doing, done, total) -> {});
  }

  private static double norm(Weights weights) {
    double squares = 0;
    for (long i = 0; i < weights.layout().elements(); i++) {
      squares += weights.get(i) * weights.get(i);
    }
    return Math.sqrt(squares);
  }

  private static Weights weights(RehearsalConfig plan) {
    Weights weights = Weights.allocate(plan.layout(), Arena.ofAuto());
    plan.initialWeights().read(0, weights.values());
    return weights;
  }
}
