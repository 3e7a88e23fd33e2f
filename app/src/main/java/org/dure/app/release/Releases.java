package org.dure.app.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageModel;
import org.dure.core.LanguageProfile;
import org.dure.core.Sha256;
import org.dure.core.runtime.WrongFolder;
import org.dure.evaluation.ModelDigests;
import org.dure.federation.hub.Ledger;
import org.dure.model.TorchLanguageModel;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;

/// Opens and checks releases; a [ReleaseDraft] makes them.
///
/// A release is a folder: the weights and tokenizer as the transformers library loads them, the
/// model card, the evaluation, the profiles of its languages, the study's ledger if there is one,
/// and a manifest of all of it, signed. Every number in it names by digest what it was measured on.
public final class Releases {
  /// A language profile a file, `profiles/CODE.toml`.
  static final String PROFILES = "profiles";

  static final String WEIGHTS = "model.safetensors";

  private Releases() {}

  /// A release that is as it was signed.
  ///
  /// @param remarks what lies beside it, how it is kept, and what it does not say of itself so that
  ///     it could not be checked: one sentence each
  public record Checked(ReleaseManifest manifest, List<String> remarks) {
    public Checked {
      remarks = List.copyOf(remarks);
    }
  }

  /// Checks that a release is what was signed with `key`, and that what it says of its model is of
  /// its own files: evaluation, ledger, digests. Works offline.
  ///
  /// @throws DureException naming everything that is not
  public static Checked check(Path folder, PublicKey key) {
    ReleaseManifest.Verification verification = ReleaseManifest.verify(folder, key);
    ReleaseManifest manifest = verification.require();
    List<String> remarks = new ArrayList<>(verification.remarks());
    remarks.addAll(checkClaims(folder, manifest));
    return new Checked(manifest, remarks);
  }

  /// Checks that what a release says of its model is of its own files.
  ///
  /// @return what it does not say of itself
  static List<String> checkClaims(Path folder, ReleaseManifest manifest) {
    List<String> remarks = new ArrayList<>();
    new Claims(folder, digests(manifest)).check(manifest, remarks);
    return remarks;
  }

  /// Checks that a study did not take back the rounds that a release was made from.
  ///
  /// @param newer ledger of the study, from after the release was made
  /// @throws DureException with [ErrorCode#TAKEN_BACK] if it did, with
  ///     [ErrorCode#CLAIM_UNFOUNDED] if the ledger is no later state of the release's own
  public static void requireStanding(Path folder, Path newer) {
    Path own = folder.resolve(ReleaseDraft.LEDGER);
    if (!Files.isDirectory(own)) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "%s holds no ledger: from which rounds it was made cannot be known".formatted(folder));
    }
    Ledger.Merges now = Ledger.verify(newer).merges();
    if (!Ledger.continues(newer, own)) {
      throw new DureException(
          ErrorCode.CLAIM_UNFOUNDED,
          "%s does not begin as the ledger of %s does: expected a later ledger of the same study"
              .formatted(newer, folder));
    }
    int last = Ledger.verify(own).merges().last();
    if (now.isTakenBack(last)) {
      throw new DureException(
          ErrorCode.TAKEN_BACK,
          "%s was made from rounds that were taken back: it ends with round %d, and the study now"
                  .formatted(folder, last)
              + " goes on from round %d".formatted(now.standingBefore(last)));
    }
  }

  /// The round whose merge gave a release its weights, as its ledger says; empty where it has none,
  /// or it is of another study.
  ///
  /// @param study digest
  public static Optional<Integer> lastRound(Path folder, String study) {
    Path ledger = folder.resolve(ReleaseDraft.LEDGER);
    return Files.isDirectory(ledger) ? Ledger.lastRound(ledger, study) : Optional.empty();
  }

  /// As [#check], for those who only go on if all is well.
  public static ReleaseManifest verify(Path folder, PublicKey key) {
    return check(folder, key).manifest();
  }

  /// The language profiles that a release brings along; none where it is from before there were.
  public static List<LanguageProfile> profiles(Path release) {
    Path folder = release.resolve(PROFILES);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("[A-Za-z0-9-]+\\.toml"))
          .sorted()
          .map(LanguageProfile::of)
          .toList();
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  /// The model's digests, which the verification has just compared with the files.
  private static ModelDigests digests(ReleaseManifest manifest) {
    Map<String, String> files = new TreeMap<>();
    manifest.files().forEach(file -> files.put(file.path(), file.sha256()));
    return new ModelDigests(
        files.getOrDefault(WEIGHTS, Sha256.NONE),
        files.getOrDefault("tokenizer.json", Sha256.NONE),
        files.getOrDefault("config.json", Sha256.NONE));
  }

  /// A release's own key: tells that it is in itself whole, not who made it.
  public static PublicKey ownKey(Path folder) {
    requireRelease(folder);
    Path key = folder.resolve(ReleaseManifest.KEY_FILE);
    AtomicFiles.requireFile(key);
    return KeyFiles.readPublic(key);
  }

  /// Whether a folder is a release rather than the bare outcome of a training.
  public static boolean isRelease(Path folder) {
    return Files.exists(folder.resolve(ReleaseManifest.MANIFEST_FILE));
  }

  /// @throws DureException with [ErrorCode#INPUT_MISSING] saying what makes a release
  public static void requireRelease(Path folder) {
    if (!isRelease(folder) && !Files.isDirectory(folder.resolve("snapshots"))) {
      String kind = isModel(folder) ? "release but a model that nobody signed" : "release";
      throw WrongFolder.of(folder, kind, "dure release", Releases::isRelease);
    }
  }

  private static boolean isModel(Path folder) {
    return Files.exists(folder.resolve(WEIGHTS));
  }

  /// A model to use on this machine: a release, checked, or the outcome of a training.
  public static LanguageModel open(Path folder) {
    if (isRelease(folder)) {
      try (VerifiedRelease release = VerifiedRelease.open(folder, ownKey(folder))) {
        ReleaseManifest manifest = release.manifest();
        return TorchLanguageModel.open(release.folder(), manifest.name(), manifest.language());
      }
    }
    if (!isModel(folder)) {
      throw WrongFolder.of(folder, "model", "dure train", Releases::isModel);
    }
    return TorchLanguageModel.open(folder, folder.toAbsolutePath().getFileName().toString(), "mul");
  }
}
