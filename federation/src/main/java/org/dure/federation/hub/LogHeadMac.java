package org.dure.federation.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// What a hub says of the head of its log, so that it knows its own word again: HMAC-SHA256 (RFC
/// 2104) over study, number and digest of the newest event, under a key that only the hub has.
///
/// A region shows the newest such word when it comes back. So nobody can tell a hub of events that
/// it never had, and one that was restored from an old copy, which has the key too, believes what
/// it said itself before. Nobody but the hub has to check it, so no signature is needed. Not
/// thread-safe.
public final class LogHeadMac {
  /// In the hub's folder, mode 0600: 64 hexadecimal digits and a line feed.
  static final String FILE = "head.key";

  private static final int BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private record Told(String study, long number, String head, String proof) {}

  private final SecretKeySpec key;
  private Told told = new Told("", 0, "", "");

  /// @param key 32 bytes
  LogHeadMac(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /// With the key of the hub's folder, which is made there if it has none.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the file holds something else
  public static LogHeadMac of(Path folder) {
    Path file = folder.resolve(FILE);
    AtomicFiles.requireFile(file);
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (!Sha256.isDigest(text)) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s: expected %d hexadecimal digits; take it from a copy of the hub's home"
                .formatted(file, 2 * BYTES));
      }
      return new LogHeadMac(HexFormat.of().parseHex(text));
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  private static void create(Path file) {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    AtomicFiles.write(file, HexFormat.of().formatHex(random) + "\n");
  }

  /// The word for this head, 64 hexadecimal digits; made once a head.
  String proof(String study, long number, String head) {
    if (told.number != number || !told.head.equals(head) || !told.study.equals(study)) {
      told = new Told(study, number, head, code(study, number, head));
    }
    return told.proof;
  }

  /// Whether this hub, or one with its key, has said so.
  boolean holds(String study, long number, String head, String proof) {
    return MessageDigest.isEqual(
        code(study, number, head).getBytes(StandardCharsets.US_ASCII),
        proof.getBytes(StandardCharsets.UTF_8));
  }

  private String code(String study, long number, String head) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      String words = "dure head 1\n%s\n%d\n%s\n".formatted(study, number, head);
      return HexFormat.of().formatHex(mac.doFinal(words.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "every JDK has " + ALGORITHM, e);
    }
  }
}
