package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private final AtomicLong nanos = new AtomicLong();

  private long admitted(RateLimiter limiter, String name, int tries) {
    long admitted = 0;
    for (int i = 0; i < tries; i++) {
      admitted += limiter.take(name).isPresent() ? 1 : 0;
    }
    return admitted;
  }

  @Test
  void anAddressThatGuessesInvitationsIsTurnedAwayAndSlowlyLetInAgain() {
    RateLimiter each = new RateLimiter(RateLimiter.ADDRESS, nanos::get);
    assertThat(admitted(each, "203.0.113.1", 10_000)).isBetween(60L, 61L);
    assertThat(admitted(each, "203.0.113.2", 1)).isEqualTo(1);
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
    assertThat(admitted(each, "203.0.113.1", 10_000)).isBetween(19L, 21L);
  }

  @Test
  void manyAddressesTogetherGuessNoFasterThanAllMay() {
    RateLimiter all = new RateLimiter(RateLimiter.ADDRESSES, nanos::get);
    assertThat(admitted(all, "", 100_000)).isBetween(300L, 301L);
    nanos.addAndGet(TimeUnit.HOURS.toNanos(1));
    long inAnHour = 0;
    for (int second = 0; second < 3_600; second++) {
      inAnHour += admitted(all, "", 1_000);
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    }
    // 20 a second: of 2^128 secrets nobody finds one.
    assertThat(inAnHour).isLessThan(73_000);
  }
}
