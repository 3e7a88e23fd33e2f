package org.dure.app.lab;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// A figure that a run of the lab has to keep to.
public record LabExpectation(Figure figure, double value) {
  /// What can be asked for.
  enum Figure {
    ROUND("the median round took %.2f s", true, LabResult::medianRound),
    IN_USE("%.3f of the link was in use", false, LabResult::utilisation),
    WIRE("%.4f bytes crossed for each of the payload", true, LabResult::wireRatio),
    RESIDENT(
        "the hub had %.0f MB resident",
        true, result -> result.seen().memory().resident() / MEBIBYTE),
    BACK("a killed hub was back after %.2f s", true, LabResult::slowestReturn),
    RATE("%.3f of the rounds of the study with all alike were merged", false, LabResult::rate),
    LOST("%.0f local steps are in no merge", true, result -> result.seen().steps().lost()),
    AGAIN("%.3f fragments were sent again for each kill", true, LabResult::sentAgainPerKill);

    private final String text;
    private final boolean most;
    private final ToDoubleFunction<LabResult> measured;

    Figure(String text, boolean most, ToDoubleFunction<LabResult> measured) {
      this.text = text;
      this.most = most;
      this.measured = measured;
    }

    /// As on the command line, e.g. `in-use`.
    String title() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final double MEBIBYTE = 1 << 20;

  public static List<String> names() {
    return Arrays.stream(Figure.values()).map(Figure::title).toList();
  }

  public static Optional<LabExpectation> of(String title, double value) {
    return Arrays.stream(Figure.values())
        .filter(figure -> figure.title().equals(title))
        .findFirst()
        .map(figure -> new LabExpectation(figure, value));
  }

  /// What was missed, as a sentence; empty if it was kept.
  Optional<String> missed(LabResult result) {
    double measured = figure.measured.applyAsDouble(result);
    boolean kept = figure.most ? measured <= value : measured >= value;
    return kept
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                figure.text + ": expected %s %s",
                measured,
                figure.most ? "at most" : "at least",
                number(value)));
  }

  /// E.g. `round at most 22`.
  String text() {
    return "%s %s %s"
        .formatted(figure.title(), figure.most ? "at most" : "at least", number(value));
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
