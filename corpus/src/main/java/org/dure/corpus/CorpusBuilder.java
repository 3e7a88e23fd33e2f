package org.dure.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.LanguageProfile;
import org.dure.core.RunFolder;
import org.dure.core.Settings;
import org.dure.corpus.filter.Pipeline;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.InputLimits;
import org.dure.corpus.read.Inventory;
import org.dure.corpus.read.Links;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Reading;
import org.dure.corpus.read.Unread;

/// Makes a corpus of a file or of the text below a folder: read, check, de-duplicate, split,
/// report.
///
/// The output is a function of the input's bytes, the profile and the share alone: not of the
/// number of cores, the time or the machine. The package description draws the path and specifies
/// the files.
public final class CorpusBuilder {
  private CorpusBuilder() {}

  /// What a corpus is for: without documents for it there is none.
  public enum Purpose {
    TRAINING,
    TRAINING_AND_MEASURING
  }

  /// Builds the corpus of `in` into `out`, a run folder that appears whole or not at all; if `out`
  /// already holds this corpus, nothing is done.
  ///
  /// Single files and documents that cannot be read are set aside and counted, see [Quarantine].
  ///
  /// @param profile the language that the text is expected to be in
  /// @param in a folder of text, or one file
  /// @param heldOutShare share of documents kept from training, 0 to 0.5
  /// @throws DureException [ErrorCode#INPUT_MISSING] if there is no `in`, [ErrorCode#INPUT_EMPTY]
  ///     if it holds no file of a kind that is read or nothing is kept for the purpose: `out` is
  ///     then as it was; [ErrorCode#USAGE] for a share out of range or folders inside each other,
  ///     [ErrorCode#HOME_CONFLICT] if `out` holds something else, [ErrorCode#HOME_IN_USE] if
  ///     another process builds into it, and the errors of writing
  public static CorpusReport build(
      LanguageProfile profile, Path in, Path out, double heldOutShare, Purpose purpose) {
    return build(profile, new Input(in, Links.WITHIN), out, heldOutShare, purpose);
  }

  /// Text to build a corpus of.
  ///
  /// @param path a folder of text, or one file
  /// @param links which links in the folder are followed
  public record Input(Path path, Links links) {}

  /// As [#build(LanguageProfile, Path, Path, double, Purpose)].
  public static CorpusReport build(
      LanguageProfile profile, Input in, Path out, double heldOutShare, Purpose purpose) {
    int threads = Runtime.getRuntime().availableProcessors();
    return build(
        profile,
        in,
        out,
        heldOutShare,
        purpose,
        new Means(threads, InputLimits.STANDARD, DigestTable.Size.STANDARD));
  }

  /// As [#build(LanguageProfile, Path, Path, double, Purpose)], for training.
  public static CorpusReport build(
      LanguageProfile profile, Path in, Path out, double heldOutShare) {
    return build(profile, in, out, heldOutShare, Purpose.TRAINING);
  }

  /// The profile by which a corpus was built, as its `config.toml` keeps it.
  ///
  /// @throws DureException [ErrorCode#INPUT_MISSING] if there is no corpus,
  ///     [ErrorCode#INPUT_MALFORMED] if its profile cannot be read
  public static LanguageProfile profile(Path corpus) {
    CorpusFiles.require(corpus);
    String text = Settings.of(corpus.resolve("config.toml")).required("profile");
    return Json.read(text, LanguageProfile.class);
  }

  /// What a build may use. Of these only the limits are seen in the output.
  record Means(int threads, InputLimits limits, DigestTable.Size digests) {}

  static CorpusReport build(
      LanguageProfile profile,
      Path in,
      Path out,
      double heldOutShare,
      Purpose purpose,
      Means means) {
    return build(profile, new Input(in, Links.WITHIN), out, heldOutShare, purpose, means);
  }

  private static CorpusReport build(
      LanguageProfile profile,
      Input input,
      Path out,
      double heldOutShare,
      Purpose purpose,
      Means means) {
    Path in = input.path();
    if (!(heldOutShare >= 0 && heldOutShare <= 0.5)) {
      throw new DureException(
          ErrorCode.USAGE, "held-out share %s: expected 0 to 0.5".formatted(heldOutShare));
    }
    OutputFolder.check(out, in);
    Inventory inventory = Inventory.of(in, input.links(), means.limits(), profile.code());
    String configuration = configuration(profile, heldOutShare, means.limits(), inventory.unread());
    boolean built =
        RunFolder.run(
            out,
            "corpus build",
            configuration,
            inventory.digests(),
            part -> {
              CorpusReport.Figures figures = fill(part, profile, inventory, heldOutShare, means);
              Sufficiency.check(figures, purpose, in);
            });
    CorpusReport.Figures figures =
        Json.read(out.resolve("report.json"), CorpusReport.Figures.class);
    Sufficiency.check(figures, purpose, in);
    return new CorpusReport(figures, !built);
  }

  /// Everything besides the input on which the output depends; the profile is in it whole, so that
  /// a changed threshold rebuilds the corpus. So are the files that are not read, which the report
  /// counts, but for the hidden ones: a note of the system's own is no reason to build again.
  private static String configuration(
      LanguageProfile profile, double heldOutShare, InputLimits limits, List<Unread> unread) {
    Map<String, Object> settings = new TreeMap<>();
    settings.put("profile", Json.text(profile));
    settings.put("held-out-share", heldOutShare);
    settings.put("most-document-characters", limits.documentCharacters());
    settings.put("most-page-bytes", limits.pageBytes());
    settings.put("format", CorpusFiles.VERSION);
    settings.put(
        "not-read",
        unread.stream()
            .filter(kind -> !kind.kind().equals(Unread.HIDDEN))
            .map(kind -> "%s %d %d".formatted(kind.kind(), kind.files(), kind.bytes()))
            .toList());
    StringBuilder toml = new StringBuilder();
    settings.forEach(
        (key, value) -> toml.append(key).append(" = ").append(Json.text(value)).append('\n'));
    return toml.toString();
  }

  private static CorpusReport.Figures fill(
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
    return figures;
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

      @Override
      public void leftOut(String rule, long characters) {
        writer.leftOut(rule, characters);
      }
    };
  }
}
