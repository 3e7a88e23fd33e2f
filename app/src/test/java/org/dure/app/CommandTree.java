package org.dure.app;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/// The command with all its verbs, for tests that hold of each.
final class CommandTree {
  private CommandTree() {}

  /// Every verb that people see, by its name behind `dure`, which itself is "".
  static Map<String, CommandLine> verbs(CommandLine root) {
    Map<String, CommandLine> all = new LinkedHashMap<>();
    add("", root, all);
    return all;
  }

  private static void add(String name, CommandLine line, Map<String, CommandLine> all) {
    all.put(name, line);
    line.getSubcommands()
        .forEach(
            (verb, below) -> {
              if (!below.getCommandSpec().usageMessage().hidden()
                  && !(below.getCommand() instanceof CommandLine.HelpCommand)) {
                add(name.isEmpty() ? verb : name + " " + verb, below, all);
              }
            });
  }
}
