package org.dure.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Unread;

/// Refuses a corpus in which nothing is left of what was asked for, and says why nothing is.
final class Sufficiency {
  private static final int REASONS = 3;

  private static final String WHOLES =
      ", and records whose ids are the same before the first #, and files of a hundred or more, are held"
          + " out together";

  private Sufficiency() {}

  /// @param in what was read, for the error
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] naming the most common reasons
  static void check(CorpusReport.Figures figures, CorpusBuilder.Purpose purpose, Path in) {
    if (figures.input().read() == 0
        && figures.input().files() > 0
        && figures.inputFiles().bytes() == 0) {
      throw new DureException(ErrorCode.INPUT_EMPTY, in + " is empty" + reasons(figures));
    }
    if (figures.train().documents() == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "of the text in %s nothing is left to train on: %s%s"
              .formatted(
                  in,
                  found(figures),
                  (figures.keptDocuments() > 0 ? WHOLES : "") + reasons(figures)));
    }
    boolean measures =
        switch (purpose) {
          case TRAINING -> false;
          case TRAINING_AND_MEASURING -> true;
        };
    if (measures && figures.heldOut().documents() == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "of the text in %s nothing is left to measure on: %s%s; give more text, or hold out more"
              .formatted(in, found(figures) + WHOLES, reasons(figures)));
    }
  }

  private static String found(CorpusReport.Figures figures) {
    long documents = figures.input().read();
    long files = figures.input().files() + figures.input().quarantinedFiles();
    return String.format(
        Locale.ROOT,
        "%,d document%s found in %,d file%s, %,d of them kept",
        documents,
        documents == 1 ? "" : "s",
        files,
        files == 1 ? "" : "s",
        figures.keptDocuments());
  }

  /// @param amount of documents, files or characters
  private record Reason(long amount, String text) {}

  private static String reasons(CorpusReport.Figures figures) {
    List<Reason> reasons = new ArrayList<>();
    figures.dropped().forEach(rule -> reasons.add(dropped(rule)));
    figures
        .quarantined()
        .forEach(
            (rule, number) -> reasons.add(new Reason(number, quarantined(figures, rule, number))));
    reasons.sort(Comparator.comparingLong(Reason::amount).reversed());
    List<String> all = new ArrayList<>(reasons.stream().limit(REASONS).map(Reason::text).toList());
    if (!figures.leftOut().isEmpty()) {
      all.add("left out of pages: " + CorpusReport.amounts(figures.leftOut()) + " characters");
    }
    if (!figures.inputFiles().unread().isEmpty()) {
      all.add("not read: " + Unread.text(figures.inputFiles().unread()));
    }
    return all.stream().map(reason -> "\n  " + reason).collect(Collectors.joining());
  }

  private static Reason dropped(CorpusReport.Dropped rule) {
    CorpusReport.Sample first = rule.samples().getFirst();
    return new Reason(
        rule.amount().documents(),
        String.format(
            Locale.ROOT,
            "dropped: %s %,d (first %s: %s, expected %s)%s",
            rule.rule(),
            rule.amount().documents(),
            first.id(),
            first.value(),
            rule.threshold(),
            rule.rule().startsWith("language.") ? "; is the text in that language?" : ""));
  }

  private static String quarantined(CorpusReport.Figures figures, String rule, long number) {
    String example =
        figures.problems().stream()
            .filter(problem -> problem.rule().equals(rule))
            .findFirst()
            .map(Sufficiency::example)
            .orElse("");
    return String.format(Locale.ROOT, "quarantined: %s %,d%s", rule, number, example);
  }

  private static String example(Quarantine first) {
    return " (first %s%s: %s, expected %s)%s"
        .formatted(
            first.file(),
            first.place().isEmpty() ? "" : ", " + first.place(),
            first.found(),
            first.expected(),
            first.advice().isEmpty() ? "" : "; " + first.advice());
  }
}
