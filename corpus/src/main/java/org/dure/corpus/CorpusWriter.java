package org.dure.corpus;

import static java.util.Objects.requireNonNull;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.PrivateFiles;
import org.dure.core.Verdict;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.Inventory;
import org.dure.corpus.read.Quarantine;
import org.dure.corpus.read.Split;
import org.dure.corpus.read.Unread;

/// The end of the pipeline, where order matters: drops exact duplicates (the first in order stays),
/// splits, writes, and counts every document once. For one thread.
final class CorpusWriter implements AutoCloseable {
  static final String DUPLICATE = "duplicate.exact";
  private static final int PROBLEMS = 100;
  private static final int SAMPLES = 5;
  private static final int SAMPLE_CHARACTERS = 200;

  private final Path folder;
  private final double heldOutShare;
  private final Map<Split, Part> parts = new EnumMap<>(Split.class);
  private final Map<String, RecordWriter> dropped = new TreeMap<>();
  private final Map<String, Refused> refused = new TreeMap<>();
  private final RecordWriter quarantined;
  private final DigestTable texts;
  private final DigestTable ids;
  private final SequencedMap<String, Long> licences = new TreeMap<>();
  private final SequencedMap<String, Long> quarantineRules = new TreeMap<>();
  private final SequencedMap<String, Long> leftOut = new TreeMap<>();
  private final List<Quarantine> problems = new ArrayList<>();
  private long quarantinedFiles;
  private long quarantinedDocuments;
  private long read;

  CorpusWriter(Path folder, double heldOutShare, DigestTable.Size digests) throws IOException {
    this.folder = folder;
    this.heldOutShare = heldOutShare;
    for (Split split : Split.values()) {
      parts.put(
          split, new Part(new RecordWriter(folder.resolve(CorpusFiles.of(split))), new Sum()));
    }
    this.quarantined = new RecordWriter(folder.resolve(CorpusFiles.QUARANTINED));
    this.texts = new DigestTable(folder.resolve("texts"), digests);
    this.ids = new DigestTable(folder.resolve("ids"), digests);
    Path unused = PrivateFiles.createFolders(folder.resolve("dropped"));
  }

  /// A dropped document as it is written: before the pipeline changed it.
  record DroppedDocument(
      String id,
      String source,
      String licence,
      String rule,
      String value,
      String threshold,
      String text) {}

  private static final class Sum {
    private long documents;
    private long characters;
    private long bytes;

    void add(String text) {
      documents++;
      characters += text.codePointCount(0, text.length());
      bytes += Utf8Size.of(text);
    }

    CorpusReport.Amount amount() {
      return new CorpusReport.Amount(documents, characters, bytes);
    }
  }

  private record Part(RecordWriter writer, Sum sum) {}

  private Part part(Split split) {
    return requireNonNull(parts.get(split));
  }

  private static final class Refused {
    private final String threshold;
    private final Sum sum = new Sum();
    private final List<CorpusReport.Sample> samples = new ArrayList<>();

    Refused(String threshold) {
      this.threshold = threshold;
    }
  }

  void quarantineFile(Quarantine quarantine) {
    quarantinedFiles++;
    quarantine(quarantine);
  }

  void quarantineDocument(Quarantine quarantine) {
    read++;
    quarantinedDocuments++;
    quarantine(quarantine);
  }

  void leftOut(String rule, long characters) {
    leftOut.merge(rule, characters, Long::sum);
  }

  private void quarantine(Quarantine quarantine) {
    quarantineRules.merge(quarantine.rule(), 1L, Long::sum);
    if (problems.size() < PROBLEMS) {
      problems.add(quarantine);
    }
    write(quarantined, quarantine);
  }

  void judged(OrderedExecutor.Judged judged) {
    read++;
    switch (judged.verdict()) {
      case Verdict.Keep keep -> keep(judged.candidate(), keep.document());
      case Verdict.Drop drop -> drop(judged.candidate().document(), drop);
    }
  }

