package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;

/// A command that a document, a help text or a script shows.
///
/// @param where it stands
/// @param whole whether it is meant to be typed as it stands, not only named in a sentence
/// @param line of a shell
record ShownCommand(String where, boolean whole, String line) {
  private static final Path ROOT = DureProcess.COMMAND.getParent();
  private static final Pattern FENCE = Pattern.compile("(?ms)^```[^\\n]*\\n(.*?)^```");
  private static final Pattern SPAN = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_]+=.*");

  /// All of them.
  static List<ShownCommand> all() throws IOException {
    List<ShownCommand> all = new ArrayList<>(ofHelp());
    try (Stream<Path> files =
        Stream.of("", "docs", "runs", "bench", "etc", "etc/systemd")
            .map(ROOT::resolve)
            .flatMap(ShownCommand::files)) {
      for (Path file : files.sorted().toList()) {
        String where = ROOT.relativize(file).toString();
        String text = Files.readString(file);
        if (where.endsWith(".md")) {
          all.addAll(ofPage(where, text));
        } else if (where.endsWith(".service")) {
          text.lines()
              .filter(line -> line.startsWith("ExecStart="))
              .forEach(line -> all.add(new ShownCommand(where, true, line.substring(10))));
        } else if (text.startsWith("#!/usr/bin/env bash") && !where.equals("dure")) {
          all.addAll(lines(where, true, text));
        }
      }
    }
    return all.stream().filter(one -> one.isCurl() || !one.arguments().isEmpty()).toList();
  }

  private static Stream<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<ShownCommand> ofHelp() {
    List<ShownCommand> shown = new ArrayList<>();
    for (Map.Entry<String, CommandLine> verb : CommandTree.verbs(Dure.commandLine()).entrySet()) {
      var usage = verb.getValue().getCommandSpec().usageMessage();
      String where = "dure %s --help".formatted(verb.getKey());
      Stream.of(usage.description(), usage.footer())
          .flatMap(Arrays::stream)
          .filter(line -> line.startsWith("  "))
          .map(line -> line.strip().replace("%%", "%"))
          .filter(line -> !line.startsWith("dure:"))
          .forEach(line -> shown.add(new ShownCommand(where, true, line)));
    }
    return shown;
  }

  private static List<ShownCommand> ofPage(String where, String text) {
    List<ShownCommand> shown = new ArrayList<>();
    Matcher fences = FENCE.matcher(text);
    while (fences.find()) {
      shown.addAll(lines(where, true, fences.group(1)));
    }
    Matcher spans = SPAN.matcher(fences.replaceAll(""));
    while (spans.find()) {
      shown.add(new ShownCommand(where, false, spans.group(1)));
    }
    return shown;
  }

  /// In a drawing a bar stands before a verb that is only named.
  private static List<ShownCommand> lines(String where, boolean whole, String text) {
    return text.replaceAll("\\\\\\n *", "")
        .lines()
        .map(String::strip)
        .filter(line -> !line.startsWith("#"))
        .map(
            line ->
                line.startsWith("| ")
                    ? new ShownCommand(where, false, line.substring(2).replaceFirst("  .*", ""))
                    : new ShownCommand(where, whole, line))
        .toList();
  }

  boolean isCurl() {
    return whole && line.startsWith("curl ") && line.contains("/v1/");
  }

  /// What is behind `dure` in the line; empty if the line has none. A shell's variables are "1".
  List<String> arguments() {
    List<List<String>> commands = commands();
    return commands.stream()
        .map(command -> command.stream().dropWhile(word -> ASSIGNMENT.matcher(word).matches()))
        .map(Stream::toList)
        .filter(command -> !command.isEmpty() && isDure(command.getFirst()))
        .map(command -> command.subList(1, command.size()))
        .filter(command -> !command.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  /// What `echo` gives the command to read.
  String input() {
    List<String> first = commands().getFirst();
    return first.getFirst().equals("echo")
        ? String.join(" ", first.subList(1, first.size())) + "\n"
        : "";
  }

  private static boolean isDure(String word) {
    return word.equals("dure") || word.endsWith("/dure");
  }

  /// The simple commands of the line, each as its words.
  private List<List<String>> commands() {
    List<List<String>> commands = new ArrayList<>();
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i <= line.length(); i++) {
      char c = i < line.length() ? line.charAt(i) : '\n';
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
        continue;
      }
      if (c == '\'' || c == '"') {
        quote = c;
        inWord = true;
      } else if (" \t\n|&;()<>#".indexOf(c) < 0 || c == '#' && inWord) {
        word.append(c);
        inWord = true;
      } else {
        if (inWord) {
          words.add(word.toString());
        }
        word.setLength(0);
        inWord = false;
        if (c != ' ' && c != '\t') {
          commands.add(substituted(words));
          words = new ArrayList<>();
        }
        if (c == '#') {
          break;
        }
      }
    }
    return commands.stream().filter(command -> !command.isEmpty()).toList();
  }

  private static List<String> substituted(List<String> words) {
    return words.stream()
        .filter(word -> !word.equals("$@") && !word.equals("$*"))
        .map(word -> word.replaceAll("\\$\\{?[A-Za-z0-9_]+\\}?", "1"))
        .toList();
  }

  @Override
  public String toString() {
    return where + ": " + line;
  }
}
