package org.dure.core;

import java.io.InputStream;
import java.util.List;

/// Immutable bytes, each kept under its SHA-256 digest.
///
/// Putting the same bytes twice is the same as once. An artifact is either whole or absent,
/// whatever happens to the process or the disk. Implementations are thread-safe.
public interface ArtifactStore {
  /// Keeps the bytes.
  ///
  /// @return their digest
  String put(byte[] bytes);

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
