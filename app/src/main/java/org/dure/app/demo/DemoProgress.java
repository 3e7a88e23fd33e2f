package org.dure.app.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Contribution;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;

/// How far the demo's study is, read off pictures of it, for the terminal. What is counted only
/// grows while the study goes on.
///
/// @param plan of the study
record DemoProgress(DemoPlan plan) {
  /// Local steps that all regions have done, twins included.
  long steps(StudyStatus status) {
    return status.regions().stream()
        .mapToLong(region -> Math.round(status.shareDone(region) * plan.steps()))
        .sum();
  }

  /// Whether the last merge is done.
  static boolean isTrained(StudyStatus status) {
    return switch (status.progress().phase()) {
      case WAITING, PREPARING, TRAINING -> false;
      case MEASURING, FINISHED -> true;
    };
  }

  /// The models that a demo's region measures: untrained start, trained together, twin.
  private static final int MODELS = 3;

  /// Held-out documents that have been measured, a third of one for each model of its region.
  long documents(StudyStatus status) {
    return status.regions().stream().mapToLong(DemoProgress::documents).sum();
  }

  /// A region measures its untrained start, then what it trained together, then its twin.
  private static long documents(Region region) {
    Map<String, Double> scores = region.work().scores();
    if (!scores.isEmpty()) {
      return Math.round(scores.getOrDefault("documents", 0.0));
    }
    long done = region.activity().done();
    long total = region.activity().total();
    return switch (region.activity().doing()) {
      case EVALUATING_START -> done / MODELS;
      case EVALUATING -> (total + done) / MODELS;
      case EVALUATING_TWIN -> (2 * total + done) / MODELS;
      case NONE, STARTING, PREPARING, TRAINING, TRAINING_TWIN, TRAINING_ON, MEASURING -> 0;
      case WORKING, WAITING, SENDING, RECEIVING, SAVING -> 0;
      case DISK_FULL, SET_BACK, GOING_BACK, BUDGET_SPENT -> 0;
    };
  }

  /// What is known while the study trains: each region's bits per byte, and how that stands beside
  /// its twin's.
  String trainingRemark(StudyStatus status) {
    return switch (status.progress().phase()) {
      case WAITING -> "regions are starting";
      case PREPARING -> "words are counted";
      case TRAINING -> training(status);
      case MEASURING -> "measuring";
      case FINISHED -> "measured";
    };
  }

  private static String training(StudyStatus status) {
    List<String> known = new ArrayList<>();
    for (Region region : status.regions()) {
      String newest = newest(status, region.name());
      if (!newest.isEmpty()) {
        known.add(region.name() + " " + newest);
      }
    }
    String round =
        "round %d of %d".formatted(status.progress().round(), status.progress().rounds());
    return known.isEmpty()
        ? round
        : round + ", bits per byte (beside alone): " + String.join(", ", known);
  }

  private static String newest(StudyStatus status, String region) {
    for (Round round : status.history().reversed()) {
      Contribution contribution = round.contributions().get(region);
      Double together =
          contribution == null ? null : contribution.metrics().get("heldOutBitsPerByte");
      if (contribution != null && together != null) {
        Double alone = contribution.metrics().get("twinHeldOutBitsPerByte");
        return alone == null
            ? String.format(Locale.ROOT, "%.2f", together)
            : String.format(
                Locale.ROOT, "%.2f (%+.1f %%)", together, 100 * (together - alone) / alone);
      }
    }
    return "";
  }

  /// Who has published and who still measures.
  String measuringRemark(StudyStatus status) {
    List<String> done = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (Region region : status.regions()) {
      (region.presence().state() == RegionState.FINISHED ? done : left).add(region.name());
    }
    return left.isEmpty()
        ? "all have published"
        : (done.isEmpty() ? "" : "published: " + String.join(" ", done) + ", ")
            + "measuring: "
            + String.join(" ", left);
  }
}
