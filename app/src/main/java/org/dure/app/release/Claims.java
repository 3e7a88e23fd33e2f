package org.dure.app.release;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Printable;
import org.dure.corpus.CorpusIdentity;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.evaluation.Released;
import org.dure.federation.hub.Ledger;
import org.dure.model.SharedTensors;
import org.dure.provenance.ReleaseManifest;

/// What may be said of a model: only what is of its own files, by digest.
///
/// @param model folder of the model, or of its release
/// @param digests of the model's files
record Claims(Path model, ModelDigests digests) {
  /// Of a release of several languages.
  static final String SEVERAL = "mul";

  /// The same numbers computed by another number of threads differ by less than this.
  private static final double ARITHMETIC = 1e-3;

  /// Numbers that a region signed, of a text that is told from others by these.
  private static final List<String> SIZES = List.of("documents", "bytes", "tokens");

  /// Checks the evaluation and the ledger of a release against its own files.
  ///
  /// @param remarks gets what the release does not say of itself
  /// @throws DureException with [ErrorCode#CLAIM_UNFOUNDED] naming every claim that is of something
  ///     else
  void check(ReleaseManifest manifest, List<String> remarks) {
    String weights = manifest.information().get("weights");
    if (weights != null && !weights.equals(digests.weights())) {
      throw unfounded(
          model, List.of("weights: signed as %s, found %s".formatted(weights, digests.weights())));
    }
    Path file = model.resolve(ReleaseDraft.EVALUATION);
    Optional<EvaluationReport> evaluation =
        Files.isRegularFile(file) ? Optional.of(EvaluationReport.read(file)) : Optional.empty();
    if (evaluation.isEmpty()) {
      remarks.add("it holds no evaluation");
    } else if (isBound(evaluation.get())) {
      check(evaluation.get(), file, manifest.language());
      for (LanguageProfile profile : Releases.profiles(model)) {
        check(evaluation.get(), file, profile);
      }
    } else {
      remarks.add(
          "it was made before evaluations named the weights, the tokenizer and the held-out text:"
              + " that its numbers are of this model could not be checked");
    }
    Audits audits = Audits.of(model);
    audits.check(digests, List.of());
    if (audits.reports().isEmpty()) {
      remarks.add("it holds no audit: what attackers get of it was not tried");
    }
    Path ledger = model.resolve(ReleaseDraft.LEDGER);
    if (Files.isDirectory(ledger)) {
      Ledger.Verified verified = check(ledger, evaluation);
      checkSigned(manifest, verified, ledger);
      evaluation.ifPresent(report -> check(report, verified, file));
      unfinished(verified).ifPresent(remarks::add);
      evaluation
          .flatMap(report -> origin(report, digests))
          .ifPresent(
              origin ->
                  remarks.add(
                      ("its weights are what the region went on with (%s), as the signer alone says: not"
                              + " those with which the ledger ends")
                          .formatted(origin)));
    } else if (manifest.information().containsKey(ReleaseDraft.LEDGER)) {
      throw unfounded(
          model,
          List.of(
              "ledger: signed with one that ends with the event %s, found none"
                  .formatted(manifest.information().get(ReleaseDraft.LEDGER))));
    } else {
      remarks.add("it holds no ledger: how the model was trained could not be checked");
    }
  }

  /// From this version of `evaluation.json` on every number names what it was measured on.
  private static final int NAMES_WHAT_WAS_MEASURED = 3;

  private static boolean isBound(EvaluationReport report) {
    return report.version() >= NAMES_WHAT_WAS_MEASURED;
  }

  /// Checks that all numbers of an evaluation are of this model.
  ///
  /// @param file of the evaluation, for errors
  /// @param language of the model, or [#SEVERAL]
  void check(EvaluationReport report, Path file, String language) {
    List<String> problems = new ArrayList<>();
    if (report.languages().isEmpty()) {
      problems.add("it holds no number");
    }
    if (report.matrix() != null) {
      problems.add("it holds a table of several models, whose numbers name none");
    }
    for (Comparison one : report.languages()) {
      if (!language.equals(SEVERAL) && !language.equals(one.language())) {
        problems.add("language: measured on %s, expected %s".formatted(one.language(), language));
      }
      MeasuredOn on = one.measuredOn();
      if (on == null) {
        problems.add(
            "%s: it does not name what was measured (version %d): measure again with dure eval"
                .formatted(one.language(), report.version()));
      } else {
        ModelDigests measured = chosen(one).orElse(on.model());
        compare(one, "weights", measured.weights(), digests.weights(), problems);
        compare(one, "tokenizer", measured.tokenizer(), digests.tokenizer(), problems);
        compare(one, "config.json", measured.config(), digests.config(), problems);
      }
    }
    if (!problems.isEmpty()) {
      throw unfounded(file, problems);
    }
  }

