package org.dure.bench.gain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.corpus.NearCopies;

/// The institutions' text: each file `LANGUAGE-KIND.txt` of a folder is cut into as many stretches
/// as institutions have that kind. What is trained on begins a third into a stretch, and its end is
/// held out: where the next stretch begins, the same work may go on. Held-out paragraphs that stand
/// in anybody's training text, nearly or as they are, are dropped.
///
/// @param institutions by language, kind and place in the file
/// @param dropped paragraphs of held-out text
record GainText(List<Institution> institutions, int dropped) {
  /// Bytes of text that are enough for the tokens of any language and tokenizer here.
  private static final int BYTES_PER_TOKEN = 6;

  private static final int DEV_BYTES = 20_000;
  private static final int TEST_BYTES = 60_000;

  /// Paragraphs between two uses, so that none follows from what was read.
  private static final int GAP = 20;

  /// A document is as many paragraphs as have so many characters.
  private static final int DOCUMENT = 600;

  /// Documents that resemble each other, since they follow each other: a page of the comparison.
  private static final int PAGE = 5;

  GainText {
    institutions = List.copyOf(institutions);
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if a language's kinds do not divide
  ///     its institutions, or a file is too small
  static GainText read(Path folder, Plan plan) throws IOException {
    SortedMap<String, List<Path>> languages = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".txt")).sorted().toList()) {
        String language = kind(file).split("-", 2)[0];
        languages.computeIfAbsent(language, name -> new ArrayList<>()).add(file);
      }
    }
    List<Cut> cuts = new ArrayList<>();
    for (var entry : languages.entrySet()) {
      List<Path> files = entry.getValue();
      if (plan.institutions() % files.size() != 0) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s has %d kinds of text: expected a number that divides its %d institutions"
                .formatted(entry.getKey(), files.size(), plan.institutions()));
      }
      for (Path file : files) {
        List<String> paragraphs =
            Files.readAllLines(file).stream().map(String::strip).filter(x -> !x.isEmpty()).toList();
        int parts = plan.institutions() / files.size();
        for (int part = 0; part < parts; part++) {
          cuts.add(Cut.of(entry.getKey(), kind(file), paragraphs, part, parts, plan));
        }
      }
    }
    return withoutCopies(cuts);
  }

  private static String kind(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.txt$", "");
  }

  private static GainText withoutCopies(List<Cut> cuts) {
    List<String> heldOut = new ArrayList<>();
    cuts.forEach(cut -> heldOut.addAll(cut.dev));
    cuts.forEach(cut -> heldOut.addAll(cut.test));
    NearCopies copies = NearCopies.of(heldOut);
    for (Cut cut : cuts) {
      cut.training.forEach(copies::look);
    }
    Set<String> copied = new HashSet<>();
    int dropped = 0;
    for (int i = 0; i < heldOut.size(); i++) {
      if (copies.isCopy(i)) {
        dropped++;
        copied.add(heldOut.get(i));
      }
    }
    return new GainText(cuts.stream().map(cut -> cut.without(copied)).toList(), dropped);
  }

  /// One institution's stretch of a file, by paragraphs.
  private record Cut(
      String name,
      String language,
      String kind,
      List<String> training,
      List<String> dev,
      List<String> test) {
    static Cut of(String language, String kind, List<String> all, int part, int parts, Plan plan) {
      int from = (int) ((long) all.size() * part / parts);
      int to = (int) ((long) all.size() * (part + 1) / parts);
      List<String> test = last(all, from, to, TEST_BYTES);
      int devEnd = to - test.size() - GAP;
      List<String> dev = last(all, from, devEnd, DEV_BYTES);
      int end = devEnd - dev.size() - GAP;
      Set<String> training = new HashSet<>();
      List<String> ordered = new ArrayList<>();
      long bytes = 0;
      int begin = from + (to - from) / 3;
      for (int i = begin; i < end && bytes < (long) BYTES_PER_TOKEN * plan.tokens(); i++) {
        if (training.add(all.get(i))) {
          ordered.add(all.get(i));
          bytes += bytes(all.get(i));
        }
      }
      return new Cut(kind + "-" + (part + 1), language, kind, ordered, dev, test);
    }

    private static List<String> last(List<String> all, int from, int to, int bytes) {
      int begin = to;
      for (long sum = 0; begin > from && sum < bytes; ) {
        begin--;
        sum += bytes(all.get(begin));
      }
      return List.copyOf(all.subList(begin, Math.max(begin, to)));
    }

    private static int bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8).length;
    }

    Institution without(Set<String> copied) {
      return new Institution(
          name,
          language,
          kind,
          documents("training", training),
          documents("dev", left(dev, copied)),
          documents("test", left(test, copied)));
    }

    private static List<String> left(List<String> paragraphs, Set<String> copied) {
      return paragraphs.stream().filter(paragraph -> !copied.contains(paragraph)).toList();
    }

    private List<Document> documents(String use, List<String> paragraphs) {
      List<Document> documents = new ArrayList<>();
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < paragraphs.size(); i++) {
        text.append(text.isEmpty() ? "" : "\n").append(paragraphs.get(i));
        if (text.length() >= DOCUMENT || i == paragraphs.size() - 1) {
          int number = documents.size();
          String id = "%s/%s/%d#%d".formatted(name, use, number / PAGE, number % PAGE);
          documents.add(new Document(id, language, text.toString(), kind, "unknown"));
          text.setLength(0);
        }
      }
      return documents;
    }
  }
}
