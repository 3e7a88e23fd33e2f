package org.dure.federation;

import java.io.IOException;
import java.time.Duration;
import org.dure.core.DureException;

/// A region's way to its hub. Every call may be made again after an [IOException], which says only
/// that no answer came. Thread-safe.
interface HubLink extends AutoCloseable {
  /// @throws MessageRefused if the hub turns the message away
  Hub.Receipt send(byte[] message, byte[] signature) throws IOException, InterruptedException;

  /// Where the study stands, as soon as there is an event after number `after`, or after `wait`.
  Standing standing(long after, Duration wait) throws IOException, InterruptedException;

  /// Whether the hub has this chunk of the region.
  boolean holds(String digest) throws IOException, InterruptedException;

  /// @param kind `delta` or `preparation`
  void put(String digest, String kind, byte[] chunk) throws IOException, InterruptedException;

  /// A chunk that the hub gives out, checked against the digest.
  ///
  /// @param most bytes that are taken
  /// @throws MessageRefused with [Refusal#CHUNK_MISSING]
  /// @throws DureException if the hub breaks the protocol
  byte[] get(String digest, int most) throws IOException, InterruptedException;

  @Override
  void close();
}
