package org.dure.federation.protocol;

/// Paths and headers of the wire, see the package's page.
public final class Wire {
  public static final String ENROLMENT = "/v1/enrolment";
  public static final String RENEWAL = ENROLMENT + "/renewal";

  /// Base64 of the signature of the message in the body.
  public static final String SIGNATURE = "Dure-Signature";

  /// With which a hub hands out a list together with where the study stands.
  public static final String LIST = "Dure-List";

  /// What an upload is part of, see [UploadKind].
  public static final String KIND = "Dure-Kind";

  /// How many bytes of a chunk have come.
  public static final String BYTES = "Dure-Bytes";

  private Wire() {}
}
