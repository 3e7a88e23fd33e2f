package org.dure.core;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;

/// Immutable bytes, each kept under its SHA-256 digest.
///
/// Putting the same bytes twice is the same as once. An artifact that was put is either whole or
/// absent, whatever happens to the process or the power. Implementations are thread-safe.
public interface ArtifactStore {
  /// Keeps the bytes.
  ///
  /// @return their digest
  String put(byte[] bytes);

  /// As [#put(byte[])], but when the bytes reach the disk is left to the operating system: after a
  /// power failure the artifact may be absent, or there with other bytes, until [#settle] has
  /// returned. For what can be made again. What was there under the digest is replaced.
  default String putSoon(byte[] bytes) {
    return put(bytes);
  }

  /// Returns when everything that [#putSoon] kept under these digests would survive a power
  /// failure.
  default void settle(Collection<String> digests) {
    // What is kept by put has survived already.
  }

  /// Keeps what `content` holds if, and only if, its digest is `digest`; reads in constant memory.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] if the bytes have another digest, or
  ///     [ErrorCode#DISK_FULL]; nothing is kept then
  void put(String digest, InputStream content);

  boolean contains(String digest);

  /// Length in bytes.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING]
  long size(String digest);

  /// The bytes, checked against the digest.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING], or [ErrorCode#ARTIFACT_CORRUPT] if the
  ///     storage has changed them
  byte[] get(String digest);

  /// The bytes as they are stored, not checked; the caller closes the stream.
  InputStream open(String digest);

  /// Forgets the artifact; nothing happens if it is not there.
  void remove(String digest);

  /// Every digest, sorted.
  List<String> list();
}
