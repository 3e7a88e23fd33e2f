package org.dure.federation.protocol;

import org.dure.core.ErrorCode;

/// Every reason for which the hub turns a message or a chunk away, by the name that goes over the
/// wire and into the counts.
public enum RejectReason {
  MALFORMED(ErrorCode.MESSAGE_REFUSED),
  TOO_LARGE(ErrorCode.MESSAGE_REFUSED),
  WRONG_PROTOCOL(ErrorCode.STUDY_MISMATCH),
  WRONG_STUDY(ErrorCode.STUDY_MISMATCH),
  WRONG_LAYOUT(ErrorCode.STUDY_MISMATCH),
  /// The region works with another result of the common preparation, e.g. another tokenizer.
  WRONG_COMMON(ErrorCode.STUDY_MISMATCH),
  NOT_ADMITTED(ErrorCode.PEER_NOT_ADMITTED),
  /// The operator has taken back the key of the certificate.
  KEY_REVOKED(ErrorCode.CERTIFICATE_INVALID),
  WRONG_REGION(ErrorCode.MESSAGE_REFUSED),
  BAD_SIGNATURE(ErrorCode.SIGNATURE_INVALID),
  /// The connection was made without a certificate: good for enrolment only.
  NO_CERTIFICATE(ErrorCode.CERTIFICATE_INVALID),
  /// Another authority than the study's issued it.
  CERTIFICATE_FOREIGN(ErrorCode.CERTIFICATE_INVALID),
  /// It is not one of a region, e.g. the hub's.
  CERTIFICATE_ROLE(ErrorCode.CERTIFICATE_INVALID),
  CERTIFICATE_EXPIRED(ErrorCode.CERTIFICATE_INVALID),
  CERTIFICATE_NOT_YET_VALID(ErrorCode.CERTIFICATE_INVALID),
  /// The authority signed it, but the hub has no record of it.
  CERTIFICATE_UNKNOWN(ErrorCode.CERTIFICATE_INVALID),
  CERTIFICATE_REVOKED(ErrorCode.CERTIFICATE_INVALID),
  /// The region has spoken with a newer one.
  CERTIFICATE_SUPERSEDED(ErrorCode.CERTIFICATE_INVALID),
  /// More requests for enrolment than people make: come again in a minute.
  TOO_OFTEN(ErrorCode.MESSAGE_REFUSED),
  NO_HELLO(ErrorCode.MESSAGE_REFUSED),
  WRONG_SEQUENCE(ErrorCode.MESSAGE_REFUSED),
  /// The study is not where the message takes it to be: ask for the state and go on from there.
  WRONG_ROUND(ErrorCode.MESSAGE_REFUSED),
  /// The contribution is more rounds behind than the study takes.
  TOO_LATE(ErrorCode.MESSAGE_REFUSED),
  /// The round that the contribution started from was taken back, and all that was made in it: drop
  /// the delta and go on from the study's present weights.
  TAKEN_BACK(ErrorCode.MESSAGE_REFUSED),
  /// Two copies of one region are at work.
  REGION_FORKED(ErrorCode.SET_BACK),
  /// The region says that it has seen an event of the hub's log, and nothing proves that the hub
  /// ever said so.
  HEAD_UNPROVEN(ErrorCode.SIGNATURE_INVALID),
  /// The hub was restored from an old copy: it goes on when the newer one is back.
  HUB_SET_BACK(ErrorCode.SET_BACK),
  /// The round's secret sum has no place for this: another roster, step or share.
  WRONG_SECRET(ErrorCode.MESSAGE_REFUSED),
  /// The contribution's norm is above the study's bound.
  ABOVE_BOUND(ErrorCode.MESSAGE_REFUSED),
  /// The contribution was trained from other weights than the round's.
  WRONG_BASE(ErrorCode.MESSAGE_REFUSED),
  WRONG_ENCODING(ErrorCode.MESSAGE_REFUSED),
  WRONG_LENGTH(ErrorCode.MESSAGE_REFUSED),
  NOT_FINITE(ErrorCode.MESSAGE_REFUSED),
  /// The contribution claims more weight than its steps can have.
  WRONG_WEIGHT(ErrorCode.MESSAGE_REFUSED),
  /// A chunk that the message names is not here: send it, then the message again.
  CHUNK_MISSING(ErrorCode.MESSAGE_REFUSED),
  CHUNK_CORRUPT(ErrorCode.ARTIFACT_CORRUPT),
  /// A chunk goes on after bytes that the hub has not: ask how many it has.
  WRONG_RANGE(ErrorCode.MESSAGE_REFUSED),
  /// The body came so slowly that it held a place which others need: send it again.
  TOO_SLOW(ErrorCode.MESSAGE_REFUSED),
  /// More than a region may have here that no message of it counts, nor its newest list names.
  QUOTA_USED(ErrorCode.MESSAGE_REFUSED),
  /// More at once, of connections or of what is on its way, than one sender's share of the hub's
  /// memory: send it again.
  SHARE_USED(ErrorCode.MESSAGE_REFUSED);

  private final ErrorCode code;

  RejectReason(ErrorCode code) {
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }
}
