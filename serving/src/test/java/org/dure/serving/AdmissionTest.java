package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AdmissionTest {
  private final Admission admission =
      new Admission(new ServingLimits(1, 8, 4, 1 << 16, Duration.ofMillis(100)));
  private final List<String> cut = new ArrayList<>();

  private Admission.Place enter(String client) {
    return admission.enter(client, () -> cut.add(client));
  }

  private static CompletableFuture<Admission.Place> generate(Admission.Place place) {
    CompletableFuture<Admission.Place> done = new CompletableFuture<>();
    Thread unused =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    place.generate(() -> false);
                    done.complete(place);
                  } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                  }
                });
    return done;
  }

  @Test
  void oneClientGeneratesInHalfThePlacesAndTheOthersAreThereForTheNext() {
    List<CompletableFuture<Admission.Place>> greedy = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      greedy.add(generate(enter("greedy")));
    }
    TestServer.await("half of them", () -> admission.active() == 4 && admission.waiting() == 4);
    Admission.Place modest = generate(enter("modest")).join();
    assertThat(admission.active()).isEqualTo(5);
    assertThat(admission.waiting()).isEqualTo(4);
    modest.close();
    greedy.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow().join().close();
    TestServer.await("the next of the crowd", () -> admission.waiting() == 3);
  }

  @Test
  void whereItIsFullWhoHasMostInsideGivesWayNewestFirst() {
    List<Admission.Place> crowd = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      crowd.add(enter("greedy"));
    }
    assertThatThrownBy(() -> enter("greedy"))
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(503));
    Admission.Place modest = enter("modest");
    // It was being read: its connection ends, and should it come to wait, it is told.
    assertThat(cut).containsExactly("greedy");
    assertThatThrownBy(() -> crowd.get(11).generate(() -> false)).isInstanceOf(ApiError.class);
    CompletableFuture<Admission.Place> waits = generate(crowd.get(10));
    TestServer.await("it to generate", () -> admission.active() == 1);
    for (int i = 0; i < 5; i++) {
      Admission.Place unused = enter("other " + i);
    }
    assertThat(waits).isCompleted();
    assertThat(cut).hasSize(6).containsOnly("greedy");
    modest.close();
  }

  @Test
  void whoWaitsAndHasToGiveWayIsToldSoAndWhoGeneratesNeverHasTo() {
    Admission small = new Admission(new ServingLimits(1, 1, 1, 1 << 16, Duration.ofMillis(100)));
    CompletableFuture<Admission.Place> first = generate(small.enter("greedy", () -> {}));
    first.join();
    CompletableFuture<Admission.Place> second = generate(small.enter("greedy", () -> {}));
    TestServer.await("it to wait", () -> small.waiting() == 1);
    // Two beside one: as many as the newcomer would have, were it to come a second time.
    assertThatThrownBy(() -> small.enter("greedy", () -> {})).isInstanceOf(ApiError.class);
    Admission.Place modest = small.enter("modest", () -> {});
    assertThatThrownBy(second::join).hasCauseInstanceOf(ApiError.class);
    assertThat(small.active()).isEqualTo(1);
    first.join().close();
    modest.generate(() -> false);
    modest.close();
  }

  @Test
  void anAnswerThatGoesOutSlowlyHoldsNoPlaceToGenerate() {
    List<Admission.Place> slow = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Admission.Place place = enter("slow");
      place.generate(() -> false);
      place.answer();
      slow.add(place);
    }
    assertThat(admission.active()).isZero();
    Admission.Place other = enter("other");
    other.generate(() -> false);
    assertThat(cut).containsExactly("slow");
    assertThat(slow).hasSize(12);
  }
}
