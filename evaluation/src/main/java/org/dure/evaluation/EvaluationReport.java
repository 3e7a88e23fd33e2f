package org.dure.evaluation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// What a study's models are worth, as `evaluation.json` (schema: package documentation) and as the
/// first table of a [EvaluationReportPage]. Immutable.
///
/// @param version of the schema, 1 or 2
/// @param study its name
/// @param created RFC 3339
/// @param languages one comparison each, in the order in which they are shown
/// @param matrix models against languages; null where it was not measured
/// @param conditions what the numbers hold for, by name, e.g. `steps`, `seed`; sorted
public record EvaluationReport(
    int version,
    String study,
    String created,
    List<Comparison> languages,
    @Nullable Matrix matrix,
    SequencedMap<String, String> conditions) {
  private static final int VERSION = 2;

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
    return new EvaluationReport(
        VERSION, study, created, languages, matrix, new TreeMap<>(conditions));
  }

  /// Writes `evaluation.json`.
  public void write(Path file) {
    AtomicFiles.write(file, Json.pretty(this));
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is not such a file
  public static EvaluationReport read(Path file) {
    EvaluationReport report = Json.read(file, EvaluationReport.class);
    if (report.version < 1 || report.version > VERSION) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s has version %d; this program reads 1 and 2".formatted(file, report.version));
    }
    return report;
  }
}
