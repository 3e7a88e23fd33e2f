package org.dure.app.terminal;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// What a verb says: what happens on the way, notes, its result, and what to do next.
///
/// | | usual | `--json` | `--quiet` |
/// |---|---|---|---|
/// | on the way | standard output | standard error | - |
/// | notes, progress | standard error | standard error | - |
/// | result | text | one JSON document | text |
/// | next | on a terminal | - | - |
///
/// With both options the result is the JSON document and nothing else is said. Errors are always on
/// standard error, with `--json` also as the document. Whatever is said, a terminal obeys none of
/// it.
public final class Output {
  private final OutputOptions options;
  private final PrintWriter document;
  private final PrintWriter out;
  private final PrintWriter err;
  private final PrintWriter way;
  private final PrintWriter notes;
  private final boolean terminal;

  /// An error as the document tells it.
  ///
  /// @param number as in docs/errors.md
  /// @param message what was found, where, what was expected
  private record Told(int number, String name, String message, String advice) {}

  public Output(OutputOptions options, PrintWriter out, PrintWriter err, boolean terminal) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    this.options = options;
    this.document = out;
    this.out = new PrintWriter(new PrintableWriter(out));
    this.err = new PrintWriter(new PrintableWriter(err));
    this.way = options.quiet() ? nowhere : options.json() ? this.err : this.out;
    this.notes = options.quiet() ? nowhere : this.err;
    this.terminal = terminal;
  }

  /// Of a verb of the `dure` command.
  public static Output of(CommandSpec spec) {
    boolean terminal = System.console() != null && System.console().isTerminal();
    CommandLine line = spec.commandLine();
    return new Output(options(spec), line.getOut(), line.getErr(), terminal);
  }

  /// The options of the command line that this verb belongs to.
  public static OutputOptions options(CommandSpec spec) {
    CommandSpec options = Objects.requireNonNull(spec.root().mixins().get("output"));
    return (OutputOptions) options.userObject();
  }

  /// For what happens on the way.
  public PrintWriter way() {
    return way;
  }

  /// Says what happens on the way.
  public void say(String line) {
    way.println(line);
    way.flush();
  }

  /// Says something beside the verb's work.
  public void note(String line) {
    notes.println(line);
    notes.flush();
  }

  /// Whether results are to be one document instead of lines as they come.
  public boolean isJson() {
    return options.json();
  }

  /// The result in both its forms.
  ///
  /// @param document a record, list or map, as JSON
  /// @param text the same for people, lines without the last line's end
  public void result(Object document, String text) {
    text().println(text);
    document(document);
  }

  /// For the result as text, where it comes in pieces; [#document] then ends it.
  public PrintWriter text() {
    return options.json() ? new PrintWriter(Writer.nullWriter()) : out;
  }

  /// Ends the result.
  public void document(Object document) {
    if (options.json()) {
      this.document.println(Printable.json(Json.text(document)));
      this.document.flush();
    }
    out.flush();
  }

  /// A number of things, in English: `1 round`, `2 rounds`.
  public static String counted(int count, String what) {
    return "%d %s%s".formatted(count, what, count == 1 ? "" : "s");
  }

  /// What to do next, on a terminal.
  ///
  /// @param command with its arguments; paths among them are written as a shell reads them
  public void next(String command, Object... arguments) {
    if (terminal && !options.json() && !options.quiet()) {
      Object[] words =
          Arrays.stream(arguments)
              .map(argument -> argument instanceof Path ? Printable.shellWord(argument) : argument)
              .toArray();
      err.println("next: " + command.formatted(words));
      err.flush();
    }
  }

  /// An error, for people, and as the document where one is expected.
  public static void failure(PrintWriter out, PrintWriter err, boolean json, DureException e) {
    err.println(Printable.lines(e.report()));
    err.flush();
    if (json) {
      Told told =
          new Told(
              e.code().number(),
              e.code().name(),
              String.valueOf(e.getMessage()),
              e.code().advice());
      out.println(Printable.json(Json.text(Map.of("error", told))));
      out.flush();
    }
  }
}
