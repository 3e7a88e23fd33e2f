package org.dure.provenance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// PEM (RFC 7468), strict: blocks and white space, nothing else.
final class Pem {
  static final String PRIVATE_KEY = "PRIVATE KEY";
  static final String PUBLIC_KEY = "PUBLIC KEY";
  static final String CERTIFICATE = "CERTIFICATE";
  static final String CERTIFICATE_REQUEST = "CERTIFICATE REQUEST";

  /// More than any chain that people write; a file that is longer is not one.
  private static final int MOST_BYTES = 1 << 20;

  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  private Pem() {}

  static String encode(String label, byte[] der) {
    Base64.Encoder base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return BEGIN
        + label
        + DASHES
        + "\n"
        + base64.encodeToString(der)
        + "\n"
        + END
        + label
        + DASHES
        + "\n";
  }

  /// The only block of a text.
  ///
  /// @param place of the text, for errors
  static byte[] decodeOne(String text, String label, String place) {
    List<byte[]> blocks = decode(text, label, place);
    if (blocks.size() != 1) {
      throw malformed(
          place, "holds %d %s blocks where one is expected".formatted(blocks.size(), label));
    }
    return blocks.getFirst();
  }

  /// All blocks of a text, at least one, all of that label.
  static List<byte[]> decode(String text, String label, String place) {
    List<byte[]> blocks = new ArrayList<>();
    StringBuilder base64 = null;
    int number = 0;
    for (String line : text.lines().map(String::strip).toList()) {
      number++;
      if (base64 == null) {
        if (line.isEmpty()) {
          continue;
        }
        checkBegin(line, label, place, number);
        base64 = new StringBuilder();
      } else if (line.startsWith(DASHES)) {
        if (!line.equals(END + label + DASHES)) {
          throw malformed(place, "line %d does not end the %s block".formatted(number, label));
        }
        blocks.add(bytes(base64.toString(), place, number));
        base64 = null;
      } else {
        base64.append(line);
      }
    }
    if (base64 != null) {
      throw malformed(place, "ends inside its %s block: it is truncated".formatted(label));
    }
    if (blocks.isEmpty()) {
      throw malformed(place, "holds no PEM block; expected -----BEGIN %s-----".formatted(label));
    }
    return blocks;
  }

  /// A PEM file as text; anything but ASCII is an error.
  static String read(Path file) {
    byte[] bytes;
    AtomicFiles.requireFile(file);
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    if (bytes.length > MOST_BYTES) {
      throw malformed(file.toString(), "is larger than 1 MiB: not a PEM file");
    }
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] < 0) {
        throw malformed(file.toString(), "byte %d is not ASCII: not a PEM file".formatted(i));
      }
    }
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  static DureException malformed(String place, String found) {
    return new DureException(ErrorCode.INPUT_MALFORMED, place + ": " + found);
  }

  private static void checkBegin(String line, String label, String place, int number) {
    if (line.equals(BEGIN + label + DASHES)) {
      return;
    }
    if (line.startsWith(BEGIN) && line.endsWith(DASHES)) {
      String found = line.substring(BEGIN.length(), line.length() - DASHES.length());
      throw malformed(
          place, "line %d begins a %s where a %s is expected".formatted(number, found, label));
    }
    throw malformed(
        place, "line %d is not PEM; expected -----BEGIN %s-----".formatted(number, label));
  }

  private static byte[] bytes(String base64, String place, int line) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw malformed(
          place,
          "the block that ends in line %d is not base64: %s".formatted(line, e.getMessage()));
    }
  }
}
