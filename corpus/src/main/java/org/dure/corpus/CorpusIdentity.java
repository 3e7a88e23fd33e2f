package org.dure.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.RunFolder;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// What tells one built corpus from another, as its own manifest vouches for it.
///
/// @param language code of the profile with which it was built
/// @param profile SHA-256 of that profile as compact JSON
/// @param heldOut SHA-256 of the file of held-out documents, see [Documents#digest]
/// @param licences number of kept documents under each licence, in alphabetical order
public record CorpusIdentity(
    String language, String profile, String heldOut, SortedMap<String, Long> licences) {
  /// Reads a folder that [CorpusBuilder] wrote.
  ///
  /// @throws DureException [ErrorCode#INPUT_MISSING] if this is no corpus folder,
  ///     [ErrorCode#INPUT_MALFORMED] if it does not say what it should,
  ///     [ErrorCode#ARTIFACT_CORRUPT] if its report or its configuration is not the one in its
  ///     manifest
  public static CorpusIdentity of(Path corpus) {
    CorpusFiles.require(corpus);
    RunFolder.Manifest manifest = RunFolder.manifest(corpus);
    check(corpus.resolve("config.toml"), manifest.configuration());
    check(corpus.resolve("report.json"), manifest.outputs().get("report.json"));
    String heldOut = manifest.outputs().get(CorpusFiles.HELD_OUT);
    if (heldOut == null) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is no corpus: its manifest.json does not list %s"
              .formatted(corpus, CorpusFiles.HELD_OUT));
    }
    CorpusReport.Figures figures =
        Json.read(corpus.resolve("report.json"), CorpusReport.Figures.class);
    String profile = Settings.of(corpus.resolve("config.toml")).required("profile");
    if (profile.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s does not hold the profile: build the corpus again"
              .formatted(corpus.resolve("config.toml")));
    }
    return new CorpusIdentity(
        figures.language(),
        Sha256.of(profile.getBytes(UTF_8)),
        heldOut,
        new TreeMap<>(figures.licences()));
  }

  private static void check(Path file, @Nullable String expected) {
    if (!Sha256.of(file).equals(expected)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s is not the file in the corpus's manifest.json: build the corpus again"
              .formatted(file));
    }
  }
}
