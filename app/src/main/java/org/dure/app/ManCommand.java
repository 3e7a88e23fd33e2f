package org.dure.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.dure.app.terminal.ManualPage;
import org.dure.app.terminal.Output;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.PrivateFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure man`: the manual, a page a verb.
@Command(
    name = "man",
    mixinStandardHelpOptions = true,
    description = {
      "Writes manual pages, one for each verb.",
      "",
      "They say what --help says. A package has them in share/man."
    },
    footer = {
      "",
      "Example:",
      "  dure man --out share/man/man1",
      "  42 pages in share/man/man1; read one: man share/man/man1/dure.1"
    })
@SuppressWarnings("NullAway.Init")
final class ManCommand implements Callable<Integer> {
  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Gets the pages.")
  private Path out;

  @Spec private CommandSpec spec;

  /// @param pages their files
  record Result(List<String> pages) {}

  @Override
  public Integer call() {
    List<String> pages = new ArrayList<>();
    write(spec.root().commandLine(), pages);
    Output.of(spec)
        .result(
            new Result(pages),
            "%d pages in %s; read one: man %s".formatted(pages.size(), out, pages.getFirst()));
    return 0;
  }

  private void write(CommandLine line, List<String> pages) {
    Path file = out.resolve(ManualPage.name(line.getCommandSpec()) + ".1");
    AtomicFiles.write(file, ManualPage.of(line));
    try {
      // Pages are for all users of a machine.
      PrivateFiles.publish(file);
    } catch (IOException e) {
      throw DureException.io("let others read", file, e);
    }
    pages.add(file.toString());
    ManualPage.verbs(line).forEach(verb -> write(verb, pages));
  }
}
