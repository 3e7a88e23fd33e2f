package org.dure.app.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// The runs of a file of the lab's JSON lines, as a table.
public final class LabReport {
  private static final double MEGABYTE = 1e6;
  private static final double MEBIBYTE = 1 << 20;

  private LabReport() {}

  /// The runs of a file, oldest first, each an object of JSON.
  public static List<Map<String, @Nullable Object>> runs(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
          .filter(line -> !line.isBlank())
          .map(line -> Json.object(line.getBytes(StandardCharsets.UTF_8)))
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// One line a run.
  public static String table(List<Map<String, @Nullable Object>> runs) {
    StringJoiner table = new StringJoiner("\n");
    table.add(
        String.format(
            Locale.ROOT,
            "%-28s %8s %8s %8s %9s %7s %6s %7s %6s %6s  %s",
            "run",
            "MB",
            "round s",
            "limit s",
            "plain s",
            "in use",
            "wire",
            "hub MB",
            "kills",
            "rate",
            "verdict"));
    for (Map<String, @Nullable Object> run : runs) {
      table.add(row(run));
    }
    return table.toString();
  }

  private static String row(Map<String, @Nullable Object> run) {
    String label = String.valueOf(run.getOrDefault("label", ""));
    String name =
        label.isEmpty()
            ? "%s %s".formatted(run.get("profile"), run.get("congestion")).strip()
            : label;
    long kills = 0;
    if (run.get("kills") instanceof Map<?, ?> map) {
      kills = map.values().stream().mapToLong(value -> (long) number(value)).sum();
    }
    String expected = run.get("expected") instanceof List<?> list ? reasons(list) : "";
    String reasons = run.get("reasons") instanceof List<?> list ? reasons(list) : "";
    String verdict = String.valueOf(run.get("verdict"));
    return String.format(
        Locale.ROOT,
        "%-28s %8.1f %8.1f %8s %9s %7s %6s %7.0f %6d %6s  %s",
        name,
        number(run.get("bytes")) / MEGABYTE,
        number(run.get("medianRoundSeconds")),
        optional("%.1f", run.get("limitSeconds"), 1),
        optional("%.1f", run.get("plainTcpSeconds"), 1),
        optional("%.0f %%", run.get("utilisation"), 100),
        optional("%.3f", run.get("wireRatio"), 1),
        number(run.get("hubResidentBytes")) / MEBIBYTE,
        kills,
        optional("%.3f", run.get("rate"), 1),
        verdict
            + (reasons.isEmpty() ? "" : ": " + reasons)
            + (expected.isEmpty() ? "" : " (asked: " + expected + ")"));
  }

  private static String reasons(List<?> list) {
    StringJoiner joined = new StringJoiner("; ");
    list.forEach(reason -> joined.add(String.valueOf(reason).lines().findFirst().orElse("")));
    return joined.toString();
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  private static String optional(String format, @Nullable Object value, double factor) {
    return value instanceof Number number
        ? String.format(Locale.ROOT, format, factor * number.doubleValue())
        : "-";
  }
}
