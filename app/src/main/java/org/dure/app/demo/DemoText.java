package org.dure.app.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.CorpusReport;
import org.dure.corpus.Documents;
import org.dure.corpus.NearCopies;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.Inventory;
import org.dure.corpus.read.Split;
import org.dure.corpus.sample.SampleText;

/// Shares the text out: to each institution the one that it was given, a stretch of its language's,
/// or what the sample says of one program. What is to be measured on and stands in anybody's
/// training text, as it is or nearly, is left out: who trains together could have learnt it by
/// heart. Only a demo sees all text at once; between real institutions nobody does.
///
/// ```
/// home/text/ko/text.jsonl    the sample    --+
/// home/own/ko-1/             --text ko-1=   -+--> home/shares/ko-1/text.jsonl --> corpora
/// home/own/ko/               --text ko=    --+    home/shares/shares.json
/// ```
final class DemoText {
  private static final String SHARES = "shares";
  private static final String RECORD = "shares.json";
  private static final String TEXT = "text.jsonl";

  /// Programs of which the sample speaks, one an institution: text of one kind, but not the same.
  static final List<String> PROGRAMS =
      List.of("swriter", "simpress", "scalc", "shared", "smath", "sdatabase", "schart", "sdraw");

  /// Of distinct paragraphs of the sample, in UTF-8: so much that a few minutes on two cores go
  /// through it several times.
  private static final long SAMPLE_BYTES = 240_000;

  /// Share of the text that is not trained on, as long as that is not more than can be looked for
  /// in all other text.
  private static final double HELD_OUT = 0.25;

  /// Of all institutions.
  private static final long MOST_HELD_OUT_BYTES = 8_000_000;

  /// With fewer nothing can be said.
  private static final int LEAST_MEASURED = 10;

  private final DemoOptions options;
  private final Consumer<String> say;