  /// The digests of what a region goes on with instead of the belt's model, if they are this
  /// model's.
  private Optional<ModelDigests> chosen(Comparison one) {
    return choice(one).map(Released.Choice::model).filter(digests::equals);
  }

  private static Optional<Released.Choice> choice(Comparison one) {
    Released released = one.released();
    return released == null ? Optional.empty() : Optional.ofNullable(released.choice());
  }

  /// The origin of this model where a region chose it instead of the belt's: no ledger ends with
  /// its weights.
  static Optional<String> origin(EvaluationReport report, ModelDigests digests) {
    return report.languages().stream()
        .filter(one -> one.measuredOn() != null && !one.measuredOn().model().equals(digests))
        .flatMap(one -> choice(one).stream())
        .filter(choice -> choice.model().equals(digests))
        .map(Released.Choice::origin)
        .findFirst();
  }

  /// Checks that a language's numbers were measured on the held-out text of a corpus.
  static void check(EvaluationReport report, Path file, CorpusIdentity corpus) {
    List<String> problems = new ArrayList<>();
    report.languages().stream()
        .filter(one -> one.language().equals(corpus.language()))
        .findFirst()
        .ifPresentOrElse(
            one -> {
              MeasuredOn on = one.measuredOn();
              if (on != null) {
                compare(one, "held-out text", on.heldOut(), corpus.heldOut(), problems);
                compare(one, "language profile", on.profile(), corpus.profile(), problems);
              }
            },
            () ->
                problems.add(
                    "language: the corpus is of %s, which was not measured"
                        .formatted(corpus.language())));
    if (!problems.isEmpty()) {
      throw unfounded(file, problems);
    }
  }

  /// Checks that a language's numbers were measured by the profile that goes with the model.
  static void check(EvaluationReport report, Path file, LanguageProfile profile) {
    List<String> problems = new ArrayList<>();
    if (report.languages().stream().noneMatch(one -> one.language().equals(profile.code()))) {
      problems.add("language profile: of %s, which was not measured".formatted(profile.code()));
    }
    for (Comparison one : report.languages()) {
      MeasuredOn on = one.measuredOn();
      if (on != null && one.language().equals(profile.code())) {
        compare(one, "language profile", on.profile(), profile.digest(), problems);
      }
    }
    if (!problems.isEmpty()) {
      throw unfounded(file, problems);
    }
  }

  /// Checks a ledger, and that it ends with this model's weights; or, where a region chose another
  /// model than the belt's, that the region has signed the numbers of that belt's in it.
  ///
  /// @return of its circles those that do
  /// @throws DureException naming the event that is wrong, or with [ErrorCode#CLAIM_UNFOUNDED]
  Ledger.Verified check(Path ledger, Optional<EvaluationReport> evaluation) {
    Ledger.Verified verified = Ledger.verify(ledger);
    if (evaluation.isPresent() && origin(evaluation.get(), digests).isPresent()) {
      return circleOf(evaluation.get(), verified, ledger);
    }
    try (Arena arena = Arena.ofConfined()) {
      String found = verified.digestOf(SharedTensors.of(model, verified.study().sharing(), arena));
      if (!verified.weights().containsValue(found)) {
        throw unfounded(
            ledger,
            List.of(
                "shared weights: study \"%s\" ends with %s, %s has %s"
                    .formatted(
                        verified.study().name(),
                        String.join(", ", verified.weights().values()),
                        model,
                        found)));
      }
      return verified.endingWith(found);
    }
  }

