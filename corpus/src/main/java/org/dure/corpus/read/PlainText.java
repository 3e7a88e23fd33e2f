package org.dure.corpus.read;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;
import org.dure.core.Document;

/// Reads a `.txt` file: one document a paragraph.
///
/// Where at least a tenth of the lines between the first and the last are blank, paragraphs are the
/// blocks of lines between them (text with hard line ends); otherwise every line is one. A block
/// that would grow beyond the limit is cut at a line end; a single line beyond it is quarantined.
final class PlainText {
  private final InputFile file;
  private final String language;
  private final int limit;
  private final Reading reading;
  private final StringBuilder block = new StringBuilder();
  private long blockLine;

  private PlainText(InputFile file, String language, int limit, Reading reading) {
    this.file = file;
    this.language = language;
    this.limit = limit;
    this.reading = reading;
  }

  /// @param blocks whether blank lines set paragraphs apart
  static void read(
      InputFile file, Reader in, boolean blocks, String language, int limit, Reading reading)
      throws IOException {
    PlainText text = new PlainText(file, language, limit, reading);
    BoundedLines lines = new BoundedLines(in, limit);
    for (BoundedLines.Line line = lines.next(); line != null; line = lines.next()) {
      text.add(line, blocks);
    }
    text.emit();
  }

  private void add(BoundedLines.Line line, boolean blocks) {
    boolean cut = block.length() + 1 + line.text().length() > limit;
    if (!blocks || line.tooLong() || line.text().isBlank() || cut) {
      emit();
    }
    if (line.tooLong()) {
      reading.quarantine(
          new Quarantine(
              Quarantine.TOO_LONG,
              file.name(),
              "line " + line.number(),
              line.characters() + " characters",
              "at most " + limit));
    } else if (!line.text().isBlank()) {
      if (block.isEmpty()) {
        blockLine = line.number();
      } else {
        block.append('\n');
      }
      block.append(line.text());
    }
  }

  private void emit() {
    if (!block.isEmpty()) {
      String id = file.name() + ":" + blockLine;
      reading.candidate(
          new Candidate(
              new Document(id, language, block.toString(), file.name(), "unknown"),
              Optional.empty()));
      block.setLength(0);
    }
  }
}
