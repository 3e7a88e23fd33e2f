package org.dure.app.terminal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.core.Version;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// A manual page (section 1) of a verb, in the macros of man(7), from what picocli knows of it.
public final class ManualPage {
  private final CommandLine line;
  private final CommandSpec spec;
  private final StringBuilder page = new StringBuilder();

  private ManualPage(CommandLine line) {
    this.line = line;
    this.spec = line.getCommandSpec();
  }

  /// The page's name without its section, e.g. `dure-corpus-build`.
  public static String name(CommandSpec spec) {
    return spec.qualifiedName("-");
  }

  /// The page as roff.
  public static String of(CommandLine line) {
    return new ManualPage(line).written();
  }

  /// The verbs directly below this one that people see.
  public static List<CommandLine> verbs(CommandLine line) {
    return line.getSubcommands().values().stream()
        .filter(verb -> !verb.getCommandSpec().usageMessage().hidden())
        .filter(verb -> !(verb.getCommand() instanceof CommandLine.HelpCommand))
        .toList();
  }

  private String written() {
    String[] description = spec.usageMessage().description();
    page.append(
        ".TH \"%s\" 1 \"\" \"dure %s\"%n"
            .formatted(name(spec).toUpperCase(Locale.ROOT), Version.TEXT));
    section("NAME");
    text(name(spec) + " - " + plain(description[0]).replaceFirst("\\.$", ""));
    section("SYNOPSIS");
    text(synopsis());
    section("DESCRIPTION");
    paragraphs(description);
    arguments();
    verbs();
    footer();
    section("SEE ALSO");
    text(seeAlso());
    return page.toString();
  }

  private String synopsis() {
    CommandLine.Help help =
        new CommandLine.Help(spec, CommandLine.Help.defaultColorScheme(Ansi.OFF));
    return help.synopsis(0).replaceAll("\\s+", " ").strip();
  }

  private void paragraphs(String... lines) {
    for (String one : lines) {
      if (one.isBlank()) {
        page.append(".PP\n");
      } else if (one.startsWith("  ")) {
        verbatim(List.of(one));
      } else {
        text(plain(one));
      }
    }
  }

  private void arguments() {
    section("OPTIONS");
    for (PositionalParamSpec argument : spec.positionalParameters()) {
      entry(argument.paramLabel(), argument);
    }
    for (OptionSpec option : spec.options()) {
      if (!option.hidden()) {
        String names = String.join(", ", option.names());
        entry(option.arity().max() == 0 ? names : names + "=" + option.paramLabel(), option);
      }
    }
  }

  private void entry(String head, ArgSpec argument) {
    page.append(".TP\n.B ").append(escaped(head)).append('\n');
    text(
        Arrays.stream(argument.description())
            .map(one -> rendered(one, argument))
            .collect(Collectors.joining(" ")));
  }

  private static String rendered(String text, ArgSpec argument) {
    String candidates =
        argument.completionCandidates() == null
            ? ""
            : String.join(", ", argument.completionCandidates());
    return plain(
        text.replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValueString()))
            .replace("${COMPLETION-CANDIDATES}", candidates));
  }

  private void verbs() {
    List<CommandLine> verbs = verbs(line);
    if (verbs.isEmpty()) {
      return;
    }
    section("VERBS");
    for (CommandLine verb : verbs) {
      CommandSpec below = verb.getCommandSpec();
      page.append(".TP\n.BR ").append(escaped(name(below))).append(" (1)\n");
      text(plain(below.usageMessage().description()[0]));
    }
  }

  /// Examples stand as they are typed.
  private void footer() {
    List<String> lines =
        Arrays.stream(spec.usageMessage().footer()).map(ManualPage::plain).toList();
    for (int i = 0; i < lines.size(); ) {
      String one = lines.get(i);
      if (one.startsWith("  ")) {
        List<String> block =
            lines.stream().skip(i).takeWhile(next -> next.startsWith("  ")).toList();
        verbatim(block);
        i += block.size();
        continue;
      }
      if (one.equals("Example:")) {
        section("EXAMPLE");
      } else if (one.isBlank()) {
        page.append(".PP\n");
      } else {
        text(one);
      }
      i++;
    }
  }

  private void verbatim(List<String> lines) {
    page.append(".PP\n.nf\n");
    lines.forEach(this::text);
    page.append(".fi\n");
  }

  private String seeAlso() {
    Stream<String> pages =
        spec.parent() == null
            ? verbs(line).stream().map(verb -> name(verb.getCommandSpec()))
            : Stream.concat(
                Stream.of(name(spec.parent())),
                verbs(line).stream().map(verb -> name(verb.getCommandSpec())));
    return pages.map(page -> page + "(1)").collect(Collectors.joining(", "));
  }

  private void section(String title) {
    page.append(".SH ").append(title).append('\n');
  }

  private void text(String text) {
    page.append(escaped(text)).append('\n');
  }

  /// As picocli shows it: descriptions are format strings.
  private static String plain(String text) {
    return text.replace("%%", "%");
  }

  /// A backslash begins an escape, a dot or an apostrophe at the beginning of a line a macro, and a
  /// plain hyphen may be drawn as another character.
  private static String escaped(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
