package org.dure.app.terminal;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import org.dure.core.Printable;

/// Hands text on without what a terminal would obey, wherever it came from.
final class PrintableWriter extends FilterWriter {
  PrintableWriter(Writer out) {
    super(out);
  }

  @Override
  public void write(int character) throws IOException {
    write(Character.toString((char) character), 0, 1);
  }

  @Override
  public void write(char[] text, int from, int length) throws IOException {
    write(new String(text, from, length), 0, length);
  }

  @Override
  public void write(String text, int from, int length) throws IOException {
    out.write(Printable.lines(text.substring(from, from + length)));
  }
}
