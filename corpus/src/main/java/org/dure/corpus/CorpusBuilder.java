package org.dure.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.RunFolder;
import org.dure.corpus.filter.Pipeline;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.InputLimits;
import org.dure.corpus.read.Inventory;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Reading;

/// Makes a corpus of a file or of the text below a folder: read, check, de-duplicate, split, report.
///
/// The output is a function of the input's bytes, the profile and the share alone: not of the
/// number of cores, the time or the machine. The package description draws the path and specifies
/// the files.
public final class CorpusBuilder {
  private CorpusBuilder() {}

  /// Builds the corpus of `in` into `out`, a run folder that appears whole or not at all; if `out`
  /// already holds this corpus, nothing is done.
  ///
  /// Single files and documents that cannot be read are set aside and counted, see [Quarantine].
  ///
  /// @param profile the language that the text is expected to be in
  /// @param heldOutShare share of documents kept from training, 0 to 0.5
  /// @throws DureException [ErrorCode#INPUT_MISSING] if there is no file or folder `in`,
  ///     [ErrorCode#INPUT_EMPTY] if it holds no file of a kind that is read, [ErrorCode#USAGE]
  ///     for a share out of range or folders inside each other, [ErrorCode#HOME_CONFLICT] if
  ///     `out` holds something else, and the errors of writing
  public static CorpusReport build(
      LanguageProfile profile, Path in, Path out, double heldOutShare) {
    int threads = Runtime.getRuntime().availableProcessors();
    return build(
        profile,
        in,
        out,
        heldOutShare,
        new Means(threads, InputLimits.STANDARD, DigestTable.Size.STANDARD));
  }

  /// What a build may use. Of these only the limits are seen in the output.
  record Means(int threads, InputLimits limits, DigestTable.Size digests) {}

  static CorpusReport build(
      LanguageProfile profile, Path in, Path out, double heldOutShare, Means means) {
    if (!(heldOutShare >= 0 && heldOutShare <= 0.5)) {
      throw new DureException(
          ErrorCode.USAGE, "held-out share %s: expected 0 to 0.5".formatted(heldOutShare));
    }
    OutputFolder.check(out, in);
    Inventory inventory = Inventory.of(in, means.limits(), profile.code());
    String configuration = configuration(profile, heldOutShare, means.limits());
    boolean built =
        RunFolder.run(
            out,
            "corpus build",
            configuration,
            inventory.digests(),
            part -> fill(part, profile, inventory, heldOutShare, means));
    CorpusReport.Figures figures =
        Json.read(out.resolve("report.json"), CorpusReport.Figures.class);
    return new CorpusReport(figures, !built);
  }

  /// Everything besides the input on which the output depends; the profile is in it whole, so that
  /// a changed threshold rebuilds the corpus.
  private static String configuration(
      LanguageProfile profile, double heldOutShare, InputLimits limits) {
    Map<String, Object> settings = new TreeMap<>();
    settings.put("profile", Json.text(profile));
    settings.put("held-out-share", heldOutShare);
    settings.put("most-document-characters", limits.documentCharacters());
    settings.put("most-page-bytes", limits.pageBytes());
    settings.put("format", CorpusFiles.VERSION);
    StringBuilder toml = new StringBuilder();
    settings.forEach(
        (key, value) -> toml.append(key).append(" = ").append(Json.text(value)).append('\n'));
    return toml.toString();
  }

  private static void fill(
      Path part, LanguageProfile profile, Inventory inventory, double heldOutShare, Means means)
      throws IOException {
    CorpusReport.Figures figures;
    try (CorpusWriter writer = new CorpusWriter(part, heldOutShare, means.digests())) {
      for (Quarantine quarantine : inventory.quarantined()) {
        writer.quarantineFile(quarantine);
      }
      readAll(profile, inventory, means, writer);
      figures = writer.finish(profile, inventory);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    AtomicFiles.write(part.resolve("report.json"), Json.pretty(figures));
    AtomicFiles.write(part.resolve("report.html"), CorpusReportPage.of(profile, figures));
  }

  private static void readAll(
      LanguageProfile profile, Inventory inventory, Means means, CorpusWriter writer) {
    try (OrderedExecutor executor =
        new OrderedExecutor(Pipeline.of(profile), means.threads(), writer::judged)) {
      inventory.read(profile.code(), means.limits(), reading(executor, writer));
      executor.finish();
    }
  }

  private static Reading reading(OrderedExecutor executor, CorpusWriter writer) {
    return new Reading() {
      @Override
      public void candidate(Candidate candidate) {
        executor.add(candidate);
      }

      @Override
      public void quarantine(Quarantine quarantine) {
        writer.quarantineDocument(quarantine);
      }
    };
  }
}
