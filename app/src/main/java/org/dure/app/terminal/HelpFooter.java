package org.dure.app.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/// The examples at the end of a help text, broken so that they can be copied: never inside a word,
/// an address or a quotation, and a command that goes on in the next line ends in a backslash.
public final class HelpFooter {
  private static final Pattern COMMAND = Pattern.compile("  (\\./)?(dure|curl)\\b.*");

  /// What must stay in one piece.
  private static final Pattern PIECE = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|\\S)+");
  private static final Pattern WORD = Pattern.compile("\\S+");

  private HelpFooter() {}

  /// Lets a command line and all its verbs show their examples so.
  public static void on(CommandLine line) {
    line.getHelpSectionMap()
        .put(
            UsageMessageSpec.SECTION_KEY_FOOTER,
            help ->
                text(
                    help.commandSpec().usageMessage().footer(),
                    help.commandSpec().usageMessage().width()));
    line.getSubcommands().values().forEach(HelpFooter::on);
  }

  /// @param footer lines as picocli takes them, where a percent sign is written twice
  /// @param width of the terminal, in characters
  static String text(String[] footer, int width) {
    return List.of(footer).stream()
        .flatMap(line -> broken(line.formatted(), width).stream())
        .map(line -> line + System.lineSeparator())
        .collect(Collectors.joining());
  }

  private static List<String> broken(String line, int width) {
    if (line.length() <= width) {
      return List.of(line);
    }
    boolean command = COMMAND.matcher(line).matches();
    String indent = " ".repeat(line.length() - line.stripLeading().length() + (command ? 4 : 0));
    int room = width - (command ? 2 : 0);
    List<String> lines = new ArrayList<>();
    StringBuilder now = new StringBuilder(indent.substring(command ? 4 : 0));
    Matcher pieces = (command ? PIECE : WORD).matcher(line);
    boolean empty = true;
    while (pieces.find()) {
      int wanted = now.length() + pieces.group().length() + (empty ? 0 : 1);
      if (!empty && wanted > room) {
        lines.add(command ? now + " \\" : now.toString());
        now = new StringBuilder(indent);
        empty = true;
      }
      now.append(empty ? "" : " ").append(pieces.group());
      empty = false;
    }
    lines.add(now.toString());
    return lines;
  }
}
