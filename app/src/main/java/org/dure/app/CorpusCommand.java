package org.dure.app;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dure.app.options.LanguageOptions;
import org.dure.app.options.LinkOptions;
import org.dure.app.terminal.Output;
import org.dure.core.LanguageProfile;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.dure.corpus.PackReport;
import org.dure.corpus.Packer;
import org.dure.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure corpus`: from text to documents, from documents to token shards.
@Command(
    name = "corpus",
    mixinStandardHelpOptions = true,
    description = "Builds a corpus from text at home, and packs it into token shards.",
    subcommands = {CorpusCommand.Build.class, CorpusCommand.Pack.class})
public final class CorpusCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing: build or pack");
  }

  /// `dure corpus build`.
  @Command(
      name = "build",
      mixinStandardHelpOptions = true,
      description = {
        "Reads text, HTML and JSONL, normalises, checks the language, drops duplicates, splits.",
        "What is dropped is kept with its reason under dropped/; report.html shows it on one page."
      },
      footer = {
        "",
        "Example:",
        "  dure corpus build --language ko --in text/ko --out corpus/ko",
        "  ko: 47,558 documents read, 11,893 to train on, 579 held out; 35,086 dropped"
            + " (duplicate.exact 3,279, language.letters 476, language.required-script 8,"
            + " language.script 21,088, length.characters 10,235); 0 quarantined",
        "    files: 1 read (13,078,309 bytes), 0 quarantined (0 bytes), 4 not read (13,439 bytes)",
        "    not read: .copyright 1 (LICENCES/libreoffice-help-ko.copyright), ..."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Build implements Callable<Integer> {
    @Mixin private LanguageOptions language;
    @Mixin private LinkOptions links;

    @Option(
        names = "--in",
        required = true,
        paramLabel = "PATH",
        description = "A folder of text, or a file.")
    private Path in;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Run folder.")
    private Path out;

    @Option(
        names = "--held-out",
        defaultValue = "0.05",
        paramLabel = "SHARE",
        description =
            "Share of documents that are not trained on, 0 to 0.5: a third of them to choose by, the"
                + " others to measure on (default ${DEFAULT-VALUE}).")
    private double heldOut;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      LanguageProfile profile = language.profile();
      CorpusReport report =
          CorpusBuilder.build(
              profile, links.input(in), out, heldOut, CorpusBuilder.Purpose.TRAINING);
      Output output = Output.of(spec);
      output.result(report, String.join("\n", report.lines(profile.code())));
      output.next("dure tokenizer train --corpus %s --out DIR", out);
      return 0;
    }
  }

  /// `dure corpus pack`.
  @Command(
      name = "pack",
      mixinStandardHelpOptions = true,
      description = "Encodes the training documents of a corpus into memory-mapped token shards.",
      footer = {
        "",
        "Example:",
        "  dure corpus pack --corpus corpus/ko --tokenizer tokenizer/ko/tokenizer.json"
            + " --out tokens/ko",
        "  250,281 tokens for 1,408,508 bytes of text (5.63 bytes a token)"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Pack implements Callable<Integer> {
    @Option(names = "--corpus", required = true, paramLabel = "DIR", description = "A corpus.")
    private Path corpus;

    @Option(
        names = "--tokenizer",
        required = true,
        paramLabel = "FILE",
        description = "tokenizer.json.")
    private Path tokenizer;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Run folder.")
    private Path out;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      PackReport report = Packer.pack(corpus, Tokenizer.read(tokenizer), out);
      Output output = Output.of(spec);
      output.result(
          report,
          String.format(
              Locale.ROOT,
              "%,d tokens for %,d bytes of text (%.2f bytes a token)",
              report.figures().tokens(),
              report.figures().sourceBytes(),
              (double) report.figures().sourceBytes() / report.figures().tokens()));
      output.next("dure train --tokens %s --tokenizer %s --steps N --out DIR", out, tokenizer);
      return 0;
    }
  }
}