  DemoText(DemoOptions options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  /// What was shared out.
  ///
  /// @param institutions by name
  record Shares(Map<String, Share> institutions) {
    Share of(Institution institution) {
      return requireNonNull(institutions.get(institution.name()));
    }

    /// Paragraphs that were left out because they stand in training text.
    long dropped() {
      return institutions.values().stream().mapToLong(Share::dropped).sum();
    }
  }

  /// An institution's text.
  ///
  /// @param heldOut share that is not trained on, 0 to 1
  /// @param paragraphs of its text
  /// @param dropped left out because they stand in training text
  record Share(double heldOut, long paragraphs, long dropped) {}

  static Path folder(Path home) {
    return home.resolve(SHARES);
  }

  static Path text(Path home, Institution institution) {
    return folder(home).resolve(institution.name());
  }

  static Shares read(Path home) {
    return Json.read(folder(home).resolve(RECORD), Shares.class);
  }

  /// Shares the text out, unless that is done.
  void obtain() {
    Path home = options.home();
    sample();
    if (!Files.exists(folder(home))) {
      List<Given> all =
          options.institutions().stream()
              .map(one -> given(one.name(), source(one), options.institutions().size()))
              .toList();
      AtomicFiles.folder(folder(home), part -> write(part, all));
    }
    Shares shares = read(home);
    shares
        .institutions()
        .forEach(
            (name, share) ->
                say.accept(
                    String.format(Locale.ROOT, "%s: %,d paragraphs", name, share.paragraphs())));
    say.accept(
        String.format(
            Locale.ROOT,
            "%,d paragraphs to measure on are left out: they stand in somebody's training text, or nearly",
            shares.dropped()));
  }

  private void sample() {
    List<String> sampled =
        options.institutions().stream()
            .filter(institution -> options.textOf(institution).isEmpty())
            .map(Institution::language)
            .distinct()
            .toList();
    if (!sampled.isEmpty()) {
      SampleText.obtain(
              sampled,
              options.cache(),
              options.home().resolve("text"),
              SampleText.Listener.console())
          .lines()
          .forEach(say);
    }
  }

  /// Text that can be read several times, in its order.
  private interface Source {
    void each(Consumer<Document> reader);
  }

  private Source source(Institution institution) {
    Path named = options.text().get(institution.name());
    Path given = named == null ? options.text().get(institution.language()) : named;
    if (given == null) {
      return program(
          options.home().resolve("text").resolve(institution.language()).resolve(TEXT),
          institution);
    }
    String name = named == null ? institution.language() : institution.name();
    Source own = own(name, institution.language(), given);
    List<Institution> sharing =
        options.institutions().stream()
            .filter(one -> one.language().equals(institution.language()))
            .filter(one -> !options.text().containsKey(one.name()))
            .toList();
    return named == null ? stretch(own, sharing.indexOf(institution), sharing.size()) : own;
  }

  /// What of own text is fit to train on: it is read and checked as every corpus is.
  private Source own(String name, String language, Path given) {
    Path corpus = options.home().resolve("own").resolve(name);
    CorpusReport report = CorpusBuilder.build(options.profile(language), given, corpus, 0);
    if (!report.upToDate()) {
      report.lines(name).forEach(say);
    }
    boolean wholes = hasManyFiles(corpus);
    return reader -> {
      try (Documents documents = Documents.train(corpus)) {
        documents.forEach(document -> reader.accept(wholes ? asPartOfItsFile(document) : document));
      }
    };
  }

  /// Whether text is held out file by file, as it is when a corpus is built of the files.
  private static boolean hasManyFiles(Path corpus) {
    Set<String> files = new HashSet<>();
    try (Documents documents = Documents.train(corpus)) {
      for (Document document : documents) {
        if (files.add(document.source()) && files.size() == Inventory.MANY_FILES) {
          return true;
        }
      }
    }
    return false;
  }

  private static Document asPartOfItsFile(Document document) {
    return new Document(
        Candidate.part(document.source(), document.id()),
        document.language(),
        document.text(),
        document.source(),
        document.licence());
  }

  /// One of several stretches of about the same size; what belongs to one page stays together.
  private static Source stretch(Source all, int number, int of) {
    long[] bytes = {0};
    all.each(document -> bytes[0] += bytes(document));
    return reader -> {
      long[] before = {0};
      String[] page = {""};
      int[] stretch = {0};
      all.each(
          document -> {
            String whole = Candidate.whole(document.id());
            if (!whole.equals(page[0])) {
              page[0] = whole;
              stretch[0] = (int) Math.min(of - 1, of * before[0] / Math.max(1, bytes[0]));
            }
            before[0] += bytes(document);
            if (stretch[0] == number) {
              reader.accept(document);
            }
          });
    };
  }

  /// Pages of one program, drawn by the digests of their names: the same in every language.
  private static Source program(Path sample, Institution institution) {
    String prefix = PROGRAMS.get(institution.number() - 1) + "/";
    SequencedMap<String, List<Document>> pages = new LinkedHashMap<>();
    try (BufferedReader in = Files.newBufferedReader(sample)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Paragraph one = Json.read(line, Paragraph.class);
        if (one.id().startsWith(prefix)) {
          pages
              .computeIfAbsent(Candidate.whole(one.id()), page -> new ArrayList<>())
              .add(one.document(institution.language()));
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", sample, e);
    }
    Set<String> drawn = new HashSet<>();
    Set<String> texts = new HashSet<>();
    long bytes = 0;
    for (String page : byDigest(pages.keySet())) {
      if (bytes >= SAMPLE_BYTES) {
        break;
      }
      drawn.add(page);
      for (Document document : pages.getOrDefault(page, List.of())) {
        bytes += texts.add(document.text()) ? bytes(document) : 0;
      }
    }
    pages.keySet().retainAll(drawn);
    return reader -> pages.values().forEach(page -> page.forEach(reader));
  }

  /// Not the digest by which pages are held out: the first of those would all be.
  private static List<String> byDigest(Set<String> pages) {
    return pages.stream()
        .sorted(Comparator.comparing(page -> Sha256.of(("drawn " + page).getBytes(UTF_8))))
        .toList();
  }

  /// A record of the sample.
  private record Paragraph(String id, String text, String source, String licence) {
    Document document(String language) {
      return new Document(id, language, text, source, licence);
    }
  }

  private static long bytes(Document document) {
    return document.text().getBytes(UTF_8).length;
  }

  /// @param heldOut share of it that is not trained on
  private record Given(String name, Source source, double heldOut) {
    boolean trainsOn(Document document) {
      return Split.of(Optional.of(Candidate.whole(document.id())), document.text(), heldOut)
          == Split.TRAIN;
    }
  }

  /// @param institutions that all text is looked for in
  private static Given given(String name, Source source, int institutions) {
    long[] bytes = {0};
    source.each(document -> bytes[0] += bytes(document));
    double most = (double) MOST_HELD_OUT_BYTES / institutions;
    return new Given(name, source, Math.min(HELD_OUT, most / Math.max(1, bytes[0])));
  }

  private void write(Path part, List<Given> all) throws IOException {
    List<String> measured = new ArrayList<>();
    for (Given one : all) {
      one.source.each(
          document -> {
            if (!one.trainsOn(document)) {
              measured.add(document.text());
            }
          });
    }
    NearCopies copies = NearCopies.of(measured);
    for (Given one : all) {
      one.source.each(
          document -> {
            if (one.trainsOn(document)) {
              copies.look(document.text());
            }
          });
    }
    Map<String, Share> shares = new LinkedHashMap<>();
    int[] place = {0};
    for (Given one : all) {
      shares.put(one.name, write(part.resolve(one.name), one, copies, place));
    }
    AtomicFiles.write(part.resolve(RECORD), Json.pretty(new Shares(shares)));
  }

  /// @param place of the next document in what the copies were looked for
  private static Share write(Path folder, Given one, NearCopies copies, int[] place)
      throws IOException {
    Path unused = PrivateFiles.createFolders(folder);
    long[] paragraphs = {0};
    long[] kept = {0};
    long[] dropped = {0};
    try (OutputStream out = PrivateFiles.newOutputStream(folder.resolve(TEXT))) {
      one.source.each(
          document -> {
            paragraphs[0]++;
            boolean measured = !one.trainsOn(document);
            if (measured && copies.isCopy(place[0]++)) {
              dropped[0]++;
              return;
            }
            kept[0] += measured ? 1 : 0;
            try {
              out.write(Json.bytes(document));
              out.write('\n');
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (kept[0] < LEAST_MEASURED && dropped[0] > 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%s: of %,d paragraphs that were to be measured on %,d stand in training text, or nearly: at least %d must be left; give other or more text"
              .formatted(folder.getFileName(), kept[0] + dropped[0], dropped[0], LEAST_MEASURED));
    }
    return new Share(one.heldOut, paragraphs[0], dropped[0]);
  }
}
