package org.dure.corpus;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.RunFolder;
import org.dure.core.Sha256;
import org.dure.corpus.read.Reading;
import org.dure.corpus.read.ZstdLibrary;
import org.jspecify.annotations.Nullable;

/// The documents of a built corpus, read one by one from the disk.
///
/// Can be iterated any number of times and by several threads at once; each iterator is for one
/// thread. A file is closed when its iterator comes to the end; [#close] closes the others.
public final class Documents implements Iterable<Document>, AutoCloseable {
  private final Path file;
  private final String digest;
  private final List<Reading> open = new ArrayList<>();

  private Documents(Path file, String digest) {
    this.file = file;
    this.digest = digest;
  }

  /// The documents to train on, in the corpus's order.
  ///
  /// @param corpus folder that [CorpusBuilder] wrote
  /// @throws DureException [ErrorCode#INPUT_MISSING] if this is no corpus folder,
  ///     [ErrorCode#ARTIFACT_CORRUPT] if the file is not the one in its manifest
  public static Documents train(Path corpus) {
    return of(corpus, CorpusFiles.TRAIN);
  }

  /// The documents to choose by, in the corpus's order; empty for a corpus from before there were
  /// such. Errors as [#train].
  public static Optional<Documents> dev(Path corpus) {
    CorpusFiles.require(corpus);
    return RunFolder.manifest(corpus).outputs().containsKey(CorpusFiles.DEV)
        ? Optional.of(of(corpus, CorpusFiles.DEV))
        : Optional.empty();
  }

  /// The documents to measure on, in the corpus's order; errors as [#train].
  public static Documents heldOut(Path corpus) {
    return of(corpus, CorpusFiles.HELD_OUT);
  }

  private static Documents of(Path corpus, String name) {
    CorpusFiles.require(corpus);
    String expected = RunFolder.manifest(corpus).outputs().get(name);
    Path file = corpus.resolve(name);
    if (expected == null) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is no corpus: its manifest.json does not list %s".formatted(corpus, name));
    }
    if (!Sha256.of(file).equals(expected)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s is not the file in the corpus's manifest.json: build the corpus again"
              .formatted(file));
    }
    return new Documents(file, expected);
  }

  /// SHA-256 of the file that holds these documents.
  public String digest() {
    return digest;
  }

  /// @throws DureException while iterating, if the file cannot be read to its end
  @Override
  public Iterator<Document> iterator() {
    return new Reading();
  }

  /// How many there are; reads them once.
  public long count() {
    long count = 0;
    for (Document _ : this) {
      count++;
    }
    return count;
  }

  /// The documents' texts.
  public Iterable<String> texts() {
    return () -> stream().map(Document::text).iterator();
  }

  /// The documents as a sequential stream; closing it closes the file.
  public Stream<Document> stream() {
    Reading reading = new Reading();
    Iterable<Document> once = () -> reading;
    return StreamSupport.stream(once.spliterator(), false).onClose(reading::close);
  }

  /// Closes the files of all iterators that did not come to their end; they then have no more
  /// documents.
  @Override
  public void close() {
    List<Reading> all;
    synchronized (open) {
      all = List.copyOf(open);
    }
    all.forEach(Reading::close);
  }

  private final class Reading implements Iterator<Document> {
    private final BufferedReader in;
    private @Nullable String line;
    private long number;

    Reading() {
      ZstdLibrary.require();
      try {
        in =
            new BufferedReader(
                new InputStreamReader(
                    new ZstdInputStream(
                        new BufferedInputStream(Files.newInputStream(file), 1 << 16)),
                    StandardCharsets.UTF_8.newDecoder()),
                1 << 16);
      } catch (IOException e) {
        throw DureException.io("read", file, e);
      }
      synchronized (open) {
        open.add(this);
      }
      advance();
    }

    private void advance() {
      try {
        line = in.readLine();
        number++;
      } catch (IOException e) {
        close();
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "%s cannot be read after line %d: %s".formatted(file, number, e.getMessage()),
            e);
      }
      if (line == null) {
        close();
      }
    }

    @Override
    public boolean hasNext() {
      return line != null;
    }

    @Override
    public Document next() {
      if (line == null) {
        throw new NoSuchElementException("no more documents in " + file);
      }
      Document document;
      try {
        document = Json.read(line, Document.class);
      } catch (DureException e) {
        close();
        throw new DureException(
            e.code(), "%s line %d: %s".formatted(file, number, e.getMessage()), e);
      }
      advance();
      return document;
    }

    void close() {
      line = null;
      synchronized (open) {
        open.remove(this);
      }
      try {
        in.close();
      } catch (IOException e) {
        throw DureException.io("close", file, e);
      }
    }
  }
}
