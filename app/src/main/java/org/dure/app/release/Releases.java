package org.dure.app.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageModel;
import org.dure.core.LanguageProfile;
import org.dure.core.ModelConfig;
import org.dure.core.Sha256;
import org.dure.core.Signer;
import org.dure.core.Version;
import org.dure.corpus.CorpusReport;
import org.dure.evaluation.EvaluationReport;
import org.dure.federation.hub.Ledger;
import org.dure.model.TorchLanguageModel;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import org.jspecify.annotations.Nullable;

/// Makes, opens and checks releases.
///
/// A release is a folder: the weights and tokenizer as the transformers library loads them, the
/// model card, the evaluation, the profiles of its languages, the study's ledger, and a manifest of
/// all of it, signed.
public final class Releases {
  static final String LEDGER = "ledger";
  static final String EVALUATION = "evaluation.json";

  /// A language profile a file, `profiles/CODE.toml`.
  private static final String PROFILES = "profiles";

  private static final List<String> MODEL_FILES =
      List.of(
          "model.safetensors",
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json");

  private Releases() {}

  /// What goes into a release.
  ///
  /// @param name under which it is served
  /// @param language BCP 47 code, or `mul`
  /// @param model folder of a training
  /// @param evaluation its scores
  /// @param ledger of the study; null for a model that one region trained alone
  /// @param card README.md
  /// @param profiles of the languages that it writes
  public record Parts(
      String name,
      String language,
      Path model,
      Path evaluation,
      @Nullable Path ledger,
      String card,
      List<LanguageProfile> profiles) {}

  /// Makes a release; the folder appears whole or not at all.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING] naming every part that is not there
  public static void make(Parts parts, Signer signer, Path out) {
    checkParts(parts);
    AtomicFiles.folder(
        out,
        part -> {
          for (String file : MODEL_FILES) {
            Files.copy(parts.model().resolve(file), part.resolve(file));
          }
          Files.copy(parts.evaluation(), part.resolve(EVALUATION));
          Files.writeString(part.resolve("README.md"), parts.card());
          for (LanguageProfile profile : parts.profiles()) {
            Path folder = Files.createDirectories(part.resolve(PROFILES));
            Files.writeString(folder.resolve(profile.code() + ".toml"), profile.toml());
          }
          if (parts.ledger() != null) {
            copyFolder(parts.ledger(), part.resolve(LEDGER));
          }
          var unused =
              ReleaseManifest.sign(
                  part,
                  parts.name(),
                  parts.language(),
                  Instant.now(),
                  Map.of(
                      "software",
                      "dure " + Version.TEXT,
                      "weights",
                      Sha256.of(part.resolve("model.safetensors"))),
                  signer);
        });
  }

  private static void checkParts(Parts parts) {
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
  }

  private static void copyFolder(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  /// The manifest of a release that is as it was signed with `key`, ledger and all.
  ///
  /// @throws DureException naming everything that is not
  public static ReleaseManifest verify(Path folder, PublicKey key) {
    ReleaseManifest manifest = ReleaseManifest.verify(folder, key).require();
    Path ledger = folder.resolve(LEDGER);
    if (Files.isDirectory(ledger)) {
      Ledger.verify(ledger);
    }
    return manifest;
  }

  /// The shape of a model's folder, for its card.
  public static ModelConfig config(Path model) {
    return TorchLanguageModel.config(model);
  }

  /// Kept documents by licence, over several corpora.
  public static Map<String, Long> licences(List<Path> corpora) {
    Map<String, Long> licences = new TreeMap<>();
    for (Path corpus : corpora) {
      Json.read(corpus.resolve("report.json"), CorpusReport.Figures.class)
          .licences()
          .forEach((licence, documents) -> licences.merge(licence, documents, Long::sum));
    }
    return licences;
  }

  /// The language profiles that a release brings along; none where it is from before there were.
  public static List<LanguageProfile> profiles(Path release) {
    Path folder = release.resolve(PROFILES);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().map(LanguageProfile::of).toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// The scores of a report, by language.
  public static Map<String, Map<String, Double>> scores(EvaluationReport report) {
    Map<String, Map<String, Double>> scores = new LinkedHashMap<>();
    report.languages().forEach(one -> scores.put(one.language(), one.scores()));
    return scores;
  }

  /// A release's own key: tells that it is in itself whole, not who made it.
  public static PublicKey ownKey(Path folder) {
    return KeyFiles.readPublic(folder.resolve(ReleaseManifest.KEY_FILE));
  }

  /// Whether a folder is a release rather than the bare outcome of a training.
  public static boolean isRelease(Path folder) {
    return Files.exists(folder.resolve(ReleaseManifest.MANIFEST_FILE));
  }

  /// A model to use on this machine: a release, checked, or the outcome of a training.
  public static LanguageModel open(Path folder) {
    if (isRelease(folder)) {
      ReleaseManifest manifest = verify(folder, ownKey(folder));
      return TorchLanguageModel.open(folder, manifest.name(), manifest.language());
    }
    return TorchLanguageModel.open(folder, folder.toAbsolutePath().getFileName().toString(), "mul");
  }
}
