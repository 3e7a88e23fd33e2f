package org.dure.app.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.app.audit.LeakReport;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.PrivateFiles;
import org.dure.core.Signer;
import org.dure.core.Version;
import org.dure.corpus.CorpusIdentity;
import org.dure.evaluation.Comparison;
import org.dure.evaluation.EvaluationReport;
import org.dure.evaluation.MeasuredOn;
import org.dure.evaluation.ModelDigests;
import org.dure.federation.hub.Ledger;
import org.dure.model.TorchLanguageModel;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;

/// A release that could be signed: every part is there, and what they say is of this model.
public final class ReleaseDraft {
  static final String LEDGER = "ledger";
  static final String EVALUATION = "evaluation.json";

  private static final int MOST_NAME = 100;

  private static final List<String> MODEL_FILES =
      List.of(
          "model.safetensors",
          "config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "generation_config.json");

  /// Whose digests the numbers name; what else other programs read is made from these.
  private static final List<String> MEASURED_FILES = MODEL_FILES.subList(0, 3);

  private final Parts parts;
  private final ModelDigests digests;
  private final EvaluationReport evaluation;
  private final SortedMap<String, Long> licences;
  private final Ledger.@Nullable Verified verified;
  private final @Nullable LeakReport leak;
  private final Audits audits;

  /// What goes into a release.
  ///
  /// @param name under which it is served
  /// @param language BCP 47 code, or `mul`
  /// @param model folder of a training
  /// @param evaluation file of its scores
  /// @param corpora of which the held-out text is, for their licences; may be empty
  /// @param ledger of the study; null for a model of none
  /// @param profiles of the languages that it writes
  /// @param audits files of what attacks found out about it, and one of what its study would give
  ///     away; may be empty
  public record Parts(
      String name,
      String language,
      Path model,
      Path evaluation,
      List<Path> corpora,
      @Nullable Path ledger,
      List<LanguageProfile> profiles,
      List<Path> audits) {
    public Parts {
      audits = List.copyOf(audits);
      corpora = List.copyOf(corpora);
      profiles = List.copyOf(profiles);
    }
  }

  private ReleaseDraft(
      Parts parts,
      ModelDigests digests,
      EvaluationReport evaluation,
      SortedMap<String, Long> licences,
      Ledger.@Nullable Verified verified,
      @Nullable LeakReport leak,
      Audits audits) {
    this.parts = parts;
    this.digests = digests;
    this.evaluation = evaluation;
    this.licences = licences;
    this.verified = verified;
    this.leak = leak;
    this.audits = audits;
  }

  /// Checks the parts.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING] naming every part that is not there, with
  ///     [ErrorCode#INPUT_MALFORMED] if the weights are not finite, with
  ///     [ErrorCode#CLAIM_UNFOUNDED] naming what a part says of another model, tokenizer, language
  ///     or text
  public static ReleaseDraft of(Parts parts) {
    checkName(parts.name());
    checkThere(parts);
    EvaluationReport evaluation = EvaluationReport.read(parts.evaluation());
    TorchLanguageModel.check(parts.model());
    Claims claims = new Claims(parts.model(), ModelDigests.of(parts.model()));
    claims.check(evaluation, parts.evaluation(), parts.language());
    parts.profiles().forEach(profile -> Claims.check(evaluation, parts.evaluation(), profile));
    SortedMap<String, Long> licences = new TreeMap<>();
    Set<String> languages = new HashSet<>();
    List<CorpusIdentity> identities = new ArrayList<>();
    for (Path folder : parts.corpora()) {
      CorpusIdentity corpus = CorpusIdentity.of(folder);
      identities.add(corpus);
      if (!languages.add(corpus.language())) {
        throw new DureException(
            ErrorCode.USAGE,
            "--corpus %s: another one of %s is given".formatted(folder, corpus.language()));
      }
      Claims.check(evaluation, parts.evaluation(), corpus);
      corpus.licences().forEach((licence, count) -> licences.merge(licence, count, Long::sum));
    }
    Ledger.Verified verified = null;
    if (parts.ledger() != null) {
      verified = claims.check(parts.ledger(), Optional.of(evaluation));
      Claims.check(evaluation, verified, parts.evaluation());
    }
    List<Path> leaks = parts.audits().stream().filter(LeakReport::isOne).toList();
    if (leaks.size() > 1) {
      throw new DureException(
          ErrorCode.USAGE, "--audit: expected one audit of leaks, found %s".formatted(leaks));
    }
    LeakReport leak = leaks.isEmpty() ? null : leak(leaks.getFirst(), verified);
    Audits audits =
        Audits.read(parts.audits().stream().filter(file -> !leaks.contains(file)).toList());
    audits.check(claims.digests(), identities);
    return new ReleaseDraft(parts, claims.digests(), evaluation, licences, verified, leak, audits);
  }

  /// An audit of leaks is of a study, which only a ledger can show to be that of the weights.
  private static LeakReport leak(Path file, Ledger.@Nullable Verified verified) {
    LeakReport audit = LeakReport.read(file);
    if (verified == null || !audit.subject().study().equals(verified.digest())) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "%s is of the study %s: %s"
              .formatted(
                  file,
                  audit.subject().study(),
                  verified == null
                      ? "give the study's --ledger"
                      : "the ledger is of " + verified.digest()));
    }
    return audit;
  }

  /// A name is shown in the card as it is: it must not bring sentences of its own.
  private static void checkName(String name) {
    if (name.isBlank() || name.length() > MOST_NAME || !name.matches("[\\p{L}\\p{M}\\p{N} ._-]+")) {
      throw new DureException(
          ErrorCode.USAGE,
          "--name \"%s\": expected up to %d letters, digits, spaces, dots, hyphens"
              .formatted(name.replaceAll("\\p{C}", "?"), MOST_NAME));
    }
  }

  private static void checkThere(Parts parts) {
    Map<String, Path> needed = new TreeMap<>();
    MODEL_FILES.forEach(file -> needed.put(file, parts.model().resolve(file)));
    needed.put(EVALUATION, parts.evaluation());
    if (parts.ledger() != null) {
      needed.put(LEDGER, parts.ledger());
    }
    List<String> missing =
        needed.values().stream().filter(path -> !Files.exists(path)).map(Path::toString).toList();
    if (!missing.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "release %s: there is no %s".formatted(parts.name(), String.join(", no ", missing)));
    }
    needed.values().forEach(AtomicFiles::requireFile);
    if (Files.isDirectory(parts.evaluation())) {
      Path inside = parts.evaluation().resolve(EVALUATION);
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: it is a folder, expected the file of an evaluation%s"
              .formatted(
                  parts.evaluation(), Files.exists(inside) ? "; did you mean " + inside : ""));
    }
  }

  /// Digest of the study whose ledger this is; null where there is none.
  public @Nullable String study() {
    return verified == null ? null : verified.digest();
  }

  /// The model card.
  String card() {
    return new ModelCard(
            parts.name(),
            TorchLanguageModel.config(parts.model()),
            digests,
            evaluation,
            licences,
            verified,
            leak,
            audits)
        .markdown();
  }

  /// Writes and signs the release; the folder appears whole or not at all. An older release is
  /// replaced.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if `out` holds something that is none
  public void sign(Signer signer, Path out) {
    refuseForeign(out);
    AtomicFiles.folder(
        out,
        part -> {
          for (String file : MEASURED_FILES) {
            Files.copy(parts.model().resolve(file), part.resolve(file));
          }
          TorchLanguageModel.describe(part);
          evaluation.write(part.resolve(EVALUATION));
          if (leak != null) {
            PrivateFiles.write(part.resolve(LeakReport.FILE), leak.json());
          }
          audits.write(part);
          PrivateFiles.write(part.resolve("README.md"), card());
          for (LanguageProfile profile : parts.profiles()) {
            Path folder = PrivateFiles.createFolders(part.resolve(Releases.PROFILES));
            PrivateFiles.write(folder.resolve(profile.code() + ".toml"), profile.toml());
          }
          if (parts.ledger() != null) {
            copyFolder(parts.ledger(), part.resolve(LEDGER));
          }
          var unused =
              ReleaseManifest.sign(
                  part, parts.name(), parts.language(), Instant.now(), information(), signer);
        });
    publish(out);
  }

  /// A release is there to be handed on: all may read it, nobody else may change it.
  private static void publish(Path out) {
    try {
      PrivateFiles.publish(out);
    } catch (IOException e) {
      throw DureException.io("let others read", out, e);
    }
  }

  /// What else is signed: the digests that every number of the release is of.
  private Map<String, String> information() {
    Map<String, String> information = new LinkedHashMap<>();
    information.put("software", "dure " + Version.TEXT);
    information.put("weights", digests.weights());
    information.put("tokenizer", digests.tokenizer());
    for (Comparison one : evaluation.languages()) {
      MeasuredOn on = one.measuredOn();
      if (on != null) {
        information.put("profile." + one.language(), on.profile());
        information.put("held-out." + one.language(), on.heldOut());
      }
    }
    if (verified != null) {
      information.put("study", verified.digest());
      information.put("ledger", verified.head());
    }
    return information;
  }

  private static void refuseForeign(Path out) {
    if (!Files.exists(out, LinkOption.NOFOLLOW_LINKS) || Releases.isRelease(out)) {
      return;
    }
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(out)) {
      try (Stream<Path> files = Files.list(out)) {
        files.limit(1).forEach(found::add);
      } catch (IOException e) {
        throw DureException.io("read", out, e);
      }
    } else {
      found.add(out);
    }
    if (!found.isEmpty()) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s holds something that is no release (%s): it is not replaced"
              .formatted(out, found.getFirst()));
    }
  }

  private static void copyFolder(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          PrivateFiles.createFolders(target);
        } else {
          AtomicFiles.requireFile(file);
          Files.copy(file, target);
        }
      }
    }
  }
}
