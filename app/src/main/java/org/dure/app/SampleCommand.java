package org.dure.app;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.corpus.sample.SampleReport;
import org.dure.corpus.sample.SampleText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure sample`: text to try Dure with.
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = {
      "Obtains text to try Dure with, in four languages or in others.",
      "",
      "It is the LibreOffice help in Korean, Japanese, French and Vietnamese (MPL-2.0), from the"
          + " system's own packages, without root, one folder a language; parallel text: the same"
          + " id is the same paragraph in every language."
    },
    footer = {
      "",
      "Example:",
      "  dure sample --out text",
      "  ko: 47,558 paragraphs, 2,725,438 characters from libreoffice-help-ko 4:7.4.7-1+deb12u14"
          + " (MPL-2.0)",
      "  ...",
      "  47,545 paragraphs are the same in every language"
    })
@SuppressWarnings("NullAway.Init")
public final class SampleCommand implements Callable<Integer> {
  @Option(
      names = "--languages",
      split = ",",
      defaultValue = "ko,ja,fr,vi",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = {
        "Which (default: ${DEFAULT-VALUE}); any other for which the system has a package",
        "libreoffice-help-CODE, such as es or pt-br."
      })
  private List<String> languages;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder that gets one folder for each language.")
  private Path out;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "Folder for downloaded packages (default: dure in the user's cache folder).")
  private @Nullable Path cache;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Path packages = cache == null ? SampleText.defaultCache() : cache;
    Output output = Output.of(spec);
    SampleReport report =
        SampleText.obtain(languages, packages, out, SampleText.Listener.console());
    output.result(report, String.join("\n", report.lines()));
    String first = languages.getFirst();
    output.next("dure corpus build --language %s --in %s --out DIR", first, out.resolve(first));
    return 0;
  }
}
