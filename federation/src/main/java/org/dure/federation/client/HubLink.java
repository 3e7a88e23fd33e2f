package org.dure.federation.client;

import java.io.IOException;
import java.time.Duration;
import org.dure.core.DureException;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.wire.Landing;

/// A region's way to its hub. Every call may be made again after an [IOException], which says only
/// that no answer came. Thread-safe.
public interface HubLink extends AutoCloseable {
  /// @throws MessageRejected if the hub turns the message away
  Receipt send(byte[] message, byte[] signature) throws IOException, InterruptedException;

  /// Where the study stands, as soon as there is an event after number `after`, or after `wait`.
  StudyView view(long after, Duration wait) throws IOException, InterruptedException;

  /// Where the open round of a secret sum stands for this region.
  SecretView secretRound() throws IOException, InterruptedException;

  /// Hands the hub a [FragmentList] of what is about to come.
  ///
  /// @return what the hub lacks of it
  MissingFragments offer(byte[] list, UploadKind kind) throws IOException, InterruptedException;

  /// Sends a chunk.
  ///
  /// @param begun bytes of it that the hub has, as far as is known
  void put(String digest, UploadKind kind, byte[] chunk, long begun)
      throws IOException, InterruptedException;

  /// Goes on fetching a chunk that the hub gives out; not checked against the digest.
  ///
  /// @param most bytes that are taken
  /// @throws MessageRejected with [RejectReason#CHUNK_MISSING]
  /// @throws DureException if the hub breaks the protocol
  void get(String digest, int most, Landing landing) throws IOException, InterruptedException;

  /// How many chunks are best on their way at once; 1 does everything on the caller's thread.
  int atOnce();

  @Override
  void close();
}
