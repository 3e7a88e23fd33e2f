package org.dure.console;

import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.Direction;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Time;
import org.jspecify.annotations.Nullable;

/// The study's picture in Prometheus' text exposition format, version 0.0.4, made anew at each
/// scrape: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
///
/// Base units (seconds, bytes, ratios); times are Unix time. A number that does not exist yet has
/// no sample.
final class PrometheusText {
  static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String GAUGE = "gauge";
  private static final String COUNTER = "counter";

  private final StudyStatus status;
  private final StringBuilder out = new StringBuilder(16 << 10);
  private String name = "";

  private PrometheusText(StudyStatus status) {
    this.status = status;
  }

  static String text(StudyStatus status) {
    PrometheusText metrics = new PrometheusText(status);
    metrics.study();
    metrics.regions();
    metrics.time();
    metrics.transfers();
    metrics.refusals();
    metrics.concerns();
    return metrics.out.toString();
  }

  private void study() {
    family("dure_study_info", GAUGE, "The study that this hub merges.");
    sample(1, "study", status.study(), "sharing", status.sharing().word());
    family("dure_study_phase", GAUGE, "1 for the phase in which the study is, else 0.");
    for (Phase phase : Phase.values()) {
      sample(phase == status.progress().phase() ? 1 : 0, "phase", lower(phase));
    }
    one(
        "dure_study_start_timestamp_seconds",
        "When the study began.",
        status.progress().started() / 1e3);
    one("dure_round", "The open round, or the last one.", status.progress().round());
    one("dure_rounds", "Rounds that are planned.", status.progress().rounds());
    one(
        "dure_quorum",
        "Contributions without which no round is merged.",
        status.membership().quorum());
    one(
        "dure_membership_epoch",
        "How often the membership has changed.",
        status.membership().epoch());
    one(
        "dure_weight_cap_ratio",
        "Largest share of a merge for a region.",
        status.membership().weightCap());
    one(
        "dure_round_median_seconds",
        "Median of the regions' round times.",
        status.membership().medianMillis() / 1e3);
    one("dure_hub_paused", "1 while the hub pauses.", status.trouble() == null ? 0 : 1);
    if (status.trouble() != null) {
      family("dure_hub_trouble", GAUGE, "Why the hub pauses.");
      sample(1, "reason", status.trouble().code());
    }
  }

  private void regions() {
    family("dure_region_info", GAUGE, "The regions of the study.");
    status.regions().forEach(r -> sample(1, "region", r.name(), "language", r.language()));
    family("dure_region_state", GAUGE, "1 for the state in which the region is, else 0.");
    for (Region region : status.regions()) {
      for (RegionState state : RegionState.values()) {
        double is = region.presence().state() == state ? 1 : 0;
        sample(is, "region", region.name(), "state", lower(state));
      }
    }
    gauge(
        "last_seen_timestamp_seconds",
        "When it was last heard.",
        r -> time(r.presence().lastSeen()));
    gauge(
        "lease_until_timestamp_seconds",
        "When its lease ends.",
        r -> time(r.presence().leaseUntil()));
    gauge(
        "certificate_until_timestamp_seconds",
        "When its certificate ends.",
        r -> time(r.standing().certificateUntil()));
    gauge(
        "revoked",
        "1 if the operator ended its key.",
        r -> r.standing().revoked().isEmpty() ? 0 : 1);
    gauge("round", "The round that it works on.", region -> region.activity().round());
    gauge("behind_rounds", "Staleness: rounds behind the open one.", r -> r.pace().behind());
    gauge(
        "round_seconds", "Its round time, median of its last eight.", r -> span(r.pace().millis()));
    gauge(
        "open_round_seconds",
        "How long it is at the round that it has not contributed to yet.",
        r -> span(r.pace().openMillis()));
    counter("contributions_total", "Contributions taken.", r -> r.pace().contributed());
    counter(
        "weight_total",
        "Weight of its contributions, e.g. tokens.",
        region -> region.work().weight());
    gauge("loss", "Loss of its newest contribution.", r -> number(r.pace().loss()));
    gauge("cosine", "Cosine of its newest delta to the merge.", r -> number(r.pace().cosine()));
    gauge("merge_share_ratio", "Share in its newest merge.", r -> number(r.pace().share()));
    family("dure_region_score", GAUGE, "Scores that it published at the end.");
    each((r, n) -> r.work().scores().forEach((k, value) -> sample(value, "region", n, "kind", k)));
  }

