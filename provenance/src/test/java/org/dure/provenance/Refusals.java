package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Asserts on numbered errors.
final class Refusals {
  private Refusals() {}

  /// The message with which `work` must be refused.
  static AbstractStringAssert<?> assertRefused(ErrorCode code, ThrowingCallable work) {
    Throwable thrown = catchThrowable(work);
    assertThat(thrown).isInstanceOf(DureException.class);
    DureException refusal = (DureException) thrown;
    assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
    return assertThat(refusal.getMessage());
  }
}
