package org.dure.corpus.read;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/// Checks a stream of bytes for valid UTF-8 without NUL that is no file of another kind, in
/// constant memory, and counts its lines.
final class Utf8Check {
  /// From this share of blank lines on, a text's paragraphs are taken to be set apart by them.
  private static final double BLOCK_SHARE = 0.1;

  /// Bytes of a content whose control characters are counted.
  private static final int SAMPLE = 1 << 16;

  private static final double MOST_CONTROLS = 0.02;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate((1 << 16) + 8);
  private final LineEnds ends = new LineEnds();
  private final CharBuffer characters = CharBuffer.allocate(1 << 16);
  private final ByteArrayOutputStream head = new ByteArrayOutputStream(FileSignature.LENGTH);
  private Optional<Problem> problem = Optional.empty();
  private long seen;
  private long controls;
  private long offset;
  private long textLines;
  private long blankLines;
  private long pendingBlankLines;
  private boolean lineHasText;

  /// @param offset in the content's bytes, from 0, of the character that is no UTF-8
  record Problem(String rule, long offset, String found, String expected) {}

  void add(byte[] buffer, int count) {
    head.write(buffer, 0, Math.min(count, FileSignature.LENGTH - head.size()));
    for (int i = 0; i < count && seen < SAMPLE; i++, seen++) {
      controls += isControl(buffer[i]) ? 1 : 0;
    }
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
    Optional<FileSignature> other = FileSignature.of(head.toByteArray());
    if (other.isPresent()) {
      return Optional.of(new Problem(Quarantine.BINARY, 0, other.get().kind, "text in UTF-8"));
    }
    // Text in another encoding can be converted; what is full of control characters is no text.
    return problem.map(
        found ->
            found.rule().equals(Quarantine.ENCODING)
                    && !isUtf16()
                    && controls > MOST_CONTROLS * seen
                ? new Problem(Quarantine.BINARY, found.offset(), found.found(), "text in UTF-8")
                : found);
  }

  /// By its byte order mark.
  private boolean isUtf16() {
    byte[] begun = head.toByteArray();
    return begun.length > 1 && (begun[0] & begun[1] & 0xFE) == 0xFE && begun[0] != begun[1];
  }

  private static boolean isControl(byte one) {
    return one >= 0 && one < ' ' && one != '\t' && one != '\n' && one != '\r' && one != '\f';
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
          Optional.of(
              new Problem(
                  Quarantine.ENCODING,
                  offset,
                  "bytes " + beginning(),
                  offset == 0 && isUtf16() ? "UTF-8, not UTF-16" : "UTF-8"));
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
