package org.dure.provenance;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HexFormat;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Signatures;
import org.dure.core.Signer;

/// What a region sends to be enrolled: its certificate request, and the proof that it was invited.
///
/// The secret of the invitation does not travel, and what the hub keeps of it proves nothing: the
/// proof is a signature over everything else with the key that follows from the secret.
///
/// @param version 2
/// @param invitation by what name the hub keeps the invitation
/// @param request PEM of a [CertificateRequest]
/// @param key base64 of the SubjectPublicKeyInfo of the key that signed the proof
/// @param proof base64 of the Ed25519 signature; the package's page says over what
public record EnrolmentRequest(
    int version, String invitation, String request, String key, String proof) {
  private static final int VERSION = 2;

  /// Longest request in bytes, as JSON.
  public static final int MOST_BYTES = 8 << 10;

  public static EnrolmentRequest of(InvitationCode code, CertificateRequest request) {
    Signer prover = code.prover();
    byte[] proof = prover.sign(proved(code.authority(), code.id(), request.pem()));
    return new EnrolmentRequest(
        VERSION,
        code.id(),
        request.pem(),
        Signatures.encode(prover.publicKey()),
        Base64.getEncoder().encodeToString(proof));
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED]
  public static EnrolmentRequest parse(byte[] json) {
    EnrolmentRequest read = Json.read(json, EnrolmentRequest.class);
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

  /// Takes equally long, whatever is wrong with a request that is well-formed.
  boolean proves(String verifier, String authority) {
    PublicKey prover;
    byte[] signature;
    try {
      prover = Signatures.decode(key);
      signature = Base64.getDecoder().decode(proof);
    } catch (DureException | IllegalArgumentException e) {
      return false;
    }
    boolean signed = Signatures.verify(prover, proved(authority, invitation, request), signature);
    byte[] expected = HexFormat.of().parseHex(verifier);
    byte[] found = HexFormat.of().parseHex(KeyFiles.fingerprint(prover));
    return MessageDigest.isEqual(found, expected) & signed;
  }

  private static byte[] proved(String authority, String invitation, String request) {
    return ("dure enrolment 2\n" + authority + "\n" + invitation + "\n" + request)
        .getBytes(StandardCharsets.UTF_8);
  }
}
