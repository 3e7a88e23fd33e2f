package org.dure.corpus.read;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.dure.core.Printable;

/// Names of files as text in which no byte is lost, so that two files never share one.
///
/// A name on a disk is a run of bytes. [Path#toString] decodes it in the locale's encoding and
/// gives every byte that does not fit the same sign; here a byte that is no UTF-8 is written
/// `\xC7`, as are control characters and others that are not seen, and a backslash is doubled. Any
/// other name is itself. The locale plays no part. A file is opened by its [Path], never by such a
/// name.
public final class FileNames {
  private FileNames() {}

  /// The path from `folder` to `file`, with `/` between folders.
  ///
  /// @param file `folder` itself, which gives an empty name, or what [Path#resolve] made of it
  /// @throws IllegalArgumentException if the file is not below the folder
  public static String below(Path folder, Path file) {
    String above = raw(folder);
    String whole = raw(file);
    if (whole.equals(above)) {
      return "";
    }
    String start = above.endsWith("/") ? above : above + "/";
    if (!whole.startsWith(start)) {
      throw new IllegalArgumentException("%s is not below %s".formatted(file, folder));
    }
    return text(bytes(whole.substring(start.length())));
  }

  /// The last part of a path; empty where it has none.
  public static String last(Path path) {
    String raw = raw(path);
    return text(bytes(raw.substring(raw.lastIndexOf('/') + 1)));
  }

  /// The absolute path with every byte that is not plain ASCII as `%C7`: of all that Java says of a
  /// path the only text that keeps its bytes. Without a `/` at the end.
  private static String raw(Path path) {
    String raw = path.toAbsolutePath().toUri().getRawPath();
    return raw.length() > 1 && raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw;
  }

  private static byte[] bytes(String raw) {
    ByteBuffer bytes = ByteBuffer.allocate(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.put((byte) Integer.parseInt(raw, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.put((byte) c);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static String text(byte[] name) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(name);
    CharBuffer out = CharBuffer.allocate(name.length);
    StringBuilder text = new StringBuilder();
    CoderResult result;
    do {
      result = decoder.decode(in, out, true);
      append(text, out.flip());
      out.clear();
      for (int i = 0; result.isError() && i < result.length(); i++) {
        append(text, in.get());
      }
      decoder.reset();
    } while (result.isError());
    return text.toString();
  }

  private static void append(StringBuilder text, CharBuffer characters) {
    characters
        .codePoints()
        .forEach(
            c -> {
              String character = Character.toString(c);
              if (c == '\\') {
                text.append("\\\\");
              } else if (Printable.isLine(character)) {
                text.append(character);
              } else {
                for (byte each : character.getBytes(StandardCharsets.UTF_8)) {
                  append(text, each);
                }
              }
            });
  }

  private static void append(StringBuilder text, byte each) {
    text.append("\\x%02X".formatted(each & 0xff));
  }
}
