package org.dure.console;

import java.util.Map;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Concern;

/// Says in words what is wrong with a region or with the hub, and what to do about it: the same
/// words on the console's pages and in `dure status`.
public final class ConcernMessages {
  private ConcernMessages() {}

  /// What is wrong, without the region's name: `absent for 1 min 23 s, since round 7`.
  public static String text(Messages words, Concern concern) {
    String key = "concern." + concern.code().name();
    Map<String, Double> values = concern.values();
    return switch (concern.code()) {
      case REVOKED -> words.text(key, "reason", View.brief(concern.reason()));
      case REFUSED ->
          words.counted(
              key,
              Math.round(value(values, "count")),
              "count",
              words.number(Math.round(value(values, "count"))),
              "reason",
              View.brief(concern.reason()));
      case SUSPENDED ->
          words.text(
              key,
              "round",
              words.number(Math.round(value(values, "round"))),
              "verdict",
              verdict(words, concern.reason()));
      case LEFT_OUT ->
          words.counted(
              key,
              Math.round(value(values, "count")),
              "count",
              words.number(Math.round(value(values, "count"))),
              "verdict",
              verdict(words, concern.reason()));
      case CLIPPED -> words.text(key);
      case PART_LEFT_OUT -> words.text(key, "reason", View.brief(concern.reason()));
      case SET_BACK, BUDGET_SPENT, DISK_FULL, OUT_OF_SUM -> words.text(key);
      case CERTIFICATE_ENDED, CERTIFICATE_ENDS ->
          words.text(key, "duration", words.duration(millis(value(values, "days") * 86_400)));
      case ABSENT ->
          words.text(
              key,
              "duration",
              words.duration(millis(value(values, "seconds"))),
              "round",
              words.number(Math.round(value(values, "round"))));
      case NEVER_SEEN ->
          words.text(key, "duration", words.duration(millis(value(values, "seconds"))));
      case SLOW_LINK ->
          words.text(
              key,
              "share",
              words.percent(value(values, "share")),
              "times",
              words.decimal(value(values, "times"), 1));
      case SLOW ->
          words.text(
              key,
              "times",
              words.decimal(value(values, "times"), 1),
              "seconds",
              words.span(millis(value(values, "seconds"))),
              "median",
              words.span(millis(value(values, "median"))));
      case LATE ->
          words.counted(
              key,
              Math.round(value(values, "rounds")),
              "rounds",
              words.number(Math.round(value(values, "rounds"))));
      case AGAINST -> words.text(key, "cosine", words.signed(value(values, "cosine"), 2));
      case LOSS_RISES ->
          words.text(
              key,
              "loss",
              words.decimal(value(values, "loss"), 3),
              "best",
              words.decimal(value(values, "best"), 3));
      case OVER_CAP ->
          words.text(
              key,
              "claimed",
              words.percent(value(values, "claimed")),
              "share",
              words.percent(value(values, "share")));
    };
  }

  /// Why a delta did not count, in words.
  static String verdict(Messages words, String verdict) {
    return words.known("verdict.", verdict).orElse(verdict);
  }

  private static double value(Map<String, Double> values, String name) {
    return values.getOrDefault(name, Double.NaN);
  }

  private static long millis(double seconds) {
    return Math.round(seconds * 1000);
  }

  /// What the operator can do, a sentence or two.
  static String advice(Messages words, Concern concern) {
    return words.text("advice." + concern.code().name());
  }

  /// Why the hub pauses, a sentence.
  static String trouble(Messages words, StudyStatus.Trouble trouble) {
    return words
        .known("trouble.", trouble.code())
        .orElseGet(() -> words.text("trouble.text", "message", trouble.message()));
  }
}
