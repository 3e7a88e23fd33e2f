package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TurnsTest {
  private final AtomicLong now = new AtomicLong();
  private final Turns turns = new Turns(1, now::get);
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /// A request that asks for turns until `enough` were given out.
  private void request(String client, long length, int enough) {
    int before = turns.waiting();
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  while (order.size() < enough) {
                    try (Turns.Turn turn = turns.begin(client)) {
                      // All the others ask: what is given out depends on nothing else.
                      while (turns.waiting() < threads.size() - 1 && order.size() < enough) {
                        Thread.yield();
                      }
                      order.add(client);
                      now.addAndGet(length);
                    }
                  }
                }));
    TestServer.await(client + " to wait", () -> turns.waiting() > before);
  }

  private long share(String client) {
    return order.stream().filter(client::equals).count();
  }

  private void run(Runnable requests) throws InterruptedException {
    try (Turns.Turn first = turns.begin("first")) {
      requests.run();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void aClientWithManyRequestsGetsAsManyTurnsAsOneWithOne() throws InterruptedException {
    run(
        () -> {
          for (int i = 0; i < 15; i++) {
            request("greedy", 10, 400);
          }
          request("modest", 10, 400);
        });
    assertThat(share("modest")).isBetween(190L, 210L);
  }

  @Test
  void longStepsCountForWhatTheyTake() throws InterruptedException {
    run(
        () -> {
          for (int i = 0; i < 4; i++) {
            request("long", 90, 400);
            request("short", 10, 400);
          }
        });
    assertThat(share("short")).isBetween(340L, 380L);
  }

  @Test
  void whoWasAwayHasSavedNothingUp() throws InterruptedException {
    run(() -> request("busy", 10, 100));
    threads.clear();
    run(
        () -> {
          for (int i = 0; i < 2; i++) {
            request("busy", 10, 200);
            request("back", 10, 200);
          }
        });
    assertThat(share("back")).isBetween(40L, 60L);
  }

  @Test
  void requestsOfOneClientTakeTurnsInTheirOrder() throws InterruptedException {
    List<Integer> given = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch done = new CountDownLatch(5);
    try (Turns.Turn first = turns.begin("one")) {
      for (int i = 0; i < 5; i++) {
        int number = i;
        Thread.ofVirtual()
            .start(
                () -> {
                  try (Turns.Turn turn = turns.begin("one")) {
                    given.add(number);
                  }
                  done.countDown();
                });
        TestServer.await("it to wait", () -> turns.waiting() == number + 1);
      }
    }
    done.await();
    assertThat(given).containsExactly(0, 1, 2, 3, 4);
  }
}
