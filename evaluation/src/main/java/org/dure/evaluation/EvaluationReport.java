package org.dure.evaluation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// What a study's models are worth, as `evaluation.json` (schema: package documentation) and as the
/// first table of a [EvaluationReportPage]. Immutable.
///
/// @param version of the schema, 1 to 4
/// @param study its name
/// @param created RFC 3339
/// @param languages one comparison each, in the order in which they are shown
/// @param matrix models against languages; null where it was not measured
/// @param conditions what the numbers hold for, by name, e.g. `steps`, `seed`; sorted
/// @param digest of everything else; null before version 3
public record EvaluationReport(
    int version,
    String study,
    String created,
    List<Comparison> languages,
    @Nullable Matrix matrix,
    SequencedMap<String, String> conditions,
    @Nullable String digest) {
  private static final int VERSION = 4;

  /// The first version that names what was measured and has a digest.
  private static final int BOUND = 3;

  /// The first version that can say that something was not measured.
  private static final int OPTIONAL = 2;

  private static final String DIGEST = "digest";

  public EvaluationReport {
    languages = List.copyOf(languages);
    conditions = Collections.unmodifiableSequencedMap(new TreeMap<>(conditions));
  }

  /// Bits per byte of several models on several languages' held-out text.
  ///
  /// @param models names, one a row
  /// @param languages codes, one a column
  /// @param cells `[model][language]`; null where nothing was measured
  public record Matrix(
      List<String> models, List<String> languages, List<List<@Nullable Interval>> cells) {
    public Matrix {
      models = List.copyOf(models);
      languages = List.copyOf(languages);
      List<List<@Nullable Interval>> rows = new ArrayList<>();
      for (List<@Nullable Interval> row : cells) {
        if (row.size() != languages.size()) {
          throw wrongShape(models, languages);
        }
        rows.add(Collections.unmodifiableList(new ArrayList<>(row)));
      }
      if (rows.size() != models.size()) {
        throw wrongShape(models, languages);
      }
      cells = Collections.unmodifiableList(rows);
    }

    private static DureException wrongShape(List<String> models, List<String> languages) {
      return new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the matrix is not of %d models by %d languages"
              .formatted(models.size(), languages.size()));
    }
  }

  public static EvaluationReport of(
      String study,
      String created,
      List<Comparison> languages,
      @Nullable Matrix matrix,
      Map<String, String> conditions) {
    EvaluationReport open =
        new EvaluationReport(
            VERSION, study, created, languages, matrix, new TreeMap<>(conditions), null);
    return new EvaluationReport(
        VERSION,
        study,
        created,
        open.languages,
        matrix,
        open.conditions,
        digest(Json.object(Json.bytes(open))));
  }

  private static String digest(Map<String, @Nullable Object> json) {
    Map<String, @Nullable Object> rest = new LinkedHashMap<>(json);
    rest.remove(DIGEST);
    return Sha256.of(Json.bytes(rest));
  }

  /// Rounds that were trained together, of the conditions; 0 where they do not say.
  public int rounds() {
    String rounds = conditions.get("rounds");
    return rounds != null && rounds.matches("[0-9]{1,9}") ? Integer.parseInt(rounds) : 0;
  }

  /// Writes `evaluation.json`.
  public void write(Path file) {
    AtomicFiles.write(file, Json.pretty(this));
  }

  /// Reads `evaluation.json`. Numbers that were changed by hand are found by the digest; that they
  /// were measured at all is vouched for by whoever signs them.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is not such a file, with
  ///     [ErrorCode#ARTIFACT_CORRUPT] if it is not as it was written
  public static EvaluationReport read(Path file) {
    EvaluationReport report = Json.read(file, EvaluationReport.class);
    if (report.version < 1 || report.version > VERSION) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s has version %d; this program reads 1 to %d".formatted(file, report.version, VERSION));
    }
    if (report.version >= BOUND && !digest(Json.object(file)).equals(report.digest)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s was changed after it had been measured: it has the digest %s and names %s; measure again"
              .formatted(file, digest(Json.object(file)), report.digest));
    }
    return report.version >= OPTIONAL ? report : report.withoutStandIns();
  }

  private EvaluationReport withoutStandIns() {
    return new EvaluationReport(
        version,
        study,
        created,
        languages.stream().map(Comparison::withoutStandIns).toList(),
        matrix,
        conditions,
        digest);
  }
}
