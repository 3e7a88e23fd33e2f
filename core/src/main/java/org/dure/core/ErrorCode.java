package org.dure.core;

/// Every way in which Dure can refuse or fail, numbered once and for all.
///
/// The number is what a person reports and what `docs/errors.md` lists; the [Type] decides the
/// process's exit status and the HTTP status. Numbers are never reused.
public enum ErrorCode {
  INTERNAL(1000, Type.INTERNAL, "A defect of Dure: please report it with the log."),

  USAGE(2000, Type.USER, "The command line is wrong: see the verb's --help."),
  CONFIGURATION_INVALID(2001, Type.USER, "Mend the named keys or options."),
  INPUT_MISSING(2002, Type.USER, "Name one that is there."),
  INPUT_EMPTY(2003, Type.USER, "Give input that holds something to work on."),
  INPUT_MALFORMED(2004, Type.USER, "The file is not of the format that was expected."),
  LANGUAGE_UNKNOWN(
      2005,
      Type.USER,
      "Write a profile (docs/profile.md); dure profile show names those there are."),
  TEXT_UNAVAILABLE(2006, Type.USER, "Give your own text with --text LANGUAGE=DIR."),
  HOME_IN_USE(2007, Type.USER, "Another process works on this folder: stop it, or use another."),
  HOME_CONFLICT(
      2008,
      Type.USER,
      "The folder belongs to something else, or to a run with other settings: use another."),
  JDK_UNSUPPORTED(2009, Type.USER, "Install JDK 25.0.3 or newer, below 26."),
  LANGUAGE_MISMATCH(2020, Type.USER, "Text, profile and region must be of one language."),

  SIGNATURE_INVALID(3000, Type.REFUSED, "The signature does not match: do not use these files."),
  ARTIFACT_CORRUPT(3001, Type.REFUSED, "The bytes are not those that were recorded."),
  RELEASE_CHANGED(3002, Type.REFUSED, "The release is not what was signed: obtain it again."),
  PEER_NOT_ADMITTED(3003, Type.REFUSED, "The study does not admit this region."),
  MESSAGE_REFUSED(3004, Type.REFUSED, "The message does not fit the study's state."),
  EXPORT_REFUSED(3005, Type.REFUSED, "The region's policy does not let this leave."),
  STUDY_MISMATCH(3006, Type.REFUSED, "Region and hub work on different studies."),
  CERTIFICATE_INVALID(
      3007, Type.REFUSED, "The certificate is unknown, foreign, revoked or expired."),
  KEY_EXPOSED(
      3008, Type.REFUSED, "Let only its owner read the key file (chmod 600), or make a new key."),
  INVITATION_INVALID(
      3009,
      Type.REFUSED,
      "Compare it with what was sent to you, or ask the hub's operator for a new one."),
  SET_BACK(3012, Type.REFUSED, "An old copy was restored: put the newer one back."),
  CLAIM_UNFOUNDED(
      3013, Type.REFUSED, "Give the model's own evaluation, corpus and ledger, or measure again."),
  CONSENT_MISSING(3014, Type.REFUSED, "Read what the study takes out, then accept it or not."),
  FOLDER_EXPOSED(
      3020,
      Type.REFUSED,
      "Let only its owner write there (chmod go-w), or set XDG_CACHE_HOME to another folder."),
  TAKEN_BACK(
      3021, Type.REFUSED, "The study took these weights back: use a release that it made since."),
  PRIVACY_SPENT(
      3031,
      Type.REFUSED,
      "Nothing more can be learnt from these documents within the site's privacy budget."),

  PEER_UNREACHABLE(4000, Type.PEER, "The other side does not answer: check address and network."),
  PEER_MISBEHAVED(4001, Type.PEER, "The other side broke the protocol: compare versions."),
  PROCESS_DIED(4002, Type.PEER, "A process ended unexpectedly: see its log."),

  DISK_FULL(5000, Type.RESOURCE, "Free some disk space and give the same command again."),
  INPUT_UNREADABLE(5001, Type.RESOURCE, "Check the file's permissions and the disk."),
  OUTPUT_UNWRITABLE(5002, Type.RESOURCE, "Check the folder's permissions and the disk."),
  MEMORY_SHORT(
      5003, Type.RESOURCE, "Raise DURE_HEAP if it is small; else use a machine with more memory."),
  PORT_TAKEN(5004, Type.RESOURCE, "Another program listens there: choose another port."),
  NATIVE_UNAVAILABLE(5005, Type.RESOURCE, "libtorch could not be loaded here: see dure doctor."),
  STORE_UNREACHABLE(
      5006, Type.RESOURCE, "The database does not answer; the hub goes on when it does."),
  LAB_UNAVAILABLE(
      5010, Type.RESOURCE, "Give what is missing, or use --profile loopback, which needs nothing."),
  LOCALE_UNSUPPORTED(
      5011, Type.RESOURCE, "Install a UTF-8 locale, such as C.UTF-8, and set LC_ALL to it.");

  /// Who must act. The ordinal order is documentation only; use [#exitStatus].
  public enum Type {
    /// A defect of Dure.
    INTERNAL(1, 500),
    /// The user's input or configuration.
    USER(2, 400),
    /// A signature, a gate or a policy said no.
    REFUSED(3, 403),
    /// The other side of a connection.
    PEER(4, 502),
    /// Disk, memory, ports, native libraries.
    RESOURCE(5, 503);

    private final int exitStatus;
    private final int httpStatus;

    Type(int exitStatus, int httpStatus) {
      this.exitStatus = exitStatus;
      this.httpStatus = httpStatus;
    }

    /// The status with which `dure` ends.
    public int exitStatus() {
      return exitStatus;
    }

    /// The status of an HTTP answer that carries such an error.
    public int httpStatus() {
      return httpStatus;
    }
  }

  private final int number;
  private final Type type;
  private final String advice;

  ErrorCode(int number, Type type, String advice) {
    this.number = number;
    this.type = type;
    this.advice = advice;
  }

  public int number() {
    return number;
  }

  public Type type() {
    return type;
  }

  /// What the reader can do about it, one sentence.
  public String advice() {
    return advice;
  }
}
