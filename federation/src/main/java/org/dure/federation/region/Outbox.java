package org.dure.federation.region;

import java.io.IOException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signer;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.UploadKind;

/// The one door out of a region: what goes through it is checked, asked of the site's policy, and
/// in the export log before the first byte leaves. Thread-safe.
public final class Outbox {
  private final String study;
  private final String region;
  private final HubLink link;
  private final Signer signer;
  private final ExportLog exports;
  private final OtherCopies copies = new OtherCopies();

  /// @param study digest of the study
  public Outbox(String study, String region, HubLink link, Signer signer, ExportLog exports) {
    this.study = study;
    this.region = region;
    this.link = link;
    this.signer = signer;
    this.exports = exports;
  }

  ExportLog exports() {
    return exports;
  }

  /// What tells this process's messages from those of another copy of its home.
  OtherCopies copies() {
    return copies;
  }

  /// Before a round's work: whether its delta would be within what was accepted.
  ///
  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if not
  void require(int round, long bytes) {
    exports.require(study, round, UploadKind.DELTA.word(), bytes);
  }

  /// Asks and logs for all chunks of a list; they may leave after it.
  void export(int round, UploadKind kind, FragmentList list) {
    exports.approve(
        study, region, round, kind.word(), list.digest(), list.bytes() + list.encode().length);
  }

  /// Signs and sends; the export is logged before.
  void send(Message message) throws IOException, InterruptedException {
    check(message);
    SignedMessage signed = SignedMessage.sign(message, signer);
    exports.approve(
        study, region, message.round(), message.kind(), signed.digest(), signed.bytes().length);
    copies.sends(message.sequence());
    try {
      Receipt unused = link.send(signed.bytes(), signed.signature());
    } catch (MessageRejected e) {
      if (mayBeTakenYet(e)) {
        copies.lost(message.sequence());
      } else {
        copies.refused(message.sequence());
      }
      throw e;
    } catch (IOException e) {
      copies.lost(message.sequence());
      throw e;
    }
  }

  /// Whether the same bytes, if they come again by another way, may be taken: it was not they that
  /// were wrong.
  private static boolean mayBeTakenYet(MessageRejected e) {
    return e.refusal() == RejectReason.NO_HELLO || e.refusal() == RejectReason.CHUNK_MISSING;
  }

  /// Makes the same checks as the hub.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] if the workload put anything into it
  ///     that a message has no place for
  static void check(Message message) {
    try {
      byte[] unused = SignedMessage.encode(message);
    } catch (MessageRejected e) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "%s of round %d: %s".formatted(message.kind(), message.round(), e.reason()),
          e);
    }
  }

  /// Says what is being done; nothing is lost if that does not arrive. May be called from another
  /// thread.
  void beat(int round, ActivityKind doing, long done, long total) throws InterruptedException {
    try {
      Message.Activity message =
          new Message.Activity(
              Message.Activity.KIND,
              study,
              region,
              0,
              round,
              doing,
              Math.max(0, done),
              Math.max(0, total));
      SignedMessage signed = SignedMessage.sign(message, signer);
      exports.approveBeat(study, region, round, signed.bytes().length);
      Receipt unused = link.send(signed.bytes(), signed.signature());
    } catch (IOException | MessageRejected | DureException e) {
      // The main loop meets the same trouble and says so.
      return;
    }
  }
}
