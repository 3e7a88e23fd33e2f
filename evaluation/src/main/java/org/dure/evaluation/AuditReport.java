package org.dure.evaluation;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// What an attack found out about a model's training text: figures bound by digest to the model
/// and to the text that was asked about. The schema is in the package's description. Immutable.
///
/// @param kind which audit it was, e.g. `membership`: lower-case letters and hyphens
/// @param version of the schema, 1
/// @param created RFC 3339
/// @param model that was attacked
/// @param on what it was asked about, SHA-256 by name, e.g. `training`, `held-out`; sorted
/// @param figures in the order in which they are shown
/// @param conditions what the figures hold for, by name, e.g. `documents`; sorted
/// @param digest of everything else
public record AuditReport(
    String kind,
    int version,
    String created,
    ModelDigests model,
    SequencedMap<String, String> on,
    List<Figure> figures,
    SequencedMap<String, String> conditions,
    String digest) {
  private static final int VERSION = 1;
  private static final int MOST = 64;
  private static final Pattern KIND = Pattern.compile("[a-z][a-z-]{0,31}");
  private static final Pattern WORDS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 .,:%/()=+-]{0,99}");

  /// One number.
  ///
  /// @param name in English, as the card shows it: letters, digits and plain marks
  /// @param value finite
  /// @param low of its 95 % interval; null where there is none
  /// @param high of its 95 % interval; null where there is none
  public record Figure(String name, double value, @Nullable Double low, @Nullable Double high) {
    public Figure {
      boolean both = low == null ? high == null : high != null && low <= high;
      if (!WORDS.matcher(name).matches() || !Double.isFinite(value) || !both) {
        throw malformed("a figure of an audit needs a plain name and finite numbers: " + value);
      }
    }

    /// A figure without uncertainty, such as a count.
    public static Figure of(String name, double value) {
      return new Figure(name, value, null, null);
    }

    /// A figure with its interval.
    public static Figure of(String name, Interval interval) {
      return new Figure(name, interval.value(), interval.low(), interval.high());
    }
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] naming what it should not hold
  public AuditReport {
    on = Collections.unmodifiableSequencedMap(new TreeMap<>(on));
    figures = List.copyOf(figures);
    conditions = Collections.unmodifiableSequencedMap(new TreeMap<>(conditions));
    if (version != VERSION) {
      throw malformed("an audit of version %d: expected %d".formatted(version, VERSION));
    }
    if (!KIND.matcher(kind).matches()) {
      throw malformed("the kind of an audit is lower-case letters and hyphens");
    }
    if (figures.isEmpty() || Math.max(figures.size(), on.size() + conditions.size()) > MOST) {
      throw malformed("an audit has 1 to %d figures and at most as many digests".formatted(MOST));
    }
    on.forEach(
        (name, value) -> {
          if (!WORDS.matcher(name).matches() || !Sha256.isDigest(value)) {
            throw malformed("an audit names what it asked about by SHA-256");
          }
        });
    conditions.forEach(
        (name, value) -> {
          if (!WORDS.matcher(name).matches() || !WORDS.matcher(value).matches()) {
            throw malformed("a condition of an audit is a plain name and a plain value");
          }
        });
  }

  /// A report as it is made.
  public static AuditReport of(
      String kind,
      String created,
      ModelDigests model,
      Map<String, String> on,
      List<Figure> figures,
      Map<String, String> conditions) {
    AuditReport open =
        new AuditReport(
            kind,
            VERSION,
            created,
            model,
            new TreeMap<>(on),
            figures,
            new TreeMap<>(conditions),
            Sha256.NONE);
    return new AuditReport(
        kind,
        VERSION,
        created,
        model,
        open.on,
        figures,
        open.conditions,
        digest(Json.object(Json.bytes(open))));
  }

  private static String digest(Map<String, @Nullable Object> json) {
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(json);
    rest.remove("digest");
    return Sha256.of(Json.bytes(rest));
  }

  /// Writes the report as JSON.
  public void write(Path file) {
    AtomicFiles.write(file, Json.pretty(this));
  }

  /// Reads what [#write] wrote.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is no such file, with
  ///     [ErrorCode#ARTIFACT_CORRUPT] if it is not as it was written
  public static AuditReport read(Path file) {
    AuditReport report;
    try {
      report = Json.read(file, AuditReport.class);
    } catch (DureException e) {
      throw new DureException(e.code(), "%s is no audit: %s".formatted(file, e.getMessage()), e);
    }
    String found = digest(Json.object(file));
    if (!found.equals(report.digest)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s was changed after the audit: it has the digest %s and names %s; audit again"
              .formatted(file, found, report.digest));
    }
    return report;
  }

  private static DureException malformed(String problem) {
    return new DureException(ErrorCode.INPUT_MALFORMED, problem);
  }
}
