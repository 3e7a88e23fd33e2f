package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ReceiveBudgetTest {
  private final AtomicLong now = new AtomicLong();
  private final ReceiveBudget budget = new ReceiveBudget(1000, now::get);
  private final List<String> cut = new CopyOnWriteArrayList<>();

  private Optional<ReceiveBudget.Claim> claim(String sender, long bytes) {
    return budget.claim(sender, bytes, Duration.ZERO, () -> cut.add(sender));
  }

  /// As much as the sender gets, in tens.
  private long fill(String sender) {
    while (claim(sender, 10).isPresent()) {
      // On.
    }
    return budget.held(sender);
  }

  @Test
  void nobodyHoldsMoreThanIsLeftFreeAndThereIsAlwaysSomethingForTheNext() {
    assertThat(fill("a")).isEqualTo(500);
    assertThat(fill("b")).isEqualTo(250);
    assertThat(fill("c")).isEqualTo(120);
    assertThat(fill("d")).isEqualTo(60);
    assertThat(claim("e", 10)).isPresent();
    assertThat(cut).isEmpty();
  }

  @Test
  void thoseThatTakeTheirTimeGiveWayToWhoHasLessOldestFirst() {
    Optional<ReceiveBudget.Claim> oldest = claim("a", 200);
    assertThat(claim("a", 200)).isPresent();
    assertThat(claim("b", 450)).isEmpty();
    now.addAndGet(ReceiveBudget.SAFE.toNanos() - 1);
    CompletableFuture<Optional<ReceiveBudget.Claim>> waits =
        CompletableFuture.supplyAsync(
            () -> budget.claim("b", 380, Duration.ofSeconds(20), () -> cut.add("b")));
    assertThat(waits).isNotDone();
    now.addAndGet(1);
    CompletableFuture<Void> served = waits.thenAccept(claim -> assertThat(claim).isPresent());
    while (cut.isEmpty()) {
      Thread.yield();
    }
    // Whose claim was cut gives it back.
    oldest.orElseThrow().close();
    served.join();
    assertThat(cut).containsExactly("a");
    assertThat(budget.held("a")).isEqualTo(200);
    assertThat(budget.held("b")).isEqualTo(380);
  }

  @Test
  void whoHasLessIsNeverCutForWhoHasMore() {
    assertThat(claim("b", 100)).isPresent();
    assertThat(fill("a")).isEqualTo(450);
    now.addAndGet(10 * ReceiveBudget.SAFE.toNanos());
    assertThat(claim("a", 100)).isEmpty();
    assertThat(cut).isEmpty();
  }

  @Test
  void moreThanHalfIsNeverForOneAndNothingIsLostOrGivenBackTwice() {
    assertThat(budget.claim("a", 501, Duration.ofDays(1), () -> {})).isEmpty();
    SplittableRandom random = new SplittableRandom(1);
    Deque<ReceiveBudget.Claim> held = new ArrayDeque<>();
    for (int i = 0; i < 10_000; i++) {
      claim("s" + random.nextInt(5), 1 + random.nextInt(100)).ifPresent(held::add);
      if (random.nextBoolean() && !held.isEmpty()) {
        ReceiveBudget.Claim one = held.removeFirst();
        one.close();
        one.close();
      }
      assertThat(budget.free()).isBetween(0L, 1000L);
    }
    held.forEach(ReceiveBudget.Claim::close);
    assertThat(budget.free()).isEqualTo(1000);
    assertThat(budget.held("s0")).isZero();
    assertThat(budget.mostHeld()).isBetween(500L, 1000L);
  }

  @Test
  void aSenderIsAnAddressOrTheFirstHalfOfALongOne() {
    assertThat(SenderAddress.network("192.0.2.7")).isEqualTo("192.0.2.7");
    assertThat(SenderAddress.network("2001:db8:1:2:3:4:5:6"))
        .isEqualTo("2001:0db8:0001:0002::/64")
        .isEqualTo(SenderAddress.network("[2001:db8:1:2:ffff::1]"))
        .isNotEqualTo(SenderAddress.network("2001:db8:1:3::1"));
    assertThat(SenderAddress.network("::ffff:192.0.2.7")).isEqualTo("192.0.2.7");
    assertThat(SenderAddress.network("fe80::1%eth0")).isEqualTo("fe80:0000:0000:0000::/64");
    assertThat(SenderAddress.network("somewhere")).isEqualTo("somewhere");
  }
}
