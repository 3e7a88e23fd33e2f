package org.dure.app.terminal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.core.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// What is wrong with a command line, in the order in which a person mends it: first what is not
/// known, since an option that is misspelt is missing as well.
public final class WrongUsage {
  /// A word processor makes one long dash of two short ones.
  private static final Pattern DASHES = Pattern.compile("\\p{Pd}+");

  private WrongUsage() {}

  /// The problems of a command line that could not be read.
  ///
  /// @param fresh another command line for the same arguments, to read them once more with
  /// @return one at least, each a sentence without its end
  public static List<String> problems(
      ParameterException exception, CommandLine fresh, String... arguments) {
    List<String> problems = new ArrayList<>();
    if (exception instanceof UnmatchedArgumentException unmatched) {
      return unknown(exception.getCommandLine().getCommandSpec(), unmatched.getUnmatched());
    }
    collectErrors(fresh);
    for (@Nullable ParseResult read = fresh.parseArgs(arguments);
        read != null;
        read = read.subcommand()) {
      problems.addAll(unknown(read.commandSpec(), read.unmatched()));
    }
    // The library names an option in a map twice over.
    problems.add(String.valueOf(exception.getMessage()).replace("option option", "option"));
    return problems;
  }

  private static void collectErrors(CommandLine line) {
    line.getCommandSpec().parser().collectErrors(true);
    line.getSubcommands().values().forEach(WrongUsage::collectErrors);
  }

  /// Behind a verb that is unknown nothing can be judged; where options are unknown, words may only
  /// be what was meant for them.
  private static List<String> unknown(CommandSpec spec, List<String> unmatched) {
    if (!unmatched.isEmpty()
        && dashes(unmatched.getFirst()) == 0
        && !spec.subcommands().isEmpty()) {
      return List.of(unknownWord(spec, unmatched.getFirst()));
    }
    List<String> options = unmatched.stream().filter(word -> dashes(word) > 0).toList();
    String verb = spec.qualifiedName();
    if (!options.isEmpty()) {
      Set<String> names =
          spec.options().stream()
              .filter(option -> !option.hidden())
              .flatMap(option -> Stream.of(option.names()))
              .collect(Collectors.toSet());
      return options.stream().map(word -> unknownOption(verb, word, names)).toList();
    }
    return unmatched.stream().limit(1).map(word -> unknownWord(spec, word)).toList();
  }

  private static String unknownOption(String verb, String word, Set<String> names) {
    String name = word.replaceFirst("=.*", "");
    String near =
        nearest(name.substring(dashes(name)), names, option -> option.substring(dashes(option)));
    return "%s has no option %s%s".formatted(verb, name, near);
  }

  private static String unknownWord(CommandSpec spec, String word) {
    Set<String> verbs =
        spec.subcommands().entrySet().stream()
            .filter(verb -> !verb.getValue().getCommandSpec().usageMessage().hidden())
            .map(verb -> verb.getKey())
            .collect(Collectors.toSet());
    return verbs.isEmpty()
        ? "%s takes no \"%s\"".formatted(spec.qualifiedName(), word)
        : "%s has no verb %s%s"
            .formatted(spec.qualifiedName(), word, nearest(word, verbs, UnaryOperator.identity()));
  }

  private static int dashes(String word) {
    var matcher = DASHES.matcher(word);
    return matcher.lookingAt() ? matcher.end() : 0;
  }

  private static String nearest(String word, Set<String> candidates, UnaryOperator<String> core) {
    List<String> words = candidates.stream().map(core).sorted().toList();
    // A word that was not typed to its end is nearer than one with another letter.
    String near =
        words.stream()
            .filter(candidate -> !word.isEmpty() && candidate.startsWith(word))
            .min(Comparator.comparing(String::length))
            .orElseGet(() -> Settings.nearest(word, words));
    return candidates.stream()
        .filter(candidate -> core.apply(candidate).equals(near))
        .findFirst()
        .map(": did you mean %s?"::formatted)
        .orElse("");
  }
}