  private void keep(Candidate candidate, Document document) {
    Split split = Split.of(candidate.whole(), document.text(), heldOutShare);
    Part part = part(split);
    long place = (part.writer.lines() + 1) * Split.values().length + split.ordinal();
    long first = putIfAbsent(texts, document.text(), place);
    if (first != place) {
      drop(
          candidate.document(),
          new Verdict.Drop(DUPLICATE, "same text as " + place(first), "no text twice"));
      return;
    }
    Document named = document;
    if (putIfAbsent(ids, document.id(), place) != place) {
      named = withId(document, document.id() + "~" + place);
    }
    write(part.writer, named);
    part.sum.add(named.text());
    boolean counted =
        licences.containsKey(named.licence()) || licences.size() < CorpusReport.MOST_LICENCES;
    licences.merge(counted ? named.licence() : CorpusReport.OTHER_LICENCES, 1L, Long::sum);
  }

  private static long putIfAbsent(DigestTable table, String text, long place) {
    try {
      return table.putIfAbsent(text, place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String place(long place) {
    Split[] all = Split.values();
    Split split = all[(int) (place % all.length)];
    return "%s line %d".formatted(CorpusFiles.of(split), place / all.length);
  }

  private static Document withId(Document document, String id) {
    return new Document(
        id, document.language(), document.text(), document.source(), document.licence());
  }

  private void drop(Document document, Verdict.Drop drop) {
    Refused rule = refused.computeIfAbsent(drop.rule(), r -> new Refused(drop.threshold()));
    rule.sum.add(document.text());
    if (rule.samples.size() < SAMPLES) {
      rule.samples.add(
          new CorpusReport.Sample(document.id(), drop.value(), beginning(document.text())));
    }
    write(
        dropped.computeIfAbsent(drop.rule(), this::open),
        new DroppedDocument(
            document.id(),
            document.source(),
            document.licence(),
            drop.rule(),
            drop.value(),
            drop.threshold(),
            encodable(document.text())));
  }

  private RecordWriter open(String rule) {
    try {
      return new RecordWriter(folder.resolve(CorpusFiles.dropped(rule)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String beginning(String text) {
    int end =
        text.offsetByCodePoints(
            0, Math.min(SAMPLE_CHARACTERS, text.codePointCount(0, text.length())));
    return encodable(text.substring(0, end));
  }

  /// Lone surrogates have no UTF-8: they become U+FFFD.
  private static String encodable(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_16BE), StandardCharsets.UTF_16BE);
  }

  private static void write(RecordWriter writer, Object record) {
    try {
      writer.write(record);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What was counted.
  CorpusReport.Figures finish(LanguageProfile profile, Inventory inventory) {
    CorpusReport.Figures figures =
        new CorpusReport.Figures(
            profile.code(),
            heldOutShare,
            new CorpusReport.Input(
                inventory.files().size(),
                inventory.unread().stream().mapToLong(Unread::files).sum(),
                quarantinedFiles,
                read,
                quarantinedDocuments),
            part(Split.TRAIN).sum.amount(),
            part(Split.DEV).sum.amount(),
            part(Split.HELD_OUT).sum.amount(),
            quarantineRules,
            refused.entrySet().stream()
                .map(
                    rule ->
                        new CorpusReport.Dropped(
                            rule.getKey(),
                            rule.getValue().threshold,
                            rule.getValue().sum.amount(),
                            rule.getValue().samples))
                .toList(),
            licences,
            problems,
            new CorpusReport.InputFiles(
                inventory.readBytes(), inventory.quarantinedBytes(), inventory.unread()),
            leftOut);
    long counted =
        figures.keptDocuments()
            + figures.droppedDocuments()
            + figures.input().quarantinedDocuments();
    if (counted != read) {
      throw new DureException(
          ErrorCode.INTERNAL,
          "%d documents were read but %d accounted for".formatted(read, counted));
    }
    return figures;
  }

  @Override
  public void close() throws IOException {
    List<Closeable> files = new ArrayList<>(dropped.values());
    parts.values().forEach(part -> files.add(part.writer));
    files.addAll(List.of(quarantined, texts, ids));
    IOException failure = null;
    for (Closeable file : files) {
      try {
        file.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