  private Ledger.Verified circleOf(
      EvaluationReport evaluation, Ledger.Verified verified, Path ledger) {
    for (Comparison one : evaluation.languages()) {
      Ledger.Published published =
          one.region() == null ? null : verified.published().get(one.region());
      String weights = published == null ? null : verified.weights().get(published.circle());
      if (weights != null
          && chosen(one).isPresent()
          && signer(one, verified).filter(name -> name.equals(one.region())).isPresent()) {
        return verified.endingWith(weights);
      }
    }
    throw unfounded(
        ledger,
        List.of(
            ("%s is not the belt's model, and its region did not sign its evaluation's numbers in study"
                    + " \"%s\"; with the ledger goes the model of the last merge, in the region's belt/")
                .formatted(model, verified.study().name())));
  }

  /// What there is to say of a ledger that ends before the regions published their scores: a whole
  /// one, cut off there, leads to the same weights.
  static Optional<String> unfinished(Ledger.Verified verified) {
    return verified.finished()
        ? Optional.empty()
        : Optional.of(
            "its ledger ends before the study does, after round %d of %d: what regions measured of"
                    .formatted(verified.merges().counted(), verified.study().schedule().rounds())
                + " their models could not be compared");
  }

  /// Checks that a ledger is the one that was signed for: one that was cut off is a ledger too.
  static void checkSigned(ReleaseManifest manifest, Ledger.Verified verified, Path ledger) {
    List<String> problems = new ArrayList<>();
    Map<String, String> found =
        Map.of(ReleaseDraft.LEDGER, verified.head(), "study", verified.digest());
    found.forEach(
        (what, is) -> {
          String signed = manifest.information().get(what);
          if (signed != null && !signed.equals(is)) {
            problems.add("%s: signed as %s, found %s".formatted(what, signed, is));
          }
        });
    if (!problems.isEmpty()) {
      throw unfounded(ledger, problems);
    }
  }

  /// Checks that an evaluation does not say something else than the regions signed in the ledger.
  static void check(EvaluationReport report, Ledger.Verified ledger, Path file) {
    List<String> problems = new ArrayList<>();
    for (Comparison one : report.languages()) {
      Map<String, Double> scores = one.scores();
      List<Map<String, Double>> signed =
          ledger.published().values().stream()
              .filter(region -> region.language().equals(one.language()))
              .map(Ledger.Published::scores)
              .filter(published -> agree(scores, published, SIZES, 0))
              .toList();
      List<String> names = List.of("start", "end", "twin", "released");
      if (!signed.isEmpty()
          && signed.stream().noneMatch(each -> agree(scores, each, names, ARITHMETIC))) {
        problems.add(
            "%s: it says %s, the region signed %s in the ledger for the same text"
                .formatted(one.language(), shown(scores, names), shown(signed.getFirst(), names)));
      }
    }
    if (!problems.isEmpty()) {
      throw unfounded(file, problems);
    }
  }

  /// The name of the region that signed exactly these numbers.
  static Optional<String> signer(Comparison one, Ledger.Verified ledger) {
    return ledger.published().entrySet().stream()
        .filter(region -> region.getValue().language().equals(one.language()))
        .filter(region -> region.getValue().scores().containsKey("end"))
        .filter(
            region -> one.released() == null || region.getValue().scores().containsKey("released"))
        .filter(
            region -> one.scores().entrySet().containsAll(region.getValue().scores().entrySet()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static boolean agree(
      Map<String, Double> some, Map<String, Double> others, List<String> names, double within) {
    return names.stream()
        .allMatch(
            name -> {
              Double one = some.get(name);
              Double other = others.get(name);
              return one == null
                  || other == null
                  || Math.abs(one - other) <= within * Math.abs(other);
            });
  }

  private static String shown(Map<String, Double> scores, List<String> names) {
    return names.stream()
        .filter(scores::containsKey)
        .map(name -> name + " " + scores.get(name))
        .reduce((a, b) -> a + ", " + b)
        .orElse("nothing");
  }

  private static void compare(
      Comparison one, String what, String measured, String found, List<String> problems) {
    if (!measured.equals(found)) {
      problems.add(
          "%s: measured with %s %s, found %s".formatted(one.language(), what, measured, found));
    }
  }

  private static DureException unfounded(Path file, List<String> problems) {
    return new DureException(
        ErrorCode.CLAIM_UNFOUNDED,
        "%s is not of this model:\n  %s"
            .formatted(file, String.join("\n  ", problems.stream().map(Printable::line).toList())));
  }
}
