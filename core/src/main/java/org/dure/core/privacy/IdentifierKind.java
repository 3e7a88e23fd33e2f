package org.dure.core.privacy;

import org.dure.core.Named;

/// What tells one person from all others.
public enum IdentifierKind implements Named {
  E_MAIL,
  PHONE,
  /// A payment card's number (ISO/IEC 7812).
  CARD,
  /// A bank account's number (ISO 13616).
  IBAN,
  /// A resident's or foreigner's registration number of Korea.
  KOREAN_RESIDENT,
  /// The individual number of Japan.
  MY_NUMBER,
  /// The social security number of France.
  FRENCH_NIR,
  /// The citizen's identity number of Viet Nam.
  VIETNAMESE_CCCD
}
