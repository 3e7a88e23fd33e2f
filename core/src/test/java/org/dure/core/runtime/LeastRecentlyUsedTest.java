package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.dure.core.Seeded;
import org.junit.jupiter.api.Test;

class LeastRecentlyUsedTest {
  @Test
  void whatWasUsedLongestAgoIsForgotten() {
    LeastRecentlyUsed<String, Integer> map = new LeastRecentlyUsed<>(2);
    map.put("a", 1);
    map.put("b", 2);
    assertThat(map.get("a")).isEqualTo(1);
    map.put("c", 3);
    assertThat(map.get("b")).isNull();
    assertThat(map.computeIfAbsent("a", key -> 9)).isEqualTo(1);
    assertThat(map.computeIfAbsent("d", key -> 4)).isEqualTo(4);
    assertThat(map.get("c")).isNull();
    map.put("a", 5);
    assertThat(map.get("a")).isEqualTo(5);
    assertThat(map.size()).isEqualTo(2);
    map.removeIf("a"::equals);
    assertThat(map.get("a")).isNull();
    assertThat(map.size()).isEqualTo(1);
  }

  @Test
  void aMapOfNothingIsRefused() {
    assertThatThrownBy(() -> new LeastRecentlyUsed<String, String>(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1");
  }

  /// A list in the order of use is the model.
  @Test
  void anyOrderOfUseIsThatOfAList() {
    SplittableRandom random = Seeded.random("anyOrderOfUseIsThatOfAList");
    LeastRecentlyUsed<Integer, Integer> map = new LeastRecentlyUsed<>(7);
    List<Integer> used = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      Integer key = random.nextInt(20);
      boolean known = used.remove(key);
      switch (random.nextInt(3)) {
        case 0 -> map.put(key, -key);
        case 1 -> assertThat(map.computeIfAbsent(key, k -> -k)).isEqualTo(-key);
        default -> {
          assertThat(map.get(key)).isEqualTo(known ? -key : null);
          if (!known) {
            continue;
          }
        }
      }
      used.add(key);
      if (used.size() > 7) {
        used.removeFirst();
      }
      assertThat(map.size()).isEqualTo(used.size());
    }
  }

  @Test
  void threadsMayShareIt() throws InterruptedException {
    LeastRecentlyUsed<Integer, Integer> map = new LeastRecentlyUsed<>(50);
    List<Thread> threads = new ArrayList<>();
    List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    for (int t = 0; t < 4; t++) {
      int from = t;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 20_000; i++) {
                      int key = (from * 31 + i) % 100;
                      if (map.computeIfAbsent(key, k -> 2 * k) != 2 * key || map.size() > 50) {
                        wrong.add("key " + key);
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(map.size()).isEqualTo(50);
  }
}
