package org.dure.federation.region;

import java.security.PublicKey;
import org.dure.core.DureException;

/// Whom a region believes to be another member of a secret sum: the hub, which hands on what
/// members say, must not be able to play one.
@FunctionalInterface
public interface MemberTrust {
  /// The key that the member signs with.
  ///
  /// @param certificate base64 of the DER; may be empty
  /// @throws DureException if the certificate does not prove that there is such a member
  PublicKey key(String member, String certificate);
}
