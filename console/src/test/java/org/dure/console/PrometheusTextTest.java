package org.dure.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Region;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

public class PrometheusTextTest {
  private static final Pattern HEAD = Pattern.compile("# (HELP|TYPE) (dure_[a-z_]+) (.+)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(dure_[a-z_]+)(\\{(?:[a-z]+=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)*})?"
              + " ([-+0-9.eEInfNa]+)");

  /// Every sample by its name and labels as written.
  ///
  /// @throws AssertionError where a line is not of the format or stands in the wrong family
  public static Map<String, Double> parse(String text) {
    Map<String, Double> samples = new LinkedHashMap<>();
    Map<String, String> types = new LinkedHashMap<>();
    String family = "";
    assertThat(text).endsWith("\n");
    for (String line : text.split("\n")) {
      Matcher head = HEAD.matcher(line);
      if (head.matches()) {
        family = head.group(2);
        if (head.group(1).equals("TYPE")) {
          assertThat(types.put(family, head.group(3))).as("a second family " + family).isNull();
          assertThat(head.group(3)).isEqualTo(family.endsWith("_total") ? "counter" : "gauge");
        }
        continue;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertThat(sample.matches()).as(line).isTrue();
      assertThat(sample.group(1)).isEqualTo(family);
      String labels = sample.group(2) == null ? "" : sample.group(2);
      String value = sample.group(3).replace("+Inf", "Infinity").replace("-Inf", "-Infinity");
      assertThat(samples.put(family + labels, Double.parseDouble(value))).as(line).isNull();
    }
    return samples;
  }

  private static String of(String metric, Region region) {
    return "dure_region_%s{region=\"%s\"}".formatted(metric, region.name());
  }

  /// Compares every number of the picture with the samples.
  public static void assertSame(StudyStatus status, Map<String, Double> samples) {
    assertThat(samples).containsEntry("dure_round", (double) status.progress().round());
    assertThat(samples).containsEntry("dure_rounds", (double) status.progress().rounds());
    assertThat(samples).containsEntry("dure_quorum", (double) status.membership().quorum());
    assertThat(samples)
        .containsEntry("dure_membership_epoch", (double) status.membership().epoch());
    assertThat(samples)
        .containsEntry("dure_round_median_seconds", status.membership().medianMillis() / 1e3);
    assertThat(samples).containsEntry("dure_hub_paused", status.trouble() == null ? 0.0 : 1.0);
    for (Region region : status.regions()) {
      assertThat(samples)
          .containsEntry(of("behind_rounds", region), (double) region.pace().behind())
          .containsEntry(of("weight_total", region), (double) region.work().weight())
          .containsEntry(of("sent_bytes_total", region), (double) region.work().sent())
          .containsEntry(of("received_bytes_total", region), (double) region.work().received())
          .containsEntry(of("contributions_total", region), (double) region.pace().contributed())
          .containsEntry(of("utilisation_ratio", region), region.time().utilisation())
          .containsEntry(of("idle_ratio", region), region.time().idle());
      present(samples, of("round_seconds", region), region.pace().millis() / 1e3);
      present(samples, of("open_round_seconds", region), region.pace().openMillis() / 1e3);
      present(
          samples,
          of("lease_until_timestamp_seconds", region),
          region.presence().leaseUntil() / 1e3);
      present(
          samples, of("last_seen_timestamp_seconds", region), region.presence().lastSeen() / 1e3);
      optional(samples, of("loss", region), region.pace().loss());
      optional(samples, of("cosine", region), region.pace().cosine());
      String name = "{region=\"%s\",".formatted(region.name());
      String state = region.presence().state().name().toLowerCase(Locale.ROOT);
      assertThat(samples)
          .containsEntry("dure_region_state" + name + "state=\"" + state + "\"}", 1.0)
          .containsEntry(
              "dure_region_time_seconds_total" + name + "kind=\"absent\"}",
              region.time().absent() / 1e3);
      region
          .standing()
          .refusals()
          .forEach(
              (reason, refused) ->
                  assertThat(samples)
                      .containsEntry(
                          "dure_region_refused_total" + name + "reason=\"" + reason + "\"}",
                          (double) refused.count()));
      assertThat(samples.keySet().stream().filter(k -> k.startsWith("dure_region_concern" + name)))
          .allMatch(
              key ->
                  region.concern() != null
                      && key.contains("reason=\"" + region.concern().code() + "\""))
          .hasSize(region.concern() == null ? 0 : 1);
    }
    status
        .traffic()
        .totals()
        .forEach(
            total ->
                assertThat(samples)
                    .containsEntry(
                        "dure_region_crossed_bytes_total{region=\"%s\",direction=\"%s\",kind=\"%s\"}"
                            .formatted(
                                total.region(), total.direction().word(), total.kind().word()),
                        (double) total.bytes()));
  }

  private static void present(Map<String, Double> samples, String key, double value) {
    if (value == 0) {
      assertThat(samples).doesNotContainKey(key);
    } else {
      assertThat(samples).containsEntry(key, value);
    }
  }

  private static void optional(Map<String, Double> samples, String key, @Nullable Double value) {
    if (value == null || Double.isNaN(value)) {
      assertThat(samples).doesNotContainKey(key);
    } else {
      assertThat(samples).containsEntry(key, value);
    }
  }

  @Test
  void everyNumberOfThePictureIsThere() {
    for (StudyStatus status :
        List.of(
            ConsoleSamples.waiting(),
            ConsoleSamples.training(4, 3),
            ConsoleSamples.troubled(),
            ConsoleSamples.finished())) {
      assertSame(status, parse(PrometheusText.text(status)));
    }
  }

  @Test
  void textOfPeersCannotBreakTheFormat() {
    String text = PrometheusText.text(ConsoleSamples.hostile("a\"} 1\n# TYPE x \\ {"));
    assertThat(parse(text).keySet())
        .contains("dure_study_info{study=\"a\\\"} 1\\n# TYPE x \\\\ {\",sharing=\"body\"}");
  }

  @Test
  void concernsAreNamedWithRegionReasonAndSeverity() {
    assertThat(parse(PrometheusText.text(ConsoleSamples.troubled())))
        .containsEntry(
            "dure_region_concern{region=\"vi\",reason=\"ABSENT\",severity=\"severe\"}", 1.0)
        .containsEntry("dure_region_concern{region=\"ja\",reason=\"SLOW\",severity=\"mild\"}", 1.0)
        .containsEntry("dure_hub_trouble{reason=\"DISK_FULL\"}", 1.0);
  }
}