  private void time() {
    family("dure_region_time_seconds_total", COUNTER, "How it spent its time.");
    each(
        (region, name) -> {
          Time time = region.time();
          sample(time.training() / 1e3, "region", name, "kind", "training");
          sample(time.waiting() / 1e3, "region", name, "kind", "waiting");
          sample(time.moving() / 1e3, "region", name, "kind", "moving");
          sample(time.other() / 1e3, "region", name, "kind", "other");
          sample(time.absent() / 1e3, "region", name, "kind", "absent");
        });
    gauge("utilisation_ratio", "Share of its time that it trained.", r -> r.time().utilisation());
    gauge("idle_ratio", "Share of its time that it waited.", r -> r.time().idle());
    gauge(
        "recent_transfer_ratio",
        "Share of its last rounds, without waiting, that it moved fragments.",
        r -> r.time().recentMoving());
  }

  private void transfers() {
    family("dure_region_crossed_bytes_total", COUNTER, "Bytes over its border, by what they were.");
    status.traffic().totals().forEach(total -> sample(total.bytes(), labels(total)));
    family("dure_region_crossed_items_total", COUNTER, "How many they were.");
    status.traffic().totals().forEach(total -> sample(total.items(), labels(total)));
    counter("sent_bytes_total", "Bytes that left it.", region -> region.work().sent());
    counter("received_bytes_total", "Bytes that it fetched.", region -> region.work().received());
    counter(
        "sent_again_bytes_total",
        "Bytes of fragments that it sent though they had arrived before.",
        r -> r.link().sentAgain());
    family(
        "dure_region_transfer_seconds_total",
        COUNTER,
        "Time in which fragments were on their way.");
    each(
        (r, n) -> {
          sample(r.link().sending() / 1e3, "region", n, "direction", Direction.OUT.word());
          sample(r.link().receiving() / 1e3, "region", n, "direction", Direction.IN.word());
        });
    family("dure_region_transfer_bytes_per_second", GAUGE, "How fast fragments moved of late.");
    each(
        (r, n) -> {
          sample(r.link().sendRate(), "region", n, "direction", Direction.OUT.word());
          sample(r.link().receiveRate(), "region", n, "direction", Direction.IN.word());
        });
  }

  private static String[] labels(StudyStatus.Total total) {
    return new String[] {
      "region", total.region(), "direction", total.direction().word(), "kind", total.kind().word()
    };
  }

  private void refusals() {
    family("dure_region_refused_total", COUNTER, "Messages and chunks turned away.");
    each(
        (region, name) ->
            region
                .standing()
                .refusals()
                .forEach((why, n) -> sample(n.count(), "region", name, "reason", why)));
    family("dure_strangers_refused_total", COUNTER, "Turned away from those who are no region.");
    status.strangers().forEach((reason, count) -> sample(count, "reason", reason));
    family("dure_crowd_refused_total", COUNTER, "Connections and requests too many, by address.");
    status.load().crowds().forEach((address, count) -> sample(count, "address", address));
    family("dure_hub_planned_bytes", GAUGE, "Disk that the deltas of all rounds take at most.");
    sample(status.load().plannedBytes());
  }

  private void concerns() {
    family("dure_region_concern", GAUGE, "1: the most important thing that is wrong with it.");
    for (Region region : status.regions()) {
      Concern concern = region.concern();
      if (concern != null) {
        sample(
            1,
            "region",
            region.name(),
            "reason",
            concern.code().name(),
            "severity",
            concern.code().isSevere() ? "severe" : "mild");
      }
    }
  }

  private void one(String metric, String help, double value) {
    family(metric, GAUGE, help);
    sample(value);
  }

  /// A sample a region of what is a number; none where it is NaN.
  private void gauge(String metric, String help, ToDoubleFunction<Region> value) {
    each("dure_region_" + metric, GAUGE, help, value);
  }

  private void counter(String metric, String help, ToDoubleFunction<Region> value) {
    each("dure_region_" + metric, COUNTER, help, value);
  }

  private void each(String metric, String type, String help, ToDoubleFunction<Region> value) {
    family(metric, type, help);
    each(
        (region, name) -> {
          double number = value.applyAsDouble(region);
          if (!Double.isNaN(number)) {
            sample(number, "region", name);
          }
        });
  }

  private void each(BiConsumer<Region, String> action) {
    status.regions().forEach(region -> action.accept(region, region.name()));
  }

  private static double time(long millis) {
    return millis == 0 ? Double.NaN : millis / 1e3;
  }

  private static double span(long millis) {
    return millis == 0 ? Double.NaN : millis / 1e3;
  }

  private static double number(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void family(String metric, String type, String help) {
    name = metric;
    out.append("# HELP ").append(metric).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(metric).append(' ').append(type).append('\n');
  }

  private void sample(double value, String... namesAndValues) {
    out.append(name);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      out.append(i == 0 ? '{' : ',').append(namesAndValues[i]).append("=\"");
      out.append(escaped(namesAndValues[i + 1])).append('"');
    }
    out.append(namesAndValues.length == 0 ? " " : "} ").append(written(value)).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String written(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
