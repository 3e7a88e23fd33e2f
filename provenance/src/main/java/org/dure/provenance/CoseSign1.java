package org.dure.provenance;

import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;

/// A payload with one Ed25519 signature: COSE_Sign1 of RFC 9052 section 4.2 with the algorithm
/// EdDSA of RFC 9053 section 2.2. Immutable.
///
/// The message is `18([protected, unprotected, payload, signature])`; the signature is over the
/// CBOR array `["Signature1", protected, h'', payload]`, with `protected` and `payload` as they
/// stand in the message. The payload is always in the message.
///
/// @param protectedHeader labels and values that the signature covers; holds the algorithm
/// @param unprotectedHeader labels and values that anybody may have changed
/// @param payload what is signed
/// @param signature 64 bytes
public record CoseSign1(
    CborValue.Map protectedHeader,
    CborValue.Map unprotectedHeader,
    CborValue.Bytes payload,
    CborValue.Bytes signature) {
  private static final long TAG = 18;
  private static final int SIGNATURE_BYTES = 64;

  private static final CborValue ALGORITHM = CborValue.of(1);
  private static final CborValue CRITICAL = CborValue.of(2);
  private static final CborValue CONTENT_TYPE = CborValue.of(3);
  private static final CborValue KEY_IDENTIFIER = CborValue.of(4);
  private static final CborValue EDDSA = CborValue.of(-8);

  /// Signs a payload; algorithm, content type and key identifier are covered by the signature.
  ///
  /// @param contentType media type of the payload
  /// @param keyIdentifier by which a reader finds the public key
  public static CoseSign1 sign(
      byte[] payload, String contentType, byte[] keyIdentifier, Signer signer) {
    SequencedMap<CborValue, CborValue> header = new LinkedHashMap<>();
    header.put(ALGORITHM, EDDSA);
    header.put(CONTENT_TYPE, CborValue.of(contentType));
    header.put(KEY_IDENTIFIER, CborValue.of(keyIdentifier));
    CborValue.Map protectedHeader = new CborValue.Map(header);
    CborValue.Bytes content = new CborValue.Bytes(payload);
    byte[] signature = signer.sign(signed(protectedHeader, content));
    return new CoseSign1(
        protectedHeader, CborValue.Map.of(Map.of()), content, new CborValue.Bytes(signature));
  }

  /// Reads a message; says nothing yet about its signature.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is no such message in
  ///     deterministic CBOR, has another algorithm, or demands what is not understood here
  public static CoseSign1 parse(byte[] message) {
    if (!(Cbor.decode(message) instanceof CborValue.Tag(long tag, CborValue content))
        || tag != TAG
        || !(content instanceof CborValue.Array(List<CborValue> parts))
        || parts.size() != 4
        || !(parts.get(0) instanceof CborValue.Bytes header)
        || !(parts.get(1) instanceof CborValue.Map unprotectedHeader)
        || !(parts.get(2) instanceof CborValue.Bytes payload)
        || !(parts.get(3) instanceof CborValue.Bytes signature)) {
      throw malformed("not 18([protected, unprotected, payload, signature])");
    }
    if (!(Cbor.decode(header.value()) instanceof CborValue.Map protectedHeader)) {
      throw malformed("the protected header is not a map");
    }
    if (!EDDSA.equals(protectedHeader.pairs().get(ALGORITHM))) {
      throw malformed("the algorithm is not EdDSA (label 1, value -8, protected)");
    }
    if (protectedHeader.pairs().containsKey(CRITICAL)) {
      throw malformed("demands header parameters that are not understood here (label 2)");
    }
    for (CborValue label : unprotectedHeader.pairs().keySet()) {
      if (label.equals(CRITICAL) || protectedHeader.pairs().containsKey(label)) {
        throw malformed("header label %s stands in the wrong place".formatted(label));
      }
    }
    if (signature.value().length != SIGNATURE_BYTES) {
      throw malformed(
          "the signature has %d bytes where 64 are expected".formatted(signature.value().length));
    }
    return new CoseSign1(protectedHeader, unprotectedHeader, payload, signature);
  }

  /// Whether the holder of `key` signed this payload under this protected header.
  public boolean verify(PublicKey key) {
    return Signatures.verify(key, signed(protectedHeader, payload), signature.value());
  }

  /// The message's bytes.
  public byte[] bytes() {
    return Cbor.encode(
        new CborValue.Tag(
            TAG,
            new CborValue.Array(
                List.of(
                    new CborValue.Bytes(Cbor.encode(protectedHeader)),
                    unprotectedHeader,
                    payload,
                    signature))));
  }

  /// The key identifier that the signature covers; empty if there is none.
  public byte[] keyIdentifier() {
    return protectedHeader.pairs().get(KEY_IDENTIFIER) instanceof CborValue.Bytes bytes
        ? bytes.value()
        : new byte[0];
  }

  /// Whether the protected header says that the payload is of this media type.
  public boolean hasContentType(String mediaType) {
    return CborValue.of(mediaType).equals(protectedHeader.pairs().get(CONTENT_TYPE));
  }

  /// The bytes that are signed: `Sig_structure` of RFC 9052 section 4.4, without external data.
  static byte[] signed(CborValue.Map protectedHeader, CborValue.Bytes payload) {
    return Cbor.encode(
        new CborValue.Array(
            List.of(
                CborValue.of("Signature1"),
                new CborValue.Bytes(Cbor.encode(protectedHeader)),
                CborValue.of(new byte[0]),
                payload)));
  }

  private static DureException malformed(String found) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "COSE_Sign1: " + found);
  }
}
