package org.dure.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// SHA-256 digests, written as 64 lower-case hexadecimal digits.
public final class Sha256 {
  /// Stands where there is no digest yet: before the first link of a chain.
  public static final String NONE = "0".repeat(64);

  private static final int BUFFER = 1 << 16;

  private Sha256() {}

  public static String of(byte[] bytes) {
    return hex(digest().digest(bytes));
  }

  /// Digest of a file's bytes, read in constant memory.
  ///
  /// @throws DureException if the file cannot be read
  public static String of(Path file) {
    MessageDigest digest = digest();
    byte[] buffer = new byte[BUFFER];
    AtomicFiles.requireFile(file);
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return hex(digest.digest());
  }

  public static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }

  /// Whether `text` is written as a digest is: 64 lower-case hexadecimal digits.
  public static boolean isDigest(String text) {
    return text.length() == 64
        && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
