package org.dure.federation.client;

import java.io.IOException;
import java.time.Duration;
import org.dure.core.DureException;
import org.dure.federation.hub.Hub;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.StudyView;

/// A region's way to its hub. Every call may be made again after an [IOException], which says only
/// that no answer came. Thread-safe.
public interface HubLink extends AutoCloseable {
  /// Where a chunk comes down, piece by piece; what has come stays when the rest does not.
  interface Landing {
    /// How many bytes have come.
    long begun();

    void write(byte[] bytes, int from, int length) throws IOException;
  }

  /// @throws MessageRefused if the hub turns the message away
  Hub.Receipt send(byte[] message, byte[] signature) throws IOException, InterruptedException;

  /// Where the study stands, as soon as there is an event after number `after`, or after `wait`.
  StudyView standing(long after, Duration wait) throws IOException, InterruptedException;

  /// Hands the hub a [FragmentList] of what is about to come.
  ///
  /// @param kind `delta` or `preparation`
  /// @return what the hub lacks of it
  MissingFragments offer(byte[] list, String kind) throws IOException, InterruptedException;

  /// Sends a chunk.
  ///
  /// @param kind `delta` or `preparation`
  /// @param begun bytes of it that the hub has, as far as is known
  void put(String digest, String kind, byte[] chunk, long begun)
      throws IOException, InterruptedException;

  /// Goes on fetching a chunk that the hub gives out; not checked against the digest.
  ///
  /// @param most bytes that are taken
  /// @throws MessageRefused with [RejectReason#CHUNK_MISSING]
  /// @throws DureException if the hub breaks the protocol
  void get(String digest, int most, Landing landing) throws IOException, InterruptedException;

  /// How many chunks are best on their way at once; 1 does everything on the caller's thread.
  int atOnce();

  @Override
  void close();
}
