package org.dure.serving.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// UTF-8 that arrives in pieces cut anywhere: whole characters come out at once, an unfinished one
/// waits for its other bytes, and what cannot become a character comes out as U+FFFD. Not
/// thread-safe.
public final class TextStream {
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] waiting;
  private int characters;

  public TextStream() {
    this(0, new byte[0]);
  }

  /// The continuation of another text.
  ///
  /// @param characters its code points
  /// @param unfinished the bytes with which it ends inside a character
  public TextStream(int characters, byte[] unfinished) {
    this.characters = characters;
    this.waiting = unfinished.clone();
  }

  /// The text that is whole now.
  public String add(byte[] bytes) {
    return decode(bytes, false);
  }

  /// What was unfinished, as U+FFFD; nothing can be added afterwards.
  public String end() {
    return decode(new byte[0], true);
  }

  /// Code points so far, those of the text that is continued included.
  public int characters() {
    return characters;
  }

  /// The bytes of a character that is not whole yet.
  public byte[] unfinished() {
    return waiting.clone();
  }

  private String decode(byte[] bytes, boolean last) {
    ByteBuffer in = ByteBuffer.allocate(waiting.length + bytes.length);
    in.put(waiting).put(bytes).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + 2);
    decoder.decode(in, out, last);
    if (last) {
      decoder.flush(out);
    }
    waiting = new byte[in.remaining()];
    in.get(waiting);
    String text = out.flip().toString();
    characters += text.codePointCount(0, text.length());
    return text;
  }
}
