package org.dure.app.release;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.corpus.CorpusIdentity;
import org.dure.corpus.Documents;
import org.dure.evaluation.AuditReport;
import org.dure.evaluation.BitsPerByte;
import org.dure.evaluation.MembershipInference;
import org.dure.evaluation.ModelDigests;
import org.jspecify.annotations.Nullable;

/// Asks a model which documents of a corpus it was trained on, see [MembershipInference].
///
/// @param reference a model that saw neither side; null for none
/// @param most documents of either side
/// @param seed of the intervals' resampling
public record MembershipAudit(@Nullable Path reference, int most, long seed) {
  private static final String KIND = "membership";

  /// The audit of a model, bound by digest to it and to the text.
  ///
  /// @param model a release, or the outcome of a training
  /// @param corpus that it was trained on
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if the corpus has too few documents, with
  ///     [ErrorCode#ARTIFACT_CORRUPT] if the model is changed meanwhile
  public AuditReport of(Path model, Path corpus) {
    CorpusIdentity text = CorpusIdentity.of(corpus);
    ModelDigests before = ModelDigests.of(model);
    AuditReport report;
    try (Documents training = Documents.train(corpus);
        Documents heldOut = Documents.heldOut(corpus)) {
      List<Document> trained = BitsPerByte.sample(training, most);
      List<Document> others = BitsPerByte.sample(heldOut, most);
      Map<String, String> conditions = new LinkedHashMap<>();
      conditions.put("language", text.language());
      conditions.put("training documents", Integer.toString(trained.size()));
      conditions.put("held-out documents", Integer.toString(others.size()));
      conditions.put("seed", Long.toString(seed));
      Map<String, String> on = new LinkedHashMap<>();
      on.put("training", training.digest());
      on.put(Audits.HELD_OUT, heldOut.digest());
      if (reference != null) {
        on.put("reference weights", ModelDigests.of(reference).weights());
      }
      report =
          AuditReport.of(
              KIND,
              Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
              before,
              on,
              figures(model, trained, others),
              conditions);
    }
    if (!ModelDigests.of(model).equals(before)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT, model + " was changed while it was audited: audit again");
    }
    return report;
  }

  private List<AuditReport.Figure> figures(
      Path model, List<Document> trained, List<Document> others) {
    try (LanguageModel asked = Releases.open(model)) {
      if (reference == null) {
        return MembershipInference.figures(asked, trained, others, null, seed);
      }
      try (LanguageModel beside = Releases.open(reference)) {
        return MembershipInference.figures(asked, trained, others, beside, seed);
      }
    }
  }
}
