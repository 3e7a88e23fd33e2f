package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackgroundTaskTest {
  private static final Duration PAUSE = Duration.ofMillis(1);

  private final List<DureException> told = new CopyOnWriteArrayList<>();

  @Test
  void theOwnerIsToldWhateverABodyThrew() {
    DureException known = new DureException(ErrorCode.DISK_FULL, "full");
    BackgroundTask.once(
            "task",
            () -> {
              throw known;
            },
            told::add)
        .join();
    BackgroundTask.once(
            "task",
            () -> {
              throw new StackOverflowError();
            },
            told::add)
        .join();
    assertThat(told)
        .extracting(DureException::code)
        .containsExactly(ErrorCode.DISK_FULL, ErrorCode.INTERNAL);
    assertThat(told.getFirst()).isSameAs(known);
  }

  @Test
  void aTaskThatRecursGoesOnWhateverATurnThrewAndTellsTheSameOnce() throws InterruptedException {
    AtomicInteger turns = new AtomicInteger();
    CountDownLatch enough = new CountDownLatch(1);
    BackgroundTask.Body body =
        () -> {
          switch (turns.incrementAndGet()) {
            case 1, 2 -> throw new IllegalStateException("out of joint");
            case 3 -> throw new StackOverflowError("deep");
            case 4 -> throw new DureException(ErrorCode.DISK_FULL, "full");
            case 5 -> {}
            case 6 -> throw new DureException(ErrorCode.DISK_FULL, "full");
            default -> enough.countDown();
          }
        };
    try (BackgroundTask task = BackgroundTask.every(PAUSE, "task", body, told::add)) {
      enough.await();
    }
    assertThat(told)
        .extracting(DureException::code)
        .containsExactly(
            ErrorCode.INTERNAL, ErrorCode.INTERNAL, ErrorCode.DISK_FULL, ErrorCode.DISK_FULL);
  }

  @Test
  void anOwnerThatThrowsItselfStopsNothing() throws InterruptedException {
    CountDownLatch turns = new CountDownLatch(3);
    BackgroundTask.Body body =
        () -> {
          turns.countDown();
          throw new IllegalStateException("turn " + turns.getCount());
        };
    try (BackgroundTask task =
        BackgroundTask.every(
            PAUSE,
            "task",
            body,
            failure -> {
              throw new IllegalStateException("the owner");
            })) {
      turns.await();
    }
    assertThat(turns.getCount()).isZero();
  }

  @Test
  void closingEndsATaskBetweenItsTurnsAndAnInterruptInOne() {
    BackgroundTask.every(Duration.ofDays(1), "task", () -> {}, told::add).close();
    BackgroundTask sleeping =
        BackgroundTask.once("task", () -> new CountDownLatch(1).await(), told::add);
    sleeping.interrupt();
    sleeping.join();
    assertThat(told).isEmpty();
  }
}
