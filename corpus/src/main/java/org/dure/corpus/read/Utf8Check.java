package org.dure.corpus.read;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/// Checks a stream of bytes for valid UTF-8 without NUL, in constant memory, and counts its lines.
final class Utf8Check {
  /// From this share of blank lines on, a text's paragraphs are taken to be set apart by them.
  private static final double BLOCK_SHARE = 0.1;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate((1 << 16) + 8);
  private final LineEnds ends = new LineEnds();
  private final CharBuffer characters = CharBuffer.allocate(1 << 16);
  private Optional<Problem> problem = Optional.empty();
  private long offset;
  private long textLines;
  private long blankLines;
  private long pendingBlankLines;
  private boolean lineHasText;

  /// @param offset in the content's bytes, from 0, of the character that is no UTF-8
  record Problem(String rule, long offset, String found, String expected) {}

  void add(byte[] buffer, int count) {
    int from = 0;
    while (from < count && problem.isEmpty()) {
      int n = Math.min(count - from, bytes.remaining());
      bytes.put(buffer, from, n);
      from += n;
      decode(false);
    }
  }

  void end() {
    if (problem.isEmpty()) {
      decode(true);
      endLine();
    }
  }

  Optional<Problem> problem() {
    return problem;
  }

  /// Whether blank lines set paragraphs apart; otherwise each line is one.
  boolean blocks() {
    return blankLines >= BLOCK_SHARE * (blankLines + textLines) && blankLines > 0;
  }

  private void decode(boolean last) {
    bytes.flip();
    CoderResult result;
    do {
      int before = bytes.position();
      result = decoder.decode(bytes, characters, last);
      look(offset + before);
      offset += bytes.position() - before;
    } while (result.isOverflow() && problem.isEmpty());
    if (result.isError() && problem.isEmpty()) {
      problem =
          Optional.of(new Problem(Quarantine.ENCODING, offset, "bytes " + beginning(), "UTF-8"));
    }
    bytes.compact();
  }

  /// Up to four bytes from the position on.
  private String beginning() {
    byte[] shown = new byte[Math.min(4, bytes.remaining())];
    bytes.get(bytes.position(), shown);
    return HexFormat.ofDelimiter(" ").formatHex(shown);
  }

  private void look(long from) {
    characters.flip();
    long position = from;
    while (characters.hasRemaining()) {
      char c = characters.get();
      if (c == 0) {
        problem =
            Optional.of(
                new Problem(
                    Quarantine.BINARY, position, "a NUL byte", "text in UTF-8, not UTF-16"));
        break;
      }
      switch (ends.of(c)) {
        case TEXT -> lineHasText |= !Character.isWhitespace(c) && c != '\uFEFF';
        case END -> endLine();
        case REST_OF_END -> {}
      }
      position += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    characters.clear();
  }

  private void endLine() {
    if (lineHasText) {
      textLines++;
      blankLines += pendingBlankLines;
      pendingBlankLines = 0;
    } else if (textLines > 0) {
      pendingBlankLines++;
    }
    lineHasText = false;
  }
}
