package org.dure.serving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;

/// The keys of which a client must show one, as `Authorization: Bearer KEY`. Immutable and
/// thread-safe.
public final class ApiKeys {
  /// No keys: nobody is asked for one.
  public static final ApiKeys NONE = new ApiKeys(List.of());

  private static final String SCHEME = "bearer ";
  private static final int MOST_BYTES = 1 << 20;

  /// Digests, all of one length: comparing them tells nothing of a key, not even its length.
  private final List<byte[]> digests;

  private ApiKeys(List<byte[]> digests) {
    this.digests = digests;
  }

  /// Keys from a file, one a line; blank lines are none.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING], [ErrorCode#INPUT_EMPTY] if it holds no
  ///     key, [ErrorCode#INPUT_MALFORMED] naming the line that no client could send, or
  ///     [ErrorCode#KEY_EXPOSED] if others than the file's owner may read it
  public static ApiKeys read(Path file) {
    KeyFiles.refuseExposed(file);
    List<String> lines;
    AtomicFiles.requireFile(file);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED, file + ": larger than 1 MiB, expected one key a line");
      }
      lines = Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    for (int line = 0; line < lines.size(); line++) {
      if (!lines.get(line).strip().matches("[!-~]*")) {
        throw new DureException(
            ErrorCode.INPUT_MALFORMED,
            "%s, line %d: expected one key of letters, digits and signs of ASCII without spaces"
                .formatted(file, line + 1));
      }
    }
    List<byte[]> digests =
        lines.stream()
            .map(String::strip)
            .filter(key -> !key.isEmpty())
            .distinct()
            .map(ApiKeys::digest)
            .toList();
    if (digests.isEmpty()) {
      throw new DureException(ErrorCode.INPUT_EMPTY, file + " holds no key: expected one a line");
    }
    return new ApiKeys(digests);
  }

  /// Whether clients must show a key.
  public boolean required() {
    return !digests.isEmpty();
  }

  /// Which of the keys the header `Authorization` shows, counted from 1; 0 for none. Takes the same
  /// time for each.
  int shown(@Nullable String authorization) {
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return 0;
    }
    byte[] shown = digest(authorization.substring(SCHEME.length()).strip());
    int found = 0;
    for (int number = 1; number <= digests.size(); number++) {
      found += MessageDigest.isEqual(digests.get(number - 1), shown) ? number : 0;
    }
    return found;
  }

  private static byte[] digest(String key) {
    return HexFormat.of().parseHex(Sha256.of(key.getBytes(StandardCharsets.UTF_8)));
  }
}
