package org.dure.provenance;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;

/// What a region sends to be enrolled: its certificate request, and the proof that it was invited.
///
/// The secret of the invitation does not travel: the proof is an HMAC over everything else.
///
/// @param version 1
/// @param invitation by what name the hub keeps the invitation
/// @param request PEM of a [CertificateRequest]
/// @param proof base64 of the HMAC-SHA-256; the package's page says over what
public record EnrolmentRequest(int version, String invitation, String request, String proof) {
  private static final int VERSION = 1;

  /// Longest request in bytes, as JSON.
  public static final int MOST_BYTES = 8 << 10;

  public static EnrolmentRequest of(InvitationCode code, CertificateRequest request) {
    byte[] proof = proof(code.verifier(), code.authority(), code.id(), request.pem());
    return new EnrolmentRequest(
        VERSION, code.id(), request.pem(), Base64.getEncoder().encodeToString(proof));
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED]
  public static EnrolmentRequest parse(byte[] json) {
    EnrolmentRequest read = Json.read(json, EnrolmentRequest.class);
    if (read.invitation == null || read.request == null || read.proof == null) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "an enrolment has version, invitation, request and proof");
    }
    if (read.version != VERSION) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "an enrolment of version %d: this hub knows version %d".formatted(read.version, VERSION));
    }
    return read;
  }

  public byte[] bytes() {
    return Json.bytes(this);
  }

  /// Takes equally long, whatever is wrong.
  boolean proves(String verifier, String authority) {
    byte[] given;
    try {
      given = Base64.getDecoder().decode(proof);
    } catch (IllegalArgumentException e) {
      given = new byte[0];
    }
    return MessageDigest.isEqual(given, proof(verifier, authority, invitation, request));
  }

  private static byte[] proof(
      String verifier, String authority, String invitation, String request) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(HexFormat.of().parseHex(verifier), "HmacSHA256"));
      String proved = "dure enrolment 1\n" + authority + "\n" + invitation + "\n" + request;
      return mac.doFinal(proved.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA-256", e);
    }
  }
}
